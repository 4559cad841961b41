"""Documents that draw what nobody can see: every hidden text is really shown by text operators, and so is every visible one.

The visible ones begin with "Syns". They are the controls: pale, small, on a dark ground, under something transparent.
"""

from __future__ import annotations

import zlib

from documents.pdf_by_hand import HELVETICA, Pdf, PdfPlanter, document, line, string
from markers.search_pixels import as_cells

_BLACK_BOX = b"q 0 g %d %d 150 16 re f Q\n"


def pdf_hidden_text(plant: PdfPlanter) -> bytes:
    """Hidden by mode, colour, size, place, clip, cover and layer; one line each."""
    made = Pdf()
    solid = made.new_stream(
        bytes(3), b"/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceRGB/BitsPerComponent 8"
    )
    layer = made.new(b"<</Type/OCG/Name(lager)>>")
    membership = made.new(b"<</Type/OCMD/OCGs[%s]/P/AnyOn>>" % layer)
    hide = _Hider(plant)
    contents = b"".join((
        line(plant.shows("Syns överst"), 20, 380),
        hide("invisible text Tr 3", before=b"3 Tr"),
        hide("text that only clips, Tr 7", before=b"7 Tr"),
        hide("white on white text", before=b"1 g"),
        hide("nearly white on white text", before=b"0.99 g"),
        hide("text of alpha 0", before=b"/G0 gs"),
        hide("text of size 0.01", size=0.01),
        hide("text of size 1", size=1),
        hide("text made small by a matrix", before=b"0.02 0 0 0.02 0 0 cm"),
        hide("text under a black box") + _BLACK_BOX % (15, hide.y - 4),
        hide("text under a box of 98 per cent") + b"q /G1 gs" + _BLACK_BOX[1:] % (15, hide.y - 4),
        hide("text under a white box") + (b"q 1 g" + _BLACK_BOX[5:]) % (15, hide.y - 4),
        hide("text under a picture") + b"q 150 0 0 16 15 %d cm /X0 Do Q\n" % (hide.y - 4),
        hide("text under a stroke") + b"q 16 w 0 G 15 %d m 170 %d l S Q\n" % (hide.y + 4, hide.y + 4),
        hide("text in an OFF layer", around=b"/OC/L0 BDC %sEMC\n"),
        hide("text in an OFF layer by membership", around=b"/OC/L1 BDC %sEMC\n"),
        hide("clipped text", before=b"0 0 5 5 re W n"),
        hide("text clipped by nothing", before=b"0 0 m W n"),
        hide("text off the page, left", x=-300),
        hide("text off the page, far", x=90000),
        line(string(plant("text off the page, above")), 20, 460),
        hide("text outside the CropBox", x=320),
        line(plant.shows("Syns nederst"), 20, 12),
    ))  # fmt: skip
    resources = b"/Font<</F0 6 0 R>>/XObject<</X0 %s>>/ExtGState<</G0<</ca 0/CA 0>>/G1<</ca 0.98>>>>/Properties<</L0 %s/L1 %s>>" % (
        solid, layer, membership)  # fmt: skip
    catalog = b"/OCProperties<</OCGs[%s]/D<</OFF[%s]/Order[%s]>>>>" % (layer, layer, layer)
    return document(made, contents, resources=resources, page=b"/CropBox[0 0 300 400]", catalog=catalog)


class _Hider:
    """Puts each hidden text on a line of its own, going down the page."""

    def __init__(self, plant: PdfPlanter) -> None:
        self._plant = plant
        self.y = 372

    def __call__(
        self, place: str, *, x: int = 20, size: float = 12, before: bytes = b"", around: bytes = b"%s"
    ) -> bytes:
        self.y -= 16
        return around % line(string(self._plant(place)), x, self.y, size, before=before)


def pdf_hidden_words(plant: PdfPlanter) -> bytes:
    """Single words of longer lines: under a bar, past the edge; kerned and spaced; beside what must stay."""
    marker = plant("one word of a longer Tj under a bar")
    kerned = plant("one word of a longer TJ under a bar")
    edge = plant("end of a line that runs off the page")
    plant.visible += ["Syns framför", "och bakom", "Syns kernat", "sedan mer", "Syns början"]
    before, kerned_before = _width(b"Syns framf\xf6r "), _width(b"Syns kernat ")
    contents = b"".join((
        line(b"(Syns framf\\366r %s och bakom)" % marker, 20, 300),
        b"q 0 g %g 296 %g 14 re f Q\n" % (20 + before, _width(marker)),
        b"BT /F0 12 Tf 20 260 Td [(Syns ) 0 (kernat ) 20 (%s) -20 (%s) 0 ( sedan mer)] TJ ET\n" % (kerned[:5], kerned[5:]),
        b"q 0 g %g 256 %g 14 re f Q\n" % (20 + kerned_before - 1, _width(kerned) + 2),
        line(b"(Syns b\\366rjan                                                                    %s)" % edge, 200, 220),
    ))  # fmt: skip
    return document(Pdf(), contents)


def _width(text: bytes) -> float:
    """How wide Helvetica of 12 points writes it."""
    widths = {
        b" ": 278,
        b"K": 667,
        b"S": 667,
        b"m": 833,
        b"k": 500,
        b"y": 500,
        b"n": 556,
        b"s": 500,
        b"f": 278,
        b"r": 333,
        b"t": 278,
    }
    return (
        sum(
            widths.get(bytes([letter]), 500 if letter == ord("c") else 278 if letter == ord("f") else 556)
            for letter in text
        )
        * 0.012
    )


def pdf_hidden_forms(plant: PdfPlanter) -> bytes:
    """Text inside forms: covered, clipped by the form's box, drawn twice of which once in the open, in an OFF layer."""
    made = Pdf()
    layer = made.new(b"<</Type/OCG/Name(lager)>>")

    def form(text: bytes, box: bytes = b"0 0 180 20", more: bytes = b"") -> bytes:
        return made.new_stream(
            b"BT /F0 12 Tf 2 4 Td %s Tj ET" % text,
            b"/Type/XObject/Subtype/Form/BBox[%s]/Resources<</Font<</F0 6 0 R>>>>%s" % (box, more),
        )

    forms = [
        form(string(plant("text of a form under a box"))),
        form(string(plant("text outside the box of a form")), b"0 0 1 1"),
        form(string(plant("text of a form in an OFF layer")), more=b"/OC %s" % layer),
        form(plant.shows("Syns två gånger")),
        form(string(plant("text of a form off the page"))),
        form(plant.shows("Syns i en form")),
    ]
    nested = made.new_stream(b"/X0 Do", b"/Type/XObject/Subtype/Form/BBox[0 0 180 20]/Resources<</XObject<</X0 %s>>>>"
                             % form(string(plant("text of a form in a form under a box"))))  # fmt: skip
    contents = (
        b"q 1 0 0 1 20 300 cm /X0 Do Q 0 g 15 298 190 24 re f q 1 0 0 1 20 260 cm /X1 Do Q q 1 0 0 1 20 220 cm /X2 Do Q\n"
        b"q 1 0 0 1 20 180 cm /X3 Do Q q 1 0 0 1 20 140 cm /X3 Do Q 15 138 190 24 re f q 1 0 0 1 20 800 cm /X4 Do Q\n"
        b"q 1 0 0 1 20 100 cm /X5 Do Q q 1 0 0 1 20 60 cm /X6 Do Q 15 58 190 24 re f\n"
    )
    names = b"".join(b"/X%d %s" % named for named in enumerate([*forms, nested]))
    resources = b"/Font<</F0 6 0 R>>/XObject<<%s>>" % names
    catalog = b"/OCProperties<</OCGs[%s]/D<</BaseState/OFF/ON[]>>>>" % layer
    return document(made, contents, resources=resources, catalog=catalog)


def pdf_hidden_patterns(plant: PdfPlanter) -> bytes:
    """Text in the cell of a pattern that is covered, in a soft mask's group, in a Type 3 glyph of no visible ink."""
    made = Pdf()
    tile = made.new_stream(
        line(string(plant("text of a pattern's cell under a box")), 1, 4, 8),
        b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 90 14]/XStep 90/YStep 14/Resources 5 0 R",
    )
    group = made.new_stream(
        line(string(plant("text that a soft mask draws in black")), 1, 4),
        b"/Type/XObject/Subtype/Form/BBox[0 0 300 300]/Group<</S/Transparency/CS/DeviceGray>>/Resources 5 0 R",
    )
    glyph = made.new_stream(
        b"500 0 0 0 500 500 d1 " + line(string(plant("text in a Type 3 glyph in white")), 0, 0, 100)
    )
    type3 = made.new(b"<</Type/Font/Subtype/Type3/FontBBox[0 0 500 500]/FontMatrix[0.001 0 0 0.001 0 0]/CharProcs<</a %s>>"
                     b"/Encoding<</Differences[97/a]>>/FirstChar 97/LastChar 97/Widths[500]/Resources 5 0 R>>" % glyph)  # fmt: skip
    contents = b"".join((
        line(plant.shows("Syns mönster"), 20, 350),
        b"q /Pattern cs /P0 scn 20 300 90 14 re f Q 0 g 18 298 94 18 re f\n",
        b"q /G0 gs 0 0 1 rg 20 200 100 20 re f Q\n",
        b"q 1 g BT /F1 12 Tf 20 150 Td (a) Tj ET Q\n",
    ))  # fmt: skip
    resources = b"/Font<</F0 6 0 R/F1 %s>>/Pattern<</P0 %s>>/ExtGState<</G0<</SMask<</S/Luminosity/G %s>>>>>>" % (
        type3,
        tile,
        group,
    )
    return document(made, contents, resources=resources)


def pdf_hidden_pictures(plant: PdfPlanter) -> bytes:
    """Pixels that are drawn and cannot be seen, as cells of black and white."""
    made = Pdf()

    def picture(place: str) -> bytes:
        """The uppermost quarter is plain; the rest spells the marker."""
        cells = as_cells(plant(place), 12)
        return made.new_stream(
            b"\xc0" * (4 * cells.width) + cells.tobytes(),
            b"/Type/XObject/Subtype/Image/Width %d/Height 16/ColorSpace/DeviceGray/BitsPerComponent 8" % cells.width,
        )

    places = (
        "picture pixels clipped away", "picture under a box", "picture under a picture", "picture off the page",
        "picture outside the CropBox", "picture of alpha 0", "picture in an OFF layer",
    )  # fmt: skip
    named = [picture(place) for place in places]
    tall = as_cells(plant("picture of which nine tenths are covered"), 16)
    # What lies close to the edge of a cover may stay: the marker begins lower.
    upper = b"\xc0" * (tall.width * 32)
    tenth = made.new_stream(upper + tall.tobytes() * 8, b"/Type/XObject/Subtype/Image/Width %d/Height 160/ColorSpace/DeviceGray"
                            b"/BitsPerComponent 8" % tall.width)  # fmt: skip
    cover = made.new_stream(
        b"\x40", b"/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8"
    )
    layer = made.new(b"<</Type/OCG/Name(lager)>>")
    contents = line(plant.shows("Syns bilder"), 20, 380) + (
        b"q 20 364 200 2 re W n 200 0 0 16 20 350 cm /X0 Do Q q 200 0 0 16 20 320 cm /X1 Do Q 0.5 g 15 318 210 20 re f\n"
        b"q 200 0 0 16 20 290 cm /X2 Do Q q 210 0 0 20 15 288 cm /X8 Do Q q 200 0 0 16 20 600 cm /X3 Do Q\n"
        b"q 90 0 0 16 305 260 cm /X4 Do Q q /G0 gs 200 0 0 16 20 220 cm /X5 Do Q\n"
        b"/OC/L0 BDC q 200 0 0 16 20 200 cm /X6 Do Q EMC q 200 0 0 100 20 20 cm /X7 Do Q 0.5 g 15 15 210 96 re f\n"
    )
    references = [*named, tenth, cover]
    resources = b"/Font<</F0 6 0 R>>/XObject<<%s>>/ExtGState<</G0<</ca 0>>>>/Properties<</L0 %s>>" % (
        b"".join(b"/X%d %s" % pair for pair in enumerate(references)), layer)  # fmt: skip
    catalog = b"/OCProperties<</OCGs[%s]/D<</OFF[%s]>>>>" % (layer, layer)
    return document(made, contents, resources=resources, page=b"/CropBox[0 0 300 400]", catalog=catalog)


def pdf_hidden_speck(plant: PdfPlanter) -> bytes:
    """A whole picture drawn as small as a speck of dust."""
    made = Pdf()
    cells = as_cells(plant("picture of no size"), 16)
    speck = made.new_stream(cells.tobytes(), b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray"
                            b"/BitsPerComponent 8" % cells.size)  # fmt: skip
    contents = line(plant.shows("Syns damm"), 20, 380) + b"q 0.01 0 0 0.01 20 240 cm /X0 Do Q\n"
    return document(made, contents, resources=b"/Font<</F0 6 0 R>>/XObject<</X0 %s>>" % speck)


def pdf_scan(plant: PdfPlanter) -> bytes:
    """A scanned page whose recognised words lie invisibly over the picture, or under it, as programs write them."""
    made = Pdf()
    paper = zlib.compress(bytes([235] * 100 + [40] * 20 + [235] * 80) * 200)
    scan = made.new_stream(paper, b"/Type/XObject/Subtype/Image/Width 200/Height 200/ColorSpace/DeviceGray/BitsPerComponent 8"
                           b"/Filter/FlateDecode", deflate=False)  # fmt: skip
    over = b"".join(
        line(string(plant(f"recognised word {n} over the scan")), 30, 40 * n, before=b"3 Tr") for n in range(1, 6)
    )
    under = b"".join(line(string(plant(f"recognised word {n} under the scan")), 230, 40 * n) for n in range(1, 6))
    return document(
        made,
        under + b"q 400 0 0 400 0 0 cm /X0 Do Q\n" + over,
        resources=b"/Font<</F0 6 0 R>>/XObject<</X0 %s>>" % scan,
    )


def pdf_hidden_cid_text(plant: PdfPlanter) -> bytes:
    """Hidden text of two-byte codes that mean letters only through a map."""
    made = Pdf()
    marker = plant("invisible text of a CID font")
    letters = sorted(set(marker))
    codes = {letter: number + 3 for number, letter in enumerate(letters)}
    pairs = b"\n".join(b"<%04X> <%04X>" % (code, letter) for letter, code in codes.items())
    cmap = b"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n%d beginbfchar\n%s\nendbfchar\n" % (
        len(codes),
        pairs,
    )
    shown = b"".join(b"%04X" % codes[letter] for letter in marker)
    font = made.new(
        b"<</Type/Font/Subtype/Type0/BaseFont/Helvetica/Encoding/Identity-H/ToUnicode %s/DescendantFonts[<</Type/Font/Subtype"
        b"/CIDFontType2/BaseFont/Helvetica/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor"
        b"<</Type/FontDescriptor/FontName/Helvetica/Flags 32/FontBBox[0 0 1 1]/ItalicAngle 0/Ascent 1/Descent 0/CapHeight 1/StemV 1>>>>]>>"
        % made.new_stream(cmap)
    )
    contents = line(plant.shows("Syns koder"), 20, 300) + b"BT 3 Tr /F1 12 Tf 20 250 Td <%s> Tj ET\n" % shown
    return document(made, contents, resources=b"/Font<</F0 6 0 R/F1 %s>>" % font)


def pdf_visible(plant: PdfPlanter) -> bytes:
    """Nothing hidden but in the Info: what must not be taken for hidden stays."""
    made = Pdf()
    contents = b"".join((
        line(plant.shows("Syns svart"), 20, 380),
        line(plant.shows("Syns blekt"), 20, 360, before=b"0.8 g"),
        line(plant.shows("Syns litet"), 20, 340, 5),
        b"0 g 15 315 150 18 re f " + line(plant.shows("Syns vitt på svart"), 20, 320, before=b"1 g"),
        line(plant.shows("Syns under gult"), 20, 300) + b"q /G0 gs 1 1 0 rg 15 296 150 16 re f Q\n",
        line(plant.shows("Syns kontur"), 20, 280, before=b"1 Tr 0.3 w"),
        line(plant.shows("Syns fett"), 20, 260, before=b"2 Tr 0.5 w"),
        line(plant.shows("Syns skugga"), 20, 240, before=b"0.6 g") + line(string(b"Syns skugga"), 20.4, 240.4),
        line(plant.shows("Syns. Med, punkt!"), 20, 220),
        line(plant.shows("Syns halvt"), 20, 200, before=b"/G0 gs"),
        line(plant.shows("Syns vridet"), 0, 0, before=b"0.7 0.7 -0.7 0.7 220 200 cm"),
        line(plant.shows("Syns klippt"), 20, 160, before=b"0 150 400 40 re W n"),
        line(plant.shows("Syns brett"), 20, 140, before=b"150 Tz 2 Tc 3 Tw"),
        b"BT /F0 12 Tf 14 TL 20 120 Td %s Tj T* %s Tj %s ' ET\n"
        % (plant.shows("Syns rad ett"), plant.shows("Syns rad tv\xe5"), plant.shows("Syns rad tre")),
        line(plant.shows("Syns \xe5\xe4\xf6 \xc5\xc4\xd6 \xe9"), 20, 60),
    ))  # fmt: skip
    made.add(30, b"<</Author%s>>" % plant.string("Info Author of a plain page"))
    return document(
        made, contents, resources=b"/Font<</F0 6 0 R>>/ExtGState<</G0<</ca 0.4>>>>", trailer=b"/Info 30 0 R"
    )


def pdf_visible_in_a_form(plant: PdfPlanter) -> bytes:
    """Two pages that share a form and a font, upside down and on their side."""
    made = Pdf()
    made.add(1, b"<</Type/Catalog/Pages 2 0 R/Lang%s>>" % plant.string("Lang of two pages"))
    made.add(2, b"<</Type/Pages/Count 2/Kids[3 0 R 7 0 R]/Resources 5 0 R/MediaBox[0 0 400 300]/Rotate 180>>")
    made.add(3, b"<</Type/Page/Parent 2 0 R/Contents[4 0 R 8 0 R]>>")
    made.add(7, b"<</Type/Page/Parent 2 0 R/Contents[4 0 R 8 0 R]/Rotate 90/MediaBox[-100 -100 300 200]/UserUnit 1.5>>")
    made.stream(4, b"q 1 0 0 1 20 100 cm /X0 Do Q BT /F0 12 Tf 20 60 Td (Syns p\\345 tv\\345) Tj")
    made.stream(8, b"( st\xe4llen) Tj ET\n")
    plant.visible.append("Syns p\xe5 tv\xe5")
    made.add(5, b"<</Font<</F0 6 0 R>>/XObject<</X0 9 0 R>>>>")
    made.add(6, HELVETICA)
    made.stream(9, b"BT /F0 12 Tf 2 4 Td %s Tj ET" % plant.shows("Syns delad"),
                b"/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F0 6 0 R>>>>")  # fmt: skip
    made.end(b"/Root 1 0 R")
    return bytes(made.content)
