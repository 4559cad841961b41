"""A film: what can be seen and heard of it, encoded again with constant settings; nothing else.

1 open it with the reader of the container that its first bytes show, and no other (`sound.recording`)
2 report the tags of container and streams, covers, chapters and further streams (`sound.tags`)
3 decode the moving picture that players show, with a decoder of the closed list; encode 25 a second, at most 720p, in a
  thread of its own (`pictures`)
4 decode the sound that they play, as of a recording, and set it to the pictures' time (`soundtrack`)
5 write both into a container that holds nothing else (`container`); how it is turned is one of four
6 draw the first picture, as the preview

What players show otherwise is refused: tracks not told apart, edges that are left out (`edges`), mirrored films.
Parts that were cut away before, but are in the file for the sake of what follows, are not decoded into anything. What
stays is what can be seen and heard: faces, voices, rooms, the hum of the mains, the noise of the sensor.
"""

import mmap
import struct
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from typing import Final

import av
from av.sidedata.sidedata import SideData
from av.video.reformatter import Colorspace, VideoReformatter
from PIL import Image

from scrubbers.jailed.film.container import Film, parts_of
from scrubbers.jailed.film.edges import require_whole
from scrubbers.jailed.film.pictures import MOST_PICTURES, PICTURES_A_SECOND, PictureEncoder, size_for
from scrubbers.jailed.film.sample import sample_film
from scrubbers.jailed.film.soundtrack import Soundtrack
from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pictures.scrub import write_preview
from scrubbers.jailed.scrub_sample import scrub_sample
from scrubbers.jailed.sound.recording import decoded, moving_picture_of, opened, sound_of
from scrubbers.jailed.sound.tags import collect
from trusted.jail.protocol import RESULT_BYTES
from trusted.jail.stages import Empty, Kind, Lost, ResultTooLarge, SoundOrFilm, TooManyPixels

# What telephones, browsers, messengers and old cameras write.
_DECODERS: Final = frozenset(
    ("av1", "h263", "h264", "hevc", "libdav1d", "libvpx", "libvpx-vp9", "mjpeg", "mpeg4", "vp8", "vp9")
)
_MOST_PIXELS: Final = 4096 * 2304  # of a picture: 4K, with what cameras add
_FEWEST_PICTURES: Final = 2
_LONGEST_PREVIEW_SIDE: Final = 320
_QUARTER: Final = 90
_MATRIX: Final = struct.Struct("=9i")


def scrub_file(_kind: Kind, untrusted: int, clean: int, preview: int, findings: Findings) -> None:
    """Read one descriptor and write two. Raises Refused, or what the library raises."""
    with open(untrusted, "rb", closefd=False) as file, opened(file) as container:
        pictures = _pictures_of(container)
        with mmap.mmap(untrusted, 0, access=mmap.ACCESS_READ) as content:
            require_whole(content, pictures.codec_context.width, pictures.codec_context.height)
        sound = sound_of(container) if container.streams.audio else None
        collect(container, [stream.index for stream in (pictures, sound) if stream], findings)
        film, first = _encoded(container, pictures, sound)
    with open(clean, "wb", closefd=False) as output:
        output.writelines(parts_of(film))
    findings.lose(Lost.FULL_FILM)
    if pictures.codec_context.colorspace == Colorspace.BT2020:
        findings.lose(Lost.EXACT_COLOURS)
    if sound is not None:
        findings.lose(Lost.FULL_SOUND)
    write_preview(first, preview)


def _pictures_of(container: "av.container.InputContainer") -> "av.VideoStream":
    """Return the moving picture that a player shows. Raises SoundOrFilm, TooManyPixels."""
    stream = moving_picture_of(container)
    codec = stream.codec_context if stream else None
    if stream is None or codec is None or codec.codec.name not in _DECODERS:
        raise SoundOrFilm
    if stream.metadata.get("alpha_mode", "0") != "0":
        # What lies behind pictures that can be looked through is in them, and nobody sees it.
        raise SoundOrFilm
    if codec.width * codec.height > _MOST_PIXELS:
        raise TooManyPixels
    codec.thread_count = 1
    # A size that changes on the way is not more than that either.
    codec.options = {"max_pixels": str(_MOST_PIXELS)}
    return stream


def _encoded(
    container: "av.container.InputContainer", pictures: "av.VideoStream", sound: "av.AudioStream | None"
) -> tuple[Film, Image.Image]:
    """Return what goes into the container, and the preview. Raises Empty, SoundOrFilm, Damaged, TooMuch."""
    # Where the source tells no unit of time, pictures and sound follow each other as they come.
    unit = pictures.time_base or Fraction(0)
    start = _begin(pictures, sound)
    soundtrack = Soundtrack(start, MOST_PICTURES // PICTURES_A_SECOND)
    encoding: _Encoding | None = None
    turns = 0
    with ThreadPoolExecutor(1) as beside:
        for frame in _frames(container, pictures, sound):
            if isinstance(frame, av.AudioFrame):
                soundtrack.add(frame)
                continue
            if encoding is None:
                turns = _turns_of(frame)
                wide, high = size_for(frame.width, frame.height, pictures.sample_aspect_ratio)
                encoder, first, place = PictureEncoder(wide, high), _drawn(frame, wide, high, turns), 0
                encoding = _Encoding(encoder, beside)
            else:
                place = round((frame.pts * unit - start) * PICTURES_A_SECOND) if frame.pts is not None else place + 1
            encoding.add(place, frame)
        if encoding is None:
            raise Empty
        samples = encoding.samples()
    if len(samples) < _FEWEST_PICTURES:
        # FFmpeg takes a still picture in such a container (HEIC) for a film.
        raise SoundOrFilm
    soundtrack.finish()
    film = Film(wide, high, turns, encoder.sequence, encoder.picture, samples, bytes(soundtrack.frames))
    return film, first


class _Encoding:
    """The pictures on their way: each is encoded in a thread beside, while the next one is decoded here."""

    def __init__(self, encoder: PictureEncoder, beside: ThreadPoolExecutor) -> None:
        self._encoder, self._beside = encoder, beside
        self._samples: list[bytes] = []
        self._size = 0
        self._under_way: Future[list[bytes]] | None = None

    def add(self, place: int, frame: "av.VideoFrame") -> None:
        """Add a picture, once the one before it is done. Raises FilmTooLong, ResultTooLarge."""
        self._wait()
        self._under_way = self._beside.submit(lambda: [*self._encoder.at(place, frame)])

    def samples(self) -> list[bytes]:
        """Return all of them. Raises FilmTooLong, ResultTooLarge."""
        self._wait()
        return [*self._samples, *self._encoder.rest()]

    def _wait(self) -> None:
        made = self._under_way.result() if self._under_way is not None else []
        self._samples += made
        self._size += sum(map(len, made))
        if self._size > RESULT_BYTES:
            raise ResultTooLarge


def _turns_of(frame: "av.VideoFrame") -> int:
    """Return the quarter turns, clockwise, with which it is shown. Raises SoundOrFilm for a mirrored one."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if isinstance(matrix, SideData):
        a, b, _, c, d, *_ = _MATRIX.unpack(bytes(matrix))
        if a * d < b * c:
            raise SoundOrFilm
    return round(-frame.rotation / _QUARTER) % 4


def _begin(*streams: "av.VideoStream | av.AudioStream | None") -> Fraction:
    """Return the time, in seconds, at which the first of them begins. The first picture is shown from then on."""
    known = [
        stream.start_time * stream.time_base
        for stream in streams
        if stream is not None and stream.start_time is not None and stream.time_base is not None
    ]
    return max(Fraction(0), min(known, default=Fraction(0)))


def _frames(
    container: "av.container.InputContainer", pictures: "av.VideoStream", sound: "av.AudioStream | None"
) -> "Iterator[av.VideoFrame | av.AudioFrame]":
    """Yield what is seen and heard, in order. Where a film in fragments was cut, what is cut away lies before zero."""
    streams = (pictures,) if sound is None else (pictures, sound)
    return (frame for frame in decoded(container, *streams) if frame.pts is None or frame.pts >= 0)


def _drawn(frame: "av.VideoFrame", wide: int, high: int, turns: int) -> Image.Image:
    """Return a small picture of it, as it is shown."""
    factor = min(1, _LONGEST_PREVIEW_SIDE / max(wide, high))
    width, height = (max(1, round(side * factor)) for side in (wide, high))
    # A job has no threads, and by itself it would take one for each processor.
    drawn = VideoReformatter().reformat(frame, width, height, "rgb24", threads=1)
    small = Image.frombytes("RGB", (width, height), bytes(drawn.planes[0]), "raw", "RGB", drawn.planes[0].line_size)
    turned = (None, Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_90)[turns]
    return small if turned is None else small.transpose(turned)


def warm_up() -> None:
    """Clean a film of two pictures, so that decoders, encoder and scaler are in memory before the locks."""
    scrub_sample(scrub_file, Kind.FILM, sample_film())
