"""Writes the one container for all films: MP4 (ISO/IEC 14496-12, -14, -15) of one video track and at most one of sound.

Times of day are zero, languages undetermined, names empty. The pictures lie in one chunk, the sound in a second one
behind it. There is nothing between or behind.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.film.pictures import PICTURES_A_SECOND
from scrubbers.jailed.sound.encoder import BITS_A_SECOND, FRAME_BYTES, RATE, SAMPLES_A_FRAME

KEY_EVERY: Final = 50  # pictures: keyint of the encoder
_UNITS_A_SECOND: Final = 1000
_PICTURE_UNITS: Final = _UNITS_A_SECOND // PICTURES_A_SECOND
_ONE: Final = 1 << 16  # in numbers of 16.16
_NO_LANGUAGE: Final = 0x55C4  # "und"
_ENABLED_AND_SHOWN: Final = 3
_SELF_CONTAINED: Final = 1
_MP3: Final = 0x6B  # ISO/IEC 14496-1, object types
_AUDIO_STREAM: Final = 5 << 2 | 1
_DOTS_AN_INCH: Final = 72 * _ONE
_COLOURS: Final = 24  # bits


@dataclass(frozen=True, slots=True, repr=False)
class Film:
    """What goes into the container."""

    width: int
    height: int
    quarter_turns: int  # clockwise, when it is played
    sequence: bytes
    picture: bytes
    samples: Sequence[bytes]
    sound: bytes  # frames of MP3, all of one length


def parts_of(film: Film) -> Sequence[bytes]:
    """Return the file in parts, in their order."""
    first = _box(b"ftyp", b"mp42", _numbers(0), b"mp42isomavc1")
    pictures = sum(map(len, film.samples))
    size = 8 + pictures + len(film.sound)
    # Offsets have a fixed length, so what the description of the film takes does not depend on them.
    start = len(first) + len(_description(film, 0, 0)) + 8
    return [
        first, _description(film, start, start + pictures), _numbers(size) + b"mdat", *film.samples, film.sound
    ]  # fmt: skip


def _description(film: Film, pictures_at: int, sound_at: int) -> bytes:
    pictures = len(film.samples) * _PICTURE_UNITS
    frames = len(film.sound) // FRAME_BYTES
    sound = frames * SAMPLES_A_FRAME * _UNITS_A_SECOND // RATE
    tracks = _video_track(film, pictures, pictures_at)
    if frames:
        tracks += _sound_track(frames, sound, sound_at)
    header = _full(
        b"mvhd", 0, _numbers(0, 0, _UNITS_A_SECOND, max(pictures, sound), _ONE), b"\1\0" + bytes(10), _matrix(0, film),
        bytes(24), _numbers(3 if frames else 2),
    )  # fmt: skip
    return _box(b"moov", header, tracks)


def _video_track(film: Film, length: int, at: int) -> bytes:
    count = len(film.samples)
    configuration = _box(
        b"avcC", b"\1", film.sequence[1:4], b"\xff\xe1", len(film.sequence).to_bytes(2, "big"), film.sequence,
        b"\1", len(film.picture).to_bytes(2, "big"), film.picture,
    )  # fmt: skip
    entry = _box(
        b"avc1", bytes(6), b"\0\1", bytes(16), struct.pack(">HH", film.width, film.height),
        _numbers(_DOTS_AN_INCH, _DOTS_AN_INCH, 0), b"\0\1", bytes(32), struct.pack(">Hh", _COLOURS, -1), configuration,
    )  # fmt: skip
    keys = range(1, count + 1, KEY_EVERY)
    table = _box(
        b"stbl",
        _full(b"stsd", 0, _numbers(1), entry),
        _full(b"stts", 0, _numbers(1, count, _PICTURE_UNITS)),
        _full(b"stss", 0, _numbers(len(keys), *keys)),
        _full(b"stsc", 0, _numbers(1, 1, count, 1)),
        _full(b"stsz", 0, _numbers(0, count, *map(len, film.samples))),
        _full(b"stco", 0, _numbers(1, at)),
    )
    shown = _full(
        b"tkhd", _ENABLED_AND_SHOWN, _numbers(0, 0, 1, 0, length), bytes(16), _matrix(film.quarter_turns, film),
        _numbers(film.width * _ONE, film.height * _ONE),
    )  # fmt: skip
    media = _full(b"vmhd", 1, bytes(8))
    return _box(b"trak", shown, _media(b"vide", _UNITS_A_SECOND, length, media, table))


def _sound_track(frames: int, length: int, at: int) -> bytes:
    rates = _numbers(BITS_A_SECOND, BITS_A_SECOND)
    decoder = _descriptor(4, bytes((_MP3, _AUDIO_STREAM)) + FRAME_BYTES.to_bytes(3, "big") + rates)
    description = _full(b"esds", 0, _descriptor(3, bytes(3) + decoder + _descriptor(6, b"\2")))
    entry = _box(
        b"mp4a", bytes(6), b"\0\1", bytes(8), struct.pack(">HHI", 1, 16, 0), _numbers(RATE * _ONE), description
    )  # fmt: skip
    table = _box(
        b"stbl",
        _full(b"stsd", 0, _numbers(1), entry),
        _full(b"stts", 0, _numbers(1, frames, SAMPLES_A_FRAME)),
        _full(b"stsc", 0, _numbers(1, 1, frames, 1)),
        _full(b"stsz", 0, _numbers(FRAME_BYTES, frames)),
        _full(b"stco", 0, _numbers(1, at)),
    )
    heard = _full(
        b"tkhd", _ENABLED_AND_SHOWN, _numbers(0, 0, 2, 0, length), bytes(12) + b"\1\0\0\0", _matrix(0, None), bytes(8)
    )
    media = _full(b"smhd", 0, bytes(4))
    return _box(b"trak", heard, _media(b"soun", RATE, frames * SAMPLES_A_FRAME, media, table))


def _media(kind: bytes, rate: int, length: int, header: bytes, table: bytes) -> bytes:
    times = _full(b"mdhd", 0, _numbers(0, 0, rate, length), _NO_LANGUAGE.to_bytes(2, "big"), bytes(2))
    handler = _full(b"hdlr", 0, bytes(4), kind, bytes(12), b"\0")
    here = _box(b"dinf", _full(b"dref", 0, _numbers(1), _full(b"url ", _SELF_CONTAINED)))
    return _box(b"mdia", times, handler, _box(b"minf", header, here, table))


def _matrix(quarter_turns: int, film: Film | None) -> bytes:
    """Return the nine numbers that turn a picture and move it back into sight."""
    width, height = (film.width, film.height) if film else (0, 0)
    a, b, c, d, x, y = (
        (1, 0, 0, 1, 0, 0), (0, 1, -1, 0, height, 0), (-1, 0, 0, -1, width, height), (0, -1, 1, 0, 0, width)
    )[quarter_turns]  # fmt: skip
    return struct.pack(">9i", a * _ONE, b * _ONE, 0, c * _ONE, d * _ONE, 0, x * _ONE, y * _ONE, 1 << 30)


def _box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I", 8 + len(content)) + name + content


def _full(name: bytes, flags: int, *parts: bytes) -> bytes:
    return _box(name, flags.to_bytes(4, "big"), *parts)


def _numbers(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes((tag, len(content))) + content
