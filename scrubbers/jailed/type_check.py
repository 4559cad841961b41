"""What libmagic says a file is. It must agree with what the trusted side saw in the first bytes.

A file made to be two things at once (a picture whose comment is a script, an archive behind an image's header) is at
best useless in its other role after scrubbing; here it is about decoders: a file on whose kind two readers disagree is
not worth showing to a third.
"""

import os
from typing import Final

import magic

from scrubbers.sniff import PDF_WITHIN
from scrubbers.stages import Kind, KindsDisagree

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
    # Of a file whose first brand is a bare picture libmagic says no more than that, and then the decoder decides alone.
    Kind.HEIC: {"image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"},
    Kind.AVIF: {"image/avif", "image/heif", "image/heif-sequence"},
}
# What it says of what it does not know.
_NOTHING: Final = {"application/octet-stream", "text/plain"}


class SecondOpinion:
    """Holds libmagic's compiled patterns; made before the locks go on, because they are read from a file."""

    def __init__(self) -> None:
        self._magic = magic.Magic(mime=True)

    def require_agreement(self, kind: Kind, untrusted_descriptor: int) -> None:
        """Raise KindsDisagree unless libmagic says the same kind."""
        untrusted_head = os.pread(untrusted_descriptor, _HEAD_BYTES, 0)
        said = self._magic.from_buffer(untrusted_head)
        if kind is Kind.PDF and said in _NOTHING:
            # libmagic does not look past what may stand before a PDF's first line.
            start = untrusted_head.find(b"%PDF-", 0, PDF_WITHIN)
            said = self._magic.from_buffer(untrusted_head[max(0, start) :])
        if said not in _NAMES[kind]:
            raise KindsDisagree

    def warm_up(self, content: bytes) -> None:
        """Goes through the patterns once for something of our own, so that a fork has touched them."""
        self._magic.from_buffer(content)
