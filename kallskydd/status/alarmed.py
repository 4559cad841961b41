"""The alarm of a computer that has no home to note it in: a host with tenants, or one that looks from outside.

What was seen is not written down, but the names of the lines that the last alarm was for, its day, and which command
was tried. By the rules of `kallskydd.status.alarm`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from kallskydd.status.alarm import is_due, sound
from kallskydd.upkeep.tried import mark_of

ALARM_LINE = "alarm"


class Alarmed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the last alarm was for, whether the last run of the command ended well, and the command that once did."""

    day: date = date.min
    troubles: tuple[str, ...] = ()
    well: bool = True
    tried: str = ""


@dataclass(frozen=True, slots=True)
class _Looked:
    """What one look saw."""

    day: date
    troubles: tuple[str, ...]


def react(note: Path, day: date, troubles: tuple[str, ...], command: tuple[str, ...] | None) -> None:
    """Run the command when it is due or new, and note that in this file. Raises OSError."""
    alarmed = read_alarmed(note)
    due = is_due(_Looked(day, troubles), alarmed)
    # What is over is forgotten, so that it is told when it comes again.
    now = alarmed if troubles else msgspec.structs.replace(alarmed, troubles=())
    if command is not None and (due or alarmed.tried != mark_of(command)):
        if not sound(command):
            # What the last one was for stays: the next look tries again.
            now = msgspec.structs.replace(alarmed, well=False)
        elif due:
            # The line of the alarm is well again with this run.
            now = Alarmed(day, tuple(name for name in troubles if name != ALARM_LINE), tried=mark_of(command))
        else:
            now = msgspec.structs.replace(now, well=True, tried=mark_of(command))
    if now != alarmed:
        _write(note, now)


def read_alarmed(note: Path) -> Alarmed:
    """Return what was noted at the last alarm; the beginning when that is not there or damaged."""
    try:
        return msgspec.json.decode(note.read_bytes(), type=Alarmed)
    except (OSError, msgspec.MsgspecError):
        return Alarmed()


def _write(note: Path, alarmed: Alarmed) -> None:
    note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    half = note.with_suffix(".new")
    half.write_bytes(msgspec.json.encode(alarmed))
    half.replace(note)
