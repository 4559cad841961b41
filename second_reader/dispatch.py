"""An independent reading of a result: it may consist of what a clean file of its kind consists of, and of nothing else.

Runs in a fresh job, which has never read the original file. Shares no code with the scrubber and decodes no pixels but
those of films. Each walks the whole file from the first byte to the last, has a closed list of blocks, checks the
content of every block that could carry something, and refuses at the first byte it cannot account for. What remains
unseen is what compressed pixels can carry: they were made by our encoders from decoded pixels.

Raises WouldNotVouch, also when a reader fails (a length that points outside).
"""

import mmap
import struct
import zlib
from collections.abc import Callable
from typing import Final

from second_reader import jpeg, png, tiff, webp
from second_reader.sound import is_clean_sound
from second_reader.text import is_clean_table, is_clean_text
from trusted.jail.stages import Kind, WouldNotVouch

_READERS: Final[dict[Kind, Callable[[mmap.mmap], bool]]] = {
    Kind.JPEG: jpeg.is_clean,
    Kind.PNG: png.is_clean,
    Kind.WEBP: webp.is_clean,
    Kind.TIFF: tiff.is_clean,
    Kind.TEXT: is_clean_text,
    Kind.CSV: is_clean_table,
    Kind.SOUND: is_clean_sound,
}


def reader_of(kind: Kind) -> Callable[[mmap.mmap], bool] | None:
    """Return the reader of a kind of result. A zygote for pictures loads neither that for PDF nor that for films."""
    if kind is Kind.PDF:
        from second_reader.typeset.file import is_clean_document  # noqa: PLC0415

        return is_clean_document
    if kind is Kind.FILM:
        from second_reader.film import is_clean_film  # noqa: PLC0415

        return is_clean_film
    return _READERS.get(kind)


def require_clean(kind: Kind, untrusted_descriptor: int) -> None:
    """Raise WouldNotVouch unless every byte of the file is accounted for."""
    reader = reader_of(kind)
    if reader is None:
        raise WouldNotVouch
    try:
        with mmap.mmap(untrusted_descriptor, 0, prot=mmap.PROT_READ) as untrusted:
            clean = reader(untrusted)
    except (LookupError, ValueError, struct.error, zlib.error):
        raise WouldNotVouch from None
    if not clean:
        raise WouldNotVouch
