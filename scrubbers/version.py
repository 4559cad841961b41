"""The version of the scrubber, which each report of a kept file names."""

import csv
import hashlib
import importlib.metadata
import unicodedata
import zlib
from typing import Final

# Incremented whenever a change in this project changes the bytes that come out.
_RULES_VERSION: Final = 22
# What decodes, encodes and draws. Six wheels bundle native libraries: libjpeg, libtiff, libwebp, littleCMS, libavif;
# libheif; PDFium; MuPDF; HarfBuzz; FFmpeg and LAME.
_PACKAGES: Final = ("pillow", "pillow-heif", "pypdfium2", "pymupdf", "pypdf", "fonttools", "uharfbuzz", "av")


def scrubber_version() -> str:
    """Return all that a result depends on: with the same version, the same file gives the same bytes or refusal.

    Of recordings and films on processors of one kind: FFmpeg computes with the instructions that there are.

    The versions come from the installed packages' metadata: importing the packages would load decoders.
    """
    packages = (f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)
    libraries = (f"zlib {zlib.ZLIB_RUNTIME_VERSION}", f"Unicode {unicodedata.unidata_version}", _bundled_libraries())
    known = (f"rules {_RULES_VERSION}", *packages, *libraries)
    return ", ".join(known)


def _bundled_libraries() -> str:
    """Return eight hex digits for the native libraries in the wheels, which differ by processor."""
    # Not by `files`, which since Python 3.12 leaves out what does not lie beside its list.
    lists = (importlib.metadata.distribution(name).read_text("RECORD") or "" for name in _PACKAGES)
    written = sorted(
        f"{path} {digest.partition('=')[2]}\n"
        for one in lists
        for path, digest, _ in csv.reader(one.splitlines())
        if digest
        and (".libs" in path.split("/")[0] or path.split("/")[-1].startswith(("libpdfium", "libmupdf", "_harfbuzz.")))
    )
    if not written:
        return "libraries of the system"
    return f"libraries {hashlib.sha256(''.join(written).encode()).hexdigest()[:8]}"
