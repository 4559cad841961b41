"""Documents of one page with one font of each sort, and a marker in each place of it that can hold one."""

from __future__ import annotations

import re

from documents.font_programs import Markers, bare_cff, glyph_names, glyph_number, opentype, truetype, type1
from documents.pdf_fonts_by_hand import one_page
from scrubbers.jailed.pdf.syntax.writer import Hex, Name, Node, Stream

TEXT = "Hamburgefonstiv åäö"
SYMBOLIC, NONSYMBOLIC = 4, 32


def descriptor(mark: Markers, flags: int, program: dict) -> Node:
    return Node({
        b"Type": Name(b"FontDescriptor"),
        b"FontName": Name(mark("descriptor FontName")),
        b"FontFamily": Hex(mark("FontFamily")),
        b"CharSet": Hex(mark("CharSet")),
        b"Flags": flags,
        b"FontBBox": [-100, -300, 1200, 1000],
        b"ItalicAngle": 0,
        b"Ascent": 900,
        b"Descent": -200,
        b"CapHeight": 700,
        b"StemV": 80,
        **program,
    })  # fmt: skip


def file2(program: bytes) -> dict:
    return {b"FontFile2": Node(Stream({b"Length1": len(program)}, program))}


def file3(program: bytes, subtype: bytes) -> dict:
    return {b"FontFile3": Node(Stream({b"Subtype": Name(subtype)}, program))}


def to_unicode(mark: Markers, lines: bytes) -> Node:
    """A map with markers in a comment, in a name, and for a code that is not shown."""
    hidden = mark("text of an unused code").decode().encode("utf-16-be").hex().encode()
    text = b"%%%s\n/CMapName /%s def\n1 begincodespacerange <00> <ff> endcodespacerange\n" % (
        mark("comment in ToUnicode"), mark("name of ToUnicode"),
    )  # fmt: skip
    return Node(Stream({}, text + lines + b"1 beginbfchar <ee> <%s> endbfchar\n" % hidden))


def simple(mark: Markers, subtype: bytes, flags: int, program: dict, **more: object) -> dict:
    font = {
        b"Type": Name(b"Font"),
        b"Subtype": Name(subtype),
        b"BaseFont": Name(b"ABCDEF+" + mark("BaseFont")),
        b"FirstChar": 0,
        b"LastChar": 255,
        b"Widths": [600] * 256,
        b"FontDescriptor": descriptor(mark, flags, program),
        b"Priv": Hex(mark("private key")),
    }
    return font | {key.encode(): value for key, value in more.items()}


def shows(codes: bytes, place: bytes = b"10 50") -> bytes:
    """Contents in the form of the new document, so that the verifier can read the page."""
    escaped = re.sub(rb"[\\()]", rb"\\\g<0>", codes).replace(b"\r", b"\\r").replace(b"\n", b"\\n")
    return b"BT\n/F0 24 Tf\n%s Td\n(%s) Tj\nET\n" % (place, escaped)


def in_winansi(text: str) -> bytes:
    return shows(text.encode("cp1252"))


def numbered(numbers: list[int]) -> bytes:
    return shows(b"".join(number.to_bytes(2, "big") for number in numbers))


def truetype_winansi(mark: Markers) -> bytes:
    font = simple(mark, b"TrueType", NONSYMBOLIC, file2(truetype(mark)), Encoding=Name(b"WinAnsiEncoding"))
    return one_page(font, in_winansi(TEXT))


def truetype_with_differences(mark: Markers) -> bytes:
    changed = [1, Name(b"H"), Name(b"a"), Name(b"aring"), 200, Name(mark("name in Differences"))]
    encoding = {b"Type": Name(b"Encoding"), b"BaseEncoding": Name(b"MacRomanEncoding"), b"Differences": changed}
    font = simple(mark, b"TrueType", NONSYMBOLIC, file2(truetype(mark)), Encoding=encoding)
    return one_page(font, shows(bytes.fromhex("0102034d8a")))


def truetype_of_symbols(mark: Markers) -> bytes:
    lines = b"1 beginbfrange <41> <5a> <0041> endbfrange\n"
    font = simple(mark, b"TrueType", SYMBOLIC, file2(truetype(mark)), ToUnicode=to_unicode(mark, lines))
    return one_page(font, shows(b"HAM"))


def truetype_without_maps(mark: Markers) -> bytes:
    """As some programs leave them: codes are the numbers of glyphs."""
    program = truetype(mark, keep=("head", "hhea", "maxp", "hmtx", "loca", "glyf"))
    font = simple(mark, b"TrueType", SYMBOLIC, file2(program))
    codes = bytes(glyph_number(letter) for letter in "Hamburg")
    return one_page(font, shows(codes))


SAID = b"2 beginbfrange <0001> <0003> <0041> <0024> <0026> [<0041> <0042> <0043>] endbfrange\n"


def composite(
    mark: Markers, subtype: bytes, program: dict, encoding: object, *, said: bytes = SAID, **more: object
) -> dict:
    descendant = {
        b"Type": Name(b"Font"),
        b"Subtype": Name(subtype),
        b"BaseFont": Name(mark("descendant BaseFont")),
        b"CIDSystemInfo": {b"Registry": Hex(mark("Registry said")), b"Ordering": Hex(mark("Ordering said")), b"Supplement": 0},
        b"FontDescriptor": descriptor(mark, SYMBOLIC, program),
        b"DW": 700,
        b"W": [1, [600, 500, 400], 50, 60, 650],
    } | {key.encode(): value for key, value in more.items()}  # fmt: skip
    return {
        b"Type": Name(b"Font"),
        b"Subtype": Name(b"Type0"),
        b"BaseFont": Name(mark("Type0 BaseFont")),
        b"Encoding": encoding,
        b"DescendantFonts": [Node(descendant)],
        b"ToUnicode": to_unicode(mark, said),
    }


def truetype_by_cid(mark: Markers) -> bytes:
    numbers = {glyph_number(letter): letter for letter in "Hamburgefonstiv"}
    lines = b" ".join(b"<%04x> <%04x>" % (number, ord(letter)) for number, letter in numbers.items())
    font = composite(
        mark, b"CIDFontType2", file2(truetype(mark)), Name(b"Identity-H"),
        said=b"%d beginbfchar %s endbfchar\n" % (len(numbers), lines), CIDToGIDMap=Name(b"Identity"),
    )  # fmt: skip
    return one_page(font, numbered(list(numbers)))


def truetype_by_map(mark: Markers) -> bytes:
    numbers = [0, *(glyph_number(letter) for letter in "Hambu")]
    glyphs = Node(
        Stream({}, b"".join(number.to_bytes(2, "big") for number in numbers) + mark("map behind the last glyph"))
    )
    lines = b"1 beginbfrange <0001> <0005> [<0048> <0061> <006d> <0062> <0075>] endbfrange\n"
    font = composite(
        mark, b"CIDFontType2", file2(truetype(mark)), Name(b"Identity-H"), said=lines, CIDToGIDMap=glyphs
    )  # fmt: skip
    return one_page(font, numbered([1, 2, 3, 4, 5]))


def truetype_from_top_to_bottom(mark: Markers) -> bytes:
    font = composite(
        mark, b"CIDFontType2", file2(truetype(mark)), Name(b"Identity-V"), DW2=[800, -900], W2=[40, 60, -500, 250, 700]
    )
    return one_page(font, shows(b"".join(glyph_number(each).to_bytes(2, "big") for each in "Ham"), b"60 110"))


def by_own_cmap(mark: Markers) -> bytes:
    """Codes of one and of two bytes, in an encoding that the document brings along."""
    a, b, c = (glyph_number(letter) for letter in "Ham")
    text = b"%%%s\n/CIDSystemInfo << /Registry (%s) >> def /CMapName /%s def\n" % (
        mark("comment in CMap"), mark("Registry in CMap"), mark("name of CMap"),
    )  # fmt: skip
    text += b"2 begincodespacerange <00> <7f> <8140> <9ffc> endcodespacerange\n"
    text += b"1 begincidchar <41> %d endcidchar 1 begincidrange <8140> <8141> %d endcidrange\n" % (a, b)
    text += b"1 begincidrange <8150> <8150> %d endcidrange\n" % c
    encoding = Node(Stream({b"Type": Name(b"CMap"), b"CMapName": Name(mark("CMapName"))}, text))
    font = composite(mark, b"CIDFontType2", file2(truetype(mark)), encoding, CIDToGIDMap=Name(b"Identity"))
    return one_page(font, shows(bytes.fromhex("41814041815041")))


def cff_by_name(mark: Markers) -> bytes:
    names = glyph_names()
    changed = [number for code, name in enumerate(names[1:], 1) for number in (code, Name(name.encode()))]
    # The one name that no list knows: it is kept in no form, its glyph is.
    changed[1] = Name(mark("name of a shown glyph"))
    font = simple(
        mark, b"Type1", SYMBOLIC, file3(bare_cff(opentype(mark)), b"Type1C"), Encoding={b"Differences": changed}
    )
    return one_page(font, shows(bytes.fromhex("010203040506070809")))


def cff_by_its_own_encoding(mark: Markers) -> bytes:
    font = simple(mark, b"Type1", SYMBOLIC, file3(bare_cff(opentype(mark)), b"Type1C"))
    return one_page(font, shows(b"amburgefonstiv"))


def cff_by_cid(mark: Markers) -> bytes:
    program = file3(opentype(mark, by_cid=True), b"CIDFontType0C")
    font = composite(mark, b"CIDFontType0", program, Name(b"Identity-H"))
    return one_page(font, numbered([101 + number for number in range(12)]))


def cff_named_by_number(mark: Markers) -> bytes:
    program = file3(bare_cff(opentype(mark)), b"CIDFontType0C")
    return one_page(composite(mark, b"CIDFontType0", program, Name(b"Identity-H")), numbered(list(range(1, 12))))


def opentype_simple(mark: Markers) -> bytes:
    program = file3(opentype(mark), b"OpenType")
    font = simple(mark, b"TrueType", NONSYMBOLIC, program, Encoding=Name(b"WinAnsiEncoding"))
    return one_page(font, in_winansi(TEXT))


def opentype_by_cid(mark: Markers) -> bytes:
    program = file3(opentype(mark), b"OpenType")
    font = composite(mark, b"CIDFontType2", program, Name(b"Identity-H"), CIDToGIDMap=Name(b"Identity"))
    return one_page(font, numbered(list(range(1, 12))))


def type1_document(mark: Markers, *, digits: bool = False) -> bytes:
    data, clear, hidden = type1(mark, digits=digits)
    program = {b"FontFile": Node(Stream({b"Length1": clear, b"Length2": hidden, b"Length3": 500}, data))}
    lines = b"1 beginbfchar <48> <0048> endbfchar\n"
    font = simple(
        mark, b"Type1", NONSYMBOLIC, program, Encoding=Name(b"WinAnsiEncoding"), ToUnicode=to_unicode(mark, lines)
    )
    return one_page(font, in_winansi(TEXT))


def type1_in_digits(mark: Markers) -> bytes:
    return type1_document(mark, digits=True)


def type3(mark: Markers) -> bytes:
    def procedure(path: bytes) -> Node:
        return Node(Stream({}, b"600 0 0 0 500 700 d1\n" + path))

    hidden = mark("name of an unused glyph"), mark("name of a shown glyph")
    font = {
        b"Type": Name(b"Font"),
        b"Subtype": Name(b"Type3"),
        b"Name": Name(mark("Name")),
        b"FontBBox": [0, 0, 600, 800],
        b"FontMatrix": [0.001, 0, 0, 0.001, 0, 0],
        b"CharProcs": {
            hidden[0]: procedure(b"%" + mark("unused procedure")),
            hidden[1]: procedure(b"0 0 500 700 re\nf\n"),
            b"B": procedure(b"0 0 m\n500 0 l\n250 700 l\nf\n"),
        },
        b"Encoding": {b"Differences": [65, Name(hidden[1]), Name(b"B"), Name(hidden[0])]},
        b"FirstChar": 65,
        b"LastChar": 67,
        b"Widths": [600, 600, 600],
        b"Resources": {},
        b"ToUnicode": to_unicode(mark, b"1 beginbfchar <41> <0051> endbfchar\n"),
    }  # fmt: skip
    return one_page(font, shows(b"ABBA"))


def not_embedded(name: bytes, **more: object) -> bytes:
    font = {b"Type": Name(b"Font"), b"Subtype": Name(b"TrueType"), b"BaseFont": Name(name)}
    return one_page(font | {key.encode(): value for key, value in more.items()}, in_winansi(TEXT))
