"""`kallskydd scrub FILE… --out DIR`: the scrubbers on their own, for anybody's pictures and PDFs.

Each file goes the way an attachment goes: sniffed, rebuilt in a jailed process, verified in another; as many at once as
there are cores (`kallskydd.scrub.pool`). A file that is refused does not stop the others. Nothing is ever overwritten:
the clean copy appears under its name all at once, or not at all (`kallskydd.scrub.names`). What was removed is reported
by kind, without the values: a terminal may be recorded.

With --json, one line for each file on stdout, in the order of the command line. Exit code 0 when all are clean, 1 when
any was refused, 2 when there can be no output folder, 4 when the jail cannot be built here, 130 when interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from cases.sentences import in_words_of_file
from kallskydd.say import FINDINGS, MISSING, OK, USAGE, prose, result
from kallskydd.scrub.names import KeptNames, NeutralNames, keep_names_on_disk, repeated, telling
from kallskydd.scrub.pool import NamingRule, ScrubOutcome, pool
from scrubbers.report_groups import GroupFound, grouped
from scrubbers.sandbox import JailNotTight

if TYPE_CHECKING:
    from collections.abc import Sequence


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `scrub` to the command line."""
    parser = subparsers.add_parser("scrub", help="clean pictures and PDFs of hidden data")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the clean copies go")
    parser.add_argument("--rename", action="store_true", help="neutral names: file-001.jpg, file-002.pdf …")
    parser.add_argument("--json", action="store_true", help="one JSON line for each file on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Clean every file; exit code 1 if any was refused, 4 if the jail cannot be built."""
    names: NamingRule
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        names = NeutralNames(args.out, len(args.files)) if args.rename else KeptNames()
    except OSError:
        prose("The output folder cannot be made or read. Choose another one.")
        return USAGE
    teller = _OutcomePrinter(len(args.files), as_json=args.json)
    return asyncio.run(_clean_all(args.files, args.out, names, teller))


async def _clean_all(sources: Sequence[Path], folder: Path, names: NamingRule, teller: _OutcomePrinter) -> int:
    _end_in_order_when_told_to()
    async with contextlib.AsyncExitStack() as ending:
        try:
            cleaning = await ending.enter_async_context(pool(sources))
        except (JailNotTight, OSError):
            prose("A process to clean in cannot be locked on this system. Linux 5.10 or newer with seccomp is needed.")
            return MISSING
        ending.callback(teller.close)
        same_name = repeated(sources) if isinstance(names, KeptNames) else set()
        tasks = [
            asyncio.create_task(
                _refused(source) if place in same_name else cleaning.clean(place, source, folder, names)
            )
            for place, source in enumerate(sources)
        ]
        ending.push_async_callback(_cancel, tasks)
        outcomes = []
        for task in tasks:
            outcomes.append(await task)
            teller.show(outcomes[-1])
    keep_names_on_disk(folder)
    teller.sum_up(outcomes, renamed=isinstance(names, NeutralNames))
    return FINDINGS if any(outcome.reason for outcome in outcomes) else OK


async def _cancel(tasks: Sequence[asyncio.Task[ScrubOutcome]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _end_in_order_when_told_to() -> None:
    """Let a `kill` end the command as Ctrl-C does: nothing half-written, no process left behind, exit code 130."""
    with contextlib.suppress(ValueError, RuntimeError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, signal.raise_signal, signal.SIGINT)


async def _refused(source: Path) -> ScrubOutcome:
    return ScrubOutcome(source, None, None, "out.same_name", 0.0)


class _OutcomePrinter:
    """Says what became of each file: prose on stderr, JSON on stdout, and a bar where somebody is watching."""

    def __init__(self, files: int, *, as_json: bool) -> None:
        self._as_json = as_json
        # It has no colours, with or without NO_COLOR.
        self._bar = tqdm(total=files, unit="file", disable=as_json or not sys.stderr.isatty(), leave=False)

    def show(self, outcome: ScrubOutcome) -> None:
        """One file."""
        if self._as_json:
            result(_line(outcome))
        with self._bar.external_write_mode(file=sys.stderr):
            prose(_sentence(outcome))
        self._bar.update()

    def close(self) -> None:
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
    source = _shown(outcome.source)
    if outcome.report is None or outcome.target is None:
        return f"{source}: refused. {in_words_of_file(outcome.reason or 'file.unreadable')}"
    found = ", ".join(_group_in_words(group) for group in grouped(outcome.report.removed))
    missed = ", ".join(lost.value for lost in outcome.report.lost).replace("_", " ")
    return (
        f"{source} → {_shown(outcome.target)}: clean."
        + (f" Removed: {found}." if found else " Nothing hidden was found.")
        + (f" Not kept: {missed}." if missed else "")
    )


def _group_in_words(found: GroupFound) -> str:
    """Return a heading of the report and where in the file it was found; never the value."""
    places = dict.fromkeys(line.where.value for line in found.lines)
    return f"{found.group} ({', '.join(places)})"


def _shown(path: Path) -> str:
    """Return a path without the characters that could steer a terminal or reverse a line."""
    return "".join(character if character.isprintable() else "�" for character in str(path))
