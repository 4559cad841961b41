"""What a member does to a case: each act is one entry, signed and sealed here, and for some a signed statement as well.

Every act opens the case anew, asks `cases.case.timeline` whether it may be done now, appends, and returns what the case
is like then. When somebody else wrote to the stream meanwhile the act starts over with what is there now: whether it
may still be done is asked again.

Closing is an outcome with a text for the reporter, a Close entry, and a statement that the server can read, in this
order: a break in between leaves a case that can be closed again with the same command, never one that is closed without
its outcome. Erasing is a statement alone: the first waits at the server, the second member's executes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from nacl.utils import random

from cases.case.deadlines import wanted_by
from cases.case.signers import given_to, left_to_sign, may_erase, stepped_aside
from cases.case.statements import Act, sign_statement
from cases.case.timeline import Action, require_allowed
from cases.clock import today
from cases.crypto.envelope import KEY_BYTES
from cases.crypto.seal import CaseKeys, append, make_grant
from cases.crypto.streams import MAY_COUNT
from cases.entry import (
    Acknowledgement,
    Assessment,
    Body,
    Close,
    CompletionRequest,
    Message,
    Note,
    Outcome,
    PhoneMinutes,
    Stream,
)
from cases.errors import Conflict, NotAllowed
from cases.wire import messages as wire
from desk.errors import DayTooSoon, NotNow, ServerRefused
from desk.work.casebook import Casebook
from desk.work.opened import OpenedCase

# Two members writing at the same moment is rare; four tries are for the day when five of them do.
TRIES = 4


@dataclass(frozen=True, slots=True, repr=False)
class Notes:
    """The keys of the notes; with grants for those who read the case, when this entry begins them."""

    keys: CaseKeys
    grants: tuple[bytes, ...] | None


async def reply(book: Casebook, name: str, text: str) -> OpenedCase:
    """Write to the reporter. Raises NotNow, and what opening the case raises; so do all acts below."""
    return await write(book, name, Action.REPLY, lambda _: Message(text))


async def acknowledge(book: Casebook, name: str, text: str) -> OpenedCase:
    """Tell the reporter that the report has come."""
    return await write(book, name, Action.ACKNOWLEDGE, lambda _: Acknowledgement(text))


async def ask(book: Casebook, name: str, text: str, by: date | None) -> OpenedCase:
    """Ask the reporter for more, by a day at least seven days ahead."""

    def request(_: OpenedCase) -> Body:
        try:
            return CompletionRequest(text, wanted_by(today(book.clock), by))
        except NotAllowed as too_soon:
            raise DayTooSoon from too_soon

    return await write(book, name, Action.ASK, request)


async def assess(book: Casebook, name: str, text: str) -> OpenedCase:
    """Record that the first assessment is done."""
    return await write(book, name, Action.ASSESS, lambda _: Assessment(text))


async def minutes(book: Casebook, name: str, text: str) -> OpenedCase:
    """Write down a conversation, for the reporter to approve; with the approval the reporter has a new case code."""
    return await write(book, name, Action.REPLY, lambda _: PhoneMinutes(text))


async def note(book: Casebook, name: str, text: str) -> OpenedCase:
    """Write for members only. The first note of a case makes the notes key, which the server never sees."""
    return await write(book, name, Action.NOTE, lambda _: Note(text), Stream.NOTES)


async def close(
    book: Casebook, name: str, result: Literal["handled", "dismissed"], text: str, reason: str = ""
) -> OpenedCase:
    """Give the outcome, close, and tell the server so."""
    case = await book.open(book.state.find(name))
    if case.state.closed_on is None:
        await write(book, name, Action.CONCLUDE, lambda _: Outcome(result, text, reason))
        case = await write(book, name, Action.CLOSE, lambda _: Close())
    elif case.server_state == "closed":
        raise NotNow("timing.not_now")
    await declare(book, case, Act.CLOSE, "")
    return await book.open(book.state.find(name))


async def erase(book: Casebook, name: str, reference: str) -> Literal["kept", "done"]:
    """Sign that the case is to be erased; done when another member had signed the same before."""
    case = await book.open(book.state.find(name))
    demand(case, Action.CO_SIGN, "erase.aside")
    # How long the reporter's inbox stays open after closing is the server's setting, and the server holds to it; a desk
    # that counted days by itself would know better than the municipality.
    if case.state.closed_on is None:
        raise NotNow("erase.not_closed")
    if case.state.on_hold:
        raise NotNow("erase.hold")
    _require_one_who_is_left(book, case)
    _require_signers_count(case, reference)
    answer = await declare(book, case, Act.ERASE, reference)
    if answer.state == "done":
        # The tombstone is fetched, verified and kept, and the case's key forgotten.
        await book.forget_erased(case.known)
        return "done"
    return "kept"


def _require_one_who_is_left(book: Casebook, case: OpenedCase) -> None:
    """Return unless our signature would be the second of two who have stepped aside while somebody has not."""
    aside = stepped_aside(case.streams)
    signed = {member for member, _reference in case.waiting} - {case.own_id}
    roster = None if book.chain is None else book.chain.current
    if case.own_id in aside and signed and signed <= aside and (roster is None or left_to_sign(case.streams, roster)):
        raise NotNow("erase.two_aside")


def _require_signers_count(case: OpenedCase, reference: str) -> None:
    """Return unless our signature would be one of two of which one does not count: no other desk would believe it."""
    others = {member for member, waiting in case.waiting if waiting == reference}
    if not {case.own_id, *others} <= may_erase(case.streams):
        raise NotNow("erase.by_another")


async def write(
    book: Casebook,
    name: str,
    action: Action | None,
    body_for: Callable[[OpenedCase], Body],
    stream: Stream = Stream.MEMBERS,
) -> OpenedCase:
    """Write one entry if the case allows the action; return the case as it is then. Raises NotNow.

    Without an action the entry tells what has been done already, and is written whatever the case allows by now.
    """
    for tries_left in reversed(range(TRIES)):
        case = await book.open(book.state.find(name))
        if action is not None:
            demand(case, action)
        try:
            await _append(book, case, stream, body_for(case))
        except ServerRefused as refused:
            if refused.code != Conflict.code or not tries_left:
                raise
            continue
        return await book.open(book.state.find(name))
    raise NotNow


async def _append(book: Casebook, case: OpenedCase, stream: Stream, body: Body) -> None:
    notes = _notes(case) if stream is Stream.NOTES else None
    keys = case.keys if notes is None else notes.keys
    existing = case.streams.get(stream, ())
    sealed, _, head = append(
        keys,
        stream,
        existing,
        book.keys.id,
        book.keys.sign_seed,
        today(book.clock),
        _seen(case, stream),
        body,
    )
    await book.ask_case(
        case.known,
        "append",
        wire.AppendRequest,
        wire.AppendAnswer,
        stream=int(stream),
        count=len(existing),
        header=sealed.header,
        body=sealed.body,
        head=wire.WireHead(head.count, head.tag),
        notes_grants=None if notes is None else notes.grants,
    )


def _seen(case: OpenedCase, stream: Stream) -> Mapping[int, int]:
    """How much of the other streams stands before the entry: that orders them without clocks."""
    return {int(other): len(case.streams.get(other, ())) for other in MAY_COUNT[stream]}


def _notes(case: OpenedCase) -> Notes:
    """Return the notes keys; new ones are sealed to those the case was given to, if they are still members."""
    if case.notes_hidden:
        raise NotNow("act.notes_hidden")
    if case.notes_key_kept:
        raise NotNow("act.notes_key_kept")
    if case.notes_keys is not None:
        return Notes(case.notes_keys, None)
    notes_key = random(KEY_BYTES)
    granted = case.keys.granting_notes(notes_key)
    roster = case.chain.current
    given = given_to(case.streams)
    readers = [] if roster is None else [member for member in roster.members if member.id in given]
    version = 0 if roster is None else roster.version
    return Notes(
        case.keys.for_notes(notes_key),
        tuple(make_grant(granted, reader.id_bytes, reader.box, version) for reader in readers),
    )


async def declare(book: Casebook, case: OpenedCase, act: Act, reference: str) -> wire.StateAnswer:
    """Sign a statement and hand it in."""
    signed = sign_statement(
        book.keys,
        act,
        case.known.case_id,
        day=today(book.clock),
        server=book.server_key,
        reference=reference,
        erase_by=case.state.erase_by if act is Act.CLOSE else None,
    )
    return await hand_in(book, case, signed)


async def hand_in(book: Casebook, case: OpenedCase, signed: bytes) -> wire.StateAnswer:
    """Hand in a signed statement on a case. Raises ServerRefused."""
    return await book.ask_case(
        case.known,
        "statement",
        wire.StatementRequest,
        wire.StateAnswer,
        statement=signed,
        seal_key=case.keys.statement_key,
    )


def demand(case: OpenedCase, action: Action, text_key: str | None = None) -> None:
    """Return when the case allows this now. Raises NotNow with the reason, or with the one that is given."""
    try:
        require_allowed(case.state, action)
    except NotAllowed as refused:
        raise NotNow(text_key or refused.text_key) from refused
