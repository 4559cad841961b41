"""
Reading a form: in one go, from memory, with our own limits.

All our forms are multipart, so there is one reader and `request.post()` is never needed: it would write files to
temporary files in plaintext. The library enforces no limit on this path, so we count for ourselves:

1. A field is short, but for the text, and all fields together are little more than one text. Text is UTF-8, whatever a
   part named `_charset_` would have it be. One that is too long is kept as far as a page can give it back.
2. Files are yielded one by one, after the fields that came before them. Their content types are never asked for, nor
   their names: only whether there is one, as of every file that was chosen.
3. A form within the form is refused.
4. After a refusal the rest is read and thrown away up to a bound, so that the browser shows our page; after giving way
   only for a moment.
5. Something comes within a while, and in each minute of waiting not too little, however much came before: nobody holds
   a connection for days with a byte now and then. Only waiting counts; how long we clean a file does not. A body of
   which nothing comes at all is given up sooner (trusted/web/connections.py).
6. What is kept of fields is counted in the room for text (`text_room`).

What is refused raises a `FormRefused`.
"""

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.multipart import MultipartReader

from trusted.rooms.text import BYTES_A_CHARACTER, TEXT_ROOM, TextRoom
from trusted.web.errors import (
    FormRefused,
    NestedForm,
    NoRoomNow,
    NotAForm,
    StalledUpload,
    TextTooLong,
    TooMuchData,
    TryAgainSoon,
)
from trusted.web.fitting import beginning
from trusted.web.limits import Limits

FILE_FIELD: Final = "attachment"
TEXT_FIELD: Final = "text"
# Before the files: that they may be marked for whom they were given to.
MARKED_FIELD: Final = "marked"
# And that what was changed in documents is to be shown.
CHANGES_FIELD: Final = "changes"
# The button of another language, in the form that holds what was typed.
SWITCH_FIELD: Final = "switch"
YES: Final = "yes"
_LOOKS_A_MINUTE: Final = 60
# What the library's parser raises on damaged input, as of 3.14.5; the tests send such input.
_DAMAGED: Final = (ValueError, RuntimeError, AssertionError, LookupError, HttpProcessingError)

_T = TypeVar("_T")
# Told how many bytes more have come.
Came = Callable[[int], None]


@dataclass(slots=True, repr=False)
class Form:
    """The fields of a form so far, in the order in which they came."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    # The first thing found wrong with a field. Reading goes on, so that everything typed can be given back.
    fault: FormRefused | None = None
    _characters: int = 0

    def one(self, name: str) -> str:
        """Return the first value of a field, or nothing."""
        return self.fields.get(name, [""])[0]

    def add(self, name: str, value: str, limits: Limits) -> None:
        """Keep a field. Raises `NotAForm` when there are too many, or too much in them and their names."""
        self._characters += len(name) + len(value)
        if self._characters > limits.form_characters:
            raise NotAForm
        self.fields.setdefault(name, []).append(value)
        if sum(map(len, self.fields.values())) > limits.fields:
            raise NotAForm

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(self.fields.get(name, ()))

    def besides(self, *names: str) -> list[tuple[str, str]]:
        """Return every field but these, with what stands in it: what goes on in the hidden fields of the next page."""
        return [(name, value) for name, values in self.fields.items() if name not in names for value in values if value]


class Part:
    """One file on its way in. It has bytes and nothing else: no name, no type."""

    def __init__(self, part: BodyPartReader, body: "_Body") -> None:
        # A browser sends a part without a name for an input that was left alone. The name itself is not read.
        self.was_chosen = bool(part.filename)
        self._part = part
        self._body = body
        self._ahead = b""

    @property
    def rate(self) -> "MinimumRate":
        """How fast the form comes."""
        return self._body.rate

    async def is_empty(self) -> bool:
        """Say whether there is nothing in it: a browser sends an empty part for an input that was left alone."""
        if not self._ahead:
            self._ahead = await self._body.read(self._part)
        return not self._ahead

    async def begins(self, size: int) -> bytes:
        """Return its first bytes, so many or all there are, and leave them in it. Raises as `pieces` does."""
        while len(self._ahead) < size and (piece := await self._body.read(self._part)):
            self._ahead += piece
        return self._ahead[:size]

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come. Raises `NotAForm`, `StalledUpload` or `TooMuchData`."""
        while not await self.is_empty():
            piece, self._ahead = self._ahead, b""
            yield piece

    async def discard(self) -> int:
        """Read the rest to nowhere and return how much it was."""
        size = 0
        async for piece in self.pieces():
            size += len(piece)
        return size


class MinimumRate:
    """Waits for what comes and counts it, while it comes fast enough; else a TimeoutError. Rule 5."""

    def __init__(self, limits: Limits, *, refused: bool = False) -> None:
        """`refused`: what comes is thrown away, and who sends it for our page does so without long pauses."""
        self._slowest = limits.slowest_bytes_a_second
        self._idle_seconds = limits.refused_idle_seconds if refused else limits.idle_seconds
        self._waited = 0.0
        self._waiting_since: float | None = None
        self._patience: asyncio.Timeout | None = None
        self._gave_up = False
        # How much had come after so many seconds of waiting, for the last minute of it.
        self._before = deque([(0.0, 0)])
        self.moved = 0

    @property
    def waited(self) -> float:
        """Seconds in which we waited, also now."""
        now = asyncio.get_running_loop().time()
        return self._waited + (0.0 if self._waiting_since is None else now - self._waiting_since)

    def give_up(self) -> None:
        """Wait no more: what waits now gets its TimeoutError, and whatever would wait later."""
        self._gave_up = True
        # One that runs out just now, or was told a moment ago by the other room, takes no other time.
        if self._patience is not None and not self._patience.expired():
            self._patience.reschedule(asyncio.get_running_loop().time())

    async def wait(self, reading: Awaitable[_T]) -> _T:
        """Return what comes. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        self._waiting_since = loop.time()
        try:
            async with asyncio.timeout(self._idle_seconds) as self._patience:
                came = await reading
        finally:
            self._waited, self._waiting_since, self._patience = self.waited, None, None
        if isinstance(came, bytes | bytearray):
            self.moved += len(came)
        if self._gave_up or self._last_minute() < self._slowest:
            raise TimeoutError
        return came

    def _last_minute(self) -> float:
        """Return the bytes a second of the last minute of waiting; before that there is nothing to blame.

        After a refusal the minute is the shorter `refused_idle_seconds`.
        """
        minute, now = self._idle_seconds, self._waited
        while len(self._before) > 1 and self._before[1][0] <= now - minute:
            self._before.popleft()
        if now - self._before[-1][0] >= minute / _LOOKS_A_MINUTE:
            self._before.append((now, self.moved))
        began, had_come = self._before[0]
        return math.inf if now - began < minute else (self.moved - had_come) / (now - began)


class _Body:
    """Counts everything that is read, and sees to it that something comes."""

    def __init__(self, limits: Limits, came: Came | None) -> None:
        self._limits = limits
        self.rate = MinimumRate(limits)
        self._parts = 0
        self._came = came

    def count_part(self) -> None:
        self._parts += 1
        if self._parts > self._limits.parts:
            raise TooMuchData

    async def read(self, part: BodyPartReader) -> bytes:
        """Return the next piece, or nothing at the end of the part."""
        piece = b""
        while not piece and not part.at_eof():
            piece = bytes(await self.wait(part.read_chunk(self._limits.piece_bytes)))
        if self._came is not None:
            self._came(len(piece))
        if self.rate.moved > self._limits.report_bytes + self._limits.discard_bytes:
            raise TooMuchData
        return piece

    async def wait(self, reading: Awaitable[_T]) -> _T:
        """Await one read of the library. Raises StalledUpload when it takes too long, NotAForm when it fails."""
        try:
            return await self.rate.wait(reading)
        except TimeoutError:
            raise StalledUpload from None
        except _DAMAGED:
            raise NotAForm from None


async def read_form(request: web.Request, limits: Limits, form: Form) -> None:
    """Read the request into `form`, and files to nowhere. Raises a `FormRefused`, as `read_files` does."""
    async for _untrusted_file in read_files(request, limits, form):
        pass


async def read_files(
    request: web.Request, limits: Limits, form: Form, came: Came | None = None
) -> AsyncGenerator[Part, None]:
    """Read the request into `form` and yield each file as it begins; the fields before it are in the form by then.

    What is left of a file is read to nowhere before the next. Once a field was refused, but for a text that is too
    long, no file is yielded. Raises a `FormRefused`; what was read until then is in the form, to be given back.
    """
    body, room = _Body(limits, came), request[TEXT_ROOM]
    reader = await body.wait(_multipart(request))
    while (part := await body.wait(reader.next())) is not None:
        if isinstance(part, MultipartReader):
            raise NestedForm
        body.count_part()
        name = part.name or ""
        if name != FILE_FIELD:
            await _has_room(len(name), body, form, room)
            form.add(name, await _read_field(part, body, limits, form, room), limits)
            continue
        untrusted_file = Part(part, body)
        # A text that is too long is given back to be shortened, and its files need not come again.
        if form.fault is None or isinstance(form.fault, TextTooLong):
            yield untrusted_file
        # The caller may have stopped early.
        await untrusted_file.discard()
    room.whole()
    if form.fault is not None:
        raise form.fault


async def _multipart(request: web.Request) -> MultipartReader:
    if request.content_type != "multipart/form-data":
        raise NotAForm
    return await request.multipart()


async def _read_field(part: BodyPartReader, body: _Body, limits: Limits, form: Form, room: TextRoom) -> str:
    is_text = part.name == TEXT_FIELD
    limit = limits.text_characters * BYTES_A_CHARACTER if is_text else limits.field_bytes
    untrusted = bytearray()
    while piece := await body.read(part):
        if len(untrusted) <= limit and await _has_room(len(piece), body, form, room):
            untrusted += piece
    # Browsers send line ends as CR LF, which a textarea counts as one.
    text = bytes(untrusted[: limit + 1]).decode("utf-8", errors="replace").replace("\r\n", "\n")
    if len(untrusted) > limit or len(text) > limits.text_characters:
        form.fault = form.fault or (TextTooLong() if is_text else NotAForm())
        return beginning(text, limits.given_back_bytes)
    return text


async def _has_room(size: int, body: _Body, form: Form, room: TextRoom) -> bool:
    """Count what is kept of a field. Without room reading goes on, so that what was kept can be given back."""
    if isinstance(form.fault, TryAgainSoon):
        return False
    try:
        await room.keep(size, body.rate)
    except NoRoomNow:
        form.fault = TryAgainSoon()
        return False
    return True


async def read_body(request: web.Request, limits: Limits, most: int) -> bytes:
    """Return a short body, whole. Raises `StalledUpload`, and HTTPRequestEntityTooLarge for one of more than `most`."""
    rate = MinimumRate(limits)
    untrusted = bytearray()
    try:
        while piece := await rate.wait(request.content.readany()):
            untrusted += piece
            if len(untrusted) > most:
                raise web.HTTPRequestEntityTooLarge(most, len(untrusted))
    except TimeoutError:
        raise StalledUpload from None
    return bytes(untrusted)


async def drain(request: web.Request, limits: Limits, came: Came | None = None) -> bool:
    """Read what is left of a request to nowhere, so that the browser sees the page; True when all of it was read."""
    most = limits.report_bytes + limits.discard_bytes
    rate = MinimumRate(limits, refused=True)
    # What was typed is given back on that page, and counted nowhere once it gave way.
    gave_way = TEXT_ROOM in request and request[TEXT_ROOM].gave_way
    try:
        async with asyncio.timeout(limits.refused_idle_seconds if gave_way else None):
            while rate.moved < most:
                piece = await rate.wait(request.content.readany())
                if not piece:
                    return True
                if came is not None:
                    came(len(piece))
    except (TimeoutError, *_DAMAGED):
        return False
    return False
