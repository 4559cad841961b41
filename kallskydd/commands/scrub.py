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
from typing import TYPE_CHECKING, Final

from tqdm import tqdm

from kallskydd.say import FINDINGS, MISSING, OK, USAGE, prose, result
from kallskydd.scrub.names import KeptNames, NeutralNames, keep_names_on_disk, repeated, telling
from kallskydd.scrub.pool import NamingRule, ScrubOutcome, pool
from scrubbers.report_groups import GroupFound, grouped
from scrubbers.sandbox import JailNotTight

if TYPE_CHECKING:
    from collections.abc import Sequence

# What happened, and what to do.
_SENTENCES: Final = {
    "refused.empty": "It is empty. Look whether it is the right file.",
    "refused.office_document": "Office documents cannot be cleaned safely. Save it as PDF and clean that.",
    "refused.drawn_picture": "Drawn pictures (SVG) cannot be cleaned safely. Take a picture of the screen.",
    "refused.sound_or_film": "Sound and film cannot be cleaned. A still picture from it can.",
    "refused.archive": "It is a packed file. Unpack it and clean the files one by one. Save an office document as PDF.",
    "refused.uncommon_picture": "Pictures of this kind (such as JPEG XL) cannot be cleaned. Save it as JPEG.",
    "refused.camera_raw": "Raw pictures from a camera cannot be cleaned. Save it as JPEG and clean that.",
    "refused.unknown_kind": "This kind of file is unknown. Make a PDF or a picture of it and clean that.",
    "refused.kinds_disagree": "It says two different things about its kind. Save it again as PDF or JPEG.",
    "refused.locked": "The PDF is locked. Print it to a new PDF without a password and clean that.",
    "refused.too_large": "It is larger than 50 MiB. Make it smaller or divide it.",
    "refused.too_many_pixels": "It has more than 100 million pixels. Make it smaller.",
    "refused.too_many_pages": "It has more than 2,000 pages. Divide it.",
    "refused.too_many_frames": "It has too many pages or frames. Divide it.",
    "refused.result_too_large": "The clean copy became too large. Make the file smaller or divide it.",
    "refused.too_much_to_hold": "It is stored in a way that takes too much memory to clean. "
    "Save it as an ordinary JPEG (not progressive), several pages as a PDF, or make it smaller.",
    "refused.damaged": "It is damaged and cannot be read. Save it again as PDF or JPEG.",
    "refused.letters_missing": "Some letters of the PDF are not in the file, and they cannot be drawn here. "
    "Print it to a new PDF and clean that.",
    "refused.took_too_long": "Cleaning took too long. Make the file smaller or divide it.",
    "refused.out_of_memory": "Cleaning needed too much memory. Make the file smaller or divide it.",
    "refused.job_died": "Cleaning broke off. Save it again as PDF or JPEG.",
    "refused.no_jail": "The cleaning process is not running. Try again.",
    "refused.would_not_vouch": "Something was left that nobody could vouch for. Take a picture of the screen instead.",
    "file.folder": "It is a folder. Name the files in it, for example with /* behind its name.",
    "file.unreadable": "It cannot be read. Check the path and its permissions.",
    "out.exists": "The output folder has a file of this name; it is not overwritten. Use --rename or another folder.",
    "out.same_name": "An earlier file of this command has the same name. Use --rename or clean it on its own.",
    "out.unwritable": "The output folder cannot be written. Check its permissions and the space left.",
}


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
        return f"{source}: refused. {_SENTENCES[outcome.reason or 'file.unreadable']}"
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
