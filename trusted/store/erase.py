"""
Closing, holding and erasing a case, and taking back a report that nobody has seen.

Close, reopen, hold, release-hold, erase and withdraw-erase are statements that members signed; who calls has checked
the signature against the roster, and the MAC here shows that the signer has the case. Erasing needs two members (or one
and counsel) who agree, a closed case, no hold and an inbox period that is over, or that the reporter has ended. The
two-year cap needs no signature, but thirty days' notice, and a hold stops it too: that is what a hold is for.

Erasing keeps this order, and a crash after any step is finished when the store is next opened:

1. The decision is committed: the case is `erasing` (from here it is nowhere to be seen) and its tombstone is written.
2. The share is overwritten in its slot and fsynced. From here nothing of the case can be opened by anybody.
3. Rows are deleted, file by file, and last the case's own.
4. The log is folded in, overwritten and cut, with what SQLite leaves of rows (residue.py); that it was is checked.

Grants stay in the post boxes: no row says which of their items belonged to the case. What is in one is a case key,
which opens nothing without the share.

The tombstone is shown only when the case's own row is gone (step 3). Taking back is the same without a tombstone.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import aiosqlite

from trusted.case.clock import add_months, today
from trusted.case.errors import NotAllowed, NotThere, SealBroken
from trusted.case.statements import Act, Statement, open_statement, read_statement, seal_statement, verify_tombstone
from trusted.roster.text import Roster
from trusted.store.access import inbox_has_ended
from trusted.store.db import Parts, Row, every, one
from trusted.store.files import delete_chunks
from trusted.store.reading import check_access
from trusted.store.rows import CaseProof, SignedStatement

# VBL 2021:890, chapter 7: no longer than two years after the follow-up case was closed.
CAP_MONTHS = 24
NOTICE = timedelta(days=30)
INBOX_DAYS = 30
MIDNIGHT = timedelta(days=1)

Outcome = Literal["kept", "done"]


@dataclass(frozen=True, slots=True)
class Due:
    """What the two-year cap did today, in numbers."""

    noticed: int
    erased: int


async def keep_statement(
    parts: Parts, proof: CaseProof, signed: SignedStatement, roster: Roster, inbox_days: int
) -> Outcome:
    """
    Act on a verified statement: "done", or "kept" for an erasure that waits for its second signature.

    Raises NotThere for a case that the signer cannot show, NotAllowed with the reason.
    """
    case_id, statement = proof.case_id, signed.read
    if statement.case_id != case_id:
        raise NotThere
    day = today(parts.clock)
    async with parts.db.write() as connection:
        await check_access(connection, proof, "statement")
        row = await one(connection, "SELECT state, hold, closed_day FROM cases WHERE case_id = ?", case_id)
        if row is None:
            raise NotThere
        # The day stands in the tombstone, where nobody can check it later; a midnight may pass on the way.
        if abs(statement.day - day) > MIDNIGHT:
            raise NotAllowed("statement.other_day")
        if statement.kind is Act.WITHDRAW_ERASE:
            await _withdraw(connection, signed, roster)
            return "done"
        if statement.kind is not Act.ERASE:
            await _change_state(connection, case_id, statement, row, day)
            return "done"
        inbox_ended = await inbox_has_ended(connection, case_id, day)
        _check_erasable(row, day, inbox_days, inbox_ended=inbox_ended)
        pair, others = await _find_pair(connection, signed, roster)
        if pair is None:
            await _keep_waiting(connection, case_id, [*others, seal_statement(signed.seal_key, case_id, signed.blob)])
            return "kept"
        await _decide(connection, case_id, day, [seal_statement(signed.seal_key, case_id, one) for one in pair])
    await finish_erasures(parts)
    return "done"


async def erase(parts: Parts, case_id: bytes, statements: Sequence[bytes]) -> None:
    """Erase a case in any state; the callers above have checked that it may be. Raises NotThere."""
    async with parts.db.write() as connection:
        await _decide(connection, case_id, today(parts.clock), statements)
    await finish_erasures(parts)


async def take_back(parts: Parts, case_id: bytes) -> None:
    """Erase a report that has not been released, and leave nothing; raises NotAllowed when it has been."""
    async with parts.db.write() as connection:
        row = await one(connection, "SELECT released FROM cases WHERE case_id = ? AND state <> 'erasing'", case_id)
        if row is None:
            raise NotThere
        if row[0]:
            raise NotAllowed("take_back.released")
        await connection.execute("UPDATE cases SET state = 'erasing' WHERE case_id = ?", (case_id,))
    await finish_erasures(parts)


async def erase_due(parts: Parts, day: date) -> Due:
    """Give notice thirty days before the two-year cap, and erase what had its notice and is past the cap."""
    noticed, due = 0, []
    query = "SELECT case_id, closed_day, notice_day FROM cases WHERE state = 'closed' AND hold = 0"
    async with parts.db.write() as connection:
        for case_id, closed_day, notice_day in await every(connection, query):
            cap = add_months(date.fromisoformat(closed_day), CAP_MONTHS)
            # A notice of a day to come was given by a clock that was ahead.
            if (notice_day is None or notice_day > day.isoformat()) and day >= cap - NOTICE:
                await connection.execute(
                    "UPDATE cases SET notice_day = ? WHERE case_id = ?", (day.isoformat(), case_id)
                )
                noticed += 1
            # A server that was off for long gives its notice late, and then waits the thirty days all the same.
            elif notice_day is not None and day >= max(cap, date.fromisoformat(notice_day) + NOTICE):
                await _decide(connection, case_id, day, ())
                due.append(case_id)
    await finish_erasures(parts)
    return Due(noticed, len(due))


async def finish_erasures(parts: Parts) -> None:
    """Take steps 2 to 4 for every case that is being erased, one after the other."""
    async with parts.destroying:
        async with parts.db.read() as connection:
            doomed = await every(connection, "SELECT case_id, slot, spent_slot FROM cases WHERE state = 'erasing'")
        for case_id, *slots in doomed:
            taken = [slot for slot in slots if slot is not None]
            # 2.
            for slot in taken:
                await asyncio.to_thread(parts.slots.overwrite, slot)
            # 3.
            await delete_chunks(parts, case_id)
            async with parts.db.write() as connection:
                await connection.execute("DELETE FROM cases WHERE case_id = ?", (case_id,))
            for slot in taken:
                parts.slots.free(slot)
    # 4.
    await parts.db.sweep()


async def _decide(connection: aiosqlite.Connection, case_id: bytes, day: date, statements: Sequence[bytes]) -> None:
    """Take step 1 inside the caller's transaction."""
    row = await one(connection, "SELECT access_key FROM cases WHERE case_id = ? AND state <> 'erasing'", case_id)
    if row is None:
        raise NotThere
    await connection.execute("UPDATE cases SET state = 'erasing' WHERE case_id = ?", (case_id,))
    await connection.execute(
        "INSERT INTO tombstones (case_id, access_key, erased_day) VALUES (?, ?, ?)",
        (case_id, row[0], day.isoformat()),
    )
    await connection.executemany(
        "INSERT INTO tombstone_statements (case_id, position, statement) VALUES (?, ?, ?)",
        [(case_id, position, blob) for position, blob in enumerate(statements)],
    )


async def _find_pair(
    connection: aiosqlite.Connection, signed: SignedStatement, roster: Roster
) -> tuple[tuple[bytes, bytes] | None, list[bytes]]:
    """Return this statement with a kept one that agrees to the same erasure, or None; and what goes on waiting.

    The question is that of every later reader of the tombstone, so it is asked with the same function. A kept statement
    by somebody who has left the roster, or with another disposal reference, makes no pair. One that does not open was
    sealed under something else than the key of the case: by a member who wants to be alone in reading it.
    """
    query = "SELECT statement FROM statements WHERE case_id = ? ORDER BY position"
    statement, others = signed.read, list[bytes]()
    for (sealed,) in await every(connection, query, statement.case_id):
        with contextlib.suppress(SealBroken):
            kept = open_statement(signed.seal_key, statement.case_id, sealed)
            if read_statement(kept, roster, statement.server).member == statement.member:
                continue
            others.append(sealed)
            verify_tombstone((kept, signed.blob), roster, statement.server)
            return (kept, signed.blob), others
    return None, others


async def _withdraw(connection: aiosqlite.Connection, signed: SignedStatement, roster: Roster) -> None:
    """Forget this member's own signature that waits; the others' stay. Raises NotAllowed when there is none."""
    query, statement = "SELECT statement FROM statements WHERE case_id = ? ORDER BY position", signed.read
    others, is_withdrawn = list[bytes](), False
    for (sealed,) in await every(connection, query, statement.case_id):
        with contextlib.suppress(SealBroken):
            kept = open_statement(signed.seal_key, statement.case_id, sealed)
            if read_statement(kept, roster, statement.server).member == statement.member:
                is_withdrawn = True
            else:
                others.append(sealed)
    if not is_withdrawn:
        raise NotAllowed("erase.not_signed")
    await _keep_waiting(connection, statement.case_id, others)


async def _keep_waiting(connection: aiosqlite.Connection, case_id: bytes, statements: Sequence[bytes]) -> None:
    await connection.execute("DELETE FROM statements WHERE case_id = ?", (case_id,))
    await connection.executemany(
        "INSERT INTO statements (case_id, position, statement) VALUES (?, ?, ?)",
        [(case_id, position, sealed) for position, sealed in enumerate(statements)],
    )


def _check_erasable(row: Row, day: date, inbox_days: int, *, inbox_ended: bool) -> None:
    state, hold, closed_day = row
    if state != "closed" or closed_day is None:
        raise NotAllowed("erase.not_closed")
    if hold:
        raise NotAllowed("erase.hold")
    if not inbox_ended and day < date.fromisoformat(closed_day) + timedelta(days=inbox_days):
        raise NotAllowed("erase.inbox_open")


async def _change_state(
    connection: aiosqlite.Connection, case_id: bytes, statement: Statement, row: Row, day: date
) -> None:
    """Close, reopen, hold or release a hold.

    Each drops erase statements that wait for a second signature: they were signed for another state of the case.
    """
    state, hold, _closed_day = row
    match statement.kind:
        case Act.CLOSE:
            if state == "closed":
                raise NotAllowed("close.closed")
            cap = add_months(day, CAP_MONTHS)
            erase_by = cap if statement.erase_by is None else min(statement.erase_by, cap)
            await connection.execute(
                "UPDATE cases SET state = 'closed', closed_day = ?, erase_by = ? WHERE case_id = ?",
                (day.isoformat(), erase_by.isoformat(), case_id),
            )
        case Act.REOPEN:
            if state != "closed":
                raise NotAllowed("reopen.not_closed")
            await connection.execute(
                "UPDATE cases SET state = 'open', closed_day = NULL, erase_by = NULL, notice_day = NULL"
                " WHERE case_id = ?",
                (case_id,),
            )
        case Act.HOLD | Act.RELEASE_HOLD:
            on = statement.kind is Act.HOLD
            if bool(hold) == on:
                raise NotAllowed("hold.unchanged")
            await connection.execute("UPDATE cases SET hold = ? WHERE case_id = ?", (int(on), case_id))
        case _:
            raise NotAllowed("statement.unknown")
    await connection.execute("DELETE FROM statements WHERE case_id = ?", (case_id,))
