"""
The desk's interface on the wire: what each request and answer holds, and how a request is signed.

Contract (docs/FORMATS.md §9). Every request is signed by one member over method, path, the hash and the length of its
body, the server's key and a counter that only rises, so it can be shown neither to another server nor to the same one
twice. The hash stands in a header: whether a member signed a request is known before anything of its body is read, and
a sender who is no member gets no room for one. `verify_head` takes steps 1 to 4, `require_body` the last; the first
that fails raises RequestRefused:

1. The four headers are there, once, and well formed.
2. The member is one whose key we know.
3. The signature is by that key, over this very request and this server.
4. The counter is above the last one of this member. The store keeps it and decides; it is compared here as well when
   the caller gives it.
5. The body that came has that hash.

All structs refuse unknown fields. Bytes are base64 in JSON.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias, TypeVar

import msgspec

from cases.case.restored import SignedRestore
from cases.case.timeline import DEFAULT_RULES
from cases.config import LONGEST_INBOX_DAYS, Categories
from cases.roster.member import MemberKeys
from cases.upkeep import NEVER
from trusted.case.errors import RequestRefused, SealBroken
from trusted.crypto.envelope import HEADER_BYTES, Sealed, same, u64
from trusted.crypto.grants import GRANT_BYTES
from trusted.crypto.signing import sign, verify_signature

MEMBER_HEADER = "Kallskydd-Member"
COUNTER_HEADER = "Kallskydd-Counter"
BODY_HEADER = "Kallskydd-Body"
SIGNATURE_HEADER = "Kallskydd-Signature"
PATH = "/desk/1/"
# Said of an entry that did not expect a move of its case to wait (AppendRequest.spoils_move).
MOVE_WAITS = "store.move_waits"
# Said of a counter that is not above the last one; a desk that was restored from an older copy jumps ahead on it.
COUNTER_BEHIND = "request.counter_behind"
_MOST_COUNTER = 2**63 - 1  # what SQLite keeps in a column of integers
_MEMBER = re.compile(r"[0-9a-f]{32}")
_COUNTER = re.compile(r"0|[1-9][0-9]{0,18}")
_BODY = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")

Id: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
Hash: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
GrantBlob: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=GRANT_BYTES, max_length=GRANT_BYTES)]
HeaderBlob: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=HEADER_BYTES, max_length=HEADER_BYTES)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]
InboxDays: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=LONGEST_INBOX_DAYS)]
# The longest name of a host, a colon and a port.
MIRROR_CHARACTERS = 259
MirrorHost: TypeAlias = Annotated[
    str,
    msgspec.Meta(
        min_length=MIRROR_CHARACTERS,
        max_length=MIRROR_CHARACTERS,
        pattern=r"^((?!.*\.onion[: ])([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}(:[0-9]{1,5})?)? *\Z",
    ),
]
UpkeepLine: TypeAlias = Annotated[str, msgspec.Meta(min_length=len(NEVER.line), max_length=len(NEVER.line))]
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=_MOST_COUNTER)]


class Wire(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base: strict, and shows nothing of itself."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Refusal(Wire, frozen=True):
    """The one shape of every refusal."""

    code: int
    text_key: str


class StateAnswer(Wire, frozen=True):
    """The answer to what changes a state: kept (it waits for the second signature) or done."""

    state: str


class RosterVersion(Wire, frozen=True):
    """One version with the lines of its signatures."""

    text: str
    signatures: str


class AuditTail(Wire, frozen=True):
    """The last lines of the server's chain of daily audits, as they rest, and how many lines there are in all.

    And what `kallskydd status` saw last, a line of `upkeep.seen`: of one length, whatever it saw.
    """

    lines: tuple[str, ...]
    count: Count
    upkeep: UpkeepLine = NEVER.line


class RosterAnswer(Wire, frozen=True):
    """Verb `roster`: all versions in force, the proposal that waits for signatures, and the server's last audits.

    And how long a reporter reads the outcome before a case may be erased: a setting of the server, which holds to it.
    """

    chain: tuple[RosterVersion, ...]
    proposal: RosterVersion | None
    audit: AuditTail | None = None
    inbox_days: InboxDays = DEFAULT_RULES.inbox_days
    # The declarations of restores, each signed by two members.
    restored: tuple[SignedRestore, ...] = ()
    # The server's day, by which a desk sees that one of the two clocks is wrong. A day that everybody knows.
    day: date | None = None
    # The mirror's host, filled with spaces, and the SHA-256 of the certificate by which it is served now: so a desk can
    # try it as a stranger does. Blank and zeros where there is none.
    mirror: MirrorHost = " " * MIRROR_CHARACTERS
    mirror_certificate: Hash = bytes(32)
    # The municipality's own kinds of matter, of which members choose one for a case.
    categories: Categories = ()


class SignRosterRequest(Wire, frozen=True):
    """Verb `sign-roster`; answered by StateAnswer."""

    version: Count
    hash: Hash
    signature: Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]


class BoxRequest(Wire, frozen=True):
    """Verb `box`: the batches after this number."""

    after: Number


class BoxBatch(Wire, frozen=True):
    """One release: 4, 8, 16 … items of one size."""

    number: Number
    items: tuple[GrantBlob, ...]


class BoxAnswer(Wire, frozen=True):
    """The answer to `box`."""

    batches: tuple[BoxBatch, ...]


class OfCase(Wire, frozen=True):
    """How every request on a case begins: its id, and the proof that the desk holds its key."""

    case_id: Id
    mac: Hash


class CaseRequest(OfCase, frozen=True):
    """Verbs `case` and `tombstone`."""


class WireHead(Wire, frozen=True):
    """A head of a stream."""

    count: Count
    tag: Hash


class WireItem(Wire, frozen=True):
    """One sealed entry."""

    header: HeaderBlob
    body: bytes

    @property
    def sealed(self) -> Sealed:
        """The entry as it is to be opened."""
        return Sealed(self.header, self.body)


class WireStream(Wire, frozen=True):
    """One stream as it is to be opened."""

    sealed: tuple[WireItem, ...]
    head: WireHead


class WireFile(Wire, frozen=True):
    """One sealed file; its body is fetched by the verb `file`."""

    file_id: Id
    number: Count
    item_kind: int
    header: HeaderBlob
    sealed_size: Number


class CaseAnswer(Wire, frozen=True):
    """The answer to `case`: all that is released of it."""

    epoch: Count
    commitment: Hash
    share: Hash
    streams: dict[int, WireStream]
    notes_grants: tuple[GrantBlob, ...]
    files: tuple[WireFile, ...]
    state: str
    release_day: date | None
    erase_by: date | None
    statements: tuple[bytes, ...]


class FileRequest(OfCase, frozen=True):
    """Verb `file`; answered by the sealed bytes as they are."""

    file_id: Id


class AppendRequest(OfCase, frozen=True):
    """Verb `append`: one entry after `count` others."""

    stream: int
    count: Count
    header: HeaderBlob
    body: bytes
    head: WireHead
    notes_grants: tuple[GrantBlob, ...] | None = None
    statement: bytes | None = None
    # It is to be kept though a move of the case waits for its signature, which will not fit any more.
    spoils_move: bool = False

    @property
    def sealed(self) -> Sealed:
        """The entry as it is to be kept."""
        return Sealed(self.header, self.body)


class AppendAnswer(Wire, frozen=True):
    """The new count of the stream."""

    count: Count


class RekeyRequest(OfCase, frozen=True):
    """Verb `rekey`: a new epoch, which two members have signed. Grants for every member's box, by id in hex."""

    epoch: Count
    commitment: Hash
    access_key: Hash
    share: Hash
    headers: dict[int, tuple[HeaderBlob, ...]]
    heads: dict[int, WireHead]
    grants: dict[str, GrantBlob]
    reporter_grant: GrantBlob
    notes_grants: tuple[GrantBlob, ...]
    statements: Annotated[tuple[bytes, ...], msgspec.Meta(min_length=2, max_length=2)]


class RekeyAnswer(Wire, frozen=True):
    """The epoch in force."""

    epoch: Count


class StatementRequest(OfCase, frozen=True):
    """Verb `statement`; answered by StateAnswer. Under `seal_key` the server keeps it, and then forgets the key."""

    statement: bytes
    seal_key: Hash


class TombstoneAnswer(Wire, frozen=True):
    """The statements by which a case was erased, sealed as they rest."""

    statements: tuple[bytes, ...]


Struct = TypeVar("Struct", bound=Wire)


def encode(struct: Wire) -> bytes:
    """Return the JSON of a request or an answer."""
    return msgspec.json.encode(struct)


def decode(untrusted_body: bytes, kind: type[Struct]) -> Struct:
    """Return the request or answer, strictly read; raise RequestRefused."""
    try:
        return msgspec.json.decode(untrusted_body, type=kind)
    except (msgspec.MsgspecError, ValueError):
        raise RequestRefused("request.unreadable") from None


@dataclass(frozen=True, slots=True)
class SignedHead:
    """Who sent a request whose head was verified, its counter, and the hash and length that its body has to have."""

    member: str
    counter: int
    body_hash: bytes
    body_bytes: int


@dataclass(frozen=True, slots=True)
class RequestHead:
    """What is signed of a request besides the hash of its body, in this order: length is that of the body."""

    method: str
    path: str
    length: int
    server_key: bytes


def sign_request(  # noqa: PLR0917 (the order of the signed text)
    keys: MemberKeys, method: str, path: str, body: bytes, server_key: bytes, counter: int
) -> dict[str, str]:
    """Return the four headers of a request."""
    body_hash = new_body_hash(body).digest()
    signed = _signed_text(RequestHead(method, path, len(body), server_key), body_hash, counter)
    signature = sign(keys.sign_seed, "ks1-request", signed)
    return {
        MEMBER_HEADER: keys.id,
        COUNTER_HEADER: str(counter),
        BODY_HEADER: body_hash.hex(),
        SIGNATURE_HEADER: signature.hex(),
    }


def new_body_hash(beginning: bytes = b"") -> "hashlib.blake2b":
    """Return the hash over a body, to be fed with it as it comes."""
    return hashlib.blake2b(beginning, digest_size=32, person=b"ks1-body")


def verify_head(
    untrusted_headers: Mapping[str, str],
    request: RequestHead,
    sign_key_of: Callable[[str], bytes | None],
    last_counter: int = -1,
) -> SignedHead:
    """Return who signed the request, whose body is to have the length of its head; raise RequestRefused. Steps 1 to 4.

    `sign_key_of` gives the signing key of a member id, or None. `last_counter` is the last one of that member.
    """
    member = untrusted_headers.get(MEMBER_HEADER, "")
    untrusted_counter = untrusted_headers.get(COUNTER_HEADER, "")
    untrusted_hash = untrusted_headers.get(BODY_HEADER, "")
    signature = untrusted_headers.get(SIGNATURE_HEADER, "")
    well_formed = (
        _MEMBER.fullmatch(member)
        and _COUNTER.fullmatch(untrusted_counter)
        and _BODY.fullmatch(untrusted_hash)
        and _SIGNATURE.fullmatch(signature)
    )
    if not well_formed or int(untrusted_counter) > _MOST_COUNTER:
        raise RequestRefused
    counter, body_hash = int(untrusted_counter), bytes.fromhex(untrusted_hash)
    sign_key = sign_key_of(member)
    if sign_key is None:
        raise RequestRefused
    signed = _signed_text(request, body_hash, counter)
    try:
        verify_signature(sign_key, "ks1-request", signed, bytes.fromhex(signature))
    except SealBroken:
        raise RequestRefused from None
    if counter <= last_counter:
        raise RequestRefused(COUNTER_BEHIND)
    return SignedHead(member, counter, body_hash, request.length)


def require_body(head: SignedHead, body_hash: bytes) -> None:
    """Return if the body that came is the one that was signed; raise RequestRefused. Step 5."""
    if not same(head.body_hash, body_hash):
        raise RequestRefused


def _signed_text(request: RequestHead, body_hash: bytes, counter: int) -> bytes:
    name = request.method.encode() + b"\0" + request.path.encode() + b"\0"
    return name + body_hash + u64(request.length) + request.server_key + u64(counter)
