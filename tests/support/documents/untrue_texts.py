"""Documents that say KANARI where their pages show no such letters: bars, other letters, ornaments. A script to be read.

`said` is what they say; they look the same whatever that is.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen

from documents.font_programs import Markers, bare_cff, glyph_number, truetype
from documents.pdf_by_hand import Pdf, document, line

SEEN = line(b"(Kommunens upphandling gjordes utan anbud)", 20, 380)
SHOWN = "umbrtvgenoH"
# A text mode that clips cannot be rebuilt: the page becomes pixels.
PIXELS = b" BT 4 Tr ET"
BAR = ((0, 0), (0, 700), (1, 700), (1, 0))
SLANTED = ((0, 0), (0.3, 700), (1, 700), (0.7, 0))
LOW = ((0, 0), (0, 90), (0.4, 120), (1, 60))
STAR = ((0, 350), (0.4, 430), (0.5, 700), (0.6, 430), (1, 350), (0.6, 270), (0.5, 0), (0.4, 270))
Corners = Sequence[tuple[float, float]]


def _placed(corners: Corners, width: int) -> list[tuple[int, int]]:
    return [(50 + round(x * width), y) for x, y in corners]


def _drawn(pen: TTGlyphPen | T2CharStringPen, corners: Corners, width: int) -> None:
    first, *others = _placed(corners, width)
    pen.moveTo(first)
    for corner in others:
        pen.lineTo(corner)
    pen.closePath()


def _program(corners: Corners, count: int, names: Sequence[str] = ()) -> bytes:
    """Glyphs of this form, each of another width: a CFF program where they have names, else a TrueType one."""
    order = [".notdef", *(names or (f"g{number}" for number in range(count)))]
    builder = FontBuilder(1000, isTTF=not names)
    builder.setupGlyphOrder(order)
    widths = {name: 400 + 37 * number for number, name in enumerate(order)}
    pens = {name: T2CharStringPen(0, None) if names else TTGlyphPen(None) for name in order}
    for name, pen in pens.items():
        _drawn(pen, corners, widths[name])
    builder.setupHorizontalMetrics({name: (width + 100, 50) for name, width in widths.items()})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    if names:
        builder.setupCFF("X", {}, {name: pen.getCharString() for name, pen in pens.items()}, {})
    else:
        builder.setupGlyf({name: pen.glyph() for name, pen in pens.items()})
    builder.setupPost()
    made = io.BytesIO()
    builder.font.save(made)
    return made.getvalue()


def _text_map(made: Pdf, texts: dict[bytes, str]) -> bytes:
    lines = b"".join(
        b"<%s> <%s>\n" % (code.hex().encode(), text.encode("utf-16-be").hex().encode()) for code, text in texts.items()
    )
    return made.new_stream(b"%d beginbfchar\n%sendbfchar\n" % (len(texts), lines))


def _by_number(program: bytes, numbers: Sequence[int], said: str, more: bytes) -> bytes:
    """Glyphs by their numbers, which a text map calls by other letters."""
    made = Pdf()
    codes = [number.to_bytes(2, "big") for number in numbers]
    descriptor = b"<</Type/FontDescriptor/FontName/X/Flags 4/FontFile2 %s>>" % made.new_stream(program)
    descendant = made.new(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/X/CIDToGIDMap/Identity/DW 900/CIDSystemInfo<</Registry(Adobe)"
        b"/Ordering(Identity)/Supplement 0>>/FontDescriptor %s>>" % descriptor
    )
    font = b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[%s]/ToUnicode %s>>"
    font %= descendant, _text_map(made, dict(zip(codes, said, strict=True)))
    return _page(made, font, b"<%s>" % b"".join(codes).hex().encode(), more)


def _page(made: Pdf, font: bytes, shown: bytes, more: bytes) -> bytes:
    contents = SEEN + b"BT /F3 30 Tf 20 200 Td %s Tj ET" % shown + more
    return document(made, contents, resources=b"/Font<</F0 6 0 R/F3 %s>>" % font)


def _drawn_as(corners: Corners) -> Callable[[str, bytes], bytes]:
    return lambda said, more: _by_number(_program(corners, len(said)), range(1, len(said) + 1), said, more)


def _cipher(said: str, more: bytes) -> bytes:
    """Letters of Vera by their numbers; the program does not tell which they are."""
    program = truetype(Markers(), keep=("head", "hhea", "maxp", "hmtx", "loca", "glyf"))
    return _by_number(program, [glyph_number(letter) for letter in SHOWN[: len(said)]], said, more)


def _among_true_ones(said: str, more: bytes) -> bytes:
    """The same in a font with so many letters that are what they say that they outnumber those."""
    program = truetype(Markers(), keep=("head", "hhea", "maxp", "hmtx", "loca", "glyf"))
    true = "acdfhijklpqswxyzABCDEFGIJKLMNOP"
    return _by_number(program, [glyph_number(letter) for letter in SHOWN[: len(said)] + true], said + true, more)


def _by_names(said: str, more: bytes) -> bytes:
    """Bars that a Type 1 font's own glyph names call by letters."""
    made = Pdf()
    names = [f"bar{number}" for number in range(len(said))]
    program = made.new_stream(bare_cff(_program(BAR, 0, names)), b"/Subtype/Type1C")
    descriptor = b"<</Type/FontDescriptor/FontName/X/Flags 4/FontFile3 %s>>" % program
    font = b"<</Type/Font/Subtype/Type1/BaseFont/X/FirstChar 65/LastChar %d/Widths[%s]/FontDescriptor %s"
    font %= 64 + len(said), b"900 " * len(said), descriptor
    font += b"/Encoding<</Differences[65%s]>>/ToUnicode %s>>" % (
        b"".join(b"/" + name.encode() for name in names),
        _text_map(made, {bytes((65 + number,)): letter for number, letter in enumerate(said)}),
    )
    return _page(made, font, b"(%s)" % bytes(range(65, 65 + len(said))), more)


def _by_pages(corners: Corners) -> Callable[[str, bytes], bytes]:
    """A font whose glyphs are drawn as pages are (Type 3)."""

    def made_of(said: str, more: bytes) -> bytes:
        made = Pdf()
        glyphs = b""
        for number in range(len(said)):
            path = b" ".join(b"%d %d %s" % (*point, b"l" if at else b"m") for at, point in enumerate(
                _placed(corners, 400 + 37 * number)
            ))  # fmt: skip
            glyphs += b"/g%d %s" % (number, made.new_stream(b"900 0 d0 %s f" % path))
        font = (
            b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 65/LastChar %d"
            b"/Widths[%s]/CharProcs<<%s>>/Encoding<</Differences[65%s]>>/Resources<<>>/ToUnicode %s>>"
        ) % (
            64 + len(said), b"900 " * len(said), glyphs, b"".join(b"/g%d" % number for number in range(len(said))),
            _text_map(made, {bytes((65 + number,)): letter for number, letter in enumerate(said)}),
        )  # fmt: skip
        return _page(made, font, b"(%s)" % bytes(range(65, 65 + len(said))), more)

    return made_of


UNTRUE: dict[str, Callable[[str, bytes], bytes]] = {
    "boxes of different widths": _drawn_as(BAR),
    "slanted bars": _drawn_as(SLANTED),
    "low strokes": _drawn_as(LOW),
    "ornaments": _drawn_as(STAR),
    "a cipher": _cipher,
    "a cipher among true letters": _among_true_ones,
    "bars by names": _by_names,
    "bars in a font of pages": _by_pages(BAR),
    "ornaments in a font of pages": _by_pages(STAR),
}
