"""What a desk checks that decryption does not: the server may be somebody else's by now.

Pure: opened entries and verified rosters in; an error, or the text keys of warnings, out.
"""

from collections.abc import Collection, Mapping, Sequence

from cases.case.signers import enough_for, given_to, left_to_sign
from cases.roster.chain import Chain, Roster
from desk.errors import CaseBroken, CaseCut, RosterBroken, SealedToWrong, TombstoneBroken, WrongServer
from desk.keep.state import KnownCase, Pin, SeenHead
from trusted.case.entry import Entry, Report, Stream
from trusted.case.errors import CaseError
from trusted.case.statements import Tombstone, enough_to_sign
from trusted.roster.routing import route

WARN_ROUTING = "warning.routing"
WARN_ROSTER = "warning.roster"
WARN_REFERENCES = "warning.references"
WARN_OTHER_KEYS = "warning.other_keys"
WARN_ERASE_SIGNER = "warning.erase_signer"
WARN_NOTES_KEY = "warning.notes_key"
WARN_FEW_SIGNERS = "warning.few_signers"
WARN_LAST_SIGNER = "warning.last_signer"

Streams = Mapping[Stream, tuple[Entry, ...]]


def check_continues(pin: Pin, chain: Chain, server_key: bytes) -> Roster | None:
    """Return the roster in force, if there is one yet. Raises RosterBroken, WrongServer.

    The chain has been verified from version 1, but a server that was taken over could show another chain, begun again
    with other members: the pinned version must stand in it, unchanged.
    """
    if chain.current is None:
        if pin.version or chain.proposal is None:
            raise RosterBroken
        in_force = None
    else:
        in_force = chain.current
    newest = in_force or chain.proposal
    if newest is None or newest.server_key != server_key:
        raise WrongServer
    if pin.version and not any(
        version.version == pin.version and version.digest == pin.digest for version in chain.all
    ):
        raise RosterBroken
    return in_force


def check_not_cut(seen: Mapping[int, SeenHead], streams: Streams) -> None:
    """Raise CaseCut when a stream is shorter than this desk has seen it, or not the same up to there.

    A server can hand out an older copy, and every seal in it holds; only who remembers can tell.
    """
    for stream, head in seen.items():
        entries = streams.get(Stream(stream), ())
        if len(entries) < head.count or (head.count and entries[head.count - 1].digest != head.digest):
            raise CaseCut


def check_sealed_to(own_id: str, streams: Streams, chain: Chain) -> tuple[str, ...]:
    """Return warnings about to whom the report was sealed. Raises SealedToWrong when it is not for this member."""
    report = report_of(streams)
    if own_id not in given_to(streams):
        raise SealedToWrong
    roster = next((version for version in chain.all if version.version == report.roster_version), None)
    if roster is None or roster.digest.hex() != report.roster_hash:
        return (WARN_ROSTER,)
    try:
        readers = route(roster, report.organisation, frozenset(report.concerns), report.concerns_unnamed)
    except CaseError:
        return (WARN_ROUTING,)
    by_the_rules = {member.id for member in readers}
    return () if by_the_rules == set(report.sealed_to) else (WARN_ROUTING,)


def check_references(waiting: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return a warning when members have signed to erase a case under references that differ: that erases nothing."""
    return (WARN_REFERENCES,) if len({reference for _member, reference in waiting}) > 1 else ()


def check_signers(waiting: Sequence[tuple[str, str]], counting: Collection[str]) -> tuple[str, ...]:
    """Return a warning when somebody has signed to erase a case whose signature does not count."""
    return () if {member for member, _reference in waiting} <= set(counting) else (WARN_ERASE_SIGNER,)


def check_erased_by(known: KnownCase, tombstone: Tombstone, roster: Roster) -> None:
    """Return if the signatures count, or this desk never opened the case and cannot tell. Raises TombstoneBroken."""
    signers, counting = {statement.member for statement in tombstone.statements}, known.may_erase
    if counting is None:
        return
    if not signers <= set(counting) or not (known.is_counsels_alone or enough_to_sign(signers, roster)):
        raise TombstoneBroken("desk.erased_by_others")


def check_other_keys(opened: KnownCase) -> tuple[str, ...]:
    """Return a warning when there are keys of later epochs than the one that opened the case.

    A move ends the epoch before it at once, so a key that opens nothing is made up, or the case an old copy.
    """
    return (WARN_OTHER_KEYS,) if opened.others else ()


def report_of(streams: Streams) -> Report:
    """Return entry 0 of the case. Raises CaseBroken when there is none."""
    entries: Sequence[Entry] = streams.get(Stream.REPORTER, ())
    if not entries or not isinstance(entries[0].body, Report):
        raise CaseBroken
    return entries[0].body


def check_stepping_aside(own_id: str, streams: Streams, roster: Roster) -> tuple[str, ...]:
    """Return a warning when this member's signature stays needed after stepping aside, or nobody could ask for it.

    Where she could not sign with those who are left (counsel with counsel), her stepping aside takes nothing away.
    """
    left = {member.id for member in left_to_sign(streams, roster)} - {own_id}
    if not left:
        return (WARN_LAST_SIGNER,)
    needed = not enough_for(streams, left, roster) and enough_for(streams, {*left, own_id}, roster)
    return (WARN_FEW_SIGNERS,) if needed else ()
