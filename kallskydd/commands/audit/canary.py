"""`kallskydd audit canary`: a private instance, real visits with planted markers, and everything it did inspected.

Exit codes: 0 clean, 1 something found or not seen, 2 usage, 4 strace is missing, 5 void: run it again.
"""

from __future__ import annotations

import argparse
import os
import time

from audit.canary.examine import run_canary
from audit.canary.service import strace_is_there
from kallskydd.commands.audit.output import add_output, can_be_kept, finish, key_of, report_of
from kallskydd.say import MISSING, USAGE, prose

NO_STRACE = "The program strace is missing, and without it nothing can be watched."
GET_STRACE = "Install it with: sudo apt-get install -y strace"


def add_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `canary` to `audit`."""
    parser = actions.add_parser("canary", help="plant markers in a private instance and watch every call it makes")
    add_output(parser)
    parser.add_argument("--seed", default="", metavar="SEED", help="of a result: draw the same visitors again")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the canary once and print what is not clean."""
    if not strace_is_there():
        prose(NO_STRACE)
        prose(GET_STRACE)
        return MISSING
    key = key_of(args) if args.save is not None else None
    if not can_be_kept(args.save) or (args.save is not None and key is None):
        return USAGE
    warn_ordinary_account()
    started = time.monotonic()
    report = report_of("canary", run_canary(progress=prose, seed=args.seed))
    return finish(args, report, key, seconds=round(time.monotonic() - started, 1))


def warn_ordinary_account() -> None:
    """Warn that the service closes itself to other processes of its account, strace among them."""
    if os.geteuid() != 0:
        prose("As an ordinary account strace does not see which files the service writes to; those rows say not seen.")
        prose("Run it with sudo to see them: it touches nothing but a temporary folder.")
