"""Whether a JPEG's decoder can let go of each row, or keeps all of it because every scan has only a part.

A progressive JPEG comes in scans that each make the whole picture finer; a plain one may have a scan for each colour.
The decoder then keeps what it has of every sample, in two bytes, until the last scan has come.
"""

import os
from typing import Final

_MARK: Final = 0xFF
_HEAD_BYTES: Final = 4  # of a segment: mark and length
_SCAN: Final = 0xDA
# Marks without a length: nothing follows them that could be stepped over.
_BARE: Final = {0x00, 0x01, *range(0xD0, 0xD8)}
_PROGRESSIVE: Final = {0xC2, 0xC6, 0xCA, 0xCE}
_FRAMES: Final = {0xC0, 0xC1, 0xC9} | _PROGRESSIVE
_MOST_SEGMENTS: Final = 20_000
# In a frame's segment: how many components there are, and three bytes for each, the second with how densely it lies.
_COUNT_AT, _COMPONENTS_AT, _COMPONENT_BYTES = 5, 6, 3
# Four colours, each as fine as the others: for a file that cannot be followed.
_MOST_SAMPLES: Final = 4.0


def kept_samples(untrusted_descriptor: int, *, is_progressive: bool) -> float:
    """How many samples a pixel the decoder keeps until the end: none for a JPEG in one scan.

    `is_progressive` is what the decoder found, in case that the file can be read in two ways.
    """
    return _followed(untrusted_descriptor) or (_MOST_SAMPLES if is_progressive else 0.0)


def _followed(untrusted_descriptor: int) -> float:
    position = 2
    frame, is_progressive = b"", False
    for _ in range(_MOST_SEGMENTS):
        head = os.pread(untrusted_descriptor, _HEAD_BYTES, position)
        if len(head) < _HEAD_BYTES or head[0] != _MARK:
            break
        marker = head[1]
        if marker == _MARK:
            position += 1
            continue
        if marker in _BARE:
            break
        length = int.from_bytes(head[2:], "big")
        if marker in _FRAMES:
            frame, is_progressive = (
                os.pread(untrusted_descriptor, length - 2, position + _HEAD_BYTES),
                marker in _PROGRESSIVE,
            )
        elif marker == _SCAN and len(frame) > _COMPONENTS_AT + 1:
            of_scan = os.pread(untrusted_descriptor, 1, position + _HEAD_BYTES)
            return _samples(frame) if is_progressive or of_scan != frame[_COUNT_AT : _COUNT_AT + 1] else 0
        position += 2 + length
    return _MOST_SAMPLES


def _samples(frame: bytes) -> float:
    """Of how many samples this frame makes a pixel: three for full colour, one and a half with colours halved."""
    dense = [(byte >> 4, byte & 0xF) for byte in frame[_COMPONENTS_AT + 1 :: _COMPONENT_BYTES]]
    most_across = max(1, *(across for across, _ in dense))
    most_down = max(1, *(down for _, down in dense))
    return sum(across * down for across, down in dense) / (most_across * most_down)
