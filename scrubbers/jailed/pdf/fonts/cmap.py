"""CMaps: from codes to text (ToUnicode) and from codes to CIDs (Encoding), read from their map lines and written again.

Nothing but the map lines is read: comments, names and whatever else is written between them are passed over. The new
ones have one fixed frame, a line for each code in use, codes in order.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from scrubbers.jailed.pdf.fonts.glyph_names import allowed_text, one_letter
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_TOKEN: Final = re.compile(
    rb"<([0-9A-Fa-f\s]*)>|([+-]?[0-9]+)(?![^\s<>\[\]()/%])|(\[|\])|(/?[^\s<>\[\]()/%]+)|%[^\r\n]*|\((?:[^()\\]|\\.)*\)|<<|>>|[^\s]",
    re.DOTALL,
)
_MOST_TOKENS: Final = 400_000
_LONGEST_CODE: Final = 4
_MOST_SPACES: Final = 100
_LINES_IN_BLOCK: Final = 100
_USES: Final = "usecmap"
_CID_MOST: Final = 0xFFFF

# A code in hexadecimal digits, a number, or a word.
_Token = bytes | int | str


@dataclass(slots=True, repr=False)
class SourceCMap:
    """What the map lines of one CMap say. `says_more`: whether a text was longer than what one glyph may say."""

    spaces: list[tuple[bytes, bytes]] = field(default_factory=list)
    vertical: bool = False
    uses: str | None = None
    says_more: bool = False
    _single: dict[int, bytes | int] = field(default_factory=dict)
    _ranges: list[tuple[int, int, bytes | int]] = field(default_factory=list)
    _sorted: bool = False

    def add(self, code: int, value: bytes | int) -> None:
        self._single[code] = value

    def add_range(self, first: int, last: int, value: bytes | int) -> None:
        if last >= first:
            self._ranges.append((first, last, value))

    def text(self, code: int) -> str:
        """Return the text for a code; empty if there is none that may be kept."""
        found = self._found(code)
        if not isinstance(found, bytes):
            return ""
        try:
            # One byte is what some programs write for a letter of Latin-1.
            said = found.decode("latin-1" if len(found) == 1 else "utf-16-be")
        except UnicodeDecodeError:
            return ""
        kept = one_letter(allowed_text(said))
        self.says_more |= len(unicodedata.normalize("NFC", said)) > max(1, len(kept)) and not said.isspace()
        return kept

    def cid(self, code: int) -> int:
        """Return the CID for a code; 0 if there is none."""
        found = self._found(code)
        return found if isinstance(found, int) and 0 <= found <= _CID_MOST else 0

    def _found(self, code: int) -> bytes | int | None:
        found = self._single.get(code)
        if found is not None:
            return found
        if not self._sorted:
            self._ranges.sort(key=lambda each: each[0])
            self._sorted = True
        at = bisect_right(self._ranges, code, key=lambda each: each[0]) - 1
        if at < 0 or code > self._ranges[at][1]:
            return None
        first, _, value = self._ranges[at]
        if isinstance(value, int):
            return value + code - first
        last = int.from_bytes(value[-2:], "big") + code - first
        return value[:-2] + last.to_bytes(len(value[-2:]), "big") if last < 256 ** len(value[-2:]) else None


def read(untrusted: bytes) -> SourceCMap:
    """Return what a CMap says; raises NotRebuildable if its map lines break off."""
    found = SourceCMap()
    tokens = _tokens(untrusted)
    previous: _Token = 0
    for token in tokens:
        reader = _READERS.get(token) if isinstance(token, str) else None
        if reader is not None:
            reader(found, _until_end(tokens))
        elif token == _USES and isinstance(previous, str):
            found.uses = previous
        elif previous == "/WMode" and isinstance(token, int):
            found.vertical = token == 1
        previous = token
    return found


def _tokens(untrusted: bytes) -> Iterator[_Token]:
    for count, match in enumerate(_TOKEN.finditer(untrusted)):
        if count > _MOST_TOKENS:
            raise NotRebuildable
        digits, number, mark, word = match.groups()
        if digits is not None:
            joined = b"".join(digits.split())
            yield bytes.fromhex((joined + b"0" * (len(joined) % 2)).decode())
        elif number is not None:
            yield int(number[:12])
        elif mark is not None:
            yield mark.decode()
        elif word is not None:
            yield word.decode("latin-1")


def _until_end(tokens: Iterator[_Token]) -> Iterator[_Token]:
    for token in tokens:
        if isinstance(token, str) and token.startswith("end"):
            return
        yield token


def _code(token: _Token) -> int:
    if not isinstance(token, bytes) or not 0 < len(token) <= _LONGEST_CODE:
        raise NotRebuildable
    return int.from_bytes(token, "big")


def _read_spaces(into: SourceCMap, tokens: Iterator[_Token]) -> None:
    for low, high in zip(tokens, tokens, strict=False):
        _code(low), _code(high)
        if isinstance(low, bytes) and isinstance(high, bytes) and len(low) == len(high):
            into.spaces.append((low, high))
        if len(into.spaces) > _MOST_SPACES:
            raise NotRebuildable


def _read_texts(into: SourceCMap, tokens: Iterator[_Token]) -> None:
    for code, text in zip(tokens, tokens, strict=False):
        if isinstance(text, bytes):
            into.add(_code(code), text)


def _read_text_ranges(into: SourceCMap, tokens: Iterator[_Token]) -> None:
    for first in tokens:
        last, value = next(tokens, ""), next(tokens, "")
        low, high = _code(first), _code(last)
        if isinstance(value, bytes):
            into.add_range(low, high, value)
        elif value == "[":
            for code, text in enumerate(iter(lambda: next(tokens, "]"), "]"), low):
                if isinstance(text, bytes) and code <= high:
                    into.add(code, text)


def _read_cids(into: SourceCMap, tokens: Iterator[_Token]) -> None:
    for code, cid in zip(tokens, tokens, strict=False):
        if isinstance(cid, int):
            into.add(_code(code), cid)


def _read_cid_ranges(into: SourceCMap, tokens: Iterator[_Token]) -> None:
    for first in tokens:
        last, cid = next(tokens, ""), next(tokens, "")
        if isinstance(cid, int):
            into.add_range(_code(first), _code(last), cid)


_READERS: Final = {
    "begincodespacerange": _read_spaces,
    "beginbfchar": _read_texts,
    "beginbfrange": _read_text_ranges,
    "begincidchar": _read_cids,
    "begincidrange": _read_cid_ranges,
}


def to_unicode(texts: Mapping[bytes, str]) -> bytes:
    """Return a ToUnicode CMap for these codes."""
    lines = [
        b"<%s> <%s>" % (code.hex().encode(), text.encode("utf-16-be").hex().encode())
        for code, text in sorted(texts.items())
    ]
    lengths = sorted({len(code) for code in texts})
    spaces = [(bytes(length), b"\xff" * length) for length in lengths]
    return _framed(b"/CMapType 2 def\n", spaces, b"bfchar", lines)


def to_cids(cids: Mapping[bytes, int], spaces: Collection[tuple[bytes, bytes]], *, vertical: bool) -> bytes:
    """Return an Encoding CMap for these codes."""
    lines = [b"<%s> %d" % (code.hex().encode(), cid) for code, cid in sorted(cids.items())]
    return _framed(b"/CMapType 1 def\n/WMode %d def\n" % vertical, spaces, b"cidchar", lines)


def _framed(about: bytes, spaces: Collection[tuple[bytes, bytes]], kind: bytes, lines: list[bytes]) -> bytes:
    said_spaces = b"".join(b"<%s> <%s>\n" % (low.hex().encode(), high.hex().encode()) for low, high in spaces)
    blocks = b"".join(
        b"%d begin%s\n%s\nend%s\n" % (len(block), kind, b"\n".join(block), kind)
        for block in (lines[at : at + _LINES_IN_BLOCK] for at in range(0, len(lines), _LINES_IN_BLOCK))
    )
    return (
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /K def\n"
        + about
        + b"%d begincodespacerange\n%sendcodespacerange\n" % (len(spaces), said_spaces)
        + blocks
        + b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    )
