"""Form fields of a document that has no form, and those that no form can have as they lack a kind or a name.

PDFium draws none of them, other programs do: what was filled in would be lost, and what a field covers be seen. So they
are made drawable in a copy that never leaves the job's memory: a field that says what it looks like becomes a stamp,
one that does not gets a name and a form, and PDFium then makes it a look as for any other field.
"""

import io
from collections.abc import Iterable, Iterator
from typing import Final

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.stages import Damaged

_MOST_ANNOTATIONS: Final = 5000  # of the document; a page with more becomes pixels
_DEEPEST_FIELD: Final = 8


def copy_with_fields(reader: pypdf.PdfReader) -> bytes | None:
    """Return the document with its stray fields made drawable; None if it has none. Raises Damaged."""
    if next(_stray(reader.pages, reader.root_object), None) is None:
        return None
    made = io.BytesIO()
    try:
        writer = pypdf.PdfWriter(clone_from=reader)
        root = writer.root_object
        for number, field in enumerate([*_stray(writer.pages, root)]):
            if "/AP" in field:
                field[NameObject("/Subtype")] = NameObject("/Stamp")
                continue
            field.setdefault(NameObject("/T"), TextStringObject(f"f{number}"))
            if not _has_form(root):
                root[NameObject("/AcroForm")] = DictionaryObject({NameObject("/Fields"): ArrayObject()})
        writer.write(made)
    except (NotRebuildable, *access.BROKEN):
        raise Damaged from None
    return made.getvalue()


def _stray(pages: Iterable[DictionaryObject], root: DictionaryObject) -> Iterator[DictionaryObject]:
    has_form = _has_form(root)
    seen = 0
    for page in pages:
        try:
            annotations = access.entry(page, "/Annots")
        except access.BROKEN:
            continue
        for item in list.__iter__(annotations) if isinstance(annotations, ArrayObject) else ():
            seen += 1
            if seen > _MOST_ANNOTATIONS:
                return
            try:
                found = access.resolved(item)
                if isinstance(found, DictionaryObject) and _is_stray(found, has_form=has_form):
                    yield found
            except access.BROKEN:
                continue


def _is_stray(annotation: DictionaryObject, *, has_form: bool) -> bool:
    is_field = access.name_of(annotation.get("/Subtype")) == "/Widget"
    return is_field and not (has_form and _says(annotation, "/FT") and _says(annotation, "/T"))


def _has_form(root: DictionaryObject) -> bool:
    return isinstance(access.entry(root, "/AcroForm"), DictionaryObject)


def _says(field: DictionaryObject, key: str) -> bool:
    """Whether a field, or one above it, has the key."""
    for _ in range(_DEEPEST_FIELD):
        if key in field:
            return True
        above = access.entry(field, "/Parent")
        if not isinstance(above, DictionaryObject):
            break
        field = above
    return False
