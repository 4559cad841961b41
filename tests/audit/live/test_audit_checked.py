"""What becomes of a check that does not come to its end: what the computer hides, and a fault of the audit itself."""

from __future__ import annotations

import sqlite3
import tomllib
from dataclasses import replace

import pytest
import stem

from audit.checked import checked
from audit.live.table import TABLE
from audit.observe.proc import NotSeen, Process
from audit.verdict import Inspection, Verdict


def outcome(fault: Exception):
    def check(inspection: Inspection, _examined: object) -> None:
        inspection.saw("there is no swap")
        raise fault

    return checked(replace(TABLE[0], check=check), None, stem.ControllerError)


@pytest.mark.parametrize(
    "fault",
    [
        NotSeen(), PermissionError(), sqlite3.OperationalError(), stem.SocketClosed(),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, ""), tomllib.TOMLDecodeError(),
    ],
    ids=lambda fault: type(fault).__name__,
)  # fmt: skip
def test_what_the_computer_does_not_show_is_not_seen(fault):
    row = outcome(fault)

    assert row.verdict is Verdict.NOT_SEEN
    assert row.evidence[-1].text() == f"the rest of this row ({type(fault).__name__})"


@pytest.mark.parametrize("fault", [KeyError("a"), IndexError(), ValueError(), TypeError(), AttributeError()], ids=repr)
def test_a_fault_of_the_audit_itself_makes_the_row_void_and_says_whose_it_is(fault):
    row = outcome(fault)

    assert row.verdict is Verdict.VOID
    assert (
        row.evidence[-1].text().startswith(f"the audit itself has a fault in this row ({type(fault).__name__} in check")
    )
    assert "granskningen har själv ett fel" in row.evidence[-1].text("sv")


def test_a_field_that_a_process_no_longer_has_when_it_ends_is_not_seen(tmp_path, monkeypatch):
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "status").write_text("Name:\tpython\nState:\tZ (zombie)\n")
    monkeypatch.setattr("audit.observe.proc.PROC", tmp_path)

    with pytest.raises(NotSeen):
        Process(7).status()["VmLck"]
