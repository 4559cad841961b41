"""
Pages that answer a form, each kept in memory under an address of its own.

A browser that shows the answer to a POST keeps the form with it: an ordinary Chromium writes all of it, text and case
code, into its session's files, in the clear, and leaves it there (measured; docs/decisions/site/0009). So none of our
forms is answered with a page. The browser is sent on (303, RFC 9110 section 15.4.4), and what it keeps is an address: a
random number, which opens for browsers that our own pages led to it (intake/site/origin_check.py) and for no link from
elsewhere. What such an address promises:

1. A page belongs to what its own forms name (`OWNER`). With the handle of a session it is gone with that session, and
   no such page is kept of a session that is over. With a draft, a number that stays the same while a text goes to and
   fro before anything is received, it is gone once the text is received, has come into the inbox, or its writer has
   left. The addresses of a draft that became a report are those of its session from then on (rule 3): who loads
   an earlier page of it again comes to the code.
2. Every page is gone after half an hour, or sooner where the answer says so (`UNTIL`).
3. Until the session ends, its older addresses show the case as it is now, or the code as long as nobody has typed two
   of its words back. To be shown again is no use of a session: it does not make it last.
4. No browser may store it, whatever the page says for itself: what was typed may stand in it. The one exception is the
   report form at the onion, where Tor Browser stores nothing: Back gives it again with what was typed (decision 0051).
5. Chromium shows nothing of it by Back after the session: it sets pages aside whole, also those that say `no-store`,
   but only with status 200 (measured). So what is kept is answered with 203: our own content at second hand (RFC 9110
   section 15.3.4).
6. All of them take no more memory than `MOST_BYTES` four times. What comes drives nothing out (trusted/web/shelf.py):
   the clock lets go of some by chance, and what finds no room is not kept. Of a session its address then shows the case
   as it is now; any other page answers its form itself, so that nothing typed is lost. Pages of sessions, which take a
   right code, have room of their own, and so have small ones.
"""

import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from intake.views.pages import DRAFT_FIELD, OWNER, Cache
from trusted.case.clock import Clock
from trusted.web.form import Form
from trusted.web.shelf import Shelf

SECOND_HAND: Final = HTTPStatus.NON_AUTHORITATIVE_INFORMATION
KEPT_FOR: Final = timedelta(minutes=30)
# Where an answer says until when it may be kept.
UNTIL: Final = web.ResponseKey("until", datetime)
MOST_BYTES: Final = 32 * 2**20  # of small pages some two thousand
SMALL_BYTES: Final = 64 * 1024
MOST_OF_ONE: Final = 4
# An address is short; but nobody shall make them without end.
MOST_ADDRESSES: Final = 32
_ID_BYTES: Final = 16
_FILE_CHARACTERS: Final = 64
# What a page takes beside its body.
_HEAD_BYTES: Final = 2000
_DRAFT: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, repr=False)
class ResultPage:
    """One answer, as it was made."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def answer(self) -> web.Response:
        """Return it once more. Rule 5."""
        status = SECOND_HAND if self.status == HTTPStatus.OK else self.status
        return web.Response(status=status, body=self.body, headers=self.headers)


@dataclass(slots=True, repr=False)
class Address:
    """What is known of an address: whose it is (a handle, a draft or nobody's) and what stands there.

    The page, the file that was asked for, or none of them any more.
    """

    owner: str
    until: datetime
    page: ResultPage | None = None
    file: str | None = None


def draft_of(form: Form) -> str:
    """Return the draft that a form belongs to, or a new one."""
    untrusted = form.one(DRAFT_FIELD)
    return untrusted if _is_draft(untrusted) else secrets.token_hex(_ID_BYTES)


class ResultPages:
    """Every page that is kept."""

    def __init__(self, clock: Clock, on_forget: Callable[[str], None] | None = None) -> None:
        self._clock = clock
        # Called with each owner that is over.
        self._on_forget = on_forget
        self._known: dict[str, Address] = {}
        # Of each owner the addresses, the oldest first.
        self._of: dict[str, OrderedDict[str, None]] = {}
        self._shelves = {
            (of_session, small): Shelf[str](MOST_BYTES) for of_session in (True, False) for small in (True, False)
        }

    def keep(self, response: web.Response, is_open: Callable[[str], bool], *, at_onion: bool = False) -> str | None:
        """Return the address of an answer; None where there is no room for it. Rule 6.

        `is_open` says whether there is a session of a handle.
        """
        address = secrets.token_hex(_ID_BYTES)
        body = bytes(response.body) if isinstance(response.body, bytes | bytearray) else b""
        owner = response.get(OWNER, "")
        of_session = bool(owner) and not _is_draft(owner)
        if of_session and not is_open(owner):
            return address
        with_page = [one for one in self._of.get(owner, ()) if self._known[one].page is not None]
        for older in with_page[: max(0, len(with_page) + 1 - MOST_OF_ONE)]:
            self._let_go(older)
        has_room = self._shelves[of_session, len(body) <= SMALL_BYTES].put(address, len(body) + _HEAD_BYTES)
        if not has_room and not of_session:
            return None
        headers = {**response.headers}
        if not at_onion or headers.get(hdrs.CACHE_CONTROL) != Cache.TYPED_TEXT.value or of_session:
            headers[hdrs.CACHE_CONTROL] = Cache.NOTHING.value
        page = ResultPage(response.status, headers, body) if has_room else None
        until = self._clock() + KEPT_FOR
        self._add(address, Address(owner, min(until, response.get(UNTIL, until)), page))
        return address

    def keep_file_request(self, handle: str, untrusted_file: str) -> str:
        """Return the address at which a file that a form of this session asked for can be had."""
        address = secrets.token_hex(_ID_BYTES)
        self._add(address, Address(handle, self._clock() + KEPT_FOR, file=untrusted_file[:_FILE_CHARACTERS]))
        return address

    def find(self, untrusted_address: str) -> Address | None:
        """Return what is known of an address; None when it never was one, or is none any more."""
        known = self._known.get(untrusted_address)
        if known is not None and known.until < self._clock():
            self._let_go(untrusted_address)
        return self._known.get(untrusted_address)

    def forget(self, owner: str) -> None:
        """Let go of everything of a session that has ended, or of a draft that is none any more."""
        for address in self._of.pop(owner, ()):
            self._take_down(address)
            del self._known[address]
        if self._on_forget is not None:
            self._on_forget(owner)

    def renew(self, handle: str) -> None:
        """Let go of the pages of a session: its addresses show the case as it is now."""
        for address in self._of.get(handle, ()):
            if self._known[address].page is not None:
                self._take_down(address)

    def hand_over(self, draft: str, handle: str) -> None:
        """Let go of everything of a draft that has become a report; its addresses are those of the session now."""
        for address in self._of.pop(draft, ()):
            self._take_down(address)
            known = self._known.pop(address)
            self._add(address, Address(handle, known.until))
        if self._on_forget is not None:
            self._on_forget(draft)

    def prune(self) -> None:
        """Let go of what is over; done by the clock, each minute."""
        now = self._clock()
        for address in [one for one, known in self._known.items() if known.until < now]:
            self._let_go(address)

    def sweep(self) -> None:
        """Make room; done by the clock, every few seconds. Rule 6."""
        for shelf in self._shelves.values():
            for address in shelf.sweep():
                self._let_go(address)

    def _add(self, address: str, known: Address) -> None:
        self._known[address] = known
        if not known.owner:
            return
        addresses = self._of.setdefault(known.owner, OrderedDict())
        addresses[address] = None
        if len(addresses) > MOST_ADDRESSES:
            oldest, _ = addresses.popitem(last=False)
            self._take_down(oldest)
            del self._known[oldest]

    def _let_go(self, address: str) -> None:
        """Let go of what stands at an address; of a session's it is still known whose it is. Rule 3."""
        self._take_down(address)
        known = self._known[address]
        if _is_draft(known.owner) or not known.owner:
            del self._known[address]
            if addresses := self._of.get(known.owner):
                del addresses[address]
                if not addresses:
                    del self._of[known.owner]

    def _take_down(self, address: str) -> None:
        known = self._known[address]
        known.page = known.file = None
        for shelf in self._shelves.values():
            shelf.drop(address)


def _is_draft(owner: str) -> bool:
    """Say whether this is the number of a draft; the handle of a session is longer."""
    return _DRAFT.fullmatch(owner) is not None
