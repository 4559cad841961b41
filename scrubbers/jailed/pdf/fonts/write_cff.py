"""Writes a CFF program keyed by CIDs: the smallest that readers take, and the same bytes for the same glyphs.

Glyph 0 is `.notdef`, which draws nothing; the others have the CIDs 1, 2, 3 … The font is called F, has one part and the
ordering Identity. Technical Note 5176.
"""

import struct
from collections.abc import Sequence
from typing import Final

_HEAD: Final = b"\1\0\4\4" + b"\0\1\1\1\2F"
_NOTDEF: Final = b"\x8b\x0e"  # a width of 0, and the end
_FIRST_OWN_STRING: Final = 391  # after those that every reader knows
# defaultWidthX 0: readers set up what a glyph is drawn with only if there is a Private dictionary.
_PRIVATE: Final = b"\x8b\x14"
_NOTHING: Final = b"\0\0"


def program(charstrings: Sequence[bytes]) -> bytes:
    """Return the program of glyphs as `outline.charstring` writes them."""
    count = len(charstrings)
    glyphs = _index([_NOTDEF, *charstrings])
    between = _index([b"Adobe", b"Identity"]) + _NOTHING
    charset = b"\2" + struct.pack(">HH", 1, count - 1)
    select = b"\3" + struct.pack(">HHBH", 1, 0, 0, count + 1)

    def top(start: int) -> bytes:
        at_select = start + len(charset)
        at_glyphs = at_select + len(select)
        registry = _whole(_FIRST_OWN_STRING) + _whole(_FIRST_OWN_STRING + 1) + _whole(0) + b"\x0c\x1e"
        parts = _whole(at_glyphs + len(glyphs)) + b"\x0c\x24" + _whole(at_select) + b"\x0c\x25"
        return registry + _whole(start) + b"\x0f" + _whole(at_glyphs) + b"\x11" + parts

    # All numbers in the dictionary take the same room whatever they are, so its size is known before they are.
    start = len(_HEAD) + len(_index([top(0)])) + len(between)
    head = _HEAD + _index([top(start)]) + between + charset + select + glyphs
    at_private = len(head) + len(_index([_whole(0) * 2 + b"\x12"]))
    return head + _index([_whole(len(_PRIVATE)) + _whole(at_private) + b"\x12"]) + _PRIVATE


def _index(items: Sequence[bytes]) -> bytes:
    offsets, end = [1], 1
    for item in items:
        end += len(item)
        offsets.append(end)
    size = 1 if end < 2**8 else 2 if end < 2**16 else 4
    table = b"".join(offset.to_bytes(size, "big") for offset in offsets)
    return struct.pack(">HB", len(items), size) + table + b"".join(items)


def _whole(value: int) -> bytes:
    return b"\x1d" + struct.pack(">i", value)
