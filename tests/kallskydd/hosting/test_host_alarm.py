"""The alarm of a host with tenants: what its timer runs, by which the operator learns that a wall or a unit is down."""

from __future__ import annotations

import shlex
import stat
from datetime import date, timedelta
from pathlib import Path

import pytest
from processes.service import kallskydd

from kallskydd.finding import Finding
from kallskydd.hosting.machine import HostFault, Machine
from kallskydd.status import host
from kallskydd.status.alarmed import read_alarmed

DAY = date(2026, 11, 27)
WELL = Finding("tor", "Its unit runs.")
NO_TOR = Finding("tor", "kallskydd-tor.service does not run.", "Start it.")
NO_ROOM = Finding("disk", "Less than 2 GiB are free.", "Make room.")


class Host:
    """A tree of files, what is seen of it, and how often its alarm has run."""

    def __init__(self, root: Path) -> None:
        self.root, self.machine, self.found = root, Machine(root), [WELL]
        self.config = root / "etc/kallskydd/host.toml"
        self.config.parent.mkdir(parents=True)
        self.program = root / "alarm"
        self.ends_with(0)
        self.config.write_text(f'[alarm]\ncommand = ["{self.program}", "operator@example.org"]\n')

    def ends_with(self, code: int) -> None:
        self.program.write_text(f'#!/bin/sh\necho "$*" >>{shlex.quote(str(self.root / "said"))}\nexit {code}\n')
        self.program.chmod(0o755)

    @property
    def alarms(self) -> list[str]:
        said = self.root / "said"
        return said.read_text().splitlines() if said.exists() else []

    def looks(self, *found: Finding, days: int = 0) -> int:
        """The number of alarms so far, once this was seen."""
        self.found = list(found)
        host.look_quietly(self.machine, DAY + timedelta(days=days))
        return len(self.alarms)

    @property
    def line(self) -> Finding:
        return host.lines(self.machine)[-1]


@pytest.fixture
def a_host(tmp_path, monkeypatch):
    one = Host(tmp_path)
    monkeypatch.setattr(host, "look", lambda _machine: one.found)
    # A new command is run once.
    assert one.looks(WELL) == 1
    (tmp_path / "said").unlink()
    return one


def test_a_host_in_trouble_is_told_by_the_alarm_and_by_no_word(a_host):
    assert a_host.looks(WELL) == 0
    assert a_host.looks(NO_TOR) == 1
    assert a_host.looks(NO_TOR) == 1
    assert a_host.looks(NO_TOR, NO_ROOM, days=1) == 2

    assert set(a_host.alarms) == {"operator@example.org"}


def test_it_runs_again_weekly_while_it_lasts_and_for_the_same_after_all_was_well(a_host):
    assert [a_host.looks(NO_ROOM, days=days) for days in range(9)] == [1] * 7 + [2] * 2
    assert a_host.looks(WELL, days=9) == 2
    assert a_host.looks(NO_ROOM, days=9) == 3


def test_one_that_fails_is_said_and_is_run_again_until_it_ends_well(a_host):
    a_host.ends_with(7)
    assert a_host.looks(NO_ROOM) == 1
    assert not a_host.line.well
    assert a_host.looks(NO_ROOM) == 2

    a_host.ends_with(0)

    assert a_host.looks(NO_ROOM) == 3
    assert a_host.line.well
    assert a_host.looks(NO_ROOM) == 3


def test_a_host_that_cannot_be_looked_at_is_not_well(a_host, monkeypatch):
    def fault(_machine: Machine) -> list[Finding]:
        raise HostFault("There is no kallskydd-publisher in /etc/passwd.", "Run `make install`.", 4)

    monkeypatch.setattr(host, "look", fault)

    assert not host.look_quietly(a_host.machine, DAY)
    assert len(a_host.alarms) == 1


@pytest.mark.parametrize(
    "text",
    ['[alarm]\ncommand = ["alarm"]\n', '[alarms]\ncommand = ["/bin/true"]\n', "[alarm]\n", "alarm", "\xff"],
)
def test_a_file_that_cannot_be_used_is_not_well_and_runs_nothing(a_host, text):
    a_host.config.write_bytes(text.encode("latin-1"))

    assert a_host.looks(NO_ROOM) == 0
    assert not a_host.line.well
    assert "/etc/kallskydd/host.toml" in a_host.line.to_do


def test_without_a_file_there_is_no_alarm_and_the_line_says_how_to_have_one(a_host):
    a_host.config.unlink()

    assert a_host.looks(NO_ROOM) == 0
    assert a_host.line.well
    assert "No command is configured." in a_host.line.words


def test_what_is_noted_is_for_root_alone_and_a_damaged_note_is_written_again(a_host):
    a_host.looks(NO_ROOM)
    note = a_host.root / "var/lib/kallskydd-host-status/alarmed.json"
    assert stat.S_IMODE(note.parent.stat().st_mode) == 0o700
    note.write_text("nonsense")

    assert a_host.looks(NO_ROOM) == 2
    assert read_alarmed(note).troubles == ("disk",)


def test_the_command_says_nothing_and_its_exit_code_is_that_of_findings(tmp_path):
    a_host = Host(tmp_path)
    (tmp_path / "proc").mkdir()
    mounts = tmp_path / "proc/mounts"

    mounts.write_text("proc /proc proc rw 0 0\n")
    troubled = kallskydd("host", "--root", tmp_path, "status", "--quiet", check=False)
    mounts.write_text("proc /proc proc rw,hidepid=invisible 0 0\n")
    well = kallskydd("host", "--root", tmp_path, "status", "--quiet", check=False)

    assert (troubled.returncode, troubled.stdout, troubled.stderr) == (1, "", "")
    assert (well.returncode, well.stdout, well.stderr) == (0, "", "")
    assert len(a_host.alarms) == 1
