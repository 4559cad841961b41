"""`kallskydd move`: take the service to another host. Here it is closed for good first, then the package is made.

In this order, because two hosts with one address would each take reports that the other does not have. The mark that
closes the home stays, whatever becomes of the package; `move` may be run again, and nothing else.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cases.backup.making import make_backup
from cases.home import close_for_good, hold_home, read_home_to_move
from kallskydd.commands.backup import add_places, say, wanted
from kallskydd.exit_codes import code_of
from kallskydd.say import MISSING, OK, USAGE, answer, prose, reason
from trusted.case.errors import CaseError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `move` to the command line."""
    parser = subparsers.add_parser("move", help="close this home for good, and make the package for another host")
    parser.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    add_places(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Close the home and make the package; exit code 2 without --slots, 3 while the service runs."""
    if args.slots is None:
        prose("Without the shares of case keys no case could be read at the new host. Name a file with --slots.")
        return USAGE
    try:
        with hold_home(args.home.absolute(), read_home_to_move) as home:
            # Names and places that cannot be used are said before the home is closed.
            plan = wanted(args, home, moved=True)
            close_for_good(home)
            made = make_backup(home, plan)
    except CaseError as error:
        prose(str(error))
        return code_of(error)
    except OSError as error:
        prose(f"The package cannot be written: {reason(error)}. Look at the folders of --out and --slots.")
        prose("Where the home says MOVED it stays closed; run `kallskydd move` again with other places.")
        return MISSING
    answer("This home is closed for good; `serve` refuses it from now on.", as_json=args.json)
    say(args, made)
    return OK
