"""Further pairs of documents that look the same, by a second reader: other kinds than those of `pairs`, made after the code."""

from __future__ import annotations

import io
import re
import zlib
from array import array

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib.tables.ttProgram import Program
from PIL import Image

from documents.pairs import PAIRS, PAYLOADS, SEEN, Make, bits, cells, hidden, image, page, pictured, tiling, ways
from documents.pdf_by_hand import HELVETICA, Pdf, document, line

FONT = b"/Font<</F0 6 0 R>>"
GRAY8 = b"/ColorSpace/DeviceGray/BitsPerComponent 8"
BOX = b"10 185 160 40 re"


def doc(contents, resources=lambda made, p: b"", **more):
    """A page whose contents, resources and other entries may all depend on the payload."""

    def make(p: bytes) -> bytes:
        made = Pdf()
        extra = {key: of(made, p) for key, of in more.items()}
        return document(made, SEEN + contents(p), resources=FONT + resources(made, p), **extra)

    return make


# -- text that is covered by what is not one plain box ---------------------------------------------------------------


def under_a_shading(made, p):
    function = made.new(b"<</FunctionType 2/Domain[0 1]/C0[.2 .4 .6]/C1[.6 .4 .2]/N 1>>")
    shade = made.new(
        b"<</ShadingType 2/ColorSpace/DeviceRGB/Coords[0 0 200 0]/Extend[true true]/Function %s>>" % function
    )
    return b"/Shading<</S %s>>" % shade


def stamp(made, p):
    look = made.new_stream(b".9 .8 .1 rg 0 0 160 40 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 160 40]/Resources<<>>")
    note = made.new(b"<</Type/Annot/Subtype/Stamp/Rect[10 185 170 225]/F 4/AP<</N %s>>>>" % look)
    return b"/Annots[%s]" % note


def type3(
    made, glyphs: dict[bytes, bytes], first: int, names: list[bytes], *, more: bytes = b"", width: int = 1000
) -> bytes:
    procs = b"".join(
        b"/%s %s" % (name, made.new_stream(b"%d 0 d0 %s" % (width, drawn))) for name, drawn in glyphs.items()
    )
    return made.new(
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]/FirstChar %d/LastChar %d"
        b"/Widths[%s]/CharProcs<<%s>>/Encoding<</Type/Encoding/Differences[%d%s]>>/Resources<<>>%s>>"
        % (first, first + len(names) - 1, b" ".join([b"%d" % width] * len(names)), procs, first,
           b"".join(b"/" + name for name in names), more)
    )  # fmt: skip


def block_font(made, p):
    return b"/Font<</F0 6 0 R/F3 %s>>" % type3(made, {b"a": b"0 0 1000 1000 re f"}, 65, [b"a"])


def fonts(of):
    """Resources with further fonts."""

    def make(contents):
        def inner(p):
            made = Pdf()
            return document(made, SEEN + contents(p), resources=b"/Font<</F0 6 0 R%s>>" % of(made, p))

        return inner

    return make


DISC = b"250 205 m 250 293 178 365 90 365 c 2 365 -70 293 -70 205 c -70 117 2 45 90 45 c 178 45 250 117 250 205 c h"

COVERED = {
    "text under a gradient": doc(lambda p: hidden(p) + b"q %s W n /S sh Q" % BOX, under_a_shading),
    "text under a wide line": doc(lambda p: hidden(p) + b"q .2 .5 .2 RG 60 w 5 205 m 200 205 l S Q"),
    "text under a stamp": doc(hidden, page=stamp),
    "text under four boxes together": doc(
        lambda p: hidden(p) + b"".join(b"%d 185 40 40 re f " % (10 + 40 * at) for at in range(4))
    ),
    "text under a letter that is a block": fonts(
        lambda made, p: b"/F3 %s" % type3(made, {b"a": b"0 0 1000 1000 re f"}, 65, [b"a"])
    )(lambda p: hidden(p) + b"q .6 .1 .1 rg BT /F3 180 Tf 5 120 Td (A) Tj ET Q"),
    "text under a pattern": doc(
        lambda p: hidden(p) + b"q /Pattern cs /P scn %s f Q" % BOX,
        lambda made, p: b"/Pattern<</P %s>>" % tiling(made, b".3 .3 .9 rg 0 0 300 300 re f"),
    ),
    "text under a disc": doc(lambda p: hidden(p) + b"q .2 .7 .7 rg %s f Q" % DISC),
}

# -- text that paints nothing ------------------------------------------------------------------------------------------


def black_mask(made, p):
    group = made.new_stream(
        b"0 g 0 0 400 400 re f",
        b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Group<</S/Transparency/CS/DeviceGray>>/Resources<<>>",
    )
    return b"/ExtGState<</G<</SMask<</S/Luminosity/G %s>>>>>>" % group


NOTHING = {
    "text in two clips with nothing in common": doc(
        lambda p: b"q 0 150 100 100 re W n 200 150 100 100 re W n %sQ" % hidden(p)
    ),
    "letters that paint nothing": fonts(lambda made, p: b"/F3 %s" % type3(made, {b"e": b""}, 48, [b"e"] * 43))(
        lambda p: b"BT /F3 12 Tf 20 200 Td (%s) Tj ET" % p
    ),
    "text in a pattern without ink": doc(
        lambda p: b"q /Pattern cs /P scn %sQ" % hidden(p),
        lambda made, p: b"/Pattern<</P %s>>" % tiling(made, b"n"),
    ),
    "text of no height": doc(lambda p: b"BT /F0 12 Tf 1 0 0 0 20 200 Tm (%s) Tj ET" % p),
    "text under a black mask": doc(lambda p: b"q /G gs %sQ" % hidden(p), black_mask),
    "white text, multiplied": doc(
        lambda p: b"q .7 .8 .3 rg %s f /G gs 1 g %sQ" % (BOX, hidden(p)),
        lambda made, p: b"/ExtGState<</G<</BM/Multiply>>>>",
    ),
}

# -- the same text, said in other codes, fonts, steps and orders ---------------------------------------------------------


def spelled(p: bytes) -> bytes:
    """Eleven equal blocks whose text map spells the payload."""
    made = Pdf()
    names = [b"g%d" % at for at in range(len(p))]
    table = b"%d beginbfchar %s endbfchar" % (
        len(p), b" ".join(b"<%02x> <%04x>" % (65 + at, letter) for at, letter in enumerate(p)),
    )  # fmt: skip
    font = type3(
        made, dict.fromkeys(names, b"100 0 800 700 re f"), 65, names, more=b"/ToUnicode " + made.new_stream(table)
    )
    shown = bytes(65 + at for at in range(len(p)))
    return document(
        made, SEEN + b"BT /F3 14 Tf 20 200 Td (%s) Tj ET" % shown, resources=b"/Font<</F0 6 0 R/F3 %s>>" % font
    )


def named(p: bytes) -> bytes:
    """Equal blocks, each from the letter of the payload as its code and its name."""
    made = Pdf()
    letters = sorted(set(PAYLOADS[0] + PAYLOADS[1]))
    names = {48 + at: (b"%c" % (48 + at) if 48 + at > 64 else b"n%d" % at) for at in range(43)}
    font = type3(made, {names[each]: b"100 0 800 700 re f" for each in letters}, 48, list(names.values()))
    return document(made, SEEN + b"BT /F3 14 Tf 20 200 Td (%s) Tj ET" % p, resources=b"/Font<</F0 6 0 R/F3 %s>>" % font)


def line_order(p: bytes) -> bytes:
    order = sorted(range(len(p)), key=lambda at: (p[at], at))
    return b"".join(line(b"(Rad %d)" % at, 20, 340 - 20 * at) for at in order)


def box_order(p: bytes) -> bytes:
    order = sorted(range(len(p)), key=lambda at: (p[at], at))
    return b"".join(b"%d 200 10 10 re f " % (20 + 20 * at) for at in order)


def two_codes(p: bytes) -> bytes:
    made = Pdf()
    font = made.new(
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Type/Encoding/BaseEncoding/WinAnsiEncoding"
        b"/Differences[200/a]>>>>"
    )
    text = bytes(200 if bit else 97 for bit in bits(p))
    return document(
        made, SEEN + b"BT /F1 12 Tf 20 200 Td <%s> Tj ET" % text.hex().encode(),
        resources=b"/Font<</F0 6 0 R/F1 %s>>" % font,
    )  # fmt: skip


def two_fonts(p: bytes) -> bytes:
    made = Pdf()
    font = made.new(HELVETICA)
    contents = b"".join(
        line(b"(Hej)", 20, 370 - 11 * at).replace(b"/F0", b"/F1" if bit else b"/F0") for at, bit in enumerate(bits(p))
    )
    return document(made, contents, resources=b"/Font<</F0 6 0 R/F1 %s>>" % font)


TEXT = {
    "two codes of one letter": two_codes,
    "two fonts that are the same": two_fonts,
    "space or no-break space": doc(
        lambda p: b"BT /F0 9 Tf 20 200 Td (%s) Tj ET" % b"".join(b"a\\240" if bit else b"a " for bit in bits(p))
    ),
    "space or step": ways(b"BT /F0 9 Tf 9 %d Td (Hej du) Tj ET ", b"BT /F0 9 Tf 9 %d Td [(Hej) -278 (du)] TJ ET "),
    "size of the font or of the matrix": ways(
        b"BT /F0 9 Tf 1 0 0 1 9 %d Tm (Hej) Tj ET ", b"BT /F0 1 Tf 9 0 0 9 9 %d Tm (Hej) Tj ET "
    ),
    "rise or place": ways(
        b"BT /F0 9 Tf 0 Ts 1 0 0 1 9 %d Tm (Hej) Tj ET ", b"BT /F0 9 Tf 4 Ts 1 0 0 1 9 %d Tm 0 -4 Td (Hej) Tj ET "
    ),
    "shown on the next line": ways(
        b"BT /F0 9 Tf 9 TL 9 %d Td T* (Hej) Tj ET ", b"BT /F0 9 Tf 9 TL 9 %d Td (Hej) ' ET "
    ),
    "blocks that spell in their text map": spelled,
    "blocks that spell in their codes": named,
    "order of the lines": page(line_order),
    "last digit of a step": page(
        lambda p: (
            b"BT /F0 9 Tf 20 200 Td [%s] TJ ET" % b" ".join(b"(i) %d" % (100 + (1 if bit else 0)) for bit in bits(p))
        )
    ),
    "spacing of letters or steps": ways(
        b"BT /F0 10 Tf 1 Tc 9 %d Td (Hej) Tj ET ", b"BT /F0 10 Tf 0 Tc 9 %d Td [(H) -100 (e) -100 (j)] TJ ET "
    ),
}

# -- the same drawing ------------------------------------------------------------------------------------------------

PATHS = {
    "which way round a triangle": ways(
        b"q 1 0 0 1 9 %d cm 0 0 m 20 0 l 10 7 l h f Q ", b"q 1 0 0 1 9 %d cm 0 0 m 10 7 l 20 0 l h f Q "
    ),
    "where a triangle begins": ways(
        b"q 1 0 0 1 9 %d cm 0 0 m 20 0 l 10 7 l h f Q ", b"q 1 0 0 1 9 %d cm 20 0 m 10 7 l 0 0 l h f Q "
    ),
    "which end of a line is first": ways(
        b"q 1 0 0 1 9 %d cm 2 w 0 0 m 20 0 l S Q ", b"q 1 0 0 1 9 %d cm 2 w 20 0 m 0 0 l S Q "
    ),
    "line as a curve": ways(
        b"q 1 0 0 1 9 %d cm 2 w 0 0 m 30 0 l S Q ", b"q 1 0 0 1 9 %d cm 2 w 0 0 m 10 0 20 0 30 0 c S Q "
    ),
    "a box in two halves": ways(b"9 %d 20 7 re f ", b"9 %d 10 7 re f 19 %d 10 7 re f "),
    "a box painted twice": ways(b"9 %d 20 7 re f ", b"9 %d 20 7 re f 9 %d 20 7 re f "),
    "order of boxes apart": page(box_order),
    "wide line or box": ways(b"9 %d 20 8 re f ", b"q 8 w 1 0 0 1 9 %d cm 0 4 m 20 4 l S Q "),
    "phase of a dash": ways(
        b"q 2 w [4 4] 0 d 1 0 0 1 9 %d cm 0 0 m 60 0 l S Q ", b"q 2 w [4 4] 8 d 1 0 0 1 9 %d cm 0 0 m 60 0 l S Q "
    ),
    "a point on the edge": ways(
        b"q 1 0 0 1 9 %d cm 0 0 m 20 0 l 20 7 l 0 7 l h f Q ",
        b"q 1 0 0 1 9 %d cm 0 0 m 8 0 l 20 0 l 20 7 l 0 7 l h f Q ",
    ),
    "colours that round to the same": ways(b".5 .2 .1 rg 9 %d 20 7 re f ", b".5003 .2 .1 rg 9 %d 20 7 re f "),
}


def pixel_or_box(p: bytes) -> bytes:
    made = Pdf()
    one, other = b"9 %d 20 7 re f ", b"q 20 0 0 7 9 %d cm /I Do Q "
    contents = b"".join((other if bit else one) % (380 - 11 * at) for at, bit in enumerate(bits(p)))
    return document(made, contents, resources=FONT + b"/XObject<</I %s>>" % image(made, Image.new("L", (1, 1), 0)))


PATHS["picture of one pixel or box"] = pixel_or_box

# -- samples that make no difference -----------------------------------------------------------------------------------


def jpeg_beyond(made, p):
    """A JPEG of 16 by 16 that says it is 8 by 8: three of four blocks of its one unit are never shown."""
    picture = Image.new("L", (16, 16), 128)
    for at, bit in enumerate(bits(p)):
        picture.paste(255 if bit else 0, (8 + at % 8, 2 * (at // 8), 9 + at % 8, 2 * (at // 8) + 2))
    packed = io.BytesIO()
    picture.convert("RGB").save(packed, "JPEG", quality=95, subsampling=2)
    data = bytearray(packed.getvalue())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = b"\x00\x08\x00\x08"
    return made.new_stream(
        bytes(data),
        b"/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode",
        deflate=False,
    )


def half_clear(made, p):
    """The payload in the half of a picture whose mask is clear."""
    picture = Image.new("L", (16, 16), 90)
    picture.paste(cells(p, scale=1).resize((8, 16), Image.Resampling.NEAREST), (8, 0))
    mask = Image.new("L", (16, 16), 0)
    mask.paste(255, (0, 0, 8, 16))
    return image(made, picture, GRAY8 + b"/SMask " + image(made, mask))


def half_off(made, p):
    picture = Image.new("L", (64, 32), 90)
    picture.paste(cells(p, scale=2).resize((24, 32), Image.Resampling.NEAREST), (40, 0))
    return image(made, picture)


def keyed(made, p):
    """Values from 0 to 99 are not painted: the payload is in them."""
    values = bytes(200 if at % 2 else each for at, each in enumerate(x for letter in p for x in (letter, letter)))
    return made.new_stream(values, b"/Type/XObject/Subtype/Image/Width 11/Height 2%s/Mask[0 99]" % GRAY8)


def predicted(made, p):
    rows = b""
    for at, bit in enumerate(bits(p)):
        row = bytes((40 + 7 * at + 5 * x) % 250 for x in range(8))
        rows += b"\1" + bytes([row[0]] + [(row[x] - row[x - 1]) % 256 for x in range(1, 8)]) if bit else b"\0" + row
    return made.new_stream(
        zlib.compress(rows),
        b"/Type/XObject/Subtype/Image/Width 8/Height 32%s/Filter/FlateDecode"
        b"/DecodeParms<</Predictor 15/Colors 1/BitsPerComponent 8/Columns 8>>" % GRAY8,
        deflate=False,
    )


def either_way_up(p: bytes) -> bytes:
    made = Pdf()
    shown = cells(b"\x31\x72\x0f\x55")
    one, other = image(made, shown), image(made, shown.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    contents = b"".join(
        (b"q -20 0 0 10 29 %d cm /J Do Q " if bit else b"q 20 0 0 10 9 %d cm /I Do Q ") % (380 - 11 * at)
        for at, bit in enumerate(bits(p))
    )
    return document(made, contents, resources=FONT + b"/XObject<</I %s/J %s>>" % (one, other))


def two_pictures(p: bytes) -> bytes:
    made = Pdf()
    shown = cells(b"\x31\x72\x0f\x55")
    one, other = image(made, shown), image(made, shown)
    contents = b"".join(
        b"q 20 0 0 10 9 %d cm /%s Do Q " % (380 - 11 * at, b"J" if bit else b"I") for at, bit in enumerate(bits(p))
    )
    return document(made, contents, resources=FONT + b"/XObject<</I %s/J %s>>" % (one, other))


def one_pixel_in_255(made, p):
    return image(made, cells(p, low=120, high=121))


def same_tint(made, p):
    """An ink whose every tint is one colour."""
    function = made.new(b"<</FunctionType 2/Domain[0 1]/C0[.3 .6 .2]/C1[.3 .6 .2]/N 1>>")
    return image(made, cells(p), b"/ColorSpace[/Separation/Gold/DeviceRGB %s]/BitsPerComponent 8" % function)


SAMPLES = {
    "palette of equal colours": pictured(
        lambda made, p: made.new_stream(
            bytes(bits(p)),
            b"/Type/XObject/Subtype/Image/Width 8/Height 4/BitsPerComponent 8/ColorSpace[/Indexed/DeviceRGB 1<336699336699>]",
        )
    ),
    "decoded to one grey": pictured(lambda made, p: image(made, cells(p), GRAY8 + b"/Decode[.5 .5]")),
    "ink of one tint": pictured(same_tint),
    "the clear half of a picture": pictured(half_clear),
    "the half of a picture off the page": pictured(half_off, b"q 160 0 0 80 300 200 cm /I Do Q "),
    "blocks of a JPEG beyond its size": pictured(jpeg_beyond, b"q 80 0 0 80 20 200 cm /I Do Q "),
    "values that a picture leaves out": pictured(keyed),
    "size of an even picture": pictured(
        lambda made, p: image(made, Image.new("L", (p[0] % 9 + 1, p[1] % 9 + 1), 90)),
        b"q 160 0 0 80 20 200 cm /I Do Q ",
    ),
    "prediction of rows": pictured(predicted),
    "picture from left or right": either_way_up,
    "two pictures that are the same": two_pictures,
    "steps of one in 255": pictured(one_pixel_in_255),
}

# -- how the document is built -----------------------------------------------------------------------------------------


def tick(p: bytes) -> bytes:
    """A box to tick, whose other state says something else."""
    made = Pdf()
    entries = b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</F0 6 0 R>>>>"
    off = made.new_stream(b"0 0 20 20 re S", entries)
    on = made.new_stream(b"BT /F0 12 Tf 2 4 Td (%s) Tj ET" % p, entries)
    field = made.new(
        b"<</Type/Annot/Subtype/Widget/FT/Btn/T(k)/Rect[20 200 120 220]/F 4/AS/Off/V/Off/AP<</N<</Off %s/%s %s>>>>>>"
        % (off, p, on)
    )
    return document(
        made,
        SEEN,
        page=b"/Annots[%s]" % field,
        catalog=b"/AcroForm<</Fields[%s]/DR<<%s>>/DA(/F0 9 Tf)>>" % (field, FONT),
    )


def reading_order(p: bytes) -> bytes:
    made = Pdf()
    order = sorted(range(len(p)), key=lambda at: (p[at], at))
    root = made.next()
    parts = [
        made.new(b"<</Type/StructElem/S/%s/P %d 0 R/Pg 3 0 R/K %d>>" % (b"H1" if bits(p)[at] else b"P", root, at))
        for at in range(len(p))
    ]
    made.add(
        root,
        b"<</Type/StructTreeRoot/K[%s]/ParentTree<</Nums[0[%s]]>>>>"
        % (b" ".join(parts[at] for at in order), b" ".join(parts)),
    )
    contents = b"".join(
        b"/P<</MCID %d>>BDC %sEMC " % (at, line(b"(Rad %d)" % at, 20, 340 - 20 * at)) for at in range(len(p))
    )
    return document(
        made, SEEN + contents, page=b"/StructParents 0",
        catalog=b"/MarkInfo<</Marked true>>/StructTreeRoot %d 0 R" % root,
    )  # fmt: skip


def two_layers(p: bytes) -> bytes:
    made = Pdf()
    one, other = made.new(b"<</Type/OCG/Name(a)>>"), made.new(b"<</Type/OCG/Name(b)>>")
    contents = b"".join(b"/OC/L%d BDC 9 %d 20 7 re f EMC " % (bit, 380 - 11 * at) for at, bit in enumerate(bits(p)))
    return document(
        made, contents, resources=FONT + b"/Properties<</L0 %s/L1 %s>>" % (one, other),
        catalog=b"/OCProperties<</OCGs[%s %s]/D<</ON[%s %s]>>>>" % (one, other, one, other),
    )  # fmt: skip


def form_or_not(p: bytes) -> bytes:
    made = Pdf()
    drawn = made.new_stream(b"0 0 20 7 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 20 7]/Resources<<>>")
    contents = b"".join(
        (b"q 1 0 0 1 9 %d cm /X Do Q " if bit else b"9 %d 20 7 re f ") % (380 - 11 * at)
        for at, bit in enumerate(bits(p))
    )
    return document(made, contents, resources=FONT + b"/XObject<</X %s>>" % drawn)


def moved_box(p: bytes) -> bytes:
    """The page lies elsewhere, and its contents with it."""
    x, y = p[0] * 100, p[1] * 100
    contents = SEEN + b"20 100 60 30 re f"
    return document(
        Pdf(), b"q 1 0 0 1 %d %d cm %s Q" % (x, y, contents), page=b"/CropBox[%d %d %d %d]/MediaBox[%d %d %d %d]"
        % (x, y, x + 400, y + 400, x, y, x + 400, y + 400),
    ).replace(b"/MediaBox[0 0 400 400]", b"", 1)  # fmt: skip


def cut(p: bytes) -> bytes:
    """The contents in several streams, cut where the payload says."""
    made = Pdf()
    words = (SEEN + b"".join(b"9 %d 20 7 re f " % (360 - 11 * at) for at in range(30))).split(b" ")
    streams, start = [], 0
    for letter in p:
        end = start + letter % 16 + 1
        streams.append(made.new_stream(b" ".join(words[start:end])))
        start = end
    streams.append(made.new_stream(b" ".join(words[start:])))
    content = document(made, b"")
    made = Pdf()
    return content.replace(b"/Contents 4 0 R", b"/Contents[%s]" % b" ".join(streams), 1)


def turned(p: bytes) -> bytes:
    """Upright, or turned and turned back by the page."""
    contents = b"20 100 60 30 re f 200 300 10 50 re f "
    if p == PAYLOADS[0]:
        return document(Pdf(), contents)
    return document(Pdf(), b"q -1 0 0 -1 400 400 cm %sQ" % contents, page=b"/Rotate 180")


def fixed(content: bytes) -> bytes:
    """The table written again after entries were replaced: pdfium rebuilds one, the jail may want a good one."""
    made = bytearray(content[: content.rindex(b"xref\n0 1")])
    table = len(made)
    numbers = {}
    for found in re.finditer(rb"(?:^|\n)(\d+) 0 obj\n", bytes(made)):
        numbers[int(found[1])] = found.start(1)
    made += b"xref\n0 1\n0000000000 65535 f \n"
    for number in sorted(numbers):
        made += b"%d 1\n%010d 00000 n \n" % (number, numbers[number])
    trailer = content[content.rindex(b"trailer") : content.rindex(b"startxref")]
    return bytes(made + trailer + b"startxref\n%d\n%%%%EOF\n" % table)


BUILT = {
    "state of a field that is not on": tick,
    "tags and their order": reading_order,
    "which of two layers that are on": two_layers,
    "form or not": form_or_not,
    "where the page lies": lambda p: fixed(moved_box(p)),
    "where the contents are cut": lambda p: fixed(cut(p)),
    "turned and turned back": turned,
}


# -- fonts, fields and clips -------------------------------------------------------------------------------------------


def truetype(p: bytes, *, start=lambda p, at: 0, program=lambda p, at: b"", order=lambda p: range(11)) -> bytes:
    """A font of eleven letters, A to K, each a quadrangle; what differs is where each begins, or what is run for it."""
    names = [".notdef", *(chr(65 + at) for at in order(p))]
    drawn = {}
    for name in names:
        at = max(0, ord(name[0]) - 65) if len(name) == 1 else 0
        points = [(100, 0), (100, 700), (600, 700 - 20 * at), (600, 0)]
        points = points[start(p, at) :] + points[: start(p, at)]
        pen = TTGlyphPen(None)
        pen.moveTo(points[0])
        for point in points[1:]:
            pen.lineTo(point)
        pen.closePath()
        drawn[name] = pen.glyph()
        code = program(p, at)
        if code:
            drawn[name].program = Program()
            drawn[name].program.fromBytecode(array("B", code))
    made = FontBuilder(1000, isTTF=True)
    made.setupGlyphOrder(names)
    made.setupCharacterMap({65 + at: chr(65 + at) for at in range(11)})
    made.setupGlyf(drawn)
    made.setupHorizontalMetrics(dict.fromkeys(names, (700, 100)))
    made.setupHorizontalHeader(ascent=800, descent=-200)
    made.setupNameTable({"familyName": "Test", "styleName": "Regular", "psName": "Test"})
    made.setupOS2()
    made.setupPost()
    made.font["head"].created = made.font["head"].modified = 3000000000
    made.font.recalcTimestamp = False
    packed = io.BytesIO()
    made.save(packed)
    return packed.getvalue()


def descriptor(made, program: bytes) -> bytes:
    file = made.new_stream(program, b"/Length1 %d" % len(program))
    return made.new(
        b"<</Type/FontDescriptor/FontName/Test/Flags 32/FontBBox[0 -200 1000 800]/ItalicAngle 0/Ascent 800/Descent -200"
        b"/CapHeight 700/StemV 80/FontFile2 %s>>" % file
    )


def embedded(**how):
    def make(p: bytes) -> bytes:
        made = Pdf()
        font = made.new(
            b"<</Type/Font/Subtype/TrueType/BaseFont/Test/FirstChar 65/LastChar 75/Widths[%s]/Encoding/WinAnsiEncoding"
            b"/FontDescriptor %s>>" % (b"700 " * 11, descriptor(made, truetype(p, **how)))
        )
        return document(
            made, SEEN + b"BT /F1 20 Tf 20 200 Td (ABCDEFGHIJK) Tj ET", resources=b"/Font<</F0 6 0 R/F1 %s>>" % font
        )

    return make


def composite(p: bytes) -> bytes:
    """Sixteen-bit codes are the payload's letters; all that lead to the same letter of the font."""
    made = Pdf()
    table = bytearray(512)
    for code in range(256):
        table[2 * code + 1] = 3
    below = made.new(
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Test/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        b"/DW 700/CIDToGIDMap %s/FontDescriptor %s>>"
        % (made.new_stream(bytes(table)), descriptor(made, truetype(PAYLOADS[0])))
    )
    cmap = made.new_stream(
        b"1 begincodespacerange <0000> <ffff> endcodespacerange 1 beginbfrange <0000> <00ff> <0042> endbfrange".replace(
            b"1 beginbfrange <0000> <00ff> <0042> endbfrange",
            b"43 beginbfchar %s endbfchar" % b" ".join(b"<%04x> <0042>" % code for code in range(48, 91)),
        )
    )
    font = made.new(
        b"<</Type/Font/Subtype/Type0/BaseFont/Test/Encoding/Identity-H/DescendantFonts[%s]/ToUnicode %s>>"
        % (below, cmap)
    )
    shown = b"".join(b"%04x" % letter for letter in p)
    return document(
        made, SEEN + b"BT /F1 20 Tf 20 200 Td <%s> Tj ET" % shown, resources=b"/Font<</F0 6 0 R/F1 %s>>" % font
    )


def widths_alone(p: bytes) -> bytes:
    """Letters that are placed one by one, so that nothing follows from how wide each says it is."""
    made = Pdf()
    glyphs = [made.new_stream(b"%d 0 d0 100 0 600 %d re f" % (700 + p[at], 700 - 20 * at)) for at in range(11)]
    font = made.new(
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 65/LastChar 75"
        b"/Widths[%s]/CharProcs<<%s>>/Encoding<</Differences[65%s]>>/Resources<<>>>>"
        % (
            b" ".join(b"%d" % (700 + letter) for letter in p),
            b"".join(b"/%c %s" % (65 + at, each) for at, each in enumerate(glyphs)),
            b"".join(b"/%c" % (65 + at) for at in range(11)),
        )
    )
    shown = b"".join(b"1 0 0 1 %d 200 Tm (%c) Tj " % (20 + 20 * at, 65 + at) for at in range(11))
    return document(made, SEEN + b"BT /F1 20 Tf %sET" % shown, resources=b"/Font<</F0 6 0 R/F1 %s>>" % font)


def choice(p: bytes) -> bytes:
    """A field to choose from, whose other choices are not seen."""
    made = Pdf()
    look = made.new_stream(
        b"BT /F0 12 Tf 2 4 Td (Ja) Tj ET",
        b"/Type/XObject/Subtype/Form/BBox[0 0 100 20]/Resources<</Font<</F0 6 0 R>>>>",
    )
    field = made.new(
        b"<</Type/Annot/Subtype/Widget/FT/Ch/Ff 131072/T(k)/Rect[20 200 120 220]/F 4/V(Ja)/Opt[(Ja)(%s)]/DA(/F0 12 Tf 0 g)"
        b"/AP<</N %s>>>>" % (p, look)
    )
    return document(
        made,
        SEEN,
        page=b"/Annots[%s]" % field,
        catalog=b"/AcroForm<</Fields[%s]/DR<<%s>>/DA(/F0 9 Tf)>>" % (field, FONT),
    )


def backdrop(made, p):
    group = made.new_stream(
        b".5 g 0 0 400 400 re f",
        b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Group<</S/Transparency/CS/DeviceGray>>/Resources<<>>",
    )
    return b"/ExtGState<</G<</SMask<</S/Luminosity/BC[.%d]/G %s>>>>>>" % (p[0], group)


FURTHER = {
    "codes of a composite font": composite,
    "widths of letters placed one by one": widths_alone,
    "choices that are not chosen": choice,
    "order of two clips": ways(
        b"q 9 %d 20 7 re W n 0 0 19 400 re W n 0 0 400 400 re f Q ",
        b"q 0 0 19 400 re W n 9 %d 20 7 re W n 0 0 400 400 re f Q ",
    ),
    "where the outline of a letter begins": embedded(start=lambda p, at: p[at] % 4),
    "instructions of a letter": embedded(program=lambda p, at: b"\xb0%c\x21" % p[at]),
    "order of the letters in a font": embedded(order=lambda p: sorted(range(11), key=lambda at: (p[at], at))),
    "ground of a mask that is all covered": doc(lambda p: b"q /G gs 1 0 0 rg 0 90 400 110 re f Q", backdrop),
}

SECOND_PAIRS: dict[str, Make] = {**COVERED, **NOTHING, **TEXT, **PATHS, **SAMPLES, **BUILT, **FURTHER}
ALL_PAIRS = {**PAIRS, **SECOND_PAIRS}
# What still comes through; docs/decisions/files/0045 says why.
REMAINS = {
    "last digit of a step",
    "steps of one in 255",
    "wide line or box",
    "a box in two halves",
    "picture from left or right",
}
