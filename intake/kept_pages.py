"""
Pages that answer a form, each kept in memory under an address of its own.

A browser that shows the answer to a POST keeps the form with it: an ordinary Chromium writes all of it, text and case
code, into its session's files, in the clear, and leaves it there (measured; docs/decisions/0009). So no form of ours is
answered with a page. The browser is sent on (303, RFC 9110 section 15.4.4), and what it keeps is an address: a random
number. What such an address promises:

1. A page with the handle of a session in its forms belongs to that session and is gone with it: when the reporter logs
   out, and after half an hour of rest. No such page is kept of a session that is over.
2. Any other (a form that comes back with what was typed, a refusal) is gone after half an hour.
3. Of a session the last few are kept, for half an hour; until the session ends, the older addresses show the case as it
   is now. To be shown again is no use of a session: it does not make it last.
4. No browser may store it, whatever the page says for itself: what was typed may stand in it.
5. Chromium shows nothing of it by Back after the session: it sets pages aside whole, also those that say `no-store`,
   but only with status 200 (measured). So what is kept is answered with 203: content of ours at second hand (RFC 9110
   section 15.3.4).
6. All of them take no more memory than `MOST_BYTES` twice. Those of sessions are not driven out by the others, which
   anybody can make.
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

from cases.clock import Clock
from intake.form import Form
from intake.pages import Cache

SECOND_HAND: Final = HTTPStatus.NON_AUTHORITATIVE_INFORMATION
KEPT_FOR: Final = timedelta(minutes=30)
MOST_BYTES: Final = 32 * 2**20  # some three thousand pages
MOST_OF_A_SESSION: Final = 4
# An address is short; but nobody shall make them without end.
MOST_ADDRESSES: Final = 64
_ID_BYTES: Final = 16
_HANDLE: Final = re.compile(rb'name="handle" value="([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True, repr=False)
class KeptPage:
    """One answer, as it was made."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    kept_at: datetime

    def answer(self) -> web.Response:
        """Return it once more. Rule 5."""
        status = SECOND_HAND if self.status == HTTPStatus.OK else self.status
        return web.Response(status=status, body=self.body, headers=self.headers)


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """What is known of an address: its page while that is kept, and whose it is. `form` asks for one file."""

    handle: str = ""
    page: KeptPage | None = None
    form: Form | None = None


class KeptPages:
    """Every page that is kept."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._free = _Shelf()
        self._of_sessions = _Shelf()
        # By handle, the addresses of a session, the oldest first; and the other way round.
        self._addresses: dict[str, OrderedDict[str, Form | None]] = {}
        self._handles: dict[str, str] = {}

    def keep(self, response: web.Response, is_open: Callable[[str], bool]) -> str:
        """Return the address of an answer. `is_open` says whether there is a session of a handle. Rules 1 to 4."""
        self.prune()
        address = secrets.token_hex(_ID_BYTES)
        body = response.body if isinstance(response.body, bytes | bytearray) else b""
        headers = {**response.headers, hdrs.CACHE_CONTROL: Cache.NOTHING.value}
        page = KeptPage(response.status, headers, bytes(body), self._clock())
        found = _HANDLE.search(body)
        if found is None:
            self._free.put(address, page)
        elif is_open(handle := found[1].decode()):
            self._belongs(address, handle, None)
            self._of_sessions.put(address, page)
            for older in list(self._addresses[handle])[:-MOST_OF_A_SESSION]:
                self._of_sessions.drop(older)
        return address

    def keep_wish(self, handle: str, form: Form) -> str:
        """Return the address at which a file that a form of this session asked for can be had."""
        address = secrets.token_hex(_ID_BYTES)
        self._belongs(address, handle, form)
        return address

    def find(self, untrusted_address: str) -> Address | None:
        """Return what is known of an address; None when it never was one, or is none any more."""
        self.prune()
        if (page := self._free.get(untrusted_address)) is not None:
            return Address(page=page)
        handle = self._handles.get(untrusted_address)
        if handle is None:
            return None
        form = self._addresses[handle][untrusted_address]
        return Address(handle, self._of_sessions.get(untrusted_address), form)

    def forget(self, handle: str) -> None:
        """Let go of everything of a session that has ended."""
        for address in self._addresses.pop(handle, ()):
            del self._handles[address]
            self._of_sessions.drop(address)

    def prune(self) -> None:
        """Let go of pages after half an hour; also done by the clock."""
        oldest = self._clock() - KEPT_FOR
        self._free.drop_before(oldest)
        self._of_sessions.drop_before(oldest)

    def _belongs(self, address: str, handle: str, form: Form | None) -> None:
        addresses = self._addresses.setdefault(handle, OrderedDict())
        addresses[address] = form
        self._handles[address] = handle
        if len(addresses) > MOST_ADDRESSES:
            oldest, _ = addresses.popitem(last=False)
            del self._handles[oldest]
            self._of_sessions.drop(oldest)


class _Shelf:
    """Pages by their addresses, the oldest first, in no more than `MOST_BYTES`."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, KeptPage] = OrderedDict()
        self._bytes = 0

    def put(self, address: str, page: KeptPage) -> None:
        self._pages[address] = page
        self._bytes += len(page.body)
        while self._bytes > MOST_BYTES:
            self.drop(next(iter(self._pages)))

    def get(self, untrusted_address: str) -> KeptPage | None:
        return self._pages.get(untrusted_address)

    def drop(self, address: str) -> None:
        page = self._pages.pop(address, None)
        if page is not None:
            self._bytes -= len(page.body)

    def drop_before(self, time: datetime) -> None:
        while self._pages and next(iter(self._pages.values())).kept_at < time:
            self.drop(next(iter(self._pages)))
