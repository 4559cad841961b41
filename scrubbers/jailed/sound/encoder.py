"""One way out for all recordings: MP3 (ISO/IEC 11172-3 layer III), one channel, 32,000 Hz, 64 kbit/s.

Each frame stands by itself.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import av

from scrubbers.jailed.sound.cancelled import Cancelled

RATE: Final = 32_000  # samples a second: all that is spoken, and up to 16 kHz
BITS_A_SECOND: Final = 64_000
SAMPLES_A_FRAME: Final = 1152
FRAME_BYTES: Final = SAMPLES_A_FRAME // 8 * BITS_A_SECOND // RATE
# Without the reservoir no frame refers to one before it: the second reader can tell where each begins and ends.
_SETTINGS: Final = {"compression_level": "7", "reservoir": "0"}


class Encoder:
    """Takes decoded pieces of any form and gives frames of MP3."""

    def __init__(self) -> None:
        self._cancelled: Cancelled | None = None
        self._resampler = av.AudioResampler("s16p", "mono", RATE, frame_size=SAMPLES_A_FRAME)
        self._codec = av.CodecContext.create("libmp3lame", "w")
        self._codec.sample_rate, self._codec.layout, self._codec.format = RATE, "mono", "s16p"
        self._codec.bit_rate, self._codec.time_base = BITS_A_SECOND, Fraction(1, RATE)
        self._codec.options, self._codec.thread_count = dict(_SETTINGS), 1
        self._codec.open()

    def resampled(self, frame: "av.AudioFrame | None") -> Iterator["av.AudioFrame"]:
        """Yield the samples as the encoder takes them; at the end, of None, the rest.

        Raises SoundOrFilm where the channels cancel each other out in one.
        """
        if self._cancelled is None and frame is not None and frame.layout.nb_channels > 1:
            self._cancelled = Cancelled()
        if self._cancelled is not None:
            self._cancelled.require_heard(frame)
        yield from self._resampler.resample(frame)

    def encoded(self, samples: "av.AudioFrame | None") -> bytes:
        """Return the frames that these samples complete; at the end, of None, the last ones."""
        return b"".join(bytes(packet) for packet in self._codec.encode(samples))
