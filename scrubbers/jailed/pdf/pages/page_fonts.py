"""The fonts that a page may show text in: its own, and those of its forms, patterns and annotations.

Of a page that becomes pixels PDFium reads the words, and does not tell the codes of their letters. So each of its fonts
is asked for the letters that its text map gives to codes which the font itself has for others (`own_letters`).
"""

import contextlib
from collections.abc import Iterator
from typing import Final

from pypdf import PageObject
from pypdf.generic import ArrayObject, DictionaryObject, NumberObject, StreamObject

from scrubbers.jailed.pdf.pages.resources import SourceDocument
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.text_layer.words import FontsSay

_MOST_OBJECTS: Final = 1000  # whose resources are looked at


def fonts_say(untrusted: PageObject, document: SourceDocument, *, was_read: bool) -> FontsSay:
    """Return what they are known to do; a font that cannot be read says nothing.

    `was_read`: all codes that the page shows were cut, so that no other counts.

    Raises NotRebuildable or one of `access.BROKEN`.
    """
    untrue: set[str] = set()
    by_code = True
    for font in _fonts_on(untrusted):
        by_code &= _tells_codes(font)
        with contextlib.suppress(NotRebuildable, *access.BROKEN):
            untrue.update(document.font(font).untrue_letters(printed=was_read))
    return FontsSay(frozenset(untrue), by_code)


def _tells_codes(untrusted: object) -> bool:
    """Whether a font drawn by pages calls each glyph by its code, as in a97, as fonts of TeX in pixels do."""
    try:
        font = access.dictionary(untrusted)
        if access.name_of(font.get("/Subtype")) != "/Type3":
            return True
        code, is_told = 0, "/ToUnicode" not in font
        for each in access.array(access.entry(access.dictionary_in(font, "/Encoding"), "/Differences")):
            if isinstance(each, NumberObject):
                code = int(each)
                continue
            is_told &= access.name_of(each) in ("/.notdef", f"/a{code}")
            code += 1
    except (NotRebuildable, *access.BROKEN):
        return False
    return is_told


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
    if waiting:
        yield None  # there may be others


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
