"""A new epoch of a case: how one desk prepares it, and what the second desk checks before it signs.

`prepare` gives a new key to the readers named and to nobody else. `check_prepared` takes these steps and raises at the
first that fails (docs/decisions/cases/0004); what it returns is who reads from then on:

1. The member's own grant in it opens, and is for this case, one epoch later.
2. Commitment, access key and share are those of that grant. Where there are notes, her notes grant brings another notes
   key than they had: who is left out kept that one.
3. Every header opens with the new keys to the item key it had before, and none is missing; heads follow.
4. Each member's item is her grant, or no grant of this epoch. `regrant` makes the same bytes for everybody who holds
   the new key, so a reader who is left out, or let in silently, is seen.
5. The reporter keeps the case, and the notes go to the same readers.

The notes that are there stay readable to those readers without moving: their item keys are wrapped again, under the key
that is made from the new case key and the new notes key.

`desk.work.case.readers` tells later, by the same grants, who was not left out.

Pure: an opened case, what the server has of it, and a roster in.
"""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass

from nacl.utils import random

from cases.roster.chain import Member, Roster
from cases.wire.messages import CaseAnswer, RekeyRequest, WireHead
from cases.wire.rekeying import regrant
from desk.errors import MoveBroken, NotNow
from desk.work.case.opened import DeskCase
from trusted.case.entry import Stream
from trusted.case.errors import NotARecipient, SealBroken
from trusted.crypto.case_keys import next_epoch, open_header
from trusted.crypto.envelope import KEY_BYTES, read_header, same
from trusted.crypto.reporter_keys import latest_keys
from trusted.crypto.seal import CaseKeys, Grant, Head, case_keys, check_grant, decoy_grant, make_head, open_grant, rekey

UNSIGNED = (b"", b"")
NO_PROOF = bytes(32)


@dataclass(frozen=True, slots=True, repr=False)
class Checked:
    """A re-keying that does what it says: the new grant of the member who checked it, the notes key, and who reads."""

    grant: Grant
    # None when there are no notes.
    notes_key: bytes | None
    readers: tuple[Member, ...]


def prepare(case: DeskCase, answer: CaseAnswer, roster: Roster, readers: Collection[str]) -> RekeyRequest:
    """Return the re-keying that gives the case to these members, without proof and signatures. Raises NotNow."""
    if case.notes_hidden:
        raise NotNow("act.notes_hidden")
    new = next_epoch(case.keys)
    notes = None if case.notes_key is None else random(KEY_BYTES)
    given = [member for member in roster.members if member.id in readers]
    try:
        headers = {
            stream: rekey(*_old_and_new(case, new, notes, stream), found)
            for stream, found in _old_headers(answer).items()
        }
    except SealBroken:
        raise MoveBroken from None
    return RekeyRequest(
        case_id=new.case_id,
        mac=NO_PROOF,
        epoch=new.epoch,
        commitment=new.commitment,
        access_key=new.access_key,
        share=new.share,
        headers=headers,
        heads=_heads(case, new, notes),
        grants={
            member.id: regrant(new, member.id_bytes, member.box, roster.version) if member in given else decoy_grant()
            for member in roster.members
        },
        reporter_grant=_reporter_grant(case, new, roster),
        notes_grants=_notes_grants(new, notes, given, roster),
        statements=UNSIGNED,
    )


def check_prepared(  # noqa: PLR0917 (explicit arguments, as for PLR0913)
    case: DeskCase,
    answer: CaseAnswer,
    roster: Roster,
    untrusted: RekeyRequest,
    own_id: bytes,
    box_private: bytes,
) -> Checked:
    """Return who reads after this re-keying. Raises MoveBroken."""
    try:
        # 1.
        grant = open_grant(untrusted.grants[own_id.hex()], own_id, box_private)
        check_grant(grant, case.keys.case_id, case.keys.epoch + 1, untrusted.commitment)
        new = case_keys(grant, untrusted.share)
        # 2.
        if untrusted.case_id != new.case_id or untrusted.epoch != new.epoch:
            raise MoveBroken
        if not same(untrusted.access_key, new.access_key):
            raise MoveBroken
        notes = _new_notes_key(case, new, untrusted, own_id, box_private)
        # 3.
        _check_headers(case, answer, new, notes, untrusted)
    except (KeyError, NotARecipient, SealBroken):
        raise MoveBroken from None
    # 4.
    readers = readers_of(new, roster, untrusted)
    # 5.
    if untrusted.reporter_grant != _reporter_grant(case, new, roster):
        raise MoveBroken
    if untrusted.notes_grants != _notes_grants(new, notes, readers, roster):
        raise MoveBroken
    return Checked(grant, notes, readers)


def _new_notes_key(
    case: DeskCase, new: CaseKeys, untrusted: RekeyRequest, own_id: bytes, box_private: bytes
) -> bytes | None:
    """Return the key of the notes from then on, if there are notes. Raises MoveBroken for the key they had before."""
    if case.notes_key is None:
        return None
    for item in untrusted.notes_grants:
        with contextlib.suppress(NotARecipient):
            grant = open_grant(item, own_id, box_private)
            if (grant.case_id, grant.epoch) == (new.case_id, new.epoch) and not same(grant.key, case.notes_key):
                return grant.key
    raise MoveBroken


def _check_headers(
    case: DeskCase, answer: CaseAnswer, new: CaseKeys, notes: bytes | None, untrusted: RekeyRequest
) -> None:
    old_headers = _old_headers(answer)
    if set(untrusted.headers) != set(old_headers) or untrusted.heads != _heads(case, new, notes):
        raise MoveBroken
    for stream, olds in old_headers.items():
        news = untrusted.headers[stream]
        if len(news) != len(olds):
            raise MoveBroken
        old_keys, new_keys = _old_and_new(case, new, notes, stream)
        for old, fresh in zip(olds, news, strict=True):
            place = read_header(old).place
            # Item key and the associated data of the body: with both the same, the body opens as before.
            if open_header(new_keys, place, fresh) != open_header(old_keys, place, old):
                raise MoveBroken


def readers_of(new: CaseKeys, roster: Roster, untrusted: RekeyRequest) -> tuple[Member, ...]:
    """Return to whom a re-keying gives the case, as every holder of the new key can see. Raises MoveBroken."""
    if set(untrusted.grants) != {member.id for member in roster.members}:
        raise MoveBroken
    return tuple(
        member
        for member in roster.members
        if untrusted.grants[member.id] == regrant(new, member.id_bytes, member.box, roster.version)
    )


def _old_headers(answer: CaseAnswer) -> dict[int, tuple[bytes, ...]]:
    headers = {
        int(stream): tuple(item.header for item in found.sealed)
        for stream, found in answer.streams.items()
        if found.sealed
    }
    files = tuple(row.header for row in answer.files)
    return headers | ({int(Stream.FILES): files} if files else {})


def _old_and_new(case: DeskCase, new: CaseKeys, notes: bytes | None, stream: int) -> tuple[CaseKeys, CaseKeys]:
    if stream == Stream.NOTES:
        if case.notes_keys is None or notes is None:
            raise MoveBroken
        return case.notes_keys, new.for_notes(notes)
    return case.keys, new


def _heads(case: DeskCase, new: CaseKeys, notes: bytes | None) -> dict[int, WireHead]:
    heads: dict[int, WireHead] = {}
    for stream, entries in case.streams.items():
        if entries:
            head: Head = make_head(_old_and_new(case, new, notes, stream)[1], stream, entries)
            heads[int(stream)] = WireHead(head.count, head.tag)
    return heads


def _reporter_grant(case: DeskCase, new: CaseKeys, roster: Roster) -> bytes:
    # After an approval of minutes the reporter has other keys than the report says.
    reporter = latest_keys(case.streams[Stream.REPORTER])
    return regrant(new, reporter.id, reporter.box, roster.version)


def _notes_grants(new: CaseKeys, notes: bytes | None, members: Collection[Member], roster: Roster) -> tuple[bytes, ...]:
    if notes is None:
        return ()
    granted = new.granting_notes(notes)
    return tuple(regrant(granted, member.id_bytes, member.box, roster.version) for member in members)
