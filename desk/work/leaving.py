"""All cases of a member who leaves pass to those named: one act offers them, a second member signs them together.

Each case is a move of its own (`desk.work.moves`): it has its new key or the one before. So what breaks off half way
leaves none unreadable, and doing it once more goes on with the rest. A desk offers the cases that it opens and of which
the other has the key; it knows of no others (docs/decisions/cases/0064).

Before a case is offered a note says that it is locked again, and for whom. With notes every desk can see who has the
key of a case (`desk.work.case.readers.inside`). Whom the move lets in is written then too: with the second signature
nothing is missing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cases.case.signers import given_to, stepped_aside
from cases.case.timeline import CaseAction
from cases.roster.chain import Member
from desk.errors import DeskError, NotReachable
from desk.work import moves
from desk.work.case.cached import open_kept
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from desk.work.case.readers import inside, is_concerned, signers_of_move
from desk.work.writing import write
from trusted.case.entry import Note, Stream


@dataclass(frozen=True, slots=True, repr=False)
class Planned:
    """One case of the member who leaves: who reads it from then on, and who signs; `refused`: why nobody can."""

    case: DeskCase
    readers: tuple[Member, ...]
    signer: Member | None
    refused: str = ""

    @property
    def joining(self) -> tuple[Member, ...]:
        """Who is let into the case by it."""
        given = given_to(self.case.streams)
        return tuple(one for one in self.readers if one.id not in given)


@dataclass(frozen=True, slots=True, repr=False)
class NotOffered:
    """A case that could not be offered, and why."""

    case: DeskCase
    failed: DeskError


def who_can_leave(book: Casebook) -> tuple[Member, ...]:
    """Return the other members, and those who are none any more and may still have the key of a case."""
    given = {one for known in book.state.case_list.cases.values() for one in known.may_erase or ()}
    current = None if book.chain is None else book.chain.current
    found: dict[str, Member] = {one.id: one for one in (() if current is None else current.members)}
    for version in reversed(book.shown):
        found.update({one.id: one for one in version.members if one.id in given and one.id not in found})
    return tuple(one for one in found.values() if one.id != book.keys.id)


async def plan(book: Casebook, leaver: str, named: Collection[str], second: str) -> tuple[Planned, ...]:
    """Return the cases of a member who leaves, by her id, if they pass to those who read them and to those named.

    `second` signs where she can. Raises NotReachable when a case is not here.
    """
    found = []
    for known in list(book.state.case_list.cases.values()):
        try:
            case = open_kept(book, known) or await book.open(known)
        except NotReachable:
            raise
        except DeskError:
            # It does not open, which Checks says; or it was erased.
            continue
        if leaver in inside(case) and book.keys.id not in stepped_aside(case.streams):
            found.append(_planned(book, case, leaver, named, second))
    return tuple(found)


def _planned(book: Casebook, case: DeskCase, leaver: str, named: Collection[str], second: str) -> Planned:
    roster = case.chain.current
    stays = ((inside(case) - stepped_aside(case.streams)) | set(named)) - {leaver}
    members = () if roster is None else roster.members
    readers = tuple(one for one in members if one.id in stays and not is_concerned(case, one))
    able = signers_of_move(case, book.keys.id, [one.id for one in readers])
    signers = [one for one in able if one in readers]
    signer = next((one for one in signers if one.id == second), signers[0] if signers else None)
    refused = "leave.erasing" if case.waiting else ""
    if signer is None:
        refused = "leave.nobody_named" if any(one.id != leaver for one in able) else "move.no_signer"
    return Planned(case, readers, signer, refused)


async def offer_all(book: Casebook, planned: Sequence[Planned], reason: str, note: str) -> tuple[NotOffered, ...]:
    """Offer each case to who signs it; return those that could not be. `reason` is for reporters where one is new.

    Raises NotReachable: what was offered before stays offered, and doing it again goes on.
    """
    failed = []
    for one in planned:
        if one.signer is None or one.refused:
            continue
        try:
            await _offer(book, one, one.signer.id, reason, note)
        except NotReachable:
            raise
        except DeskError as refused:
            failed.append(NotOffered(one.case, refused))
    return tuple(failed)


async def _offer(book: Casebook, planned: Planned, signer: str, reason: str, note: str) -> None:
    case = await book.open(book.state.find(planned.case.known.case_id.hex()))
    readers = [one.id for one in planned.readers]
    moves.require_move(book, case, readers, signer)
    if all(entry.body != Note(note) for entry in case.streams.get(Stream.NOTES, ())):
        case = await write(book, case, CaseAction.NOTE, Note(note), Stream.NOTES)
    case = await moves.let_in(book, case, readers, reason)
    offered = await moves.offer(book, case.known.case_id.hex(), readers, signer, reason)
    await moves.send_offer(book, case, signer, offered)
