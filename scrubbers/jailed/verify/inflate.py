"""Counts what a zlib stream holds without keeping it. Shared by the readers whose pixels are deflated."""

import mmap
import zlib
from typing import Final

_INPUT_BYTES: Final = 64 * 1024
_OUTPUT_BYTES: Final = 1024 * 1024


class Counter:
    """Inflates a zlib stream in pieces, and tells whether it held exactly the expected bytes and nothing after them."""

    def __init__(self, expected_bytes: int) -> None:
        self._left = expected_bytes
        self._stream = zlib.decompressobj()
        self._fits = True

    def take(self, untrusted: mmap.mmap, start: int, end: int) -> None:
        for position in range(start, end, _INPUT_BYTES):
            piece = untrusted[position : min(position + _INPUT_BYTES, end)]
            while piece and self._fits:
                # Never inflate more than is expected: a decompression bomb ends here.
                inflated = self._stream.decompress(piece, min(_OUTPUT_BYTES, self._left + 1))
                self._left -= len(inflated)
                piece = self._stream.unconsumed_tail
                self._fits = self._left >= 0 and not self._stream.unused_data

    def is_exact(self) -> bool:
        """Return whether the stream ended where its pixels do."""
        if not self._fits:
            return False
        # The checksum may still need one more call.
        self._left -= len(self._stream.flush())
        return self._left == 0 and self._stream.eof and not self._stream.unused_data
