"""A file of a case as a browser may show it from memory, in a way that leaves nothing of it on the disk.

1. The second reader vouches for it here, no matter who sealed it: in both browsers a script in a PDF runs, whatever the
   answer that carries it forbids. The pictures of a film would need a decoder: there the digest in the case counts.
2. Each kind is shown in the way in which neither Chromium nor Firefox wrote anything (docs/decisions/desk/0068). Where
   there is none for this browser it is not shown.
"""

import enum
import mmap
import secrets
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from desk.errors import NotShown
from desk.work.case.picture_pdf import picture_as_pdf
from second_reader import jpeg, png, tiff, webp
from second_reader.sound import is_clean_sound
from second_reader.text import is_clean_table, is_clean_text
from second_reader.typeset.file import is_clean_document
from trusted.jail.stages import Kind

# Not `second_reader.dispatch`, which can bring a decoder for films.
_READERS: Final[dict[str, Callable[[mmap.mmap], bool]]] = {
    Kind.PDF: is_clean_document,
    Kind.TEXT: is_clean_text,
    Kind.CSV: is_clean_table,
    Kind.SOUND: is_clean_sound,
    Kind.JPEG: jpeg.is_clean,
    Kind.PNG: png.is_clean,
    Kind.TIFF: tiff.is_clean,
    Kind.WEBP: webp.is_clean,
}
# What Firefox keeps in memory of a sound or film (media.memory_cache_max_size); what is longer it writes to a file.
MEDIA_BYTES_MAX: Final = 8 * 2**20
# A clean sound is frames of one length, none of which needs the one before (docs/FORMATS.md, 13).
_SOUND_PART_BYTES: Final = MEDIA_BYTES_MAX // 288 * 288


class Way(enum.StrEnum):
    """By which element a page shows it, and so how the browser asks for it."""

    FRAME = "frame"
    PICTURE = "picture"
    SOUND = "sound"
    FILM = "film"


@dataclass(frozen=True, slots=True, repr=False)
class ShownFile:
    """What the browser gets; `file_id` is of which file. A long sound has several parts."""

    file_id: str
    way: Way
    content_type: str
    ending: str
    parts: tuple[bytes, ...]


def shown_file(file_id: str, kind: str, clean: bytes, *, is_chromium: bool) -> ShownFile:
    """Return the file as this browser shows it. Raises NotShown, and CaseBroken."""
    match kind:
        case Kind.FILM:
            if len(clean) > MEDIA_BYTES_MAX and not is_chromium:
                raise NotShown("show.film_in_chromium")
            return ShownFile(file_id, Way.FILM, "video/mp4", "mp4", (clean,))
        case Kind.WEBP if is_chromium:
            raise NotShown("show.picture_in_firefox")
    _require_clean(kind, clean)
    match kind:
        case Kind.PDF:
            return ShownFile(file_id, Way.FRAME, "application/pdf", "pdf", (_renamed(clean),))
        case Kind.TEXT | Kind.CSV:
            return ShownFile(file_id, Way.FRAME, "text/plain; charset=utf-8", "txt", (clean,))
        case Kind.SOUND:
            return ShownFile(file_id, Way.SOUND, "audio/mpeg", "mp3", tuple(_parts(clean)))
        case Kind.WEBP:
            return ShownFile(file_id, Way.PICTURE, "image/webp", "webp", (clean,))
    return ShownFile(file_id, Way.FRAME, "application/pdf", "pdf", (_renamed(picture_as_pdf(kind, clean)),))


def _require_clean(kind: str, clean: bytes) -> None:
    """Raise NotShown unless the second reader accounts for every byte, as it did at the server."""
    try:
        with mmap.mmap(-1, max(1, len(clean))) as untrusted:
            untrusted.write(clean)
            is_clean = _READERS[kind](untrusted)
    except (LookupError, ValueError, struct.error, zlib.error):
        is_clean = False
    if not is_clean:
        raise NotShown


def _renamed(document: bytes) -> bytes:
    """Return the document with an identifier that was drawn now.

    Firefox keeps on the disk at which page each document was, under its identifier; without one under a hash of its
    beginning, by which somebody who has the file too could tell that it was read.
    """
    before, trailer, after = document.rpartition(b"trailer\n<<")
    drawn = secrets.token_hex(16).encode()
    return b"%s%s/ID [<%s><%s>] %s" % (before, trailer, drawn, drawn, after)


def _parts(sound: bytes) -> Iterator[bytes]:
    for start in range(0, len(sound), _SOUND_PART_BYTES):
        yield sound[start : start + _SOUND_PART_BYTES]
