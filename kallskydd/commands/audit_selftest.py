"""`kallskydd audit selftest`: the proof of the proof. Faults are planted into copies; the canary must find each.

Exit codes: 0 every fault was caught, 1 one was not, or the selftest is void, 2 usage, 4 strace is missing.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from audit.canary.service import strace_is_there
from audit.fault import DoesNotApply
from audit.selftest.run import FAULTS, faults_in, run_selftest
from audit.verdict import Verdict, worst
from kallskydd.commands.audit_canary import GET_STRACE, NO_STRACE, warn_ordinary_account
from kallskydd.say import FINDINGS, MISSING, OK, USAGE, answer, prose, result


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
    parser.add_argument("--json", action="store_true")
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
    warn_ordinary_account()
    started = time.monotonic()
    checks = run_selftest(faults, prose)
    seconds = round(time.monotonic() - started, 1)
    verdict = worst([check.verdict for check in checks])
    caught = sum(check.verdict is Verdict.CLEAN for check in checks if check.id != "selftest.none")
    if args.json:
        told = [check.as_object() for check in checks]
        result(
            {
                "audit": "selftest",
                "verdict": str(verdict),
                "caught": caught,
                "faults": len(faults),
                "seconds": seconds,
                "checks": told,
            }
        )
    else:
        for check in checks:
            word = {Verdict.CLEAN: "caught", Verdict.VOID: "VOID"}.get(check.verdict, "NOT CAUGHT")
            answer(f"{word:11} {check.id.removeprefix('selftest.')}: {check.title}", as_json=False)
            for one in check.evidence:
                answer(f"              {one.text()}", as_json=False)
        answer(f"{caught} of {len(faults)} faults caught, in {seconds} seconds.", as_json=False)
    return OK if verdict is Verdict.CLEAN else FINDINGS
