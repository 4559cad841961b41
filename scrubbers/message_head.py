"""Tells a saved e-mail by how it begins: a head as RFC 5322 has it, line by line, and a field that only messages have.

A text that only looks like one stays a text. Where it cannot be told, `looks_like_one` says so and the file is refused;
what is taken for a text its own job refuses where a line of a head stands in it (`jailed.text.traces`). As a text it
would keep route, programs and identifiers of its head as if somebody had written them.
"""

import re
from typing import Final

# What a message begins with; any name that begins with X- may stand there too.
_FIRST: Final = frozenset(
    b"""arc-authentication-results arc-message-signature arc-seal authentication-results bcc cc content-class
    content-transfer-encoding content-type date delivered-to delivery-date dkim-signature domainkey-signature
    envelope-to from in-reply-to importance lines message-id mime-version organization original-recipient path received
    received-spf references reply-to resent-date resent-from return-path sender status subject thread-index
    thread-topic to user-agent
    """.split()
)
# A note to colleagues may begin with To and Date; one of these and one more of the above make a message.
_TELLING: Final = frozenset(b"arc-seal delivered-to dkim-signature from message-id received return-path sender".split())
# A list of short messages has From and Date too; programs write one of these.
_BY_PROGRAMS: Final = frozenset(b"content-type message-id mime-version received return-path".split())
_FEWEST: Final = 2
_FIELD: Final = re.compile(rb"([!-9;-~]{1,76})[ \t]*:")
_MBOX: Final = re.compile(rb">?From [^\r\n]*\r?\n")
_BLANK_LINE: Final = re.compile(rb"(?:\A|\n)\r?\n")
COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OUTLOOK: Final = "__substg1.0_".encode("utf-16-le")
_UTF8_BOM: Final = b"\xef\xbb\xbf"
# Read one after another: as one expression they would be tried in every order.
_BEFORE_PAGE: Final = re.compile(rb"<\?xml[^>]{0,200}>|<!--(?:(?!-->).){0,1000}-->|\s+", re.IGNORECASE | re.DOTALL)
_PAGE: Final = re.compile(rb"<(?:!doctype\s+html|html[\s>])", re.IGNORECASE)
_LOOSE_FIRST: Final = re.compile(rb"(?:from |[a-z][a-z-]{1,40}[ \t]*:[ \t])")
_LOOSE_FROM: Final = re.compile(rb"(?m)^(?:received|message-id|return-path|delivered-to)[ \t]*:")


def begins_as_message(untrusted_bytes: bytes) -> bool:
    """Return whether a file may be a message, by its first few bytes: letters, or what may stand before them."""
    return re.match(rb"[A-Za-z>\r\n\xef]|\xd0\xcf\x11\xe0", untrusted_bytes) is not None


def is_outlook(untrusted: bytes) -> bool:
    """Return whether this is a message as Outlook saves it: a compound file that names its streams so."""
    return untrusted.startswith(COMPOUND) and _OUTLOOK in untrusted


def is_page(untrusted_head: bytes) -> bool:
    """Return whether this is a web page, such as a talk that a program exported: it says so at its beginning."""
    at = len(_UTF8_BOM) if untrusted_head.startswith(_UTF8_BOM) else 0
    while (before := _BEFORE_PAGE.match(untrusted_head, at)) is not None:
        at = before.end()
    return _PAGE.match(untrusted_head, at) is not None


def is_message(untrusted_head: bytes, whole: int) -> bool:
    """Return whether a file that begins like this is a message. A beginning of `whole` bytes may be cut in a line."""
    head = without_mbox_line(untrusted_head)
    end = _BLANK_LINE.search(head)
    lines = (head if end is None else head[: end.start()]).split(b"\n")
    if end is None and len(untrusted_head) < whole:
        return False
    if end is None and len(lines) > 1:
        lines.pop()
    names: list[bytes] = []
    for line in lines:
        if names and line[:1] in {b" ", b"\t"}:
            continue
        found = _FIELD.match(line)
        if found is None:
            if not line.strip():
                continue
            return False
        names.append(found[1].lower())
    known = {name for name in names if name in _FIRST}
    if not names or not (names[0] in _FIRST or names[0].startswith(b"x-")):
        return False
    return len(known) >= _FEWEST and not known.isdisjoint(_TELLING) and not known.isdisjoint(_BY_PROGRAMS)


def looks_like_one(untrusted_head: bytes) -> bool:
    """Return whether it may be one that is none by the rules."""
    text = untrusted_head.removeprefix(_UTF8_BOM).lstrip().lower()
    return _LOOSE_FIRST.match(text) is not None and _LOOSE_FROM.search(text) is not None


def without_mbox_line(untrusted: bytes) -> bytes:
    """Return the message without what some programs put before it: a mark, blank lines, a line of a mailbox."""
    start = untrusted.removeprefix(_UTF8_BOM)[:2048].lstrip(b"\r\n")
    before = len(untrusted.removeprefix(_UTF8_BOM)[:2048]) - len(start)
    rest = untrusted.removeprefix(_UTF8_BOM)[before:]
    found = _MBOX.match(rest)
    return rest if found is None else rest[found.end() :]
