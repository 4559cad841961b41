"""Who has the key of a case, as far as a desk can tell from its grants, and who can sign in it beside this member."""

from collections.abc import Collection

from cases.case.signers import enough_for, given_to, left_to_sign, stepped_aside, who_may_sign
from cases.case.timeline import CaseAction
from cases.roster.chain import Member
from cases.wire.rekeying import regrant
from desk.errors import NotNow
from desk.work.case.opened import DeskCase


def inside(case: DeskCase, member: str = "") -> frozenset[str]:
    """Return who has the key of a case, as far as a desk can tell: who was given it, without those moves have left out.

    The entries do not tell of the latter. It shows at the notes: with a move their grants are made again, the same
    bytes at every desk that has their key (`regrant`), so whom they were made for can be seen. Without notes, and where
    not even the grant of `member` (this one) is such, since the notes began in this epoch, everybody to whom the case
    was given is counted; who writes in notes of this epoch has its key in any case. It serves reminders, and proves
    nothing: the server could hold a grant back.
    """
    given = given_to(case.streams)
    roster = next((one for one in case.chain.all if one.version == case.known.roster_version), None)
    if case.notes_key is None or roster is None:
        return given
    granted = case.keys.granting_notes(case.notes_key)
    found = frozenset(
        member.id
        for member in roster.members
        if regrant(granted, member.id_bytes, member.box, roster.version) in case.notes_grants
    )
    return found if (member or case.own_id) in found else given


def signers_beside(case: DeskCase) -> tuple[Member, ...]:
    """Return the members who can sign a move or an erasure of this case together with this one."""
    roster = case.chain.current
    if roster is None:
        return ()
    able = who_may_sign(case.streams, roster)
    return tuple(
        one for one in able if one.id != case.own_id and enough_for(case.streams, {case.own_id, one.id}, roster)
    )


def is_concerned(case: DeskCase, member: Member) -> bool:
    """Whether the reporter has marked this member, by the rules of routing: she is given the case by nobody."""
    report = case.report
    return member.id in report.concerns or (report.concerns_unnamed and member.role != "counsel")


def signers_of_move(case: DeskCase, by: str, staying: Collection[str]) -> tuple[Member, ...]:
    """Return who can sign a move that the member `by` offers to those who stay.

    Who reads the case, stays, and has not stepped aside. Where nobody does, a member who is new to it: so no signature
    is needed of anybody whom the move leaves out (docs/decisions/cases/0064).
    """
    roster = case.chain.current
    if roster is None:
        return ()
    able = [one for one in roster.members if one.id != by and enough_for(case.streams, {by, one.id}, roster)]
    reading = {one.id for one in left_to_sign(case.streams, roster)} & inside(case, by) & set(staying)
    if reading - {by} & {one.id for one in able}:
        return tuple(one for one in able if one.id in reading)
    aside = stepped_aside(case.streams)
    return tuple(one for one in able if one.id not in aside and not is_concerned(case, one))


def to_lock_out(case: DeskCase) -> tuple[str, ...]:
    """Return the names of those who have stepped aside and still have the key; nothing for who has done so herself."""
    aside = stepped_aside(case.streams)
    if not aside or case.own_id in aside:
        return ()
    return tuple(case.name_of(one) for one in sorted(aside & inside(case)))


def signers_of_lock_out(case: DeskCase) -> tuple[Member, ...]:
    """Return who can sign the move by which this member locks them out; where she is new to the case, if it allows."""
    if not to_lock_out(case):
        return ()
    able = signers_of_move(case, case.own_id, inside(case) - stepped_aside(case.streams))
    may_add = CaseAction.HAND_OVER in case.state.allowed
    return tuple(one for one in able if may_add or one.id in given_to(case.streams))


def require_makes_pair(case: DeskCase, reference: str) -> None:
    """Return if our signature under this reference counts beside those that wait. Raises NotNow.

    It would not beside one that does not count itself, since no other desk would believe it; nor as the second of two
    who have stepped aside while somebody has not; nor as one of two counsel, but where they alone may read.
    """
    aside, others = stepped_aside(case.streams), {member for member, _reference in case.waiting} - {case.own_id}
    roster = case.chain.current
    if case.own_id in aside and others and others <= aside and (roster is None or left_to_sign(case.streams, roster)):
        raise NotNow("erase.two_aside")
    beside = {one for one, waiting in case.waiting if waiting == reference} - {case.own_id}
    if not {case.own_id, *beside} <= set(case.known.may_erase or ()):
        raise NotNow("erase.by_another")
    if beside and (roster is None or not enough_for(case.streams, {case.own_id, *beside}, roster)):
        raise NotNow("erase.two_counsel")


def may_sign_second(case: DeskCase) -> bool:
    """Whether this member can sign an erasure that waits, with the reference of one who has signed."""
    return any(_makes_pair(case, reference) for member, reference in case.waiting if member != case.own_id)


def may_sign_first(case: DeskCase) -> bool:
    """Whether this member's signature would count as the first, and somebody is there for the second."""
    return bool(signers_beside(case)) and _makes_pair(case, "")


def _makes_pair(case: DeskCase, reference: str) -> bool:
    try:
        require_makes_pair(case, reference)
    except NotNow:
        return False
    return True
