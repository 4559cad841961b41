"""The keeper as an operator runs it: what it says, what it starts again, how it ends. tor has its network switched off here."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from corpus.index import encoded, picture
from processes.service import KALLSKYDD, Service, alive, kallskydd, offline_network, trial_home
from visitors.intake_harness import SHOWN, Browser, file_report, log_in


@pytest.fixture
def home(short_folder: Path) -> Path:
    return trial_home(short_folder / "home")


@pytest.fixture
def network(short_folder: Path) -> Path:
    return offline_network(short_folder / "net")


def browser(service: Service) -> Browser:
    return Browser(service.public_socket, f"{service.public_address}.onion")


def passphrase_file(folder: Path) -> Path:
    path = folder / "passphrase"
    path.write_text("a passphrase of many words\n")
    path.chmod(0o600)
    return path


def left_of(pids: list[int]) -> list[int]:
    """Those that go on. A fork of a zygote sees a moment later that the zygote has ended."""
    deadline = time.monotonic() + 5
    while (left := [pid for pid in pids if alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


@pytest.mark.live
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_in_order_at_a_signal_and_leaves_no_process(home, network, number):
    with Service(home, network) as service:
        service.wait_for("tor-started")
        pids = service.tree()

        code = service.stop(number)

    assert code == 0
    assert len(pids) >= 5  # keeper, intake, two zygotes, tor
    assert left_of(pids) == []


@pytest.mark.live
async def test_without_a_network_it_says_what_tor_waits_for_and_goes_on(home, network):
    with Service(home, network) as service:
        waiting = service.wait_for("waiting", within=40)

        page = await browser(service).get("/")

    assert "switched off" in waiting["summary"]
    assert page.status == 200


async def test_a_killed_intake_is_started_again_and_a_waiting_request_is_served(home, network):
    with Service(home, network) as service:
        first = await file_report(browser(service), "Before the kill.")
        os.kill(service.intake_pid(), signal.SIGKILL)

        # Sent at once: it waits in the listening socket until there is an intake again.
        page = await browser(service).get("/report")
        service.wait_for("intake", code="ready", count=2)
        inbox = await log_in(browser(service), first.receipt)

    assert page.status == 200
    assert "Before the kill." in inbox.plain


async def test_a_killed_zygote_is_started_again_and_pictures_are_cleaned_as_before(home, network):
    with Service(home, network) as service:
        for pid in service.zygote_pids():
            os.kill(pid, signal.SIGKILL)
        service.wait_for("zygote-restarted", count=2)

        page = await file_report(browser(service), "With a picture.", [encoded(picture(), "JPEG")])

    assert page.status == SHOWN
    assert page.receipt.words


@pytest.mark.live
async def test_a_killed_tor_is_started_again(home, network):
    with Service(home, network) as service:
        tor = service.wait_for("tor-started")["pid"]
        os.kill(tor, signal.SIGKILL)

        again = service.wait_for("tor-started", count=2)["pid"]

    assert again != tor


async def test_a_killed_keeper_takes_everything_with_it_and_the_home_opens_again(home, network):
    with Service(home, network) as service:
        service.wait_for("tor-started")
        page = await file_report(browser(service), "Acknowledged.")
        pids = service.tree()
        os.kill(service.keeper_pid, signal.SIGKILL)
        deadline = time.monotonic() + 20
        while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
            time.sleep(0.05)
        left = [pid for pid in pids if alive(pid)]

    assert left == []
    with Service(home, network) as service:
        inbox = await log_in(browser(service), page.receipt)
    assert "Acknowledged." in inbox.plain


async def test_a_second_keeper_on_the_same_home_is_refused(home, network):
    with Service(home, network):
        second = kallskydd("serve", "--home", home, "--tor-network", network, check=False)

    assert second.returncode == 3
    assert "Another keeper" in second.stderr


async def test_every_page_of_a_trial_says_that_it_is_one(home, network):
    with Service(home, network) as service:
        pages = [await browser(service).get(path) for path in ("/", "/report", "/return", "/?lang=en")]

    assert [page.status for page in pages] == [200] * 4
    assert all('<div class="trial" role="note">' in page.text for page in pages)


def test_a_misspelt_key_of_the_configuration_is_named_and_nothing_starts(home, network):
    config = home / "config.toml"
    config.write_text(config.read_text().replace("inbox_days", "inbox_day", 1))

    done = kallskydd("serve", "--home", home, "--tor-network", network, check=False)

    assert done.returncode == 3
    assert "`inbox_day`" in done.stderr
    assert "Did you mean `inbox_days`?" in done.stderr


async def test_an_unknown_key_in_the_roster_closes_the_service_and_stores_nothing(home, network):
    roster = home / "roster" / "0001.toml"
    roster.write_text(roster.read_text().replace("trial = true", "trial = true\nescrow = true", 1))

    with Service(home, network) as service:
        page = await browser(service).get("/report")
        shown = kallskydd("roster", "--home", home, check=False)
        service.wait_for("opening", open=False)

    assert 'id="text"' not in page.text
    assert page.status in {200, 503}
    assert shown.returncode == 1
    assert "not open" in shown.stdout
    for said in (shown.stdout, "".join(service.stderr)):
        assert "has a key that no roster has" in said
        assert "roster/0001.toml" in said


async def test_serve_says_when_a_mended_roster_opens_the_service(home, network):
    roster = home / "roster" / "0001.toml"
    right = roster.read_text()
    roster.write_text(right.replace("trial = true", "trial = true\nescrow = true", 1))

    with Service(home, network) as service:
        service.wait_for("opening", open=False)
        roster.write_text(right)
        service.wait_for("opening", open=True)

    assert "Open now: reports can be sent." in "".join(service.stderr)


def test_a_real_home_needs_a_join_file_and_makes_no_private_key(short_folder):
    refused = kallskydd("init", "--home", short_folder / "home", check=False)

    assert refused.returncode == 2
    assert "kallskydd init --member" in refused.stderr
    assert not (short_folder / "home").exists()


def test_a_real_home_is_not_made_of_the_example_of_another_municipality(short_folder):
    words = ["init", "--home", short_folder / "home", "--member", "join.toml"]
    refused = subprocess.run([*KALLSKYDD, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "A home needs the configuration of its municipality" in refused.stderr
    assert not (short_folder / "home").exists()


async def test_a_real_home_is_not_open_below_two_readers_and_holds_no_members_key(short_folder, network):
    desk = ["--desk-home", short_folder / "desk", "--passphrase-file", passphrase_file(short_folder)]
    kallskydd("desk", "enrol", *desk, "--name", "A", "--role", "handler", "--label", "Handläggare 1")
    kallskydd("init", "--home", short_folder / "home", "--member", short_folder / "desk" / "join.toml")

    with Service(short_folder / "home", network) as service:
        page = await browser(service).get("/report")
        service.wait_for("opening", open=False)

    assert 'id="text"' not in page.text
    assert "Not open: reports cannot be sent yet." in "".join(service.stderr)
    private = (short_folder / "desk" / "member.key").read_bytes()
    assert not any(path.read_bytes() == private for path in (short_folder / "home").rglob("*") if path.is_file())
    assert not (short_folder / "home" / "trial-member").exists()


def test_a_real_home_begun_by_one_reader_says_when_to_take_in_the_second(short_folder):
    desk = ["--desk-home", short_folder / "desk", "--passphrase-file", passphrase_file(short_folder)]
    kallskydd("desk", "enrol", *desk, "--name", "A", "--role", "handler", "--label", "Handläggare 1")

    done = kallskydd("init", "--home", short_folder / "home", "--member", short_folder / "desk" / "join.toml")

    assert "needs two readers" in done.stderr
    assert "before anyone signs" in done.stderr


@pytest.mark.parametrize("line", ["", "operator_is_no_member = false\n"])
def test_a_real_home_is_not_made_until_its_operator_declares_to_be_no_member(short_folder, line):
    desk = ["--desk-home", short_folder / "desk", "--passphrase-file", passphrase_file(short_folder)]
    kallskydd("desk", "enrol", *desk, "--name", "A", "--role", "handler", "--label", "Handläggare 1")
    config = short_folder / "config.toml"
    config.write_text(f'{line}owner = "X"\nauthorities = [{{ name = "Y", about.sv = "z" }}]\n'
                      '[[organisations]]\nkey = "x"\nname = "X"\n')  # fmt: skip
    words = [
        "init",
        "--home",
        short_folder / "home",
        "--member",
        short_folder / "desk" / "join.toml",
        "--config",
        config,
    ]

    refused = kallskydd(*words, declared=False, check=False)
    made = (short_folder / "home").exists()
    declared = kallskydd(*words)

    assert refused.returncode == 3
    assert "no member" in refused.stderr
    assert "--operator-is-no-member" in refused.stderr
    assert not made
    assert declared.returncode == 0
    assert tomllib.loads((short_folder / "home" / "config.toml").read_text())["operator_is_no_member"] is True


def test_a_trial_asks_its_operator_nothing(home):
    assert "operator_is_no_member = true" not in (home / "config.toml").read_text()


def test_no_passphrase_is_printed_without_a_terminal(short_folder):
    done = kallskydd("init", "--home", short_folder / "home", "--trial", "--json")

    passphrase = (short_folder / "home" / "trial-member" / "passphrase").read_text().strip()
    assert len(passphrase) > 20
    assert passphrase not in done.stdout + done.stderr


def test_a_trial_home_cannot_be_made_real(home, network):
    config = home / "config.toml"
    config.write_text(config.read_text().replace("trial = true", "trial = false"))

    done = kallskydd("serve", "--home", home, "--tor-network", network, check=False)

    assert done.returncode == 3


def test_a_home_with_too_long_a_path_is_refused_in_words(short_folder, network):
    deep = short_folder / ("x" * 100)
    trial_home(short_folder / "home")
    (short_folder / "home").rename(deep)

    done = kallskydd("serve", "--home", deep, "--tor-network", network, check=False)

    assert done.returncode == 3
    assert "too long" in done.stderr


def test_help_starts_without_loading_what_it_does_not_need():
    code = "import sys; sys.argv = ['kallskydd', '--help']\ntry:\n import kallskydd.__main__ as m; m.main()\nexcept SystemExit: pass\nprint(sorted(set(sys.modules) & {'aiohttp', 'stem', 'nacl', 'PIL', 'jinja2'}))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip().endswith("[]")


def test_an_unknown_command_is_a_usage_error():
    done = subprocess.run([*KALLSKYDD, "sereve"], capture_output=True, text=True, check=False)

    assert done.returncode == 2


def test_a_home_that_the_intake_cannot_open_is_named_and_the_jail_is_not_blamed(home, network):
    (home / "shred.slots").write_bytes(b"not whole slots")

    done = kallskydd("serve", "--home", home, "--tor-network", network, check=False)

    assert done.returncode == 3
    assert "shred.slots is missing or damaged" in done.stderr
    assert "jail" not in done.stderr


def test_where_no_tor_may_reach_the_public_network_it_ends_at_once_and_says_why(home):
    assert os.environ["KALLSKYDD_NO_PUBLIC_TOR"] == "1"

    done = kallskydd("serve", "--home", home, "--public", "--json", check=False)

    assert done.returncode == 3
    assert done.stdout == ""
    assert "may not start a tor that can reach the public network. Give it the lines of a private" in done.stderr


def test_where_no_terminal_can_answer_nothing_is_published_without_the_word_for_it(home):
    done = kallskydd("serve", "--home", home, check=False)

    assert done.returncode == 3
    assert "publishes on the public Tor network" in done.stderr
    assert "Start it with --public" in done.stderr
    assert not (home / "tor" / "torrc").exists()


@pytest.mark.parametrize(("said", "goes_on"), [(b"yes\n", True), (b"no\n", False), (b"\n", False)])
def test_on_a_terminal_it_asks_before_it_publishes(home, said, goes_on):
    ours, theirs = pty.openpty()
    os.write(ours, said)
    done = subprocess.run(
        [*KALLSKYDD, "serve", "--home", home], stdin=theirs, capture_output=True, text=True, timeout=60, check=False
    )
    os.close(ours)
    os.close(theirs)

    assert done.returncode == 3
    assert "Write yes to go on" in done.stderr
    # What goes on is stopped by what keeps tests off the public network.
    assert ("may not start a tor that can reach the public network" in done.stderr) is goes_on
    assert ("Nothing was started" in done.stderr) is not goes_on


def test_a_folder_without_a_private_network_is_said_to_be_one(home, short_folder):
    done = kallskydd("serve", "--home", home, "--tor-network", short_folder / "nowhere", check=False)

    assert done.returncode == 4
    assert "no private Tor network in the folder of --tor-network" in done.stderr
    assert "network.torrc" in done.stderr


JOINS = "TestingTorNetwork 1\nDirAuthority a orport=1 v3ident=AA 127.0.0.1:80 FF\n"


@pytest.mark.parametrize(
    ("trial", "lines"),
    [(False, JOINS), (True, f"{JOINS}SafeLogging 0\n"), (True, f"{JOINS}ControlPort 9051\n"), (True, "%include x\n")],
)
def test_a_private_network_is_for_trials_and_brings_no_other_line(short_folder, trial, lines):
    folder = short_folder / "net"
    folder.mkdir()
    (folder / "network.torrc").write_text(lines)
    if trial:
        trial_home(short_folder / "home")
    else:
        desk = ["--desk-home", short_folder / "desk", "--passphrase-file", passphrase_file(short_folder)]
        kallskydd("desk", "enrol", *desk, "--name", "A", "--role", "handler", "--label", "Handläggare 1")
        kallskydd("init", "--home", short_folder / "home", "--member", short_folder / "desk" / "join.toml")

    done = kallskydd("serve", "--home", short_folder / "home", "--tor-network", folder, check=False)

    assert done.returncode == 3
    assert done.stdout == ""
    assert "asks tor for more than this home may have" in done.stderr


def test_a_missing_tor_is_said_at_once(home, network):
    done = subprocess.run(
        [*KALLSKYDD, "serve", "--home", home, "--tor-network", network],
        env={"PATH": "/nonexistent", "KALLSKYDD_NO_PUBLIC_TOR": "1"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 4
    assert "apt-get install -y tor" in done.stderr


async def test_a_reader_that_went_away_does_not_end_the_service(home, network):
    command = [*KALLSKYDD, "serve", "--home", home, "--tor-network", network, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        intake = json.loads(process.stdout.readline())["pid"]
        assert any('"ready"' in line for line in process.stdout)
        process.stdout.close()
        process.stderr.close()
        os.kill(intake, signal.SIGKILL)

        page = await browser(Service(home, network)).get("/report")
        process.terminate()
        code = process.wait(20)

    assert page.status == 200
    assert code == 0


def test_it_ends_when_its_standard_input_closes_if_it_was_told_to(home, network):
    with Service(home, network, options=("--end-with-stdin",), stdin=subprocess.PIPE) as service:
        service.wait_for("tor-started")
        pids = service.tree()

        service.process.stdin.close()
        code = service.process.wait(20)

    assert code == 0
    assert left_of(pids) == []


@pytest.mark.parametrize("moment", ["intake-started", "tor-started"])
def test_a_signal_during_the_start_and_a_second_one_leave_nothing_behind(home, network, moment):
    service = Service(home, network)
    service.start(wait=False)
    service.wait_for(moment)
    pids = service.tree()

    service.process.send_signal(signal.SIGTERM)
    service.process.send_signal(signal.SIGINT)
    service.process.send_signal(signal.SIGTERM)

    assert service.process.wait(20) == 0
    service.stop()
    assert left_of(pids) == []


async def test_a_home_that_cannot_be_written_does_not_end_the_keeper(home, network):
    with Service(home, network) as service:
        first = service.wait_for("tor-started")["pid"]
        (home / "tor").rename(home / "elsewhere")
        (home / "tor").write_text("in the way")
        os.kill(first, signal.SIGKILL)
        service.wait_for("tor-gone", count=2)
        (home / "tor").unlink()

        again = service.wait_for("tor-started", count=2)["pid"]
        page = await browser(service).get("/")

    assert again != first
    assert page.status == 200
    assert any("cannot be written" in line for line in service.stderr)


def test_with_a_system_tor_its_group_may_pass_and_the_home_is_used_again(home, network):
    with (home / "config.toml").open("a") as config:
        config.write('\n[tor]\ncontrol_socket = "/nonexistent"\n')
    home.chmod(0o710)
    (home / "run").chmod(0o710)

    with_it = kallskydd("serve", "--home", home, "--public", check=False)
    (home / "onion").chmod(0o710)
    too_open = kallskydd("serve", "--home", home, "--public", check=False)

    assert with_it.returncode == 4
    assert "control socket" in with_it.stderr
    assert too_open.returncode == 3
    assert "`onion` in the home can be reached by others" in too_open.stderr


def test_without_a_system_tor_nobody_may_pass(home, network):
    home.chmod(0o710)

    done = kallskydd("serve", "--home", home, "--tor-network", network, check=False)

    assert done.returncode == 3
    assert "can be reached by others" in done.stderr
