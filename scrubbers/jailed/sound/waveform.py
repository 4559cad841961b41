"""The preview of a recording: how loud it is over time, so that a person can tell one from another."""

import array
from typing import Final

import av
from PIL import Image, ImageDraw

_SIZE: Final = (320, 96)
_LOUDEST: Final = 32_768
_EVERY: Final = 8  # of the samples, one: a peak between them is as good as any
_PAPER, _INK = 255, 90


class Waveform:
    """Collects the peak of each piece of sound."""

    def __init__(self) -> None:
        self._peaks = array.array("H")

    @property
    def is_empty(self) -> bool:
        """Whether there was no sound at all."""
        return not self._peaks

    def add(self, samples: "av.AudioFrame") -> None:
        """Take the next piece: one plane of 16 bits."""
        values = array.array("h")
        values.frombytes(bytes(samples.planes[0])[: 2 * samples.samples])
        few = values[::_EVERY]
        if few:
            self._peaks.append(max(*few, -min(few)) if len(few) > 1 else abs(few[0]))

    def drawn(self) -> Image.Image:
        """Return a small grey picture, a column for each part of the time."""
        width, height = _SIZE
        picture = Image.new("L", _SIZE, _PAPER)
        draw = ImageDraw.Draw(picture)
        count = len(self._peaks)
        for x in range(width):
            first, after = x * count // width, (x + 1) * count // width
            part = self._peaks[first : max(first + 1, after)]
            half = round(max(part, default=0) * (height / 2 - 4) / _LOUDEST)
            draw.line((x, height // 2 - half, x, height // 2 + half), fill=_INK)
        return picture
