"""
The daily verdicts of `kallskydd audit live`, one line a day, each bound to the one before.

`audit.chain` in the home has lines of JSON (docs/FORMATS.md, section 10). A line holds the day, how many checks were
clean and the names of those that were not, and a head: a hash over the head before it and the line's own content. Who
has seen a head can tell whether a line before it was changed or left out since. No line holds a time or a value seen.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from trusted.case.errors import CaseError
from trusted.crypto.envelope import blake

CHAIN_NAME = "audit.chain"
NO_HEAD = bytes(32)
# Ten years of days; a file that is larger was not written by us.
MOST_BYTES = 2**21


class ChainBroken(CaseError):
    """A line of the chain does not follow from the one before, or cannot be read."""

    code = 227
    text_key = "audit.chain_broken"


@dataclass(frozen=True, slots=True)
class Record:
    """One day's verdict."""

    day: date
    clean: int
    findings: tuple[str, ...]
    not_seen: tuple[str, ...]
    head: bytes

    def line(self) -> str:
        """As it stands in the file."""
        return json.dumps({**json.loads(_content(self)), "head": self.head.hex()}) + "\n"


def next_record(
    before: Record | None, day: date, clean: int, findings: Sequence[str], not_seen: Sequence[str]
) -> Record:
    """Return the record that continues the chain."""
    bare = Record(day, clean, tuple(findings), tuple(not_seen), NO_HEAD)
    return Record(bare.day, bare.clean, bare.findings, bare.not_seen, _head(before, bare))


def read_records(folder: Path) -> tuple[Record, ...]:
    """Return the whole chain of a home, verified; none when there is no file yet. Raises ChainBroken or OSError."""
    path = folder / CHAIN_NAME
    if not path.exists():
        return ()
    if path.stat().st_size > MOST_BYTES:
        raise ChainBroken
    records = read_lines(path.read_text("utf-8").splitlines())
    if records and records[0].head != _head(None, records[0]):
        raise ChainBroken
    return records


def read_lines(lines: Sequence[str]) -> tuple[Record, ...]:
    """Return the records of lines that follow each other, each verified against the one before. Raises ChainBroken."""
    records: list[Record] = []
    for line in lines:
        record = _parse(line)
        if records and (record.head != _head(records[-1], record) or record.day < records[-1].day):
            raise ChainBroken
        records.append(record)
    return tuple(records)


def append_record(folder: Path, record: Record) -> None:
    """Write one more line; on the disk when this returns. Never replaced: the intake may read this very file."""
    descriptor = os.open(
        folder / CHAIN_NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
    )
    try:
        os.write(descriptor, record.line().encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_chain_file(folder: Path) -> None:
    """Make the file if it is not there: what the intake may read must be there before it closes itself."""
    os.close(os.open(folder / CHAIN_NAME, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))


def _parse(line: str) -> Record:
    try:
        read = json.loads(line)
        if set(read) != {"day", "clean", "findings", "not_seen", "head"}:
            raise ChainBroken
        names = (tuple(map(str, read["findings"])), tuple(map(str, read["not_seen"])))
        return Record(date.fromisoformat(read["day"]), int(read["clean"]), *names, bytes.fromhex(read["head"]))
    except (ValueError, TypeError) as fault:
        raise ChainBroken from fault


def _content(record: Record) -> str:
    return json.dumps(
        {
            "day": record.day.isoformat(),
            "clean": record.clean,
            "findings": list(record.findings),
            "not_seen": list(record.not_seen),
        },
        separators=(",", ":"),
    )


def _head(before: Record | None, record: Record) -> bytes:
    return blake(32, "ks1-audit", (before.head if before else NO_HEAD) + _content(record).encode())
