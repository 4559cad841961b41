"""
The register of a backup: which cases were erased, so that a restore from an older one erases them again.

Contract (docs/FORMATS.md §11). It is kept apart from the backup it was made with, and erases whatever it names: so it
bears a tag made with the private key of the desk onion, which every backup of one server holds sealed and nobody else
has. `read_register` returns the cases only when the tag fits, as a whole.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from cases.backup.errors import BackupChanged
from trusted.case.entry import Hex16
from trusted.crypto.envelope import blake, same

_FIRST_LINE = "kallskydd-register-2 "
# tor's file: a header of 32 bytes, then the private key.
_HEADER_BYTES = 32


class ErasedCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the register: what is left of an erased case, as its tombstone rests in the store."""

    case: Hex16
    access_key: bytes
    day: date
    statements: tuple[bytes, ...]

    def __repr__(self) -> str:
        return "<ErasedCase>"


def render_register(erased: Sequence[ErasedCase], onion_key_file: bytes) -> bytes:
    """Return the file: the tag on a line of its own, then a line for each case."""
    lines = b"".join(msgspec.json.encode(one) + b"\n" for one in erased)
    return f"{_FIRST_LINE}{_tag(lines, onion_key_file).hex()}\n".encode() + lines


def read_register(untrusted: bytes, onion_key_file: bytes) -> list[ErasedCase]:
    """Return the erased cases; raise BackupChanged unless this server wrote the register, and wrote it so."""
    first, _, lines = untrusted.partition(b"\n")
    if not same(first, f"{_FIRST_LINE}{_tag(lines, onion_key_file).hex()}".encode()):
        raise BackupChanged("backup.register")
    try:
        return [msgspec.json.decode(line, type=ErasedCase, strict=True) for line in lines.splitlines()]
    except (msgspec.MsgspecError, ValueError):
        raise BackupChanged("backup.register") from None


def _tag(lines: bytes, onion_key_file: bytes) -> bytes:
    return blake(32, "ks1-register", lines, key=onion_key_file[_HEADER_BYTES:])
