"""Runs held against each other: what is stored of one kind of report, what members read, what the keeper hears.

1. Reports of one kind and size leave rows of the same number, sizes and days, from any visitor and after any other.
2. What members open is the same text and the same clean bytes, but for keys and what was typed.
3. Where a grant lies in its batch follows from nothing: not for two members of one run, nor for one in two runs.
4. The keeper is told the same where reports were filed and where none was: nothing, while visitors come; and what it
   says itself is of tor and of its own start and stop.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from audit.canary.compare.answers import Known
from audit.canary.compare.rows import COLUMNS, ColumnKind, Noted, sizes
from audit.canary.compare.steady import differing
from audit.canary.gathered import Run
from audit.canary.opened import Granted, Opened
from audit.verdict import Inspection

# Of an entry, what follows from keys (docs/FORMATS.md, section 4).
_OF_KEYS = frozenset({"author", "previous", "reporter_sign", "reporter_box", "file_id", "preview_id"})
_HEX = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")
# What the keeper says by its own clock, of tor, while visitors come: how far tor is with its network.
_OF_TOR = re.compile(r'\{"event": "waiting", "percent": \d+, "summary": "[^"]*"\}|Not published yet: .*'
                     r'|\{"event": "stopped"\}|Stopping\.|')  # fmt: skip
# Up to two MiB the sizes are those of an upload of 1.3 as it comes, and of what a slow connection has not yet taken of
# a long page. Above: arenas of the C library's threads, and their stacks; how many depends on which thread worked.
_BUFFERS = 2 * 2**20
_ALLOCATORS = frozenset({64 * 2**20, 128 * 2**20, 8 * 2**20 + 4096})
# Measured on a busy computer, of eight runs: memory by nine MiB, log and database by nothing; work by a tenth, and once
# 165 and 513 ticks. What this leaves unseen is on the list of what the canary does not cover.
_MAY_DIFFER = {
    "kB of memory": 18 * 1024,
    "kB of memory at most": 64 * 1024,
    "pages of memory taken": 18 * 1024 // 4,
    "ticks of work": 1500,
    "ticks of the system's work": 1500,
    "waits of the threads that take memory": 300,
    "commits and pages of the log": 0,
    # Where a tree of random keys divides, the log has two frames more, and the database two pages.
    "bytes of log": 2 * (24 + 4096),
    "bytes of database": 2 * 4096,
}
_MOST_SHOWN = 5
_AROUND = 60  # characters before what differs


def compare_rows(inspection: Inspection, noted: Iterable[Noted]) -> None:
    """1."""
    first: dict[str, object] = {}
    compared = 0
    for one in noted:
        compared += 1
        left = (_counts(one), sizes(one), _numbers(one))
        other = first.setdefault(one.what, left)
        if other != left:
            inspection.found("{what} leaves different rows: {one} and {other}", what=one.what, one=str(other)[:300],
                       other=str(left)[:300])  # fmt: skip
    inspection.saw("rows of {count} reports and messages were compared by number, size and day", count=compared)


def compare_opened(inspection: Inspection, runs: Sequence[tuple[Sequence[Opened], Known]]) -> None:
    """2."""
    plain = [sorted((one.name, _without_keys(one.content, known)) for one in opened) for opened, known in runs]
    for several in plain[1:]:
        for (name, one), (_name, other) in zip(plain[0], several, strict=False):
            if one != other:
                pairs = enumerate(zip(one, other, strict=False))
                place = max(next((number for number, pair in pairs if len(set(pair)) > 1), 0) - _AROUND, 0)
                inspection.found("a member reads another thing in {name} of another run: {one} and {other}", name=name,
                           one=one[place : place + 3 * _AROUND], other=other[place : place + 3 * _AROUND])  # fmt: skip
    inspection.saw("{count} things that members read were compared between runs", count=sum(map(len, plain)))


def compare_places(inspection: Inspection, runs: Sequence[Sequence[Sequence[Granted]]]) -> None:
    """3. `runs` has, of each run, the grants of each member; of 11 pairs all agree by chance once in four million."""
    members = [[{one.batch: (one.place, one.count) for one in grants} for grants in run] for run in runs]
    of_members = [(first[batch], second[batch]) for first, second in members for batch in first.keys() & second.keys()]
    of_runs = [
        (one[batch], other[batch])
        for one, other in zip(*members, strict=True)
        for batch in one.keys() & other.keys()
    ]  # fmt: skip
    for words, pairs in (("for two members", of_members), ("in two runs", of_runs)):
        apart = sum(one != other for one, other in pairs)
        inspection.require(apart > 0, "of {count} batches, {apart} have a grant at another place {words}",
                    count=len(pairs), apart=apart, words=words)  # fmt: skip


def compare_keepers(inspection: Inspection, runs: Sequence[Run]) -> None:
    """4."""
    for run in runs:
        # Where reports came, it may do what it does where none came, and the other way round.
        others = [one for one in runs if one.quiet is not run.quiet]
        if run.keeper_messages:
            inspection.found("the intake told the keeper {count} things while visitors came{quiet}: {what}",
                       count=len(run.keeper_messages), quiet=" without a report" if run.quiet else "",
                       what=b"".join(run.keeper_messages).hex(" ", 8))  # fmt: skip
        for line in run.output_since:
            if not _OF_TOR.fullmatch(line) or not all(line in one.output for one in others):
                inspection.found("the keeper said while visitors came: {line}", line=line[:200])
        elsewhere = frozenset[str]().union(*(one.commands for one in others))
        # What proves that it may is random.
        for command in sorted(one for one in run.commands - elsewhere if not one.startswith("AUTH")):
            inspection.found("the keeper asks tor what it asks in no other run: {command}", command=command[:200])
        for name in sorted(run.looked - frozenset[str]().union(*(one.looked for one in others))):
            inspection.found("the keeper looks at what it looks at in no other run: {name}", name=name[:200])
    _compare_memory(inspection, runs)
    for run in runs[1:]:
        if what := differing(runs[0].header, run.header):
            inspection.found("the headers of two databases differ: {what}", what=what)


def _compare_memory(inspection: Inspection, runs: Sequence[Run]) -> None:
    """Compare arguments and sizes of memory: one of a single run depends on what that run alone had planted."""
    for run in runs:
        elsewhere: frozenset[str] = frozenset().union(*(one.given for one in runs if one is not run))
        for given in sorted(run.given - elsewhere)[:_MOST_SHOWN]:
            inspection.found("a process was given what it is given in no other run: {given}", given=given[:200])
        others: frozenset[int] = frozenset().union(*(one.mapped for one in runs if one is not run))
        odd = sorted(size for size in run.mapped - others - _ALLOCATORS if size > _BUFFERS)
        if odd:
            inspection.found(
                "the intake took memory of sizes that it takes in no other run: {sizes}",
                sizes=odd[:_MOST_SHOWN],
            )
    # Reports of one kind are compared when all of them have been filed.
    with_reports = [run.measured for run in runs if not run.quiet]
    for (measure, since), first in with_reports[0].items():
        values = [first, *(other[measure, since] for other in with_reports[1:])]
        more = max(values) - min(values)
        inspection.require(more <= _MAY_DIFFER[measure], "{measure} after the same visits: {values}",
                    measure=measure, values=values)  # fmt: skip


def _counts(one: Noted) -> dict[str, int]:
    return {table: len(rows) for table, rows in one.rows.items()}


def _numbers(one: Noted) -> list[str]:
    return sorted(
        f"{table}.{column}={row[column]}"
        for table, rows in one.rows.items()
        for row in rows
        for column, kind in COLUMNS[table].items()
        if kind in {ColumnKind.DAY, ColumnKind.COUNT} or (kind is ColumnKind.COUNTED and column != "batch")
    )


def _without_keys(content: bytes, known: Known) -> str:
    """Return an entry's JSON and its padding, keys and planted values by name; for a file, all its bytes."""
    text, _, padding = content.rpartition(b"\x80")
    try:
        entry = json.loads(text)
    except ValueError:
        return content.hex()
    for value, name in known:
        text = text.replace(value, name)
    for place in (entry, entry.get("entry", {})):
        for name in _OF_KEYS & place.keys():
            if _HEX.fullmatch(key := str(place[name])):
                # As it is written: spaces and escapes between values are places too.
                text = text.replace(key.encode(), name.encode())
    return text.decode() + (f" and {len(padding)} bytes" if not padding.strip(b"\0") else padding.hex())
