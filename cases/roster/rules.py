"""
Who must agree before a version of the roster is in force. Pure: rosters and names of signers in, an answer out.

The rules, in this order (docs/FORMATS.md §7):

1. Version 1 is signed by every member it names.
2. A later version continues the one before: next number, its hash, the same home, and trial or real as it was. It adds,
   removes or alters at most one member: a change of several would leave its author as the only one without concern.
3. The member whom the change concerns (added, removed or altered by it) has no say in it.
4. In a trial home, and as long as no version has been open, one reader without concern is enough, or one counsel where
   no reader is left: there is no case yet that anybody could be let into.
5. Otherwise two readers (handlers or leads) of the version before. With only one such reader left, that one and one
   counsel. Failing that, that one and fourteen days of waiting, which every desk shows in red. With no reader left two
   counsel, or the only one, and the same fourteen days.

The day that stands in the signed text is its author's word. So the fourteen days are counted from `first_shown`, the
day that the keeper of the chain wrote down when it got the proposal, and from the day in the text where that is
later; without either, or with one that is still to come, nothing comes about by waiting. The server keeps its day
beside the text (chain.py), where a server in other hands could date it back: so versions that came into force so
are named in the chain, and each desk counts their fourteen days itself, from when it first saw them
(`desk.work.case.waiting`).
"""

from datetime import date, timedelta
from enum import Enum

from trusted.case.errors import RosterFault
from trusted.roster.text import NO_PREVIOUS, READERS_OF_A_REAL_HOME, Roster

WAITING = timedelta(days=14)
_TWO = 2


class Consent(Enum):
    """What the signatures under a version amount to."""

    MISSING = "missing"
    COMPLETE = "complete"
    BY_WAITING = "by-waiting"


def concerned(before: Roster, after: Roster) -> frozenset[str]:
    """Return the ids of the members whom the change adds, removes or alters."""
    return frozenset(member.id for member in set(before.members) ^ set(after.members))


def require_continues(before: Roster | None, roster: Roster) -> None:
    """Return if the roster is the next version after `before` (rule 2); raise RosterFault otherwise."""
    if before is None:
        fits = roster.version == 1 and roster.previous == NO_PREVIOUS
    else:
        fits = (
            roster.version == before.version + 1
            and roster.previous == before.digest
            and roster.home_id == before.home_id
            and roster.trial == before.trial
        )
    if not fits:
        raise RosterFault("roster.broken_chain")
    if before is not None and len(concerned(before, roster)) > 1:
        raise RosterFault("roster.more_than_one")


def consent(
    before: Roster | None,
    roster: Roster,
    signers: frozenset[str],
    *,
    was_open: bool,
    first_shown: date | None,
    today: date,
) -> Consent:
    """Return what these signatures amount to; without `first_shown` nothing comes about by waiting."""
    if before is None:
        complete = signers >= {member.id for member in roster.members}
        return Consent.COMPLETE if complete else Consent.MISSING
    partial = concerned(before, roster)
    readers = frozenset(member.id for member in before.readers) - partial
    counsel = frozenset(member.id for member in before.counsel) - partial
    # Who is left to be asked: the readers, or counsel when there are none.
    left = readers or counsel
    if roster.trial or not was_open:
        return Consent.COMPLETE if signers & left else Consent.MISSING
    if len(readers) >= READERS_OF_A_REAL_HOME:
        return Consent.COMPLETE if len(signers & readers) >= _TWO else Consent.MISSING
    if signers & readers and signers & counsel:
        return Consent.COMPLETE
    # Nobody signs past a second who could be asked.
    enough = bool(left) and len(signers & left) >= min(_TWO, len(left))
    return Consent.BY_WAITING if enough and _is_over(roster, first_shown, today) else Consent.MISSING


def _is_over(roster: Roster, first_shown: date | None, today: date) -> bool:
    """Whether the fourteen days are over: counted from when it was shown, and not before the day in the text."""
    if roster.proposed is None or first_shown is None:
        return False
    return today - max(roster.proposed, first_shown) >= WAITING
