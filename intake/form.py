"""
Reading a form: in one go, from memory, with our own limits.

Every form of ours is multipart, so there is one reader and `request.post()` is never needed: it would write files to
temporary files in plaintext. The library enforces no limit on this path, so we count for ourselves:

1. A field is short, but for the text, and all fields together are little more than one text. Text is UTF-8, whatever a
   part named `_charset_` would have it be. One that is too long is kept as far as a page can give it back.
2. Files are handed to `take_file` one by one, with the fields that came before. Their names and content types are never
   asked for.
3. A form within the form is refused.
4. After a refusal the rest is read and thrown away up to a bound, so that the browser shows our page.
5. Something comes within a while, and over all the waiting not too little: nobody holds a connection for days with a
   byte now and then. Only waiting counts; how long we clean a file does not. A body of which nothing comes at all is
   given up sooner (intake/connections.py).

What is refused raises a `FormRefused`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.multipart import MultipartReader

from intake.errors import FormRefused, NestedForm, NotAForm, StalledUpload, TextTooLong, TooMuchData
from intake.limits import Limits
from intake.text_parts import beginning

FILE_FIELD: Final = "attachment"
TEXT_FIELD: Final = "text"
_BYTES_A_CHARACTER: Final = 4  # UTF-8 at its longest
# What the library's parser raises on damaged input, as of 3.14.5; the tests send such input.
_DAMAGED: Final = (ValueError, RuntimeError, AssertionError, LookupError, HttpProcessingError)

_T = TypeVar("_T")
TakeFile = Callable[["Part", "Form"], Awaitable[None]]
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


class Part:
    """One file on its way in. It has bytes and nothing else: no name, no type."""

    def __init__(self, part: BodyPartReader, body: "_Body") -> None:
        self._part = part
        self._body = body
        self._ahead = b""
        # Called when all of it has come.
        self.when_whole: Callable[[], None] | None = None

    async def is_empty(self) -> bool:
        """Say whether there is nothing in it: a browser sends an empty part for an input that was left alone."""
        if not self._ahead:
            self._ahead = await self._body.read(self._part)
        return not self._ahead

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the bytes as they come. Raises `NotAForm`, `StalledUpload` or `TooMuchData`."""
        while not await self.is_empty():
            piece, self._ahead = self._ahead, b""
            yield piece
        if self.when_whole is not None:
            self.when_whole()

    async def discard(self) -> int:
        """Read the rest to nowhere and return how much it was."""
        size = 0
        async for piece in self.pieces():
            size += len(piece)
        return size


class Pace:
    """Waits for what comes, while it comes fast enough; else a TimeoutError. Rule 5."""

    def __init__(self, limits: Limits, *, refused: bool = False) -> None:
        """`refused`: what comes is thrown away, and who sends it for our page does so without long pauses."""
        self._idle_seconds = limits.refused_idle_seconds if refused else limits.idle_seconds
        self._slowest = limits.slowest_bytes_a_second
        self._waited = 0.0
        self.read = 0

    async def wait(self, reading: Awaitable[_T]) -> _T:
        """Return what comes. Raises TimeoutError."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.timeout(self._idle_seconds):
            came = await reading
        self._waited += loop.time() - began
        if self._waited > self._idle_seconds + self.read / self._slowest:
            raise TimeoutError
        return came


class _Body:
    """Counts everything that is read, and sees to it that something comes."""

    def __init__(self, limits: Limits, came: Came | None) -> None:
        self._limits = limits
        self._pace = Pace(limits)
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
        self._pace.read += len(piece)
        if self._came is not None:
            self._came(len(piece))
        if self._pace.read > self._limits.report_bytes + self._limits.discard_bytes:
            raise TooMuchData
        return piece

    async def wait(self, reading: Awaitable[_T]) -> _T:
        """Await one reading of the library's, in our words when it fails."""
        try:
            return await self._pace.wait(reading)
        except TimeoutError:
            raise StalledUpload from None
        except _DAMAGED:
            raise NotAForm from None


async def read_form(
    request: web.Request, limits: Limits, form: Form, take_file: TakeFile | None = None, came: Came | None = None
) -> None:
    """Read the request into `form`. Without `take_file`, files are read and thrown away.

    Raises a `FormRefused`; what was read until then is in the form, to be given back.
    """
    body = _Body(limits, came)
    reader = await body.wait(_multipart(request))
    while (part := await body.wait(reader.next())) is not None:
        if isinstance(part, MultipartReader):
            raise NestedForm
        body.count_part()
        name = part.name or ""
        if name != FILE_FIELD:
            form.add(name, await _read_field(part, body, limits, form), limits)
            continue
        untrusted_file = Part(part, body)
        if take_file is not None and form.fault is None:
            await take_file(untrusted_file, form)
        # Whoever took it may have stopped early.
        await untrusted_file.discard()
    if form.fault is not None:
        raise form.fault


async def _multipart(request: web.Request) -> MultipartReader:
    if request.content_type != "multipart/form-data":
        raise NotAForm
    return await request.multipart()


async def _read_field(part: BodyPartReader, body: _Body, limits: Limits, form: Form) -> str:
    is_text = part.name == TEXT_FIELD
    limit = limits.text_characters * _BYTES_A_CHARACTER if is_text else limits.field_bytes
    untrusted = bytearray()
    while piece := await body.read(part):
        if len(untrusted) <= limit:
            untrusted += piece
    # Browsers send line ends as CR LF, which a textarea counts as one.
    text = bytes(untrusted[: limit + 1]).decode("utf-8", errors="replace").replace("\r\n", "\n")
    if len(untrusted) > limit or len(text) > limits.text_characters:
        form.fault = form.fault or (TextTooLong() if is_text else NotAForm())
        return beginning(text, limits.given_back_bytes)
    return text


async def read_body(request: web.Request, limits: Limits, most: int) -> bytes:
    """Return a short body, whole. Raises `StalledUpload`, and HTTPRequestEntityTooLarge for one of more than `most`."""
    pace = Pace(limits)
    untrusted = bytearray()
    try:
        while piece := await pace.wait(request.content.readany()):
            pace.read += len(piece)
            untrusted += piece
            if len(untrusted) > most:
                raise web.HTTPRequestEntityTooLarge(most, len(untrusted))
    except TimeoutError:
        raise StalledUpload from None
    return bytes(untrusted)


async def drain(request: web.Request, limits: Limits, came: Came | None = None) -> bool:
    """Read what is left of a request to nowhere, so that the browser sees the page; True when all of it was read."""
    most = limits.report_bytes + limits.discard_bytes
    pace = Pace(limits, refused=True)
    try:
        while pace.read < most:
            piece = await pace.wait(request.content.readany())
            if not piece:
                return True
            pace.read += len(piece)
            if came is not None:
                came(len(piece))
    except (TimeoutError, *_DAMAGED):
        return False
    return False
