"""Streams a large JPEG in strips: its pixels are never in memory whole, which would be up to five times the file.

The decoder writes its rows into a mapping that takes no memory until it is written to. Whenever the decoder reads more
of the file, the strips that are complete by then are processed, and their part of the mapping is freed: a window of a
few megabytes passes over the picture. A strip

1 is complete when its last byte, zero before, was written
2 is converted to sRGB as the whole picture would be
3 is kept until the last strip if the picture is to be turned (`rotate`); the input is released meanwhile
4 is encoded as a picture by itself, of which the compressed data are kept (`jpeg_encoder`)
5 is scaled down into the preview (`preview`)

The pixels are the same as those of a picture decoded whole: to the last bit, or to rounding if it was turned. A
multi-scan JPEG (as a progressive one) comes out right as well, but its decoder holds the whole picture until the last
scan: for a large file `memory_limits` is asked before.
"""

import mmap
from collections.abc import Callable
from typing import IO, Any, Final, cast

from PIL import Image, ImageFile

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pictures import decoders
from scrubbers.jailed.pictures.colour import to_srgb
from scrubbers.jailed.pictures.preview import Downscaler
from scrubbers.jailed.pictures.release_input import ReleasedInput, is_large
from scrubbers.jailed.pictures.streaming.jpeg_encoder import JpegStripWriter, rows_of_strip
from scrubbers.jailed.pictures.streaming.rotate import RotatedBands
from trusted.jail.stages import Damaged

# Up to here a picture is decoded whole, which takes 64 MiB at most.
LARGE_PIXELS: Final = 16 * 2**20
_PIXEL_BYTES: Final = 4
# The decoder's value for the unused fourth byte of each pixel.
_WRITTEN: Final = 0xFF


def can_stream(picture: ImageFile.ImageFile) -> bool:
    """Return whether this is a large JPEG in colour."""
    return picture.width * picture.height > LARGE_PIXELS and picture.mode == "RGB" and len(picture.tile) == 1


class _Outputs:
    """Where upright strips go: the rebuilt picture, and the preview."""

    def __init__(self, output: IO[bytes], size: tuple[int, int], settings: dict[str, Any], side: int) -> None:
        self._joined = JpegStripWriter(output, size, settings)
        self._small = Downscaler(size, side)

    def add(self, strip: Image.Image) -> None:
        """Take steps 4 and 5."""
        self._joined.add(strip)
        self._small.add(strip)

    def small(self) -> Image.Image:
        """Return the small picture, after the last strip."""
        return self._small.finish().convert("RGB")


def rebuild(
    picture: ImageFile.ImageFile,
    output: IO[bytes],
    settings: dict[str, Any],
    side: int,
    untrusted_descriptor: int,
    *,
    findings: Findings,
) -> Image.Image:
    """Write the rebuilt picture and return a preview of at most `side`; raises what the decoder raises."""
    decoders.require_few_pixels(picture)
    turn = decoders.turn(picture)
    if turn is None or turn is Image.Transpose.FLIP_LEFT_RIGHT:
        made = _Outputs(output, picture.size, settings, side)
        _decode(picture, findings, lambda strip, _: made.add(strip if turn is None else strip.transpose(turn)))
        return made.small()
    bands = RotatedBands(picture.size, turn)
    made = _Outputs(output, bands.size, settings, side)
    if is_large(untrusted_descriptor):
        picture.fp = cast("IO[bytes]", ReleasedInput(untrusted_descriptor))
    _decode(picture, findings, bands.add, bands.odd_rows)
    for strip in bands.strips():
        made.add(strip)
    return made.small()


def _decode(
    picture: ImageFile.ImageFile, findings: Findings, take: Callable[[Image.Image, int], None], odd_rows: int = 0
) -> None:
    window = _Window(picture, findings, take, odd_rows)
    picture.load()
    window.advance(is_last=True)


class _Window:
    """Steps 1 and 2: the decoder's target memory, processed and freed strip by strip."""

    def __init__(
        self,
        picture: ImageFile.ImageFile,
        findings: Findings,
        take: Callable[[Image.Image, int], None],
        odd_rows: int,
    ) -> None:
        self._findings = findings
        self._take_strip = take
        self._width, self._height = picture.size
        self._profile = picture.info.get("icc_profile")
        self._row_bytes = self._width * _PIXEL_BYTES
        self._done = 0
        self._next = min(self._height, rows_of_strip(self._width) + odd_rows)
        # Private: a shared mapping would be a file in memory, and count against the job's file size limit.
        self._rows = mmap.mmap(-1, self._height * self._row_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        picture.im = self._picture_of(memoryview(self._rows), self._height).im
        picture.fp = cast("IO[bytes]", _WindowedFile(cast("IO[bytes]", picture.fp), self))

    def advance(self, *, is_last: bool = False) -> None:
        """Process the complete strips; with `is_last` all must be. Raises Damaged if not."""
        while self._done < self._height:
            if self._rows[self._next * self._row_bytes - 1] != _WRITTEN:
                if is_last:
                    # The decoder wrote elsewhere, and black would pass for a picture.
                    raise Damaged
                return
            self._take()

    def _take(self) -> None:
        first, behind = self._done * self._row_bytes, self._next * self._row_bytes
        strip = self._picture_of(memoryview(self._rows)[first:behind], self._next - self._done)
        if self._profile is not None:
            strip = to_srgb.to_plain(strip.convert("RGB"), self._profile, self._findings)
        self._take_strip(strip, self._done)
        # Whole memory pages only: the one in which the next strip begins is freed with that strip.
        from_page = first - first % mmap.PAGESIZE
        self._rows.madvise(mmap.MADV_DONTNEED, from_page, behind - behind % mmap.PAGESIZE - from_page)
        self._done, self._next = self._next, min(self._height, self._next + rows_of_strip(self._width))

    def _picture_of(self, part: memoryview, rows: int) -> Image.Image:
        """Wrap these bytes as a picture, without a copy."""
        # Pillow takes any buffer; its type hints say bytes only.
        return Image.frombuffer("RGBX", (self._width, rows), cast("bytes", part), "raw", "RGBX", 0, 1)


class _WindowedFile:
    """The file as the decoder reads it: by each read, the decoder has written all rows that it could."""

    def __init__(self, file: IO[bytes], window: _Window) -> None:
        self._file = file
        self._window = window

    def read(self, length: int) -> bytes:
        self._window.advance()
        return self._file.read(length)

    def seek(self, position: int) -> int:
        return self._file.seek(position)

    def close(self) -> None:
        """Leave the file open: its opener closes it."""
