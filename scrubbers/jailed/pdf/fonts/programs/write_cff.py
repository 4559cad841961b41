"""Writes a CFF program from outlines: the smallest that readers take, and the same bytes for the same outlines.

Glyph 0 is `.notdef` and has no outline unless a code shows it. Names are given by the caller; the font is called F. A
program keyed by CIDs has one part and the ordering Identity.
"""

import struct
from collections.abc import Sequence
from typing import Final

from scrubbers.jailed.pdf.fonts.programs.cff import USUAL_MATRIX, Matrix
from scrubbers.jailed.pdf.fonts.programs.outline import Outline, charstring
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable, number

_HEADER: Final = b"\1\0\4\4"
_FIRST_OWN_STRING: Final = 391
# defaultWidthX 0: readers set up what a glyph is drawn with only if there is a Private dictionary.
_PRIVATE: Final = b"\x8b\x14"
_NOTHING: Final = b"\0\0"
_NIBBLES: Final = {**{str(digit): digit for digit in range(10)}, ".": 10, "-": 14}
_MOST_GLYPHS: Final = 65_000


def named_program(glyphs: Sequence[tuple[str, Outline]], matrix: Matrix, notdef: Outline | None) -> bytes:
    """Return a program whose glyphs have names."""
    names = [name.encode() for name, _ in glyphs]
    charset = b"\0" + struct.pack(f">{len(names)}H", *range(_FIRST_OWN_STRING, _FIRST_OWN_STRING + len(names)))
    return _program([notdef or Outline(), *(outline for _, outline in glyphs)], matrix, names, charset, None)


def cid_program(glyphs: Sequence[tuple[int, Outline]], matrix: Matrix, notdef: Outline | None) -> bytes:
    """Return a program whose glyphs have CIDs, in ascending order and without 0."""
    charset = b"\0" + struct.pack(f">{len(glyphs)}H", *(cid for cid, _ in glyphs))
    select = b"\3" + struct.pack(">HHBH", 1, 0, 0, len(glyphs) + 1)
    names = [b"Adobe", b"Identity"]
    return _program([notdef or Outline(), *(outline for _, outline in glyphs)], matrix, names, charset, select)


def _program(
    outlines: Sequence[Outline], matrix: Matrix, strings: Sequence[bytes], charset: bytes, select: bytes | None
) -> bytes:
    if len(outlines) > _MOST_GLYPHS:
        raise NotRebuildable
    charstrings = _index([charstring(outline) for outline in outlines])
    before = _HEADER + _index([b"F"])
    between = _index(strings) + _NOTHING
    said_matrix = b"" if matrix == USUAL_MATRIX else b"".join(map(_real, matrix)) + b"\x0c\x07"

    def top(start: int) -> bytes:
        at_select = start + len(charset)
        at_charstrings = at_select + len(select or b"")
        at_fonts = at_charstrings + len(charstrings)
        if select is None:
            last = _whole(len(_PRIVATE)) + _whole(at_fonts) + b"\x12"
            first = b""
        else:
            first = _whole(_FIRST_OWN_STRING) + _whole(_FIRST_OWN_STRING + 1) + _whole(0) + b"\x0c\x1e"
            last = _whole(at_fonts) + b"\x0c\x24" + _whole(at_select) + b"\x0c\x25"
        return first + said_matrix + _whole(start) + b"\x0f" + _whole(at_charstrings) + b"\x11" + last

    # All numbers in the dictionary take the same room whatever they are, so its size is known before they are.
    start = len(before) + len(_index([top(0)])) + len(between)
    head = before + _index([top(start)]) + between + charset + (select or b"") + charstrings
    if select is None:
        return head + _PRIVATE
    at_private = len(head) + len(_index([_whole(0) * 2 + b"\x12"]))
    return head + _index([_whole(len(_PRIVATE)) + _whole(at_private) + b"\x12"]) + _PRIVATE


def _index(items: Sequence[bytes]) -> bytes:
    if not items:
        return _NOTHING
    offsets, end = [1], 1
    for item in items:
        end += len(item)
        offsets.append(end)
    size = 1 if end < 2**8 else 2 if end < 2**16 else 4
    table = b"".join(offset.to_bytes(size, "big") for offset in offsets)
    return struct.pack(">HB", len(items), size) + table + b"".join(items)


def _whole(value: int) -> bytes:
    return b"\x1d" + struct.pack(">i", value)


def _real(value: float) -> bytes:
    """Return a number of the matrix, to a billionth."""
    number(value)
    text = f"{value:.9f}".rstrip("0").rstrip(".")
    text = "0" if text == "-0" else text
    nibbles = [_NIBBLES[character] for character in text] + [15]
    nibbles += [15] * (len(nibbles) % 2)
    return b"\x1e" + bytes(high << 4 | low for high, low in zip(nibbles[::2], nibbles[1::2], strict=True))
