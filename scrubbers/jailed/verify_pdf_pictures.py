"""Reads a PDF of page pictures against its exact grammar, from the first byte to the last.

Not a PDF reader: every object must stand where it is expected, letter for letter, with numbers that fit the others. The
pictures are inflated and counted, or read by the JPEG reader.
"""

import mmap
import re
from typing import Final

from scrubbers.jailed import verify_jpeg
from scrubbers.jailed.verify_inflate import Counter

_HEAD: Final = re.compile(rb"%PDF-1\.4\n%\xe2\xe3\xcf\xd3\n")
_CATALOG: Final = re.compile(rb"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n")
_N: Final = rb"([1-9][0-9]{0,9})"
_PAGE: Final = re.compile(
    _N + rb" 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox\[0 0 " + _N + rb" " + _N + rb"\]/Resources<</XObject<</P " + _N
    + rb" 0 R>>>>/Contents " + _N + rb" 0 R>>\nendobj\n"
)  # fmt: skip
_CONTENT: Final = re.compile(
    _N + rb" 0 obj\n<</Length " + _N + rb">>\nstream\n(q " + _N + rb" 0 0 " + _N
    + rb" 0 0 cm /P Do Q)\nendstream\nendobj\n"
)  # fmt: skip
_IMAGE: Final = re.compile(
    _N + rb" 0 obj\n<</Type/XObject/Subtype/Image/Width " + _N + rb"/Height " + _N
    + rb"/ColorSpace/(DeviceGray|DeviceRGB)/BitsPerComponent ([148])/Filter/(FlateDecode|DCTDecode)/Length " + _N
    + rb">>\nstream\n"
)  # fmt: skip
_IMAGE_END: Final = re.compile(rb"\nendstream\nendobj\n")
_PAGES: Final = re.compile(rb"2 0 obj\n<</Type/Pages/Count " + _N + rb"/Kids\[([0-9 R]*)\]>>\nendobj\n")
_CHANNELS: Final = {b"DeviceGray": 1, b"DeviceRGB": 3}


class _Reader:
    """Where we are in the file, and where each object began."""

    def __init__(self, untrusted: mmap.mmap) -> None:
        self.untrusted = untrusted
        self.position = 0
        self.offsets: dict[int, int] = {}

    def take(self, pattern: re.Pattern[bytes], number: int | None = None) -> re.Match[bytes]:
        """The pattern, right here; raises ValueError if something else is. Notes where object `number` begins."""
        found = pattern.match(self.untrusted, self.position)
        if found is None:
            raise ValueError
        if number is not None:
            self.offsets[number] = self.position
        self.position = found.end()
        return found


def is_clean(untrusted: mmap.mmap) -> bool:
    """Whether every byte is accounted for; raises ValueError where the grammar breaks."""
    reader = _Reader(untrusted)
    reader.take(_HEAD)
    reader.take(_CATALOG, 1)
    following = 3
    while _PAGES.match(untrusted, reader.position) is None:
        if not _page_is_clean(reader, following):
            return False
        following += 3
    pages = reader.take(_PAGES, 2)
    kids = b" ".join(b"%d 0 R" % number for number in range(3, following, 3))
    if following == 3 or int(pages[1]) != (following - 3) // 3 or pages[2] != kids:  # noqa: PLR2004  the first page
        return False
    return untrusted[reader.position :] == _expected_tail(reader, following)


def _page_is_clean(reader: _Reader, number: int) -> bool:
    """One page, its drawing and its picture, whose numbers follow each other and whose sizes agree."""
    page = reader.take(_PAGE, number)
    content = reader.take(_CONTENT, number + 1)
    image = reader.take(_IMAGE, number + 2)
    width, height, length = int(image[2]), int(image[3]), int(image[7])
    start, end = reader.position, reader.position + length
    reader.position = end
    reader.take(_IMAGE_END)
    if [int(part) for part in (page[1], page[5], page[4], content[1], image[1])] != [
        number,
        number + 1,
        number + 2,
        number + 1,
        number + 2,
    ]:
        return False
    if (page[2], page[3]) != (content[4], content[5]) or int(content[2]) != len(content[3]):
        return False
    if image[6] == b"DCTDecode":
        return verify_jpeg.end_of_clean(reader.untrusted, start) == end
    pixels = Counter(height * ((width * _CHANNELS[image[4]] * int(image[5]) + 7) // 8))
    pixels.take(reader.untrusted, start, end)
    return pixels.is_exact()


def _expected_tail(reader: _Reader, size: int) -> bytes:
    """Table and trailer as they must be for the objects that were read."""
    lines = b"".join(b"%010d 00000 n \n" % reader.offsets[number] for number in range(1, size))
    return b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        size,
        lines,
        size,
        reader.position,
    )
