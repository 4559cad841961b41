"""Notices where two channels cancel each other out when they are mixed: there a listener hears what a copy has not.

A microphone that is wired the wrong way round makes such recordings: the one channel is the other, upside down.
"""

import array
from operator import add
from typing import Final

import av

from trusted.jail.stages import SoundOrFilm

_RATE: Final = 8_000  # samples a second: voices
_EVERY: Final = 4  # of them, one: a peak between them is as good as any
_FEWEST: Final = _RATE // 4  # samples that a judgement is made of
_HEARD: Final = 300  # of 32,768: softer is the noise of a microphone
_WEAKER: Final = 8  # times, mixed, than the louder channel: 18 dB; one channel that is silent makes it twice


class Cancelled:
    """Looks at each second of a recording with more than one channel."""

    def __init__(self) -> None:
        self._resampler = av.AudioResampler("s16p", "stereo", _RATE, frame_size=_RATE)

    def require_heard(self, frame: "av.AudioFrame | None") -> None:
        """Take the next decoded piece, at the end None. Raises SoundOrFilm where the channels cancel each other out."""
        for second in self._resampler.resample(frame):
            left, right = (_samples(second, place) for place in (0, 1))
            louder = max(_peak(left), _peak(right))
            mixed = max(map(abs, map(add, left, right)), default=0) / 2
            if second.samples >= _FEWEST and louder >= _HEARD and mixed * _WEAKER < louder:
                raise SoundOrFilm


def _samples(second: "av.AudioFrame", place: int) -> "array.array[int]":
    values = array.array("h")
    values.frombytes(bytes(second.planes[place])[: 2 * second.samples])
    return values[::_EVERY]


def _peak(values: "array.array[int]") -> int:
    return max(map(abs, values), default=0)
