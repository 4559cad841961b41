"""Looks for streams that inflate to more than anybody needs, before a PDF is shown to PDFium.

PDFium drawing a deflate bomb took 2 GiB and died of it. The jail bounds what that can do; this makes it a quick
refusal. Streams are found by their keyword and not through the file's table of contents: a hostile table can show one
reader other streams than the next. What begins like zlib is inflated and counted, and so is what comes out if it begins
like zlib again. Other filters cannot grow so far, or are bounded in PDFium itself.
"""

import mmap
import re
import zlib
from typing import Final

from trusted.jail.stages import TooManyPixels

_STREAM: Final = re.compile(rb"stream\r?\n(?=[\x08\x18\x28\x38\x48\x58\x68\x78])")
_INPUT_BYTES: Final = 64 * 1024  # read at once
_OUTPUT_BYTES: Final = 1024 * 1024  # inflated at once
_ZLIB_HEADER: Final = 2  # bytes
# A page of A4 scanned in colour at 600 dpi is 104 MB of pixels.
_MOST_OF_A_STREAM: Final = 128 * 2**20
_MOST_OF_ALL: Final = 1024 * 2**20  # of a document
_DEEPEST: Final = 3  # times deflated, that are followed


def require_bounded(untrusted: mmap.mmap | bytes) -> None:
    """Require all streams together to stay within bounds; raises TooManyPixels, as most large streams are pictures."""
    budget = _MOST_OF_ALL
    for found in _STREAM.finditer(untrusted):
        budget -= _inflated_bytes(untrusted, found.end(), min(budget, _MOST_OF_A_STREAM))


def _inflated_bytes(untrusted: mmap.mmap | bytes, start: int, most: int) -> int:
    layers = [zlib.decompressobj() for _ in range(_DEEPEST)]
    counts = [0] * _DEEPEST
    position = start
    while position < len(untrusted) and not layers[0].eof:
        piece = untrusted[position : position + _INPUT_BYTES]
        position += len(piece)
        if not _feed(layers, counts, 0, piece, most):
            break
    return sum(counts)


def _feed(layers: "list[zlib._Decompress]", counts: list[int], depth: int, piece: bytes, most: int) -> bool:
    """Inflates one piece through this layer and, while it looks like zlib again, the next; False at its end."""
    while piece:
        try:
            inflated = layers[depth].decompress(piece, _OUTPUT_BYTES)
        except zlib.error:
            return False
        first = counts[depth] == 0
        counts[depth] += len(inflated)
        if counts[depth] > most:
            raise TooManyPixels
        piece = layers[depth].unconsumed_tail
        if depth + 1 < len(layers) and inflated and (counts[depth + 1] or (first and _looks_like_zlib(inflated))):
            _feed(layers, counts, depth + 1, inflated, most)
        if layers[depth].eof:
            return False
    return True


def _looks_like_zlib(start: bytes) -> bool:
    return len(start) > _ZLIB_HEADER and start[0] & 0x0F == zlib.DEFLATED and int.from_bytes(start[:2], "big") % 31 == 0
