"""A film whose file holds more than players show: its copy holds what they show, or there is none."""

from __future__ import annotations

import asyncio
import io
from fractions import Fraction

import av
import pytest
from films import filmed
from PIL import Image, ImageStat
from scrub_harness import clean_all

from scrubbers.protocol import Role
from scrubbers.stages import Kind, SoundOrFilm

SHOWN = av.stream.Disposition.default
HIDDEN = av.stream.Disposition(0)
DARK, BRIGHT = 20, 220


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
    begin: int = 0,
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
