"""`kallskydd restore`: a home from a backup, in two goes.

The first, without answers, makes the folder and `ask.json` in it, a question for two of the members to whom the backup
is sealed. Each answers at the own desk with `kallskydd desk open-backup`. The second, with both, makes the home. Until
then there is none that could be served. No private key of a member comes here, and what the answers hold is sealed to a
key that was made for this restore and is destroyed by it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from cases.backup.files import Answer, read_file
from cases.backup.restoring import ASK_NAME, Backup, Given, Outcome, ask, read_backup, restore
from cases.roster.chain import fingerprint_words
from kallskydd.exit_codes import code_of
from kallskydd.say import MISSING, OK, answer, count, prose, reason, result
from kallskydd.upkeep.file_system import add_consent, require_plain_file_system
from trusted.case.clock import today, utc_now
from trusted.case.errors import CaseError


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `restore` to the command line."""
    parser = subparsers.add_parser("restore", help="make a home from a backup, with the answers of two members")
    parser.add_argument("--home", type=Path, metavar="DIR", help="the new home; default: $KALLSKYDD_HOME, else ./var")
    parser.add_argument("--from", type=Path, metavar="FOLDER", required=True, dest="backup", help="the backup's folder")
    parser.add_argument("--slots", type=Path, metavar="FILE", help="the shares of case keys that were kept apart")
    parser.add_argument(
        "--answer", type=Path, action="append", default=[], metavar="FILE", help="a member's answer; two are needed"
    )
    parser.add_argument(
        "--register", type=Path, action="append", default=[], metavar="FILE", help="erased.register of a later backup"
    )
    parser.add_argument(
        "--roster",
        type=Path,
        metavar="FOLDER",
        help="with the question: a newer roster than the backup's, from a later one or a member's desk",
    )
    add_consent(parser)
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Ask, or restore; exit code 3 if it is refused, 4 when something is missing."""
    home = args.home.absolute()
    try:
        require_plain_file_system(home, consents=args.erased_reports_may_stay_on_this_disk)
        backup = read_backup(args.backup, today(utc_now))
        if not args.answer:
            return _ask(args, home, backup)
        answers = tuple(read_file(path, Answer) for path in args.answer)
        outcome = restore(home, Given(backup, answers, args.slots, tuple(args.register)), utc_now)
    except CaseError as error:
        prose(str(error))
        return code_of(error)
    except OSError as error:
        prose(f"The home cannot be restored: {reason(error)}. Look at the folders that were named, and their owner.")
        return MISSING
    _say(args, outcome)
    return OK


def _ask(args: argparse.Namespace, home: Path, backup: Backup) -> int:
    question = ask(home, backup, args.slots, today(utc_now), args.roster)
    words = " ".join(fingerprint_words(question.digest))
    if args.json:
        result({"ask": str(home / ASK_NAME), "words": words})
    for sentence in (
        f"The question is made: {home / ASK_NAME}. There is nothing secret in it.",
        "Give it to two of the members to whom the backup is sealed, and read these six words to each by telephone:",
        f"  {words}",
        "Each runs: kallskydd desk open-backup ask.json --out ANSWER, and sends you the answer.",
        "Then run this command again with --answer FILE --answer FILE.",
    ):
        answer(sentence, as_json=args.json)
    return OK


def _say(args: argparse.Namespace, outcome: Outcome) -> None:
    if args.json:
        result(in_numbers(outcome))
    for line in (*in_sentences(outcome), f"Start it: kallskydd serve --home {args.home}"):
        answer(line, as_json=args.json)


def in_numbers(outcome: Outcome) -> dict[str, str | int]:
    """Return what a restore came to, for a program."""
    return {
        "backup_day": outcome.declared.backup_day.isoformat(),
        "cases": outcome.cases,
        "without_share": outcome.without_share,
        "erased_again": outcome.erased_again,
    }


def in_sentences(outcome: Outcome) -> list[str]:
    """Return what a restore came to, for a person: what is there, and what is lost."""
    declared = outcome.declared
    lines = [
        f"Restored from the {'package' if declared.moved else 'backup'} of {declared.backup_day}, same addresses.",
        "The restored store was counted: it has every case of the backup, but for those named here.",
    ]
    if outcome.without_share:
        lines.append(
            f"{count(outcome.without_share, 'case')} had no share in what was given and cannot be read by anybody any "
            "more. They were left out; their members' desks say so. A restore with --slots would bring them back."
        )
    if outcome.erased_again:
        lines.append(f"{count(outcome.erased_again, 'case')} had been erased after the backup and was erased again.")
    if not declared.moved:
        lines.append(
            f"What came after {declared.backup_day} is gone. Members' desks say from which day the service is."
        )
    return lines
