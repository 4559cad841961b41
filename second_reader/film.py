"""Reads a clean film: an MP4 of one form from the first byte to the last (`film_boxes`), and in it H.264 and MP3.

1 each box stands at its place and says what the one form says; nothing is between or behind
2 the two units that tell how to read the others have one form (`film_pictures`), the size alone differs
3 each picture is one unit, of the kind that its place asks for
4 another program than the one that wrote them, FFmpeg's decoder, reads all bits of each picture, and none is over
5 the frames of the sound are those of a clean recording (`sound`)
"""

import mmap
import struct
from typing import Final

from second_reader.film_boxes import Boxes, described
from second_reader.film_pictures import are_clean_pictures
from second_reader.sound import are_clean_frames

_KIND: Final = struct.pack(">I4s4sI12s", 28, b"ftyp", b"mp42", 0, b"mp42isomavc1")
_BOX: Final = struct.Struct(">I4s")
_FRAME_BYTES: Final = 288


def is_clean_film(untrusted: mmap.mmap) -> bool:
    """Return whether every byte of the film is accounted for. Raises ValueError, struct.error."""
    start = len(_KIND) + _BOX.size
    length, name = _BOX.unpack(untrusted[len(_KIND) : start])
    if untrusted[: len(_KIND)] != _KIND or name != b"moov" or length > len(untrusted):
        return False
    end = len(_KIND) + length
    film = described(Boxes(untrusted[start:end]))
    pictures = end + _BOX.size
    if _BOX.unpack(untrusted[end:pictures]) != (len(untrusted) - end, b"mdat"):
        return False
    sound = pictures + sum(film.sizes)
    if film.pictures_at != pictures or len(untrusted) != sound + film.sound_frames * _FRAME_BYTES:
        return False
    if film.sound_frames and (film.sound_at != sound or not are_clean_frames(untrusted, sound, len(untrusted))):
        return False
    return are_clean_pictures(untrusted, film)
