"""Documents whose pictures carry a marker in each place that a picture on a page has."""

from __future__ import annotations

import io
import struct
import zlib

from documents.pdf_by_hand import Pdf, PdfPlanter, dct, document, jpeg_with_comment, line, xmp_with_thumbnail
from markers.search_pixels import as_cells
from PIL import Image

from corpus.index import (
    encoded,
    exif_block,
    exif_with_thumbnail,
    icc_profile,
    iptc_block,
    picture,
    with_segments,
    xmp_block,
)

_SIZE = (96, 64)


def pdf_picture_keys(plant: PdfPlanter) -> bytes:
    """A JPEG with everything that cameras write, in a stream with everything that programs add."""
    made, s = Pdf(), plant.string
    photograph = with_segments(
        encoded(picture(_SIZE), "JPEG"),
        [
            (0xE1, b"Exif\0\0" + exif_block(plant)),
            (0xE1, b"Exif\0\0" + exif_with_thumbnail(plant)),
            (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp_with_thumbnail(plant, "DCT image XMP")),
            (0xE2, b"ICC_PROFILE\0\x01\x01" + icc_profile(plant)),
            (0xEC, plant("DCT image APP12")),
            (0xED, iptc_block(plant)),
            (0xFE, plant("DCT image COM")),
            (0xDB, b"\x03" + plant("DCT image unused table").ljust(64, b"q")),
        ],
    )
    keys = b"".join((
        b"/Name%s" % plant.key("image Name"),
        b"/ID%s" % s("image Web Capture ID"),
        b"/Metadata %s" % made.new_stream(xmp_with_thumbnail(plant, "image XObject XMP"), b"/Type/Metadata/Subtype/XML"),
        b"/PieceInfo<</A<</Private %s>>/B<</Private%s>>>>" % (made.new_stream(plant("image PieceInfo stream")), s("image PieceInfo")),
        b"/Alternates[<</Image %s/DefaultForPrinting true>>]"
        % made.new_stream(jpeg_with_comment(plant, "image Alternates JPEG COM"), dct(), deflate=False),
        b"/OPI<</1.3<</Type/OPI/Version 1.3/F%s/ID%s/Comments%s>>/2.0<</Version 2.0/F%s>>>>"
        % (s("OPI file name"), s("OPI ID"), s("OPI comments"), s("OPI 2.0 file name")),
        b"/Measure<</Type/Measure/Subtype/GEO/GCS<</WKT%s>>>>" % s("image geospatial WKT"),
        b"/AF[<</Type/Filespec/F%s>>]/StructParent 0/Intent%s" % (s("image AF file name"), plant.key("image Intent")),
        b"%s%s" % (plant.key("image private name"), s("image private key")),
    ))  # fmt: skip
    made.stream(20, photograph + plant("DCT image behind the end"), dct(_SIZE) + keys, deflate=False)
    return _page(made, plant, "Syns bild", [b"20 0 R"])


def pdf_picture_data(plant: PdfPlanter) -> bytes:
    """What stands behind and beside the pixels: in the data, in palettes, in the boxes of other formats."""
    made = Pdf()
    grey = b"/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8"
    shades = bytes(range(0, 256, 4))
    palette = (b"\xff\0\0\0\0\xff" + plant("entries of a palette that no pixel uses")).ljust(765, b"\x80")
    pictures = [
        made.new_stream(zlib.compress(shades) + plant("data behind the deflated pixels"), grey + b"/Filter/FlateDecode", deflate=False),
        made.new_stream(shades + plant("rows that the height leaves out").ljust(64), grey),
        made.new_stream(bytes([0, 1] * 32), b"/Type/XObject/Subtype/Image/Width 8/Height 8/BitsPerComponent 8"
                        b"/ColorSpace[/Indexed/DeviceRGB 254 <%s>]" % palette.hex().encode()),
        made.new_stream(_jpx(plant), b"/Type/XObject/Subtype/Image/Width 16/Height 16/ColorSpace/DeviceRGB/BitsPerComponent 8"
                        b"/Filter/JPXDecode", deflate=False),
        _jbig2(made, plant),
        made.new_stream(_fax() + plant("data behind the fax picture"), b"/Type/XObject/Subtype/Image/Width 64/Height 16"
                        b"/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns 64/Rows 16"
                        b"/Priv%s>>" % plant.string("private key of the decoding"), deflate=False),
    ]  # fmt: skip
    return _page(made, plant, "Syns data", pictures)


def _jpx(plant: PdfPlanter) -> bytes:
    """JPEG 2000 with boxes of its own for notes."""
    boxes = b"".join(
        struct.pack(">I4s", 8 + len(body), name) + body
        for name, body in (
            (b"uuid", bytes(16) + plant("JPX uuid box")),
            (b"xml ", xmp_block(plant, "JPX xml box")),
            (b"uinf", plant("JPX uinf box")),
            (b"jp2i", plant("JPX rights box")),
        )
    )
    made = encoded(picture((16, 16)), "JPEG2000")
    at = made.index(b"jp2c") - 4
    return made[:at] + boxes + made[at:]


def _jbig2(made: Pdf, plant: PdfPlanter) -> bytes:
    """A page of JBIG2 coded as fax, with a comment; a second comment in its shared part."""

    def segment(number: int, kind: int, body: bytes) -> bytes:
        return struct.pack(">IBBBI", number, kind, 0, 1, len(body)) + body

    def comment(number: int, place: str) -> bytes:
        return segment(number, 62, struct.pack(">I", 0x20000000) + b"Creator\0" + plant(place) + b"\0\0")

    page = segment(1, 48, struct.pack(">IIIIBH", 64, 16, 0, 0, 0, 0))
    region = segment(3, 39, struct.pack(">IIIIB", 64, 16, 0, 0, 0) + b"\x01" + _fax())
    shared = made.new_stream(comment(0, "JBIG2 comment in the shared part"))
    return made.new_stream(
        page + comment(2, "JBIG2 comment") + region,
        b"/Type/XObject/Subtype/Image/Width 64/Height 16/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/JBIG2Decode"
        b"/DecodeParms<</JBIG2Globals %s>>" % shared,
        deflate=False,
    )


def _fax() -> bytes:
    """Rows of 64 by 16 in the coding of group 4."""
    squares = Image.new("1", (64, 16), 1)
    squares.paste(0, (8, 4, 40, 12))
    written = io.BytesIO()
    squares.save(written, "TIFF", compression="group4")
    with Image.open(io.BytesIO(written.getvalue())) as opened:
        start, length = opened.tag_v2[273][0], opened.tag_v2[279][0]
    return written.getvalue()[start : start + length]


def pdf_picture_masks(plant: PdfPlanter) -> bytes:
    """Pixels that a mask hides: markers in cells of black and white, which lossy coding would keep."""
    made = Pdf()
    places = ("soft mask", "stencil mask", "colour key", "clipped away in a form")
    cells = {place: as_cells(plant(f"pixels hidden by a {place}"), 16) for place in places}
    width, height = cells["soft mask"].size
    size = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/DeviceGray" % (width, height)
    soft = made.new_stream(bytes(width * height), size)
    stencil = made.new_stream(
        b"\xff" * ((width + 7) // 8 * height),
        b"/Type/XObject/Subtype/Image/ImageMask true/Width %d/Height %d/BitsPerComponent 1" % (width, height),
    )
    nearly = cells["colour key"].point(lambda value: value // 32)
    pictures = [
        made.new_stream(cells["soft mask"].tobytes(), size + b"/SMask %s" % soft),
        made.new_stream(cells["stencil mask"].tobytes(), size + b"/Mask %s" % stencil),
        # Two dark shades, both of which count as see-through.
        made.new_stream(nearly.point(lambda value: 250 if value else 0).tobytes(), size + b"/Mask[0 255]"),
    ]
    inner = made.new_stream(cells["clipped away in a form"].tobytes(), size)
    pictures.append(made.new_stream(
        b"q 0 0 1 0.001 re W n 1 0 0 1 0 2 cm /X0 Do Q",
        b"/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Resources<</XObject<</X0 %s>>>>" % inner,
    ))  # fmt: skip
    return _page(made, plant, "Syns mask", pictures)


def _page(made: Pdf, plant: PdfPlanter, text: str, pictures: list[bytes]) -> bytes:
    """A page that shows the text and each of the pictures in a row of its own."""
    names = b"".join(b"/X%d %s" % named for named in enumerate(pictures))
    drawn = b"".join(
        b"q 90 0 0 40 %d %d cm /X%d Do Q\n" % (20 + 100 * (n % 3), 20 + 50 * (n // 3), n) for n in range(len(pictures))
    )
    return document(
        made, line(plant.shows(text), 20, 300) + drawn, resources=b"/Font<</F0 6 0 R>>/XObject<<%s>>" % names
    )
