"""`kallskydd audit canary`: a private instance, real visits with planted markers, and everything it did inspected.

Exit codes: 0 clean, 1 something found, not seen, or void, 2 usage, 4 strace is missing.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import TYPE_CHECKING

from audit.canary.examine import run_canary
from audit.canary.service import strace_is_there
from audit.verdict import Verdict, worst
from kallskydd.say import FINDINGS, MISSING, OK, answer, prose, result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.verdict import Check

NO_STRACE = "The program strace is missing, and without it nothing can be watched."
GET_STRACE = "Install it with: sudo apt-get install -y strace"


def add_parser(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `canary` to `audit`."""
    parser = actions.add_parser("canary", help="plant markers in a private instance and watch every call it makes")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the canary once and print its checks and verdict."""
    if not strace_is_there():
        prose(NO_STRACE)
        prose(GET_STRACE)
        return MISSING
    warn_ordinary_account()
    started = time.monotonic()
    checks = run_canary(progress=prose)
    verdict = worst([check.verdict for check in checks])
    seconds = round(time.monotonic() - started, 1)
    if args.json:
        result(as_object(checks, seconds))
    else:
        for check in checks:
            _print_check(check)
        answer(f"{_CONCLUSIONS[verdict]} {seconds} seconds.", as_json=False)
    return OK if verdict is Verdict.CLEAN else FINDINGS


def warn_ordinary_account() -> None:
    """Warn that the service closes itself to other processes of its account, strace among them."""
    if os.geteuid() != 0:
        prose("As an ordinary account strace does not see which files the service writes to; those rows say not seen.")
        prose("Run it with sudo to see them: it touches nothing but a temporary folder.")


_CONCLUSIONS = {
    Verdict.CLEAN: "Clean: every request was answered as it should be, and nothing of it came out anywhere.",
    Verdict.FINDING: "Not clean: see the rows that begin with FINDING.",
    Verdict.NOT_SEEN: "Not clean: not everything could be seen.",
    Verdict.VOID: "Void: not every request was answered as it should be, so what was not found proves nothing.",
}


def as_object(checks: Sequence[Check], seconds: float) -> dict[str, object]:
    """For JSON."""
    return {
        "audit": "canary",
        "verdict": str(worst([check.verdict for check in checks])),
        "seconds": seconds,
        "checks": [check.as_object() for check in checks],
    }


def _print_check(check: Check) -> None:
    answer(
        f"{str(check.verdict).upper() if check.verdict is not Verdict.CLEAN else 'clean':9} {check.title}",
        as_json=False,
    )
    for one in check.evidence:
        mark = "" if one.verdict is Verdict.CLEAN else f"{str(one.verdict).upper()}: "
        answer(f"            {mark}{one.text()}", as_json=False)
    answer(f"            by hand: {check.by_hand}", as_json=False)
