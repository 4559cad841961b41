"""`kallskydd upgrade`: bring a home of an earlier version up to this one.

It copies database and configuration aside, changes them, checks that nothing is missing, and puts everything back when
something is. `--roll-back` does the same later, as long as nothing has come in; `--keep` destroys the copy.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cases.home import lock_home
from kallskydd.exit_codes import code_of
from kallskydd.say import MISSING, OK, answer, prose, reason, result
from kallskydd.upkeep.upgrading import COPY_FOLDER, keep, roll_back, upgrade
from trusted.case.errors import CaseError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `upgrade` to the command line."""
    parser = subparsers.add_parser("upgrade", help="bring a home of an earlier version up to this one")
    parser.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    ending = parser.add_mutually_exclusive_group()
    ending.add_argument("--roll-back", action="store_true", help="put back what was there before the last upgrade")
    ending.add_argument("--keep", action="store_true", help="destroy the copy from before: the upgrade stays")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Upgrade, roll back or keep; exit code 3 when it is refused and the home is as it was."""
    path = args.home.absolute()
    try:
        if args.keep:
            # The service may run meanwhile: it does not know of the copy.
            lines = ["The copy from before is destroyed." if keep(path) else "There was no copy from before."]
        else:
            with lock_home(path):
                lines = _done(args, path)
    except CaseError as error:
        prose(str(error))
        return code_of(error)
    except OSError as error:
        prose(
            f"The home cannot be upgraded: {reason(error)}. Look at its files, their owner and the space on the disk."
        )
        return MISSING
    if args.json:
        result({"changes": lines})
    for line in lines:
        answer(line, as_json=args.json)
    return OK


def _done(args: argparse.Namespace, path: Path) -> list[str]:
    if args.roll_back:
        roll_back(path)
        return ["Put back as it was before the upgrade. Serve it with the version from before."]
    changes = upgrade(path).changes
    if not changes:
        return ["Nothing to change: the home has the shape of this version."]
    return [
        *changes,
        "Checked: the database is whole, and every table holds what it held before.",
        f"The copy from before is in {COPY_FOLDER}/ in the home. Start the service and look at it.",
        "Then run `kallskydd upgrade --keep`, or `kallskydd upgrade --roll-back` before anything has come in.",
    ]
