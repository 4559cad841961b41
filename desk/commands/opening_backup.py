"""`desk open-backup`: answer the operator's question about a restore, on this computer and without the server.

The steps are those of `cases.backup.answering`. Before anything is opened the member sees what is asked for and says
that the six words are those which the operator read to her: a question by somebody else has other words.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cases.backup.answering import answer, read_ask
from cases.backup.files import Ask, encode
from cases.clock import Clock, today
from cases.roster.chain import fingerprint_words
from desk.commands.result import Result
from desk.errors import FileUnreadable, NotAgreed, NotJoined, NoWords
from desk.keep.keyfile import DeskHome, unlock
from desk.keep.saving import save_bytes
from desk.keep.state import read_joined
from desk.server.address import server_key_of

# The question of a backup that is sealed to thirty members is 200 kB.
ASK_BYTES_MAX: Final = 2**20


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """Where the question is and where the answer goes; the words, if they were given; how to ask, on a terminal."""

    file: Path
    out: Path
    words: str | None
    agrees: Callable[[str], bool] | None


def open_backup(home: DeskHome, opening: Opening, passphrase: Callable[[], str], clock: Clock) -> Result:
    """Write the answer. Raises BackupFault, NotAgreed, NoWords, NotJoined, FileUnreadable, SaveRefused."""
    joined = read_joined(home.settings)
    if not joined.address:
        raise NotJoined
    question = read_ask(_read(opening.file), server_key_of(joined.address), today(clock))
    _require_agreed(question, opening)
    save_bytes(opening.out, encode(answer(question, unlock(home, passphrase()))))
    prose = (
        f"Your answer is written: {opening.out}. Send it to the operator; it opens the backup only together with that "
        "of another member, and only for this question."
    )
    return Result({"out": str(opening.out), "backup_day": question.restored.backup_day.isoformat()}, prose)


def described(question: Ask) -> str:
    """Return what a question asks for, in words."""
    restored = question.restored
    what = "moved to another computer" if restored.moved else f"restored from the backup of {restored.backup_day}"
    shares = (
        "Its cases become readable again." if restored.with_shares else "Its cases do not: only addresses and lists."
    )
    return (
        f"The operator asks you to let the service be {what}. {shares}\n{' '.join(fingerprint_words(question.digest))}"
    )


def _require_agreed(question: Ask, opening: Opening) -> None:
    if opening.words is not None:
        if tuple(opening.words.lower().split()) != fingerprint_words(question.digest):
            raise NotAgreed("backup.other_words")
    elif opening.agrees is None:
        raise NoWords
    elif not opening.agrees(described(question)):
        raise NotAgreed


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(ASK_BYTES_MAX + 1)
    except OSError:
        raise FileUnreadable("backup.ask_file") from None
    if len(content) > ASK_BYTES_MAX:
        raise FileUnreadable("backup.ask_file")
    return content
