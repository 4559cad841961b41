"""How many samples a JPEG's decoder keeps in memory: none for a single scan, all for a progressive or multi-scan file.

The scans of a progressive JPEG each refine the whole picture; a sequential one may have a scan for each component. The
decoder then keeps every sample's coefficient, in two bytes, until the last scan.
"""

import os
from typing import Final

_MARK: Final = 0xFF
_HEAD_BYTES: Final = 4  # of a segment: marker and length
_SCAN: Final = 0xDA
# Markers without a length: no segment follows them that could be skipped.
_BARE: Final = {0x00, 0x01, *range(0xD0, 0xD8)}
_PROGRESSIVE: Final = {0xC2, 0xC6, 0xCA, 0xCE}
_FRAMES: Final = {0xC0, 0xC1, 0xC9} | _PROGRESSIVE
_MOST_SEGMENTS: Final = 20_000
# In a frame header: the count of components, and three bytes for each, the second with its sampling factors.
_COUNT_AT, _COMPONENTS_AT, _COMPONENT_BYTES = 5, 6, 3
# Four components without subsampling: for a file that cannot be followed.
_MOST_SAMPLES: Final = 4.0


def kept_samples(untrusted_descriptor: int, *, is_progressive: bool) -> float:
    """Return how many samples per pixel the decoder keeps until the end: none for a JPEG in one scan.

    `is_progressive` is the decoder's own answer, for a file that can be read in two ways.
    """
    return _kept_by_segments(untrusted_descriptor) or (_MOST_SAMPLES if is_progressive else 0.0)


def _kept_by_segments(untrusted_descriptor: int) -> float:
    """Walk the segments to the first scan; it decides, with the frame header before it, what the decoder keeps."""
    position = 2
    frame, is_progressive = b"", False
    for _ in range(_MOST_SEGMENTS):
        head = os.pread(untrusted_descriptor, _HEAD_BYTES, position)
        if len(head) < _HEAD_BYTES or head[0] != _MARK:
            break
        marker = head[1]
        if marker == _MARK:
            # A fill byte: any number of 0xFF may precede a marker.
            position += 1
            continue
        if marker in _BARE:
            break
        length = int.from_bytes(head[2:], "big")
        if marker in _FRAMES:
            frame = os.pread(untrusted_descriptor, length - 2, position + _HEAD_BYTES)
            is_progressive = marker in _PROGRESSIVE
        elif marker == _SCAN and len(frame) > _COMPONENTS_AT + 1:
            components_in_scan = os.pread(untrusted_descriptor, 1, position + _HEAD_BYTES)
            is_single_scan = not is_progressive and components_in_scan == frame[_COUNT_AT : _COUNT_AT + 1]
            return 0.0 if is_single_scan else _samples(frame)
        position += 2 + length
    return _MOST_SAMPLES


def _samples(frame: bytes) -> float:
    """Return the samples per pixel of this frame: 3 for 4:4:4, 1.5 for 4:2:0."""
    dense = [(byte >> 4, byte & 0xF) for byte in frame[_COMPONENTS_AT + 1 :: _COMPONENT_BYTES]]
    most_across = max(1, *(across for across, _ in dense))
    most_down = max(1, *(down for _, down in dense))
    return sum(across * down for across, down in dense) / (most_across * most_down)
