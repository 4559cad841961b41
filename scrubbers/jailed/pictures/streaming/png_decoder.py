"""Decodes a PNG strip by strip, with no more than one strip in memory.

1 Inflate exactly the bytes of one strip here: a decompression bomb ends here, and the count of rows is known, which the
  pixels cannot show (a pixel with alpha may have any bytes)
2 Feed them to Pillow's decoder as stored (uncompressed) deflate blocks; it undoes the filters and unpacks the pixels.
  The decoder keeps the previous row, so a strip begins where the last one ended
3 The decoder writes into a mapping that takes no memory until it is written to; free the strip's part of it afterwards
"""

import mmap
import zlib
from collections.abc import Iterator
from typing import Final, cast

from PIL import Image, ImageFile

from scrubbers.jailed.pictures.colour import to_srgb
from scrubbers.jailed.pictures.streaming import png_chunks
from trusted.jail.stages import Damaged

_STRIP_PIXELS: Final = 2**19
# Bits of a pixel by Pillow's raw mode.
_STORED_BITS: Final = {
    "1": 1, "L;2": 2, "L;4": 4, "L": 8, "I;16B": 16, "RGB": 24, "RGB;16B": 48, "P;1": 1, "P;2": 2, "P;4": 4, "P": 8,
    "LA": 16, "LA;16B": 32, "RGBA": 32, "RGBA;16B": 64,
}  # fmt: skip
# The memory layout that the decoder writes for each mode, as a mode that Image.frombuffer maps without a copy.
_MAPPED: Final = {
    "1": "L", "L": "L", "P": "P", "I;16": "I;16", "RGB": "RGBX", "LA": "RGBA", "RGBA": "RGBA",
}  # fmt: skip
_PIXEL_BYTES: Final = {"L": 1, "P": 1, "I;16": 2, "RGBX": 4, "RGBA": 4}
# The header of a zlib stream, and the longest stored block of deflate.
_ZLIB_HEADER: Final = b"\x78\x01"
_BLOCK_BYTES: Final = 0xFFFF


def rows_of_strip(width: int) -> int:
    """Return how many rows a strip has, unless it is the last: about half a million pixels."""
    return max(1, _STRIP_PIXELS // width)


def can_be_read(picture: ImageFile.ImageFile) -> bool:
    """Return whether this PNG is one picture in order from top to bottom: not interlaced, and no animation frame."""
    is_frame = getattr(picture, "is_animated", False) or "bbox" in picture.info
    if is_frame or picture.info.get("interlace") or len(picture.tile) != 1:
        return False
    tile = picture.tile[0]
    if picture.mode == "P" and picture.palette is None:
        return False
    return tile.codec_name == "zip" and tile.args in _STORED_BITS and picture.mode in _MAPPED


def strips(picture: ImageFile.ImageFile, untrusted_descriptor: int) -> Iterator[Image.Image]:
    """Yield the strips, each in the picture's own mode and with its palette and transparency. Raises Damaged."""
    width, height = picture.size
    tile = picture.tile[0]
    raw_mode, mapped = cast("str", tile.args), _MAPPED[picture.mode]
    stored_row = 1 + (width * _STORED_BITS[raw_mode] + 7) // 8
    row = width * _PIXEL_BYTES[mapped]
    # Private: a shared mapping would be a file in memory, and count against the job's file size limit.
    rows = mmap.mmap(-1, height * row, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    whole = _mapped(mapped, (width, height), memoryview(rows))
    decoder = Image._getdecoder(picture.mode, "zip", (raw_mode,), ())  # noqa: SLF001  the public ways decode all at once
    decoder.setimage(whole.im, None)
    inflater = _Inflater(png_chunks.pixel_data(untrusted_descriptor, tile.offset))
    decoder.decode(_ZLIB_HEADER)
    for first in range(0, height, rows_of_strip(width)):
        behind = min(height, first + rows_of_strip(width))
        blocks = _as_blocks(inflater.read((behind - first) * stored_row))
        # After the last row the decoder returns -1, before that the number of bytes it took.
        if decoder.decode(blocks) != (-1 if behind == height else len(blocks), 0):
            raise Damaged
        part = memoryview(rows)[first * row : behind * row]
        yield _as_opened(_mapped(mapped, (width, behind - first), part), picture)
        # Whole memory pages only: the one in which the next strip begins is freed with that strip.
        page = first * row - first * row % mmap.PAGESIZE
        rows.madvise(mmap.MADV_DONTNEED, page, behind * row - behind * row % mmap.PAGESIZE - page)


class _Inflater:
    """Step 1."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._stream = zlib.decompressobj()

    def read(self, length: int) -> bytes:
        """Inflate exactly so many bytes. Raises Damaged if there are fewer, or no stream."""
        made = bytearray()
        while len(made) < length:
            if self._stream.eof:
                # Too few bytes; a decompressor at its end would return the input after it for ever.
                raise Damaged
            piece = self._stream.unconsumed_tail or next(self._pieces, b"")
            try:
                inflated = self._stream.decompress(piece, length - len(made))
            except zlib.error:
                raise Damaged from None
            if not piece and not inflated:
                raise Damaged
            made += inflated
        return bytes(made)


def _as_blocks(content: bytes) -> bytes:
    """Run step 2; no block has the final flag."""
    made = bytearray()
    for start in range(0, len(content), _BLOCK_BYTES):
        block = content[start : start + _BLOCK_BYTES]
        made += b"\0" + len(block).to_bytes(2, "little") + (len(block) ^ 0xFFFF).to_bytes(2, "little") + block
    return bytes(made)


def _mapped(mode: str, size: tuple[int, int], part: memoryview) -> Image.Image:
    """Wrap these bytes as a picture, without a copy."""
    # Pillow takes any buffer; its type hints say bytes only.
    return Image.frombuffer(mode, size, cast("bytes", part), "raw", mode, 0, 1)


def _as_opened(strip: Image.Image, picture: ImageFile.ImageFile) -> Image.Image:
    """Convert a strip to the picture's mode, as if it had been opened from a file by itself."""
    if picture.mode == "1":
        strip = strip.convert("1", dither=Image.Dither.NONE)
    elif picture.mode == "RGB":
        strip = strip.convert("RGB")
    elif picture.mode == "LA":
        strip = Image.merge("LA", (strip.getchannel("R"), strip.getchannel("A")))
    transparency = to_srgb.transparency(picture)
    # Before `putpalette`, which uses it.
    strip.info = {} if transparency is None else {"transparency": transparency}
    if picture.mode == "P" and picture.palette is not None:
        strip.putpalette(picture.palette.palette, "RGB")
    return strip
