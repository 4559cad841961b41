"""
One attachment, from the socket to the sealed file: `accept_attachment`, read from top to bottom.

Each stage takes what the one before returned, so leaving one out is a type error. The file is in memory only, counted
as it comes; what cannot be cleaned is refused (`Refused`, `FileRefused`) and nothing of it is kept. Values that were
found are in the returned report, for the reporter's own page; the stored record has kinds and places only.

`FileTaker` does this for all files of one form: a file that is refused is noted with its reason, and the rest goes on.
An archive or an e-mail is taken apart, and each file in it goes on as if it had been chosen by itself (decision 0040).
One that gives way to somebody who waits for its room (trusted/forms/allowance.py) is left out with all that was in it.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Final, Protocol

from trusted.case.entry import Attachment, Body, ScrubRecord
from trusted.case.errors import CaseError
from trusted.crypto.seal import CaseKeys, SealedFile, new_file_number, seal_file, seal_preview
from trusted.forms.allowance import Allowance, FileRoom
from trusted.forms.sending import FileProgress, Sending, Step
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import HEAD_BYTES, How
from trusted.jail.sandbox import OneForm, Sandbox, scrub, verify
from trusted.jail.stages import Empty, Kind, Refused, ScrubReport, Sniffed, SniffedArchive, Verified
from trusted.rooms.text import BYTES_A_CHARACTER
from trusted.store.store import Store
from trusted.web.errors import FileRefused
from trusted.web.form import Part
from trusted.web.shielding import to_its_end

# Enough to tell whether a file may hold others.
_BEGINNING: Final = 4
_DIGEST_PIECE: Final = 2**20
# The objects around what is shown of one file, and around each value found in it.
_SHOWN_BYTES: Final = 1000
_FOUND_BYTES: Final = 200


@dataclass(frozen=True, slots=True, repr=False)
class Accepted:
    """A file that is sealed and staged: its ids, what its two entries will say, and what was removed, with values."""

    file_id: bytes
    preview_id: bytes
    attachment: Attachment
    record: ScrubRecord
    report: ScrubReport

    @property
    def entries(self) -> tuple[Body, Body]:
        return self.attachment, self.record

    @property
    def ids(self) -> tuple[bytes, bytes]:
        """What a filing claims: the file and its preview."""
        return self.file_id, self.preview_id


@dataclass(frozen=True, slots=True, repr=False)
class PendingCase:
    """A case that files were accepted into, before its entries are sealed: a new one, or one that exists."""

    keys: CaseKeys
    accepted: Sequence[Accepted] = ()
    # How often files were not accepted, by the key of the refusal.
    refused: Mapping[str, int] = field(default_factory=dict)

    @property
    def file_ids(self) -> tuple[bytes, ...]:
        """What the filing claims."""
        return tuple(item for one in self.accepted for item in one.ids)

    @property
    def file_entries(self) -> list[Body]:
        return [entry for one in self.accepted for entry in one.entries]


class Sniffer(Protocol):
    """Tells what a file is by its first bytes (scrubbers/sniff.py). Where it is wrong, the jail refuses the file."""

    def sniff(self, untrusted: MemoryFile) -> Sniffed: ...
    def may_come_apart(self, untrusted_bytes: bytes) -> bool: ...
    def first_inside(self, untrusted_head: bytes) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Jail:
    """Where a file is cleaned, and how."""

    sandbox: Sandbox | OneForm
    sniffer: Sniffer
    how: How = How.PLAIN


async def accept_attachment(
    part: Part,
    case: CaseKeys,
    limits: Allowance,
    jail: Jail,
    store: Store,
    *,
    progress: FileProgress,
) -> Accepted:
    """Take one file into the case and return what it became. Raises `Refused` or `FileRefused`, and keeps nothing."""
    untrusted = MemoryFile()
    async with limits.one_file(untrusted, part.rate) as room:
        await read_part(part, untrusted, room)  # memory only; counts its own bytes; never request.post()
        progress.step(Step.CLEANING)
        return await _clean_and_seal(untrusted, case, limits, jail, store)


async def accept_unpacked(
    untrusted: MemoryFile,
    case: CaseKeys,
    limits: Allowance,
    jail: Jail,
    store: Store,
    *,
    progress: FileProgress,
) -> Accepted:
    """Take a file out of an archive or an e-mail into the case. Raises `Refused` or `FileRefused`; closes the file."""
    with untrusted:
        limits.count_unpacked(untrusted.size)
        progress.step(Step.CLEANING)
        return await _clean_and_seal(untrusted, case, limits, jail, store)


async def _clean_and_seal(
    untrusted: MemoryFile, case: CaseKeys, limits: Allowance, jail: Jail, store: Store
) -> Accepted:
    with untrusted:
        sniffed = jail.sniffer.sniff(untrusted)  # Refused: not a kind we can clean
        scrubbed = await scrub(sniffed, jail.sandbox, jail.how)  # Refused: it failed, or a witness saw less
    verified = await verify(scrubbed, jail.sandbox)  # Refused: something was left behind; a second, fresh job
    with verified.clean, verified.preview:
        sealed = seal_file(verified, case, new_file_number())  # padded, versioned
        preview = seal_preview(verified.preview.read(), case, sealed.number)
        accepted = await _describe(verified, sealed, preview)
        async with limits.disk.hold(sealed.sealed_size + preview.sealed_size):  # FileRefused: the rest is for text
            await _stage(store, sealed, preview)  # ciphertext only; both or neither
    return accepted


async def read_part(part: Part, untrusted: MemoryFile, room: FileRoom) -> None:
    """Read one file into memory. Raises a `FileRefused` as soon as a limit is passed, or if it had to give way."""
    try:
        async for piece in part.pieces():
            await room.take(len(piece))
            untrusted.write(piece)
        await room.whole()
    except BaseException:
        untrusted.close()
        raise


async def _describe(verified: Verified, sealed: SealedFile, preview: SealedFile) -> Accepted:
    """Return what the entries of the case will say of a file and its preview; of what was removed, no values."""
    digest = await asyncio.to_thread(_digest, verified.clean)
    without_values = verified.report.without_values()
    attachment = Attachment(
        file_id=sealed.file_id.hex(),
        file_kind=verified.kind.value,
        size=verified.clean.size,
        digest=digest,
        order=0,  # its place is known when the entries are sealed
        preview_id=preview.file_id.hex(),
    )
    record = ScrubRecord(
        file_id=sealed.file_id.hex(),
        removed=tuple((found.what.value, found.where.value) for found in without_values.removed),
        lost=tuple(lost.value for lost in without_values.lost),
        version=without_values.version,
    )
    return Accepted(sealed.file_id, preview.file_id, attachment, record, verified.report)


def _digest(clean: MemoryFile) -> str:
    digest = hashlib.sha256()
    for piece in clean.chunks(_DIGEST_PIECE):
        digest.update(piece)
    return digest.hexdigest()


async def _stage(store: Store, *files: SealedFile) -> None:
    """Add sealed files to the store, where no case claims them yet: all of them or none."""
    try:
        for sealed in files:
            await store.add_file(sealed)
    except BaseException:
        await to_its_end(drop_files(store, [sealed.file_id for sealed in files]))
        raise


async def drop_files(store: Store, file_ids: Iterable[bytes]) -> None:
    """Delete files that were staged."""
    for file_id in file_ids:
        try:
            await store.drop_file(file_id)
        except CaseError:
            # It stays staged: nothing names it, nothing opens it, and the next start sweeps it.
            continue


@dataclass(frozen=True, slots=True, repr=False)
class FileShown:
    """What the reporter's page shows of one file: its place in the form, and its report or the key of the refusal."""

    order: int
    kind: Kind | None
    report: ScrubReport | None
    refused: str | None
    # Empty for a file that was refused.
    file_id: str = ""
    # Its place in the archive or the e-mail that was chosen; zero for a file that was chosen itself.
    inside: int = 0

    @property
    def bytes_kept(self) -> int:
        """What it takes in memory, about."""
        found = () if self.report is None else self.report.removed
        return _SHOWN_BYTES + sum(_FOUND_BYTES + BYTES_A_CHARACTER * len(one.example or "") for one in found)


class Cleaning(Protocol):
    """What files are cleaned and kept with."""

    @property
    def sandbox(self) -> Sandbox: ...
    @property
    def sniffer(self) -> Sniffer: ...
    @property
    def store(self) -> Store: ...


class FileTaker:
    """Takes the files of one form into a case, one after the other."""

    def __init__(
        self, case: CaseKeys, allowance: Allowance, services: "Cleaning", sending: Sending | None = None
    ) -> None:
        self._case = case
        self._shown: list[FileShown] = []
        self._accepted: list[Accepted] = []
        self._refused: Counter[str] = Counter()
        self._chosen = 0
        # How many were accepted before this form.
        self._resumed = 0
        # How they were cleaned.
        self.ways = set[How]()
        # Who waits for it may be shown how far it has come.
        self._sending = sending or Sending(0)
        self._allowance = allowance
        # What the jail does for one form is charged to it.
        self._sandbox = services.sandbox.for_form()
        self._sniffer = services.sniffer
        self._store = services.store

    def resume(self, announced: int | None, sending: Sending) -> None:
        """Go on with a later form of the same case. What was accepted stays, as its first files."""
        accepted = [one for one in self._shown if one.refused is None]
        self._shown = [
            FileShown(order, one.kind, one.report, None, one.file_id) for order, one in enumerate(accepted, start=1)
        ]
        self._chosen = self._resumed = len(accepted)
        self._allowance.renew(announced, len(accepted), sum(one.attachment.size for one in self._accepted))
        self._sending = sending

    @property
    def refused_now(self) -> tuple[FileShown, ...]:
        """The files of the form that is being taken that were refused."""
        return tuple(one for one in self._shown if one.refused is not None)

    @property
    def bytes_staged(self) -> int:
        """What the files take on the disk, about: padding adds an eighth at most."""
        return sum(one.attachment.size * 9 // 8 for one in self._accepted)

    @property
    def bytes_shown(self) -> int:
        """What is kept in memory of them, about."""
        return sum(one.bytes_kept for one in self._shown)

    @property
    def shown(self) -> tuple[FileShown, ...]:
        """What became of each file, for the page."""
        return tuple(self._shown)

    @property
    def pending(self) -> PendingCase:
        """The case with the files that were accepted."""
        return PendingCase(self._case, tuple(self._accepted), self._refused)

    async def take(self, part: Part, how: How = How.PLAIN) -> None:
        """Take one file, or note why not.

        A file input that was left alone sends one part with nothing in it and no name. With a name it is a file that
        was chosen, and is empty: one that has not come down to the telephone yet, for instance.
        """
        if await part.is_empty():
            if part.was_chosen:
                self._chosen += 1
                self._refuse(Empty.text_key)
            return
        self._chosen += 1
        self.ways.add(how)
        jail = Jail(self._sandbox, self._sniffer, how)
        # Of a file that is neither no more is read ahead of its room than tells so.
        apart = self._sniffer.may_come_apart(await part.begins(_BEGINNING))
        first = self._sniffer.first_inside(await part.begins(HEAD_BYTES)) if apart else None
        if first is None:
            await self._take_one(part, jail)
        else:
            await self._take_apart(part, jail, first)

    async def _take_one(self, part: Part, jail: Jail) -> None:
        progress = self._progress()
        await self._note(
            accept_attachment(part, self._case, self._allowance, jail, self._store, progress=progress), progress
        )

    async def _note(self, accepting: Awaitable[Accepted], progress: FileProgress, inside: int = 0) -> None:
        """Note that a file was accepted, or why not."""
        try:
            accepted = await accepting
        except (Refused, FileRefused) as refused:
            self._refuse(refused.text_key, inside)
            return
        self._accepted.append(accepted)
        report = accepted.report
        self._shown.append(FileShown(progress.file, report.kind, report, None, accepted.file_id.hex(), inside))
        progress.step(Step.CLEAN)

    async def _take_apart(self, part: Part, jail: Jail, first: int) -> None:
        """Take each file of an archive or an e-mail, numbered from `first`; or note why it cannot be taken apart."""
        untrusted, progress = MemoryFile(), self._progress()
        accepted, shown = len(self._accepted), len(self._shown)
        try:
            async with self._allowance.one_archive(untrusted, part.rate) as room:
                await read_part(part, untrusted, room)
                progress.step(Step.CLEANING)
                with ExitStack() as closing:
                    members = await self._sandbox.unpack(SniffedArchive(untrusted), room.take_members)
                    for member in members:
                        closing.enter_context(member)
                    for inside, (member, size) in enumerate([(one, one.size) for one in members], start=first):
                        taking = accept_unpacked(
                            member, self._case, self._allowance, jail, self._store, progress=progress
                        )
                        await self._note(taking, progress, inside)
                        room.cleaned(size)
        except (Refused, FileRefused) as refused:
            # What was done of one that gave way is undone: all of it or nothing.
            del self._shown[shown:]
            await to_its_end(self._drop_some(self._accepted[accepted:]))
            self._refuse(refused.text_key)

    def _refuse(self, text_key: str, inside: int = 0) -> None:
        progress = self._progress()
        self._shown.append(FileShown(progress.file, None, None, text_key, inside=inside))
        self._refused[text_key] += 1
        progress.step(Step.NOT_TAKEN)

    def _progress(self) -> FileProgress:
        return FileProgress(self._sending, self._chosen)

    async def drop_new(self) -> None:
        """Delete what was staged by a later form of the same case that broke off."""
        await self._drop_some(self._accepted[self._resumed :])

    async def drop_held(self) -> None:
        """Delete what was accepted before this form."""
        held, self._resumed = self._accepted[: self._resumed], 0
        await self._drop_some(held)

    async def _drop_some(self, dropped: Sequence[Accepted]) -> None:
        ids = {one.file_id.hex() for one in dropped}
        self._accepted = [one for one in self._accepted if one.file_id.hex() not in ids]
        self._shown = [one for one in self._shown if one.file_id not in ids]
        await drop_files(self._store, PendingCase(self._case, tuple(dropped)).file_ids)

    async def drop(self) -> None:
        """Delete everything that was staged; for a form that is refused after its files came."""
        await drop_files(self._store, self.pending.file_ids)
        self._accepted.clear()
