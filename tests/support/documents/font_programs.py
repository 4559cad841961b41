"""Font programs of each sort, with a marker in each place where one can stand. The typefaces come with reportlab."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import reportlab
from fontTools.cffLib import FDArrayIndex, FDSelect, FontDict, GlobalSubrsIndex
from fontTools.fontBuilder import FontBuilder
from fontTools.misc import eexec
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph
from fontTools.ttLib.tables.DefaultTable import DefaultTable
from fontTools.ttLib.tables.ttProgram import Program

FONTS = Path(reportlab.__file__).parent / "fonts"
LETTERS = "Hamburgefonstiv ÅÄÖåäö"
HIDDEN = "XYZ"
EXEC_KEY, CHARSTRING_KEY = 55665, 4330


class Markers(dict[bytes, str]):
    """Markers by place, as the search for them wants them."""

    def __call__(self, place: str) -> bytes:
        marker = (
            b"Kmk7"
            + hashlib.sha256(place.encode())
            .hexdigest()[:14]
            .translate(str.maketrans("0123456789", "ghijklmnop"))
            .encode()
        )
        self[marker] = place
        return marker

    def text(self, place: str) -> str:
        return self(place).decode()


def vera() -> TTFont:
    return TTFont(FONTS / "Vera.ttf", recalcTimestamp=False, recalcBBoxes=False)


def glyph_names(letters: str = LETTERS + HIDDEN) -> list[str]:
    """What these letters are called in Vera, .notdef first."""
    cmap = vera().getBestCmap()
    return [".notdef", *dict.fromkeys(cmap[ord(letter)] for letter in letters)]


def truetype(mark: Markers, *, keep: tuple[str, ...] = ()) -> bytes:
    """Vera as it is, with names, vendor's tables, signatures, and bytecode; `keep` leaves only some tables besides."""
    font = vera()
    name = mark.text("name of a glyph")
    font.setGlyphOrder([name if each == "X" else each for each in font.getGlyphOrder()])
    for number in (0, 1, 4, 5, 6, 13, 256):
        font["name"].setName(mark.text(f"name {number}"), number, 3, 1, 0x409)
    for tag in ("DSIG", "meta", "FFTM", "PRIV", "GPOS"):
        font[tag] = DefaultTable(tag)
        font[tag].data = mark(f"table {tag}")
    font["OS/2"].achVendID = "Kmk7"
    for table in ("fpgm", "prep"):
        program = Program()
        program.fromBytecode(mark(f"bytecode {table}"))
        font[table].program = program
    cmap = font.getBestCmap()
    program = Program()
    program.fromBytecode(mark("bytecode of a shown glyph"))
    font["glyf"][cmap[ord("H")]].program = program
    hidden = font["glyf"][cmap[ord("Z")]]
    across = 0
    for point, letter in zip(range(len(hidden.coordinates)), mark("outline of an unused glyph"), strict=False):
        across += letter
        hidden.coordinates[point] = (across, point)
    for tag in [tag for tag in font.keys() if keep and tag != "GlyphOrder" and tag not in keep]:  # noqa: SIM118
        del font[tag]
    written = io.BytesIO()
    font.save(written, reorderTables=False)
    return written.getvalue() + mark("behind the program")


def glyph_number(letter: str) -> int:
    font = vera()
    return font.getGlyphID(font.getBestCmap()[ord(letter)])


def opentype(mark: Markers, *, by_cid: bool = False) -> bytes:
    """Letters of Vera with cubic curves: an OpenType program with a CFF table, or a bare one keyed by CIDs."""
    font, names = vera(), glyph_names()
    glyphs = font.getGlyphSet()
    charstrings = {}
    for name in names:
        pen = T2CharStringPen(glyphs[name].width, glyphs)
        glyphs[name].draw(pen)
        charstrings[name] = pen.getCharString()
    charstrings["X"].bytecode, charstrings["X"].program = _hiding(mark("charstring of an unused glyph")), None
    renamed = {"Z": mark.text("name of an unused glyph"), "H": mark.text("name of a shown glyph")}
    order = [renamed.get(name, name) for name in names]
    builder = FontBuilder(2048, isTTF=False)
    builder.setupGlyphOrder(order)
    notices = {key: mark.text(key) for key in ("FullName", "FamilyName", "Notice", "Copyright", "Weight", "version")}
    builder.setupCFF(
        mark.text("FontName"), notices, {renamed.get(k, k): v for k, v in charstrings.items()}, {"BlueScale": 0.04}
    )
    builder.setupHorizontalMetrics({renamed.get(name, name): (glyphs[name].width, 0) for name in names})
    builder.setupHorizontalHeader(ascent=1800, descent=-400)
    builder.setupCharacterMap(
        {ord(letter): renamed.get(n, n) for letter in LETTERS for n in [font.getBestCmap()[ord(letter)]]}
    )
    builder.setupNameTable({"familyName": mark.text("name family"), "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    written = io.BytesIO()
    if by_cid:
        cff = builder.font["CFF "].cff
        _key_by_cid(cff, mark)
        cff.compile(written, builder.font, isCFF2=False)
    else:
        builder.font.save(written)
    return written.getvalue()


def _hiding(marker: bytes) -> bytes:
    """A charstring whose stems are a marker: each byte pushes a number."""
    return marker + b"\x01\x0e"


def _key_by_cid(cff, mark: Markers) -> None:
    """Glyph n gets CID n + 100."""
    top = cff.topDictIndex[0]
    top.ROS = (mark.text("Registry"), mark.text("Ordering"), 0)
    top.CIDCount = 1000
    private = top.Private
    old, top.charset = top.charset, [".notdef", *(f"cid{number + 100:05d}" for number in range(1, len(top.charset)))]
    strings = top.CharStrings
    strings.charStrings = {new: strings.charStrings[name] for name, new in zip(old, top.charset, strict=True)}
    select, fonts = FDSelect(), FDArrayIndex()
    select.gidArray, select.format = [0] * len(top.charset), 3
    part = FontDict()
    part.setCFF2(False)
    part.Private, part.FontName = private, mark.text("FontName of a part")
    fonts.append(part)
    fonts.strings = select.strings = None
    top.FDSelect, top.FDArray = select, fonts
    strings.fdSelect, strings.fdArray = select, fonts
    strings.globalSubrs = strings.globalSubrs or GlobalSubrsIndex()
    top.rawDict.pop("Private", None)
    vars(top).pop("Private", None)


def bare_cff(program: bytes) -> bytes:
    """The CFF table of an OpenType program."""
    return TTFont(io.BytesIO(program)).reader["CFF "]


def type1(mark: Markers, file: str = "_er_____.pfb", *, digits: bool = False) -> tuple[bytes, int, int]:
    """A Type 1 program with a comment, notices, numbers and a name; the lengths of its first two parts."""
    pfb = (FONTS / file).read_bytes()
    parts, position = [], 0
    while pfb[position + 1] != 3:
        size = int.from_bytes(pfb[position + 2 : position + 6], "little")
        parts.append(pfb[position + 6 : position + 6 + size])
        position += 6 + size
    clear = parts[0].replace(b"/FontInfo", b"%" + mark("comment") + b"\n/FontInfo", 1)
    notices = rb"/(Notice|FullName|FamilyName|Weight|version)\s*\("
    clear = re.sub(notices, lambda found: found[0] + mark(found[1].decode()), clear)
    clear = re.sub(rb"/FontName\s*/\S+", b"/FontName /" + mark("FontName"), clear)
    secret, _ = eexec.decrypt(parts[1], EXEC_KEY)
    secret = secret[:4] + secret[4:].replace(b"/Private", b"/Private %" + mark("comment in Private") + b"\n", 1)
    secret = _with_glyph(secret, mark("name of an unused glyph"), mark("charstring of an unused glyph"))
    hidden, _ = eexec.encrypt(secret, EXEC_KEY)
    hidden = hidden.hex().encode() + b"\n" if digits else hidden
    return clear + hidden + parts[2], len(clear), len(hidden)


def _with_glyph(secret: bytes, name: bytes, program: bytes) -> bytes:
    charstring, _ = eexec.encrypt(b"\0\0\0\0" + program, CHARSTRING_KEY)
    found = re.search(rb"/CharStrings[^\n\r]*begin\s", secret)
    assert found is not None
    read = re.search(rb"/A [0-9]+ (\S+) ", secret[found.end() :])
    assert read is not None
    return (
        secret[: found.end()]
        + b"/%s %d %s %s ND\n" % (name, len(charstring), read[1], charstring)
        + secret[found.end() :]
    )


def small_truetype() -> bytes:
    """Four glyphs: nothing, a square, a triangle, and one made of both."""

    def drawn(*points):
        pen = TTGlyphPen(None)
        pen.moveTo(points[0])
        for point in points[1:]:
            pen.lineTo(point)
        pen.closePath()
        return pen.glyph()

    square, triangle = drawn((0, 0), (0, 500), (500, 500), (500, 0)), drawn((100, 0), (300, 700), (500, 0))
    glyphs = {".notdef": drawn((0, 0), (0, 900), (50, 900), (50, 0)), "A": square, "B": triangle}
    pen = TTGlyphPen(glyphs)
    pen.addComponent("A", (0.5, 0, 0, 0.5, 0, 0))
    pen.addComponent("B", (1, 0, 0, 1, 200, 300))
    glyphs["C"] = pen.glyph()
    return _built(glyphs, {0x41: "A", 0x42: "B", 0x43: "C"})


BOX = ((100, 0), (100, 700), (600, 700), (600, 0))
TRIANGLE = ((100, 0), (350, 700), (600, 0))


def boxes(count: int, corners: tuple[tuple[int, int], ...] = BOX) -> bytes:
    """So many glyphs that are the same box, or other shape, and nothing that says what they are."""
    pen = TTGlyphPen(None)
    pen.moveTo(corners[0])
    for point in corners[1:]:
        pen.lineTo(point)
    pen.closePath()
    box = pen.glyph()
    return _built({".notdef": box, **{f"box{number}": box for number in range(count)}}, {})


def _built(glyphs: dict[str, Glyph], characters: dict[int, str]) -> bytes:
    builder = FontBuilder(1000)
    builder.setupGlyphOrder(list(glyphs))
    if characters:
        builder.setupCharacterMap(characters)
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics({name: (600, builder.font["glyf"][name].xMin) for name in glyphs})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupPost()
    written = io.BytesIO()
    builder.font.save(written)
    return written.getvalue()
