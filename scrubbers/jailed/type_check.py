"""libmagic's judgement of a file's kind, which must agree with the trusted side's (`scrubbers.sniff`).

Scrubbing takes a polyglot's other role away in any case (a picture whose comment is a script, an archive behind an
image's header). This check protects decoders: a file on whose kind two readers disagree is not shown to a third.
"""

import ctypes.util
import os
from typing import Final

# The library's loader asks `ldconfig` for its name, twice, each time in a process of its own: a tenth of what cleaning
# one file as a command takes. Told of none it takes libmagic.so.1, the only one that there is on Linux.
_find_library = ctypes.util.find_library
ctypes.util.find_library = lambda name: None  # noqa: ARG005

import magic  # noqa: E402

ctypes.util.find_library = _find_library

from scrubbers.sniff import PDF_WITHIN  # noqa: E402
from trusted.jail.stages import Kind, KindsDisagree  # noqa: E402

# libmagic's patterns for our kinds look no further.
_HEAD_BYTES: Final = 64 * 1024

_NAMES: Final = {
    Kind.JPEG: {"image/jpeg"},
    Kind.PNG: {"image/png", "image/apng", "image/vnd.mozilla.apng"},
    Kind.WEBP: {"image/webp"},
    Kind.TIFF: {"image/tiff"},
    Kind.GIF: {"image/gif"},
    Kind.BMP: {"image/bmp", "image/x-ms-bmp"},
    Kind.PDF: {"application/pdf"},
    # For a file whose first brand names no codec libmagic says no more than that, and then the decoder decides alone.
    Kind.HEIC: {"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"},
    Kind.AVIF: {"image/avif", "image/heif", "image/heif-sequence"},
}
# libmagic looks at the first entries of an archive, and says less where it does not know their order.
_OFFICE: Final = (
    "application/zip", "application/octet-stream", "application/vnd.openxmlformats-officedocument.",
    "application/vnd.oasis.opendocument.", "text/rtf",
)  # fmt: skip
# What libmagic calls words: each language of programs has a name of its own. Web pages are shown otherwise than read.
# It takes a text that begins with "From:" for a message; one that is, its job refuses (`jailed.text.traces`).
_WORDS: Final = (
    "text/",
    "message/rfc822",
    "application/json",
    "application/x-ndjson",
    "application/javascript",
    "application/csv",
)
_NO_WORDS: Final = {"text/html", "text/xml", "text/rtf"}
# Containers are the same for sound and film; of an MP3 without tags libmagic is not always certain.
_SOUNDS: Final = ("audio/", "video/", "application/ogg", "application/x-matroska", "application/octet-stream")
# Of a message libmagic knows some first lines; a body in eight bits makes it uncertain.
_MESSAGES: Final = ("message/", "text/", "application/mbox", "application/xhtml+xml", "application/octet-stream")
_BEGINNINGS: Final = {Kind.OFFICE: _OFFICE, Kind.SOUND: _SOUNDS, Kind.FILM: _SOUNDS, Kind.EMAIL: _MESSAGES}
# libmagic's answers for an unknown kind.
_NOTHING: Final = {"application/octet-stream", "text/plain"}


class SecondOpinion:
    """Holds libmagic's compiled patterns; made before the locks go on, because they are read from a file."""

    def __init__(self) -> None:
        self._magic = magic.Magic(mime=True)

    def require_agreement(self, kind: Kind, untrusted_descriptor: int) -> None:
        """Raise KindsDisagree unless libmagic says the same kind."""
        untrusted_head = os.pread(untrusted_descriptor, _HEAD_BYTES, 0)
        found = self._magic.from_buffer(untrusted_head)
        if kind is Kind.PDF and found in _NOTHING:
            # libmagic does not skip what may stand before a PDF's first line.
            start = untrusted_head.find(b"%PDF-", 0, PDF_WITHIN)
            found = self._magic.from_buffer(untrusted_head[max(0, start) :])
        if kind in {Kind.TEXT, Kind.CSV}:
            if not found.startswith(_WORDS) or found in _NO_WORDS:
                raise KindsDisagree
        elif kind in _BEGINNINGS:
            if not found.startswith(_BEGINNINGS[kind]):
                raise KindsDisagree
        elif found not in _NAMES[kind]:
            raise KindsDisagree

    def warm_up(self, content: bytes) -> None:
        """Match the patterns once against a sample, so that a fork has touched their memory."""
        self._magic.from_buffer(content)
