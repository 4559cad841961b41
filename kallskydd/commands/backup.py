"""`kallskydd backup`: a copy of a home for the day on which its disk is gone, while the service runs.

Two places are named, for two sorts of things. The folder of `--out` may be kept long: ciphertext, public keys, and the
secrets of the home sealed to members, of whom any two can open them. The file of `--slots` has one share of each case's
key and makes the cases readable again; after seven days it opens nothing more, or it would undo erasures.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cases.backup.making import Made, Wanted, holders_of, make_backup
from cases.home import Home, read_home
from cases.roster.chain import read_chain
from kallskydd.exit_codes import code_of
from kallskydd.say import MISSING, OK, answer, count, prose, reason, result
from kallskydd.upkeep.days import note_backup
from trusted.case.clock import today, utc_now
from trusted.case.errors import CaseError
from trusted.crypto.any_two import LEAST_HOLDERS


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `backup` to the command line."""
    parser = subparsers.add_parser("backup", help="copy the home while it runs; its keys are sealed to two members")
    parser.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    add_places(parser)
    parser.set_defaults(run=run)


def add_places(parser: argparse.ArgumentParser) -> None:
    """Add what `move` asks too: where to, and to whom."""
    parser.add_argument("--out", type=Path, metavar="FOLDER", required=True, help="a folder that is made")
    parser.add_argument(
        "--to", action="append", required=True, metavar="LABEL", help="a member, by label or id; two at least"
    )
    parser.add_argument("--slots", type=Path, metavar="FILE", help="the shares of case keys, kept apart for seven days")
    parser.add_argument("--json", action="store_true")


def run(args: argparse.Namespace) -> int:
    """Make the backup; exit code 3 if it is refused, 4 when a place cannot be written."""
    try:
        home = read_home(args.home.absolute())
        made = make_backup(home, wanted(args, home))
        note_backup(home.path, today(utc_now))
    except CaseError as error:
        prose(str(error))
        return code_of(error)
    except OSError as error:
        prose(
            f"The backup cannot be written: {reason(error)}. Look at the folders of --out and --slots; it is not made."
        )
        return MISSING
    say(args, made)
    return OK


def wanted(args: argparse.Namespace, home: Home, *, moved: bool = False) -> Wanted:
    """Return what was asked for. Raises TooFewHolders."""
    day = today(utc_now)
    holders = holders_of(read_chain(home.roster, day).current, args.to)
    slots = None if args.slots is None else args.slots.absolute()
    return Wanted(args.out.absolute(), slots, holders, day, moved)


def say(args: argparse.Namespace, made: Made) -> None:
    """Say what goes where, and nothing of how much came in."""
    if args.json:
        result({"out": str(args.out), "slots": None if args.slots is None else str(args.slots), "erased": made.erased})
    sealed_to = " and ".join(args.to) if len(args.to) == LEAST_HOLDERS else f"any two of {', '.join(args.to)}"
    lines = [
        f"{args.out}: ciphertext, roster, settings, and the keys of the home sealed to {sealed_to}.",
        "Keep it on another computer than the server's, where no member works; it may be kept for months.",
    ]
    if args.slots is None:
        lines.append(
            "No shares of case keys were kept, so no case can be read from this backup. Name --slots FILE for them."
        )
    else:
        lines.append(f"{args.slots}: one share of the key of each case, sealed to the same members.")
        lines.append(
            "Keep it apart from the folder, and destroy it within seven days: members' desks refuse it after that."
        )
    lines.append(
        f"The register in it names {count(made.erased, 'erased case')}; a restore erases them again before it opens."
    )
    for line in lines:
        answer(line, as_json=args.json)
