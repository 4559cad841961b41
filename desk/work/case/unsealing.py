"""From what the server has of a case to its entries: steps 1 and 2 of `desk.work.case.casebook`, without any state.

Sealed answers and a member's own keys in, opened streams out; SealBroken and CaseBroken for what does not open.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cases.case.merging import merge
from cases.roster.chain import Roster
from cases.roster.member import MemberKeys
from cases.wire.messages import CaseAnswer, WireHead, WireStream
from desk.errors import CaseBroken
from desk.keep.state import KnownCase
from desk.work.case.checks import Streams
from trusted.case.entry import Entry, Stream
from trusted.case.errors import NotARecipient, SealBroken
from trusted.case.statements import Act, open_statement, read_statement
from trusted.crypto.seal import CaseKeys, Grant, Head, case_keys, check_grant, open_grant, open_stream
from trusted.crypto.streams import VerifyKeys


@dataclass(frozen=True, slots=True, repr=False)
class Unsealed:
    """A case as it was decrypted, still to be judged."""

    keys: CaseKeys
    notes_key: bytes | None
    streams: Streams


def unseal(
    known: KnownCase,
    answer: CaseAnswer,
    member: MemberKeys,
    sign_key_of: VerifyKeys,
    brought_notes: bytes | None = None,
) -> Unsealed:
    """Decrypt what the server has of a case (steps 1 and 2 of `desk.work.case.casebook`). Raises CaseBroken.

    `brought_notes`: the key of the notes that a colleague has sent, for who was not given it.
    """
    grant = Grant(known.case_id, known.epoch, known.key, known.commitment, known.roster_version)
    try:
        check_grant(grant, known.case_id, answer.epoch, answer.commitment)
        keys = case_keys(grant, answer.share)
        notes_key = _notes_key(known, keys, answer, member) or (brought_notes if has_notes(answer) else None)
        streams = {
            stream: _open(stream_keys, stream, answer, sign_key_of)
            for stream, stream_keys in _readable(keys, notes_key)
        }
        merge(streams)
    except SealBroken as broken:
        raise CaseBroken from broken
    return Unsealed(keys, notes_key, streams)


def open_grants(items: Sequence[bytes], member: MemberKeys) -> Iterator[Grant]:
    """Yield the grants of this member among items of which most are nothing to her."""
    for item in items:
        try:
            yield open_grant(item, member.id_bytes, member.box_private)
        except (NotARecipient, SealBroken):
            # Random bytes, or a box that opens with our key and names somebody else: neither is a grant.
            continue


def take_grant(cases: dict[str, KnownCase], grant: Grant) -> None:
    """Put a grant into the list; of a known case it is one more key that may open it."""
    name = grant.case_id.hex()
    before = cases.get(name)
    fresh = KnownCase(grant.case_id, grant.epoch, grant.key, grant.commitment, grant.roster_version)
    cases[name] = fresh if before is None else before.with_grant(grant)


def has_notes(answer: CaseAnswer) -> bool:
    """Return whether the case has notes, readable or not."""
    return bool(_stream(answer, Stream.NOTES).sealed)


def waiting_erasures(
    keys: CaseKeys, answer: CaseAnswer, roster: Roster, server_key: bytes
) -> tuple[tuple[str, str], ...]:
    """Return who has signed to have the case erased, each with the reference."""
    waiting: list[tuple[str, str]] = []
    for sealed in answer.statements:
        # One that does not open or verify is no signature; the server counts it as little as we do.
        with contextlib.suppress(SealBroken):
            blob = open_statement(keys.statement_key, keys.case_id, sealed)
            statement = read_statement(blob, roster, server_key)
            if statement.kind is Act.ERASE:
                waiting.append((statement.member, statement.reference))
    return tuple(waiting)


def _notes_key(known: KnownCase, keys: CaseKeys, answer: CaseAnswer, member: MemberKeys) -> bytes | None:
    """Return the key of the notes; None without notes, even if a key was granted. Raises SealBroken for a changed key.

    A notes grant has no sender either. One that came without notes would let the server choose the key under which
    the first is written, so a key is taken only with notes that open under it.
    """
    if not has_notes(answer):
        return None
    for grant in open_grants(answer.notes_grants, member):
        if grant.case_id == keys.case_id and grant.epoch == keys.epoch:
            if keys.epoch == known.notes_epoch and not known.has_notes_key(grant.key):
                raise SealBroken
            return grant.key
    return None


def _readable(keys: CaseKeys, notes_key: bytes | None) -> Iterator[tuple[Stream, CaseKeys]]:
    yield Stream.REPORTER, keys
    yield Stream.MEMBERS, keys
    if notes_key is not None:
        yield Stream.NOTES, keys.for_notes(notes_key)


def _stream(answer: CaseAnswer, stream: Stream) -> WireStream:
    return answer.streams.get(int(stream), WireStream((), WireHead(0, bytes(32))))


def _open(keys: CaseKeys, stream: Stream, answer: CaseAnswer, sign_key_of: VerifyKeys) -> tuple[Entry, ...]:
    found = _stream(answer, stream)
    sealed = [item.sealed for item in found.sealed]
    # The reporter's key stands in the report itself; no roster knows it.
    authors = None if stream is Stream.REPORTER else sign_key_of
    return open_stream(keys, stream, sealed, Head(found.head.count, found.head.tag), authors)
