"""Documents whose fonts carry a marker in each place that a font has. The typeface is Vera, which reportlab brings along."""

from __future__ import annotations

import io
from pathlib import Path

import reportlab
from documents.pdf_by_hand import Pdf, PdfPlanter, document, line
from fontTools import subset
from fontTools.fontBuilder import FontBuilder
from fontTools.misc import eexec
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables.DefaultTable import DefaultTable
from fontTools.ttLib.tables.ttProgram import Program

_FONTS = Path(reportlab.__file__).parent / "fonts"
_LETTERS = "Syns typsnitt med alla sorter XYZ"
_EEXEC_KEY = 55665


def _vera() -> TTFont:
    """Some letters of Vera, three of which no text uses: X, Y and Z."""
    font = TTFont(_FONTS / "Vera.ttf", recalcTimestamp=False)
    options = subset.Options(glyph_names=True, name_IDs=[], notdef_outline=True, hinting=True, recalc_timestamp=False)
    shrinking = subset.Subsetter(options)
    shrinking.populate(text=_LETTERS)
    shrinking.subset(font)
    written = io.BytesIO()
    font.save(written)
    return TTFont(io.BytesIO(written.getvalue()), recalcTimestamp=False)


def _truetype(plant: PdfPlanter) -> tuple[bytes, dict[str, int]]:
    """The program with its markers, and the number of each letter's glyph."""
    font = _vera()
    order = font.getGlyphOrder()
    hidden = plant.text("name of an unused glyph")
    font.setGlyphOrder([hidden if name == "X" else name for name in order])
    for number in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 19, 256):
        font["name"].setName(plant.text(f"font file name table {number}"), number, 3, 1, 0x41D)
        font["name"].setName(plant.text(f"font file name table {number} of the Macintosh"), number, 1, 0, 0)
    program, outline = Program(), font["glyf"]["Z"]
    program.fromBytecode(plant("hinting of an unused glyph"))
    font["glyf"]["Y"].program = program
    # Coordinates that grow by one letter's number at a time are stored as those letters.
    across = 0
    for point, letter in zip(range(len(outline.coordinates)), plant("outline of an unused glyph"), strict=False):
        across += letter
        outline.coordinates[point] = (across, point)
    for tag in ("DSIG", "meta", "FFTM", "PRIV", "VDMX", "LTSH"):
        table = DefaultTable(tag)
        table.data = plant(f"font table {tag}").ljust(16, b"\0")
        font[tag] = table
    if "GPOS" not in font:
        font["GPOS"] = newTable("GPOS")
        font["GPOS"] = DefaultTable("GPOS")
        font["GPOS"].data = plant("font table GPOS")
    written = io.BytesIO()
    font.save(written, reorderTables=False)
    glyphs = {chr(code): font.getGlyphID(name) for code, name in font.getBestCmap().items()}
    return written.getvalue() + plant("data behind the font file"), glyphs


def _descriptor(made: Pdf, plant: PdfPlanter, file: bytes, program: bytes, more: bytes = b"") -> bytes:
    s = plant.string
    stream = made.new_stream(
        program,
        b"/Length1 %d%s/Metadata %s/Priv%s"
        % (len(program), more, made.new_stream(plant("font file XMP")), s("font file private key")),
    )
    return made.new(
        b"<</Type/FontDescriptor/FontName%s/FontFamily%s/FontStretch%s/Flags 32/FontBBox[-200 -300 1400 1000]/ItalicAngle 0/Ascent 900"
        b"/Descent -200/CapHeight 700/StemV 80/CharSet%s/CIDSet %s/Lang%s/Style<</Panose%s>>/FD<<%s<</X 1>>>>/%s %s/Priv%s>>"
        % (plant.key("FontName"), s("FontFamily"), plant.key("FontStretch"), s("CharSet"), made.new_stream(plant("CIDSet")),
           plant.key("font Lang"), s("font Panose"), plant.key("font FD"), file, stream, s("descriptor private key"))
    )  # fmt: skip


def _to_unicode(made: Pdf, plant: PdfPlanter, meanings: dict[int, str], width: int) -> bytes:
    """A map with a comment, names, and meanings of codes that no text has."""
    unused = plant("unused map of ToUnicode").decode().encode("utf-16-be").hex().encode()
    ranged = plant("unused range of ToUnicode").decode().encode("utf-16-be").hex().encode()
    digits = 2 * width
    pairs = b"\n".join(
        b"<%0*x> <%s>" % (digits, code, letter.encode("utf-16-be").hex().encode()) for code, letter in meanings.items()
    )
    return made.new_stream(
        b"%%!PS-Adobe-3.0 Resource-CMap\n%% %s\n/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n/CIDSystemInfo<</Registry"
        b" (%s)/Ordering (%s)/Supplement 0>> def\n/CMapName /%s def /CMapType 2 def\n1 begincodespacerange <%s> <%s> endcodespacerange\n"
        b"%d beginbfchar\n%s\n<%s> <%s>\nendbfchar\n1 beginbfrange\n<%s> <%s> <%s>\nendbfrange\nendcmap end end\n"
        % (plant("ToUnicode comment"), plant("ToUnicode Registry"), plant("ToUnicode Ordering"), plant("ToUnicode CMapName"),
           b"0" * digits, b"f" * digits, len(meanings) + 1, pairs, b"fe".rjust(digits, b"0"), unused, b"fd".rjust(digits, b"0"),
           b"fd".rjust(digits, b"0"), ranged),
        b"/CMapName%s/Priv%s" % (plant.key("ToUnicode stream name"), plant.string("ToUnicode private key")),
    )  # fmt: skip


def pdf_font_truetype(plant: PdfPlanter) -> bytes:
    """A simple TrueType font."""
    made = Pdf()
    program, _ = _truetype(plant)
    font = made.new(
        b"<</Type/Font/Subtype/TrueType/BaseFont%s/Name%s/FirstChar 32/LastChar 122/Widths[%s]/FontDescriptor %s/ToUnicode %s"
        b"/Encoding<</Type/Encoding/BaseEncoding/WinAnsiEncoding/Differences[200%s]>>/Priv%s/PieceInfo<</A<</Private%s>>>>>>"
        % (plant.key("BaseFont"), plant.key("font Name"), b"600 " * 91, _descriptor(made, plant, b"FontFile2", program),
           _to_unicode(made, plant, {ord(letter): letter for letter in _LETTERS}, 1), plant.key("unused glyph name of Differences"),
           plant.string("font private key"), plant.string("font PieceInfo"))
    )  # fmt: skip
    return _page(made, font, plant.shows("Syns typsnitt"))


def pdf_font_cid_truetype(plant: PdfPlanter) -> bytes:
    """A TrueType font by glyph numbers, with a map of its own."""
    made, s = Pdf(), plant.string
    program, glyphs = _truetype(plant)
    cmap = made.new_stream(
        b"%% %s\n/CIDInit /ProcSet findresource begin begincmap /CIDSystemInfo<</Registry(%s)/Ordering(%s)/Supplement 0>> def /CMapName"
        b" /%s def 1 begincodespacerange <0000> <ffff> endcodespacerange 1 begincidrange <0000> <ffff> 0 endcidrange endcmap end"
        % tuple(plant(f"CMap {place}") for place in ("comment", "Registry", "Ordering", "CMapName in its text")),
        b"/Type/CMap/CMapName%s/CIDSystemInfo<</Registry%s/Ordering%s/Supplement 0>>/WMode 0/Priv%s"
        % (plant.key("CMap stream name"), s("CMap stream Registry"), s("CMap stream Ordering"), s("CMap private key")),
    )
    numbers = b"".join(number.to_bytes(2, "big") for number in range(len(glyphs) + 8))
    descendant = made.new(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont%s/CIDSystemInfo<</Registry%s/Ordering%s/Supplement 0>>/DW 600/FontDescriptor %s"
        b"/CIDToGIDMap %s/Priv%s>>"
        % (plant.key("CID BaseFont"), s("CIDSystemInfo Registry"), s("CIDSystemInfo Ordering"),
           _descriptor(made, plant, b"FontFile2", program),
           made.new_stream(numbers + bytes(1000) + plant("map behind the last glyph")), s("CID font private key"))
    )  # fmt: skip
    meanings = {number: letter for letter, number in glyphs.items()}
    font = made.new(b"<</Type/Font/Subtype/Type0/BaseFont%s/Encoding %s/DescendantFonts[%s]/ToUnicode %s/Priv%s>>"
                    % (plant.key("Type0 BaseFont"), cmap, descendant, _to_unicode(made, plant, meanings, 2), s("Type0 private key")))  # fmt: skip
    text = "Syns med alla sorter"
    plant.visible.append(text)
    return _page(made, font, b"<" + b"".join(b"%04x" % glyphs[letter] for letter in text) + b">")


def pdf_font_type1(plant: PdfPlanter) -> bytes:
    """An old font in its two halves, the second of which is encrypted."""
    made = Pdf()
    clear, hidden = _halves((_FONTS / "_a______.pfb").read_bytes())
    for key in (b"Notice", b"FullName", b"FamilyName", b"Weight", b"version"):
        at = clear.find(b"/" + key + b" (")
        if at >= 0:
            start, end = clear.index(b"(", at) + 1, clear.index(b")", at)
            clear = clear[:start] + plant(f"Type 1 {key.decode()}") + clear[end:]
    first, rest = clear.split(b"\n", 1) if b"\n" in clear[:80] else clear.split(b"\r", 1)
    clear = (
        first
        + b"\n%"
        + plant("Type 1 comment")
        + b"\n/XUID [1 2 3] def %"
        + plant("Type 1 XUID comment")
        + b"\n"
        + rest
    )
    private = eexec.decrypt(hidden, _EEXEC_KEY)[0]
    private = private.replace(b"/zero ", b"/" + plant("Type 1 name of an unused glyph") + b" ", 1)
    private = private.rstrip() + b"\n%" + plant("Type 1 comment under encryption") + b"\n"
    hidden = eexec.encrypt(private, _EEXEC_KEY)[0]
    trailer = b"\n" + b"\n".join([b"0" * 64] * 8) + b"\ncleartomark\n" + plant("Type 1 data behind its end")
    program = clear + hidden + trailer
    lengths = b"/Length2 %d/Length3 %d" % (len(hidden), len(trailer))
    descriptor = _descriptor(made, plant, b"FontFile", program, lengths).decode()
    made.content = made.content.replace(
        b"/Length1 %d" % len(program),
        b"/Length1 %d" % len(clear) + b" " * (len(b"%d" % len(program)) - len(b"%d" % len(clear))),
    )
    font = made.new(b"<</Type/Font/Subtype/Type1/BaseFont%s/FirstChar 32/LastChar 122/Widths[%s]/FontDescriptor %s/Encoding/WinAnsiEncoding"
                    b"/ToUnicode %s>>" % (plant.key("BaseFont"), b"600 " * 91, descriptor.encode(),
                                          _to_unicode(made, plant, {ord(letter): letter for letter in _LETTERS}, 1)))  # fmt: skip
    return _page(made, font, plant.shows("Syns typsnitt"))


def _halves(pfb: bytes) -> tuple[bytes, bytes]:
    """The readable and the encrypted part of a Type 1 font as it is sold."""
    parts = {1: b"", 2: b""}
    while pfb[:1] == b"\x80" and pfb[1] in parts:
        length = int.from_bytes(pfb[2:6], "little")
        if pfb[1] == 1 and parts[2]:
            break
        parts[pfb[1]] += pfb[6 : 6 + length]
        pfb = pfb[6 + length :]
    return parts[1], parts[2]


def pdf_font_cff(plant: PdfPlanter) -> bytes:
    """A compact font: the strings of its dictionary, the names and outlines of glyphs that no text uses."""
    made = Pdf()
    glyphs = _vera().getGlyphSet()
    names = [
        ".notdef",
        *sorted(name for name in glyphs if name != ".notdef"),
        plant.text("CFF name of an unused glyph"),
    ]
    charstrings = {}
    for name in names:
        pen = T2CharStringPen(600, glyphs)
        glyphs[name if name in glyphs else ".notdef"].draw(pen)
        charstrings[name] = pen.getCharString()
    builder = FontBuilder(2048, isTTF=False)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(letter): letter for letter in set(_LETTERS) if letter in glyphs})
    words = {
        key: plant.text(f"CFF {key}") for key in ("version", "Notice", "Copyright", "FullName", "FamilyName", "Weight")
    }
    builder.setupCFF(plant.text("CFF font name"), words, charstrings, {})
    program = builder.font.getTableData("CFF ") + plant("data behind the CFF font")
    descriptor = _descriptor(made, plant, b"FontFile3", program, b"/Subtype/Type1C")
    font = made.new(b"<</Type/Font/Subtype/Type1/BaseFont%s/FirstChar 32/LastChar 122/Widths[%s]/FontDescriptor %s/Encoding/WinAnsiEncoding"
                    b"/ToUnicode %s>>" % (plant.key("BaseFont"), b"600 " * 91, descriptor,
                                          _to_unicode(made, plant, {ord(letter): letter for letter in _LETTERS}, 1)))  # fmt: skip
    return _page(made, font, plant.shows("Syns typsnitt"))


def pdf_font_type3(plant: PdfPlanter) -> bytes:
    """A font whose glyphs are drawn by the document itself."""
    made, s = Pdf(), plant.string
    square = made.new_stream(
        b"600 0 0 0 500 500 d1 %% %s\n0 0 500 500 re f" % plant("Type 3 glyph comment"),
        b"/Priv%s" % s("Type 3 glyph private key"),
    )
    unused = made.new_stream(b"600 0 d0 " + line(b"(%s)" % plant("text of an unused Type 3 glyph"), 0, 0, 100))
    font = made.new(
        b"<</Type/Font/Subtype/Type3/Name%s/FontBBox[0 0 500 500]/FontMatrix[0.001 0 0 0.001 0 0]/CharProcs<<%s %s%s %s>>/FontDescriptor"
        b"<</Type/FontDescriptor/FontName%s/Flags 4/FontFamily%s>>/Encoding<</Differences[97%s]>>/FirstChar 97/LastChar 97/Widths[600]"
        b"/Resources<</Font<</F0 6 0 R>>/X%s>>/ToUnicode %s/Priv%s>>"
        % (plant.key("Type 3 Name"), glyph := plant.key("Type 3 glyph name"), square, plant.key("unused Type 3 glyph name"), unused,
           plant.key("Type 3 FontName"), s("Type 3 FontFamily"), glyph, s("Type 3 resources private"),
           _to_unicode(made, plant, {97: "l"}, 1), s("Type 3 private key"))
    )  # fmt: skip
    plant.visible.append("lll")
    return _page(made, font, b"(aaa)")


def _page(made: Pdf, font: bytes, shown: bytes) -> bytes:
    contents = b"BT /F1 14 Tf 20 300 Td %s Tj ET\n" % shown
    return document(made, contents, resources=b"/Font<</F0 6 0 R/F1 %s>>" % font)
