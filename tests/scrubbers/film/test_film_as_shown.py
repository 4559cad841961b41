"""A film whose file holds more than players show: its copy holds what they show, or there is none."""

from __future__ import annotations

import asyncio
import io
import struct
from collections import deque
from fractions import Fraction

import av
import pytest
from av.video.reformatter import ColorRange, Colorspace
from files.films import HEIGHT, SECONDS, WIDTH, box, filmed
from files.recordings import tone
from files.scrub_harness import clean_all
from PIL import Image, ImageStat

from scrubbers.jailed.film.soundtrack import Soundtrack
from trusted.jail.protocol import Role
from trusted.jail.stages import FilmTooLong, Kind, SoundOrFilm

SHOWN = av.stream.Disposition.default
HIDDEN = av.stream.Disposition(0)
DARK, BRIGHT = 20, 220
SLACK_SECONDS = 0.15


def cleaned(content: bytes) -> bytes:
    ((_, copy, _, _),) = asyncio.run(clean_all([content], [Role.DOCUMENTS], [Kind.SOUND]))
    return copy


def brightness(content: bytes) -> list[float]:
    """How bright each picture is."""
    with av.open(io.BytesIO(content)) as container:
        return [ImageStat.Stat(frame.to_image().convert("L")).mean[0] for frame in container.decode(video=0)]


def written(
    writer: str,
    tracks: list[tuple[int, av.stream.Disposition]],
    *,
    at: tuple[float, ...] = (0, 0.1, 0.2),
) -> bytes:
    """A film of one track of a grey for each of these, with pictures at these seconds."""
    made = io.BytesIO()
    with av.open(made, "w", format=writer) as target:
        streams = [target.add_stream("mjpeg", rate=25) for _ in tracks]
        for stream, (_, disposition) in zip(streams, tracks, strict=True):
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p"
            stream.disposition = disposition
        for second in at:
            for stream, (grey, _) in zip(streams, tracks, strict=True):
                frame = av.VideoFrame.from_image(Image.new("RGB", (64, 48), (grey,) * 3))
                frame.pts, frame.time_base = round(second * 25), Fraction(1, 25)
                target.mux(stream.encode(frame))
        for stream in streams:
            target.mux(stream.encode(None))
    return made.getvalue()


def enabled(content: bytes, track: int, *, is_enabled: bool) -> bytes:
    """An ISO file with this track played, or not."""
    at = -1
    for _ in range(track + 1):
        at = content.index(b"tkhd", at + 1)
    return content[: at + 7] + bytes((content[at + 7] & 0xFE | is_enabled,)) + content[at + 8 :]


def test_of_several_tracks_the_one_that_players_show_is_taken() -> None:
    both = written("mov", [(DARK, SHOWN), (BRIGHT, SHOWN)])
    second = enabled(enabled(both, 0, is_enabled=False), 1, is_enabled=True)
    matroska = written("matroska", [(DARK, HIDDEN), (BRIGHT, SHOWN)])

    assert min(brightness(cleaned(second)) + brightness(cleaned(matroska))) > BRIGHT - 20


@pytest.mark.parametrize("name", ["none", "two", "the only one hidden", "the only sound hidden"])
def test_a_film_of_which_it_is_not_certain_what_players_show_is_refused(name) -> None:
    content = {
        "none": written("matroska", [(DARK, HIDDEN), (BRIGHT, HIDDEN)]),
        "two": enabled(written("mov", [(DARK, SHOWN), (BRIGHT, SHOWN)]), 1, is_enabled=True),
        "the only one hidden": enabled(written("mov", [(DARK, SHOWN)]), 0, is_enabled=False),
        "the only sound hidden": enabled(filmed("film.mp4", seconds=0.2), 1, is_enabled=False),
    }[name]

    with pytest.raises(SoundOrFilm):
        cleaned(content)


def fragmented(*, cut_seconds: int, shown_milliseconds: int = 0, pictures: bool = True) -> bytes:
    """Four seconds, dark and then bright, in fragments; a list says that it begins later."""
    made = io.BytesIO()
    with av.open(made, "w", format="mp4", options={"movflags": "frag_keyframe+delay_moov+default_base_moof"}) as target:
        shown = [target.add_stream("libx264", rate=25)] if pictures else []
        heard = target.add_stream("aac", rate=32_000)
        heard.layout = "mono"
        for stream in shown:
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            stream.codec_context.max_b_frames = 0
            for number in range(100):
                frame = av.VideoFrame.from_image(Image.new("RGB", (64, 48), (DARK if number < 50 else BRIGHT,) * 3))
                frame.pts, frame.time_base = number, Fraction(1, 25)
                target.mux(stream.encode(frame))
            target.mux(stream.encode(None))
        with av.open(io.BytesIO(tone(4))) as source:
            for frame in source.decode(audio=0):
                target.mux(heard.encode(frame))
        target.mux(heard.encode(None))
    content = made.getvalue()
    at = -1
    for rate in (12_800, 32_000) if pictures else (32_000,):
        at = content.index(b"elst", at + 1)
        content = content[: at + 12] + struct.pack(">Ii", shown_milliseconds, cut_seconds * rate) + content[at + 20 :]
    return content


def test_what_was_cut_off_a_recording_in_fragments_is_not_in_it() -> None:
    copy = cleaned(fragmented(cut_seconds=2, pictures=False))

    assert abs(seconds_of_sound(copy) - 2) < SLACK_SECONDS


def test_what_was_cut_off_a_film_in_fragments_is_not_in_it() -> None:
    copy = cleaned(fragmented(cut_seconds=2))

    assert len(brightness(copy)) == 50
    assert min(brightness(copy)) > BRIGHT - 20
    assert abs(seconds_of_sound(copy) - 2) < SLACK_SECONDS


def test_a_film_in_fragments_that_is_to_end_before_its_end_is_refused() -> None:
    with pytest.raises(SoundOrFilm):
        cleaned(fragmented(cut_seconds=0, shown_milliseconds=2000))


def seconds_of_sound(content: bytes) -> float:
    with av.open(io.BytesIO(content)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))


def test_sound_before_the_first_picture_is_heard() -> None:
    copy = cleaned(filmed("film.mkv", pictures_from=1))

    assert abs(seconds_of_sound(copy) - SECONDS) < SLACK_SECONDS
    assert len(brightness(copy)) == 25 * SECONDS


def test_a_film_that_stands_still_for_too_long_is_refused() -> None:
    with pytest.raises(FilmTooLong):
        cleaned(written("matroska", [(DARK, SHOWN)], at=(0, 0.04, 122)))


def test_sound_that_goes_on_for_longer_than_a_film_may_is_refused() -> None:
    soundtrack = Soundtrack(Fraction(0), most_seconds=1)

    with av.open(io.BytesIO(tone(2))) as source:
        frames = list(source.decode(audio=0))
    with pytest.raises(FilmTooLong):
        deque(map(soundtrack.add, frames))


@pytest.mark.parametrize("matrix", [(-1, 0, 0, 1), (1, 0, 0, -1), (0, 1, 1, 0), (0, -1, -1, 0)])
def test_a_mirrored_film_is_refused(matrix) -> None:
    a, b, c, d = (number << 16 for number in matrix)
    content = filmed("film.mp4", seconds=0.2, sound=False)
    at = content.index(b"tkhd") + 44

    with pytest.raises(SoundOrFilm):
        cleaned(content[:at] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + content[at + 36 :])


def with_aperture(content: bytes, wide: int, high: int, *, right: int = 0) -> bytes:
    """An ISO film of which players show this many columns and rows."""
    numbers = struct.pack(">8i", wide, 1, high, 1, right, 1, 0, 1)
    at = content.index(b"avcC") - 4
    content = content[:at] + box(b"clap", numbers) + content[at:]
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        at = (content.rindex(name) if name == b"avc1" else content.index(name)) - 4
        (length,) = struct.unpack(">I", content[at : at + 4])
        content = content[:at] + struct.pack(">I", length + 40) + content[at + 4 :]
    return content


def cropped(content: bytes, *, columns: int) -> bytes:
    """A Matroska film of which players leave out columns at the right, which stands in place of the unit of its size."""
    unit = b"\x54\xb2\x81\x04"
    assert content.count(unit) == 1
    return content.replace(unit, b"\x54\xdd\x81" + bytes((columns,)))


def test_a_film_of_which_players_show_a_part_is_refused_and_one_shown_whole_is_not() -> None:
    film, matroska = filmed("film.mp4", seconds=0.2, sound=False), filmed("film.mkv", seconds=0.2, sound=False)

    assert cleaned(with_aperture(film, WIDTH, HEIGHT))
    assert cleaned(cropped(matroska, columns=0))
    for part in (
        with_aperture(film, WIDTH // 2, HEIGHT),
        with_aperture(film, WIDTH, HEIGHT, right=2),
        cropped(matroska, columns=64),
    ):
        with pytest.raises(SoundOrFilm):
            cleaned(part)


def test_a_film_that_can_be_looked_through_is_refused() -> None:
    content = filmed("film.webm", seconds=0.2, sound=False, tags={"alpha_mode": "1"})

    with pytest.raises(SoundOrFilm):
        cleaned(content)


def black(below: int) -> bytes:
    """A film of a black picture with a bright bar, and a field that is blacker than black."""
    made = io.BytesIO()
    with av.open(made, "w", format="mp4") as target:
        stream = target.add_stream("libx264", rate=25, options={"crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for _ in range(5):
            frame = av.VideoFrame(160, 96, "yuv420p")
            wide = frame.planes[0].line_size
            rows = [bytes([200 if row > 80 else below if row < 40 else 16]) * wide for row in range(96)]
            frame.planes[0].update(b"".join(rows))
            for plane in frame.planes[1:]:
                plane.update(bytes([128]) * plane.buffer_size)
            frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return made.getvalue()


def test_two_films_that_differ_in_what_is_blacker_than_black_come_out_the_same() -> None:
    plain, marked = black(16), black(2)
    assert plain != marked

    assert cleaned(plain) == cleaned(marked)
