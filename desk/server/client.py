"""Signed questions to the server, and nothing it says taken on trust.

`DeskClient` asks one verb at a time over the connector it is given (`desk.server.reach`). Every request is signed with
the member's key over method, path, body, server key and a counter that only rises (docs/FORMATS.md, desk API); an
answer is decoded strictly or it is a StrangeAnswer. The requests carry no User-Agent, no cookie and no language, follow
no redirect, and read no proxy or password from the environment.

An answer that comes more slowly than anybody's network is given up, and `break_off` ends whatever is being asked: a
server that never answers holds no desk. Where somebody waits for a page, `hurry` gives up sooner: a connection, and the
answer to a question that changes nothing. What changes something has been sent by then, and its answer is waited for.

When the server has seen a higher counter than ours (this desk home was restored from an older copy), the counter jumps
ahead and the request is made again: the refused one was not carried out.
"""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator, Callable
from types import TracebackType
from typing import Self, TypeVar

import aiohttp
import msgspec

from cases.roster.member import MemberKeys
from cases.wire.messages import COUNTER_BEHIND, PATH, BoxAnswer, CaseAnswer, Refusal, sign_request
from desk.errors import NotReachable, ReportersAddress, ServerRefused, StrangeAnswer
from desk.keep.state import DeskState
from desk.server import reach

ANSWER_BYTES_MAX = 4 * 2**20
# Two hundred entries of 100,000 characters each; the files of a case are fetched one by one. Decoded beside the loop.
# Of a post box, ten years of days are 3 MiB; a home that releases at once has a batch for each report, too.
LONG_BYTES_MAX = 32 * 2**20
# The largest clean copy is 150 MiB: a PDF whose pages became pictures grows. Sealed and rounded up, with a head.
FILE_BYTES_MAX = 168 * 2**20
# An answer that does not begin within this time is given up.
READ_SECONDS = 120.0
# The verbs that change nothing at the server and read no file there.
READS = frozenset({"box", "case", "offered-moves", "report-form", "roster", "sums", "sync", "tombstone"})
# A file that goes to the server takes its time through Tor; on a bad day this much comes through in a second.
SLOWEST_BYTES_A_SECOND = 8 * 2**10
# The library asks for a stream above this, so that it can send a large body piece by piece.
BODY_BYTES_WHOLE = 2**20
# The onion may have been put up seconds ago: its descriptor is not everywhere yet.
CONNECT_TRIES = 5
CONNECT_PAUSE_SECONDS = 2.0
# The jumps when the counter has fallen behind. A day's work is hundreds of requests, so the first jump mostly does.
COUNTER_JUMPS = (2**12, 2**20, 2**28)
HTTP_OK = 200

Answer = TypeVar("Answer")
# Makes the body of a request for a counter: a struct, or a frame as it goes on the wire.
Question = Callable[[int], msgspec.Struct | bytes]


class DeskClient:
    """One member's session with the server. An asynchronous context manager."""

    def __init__(self, connector: aiohttp.BaseConnector, keys: MemberKeys, state: DeskState, server_key: bytes) -> None:
        self._keys = keys
        self._state = state
        self._server_key = server_key
        self._is_broken_off = False
        # By when what is being asked must have come.
        self._limits: set[asyncio.Timeout] = set()
        # For so long the one who asks waits for the server to begin an answer, and by when it has to; None: as above.
        self._hurry: float | None = None
        self._answer_by = 0.0
        self._why = "reach.timed_out"
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers={"User-Agent", "Accept", "Accept-Encoding"},
            auto_decompress=False,
            trust_env=False,
            timeout=_patience(reach.CONNECT_SECONDS, READ_SECONDS),
        )

    @property
    def connector(self) -> aiohttp.BaseConnector:
        """The way through tor, for a visit to another onion (`desk.server.visitor`)."""
        if self._session.connector is None:
            raise NotReachable
        return self._session.connector

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    def break_off(self) -> None:
        """End what is being asked, and ask nothing any more: from now on every question raises NotReachable."""
        self._is_broken_off = True
        for limit in self._limits:
            limit.reschedule(0)

    def hurry(self, seconds: float | None, why: str) -> None:
        """Give up, from now on, when the server has not begun to answer for so long. None: take its time.

        `why`: the text key of NotReachable where there is no time left to ask.
        """
        self._hurry, self._answer_by, self._why = seconds, _now() + (seconds or 0.0), why

    async def ask(self, verb: str, question: Callable[[int], msgspec.Struct], answer: type[Answer]) -> Answer:
        """Ask one verb; `question` makes the body for a counter, since the proof for a case holds the counter too.

        Raises NotReachable, ReportersAddress, ServerRefused, StrangeAnswer.
        """
        async with self._asked(verb, question) as (response, limit):
            most = LONG_BYTES_MAX if answer is CaseAnswer or answer is BoxAnswer else ANSWER_BYTES_MAX
            untrusted = await self._read_bounded(response, most, limit)
        try:
            return await asyncio.to_thread(msgspec.json.decode, untrusted, type=answer, strict=True)
        except msgspec.MsgspecError as strange:
            raise StrangeAnswer from strange

    async def fetch(self, verb: str, question: Callable[[int], msgspec.Struct]) -> bytes:
        """Ask a verb whose answer is a raw body: a sealed file. Raises as `ask` does."""
        async with self._asked(verb, question) as (response, limit):
            return await self._read_bounded(response, FILE_BYTES_MAX, limit)

    async def send(self, verb: str, frame: Callable[[int], bytes]) -> bytes:
        """Ask a verb whose request carries a file (cases/wire/files.py); returns the raw answer. Raises as `ask`."""
        async with self._asked(verb, frame) as (response, limit):
            return await self._read_bounded(response, FILE_BYTES_MAX, limit)

    @contextlib.asynccontextmanager
    async def _asked(
        self, verb: str, question: Question
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, asyncio.Timeout]]:
        async with self._limited() as limit:
            for jump in (*COUNTER_JUMPS, None):
                response = await self._send(verb, question, limit)
                async with response:
                    if response.status == HTTP_OK:
                        yield response, limit
                        return
                    refused = await self._read_refusal(response, limit)
                if refused.text_key != COUNTER_BEHIND or jump is None:
                    raise refused
                self._state.skip_counter(jump)

    @contextlib.asynccontextmanager
    async def _limited(self) -> AsyncIterator[asyncio.Timeout]:
        """Yield the time that one question may take. Raises NotReachable when it is over, or all was broken off."""
        if self._is_broken_off:
            raise NotReachable("reach.broke_off")
        try:
            async with asyncio.timeout(None) as limit:
                self._limits.add(limit)
                try:
                    yield limit
                finally:
                    self._limits.discard(limit)
        except TimeoutError as over:
            raise NotReachable("reach.broke_off" if self._is_broken_off else "reach.timed_out") from over

    def _allow(self, limit: asyncio.Timeout, until: float) -> None:
        """Give one question until this moment of the loop's clock, unless all was broken off."""
        if not self._is_broken_off:
            limit.reschedule(until)

    async def _send(self, verb: str, question: Question, limit: asyncio.Timeout) -> aiohttp.ClientResponse:
        path = f"{PATH}{verb}"
        counter = self._state.next_counter()
        made = question(counter)
        body = made if isinstance(made, bytes) else msgspec.json.encode(made)
        headers = sign_request(self._keys, "POST", path, body, self._server_key, counter)
        url = f"http://{self._state.address}.onion{path}"
        until = None if self._hurry is None else self._answer_by

        async def attempt() -> aiohttp.ClientResponse:
            connect, read = reach.CONNECT_SECONDS, READ_SECONDS + len(body) / SLOWEST_BYTES_A_SECOND
            if until is not None:
                connect = until - _now()
                read = connect if verb in READS else read
            if connect <= 0:
                raise NotReachable(self._why)
            self._allow(limit, _now() + (read if read == connect else connect + read))
            return await self._session.post(
                url, data=_as_data(body), headers=headers, allow_redirects=False, timeout=_patience(connect, read)
            )

        response = await reach.until_connected(
            attempt, tries=CONNECT_TRIES, pause_seconds=CONNECT_PAUSE_SECONDS, until=until
        )
        self._answer_by = _now() + (self._hurry or 0.0)
        return response

    async def _read_bounded(self, response: aiohttp.ClientResponse, most: int, limit: asyncio.Timeout) -> bytes:
        untrusted, began = bytearray(), _now()
        self._allow(limit, began + READ_SECONDS)
        try:
            async for piece in response.content.iter_any():
                untrusted += piece
                if len(untrusted) > most:
                    raise StrangeAnswer
                self._allow(limit, began + READ_SECONDS + len(untrusted) / SLOWEST_BYTES_A_SECOND)
        except (aiohttp.ClientError, TimeoutError) as broken:
            raise NotReachable("reach.broke_off") from broken
        return bytes(untrusted)

    async def _read_refusal(self, response: aiohttp.ClientResponse, limit: asyncio.Timeout) -> ServerRefused:
        if response.content_type == "text/html":
            # The desk onion answers every request in JSON; pages are behind the other address.
            raise ReportersAddress
        untrusted = await self._read_bounded(response, ANSWER_BYTES_MAX, limit)
        try:
            refusal = msgspec.json.decode(untrusted, type=Refusal, strict=True)
        except msgspec.MsgspecError as strange:
            raise StrangeAnswer from strange
        return ServerRefused(response.status, refusal.code, refusal.text_key)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _patience(connect: float, read: float) -> aiohttp.ClientTimeout:
    """Return how long to wait for an answer: its clock begins to run while the body is still on its way."""
    return aiohttp.ClientTimeout(total=None, connect=connect, sock_connect=connect, sock_read=read)


def _as_data(body: bytes) -> bytes | io.BytesIO:
    return body if len(body) <= BODY_BYTES_WHOLE else io.BytesIO(body)
