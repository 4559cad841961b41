"""`kallskydd audit canary`: a private instance, real visits with planted markers, and everything it did inspected.

Exit codes: 0 clean, 1 something found, not seen, or void, 2 usage, 4 strace is missing.
"""

from __future__ import annotations

import argparse
import os
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from audit.canary.examine import run_canary
from audit.canary.service import strace_is_there
from audit.observe.program import own_program
from audit.report.results import save
from audit.report.text_table import as_text
from audit.verdict import AuditReport, Verdict
from kallskydd.say import FINDINGS, MISSING, OK, USAGE, answer, prose, result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.verdict import Check

NO_STRACE = "The program strace is missing, and without it nothing can be watched."
GET_STRACE = "Install it with: sudo apt-get install -y strace"


def add_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `canary` to `audit`."""
    parser = actions.add_parser("canary", help="plant markers in a private instance and watch every call it makes")
    add_output(parser)
    parser.set_defaults(run=run)


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add how the result is shown and kept."""
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--all", action="store_true", help="every row, not only what is not clean")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the result, for `kallskydd audit all`")


def run(args: argparse.Namespace) -> int:
    """Run the canary once and print what is not clean."""
    if not strace_is_there():
        prose(NO_STRACE)
        prose(GET_STRACE)
        return MISSING
    if not can_be_kept(args.save):
        return USAGE
    warn_ordinary_account()
    started = time.monotonic()
    report = report_of("canary", run_canary(progress=prose))
    return finish(args, report, seconds=round(time.monotonic() - started, 1))


def can_be_kept(place: Path | None) -> bool:
    """Whether the result can be written where it should go; asked before the audit, which takes its time."""
    if place is None or (place.parent.is_dir() and os.access(place.parent, os.W_OK) and not place.is_dir()):
        return True
    prose("The result cannot be written there. Name a file in a folder of yours.")
    return False


def report_of(name: str, checks: Sequence[Check]) -> AuditReport:
    """Return the checks as a report of today, of the program that is installed here."""
    return AuditReport(stockholm_day(), False, os.geteuid() == 0, tuple(checks), Path("/"), name, own_program())


def stockholm_day() -> str:
    """Return today's day."""
    return datetime.now(ZoneInfo("Europe/Stockholm")).date().isoformat()


def finish(args: argparse.Namespace, report: AuditReport, **facts: object) -> int:
    """Keep and print the report; return the exit code."""
    if args.save is not None:
        save(report, args.save)
    if args.json:
        result({**report.as_object(), **facts})
    else:
        answer(as_text(report, every_row=args.all), as_json=False)
    return OK if report.verdict is Verdict.CLEAN else FINDINGS


def warn_ordinary_account() -> None:
    """Warn that the service closes itself to other processes of its account, strace among them."""
    if os.geteuid() != 0:
        prose("As an ordinary account strace does not see which files the service writes to; those rows say not seen.")
        prose("Run it with sudo to see them: it touches nothing but a temporary folder.")
