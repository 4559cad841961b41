"""
To whom a report is sealed. Pure, and the one place where it is decided.

The rules, in this order:

1. A roster that is not open routes nothing. An organisation or a marked member that it does not know means that the
   form was made from another roster: the reporter must see it again, since the one marked may stand there under another
   id.
2. "Someone, I will not say who": any reader could be meant, so counsel alone reads.
3. Otherwise the readers (handlers and leads) who are not marked.
4. With fewer than two of these, counsel who are not marked join.
5. Without any reader left, raise NoEligibleReader and store nothing. There is never a fall-back to the whole group.
"""

from trusted.case.errors import NoEligibleReader, RosterFault
from trusted.roster.text import Member, Roster

# With one reader alone nobody else sees what is done with the case.
_ENOUGH_READERS = 2


def route(roster: Roster, organisation: str | None, concerns: frozenset[str], unnamed: bool) -> tuple[Member, ...]:
    """Return who reads; raise NoEligibleReader, or RosterFault by rule 1."""
    if not roster.is_open:
        raise RosterFault("roster.not_open")
    known_organisations = {known.key for known in roster.organisations}
    known_members = {member.id for member in roster.members}
    if (organisation is not None and organisation not in known_organisations) or not concerns <= known_members:
        raise RosterFault("roster.moved")
    counsel = tuple(member for member in roster.counsel if member.id not in concerns)
    readers = tuple(member for member in roster.readers if member.id not in concerns)
    if unnamed:
        readers = counsel
    elif len(readers) < _ENOUGH_READERS:
        readers += counsel
    if not readers:
        raise NoEligibleReader
    return readers
