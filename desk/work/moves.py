"""A case passes to other readers: one member offers it, a second checks and signs (docs/decisions/cases/0004).

The offer is sealed to the second member. It goes by hand as a file, or waits at the server in memory and on no disk,
since the new share must rest nowhere but in its slot (docs/decisions/desk/0031: `send_offer`, `waiting_offers`).
`offer` makes it, `read_offer` opens and checks it, `sign_offer` has it done. Then the handovers are written, one for
each reader who is new, so that the reporter and every desk can see who let her in; a break in between is made good by
signing again. The other readers get the new key with the next daily release.

Who has stepped aside offers no move, and signs one only while the others are too few to sign together
(docs/decisions/cases/0010). She is one of its readers, like every signer: her desk checks the new key with the grant
that she gets. So a second move, between those who are left, leaves her out.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import msgspec
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from cases.case.signers import given_to, stepped_aside
from cases.case.timeline import CaseAction
from cases.roster.chain import Member, Roster
from cases.wire.messages import RekeyAnswer, RekeyRequest, StateAnswer
from cases.wire.offers import OFFER_BYTES_MAX, OfferRequest, OffersAnswer, OffersRequest
from cases.wire.rekeying import rekeying_hash
from desk.errors import MoveBroken, MoveRefused, NotNow, RosterBroken, UnknownCase
from desk.keep.state import KnownCase
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from desk.work.case.readers import signers_beside
from desk.work.case.unsealing import take_grant
from desk.work.rekeying import Checked, check_prepared, prepare, readers_of
from desk.work.writing import require_now, write
from trusted.case.clock import today
from trusted.case.entry import Handover
from trusted.case.errors import SealBroken
from trusted.case.statements import Act, Unsigned, read_statement, sign_statement

FORMAT = "kallskydd-move-1"
READERS_MIN = 2
# The request inside is one that the server takes, which is 1 MiB at most.
FILE_BYTES_MAX = 2**21


class _Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is in the file. The second place of the request's statements is still empty."""

    format: str
    reason: str
    request: RekeyRequest

    def __repr__(self) -> str:
        return "<_Offer>"


@dataclass(frozen=True, slots=True, repr=False)
class Offered:
    """The file for the second member, and whether she has stepped aside: then another move has to follow."""

    file: bytes
    signer_aside: bool


@dataclass(frozen=True, slots=True, repr=False)
class ReadOffer:
    """An offer that this desk has opened and checked."""

    case: DeskCase
    request: RekeyRequest
    reason: str
    by: Member
    readers: tuple[Member, ...]
    # Who reads from now on and did not, and who did and does no longer.
    joining: tuple[Member, ...]
    leaving: tuple[Member, ...]
    # None when the move was made before and only handovers are missing.
    checked: Checked | None


async def offer(book: Casebook, name: str, readers: Sequence[str], second: str, reason: str) -> Offered:
    """Return the file for the second member, all by their ids. Raises MoveRefused, NotNow, and as acts do."""
    case, answer = await book.open_with_answer(book.state.find(name))
    aside = stepped_aside(case.streams)
    if book.keys.id in aside:
        raise NotNow("move.aside")
    roster = _roster(book)
    given = [member for member in roster.members if member.id in readers]
    if len(given) != len(set(readers)):
        raise MoveRefused("move.no_member")
    signer = next((member for member in given if member.id == second), None)
    if len(given) < READERS_MIN or signer is None or signer.id == book.keys.id:
        raise MoveRefused("move.too_few")
    _require_unconcerned(case, given)
    _require_can_sign(case, signer)
    if _joining(case, given):
        require_now(case, CaseAction.HAND_OVER)
    request = prepare(case, answer, roster, {member.id for member in given})
    signed = msgspec.structs.replace(request, statements=(_sign(book, request), b""))
    plain = msgspec.json.encode(_Offer(FORMAT, reason, signed))
    return Offered(bytes(SealedBox(PublicKey(signer.box)).encrypt(plain)), signer.id in aside)


async def send_offer(book: Casebook, case: DeskCase, signer: str, offered: Offered) -> None:
    """Let the server hold an offer for the second member, by her id. Raises MoveRefused, ServerRefused."""
    if len(offered.file) > OFFER_BYTES_MAX:
        raise MoveRefused("move.too_large")
    await book.ask_case(case.known, "offer-move", OfferRequest, StateAnswer, signer=signer, offer=offered.file)


async def waiting_offers(book: Casebook) -> tuple[bytes, ...]:
    """Return the offers that wait at the server for this member. Raises what asking the server raises."""
    answer = await book.client.ask("offered-moves", lambda _: OffersRequest(), OffersAnswer)
    book.offers = answer.offers
    return answer.offers


def is_offered(book: Casebook, known: KnownCase) -> bool:
    """Whether a move of the case waits, made by this member since yesterday or sent to her: an entry would spoil it."""
    day = today(book.clock)
    made = None if book.cache is None else book.cache.index.offers.get(known.case_id.hex())
    entries = sum(head.count for head in known.seen.values())
    if made is not None and made.entries == entries and day - made.day <= timedelta(days=1):
        return True
    return known.case_id in offered_cases(book)


def offered_cases(book: Casebook) -> tuple[bytes, ...]:
    """Return the ids of the cases whose moves wait for this member. What does not open is none: the server sent it."""
    found = []
    for untrusted_offer in book.offers:
        with contextlib.suppress(MoveRefused):
            found.append(_opened(book, untrusted_offer).request.case_id)
    return tuple(found)


async def read_offer(book: Casebook, untrusted_file: bytes) -> ReadOffer:
    """Return what a file offers, checked. Raises MoveRefused, MoveBroken, NotNow, and what opening the case raises."""
    untrusted = _opened(book, untrusted_file)
    request, roster = untrusted.request, _roster(book)
    try:
        statement = read_statement(request.statements[0], roster, book.server_key)
    except SealBroken:
        raise MoveBroken from None
    by = roster.member(statement.member)
    agreed = (Act.REKEY, request.case_id, rekeying_hash(request).hex())
    if by is None or (statement.kind, statement.case_id, statement.reference) != agreed:
        raise MoveBroken
    try:
        known = book.state.find(request.case_id.hex())
    except UnknownCase:
        raise MoveRefused("move.not_held") from None
    case, answer = await book.open_with_answer(known)
    known = case.known
    if (known.epoch, known.commitment) == (request.epoch, request.commitment):
        readers = readers_of(case.keys, roster, request)
        return ReadOffer(case, request, untrusted.reason, by, readers, _joining(case, readers), (), None)
    # Before the move is looked at: stepping aside is an entry too, so an offer from before does not fit the case now.
    if by.id in stepped_aside(case.streams):
        raise NotNow("move.offerer_aside")
    require_now(case, CaseAction.CO_SIGN, "move.signer_aside")
    checked = check_prepared(case, answer, roster, request, book.keys.id_bytes, book.keys.box_private)
    _require_unconcerned(case, checked.readers)
    if len(checked.readers) < READERS_MIN:
        raise MoveBroken
    before = given_to(case.streams)
    leaving = tuple(one for one in roster.members if one.id in before and one not in checked.readers)
    joining = _joining(case, checked.readers)
    return ReadOffer(case, request, untrusted.reason, by, checked.readers, joining, leaving, checked)


async def sign_offer(book: Casebook, read: ReadOffer) -> DeskCase:
    """Sign the move, have it made, and write the handovers. Raises ServerRefused, and as acts do."""
    name = read.request.case_id.hex()
    if read.checked is not None:
        statements = (read.request.statements[0], _sign(book, read.request))
        fields = msgspec.structs.asdict(msgspec.structs.replace(read.request, statements=statements))
        del fields["case_id"], fields["mac"]
        await book.ask_case(read.case.known, "rekey", RekeyRequest, RekeyAnswer, **fields)
        cases = dict(book.state.case_list.cases)
        take_grant(cases, read.checked.grant)
        if read.checked.notes_key is not None:
            cases[name] = cases[name].with_notes(read.request.epoch, read.checked.notes_key)
        book.state.keep_cases(msgspec.structs.replace(book.state.case_list, cases=cases))
    # The server has forgotten it with the move; a file that was signed instead may leave another.
    book.offers = ()
    case = await book.open(book.state.find(name))
    # They have been let in: that is written down also when the first of two has made enough readers of too few.
    for member in read.joining:
        case = await write(book, case, None, Handover(member.id, read.reason))
    return case


def _joining(case: DeskCase, readers: Sequence[Member]) -> tuple[Member, ...]:
    before = given_to(case.streams)
    return tuple(member for member in readers if member.id not in before)


def _require_unconcerned(case: DeskCase, readers: Sequence[Member]) -> None:
    """Return if none of them is whom the reporter has marked, by the rules of routing. Raises MoveRefused."""
    report = case.report
    if any(one.id in report.concerns or (report.concerns_unnamed and one.role != "counsel") for one in readers):
        raise MoveRefused("move.concerned")


def _require_can_sign(case: DeskCase, signer: Member) -> None:
    """Return if this member can open the offer, check it and sign it together with us. Raises MoveRefused."""
    others = signers_beside(case)
    if not others:
        raise MoveRefused("move.no_signer")
    if signer not in others:
        raise MoveRefused("move.signer")


def _roster(book: Casebook) -> Roster:
    if book.chain is None or book.chain.current is None:
        raise RosterBroken
    return book.chain.current


def _sign(book: Casebook, request: RekeyRequest) -> bytes:
    return sign_statement(
        book.keys,
        Unsigned(
            Act.REKEY,
            request.case_id,
            day=today(book.clock),
            server=book.server_key,
            reference=rekeying_hash(request).hex(),
        ),
    )


def _opened(book: Casebook, untrusted_file: bytes) -> _Offer:
    try:
        plain = SealedBox(PrivateKey(book.keys.box_private)).decrypt(untrusted_file)
        untrusted = msgspec.json.decode(plain, type=_Offer)
    except (CryptoError, ValueError, msgspec.MsgspecError):
        raise MoveRefused from None
    if untrusted.format != FORMAT:
        raise MoveRefused
    return untrusted
