"""The fonts that a page may show text in: its own, and those of its forms, patterns and annotations.

Of a page that becomes pixels PDFium reads the words, and does not tell the codes of their letters. So each of its fonts
is asked for the letters that its text map gives to codes which the font itself has for others (`own_letters`).
"""

import contextlib
from collections.abc import Iterator
from typing import Final

from pypdf import PageObject
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from scrubbers.jailed.pdf.pages.resources import SourceDocument
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_MOST_OBJECTS: Final = 1000  # whose resources are looked at


def untrue_letters(untrusted: PageObject, document: SourceDocument) -> frozenset[str]:
    """Return the letters; a font that cannot be read has none. Raises NotRebuildable or one of `access.BROKEN`."""
    found: set[str] = set()
    for font in _fonts_on(untrusted):
        with contextlib.suppress(NotRebuildable, *access.BROKEN):
            found |= document.font(font).untrue_letters()
    return frozenset(found)


def _fonts_on(untrusted: PageObject) -> Iterator[object]:
    waiting: list[DictionaryObject] = [untrusted, *_appearances(untrusted)]
    seen: set[object] = set()
    while waiting and len(seen) < _MOST_OBJECTS:
        drawn = waiting.pop()
        if access.key_of(drawn) in seen:
            continue
        seen.add(access.key_of(drawn))
        resources = access.dictionary_in(drawn, "/Resources")
        fonts = access.dictionary_in(resources, "/Font")
        yield from (fonts.raw_get(name) for name in fonts)
        for kind in ("/XObject", "/Pattern", "/Shading", "/ExtGState", "/ColorSpace"):
            things = access.dictionary_in(resources, kind)
            named = (access.entry(things, name) for name in things)
            waiting += (thing for thing in named if isinstance(thing, DictionaryObject))


def _appearances(untrusted: PageObject) -> Iterator[DictionaryObject]:
    annotations = access.entry(untrusted, "/Annots")
    for item in list.__iter__(annotations) if isinstance(annotations, ArrayObject) else ():
        annotation = access.resolved(item)
        if not isinstance(annotation, DictionaryObject):
            continue
        normal = access.entry(access.dictionary_in(annotation, "/AP"), "/N")
        if isinstance(normal, StreamObject):
            yield normal
        elif isinstance(normal, DictionaryObject):
            states = (access.entry(normal, name) for name in normal)
            yield from (state for state in states if isinstance(state, StreamObject))
