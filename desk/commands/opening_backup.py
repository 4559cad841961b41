"""`desk open-backup`: answer the operator's question about a restore, on this computer and without the server.

The steps are those of `cases.backup.answering`. The roster with which the service is to start must be the one that this
desk has pinned, or go on from it: an older one would bring back who was removed. A desk that has pinned none can only
show who would read. Before anything is opened the member sees what is asked for and says that the six words are those
which the operator read to her: a question by somebody else has other words.

`desk save-roster` writes the roster that this desk has kept to a folder, for a restore from a backup of before it. The
server is lost then, so it is not asked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from cases.backup.answering import answer, read_ask
from cases.backup.errors import RosterRefused
from cases.backup.files import Ask, encode
from cases.roster.chain import Chain, SignedText, fingerprint_words, verify_chain, write_texts
from desk.commands.result import Result
from desk.commands.show import one_line
from desk.errors import FileUnreadable, NotAgreed, NotJoined, NoWords
from desk.keep.cache import cache_folder_of, open_cache
from desk.keep.files import make_folder
from desk.keep.keyfile import DeskHome, unlock
from desk.keep.saving import check_room, save_bytes
from desk.keep.state import Joined, read_joined
from desk.server.address import server_key_of
from desk.work.case.checks import check_continues
from desk.work.case.waiting import take_own_time
from trusted.case.clock import Clock, today

# The question of a backup that is sealed to thirty members is 200 kB, a roster of thirty in a hundred versions 3 MB.
ASK_BYTES_MAX: Final = 2**24


@dataclass(frozen=True, slots=True, repr=False)
class Opening:
    """Where the question is and where the answer goes; the words, if they were given; how to ask, on a terminal."""

    file: Path
    out: Path
    words: str | None
    agrees: Callable[[str], bool] | None


def open_backup(home: DeskHome, opening: Opening, passphrase: Callable[[], str], clock: Clock) -> Result:
    """Write the answer.

    Raises BackupFault, RosterBroken, NotAgreed, NoWords, NotJoined, FileUnreadable, SaveRefused.
    """
    joined, day = _joined(home), today(clock)
    question, chain = read_ask(_read(opening.file), server_key_of(joined.address), day)
    _require_roster(chain, joined, day)
    _require_agreed(question, chain, opening)
    save_bytes(opening.out, encode(answer(question, unlock(home, passphrase()))))
    prose = (
        f"{_readers(chain)}\nYour answer is written: {opening.out}. Send it to the operator; it opens the backup only "
        "together with that of another member, and only for this question."
    )
    return Result({"out": str(opening.out), "backup_day": question.restored.backup_day.isoformat()}, prose)


def save_roster(home: DeskHome, folder: Path, passphrase: Callable[[], str], clock: Clock) -> Result:
    """Write the roster that this desk has kept to a folder. Raises NotJoined, RosterBroken, RosterRefused."""
    joined = _joined(home)
    cached = cache_folder_of(home)
    kept = open_cache(cached, unlock(home, passphrase()).sign_seed).roster() if cached.exists() else None
    if kept is None:
        raise RosterRefused("backup.roster_not_kept")
    # What this desk has pinned had its fourteen days here; a later version is taken by who counts them.
    texts = [SignedText(version.text, version.signatures, date.min) for version in kept.chain]
    chain = verify_chain(texts, today(clock))
    check_continues(joined.pin, chain, server_key_of(joined.address))
    chain, _ = take_own_time(chain, joined.pin.version, joined.roster_seen, today(clock))
    check_room(folder.parent, [folder.name])
    make_folder(folder)
    write_texts(folder, texts[: len(chain.all)])
    prose = f"{_readers(chain)}\nWritten: {folder}. Send the folder to the operator; there is nothing secret in it."
    return Result({"out": str(folder), "version": len(chain.all)}, prose)


def described(question: Ask, chain: Chain) -> str:
    """Return what a question asks for, in words."""
    restored = question.restored
    what = "moved to another computer" if restored.moved else f"restored from the backup of {restored.backup_day}"
    shares = (
        "Its cases become readable again." if restored.with_shares else "Its cases do not: only addresses and lists."
    )
    return (
        f"The operator asks you to let the service be {what}. {shares}\n{_readers(chain)}\n"
        f"{' '.join(fingerprint_words(question.digest))}"
    )


def _readers(chain: Chain) -> str:
    roster = chain.all[-1]
    names = ", ".join(f"{one_line(member.label)} ({one_line(member.name)})" for member in roster.members)
    return f"The list of members in it is version {roster.version}: {names}."


def _joined(home: DeskHome) -> Joined:
    joined = read_joined(home.settings)
    if not joined.address:
        raise NotJoined
    return joined


def _require_roster(chain: Chain, joined: Joined, day: date) -> None:
    """Return if this desk takes the roster. Raises RosterRefused, RosterBroken."""
    pin = joined.pin
    if chain.all[-1].version < pin.version:
        raise RosterRefused
    check_continues(pin, chain, server_key_of(joined.address))
    _, unripe = take_own_time(chain, pin.version, joined.roster_seen, day)
    if unripe is not None:
        raise RosterRefused("backup.roster_waits")


def _require_agreed(question: Ask, chain: Chain, opening: Opening) -> None:
    if opening.words is not None:
        if tuple(opening.words.lower().split()) != fingerprint_words(question.digest):
            raise NotAgreed("backup.other_words")
    elif opening.agrees is None:
        raise NoWords("backup.no_words")
    elif not opening.agrees(described(question, chain)):
        raise NotAgreed("backup.not_agreed")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(ASK_BYTES_MAX + 1)
    except OSError:
        raise FileUnreadable("backup.ask_file") from None
    if len(content) > ASK_BYTES_MAX:
        raise FileUnreadable("backup.ask_file")
    return content
