"""How the results of `kallskydd audit …` are shown, kept, printed as a page, and turned into an exit code."""

from __future__ import annotations

import argparse
import os
import platform
import shlex
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from audit.observe.program import own_program
from audit.report.certify import Examined
from audit.report.claims import Claims
from audit.report.html import page_as_html
from audit.report.page import page_of
from audit.report.results import save
from audit.report.seal import NO_KEY, NoKey, read_key
from audit.report.text_table import as_text
from audit.verdict import AuditReport, Check, Verdict
from kallskydd.certificate.document import as_pdf
from kallskydd.certificate.errors import SheetTooFull
from kallskydd.say import FINDINGS, OK, REFUSED, USAGE, VOID, answer, prose, result

NOT_RUNNING = "Nobody serves this home, as far as this account can see."
START_IT = "Start it with `kallskydd serve`, or run the audit as root or as the service's own account."


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add how the result is shown and kept."""
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--all", action="store_true", help="every row, not only what is not clean")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the result, for `kallskydd audit all`")
    add_key(parser)


def add_key(parser: argparse.ArgumentParser) -> None:
    """Add the auditor's key."""
    parser.add_argument("--key", type=Path, metavar="KEY", help="of `kallskydd audit begin`: seals what is kept")


def key_of(args: argparse.Namespace) -> bytes | None:
    """Return the auditor's key; None, and say what to do, where --key names none."""
    with suppress(NoKey):
        return read_key(args.key or Path())
    prose(NO_KEY)
    return None


def can_be_kept(place: Path | None) -> bool:
    """Whether the result can be written where it should go; asked before the audit, which takes its time."""
    if place is None or (place.parent.is_dir() and os.access(place.parent, os.W_OK) and not place.is_dir()):
        return True
    prose("The result cannot be written there. Name a file in a folder of yours.")
    return False


def add_pdf(parser: argparse.ArgumentParser) -> None:
    """Add the page as PDF."""
    parser.add_argument("--pdf", type=Path, metavar="FILE.pdf", help="the same page as a tagged PDF on A4")


def can_be_made(*places: Path | None) -> bool:
    """Whether the pages can be written where they should go, over nothing else; asked before the audit."""
    for place in places:
        if place is not None and os.path.lexists(place):
            prose(f"There already, and not overwritten: {place.name}. Name another file, or move that one away.")
            return False
    return all(map(can_be_kept, places))


def make_pages(args: argparse.Namespace, examined: Examined, claims: Claims) -> int:
    """Write what was asked for of --report and --pdf, in this order; return the exit code."""
    page = page_of(examined, args.lang, claims)
    try:
        if args.report is not None:
            write_new(args.report, page_as_html(page).encode())
        if args.pdf is not None:
            write_new(args.pdf, as_pdf(page))
    except OSError as error:
        prose(f"The page cannot be written ({error.strerror}). Name another file.")
        return USAGE
    except SheetTooFull as error:
        prose(str(error))
        return REFUSED
    return OK


def command_of(args: argparse.Namespace, action: str, options: Sequence[str]) -> str:
    """Return the command as it was run, with its paths, for the page that says how to run it again."""
    words = [
        *(["sudo"] if os.geteuid() == 0 else []),
        "kallskydd",
        "audit",
        action,
        "--home",
        str(args.home.absolute()),
    ]
    for option in options:
        value = getattr(args, option)
        for one in value if isinstance(value, list) else [value]:
            words += [f"--{option}", str(one)] if one is not None else []
    return shlex.join(words)


def write_new(place: Path, content: bytes) -> None:
    """Write a file that is not there yet, whole or not at all. Raises OSError."""
    with place.open("xb") as file:
        try:
            file.write(content)
            file.flush()
        except OSError:
            place.unlink()
            raise


def report_of(name: str, checks: Sequence[Check]) -> AuditReport:
    """Return the checks as a report of today, of the program that is installed here."""
    program, as_root = own_program(), os.geteuid() == 0
    return AuditReport(stockholm_day(), False, as_root, tuple(checks), Path("/"), name, program, host=platform.node())


def stockholm_day() -> str:
    """Return today's day."""
    return datetime.now(ZoneInfo("Europe/Stockholm")).date().isoformat()


def finish(args: argparse.Namespace, report: AuditReport, key: bytes | None, **facts: object) -> int:
    """Keep the report where --save says and there is a key, and print it; return the exit code."""
    if args.save is not None and key is not None:
        save(report, args.save, key)
    if args.json:
        result({**report.as_object(), **facts})
    else:
        answer(as_text(report, every_row=args.all), as_json=False)
    return {Verdict.CLEAN: OK, Verdict.VOID: VOID}.get(report.verdict, FINDINGS)
