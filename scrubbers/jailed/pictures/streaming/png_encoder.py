"""Writes one PNG from strips that are encoded one by one.

PNG filters each row by the row before, and then deflates all rows as one stream. So a strip goes to Pillow's encoder
below the last row of the strip before and without compression; its filtered rows, but for the first, are extracted from
the result and deflated here. They are the same as those of a picture encoded whole.
"""

import io
import zlib
from typing import IO, Final

from PIL import Image

from scrubbers.jailed.pictures.streaming.png_chunks import HEADER, SIGNATURE, chunk
from trusted.jail.stages import Damaged

# Level 6 took four times as long on photographs and saved nothing.
LEVEL: Final = 4
# Pillow's own parameters for filtered rows.
_WINDOW_BITS, _MEMORY_LEVEL = 15, 9
# Pillow's chunk size: 64 KiB, or a row of four bytes a pixel where that is longer. The verifier knows this too.
_CHUNK_BYTES, _ROW_BYTES_A_PIXEL = 64 * 1024, 4
# The offset of the header's content.
_HEADER_AT: Final = len(SIGNATURE) + 8
_CHUNK_EDGES: Final = 12
# Before the blocks of a zlib stream, and after the last.
_ZLIB_HEAD_BYTES, _ZLIB_END_BYTES = 2, 4
_BLOCK_HEAD_BYTES: Final = 5
_NOT_STORED: Final = 0b110


class PngStripWriter:
    """Writes the strips of one picture from top to bottom; all have the same mode."""

    def __init__(self, output: IO[bytes], size: tuple[int, int]) -> None:
        self._output = output
        self._width, self._height = size
        self._deflated = zlib.compressobj(LEVEL, zlib.DEFLATED, _WINDOW_BITS, _MEMORY_LEVEL, zlib.Z_FILTERED)
        self._chunk_bytes = max(_CHUNK_BYTES, _ROW_BYTES_A_PIXEL * self._width)
        self._waiting = bytearray()
        self._rows = 0
        self._last_row: Image.Image | None = None

    def add(self, strip: Image.Image) -> None:
        """Write the next strip; with the last one the picture ends."""
        encoded = _encoded(strip if self._last_row is None else _below(self._last_row, strip))
        if self._last_row is None:
            header = HEADER.unpack_from(encoded, _HEADER_AT)
            self._output.write(SIGNATURE + chunk(b"IHDR", HEADER.pack(self._width, self._height, *header[2:])))
        rows = _filtered_rows(encoded)
        with memoryview(rows) as view:
            given = 0 if self._last_row is None else len(rows) // (strip.height + 1)
            self._waiting += self._deflated.compress(view[given:])
        self._last_row = strip.crop((0, strip.height - 1, strip.width, strip.height))
        self._rows += strip.height
        is_last = self._rows == self._height
        if is_last:
            self._waiting += self._deflated.flush()
        self._write(is_last=is_last)

    def _write(self, *, is_last: bool) -> None:
        """Write the chunks that are full, and with `is_last` what is left."""
        whole = len(self._waiting) - len(self._waiting) % self._chunk_bytes
        for start in range(0, whole, self._chunk_bytes):
            self._output.write(chunk(b"IDAT", bytes(self._waiting[start : start + self._chunk_bytes])))
        del self._waiting[:whole]
        if is_last:
            self._output.write(chunk(b"IDAT", bytes(self._waiting)) + chunk(b"IEND", b""))


def _below(row: Image.Image, strip: Image.Image) -> Image.Image:
    both = Image.new(strip.mode, (strip.width, 1 + strip.height))
    both.paste(row, (0, 0))
    both.paste(strip, (0, 1))
    return both


def _encoded(strip: Image.Image) -> bytes:
    made = io.BytesIO()
    strip.save(made, "PNG", compress_level=0)
    return made.getvalue()


def _filtered_rows(encoded: bytes) -> bytearray:
    """Return the content of the stored blocks of a PNG that Pillow wrote uncompressed. Raises Damaged for others."""
    stream = bytearray()
    position = len(SIGNATURE)
    while position < len(encoded):
        length = int.from_bytes(encoded[position : position + 4], "big")
        if encoded[position + 4 : position + 8] == b"IDAT":
            stream += encoded[position + 8 : position + 8 + length]
        position += _CHUNK_EDGES + length
    rows = bytearray()
    position, end = _ZLIB_HEAD_BYTES, len(stream) - _ZLIB_END_BYTES
    while position < end:
        if stream[position] & _NOT_STORED:
            raise Damaged
        start = position + _BLOCK_HEAD_BYTES
        position = start + int.from_bytes(stream[position + 1 : position + 3], "little")
        rows += stream[start:position]
    return rows
