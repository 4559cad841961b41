"""Catalog, pages, resources and graphics states of a rebuilt PDF: closed lists of keys.

What a stream of operators names must be among its resources, and all its resources must be named by it: one that is
not used would be a hiding place.
"""

from collections.abc import Mapping
from typing import Final

from second_reader.pdf.checks import anything, entries, exactly, is_number, items, numbers, stream_entries, via, whole
from second_reader.pdf.content import read_contents
from second_reader.pdf.document import Check, Document
from second_reader.pdf.font import font
from second_reader.pdf.images import picture
from second_reader.pdf.text_layer import is_layered, layered_page
from second_reader.pdf.values import Reference, demand
from second_reader.pdf.ways import keep_text, links, outline


def catalog(document: Document, thing: object) -> None:
    """Require a root with pages, perhaps an outline, and nothing else."""
    found = entries(document, thing, {"Type": exactly("Catalog"), "Pages": via(_pages)}, {"Outlines": anything})
    if "Outlines" in found:
        # Before any page is read: a page that a line leads to is asked for its words.
        outline(document, found["Outlines"])


def _pages(document: Document, thing: object) -> None:
    itself = Reference(document.current)
    found = entries(document, thing, {"Type": exactly("Pages"), "Count": whole(1, 2000), "Kids": anything})
    kids = items(found["Kids"])
    demand(all(isinstance(kid, Reference) for kid in kids), "kids")
    demand(len(kids) == found["Count"] == len(set(kids)), "kids")
    document.page_at = {kid.number: at for at, kid in enumerate(kids)}
    for kid in kids:
        document.follow(kid, _page)
        page = document.take(kid)
        demand(isinstance(page, dict) and page.get("Parent") == itself, "parent")


def _page(document: Document, thing: object) -> None:
    found = entries(
        document,
        thing,
        {"Type": exactly("Page"), "Parent": anything, "MediaBox": numbers(4), "Contents": anything},
        {"Resources": anything, "Annots": anything},
    )
    demand(found["MediaBox"][:2] == [0, 0], "a page from 0 0 on")
    document.heights[document.current] = found["MediaBox"][3]
    if "Annots" in found:
        links(document, found["Annots"], found["MediaBox"])
    stream, _ = stream_entries(document, document.take(found["Contents"]), {})
    contents = document.inflated(stream)
    keep_text(document, contents, is_layer=is_layered(contents))
    if is_layered(contents):
        layered_page(document, contents, found.get("Resources"), found["MediaBox"])
    else:
        _require_resources(document, contents, found.get("Resources", {}))


def _require_resources(document: Document, untrusted: bytes, resources: object) -> None:
    """Require the resources that the contents name, and that each passes its check."""
    contents = read_contents(untrusted)
    by_kind = entries(document, document.take(resources), {}, dict.fromkeys(_KINDS, anything))
    demand(len(contents.used) == len(by_kind), "resources that are not used")
    for kind, (letter, check) in _KINDS.items():
        if kind not in by_kind:
            continue
        named_there = by_kind[kind]
        demand(isinstance(named_there, dict) and named_there, "resources")
        demand(named_there.keys() == contents.names(letter), "resources")
        for value in named_there.values():
            document.follow(value, check)
    for number, shown in contents.shown.items():
        value = by_kind["Font"][f"F{number}"]
        demand(isinstance(value, Reference), "a font of its own")
        document.shown.setdefault(value.number, set()).update(shown)


def _graphics_state(document: Document, thing: object) -> None:
    entries(document, thing, {"Type": exactly("ExtGState"), "CA": _alpha, "ca": _alpha})


def _alpha(_document: Document, thing: object) -> None:
    demand(isinstance(thing, int | float) and is_number(thing) and 0 <= thing <= 1, "alpha")


_KINDS: Final[Mapping[str, tuple[str, Check]]] = {
    "Font": ("F", font),
    "XObject": ("X", picture),
    "ExtGState": ("G", _graphics_state),
}
