"""What `kallskydd scrub` says of each file: prose on stderr, a JSON line on stdout, a bar where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tqdm import tqdm

from cases.sentences import in_words_of_file
from kallskydd.say import prose, result
from kallskydd.scrub.names import telling
from kallskydd.scrub.pool import ScrubOutcome
from scrubbers.report_groups import GroupFound, grouped
from trusted.jail.stages import Kind

_NAMES_STAY: Final = " The names and addresses of its sender and its receivers stay."


class OutcomePrinter:
    """Prints what became of each file."""

    def __init__(self, files: int, *, as_json: bool) -> None:
        self._as_json = as_json
        self._bar = _bar(files) if sys.stderr.isatty() and not as_json else None

    def show(self, outcomes: Sequence[ScrubOutcome]) -> None:
        """One file of the command line: what it became, or what each file in it did."""
        for outcome in outcomes:
            if self._as_json:
                result(_line(outcome))
            if self._bar is None:
                prose(_sentence(outcome))
            else:
                with self._bar.external_write_mode(file=sys.stderr):
                    prose(_sentence(outcome))
        if self._bar is not None:
            self._bar.update()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()

    def sum_up(self, outcomes: Sequence[ScrubOutcome], *, renamed: bool) -> None:
        """Print the last lines: how many, and what cleaning does not change."""
        refused = sum(outcome.reason is not None for outcome in outcomes)
        prose(f"{len(outcomes) - refused} clean, {refused} refused.")
        kept = sum(outcome.target is not None and telling(outcome.target.name) for outcome in outcomes)
        if kept and not renamed:
            prose(
                f"Names are kept as they are, and {kept} of them may tell a date, a device or a program."
                " With --rename the copies get neutral names."
            )


def _bar(files: int) -> tqdm[None]:
    """Return a progress bar. It has no colours, with or without NO_COLOR."""
    from tqdm import tqdm  # noqa: PLC0415  only a terminal needs it

    return tqdm(total=files, unit="file", leave=False)


def _line(outcome: ScrubOutcome) -> dict[str, object]:
    """Return the outcome as a line of JSON; the keys and their order are the design's."""
    report = outcome.report
    return {
        "in": str(outcome.source),
        "out": str(outcome.target) if outcome.target else None,
        "status": "clean" if report else "refused",
        "kind": report.kind.value if report else None,
        "removed": [{"what": found.what.value, "where": found.where.value} for found in report.removed]
        if report
        else [],
        "lost": [lost.value for lost in report.lost] if report else [],
        "reason": outcome.reason,
        "seconds": round(outcome.seconds, 3),
    }


def _sentence(outcome: ScrubOutcome) -> str:
    """Return the outcome for a person."""
    source = _shown(outcome.source) + (f" (file {outcome.inside} in it)" if outcome.inside else "")
    if outcome.report is None or outcome.target is None:
        return f"{source}: refused. {in_words_of_file(outcome.reason or 'file.unreadable')}"
    found = ", ".join(_group_in_words(group) for group in grouped(outcome.report.removed))
    missed = ", ".join(lost.value for lost in outcome.report.lost).replace("_", " ")
    return (
        f"{source} → {_shown(outcome.target)}: clean."
        + (f" Removed: {found}." if found else " Nothing hidden was found.")
        + (f" Not kept: {missed}." if missed else "")
        + (_NAMES_STAY if outcome.report.kind is Kind.EMAIL else "")
    )


def _group_in_words(found: GroupFound) -> str:
    """Return a heading of the report and where in the file it was found; never the value."""
    places = dict.fromkeys(line.where.value for line in found.lines)
    return f"{found.group} ({', '.join(places)})"


def _shown(path: Path) -> str:
    """Return a path without the characters that could steer a terminal or reverse a line."""
    return "".join(character if character.isprintable() else "�" for character in str(path))
