"""A message as it is saved (RFC 5322, MIME): its head and its parts, within limits. Bodies are decoded elsewhere.

Strict where it matters: a line of a head that is no field, parts without a boundary, more of them or deeper ones than
any program writes are refused, so that nothing of a head is ever taken for text. What stands before the first and after
the last part nobody is shown; it is left behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Final

from scrubbers.message_head import without_mbox_line
from trusted.jail.stages import Archive, Damaged, Email, TooLarge, TooMuchInArchive

_HEAD_BYTES: Final = 2**18  # 256 KiB; the longest of real heads, after a dozen servers, had some 40
_MOST_FIELDS: Final = 1000
MOST_PARTS: Final = 500
_DEEPEST: Final = 12  # programs write four at most
_BLANK_LINE: Final = re.compile(rb"(?:\A|\n)\r?\n")
FIELD: Final = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*")
# With the time of arrival: a line of a text may begin with "From" too.
_NEXT_OF_MAILBOX: Final = re.compile(
    rb"\n\r?\nFrom [^\r\n]{0,200}?\d\d:\d\d:\d\d[^\r\n]{0,20}?\d{4}[^\r\n]{0,20}\r?\n[!-9;-~]{1,76}:[ \t]"
)
_ONCE: Final = ("content-type", "content-transfer-encoding")
_MULTIPART: Final = "multipart/"


@dataclass(frozen=True, slots=True, repr=False)
class Head:
    """The fields in their order: a name in small letters, and the value on one line."""

    fields: tuple[tuple[str, bytes], ...]

    def first(self, name: str) -> bytes | None:
        return next((value for one, value in self.fields if one == name), None)

    def typed(self, name: str) -> Message:
        """Return a message with this field alone, which the standard library reads parameters from."""
        made = Message()
        value = self.first(name)
        if value is not None:
            made[name] = value.decode("latin-1")
        return made


@dataclass(frozen=True, slots=True, repr=False)
class MimePart:
    """A part: its kind in small letters, its bytes with the head and without, and its own parts."""

    kind: str
    head: Head
    raw_head: bytes
    body: bytes
    boundary: bytes
    parts: tuple[MimePart, ...]

    @property
    def raw(self) -> bytes:
        return self.raw_head + self.body


def messages_of(untrusted: bytes) -> list[bytes]:
    """Return the messages of a mailbox, or the one that this is (RFC 4155)."""
    whole = without_mbox_line(untrusted)
    if len(whole) == len(untrusted):
        return [untrusted]
    starts = [found.start() for found in _NEXT_OF_MAILBOX.finditer(whole)]
    return [whole[start:end].lstrip(b"\r\n") for start, end in zip([0, *starts], [*starts, len(whole)], strict=True)]


def read_message(untrusted: bytes) -> MimePart:
    """Return the message. Raises Damaged, Email, TooLarge, TooMuchInArchive; Archive for a mailbox of several."""
    if len(messages_of(untrusted)) > 1:
        raise Archive
    return _Reading().part(without_mbox_line(untrusted), "text/plain", 0)


class _Reading:
    def __init__(self) -> None:
        self._parts = 0

    def part(self, untrusted: bytes, otherwise: str, depth: int) -> MimePart:
        self._parts += 1
        if self._parts > MOST_PARTS or depth > _DEEPEST:
            raise TooMuchInArchive
        raw_head, body = _divided(untrusted) if not depth else _divided_anyhow(untrusted)
        head = Head(tuple(fields_of(raw_head)))
        if any(sum(one == name for one, _ in head.fields) > 1 for name in _ONCE):
            raise Email  # programs differ in which they take
        declared = head.typed("content-type")
        declared.set_default_type(otherwise)
        kind = declared.get_content_type()
        if not kind.startswith(_MULTIPART):
            return MimePart(kind, head, raw_head, body, b"", ())
        boundary = (declared.get_boundary() or "").encode("latin-1", "replace").rstrip()
        if not boundary:
            raise Damaged
        inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
        if not depth and not body.strip():
            return MimePart(kind, head, raw_head, b"", boundary, ())  # nothing was written
        parts = tuple(self.part(piece, inner, depth + 1) for piece in _pieces(body, boundary))
        return MimePart(kind, head, raw_head, body, boundary, parts)


def _divided(untrusted: bytes) -> tuple[bytes, bytes]:
    """Return head and body; the blank line between them belongs to the head."""
    blank = _BLANK_LINE.search(untrusted, 0, _HEAD_BYTES)
    if blank is not None:
        return untrusted[: blank.end()], untrusted[blank.end() :]
    if len(untrusted) > _HEAD_BYTES:
        raise TooLarge
    return untrusted, b""


def _divided_anyhow(untrusted: bytes) -> tuple[bytes, bytes]:
    """Return head and body of a part. Where no blank line stands between, the body begins with what is no field."""
    at = 0
    for line in untrusted[:_HEAD_BYTES].splitlines(keepends=True):
        is_field = FIELD.match(line) or (at and line[:1] in {b" ", b"\t"} and line.strip())
        if line.strip() and not is_field:
            return untrusted[:at] + b"\r\n", untrusted[at:]
        at += len(line)
        if not line.strip():
            break
    return untrusted[:at], untrusted[at:]


def fields_of(raw_head: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the fields, unfolded. Raises Damaged at a line that is none."""
    name, value = "", [b""]
    lines = raw_head.replace(b"\r\n", b"\n").split(b"\n")
    if len(lines) > 20 * _MOST_FIELDS:
        raise TooLarge
    for line in lines:
        if name and line[:1] in {b" ", b"\t"}:
            value.append(line)
            continue
        if name:
            yield name, b"".join(value).strip()
            name = ""
        if line.strip():
            found = FIELD.match(line)
            if found is None:
                raise Damaged
            name, value = found[1].decode("ascii").lower(), [line[found.end() :]]
    if name:
        yield name, b"".join(value).strip()


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield what stands between the boundaries; without the last one, to the end. Raises Damaged without any."""
    start = None
    for found in re.finditer(rb"(?:\A|\n)--" + re.escape(boundary) + rb"(--)?[ \t]*\r?(?=\n|\Z)", body):
        if start is not None:
            yield body[start : found.start()].removesuffix(b"\r")
        if found[1]:
            return
        start = found.end() + 1
    if start is None:
        raise Damaged
    yield body[start:]
