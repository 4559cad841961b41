"""The sound of a film: what the sound scrubber makes of a recording, at the time of its pictures."""

from fractions import Fraction
from typing import Final

import av

from scrubbers.jailed.sound.encoder import RATE, SAMPLES_A_FRAME, Encoder
from trusted.jail.stages import FilmTooLong

# Less is not noticed; the sound of a film is late or early by as much on its way to the ear.
_NOT_NOTICED: Final = Fraction(1, 10)  # seconds


class Soundtrack:
    """Collects the frames of MP3."""

    def __init__(self, start: Fraction, most_seconds: int) -> None:
        """Take the time at which the pictures begin."""
        self._start, self._most_seconds = start, most_seconds
        self._encoder = Encoder()
        self._taken = 0  # samples
        self.frames = bytearray()

    def add(self, frame: "av.AudioFrame") -> None:
        """Take the next piece: with silence before it where the source has a gap, and not if it comes too early.

        Raises FilmTooLong, as the rest does, when the sound goes on for longer than a film may.
        """
        if frame.pts is not None and frame.time_base is not None:
            ahead = frame.pts * frame.time_base - self._start - self._seconds
            if ahead < -_NOT_NOTICED:
                return
            if ahead > _NOT_NOTICED:
                self._be_silent(ahead)
        frame.pts = None
        for samples in self._encoder.resampled(frame):
            self._take(samples)

    def finish(self) -> None:
        """Take what the encoder still holds."""
        for samples in self._encoder.resampled(None):
            self._take(samples)
        self.frames += self._encoder.encoded(None)

    @property
    def _seconds(self) -> Fraction:
        return Fraction(self._taken, RATE)

    def _be_silent(self, seconds: Fraction) -> None:
        if self._seconds + seconds > self._most_seconds:
            raise FilmTooLong
        for _ in range(int(seconds * RATE) // SAMPLES_A_FRAME):
            silence = av.AudioFrame("s16p", "mono", SAMPLES_A_FRAME)
            silence.sample_rate = RATE
            silence.planes[0].update(bytes(silence.planes[0].buffer_size))
            self._take(silence)

    def _take(self, samples: "av.AudioFrame") -> None:
        if self._seconds >= self._most_seconds:
            raise FilmTooLong
        samples.pts = self._taken
        self._taken += samples.samples
        self.frames += self._encoder.encoded(samples)
