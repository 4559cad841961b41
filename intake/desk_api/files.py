"""
Files that members send: cleaned in the jail like a reporter's, and attached to a case under seal.

`scrub` takes these steps, after steps 1 and 2 of intake/desk_api/app.py:

1. Its head was signed, and the counter is new (steps 3 and 4 there): who is no member gets no memory.
2. The body is read into memory as it comes, counted against the room that all uploads share, at a rate, and hashed.
3. It is the body that was signed. Until here nobody has looked at what was sent.
4. The file goes the way of every attachment: sniffed, rebuilt in a job, verified in another, by the same functions.
5. The clean copy, its small picture and what was removed, in kinds, go back. Nothing is stored.

`attach` takes steps 1 to 3, then the proof of the case key, and keeps the sealed file, its picture and the entries that
name them: all of it or nothing. What it keeps it cannot read. A desk that was changed could seal what was never
cleaned, so the reporter's page has the jail vouch for each file of a member before it gives it out (inbox/files.py).
"""

import itertools
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Final, Protocol, TypeVar

from aiohttp import hdrs, web

from cases.wire import messages
from cases.wire.files import (
    HEAD_BYTES_MAX,
    LENGTH_BYTES,
    AttachRequest,
    ScrubAnswer,
    ScrubRequest,
    file_of,
    frame_head,
    padding,
)
from intake.desk_api.offers import HeldOffers
from intake.desk_api.request import BYTES, HEADERS, DeskServices, SignedRequest, check_head, padded
from scrubbers.sniff import sniff
from trusted.case.errors import CaseError, Conflict, RequestRefused
from trusted.crypto.seal import Head
from trusted.crypto.sealed_files import CHUNK_BYTES, size_class
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import PREVIEW_BYTES, RESULT_BYTES
from trusted.jail.sandbox import Sandbox, scrub, verify
from trusted.jail.stages import Refused, Verified
from trusted.rooms.disk import DiskRoom
from trusted.rooms.uploads import Hold, MemoryBudget
from trusted.store.store import CaseProof, MemberEntries
from trusted.web.errors import FileRefused, FileTooLarge, FormRefused, StalledUpload
from trusted.web.form import MinimumRate, drain
from trusted.web.silence import Handler

# The largest clean copy and its picture, sealed and rounded up, with a head.
ATTACH_BYTES_MAX: Final = size_class(2 * HEAD_BYTES_MAX + size_class(RESULT_BYTES) + 2 * PREVIEW_BYTES)
_SEND_BYTES: Final = 2**18

_Head = TypeVar("_Head", bound=messages.Wire)


class FileServices(DeskServices, Protocol):
    """What these verbs use besides."""

    @property
    def sandbox(self) -> Sandbox: ...
    @property
    def budget(self) -> MemoryBudget: ...
    @property
    def disk(self) -> DiskRoom: ...


class _Incoming:
    """A frame on its way in: each byte hashed, each byte of a payload counted."""

    def __init__(self, request: web.Request, rate: MinimumRate, hold: Hold) -> None:
        self._content = request.content
        self._rate = rate
        self._hold = hold
        self._hash = messages.new_body_hash()
        self._ahead = bytearray()
        self._end = 0

    async def head(self, kind: type[_Head]) -> _Head:
        """Return the head. Raises RequestRefused when it is none."""
        length = int.from_bytes(await self._exactly(LENGTH_BYTES), "big")
        if length > HEAD_BYTES_MAX:
            raise RequestRefused("request.unreadable")
        self._end = LENGTH_BYTES + length
        return messages.decode(await self._exactly(length), kind)

    async def payload(self, size: int) -> MemoryFile:
        """Return the next `size` bytes, in memory."""
        kept = MemoryFile()
        try:
            left = size
            while left:
                piece = await self._piece(left)
                await self._hold.take(len(piece))
                kept.write(piece)
                left -= len(piece)
        except BaseException:
            kept.close()
            raise
        self._end += size
        return kept

    async def digest(self) -> bytes:
        """Return the hash of the whole body, when the rest of it is nothing but zeros up to the class."""
        left = size_class(self._end) - self._end
        while left:
            piece = await self._piece(left)
            if piece.count(0) != len(piece):
                raise RequestRefused("request.unreadable")
            left -= len(piece)
        if self._ahead or await self._next_piece():
            raise RequestRefused("request.unreadable")
        self._hold.whole()
        return self._hash.digest()

    async def _exactly(self, size: int) -> bytes:
        got = bytearray()
        while len(got) < size:
            got += await self._piece(size - len(got))
        return bytes(got)

    async def _piece(self, most: int) -> bytes:
        """Return one to `most` bytes. Raises RequestRefused at the end of the body."""
        if not self._ahead:
            self._ahead += await self._next_piece()
        if not self._ahead:
            raise RequestRefused("request.unreadable")
        piece = bytes(self._ahead[:most])
        del self._ahead[:most]
        return piece

    async def _next_piece(self) -> bytes:
        try:
            piece = await self._rate.wait(self._content.readany())
        except TimeoutError:
            raise StalledUpload from None
        self._hash.update(piece)
        return piece


@asynccontextmanager
async def _room(services: FileServices, request: web.Request, signed: SignedRequest) -> AsyncIterator[_Incoming]:
    """Give room for what a member signed, for as long as it is entered. When it gives way the member is refused."""
    rate, most = MinimumRate(services.limits), signed.head.body_bytes
    async with services.budget.room_for(most).hold(most, rate, rate.give_up) as hold:
        yield _Incoming(request, rate, hold)


async def scrub_file(
    services: FileServices, request: web.Request, signed: SignedRequest, _offers: HeldOffers
) -> web.StreamResponse:
    """POST scrub : a member's file in, its clean copy out."""
    limits = services.limits
    async with _room(services, request, signed) as incoming:
        head = await incoming.head(ScrubRequest)
        if head.size > limits.file_bytes:
            raise FileTooLarge
        with await incoming.payload(head.size) as untrusted:
            messages.require_body(signed.head, await incoming.digest())
            sniffed = sniff(untrusted)
            sandbox = services.sandbox.for_form()
            scrubbed = await scrub(sniffed, sandbox)
        verified = await verify(scrubbed, sandbox)
        with verified.clean, verified.preview:
            return await _send_clean(request, verified)


async def attach_file(
    services: FileServices, request: web.Request, signed: SignedRequest, offers: HeldOffers
) -> web.StreamResponse:
    """POST attach : a sealed file, its picture and their entries, all or none. While a move waits it is refused."""
    async with _room(services, request, signed) as incoming:
        head = await incoming.head(AttachRequest)
        if sum(row.sealed_size for row in head.files) > signed.head.body_bytes:
            raise RequestRefused("request.unreadable")
        with ExitStack() as kept:
            sealed = [kept.enter_context(await incoming.payload(row.sealed_size)) for row in head.files]
            messages.require_body(signed.head, await incoming.digest())
            proof = CaseProof(head.case_id, head.mac, signed.counter)
            if offers.is_held(head.case_id):
                await services.store.check_access(proof, "attach")
                raise Conflict(messages.MOVE_WAITS)
            new = MemberEntries(
                proof,
                head.count,
                [item.sealed for item in head.entries],
                Head(head.head.count, head.head.tag),
            )
            files = [file_of(row, one.chunks(CHUNK_BYTES)) for row, one in zip(head.files, sealed, strict=True)]
            async with services.disk.hold_for_member(sum(row.sealed_size for row in head.files)):
                count = await services.store.attach_member(new, files)
    return padded(200, messages.AppendAnswer(count))


FILE_VERBS: Final = {"scrub": scrub_file, "attach": attach_file}


def answering_with_files(services: FileServices, name: str, offers: HeldOffers) -> Handler:
    """Return the handler of one verb; what a member sent and is refused is read to its end, so that she sees why."""
    verb = FILE_VERBS[name]

    async def handler(request: web.Request) -> web.StreamResponse:
        _require_length(request, _most_bytes(services, name))
        signed = await check_head(services, request, name)
        try:
            return await verb(services, request, signed, offers)
        except (CaseError, Refused, FileRefused, FormRefused):
            await drain(request, services.limits)
            raise

    return handler


def _most_bytes(services: FileServices, name: str) -> int:
    if name == "attach":
        return min(ATTACH_BYTES_MAX, services.budget.large.total)
    return size_class(LENGTH_BYTES + HEAD_BYTES_MAX + services.limits.file_bytes)


def _require_length(request: web.Request, most: int) -> None:
    """Return if the body says how long it is, and that is not too long. Raises RequestRefused, FileTooLarge."""
    if not request.content_length:
        raise RequestRefused("request.unreadable")
    if request.content_length > most:
        raise FileTooLarge


async def _send_clean(request: web.Request, verified: Verified) -> web.StreamResponse:
    """Answer with the clean copy, its picture, and what was removed, without values."""
    told = verified.report.without_values()
    answer = ScrubAnswer(
        file_kind=verified.kind.value,
        size=verified.clean.size,
        preview_size=verified.preview.size,
        removed=tuple((found.what.value, found.where.value) for found in told.removed),
        lost=tuple(lost.value for lost in told.lost),
        version=told.version,
    )
    beginning, whole = frame_head(answer, answer.size + answer.preview_size)
    headers = {hdrs.CONTENT_TYPE: BYTES, hdrs.CONTENT_LENGTH: str(whole), **HEADERS}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    left = whole - len(beginning) - answer.size - answer.preview_size
    pieces = itertools.chain(
        (beginning,), verified.clean.chunks(_SEND_BYTES), verified.preview.chunks(_SEND_BYTES), padding(left)
    )
    for piece in pieces:
        await response.write(piece)
    await response.write_eof()
    return response
