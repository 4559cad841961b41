"""A case passes to other readers: one member offers it, a second checks and signs (docs/decisions/cases/0004).

The offer is sealed to the second member. It goes by hand as a file, or waits at the server in memory and on no disk,
since the new share must rest nowhere but in its slot (docs/decisions/desk/0031: `send_offer`, `waiting_offers`).
`offer` makes it, `read_offer` opens and checks it, `sign_offer` has it done. Then the handovers are written, one for
each reader who is new, so that the reporter and every desk can see who let her in; a break in between is made good by
signing again. The other readers get the new key with the next daily release.

The signer is one of those who read from then on: her desk checks the new key with the grant that she gets. Where
nobody who reads the case stays with it, she is new to it: the offer brings her the key as it is now, so that she can
check all of it, and the handover to her is written before (`let_in`, docs/decisions/cases/0064). Who has stepped aside
offers no move and signs none.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from cases.case.signers import given_to, stepped_aside
from cases.case.timeline import CaseAction
from cases.roster.chain import Member, Roster
from cases.wire.messages import CaseAnswer, RekeyAnswer, RekeyRequest, StateAnswer
from cases.wire.offers import OFFER_BYTES_MAX, OfferRequest, OffersAnswer, OffersRequest
from cases.wire.rekeying import rekeying_hash
from desk.errors import HeldBack, MoveBroken, MoveRefused, NotNow, RosterBroken, SealedToWrong
from desk.keep.state import HeldKey, KnownCase
from desk.keep.summaries import Offer
from desk.work.case.casebook import Casebook
from desk.work.case.held import MOVE, OfferToSign
from desk.work.case.opened import DeskCase
from desk.work.case.readers import is_concerned, signers_of_move
from desk.work.case.unsealing import take_grant
from desk.work.rekeying import Checked, check_prepared, prepare, readers_of
from desk.work.writing import end_move, require_now, write
from trusted.case.clock import today
from trusted.case.entry import Handover, Note, Stream
from trusted.case.errors import SealBroken
from trusted.case.statements import Act, Unsigned, read_statement, sign_statement

FORMAT = "kallskydd-move-2"
READERS_MIN = 2
# The request inside is one that the server takes, which is 1 MiB at most.
FILE_BYTES_MAX = 2**21


class _Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is in the file. The second place of the request's statements is still empty."""

    format: str
    reason: str
    request: RekeyRequest
    # The key that ends with the move, and that of the notes: a signer who is new to the case checks it with them.
    ending: HeldKey
    ending_notes: bytes | None

    def __repr__(self) -> str:
        return "<_Offer>"


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
    # Whom the offerer has let in for it, before she offered it.
    let_in: tuple[Member, ...] = ()


async def offer(book: Casebook, name: str, readers: Sequence[str], second: str, reason: str) -> bytes:
    """Return the file for the second member, all by their ids. Raises MoveRefused, NotNow, and as acts do."""
    case, answer = await book.open_with_answer(book.state.find(name))
    signer = require_move(book, case, readers, second)
    request = prepare(case, answer, _roster(book), set(readers))
    signed = msgspec.structs.replace(request, statements=(_sign(book, request), b""))
    known = case.known
    ending = HeldKey(known.epoch, known.key, known.commitment, known.roster_version)
    plain = msgspec.json.encode(_Offer(FORMAT, reason, signed, ending, case.notes_key))
    return bytes(SealedBox(PublicKey(signer.box)).encrypt(plain))


def require_move(book: Casebook, case: DeskCase, readers: Sequence[str], second: str) -> Member:
    """Return the second member if this move can be offered to her. Raises MoveRefused, NotNow."""
    if book.keys.id in stepped_aside(case.streams):
        raise NotNow("move.aside")
    # A newer offer of her own takes the place of the one that waits.
    if case.held is not None and not (case.held.kind == MOVE and case.held.is_own):
        raise HeldBack("desk.held_back" if case.held.kind != MOVE else None)
    given = [member for member in _roster(book).members if member.id in readers]
    if len(given) != len(set(readers)):
        raise MoveRefused("move.no_member")
    signer = next((member for member in given if member.id == second), None)
    if len(given) < READERS_MIN or signer is None or signer.id == book.keys.id:
        raise MoveRefused("move.too_few")
    _require_unconcerned(case, given)
    able = signers_of_move(case, book.keys.id, readers)
    if signer not in able:
        raise MoveRefused("move.signer" if able else "move.no_signer")
    if _joining(case, given):
        require_now(case, CaseAction.HAND_OVER)
    return signer


async def let_in(book: Casebook, case: DeskCase, members: Sequence[str], reason: str) -> DeskCase:
    """Write that these members are given the case, before a move brings them its key. Raises as acts do."""
    for member in members:
        if member not in given_to(case.streams):
            case = await write(book, case, CaseAction.HAND_OVER, Handover(member, reason))
    return case


async def send_offer(book: Casebook, case: DeskCase, signer: str, offered: bytes) -> None:
    """Let the server hold an offer for the second member, by her id. Raises MoveRefused, ServerRefused."""
    if len(offered) > OFFER_BYTES_MAX:
        raise MoveRefused("move.too_large")
    await book.ask_case(case.known, "offer-move", OfferRequest, StateAnswer, signer=signer, offer=offered)
    keep_offer(book, case, signer)


def keep_offer(book: Casebook, case: DeskCase, signer: str) -> None:
    """Remember that this was offered, and to whom: it holds back the case (`held`). Nothing of what is in it."""
    if book.cache is not None:
        known, day = case.known, today(book.clock)
        book.cache.keep_offer(known.case_id, Offer(case.name_of(signer), known.entries, day, known.epoch))


async def waiting_offers(book: Casebook) -> tuple[bytes, ...]:
    """Return the offers that wait at the server for this member. Raises what asking the server raises."""
    answer = await book.client.ask("offered-moves", lambda _: OffersRequest(), OffersAnswer)
    book.offers, book.waiting_moves.to_sign = answer.offers, {}
    for untrusted_offer in answer.offers:
        # What does not open or was signed by nobody is none: the server sent it.
        with contextlib.suppress(MoveRefused, MoveBroken):
            untrusted = _opened(book, untrusted_offer)
            request, is_new = untrusted.request, _held(book, untrusted) is None
            counts = {stream: head.count for stream, head in request.heads.items()}
            by = _offerer(book, request)
            if set(request.grants) == {one.id for one in _roster(book).members}:
                book.waiting_moves.to_sign[request.case_id] = OfferToSign(by.name, request.epoch, counts, is_new)
    return answer.offers


async def refuse(book: Casebook, case: DeskCase, text: str) -> DeskCase:
    """Refuse a move that waits, or take back our own: one more entry, and it does not fit. Raises NotNow, as acts do.

    The note says to the other readers that it was refused, and why.
    """
    if case.held is None or case.held.kind != MOVE or not (case.held.to_sign or case.held.is_own):
        raise NotNow
    refused = await write(book, case, None, Note(text), Stream.NOTES, ends_move=True)
    book.waiting_moves.to_sign.pop(case.known.case_id, None)
    return refused


async def refuse_offer(book: Casebook, untrusted_offer: bytes, text: str) -> None:
    """Refuse an offer that waits for this member. Raises as `refuse` and `read_offer`.

    Who is new to the case writes the note with the keys of the offer, and keeps none of them.
    """
    untrusted = _opened(book, untrusted_offer)
    case_id, held = untrusted.request.case_id, _held(book, untrusted)
    if held is not None:
        await refuse(book, await book.open(held), text)
        return

    async def look() -> DeskCase:
        return (await _look_into(book, untrusted))[0]

    await end_move(book, look, text)
    book.touched.discard(case_id)
    book.waiting_moves.to_sign.pop(case_id, None)


def _offerer(book: Casebook, untrusted: RekeyRequest) -> Member:
    """Return who has signed a prepared move as the first. Raises MoveBroken."""
    roster = _roster(book)
    try:
        statement = read_statement(untrusted.statements[0], roster, book.server_key)
    except SealBroken:
        raise MoveBroken from None
    by = roster.member(statement.member)
    agreed = (Act.REKEY, untrusted.case_id, rekeying_hash(untrusted).hex())
    if by is None or (statement.kind, statement.case_id, statement.reference) != agreed:
        raise MoveBroken
    return by


async def read_offer(book: Casebook, untrusted_file: bytes) -> ReadOffer:
    """Return what a file offers, checked. Raises MoveRefused, MoveBroken, NotNow, and what opening the case raises."""
    untrusted = _opened(book, untrusted_file)
    request, roster = untrusted.request, _roster(book)
    by = _offerer(book, request)
    held = _held(book, untrusted)
    case, answer = await (_look_into(book, untrusted) if held is None else book.open_with_answer(held))
    known = case.known
    if (known.epoch, known.commitment) == (request.epoch, request.commitment):
        readers = readers_of(case.keys, roster, request)
        return ReadOffer(case, request, untrusted.reason, by, readers, _joining(case, readers), (), None)
    # Before the move is looked at: stepping aside is an entry too, so an offer from before does not fit the case now.
    if by.id in stepped_aside(case.streams):
        raise NotNow("move.offerer_aside")
    if book.keys.id in stepped_aside(case.streams):
        raise NotNow("move.signer_aside")
    checked = check_prepared(case, answer, roster, request, book.keys.id_bytes, book.keys.box_private)
    _require_unconcerned(case, checked.readers)
    if len(checked.readers) < READERS_MIN or by.id not in given_to(case.streams):
        raise MoveBroken
    # Who is new to the case does not count as one who could have signed without being new.
    staying = {one.id for one in checked.readers} - ({book.keys.id} if held is None else set())
    if all(one.id != book.keys.id for one in signers_of_move(case, by.id, staying)):
        raise MoveRefused("move.not_held")
    before = given_to(case.streams)
    leaving = tuple(one for one in roster.members if one.id in before and one not in checked.readers)
    joining = _joining(case, checked.readers)
    told = {entry.body for entry in case.streams.get(Stream.MEMBERS, ()) if entry.author == by.id}
    let_in = tuple(one for one in checked.readers if Handover(one.id, untrusted.reason) in told)
    return ReadOffer(case, request, untrusted.reason, by, checked.readers, joining, leaving, checked, let_in)


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
    book.waiting_moves.to_sign.pop(read.request.case_id, None)
    case = await book.open(book.state.find(name))
    # They have been let in: that is written down also when the first of two has made enough readers of too few.
    for member in read.joining:
        case = await write(book, case, None, Handover(member.id, read.reason))
    return case


def _held(book: Casebook, untrusted: _Offer) -> KnownCase | None:
    """Return the case as this desk has it; None when it has no key of the epoch that the move ends."""
    known = book.state.case_list.cases.get(untrusted.request.case_id.hex())
    has_key = known is not None and any(one.epoch >= untrusted.ending.epoch for one in known.candidates())
    return known if has_key else None


async def _look_into(book: Casebook, untrusted: _Offer) -> tuple[DeskCase, CaseAnswer]:
    """Return the case opened with the key of the offer, of which nothing is kept.

    Raises what opening a case raises; MoveRefused where no handover has given it to this member.
    """
    ending = untrusted.ending
    brought = KnownCase(untrusted.request.case_id, ending.epoch, ending.key, ending.commitment, ending.roster_version)
    try:
        return await book.look_into(brought, untrusted.ending_notes)
    except SealedToWrong:
        raise MoveRefused("move.not_held") from None


def _joining(case: DeskCase, readers: Sequence[Member]) -> tuple[Member, ...]:
    before = given_to(case.streams)
    return tuple(member for member in readers if member.id not in before)


def _require_unconcerned(case: DeskCase, readers: Sequence[Member]) -> None:
    """Return if none of them is whom the reporter has marked, by the rules of routing. Raises MoveRefused."""
    if any(is_concerned(case, one) for one in readers):
        raise MoveRefused("move.concerned")


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
