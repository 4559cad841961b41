"""How an entry or a signed statement of this desk reaches a case.

`write` asks `cases.case.timeline` whether the case allows the act now, seals the entry and appends it: one request. The
case that it returns is the one that was there with the entry added, and the desk remembers that the server took it: a
server that drops it later is found out (CaseCut). When somebody else wrote to the stream meanwhile, the case is opened
again, and whether the act is still allowed is asked again.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from nacl.utils import random

from cases.case.signers import given_to
from cases.case.timeline import CaseAction, require_allowed
from cases.wire.messages import MOVE_WAITS, AppendAnswer, AppendRequest, StateAnswer, StatementRequest, WireHead
from desk.errors import HeldBack, NotNow, ServerRefused, StrangeAnswer
from desk.work.case.casebook import Casebook
from desk.work.case.held import ERASURE
from desk.work.case.opened import DeskCase
from trusted.case.clock import today
from trusted.case.entry import Body, Entry, Note, Stream
from trusted.case.errors import Conflict, NotAllowed
from trusted.case.statements import Act, Unsigned, sign_statement
from trusted.crypto.envelope import KEY_BYTES
from trusted.crypto.seal import Authorship, CaseKeys, append, make_grant
from trusted.crypto.streams import MAY_COUNT

# Two members writing at the same moment is rare; four tries are for the day when five of them do.
TRIES = 4


@dataclass(frozen=True, slots=True, repr=False)
class Notes:
    """The key of the notes and what it makes; with grants for the readers, when this entry begins them."""

    key: bytes
    keys: CaseKeys
    grants: tuple[bytes, ...] | None


async def write(
    book: Casebook,
    case: DeskCase,
    action: CaseAction | None,
    body: Body,
    stream: Stream = Stream.MEMBERS,
    *,
    ends_move: bool = False,
) -> DeskCase:
    """Write one entry if the case allows the action; return the case with it. Raises NotNow, HeldBack, ServerRefused.

    Without an action the entry records what has been done already, and is written even if the case no longer allows it.
    While a move of the case waits for its signature nothing is written (HeldBack); an entry that `ends_move` is, and
    the move does not fit any more.
    """
    # The request names it only after the server has named a waiting move: all first requests look alike.
    spoils_move = False
    for tries_left in reversed(range(TRIES)):
        if action is not None:
            require_now(case, action)
        try:
            return await _append(book, case, stream, body, spoils_move=spoils_move)
        except ServerRefused as refused:
            if not ends_move:
                refuse_while_moving(book, case, refused)
            if refused.code != Conflict.code or not tries_left:
                raise
            spoils_move = spoils_move or refused.text_key == MOVE_WAITS
        case = await book.open(case.known)
    raise NotNow


async def end_move(book: Casebook, look: Callable[[], Awaitable[DeskCase]], text: str) -> None:
    """Write a note that ends a move, in a case of which nothing is kept here; `look` opens it. Raises as `write`."""
    spoils_move = False
    for tries_left in reversed(range(TRIES)):
        case = await look()
        try:
            await _send(book, case, Stream.NOTES, Note(text), spoils_move=spoils_move)
        except ServerRefused as refused:
            if refused.code != Conflict.code or not tries_left:
                raise
            spoils_move = spoils_move or refused.text_key == MOVE_WAITS
        else:
            return


async def _append(book: Casebook, case: DeskCase, stream: Stream, body: Body, *, spoils_move: bool) -> DeskCase:
    entry, notes_key = await _send(book, case, stream, body, spoils_move=spoils_move)
    return book.with_entries(case, [entry], notes_key=notes_key)


async def _send(
    book: Casebook, case: DeskCase, stream: Stream, body: Body, *, spoils_move: bool
) -> tuple[Entry, bytes | None]:
    """Seal an entry and send it; return it, and the key of the notes as it is then."""
    notes = _notes(case) if stream is Stream.NOTES else None
    existing = case.streams.get(stream, ())
    sealed, entry, head = append(
        case.keys if notes is None else notes.keys,
        stream,
        existing,
        Authorship(book.keys.id, book.keys.sign_seed, today(book.clock), seen(case, stream)),
        body,
    )
    answer = await book.ask_case(
        case.known,
        "append",
        AppendRequest,
        AppendAnswer,
        stream=int(stream),
        count=len(existing),
        header=sealed.header,
        body=sealed.body,
        head=WireHead(head.count, head.tag),
        notes_grants=None if notes is None else notes.grants,
        spoils_move=spoils_move,
    )
    if answer.count != len(existing) + 1:
        raise StrangeAnswer
    return entry, case.notes_key if notes is None else notes.key


def seen(case: DeskCase, stream: Stream) -> Mapping[int, int]:
    """Return how much of the other streams stands before the entry: that orders them without clocks."""
    return {int(other): len(case.streams.get(other, ())) for other in MAY_COUNT[stream]}


def _notes(case: DeskCase) -> Notes:
    """Return the notes keys; new ones are sealed to those the case was given to, if they are still members."""
    if case.notes_hidden:
        raise NotNow("act.notes_hidden")
    if case.notes_key_kept:
        raise NotNow("act.notes_key_kept")
    if case.notes_key is not None:
        return Notes(case.notes_key, case.keys.for_notes(case.notes_key), None)
    notes_key = random(KEY_BYTES)
    granted = case.keys.granting_notes(notes_key)
    roster = case.chain.current
    readers = given_to(case.streams)
    members = [] if roster is None else [member for member in roster.members if member.id in readers]
    version = 0 if roster is None else roster.version
    grants = tuple(make_grant(granted, member.id_bytes, member.box, version) for member in members)
    return Notes(notes_key, case.keys.for_notes(notes_key), grants)


async def declare(book: Casebook, case: DeskCase, act: Act, reference: str) -> StateAnswer:
    """Sign a statement that the member does this act on the case, and send it to the server. Raises ServerRefused.

    `reference` is the number of a disposal decision, or of the case in the municipality's register. `Act.CLOSE` also
    states the day by which the case is erased.
    """
    signed = sign_statement(
        book.keys,
        Unsigned(
            act,
            case.known.case_id,
            day=today(book.clock),
            server=book.server_key,
            reference=reference,
            erase_by=case.state.erase_by if act is Act.CLOSE else None,
        ),
    )
    return await hand_in(book, case, signed)


async def hand_in(book: Casebook, case: DeskCase, signed: bytes) -> StateAnswer:
    """Send a signed statement on a case to the server. Raises ServerRefused."""
    return await book.ask_case(
        case.known, "statement", StatementRequest, StateAnswer, statement=signed, seal_key=case.keys.statement_key
    )


def require_now(case: DeskCase, action: CaseAction, text_key: str | None = None) -> None:
    """Return when the case allows this now. Raises HeldBack, NotNow with the reason or with the one that is given."""
    require_free(case, action)
    try:
        require_allowed(case.state, action)
    except NotAllowed as refused:
        raise NotNow(text_key or refused.text_key) from refused


def require_free(case: DeskCase, action: CaseAction) -> None:
    """Return unless a signature that waits holds this back. Raises HeldBack."""
    if case.held is not None and action in case.held.back:
        raise HeldBack("desk.held_back" if case.held.kind == ERASURE else None)


def refuse_while_moving(book: Casebook, case: DeskCase, refused: ServerRefused) -> None:
    """Return unless the server says that a move of the case waits for somebody. Raises HeldBack, and remembers it."""
    if refused.text_key == MOVE_WAITS:
        book.waiting_moves.elsewhere.add(case.known.case_id)
        raise HeldBack from refused
