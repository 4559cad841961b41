"""Opens a document twice: with PDFium, which draws it, and with pypdf, which takes it apart.

Both get it as PDFium rewrites it: without encryption, each object once, and each name and number in one way of writing,
so that no two readers find different things in it. Annotations without a look of their own, to which viewers give one,
then have PDFium's. What is drawn has no hints (`hints`).
"""

import contextlib
import ctypes
import io
import mmap
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple, cast

import pypdf
from pypdf.generic import DictionaryObject, NumberObject

from scrubbers.jailed.pdf import inflate_limits
from scrubbers.jailed.pdf.content.knockout import shows_otherwise
from scrubbers.jailed.pdf.content.optional_content import hides_layers
from scrubbers.jailed.pdf.fonts.lent import with_letters
from scrubbers.jailed.pdf.hints import without_hints
from scrubbers.jailed.pdf.pattern_places import require_one_place
from scrubbers.jailed.pdf.renderer import PdfiumSource
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from trusted.jail.stages import Damaged

# What stands in each pattern, in lists and memberships of layers, and for a space of a device.
_OF_INTEREST: Final = (
    b"/PatternType",
    b"/OCGs",
    b"/VE",
    b"/ViewState",
    b"/DefaultGray",
    b"/DefaultRGB",
    b"/DefaultCMYK",
)
# Kinds to which PDFium gives a look.
_GIVEN_LOOKS: Final = {
    "/Circle", "/Highlight", "/Ink", "/Square", "/Squiggly", "/StrikeOut", "/Text", "/Underline", "/Widget",
}  # fmt: skip
# Filters that are a text or follow one of pictures: PDFium draws them otherwise, or nothing.
_DISPUTED: Final = re.compile(
    rb"/Filter ?(?:\[[^\]]*)?/Crypt\b|/Filter ?\[? ?\(|"
    rb"\[ ?(?:/\w+Decode ?)*/(?:DCT|JPX|CCITTFax|JBIG2)Decode ?/\w+Decode"
)
_KNOCKS_OUT: Final = re.compile(rb"/K true(?=[/>])")
# Kinds of annotations that others draw without a look of their own, and PDFium does not.
_NOT_GIVEN: Final = {"/Line", "/Polygon", "/PolyLine"}


class Opened(NamedTuple):
    """Both readers; None in the place of pypdf's when it cannot follow the document. Whether a layer may be off.

    `lent`: letters that are of our own face in some of its fonts.
    """

    source: PdfiumSource
    reader: pypdf.PdfReader | None
    hides_layers: bool
    lent: AbstractSet[str]


def open_document(untrusted: mmap.mmap) -> Opened:
    """Return what reads it; raises Locked, Damaged, LettersMissing or MemoryError."""
    source = PdfiumSource((ctypes.c_ubyte * len(untrusted)).from_buffer(untrusted))
    rewritten = source.rewritten()
    if _DISPUTED.search(rewritten) is not None:
        raise Damaged
    reader = _read(rewritten)
    whole, lent = (rewritten, set[str]()) if reader is None else with_letters(rewritten, reader)
    if lent:
        rewritten = PdfiumSource(whole).rewritten()
        source, reader = PdfiumSource(rewritten), _read(rewritten)
    if _KNOCKS_OUT.search(rewritten) is not None and (reader is None or shows_otherwise(reader)):
        raise Damaged
    bare = [*_pages_with_bare_annotations(reader)] if reader is not None else []
    if bare:
        rewritten = source.rewritten(bare)
        reader = _read(rewritten)
    hides = False
    if any(each in rewritten for each in _OF_INTEREST):
        if reader is None:
            raise Damaged
        require_one_place(reader)
        hides = hides_layers(reader)
    source = PdfiumSource(rewritten if reader is None else without_hints(rewritten, reader))
    return Opened(source, reader, hides, lent)


def _read(rewritten: bytes) -> pypdf.PdfReader | None:
    # What was encrypted could not be looked at before.
    inflate_limits.require_bounded(rewritten)
    try:
        # Of a BytesIO pypdf makes a copy to ask how long it is.
        stream = io.BufferedReader(cast(io.RawIOBase, io.BytesIO(rewritten)))
        reader = pypdf.PdfReader(stream, strict=False)
        return reader if isinstance(reader.root_object, DictionaryObject) and reader.pages else None
    except access.BROKEN:
        return None


def _pages_with_bare_annotations(reader: pypdf.PdfReader) -> Iterator[int]:
    """Yield the pages with an annotation that is drawn though it has no look of its own."""
    form = access.dictionary_in(reader.root_object, "/AcroForm")
    all_are = access.is_true(access.entry(form, "/NeedAppearances"))
    for number, page in enumerate(reader.pages):
        with contextlib.suppress(NotRebuildable, *access.BROKEN):
            annotations = access.array(access.entry(page, "/Annots"))
            if any(all_are or _is_bare(each) for each in annotations):
                yield number


def _is_bare(annotation: object) -> bool:
    if not isinstance(annotation, DictionaryObject) or "/N" in access.dictionary_in(annotation, "/AP"):
        return False
    kind, flags = access.name_of(annotation.get("/Subtype")), access.entry(annotation, "/F")
    if kind in _NOT_GIVEN and not (isinstance(flags, NumberObject) and flags & 2):
        raise Damaged
    return kind in _GIVEN_LOOKS
