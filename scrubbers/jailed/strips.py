"""A large JPEG strip by strip: its pixels never stand in memory whole, which would be up to five times the file.

The decoder writes its rows into a mapping that takes no memory until it is written to. Whenever the decoder asks for
more of the file, the strips that are complete by then go on, and their part of the mapping is given back: a window of a
few megabytes passes over the picture. A strip

1 is complete when its last byte, which is zero before, was written
2 is converted to sRGB as the whole picture would be
3 is encoded as a picture by itself, of which the compressed data are kept (`jpeg_strips`)
4 leaves for the preview what is needed of it

The pixels that come out are those of the ordinary way to the last bit. A JPEG in several scans (a progressive one)
comes out right as well, but its decoder holds the whole picture until it has all of them.
"""

import mmap
from typing import IO, Any, Final, cast

from PIL import Image, ImageFile

from scrubbers.jailed import colour, decoders
from scrubbers.jailed.jpeg_strips import JoinedStrips, rows_of_strip
from scrubbers.jailed.shrinking import Shrinking
from scrubbers.stages import Damaged

# Up to here a picture goes the ordinary way, which takes 64 MiB for it at most.
LARGE_PIXELS: Final = 16 * 2**20
_PIXEL_BYTES: Final = 4
# What the decoder writes into the fourth byte of each pixel, which stands for nothing.
_WRITTEN: Final = 0xFF


def can_be_used(picture: ImageFile.ImageFile) -> bool:
    """Whether this is a large JPEG in colour that stands upright: turned, its rows come from all over the file."""
    is_large = picture.width * picture.height > LARGE_PIXELS
    return is_large and picture.mode == "RGB" and len(picture.tile) == 1 and decoders.turn(picture) is None


def rebuild(picture: ImageFile.ImageFile, output: IO[bytes], settings: dict[str, Any], side: int) -> Image.Image:
    """Write the rebuilt picture and return a small one of at most `side`; raises what the decoder raises."""
    decoders.demand_few_pixels(picture)
    window = _Window(picture, JoinedStrips(output, picture.size, settings), Shrinking(picture.size, side))
    picture.load()
    window.move(is_last=True)
    return window.small.finish().convert("RGB")


class _Window:
    """Steps 1 to 4: what stands between the decoder of a picture and its encoder."""

    def __init__(self, picture: ImageFile.ImageFile, joined: JoinedStrips, small: Shrinking) -> None:
        self.small = small
        self._joined = joined
        self._width, self._height = picture.size
        self._profile = picture.info.get("icc_profile")
        self._row_bytes = self._width * _PIXEL_BYTES
        self._done = 0
        # Private, for what is shared would be a file in memory.
        self._rows = mmap.mmap(-1, self._height * self._row_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        picture.im = self._picture_of(memoryview(self._rows), self._height).im
        picture.fp = cast("IO[bytes]", _Asked(cast("IO[bytes]", picture.fp), self))

    def move(self, *, is_last: bool = False) -> None:
        """Take the strips that are complete, which with `is_last` all are. Raises Damaged if not."""
        while self._done < self._height:
            end = min(self._height, self._done + rows_of_strip(self._width))
            if self._rows[end * self._row_bytes - 1] != _WRITTEN:
                if is_last:
                    # The decoder has written them elsewhere. Black would look like a picture.
                    raise Damaged
                return
            self._take(end)
            self._done = end

    def _take(self, end: int) -> None:
        first, behind = self._done * self._row_bytes, end * self._row_bytes
        strip = self._picture_of(memoryview(self._rows)[first:behind], end - self._done)
        if self._profile is not None:
            strip = colour.to_plain(strip.convert("RGB"), self._profile)
        self._joined.add(strip)
        self.small.add(strip)
        # Whole pages only: the one that the next strip begins in goes with that.
        from_page = first - first % mmap.PAGESIZE
        self._rows.madvise(mmap.MADV_DONTNEED, from_page, behind - behind % mmap.PAGESIZE - from_page)

    def _picture_of(self, part: memoryview, rows: int) -> Image.Image:
        """The pixels of these bytes, without a copy."""
        # Any buffer will do; the library's types know of bytes only.
        return Image.frombuffer("RGBX", (self._width, rows), cast("bytes", part), "raw", "RGBX", 0, 1)


class _Asked:
    """The file, as the decoder reads it: each time it asks for more, it has written all that it could."""

    def __init__(self, file: IO[bytes], window: _Window) -> None:
        self._file = file
        self._window = window

    def read(self, length: int) -> bytes:
        self._window.move()
        return self._file.read(length)

    def seek(self, position: int) -> int:
        return self._file.seek(position)

    def close(self) -> None:
        """The file is closed by who opened it."""
