"""`kallskydd audit selftest`: the proof of the proof. Faults are planted into copies; the canary must find each.

Exit codes: 0 every fault was caught, 1 one was not, or the selftest is void, 2 usage, 4 strace is missing.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from audit.canary.service import strace_is_there
from audit.fault import DoesNotApply
from audit.report.text_table import UNMODIFIED
from audit.selftest.run import FAULTS, faults_in, run_selftest
from audit.verdict import Verdict
from kallskydd.commands.audit.canary import GET_STRACE, NO_STRACE, warn_ordinary_account
from kallskydd.commands.audit.output import add_output, can_be_kept, finish, report_of
from kallskydd.say import MISSING, USAGE, prose


def add_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `selftest` to `audit`."""
    parser = actions.add_parser("selftest", help="plant faults into copies of the service; the canary must find each")
    parser.add_argument(
        "--faults",
        type=Path,
        default=FAULTS,
        metavar="DIR",
        help="a folder of patches (default: those that are shipped)",
    )
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this fault only; repeat for more")
    add_output(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run it."""
    if not strace_is_there():
        prose(NO_STRACE)
        prose(GET_STRACE)
        return MISSING
    try:
        faults = [fault for fault in faults_in(args.faults) if not args.only or fault.name in args.only]
    except (OSError, DoesNotApply):
        prose(
            "The folder of faults cannot be read, or a patch in it names no evidence. Look at the files *.patch in it."
        )
        return USAGE
    if not faults:
        prose("There is no such fault. Name a folder with files *.patch, or leave out --only.")
        return USAGE
    if not can_be_kept(args.save):
        return USAGE
    warn_ordinary_account()
    started = time.monotonic()
    report = report_of("selftest", run_selftest(faults, prose))
    caught = sum(check.verdict is Verdict.CLEAN for check in report.checks if check.id != UNMODIFIED)
    seconds = round(time.monotonic() - started, 1)
    return finish(args, report, caught=caught, faults=len(faults), seconds=seconds)
