"""An invisible layer of words over a picture of a page: one form, with nothing to choose.

    BT ⏎ 3 Tr ⏎ then for each word   /F0 SIZE Tf (where it changes)  STRETCH Tz (where it changes)
                                     A B C D X Y Tm  (letters and a space) Tj
    ET

Places are on a grid of 1/20 point and sizes of 1/2 point; words stand by blocks, lines and from the left. The font is
one for all documents, with a single empty glyph: a code is a UTF-16 unit, and ToUnicode is one fixed map.
"""

import struct
from collections.abc import Sequence
from typing import Final

from scrubbers.jailed.pdf.content.reading_order import Block, in_reading_order
from scrubbers.jailed.pdf.fonts.document_font import text_map
from scrubbers.jailed.pdf.syntax.writer import Hex, Name, Node, Stream, escaped, number
from scrubbers.jailed.pdf.text_layer.words import Word

_NAME: Final = Name(b"Layer")
_ASCENT, _DESCENT, _ADVANCE = 800, -200, 500  # thousandths of its size
_GRID, _SIZES = 20, 2  # to a point
_LEAST, _LARGEST = 1.0, 200.0  # points
_HIGH_LETTERS: Final = 1.3  # sizes to the height of a word's letters, where the stated size does not fit them
_FITS: Final = (0.3, 1.6)  # of the stated size: how high a word's letters may be
_LEAST_STRETCH, _MOST_STRETCH = 1, 10_000  # per cent
_UPRIGHT: Final = ((1, 0), (0, 1), (-1, 0), (0, -1))


def layer(words: Sequence[Word], scale: tuple[float, float]) -> bytes:
    """Return the operators. `scale`: how many points of the page one of the words' points is."""
    if not words:
        return b""
    lines, last = [b"BT", b"3 Tr"], (b"", b"")
    for word in _in_order(words):
        said, matrix, text = _said(word, scale)
        lines += [line for line, before in zip(said, last, strict=True) if line != before]
        lines += [matrix, text]
        last = said
    return b"\n".join([*lines, b"ET", b""])


def _said(word: Word, scale: tuple[float, float]) -> tuple[tuple[bytes, bytes], bytes, bytes]:
    first, text = word.letters[0], word.written().encode("utf-16-be")
    left, bottom, right, top = word.box
    along, high = (top - bottom, right - left) if first.turn % 2 else (right - left, top - bottom)
    size = _rounded(first.size)
    if not _FITS[0] * size <= high <= _FITS[1] * size:
        size = _rounded(high * _HIGH_LETTERS)
    stretch = max(_LEAST_STRETCH, min(_MOST_STRETCH, round(100_000 * along / (len(text) / 2 * _ADVANCE * size))))
    x, y = (
        (left, first.baseline), (first.baseline, bottom), (right, first.baseline), (first.baseline, top),
    )[first.turn]  # fmt: skip
    a, b = _UPRIGHT[first.turn]
    placed = [round(at * by * _GRID) / _GRID for at, by in zip((x, y), scale, strict=True)]
    matrix = b" ".join(map(number, (a, b, -b, a, *placed)))
    shown = b"(%s)" % escaped(text + b"\0 ")
    return (b"/F0 %s Tf" % number(size), b"%d Tz" % stretch), matrix + b" Tm", shown + b" Tj"


def _rounded(size: float) -> float:
    return round(max(_LEAST, min(_LARGEST, size)) * _SIZES) / _SIZES


def _in_order(words: Sequence[Word]) -> list[Word]:
    """By blocks, lines, and from the left; turned ones last."""
    turned = sorted((w for w in words if w.letters[0].turn), key=lambda w: (w.letters[0].turn, w.box, w.text()))
    upright = sorted((w for w in words if not w.letters[0].turn), key=Word.text)
    blocks = [Block(w.box, w.letters[0].baseline, len(w.letters), w) for w in upright]
    return [block.thing for block in in_reading_order(blocks)] + turned


def layer_font() -> Node:
    """Return the font: the same in every document."""
    # Each code is its own text.
    texts = text_map([b"<%02x00> <%02xff> <%02x00>" % (high, high, high) for high in range(256)], b"bfrange")
    program = _program()
    file = Node(Stream({b"Length1": len(program)}, program))
    descriptor = Node({
        b"Type": Name(b"FontDescriptor"), b"FontName": _NAME, b"Flags": 4, b"FontBBox": [0, 0, _ADVANCE, _ASCENT],
        b"ItalicAngle": 0, b"Ascent": _ASCENT, b"Descent": _DESCENT, b"CapHeight": _ASCENT, b"StemV": 80,
        b"FontFile2": file,
    })  # fmt: skip
    descendant = Node({
        b"Type": Name(b"Font"), b"Subtype": Name(b"CIDFontType2"), b"BaseFont": _NAME,
        b"CIDSystemInfo": {b"Registry": Hex(b"Adobe"), b"Ordering": Hex(b"Identity"), b"Supplement": 0},
        b"FontDescriptor": descriptor, b"DW": _ADVANCE, b"CIDToGIDMap": Node(Stream({}, bytes(2 * 65_536))),
    })  # fmt: skip
    return Node({
        b"Type": Name(b"Font"), b"Subtype": Name(b"Type0"), b"BaseFont": _NAME, b"Encoding": Name(b"Identity-H"),
        b"DescendantFonts": [descendant], b"ToUnicode": Node(Stream({}, texts)),
    })  # fmt: skip


def _program() -> bytes:
    """Return a TrueType program with one empty glyph."""
    tables = {
        b"cmap": struct.pack(">4HL12H", 0, 1, 3, 1, 12, 4, 24, 0, 2, 2, 0, 0, 0xFFFF, 0, 0xFFFF, 1, 0),
        b"glyf": bytes(4),
        b"head": struct.pack(">4L2H3Q2H3h", 0x10000, 0, 0, 0x5F0F3CF5, 0, 1000, 0, 0, 0, 0, 8, 2, 0, 0),
        b"hhea": struct.pack(">L3hH11hH", 0x10000, _ASCENT, _DESCENT, 0, _ADVANCE, 0, 0, 0, 1, *(0,) * 7, 1),
        b"hmtx": struct.pack(">Hh", _ADVANCE, 0),
        b"loca": struct.pack(">HH", 0, 0),
        b"maxp": struct.pack(">L14H", 0x10000, 1, *(0,) * 4, 2, *(0,) * 8),
        b"post": struct.pack(">LLhhL4L", 0x30000, 0, 0, 0, 1, 0, 0, 0, 0),
    }  # fmt: skip
    directory = struct.pack(">LHHHH", 0x10000, len(tables), 128, 3, 16 * len(tables) - 128)
    body, at = b"", 12 + 16 * len(tables)
    for tag, data in sorted(tables.items()):
        padded = data + bytes(-len(data) % 4)
        total = sum(struct.unpack(f">{len(padded) // 4}L", padded)) & 0xFFFFFFFF
        directory += struct.pack(">4sLLL", tag, total, at + len(body), len(data))
        body += padded
    return directory + body
