"""
What the store gives out, and to whom.

A reporter is found by the lookup id of a receipt; a member shows that the case key is there with a MAC under the
access key, compared in constant time. Unknown, wrong, unreleased and erased are one answer after the same work.
Members get what has been released; the reporter gets everything but the notes.
"""

import hmac
import secrets
from datetime import date

import aiosqlite

from trusted.case.entry import Stream
from trusted.case.errors import NotThere
from trusted.crypto.case_keys import fetch_mac
from trusted.crypto.envelope import Sealed
from trusted.crypto.streams import EMPTY_HEAD, Head
from trusted.store.db import Parts, Row, every, one
from trusted.store.rows import CaseProof, CaseRows, FileRow, ReporterRow, State, StreamRows, TombstoneRow

_CASE = (
    "SELECT case_id, epoch, commitment, slot, released, state, release_day, erase_by, hold, closed_day, notice_day"
    " FROM cases WHERE case_id = ? AND state <> 'erasing'"
)
# Compared with when there is no case, so that the work is the same. Random, so that no MAC fits it.
_NO_ACCESS_KEY = secrets.token_bytes(32)


async def find_by_lookup(parts: Parts, lookup_id: bytes) -> ReporterRow | None:
    """Return what a receipt finds, or None; one query and one slot read either way."""
    query = (
        "SELECT case_id, epoch, commitment, slot, reporter_grant, released, state, release_day"
        " FROM cases WHERE lookup_id = ? AND state <> 'erasing'"
    )
    async with parts.db.read() as connection:
        row = await one(connection, query, lookup_id)
        share = parts.slots.read(0 if row is None else row[3])
    if row is None:
        return None
    case_id, epoch, commitment, _slot, grant, released, state, release_day = row
    seen = _state(state, released)
    return ReporterRow(case_id, epoch, commitment, share, grant, bool(released), seen, date.fromisoformat(release_day))


async def reporter_streams(parts: Parts, case_id: bytes) -> CaseRows:
    """Return all of the reporter's stream and of the members', for a caller who has opened the reporter's grant."""
    async with parts.db.read() as connection:
        row = await one(connection, _CASE, case_id)
        if row is None:
            raise NotThere
        return await _case_rows(parts, connection, row, for_members=False)


async def released_case(parts: Parts, proof: CaseProof, verb: str) -> CaseRows:
    """Return what members see of a case; raises NotThere."""
    async with parts.db.read() as connection:
        await check_access(connection, proof, verb)
        row = await one(connection, _CASE, proof.case_id)
        if row is None:
            raise NotThere
        return await _case_rows(parts, connection, row, for_members=True)


async def check_access(connection: aiosqlite.Connection, proof: CaseProof, verb: str) -> None:
    """Return if the MAC is that of a released case; raises NotThere for anything else, after the same work."""
    query = "SELECT access_key FROM cases WHERE case_id = ? AND released = 1 AND state <> 'erasing'"
    await _check_mac(await one(connection, query, proof.case_id), proof, verb)


async def tombstone(parts: Parts, proof: CaseProof, verb: str) -> TombstoneRow:
    """Return what is left of an erased case to a member who shows the MAC; raises NotThere."""
    # While the case's row is still there the erasure is not finished, and nothing may say that it is.
    query = (
        "SELECT access_key FROM tombstones WHERE case_id = ?1 AND NOT EXISTS (SELECT 1 FROM cases WHERE case_id = ?1)"
    )
    statements = "SELECT statement FROM tombstone_statements WHERE case_id = ? ORDER BY position"
    async with parts.db.read() as connection:
        row = await one(connection, query, proof.case_id)
        await _check_mac(row, proof, verb)
        kept = await every(connection, statements, proof.case_id)
    if row is None:
        raise NotThere
    return TombstoneRow(proof.case_id, tuple(blob for (blob,) in kept))


async def _check_mac(row: Row | None, proof: CaseProof, verb: str) -> None:
    expected = fetch_mac(_NO_ACCESS_KEY if row is None else row[0], verb, proof.case_id, proof.counter)
    if not hmac.compare_digest(expected, proof.mac) or row is None:
        raise NotThere


async def _case_rows(parts: Parts, connection: aiosqlite.Connection, row: Row, *, for_members: bool) -> CaseRows:
    case_id, epoch, commitment, slot, released, state, release_day, erase_by, hold, closed_day, notice_day = row
    shown = (Stream.REPORTER, Stream.MEMBERS, Stream.NOTES) if for_members else (Stream.REPORTER, Stream.MEMBERS)
    streams = {
        int(stream): await _stream_rows(connection, case_id, stream, released_only=for_members) for stream in shown
    }
    notes: list[Row] = []
    statements: list[Row] = []
    if for_members:
        notes = await every(connection, "SELECT item FROM notes_grants WHERE case_id = ? ORDER BY position", case_id)
        statements = await every(
            connection, "SELECT statement FROM statements WHERE case_id = ? ORDER BY position", case_id
        )
    return CaseRows(
        case_id=case_id,
        epoch=epoch,
        commitment=commitment,
        share=parts.slots.read(slot),
        streams=streams,
        notes_grants=tuple(item for (item,) in notes),
        files=await _file_rows(connection, case_id, released_only=for_members),
        state=_state(state, released),
        release_day=date.fromisoformat(release_day),
        erase_by=_day(erase_by),
        statements=tuple(blob for (blob,) in statements),
        hold=bool(hold),
        closed_day=_day(closed_day),
        notice_day=_day(notice_day),
    )


async def _stream_rows(
    connection: aiosqlite.Connection, case_id: bytes, stream: Stream, *, released_only: bool
) -> StreamRows:
    query = "SELECT header, body, release_on FROM entries WHERE case_id = ? AND stream = ? ORDER BY number"
    rows = await every(connection, query, case_id, int(stream))
    visible = sum(1 for row in rows if row[2] is None)
    wanted = visible if released_only else len(rows)
    head = await one(
        connection,
        "SELECT count, tag FROM heads WHERE case_id = ? AND stream = ? AND count = ?",
        case_id,
        int(stream),
        wanted,
    )
    sealed = tuple(Sealed(header, body) for header, body, _day in rows[:wanted])
    return StreamRows(sealed, EMPTY_HEAD if head is None else Head(head[0], head[1]), visible)


async def _file_rows(connection: aiosqlite.Connection, case_id: bytes, *, released_only: bool) -> tuple[FileRow, ...]:
    query = (
        "SELECT file_id, number, item_kind, header, sealed_size, release_on IS NULL FROM files"
        " WHERE case_id = ? ORDER BY number, item_kind"
    )
    rows = [
        FileRow(file_id, number, item_kind, header, sealed_size, bool(released))
        for file_id, number, item_kind, header, sealed_size, released in await every(connection, query, case_id)
    ]
    return tuple(row for row in rows if row.released or not released_only)


def _state(state: str, released: int) -> State:
    if not released:
        return "waiting"
    return "closed" if state == "closed" else "open"


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
