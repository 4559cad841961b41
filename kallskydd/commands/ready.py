"""`kallskydd ready`: the one page before the service opens, each line ok, not yet, or to be answered."""

from __future__ import annotations

import argparse
from pathlib import Path

from cases.home import read_home
from kallskydd.exit_codes import code_of
from kallskydd.finding import Finding
from kallskydd.say import FINDINGS, MISSING, OK, answer, count, prose, reason, result
from kallskydd.upkeep.readiness import ASKED, keep_answers, lines_of, standing
from trusted.case.clock import today, utc_now
from trusted.case.errors import CaseError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `ready` to the command line."""
    parser = subparsers.add_parser("ready", help="the one-page list before the service opens, checked off")
    parser.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    parser.add_argument(
        "--answer", action="append", default=[], choices=tuple(ASKED), metavar="NAME", help="answer a line with yes"
    )
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show the page; exit code 1 while a line is not ok."""
    try:
        home = read_home(args.home.absolute())
        day = today(utc_now)
        if args.answer:
            keep_answers(home.path, args.answer, day)
        lines = lines_of(home, day)
    except CaseError as error:
        prose(str(error))
        return code_of(error)
    except OSError as error:
        prose(f"The answers cannot be kept: {reason(error)}. Look at the home, its owner and the space on the disk.")
        return MISSING
    _show(args, lines)
    return OK if all(line.well for line in lines) else FINDINGS


def _show(args: argparse.Namespace, lines: tuple[Finding, ...]) -> None:
    if args.json:
        result({line.what: line.as_json for line in lines})
    width = max(len(standing(line)) for line in lines)
    for line in lines:
        answer(f"{standing(line):<{width}}  {line}", as_json=args.json)
    left = sum(not line.well for line in lines)
    answer("Ready to open." if not left else f"Not ready: {count(left, 'line')} left.", as_json=args.json)
