"""Reads a PNG as our encoder writes it: header, pixels, end. No other chunk, nothing after the pixels or the end.

The pixels are in chunks of one length, the last one shorter, or empty when the one before it was just full: freely
chosen lengths could encode something.
"""

import mmap
import struct
import zlib
from typing import Final

from second_reader.inflate import InflatedSize

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
# Colour types without a palette, and their channels: grey, RGB, grey with alpha, RGB with alpha.
_CHANNELS: Final = {0: 1, 2: 3, 4: 2, 6: 4}
_HEADER: Final = struct.Struct(">IIBBBBB")
_LENGTH_NAME: Final = struct.Struct(">I4s")
_CHECKSUM_BYTES: Final = 4
# The encoder's chunk size: 64 KiB, or a row of four bytes a pixel where that is longer.
_PIXEL_CHUNK_BYTES, _ROW_BYTES_A_PIXEL = 64 * 1024, 4


def is_clean(untrusted: mmap.mmap) -> bool:
    """Return whether every byte is accounted for."""
    if untrusted[:8] != _SIGNATURE:
        return False
    position = 8
    pixels: InflatedSize | None = None
    chunk_bytes, last_chunk = 0, False
    while True:
        length, name = _LENGTH_NAME.unpack(untrusted[position : position + _LENGTH_NAME.size])
        start = position + _LENGTH_NAME.size
        end = start + length
        if not _checksum_fits(untrusted, position + 4, end):
            return False
        position = end + _CHECKSUM_BYTES
        if name == b"IHDR" and pixels is None:
            expected = _expected_bytes(untrusted[start:end])
            if expected is None:
                return False
            pixels = InflatedSize(expected)
            width = int.from_bytes(untrusted[start : start + 4], "big")
            chunk_bytes = max(_PIXEL_CHUNK_BYTES, width * _ROW_BYTES_A_PIXEL)
        elif name == b"IDAT" and pixels is not None and not last_chunk and length <= chunk_bytes:
            last_chunk = length < chunk_bytes
            pixels.feed(untrusted, start, end)
        elif name == b"IEND" and length == 0 and pixels is not None:
            return pixels.is_exact() and position == len(untrusted)
        else:
            return False


def _expected_bytes(header: bytes) -> int | None:
    """Return the bytes of this header's pixels, filter bytes included; None for a header we do not write."""
    width, height, bits, colour, compression, filtering, interlace = _HEADER.unpack(header)
    if (compression, filtering, interlace) != (0, 0, 0) or colour not in _CHANNELS or not width or not height:
        return None
    if bits not in {1, 8} or (bits == 1 and colour != 0):
        return None
    row = (width * _CHANNELS[colour] * bits + 7) // 8
    return int(height * (1 + row))


def _checksum_fits(untrusted: mmap.mmap, start: int, end: int) -> bool:
    with memoryview(untrusted) as view, view[start:end] as part:
        return zlib.crc32(part) == int.from_bytes(view[end : end + _CHECKSUM_BYTES], "big")
