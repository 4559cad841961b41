"""One way out for all moving pictures: H.264 (ISO/IEC 14496-10) in constrained baseline, 25 pictures a second.

Whatever the rate of the source, each picture stands for one twenty-fifth of a second: the newest of the source at that
time. Sizes go down to fit 720p and never up; samples become square.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

import av
import av.filter
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from trusted.jail.stages import FilmTooLong

PICTURES_A_SECOND: Final = 25
_PICTURE_SECONDS: Final = Fraction(1, PICTURES_A_SECOND)
MOST_PICTURES: Final = 20 * 60 * PICTURES_A_SECOND
# Of all pictures that stand still, what goes beyond a second each: a small file could ask for much with one jump.
_MOST_HELD: Final = 2 * 60 * PICTURES_A_SECOND
_MOST_BLOCKS: Final = 3600  # of 16 x 16: 1280 x 720, and what level 3.1 allows
_BLOCK = _SMALLEST = 16
_HIGH_DEFINITION_ROWS: Final = 720  # from here on unmarked colours are those of BT.709
_PIXEL_FORMAT: Final = "yuv420p"
_OF_601: Final = frozenset((Colorspace.ITU601, Colorspace.SMPTE170M, Colorspace.FCC))
# Every picture refers to the one before it alone, each fiftieth to none. The longest code for a picture is bounded by
# the bits a second, and nothing is filled up to them.
_SETTINGS: Final = {
    "preset": "ultrafast",
    "profile": "baseline",
    "x264-params": (
        "threads=1:sliced-threads=0:lookahead-threads=1:rc-lookahead=0:sync-lookahead=0:mbtree=0:"
        "keyint=50:min-keyint=50:scenecut=0:open-gop=0:bframes=0:ref=1:weightp=0:cabac=0:8x8dct=0:slices=1:"
        "no-deblock=0:aud=0:nal-hrd=none:filler=0:force-cfr=1:level=31:crf=27:vbv-maxrate=4000:vbv-bufsize=8000:"
        "colorprim=bt709:transfer=bt709:colormatrix=bt709:fullrange=off:videoformat=undef"
    ),
}
# What the narrow range has for brightness and for the two of colour (ITU-R BT.709, 4).
_BRIGHTNESS, _TINT = "min=16:max=235:planes=1", "min=16:max=240:planes=6"
_START: Final = b"\0\0\1"
_KIND_BITS: Final = 0x1F
# Kinds of unit: ISO/IEC 14496-10, table 7-1.
_SLICES: Final = frozenset((1, 5))
_SEQUENCE, _PICTURE = 7, 8
_LENGTH_BYTES: Final = 4


class PictureEncoder:
    """Takes decoded pictures and gives the samples of an MP4 file, one for each picture."""

    def __init__(self, width: int, height: int) -> None:
        self._size = width, height
        self._reformatter, self._range = VideoReformatter(), _NarrowRange(width, height)
        self._codec = av.CodecContext.create("libx264", "w")
        self._codec.width, self._codec.height, self._codec.pix_fmt = width, height, _PIXEL_FORMAT
        self._codec.framerate, self._codec.time_base = Fraction(PICTURES_A_SECOND), _PICTURE_SECONDS
        self._codec.options, self._codec.thread_count = dict(_SETTINGS), 1
        self._codec.open()
        self._last: av.VideoFrame | None = None
        self._count = self._held = 0
        # The two units that tell a decoder how to read the others.
        self.sequence = self.picture = b""

    def at(self, place: int, frame: "av.VideoFrame") -> Iterator[bytes]:
        """Yield the samples up to this place, and this picture's. Raises FilmTooLong."""
        if self._last is not None and place < self._count:
            # The source has more pictures a second.
            return
        self._held += max(0, place - self._count - PICTURES_A_SECOND)
        if max(place, self._count) >= MOST_PICTURES or self._held > _MOST_HELD:
            raise FilmTooLong
        while self._last is not None and self._count < place:
            yield from self._samples(self._last)
        self._last = self._reformatted(frame)
        yield from self._samples(self._last)

    def rest(self) -> Iterator[bytes]:
        """Yield what the encoder still holds."""
        yield from self._units(None)

    def _reformatted(self, frame: "av.VideoFrame") -> "av.VideoFrame":
        width, height = self._size
        space = frame.colorspace
        if space == Colorspace.DEFAULT or space not in {*_OF_601, Colorspace.ITU709, Colorspace.BT2020}:
            space = Colorspace.ITU709 if frame.height >= _HIGH_DEFINITION_ROWS else Colorspace.ITU601
        # The fast kind of this would write code of its own into memory, which a job may not.
        return self._range.limited(self._reformatter.reformat(
            frame, width, height, _PIXEL_FORMAT, interpolation="BILINEAR", threads=1,
            src_colorspace=space, dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG,
        ))  # fmt: skip

    def _samples(self, frame: "av.VideoFrame") -> Iterator[bytes]:
        frame.pts, frame.time_base, frame.pict_type = self._count, _PICTURE_SECONDS, 0
        self._count += 1
        yield from self._units(frame)

    def _units(self, frame: "av.VideoFrame | None") -> Iterator[bytes]:
        """Yield each picture's units with their length before them. All but pictures are left out."""
        for packet in self._codec.encode(frame):
            sample = b""
            for unit in (part.rstrip(b"\0") for part in bytes(packet).split(_START)[1:]):
                kind = unit[0] & _KIND_BITS
                if kind in _SLICES:
                    sample += len(unit).to_bytes(_LENGTH_BYTES, "big") + unit
                elif kind == _SEQUENCE:
                    self.sequence = unit
                elif kind == _PICTURE:
                    self.picture = unit
            yield sample


class _NarrowRange:
    """Brings what is blacker than black or whiter than white to black and white: players show the same."""

    def __init__(self, width: int, height: int) -> None:
        self._graph = av.filter.Graph()
        # A job has no threads.
        self._graph.threads = 1
        pixels = av.VideoFormat(_PIXEL_FORMAT)
        source = self._graph.add_buffer(width=width, height=height, format=pixels, time_base=_PICTURE_SECONDS)
        brightness, tint = (self._graph.add("limiter", how) for how in (_BRIGHTNESS, _TINT))
        source.link_to(brightness)
        brightness.link_to(tint)
        tint.link_to(self._graph.add("buffersink"))
        self._graph.configure()

    def limited(self, frame: "av.VideoFrame") -> "av.VideoFrame":
        """Return the picture within the range. The decoder may need what it gave, and that stays as it is."""
        self._graph.vpush(frame)
        return self._graph.vpull()


def size_for(width: int, height: int, sample_aspect: Fraction | None) -> tuple[int, int]:
    """Return the size on square samples that fits the limit, both even."""
    slope = Fraction(height, width) / (sample_aspect or 1)
    # Larger in neither direction than it was.
    wide = min(width, int(height / slope))
    while True:
        wide = max(_SMALLEST, wide // 2 * 2)
        high = max(_SMALLEST, round(wide * slope / 2) * 2)
        if -(-wide // _BLOCK) * -(-high // _BLOCK) <= _MOST_BLOCKS:
            return wide, high
        if wide == _SMALLEST:
            # A strip: what is cut off has no place in the limit.
            return wide, _MOST_BLOCKS * _BLOCK
        wide -= 2
