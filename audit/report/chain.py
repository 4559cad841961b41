"""The home's chain of daily verdicts, verified here by itself (docs/FORMATS.md, section 10)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

CHAIN = "audit.chain"
SHOWN_DAYS = 30
_PERSON = b"ks1-audit"
_HEAD_BYTES = 32
_FIELDS = ("day", "clean", "findings", "not_seen")


@dataclass(frozen=True, slots=True)
class Day:
    """One line."""

    day: str
    clean: int
    findings: tuple[str, ...]
    not_seen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The last lines and the head of all. One that does not hold has the lines before the fault."""

    days: tuple[Day, ...]
    head: str
    holds: bool = True


class NoChain(StrEnum):
    """Why there is none to show."""

    NOT_YET = "no_days"
    UNREADABLE = "days_unreadable"


def read_chain(home: Path) -> Chain | NoChain:
    """Return the chain of a home, or why there is none."""
    try:
        lines = (home / CHAIN).read_text("utf-8", "replace").splitlines()
    except FileNotFoundError:
        return NoChain.NOT_YET
    except OSError:
        return NoChain.UNREADABLE
    days: list[Day] = []
    head = bytes(_HEAD_BYTES)
    for line in lines:
        try:
            day, head = _next(json.loads(line), head)
        except (ValueError, TypeError, KeyError):
            return Chain(tuple(days[-SHOWN_DAYS:]), head.hex(), holds=False)
        days.append(day)
    return Chain(tuple(days[-SHOWN_DAYS:]), head.hex()) if days else NoChain.NOT_YET


def _next(told: dict[str, Any], before: bytes) -> tuple[Day, bytes]:
    """Return what a line says, and its head. Raises ValueError where it does not follow from the one before."""
    content = json.dumps({name: told[name] for name in _FIELDS}, separators=(",", ":")).encode()
    head = hashlib.blake2b(before + content, digest_size=_HEAD_BYTES, person=_PERSON).digest()
    if head.hex() != told["head"]:
        raise ValueError
    day = date.fromisoformat(told["day"]).isoformat()
    return Day(day, int(told["clean"]), tuple(map(str, told["findings"])), tuple(map(str, told["not_seen"]))), head
