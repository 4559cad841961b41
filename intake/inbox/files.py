"""
Files of a case as its reporter looks at them: opened piece by piece, and those of members vouched for first.

What a reporter sent was rebuilt and verified here before it was sealed. What a member sent was sealed at a desk, and a
desk that was changed could have sealed anything, perhaps a document that calls home from the reporter's computer. So
such a file goes to the jail once more each time before it is given out: a fresh job reads it as it would read the work
of our own scrubbers, and a file that is anything else is not shown (`WouldNotVouch`).
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack

from intake.inbox.case import OpenedCase
from intake.services import Services
from trusted.case.entry import Attachment, ItemKind
from trusted.case.errors import NotThere, SealBroken
from trusted.crypto.seal import open_file
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import PREVIEW_BYTES, RESULT_BYTES
from trusted.jail.sandbox import verify
from trusted.jail.stages import RESULT_KIND, Scrubbed, ScrubReport, WouldNotVouch
from trusted.rooms.uploads import Hold
from trusted.store.rows import FileRow
from trusted.web.errors import NoRoomNow

_RESULTS = frozenset(RESULT_KIND.values())


async def clean_copy(services: Services, opened: OpenedCase, attachment: Attachment) -> AsyncIterator[bytes]:
    """
    Yield the cleaned bytes of a file, some at a time.

    All of it is opened before the first piece, so a cut file gives nothing; then it is opened again, piece by piece.
    Kept in memory for as long as the browser reads, a few copies that nobody reads would take the room of all uploads.
    """
    row = _row(opened, attachment.file_id)
    async for _piece in _pieces(services, opened, row):
        pass
    async for piece in _pieces(services, opened, row):
        yield piece


async def require_vouched(services: Services, opened: OpenedCase, attachment: Attachment) -> None:
    """Return if the jail vouches for a member's file. Raises `Refused` or `NoRoomNow`; keeps nothing.

    Whatever is wrong with what the member sealed has the same answer: it must not end the reporter's session.
    """
    try:
        await _require_vouched(services, opened, attachment)
    except (NotThere, SealBroken):
        raise WouldNotVouch from None


async def _require_vouched(services: Services, opened: OpenedCase, attachment: Attachment) -> None:
    clean_row, preview_row = _row(opened, attachment.file_id), _row(opened, attachment.preview_id or "")
    kind = next((kind for kind in _RESULTS if kind.value == attachment.file_kind), None)
    if kind is None or preview_row.item_kind != ItemKind.PREVIEW:
        raise WouldNotVouch
    claim = clean_row.sealed_size + preview_row.sealed_size
    room = services.budget.room_for(claim)
    if claim > room.total:
        raise NoRoomNow
    # From our own disk, and so at a pace of our own.
    async with room.hold(claim, None) as hold:
        with ExitStack() as kept:
            clean = kept.enter_context(MemoryFile())
            await _open_into(clean, services, opened, clean_row, hold)
            preview = kept.enter_context(MemoryFile())
            await _open_into(preview, services, opened, preview_row, hold)
            if clean.size != attachment.size or clean.size > RESULT_BYTES or preview.size > PREVIEW_BYTES:
                raise WouldNotVouch
            hold.whole()
            # Not believed yet: made by nobody we know, exactly as what a job made that a hostile file took over.
            told = Scrubbed(kind, clean, preview, ScrubReport(kind, (), (), ""))
            await verify(told, services.sandbox)


async def _open_into(kept: MemoryFile, services: Services, opened: OpenedCase, row: FileRow, hold: Hold) -> None:
    async for piece in _pieces(services, opened, row):
        await hold.take(len(piece))
        kept.write(piece)


def _row(opened: OpenedCase, file_id: str) -> FileRow:
    row = next((row for row in opened.rows.files if row.file_id.hex() == file_id), None)
    if row is None:
        raise NotThere
    return row


async def _pieces(services: Services, opened: OpenedCase, row: FileRow) -> AsyncIterator[bytes]:
    loop = asyncio.get_running_loop()
    sealed = services.store.read_file(opened.rows.case_id, row.file_id)

    async def next_sealed() -> bytes:
        return await anext(sealed, b"")

    def drawn() -> Iterator[bytes]:
        # Opening draws what it needs, from its own thread; the store gives it in this one.
        while chunk := asyncio.run_coroutine_threadsafe(next_sealed(), loop).result():
            yield chunk

    clean = open_file(opened.keys, row.header, drawn(), row.number, ItemKind(row.item_kind))
    while (piece := await asyncio.to_thread(next, clean, None)) is not None:
        yield piece
