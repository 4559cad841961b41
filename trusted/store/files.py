"""
Sealed files as rows of chunks: no per-file times, and nothing of a file outside the database.

An upload is staged: its row has no case until a filing or an append claims it in the same transaction as the entry that
names it. Chunks are committed in small groups, so that a file of 50 MiB is never in memory and other writers get in
between. What is never claimed is swept when the store is next opened.
"""

import itertools
from collections.abc import AsyncIterator, Iterable
from datetime import date

import aiosqlite

from trusted.case.errors import NotThere, StoreFault
from trusted.crypto.sealed_files import SealedFile
from trusted.store.db import Parts, change, every, one

# 1 MiB at a time: about 10 ms under the lock, and one fsync for each.
CHUNKS_IN_GROUP = 4


async def add_file(parts: Parts, sealed: SealedFile) -> None:
    """Stage a sealed file; raises StoreFault if its chunks are not of the size it says."""
    async with parts.db.write() as connection:
        await connection.execute(
            "INSERT INTO files (file_id, number, item_kind, header, sealed_size) VALUES (?, ?, ?, ?, ?)",
            (sealed.file_id, sealed.number, int(sealed.item_kind), sealed.header, sealed.sealed_size),
        )
    position = size = 0
    chunks = iter(sealed.chunks)
    while group := list(itertools.islice(chunks, CHUNKS_IN_GROUP)):
        rows = [(sealed.file_id, position + ahead, chunk) for ahead, chunk in enumerate(group)]
        async with parts.db.write() as connection:
            await connection.executemany("INSERT INTO chunks (file_id, position, chunk) VALUES (?, ?, ?)", rows)
        position += len(group)
        size += sum(len(chunk) for chunk in group)
    if size != sealed.sealed_size:
        raise StoreFault


async def drop_file(parts: Parts, file_id: bytes) -> None:
    """Delete a staged file; one that is not there, or that a case has claimed, stays as it is."""
    async with parts.db.write() as connection:
        await connection.execute("DELETE FROM files WHERE file_id = ? AND case_id IS NULL", (file_id,))


async def drop_staged(parts: Parts) -> None:
    """Delete every file that no case has claimed: what an upload left behind when the process died."""
    async with parts.db.write() as connection:
        await connection.execute("DELETE FROM files WHERE case_id IS NULL")


async def claim_files(
    connection: aiosqlite.Connection, case_id: bytes, file_ids: Iterable[bytes], release_on: date | None
) -> None:
    """Give staged files to a case, inside the caller's transaction; raises NotThere if one is not staged."""
    day = None if release_on is None else release_on.isoformat()
    for file_id in file_ids:
        query = "UPDATE files SET case_id = ?, release_on = ? WHERE file_id = ? AND case_id IS NULL"
        if await change(connection, query, case_id, day, file_id) != 1:
            raise NotThere


async def delete_chunks(parts: Parts, case_id: bytes) -> None:
    """Delete the files of a case one by one, so that the log stays small: 200 MiB are not one transaction."""
    async with parts.db.read() as connection:
        found = await every(connection, "SELECT file_id FROM files WHERE case_id = ?", case_id)
    for (file_id,) in found:
        async with parts.db.write() as connection:
            await connection.execute("DELETE FROM files WHERE file_id = ?", (file_id,))


async def read_file(parts: Parts, case_id: bytes, file_id: bytes, *, released_only: bool) -> AsyncIterator[bytes]:
    """Yield the chunks of a file of this case; raises NotThere if it has none, or if it is erased meanwhile."""
    wanted = "SELECT sealed_size FROM files WHERE file_id = ? AND case_id = ?"
    if released_only:
        wanted += " AND release_on IS NULL"
    async with parts.db.read() as connection:
        found = await one(connection, wanted, file_id, case_id)
    if found is None:
        raise NotThere
    left = int(found[0])
    position = 0
    while left > 0:
        # One short query for each chunk: an open one would keep the log from being cut while somebody downloads.
        async with parts.db.read() as connection:
            row = await one(
                connection, "SELECT chunk FROM chunks WHERE file_id = ? AND position = ?", file_id, position
            )
        if row is None:
            raise NotThere
        chunk = bytes(row[0])
        yield chunk
        left -= len(chunk)
        position += 1
