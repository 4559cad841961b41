"""The description of a clean film (ISO/IEC 14496-12), in its one order. What differs is given back.

All else is constant. Raises ValueError at the first byte that is not as it must be.
"""

import struct
from dataclasses import dataclass
from typing import Final

_HEAD_BYTES: Final = 8
_MILLISECONDS: Final = 1000
_PICTURE_MILLISECONDS: Final = 40
_KEY_EVERY: Final = 50
_SOUND_RATE: Final = 32_000
_FRAME_BYTES, _FRAME_SAMPLES, _FRAME_MILLISECONDS = 288, 1152, 36
_MATRIX: Final = "00010000 00000000 00000000 00000000 00010000 00000000 00000000 00000000 40000000"
_UNTURNED: Final = bytes.fromhex(_MATRIX)
_ONE, _MINUS_ONE = b"\0\1\0\0", b"\xff\xff\0\0"
# ISO/IEC 14496-14: a stream of MP3 (6b), frames of 288 bytes, 64,000 bits a second at most and on average.
_ELEMENTARY_STREAM: Final = bytes.fromhex("00000000 0315 000000 040d 6b15 000120 0000fa00 0000fa00 0601 02")
_HERE: Final = bytes.fromhex("0000001c 64726566 00000000 00000001 0000000c 75726c20 00000001")
_NAMELESS: Final = bytes(12) + b"\0"
_WITHOUT_LANGUAGE: Final = b"\x55\xc4\0\0"


@dataclass(frozen=True, slots=True, repr=False)
class Coding:
    """How the pictures are to be read."""

    width: int
    height: int
    sequence: bytes
    picture: bytes
    configuration: bytes  # both, as a decoder takes them


@dataclass(frozen=True, slots=True, repr=False)
class Described:
    """What is not the same for all films."""

    coding: Coding
    pictures_at: int
    sizes: tuple[int, ...]
    sound_at: int
    sound_frames: int


class Boxes:
    """Walks over boxes that lie one behind the other."""

    def __init__(self, untrusted: bytes) -> None:
        self._untrusted, self._at = untrusted, 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._untrusted)

    def content(self, name: bytes) -> bytes:
        """Step over the next box, which must have this name; return its bytes."""
        size, found = struct.unpack(">I4s", self._untrusted[self._at : self._at + _HEAD_BYTES])
        _require(found == name and _HEAD_BYTES <= size <= len(self._untrusted) - self._at)
        self._at += size
        return self._untrusted[self._at - size + _HEAD_BYTES : self._at]

    def inside(self, name: bytes) -> "Boxes":
        """Step over the next box, which must have this name; return the boxes in it."""
        return Boxes(self.content(name))

    def only_entry(self, name: bytes) -> "Boxes":
        """Step over the next box, which must have this name and is a table of boxes; return its one entry."""
        content = self.content(name)
        _require(content[:8] == _words(0, 1))
        return Boxes(content[8:])

    def require(self, name: bytes, content: bytes) -> None:
        """Step over the next box, which must be this one."""
        _require(self.content(name) == content)

    def require_end(self) -> None:
        _require(self.is_at_end)


def described(movie: Boxes) -> Described:
    """Return what the boxes in moov say; raises ValueError."""
    header = movie.content(b"mvhd")
    track = movie.inside(b"trak")
    coding, pictures_at, sizes = _pictures(track)
    sound_at, frames = (0, 0) if movie.is_at_end else _sound(movie.inside(b"trak"))
    movie.require_end()
    longest = max(len(sizes) * _PICTURE_MILLISECONDS, frames * _FRAME_MILLISECONDS)
    _require(
        header
        == _words(0, 0, 0, _MILLISECONDS, longest) + _ONE + b"\1" + bytes(11) + _UNTURNED + bytes(24)
        + _words(3 if frames else 2)
    )  # fmt: skip
    return Described(coding, pictures_at, sizes, sound_at, frames)


def _pictures(track: Boxes) -> tuple[Coding, int, tuple[int, ...]]:
    shown = track.content(b"tkhd")
    times, table = _media(track, b"vide", b"vmhd", _words(1, 0, 0))
    coding = _coding(table.only_entry(b"stsd"))
    count = _only_length(table.content(b"stts"), _PICTURE_MILLISECONDS)
    keys = range(1, count + 1, _KEY_EVERY)
    table.require(b"stss", _words(0, len(keys), *keys))
    table.require(b"stsc", _words(0, 1, 1, count, 1))
    sizes = table.content(b"stsz")
    _require(sizes[:12] == _words(0, 0, count) and len(sizes) == 4 * (3 + count))
    at = _only_offset(table)
    length = count * _PICTURE_MILLISECONDS
    _require(times == _words(0, 0, 0, _MILLISECONDS, length) + _WITHOUT_LANGUAGE)
    head, sides = _words(3, 0, 0, 1, 0, length) + bytes(16), _words(coding.width << 16, coding.height << 16)
    _require(shown in {head + matrix + sides for matrix in _turned(coding.width, coding.height)})
    return coding, at, struct.unpack(f">{count}I", sizes[12:])


def _sound(track: Boxes) -> tuple[int, int]:
    """Return where the frames of the sound begin, and how many there are."""
    heard = track.content(b"tkhd")
    times, table = _media(track, b"soun", b"smhd", bytes(8))
    entry = table.only_entry(b"stsd")
    stream = _words(_HEAD_BYTES + len(_ELEMENTARY_STREAM)) + b"esds" + _ELEMENTARY_STREAM
    rate = _words(_SOUND_RATE << 16)
    entry.require(b"mp4a", bytes(7) + b"\1" + bytes(8) + b"\0\1\0\x10\0\0\0\0" + rate + stream)
    entry.require_end()
    count = _only_length(table.content(b"stts"), _FRAME_SAMPLES)
    table.require(b"stsc", _words(0, 1, 1, count, 1))
    table.require(b"stsz", _words(0, _FRAME_BYTES, count))
    at = _only_offset(table)
    _require(times == _words(0, 0, 0, _SOUND_RATE, count * _FRAME_SAMPLES) + _WITHOUT_LANGUAGE)
    length = count * _FRAME_MILLISECONDS
    _require(heard == _words(3, 0, 0, 2, 0, length) + bytes(12) + b"\1\0\0\0" + _UNTURNED + bytes(8))
    return at, count


def _media(track: Boxes, kind: bytes, header: bytes, said: bytes) -> tuple[bytes, "Boxes"]:
    """Return the times and the tables of a track, which ends with them."""
    media = track.inside(b"mdia")
    track.require_end()
    times = media.content(b"mdhd")
    media.require(b"hdlr", bytes(8) + kind + _NAMELESS)
    information = media.inside(b"minf")
    media.require_end()
    information.require(header, said)
    information.require(b"dinf", _HERE)
    table = information.inside(b"stbl")
    information.require_end()
    return times, table


def _coding(entries: Boxes) -> Coding:
    """Return how the pictures are to be read."""
    entry = entries.content(b"avc1")
    entries.require_end()
    width, height = struct.unpack(">HH", entry[24:28])
    dots = _words(72 << 16, 72 << 16, 0)
    _require(entry[:24] == bytes(7) + b"\1" + bytes(16))
    _require(entry[28:78] == dots + b"\0\1" + bytes(32) + b"\0\x18\xff\xff")
    inner = Boxes(entry[78:])
    said = inner.content(b"avcC")
    inner.require_end()
    length = int.from_bytes(said[6:8], "big")
    sequence, rest = said[8 : 8 + length], said[8 + length :]
    picture = rest[3:]
    _require(said[:6] == b"\1" + sequence[1:4] + b"\xff\xe1" and rest[:3] == b"\1" + len(picture).to_bytes(2, "big"))
    return Coding(width, height, sequence, picture, said)


def _only_length(times: bytes, each: int) -> int:
    """Return how many samples there are, all as long as each other."""
    version, entries, count, found = struct.unpack(">4I", times)
    _require((version, entries, found) == (0, 1, each) and count > 0)
    return int(count)


def _only_offset(table: Boxes) -> int:
    """Return where the one piece of a track begins; with it the tables end."""
    version, entries, at = struct.unpack(">3I", table.content(b"stco"))
    _require((version, entries) == (0, 1))
    table.require_end()
    return int(at)


def _turned(width: int, height: int) -> tuple[bytes, ...]:
    """Return the matrices of no, one, two and three quarter turns."""
    none, last = bytes(4), b"\x40\0\0\0"
    x, y = _words(width << 16), _words(height << 16)
    return (
        _UNTURNED,
        none + _ONE + none + _MINUS_ONE + none * 2 + y + none + last,
        _MINUS_ONE + none * 3 + _MINUS_ONE + none + x + y + last,
        none + _MINUS_ONE + none + _ONE + none * 3 + x + last,
    )


def _words(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def _require(condition: bool) -> None:
    if not condition:
        raise ValueError
