"""Catalog, pages, resources, forms, pictures, patterns and graphics states of a rebuilt PDF: closed lists of keys.

What a stream of operators names must be among its resources, and all its resources must be named by it: one that is
not used would be a hiding place. A picture's data are exactly as many as its size says.
"""

from collections.abc import Mapping
from typing import Final

from scrubbers.jailed import verify_jpeg
from scrubbers.jailed.verify_inflate import Counter
from scrubbers.jailed.verify_pdf_checks import (
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
from scrubbers.jailed.verify_pdf_colours import base_space, colour_space, dashes, shading
from scrubbers.jailed.verify_pdf_content import Contents, read_contents
from scrubbers.jailed.verify_pdf_document import Check, Document, Stream
from scrubbers.jailed.verify_pdf_values import Reference, Unaccounted, demand

_MOST_PIXELS: Final = 100_000_000
_COMPONENTS: Final = {"DeviceGray": 1, "DeviceRGB": 3}
_BLENDS: Final = (
    "Normal", "Compatible", "Multiply", "Screen", "Overlay", "Darken", "Lighten", "ColorDodge", "ColorBurn",
    "HardLight", "SoftLight", "Difference", "Exclusion", "Hue", "Saturation", "Color", "Luminosity",
)  # fmt: skip


def catalog(document: Document, thing: object) -> None:
    """The root: it has pages and nothing else."""
    entries(document, thing, {"Type": exactly("Catalog"), "Pages": via(_pages)})


def _pages(document: Document, thing: object) -> None:
    itself = Reference(document.current)
    found = entries(document, thing, {"Type": exactly("Pages"), "Count": whole(1, 2000), "Kids": _anything})
    kids = items(found["Kids"])
    demand(all(isinstance(kid, Reference) for kid in kids), "kids")
    demand(len(kids) == found["Count"] == len(set(kids)), "kids")
    for kid in kids:
        document.follow(kid, _page)
        page = document.take(kid)
        demand(isinstance(page, dict) and page.get("Parent") == itself, "parent")


def _anything(_document: Document, _thing: object) -> None:
    """For values that the caller looks at."""


def _page(document: Document, thing: object) -> None:
    found = entries(
        document,
        thing,
        {"Type": exactly("Page"), "Parent": _anything, "MediaBox": numbers(4), "Contents": _anything},
        {"Rotate": _rotation, "Group": _group, "Resources": _anything},
    )
    stream, _ = stream_entries(document, document.take(found["Contents"]), {})
    _read(document, stream, found.get("Resources", {}))


def _rotation(_document: Document, thing: object) -> None:
    demand(type(thing) is int and thing in {90, 180, 270}, "rotation")


def _group(document: Document, thing: object) -> None:
    document.follow(thing, _group_entries)


def _group_entries(document: Document, thing: object) -> None:
    entries(
        document,
        thing,
        {"S": exactly("Transparency")},
        {"CS": via(base_space), "I": flag, "K": flag},
    )


def _read(document: Document, stream: Stream, resources: object) -> None:
    contents = Contents()
    read_contents(document.inflated(stream), contents)
    demand_resources(document, contents, resources)


def demand_resources(document: Document, contents: Contents, untrusted_resources: object) -> None:
    """The resources are those that the contents name, and each passes its check."""
    resources = document.take(untrusted_resources)
    by_kind = entries(document, resources, {}, dict.fromkeys(_KINDS, _anything))
    demand(len(contents.used) == len(by_kind), "resources that are not used")
    for kind, (letter, check) in _KINDS.items():
        if kind not in by_kind:
            continue
        named_there = by_kind[kind]
        demand(isinstance(named_there, dict) and named_there.keys() == contents.names(letter), "resources")
        for value in named_there.values():
            document.follow(value, check)
    for font, shown in contents.shown.items():
        value = by_kind["Font"][f"F{font}"]
        demand(isinstance(value, Reference), "a font of its own")
        document.shown.setdefault(value.number, []).extend(shown)


def _drawn(document: Document, thing: object) -> None:
    """A form or a picture."""
    subtype = thing.entries.get("Subtype") if isinstance(thing, Stream) else None
    if subtype == "Form":
        _form(document, thing)
    else:
        _picture(document, thing)


def _form(document: Document, thing: object) -> None:
    stream, found = stream_entries(
        document,
        thing,
        {"Type": exactly("XObject"), "Subtype": exactly("Form"), "BBox": numbers(4)},
        {"Matrix": numbers(6), "Group": _group, "Resources": _anything},
    )
    _read(document, stream, found.get("Resources", {}))


def _group_form(document: Document, thing: object) -> None:
    demand(isinstance(thing, Stream) and "Group" in thing.entries, "a group's form")
    _form(document, thing)


# Pictures


def _picture(document: Document, thing: object) -> None:
    if isinstance(thing, Stream) and "ImageMask" in thing.entries:
        required: Mapping[str, Check] = {
            "ImageMask": exactly(expected=True),
            "BitsPerComponent": exactly(1),
            "Decode": _decode,
        }
        _demand_picture(document, thing, required, {})
    else:
        _demand_picture(document, thing, _IN_COLOUR, {"SMask": via(_soft_mask)})


def _soft_mask(document: Document, thing: object) -> None:
    required = {**_IN_COLOUR, "ColorSpace": exactly("DeviceGray")}
    _demand_picture(document, thing, required, {})


def _decode(_document: Document, thing: object) -> None:
    demand(all(type(each) is int for each in items(thing)) and thing in ([0, 1], [1, 0]), "decode")


_IN_COLOUR: Final[Mapping[str, Check]] = {
    "ColorSpace": named(*_COMPONENTS),
    "BitsPerComponent": whole(1, 8),
}


def _demand_picture(
    document: Document, thing: object, required: Mapping[str, Check], optional: Mapping[str, Check]
) -> None:
    stream, found = stream_entries(
        document,
        thing,
        {
            "Type": exactly("XObject"),
            "Subtype": exactly("Image"),
            "Width": whole(1, _MOST_PIXELS),
            "Height": whole(1, _MOST_PIXELS),
            **required,
        },
        {"Interpolate": exactly(expected=True), **optional},
    )
    bits, components = found["BitsPerComponent"], _COMPONENTS[found.get("ColorSpace", "DeviceGray")]
    demand(found["Width"] * found["Height"] <= _MOST_PIXELS and bits in {1, 4, 8}, "a picture's size")
    if found["Filter"] == "DCTDecode":
        demand(bits == 8 and "ImageMask" not in found, "a JPEG's depth")  # noqa: PLR2004  bits
        _demand_jpeg(document, stream, found["Width"], found["Height"], components)
        return
    pixels = Counter(found["Height"] * ((found["Width"] * components * bits + 7) // 8))
    pixels.take(document.untrusted, stream.start, stream.end)
    demand(pixels.is_exact(), "as many pixels as the size says")


def _demand_jpeg(document: Document, stream: Stream, width: int, height: int, components: int) -> None:
    """A JPEG as our encoder writes it, of this size: what a viewer would cut off could hide something."""
    demand(verify_jpeg.end_of_clean(document.untrusted, stream.start) == stream.end, "JPEG")
    position = stream.start + 2
    while document.untrusted[position + 1] != _JPEG_FRAME:
        position += 2 + int.from_bytes(document.untrusted[position + 2 : position + 4], "big")
    size = height.to_bytes(4, "big")[2:] + width.to_bytes(4, "big")[2:] + bytes((components,))
    demand(document.untrusted[position + 5 : position + 10] == size, "a JPEG's size")


_JPEG_FRAME: Final = 0xC0

# Patterns and states


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
        {"Matrix": numbers(6), "Resources": _anything},
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
        {"BC": numbers(most=32)},
    )


_STATES: Final[Mapping[str, Check]] = {
    "LW": number, "LC": number, "LJ": number, "ML": number, "D": dashes,
    "CA": number, "ca": number, "BM": named(*_BLENDS), "AIS": flag, "SA": flag, "TK": flag,
    "OP": flag, "op": flag, "OPM": whole(0, 1), "SMask": _mask_of_state,
}  # fmt: skip


def _font(_document: Document, _thing: object) -> None:
    raise Unaccounted("fonts are not read yet")


_KINDS: Final[Mapping[str, tuple[str, Check]]] = {
    "Font": ("F", _font),
    "XObject": ("X", _drawn),
    "ExtGState": ("G", _graphics_state),
    "ColorSpace": ("C", via(colour_space)),
    "Pattern": ("P", _pattern),
    "Shading": ("S", shading),
}
