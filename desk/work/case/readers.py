"""Who has the key of a case, as far as a desk can tell from its grants, and who can sign in it beside this member."""

from cases.case.signers import given_to, who_may_sign
from cases.roster.chain import Member
from cases.wire.rekeying import regrant
from desk.work.case.opened import DeskCase
from trusted.case.statements import enough_to_sign


def inside(case: DeskCase) -> frozenset[str]:
    """Return who has the key of a case, as far as a desk can tell: who was given it, without those moves have left out.

    The entries do not tell of the latter. It shows at the notes: with a move their grants are made again, the same
    bytes at every desk that has their key (`regrant`), so whom they were made for can be seen. Without notes, and where
    not even our own grant is such a one, since the notes began in this epoch, everybody to whom the case was given is
    counted; who writes in notes of this epoch has its key in any case. It serves reminders, and proves nothing: the
    server could hold a grant back.
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
    return found if case.own_id in found else given


def signers_beside(case: DeskCase) -> tuple[Member, ...]:
    """Return the members who can sign a move or an erasure of this case together with this one."""
    roster = case.chain.current
    if roster is None:
        return ()
    able = who_may_sign(case.streams, roster)
    return tuple(one for one in able if one.id != case.own_id and enough_to_sign({case.own_id, one.id}, roster))
