"""
The declaration of a restore: two members say that the server goes on from a backup of a day.

A server that shows less than before is an attack, or was restored. Its own word for it would be worth nothing, so the
members whose desks open the sealed part of the backup sign what it is opened for: which backup, of which day, for which
server, on which day, whether the shares of case keys come with it, whether it is a move to another host, and the roster
with which the home starts. Desks believe it with the signatures of two members (`enough_to_sign`), each once.
"""

import contextlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import msgspec

from cases.roster.member import MemberKeys
from trusted.case.entry import Hex16, Hex32
from trusted.case.errors import SealBroken
from trusted.case.statements import enough_to_sign
from trusted.crypto.envelope import blake
from trusted.crypto.signing import SIGNATURE_BYTES, sign, verify_signature
from trusted.roster.text import Roster

RESTORED_NAME = "restored"
# A line of the file is about 700 bytes; a home that was restored more than a thousand times was not.
MOST_BYTES = 2**20
_USE = "ks1-restored"
_FIELDS_OF_A_LINE = 2


class Restored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is declared."""

    backup: Hex16
    backup_day: date
    day: date
    moved: bool
    with_shares: bool
    server: Hex32
    # With this version the home starts: who reads new reports.
    roster_version: int
    roster: Hex32

    @property
    def text(self) -> str:
        """The text that is signed."""
        return msgspec.json.encode(self).decode()

    @property
    def name(self) -> str:
        """What tells one restore from another, also from one of the same backup on the same day."""
        return blake(16, "ks1-restored", self.text.encode()).hex()


class SignedRestore(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The text and the lines `member-id signature` under it, as they rest and as they are handed to desks."""

    text: str
    signatures: str


def sign_restored(restored: Restored, keys: MemberKeys) -> str:
    """Return the line by which a member declares it."""
    return f"{keys.id} {sign(keys.sign_seed, _USE, restored.text.encode()).hex()}"


def read_restored(untrusted: SignedRestore, roster: Roster, server_key: bytes) -> Restored:
    """Return the declaration; raise SealBroken unless two members of the roster signed it for this server."""
    try:
        restored = msgspec.json.decode(untrusted.text, type=Restored)
    except (msgspec.MsgspecError, ValueError):
        raise SealBroken from None
    if restored.text != untrusted.text or restored.server != server_key.hex():
        raise SealBroken
    signers = {verify_restored_line(untrusted.text, line, roster) for line in untrusted.signatures.splitlines()}
    if not enough_to_sign(signers, roster):
        raise SealBroken
    return restored


def verify_restored_line(text: str, untrusted_line: str, roster: Roster) -> str:
    """Return the id of the member who signed; raise SealBroken."""
    fields = untrusted_line.split()
    member = roster.member(fields[0]) if len(fields) == _FIELDS_OF_A_LINE else None
    if member is None:
        raise SealBroken
    try:
        signature = bytes.fromhex(fields[1])
    except ValueError:
        raise SealBroken from None
    if len(signature) != SIGNATURE_BYTES:
        raise SealBroken
    verify_signature(member.sign, _USE, text.encode(), signature)
    return member.id


def read_declarations(untrusted_text: str) -> tuple[SignedRestore, ...]:
    """Return what stands in the file of a home, a line each, unverified; raise SealBroken when it does not read."""
    try:
        return tuple(msgspec.json.decode(line, type=SignedRestore) for line in untrusted_text.splitlines())
    except (msgspec.MsgspecError, ValueError):
        raise SealBroken from None


def declarations_of(home: Path) -> tuple[SignedRestore, ...]:
    """Return the declarations as they rest in a home, unverified; none when the file does not read."""
    with contextlib.suppress(OSError, UnicodeDecodeError, SealBroken):
        path = home / RESTORED_NAME
        if path.stat().st_size <= MOST_BYTES:
            return read_declarations(path.read_text("utf-8"))
    return ()


def last_loss(home: Path) -> Restored | None:
    """Return the last declared restore that lost something, which a move does not; unverified. None without one."""
    for declared in reversed(declarations_of(home)):
        with contextlib.suppress(msgspec.MsgspecError, ValueError):
            restored = msgspec.json.decode(declared.text, type=Restored)
            if not restored.moved:
                return restored
    return None


def render_declarations(declarations: Sequence[SignedRestore]) -> str:
    """Return the content of the file."""
    return "".join(f"{msgspec.json.encode(one).decode()}\n" for one in declarations)
