"""The keeper on a real, private Tor network: both addresses up, who may enter, and what happens when tor dies or is ours not."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest
from networks.conftest_tor import started_client
from processes.service import KALLSKYDD, Service, alive, kallskydd

from cases.roster.chain import add_signature, read_chain, sign_roster
from cases.roster.member import make_join, new_member_keys, read_join
from onion.client import ClientTor, add_client_key
from onion.keys import ClientAuthKey, read_onion_key
from onion.probe import probe
from trusted.case.clock import today, utc_now

pytestmark = pytest.mark.live

SECONDS = 45  # an address answers within 2 to 4 s; the rest is for a busy machine
TRY_SECONDS = 8.0  # now and then a circuit stalls for a minute; the next try takes another
STALLED_SECONDS = 180  # where the keeper itself must come to the next try


@pytest.fixture(scope="module")
def member():
    return new_member_keys()


def made_home(folder: Path, member) -> Path:
    """A trial home with one member whose client key the test holds."""
    join = folder / "join.toml"
    join.write_text(make_join(member, "Trial member", "handler", "Handler 1"))
    kallskydd("init", "--home", folder / "home", "--trial", "--member", join)
    roster = folder / "home" / "roster"
    add_signature(roster, 1, sign_roster(read_chain(roster, today(utc_now)).proposal, member), today(utc_now))
    return folder / "home"


@pytest.fixture
def home(short_folder, member) -> Path:
    return made_home(short_folder, member)


@pytest.fixture
def client(tor_network):
    """A client of this test's own: what another has learnt of an address must not decide here."""
    one = started_client(tor_network.client)
    try:
        yield one
    finally:
        one.stop()


def address(home: Path, which: str) -> str:
    return read_onion_key(home / "onion" / f"{which}.key").address


async def look(client: ClientTor, onion: str, within: float = TRY_SECONDS):
    return await probe(client.socks, onion, within=within, isolate=os.urandom(4).hex())


async def seen(client: ClientTor, onion: str, expected: str = "onion.reached") -> str:
    """What a look at the onion gives, tried until it is this."""
    deadline = time.monotonic() + SECONDS
    while (found := (await look(client, onion)).text_key) != expected and time.monotonic() < deadline:
        await asyncio.sleep(0.3)
    return found


async def reached(client: ClientTor, onion: str) -> bool:
    """Whether the onion answers, tried until it does."""
    return await seen(client, onion) == "onion.reached"


def published(service: Service) -> dict:
    """What is said when both addresses are up. A keeper whose tor stalls at its first circuit is begun anew, twice."""
    for _ in range(2):
        try:
            return service.wait_for("published", within=SECONDS)
        except AssertionError:
            if service.process.poll() is not None:
                raise
            service.stop()
            service.start()
    return service.wait_for("published", within=SECONDS)


def told_that_it_answers(home: Path, *words: str) -> str:
    """What `kallskydd status` says, asked again while a circuit of its own stalls."""
    for _ in range(3):
        done = kallskydd("status", "--home", home, *words, check=False)
        if done.returncode == 0:
            break
    return done.stdout + done.stderr


def all_ended(pids: list[int], within: float = 10) -> bool:
    deadline = time.monotonic() + within
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(alive(pid) for pid in pids)


async def test_both_addresses_are_published_the_desks_only_for_those_with_a_key_and_all_is_gone_at_the_end(
    home, member, tor_network, client
):
    desk = address(home, "desk")
    with Service(home, tor_network.root) as service:
        said = published(service)

        public_answers = await reached(client, address(home, "public"))
        without_key = await seen(client, desk, "onion.key_missing")
        await asyncio.to_thread(add_client_key, client.control_socket, desk, member.onion_private)
        desk_answers = await reached(client, desk)
        own_look = service.wait_for("probe", within=STALLED_SECONDS, reached=True)
        status = told_that_it_answers(home, "--json")
        pids = service.tree()
        code = service.stop()

    assert said == {
        "event": "published", "public": f"{address(home, 'public')}.onion", "desk": f"{desk}.onion", "trial": True
    }  # fmt: skip
    assert (public_answers, without_key, desk_answers) == (True, "onion.key_missing", True)
    assert own_look["seconds"] < SECONDS
    assert "onion: The onion answers" in status
    assert code == 0
    assert all_ended(pids)
    assert not (await look(client, address(home, "public"), within=3)).reached


async def test_a_killed_tor_comes_back_with_the_same_addresses_and_a_proposed_member_reaches_the_desks_address(
    short_folder, home, tor_network, client
):
    newcomer = new_member_keys()
    join = short_folder / "newcomer.toml"
    join.write_text(make_join(newcomer, "New", "handler", "Handler 2"))
    desk = address(home, "desk")
    with Service(home, tor_network.root) as service:
        published(service)
        os.kill(service.wait_for("tor-started")["pid"], signal.SIGKILL)
        service.wait_for("republished", within=STALLED_SECONDS)
        public_answers = await reached(client, address(home, "public"))

        kallskydd("roster", "--home", home, "--add", join, check=False)
        await asyncio.to_thread(add_client_key, client.control_socket, desk, newcomer.onion_private)
        newcomer_enters = await reached(client, desk)

    assert read_join(join.read_text()).onion == ClientAuthKey(newcomer.onion_private).public
    assert public_answers
    assert newcomer_enters


async def test_a_tor_that_runs_already_is_used_and_not_ended_and_the_addresses_are_taken_from_it(
    home, keeper_tor, tor_network, client
):
    with (home / "config.toml").open("a") as config:
        config.write(f'\n[tor]\ncontrol_socket = "{keeper_tor.control}"\n')
    public = address(home, "public")
    for _ in range(2):  # the second start finds the home as the first one left it
        with Service(home, tor_network.root) as service:
            published(service)
            answers = await reached(client, public)
            status = told_that_it_answers(home)
            service.wait_for("probe", within=STALLED_SECONDS, reached=True)
            started = [event for event in service.events if event["event"] == "tor-started"]
            modes = [oct((home / name).stat().st_mode & 0o777) for name in ("", "run", "onion")]
            assert service.stop() == 0

        assert answers
        assert "onion: The onion answers" in status
        assert started == []
        assert modes == ["0o710", "0o710", "0o700"]
        assert keeper_tor.process.alive()
        assert public not in published_at(keeper_tor.control)


def published_at(control: Path) -> str:
    from onion.control import open_controller

    with open_controller(control) as controller:
        return controller.get_info("onions/detached", "")


def test_a_terminal_gets_a_qr_code_and_a_file_does_not(home, tor_network):
    command = [*KALLSKYDD, "serve", "--home", home, "--tor-network", tor_network.root]
    public = f"http://{address(home, 'public')}.onion"

    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL) as process:
        os.close(theirs)
        on_terminal = read_until(ours, "\u2588\u2588.*\r\n\r\n")
        process.terminate()
        assert process.wait(30) == 0
    os.close(ours)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        in_file = read_until(process.stdout.fileno(), "Members' desks: .*\n\n")
        process.terminate()
        assert process.wait(30) == 0

    assert public in on_terminal
    assert re.search("[\u2580\u2584\u2588]{4}", on_terminal)
    assert public in in_file
    assert "TRIAL: do not report here" in in_file
    assert not re.search("[\u2580\u2584\u2588\x1b]", in_file)


def read_until(descriptor: int, pattern: str, within: float = STALLED_SECONDS) -> str:
    import select

    deadline = time.monotonic() + within
    text = b""
    while not re.search(pattern, text.decode("utf-8", "ignore"), re.DOTALL):
        assert time.monotonic() < deadline, text.decode("utf-8", "ignore")
        if select.select([descriptor], [], [], 0.2)[0]:
            text += os.read(descriptor, 4096)
    return text.decode("utf-8", "ignore")
