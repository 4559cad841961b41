"""`kallskydd audit selftest`: the proof of the proof. Faults are planted into copies; the canary must find each.

Exit codes: 0 every fault that was planted was caught, 1 one was not, or the selftest is void, 2 usage, 4 strace is
missing.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from audit.canary.service import strace_is_there
from audit.fault import DoesNotApply
from audit.report.text_table import NO_FAULTS, SELECTION
from audit.selftest.run import FAULTS, faults_in, run_selftest
from audit.verdict import Verdict
from kallskydd.commands.audit.canary import GET_STRACE, NO_STRACE, warn_ordinary_account
from kallskydd.commands.audit.output import add_output, can_be_kept, finish, key_of, report_of
from kallskydd.say import FINDINGS, MISSING, OK, USAGE, prose


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
    parser.add_argument("--alone", action="store_true", help="a copy for each fault: some four hours instead of one")
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
    key = key_of(args) if args.save is not None else None
    if not can_be_kept(args.save) or (args.save is not None and key is None):
        return USAGE
    warn_ordinary_account()
    started = time.monotonic()
    report = report_of("selftest", run_selftest(faults, prose, alone=args.alone))
    caught = sum(check.verdict is Verdict.CLEAN for check in report.checks if check.id not in NO_FAULTS)
    seconds = round(time.monotonic() - started, 1)
    finish(args, report, key, caught=caught, faults=len(faults), seconds=seconds)
    # That only some were asked for is for the page that is made of the result.
    bad = any(check.verdict is not Verdict.CLEAN for check in report.checks if check.id != SELECTION)
    return FINDINGS if bad else OK
