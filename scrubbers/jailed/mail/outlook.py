"""A message as Outlook saves it (.msg, [MS-OXMSG]), written as one of RFC 5322 that the rest of this folder reads.

Taken are the properties that a reader is shown, and the head as it came, for the report. The names of receivers stand
as Outlook shows them, with their addresses; addresses inside the sender's own organisation (X.500) are not shown.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final

from scrubbers.jailed.mail.compound import Compound, Storage
from scrubbers.jailed.mail.letters import CODECS, said_in_page
from scrubbers.jailed.mail.message import fields_of
from scrubbers.jailed.mail.rich_text import unpacked
from scrubbers.message_head import is_outlook
from trusted.jail.stages import Damaged, Email, Locked, OfficeDocument, TooLarge, TooMuchInArchive

# What a document of Office with a password is in ([MS-OFFCRYPTO], 2.3.4.4).
_LOCKED_DOCUMENT: Final = "EncryptedPackage".encode("utf-16-le")
_PROPERTIES: Final = "__properties_version1.0"
_PROPERTY: Final = struct.Struct("<HHI8s")  # type, number, flags, value
_HEADS: Final = (32, 24, 8)  # before the properties of a file, of a message in it, of a receiver or an attachment
_UNICODE, _BYTES, _LETTERS, _TIME = 0x1F, 0x102, 0x1E, 0x40
_CLASS, _SUBJECT, _TEXT, _RICH, _HTML, _HEAD = 0x1A, 0x37, 0x1000, 0x1009, 0x1013, 0x7D
_SENDERS: Final = ((0x42, 0x5D02, 0x65), (0xC1A, 0x5D01, 0xC1F))  # name, address, address of another kind
_NAME, _ADDRESS, _OTHER_ADDRESS, _KIND = 0x3001, 0x39FE, 0x3003, 0xC15
_SENT, _DELIVERED = 0x39, 0xE06
_CODE_PAGE, _LETTERS_PAGE = 0x3FDE, 0x3FFD
_CONTENT, _METHOD = 0x3701, 0x3705
_BY_VALUE, _MESSAGE = 1, 5
_TO, _CC = 1, 2
_WESTERN_PAGE = 1252
_PAGES: Final = {65001: "utf-8", 20127: "us-ascii", 20866: "koi8-r", 21866: "koi8-u", 10000: "macintosh"}
_FROM_HTML: Final = b"\\fromhtml"
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
_MESSAGES: Final = ("ipm.note", "ipm.schedule.meeting", "report.")
_LONGEST_HEAD: Final = 60_000
_DEEPEST: Final = 10
_SAID: Final = frozenset({"from", "to", "cc", "subject"})
# Numbers that Windows has for encodings of ISO 8859.
_ISO_PAGES: Final = range(28591, 28606)


@dataclass(slots=True, repr=False)
class OutlookMessage:
    """The message without its files, and these: each as it is, or another message."""

    alone: bytes
    files: list[bytes | OutlookMessage] = field(default_factory=list)


def read_outlook(untrusted: bytes) -> OutlookMessage:
    """Return the message. Raises OfficeDocument, Email, Damaged; Locked, also for a document with a password."""
    if _LOCKED_DOCUMENT in untrusted:
        raise Locked
    if not is_outlook(untrusted):
        raise OfficeDocument
    compound = Compound(untrusted)
    if _PROPERTIES not in compound.root.streams:
        raise OfficeDocument
    return _read(compound, compound.root, 0)


def _read(compound: Compound, storage: Storage, depth: int) -> OutlookMessage:
    if depth > _DEEPEST:
        raise TooMuchInArchive
    about = _Properties(compound, storage, _HEADS[1 if depth else 0])
    kind = about.text(_CLASS).lower()
    if "smime" in kind:
        raise Locked
    if not kind.startswith(_MESSAGES):
        raise Email
    receivers = [
        _Properties(compound, one, _HEADS[2])
        for name, one in sorted(storage.storages.items())
        if name.startswith("__recip_version1.0_#")
    ]
    made = OutlookMessage(b"\r\n".join(_lines(about, receivers)))
    for name, one in sorted(storage.storages.items()):
        if name.startswith("__attach_version1.0_#"):
            made.files.append(_file(compound, one, depth))
    return made


def _file(compound: Compound, storage: Storage, depth: int) -> bytes | OutlookMessage:
    about = _Properties(compound, storage, _HEADS[2])
    inside = storage.storages.get(f"__substg1.0_{_CONTENT:04x}000d")
    if inside is not None:
        if about.number(_METHOD) != _MESSAGE:
            raise Email  # an object of another program
        return _read(compound, inside, depth + 1)
    if about.number(_METHOD) != _BY_VALUE:
        raise Email  # it is elsewhere
    if f"__substg1.0_{_CONTENT:04x}{_BYTES:04x}" not in storage.streams:
        raise Email  # nothing of it is here
    return about.content(_CONTENT, _BYTES)


def _lines(about: _Properties, receivers: list[_Properties]) -> Iterator[bytes]:
    yield b"MIME-Version: 1.0"
    for name, address, other in _SENDERS:
        if line := _person(about.text(name), about.text(address) or about.text(other)):
            yield _field("From", line)
            break
    else:
        yield b"From:"
    for label, kind in (("To", _TO), ("Cc", _CC)):
        people = [
            _person(one.text(_NAME), one.text(_ADDRESS) or one.text(_OTHER_ADDRESS))
            for one in receivers
            if one.number(_KIND) == kind
        ]
        if any(people):
            yield _field(label, "; ".join(filter(None, people)))
    if when := about.time(_SENT) or about.time(_DELIVERED):
        yield b"Date: " + format_datetime(when).encode()
    yield _field("Subject", about.text(_SUBJECT))
    yield b'Content-Type: multipart/alternative; boundary="outlook"'
    # Behind ours, and so for the report alone: the first field of a name counts.
    yield from _as_it_came(about.text(_HEAD)[:_LONGEST_HEAD])
    for declared, content in _forms(about):
        if content.strip():
            yield b"\r\n--outlook\r\nContent-Type: " + declared.encode() + b"\r\nContent-Transfer-Encoding: base64\r\n"
            yield base64.encodebytes(content)
    yield b"\r\n--outlook--\r\n"


def _forms(about: _Properties) -> Iterator[tuple[str, bytes]]:
    """Yield the forms of the text, the one that is shown last. Raises Email where the only one is HTML in rich text."""
    plain = about.text(_TEXT).encode("utf-8", "replace")
    rich = unpacked(packed) if (packed := about.content(_RICH, _BYTES)) else b""
    html, letters = about.content(_HTML, _BYTES), about.text(_HTML).encode("utf-8", "replace")
    yield "text/plain; charset=utf-8", plain
    if _FROM_HTML not in rich[:_LONGEST_HEAD]:
        yield "text/rtf", rich
    elif not (plain.strip() or html.strip() or letters.strip()):
        raise Email  # what is seen of HTML in rich text, only Outlook knows
    if html.strip():
        page = about.number(_CODE_PAGE)
        if page and _charset(page) not in CODECS:
            raise Email
        yield f"text/html; charset={_charset(page) if page else said_in_page(html) or 'unknown'}", html
    else:
        yield "text/html; charset=utf-8", letters


def _as_it_came(head: str) -> Iterator[bytes]:
    with suppress(Damaged, TooLarge):
        yield from [
            name.encode() + b": " + value
            for name, value in fields_of(head.encode("utf-8", "replace"))
            if not name.startswith(("content-", "mime-")) and name not in _SAID
        ]


def _charset(page: int) -> str:
    return f"iso-8859-{page - 28590}" if page in _ISO_PAGES else _PAGES.get(page, f"windows-{page}")


def _person(name: str, address: str) -> str:
    address = "" if address.startswith("/") or address.lower() == name.lower() else address
    return f"{name} <{address}>" if name and address else name or address


def _field(name: str, value: str) -> bytes:
    """Return a field in words of RFC 2047, each of them a line."""
    pieces = [value[at : at + 12] for at in range(0, len(value), 12)]
    words = (b"=?utf-8?b?" + base64.b64encode(one.encode("utf-8", "replace")) + b"?=" for one in pieces)
    return name.encode() + b": " + b"\r\n ".join(words)


class _Properties:
    """The properties of a message, a receiver or an attachment."""

    def __init__(self, compound: Compound, storage: Storage, head: int) -> None:
        self._compound, self._storage = compound, storage
        listed = storage.streams.get(_PROPERTIES)
        if listed is None:
            raise Damaged
        content = compound.read(listed)[head:]
        whole = len(content) // _PROPERTY.size * _PROPERTY.size
        self._fixed = {number: value for _, number, _, value in _PROPERTY.iter_unpack(content[:whole])}

    def content(self, number: int, kind: int) -> bytes:
        """Return a property that has a stream of its own; empty where it is not there."""
        stream = self._storage.streams.get(f"__substg1.0_{number:04x}{kind:04x}")
        return b"" if stream is None else self._compound.read(stream)

    def text(self, number: int) -> str:
        """Return a property of letters."""
        if content := self.content(number, _UNICODE):
            return content.decode("utf-16-le", "replace").rstrip("\0")
        content = self.content(number, _LETTERS)
        codec = CODECS.get(_charset(self.number(_LETTERS_PAGE) or _WESTERN_PAGE))
        if content and codec is None:
            raise Email
        return content.decode(codec or "ascii", "replace").rstrip("\0")

    def number(self, number: int) -> int:
        """Return a property that is a number; zero where it is not there."""
        return int.from_bytes(self._fixed.get(number, b"\0")[:4], "little")

    def time(self, number: int) -> datetime | None:
        """Return a property that is a time."""
        value = int.from_bytes(self._fixed.get(number, b"\0"), "little")
        try:
            return _EPOCH + timedelta(microseconds=value // 10) if value else None
        except OverflowError:
            return None
