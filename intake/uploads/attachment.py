"""
One attachment, from the socket to the sealed file: `accept_attachment`, read from top to bottom.

Each stage takes what the one before returned, so leaving one out is a type error. The file is in memory only, counted
as it comes; what cannot be cleaned is refused (`Refused`, `FileRefused`) and nothing of it is kept. Values that were
found are in the returned report, for the reporter's own page; the stored record has kinds and places only.

`FileTaker` does this for all files of one form: a file that is refused is noted with its reason, and the rest goes on.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from cases.crypto.seal import CaseKeys, SealedFile, new_file_number, seal_file, seal_preview
from cases.entry import Attachment, Body, ScrubRecord
from cases.errors import CaseError
from cases.receipt.keys import ReceiptKeys
from cases.store.store import Store
from intake.errors import FileRefused, FileTooLarge, ReportTooLarge, TooManyFiles
from intake.http.form import Form, Pace, Part
from intake.limits import Limits
from intake.rooms.text import BYTES_A_CHARACTER
from intake.rooms.uploads import Hold, MemoryBudget
from intake.uploads.progress import Sending, Step
from scrubbers.memory_file import MemoryFile
from scrubbers.sandbox import OneForm, Sandbox, scrub, verify
from scrubbers.sniff import sniff
from scrubbers.stages import Empty, Kind, Refused, ScrubReport, Verified

_DIGEST_PIECE: Final = 2**20
# The objects around what is shown of one file, and around each value found in it.
_SHOWN_BYTES: Final = 1000
_FOUND_BYTES: Final = 200
# From here on a file waits for what else its form takes much memory for. Smaller ones are cleaned beside it.
_LARGE_BYTES: Final = 16 * 2**20


@dataclass(frozen=True, slots=True, repr=False)
class Attached:
    """A file that is sealed and staged, and what its two entries will say."""

    file_id: bytes
    preview_id: bytes
    attachment: Attachment
    record: ScrubRecord

    @property
    def entries(self) -> tuple[Body, Body]:
        return self.attachment, self.record


@dataclass(slots=True, repr=False)
class CaseUnderWay:
    """The case that the files of a form belong to: a new one, or one that exists."""

    keys: CaseKeys
    attached: list[Attached] = field(default_factory=list)
    # Also what was staged when a later step failed.
    staged: list[bytes] = field(default_factory=list)
    # Keys from the words of a new case, which take 64 MiB to make; meanwhile its files come in.
    deriving: asyncio.Future[ReceiptKeys] | None = None

    @property
    def file_ids(self) -> tuple[bytes, ...]:
        """What a filing claims: each file and its preview."""
        return tuple(item for one in self.attached for item in (one.file_id, one.preview_id))


class Allowance:
    """What one form may still bring."""

    def __init__(self, limits: Limits, budget: MemoryBudget, announced: int | None) -> None:
        """`announced` is the length of the whole form, if its sender said it."""
        self.limits = limits
        self._most = limits.file_bytes if announced is None else min(limits.file_bytes, announced)
        self._budget = budget
        self._files_left = limits.files
        self.bytes_left = limits.report_bytes

    @asynccontextmanager
    async def one_file(self, untrusted: MemoryFile, pace: Pace) -> AsyncIterator["FileRoom"]:
        """Give room for one file, held until it is sealed; let go of it if it gives way. Raises `TooManyFiles`."""
        if self._files_left == 0:
            raise TooManyFiles
        self._files_left -= 1
        async with self._budget.room_for(self._most).hold(self._most, pace, untrusted.close) as hold:
            yield FileRoom(self, hold)


@dataclass(slots=True)
class FileRoom:
    """The room of one file."""

    allowance: Allowance
    hold: Hold

    async def take(self, size: int) -> None:
        """Count `size` bytes more. Raises a `FileRefused`."""
        if self.hold.held + size > self.allowance.limits.file_bytes:
            raise FileTooLarge
        if size > self.allowance.bytes_left:
            raise ReportTooLarge
        self.allowance.bytes_left -= size
        await self.hold.take(size)


async def accept_attachment(
    part: Part, case: CaseUnderWay, limits: Allowance, sandbox: Sandbox | OneForm, store: Store
) -> ScrubReport:
    """Take one file into the case and return what was removed. Raises `Refused` or `FileRefused`, and keeps nothing."""
    untrusted = MemoryFile()
    async with limits.one_file(untrusted, part.pace) as room:
        await read_part(part, untrusted, room)  # memory only; counts its own bytes; never request.post()
        with untrusted:
            sniffed = sniff(untrusted)  # Refused: not a kind we can clean
            await _let_keys_be_made(case, untrusted)  # not both at once in memory
            scrubbed = await scrub(sniffed, sandbox)  # Refused: the job failed, timed out or would not vouch
        verified = await verify(scrubbed, sandbox)  # Refused: something was left behind; a second, fresh job
        with verified.clean, verified.preview:
            sealed = seal_file(verified, case.keys, new_file_number())  # padded, versioned
            case.staged.append(sealed.file_id)
            await store.add_file(sealed)  # ciphertext only
            await _add_preview_and_note(verified, sealed, case, store)
    return scrubbed.report


async def read_part(part: Part, untrusted: MemoryFile, room: FileRoom) -> None:
    """Read one file into memory. Raises a `FileRefused` as soon as a limit is passed, or if it had to give way."""
    try:
        async for piece in part.pieces():
            await room.take(len(piece))
            untrusted.write(piece)
        room.hold.whole()
    except BaseException:
        untrusted.close()
        raise


async def _let_keys_be_made(case: CaseUnderWay, untrusted: MemoryFile) -> None:
    """Wait until the keys from the words are made, if the file is large; whether that went well is asked elsewhere."""
    if case.deriving is not None and untrusted.size >= _LARGE_BYTES:
        await asyncio.wait({case.deriving})


async def _add_preview_and_note(verified: Verified, sealed: SealedFile, case: CaseUnderWay, store: Store) -> None:
    """Seal the small page picture beside the file, and note what the case's entries will say of both."""
    file_id, number = sealed.file_id, sealed.number
    preview = seal_preview(verified.preview.read(), case.keys, number)
    case.staged.append(preview.file_id)
    await store.add_file(preview)
    digest = await asyncio.to_thread(_digest, verified.clean)
    without_values = verified.report.without_values()
    case.attached.append(
        Attached(
            file_id,
            preview.file_id,
            Attachment(
                file_id=file_id.hex(),
                file_kind=verified.kind.value,
                size=verified.clean.size,
                digest=digest,
                order=0,  # its place is known when the entries are sealed
                preview_id=preview.file_id.hex(),
            ),
            ScrubRecord(
                file_id=file_id.hex(),
                removed=tuple((found.what.value, found.where.value) for found in without_values.removed),
                lost=tuple(lost.value for lost in without_values.lost),
                version=without_values.version,
            ),
        )
    )


def _digest(clean: MemoryFile) -> str:
    digest = hashlib.sha256()
    for piece in clean.chunks(_DIGEST_PIECE):
        digest.update(piece)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, repr=False)
class FileShown:
    """What the reporter is told of one file: its place in the form, and its report or the key of the refusal."""

    order: int
    kind: Kind | None
    report: ScrubReport | None
    refused: str | None
    # Empty for a file that was refused.
    file_id: str = ""

    @property
    def bytes_kept(self) -> int:
        """What it takes in memory, about."""
        found = () if self.report is None else self.report.removed
        return _SHOWN_BYTES + sum(_FOUND_BYTES + BYTES_A_CHARACTER * len(one.example or "") for one in found)


class FileTaker:
    """Takes the files of one form into a case, one after the other."""

    def __init__(
        self, case: CaseUnderWay, allowance: Allowance, sandbox: Sandbox, store: Store, sending: Sending | None = None
    ) -> None:
        self.case = case
        self.shown: list[FileShown] = []
        # Who waits for it may be shown how far it has come.
        self._sending = sending or Sending(0)
        self._allowance = allowance
        # What the jail does for one form is charged to it.
        self._sandbox = sandbox.for_form()
        self._store = store
        # One part has come, with nothing in it.
        self._alone_and_empty = False

    async def take(self, part: Part, _form: Form) -> None:
        """Take one file, or note why not.

        A file input that was left alone sends one part with nothing in it. Beside another part it is a file that was
        chosen, and is empty: one that has not come down to the telephone yet, for instance.
        """
        is_empty = await part.is_empty()
        if self._alone_and_empty:
            self._alone_and_empty = False
            self._refuse(Empty.text_key)
        if is_empty and not self.shown:
            self._alone_and_empty = True
            return
        if is_empty:
            self._refuse(Empty.text_key)
            return
        order = len(self.shown) + 1
        part.when_whole = lambda: self._sending.step(Step.CLEANING, order)
        try:
            report = await accept_attachment(part, self.case, self._allowance, self._sandbox, self._store)
        except (Refused, FileRefused) as refused:
            self._refuse(refused.text_key)
            return
        finally:
            part.when_whole = None
        file_id = self.case.attached[-1].file_id.hex()
        self.shown.append(FileShown(order, report.kind, report, None, file_id))
        self._sending.step(Step.CLEAN, order)

    def _refuse(self, text_key: str) -> None:
        order = len(self.shown) + 1
        self.shown.append(FileShown(order, None, None, text_key))
        self._sending.step(Step.NOT_TAKEN, order)

    async def drop(self) -> None:
        """Delete everything that was staged; for a form that is refused after its files came."""
        for file_id in self.case.staged:
            try:
                await self._store.drop_file(file_id)
            except CaseError:
                # It stays staged: nothing names it, nothing opens it, and the next start sweeps it.
                continue
        self.case.staged.clear()
