"""Measures what a zlib stream inflates to, without keeping it. Shared by the readers of deflated pixels."""

import mmap
import zlib
from typing import Final

_INPUT_BYTES: Final = 64 * 1024
_OUTPUT_BYTES: Final = 1024 * 1024


class InflatedSize:
    """Checks that a zlib stream inflates to exactly the expected number of bytes, with nothing after it."""

    def __init__(self, expected_bytes: int) -> None:
        self._left = expected_bytes
        self._stream = zlib.decompressobj()
        self._fits = True

    def feed(self, untrusted: mmap.mmap, start: int, end: int) -> None:
        """Inflate the next part of the stream, the bytes of the file from `start` to before `end`."""
        for position in range(start, end, _INPUT_BYTES):
            piece = untrusted[position : min(position + _INPUT_BYTES, end)]
            while piece and self._fits:
                # Never inflate more than is expected: a decompression bomb ends here.
                inflated = self._stream.decompress(piece, min(_OUTPUT_BYTES, self._left + 1))
                self._left -= len(inflated)
                piece = self._stream.unconsumed_tail
                self._fits = self._left >= 0 and not self._stream.unused_data

    def is_exact(self) -> bool:
        """Return whether the stream, now fed whole, ended after the expected number of bytes."""
        if not self._fits:
            return False
        # Flush, because the checksum at the end of the stream may not have been read yet.
        self._left -= len(self._stream.flush())
        return self._left == 0 and self._stream.eof and not self._stream.unused_data
