"""What a waiting signature holds back: until a colleague has signed or refused, nothing else is done in the case.

A move fits the case only as it was when it was offered, and an erasure was signed for the case as it stands. So what a
case allows (`CaseState.allowed`) is less while one of them waits, on every page and for every form, by this module:

- A move that this member has offered and nobody has signed, for a day; one that waits at the server for her signature;
  one that waits for somebody else's, which the server says of when it refuses an entry (`MOVE_WAITS`).
- An erasure with a signature that counts (`cases.case.signers.may_erase`).

Signing and refusing stay allowed. To keep the case, or to open it again, is how an erasure is refused. Stepping aside
is never held back: who is disqualified says so at once (Förvaltningslagen (2017:900) 18 §).
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, Literal

from cases.case.timeline import CaseAction
from desk.keep.cache import CaseCache
from desk.keep.state import KnownCase
from desk.keep.summaries import Index
from desk.work.case.opened import DeskCase, Held
from desk.work.case.readers import may_sign_second, signers_beside

MOVE: Final = "move"
ERASURE: Final = "erasure"
# So long the server keeps an offer; one that goes by hand is not waited for longer.
OFFER_DAYS: Final = timedelta(days=1)
_STAYS: Final = {
    MOVE: {CaseAction.CO_SIGN, CaseAction.RECUSE},
    ERASURE: {CaseAction.CO_SIGN, CaseAction.RECUSE, CaseAction.ERASE, CaseAction.HOLD, CaseAction.REOPEN},
}


@dataclass(frozen=True, slots=True, repr=False)
class OfferToSign:
    """A move that waits for this member: who offers it, and how many entries each stream had then."""

    by: str
    epoch: int
    counts: dict[int, int]
    # She has no key of the case yet.
    is_new: bool = False


@dataclass(slots=True, repr=False)
class WaitingMoves:
    """What this desk knows of moves that wait at the server, in memory: by case."""

    to_sign: dict[bytes, OfferToSign] = field(default_factory=dict)
    # The server has refused an entry, since a move of the case waits for somebody else.
    elsewhere: set[bytes] = field(default_factory=set)


def held_by_move(known: KnownCase, moves: WaitingMoves, index: Index, today: date) -> Held | None:
    """Return the move of a case that waits for a signature and still fits, if there is one."""
    counts = {stream: head.count for stream, head in known.seen.items() if head.count}
    to_sign = moves.to_sign.get(known.case_id)
    if to_sign is not None and (to_sign.epoch, to_sign.counts) == (known.epoch + 1, counts):
        return Held(MOVE, (to_sign.by,), (), to_sign=True)
    made = index.offers.get(known.case_id.hex())
    is_fit = made is not None and (made.epoch, made.entries) == (known.epoch, known.entries)
    if made is not None and is_fit and today - made.day <= OFFER_DAYS:
        return Held(MOVE, (), (made.signer,), is_own=True)
    return Held(MOVE, (), ()) if known.case_id in moves.elsewhere else None


def held_by_erasure(case: DeskCase) -> Held | None:
    """Return the erasure of a case that waits for the second signature, if there is one that counts."""
    counting = case.known.may_erase or ()
    signed = tuple(member for member, _reference in case.waiting if member in counting)
    if not signed or case.state.closed_on is None or case.state.on_hold:
        return None
    others = tuple(case.name_of(one) for one in signed if one != case.own_id)
    waits_for = tuple(one.name for one in signers_beside(case) if one.id not in signed)
    to_sign = CaseAction.CO_SIGN in case.state.allowed and may_sign_second(case)
    return Held(ERASURE, others, waits_for, to_sign=to_sign, is_own=case.own_id in signed)


def hold_back(case: DeskCase, moves: WaitingMoves, cache: CaseCache | None, today: date) -> DeskCase:
    """Return the case with what it allows while a signature waits, and why that is less."""
    index = Index() if cache is None else cache.index
    held = held_by_move(case.known, moves, index, today) or held_by_erasure(case)
    if held is None:
        return case
    allowed = allowed_while(held.kind, case.state.allowed)
    back = frozenset(case.state.allowed) - allowed
    return replace(case, held=replace(held, back=back), state=replace(case.state, allowed=allowed))


def allowed_while(kind: Literal["move", "erasure"], allowed: frozenset[str]) -> frozenset[str]:
    """Return what stays of what a case allows."""
    return allowed & frozenset(_STAYS[kind])
