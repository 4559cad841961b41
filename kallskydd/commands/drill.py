"""`kallskydd drill`: a restore of the newest backup, with the answers of two members, into memory, and nothing stays.

1. It takes the newest backup of the folder that the timer fills, with its shares, and makes the question.
2. It waits until two answers lie in the folder of `--meet`, beside the question.
3. It restores into memory, counts, and says what would be lost. Then keys and shares are overwritten and all is
   removed, the folder of `--meet` too; also when it is stopped before.

Nothing is served, and the home that it makes is never seen by a desk. What the members answer opens nothing any more:
the key that it is sealed to goes with the rest.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from cases.backup.errors import BackupMissing
from cases.backup.files import Answer, read_file
from cases.backup.restoring import ASK_NAME, Given, Outcome, ask, read_backup, restore
from cases.roster.chain import fingerprint_words
from kallskydd.commands.restore import in_numbers, in_sentences
from kallskydd.exit_codes import code_of
from kallskydd.hosting.destroy import destroy_keys
from kallskydd.say import MISSING, OK, answer, prose, reason, result
from trusted.case.clock import today, utc_now
from trusted.case.errors import CaseError

ANSWERS: Final = 2  # of members, which open a backup together
MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of its own is made in it, for its owner alone
_LOOK_SECONDS: Final = 1.0
_DAY: Final = len("2026-12-01")
_OF_A_DAY: Final = (
    "20"  # a backup is named by its day; a disk has lost+found, and a move or this question may lie there
)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `drill` to the command line."""
    parser = subparsers.add_parser("drill", help="try a restore of the last backup, and leave nothing of it")
    parser.add_argument("--from", type=Path, metavar="FOLDER", required=True, dest="backups", help="where backups lie")
    parser.add_argument("--slots", type=Path, metavar="FOLDER", help="where their shares lie, under the same names")
    parser.add_argument("--meet", type=Path, metavar="FOLDER", required=True, help="made for question and answers")
    parser.add_argument(
        "--place", type=Path, default=MEMORY, metavar="FOLDER", help="where it restores; default: memory"
    )
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Try it; exit code 3 if the backup is refused, 4 when a place is missing."""
    # A line that is cut off is no reason to leave anything.
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    day = today(utc_now)
    try:
        args.meet.mkdir(mode=0o700)
        try:
            outcome = _tried(args, day)
        finally:
            shutil.rmtree(args.meet)
    except CaseError as error:
        prose(str(error))
        return code_of(error)
    except OSError as error:
        prose(f"The restore cannot be tried: {reason(error)}. Look at the folders that were named, and their room.")
        return MISSING
    _say(outcome, day, as_json=args.json)
    return OK


def _tried(args: argparse.Namespace, day: date) -> Outcome:
    newest = _newest(args.backups)
    slots = None if args.slots is None else args.slots / newest.name
    with tempfile.TemporaryDirectory(prefix="kallskydd-drill-", dir=args.place) as place:
        home = Path(place) / "home"
        try:
            backup = read_backup(newest, day)
            question = ask(home, backup, slots, day)
            shutil.copyfile(home / ASK_NAME, args.meet / ASK_NAME)
            _ask(args, newest, " ".join(fingerprint_words(question.digest)))
            return restore(home, Given(backup, _answers(args.meet), slots), utc_now)
        finally:
            if home.exists():
                destroy_keys(home)


def _newest(backups: Path) -> Path:
    """Return the newest backup of a folder, which may hold other things. Raises BackupMissing, OSError."""
    folders = [one for one in backups.iterdir() if one.name.startswith(_OF_A_DAY) and one.is_dir()]
    if not folders:
        raise BackupMissing
    # As `ls -v` has them: a day's second is named -2, the tenth -10. Their times are the midnight of a day.
    return max(folders, key=lambda one: (one.name[:_DAY], len(one.name), one.name))


def _ask(args: argparse.Namespace, newest: Path, words: str) -> None:
    for sentence in (
        f"Trying {newest}. The question lies in {args.meet / ASK_NAME}; there is nothing secret in it.",
        "Give it to two of the members to whom the backup is sealed, say that it is a drill, and read these six words:",
        f"  {words}",
        "Each runs: kallskydd desk open-backup ask.json --out ANSWER.json",
        f"Put both answers into {args.meet}. Waiting; Ctrl-C ends it, and nothing stays.",
    ):
        answer(sentence, as_json=args.json)


def _answers(meet: Path, pause: Callable[[float], None] = time.sleep) -> tuple[Answer, ...]:
    """Wait for two files that read as answers: one that is being copied does not yet."""
    while True:
        found = [one for path in sorted(meet.glob("*.json")) if path.name != ASK_NAME and (one := _read(path))]
        if len(found) >= ANSWERS:
            return tuple(found[:ANSWERS])
        pause(_LOOK_SECONDS)


def _read(path: Path) -> Answer | None:
    try:
        return read_file(path, Answer)
    except (CaseError, OSError):
        return None


def _say(outcome: Outcome, day: date, *, as_json: bool) -> None:
    if as_json:
        result(in_numbers(outcome))
    lost = (day - outcome.declared.backup_day).days
    for line in (
        *in_sentences(outcome),
        f"If the disk were lost today, what came since {outcome.declared.backup_day} would be lost: days: {lost}.",
        "Nothing of it is left. On another computer than the server's this answers `kallskydd ready --answer restore`.",
    ):
        answer(line, as_json=as_json)
