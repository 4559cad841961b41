"""The second reader of films: of the one form it takes every byte, and nothing else."""

from __future__ import annotations

import io
import mmap
import os
import struct
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import av
import pytest
from files.films import picture
from files.recordings import tone

from scrubbers.jailed.film.container import Film, parts_of
from scrubbers.jailed.film.pictures import PictureEncoder, size_for
from scrubbers.jailed.film.soundtrack import Soundtrack
from second_reader.film import is_clean_film
from trusted.jail.stages import FilmTooLong

PICTURES = 52  # one more than from a picture that stands by itself to the next


@pytest.fixture(scope="module")
def film() -> Film:
    return made(PICTURES, 96, 62)


def made(count: int, width: int, height: int) -> Film:
    encoder, soundtrack = PictureEncoder(width, height), Soundtrack(Fraction(0), 10)
    samples: list[bytes] = []
    for place in range(count):
        samples += encoder.at(place, av.VideoFrame.from_image(picture(place / 25)))
    samples += encoder.rest()
    with av.open(io.BytesIO(tone(0.3))) as recording:
        for piece in recording.decode(audio=0):
            soundtrack.add(piece)
    soundtrack.finish()
    return Film(width, height, 0, encoder.sequence, encoder.picture, samples, bytes(soundtrack.frames))


def written(film: Film) -> bytes:
    return b"".join(parts_of(film))


def taken(content: bytes) -> bool:
    descriptor = os.memfd_create("film")
    try:
        os.write(descriptor, content)
        with mmap.mmap(descriptor, 0, prot=mmap.PROT_READ) as mapped:
            return is_clean_film(mapped)
    except (LookupError, ValueError, struct.error):
        return False
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("quarter_turns", range(4))
def test_what_we_write_is_taken_however_it_is_turned(film, quarter_turns) -> None:
    assert taken(written(replace(film, quarter_turns=quarter_turns)))
    assert taken(written(replace(film, quarter_turns=quarter_turns, sound=b"")))


@pytest.mark.parametrize("size", [(16, 16), (18, 34), (720, 1280), (1280, 720), (64, 48)])
def test_pictures_of_every_size_are_taken(size) -> None:
    assert taken(written(made(1, *size)))


UNITS: dict[str, Callable[[bytes], bytes]] = {
    "a byte behind the picture": lambda unit: unit + b"\x80",
    "words behind the picture": lambda unit: unit + b"a secret\x80",
    "a zero behind the picture": lambda unit: unit + b"\0",
    "words behind a mark": lambda unit: unit + b"\0\0\1\x06a secret\x80",
    "an escape of nothing": lambda unit: unit + b"\0\0\3\x80",
    "a byte less": lambda unit: unit[:-1],
    "another kind": lambda unit: b"\x06" + unit[1:],
    "less depends on it": lambda unit: bytes((unit[0] & 0x1F,)) + unit[1:],
    "nothing": lambda _: b"",
}


@pytest.mark.parametrize("change", UNITS.values(), ids=UNITS)
@pytest.mark.parametrize("place", [0, 1, 50, 51])
def test_a_picture_with_anything_else_is_refused(film, change, place) -> None:
    unit = change(film.samples[place][4:])
    samples = [*film.samples]
    samples[place] = len(unit).to_bytes(4, "big") + unit

    assert not taken(written(replace(film, samples=samples)))


def test_two_units_in_one_picture_and_pictures_in_another_order_are_refused(film) -> None:
    note = b"\x06\x05\x11" + bytes(range(1, 17)) + b"x\x80"
    with_note = [len(note).to_bytes(4, "big") + note + film.samples[0], *film.samples[1:]]
    twice = [film.samples[0], film.samples[1] + film.samples[2], *film.samples[3:]]

    assert not taken(written(replace(film, samples=with_note)))
    assert not taken(written(replace(film, samples=twice)))
    assert not taken(written(replace(film, samples=film.samples[1:])))
    assert not taken(written(replace(film, samples=[film.samples[0], *film.samples[:-1]])))
    assert not taken(written(replace(film, samples=[])))


def test_other_descriptions_of_the_pictures_are_refused(film) -> None:
    assert not taken(written(replace(film, sequence=film.sequence + b"\0")))
    assert not taken(written(replace(film, sequence=film.sequence[:-1] + b"\x96")))
    assert not taken(written(replace(film, picture=film.picture + b"x")))
    assert not taken(written(replace(film, width=film.width + 2)))
    assert not taken(written(replace(film, sound=film.sound[:-1])))
    assert not taken(written(replace(film, sound=film.sound[:280] + b"a secret" + film.sound[288:])))


def test_no_byte_of_the_boxes_may_be_another(film) -> None:
    """A bit of each byte in front of the pictures is changed, one after the other."""
    content = written(film)
    end = content.index(b"mdat") + 4

    assert [at for at in range(end) if taken(with_bit(content, at, at % 8))] == []


def with_bit(content: bytes, at: int, bit: int) -> bytes:
    changed = bytearray(content)
    changed[at] ^= 1 << bit
    return bytes(changed)


@pytest.mark.parametrize("more", [b"x", b"\0\0\0\x08free", bytes(8)])
def test_nothing_stands_between_or_behind(film, more) -> None:
    content = written(film)
    movie = content.index(b"moov") - 4
    data = content.index(b"mdat") - 4

    assert not taken(content + more)
    assert not taken(more + content)
    assert not taken(content[:movie] + more + content[movie:])
    assert not taken(content[:data] + more + content[data:])
    assert not taken(content[:-1])
    assert not taken(content[:data])
    assert not taken(b"x")


@pytest.mark.parametrize(
    ("source", "aspect", "size"),
    [
        ((1920, 1080), None, (1280, 720)),
        ((1080, 1920), None, (720, 1280)),
        ((3840, 2160), None, (1280, 720)),
        ((640, 480), None, (640, 480)),
        ((721, 405), None, (720, 404)),
        ((720, 576), (16, 15), (720, 540)),
        ((720, 576), (8, 9), (640, 576)),
        ((4096, 16), None, (4096, 16)),
        ((2, 2), None, (16, 16)),
    ],
)
def test_sizes_go_down_to_fit_and_never_up(source, aspect, size) -> None:
    assert size_for(*source, Fraction(*aspect) if aspect else None) == size


def test_a_jump_of_hours_is_not_filled_with_pictures() -> None:
    encoder = PictureEncoder(32, 32)
    frame = av.VideoFrame.from_image(picture(0, (32, 32)))
    assert list(encoder.at(0, frame))

    with pytest.raises(FilmTooLong):
        list(encoder.at(10**9, frame))
