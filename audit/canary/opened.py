"""What a member reads of a report, opened with the member's own key: there too stands only what was typed.

Ciphertext can hide anything from a search of what was written: a browser's name in a sealed entry would never be seen
in the database. So the canary sends one urgent report, which members get at once, and opens it as docs/FORMATS.md has
it (sections 1 to 5), with libsodium and none of our code. What in an entry follows from keys is not compared between
runs, so it is verified: the signature, its author, the hash of the entry before it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from nacl import bindings as sodium
from nacl.exceptions import BadSignatureError, CryptoError
from nacl.public import PrivateKey, SealedBox
from nacl.signing import VerifyKey

from audit.canary.visits.desk import NOTHING, CanaryDesk
from audit.canary.visits.http import Answer

_GRANT = struct.Struct(">B16sI32s32s16sI")
_HEADER = struct.Struct(">B32sIIBIB24s48s")
_CHUNK = 262_144 + 17  # of a sealed file: plaintext, and what the stream adds
_STREAM_HEADER = _NONCE = 24
_SIGNATURE = 64
_CASE = "a case"  # how its answer is called


class NotOpened(Exception):
    """What the desk was given does not open as the formats say."""


@dataclass(frozen=True, slots=True, repr=False)
class Opened:
    """One thing that a member can read."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, repr=False)
class _Keys:
    case_id: bytes
    epoch: int
    key: bytes
    access_key: bytes


@dataclass(frozen=True, slots=True, repr=False)
class ReadEntry:
    """A signed entry with its padding, and what it is bound to."""

    padded: bytes
    bound: bytes

    @property
    def signed(self) -> bytes:
        """The signature and the text."""
        return self.padded.rpartition(b"\x80")[0]


@dataclass(frozen=True, slots=True, repr=False)
class Granted:
    """An item of a member's box that opens with its own key, and where it lies among the `count` of its batch."""

    item: bytes
    batch: int
    place: int
    count: int


@dataclass(slots=True, repr=False)
class Found:
    """What there was for this member: its grants, what opened with them, and what the server answered."""

    things: list[Opened] = field(default_factory=list)
    answers: list[tuple[str, Answer]] = field(default_factory=list)
    grants: list[Granted] = field(default_factory=list)
    cases: list[bytes] = field(default_factory=list)  # of each grant its case
    keys: list[bytes] = field(default_factory=list)  # and its key
    unsigned: list[str] = field(default_factory=list)  # entries that are not what their author signed


def open_everything(desk: CanaryDesk) -> Found:
    """Every entry, file and preview that was released to this member. Raises NotOpened, OSError."""
    found = Found()
    try:
        found.grants = _grants(desk)
        several = [_keys_in(grant.item, desk) for grant in found.grants]
        found.cases, found.keys = [keys.case_id for keys in several], [keys.key for keys in several]
        for keys in several:
            found.things += _case(desk, keys, found)
        found.answers += _news(desk, several, found)
    except (CryptoError, KeyError, ValueError, TypeError, struct.error) as failed:
        raise NotOpened from failed
    return found


def _news(desk: CanaryDesk, several: Sequence[_Keys], found: Found) -> list[tuple[str, Answer]]:
    """Ask for news of all cases as a desk that has nothing of them, and as one that has the first half."""
    # In the order in which each was named: grants lie where chance has put them.
    told = [answer.body.rstrip(b" ") for name, answer in found.answers if name.startswith(_CASE)]
    ordered = sorted(zip(several, told, strict=True), key=lambda one: (len(one[1]), _asked(one[1])["release_day"]))
    answers = []
    for half in (0, len(ordered) // 2):
        asked = [
            (keys.case_id, _mac(desk, keys, "sync"), _mark(text) if number < half else NOTHING)
            for number, (keys, text) in enumerate(ordered)
        ]
        answers.append((f"sync with {len(ordered)} cases, {half} of them known", desk.sync(asked)))
    return answers


def _mark(told: bytes) -> bytes:
    """Return the hash by which a desk shows what it has of a case, docs/FORMATS.md, section 9."""
    return hashlib.blake2b(told, digest_size=16, person=b"ks1-sync").digest()


def items_that_open(desk: CanaryDesk) -> list[Granted]:
    """Return every item of the member's box that opens with the own key, whatever is in it. Raises OSError."""
    with suppress(KeyError, ValueError, TypeError):
        return _grants(desk)
    return []


def _grants(desk: CanaryDesk) -> list[Granted]:
    found = []
    for batch in _asked(desk.ask("box", {"after": 0}).body)["batches"]:
        for place, item in enumerate(map(base64.b64decode, batch["items"])):
            with suppress(CryptoError):
                SealedBox(PrivateKey(desk.box_private)).decrypt(item)
                found.append(Granted(item, batch["number"], place, len(batch["items"])))
    return found


def _keys_in(grant: bytes, desk: CanaryDesk) -> _Keys:
    plain = SealedBox(PrivateKey(desk.box_private)).decrypt(grant)
    _version, case_id, epoch, key, _commitment, _recipient, _roster = _GRANT.unpack(plain)
    return _Keys(case_id, epoch, key, _hash("ks1-access", case_id + struct.pack(">I", epoch), key))


def _case(desk: CanaryDesk, keys: _Keys, found: Found) -> list[Opened]:
    asked = {"case_id": _text(keys.case_id), "mac": _text(_mac(desk, keys, "case"))}
    answer = desk.ask("case", asked)
    case = _asked(answer.body)
    found.answers.append((f"{_CASE} with {len(case['files'])} files", answer))
    share = base64.b64decode(case["share"])
    data_key = hashlib.blake2b(
        share, digest_size=32, key=keys.key, salt=keys.case_id, person=b"ks1-case"
    ).digest()  # fmt: skip
    wrap_key = _hash("ks1-wrap", struct.pack(">I", keys.epoch), data_key)
    opened = []
    files = {base64.b64decode(row["file_id"]).hex() for row in case["files"]}
    for stream, told in case["streams"].items():
        entries = [
            _entry(keys, wrap_key, base64.b64decode(item["header"]), base64.b64decode(item["body"]))
            for item in told["sealed"]
        ]
        names = [f"entry {number} of stream {stream}" for number in range(len(entries))]
        # The padding too: it is a place to put something.
        opened += [Opened(name, entry.padded[_SIGNATURE:]) for name, entry in zip(names, entries, strict=True)]
        found.unsigned += [names[number] for number in unsigned_entries(entries, files)]
    answers = []
    for row in case["files"]:
        asked = {**asked, "mac": _text(_mac(desk, keys, "file")), "file_id": row["file_id"]}
        answer = desk.ask("file", asked)
        body = answer.body
        answers.append(answer)
        opened.append(Opened("a preview" if row["item_kind"] == 3 else "a file",  # noqa: PLR2004 - section 2
                             _file(keys, wrap_key, base64.b64decode(row["header"]), body)))  # fmt: skip
    # Files come in the order of their random numbers.
    by_size = sorted(answers, key=lambda answer: len(answer.body))
    found.answers += [(f"file {place} by size", answer) for place, answer in enumerate(by_size, start=1)]
    return opened


def _item_key(keys: _Keys, wrap_key: bytes, header: bytes) -> tuple[bytes, bytes]:
    """Return the item's own key, and what its body is bound to."""
    version, _commitment, epoch, sealed_epoch, stream, number, kind, nonce, wrapped = _HEADER.unpack(header)
    bound = struct.pack(">B16s", version, keys.case_id) + struct.pack(">IBIB", epoch, stream, number, kind)
    sealed = struct.pack(">B16s", version, keys.case_id) + struct.pack(">IBIB", sealed_epoch, stream, number, kind)
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(wrapped, bound, nonce, wrap_key), sealed


def _entry(keys: _Keys, wrap_key: bytes, header: bytes, body: bytes) -> ReadEntry:
    key, bound = _item_key(keys, wrap_key, header)
    return ReadEntry(sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(body[_NONCE:], bound, body[:_NONCE], key), bound)


def unsigned_entries(entries: Sequence[ReadEntry], files: set[str]) -> Iterator[int]:
    """Give the reporter's entries whose signature, author, place or files are others than the keys of the first make.

    What follows from keys is left out where runs are compared, so here it must be nothing but that.
    """
    previous = bytes(32)
    first = json.loads(entries[0].signed[_SIGNATURE:])["entry"] if entries else {}
    sign, box = bytes.fromhex(first.get("reporter_sign", "")), bytes.fromhex(first.get("reporter_box", ""))
    author = hashlib.blake2b(sign + box, digest_size=16, person=b"ks1-member").hexdigest()
    for number, entry in enumerate(entries):
        told = json.loads(entry.signed[_SIGNATURE:])
        named = {value for name, value in told["entry"].items() if name in {"file_id", "preview_id"} and value}
        try:
            VerifyKey(sign).verify(b"ks1-entry" + entry.bound + entry.signed[_SIGNATURE:], entry.signed[:_SIGNATURE])
        except (BadSignatureError, ValueError):
            yield number
        else:
            if (told["author"], told["previous"]) != (author, previous.hex()) or not named <= files:
                yield number
        previous = hashlib.blake2b(entry.bound + entry.signed, digest_size=32, person=b"ks1-chain").digest()


def _file(keys: _Keys, wrap_key: bytes, header: bytes, body: bytes) -> bytes:
    key, bound = _item_key(keys, wrap_key, header)
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, body[:_STREAM_HEADER], key)
    pieces = range(_STREAM_HEADER, len(body), _CHUNK)
    pulled = [
        sodium.crypto_secretstream_xchacha20poly1305_pull(state, body[start : start + _CHUNK], bound)[0]
        for start in pieces
    ]
    return b"".join(pulled)


def _mac(desk: CanaryDesk, keys: _Keys, verb: str) -> bytes:
    counter = (desk.counter + 1).to_bytes(8, "big")
    return _hash("ks1-fetch", verb.encode() + b"\0" + keys.case_id + counter, keys.access_key)


def _asked(body: bytes) -> dict[str, Any]:
    answer = json.loads(body)
    if not isinstance(answer, dict):
        raise NotOpened
    return answer


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _hash(person: str, data: bytes, key: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32, key=key, person=person.encode()).digest()
