"""Catalog, pages, resources, forms, patterns, graphics states and drawn fonts of a rebuilt PDF: closed lists of keys.

What a stream of operators names must be among its resources, and all its resources must be named by it: one that is
not used would be a hiding place.
"""

from collections.abc import Mapping
from typing import Final

from scrubbers.jailed.verify.pdf.checks import (
    anything,
    entries,
    exactly,
    flag,
    items,
    named,
    number,
    numbers,
    stream_entries,
    via,
    whole,
)
from scrubbers.jailed.verify.pdf.colours import dashes, device_space, pattern_space, shading
from scrubbers.jailed.verify.pdf.composite_fonts import composite_font
from scrubbers.jailed.verify.pdf.content import Contents, read_contents
from scrubbers.jailed.verify.pdf.document import Check, Document, Stream
from scrubbers.jailed.verify.pdf.images import picture
from scrubbers.jailed.verify.pdf.simple_fonts import (
    WIDTHS,
    differences,
    require_widths,
    shown_bytes,
    simple_font,
    to_unicode,
)
from scrubbers.jailed.verify.pdf.text_layer import is_layered, layered_page
from scrubbers.jailed.verify.pdf.values import Reference, demand

_BLENDS: Final = (
    "Normal", "Compatible", "Multiply", "Screen", "Overlay", "Darken", "Lighten", "ColorDodge", "ColorBurn",
    "HardLight", "SoftLight", "Difference", "Exclusion", "Hue", "Saturation", "Color", "Luminosity",
)  # fmt: skip


def catalog(document: Document, thing: object) -> None:
    """Require a root with pages and nothing else."""
    entries(document, thing, {"Type": exactly("Catalog"), "Pages": via(_pages)})


def _pages(document: Document, thing: object) -> None:
    itself = Reference(document.current)
    found = entries(document, thing, {"Type": exactly("Pages"), "Count": whole(1, 2000), "Kids": anything})
    kids = items(found["Kids"])
    demand(all(isinstance(kid, Reference) for kid in kids), "kids")
    demand(len(kids) == found["Count"] == len(set(kids)), "kids")
    for kid in kids:
        document.follow(kid, _page)
        page = document.take(kid)
        demand(isinstance(page, dict) and page.get("Parent") == itself, "parent")


def _page(document: Document, thing: object) -> None:
    found = entries(
        document,
        thing,
        {"Type": exactly("Page"), "Parent": anything, "MediaBox": numbers(4), "Contents": anything},
        {"Rotate": _rotation, "Group": _group, "Resources": anything},
    )
    stream, _ = stream_entries(document, document.take(found["Contents"]), {})
    contents = document.inflated(stream)
    if is_layered(contents):
        layered_page(document, contents, found.get("Resources"), found["MediaBox"])
    else:
        _require_drawn(document, contents, found.get("Resources", {}))


def _rotation(_document: Document, thing: object) -> None:
    demand(type(thing) is int and thing in {90, 180, 270}, "rotation")


def _group(document: Document, thing: object) -> None:
    document.follow(thing, _group_entries)


def _group_entries(document: Document, thing: object) -> None:
    entries(
        document,
        thing,
        {"S": exactly("Transparency")},
        {"CS": device_space, "I": flag, "K": flag},
    )


def _read(document: Document, stream: Stream, resources: object) -> None:
    _require_drawn(document, document.inflated(stream), resources)


def _require_drawn(document: Document, untrusted: bytes, resources: object) -> None:
    contents = Contents()
    read_contents(untrusted, contents)
    require_resources(document, contents, resources)


def require_resources(document: Document, contents: Contents, untrusted_resources: object) -> None:
    """Require the resources that the contents name, and that each passes its check."""
    resources = document.take(untrusted_resources)
    by_kind = entries(document, resources, {}, dict.fromkeys(_KINDS, anything))
    demand(len(contents.used) == len(by_kind), "resources that are not used")
    for kind, (letter, check) in _KINDS.items():
        if kind not in by_kind:
            continue
        named_there = by_kind[kind]
        demand(isinstance(named_there, dict) and named_there, "resources")
        demand(named_there.keys() == contents.names(letter), "resources")
        for value in named_there.values():
            document.follow(value, check)
    for font, shown in contents.shown.items():
        value = by_kind["Font"][f"F{font}"]
        demand(isinstance(value, Reference), "a font of its own")
        document.shown.setdefault(value.number, []).extend(shown)


def _drawn(document: Document, thing: object) -> None:
    """Require a form or a picture."""
    subtype = thing.entries.get("Subtype") if isinstance(thing, Stream) else None
    if subtype == "Form":
        _form(document, thing)
    else:
        picture(document, thing)


def _form(document: Document, thing: object) -> None:
    stream, found = stream_entries(
        document,
        thing,
        {"Type": exactly("XObject"), "Subtype": exactly("Form"), "BBox": numbers(4)},
        {"Matrix": numbers(6), "Group": _group, "Resources": anything},
    )
    _read(document, stream, found.get("Resources", {}))


def _group_form(document: Document, thing: object) -> None:
    demand(isinstance(thing, Stream) and "Group" in thing.entries, "a group's form")
    _form(document, thing)


def _pattern(document: Document, thing: object) -> None:
    if not isinstance(thing, Stream):
        entries(
            document,
            thing,
            {"Type": exactly("Pattern"), "PatternType": exactly(2), "Shading": via(shading)},
            {"Matrix": numbers(6)},
        )
        return
    stream, found = stream_entries(
        document,
        thing,
        {
            "Type": exactly("Pattern"),
            "PatternType": exactly(1),
            "PaintType": whole(1, 2),
            "TilingType": whole(1, 3),
            "BBox": numbers(4),
            "XStep": number,
            "YStep": number,
        },
        {"Matrix": numbers(6), "Resources": anything},
    )
    _read(document, stream, found.get("Resources", {}))


def _graphics_state(document: Document, thing: object) -> None:
    found = entries(document, thing, {"Type": exactly("ExtGState")}, _STATES)
    demand(len(found) > 1, "a state that changes nothing")


def _mask_of_state(document: Document, thing: object) -> None:
    if thing == "None":
        return
    entries(
        document,
        thing,
        {"S": named("Alpha", "Luminosity"), "G": via(_group_form)},
        {"BC": numbers(1, 3, 4)},
    )


_STATES: Final[Mapping[str, Check]] = {
    "LW": number, "LC": number, "LJ": number, "ML": number, "D": dashes,
    "CA": number, "ca": number, "BM": named(*_BLENDS), "AIS": flag, "SA": flag, "TK": flag,
    "OP": flag, "op": flag, "OPM": whole(0, 1), "SMask": _mask_of_state,
}  # fmt: skip


def _font(document: Document, thing: object) -> None:
    subtype = thing.get("Subtype") if isinstance(thing, dict) else None
    match subtype:
        case "Type0":
            composite_font(document, thing)
        case "Type3":
            _drawn_font(document, thing)
        case _:
            simple_font(document, thing)


def _drawn_font(document: Document, thing: object) -> None:
    """Require a Type 3 font: glyphs called a0, a1 …, all with one dictionary of resources, and no text in them."""
    at = document.current
    found = entries(
        document,
        thing,
        {
            "Type": exactly("Font"),
            "Subtype": exactly("Type3"),
            "FontBBox": numbers(4),
            "FontMatrix": numbers(6),
            "CharProcs": anything,
            "Encoding": anything,
            **WIDTHS,
        },
        {"Resources": anything, "ToUnicode": anything},
    )
    contents = Contents()
    procedures = found["CharProcs"]
    demand(
        isinstance(procedures, dict) and [*procedures] == [f"a{place}" for place in range(len(procedures))], "glyphs"
    )
    for procedure in procedures.values():
        stream, _ = stream_entries(document, document.take(procedure), {})
        read_contents(document.inflated(stream), contents, glyph=True)
    demand(not contents.shown, "text in a glyph")
    require_resources(document, contents, found.get("Resources", {}))
    encoding = entries(document, found["Encoding"], {"Type": exactly("Encoding"), "Differences": anything})
    names = differences(encoding["Differences"])
    demand(set(names.values()) == procedures.keys(), "glyphs that are shown")
    texts = to_unicode(document, found)

    def compare() -> None:
        shown = shown_bytes(document, at)
        require_widths(found, shown, needed=True)
        demand(shown >= names.keys(), "glyphs that are shown")
        demand({bytes((code,)) for code in shown} >= texts.keys(), "text of codes that are shown")

    document.at_last.append(compare)


_KINDS: Final[Mapping[str, tuple[str, Check]]] = {
    "Font": ("F", _font),
    "XObject": ("X", _drawn),
    "ExtGState": ("G", _graphics_state),
    "ColorSpace": ("C", pattern_space),
    "Pattern": ("P", _pattern),
    "Shading": ("S", shading),
}
