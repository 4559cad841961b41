"""A check of a row, made: what it saw, could not see, or did not come to."""

from __future__ import annotations

import sqlite3
import tomllib
from typing import Any

from audit.observe.proc import NotSeen
from audit.row import Row
from audit.verdict import Check, Inspection

# What the computer refuses, has not, or writes in another form than we know.
_UNSEEN: tuple[type[Exception], ...] = (NotSeen, OSError, UnicodeError, tomllib.TOMLDecodeError, sqlite3.Error)


def checked(row: Row, examined: Any, *unseen: type[Exception]) -> Check:
    """Return the row with what its check saw. What this computer does not show is "not seen"; `unseen` are more such.

    Any other exception is a fault of the audit itself. It makes the row void, so that no certificate comes of it and
    nobody takes it for a fault of the computer.
    """
    inspection = Inspection()
    try:
        if row.check is not None:
            row.check(inspection, examined)
    except _UNSEEN + unseen as fault:
        inspection.missed("the rest of this row ({fault})", fault=type(fault).__name__)
    except Exception as fault:  # noqa: BLE001 - the other rows are examined, and this one is never taken for clean
        inspection.void("the audit itself has a fault in this row ({fault} in {place}): report it to those who maintain"
                  " the program", fault=type(fault).__name__, place=_place(fault))  # fmt: skip
    return inspection.of(row)


def _place(fault: Exception) -> str:
    """Return the function in which it was raised, and its line."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_code.co_name}, {trace.tb_lineno}"
