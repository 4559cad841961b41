"""Splits a PNG into its pixel chunks (IDAT) and all other chunks.

Pillow reads a PNG's tags only after its pixels, because they may follow them. To read the tags without holding the
pixels, `without_pixels` makes a PNG of one pixel with all the other chunks.
"""

import io
import mmap
import os
import struct
import zlib
from collections.abc import Iterator
from typing import Final

from trusted.jail.stages import Damaged

SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
HEADER: Final = struct.Struct(">IIBBBBB")
_LENGTH_NAME: Final = struct.Struct(">I4s")
_CHECKSUM_BYTES: Final = 4
_PIECE_BYTES: Final = 64 * 1024
# A filter byte, and four channels of two bytes at most.
_ONE_PIXEL: Final = zlib.compress(bytes(9))


def chunk(name: bytes, body: bytes) -> bytes:
    """Encode one chunk."""
    return _LENGTH_NAME.pack(len(body), name) + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(name)))


def without_pixels(untrusted: mmap.mmap) -> io.BytesIO:
    """Return a PNG of one pixel with all other chunks of this one. Raises Damaged without a header or pixels."""
    rest = io.BytesIO(SIGNATURE)
    position = rest.seek(0, io.SEEK_END)
    has_pixels = False
    while position + _LENGTH_NAME.size <= len(untrusted):
        length, name = _LENGTH_NAME.unpack_from(untrusted, position)
        end = position + _LENGTH_NAME.size + length + _CHECKSUM_BYTES
        if name == b"IHDR":
            rest.write(chunk(name, _of_one_pixel(untrusted[position + _LENGTH_NAME.size : end - _CHECKSUM_BYTES])))
        elif name != b"IDAT":
            rest.write(untrusted[position:end])
        elif not has_pixels:
            has_pixels = True
            rest.write(chunk(name, _ONE_PIXEL))
        position = end
    if not has_pixels:
        raise Damaged
    rest.seek(0)
    return rest


def pixel_data(untrusted_descriptor: int, start: int) -> Iterator[bytes]:
    """Yield the content of the IDAT chunks in pieces; `start` is the offset of the first one's content."""
    position = start - _LENGTH_NAME.size
    while True:
        head = os.pread(untrusted_descriptor, _LENGTH_NAME.size, position)
        if head[4:] != b"IDAT":
            return
        position += len(head)
        end = position + int.from_bytes(head[:4], "big")
        while position < end:
            piece = os.pread(untrusted_descriptor, min(_PIECE_BYTES, end - position), position)
            if not piece:
                return
            yield piece
            position += len(piece)
        position += _CHECKSUM_BYTES


def _of_one_pixel(header: bytes) -> bytes:
    if len(header) != HEADER.size:
        raise Damaged
    return HEADER.pack(1, 1, *HEADER.unpack(header)[2:])
