"""
Streams of entries: sign, then seal; open, then prove that nothing was moved, changed or left out.

Contract (docs/FORMATS.md §4). `open_stream` returns the entries of a stream, or raises SealBroken. Its steps:

1. There are as many items as the head says.
2. Every item opens at its own place (envelope.py, steps 1 to 5).
3. Its kind may stand in this stream, and it counts only streams that its author can see.
4. Its author signed it, at this place, in the epoch in which it was sealed. In REPORTER that is the reporter, whose
   keys stand in entry 0, and after an approval of minutes in that entry (reporter_keys.py); the id follows from them. A
   member cannot write in the reporter's name, nor can anybody with words that have been replaced. Where the reporter
   has ended the inbox the stream ends.
5. It names the hash of the entry before it.
6. The head's tag is one that a holder of the keys made for this case, epoch and stream, over the count and the last
   hash: a stream that was cut, or that goes on after its head, does not open.

A whole stream that is withheld cannot be told from one never written by looking at it: the other streams count what
their authors had seen (`after`), and `timeline.merge` refuses when less is there; desks remember the heads they saw.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated

import msgspec
from nacl.utils import random

from trusted.case.clock import YEARS
from trusted.case.entry import (
    Body,
    Count,
    Entry,
    Hex16,
    Hex32,
    InboxEnded,
    ItemKind,
    MinutesApproved,
    Report,
    Stream,
    may_stand,
)
from trusted.case.errors import SealBroken
from trusted.crypto.case_keys import CaseKeys, open_header, seal_header
from trusted.crypto.envelope import (
    KEY_BYTES,
    Place,
    Sealed,
    aead_open,
    aead_seal,
    associated_data,
    blake,
    pad_entry,
    same,
    u32,
    unpad_entry,
)
from trusted.crypto.reporter_keys import ReporterPublic, check_new_keys, keys_in
from trusted.crypto.signing import SIGNATURE_BYTES, sign, verify_signature

NOTHING_BEFORE = bytes(32)
# Which other streams an entry may count. Members' entries do not count NOTES: the reporter's side reads them, and would
# learn how many notes there are.
MAY_COUNT: Mapping[Stream, frozenset[Stream]] = {
    Stream.REPORTER: frozenset({Stream.MEMBERS}),
    Stream.MEMBERS: frozenset({Stream.REPORTER}),
    Stream.NOTES: frozenset({Stream.REPORTER, Stream.MEMBERS}),
    Stream.FILES: frozenset(),
}

VerifyKeys = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Head:
    """Where a stream ends: a count, and a tag that only a holder of the keys can make."""

    count: int
    tag: bytes


# A stream to which nobody has written has no head that anybody made.
EMPTY_HEAD = Head(0, bytes(32))


class _SignedBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What an author signs, as JSON."""

    author: Hex16
    day: date
    previous: Hex32
    after: Annotated[dict[int, Count], msgspec.Meta(max_length=len(Stream))]
    entry: Body


_decoder = msgspec.json.Decoder(_SignedBody)
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True, repr=False)
class Authorship:
    """Who signs an entry, with which key, on which day, and how many entries of the other streams they had seen."""

    author: str
    sign_seed: bytes
    day: date
    after: Mapping[int, int]


def seal_entry(
    keys: CaseKeys, place: Place, previous: bytes, authorship: Authorship, body: Body
) -> tuple[Sealed, Entry]:
    """Return the entry signed and sealed, and the same entry as it will read when opened.

    Raise SealBroken if it could not be opened again.
    """
    author, after = authorship.author, dict(authorship.after)
    signed_body = _encoder.encode(_SignedBody(author, authorship.day, previous.hex(), after, body))
    ad = associated_data(keys.case_id, keys.epoch, place)
    signed_entry = sign(authorship.sign_seed, "ks1-entry", ad + signed_body) + signed_body
    # What is sealed is read back first. An entry that is too long, or that may not stand here, would otherwise close
    # the whole stream for ever; our own mistake must show before it is stored.
    entry = _read_entry(signed_body, keys.case_id, place, _chain_hash(ad, signed_entry))
    item_key = random(KEY_BYTES)
    sealed = Sealed(seal_header(keys, place, item_key), aead_seal(item_key, pad_entry(signed_entry), ad))
    return sealed, entry


def append(
    keys: CaseKeys, stream: Stream, existing: Sequence[Entry], authorship: Authorship, body: Body
) -> tuple[Sealed, Entry, Head]:
    """Seal `body` as the next entry after `existing`; return it with the new head of the stream."""
    previous = existing[-1].digest if existing else NOTHING_BEFORE
    sealed, entry = seal_entry(keys, Place(stream, len(existing), ItemKind.ENTRY), previous, authorship, body)
    return sealed, entry, make_head(keys, stream, (*existing, entry))


def make_head(keys: CaseKeys, stream: Stream, entries: Sequence[Entry]) -> Head:
    """Return the head of a stream that consists of these entries."""
    last = entries[-1].digest if entries else NOTHING_BEFORE
    return Head(len(entries), _head_tag(keys, stream, len(entries), last))


def open_stream(
    keys: CaseKeys, stream: Stream, sealed: Sequence[Sealed], head: Head, verify_key: VerifyKeys | None = None
) -> tuple[Entry, ...]:
    """Return the entries of a whole stream, or raise SealBroken.

    `verify_key` gives the signing key of an author, or None for somebody who may not write. It may be left out for the
    reporter's stream, which brings its own key; if it is given there as well, both must agree.
    """
    if head.count != len(sealed):
        raise SealBroken
    if not sealed and head == EMPTY_HEAD:
        return ()
    entries: list[Entry] = []
    previous = NOTHING_BEFORE
    authors = _Authors(verify_key)
    for number, item in enumerate(sealed):
        entry = _open_entry(keys, Place(stream, number, ItemKind.ENTRY), item, authors)
        if not same(entry.previous, previous):
            raise SealBroken
        previous = entry.digest
        entries.append(entry)
    if not same(head.tag, _head_tag(keys, stream, len(sealed), previous)):
        raise SealBroken
    return tuple(entries)


class _Authors:
    """Under which key each entry of a stream must verify. One for each stream, asked in the stream's order."""

    def __init__(self, verify_key: VerifyKeys | None) -> None:
        self._verify_key = verify_key
        self._reporter: ReporterPublic | None = None
        self._ended = False

    def key_of(self, entry: Entry) -> bytes:
        """Return the key under which this entry must verify; raise SealBroken for an author who may not write here."""
        known = self._verify_key(entry.author) if self._verify_key is not None else None
        if entry.stream != Stream.REPORTER:
            if known is None:
                raise SealBroken
            return known
        if self._reporter is None and isinstance(entry.body, Report):
            self._reporter = keys_in(entry.body)
        if self._reporter is None or self._ended or entry.author != self._reporter.id.hex():
            raise SealBroken
        if self._verify_key is not None and known != self._reporter.sign:
            raise SealBroken
        return self._reporter.sign

    def follow(self, entry: Entry) -> None:
        """Take note of what a verified entry changes for those after it."""
        if isinstance(entry.body, MinutesApproved):
            self._reporter = keys_in(entry.body)
        self._ended = isinstance(entry.body, InboxEnded)


def _open_entry(keys: CaseKeys, place: Place, item: Sealed, authors: _Authors) -> Entry:
    """Open one item at its place and check that its author signed it there."""
    item_key, ad = open_header(keys, place, item.header)
    signed_entry = unpad_entry(aead_open(item_key, item.body, ad))
    signature, signed_body = signed_entry[:SIGNATURE_BYTES], signed_entry[SIGNATURE_BYTES:]
    entry = _read_entry(signed_body, keys.case_id, place, _chain_hash(ad, signed_entry))
    verify_signature(authors.key_of(entry), "ks1-entry", ad + signed_body, signature)
    authors.follow(entry)
    return entry


def _read_entry(untrusted_body: bytes, case_id: bytes, place: Place, digest: bytes) -> Entry:
    """Decode a signed body strictly and check that it may stand at its place."""
    try:
        read = _decoder.decode(untrusted_body)
        counted = frozenset(Stream(number) for number in read.after)
    except (msgspec.MsgspecError, UnicodeDecodeError, ValueError):
        raise SealBroken from None
    if not counted <= MAY_COUNT[place.stream] or not may_stand(place.stream, place.number, read.entry):
        raise SealBroken
    if read.day.year not in YEARS:
        raise SealBroken
    if isinstance(read.entry, MinutesApproved):
        check_new_keys(read.entry, case_id, bytes.fromhex(read.author))
    previous = bytes.fromhex(read.previous)
    return Entry(place.stream, place.number, read.author, read.day, previous, dict(read.after), read.entry, digest)


def _chain_hash(ad: bytes, signed_entry: bytes) -> bytes:
    return blake(32, "ks1-chain", ad + signed_entry)


def _head_tag(keys: CaseKeys, stream: Stream, count: int, last: bytes) -> bytes:
    data = keys.case_id + u32(keys.epoch) + bytes([stream]) + u32(count) + last
    return blake(32, "", data, key=keys.head_key)
