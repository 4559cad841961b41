"""`audit live` on tor: what tor itself calls valid, what it may be told while it runs, and a tor of the system's."""

from __future__ import annotations

import dataclasses

import pytest
from audit_harness import wait_for

from audit.checks_tor import check_tor_files, check_torrc, system_tor
from audit.proc import Process, Service
from audit.scene import Scene
from audit.verdict import Look, Verdict
from onion.tor_process import TorProcess
from onion.torrc import render

# What a sandboxed tor does not let itself be told while it runs: a tor of its own, from a file that tor calls valid.
TRAPS = {
    "SocksPort 0\nHiddenServiceSingleHopMode 1\nHiddenServiceNonAnonymousMode 1": (
        "HiddenServiceSingleHopMode is 1",
        "HiddenServiceNonAnonymousMode is 1",
    ),
    "ControlPort auto": ("ControlPort is auto",),
    "Log info file LOG": ("Log is info file",),
    "Sandbox 0": ("Sandbox is 0",),
    "HiddenServiceDir DIR/hs\nHiddenServicePort 80 unix:relative": ("HiddenServicePort is 80 unix:relative",),
    "HiddenServiceDir DIR/hs\nHiddenServicePort 80 unix:DIR/x\nHiddenServiceExportCircuitID haproxy": (
        "HiddenServiceExportCircuitID is haproxy",
    ),
    "MetricsPort 127.0.0.1:9199\nMetricsPortPolicy accept 127.0.0.1": ("MetricsPort is 127.0.0.1:9199",),
}


@pytest.mark.parametrize("lines", TRAPS, ids=lambda lines: lines.split()[-2])
def test_a_line_in_the_torrc_that_tor_itself_calls_valid(short_folder, lines):
    home, told = short_folder, lines.replace("DIR", str(short_folder)).replace("LOG", str(short_folder / "log"))
    (home / "run").mkdir(mode=0o700)
    (home / "config.toml").write_text("trial = true\n")
    torrc = home / "torrc"
    common = {"data_directory": home / "d", "control_socket": home / "run" / "control.sock"}
    good = render(**common, socks_socket=home / "socks", network_lines=["DisableNetwork 1"])
    named = {line.split()[0] for line in told.splitlines()}
    torrc.write_text("".join(f"{line}\n" for line in good.splitlines() if line.split()[0] not in named) + told + "\n")
    tor = TorProcess(torrc, control_socket=common["control_socket"])
    tor.start()
    try:
        wait_for(common["control_socket"], home / "d" / "control_auth_cookie")
        look = Look()
        check_torrc(look, Scene(home, Service(Process(1))))
    finally:
        tor.stop()

    found = "\n".join(one.text() for one in look.said if one.verdict is Verdict.FINDING)
    assert look.verdict is Verdict.FINDING, tor.last_words()
    for words in TRAPS[lines]:
        assert words in found


def test_a_tor_of_the_systems_is_found_by_its_own_word_and_judged_by_the_same_table(short_folder):
    folder = short_folder / "system"
    folder.mkdir(mode=0o700)
    control = folder / "control"
    torrc = folder / "torrc"
    torrc.write_text(render(data_directory=folder / "d", control_socket=control, socks_socket=folder / "socks",
                            network_lines=["DisableNetwork 1"]).replace("SafeLogging 1", "SafeLogging relay"))  # fmt: skip
    home = short_folder / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(f'[tor]\ncontrol_socket = "{control}"\n')
    tor = TorProcess(torrc, control_socket=control)
    tor.start()
    try:
        wait_for(control, folder / "d" / "control_auth_cookie")
        scene = Scene(home, Service(Process(1)))
        found = system_tor(scene)
        torrc_look, files_look = Look(), Look()
        check_torrc(torrc_look, scene)
        check_tor_files(files_look, dataclasses.replace(scene, service=Service(Process(1), tors=found)))
        pid = tor.pid
    finally:
        tor.stop()

    assert [process.pid for process in found] == [pid]
    assert "SafeLogging is relay" in "\n".join(one.text() for one in torrc_look.said)
    assert str(files_look.verdict) == "clean"
