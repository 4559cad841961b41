"""A run that was disturbed is void, says why, and reports nothing else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from audit.canary import examine
from audit.canary.disturbed import ZONE, Watched, disturbed, is_void, parts_that_ended, void
from audit.canary.table import TABLE
from audit.observe.strace import Call, TracedProcess
from audit.verdict import Inspection, Verdict
from kallskydd.__main__ import build_parser
from kallskydd.commands.audit import canary
from kallskydd.say import VOID

NOON = datetime(2026, 12, 3, 12, 0, tzinfo=ZONE).timestamp()


def watched(began: float, seconds: float = 300, **more: object) -> Watched:
    return Watched(began=began, ended=began + seconds, **more)


@pytest.mark.parametrize("hour", [0, 6, 7, 18])
def test_a_run_across_a_change_of_the_services_day_is_void(hour):
    change = datetime(2026, 12, 3, hour, 0, tzinfo=ZONE)
    before, after = (change + timedelta(seconds=more) for more in (-400, 1))

    assert "18" in disturbed([watched((change - timedelta(seconds=60)).timestamp())]).evidence[0].text()
    # One ended just before, and the next began just after.
    assert disturbed([watched(before.timestamp()), watched(after.timestamp())]).verdict is Verdict.VOID
    # By the clock that was moved, and not by the computer's.
    assert disturbed([watched(NOON, shift=int(change.timestamp() - NOON) - 60)]).verdict is Verdict.VOID


def test_a_run_within_one_part_of_the_day_is_none():
    assert disturbed([watched(NOON), watched(NOON + 200, shift=74 * 256)]).evidence == []


@pytest.mark.parametrize(
    ("disturbance", "said"),
    [({"moved": 3.0}, "3.0"), ({"moved": -90.0}, "-90.0"), ({"starts": 2}, "intake"), ({"died": ["keeper"]}, "keeper")],
)
def test_a_clock_that_was_set_and_a_part_that_died_make_it_void(disturbance, said):
    inspection = disturbed([watched(NOON), watched(NOON, **disturbance)])

    assert inspection.verdict is Verdict.VOID
    assert said in inspection.evidence[0].text()
    assert "1" in inspection.evidence[0].text()


def call(at: float, name: str, role: str, pid: int, arguments: str = "SIGKILL") -> Call:
    return Call(at, pid, TracedProcess(pid, 1, role), role, name, arguments, "0" if name == "execve" else "?")


def test_only_the_end_of_a_program_of_the_service_while_visitors_come_is_a_death():
    started = [call(1, "execve", "other", 7), call(1, "execve", "keeper", 8), call(1, "execve", "intake", 9)]
    ends = [
        call(50, "killed", "intake", 8),
        call(50, "exit_group", "keeper", 11),  # a fork that started nothing
        call(50, "killed", "job", 12),
        call(500, "killed", "zygote", 9),  # after the end
        # The program's own doing, which another row finds.
        call(50, "exit_group", "zygote", 9, "0"),
        call(50, "killed", "zygote", 9, "SIGTERM"),
    ]

    assert parts_that_ended([*started, *ends], Watched(began=10, ended=100)) == ["intake"]


def test_every_row_is_void_and_the_run_is_not_whole():
    said = Inspection()
    said.void("why")

    checks = void(said)

    assert [check.row for check in checks] == list(TABLE)
    assert {check.verdict for check in checks} == {Verdict.VOID}
    assert is_void(checks)
    assert not examine.came_to_its_end(checks)


def test_the_exit_code_of_a_void_result_is_its_own(monkeypatch, capsys):
    said = Inspection()
    said.void("why")
    monkeypatch.setattr(canary, "run_canary", lambda **_more: void(said))
    monkeypatch.setattr(canary, "strace_is_there", lambda: True)

    assert canary.run(build_parser("audit").parse_args(["audit", "canary"])) == VOID == 5
    assert "why" in capsys.readouterr().out
