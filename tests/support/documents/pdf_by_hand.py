"""Just enough of a PDF writer to put anything anywhere, and the planting of markers as PDF strings and names."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from corpus.index import Planter, Sample, encoded, picture, with_segments, xmp_block


@dataclass
class PdfSample(Sample):
    """A document, the markers planted in it, and the texts of it that a person sees."""

    visible: list[str] = field(default_factory=list)


@dataclass
class PdfPlanter(Planter):
    """Gives out markers as a PDF writes strings, each time in another way, and remembers what can be seen."""

    visible: list[str] = field(default_factory=list)

    def string(self, place: str) -> bytes:
        """A string object: literal, hex, of two bytes a letter, or with escapes, in turn."""
        marker = self(place)
        match len(self.markers) % 4:
            case 0:
                return b"<" + marker.hex().encode() + b">"
            case 1:
                return b"<FEFF" + marker.decode().encode("utf-16-be").hex().encode() + b">"
            case 2:
                return b"(" + b"".join(b"\\%03o" % letter for letter in marker) + b")"
            case _:
                return string(marker)

    def key(self, place: str) -> bytes:
        """A name object, every second one with an escape."""
        marker = self(place)
        return b"/#4B" + marker[1:] if len(self.markers) % 2 else b"/" + marker

    def shows(self, text: str) -> bytes:
        """A text that stays, as a literal string for a content stream."""
        self.visible.append(text)
        return string(text.encode("latin-1"))


def planted_documents(makers: Iterable[Callable[[PdfPlanter], bytes]]) -> list[PdfSample]:
    """What each of them writes, with the markers that it planted."""
    samples = []
    for make in makers:
        planter = PdfPlanter(make.__name__)
        samples.append(PdfSample(make.__name__, "pdf", make(planter), planter.markers, planter.visible))
    return samples


def string(marker: bytes) -> bytes:
    return b"(" + marker + b")"


class Pdf:
    """A document being written. Numbers up to a hundred are for the caller to choose."""

    def __init__(self, head: bytes = b"%PDF-1.7\n") -> None:
        self.content = bytearray(head)
        self.offsets: dict[int, int] = {}
        self._last = 100

    def next(self) -> int:
        """A number that no object has yet."""
        self._last += 1
        return self._last

    def new(self, body: bytes) -> bytes:
        """Adds an object under a number of its own; returns the reference to it."""
        number = self.next()
        self.add(number, body)
        return b"%d 0 R" % number

    def new_stream(self, data: bytes, entries: bytes = b"", *, deflate: bool = True) -> bytes:
        number = self.next()
        self.stream(number, data, entries, deflate=deflate)
        return b"%d 0 R" % number

    def add(self, number: int, body: bytes) -> None:
        self.offsets[number] = len(self.content)
        self.content += b"%d 0 obj\n%s\nendobj\n" % (number, body)

    def stream(self, number: int, data: bytes, entries: bytes = b"", *, deflate: bool = True) -> None:
        if deflate:
            data, entries = zlib.compress(data), entries + b"/Filter/FlateDecode"
        self.add(number, b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data))

    def end(self, trailer: bytes, previous: int | None = None) -> int:
        """Writes the table; returns where it stands, for a later revision."""
        table = len(self.content)
        self.content += b"xref\n0 1\n0000000000 65535 f \n"
        for number in sorted(self.offsets):
            self.content += b"%d 1\n%010d 00000 n \n" % (number, self.offsets[number])
        size = max(self.offsets) + 1
        before = b"" if previous is None else b"/Prev %d" % previous
        self.content += b"trailer\n<</Size %d%s%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, before, trailer, table)
        self.offsets = {}
        return table


HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def document(made: Pdf, contents: bytes, *, resources: bytes = b"", page: bytes = b"", catalog: bytes = b"",
             trailer: bytes = b"") -> bytes:  # fmt: skip
    """One page of 400 by 400 with these contents and Helvetica as /F0; the bytes of the whole."""
    made.add(1, b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog)
    made.add(2, b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    made.add(3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Contents 4 0 R/Resources 5 0 R%s>>" % page)
    made.stream(4, contents)
    made.add(5, b"<<%s>>" % (resources or b"/Font<</F0 6 0 R>>"))
    made.add(6, HELVETICA)
    made.end(b"/Root 1 0 R" + trailer)
    return bytes(made.content)


def line(text: bytes, x: float, y: float, size: float = 12, *, before: bytes = b"") -> bytes:
    """A string shown in Helvetica, after what `before` sets."""
    return b"q %s BT /F0 %g Tf %g %g Td %s Tj ET Q\n" % (before, size, x, y, text)


def xmp_with_thumbnail(plant: PdfPlanter, where: str) -> bytes:
    """A block of XMP in which a small JPEG stands in base64, with a comment."""
    small = with_segments(encoded(picture((8, 8)), "JPEG"), [(0xFE, plant(f"{where} xmp:Thumbnails JPEG COM"))])
    block = xmp_block(plant, where)
    inside = b'<xmp:Thumbnails xmlns:xmp="x">' + base64.b64encode(small) + b"</xmp:Thumbnails></rdf:Description>"
    return block.replace(b"</rdf:Description>", inside)


def jpeg_with_comment(plant: PdfPlanter, place: str, size: tuple[int, int] = (8, 8)) -> bytes:
    return with_segments(encoded(picture(size), "JPEG"), [(0xFE, plant(place))])


def dct(size: tuple[int, int] = (8, 8)) -> bytes:
    """The entries of a picture that is a JPEG."""
    start = b"/Type/XObject/Subtype/Image/Width %d/Height %d" % size
    return start + b"/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode"
