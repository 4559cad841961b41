"""One signature and fourteen days: this desk counts them from when it saw the change, and not as the change says.

The day from which a server counts (cases/roster/rules.py, rule 5) lies in a file of its own, so a member who has the
server on her side can date it back and let anybody in at once. A desk does not ask for that day. It remembers the day
on which it was first shown a version, and takes one that came about by waiting fourteen days after that day, however
old it says it is. Until then it works with the version before, and says so in red. What comes after such a version is
not remembered until that one is taken: several in a row wait fourteen days each, and not all the same fourteen.

A desk that has pinned nothing takes the chain as it is: there is nothing it could hold against it but the six words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from cases.roster.chain import WAITING, Chain, Roster


@dataclass(frozen=True, slots=True)
class Unripe:
    """A version that is in force at the server, and the day from which this desk takes it."""

    roster: Roster
    from_day: date


def days_of(chain: Chain, unripe: Unripe | None, seen: Mapping[str, date], today: date) -> dict[str, date]:
    """Return when that which may come next was first shown: the version not taken yet, or the proposal.

    What has left the chain is forgotten: a proposal that comes again begins at its first day.
    """
    shown = [] if unripe is None else [unripe.roster]
    shown += [] if chain.proposal is None else [chain.proposal]
    return {version.digest.hex(): seen.get(version.digest.hex(), today) for version in shown}


def take_own_time(
    chain: Chain, pinned_version: int, seen: Mapping[str, date], today: date
) -> tuple[Chain, Unripe | None]:
    """Return the chain as far as this desk takes it, and the version at which it stops, if it stops."""
    if not pinned_version:
        return chain, None
    for version in chain.all:
        if version.version <= pinned_version or version.version not in chain.by_waiting:
            continue
        ripe = seen.get(version.digest.hex(), today) + WAITING
        if today < ripe:
            taken = chain.all[: chain.all.index(version)]
            by_waiting = tuple(number for number in chain.by_waiting if number < version.version)
            # What was proposed after it is agreed to by members whom this desk does not know yet.
            short = replace(chain, current=taken[-1], all=taken, proposal=None, signed_by=frozenset())
            return replace(short, by_waiting=by_waiting), Unripe(version, ripe)
    return chain, None


def is_awaited(chain: Chain | None, own_id: str) -> bool:
    """Whether this member stands in the proposal alone, not yet signed: the server refuses her until it is."""
    if chain is None or chain.current is None or chain.proposal is None:
        return False
    return chain.current.member(own_id) is None and chain.proposal.member(own_id) is not None
