"""The result as a table, with a sentence for each wall that is missing; and as an object."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from audit.breach.gains import ACT, LEARN, READ, Gain, Start, Target
from audit.breach.run import Breach, BreachLine

_COLUMNS = (("reads", READ), ("acts as", ACT), ("learns", LEARN))


def as_text(breach: Breach) -> str:
    """Return the table, the findings and the sum."""
    blocks = []
    for (start, target), lines in _grouped(breach).items():
        gained = frozenset(gain for line in lines for gain in line.reached.by)
        size = max(line.reached.bytes_read for line in lines)
        tried = sum(line.reached.tried for line in lines)
        of = str(target) if start is not Start.BACKUP else "its home"
        blocks.append(f"{start} -> {of}   ({len(lines)} walked, {tried} tries, at most {size} bytes of files)")
        blocks += [f"    {name + ':':9}{_words(gained, gains)}" for name, gains in _COLUMNS]
    findings = [
        f"FINDING   {line.thief} gets {gain} of {line.of}, by {line.reached.by[gain]}."
        for line, gain in breach.findings
    ]
    remedy = (
        ["To do: take the rights away from the path that is named, and find out who gave them."] if findings else []
    )
    walls = len(breach.lines)
    last = f"{walls} walks, {len(findings)} walls missing." if findings else f"{walls} walks, no wall is missing."
    return "\n".join([*blocks, "", *findings, last, *remedy])


def as_object(breach: Breach) -> dict[str, Any]:
    """For JSON."""
    return {
        "audit": "breach",
        "alone": breach.alone,
        "walks": [
            {
                "from": str(line.start),
                "account": line.thief,
                "target": str(line.target),
                "of": line.of,
                **{name: [str(gain) for gain in gains if gain in line.reached.by] for name, gains in _COLUMNS},
                "bytes": line.reached.bytes_read,
                "tried": line.reached.tried,
                "unexpected": {str(gain): line.reached.by[gain] for gain in sorted(line.unexpected)},
            }
            for line in breach.lines
        ],
        "findings": len(breach.findings),
    }


def _grouped(breach: Breach) -> dict[tuple[Start, Target], list[BreachLine]]:
    groups: dict[tuple[Start, Target], list[BreachLine]] = {}
    for line in breach.lines:
        groups.setdefault((line.start, line.target), []).append(line)
    return groups


def _words(gained: Iterable[Gain], column: tuple[Gain, ...]) -> str:
    return ", ".join(gain for gain in column if gain in gained) or "nothing"
