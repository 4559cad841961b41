"""
The store: every verb there is on the home's cases. It keeps ciphertext, days and random ids, and cannot read any of it.

Contract. A verb that returns has its effect on the disk (every commit is fsynced); one that raises had none. A verb
that writes is finished once it has begun, also when its caller is cancelled: a filing whose connection dies is whole
or is not there. Reads see whole transactions. One process at a time has a home's store open (the slots' file is the
lock).

What the store is given and gives out is ciphertext, with two exceptions that a case cannot do without: the access key
(it proves that somebody holds the case key, and opens nothing) and the share (opens nothing without the case key).

The verbs are grouped as in the modules that do the work: files, filing, reading, members, boxes, erasing.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine, Sequence
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from trusted.case.clock import Clock
from trusted.case.entry import Stream
from trusted.case.errors import Busy, StoreFault
from trusted.crypto.sealed_files import SealedFile
from trusted.roster.text import Roster
from trusted.store import access, answers, boxes, erase, files, filing, members, reading, usage
from trusted.store.access import ReporterAccess
from trusted.store.db import DATABASE_NAME, HEARTBEAT_BYTES, SLOTS_NAME, Database, Parts, every, one
from trusted.store.erase import Due, Outcome
from trusted.store.rows import (
    Batch,
    CaseProof,
    CaseRows,
    FileRow,
    Filing,
    KeptKeys,
    MemberEntries,
    Rekeying,
    Replacement,
    ReporterEntries,
    ReporterRow,
    SignedStatement,
    StreamRows,
    TombstoneRow,
)
from trusted.store.shred import Slots

__all__ = [
    "Batch",
    "CaseProof",
    "CaseRows",
    "Due",
    "FileRow",
    "Filing",
    "KeptKeys",
    "MemberEntries",
    "Rekeying",
    "Replacement",
    "ReporterAccess",
    "ReporterEntries",
    "ReporterRow",
    "SignedStatement",
    "Store",
    "StreamRows",
    "TombstoneRow",
]

_T = TypeVar("_T")


class Store:
    """The open store of one home."""

    def __init__(self, parts: Parts, home_id: bytes, salt: bytes) -> None:
        """Take over what `open` has prepared."""
        self._parts = parts
        self._under_way: set[asyncio.Task[Any]] = set()
        self._closing = False
        self.home_id = home_id
        self.salt = salt

    @staticmethod
    def create(home: Path) -> bytes:
        """Make database and slots in a folder that exists; returns the home id. Raises FileExistsError."""
        Slots.create(home / SLOTS_NAME)
        return Database.create(home / DATABASE_NAME)

    @classmethod
    async def open(cls, home: Path, clock: Clock) -> "Store":
        """
        Open the store and finish what a crash interrupted; raises Busy if another process has it open.

        Sweeps staged files, finishes erasures and re-keyings, and folds in the log: after a kill -9 deleted bytes stand
        in the file until exactly this is done.
        """
        slots = await asyncio.to_thread(Slots, home / SLOTS_NAME)
        try:
            db = await Database.open(home / DATABASE_NAME)
        except BaseException:
            slots.close()
            raise
        try:
            return await cls._finish_interrupted(Parts(db, slots, clock))
        except BaseException:
            await db.close()
            slots.close()
            raise

    @classmethod
    async def _finish_interrupted(cls, parts: Parts) -> "Store":
        """Read what the home is and take up what a crash left half-way."""
        used = "SELECT slot FROM cases UNION ALL SELECT spent_slot FROM cases WHERE spent_slot IS NOT NULL"
        async with parts.db.read() as connection:
            row = await one(connection, "SELECT home_id, salt FROM home")
            taken = await every(connection, used)
        if row is None:
            raise StoreFault
        parts.slots.adopt(slot for (slot,) in taken)
        await files.drop_staged(parts)
        await members.overwrite_spent_slots(parts)
        await erase.finish_erasures(parts)
        return cls(parts, home_id=row[0], salt=row[1])

    async def close(self) -> None:
        """Let every write that has begun come to its end, then close."""
        self._closing = True
        while self._under_way:
            await asyncio.wait(self._under_way)
        try:
            await self._parts.db.close()
        finally:
            self._parts.slots.close()

    async def heartbeat(self) -> None:
        """
        Write the same amount of random bytes to both files, so that all times are those of the heartbeat.

        The times are set also when the bytes cannot be written or the log cannot be cut: it raises StoreFault after it.
        Raises SettingLost when the connection has lost a setting: a finished heartbeat shows that all of them hold.
        """

        async def write_random_bytes() -> None:
            try:
                await self._parts.db.require_settings()
                async with self._parts.db.write() as connection:
                    await connection.execute("UPDATE home SET beat = ?", (secrets.token_bytes(HEARTBEAT_BYTES),))
                await asyncio.to_thread(self._parts.slots.touch)
                await self._parts.db.sweep()
            finally:
                self._parts.db.stamp()
                self._parts.slots.stamp()

        await self._finish(write_random_bytes())

    # Files

    async def add_file(self, sealed: SealedFile) -> None:
        """Stage a sealed file in groups of chunks; a later filing or append claims it. What fails is dropped again."""
        try:
            await files.add_file(self._parts, sealed)
        except BaseException:
            await self._finish(files.drop_file(self._parts, sealed.file_id))
            raise

    async def drop_file(self, file_id: bytes) -> None:
        """Delete a staged file."""
        await self._finish(files.drop_file(self._parts, file_id))

    async def disk_use(self) -> usage.DiskUse:
        """Return how full the disk is for files. Raises StoreFault."""
        return await usage.disk_use(self._parts)

    def read_file(self, case_id: bytes, file_id: bytes) -> AsyncIterator[bytes]:
        """Yield the chunks of any file of the case, for its reporter; raises NotThere."""
        return files.read_file(self._parts, case_id, file_id, released_only=False)

    async def released_file(self, proof: CaseProof, file_id: bytes, verb: str = "file") -> AsyncIterator[bytes]:
        """Check a member's MAC and yield the chunks of a released file; raises NotThere."""
        await self.check_access(proof, verb)
        async for chunk in files.read_file(self._parts, proof.case_id, file_id, released_only=True):
            yield chunk

    # Filing

    async def file_case(self, new: Filing) -> None:
        """Keep a new case, whole. With `at_once` it is released in the same transaction. Raises Conflict."""
        await self._finish(filing.file_case(self._parts, new))

    async def append_reporter(self, new: ReporterEntries) -> None:
        """Add entries to the reporter's stream, all or none; raises Conflict or NotThere."""
        await self._finish(filing.append_reporter(self._parts, new))

    async def change_access(self, entry: ReporterEntries, old_lookup_id: bytes, new: ReporterAccess | None) -> None:
        """Add the entry that approves minutes or ends the inbox, and put the new access, or none, in the old's place.

        Raises Conflict, NotThere or NotAllowed.
        """
        await self._finish(access.change_access(self._parts, entry, old_lookup_id, new))

    async def replace_pending(self, new: Replacement) -> None:
        """Rewrite the unreleased end of the reporter's stream, to take back a file; raises Conflict or NotThere."""
        await self._finish(filing.replace_pending(self._parts, new))

    async def take_back(self, case_id: bytes) -> None:
        """Erase an unreleased report without a trace; raises NotAllowed once it is released."""
        await self._finish(erase.take_back(self._parts, case_id))

    # Reading

    async def find_by_lookup(self, lookup_id: bytes) -> ReporterRow | None:
        """Return what a receipt finds, or None after the same work."""
        return await reading.find_by_lookup(self._parts, lookup_id)

    async def reporter_streams(self, case_id: bytes) -> CaseRows:
        """Return the case as its reporter sees it; raises NotThere."""
        return await reading.reporter_streams(self._parts, case_id)

    async def released_case(self, proof: CaseProof, verb: str = "case") -> CaseRows:
        """Return the case as members see it; raises NotThere for unknown, wrong, unreleased and erased alike."""
        return await reading.released_case(self._parts, proof, verb)

    async def tombstone(self, proof: CaseProof, verb: str = "case") -> TombstoneRow:
        """Return what is left of an erased case to a member who shows the MAC; raises NotThere."""
        return await reading.tombstone(self._parts, proof, verb)

    async def check_access(self, proof: CaseProof, verb: str) -> None:
        """Return if the MAC is that of a released case; raises NotThere."""
        async with self._parts.db.read() as connection:
            await reading.check_access(connection, proof, verb)

    # Members

    async def append_member(self, new: MemberEntries, stream: int, notes_grants: Sequence[bytes] | None = None) -> int:
        """Add entries that are visible at once; returns the new count. Raises NotThere or Conflict."""
        return await self._finish(members.append_member(self._parts, new, Stream(stream), notes_grants))

    async def attach_member(self, new: MemberEntries, sealed_files: Sequence[SealedFile]) -> int:
        """Add a member's entries with a file and its preview, all or none, visible at once; returns the new count.

        Raises NotThere, Conflict or StoreFault.
        """
        await answers.require_new_files(self._parts, new.proof, sealed_files)
        file_ids = tuple(sealed.file_id for sealed in sealed_files)
        try:
            for sealed in sealed_files:
                await files.add_file(self._parts, sealed)
            return await self._finish(answers.append_with_files(self._parts, new, file_ids))
        except BaseException:
            await self._finish(answers.drop_unclaimed(self._parts, file_ids))
            raise

    async def rekey(self, proof: CaseProof, rekeying: Rekeying) -> None:
        """Move the case to a new epoch; raises NotThere, Conflict or NotAllowed."""
        await self._finish(members.rekey(self._parts, proof, rekeying))

    async def accept_counter(self, member_id: bytes, counter: int) -> None:
        """Keep a request's counter; raises NotAllowed unless it is higher than every one before."""
        await self._finish(members.accept_counter(self._parts, member_id, counter))

    # Boxes

    async def release(self, today: date, member_ids: Sequence[bytes]) -> int:
        """Make visible what is due and give each box its batch; returns the batch number."""
        return await self._finish(boxes.release(self._parts, today, member_ids))

    async def release_now(self, case_id: bytes, member_ids: Sequence[bytes]) -> int:
        """Release one case at once; returns its batch number, or 0 if it was released already. Raises NotThere."""
        return await self._finish(boxes.release_now(self._parts, case_id, member_ids))

    async def last_release(self) -> date | None:
        """Return the day of the last daily release."""
        return await boxes.last_release(self._parts)

    async def box(self, member_id: bytes, after: int = 0) -> tuple[Batch, ...]:
        """Return the batches of a member's box after a batch number."""
        return await boxes.box(self._parts, member_id, after)

    # Erasing

    async def keep_statement(
        self, proof: CaseProof, signed: SignedStatement, roster: Roster, inbox_days: int = erase.INBOX_DAYS
    ) -> Outcome:
        """Act on a verified statement: "done", or "kept" until the second signature. Raises NotThere or NotAllowed."""
        return await self._finish(erase.keep_statement(self._parts, proof, signed, roster, inbox_days))

    async def erase(self, case_id: bytes, statements: Sequence[bytes] = ()) -> None:
        """Erase a case now and keep a tombstone; `keep_statement` is how members come here. Raises NotThere."""
        await self._finish(erase.erase(self._parts, case_id, statements))

    async def erase_due(self, today: date) -> Due:
        """Give notice of the two-year cap and erase what is past it."""
        return await self._finish(erase.erase_due(self._parts, today))

    async def _finish(self, verb: Coroutine[Any, Any, _T]) -> _T:
        """Run a verb to its end even if the caller is cancelled."""
        if self._closing:
            verb.close()
            raise Busy
        task = asyncio.ensure_future(verb)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)
