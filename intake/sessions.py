"""
Who is in the inbox now: in memory only, under a random handle that travels in hidden fields of POST forms.

No cookie, no handle in an address. A session ends after thirty minutes without use, at log-out, and when the intake
ends. One whose code has not reached its reporter yet waits for twelve hours: an answer that is lost at the end of a
long upload is asked for by sending the form again, which takes as long.

A session holds the keys that the eight words gave, so nothing here shows itself. Every report opens one, so that its
page can show the clean copies and ask for two of the words; when that session ends, the copy of the page that is kept
for a second sending of the same form goes with it, and so do the pages that answered its forms (`result_pages`).

How many there may be is counted for each standing by itself (`MOST`), so that a flood of one kind ends none of another:
reports whose reporters never return end no inbox that is in use. Nobody who comes ends a session of another case: what
is too many ends by the clock, each minute, down to a number drawn each time, in random order (trusted/web/shelf.py), of
each case the one used last after all the others. A reporter with the code can log in again; a code that nobody has
seen is lost, so these have the most room.
"""

import asyncio
import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from trusted.case.clock import Clock
from trusted.crypto.seal import CaseKeys
from trusted.forms.attachment import FileShown
from trusted.receipt.keys import Receipt, ReceiptKeys
from trusted.rooms.text import BYTES_A_CHARACTER
from trusted.web.form_tokens import TokenClaim
from trusted.web.shelf import CHANCE, Shelf, drawn_level

IDLE: Final = timedelta(minutes=30)
UNSEEN: Final = timedelta(hours=12)
HANDLE_BYTES: Final = 32
FOUND_BYTES: Final = 32 * 2**20
UNSENT_BYTES: Final = 32 * 2**20
# One code opens no more than this at once, so that nobody ends the sessions of others by logging in again and again.
MAX_FOR_ONE_CASE: Final = 8


class Standing(Enum):
    """What is known of who holds a session."""

    UNSEEN = auto()  # a report opened it, and its words have not been fetched yet
    SHOWN = auto()  # a report opened it, and its words were shown
    PROVED = auto()  # the words were typed: to log in, or two of them


# Each is a few kilobytes and took one Argon2id: some 1,500 more come in a minute, at the most. Beyond three quarters of
# it some end.
MOST: Final = {Standing.UNSEEN: 8000, Standing.SHOWN: 2000, Standing.PROVED: 2000}


@dataclass(frozen=True, slots=True, repr=False)
class FoundInFiles:
    """What was found in the files that came last, for as long as a page may show it, and what the case calls them."""

    files: Sequence[FileShown]
    numbers: Mapping[str, int]
    until: datetime


@dataclass(slots=True, repr=False)
class Session:
    """One reporter's open inbox. `turn` lets one act at a time write to the case."""

    handle: str
    receipt: Receipt
    keys: ReceiptKeys
    case: CaseKeys
    last_used: datetime
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    # The form whose answer opened it, and whose kept answer holds the code and values found in files.
    opened_by: TokenClaim | None = None
    # The words that were shown to go on with, and do not open anything yet.
    next_receipt: Receipt | None = None
    # A report opened it, and the page with its words has not been fetched yet.
    unseen: bool = False
    # Two of the words have been typed back: they are on paper and need not stand on a screen by themselves again.
    confirmed: bool = False
    # The page in another language, or with another piece of what has been written, shows it again.
    found: FoundInFiles | None = None
    # A message that was typed and has not got through.
    unsent: str = ""
    # The token of the message form, until a message was stored with it.
    write_token: str = ""

    @property
    def standing(self) -> Standing:
        if self.opened_by is None or self.confirmed:
            return Standing.PROVED
        return Standing.UNSEEN if self.unseen else Standing.SHOWN


class Sessions:
    """All open inboxes."""

    def __init__(self, clock: Clock, on_end: Callable[[str], None] = lambda _: None) -> None:
        """`on_end` is called with the handle of each session that ends."""
        self._clock = clock
        self._on_end = on_end
        self._open: OrderedDict[str, Session] = OrderedDict()
        self._found = Shelf[str](FOUND_BYTES)
        self._unsent = Shelf[str](UNSENT_BYTES)
        # Of each case that has sessions, the last of those that are over.
        self._ended: dict[bytes, deque[str]] = {}

    def __len__(self) -> int:
        return len(self._open)

    def open(
        self,
        receipt: Receipt,
        keys: ReceiptKeys,
        case: CaseKeys,
        opened_by: TokenClaim | None = None,
        *,
        unseen: bool = False,
    ) -> Session:
        """Return a new session for this case; one too many ends the one of this case that is unused for longest."""
        self.end_idle()
        same_case = [one for one in self._open.values() if one.case.case_id == case.case_id]
        for unused_longest in same_case[: max(0, len(same_case) + 1 - MAX_FOR_ONE_CASE)]:
            self.end(unused_longest.handle)
        handle = secrets.token_hex(HANDLE_BYTES)
        session = Session(handle, receipt, keys, case, self._clock(), opened_by=opened_by, unseen=unseen)
        self._open[session.handle] = session
        return session

    def find(self, untrusted_handle: str) -> Session | None:
        """Return the session of this handle, and count this as use; None when there is none any more."""
        self.end_idle()
        session = self._open.get(untrusted_handle)
        if session is not None:
            session.last_used = self._clock()
            self._open.move_to_end(session.handle)
            session.unseen = False
        return session

    def used(self, session: Session) -> None:
        """Count this as use of a session that is still there: what comes for it may come for hours."""
        if session.handle in self._open:
            session.last_used = self._clock()
            self._open.move_to_end(session.handle)

    def peek(self, untrusted_handle: str) -> Session | None:
        """Return the session of this handle without counting it as use."""
        self.end_idle()
        return self._open.get(untrusted_handle)

    def opened_by(self, use: TokenClaim) -> Session | None:
        """Return the session that this form has opened, if it is still there; being asked for is no use of it."""
        self.end_idle()
        return next((session for session in self._open.values() if session.opened_by is use), None)

    def end(self, untrusted_handle: str) -> None:
        """End a session, and what was kept for it; one that is not there is no fault."""
        session = self._open.pop(untrusted_handle, None)
        if session is None:
            return
        self._on_end(session.handle)
        self._found.drop(session.handle)
        self._unsent.drop(session.handle)
        self._ended.setdefault(session.case.case_id, deque(maxlen=MAX_FOR_ONE_CASE)).append(session.handle)
        if session.opened_by is not None:
            session.opened_by.let_go()

    def log_out(self, untrusted_handle: str) -> None:
        """End this session and every other one of its case: the page with the words has one of its own.

        Who logs out and goes away must not leave another page behind that still opens the case, or shows the words;
        also when this session has rested too long and another has not.
        """
        session = self._open.get(untrusted_handle)
        if session is not None:
            self.end_case(session.case.case_id)
        for case_id in [case_id for case_id, ended in self._ended.items() if untrusted_handle in ended]:
            self.end_case(case_id)

    def end_case(self, case_id: bytes, keep: Session | None = None) -> None:
        """End every session of a case but the one to keep."""
        for session in [one for one in self._open.values() if one.case.case_id == case_id and one is not keep]:
            self.end(session.handle)

    def keep_found(self, session: Session, found: FoundInFiles | None) -> None:
        """Keep what was found in files, if there is room in `FOUND_BYTES` of all."""
        self._found.drop(session.handle)
        has_room = found is None or self._found.put(session.handle, sum(one.bytes_kept for one in found.files))
        session.found = found if has_room else None

    def keep_unsent(self, session: Session, text: str) -> None:
        """Keep a message that has not got through, if there is room in `UNSENT_BYTES` of all; no text lets go of it."""
        self._unsent.drop(session.handle)
        has_room = not text or self._unsent.put(session.handle, BYTES_A_CHARACTER * len(text))
        session.unsent = text if has_room else ""

    def forget_found(self) -> None:
        """Let go of what was found in files once it may not be shown any more; done by the clock, each minute."""
        now = self._clock()
        for session in self._open.values():
            if session.found is not None and session.found.until < now:
                self.keep_found(session, None)

    def end_idle(self) -> None:
        """End what nobody has used for as long as it may rest; done at each use, and each minute by the clock."""
        now = self._clock()
        for session in list(self._open.values()):
            rested = now - session.last_used
            if rested <= IDLE:
                return
            if not session.unseen or rested > UNSEEN:
                self.end(session.handle)

    def sweep(self) -> None:
        """Make room; done by the clock, each minute."""
        for handle in self._found.sweep():
            self._open[handle].found = None
        for handle in self._unsent.sweep():
            self._open[handle].unsent = ""
        for standing, most in MOST.items():
            self._end_too_many(standing, int(drawn_level(0.75 * most, most)))
        cases = {one.case.case_id for one in self._open.values()}
        self._ended = {case_id: ended for case_id, ended in self._ended.items() if case_id in cases}

    def _end_too_many(self, standing: Standing, level: int) -> None:
        """End sessions of this standing until there are no more of them than that."""
        alike = [one for one in self._open.values() if one.standing is standing]
        last_used = {one.case.case_id: one for one in alike}
        CHANCE.shuffle(alike)
        alike.sort(key=lambda one: last_used[one.case.case_id] is one)
        for one in alike[: max(0, len(alike) - level)]:
            self.end(one.handle)
