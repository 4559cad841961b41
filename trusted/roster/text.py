"""
One version of the roster: who may read, as a text that is hashed and signed byte by byte.

`parse_roster` returns a roster or raises RosterFault; a key that it does not know is a fault, since it could be the
misspelling of one that matters. It proves nothing about who agreed to the text: that is rules.py and roster.py.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal, TypeAlias

import msgspec

from trusted.case.entry import Hex16, Hex32
from trusted.case.errors import RosterFault
from trusted.crypto.envelope import blake
from trusted.crypto.grants import can_seal_to
from trusted.crypto.signing import id_of
from trusted.receipt.wordlist import BITS_PER_WORD, to_words

Role: TypeAlias = Literal["handler", "lead", "counsel"]
# One line that a person reads: no control characters, and none that turn or hide the letters around them.
_NOT_IN_A_LINE = r"\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
Line: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=rf"^[^{_NOT_IN_A_LINE}]+\Z")]
# x25519 in tor's base32: 32 bytes in 52 letters, no padding.
OnionKey: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[A-Z2-7]{52}\Z")]
NO_PREVIOUS = bytes(32)
# A real home is not open with fewer: alone, nobody can erase, and nobody sees what one reader does.
READERS_OF_A_REAL_HOME = 2
FINGERPRINT_WORDS = 6
# Thirty members and fifty organisations are 20 kB.
ROSTER_BYTES = 2**20

OrganisationKey: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{1,40}\Z")]


@dataclass(frozen=True, slots=True)
class Organisation:
    """One of those behind the channel."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who may be a reader: public keys, and the label that reporters see."""

    id: str
    name: str
    role: Role
    label: str
    sign: bytes
    box: bytes
    onion: str

    @property
    def id_bytes(self) -> bytes:
        """The id as it stands in grants."""
        return bytes.fromhex(self.id)


@dataclass(frozen=True, slots=True)
class RosterHome:
    """The home whose readers a roster names: the same in every version."""

    id: bytes
    server_key: bytes
    trial: bool


@dataclass(frozen=True, slots=True)
class Roster:
    """One version; `text` is the file and `digest` its hash."""

    version: int
    previous: bytes
    home_id: bytes
    server_key: bytes
    trial: bool
    proposed: date | None
    organisations: tuple[Organisation, ...]
    members: tuple[Member, ...]
    digest: bytes
    text: str

    @property
    def home(self) -> RosterHome:
        """The home that this version names."""
        return RosterHome(self.home_id, self.server_key, self.trial)

    @property
    def readers(self) -> tuple[Member, ...]:
        """The members to whom reports go: handlers and leads."""
        return tuple(member for member in self.members if member.role in {"handler", "lead"})

    @property
    def counsel(self) -> tuple[Member, ...]:
        """The members who read when the readers may not."""
        return tuple(member for member in self.members if member.role == "counsel")

    @property
    def is_open(self) -> bool:
        """Whether there are enough readers for reports to be received."""
        return len(self.readers) >= self.readers_needed

    @property
    def readers_needed(self) -> int:
        """How many readers it takes to be open."""
        return 1 if self.trial else READERS_OF_A_REAL_HOME

    def member(self, member_id: str) -> Member | None:
        """Return the member with this id, if there is one."""
        return next((member for member in self.members if member.id == member_id), None)


class _Organisation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One organisation in TOML."""

    key: OrganisationKey
    name: Line


class _Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One member in TOML."""

    id: Hex16
    name: Line
    role: Role
    label: Line
    sign: Hex32
    box: Hex32
    onion: OnionKey


class _Roster(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file in TOML."""

    version: Annotated[int, msgspec.Meta(ge=1, le=9_999)]
    previous: Hex32
    home_id: Hex16
    server_key: Hex32
    trial: bool
    members: Annotated[tuple[_Member, ...], msgspec.Meta(min_length=1, max_length=1_000)]
    organisations: Annotated[tuple[_Organisation, ...], msgspec.Meta(max_length=1_000)] = ()
    proposed: date | None = None


def render(
    *,
    version: int,
    previous: bytes,
    home: RosterHome,
    organisations: Sequence[Organisation],
    members: Sequence[Member],
    proposed: date | None = None,
) -> str:
    """Return the text of a roster; raise RosterFault if it could not be read again.

    `proposed` is the day before which the fourteen days do not begin when one signature has to do.
    """
    lines = [
        f"version = {version}",
        f'previous = "{previous.hex()}"',
        f'home_id = "{home.id.hex()}"',
        f'server_key = "{home.server_key.hex()}"',
        f"trial = {'true' if home.trial else 'false'}",
    ]
    if proposed is not None:
        lines.append(f"proposed = {proposed.isoformat()}")
    for organisation in organisations:
        lines += ["", "[[organisations]]", _line("key", organisation.key), _line("name", organisation.name)]
    for member in members:
        lines += ["", "[[members]]", *(_line(key, value) for key, value in _fields(member).items())]
    text = "\n".join(lines) + "\n"
    parse_roster(text)
    return text


def parse_roster(untrusted_text: str) -> Roster:
    """Return the roster that the text describes; raise RosterFault."""
    try:
        read = msgspec.toml.decode(untrusted_text, type=_Roster)
        digest = digest_of(untrusted_text)
    except msgspec.ValidationError as error:
        is_key = "unknown field" in str(error)
        raise RosterFault("roster.unknown_key" if is_key else "roster.unreadable") from None
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise RosterFault("roster.unreadable") from None
    organisations = tuple(Organisation(one.key, one.name) for one in read.organisations)
    members = tuple(
        Member(one.id, one.name, one.role, one.label, bytes.fromhex(one.sign), bytes.fromhex(one.box), one.onion)
        for one in read.members
    )
    _require_consistent(organisations, members)
    return Roster(
        version=read.version,
        previous=bytes.fromhex(read.previous),
        home_id=bytes.fromhex(read.home_id),
        server_key=bytes.fromhex(read.server_key),
        trial=read.trial,
        proposed=read.proposed,
        organisations=organisations,
        members=members,
        digest=digest,
        text=untrusted_text,
    )


def digest_of(text: str) -> bytes:
    """Return the hash of the file, by which the next version and every signature name it."""
    return blake(32, "ks1-roster", text.encode())


def fingerprint_words(digest: bytes) -> tuple[str, ...]:
    """Return six words that two members can compare by voice: the first 72 bits of the hash."""
    taken = FINGERPRINT_WORDS * BITS_PER_WORD // 8
    return to_words(int.from_bytes(digest[:taken], "big"), FINGERPRINT_WORDS)


def _require_consistent(organisations: Sequence[Organisation], members: Sequence[Member]) -> None:
    """Return if every id follows from its keys and nothing stands twice."""
    # Nothing can be sealed to some points of the curve, 32 zero bytes among them: one such key would stop every report.
    if any(member.id != id_of(member.sign, member.box).hex() or not can_seal_to(member.box) for member in members):
        raise RosterFault("roster.wrong_id")
    # Reporters mark people by their label: two with the same could be mistaken for each other, and then one reads a
    # report about herself. Two members who share a key would be one person with two signatures.
    columns = (
        [organisation.key for organisation in organisations],
        [member.id for member in members],
        [member.label.casefold() for member in members],
        [member.sign for member in members],
        [member.box for member in members],
    )
    if any(len(set(column)) != len(column) for column in columns):
        raise RosterFault("roster.twice")


def _fields(member: Member) -> dict[str, str]:
    return {
        "id": member.id,
        "name": member.name,
        "role": member.role,
        "label": member.label,
        "sign": member.sign.hex(),
        "box": member.box.hex(),
        "onion": member.onion,
    }


def _line(key: str, value: str) -> str:
    # JSON's quoting of a string without control characters is also TOML's.
    return f"{key} = {json.dumps(value, ensure_ascii=False)}"
