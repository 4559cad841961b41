"""Opens a document twice: with PDFium, which draws it, and with pypdf, which takes it apart.

Both get the file as it is, or as PDFium rewrites it:

- when it is encrypted but opens without a password (it may then be read, though not printed or changed)
- when annotations have no look of their own, and viewers give them one: PDFium's becomes theirs
- when pypdf cannot follow it, and PDFium repairs it
"""

import contextlib
import ctypes
import io
import itertools
import mmap
from collections.abc import Collection, Iterator
from typing import IO, Final

import pypdf
from pypdf.generic import DictionaryObject

from scrubbers.jailed.pdf import inflate_limits
from scrubbers.jailed.pdf.renderer import PdfiumSource
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_MOST_ANNOTATIONS: Final = 5000
# Kinds to which PDFium gives a look.
_GIVEN_LOOKS: Final = {
    "/Circle", "/Highlight", "/Ink", "/Square", "/Squiggly", "/StrikeOut", "/Text", "/Underline",
}  # fmt: skip


def open_document(untrusted: mmap.mmap, file: IO[bytes]) -> tuple[PdfiumSource, pypdf.PdfReader | None]:
    """Return both readers; None in the place of pypdf when it cannot follow the document. Raises Locked or Damaged."""
    source = PdfiumSource((ctypes.c_ubyte * len(untrusted)).from_buffer(untrusted))
    reader = _read(file)
    bare = _pages_with_bare_annotations(reader) if reader is not None else []
    if reader is not None and not bare:
        return source, reader
    rewritten = source.rewritten(bare)
    # What was encrypted could not be looked at before.
    inflate_limits.require_bounded(rewritten)
    return PdfiumSource(rewritten), _read(io.BytesIO(rewritten))


def _read(file: IO[bytes]) -> pypdf.PdfReader | None:
    try:
        reader = pypdf.PdfReader(file, strict=False)
        if reader.is_encrypted or not isinstance(reader.root_object, DictionaryObject) or not reader.pages:
            return None
    except access.BROKEN:
        return None
    return reader


def _pages_with_bare_annotations(reader: pypdf.PdfReader) -> list[int]:
    """Pages with an annotation that is drawn though it has no look of its own."""
    form = access.dictionary_in(reader.root_object, "/AcroForm")
    if access.is_true(access.entry(form, "/NeedAppearances")):
        return [number for number, page in enumerate(reader.pages) if "/Annots" in page]
    kinds = {*_GIVEN_LOOKS, "/Widget"} if form else _GIVEN_LOOKS
    annotations = itertools.islice(_annotations(reader, kinds), _MOST_ANNOTATIONS)
    return sorted({number for number, is_bare in annotations if is_bare})


def _annotations(reader: pypdf.PdfReader, kinds: Collection[str]) -> Iterator[tuple[int, bool]]:
    """Yield of each annotation the page, and whether it is of these kinds and has no look."""
    for number, page in enumerate(reader.pages):
        with contextlib.suppress(NotRebuildable, *access.BROKEN):
            for each in access.array(access.entry(page, "/Annots")):
                if isinstance(each, DictionaryObject):
                    has_look = "/N" in access.dictionary_in(each, "/AP")
                    yield number, not has_look and access.name_of(each.get("/Subtype")) in kinds
