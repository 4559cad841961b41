"""
The figures of the whole channel, as desks add them: masked lines, of which only the sum of all says something.

Contract (docs/FORMATS.md §9, docs/decisions/desk/0070). A line is a number of four bytes for each row, plus masks
modulo 2^32: of each pair of members one adds and one takes away the same mask, made from the key that the two share.
So the sum of the lines of all members of a roster is the sum of what they added, and any fewer are random. A line is
signed with the year and the roster for which it was made. The server holds lines in memory; desks keep them and bring
them again.
"""

import struct
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import blake2b
from typing import Annotated, Final, TypeAlias

import msgspec
from nacl.public import Box, PrivateKey, PublicKey

from cases.roster.member import MemberKeys
from cases.wire.messages import Hash, Wire
from trusted.case.entry import Hex16
from trusted.case.errors import SealBroken
from trusted.crypto.signing import SIGNATURE_BYTES, sign, verify_signature
from trusted.roster.text import Roster

USE: Final = "ks1-sums"
# Thirty organisations make about 500 rows.
LINE_BYTES_MAX: Final = 2**12
LINES_MAX: Final = 64
_WORDS_A_BLOCK: Final = 16
_MODULUS: Final = 2**32

Year: TypeAlias = Annotated[int, msgspec.Meta(ge=2000, le=2999)]


class SumLine(Wire, frozen=True):
    """One member's line."""

    member: Hex16
    masked: Annotated[bytes, msgspec.Meta(min_length=4, max_length=LINE_BYTES_MAX)]
    signature: Annotated[bytes, msgspec.Meta(min_length=SIGNATURE_BYTES, max_length=SIGNATURE_BYTES)]


class SumsRequest(Wire, frozen=True):
    """Verb `sums`: the lines that a desk has for a year and a roster, its own among them."""

    year: Year
    roster: Hash
    lines: Annotated[tuple[SumLine, ...], msgspec.Meta(max_length=LINES_MAX)]


class SumsAnswer(Wire, frozen=True):
    """The answer to `sums`: all lines that the server has, the first of each member."""

    lines: Annotated[tuple[SumLine, ...], msgspec.Meta(max_length=LINES_MAX)]


def last_year(day: date) -> int:
    """Return the last year that is counted on this day: each is from 1 February of the next."""
    return day.year - 1 if day > date(day.year, 1, 31) else day.year - 2


def make_line(keys: MemberKeys, roster: Roster, year: int, numbers: Sequence[int]) -> SumLine:
    """Return the line of a member who adds these numbers: the same for the same numbers, year and roster."""
    label, words = _label(roster, year), list(numbers)
    for member in roster.members:
        if member.id != keys.id:
            shared = Box(PrivateKey(keys.box_private), PublicKey(member.box)).shared_key()
            sign_of = 1 if keys.id < member.id else -1
            mask = _mask(shared, label, len(words))
            words = [(word + sign_of * one) % _MODULUS for word, one in zip(words, mask, strict=True)]
    masked = struct.pack(f">{len(words)}I", *words)
    return SumLine(keys.id, masked, sign(keys.sign_seed, USE, label + masked))


def verify_sum_line(untrusted_line: SumLine, roster: Roster, year: int) -> None:
    """Return if a member of the roster signed the line for this year. Raises SealBroken."""
    member = roster.member(untrusted_line.member)
    if member is None:
        raise SealBroken
    verify_signature(member.sign, USE, _label(roster, year) + untrusted_line.masked, untrusted_line.signature)


def sum_of(lines: Iterable[SumLine], count: int) -> list[int] | None:
    """Return the sum of the lines of all members; None when one has another length."""
    words = [0] * count
    for line in lines:
        if len(line.masked) != 4 * count:
            return None
        unpacked = struct.unpack(f">{count}I", line.masked)
        words = [(word + one) % _MODULUS for word, one in zip(words, unpacked, strict=True)]
    return words


def _mask(shared: bytes, label: bytes, count: int) -> Sequence[int]:
    # Keyed BLAKE2b in counter mode. The key serves grants too, under other functions; `person` keeps the uses apart.
    blocks = -(-count // _WORDS_A_BLOCK)
    stream = b"".join(
        blake2b(label + struct.pack(">I", number), key=shared, person=USE.encode(), digest_size=64).digest()
        for number in range(blocks)
    )
    return struct.unpack(f">{count}I", stream[: 4 * count])


def _label(roster: Roster, year: int) -> bytes:
    return struct.pack(">H", year) + roster.digest
