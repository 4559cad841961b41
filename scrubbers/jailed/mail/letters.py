"""Letters of a message: encodings of a closed list, decoded strictly; where none fits in a head, visible squares."""

import codecs
import re
from email.errors import HeaderParseError
from email.header import decode_header
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.text.decoding import decoded
from trusted.jail.stages import TextUnreadable

# Those of which letters are in our faces, and their names in Python. ASCII has a name in each encoding.
_SINGLE: Final = (
    *(f"iso8859-{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)),
    *(f"cp{page}" for page in (437, 850, 852, 866, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258)),
    "koi8-r", "koi8-u", "mac-roman",
)  # fmt: skip
_LATIN: Final = {2: 2, 3: 3, 4: 4, 5: 9, 6: 10, 7: 13, 8: 14, 9: 15, 10: 16}
CODECS: Final = {
    **{name: name for name in _SINGLE},
    **{name.replace("iso8859", "iso-8859"): name for name in _SINGLE},
    **{name.replace("cp1", "windows-1"): name for name in _SINGLE},
    # As browsers and mail programs take it: what calls itself Latin-1 is Windows-1252 (WHATWG, Encoding).
    "iso-8859-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252", "ansi_x3.4-1968": "cp1252",
    "iso-8859-8-i": "iso8859-8", "macintosh": "mac-roman", "utf-8": "utf-8", "utf8": "utf-8",
    **{f"latin{number}": f"iso8859-{part}" for number, part in _LATIN.items()},
    **{f"ibm{page}": f"cp{page}" for page in (437, 850, 852, 866)},
    "arabic": "iso8859-6", "cyrillic": "iso8859-5", "greek": "iso8859-7", "hebrew": "iso8859-8",
    "x-mac-roman": "mac-roman", "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}  # fmt: skip
# Programs say so of every text that nobody gave another name.
UNSAID: Final = frozenset({"", "us-ascii", "ascii", "ansi_x3.4-1968"})
_META: Final = re.compile(rb"(?i)<meta\s[^>]{0,200}charset\s{0,9}=\s{0,9}[\"']?([\w:-]{1,40})")
_META_WITHIN: Final = 4096
_MOST_REPLACED: Final = 0.02
_REPLACED: Final = "\N{WHITE SQUARE}"
_WORD: Final = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?\r\n]*\?=")
# What is written in the signs of ASCII and is none.
_SHIFTED: Final = re.compile(r"utf-?7|iso-2022-.*|hz.*|x-uuencode")


def warm_up() -> None:
    """Load every encoding: in the jail no module can be read."""
    for name in {*CODECS.values(), "ascii"}:
        "a".encode(name)
        codecs.lookup(name)
    shown(b"=?utf-8?q?=C3=A5?= =?iso-8859-1?b?5Q==?=")


def body_text(untrusted: bytes, charset: str, findings: Findings) -> str:
    """Return the text of a body; a letter that is cut or damaged is a square that can be seen.

    Raises TextUnreadable where there are more of them: a wrong guess would change what a witness wrote.
    """
    charset = _name(charset)
    name = CODECS.get(charset)
    if _SHIFTED.fullmatch(charset) and (b"\x1b" in untrusted or b"+" in untrusted or b"~{" in untrusted):
        raise TextUnreadable
    if untrusted.isascii() and (name is None or not name.startswith("utf-16")):
        return untrusted.decode("ascii")
    if name is not None and charset not in UNSAID:
        text = untrusted.decode(name, "replace").replace("\N{REPLACEMENT CHARACTER}", _REPLACED)
        if text.count(_REPLACED) <= _MOST_REPLACED * len(text):
            return text
    if charset and name is None:
        # A guess would read other letters in it.
        try:
            return untrusted.decode("utf-8")
        except UnicodeDecodeError:
            raise TextUnreadable from None
    return decoded(untrusted, findings)


def said_in_page(untrusted: bytes) -> str:
    """Return the encoding that a page says it has, where its part does not; as browsers read it, which saw letters."""
    found = _META.search(untrusted[:_META_WITHIN])
    name = "" if found is None else found[1].decode("ascii", "replace")
    return "utf-8" if name.lower().startswith("utf-16") else name


def _name(charset: str) -> str:
    """Return the name of an encoding as the list has it; registered ones may end in a year (ISO_8859-2:1987)."""
    return charset.lower().strip().partition(":")[0].replace("iso_", "iso-")


def shown(untrusted: bytes) -> str:
    """Return a field of the head as a mail program shows it; what cannot be read is a square for each letter."""
    try:
        text = untrusted.decode("utf-8")
    except UnicodeDecodeError:
        text = untrusted.decode("cp1252", "replace")
    if _WORD.search(text) is None:
        return _line(text)
    try:
        pieces = decode_header(text)
    except (HeaderParseError, ValueError):
        return _line(text)
    return _line("".join(_piece(piece, charset) for piece, charset in pieces))


def _piece(piece: bytes | str, charset: str | None) -> str:
    if isinstance(piece, str):
        return piece
    if charset is None:
        # What stood beside: the library wrote it so.
        return piece.decode("raw-unicode-escape", "replace")
    name = CODECS.get(_name(charset.partition("*")[0]))
    return piece.decode(name or "ascii", "replace")


def _line(text: str) -> str:
    return " ".join(text.replace("\N{REPLACEMENT CHARACTER}", _REPLACED).split())
