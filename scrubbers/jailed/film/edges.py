"""What FFmpeg decodes of a film and players do not show: what lies beyond the edges, or beyond the end of a cut.

FFmpeg keeps these apart and gives them to nobody who decodes. Where there is any, the film is refused. Boxes are those
of ISO/IEC 14496-12, elements those of Matroska (RFC 9559).
"""

import mmap
import re
import struct
from collections.abc import Iterator
from typing import Final

from trusted.jail.stages import SoundOrFilm

# A box by its length and name, wherever it is: eight bytes do not meet by chance.
_APERTURE: Final = re.compile(rb"clap(?P<numbers>.{32})", re.DOTALL)
_APERTURE_LENGTH: Final = struct.pack(">I", 40)
_FRACTIONS: Final = struct.Struct(">8i")
_IN_FRAGMENTS: Final = re.compile(rb"mvex\0\0")
_EDIT_LIST: Final = re.compile(rb"elst(?P<version>[\0\1])\0\0\0(?P<count>.{4})", re.DOTALL)
_EDITS: Final = (struct.Struct(">IiI"), struct.Struct(">QqI"))
_NOTHING: Final = -1
_MOST_EDITS: Final = 4
_TRACKS: Final = re.compile(rb"\x16\x54\xae\x6b")
_TRACK, _VIDEO = b"\xae", b"\xe0"
_CROPS: Final = frozenset((b"\x54\xaa", b"\x54\xbb", b"\x54\xcc", b"\x54\xdd"))
_MOST_ID_BYTES: Final = 4
_MOST_LENGTH_BYTES: Final = 8


def require_whole(untrusted: mmap.mmap, width: int, height: int) -> None:
    """Raise SoundOrFilm where players show less than these columns and rows."""
    for found in _APERTURE.finditer(untrusted):
        wide, of_wide, high, of_high, right, _, down, _ = _FRACTIONS.unpack(found["numbers"])
        is_whole = (wide, high, right, down) == (width * of_wide, height * of_high, 0, 0)
        if untrusted[found.start() - 4 : found.start()] == _APERTURE_LENGTH and not is_whole:
            raise SoundOrFilm
    if _IN_FRAGMENTS.search(untrusted):
        _require_no_end(untrusted)
    for found in _TRACKS.finditer(untrusted):
        if any(_crops(untrusted, found.start(), len(untrusted))):
            raise SoundOrFilm


def _require_no_end(untrusted: mmap.mmap) -> None:
    """Raise SoundOrFilm where an edit list says when to stop, which FFmpeg does not heed in a file in fragments."""
    for found in _EDIT_LIST.finditer(untrusted):
        edit = _EDITS[found["version"][0]]
        shown = 0
        for number in range(min(int.from_bytes(found["count"], "big"), _MOST_EDITS)):
            length, begin, _ = edit.unpack_from(untrusted, found.end() + number * edit.size)
            shown += begin != _NOTHING
            if (begin != _NOTHING and length) or shown > 1:
                raise SoundOrFilm


def _crops(untrusted: mmap.mmap, start: int, end: int) -> Iterator[bool]:
    """Yield for each crop of the tracks that begin here whether it crops."""
    for _, tracks, tracks_end in _elements(untrusted, start, end):
        for name, track, track_end in _elements(untrusted, tracks, tracks_end):
            for inner, video, video_end in _elements(untrusted, track, track_end) if name == _TRACK else ():
                for crop, at, crop_end in _elements(untrusted, video, video_end) if inner == _VIDEO else ():
                    yield crop in _CROPS and any(untrusted[at:crop_end])
        return


def _elements(untrusted: mmap.mmap, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield each element's name and the start and end of its content; stop at the first that does not fit."""
    while start < end:
        name = _number_bytes(untrusted[start])
        length = _number_bytes(untrusted[start + name]) if start + name < end else _MOST_LENGTH_BYTES + 1
        content = start + name + length
        if name > _MOST_ID_BYTES or content > end:
            return
        # The highest bit that is set says how long the number is.
        size = int.from_bytes(untrusted[start + name : content], "big") & ((1 << 7 * length) - 1)
        if size > end - content:
            return
        yield untrusted[start : start + name], content, content + size
        start = content + size


def _number_bytes(first: int) -> int:
    return 9 - first.bit_length()
