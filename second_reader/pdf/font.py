"""The one font of a rebuilt PDF: every glyph by its CID, and the text of those that have one.

Its codes are its CIDs: 1, 2, 3 … each of which must be shown. Whatever else a font could say is the same in every
document.
"""

from collections.abc import Mapping
from typing import Any, Final

from second_reader.pdf.cff import read_cff
from second_reader.pdf.checks import anything, entries, exactly, items, stream_entries
from second_reader.pdf.cmap import read_to_unicode
from second_reader.pdf.document import Document
from second_reader.pdf.values import demand

_NAME: Final = "F"
_FIXED: Final = {
    "Type": "FontDescriptor", "FontName": _NAME, "Flags": 4, "FontBBox": [0, -200, 1000, 800], "ItalicAngle": 0,
    "Ascent": 800, "Descent": -200, "CapHeight": 700, "StemV": 80,
}  # fmt: skip


def font(document: Document, thing: object) -> None:
    """Require the font, and that the glyphs it has are those that are shown."""
    number = document.current
    found, descendant = composite_font(document, thing, _NAME)
    advances = _advances(document, descendant)
    texts: dict[int, str] = {}
    if "ToUnicode" in found:
        stream, _ = stream_entries(document, document.take(found["ToUnicode"]), {})
        texts = read_to_unicode(document.inflated(stream))
        document.texts = texts
        demand(texts and max(texts) <= len(advances), "text of glyphs that there are")

    def compare() -> None:
        demand(document.shown.keys() == {number}, "one font")
        demand(document.shown[number] == set(range(1, len(advances) + 1)), "glyphs that are shown")

    document.at_last.append(compare)


def composite_font(document: Document, thing: object, name: str) -> tuple[Mapping[str, Any], object]:
    """Return a font of two-byte codes and its descendant. Neither that nor what may be under ToUnicode is checked."""
    found = entries(
        document,
        thing,
        {
            "Type": exactly("Font"), "Subtype": exactly("Type0"), "BaseFont": exactly(name),
            "Encoding": exactly("Identity-H"), "DescendantFonts": anything,
        },
        {"ToUnicode": anything},
    )  # fmt: skip
    descendants = items(found["DescendantFonts"])
    demand(len(descendants) == 1, "one descendant")
    return found, document.take(descendants[0])


def _advances(document: Document, thing: object) -> list[int]:
    """Return how far each glyph moves the pen, as the font's dictionary and its program both say."""
    found = entries(
        document,
        thing,
        {
            "Type": exactly("Font"), "Subtype": exactly("CIDFontType0"), "BaseFont": exactly(_NAME),
            "CIDSystemInfo": exactly({"Registry": b"Adobe", "Ordering": b"Identity", "Supplement": 0}),
            "FontDescriptor": anything, "DW": exactly(0), "W": anything,
        },
    )  # fmt: skip
    checks = {key: exactly(value) for key, value in _FIXED.items()}
    described = entries(document, document.take(found["FontDescriptor"]), {**checks, "FontFile3": anything})
    stream, _ = stream_entries(document, document.take(described["FontFile3"]), {"Subtype": exactly("CIDFontType0C")})
    widths = items(found["W"])
    demand(len(widths) == 2 and type(widths[0]) is int and widths[0] == 1, "widths")  # noqa: PLR2004  the first CID, and the widths
    advances = items(widths[1])
    demand(all(type(each) is int for each in advances), "widths")
    demand(read_cff(document.inflated(stream)) == advances, "widths")
    return advances
