"""`kallskydd erase-due`: erases what the two-year cap makes due, and says how many.

The intake does the same by itself each day; this is for a home that is not being served. It waits for nobody:
notice was given to the members thirty days before, by the erase day that every desk shows.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from cases.home import hold_home
from kallskydd.exit_codes import code_of
from kallskydd.say import OK, prose, result
from trusted.case.clock import today, utc_now
from trusted.case.errors import CaseError
from trusted.store.erase import Due
from trusted.store.store import Store


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `erase-due` to the command line."""
    parser = subparsers.add_parser("erase-due", help="erase what the two-year cap makes due")
    parser.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Erase; exit code 3 while a keeper runs on the home, since the store has one writer, and 4 without a home."""
    try:
        with hold_home(args.home.absolute()) as home:
            due = asyncio.run(_erase(home.path))
    except CaseError as error:
        prose(str(error))
        return code_of(error)
    if args.json:
        result({"erased": due.erased, "noticed": due.noticed})
    prose(f"Erased: {due.erased}. Notice given of: {due.noticed}.")
    return OK


async def _erase(home: Path) -> Due:

    store = await Store.open(home, utc_now)
    try:
        return await store.erase_due(today(utc_now))
    finally:
        await store.close()
