"""The poster as a picture: drawn from its PDF by PDFium, so that both are the same, and written with four chunks.

The document is the one that was made a moment ago in this process, no stranger's, so it is read here and not in the
jail. The picture is written by hand because a library would be free to add chunks of its own.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

import pypdfium2

DOTS_PER_INCH: Final = 200
POINTS_PER_INCH: Final = 72
INCHES_PER_METRE: Final = 39.3701
_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_RGB_OF_8_BITS: Final = (8, 2, 0, 0, 0)
_UNIT_METRE: Final = 1
_NO_FILTER: Final = b"\x00"  # before each row; rows of a poster repeat, which zlib finds without help


def picture(pdf: bytes) -> bytes:
    """Return the first page as PNG."""
    document = pypdfium2.PdfDocument(pdf)
    page = document[0]
    bitmap = page.render(scale=DOTS_PER_INCH / POINTS_PER_INCH, rev_byteorder=True)
    width, height, stride, channels = bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels
    content = bytes(bitmap.buffer)
    rows = (_NO_FILTER + content[start : start + width * channels] for start in range(0, stride * height, stride))
    pixels = zlib.compress(b"".join(rows))
    bitmap.close()
    page.close()
    document.close()
    dots = round(DOTS_PER_INCH * INCHES_PER_METRE)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", struct.pack(">II5B", width, height, *_RGB_OF_8_BITS)),
            _chunk(b"pHYs", struct.pack(">IIB", dots, dots, _UNIT_METRE)),
            _chunk(b"IDAT", pixels),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
