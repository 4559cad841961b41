"""Which parts of a message its reader is shown, and which are files of their own; the message without its files."""

from __future__ import annotations

import binascii
import quopri
import re
from collections.abc import Iterator
from typing import Final

from scrubbers.jailed.mail.message import FIELD, MimePart, messages_of, read_message
from scrubbers.jailed.mail.outlook import OutlookMessage, read_outlook
from scrubbers.message_head import COMPOUND, is_message, is_outlook
from trusted.jail.protocol import HEAD_BYTES, MOST_MEMBERS
from trusted.jail.stages import Email, Locked, Refused, TooMuchInArchive

PLAIN: Final = "text/plain"
HTML: Final = "text/html"
RICH: Final = "text/rtf"
ALTERNATIVE: Final = "multipart/alternative"
SIGNED: Final = "multipart/signed"
RELATED: Final = "multipart/related"
_WITH_SIGNATURE: Final = 2
_MESSAGES: Final = frozenset({"message/rfc822", "message/global", "message/news"})
_MESSAGES_DEEP: Final = 3
# Nobody reads them but programs; the report names them.
SIGNATURES: Final = frozenset({
    "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-keys",
})  # fmt: skip
NOTICES: Final = frozenset({
    "message/delivery-status", "message/global-delivery-status", "message/disposition-notification",
    "message/feedback-report", "text/rfc822-headers", "message/global-headers", "application/applefile",
})  # fmt: skip
# What a calendar reads: title, time and place are shown, identifiers of all guests are not.
INVITATIONS: Final = frozenset({"text/calendar", "application/ics"})
_LOCKED: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"})
_ELSEWHERE: Final = frozenset({"message/partial", "message/external-body"})
_BASE64: Final = re.compile(rb"([A-Za-z0-9+/]*)={0,3}")


_FIRST_FIELDS: Final = b"MIME-Version: 1.0\r\nSender:\r\n"
# In place of what the head of a message says that is nothing but a file.
_NO_TEXT: Final = b"Content-Type: text/plain\r\nContent-Disposition: inline\r\n"


def leaves(part: MimePart, *, alternative: bool = False) -> Iterator[tuple[MimePart, bool]]:
    """Yield each part that has none of its own, and whether it is a file."""
    if part.boundary:
        for each in shown_parts(part):
            yield from leaves(each, alternative=part.kind == ALTERNATIVE)
    else:
        yield part, is_file(part, alternative=alternative)


def shown_parts(part: MimePart) -> tuple[MimePart, ...]:
    """Return the parts of a part; of a signed one (RFC 1847) the first, for the second is the signature.

    Raises Email where there are more, and where a text belongs to another (RFC 2387): programs differ in what is shown.
    """
    if part.kind == SIGNED and len(part.parts) > _WITH_SIGNATURE:
        raise Email
    if part.kind == RELATED and part.parts:
        start = part.head.typed("content-type").get_param("start")
        first, *others = part.parts
        if start is not None and str(start).encode() != first.head.first("content-id"):
            raise Email
        if any(one.boundary or (one.kind in {PLAIN, HTML} and not is_file(one, alternative=False)) for one in others):
            raise Email
    return part.parts[:1] if part.kind == SIGNED else part.parts


def is_file(part: MimePart, *, alternative: bool) -> bool:
    """Return whether a part is a file of its own. Raises Locked for what is encrypted, Email for what is not here."""
    if part.kind in _LOCKED:
        raise Locked
    if part.kind in _ELSEWHERE:
        raise Email
    if part.kind in SIGNATURES or part.kind in NOTICES or part.kind in INVITATIONS:
        return False
    disposition = part.head.typed("content-disposition").get_content_disposition()
    if part.kind in {PLAIN, HTML}:
        return disposition == "attachment"
    # The text in a form for one program.
    return not (alternative and part.kind.startswith("text/") and disposition != "attachment")


def taken_apart(untrusted: bytes) -> list[bytes]:
    """Return the message without its files, then each file in its order; a message in it is taken apart the same way.

    Those of a mailbox come one after the other.

    The fourth message of messages in each other is a file like others. Raises Refused.
    """
    if untrusted.startswith(COMPOUND):
        return _with_files(read_outlook(untrusted), 1)
    made: list[bytes] = []
    for each in messages_of(untrusted):
        made += _apart(each, 1)
        _require_few(made)
    return made


def _apart(untrusted: bytes, depth: int) -> list[bytes]:
    message = read_message(untrusted)
    made = [_told(_without_files(message) or _head_alone(message))]
    for part, is_one in leaves(message):
        if is_one:
            made += files_of(decoded(part), depth, is_declared=part.kind in _MESSAGES)
            _require_few(made)
    return made


def _head_alone(message: MimePart) -> bytes:
    fields = (
        name.encode() + b": " + value + b"\r\n"
        for name, value in message.head.fields
        if not name.startswith("content-")
    )
    return b"".join((_NO_TEXT, *fields, b"\r\n"))


def _with_files(message: OutlookMessage, depth: int) -> list[bytes]:
    made = [message.alone]
    for each in message.files:
        if isinstance(each, bytes):
            made += files_of(each, depth)
        elif depth < _MESSAGES_DEEP:
            made += _with_files(each, depth + 1)
        elif each.files:
            raise Email
        else:
            made.append(each.alone)
        _require_few(made)
    return made


def files_of(content: bytes, depth: int = 0, *, is_declared: bool = False) -> list[bytes]:
    """Return a file, or what it comes apart into where it is a message; nothing where it is empty.

    A message that does not come apart is a file, which its own job refuses. Raises TooMuchInArchive, Email.
    """
    if not content.strip():
        return []
    is_one = is_declared or is_message(content[:HEAD_BYTES], HEAD_BYTES)
    if is_declared:
        content = _told(content)
    if depth < _MESSAGES_DEEP and (is_one or is_outlook(content)):
        try:
            return _apart(content, depth + 1) if is_one else _with_files(read_outlook(content), depth + 1)
        except TooMuchInArchive:
            raise
        except Refused:
            return [content]
    return [content]


def _told(message: bytes) -> bytes:
    """Return a message so that it is told from a text: one in another may have a short head or none. Raises Email."""
    if is_message(message[:HEAD_BYTES], HEAD_BYTES):
        return message
    message = _FIRST_FIELDS + (b"" if FIELD.match(message) else b"\r\n") + message
    if not is_message(message[:HEAD_BYTES], HEAD_BYTES):
        raise Email
    return message


def _require_few(made: list[bytes]) -> None:
    if len(made) > MOST_MEMBERS:
        raise TooMuchInArchive


def _without_files(part: MimePart, *, alternative: bool = False) -> bytes:
    if not part.boundary:
        return b"" if is_file(part, alternative=alternative) else part.raw
    inside = part.kind == ALTERNATIVE
    kept = [one for each in shown_parts(part) if (one := _without_files(each, alternative=inside))]
    opening, closing = b"\r\n--" + part.boundary + b"\r\n", b"\r\n--" + part.boundary + b"--\r\n"
    return b"".join((part.raw_head, *(opening + one for one in kept), closing))


def decoded(part: MimePart) -> bytes:
    """Return the content of a part. One in an unknown encoding is as it is, as mail programs show it.

    Raises Email where something stands behind letters of base64, as mailing lists put it there: programs differ.
    """
    encoding = (part.head.first("content-transfer-encoding") or b"").partition(b";")[0].strip(b' "').lower()
    if encoding == b"quoted-printable":
        return quopri.decodestring(part.body)
    if encoding == b"base64":
        found = _BASE64.fullmatch(b"".join(part.body.split()))
        if found is None:
            raise Email
        letters = found[1]
        whole = letters[: len(letters) - (len(letters) % 4 == 1)]
        return binascii.a2b_base64(whole + b"=" * (-len(whole) % 4))
    return part.body
