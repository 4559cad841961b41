"""Writes a PDF of page pictures: a catalog, pages, one picture on each. No information, no identifier, no date.

The same pages give the same bytes. Everything but the pictures' own bytes is a fixed text with numbers in it, which is
what makes the independent reading (`verify_pdf`) exact.
"""

import enum
import io
import zlib
from typing import IO, Any, Final

from PIL import Image

_HEAD: Final = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
_CATALOG, _PAGES, _FIRST_PAGE = 1, 2, 3
_OBJECTS_A_PAGE: Final = 3
_COLOUR_SPACES: Final = {"1": b"DeviceGray", "L": b"DeviceGray", "RGB": b"DeviceRGB"}
# On pages of text level 6 took two thirds longer than level 4 and wrote 3 % less.
_DEFLATE_LEVEL: Final = 4


# 256 shades to 16 and, for packing, their numbers.
_NEAREST_OF_16: Final = [(shade + 8) // 17 for shade in range(256)]


class Coding(enum.Enum):
    """How a page's picture is stored."""

    LOSSLESS = enum.auto()
    # Grey in 16 shades, two pixels a byte: pages of smoothed text look the same and take little more than half.
    SIXTEEN_SHADES = enum.auto()
    JPEG = enum.auto()


class PictureDocument:
    """A PDF being written, page by page."""

    def __init__(self, output: IO[bytes], jpeg_settings: dict[str, Any]) -> None:
        self._output = output
        self._jpeg_settings = jpeg_settings
        self._position = 0
        self._offsets: dict[int, int] = {}
        self._write(_HEAD)
        self._object(_CATALOG, b"<</Type/Catalog/Pages %d 0 R>>" % _PAGES)
        self._next = _FIRST_PAGE

    def add_page(self, picture: Image.Image, width: int, height: int, coding: Coding) -> None:
        """A page of this size in points that shows the picture."""
        page, content, image = range(self._next, self._next + _OBJECTS_A_PAGE)
        self._next += _OBJECTS_A_PAGE
        self._object(
            page,
            b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %d %d]/Resources<</XObject<</P %d 0 R>>>>/Contents %d 0 R>>"
            % (_PAGES, width, height, image, content),
        )
        drawing = b"q %d 0 0 %d 0 0 cm /P Do Q" % (width, height)
        self._stream(content, b"<<", drawing)
        bits, filter_name, data = self._encode(picture, coding)
        space = _COLOUR_SPACES[picture.mode]
        self._stream(
            image,
            b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/%s/BitsPerComponent %d/Filter/%s"
            % (picture.width, picture.height, space, bits, filter_name),
            data,
        )

    def finish(self) -> None:
        """Writes what refers to all pages."""
        pages = range(_FIRST_PAGE, self._next, _OBJECTS_A_PAGE)
        kids = b" ".join(b"%d 0 R" % page for page in pages)
        self._object(_PAGES, b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(pages), kids))
        table = self._position
        self._write(b"xref\n0 %d\n0000000000 65535 f \n" % self._next)
        for number in range(1, self._next):
            self._write(b"%010d 00000 n \n" % self._offsets[number])
        self._write(b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (self._next, _CATALOG, table))

    def _object(self, number: int, body: bytes) -> None:
        self._offsets[number] = self._position
        self._write(b"%d 0 obj\n%s\nendobj\n" % (number, body))

    def _stream(self, number: int, dictionary: bytes, data: bytes) -> None:
        self._offsets[number] = self._position
        self._write(b"%d 0 obj\n%s/Length %d>>\nstream\n" % (number, dictionary, len(data)))
        self._write(data)
        self._write(b"\nendstream\nendobj\n")

    def _write(self, piece: bytes) -> None:
        self._output.write(piece)
        self._position += len(piece)

    def _encode(self, picture: Image.Image, coding: Coding) -> tuple[int, bytes, bytes]:
        """Bits of a channel, the filter's name, and the data."""
        match coding:
            case Coding.JPEG:
                encoded = io.BytesIO()
                picture.save(encoded, "JPEG", **self._jpeg_settings)
                return 8, b"DCTDecode", encoded.getvalue()
            case Coding.SIXTEEN_SHADES:
                packed = picture.point(_NEAREST_OF_16).convert("P").tobytes("raw", "P;4")
                return 4, b"FlateDecode", zlib.compress(packed, _DEFLATE_LEVEL)
            case Coding.LOSSLESS:
                bits = 1 if picture.mode == "1" else 8
                return bits, b"FlateDecode", zlib.compress(picture.tobytes(), _DEFLATE_LEVEL)
