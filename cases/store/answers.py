"""
What a member sends with a file: entries and the two sealed files they name, all of it or nothing, visible at once.

The files are staged like those of a form, before the transaction that claims them. Ids and numbers come from a desk,
which may mean harm: neither may be in use already, or staging would take the place of somebody else's file.
"""

from collections.abc import Sequence

from cases.crypto.envelope import Place, Sealed, read_header
from cases.crypto.sealed_files import SealedFile
from cases.crypto.streams import Head
from cases.entry import ItemKind, Stream
from cases.errors import Conflict, StoreFault
from cases.store.db import Parts, one
from cases.store.files import claim_files
from cases.store.filing import expect_count, insert_entries, insert_head, live_epoch
from cases.store.reading import check_access

VERB = "attach"
_KINDS = (ItemKind.FILE, ItemKind.PREVIEW)


async def require_welcome(parts: Parts, case_id: bytes, mac: bytes, counter: int, files: Sequence[SealedFile]) -> None:
    """Return if a case of this proof is there and the files are new. Raises NotThere, Conflict or StoreFault."""
    numbers = {one_file.number for one_file in files}
    if tuple(one_file.item_kind for one_file in files) != _KINDS or len(numbers) != 1:
        raise StoreFault
    async with parts.db.read() as connection:
        await check_access(connection, case_id, mac, counter, VERB)
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


async def append_with_files(  # noqa: PLR0917 (explicit arguments, as for PLR0913)
    parts: Parts,
    case_id: bytes,
    mac: bytes,
    counter: int,
    expected_count: int,
    entries: Sequence[Sealed],
    head: Head,
    file_ids: Sequence[bytes],
) -> int:
    """Add entries to the members' stream and give the case its staged files; returns the new count."""
    count = expected_count + len(entries)
    async with parts.db.write() as connection:
        await check_access(connection, case_id, mac, counter, VERB)
        epoch = await live_epoch(connection, case_id)
        await expect_count(connection, case_id, Stream.MEMBERS, expected_count)
        await insert_entries(connection, case_id, epoch, Stream.MEMBERS, expected_count, entries, None)
        await connection.execute("DELETE FROM heads WHERE case_id = ? AND stream = ?", (case_id, int(Stream.MEMBERS)))
        await insert_head(connection, case_id, Stream.MEMBERS, count, head)
        await claim_files(connection, case_id, file_ids, None)
    return count


async def drop_unclaimed(parts: Parts, file_ids: Sequence[bytes]) -> None:
    """Delete what was staged for an answer that did not come to be; a file that a case has claimed stays."""
    async with parts.db.write() as connection:
        for file_id in file_ids:
            await connection.execute("DELETE FROM files WHERE file_id = ? AND case_id IS NULL", (file_id,))
