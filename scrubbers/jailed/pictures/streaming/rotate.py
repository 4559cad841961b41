"""Rotates a large picture that comes in strips in stored order, and leaves in strips in upright order.

In between all of it is kept, at a byte and a half a pixel instead of four: in YCbCr 4:2:0, which is all that the JPEG
will keep. Each band is a mapping of its own and is freed once it was encoded.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from PIL import Image

from scrubbers.jailed.pictures.streaming.jpeg_encoder import rows_of_strip

_BANDS: Final = 12
# JFIF's matrix. Pillow's own conversion rounds down, which costs 0.2 dB.
_TO_BRIGHTNESS_AND_COLOURS: Final = (
    0.299, 0.587, 0.114, 0.0,
    -0.168736, -0.331264, 0.5, 128.0,
    0.5, -0.418688, -0.081312, 128.0,
)  # fmt: skip
_SIDEWAYS: Final = {
    Image.Transpose.TRANSPOSE, Image.Transpose.ROTATE_270, Image.Transpose.TRANSVERSE, Image.Transpose.ROTATE_90,
}  # fmt: skip
# Transposes after which the first stored row comes last.
_BACKWARDS: Final = {
    Image.Transpose.ROTATE_180, Image.Transpose.FLIP_TOP_BOTTOM, Image.Transpose.ROTATE_270, Image.Transpose.TRANSVERSE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a strip: where it lies in its band, and where its bytes are."""

    corner: tuple[int, int]
    size: tuple[int, int]
    at: int


@dataclass(slots=True)
class _Band:
    """Rows of the turned picture, with the pieces of them that have come."""

    top: int
    rows: int
    kept: mmap.mmap
    pieces: list[_Piece] = field(default_factory=list)


class RotatedBands:
    """Takes the strips of a picture of `size` from top to bottom; yields those of the rotated one."""

    def __init__(self, size: tuple[int, int], turn: Image.Transpose) -> None:
        self._stored_rows = size[1]
        self._turn = turn
        self.size = (size[1], size[0]) if turn in _SIDEWAYS else size
        width, height = self.size
        strip = rows_of_strip(width)
        rows = strip * -(-height // (strip * _BANDS))
        self._bands = [_band(width, top, min(rows, height - top)) for top in range(0, height, rows)]

    @property
    def odd_rows(self) -> int:
        """How many extra rows the first strip needs, so that no strip ends within a chroma pixel."""
        return self._stored_rows % 2 if self._turn in _BACKWARDS else 0

    def add(self, strip: Image.Image, first: int) -> None:
        """Keep a strip, of which `first` is the number of the first row."""
        turned = strip.convert("RGB").convert("RGB", _TO_BRIGHTNESS_AND_COLOURS).transpose(self._turn)
        along = self._stored_rows - first - strip.height if self._turn in _BACKWARDS else first
        left, top = (along, 0) if self._turn in _SIDEWAYS else (0, along)
        for band in self._bands:
            begin, end = max(top, band.top), min(top + turned.height, band.top + band.rows)
            if begin < end:
                piece = turned.crop((0, begin - top, turned.width, end - top))
                band.pieces.append(_Piece((left, begin - band.top), piece.size, band.kept.tell()))
                brightness, *colours = piece.split()
                band.kept.write(brightness.tobytes())
                for colour in colours:
                    band.kept.write(colour.reduce(2).tobytes())

    def strips(self) -> Iterator[Image.Image]:
        """Yield the strips of the turned picture, from top to bottom, freeing each band after use."""
        width = self.size[0]
        for band in self._bands:
            brightness, *colours = _assembled(band, width)
            for top in range(0, band.rows, rows_of_strip(width)):
                bottom = min(band.rows, top + rows_of_strip(width))
                halves = (colour.crop((0, top // 2, colour.width, -(-bottom // 2))) for colour in colours)
                wide = [half.resize((2 * half.width, 2 * half.height), Image.Resampling.NEAREST) for half in halves]
                part = (0, 0, width, bottom - top)
                shown = [brightness.crop((0, top, width, bottom)), *(colour.crop(part) for colour in wide)]
                yield Image.merge("YCbCr", shown)


def _band(width: int, top: int, rows: int) -> _Band:
    half = _half((width, rows))
    length = width * rows + 2 * half[0] * half[1]
    return _Band(top, rows, mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))


def _half(size: tuple[int, int]) -> tuple[int, int]:
    return -(-size[0] // 2), -(-size[1] // 2)


def _assembled(band: _Band, width: int) -> list[Image.Image]:
    """Assemble the three planes of a band from its pieces, and free the pieces."""
    whole = (width, band.rows)
    planes = [Image.new("L", whole), Image.new("L", _half(whole)), Image.new("L", _half(whole))]
    for piece in band.pieces:
        at = piece.at
        for plane in planes:
            is_half = plane is not planes[0]
            size = _half(piece.size) if is_half else piece.size
            x, y = piece.corner
            end = at + size[0] * size[1]
            plane.paste(Image.frombytes("L", size, band.kept[at:end]), (x // 2, y // 2) if is_half else (x, y))
            at = end
    band.kept.close()
    return planes
