"""
Who is in the inbox now: in memory only, under a random handle that travels in hidden fields of POST forms.

No cookie, no handle in an address. A session ends after thirty minutes without use, at log-out, and when the intake
ends. It holds the keys that the eight words gave, so nothing here shows itself.
"""

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cases.clock import Clock
from cases.receipt import Receipt, ReceiptKeys
from cases.seal import CaseKeys

IDLE: Final = timedelta(minutes=30)
HANDLE_BYTES: Final = 32
# Each is a few kilobytes and took a right receipt. Beyond this the one unused for longest is ended.
MAX_SESSIONS: Final = 2000
# One code opens no more than this at once, so that nobody ends the sessions of others by logging in again and again.
MAX_FOR_ONE_CASE: Final = 8


@dataclass(slots=True, repr=False)
class Session:
    """One reporter's open inbox. `turn` lets one act at a time write to the case."""

    handle: str
    receipt: Receipt
    keys: ReceiptKeys
    case: CaseKeys
    last_used: datetime
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Sessions:
    """All open inboxes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._open: OrderedDict[str, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._open)

    def open(self, receipt: Receipt, keys: ReceiptKeys, case: CaseKeys) -> Session:
        self._end_idle()
        same_case = [one for one in self._open.values() if one.case.case_id == case.case_id]
        for unused_longest in same_case[: max(0, len(same_case) + 1 - MAX_FOR_ONE_CASE)]:
            self.end(unused_longest.handle)
        while len(self._open) >= MAX_SESSIONS:
            self._open.popitem(last=False)
        session = Session(secrets.token_hex(HANDLE_BYTES), receipt, keys, case, self._clock())
        self._open[session.handle] = session
        return session

    def find(self, untrusted_handle: str) -> Session | None:
        """Return the session of this handle, and count this as use; None when there is none any more."""
        self._end_idle()
        session = self._open.get(untrusted_handle)
        if session is not None:
            session.last_used = self._clock()
            self._open.move_to_end(session.handle)
        return session

    def end(self, untrusted_handle: str) -> None:
        self._open.pop(untrusted_handle, None)

    def _end_idle(self) -> None:
        now = self._clock()
        while self._open:
            oldest = next(iter(self._open.values()))
            if now - oldest.last_used <= IDLE:
                return
            del self._open[oldest.handle]
