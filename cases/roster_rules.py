"""
Who must agree before a version of the roster is in force. Pure: rosters and names of signers in, an answer out.

The rules, in this order (docs/FORMATS.md §7):

1. Version 1 is signed by every member it names.
2. A later version continues the one before: next number, its hash, the same home, and trial or real as it was.
3. A member whom the change concerns (added, removed or altered by it) has no say in it.
4. In a trial home, and as long as no version has been open, one member without concern is enough: there is no case yet
   that anybody could be let into.
5. Otherwise two readers (handlers or leads) of the version before. With only one such reader left, that one and one
   counsel. Failing that, one of them and fourteen days of waiting, which every desk shows in red.

The day of rule 5 stands in the signed text, so whoever signs alone could date it back. A server cannot see that; a desk
can, since it knows when it first saw the proposal, and so versions that came about in this way are named in the chain:
a desk counts their fourteen days anew, from the day on which it was first shown them (`desk.waiting`).
"""

from datetime import date, timedelta
from enum import Enum

from cases.errors import RosterFault
from cases.roster_text import NO_PREVIOUS, READERS_OF_A_REAL_HOME, Roster

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


def demand_continues(before: Roster | None, roster: Roster) -> None:
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


def consent(
    before: Roster | None, roster: Roster, signers: frozenset[str], *, was_open: bool, today: date | None
) -> Consent:
    """Return what these signatures amount to; without a `today` nothing comes about by waiting."""
    if before is None:
        complete = signers >= {member.id for member in roster.members}
        return Consent.COMPLETE if complete else Consent.MISSING
    partial = concerned(before, roster)
    readers = frozenset(member.id for member in before.readers) - partial
    counsel = frozenset(member.id for member in before.counsel) - partial
    if roster.trial or not was_open:
        return Consent.COMPLETE if signers & (readers | counsel) else Consent.MISSING
    if len(readers) >= READERS_OF_A_REAL_HOME:
        return Consent.COMPLETE if len(signers & readers) >= _TWO else Consent.MISSING
    if readers and counsel:
        complete = bool(signers & readers) and bool(signers & counsel)
        return Consent.COMPLETE if complete else _by_waiting(roster, signers & (readers | counsel), today)
    return _by_waiting(roster, signers & (readers | counsel), today)


def _by_waiting(roster: Roster, signers: frozenset[str], today: date | None) -> Consent:
    ripe = roster.proposed is not None and today is not None and today >= roster.proposed + WAITING
    return Consent.BY_WAITING if signers and ripe else Consent.MISSING
