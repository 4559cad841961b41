"""Opens a document twice: with PDFium, which draws it, and with pypdf, which takes it apart.

pypdf gets the file as it is, or as PDFium rewrites it:

- when it is encrypted but opens without a password (it may then be read, though not printed or changed)
- when annotations have no look of their own, and viewers give them one: PDFium's becomes theirs
- when pypdf cannot follow it, and PDFium repairs it

Fields without a form are drawn from a copy, once the report has been made from the document itself.
"""

import ctypes
import io
import mmap
from typing import IO, Final

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from scrubbers.jailed.pdf import inflate_limits
from scrubbers.jailed.pdf.renderer import PdfiumSource
from scrubbers.jailed.pdf.stray_fields import copy_with_fields
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_MOST_ANNOTATIONS: Final = 5000
# Kinds to which PDFium gives a look.
_GIVEN_LOOKS: Final = {
    "/Circle", "/Highlight", "/Ink", "/Square", "/Squiggly", "/StrikeOut", "/Text", "/Underline", "/Widget",
}  # fmt: skip


def open_document(untrusted: mmap.mmap, file: IO[bytes]) -> tuple[PdfiumSource, pypdf.PdfReader | None]:
    """Return both readers; None in the place of pypdf when it cannot follow the document. Raises Locked or Damaged."""
    source = PdfiumSource((ctypes.c_ubyte * len(untrusted)).from_buffer(untrusted))
    reader = _read(file)
    return source, _with_looks(source, reader) if reader is not None else _anew(source, [])


def with_stray_fields(
    source: PdfiumSource, reader: pypdf.PdfReader | None
) -> tuple[PdfiumSource, pypdf.PdfReader | None]:
    """Return the two readers of the document, or of a copy in which fields without a form are drawn. Raises Damaged."""
    copy = copy_with_fields(reader) if reader is not None else None
    if copy is None:
        return source, reader
    source, reader = PdfiumSource((ctypes.c_ubyte * len(copy)).from_buffer_copy(copy)), _read(io.BytesIO(copy))
    return source, _with_looks(source, reader) if reader is not None else None


def _with_looks(source: PdfiumSource, reader: pypdf.PdfReader) -> pypdf.PdfReader | None:
    bare = _pages_with_bare_annotations(reader)
    return _anew(source, bare) if bare else reader


def _anew(source: PdfiumSource, bare: list[int]) -> pypdf.PdfReader | None:
    rewritten = source.rewritten(bare)
    # What was encrypted could not be looked at before.
    inflate_limits.require_bounded(rewritten)
    return _read(io.BytesIO(rewritten))


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
    found: list[int] = []
    seen = 0
    has_form = "/AcroForm" in reader.root_object
    form = access.dictionary_in(reader.root_object, "/AcroForm")
    if access.is_true(access.entry(form, "/NeedAppearances")):
        return [number for number, page in enumerate(reader.pages) if "/Annots" in page]
    for number, page in enumerate(reader.pages):
        try:
            annotations = access.entry(page, "/Annots")
            items = list.__iter__(annotations) if isinstance(annotations, ArrayObject) else iter(())
            for item in items:
                seen += 1
                if seen > _MOST_ANNOTATIONS:
                    return found
                annotation = access.resolved(item)
                if isinstance(annotation, DictionaryObject) and _is_bare(annotation, has_form=has_form):
                    found.append(number)
                    break
        except (NotRebuildable, *access.BROKEN):
            continue
    return found


def _is_bare(annotation: DictionaryObject, *, has_form: bool) -> bool:
    kind = access.name_of(annotation.get("/Subtype"))
    if kind not in _GIVEN_LOOKS or (kind == "/Widget" and not has_form):
        return False
    look = access.entry(access.dictionary_in(annotation, "/AP"), "/N")
    if isinstance(look, DictionaryObject) and not isinstance(look, StreamObject):
        return (access.name_of(annotation.get("/AS")) or "") not in look
    return look is None
