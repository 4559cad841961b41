"""
A member's answer with a file: entries and the two sealed files they name, stored whole or not at all, visible at once.

The files are staged like those of a form, before the transaction that claims them. Ids and numbers come from a desk,
which may be hostile: neither may be in use already, or staging would overwrite a file of another case.
"""

from collections.abc import Sequence

from trusted.case.entry import ItemKind, Stream
from trusted.case.errors import Conflict, StoreFault
from trusted.crypto.envelope import Place, read_header
from trusted.crypto.sealed_files import SealedFile
from trusted.store.db import Parts, one
from trusted.store.files import claim_files
from trusted.store.filing import insert_entries, insert_head, live_epoch, stream_end
from trusted.store.reading import check_access
from trusted.store.rows import CaseProof, MemberEntries

VERB = "attach"
# What one attachment consists of, in this order.
_KINDS = (ItemKind.FILE, ItemKind.PREVIEW)


async def require_new_files(parts: Parts, proof: CaseProof, files: Sequence[SealedFile]) -> None:
    """
    Check that `files` are the file and preview of one attachment, and that no id or number of theirs is in use.

    Raises NotThere when the proof opens no case, Conflict when an id or number is in use or the case has a new epoch,
    and StoreFault for any other pair of files.
    """
    numbers = {one_file.number for one_file in files}
    if tuple(one_file.item_kind for one_file in files) != _KINDS or len(numbers) != 1:
        raise StoreFault
    case_id = proof.case_id
    async with parts.db.read() as connection:
        await check_access(connection, proof, VERB)
        epoch = await live_epoch(connection, case_id)
        for new in files:
            header = read_header(new.header)
            if header.place != Place(Stream.FILES, new.number, new.item_kind):
                raise StoreFault
            if header.epoch != epoch:
                raise Conflict
            taken = "SELECT 1 FROM files WHERE file_id = ?1 OR (case_id = ?2 AND number = ?3)"
            if await one(connection, taken, new.file_id, case_id, new.number) is not None:
                raise Conflict


async def append_with_files(parts: Parts, new: MemberEntries, file_ids: Sequence[bytes]) -> int:
    """Add entries to the members' stream and give the case its staged files; returns the new count."""
    case_id, count = new.proof.case_id, new.expected_count + len(new.entries)
    async with parts.db.write() as connection:
        await check_access(connection, new.proof, VERB)
        end = await stream_end(connection, case_id, Stream.MEMBERS, new.expected_count)
        await insert_entries(connection, end, new.entries, None)
        await connection.execute("DELETE FROM heads WHERE case_id = ? AND stream = ?", (case_id, int(Stream.MEMBERS)))
        await insert_head(connection, case_id, Stream.MEMBERS, count, new.head)
        await claim_files(connection, case_id, file_ids, None)
    return count


async def drop_unclaimed(parts: Parts, file_ids: Sequence[bytes]) -> None:
    """Delete what was staged for an answer that did not come to be; a file that a case has claimed stays."""
    async with parts.db.write() as connection:
        for file_id in file_ids:
            await connection.execute("DELETE FROM files WHERE file_id = ? AND case_id IS NULL", (file_id,))
