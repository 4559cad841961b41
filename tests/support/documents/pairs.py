"""Pairs of documents that look the same and say different things where nobody looks: clean copies must be equal.

Each maker is given a payload, one of two of the same length whose letters, bits and order differ, and writes a page that
looks the same with either. A search for a marker can miss what is spelled in another way; two equal files miss nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

from PIL import Image

from documents.pdf_by_hand import HELVETICA, Pdf, document, line

PAYLOADS = (b"SVARTLISTAD", b"KNUTSEN3141")
Make = Callable[[bytes], bytes]

SEEN = line(b"(Kommunens upphandling)", 20, 380)
INK = b"20 205 m 60 220 l 90 204 l 120 222 l S "
PIXELS = b" BT 4 Tr ET"  # a text mode that clips: the page becomes pixels


def bits(payload: bytes) -> list[int]:
    """The payload's first 32 bits."""
    return [payload[at // 8] >> at % 8 & 1 for at in range(32)]


def hidden(payload: bytes) -> bytes:
    return line(b"(%s)" % payload, 20, 200)


def strokes(payload: bytes) -> bytes:
    """The payload as short lines, high and low."""
    steps = b" ".join(b"%d %d l" % (24 + 4 * at, 205 + 9 * bit) for at, bit in enumerate(bits(payload)))
    return b"20 205 m %s S " % steps


def cells(payload: bytes, *, low: int = 0, high: int = 255, scale: int = 4) -> Image.Image:
    """The payload as squares of a picture."""
    small = Image.new("L", (8, 4))
    small.putdata([high if bit else low for bit in bits(payload)])
    return small.resize((8 * scale, 4 * scale), Image.Resampling.NEAREST)


def page(contents: Make) -> Make:
    return lambda payload: document(Pdf(), SEEN + contents(payload))


def with_page(entries: Make) -> Make:
    return lambda payload: document(Pdf(), SEEN, page=entries(payload))


def with_catalog(entries: Make) -> Make:
    return lambda payload: document(Pdf(), SEEN, catalog=entries(payload))


def with_trailer(entries: Make) -> Make:
    return lambda payload: document(Pdf(), SEEN, trailer=entries(payload))


def with_resources(resources: Callable[[Pdf, bytes], bytes], contents: bytes = b"", seen: bytes = SEEN) -> Make:
    def make(payload: bytes) -> bytes:
        made = Pdf()
        return document(made, seen + contents, resources=b"/Font<</F0 6 0 R>>" + resources(made, payload))

    return make


def with_font(entries: Callable[[Pdf, bytes], bytes], shown: bytes = b"(Hej alla)", base: bytes = b"Helvetica") -> Make:
    """A second font, which is shown."""

    def make(payload: bytes) -> bytes:
        made = Pdf()
        font = b"<</Type/Font/Subtype/Type1/BaseFont/%s%s>>" % (base, entries(made, payload))
        contents = SEEN + b"BT /F1 20 Tf 20 200 Td %s Tj ET" % shown
        return document(made, contents, resources=b"/Font<</F0 6 0 R/F1 %s>>" % font)

    return make


def with_annotation(entries: Make) -> Make:
    return with_page(lambda payload: b"/Annots[<</Type/Annot/Rect[9 9 20 20]/F 2%s>>]" % entries(payload))


def image(made: Pdf, pixels: Image.Image, more: bytes = b"/ColorSpace/DeviceGray/BitsPerComponent 8") -> bytes:
    entries = b"/Type/XObject/Subtype/Image/Width %d/Height %d%s" % (*pixels.size, more)
    return made.new_stream(pixels.tobytes(), entries)


def pictured(of: Callable[[Pdf, bytes], bytes], drawn: bytes = b"q 160 0 0 80 20 200 cm /I Do Q ") -> Make:
    return with_resources(lambda made, payload: b"/XObject<</I %s>>" % of(made, payload), drawn)


def written(contents: Make) -> Make:
    """The same page, said in one way or another by the first bits."""
    return lambda payload: document(Pdf(), contents(payload))


def one_or_other(payload: bytes, one: bytes, other: bytes) -> bytes:
    """One of two that look the same, thirty-two times, by the payload's bits: `%d` is the height."""
    return b"".join(
        (other if bit else one).replace(b"%d", b"%d" % (380 - 11 * at)) for at, bit in enumerate(bits(payload))
    )


def ways(one: bytes, other: bytes) -> Make:
    return written(lambda payload: one_or_other(payload, one, other))


def revised(payload: bytes) -> bytes:
    made = Pdf()
    document(made, hidden(payload))
    table = bytes(made.content).rindex(b"xref\n0 1", 0, bytes(made.content).rindex(b"startxref"))
    made.stream(4, SEEN)
    made.end(b"/Root 1 0 R", previous=table)
    return bytes(made.content)


def order_of_objects(payload: bytes) -> bytes:
    made = Pdf()
    pictures = [image(made, Image.new("L", (2, 2), 40 + at)) for at in range(8)]
    names = sorted(range(8), key=lambda at: payload[at])
    resources = b"".join(b"/I%d %s" % (at, pictures[at]) for at in names)
    contents = SEEN + b"".join(b"q 9 0 0 9 %d 200 cm /I%d Do Q " % (20 + 12 * at, at) for at in range(8))
    return document(made, contents, resources=b"/Font<</F0 6 0 R>>/XObject<<%s>>" % resources)


def names_of_resources(payload: bytes) -> bytes:
    font = payload.title()
    return document(Pdf(), SEEN.replace(b"/F0", b"/" + font), resources=b"/Font<</%s 6 0 R>>" % font)


def numbers_of_objects(payload: bytes) -> bytes:
    made = Pdf()
    made._last = 100 + payload[0] * 7
    picture = image(made, Image.new("L", (2, 2), 90))
    return document(
        made, SEEN + b"q 9 0 0 9 9 9 cm /I Do Q", resources=b"/Font<</F0 6 0 R>>/XObject<</I %s>>" % picture
    )


def deflated(payload: bytes) -> bytes:
    made = Pdf()
    data = SEEN * 40
    packer = zlib.compressobj(1 + payload[0] % 9)
    made.add(1, b"<</Type/Catalog/Pages 2 0 R>>")
    made.add(2, b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    made.add(3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Contents 4 0 R/Resources<</Font<</F0 6 0 R>>>>>>")
    packed = packer.compress(data[: payload[1]]) + packer.flush(zlib.Z_SYNC_FLUSH)
    packed += packer.compress(data[payload[1] :]) + packer.flush()
    made.stream(4, packed, b"/Filter/FlateDecode", deflate=False)
    made.add(6, HELVETICA)
    made.end(b"/Root 1 0 R")
    return bytes(made.content)


def form(made: Pdf, contents: bytes, more: bytes = b"/BBox[0 0 400 400]") -> bytes:
    return made.new_stream(contents, b"/Type/XObject/Subtype/Form%s/Resources<</Font<</F0 6 0 R>>>>" % more)


def tiling(made: Pdf, cell: bytes) -> bytes:
    entries = b"/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 300 300]/XStep 300/YStep 300"
    return made.new_stream(cell, entries + b"/Resources<</Font<</F0 6 0 R>>>>")


def separation(made: Pdf, payload: bytes, *, name: bytes = b"Gold") -> bytes:
    table = made.new_stream(
        b"\x00\x00\x00" + payload[:9] + b"\xcc\x99\x33",
        b"/FunctionType 0/Domain[0 1]/Range[0 1 0 1 0 1]/Size[5]/BitsPerSample 8",
    )
    return b"[/Separation/%s/DeviceRGB %s]" % (name, table)


def drawn_glyphs(a: bytes, b: bytes) -> bytes:
    made = Pdf()
    glyphs = [made.new_stream(b"1000 0 d0 " + each) for each in (a, b)]
    font = made.new(
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 65/LastChar 66"
        b"/Widths[1000 1000]/CharProcs<</a %s/b %s>>/Encoding<</Differences[65/a/b]>>/Resources<<>>>>" % (*glyphs,)
    )
    resources = b"/Font<</F0 6 0 R/F3 %s>>" % font
    return document(made, SEEN + b"BT /F3 50 Tf 20 200 Td (AAA) Tj ET", resources=resources)


def blended(payload: bytes, mode: bytes) -> bytes:
    made = Pdf()
    resources = b"/Font<</F0 6 0 R>>/ExtGState<</G<</BM/%s>>>>" % mode
    return document(
        made,
        SEEN + b"q /G gs 1 g " + hidden(payload) + strokes(payload).replace(b" S", b" n") + b"Q",
        resources=resources,
    )


def masked(payload: bytes) -> bytes:
    made = Pdf()
    group = made.new_stream(
        b"1 g 20 100 90 90 re f 0 g " + strokes(payload),
        b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]/Group<</S/Transparency/CS/DeviceGray>>",
    )
    resources = b"/Font<</F0 6 0 R>>/ExtGState<</G<</SMask<</S/Luminosity/G %s>>>>>>" % group
    return document(made, SEEN + b"q /G gs 1 0 0 rg 0 90 400 110 re f Q", resources=resources)


def gradient(payload: bytes) -> bytes:
    made = Pdf()
    table = made.new_stream(
        bytes(10 * at for at in range(12)) + payload,
        b"/FunctionType 0/Domain[0 1]/Range[0 1]/Size[%d]/BitsPerSample 8" % (12 + len(payload)),
    )
    shading = made.new(b"<</ShadingType 2/ColorSpace/DeviceGray/Coords[20 0 400 0]/Function %s>>" % table)
    return document(
        made, SEEN + b"q 20 200 100 50 re W n /S sh Q", resources=b"/Font<</F0 6 0 R>>/Shading<</S %s>>" % shading
    )


def in_a_layer(payload: bytes) -> bytes:
    made = Pdf()
    layer = made.new(b"<</Type/OCG/Name(a)>>")
    resources = b"/Font<</F0 6 0 R>>/Properties<</L %s>>" % layer
    off = b"/OCProperties<</OCGs[%s]/D<</OFF[%s]>>>>" % (layer, layer)
    return document(made, SEEN + b"/OC/L BDC %sEMC" % hidden(payload), resources=resources, catalog=off)


def under_a_picture(payload: bytes) -> bytes:
    made = Pdf()
    resources = b"/Font<</F0 6 0 R>>/XObject<</I %s>>" % image(made, Image.new("L", (2, 2), 128))
    return document(made, SEEN + hidden(payload) + b"q 160 0 0 80 20 180 cm /I Do Q ", resources=resources)


TEXTS: dict[str, Make] = {
    "text under a box": page(lambda p: hidden(p) + b"10 190 150 30 re f"),
    "text partly under a box": page(
        lambda p: b"1 0 0 1 0 0 cm BT /F0 12 Tf 20 200 Td (Ja %s) Tj ET 36 190 150 30 re f" % p
    ),
    "text in white": page(lambda p: b"1 g " + hidden(p)),
    "text in nearly white": page(lambda p: b"0.98 g " + hidden(p)),
    "text in the colour of its ground": page(lambda p: b"0.4 g 10 190 150 30 re f 0.41 g " + hidden(p)),
    "text off the page": page(lambda p: line(b"(%s)" % p, 20, 500)),
    "text off the page, beside what is seen": page(lambda p: line(b"(%s)" % p, 405, 380)),
    "text in invisible mode": page(lambda p: b"3 Tr " + hidden(p)),
    "text that only clips": page(lambda p: b"7 Tr " + hidden(p)),
    "text outside its clip": page(lambda p: b"q 0 0 5 5 re W n %sQ" % hidden(p)),
    "text of a hundredth point": page(lambda p: b"BT /F0 .01 Tf 20 200 Td (%s) Tj ET" % p),
    "text of one point": page(lambda p: b"BT /F0 1 Tf 20 200 Td (%s) Tj ET" % p),
    "text under the same text": page(lambda p: hidden(p) + b"0 g 10 190 150 30 re f 1 g " + hidden(b"UPPHANDLING")),
    "text under a picture": under_a_picture,
    "text without alpha": lambda p: document(
        Pdf(), SEEN + b"q /G gs %sQ" % hidden(p), resources=b"/Font<</F0 6 0 R>>/ExtGState<</G<</ca 0>>>>"
    ),
    "actual text": page(lambda p: b"/Span<</ActualText(%s)>>BDC %sEMC" % (p, line(b"(Ja)", 20, 200))),
    "alternate text": page(lambda p: b"/Figure<</Alt(%s)>>BDC 9 9 9 9 re f EMC" % p),
    "marked point": page(lambda p: b"/P<</A(%s)>>DP" % p),
    "comment in contents": page(lambda p: b"%% %s\n" % p),
    "unknown operator": page(lambda p: b"BX (%s) zz EX" % p),
    "text in a layer that is off": in_a_layer,
    "text in a form off the page": with_resources(
        lambda made, p: b"/XObject<</X %s>>" % form(made, hidden(p)), b"q 1 0 0 1 0 900 cm /X Do Q "
    ),
    "text outside the box of a form": with_resources(
        lambda made, p: b"/XObject<</X %s>>" % form(made, hidden(p), b"/BBox[0 0 9 9]"), b"/X Do "
    ),
    "text in a form that is not drawn": with_resources(lambda made, p: b"/XObject<</X %s>>" % form(made, hidden(p))),
    "text in a pattern, not painted there": with_resources(
        lambda made, p: b"/Pattern<</P %s>>" % tiling(made, b"1 0 0 rg 0 0 9 9 re f 0 g " + hidden(p)),
        b"/Pattern cs /P scn 0 0 9 9 re f ",
    ),
    "text outside the crop box": lambda p: document(
        Pdf(), SEEN + line(b"(%s)" % p, 20, 20), page=b"/CropBox[0 100 400 400]"
    ),
}
# The same on a page that becomes pixels.
PIXEL_PAGES: dict[str, Make] = {
    f"{name}, as pixels": page(lambda p, contents=contents: contents(p) + PIXELS)
    for name, contents in {
        "text under a box": lambda p: hidden(p) + b"10 190 150 30 re f",
        "text in nearly white": lambda p: b"0.96 g " + hidden(p),
        "text in nearly black on black": lambda p: b"10 190 150 30 re f 0.04 g " + hidden(p),
        "text in the colour of its ground": lambda p: b"0.4 g 10 190 150 30 re f 0.43 g " + hidden(p),
        "text of one point": lambda p: b"BT /F0 1 Tf 20 200 Td (%s) Tj ET" % p,
        "text in invisible mode": lambda p: b"q 3 Tr %sQ" % hidden(p),
        "text off the page": lambda p: line(b"(%s)" % p, 405, 200),
        "text outside its clip": lambda p: b"q 0 0 5 5 re W n %sQ" % hidden(p),
        "actual text": lambda p: b"/Span<</ActualText(%s)>>BDC %sEMC" % (p, line(b"(Ja)", 20, 200)),
        "a drawing under a box": lambda p: strokes(p) + b"10 190 200 40 re f",
        "a drawing in nearly white": lambda p: b"0.96 G " + strokes(p),
        "comment in contents": lambda p: b"%% %s\n" % p,
    }.items()
}
OUTSIDE_PAGES: dict[str, Make] = {
    "title": with_trailer(lambda p: b"/Info<</Title(%s)>>" % p),
    "private key of Info": with_trailer(lambda p: b"/Info<</%s(x)>>" % p),
    "ID": with_trailer(lambda p: b"/ID[<%s><%s>]" % (p.hex().encode(), p.hex().encode())),
    "private trailer key": with_trailer(lambda p: b"/X(%s)" % p),
    "language": with_catalog(lambda p: b"/Lang(%s)" % p),
    "page labels": with_catalog(lambda p: b"/PageLabels<</Nums[0<</P(%s)>>]>>" % p),
    "outline": with_catalog(lambda p: b"/Outlines<</First<</Title(%s)>>>>" % p),
    "open action": with_catalog(lambda p: b"/OpenAction<</S/JavaScript/JS(%s)>>" % p),
    "private key of the catalog": with_catalog(lambda p: b"/%s 1" % p),
    "structure": with_catalog(lambda p: b"/StructTreeRoot<</K<</S/P/ActualText(%s)>>>>" % p),
    "attached file's name": with_catalog(lambda p: b"/Names<</EmbeddedFiles<</Names[(%s)<<>>]>>>>" % p),
    "viewer preferences": with_catalog(lambda p: b"/ViewerPreferences<</%s true>>" % p),
    "destination's name": with_catalog(lambda p: b"/Dests<</%s[3 0 R/Fit]>>" % p),
    "layer's name": with_catalog(lambda p: b"/OCProperties<</OCGs[]/D<</Name(%s)>>>>" % p),
    "piece info": with_page(lambda p: b"/PieceInfo<</A<</Private(%s)>>>>" % p),
    "private key of the page": with_page(lambda p: b"/%s 1" % p),
    "date of the page": with_page(lambda p: b"/LastModified(%s)" % p),
    "action of the page": with_page(lambda p: b"/AA<</O<</S/URI/URI(%s)>>>>" % p),
    "boxes for the printer": with_page(lambda p: b"/BleedBox[0 0 %d 400]/ArtBox[0 0 %d 400]" % (p[0], p[1])),
    "tab order": with_page(lambda p: b"/Tabs/%s" % p[:1]),
    "seconds a page is shown": with_page(lambda p: b"/Dur %d" % p[0]),
    "unit of the page": with_page(lambda p: b"/UserUnit 1.%d" % p[0]),
    "note": with_annotation(lambda p: b"/Subtype/Text/Contents(%s)" % p),
    "author of a note": with_annotation(lambda p: b"/Subtype/Text/T(%s)" % p),
    "link": with_annotation(lambda p: b"/Subtype/Link/A<</S/URI/URI(%s)>>" % p),
    "sound": with_annotation(lambda p: b"/Subtype/Sound/Contents(%s)" % p),
    "after the end": lambda p: document(Pdf(), SEEN) + p,
    "before the head": lambda p: b"%% %s\n" % p + document(Pdf(), SEEN),
    "earlier revision": revised,
    "numbers of objects": numbers_of_objects,
    "order of resources": order_of_objects,
    "names of resources": names_of_resources,
    "how a stream is deflated": deflated,
    "object that nothing needs": with_resources(lambda made, p: (made.new(b"(%s)" % p), b"")[1]),
    "private key of resources": with_resources(lambda _, p: b"/%s<<>>" % p),
    "properties": with_resources(lambda _, p: b"/Properties<</L<</Name(%s)>>>>" % p),
}
FONTS: dict[str, Make] = {
    "font's private key": with_font(lambda _, p: b"/%s 1" % p),
    "font's name": with_font(lambda _, p: b"/FontDescriptor<</FontName/X/Flags 32>>/Name/%s" % p),
    "text map of codes not shown": with_font(
        lambda made, p: (
            b"/ToUnicode "
            + made.new_stream(b"1 beginbfchar <ff> <%s> endbfchar" % p.decode().encode("utf-16-be").hex().encode())
        )
    ),
    "text map of spaces": with_font(
        lambda made, p: (
            b"/ToUnicode "
            + made.new_stream(b"1 beginbfchar <20> <%s> endbfchar" % p.decode().encode("utf-16-be").hex().encode())
        )
    ),
    "comment in a text map": with_font(
        lambda made, p: b"/ToUnicode " + made.new_stream(b"%% %s\n1 beginbfchar <48> <0048> endbfchar" % p)
    ),
    "text map behind a letter": with_font(
        lambda made, p: (
            b"/ToUnicode "
            + made.new_stream(b"1 beginbfchar <48> <0048%s> endbfchar" % p.decode().encode("utf-16-be").hex().encode())
        )
    ),
    "joiners in a text map": with_font(
        lambda made, p: (
            b"/ToUnicode "
            + made.new_stream(
                b"1 beginbfchar <48> <0048%s> endbfchar" % b"".join(b"200d" if bit else b"200c" for bit in bits(p)[:6])
            )
        )
    ),
    "encoding of codes not shown": with_font(lambda _, p: b"/Encoding<</Differences[200/%s]>>" % p),
    "widths of codes not shown": with_font(
        lambda _, p: (
            b"/FirstChar 72/LastChar 141/Widths[%s%s]"
            % (
                b"722 %s" % (b"500 " * 58),
                b" ".join(b"%d" % each for each in p),
            )
        ),
        b"(H)",
    ),
    "word space without a word": page(lambda p: b"BT /F0 12 Tf %d Tw 20 200 Td (Hej) Tj ET" % p[0]),
    "blanks at the end of a line": page(lambda p: b"BT /F0 12 Tf 20 200 Td (Hej) Tj (%s) Tj ET" % (b" " * (p[0] % 7))),
    "lines of blanks": page(
        lambda p: b"".join(line(b"( )", 20 + 4 * at, 90 + 9 * bit) for at, bit in enumerate(bits(p)))
    ),
    "moves behind the last letter": page(lambda p: b"BT /F0 12 Tf 20 200 Td [(Hej) %d] TJ ET" % p[0]),
    "moves of text that is not shown": page(lambda p: b"BT /F0 12 Tf %d %d Td ET" % (p[0], p[1])),
    "glyphs that are not shown": lambda p: drawn_glyphs(b"9 9 900 900 re f", strokes(p)),
    "below what a glyph paints": lambda p: drawn_glyphs(strokes(p) + b"0 0 1000 1000 re f", b""),
}
DRAWINGS: dict[str, Make] = {
    "drawing under a box": page(lambda p: strokes(p) + b"10 190 200 40 re f"),
    "drawing in white": page(lambda p: b"1 G " + strokes(p)),
    "drawing in nearly white": page(lambda p: b"0.99 G " + strokes(p)),
    "drawing off the page": page(lambda p: b"q 1 0 0 1 0 300 cm %sQ" % strokes(p)),
    "drawing outside its clip": page(lambda p: b"q 0 0 5 5 re W n %sQ" % strokes(p)),
    "part of a path off the page": page(
        lambda p: b"20 20 m 90 90 l " + strokes(p).replace(b"205", b"905").replace(b"214", b"914")
    ),
    "part of a path under a box": page(lambda p: b"20 20 m 90 90 l %s10 190 200 40 re f" % strokes(p)),
    "path that is not painted": page(lambda p: strokes(p).replace(b" S", b" n")),
    "part of a path without extent": page(
        lambda p: b"".join(b"%d %d m " % (at, 9 * bit) for at, bit in enumerate(bits(p))) + INK
    ),
    "width of no line": page(lambda p: b"%d w 9 9 20 20 re f" % p[0]),
    "dash of no line": page(lambda p: b"[%d %d] 0 d 9 9 20 20 re f" % (p[0], p[1])),
    "colour of no line": page(lambda p: b"0.%d 0 0 RG 9 9 20 20 re f" % p[0]),
    "flatness": page(lambda p: b"%d i 9 9 20 20 re f" % (p[0] % 100)),
    "rendering intent": page(lambda p: b"/%s ri 9 9 20 20 re f" % p),
    "states that are set twice": page(lambda p: b"0.%d g 0 g 9 9 20 20 re f" % p[0]),
    "saved states": page(lambda p: b"q " * (p[0] % 5) + b"Q " * (p[0] % 5) + b"9 9 20 20 re f"),
    "moves of nothing": page(lambda p: b"q 1 0 0 1 %d %d cm Q 9 9 20 20 re f" % (p[0], p[1])),
    "drawing outside a mask": masked,
    "gradient where it is clipped away": gradient,
    "cell of a pattern, painted over": with_resources(
        lambda made, p: b"/Pattern<</P %s>>" % tiling(made, strokes(p) + b"0 0 300 300 re f"),
        b"/Pattern cs /P scn 20 20 90 90 re f ",
    ),
    "pattern that is not used": with_resources(lambda made, p: b"/Pattern<</P %s>>" % tiling(made, strokes(p))),
    "text in a blend that shows nothing": lambda p: blended(p, b"Screen"),
    "tints of an ink": with_resources(
        lambda made, p: b"/ColorSpace<</C %s>>" % separation(made, p), b"/C cs 1 scn 9 9 90 90 re f "
    ),
    "name of an ink": with_resources(
        lambda made, p: b"/ColorSpace<</C %s>>" % separation(made, PAYLOADS[0], name=p), b"/C cs 1 scn 9 9 90 90 re f "
    ),
    "table of colours": with_resources(
        lambda _, p: b"/ColorSpace<</C[/Indexed/DeviceRGB 4<000000%s>]>>" % p[:12].ljust(12, b"x").hex().encode(),
        b"/C cs 0 scn 9 9 90 90 re f ",
    ),
    "a clip that cuts nothing": page(lambda p: b"q 0 0 %d 400 re W n 9 9 20 20 re f Q" % (400 + p[0])),
}
IMAGES: dict[str, Make] = {
    "pixels under a box": pictured(
        lambda made, p: image(made, cells(p)), b"q 160 0 0 80 20 200 cm /I Do Q 10 190 200 100 re f "
    ),
    "pixels that are clipped away": pictured(
        lambda made, p: image(made, cells(p)), b"q 0 0 5 5 re W n 160 0 0 80 20 200 cm /I Do Q "
    ),
    "pixels off the page": pictured(lambda made, p: image(made, cells(p)), b"q 160 0 0 80 20 500 cm /I Do Q "),
    "pixels of a speck": pictured(lambda made, p: image(made, cells(p)), b"q .01 0 0 .01 20 200 cm /I Do Q "),
    "pixels of white on paper": pictured(lambda made, p: image(made, cells(p, low=254))),
    "pixels under a mask": pictured(
        lambda made, p: image(
            made, cells(p), b"/ColorSpace/DeviceGray/BitsPerComponent 8/SMask " + image(made, Image.new("L", (1, 1), 0))
        )
    ),
    "pixels of an unused picture": with_resources(lambda made, p: b"/XObject<</I %s>>" % image(made, cells(p))),
    "picture's private key": pictured(
        lambda made, p: image(made, Image.new("L", (2, 2), 90), b"/ColorSpace/DeviceGray/BitsPerComponent 8/%s 1" % p)
    ),
    "picture's name": pictured(
        lambda made, p: image(
            made, Image.new("L", (2, 2), 90), b"/ColorSpace/DeviceGray/BitsPerComponent 8/Name/%s" % p
        )
    ),
    "rows behind a picture": pictured(
        lambda made, p: made.new_stream(
            bytes(4) + p,
            b"/Type/XObject/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8",
        )
    ),
    "unused colours of a palette": pictured(
        lambda made, p: image(
            made,
            Image.new("L", (2, 2), 0),
            b"/ColorSpace[/Indexed/DeviceRGB 4<336699%s>]/BitsPerComponent 8" % p[:11].ljust(12, b"x").hex().encode(),
        )
    ),
    "low bytes of sixteen bits": pictured(
        lambda made, p: made.new_stream(
            b"".join(b"%c%c" % (90, each) for each in (p * 2)[:16]),
            b"/Type/XObject/Subtype/Image/Width 4/Height 4/ColorSpace/DeviceGray/BitsPerComponent 16",
        )
    ),
    "padding of rows": pictured(
        lambda made, p: made.new_stream(
            bytes(0x80 | each & 0x3F for each in p[:8]),
            b"/Type/XObject/Subtype/Image/Width 2/Height 8/ColorSpace/DeviceGray/BitsPerComponent 1",
        )
    ),
    "inline picture off the page": page(
        lambda p: b"q 9 0 0 9 900 900 cm BI /W 8 /H 1 /BPC 8 /CS /G ID %s EI Q " % p[:8]
    ),
    "alternate picture": pictured(
        lambda made, p: image(
            made,
            Image.new("L", (2, 2), 90),
            b"/ColorSpace/DeviceGray/BitsPerComponent 8/Alternates[<</Image %s>>]" % image(made, cells(p)),
        )
    ),
}
# One page said in two ways, a bit of the payload for each line.
WRITINGS: dict[str, Make] = {
    "numbers": ways(b"9 %d 20.0 7 re f ", b"9.00 %d 20 7 re f "),
    "space between operators": ways(b"9 %d 20 7 re f ", b"9  %d\n20 7 re\tf "),
    "strings": ways(b"BT /F0 9 Tf 9 %d Td (Hej) Tj ET ", b"BT /F0 9 Tf 9 %d Td <48656a> Tj ET "),
    "escapes": ways(b"BT /F0 9 Tf 9 %d Td (Hej) Tj ET ", b"BT /F0 9 Tf 9 %d Td (\\110ej) Tj ET "),
    "one string or two": ways(b"BT /F0 9 Tf 9 %d Td [(Hej)] TJ ET ", b"BT /F0 9 Tf 9 %d Td [(He) (j)] TJ ET "),
    "moves by nothing": ways(b"BT /F0 9 Tf 9 %d Td (Hej) Tj ET ", b"BT /F0 9 Tf 9 %d Td [(He) 0 (j)] TJ ET "),
    "f or F": ways(b"9 %d 20 7 re f ", b"9 %d 20 7 re F "),
    "marked content": ways(b"9 %d 20 7 re f ", b"/A BMC 9 %d 20 7 re f EMC "),
    "saved for nothing": ways(b"9 %d 20 7 re f ", b"q Q 9 %d 20 7 re f "),
    "colour said again": ways(b"0 g 9 %d 20 7 re f ", b"0 g 0 g 9 %d 20 7 re f "),
    "grey or red, green and blue": ways(b"0.5 g 9 %d 20 7 re f ", b"0.5 0.5 0.5 rg 9 %d 20 7 re f "),
    "box as four lines": ways(b"9 %d 20 7 re f ", b"q 1 0 0 1 9 %d cm 0 0 m 20 0 l 20 7 l 0 7 l h f Q "),
    "box from another corner": ways(b"9 %d 20 7 re f ", b"q 1 0 0 1 9 %d cm 20 7 -20 -7 re f Q "),
    "Td or Tm": ways(b"BT /F0 9 Tf 9 %d Td (Hej) Tj ET ", b"BT /F0 9 Tf 1 0 0 1 9 %d Tm (Hej) Tj ET "),
    "decimals that nobody sees": ways(b"9 %d 20 7 re f ", b"9.00001 %d 20 7 re f "),
    "a string in one operator or two": ways(
        b"BT /F0 9 Tf 9 %d Td (Hej) Tj ET ", b"BT /F0 9 Tf 9 %d Td (He) Tj (j) Tj ET "
    ),
    "even-odd or not": ways(b"9 %d 20 7 re f ", b"9 %d 20 7 re f* "),
    "clip that holds all": ways(b"9 %d 20 7 re f ", b"q 0 0 400 400 re W n 9 %d 20 7 re f Q "),
    "caps of a box": ways(b"2 w 9 %d 20 7 re S ", b"q 2 J 2 w 9 %d 20 7 re S Q "),
}
PAIRS: dict[str, Make] = {**TEXTS, **PIXEL_PAGES, **OUTSIDE_PAGES, **FONTS, **DRAWINGS, **IMAGES, **WRITINGS}
