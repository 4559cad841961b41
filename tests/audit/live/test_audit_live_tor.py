"""`audit live` on tor: what tor itself calls valid, what it may be told while it runs, and a tor of a unit's own."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import socket
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import pytest
from audits.harness import AS_ROOT, wait_for

from audit.live.checks.tor import (
    check_tor_files,
    check_tor_listeners,
    check_torrc,
    publisher_at,
    system_tor,
)
from audit.observe.proc import Process, Service
from audit.observe.scene import Scene
from audit.verdict import Inspection, Verdict
from onion.control import open_controller, wait_for_controller
from onion.tor_process import TorProcess
from onion.torrc import render

START_SECONDS = 30.0  # it took 0.2 s

# What a tor can be started with and not be told later. Its file is tidied before anybody looks, so that all that is
# left is what it says of itself.
STARTED_WITH = {
    "ControlSocket unix:DIR/second WorldWritable": "ControlSocket is unix:DIR/second WorldWritable",
    "ControlSocketsGroupWritable 1": "ControlSocketsGroupWritable is 1",
    "ControlPort auto": "ControlPort is auto",
    "__ControlPort auto": "__ControlPort is auto",
    "__SocksPort unix:DIR/s2 WorldWritable": "__SocksPort is unix:DIR/s2 WorldWritable",
    "SocksPort unix:DIR/s2 NoIsolateSOCKSAuth": "SocksPort is unix:DIR/s2 NoIsolateSOCKSAuth",
    "SocksPort 0\nHiddenServiceSingleHopMode 1\nHiddenServiceNonAnonymousMode 1": "HiddenServiceSingleHopMode is 1",
    "Log info file DIR/log": "Log is info file DIR/log",
    "Sandbox 0": "Sandbox is 0",
    "DisableDebuggerAttachment 0": "DisableDebuggerAttachment is 0",
    "HiddenServiceDir DIR/hs\nHiddenServicePort 80 unix:relative": "HiddenServicePort is 80 unix:relative",
    "HiddenServiceDir DIR/hs\nHiddenServicePort 80 unix:DIR/x\nHiddenServiceExportCircuitID haproxy": (
        "HiddenServiceExportCircuitID is haproxy"
    ),
    "MetricsPort 127.0.0.1:9199\nMetricsPortPolicy accept 127.0.0.1": "MetricsPort is 127.0.0.1:9199",
    "DNSPort 127.0.0.1:9198": "DNSPort is 127.0.0.1:9198",
    "CookieAuthFile DIR/cookie": "CookieAuthFile is DIR/cookie",
    "GuardLifetime 1 days": "GuardLifetime is 86400",
    "Schedulers Vanilla": "Schedulers is Vanilla",
    "DirAuthority a orport=1 v3ident=0123456789ABCDEF0123456789ABCDEF01234567 192.0.2.1:80"
    " 0123456789ABCDEF0123456789ABCDEF01234567": "DirAuthority is a orport=1",
    "TestingTorNetwork 1\nDirAuthority a orport=1 v3ident=0123456789ABCDEF0123456789ABCDEF01234567 127.0.0.1:80"
    " 0123456789ABCDEF0123456789ABCDEF01234567": "TestingTorNetwork is 1",
    "UseBridges 1\nBridge 192.0.2.1:443": "Bridge is …",
}
# What a tor that runs can be told over its control socket.
TOLD = {
    "MiddleNodes": "$0123456789ABCDEF0123456789ABCDEF01234567",
    "EntryNodes": "$0123456789ABCDEF0123456789ABCDEF01234567",
    "ExitNodes": "$0123456789ABCDEF0123456789ABCDEF01234567",
    "HSLayer2Nodes": "$0123456789ABCDEF0123456789ABCDEF01234567",
    "StrictNodes": "1",
    "GuardLifetime": "1 days",
    "NumEntryGuards": "8",
    "NumPrimaryGuards": "8",
    "UseEntryGuards": "0",
    "VanguardsLiteEnabled": "0",
    "CircuitBuildTimeout": "2",
    "PathBiasDropGuards": "1",
    "MaxCircuitDirtiness": "10 days",
    "Socks4Proxy": "192.0.2.1:1080",
    "HTTPSProxy": "192.0.2.1:3128",
    "ReachableAddresses": "accept 192.0.2.0/24:443,reject *:*",
    "OutboundBindAddress": "192.0.2.7",
    "MapAddress": "www.example.com 192.0.2.1",
    "AutomapHostsOnResolve": "1",
    "HashedControlPassword": "16:872860B76453A77D60CA2BB8C1A7042072093276A3D701AD684053EC4C",
    "__HashedControlSessionPassword": "16:872860B76453A77D60CA2BB8C1A7042072093276A3D701AD684053EC4C",
    "__LeaveStreamsUnattached": "1",
    "SafeLogging": "relay",
    "KeepalivePeriod": "10",
    "ConnectionPadding": "0",
    "FallbackDir": "192.0.2.1:80 orport=1 id=0123456789ABCDEF0123456789ABCDEF01234567",
}


def good_torrc(home):
    return render(data_directory=home / "tor" / "data", control_socket=home / "run" / "control.sock",
                  socks_socket=home / "run" / "socks.sock", network_lines=["DisableNetwork 1"])  # fmt: skip


@contextlib.contextmanager
def running_tor(home, text):
    """The keeper's tor of this home with this torrc; yields what `audit live` is given."""
    for folder in (home / "run", home / "tor"):
        folder.mkdir(mode=0o700)
    (home / "config.toml").write_text("trial = true\n")
    torrc, control = home / "tor" / "torrc", home / "run" / "control.sock"
    torrc.write_text(text)
    tor = TorProcess(torrc, control_socket=control)
    tor.start()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            wait_for_controller(tor, control, within=START_SECONDS).close()
        yield Scene(home, Service(Process(1), tors=(Process(tor.pid),)))
    finally:
        tor.stop()


@contextlib.contextmanager
def told(scene, name, value):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with open_controller(scene.control_socket) as tor:
            before = tor.get_conf(name, multiple=True)
            tor.set_conf(name, value)
            try:
                yield
            finally:
                tor.set_conf(name, before) if before else tor.reset_conf(name)


def findings(check, scene):
    inspection = Inspection()
    check(inspection, scene)
    return [one.text() for one in inspection.evidence if one.verdict is Verdict.FINDING]


@pytest.fixture(scope="module")
def clean_tor():

    with (
        tempfile.TemporaryDirectory(prefix="kt-") as folder,
        running_tor(Path(folder), good_torrc(Path(folder))) as scene,
    ):
        yield scene


def test_the_keepers_own_tor_is_clean(clean_tor):
    inspection = Inspection()
    check_torrc(inspection, clean_tor)
    if AS_ROOT:
        check_tor_listeners(inspection, clean_tor)

    assert [one.text() for one in inspection.evidence if one.verdict is not Verdict.CLEAN] == []


@pytest.mark.parametrize("lines", STARTED_WITH, ids=lambda lines: lines.split("\n")[-1].split()[0])
def test_a_tor_that_was_started_with_a_dangerous_line_says_so_though_its_file_was_tidied(short_folder, lines):
    planted = lines.replace("DIR", str(short_folder))
    names = {line.split()[0] for line in planted.splitlines()} - {"ControlSocket"}
    if "SocksPort 0" not in planted:
        names -= {"SocksPort"}
    good = good_torrc(short_folder)
    kept = [line for line in good.splitlines() if line.split()[0] not in names]
    with running_tor(short_folder, "\n".join([*kept, planted, ""])) as scene:
        (short_folder / "tor" / "torrc").write_text(good)
        found = findings(check_torrc, scene)

    assert STARTED_WITH[lines].replace("DIR", str(short_folder)) in "\n".join(found)
    assert not any("torrc, line" in one for one in found)


@pytest.mark.parametrize("name", TOLD)
def test_a_tor_that_was_told_so_while_it_runs_says_so(clean_tor, name):
    with told(clean_tor, name, TOLD[name]):
        found = findings(check_torrc, clean_tor)

    assert len(found) == 1
    assert found[0].startswith(f"{name} is ")
    assert TOLD[name] not in found[0] or "Password" not in name
    assert findings(check_torrc, clean_tor) == []


def test_the_file_of_the_next_start_and_what_it_brings_in_are_held_against_the_table(clean_tor):
    torrc = clean_tor.home / "tor" / "torrc"
    before = torrc.read_text()
    more = clean_tor.home / "more"
    try:
        torrc.write_text(f"{before}%include {more}\nControlSocket unix:{more} WorldWritable\n")
        found = findings(check_torrc, clean_tor)
    finally:
        torrc.write_text(before)

    assert len(found) == 2
    assert all(one.startswith(f"{torrc}, line ") for one in found)
    assert f"%include is {more}, and should be" in found[0]
    assert f"ControlSocket is unix:{more} WorldWritable, and should be there once" in found[1]


def test_a_command_line_that_reads_another_file_first_is_a_finding(clean_tor):
    strange = ("-f", str(clean_tor.home / "tor" / "torrc"), "--defaults-torrc", "/usr/share/tor/defaults")
    with subprocess.Popen([sys.executable, "-c", "input()", *strange], stdin=subprocess.PIPE) as child:
        scene = dataclasses.replace(clean_tor, service=Service(Process(1), tors=(Process(child.pid),)))
        found = findings(check_torrc, scene)
        child.kill()

    assert len(found) == 1
    assert "was started with" in found[0]


def test_what_the_kernel_has_tor_listening_on_is_what_stands_in_its_torrc(short_folder):
    # An account that is not root is not shown what tor has open.
    second = short_folder / "second"
    extra = f"ControlSocket unix:{second} WorldWritable\nDNSPort 127.0.0.1:9197\n__ControlPort 127.0.0.1:9196\n"
    with running_tor(short_folder, good_torrc(short_folder) + extra) as scene:
        inspection = Inspection()
        check_tor_listeners(inspection, scene)

    found = "\n".join(one.text() for one in inspection.evidence if one.verdict is Verdict.FINDING)
    assert f"tor listens for control on unix:{second}" in found
    assert "tor listens for control on 127.0.0.1:9196" in found
    if AS_ROOT:
        (kernel,) = [line for line in found.splitlines() if line.startswith("the kernel has tor")]
        assert str(second) in kernel
        assert "tcp 0100007F:23EC" in kernel
    else:
        assert inspection.evidence[-1].verdict is Verdict.NOT_SEEN


def test_an_onion_that_is_not_ours_and_who_steers_tor_besides_the_keeper_are_findings(clean_tor):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with open_controller(clean_tor.control_socket) as tor:
            address = tor.create_ephemeral_hidden_service({80: "unix:/nowhere"}, detached=True).service_id
            found = findings(check_tor_listeners, clean_tor)
            tor.remove_ephemeral_hidden_service(address)

    assert any(f"onions that are not this service's: {address}" in one for one in found)


def test_whoever_steers_tor_besides_the_keeper_is_a_finding(clean_tor):
    child = os.fork()
    if child == 0:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(clean_tor.control_socket))
            connection.sendall(b"PROTOCOLINFO 1\r\n")
            connection.recv(100)
            os.kill(os.getpid(), signal.SIGSTOP)
            os._exit(0)
    try:
        os.waitpid(child, os.WUNTRACED)
        inspection = Inspection()
        check_tor_listeners(inspection, clean_tor)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    # To root alone the kernel shows who that is.
    wanted = (
        (Verdict.FINDING, f"not of the service: {child} (python")
        if AS_ROOT
        else (Verdict.NOT_SEEN, "the sockets of tor")
    )
    ((verdict, text),) = [(one.verdict, one.text()) for one in inspection.evidence if one.verdict is not Verdict.CLEAN]
    assert (verdict, wanted[1] in text) == (wanted[0], True)
    assert findings(check_tor_listeners, clean_tor) == []


def test_the_publisher_of_another_host_on_this_computer_is_not_taken_for_ours(tmp_path):
    def publisher(control):
        words = ["-c", "import time; time.sleep(60)", "kallskydd.hosting.publisher", "--control", str(control)]
        return subprocess.Popen([sys.executable, *words])

    ours, others, twice = tmp_path / "a/control", tmp_path / "b/control", tmp_path / "c/control"
    processes = [publisher(control) for control in (ours, others, twice, twice)]
    try:
        found = [publisher_at(control) for control in (ours, others, twice, tmp_path / "d/control")]
    finally:
        for process in processes:
            process.kill()
            process.wait()

    assert found == [processes[0].pid, processes[1].pid, 0, 0]


def test_a_tor_on_a_private_network_is_clean_in_a_trial_and_nowhere_else(short_folder, tor_network):
    text = good_torrc(short_folder).replace("DisableNetwork 1\n", "\n".join([*tor_network.network_lines, ""]))
    with running_tor(short_folder, text) as scene:
        real = findings(check_torrc, scene)
        (short_folder / "TRIAL").touch()
        trial = findings(check_torrc, scene)

    assert trial == []
    assert {one.split(" is ")[0].split(": ")[-1] for one in real} == {
        line.split()[0] for line in tor_network.network_lines
    }


def test_a_tor_of_a_unit_is_found_by_its_own_word_and_judged_by_the_same_table(short_folder):
    folder = short_folder / "system"
    folder.mkdir(mode=0o700)
    control = folder / "control"
    torrc = folder / "torrc"
    text = render(data_directory=folder / "d", control_socket=control, socks_socket=folder / "socks",
                  network_lines=["DisableNetwork 1"])  # fmt: skip
    torrc.write_text(text.replace("SafeLogging 1", "SafeLogging relay"))
    home = short_folder / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(f'[tor]\ncontrol_socket = "{control}"\n')
    tor = TorProcess(torrc, control_socket=control)
    tor.start()
    try:
        wait_for(control, folder / "d" / "control_auth_cookie")
        scene = Scene(home, Service(Process(1)))
        found = system_tor(scene)
        scene = dataclasses.replace(scene, service=Service(Process(1), tors=found))
        lines, files = Inspection(), Inspection()
        check_torrc(lines, scene)
        check_tor_files(files, scene)
        pid = tor.pid
    finally:
        tor.stop()

    assert [process.pid for process in found] == [pid]
    said = [one.text() for one in lines.evidence if one.verdict is Verdict.FINDING]
    # The test's folder is none below /var/lib.
    assert sorted(one.split(" is ")[0] for one in said) == [
        f"{torrc}, line 1: DataDirectory", f"{torrc}, line 5: SafeLogging", "DataDirectory", "SafeLogging",
    ]  # fmt: skip
    assert str(files.verdict) == "clean"
