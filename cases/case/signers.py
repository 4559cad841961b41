"""
Who can still sign a move or an erasure of a case, as its entries say.

Contract. Pure: entries and a roster in, members out; the same count for what a member may do (timeline.py), for whom a
desk takes as a signer, and for what it warns of. Two members are needed, and one of them not counsel; two counsel only
for a case that nobody else may read, since the reporter would not say whom it concerns (docs/decisions/cases/0066).

Who has stepped aside (is recused) is not counted, and signs nothing, as long as those who are left can sign together.
When they are too few she may sign with one of them: Förvaltningslagen (2017:900) 17 § lets a disqualified person do
what nobody else can without considerable delay (docs/decisions/cases/0010).

What cannot be counted: no entry tells who was left out by a move. A member who was, without having stepped aside, is
taken for a reader for as long as the roster has her.
"""

from collections.abc import Collection, Sequence

from cases.case.merging import Streams
from trusted.case.entry import Access, Handover, Recusal, Report, Stream
from trusted.case.statements import SIGNERS, enough_to_sign
from trusted.roster.text import Member, Roster


def given_to(streams: Streams) -> frozenset[str]:
    """Return the ids of those to whom the case was sealed, or was given later by a member's signed entry."""
    report = next((entry.body for entry in streams.get(Stream.REPORTER, ())), None)
    sealed_to = report.sealed_to if isinstance(report, Report) else ()
    written = (*streams.get(Stream.MEMBERS, ()), *streams.get(Stream.NOTES, ()))
    later = {entry.body.member for entry in written if isinstance(entry.body, Access)}
    later |= {entry.body.to for entry in written if isinstance(entry.body, Handover)}
    return frozenset(sealed_to) | later


def may_erase(streams: Streams, versions: Sequence[Roster]) -> frozenset[str]:
    """Return the ids of those whose signature under an erasure counts, independent of the roster by then.

    Those to whom the case was given, and none whom the report concerns: one reader alone can write that she gave the
    case to such a member, and both together must not be able to do away with it. Where the reporter would not say whom
    it concerns, nobody counts to whom it was not sealed at first, but who is counsel in one of the versions.
    """
    report = next((entry.body for entry in streams.get(Stream.REPORTER, ())), None)
    if not isinstance(report, Report):
        return frozenset()
    given = given_to(streams)
    if report.concerns_unnamed:
        given &= {*report.sealed_to, *(member.id for version in versions for member in version.counsel)}
    return given - frozenset(report.concerns)


def is_counsels_alone(streams: Streams) -> bool:
    """Whether nobody but counsel may read the case: the reporter would not say whom it concerns."""
    report = next((entry.body for entry in streams.get(Stream.REPORTER, ())), None)
    return isinstance(report, Report) and report.concerns_unnamed


def enough_for(streams: Streams, members: Collection[str], roster: Roster) -> bool:
    """Whether these can sign together for the case."""
    if not is_counsels_alone(streams):
        return enough_to_sign(members, roster)
    return len(set(members) & {member.id for member in roster.members}) >= SIGNERS


def stepped_aside(streams: Streams) -> frozenset[str]:
    """Return the ids of those who have stepped aside. Each can say it of herself only, or one could shut others out."""
    notes = streams.get(Stream.NOTES, ())
    recusals = (entry for entry in notes if isinstance(entry.body, Recusal) and entry.body.member == entry.author)
    return frozenset(entry.author for entry in recusals)


def left_to_sign(streams: Streams, roster: Roster) -> tuple[Member, ...]:
    """Return the members of the roster who read the case and have not stepped aside."""
    left = given_to(streams) - stepped_aside(streams)
    return tuple(member for member in roster.members if member.id in left)


def who_may_sign(streams: Streams, roster: Roster) -> tuple[Member, ...]:
    """Return the members who may sign a move or an erasure: those who are left; all readers when these are too few."""
    left = left_to_sign(streams, roster)
    if enough_for(streams, {member.id for member in left}, roster):
        return left
    given = given_to(streams)
    return tuple(member for member in roster.members if member.id in given)
