"""Writes a PDF of page pictures: a catalog, pages, one picture on each. No information, no identifier, no date.

The same pages give the same bytes. Everything but the pictures' own bytes is a fixed text with numbers in it, which is
what makes the independent reading (`verify_pdf`) exact.
"""

import io
import zlib
from typing import IO, Final

from PIL import Image

_HEAD: Final = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
_CATALOG, _PAGES, _FIRST_PAGE = 1, 2, 3
_OBJECTS_A_PAGE: Final = 3
_COLOUR_SPACES: Final = {"1": b"DeviceGray", "L": b"DeviceGray", "RGB": b"DeviceRGB"}
# Level 4 took two thirds of the time of level 6 on pages of text and wrote 6 % more.
_DEFLATE_LEVEL: Final = 4


class PictureDocument:
    """A PDF being written, page by page."""

    def __init__(self, output: IO[bytes]) -> None:
        self._output = output
        self._position = 0
        self._offsets: dict[int, int] = {}
        self._write(_HEAD)
        self._object(_CATALOG, b"<</Type/Catalog/Pages %d 0 R>>" % _PAGES)
        self._next = _FIRST_PAGE

    def add_page(self, picture: Image.Image, width: int, height: int, jpeg_settings: dict[str, object] | None) -> None:
        """A page of this size in points that shows the picture; as JPEG if settings are given, else without loss."""
        page, content, image = range(self._next, self._next + _OBJECTS_A_PAGE)
        self._next += _OBJECTS_A_PAGE
        self._object(
            page,
            b"<</Type/Page/Parent %d 0 R/MediaBox[0 0 %d %d]/Resources<</XObject<</P %d 0 R>>>>/Contents %d 0 R>>"
            % (_PAGES, width, height, image, content),
        )
        drawing = b"q %d 0 0 %d 0 0 cm /P Do Q" % (width, height)
        self._stream(content, b"<<", drawing)
        filter_name, data = _encode(picture, jpeg_settings)
        self._stream(
            image,
            b"<</Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/%s/BitsPerComponent %d/Filter/%s"
            % (
                picture.width,
                picture.height,
                _COLOUR_SPACES[picture.mode],
                1 if picture.mode == "1" else 8,
                filter_name,
            ),
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


def _encode(picture: Image.Image, jpeg_settings: dict[str, object] | None) -> tuple[bytes, bytes]:
    if jpeg_settings is None:
        return b"FlateDecode", zlib.compress(picture.tobytes(), _DEFLATE_LEVEL)
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", **jpeg_settings)
    return b"DCTDecode", encoded.getvalue()
