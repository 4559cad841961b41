"""A second of tone as WAVE, for the warm-up."""

import array
import math
import struct
from typing import Final

_RATE: Final = 8_000
_TONE_HZ: Final = 440


def sample_recording() -> bytes:
    """Return the file: 16 bits, one channel."""
    samples = array.array("h", (round(8_000 * math.sin(2 * math.pi * _TONE_HZ * at / _RATE)) for at in range(_RATE)))
    content = samples.tobytes()
    form = struct.pack("<HHIIHH", 1, 1, _RATE, 2 * _RATE, 2, 16)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks
