"""Starting and ending tor, what it says it waits for, and that no test can start one on the public network."""

import ast
import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from onion import tor_process
from onion.control import (
    SWITCHED_OFF,
    bootstrap_state,
    open_controller,
    state_in_words,
    wait_for_controller,
    wait_until_ready,
)
from onion.errors import (
    ControlMissing,
    ControlRefused,
    PublicTorRefused,
    TorDidNotStart,
    TorNotReady,
    TorProgramMissing,
)
from onion.publish import Publisher
from onion.tor_process import TorProcess
from onion.torrc import render
from onion.torrc_reader import reaches_public_network

ROOT = Path(__file__).parents[2]


def offline_tor(folder):
    """A tor with the keeper's torrc, sandbox included, and no network."""
    torrc = folder / "torrc"
    lines = ["DisableNetwork 1"]
    torrc.write_text(
        render(
            data_directory=folder / "data",
            control_socket=folder / "control",
            socks_socket=folder / "socks",
            network_lines=lines,
        )
    )
    return TorProcess(torrc, control_socket=folder / "control")


def ended_within(pid, seconds):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            # A zombie of a killed parent has ended too; its new parent may be slow to collect it.
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.live
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_comes_while_tor_is_being_started_leaves_no_tor_behind(short_folder, monkeypatch, number):
    made = []

    class Telling(subprocess.Popen):
        def __init__(self, command, **more):
            super().__init__(command, **more)
            if command[0] == tor_process.TOR:
                # Between the fork and the caller's knowing of it.
                made.append(self)
                os.kill(os.getpid(), number)

    monkeypatch.setattr(tor_process.subprocess, "Popen", Telling)
    before = signal.signal(number, lambda *_: sys.exit(0))
    process = offline_tor(short_folder)
    try:
        with pytest.raises(SystemExit):
            process.start()
    finally:
        signal.signal(number, before)
    process.stop()

    assert len(made) == 1
    assert ended_within(made[0].pid, 5)
    made[0].wait()


@pytest.mark.live
async def test_a_tor_without_a_network_says_in_words_what_it_waits_for(short_folder):
    process = offline_tor(short_folder)
    process.start()
    await asyncio.to_thread(wait_for_controller(process, short_folder / "control", within=10).close)
    publisher = Publisher()
    await publisher.connect(short_folder / "control")

    state = await publisher.bootstrap()

    assert (state.percent, state.summary, state.ready) == (0, SWITCHED_OFF, False)
    with pytest.raises(TorNotReady):
        await asyncio.to_thread(wait_until_ready, process, short_folder / "control", within=0.2)
    await publisher.close()
    process.stop()


@pytest.mark.live
def test_tor_ends_at_once_when_told_to_and_saves_its_state(short_folder):
    process = offline_tor(short_folder)

    def stopped() -> float:
        process.start()
        wait_for_controller(process, short_folder / "control", within=10).close()
        pid, started = process.pid, time.monotonic()
        process.stop()
        seconds = time.monotonic() - started
        assert not process.alive()
        assert ended_within(pid, 0.1)
        return seconds

    assert min(stopped() for _ in range(2)) < 2
    assert "LastWritten" in (short_folder / "data" / "state").read_text()


@pytest.mark.live
def test_a_process_can_be_started_again_after_it_was_stopped(short_folder):
    process = offline_tor(short_folder)
    process.start()
    wait_for_controller(process, short_folder / "control", within=10).close()
    first = process.pid
    process.stop()

    process.start()

    wait_for_controller(process, short_folder / "control", within=10).close()
    assert process.pid != first
    process.stop()


def test_a_tor_that_dislikes_its_file_is_noticed_and_its_reason_kept(short_folder):
    torrc = short_folder / "torrc"
    torrc.write_text(f"DataDirectory {short_folder}/d\nDisableNetwork 1\nNoSuchThing 1\n")
    process = TorProcess(torrc)
    process.start()

    with pytest.raises(TorDidNotStart):
        wait_for_controller(process, short_folder / "control", within=10)

    process.stop()
    assert any("NoSuchThing" in line for line in process.last_words())


STARTER = """
import sys, time
from pathlib import Path
from onion.control import wait_for_controller
from onion.tor_process import TorProcess
folder = Path(sys.argv[1])
process = TorProcess(folder / "torrc", control_socket=folder / "control")
process.start()
wait_for_controller(process, folder / "control", within=20).close()
print(process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.live
def test_tor_ends_with_the_process_that_started_it_also_when_that_is_killed(short_folder):
    offline_tor(short_folder)
    with subprocess.Popen([sys.executable, "-c", STARTER, short_folder], stdout=subprocess.PIPE) as starter:
        pid = int(starter.stdout.readline())

        starter.send_signal(signal.SIGKILL)
        starter.wait()

        assert ended_within(pid, 5)


def test_a_missing_program_is_named(short_folder, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(TorProgramMissing, match="apt-get install -y tor"):
        offline_tor(short_folder).start()


def test_a_missing_control_socket_and_a_refusing_one_are_different_errors(short_folder):
    path = short_folder / "control"
    with pytest.raises(ControlMissing):
        open_controller(path)
    process = offline_tor(short_folder)
    process.start()
    wait_for_controller(process, path, within=10).close()

    (short_folder / "data" / "control_auth_cookie").write_bytes(b"\0" * 32)

    with pytest.raises(ControlRefused):
        open_controller(path)
    process.stop()


def test_a_tor_that_ends_while_it_is_greeted_is_one_that_is_missing(short_folder):
    path = short_folder / "control"

    def accept_once_and_end(listener):
        connection = listener.accept()[0]
        # stem asks once more on a new connection, which finds nobody.
        listener.close()
        connection.close()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        ends = threading.Thread(target=accept_once_and_end, args=(listener,))
        ends.start()

        with pytest.raises(ControlMissing):
            open_controller(path)
        ends.join()


@pytest.mark.parametrize(
    ("phase", "percent", "words"),
    [
        ('NOTICE BOOTSTRAP PROGRESS=0 TAG=starting SUMMARY="Starting"', 0, "has not tried the network yet"),
        ('NOTICE BOOTSTRAP PROGRESS=5 TAG=conn SUMMARY="Connecting"', 5, "first way into"),
        ('NOTICE BOOTSTRAP PROGRESS=2 TAG=conn_done_pt SUMMARY="x"', 2, "reached a relay"),
        ('NOTICE BOOTSTRAP PROGRESS=100 TAG=done SUMMARY="Done"', 100, "connected to the Tor network"),
        ('NOTICE BOOTSTRAP PROGRESS=33 TAG=new_in_a_later_tor SUMMARY="x"', 33, "tor is connecting"),
        ('WARN BOOTSTRAP PROGRESS=5 TAG=conn SUMMARY="x" WARNING="No route" REASON=NOROUTE HOSTADDR="192.0.2.1:9"', 5,
         "this computer has no way to the network"),
        ("", 0, "tor is connecting"),
    ],
)  # fmt: skip
def test_each_step_of_the_way_has_plain_words_and_no_address(phase, percent, words):
    state = state_in_words(phase)

    assert state.percent == percent
    assert words in state.summary
    assert "192.0.2.1" not in state.summary


LOOPBACK = "DirAuthority a orport=1 v3ident=AA 127.0.0.1:80 FF"


@pytest.mark.parametrize(
    "text",
    ["", "SocksPort 0", "DisableNetwork 0", "DisableNetwork 1\nDisableNetwork 0", "DisableNetwork 1\nDisableN 0",
     "DisableNetwork 1\n/DisableNetwork", "# DisableNetwork 1", "TestingTorNetwork 1", LOOPBACK,
     f"TestingTorNetwork 0\n{LOOPBACK}", f"TestingTorNetwork 1\n{LOOPBACK}\nFallbackDir 192.0.2.1:80 orport=1 id=FF",
     "TestingTorNetwork 1\nDirAuthority a orport=1 v3ident=AA 192.0.2.1:80 FF",
     *(f"TestingTorNetwork 1\n{LOOPBACK}\n{proxy} 192.0.2.1:9"
       for proxy in ("Socks4Proxy", "Socks5Proxy", "HTTPSProxy", "HTTPProxy", "TCPProxy haproxy")),
     "TestingTorNetwork 1\nDirAuthority a 192.0.2.1 127.0.0.1:80", "DisableNetwork 1\n%include /etc/tor/torrc"],
)  # fmt: skip
def test_no_test_can_start_a_tor_that_might_reach_the_public_network(short_folder, text):
    torrc = short_folder / "torrc"
    torrc.write_text(f"DataDirectory {short_folder}/d\nControlSocket {short_folder}/control\n{text}\n")
    process = TorProcess(torrc)

    assert reaches_public_network(torrc.read_text())
    with pytest.raises(PublicTorRefused):
        process.start()
    assert not process.alive()


@pytest.mark.parametrize("text", ["DisableNetwork 1", f"TestingTorNetwork 1\n{LOOPBACK}"])
def test_a_tor_that_stays_on_this_computer_may_start(text):
    assert not reaches_public_network(text)


def test_the_whole_run_has_public_tors_refused():
    assert os.environ["KALLSKYDD_NO_PUBLIC_TOR"] == "1"


def test_only_one_file_of_the_project_runs_the_tor_program():
    """Any other place that has "tor" as a word of a list or call, or a path ending in it, could start one unchecked."""
    allowed = {ROOT / "onion" / "tor_process.py", Path(__file__)}
    found = []
    for path in project_files() - allowed:
        tree = ast.parse(path.read_text())
        found += [f"{path.name}:{node.lineno}" for node in ast.walk(tree) if names_tor_first(node)]

    assert found == [], "start tor through onion.tor_process.TorProcess"


@pytest.mark.parametrize(
    ("source", "seen"),
    [("subprocess.run(['tor', '-f', x])", True), ("Popen('/usr/bin/tor')", True), ("os.system('tor -f x')", True),
     ("run('tor & true')", True), ("which('tor')", False), ("run(['tor-gencert'])", False), ("x = ['history', 1]", False),
     ("command = ['tor', '-f', x]", True), ("execvp('tor', x)", True), ("run(('tor',))", True), ("x = ('tor', 1)", False)],
)  # fmt: skip
def test_the_search_for_such_places_sees_what_it_should(source, seen):
    assert any(names_tor_first(node) for node in ast.walk(ast.parse(source))) is seen


def names_tor_first(node):
    """A list that begins with tor, or the start of a program whose command is or begins with it."""
    words = node.elts if isinstance(node, ast.List) else []
    if isinstance(node, ast.Call) and starts_programs(node):
        words = node.args
    first = words[0] if words else None
    if isinstance(first, ast.Tuple):
        first = first.elts[0] if first.elts else None
    return isinstance(first, ast.Constant) and isinstance(first.value, str) and is_tor(first.value)


def starts_programs(call):
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    starters = ("run", "Popen", "call", "check_call", "check_output", "system", "popen", "getoutput")
    return name in starters or name.startswith(("exec", "spawn", "create_subprocess", "posix_spawn"))


def is_tor(text):
    first = text.split(maxsplit=1)[0] if text.split() else ""
    return first.rsplit("/", 1)[-1] == "tor"


def project_files():
    folders = ("onion", "kallskydd", "desk", "relay", "intake", "audit", "cases", "trusted", "second_reader", "scrubbers", "tests",
               "benchmarks", "deploy")  # fmt: skip
    return {path for folder in folders for path in (ROOT / folder).rglob("*.py")}


def test_a_control_socket_that_a_dead_tor_left_behind_does_not_hold_us_up(short_folder):
    async def connect():
        publisher = Publisher()
        with pytest.raises(ControlMissing):
            await publisher.connect(short_folder / "control")
        await publisher.close()

    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(short_folder / "control"))

    asyncio.run(connect())


def test_a_state_can_be_read_without_a_publisher(short_folder):
    process = offline_tor(short_folder)
    process.start()

    with wait_for_controller(process, short_folder / "control", within=10) as controller:
        state = bootstrap_state(controller)

    assert state.summary == SWITCHED_OFF
    process.stop()
