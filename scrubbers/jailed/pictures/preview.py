"""Previews: of a whole picture, or of one that comes strip by strip. Both ways give the same pixels.

A box filter by whole factors comes first, and the resampling filter last: a tenth of the time of resampling at once,
and as good.
"""

from typing import Final

from PIL import Image

PREVIEW_SIDE: Final = 320
_FILTER: Final = Image.Resampling.BICUBIC
# The mode for averaging. With premultiplied alpha each pixel counts as much as it is visible; one-bit mode would pick
# single pixels.
_AVERAGED: Final = {"1": "L", "LA": "La", "RGBA": "RGBa"}
_SHOWN: Final = {"La": "LA", "RGBa": "RGBA"}
_BAND_PIXELS: Final = 2**19
# At most so many wait until they make up a row of averages: of a picture much wider than high it would be nearly all.
_MOST_WAITING_PIXELS: Final = 2**22


def size_within(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return the size in the same proportions with no side longer than `side`; a small picture keeps its own."""
    scale = min(1.0, side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def downscaled(page: Image.Image) -> Image.Image:
    """Scale a picture down to at most PREVIEW_SIDE pixels wide and high."""
    if page.mode not in _AVERAGED or max(page.size) <= PREVIEW_SIDE:
        shown = page.convert("L") if page.mode == "1" else page
        return shown.resize(size_within(page.size, PREVIEW_SIDE), _FILTER, reducing_gap=1.0)
    # Band by band, because `convert` would copy the whole page.
    made = Downscaler(page.size, PREVIEW_SIDE)
    rows = max(1, _BAND_PIXELS // page.width)
    for top in range(0, page.height, rows):
        made.add(page.crop((0, top, page.width, min(page.height, top + rows))))
    return made.finish()


class Downscaler:
    """Scales down a picture that comes in strips from top to bottom, of any heights and all of one plain mode."""

    def __init__(self, size: tuple[int, int], side: int) -> None:
        self._size = size
        self._small_size = size_within(size, side)
        self._factor = max(1, size[0] // self._small_size[0]), max(1, size[1] // self._small_size[1])
        across, down = self._factor
        # Average each row by itself first where too many pixels would wait, which rounds once more.
        self._narrowed_by = across if size[0] * down > _MOST_WAITING_PIXELS else 1
        self._averaged: Image.Image | None = None
        self._rows = 0
        # Rows that do not make up a whole row of averages yet.
        self._left: Image.Image | None = None

    def add(self, strip: Image.Image) -> None:
        """Take the next strip."""
        if strip.mode in _AVERAGED:
            strip = strip.convert(_AVERAGED[strip.mode])
        if self._narrowed_by > 1:
            strip = strip.reduce((self._narrowed_by, 1))
        if self._left is not None:
            both = Image.new(strip.mode, (strip.width, self._left.height + strip.height))
            both.paste(self._left, (0, 0))
            both.paste(strip, (0, self._left.height))
            strip = both
        across, down = self._factor
        is_last = self._rows + strip.height >= self._size[1]
        whole = strip.height if is_last else strip.height - strip.height % down
        self._left = strip.crop((0, whole, strip.width, strip.height)) if whole < strip.height else None
        if not whole:
            return
        if self._averaged is None:
            self._averaged = Image.new(strip.mode, (-(-self._size[0] // across), -(-self._size[1] // down)))
        averages = strip.reduce((across // self._narrowed_by, down), box=(0, 0, strip.width, whole))
        self._averaged.paste(averages, (0, self._rows // down))
        self._rows += whole

    def finish(self) -> Image.Image:
        """Return the small picture, after the last strip. Raises ValueError if there was none."""
        if self._averaged is None:
            raise ValueError
        box = (0.0, 0.0, self._size[0] / self._factor[0], self._size[1] / self._factor[1])
        small = self._averaged.resize(self._small_size, _FILTER, box=box)
        return small.convert(_SHOWN[small.mode]) if small.mode in _SHOWN else small
