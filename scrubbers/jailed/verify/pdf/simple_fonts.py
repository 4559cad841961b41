"""Fonts of a rebuilt PDF with single bytes as codes, their descriptors and what all fonts have in common.

A font carries what the codes need that pages show with it, and nothing else: widths, names, text and outlines for these
codes only. Which codes are shown is known when all contents have been read, so that is compared at last. A font of the
source has no name in the result but F and a number; one that is not in the document may have one of the names that
every reader has.
"""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from scrubbers.jailed.verify.pdf.cff import CffProgram, read_cff
from scrubbers.jailed.verify.pdf.checks import (
    anything,
    entries,
    exactly,
    is_name,
    is_number,
    items,
    named,
    numbers,
    stream_entries,
    whole,
)
from scrubbers.jailed.verify.pdf.cmap import read_to_unicode
from scrubbers.jailed.verify.pdf.document import Check, Document
from scrubbers.jailed.verify.pdf.glyph_names import is_known
from scrubbers.jailed.verify.pdf.sfnt import TrueTypeProgram, read_truetype
from scrubbers.jailed.verify.pdf.values import Unaccounted, demand

_NEUTRAL: Final = re.compile(r"F(?:0|[1-9][0-9]{0,5})")
_STANDARD_14: Final = {
    f"{family}{style}"
    for family, styles in {
        "Courier": ("", "-Bold", "-Oblique", "-BoldOblique"),
        "Helvetica": ("", "-Bold", "-Oblique", "-BoldOblique"),
        "Times": ("-Roman", "-Bold", "-Italic", "-BoldItalic"),
        "Symbol": ("",),
        "ZapfDingbats": ("",),
    }.items()
    for style in styles
}
_ENCODINGS: Final = ("WinAnsiEncoding", "MacRomanEncoding", "StandardEncoding")
_LARGEST: Final = 32_000
_SYMBOLIC, _NONSYMBOLIC = 4, 32
# Fixed pitch, serifs, script, italic: what a reader needs to draw something like it.
_APPEARANCE: Final = 1 | 2 | 8 | 64
_CODES: Final = 256


@dataclass(frozen=True, slots=True)
class Described:
    """What a descriptor has: the program, if the font is in the document."""

    program: TrueTypeProgram | CffProgram | None
    subtype: str | None


def simple_font(document: Document, thing: object) -> None:
    """Require a Type 1 or TrueType font."""
    number = document.current
    found = entries(
        document,
        thing,
        {"Type": exactly("Font"), "Subtype": named("Type1", "TrueType"), "BaseFont": is_name},
        {**WIDTHS, "FontDescriptor": anything, "Encoding": anything, "ToUnicode": anything},
    )
    name = found["BaseFont"]
    described = Described(None, None)
    if "FontDescriptor" in found:
        described = descriptor(document, found["FontDescriptor"], name)
    else:
        demand(name in _STANDARD_14 and found["Subtype"] == "Type1", "a font's name")
    program = described.program
    texts = to_unicode(document, found)
    named_codes = _encoding(document, found.get("Encoding"))
    _require_sort(found, described)
    if program is None:
        dingbats = name == "ZapfDingbats"
        demand(
            all(is_known(each, dingbats=dingbats) for each in named_codes.values()), "names of glyphs that are known"
        )

    def compare() -> None:
        shown = shown_bytes(document, number)
        require_widths(found, shown, needed=program is not None)
        demand({bytes((code,)) for code in shown} >= texts.keys(), "text of codes that are shown")
        demand(shown >= named_codes.keys(), "names of codes that are shown")
        if program is not None:
            _require_only_shown(program, named_codes, shown)

    document.at_last.append(compare)


def _require_sort(found: Mapping[str, Any], described: Described) -> None:
    """Require the keys that go with the sort of program."""
    match described.program:
        case TrueTypeProgram():
            demand(found["Subtype"] == "TrueType" and "Encoding" not in found, "a TrueType font")
        case CffProgram():
            demand(found["Subtype"] == "Type1" and described.subtype == "Type1C", "a Type 1 font")
            encoding = found.get("Encoding", {})
            demand(isinstance(encoding, dict) and "BaseEncoding" not in encoding, "a Type 1 font's encoding")
        case None:
            pass


def _require_only_shown(
    program: TrueTypeProgram | CffProgram, named_codes: Mapping[int, str], shown: AbstractSet[int]
) -> None:
    """Each glyph is reached by a code that is shown."""
    if isinstance(program, TrueTypeProgram):
        if program.codes is None:
            raise Unaccounted("a map of codes")
        demand(shown >= program.codes.keys(), "codes that are shown")
        demand(set(program.codes.values()) == set(range(1, program.glyph_count)), "glyphs that are shown")
        demand(not program.first_is_drawn or len(program.codes) < len(shown), "glyphs that are shown")
    else:
        demand(set(named_codes.values()) == set(_glyph_names(program)), "glyphs that are shown")
        demand(0 not in program.outlined or len(named_codes) < len(shown), "glyphs that are shown")


def _glyph_names(program: CffProgram) -> Sequence[str]:
    """Glyphs are called g1, g2 … in their order."""
    demand(program.cids is None, "glyphs by name")
    names = [name.decode("latin-1") for name in program.names]
    demand(names == [f"g{place}" for place in range(1, len(names) + 1)], "neutral names of glyphs")
    return names


# What all fonts have in common

WIDTHS: Final[Mapping[str, Check]] = {
    "FirstChar": whole(0, _CODES - 1),
    "LastChar": whole(0, _CODES - 1),
    "Widths": numbers(most=_CODES),
}


def shown_bytes(document: Document, number: int) -> AbstractSet[int]:
    """Return the single bytes that are shown with a font."""
    return set(b"".join(document.shown.get(number, ())))


def require_widths(found: Mapping[str, Any], shown: AbstractSet[int], *, needed: bool) -> None:
    """Widths from the first code shown to the last, and 0 where none is."""
    keys = found.keys() & WIDTHS.keys()
    demand(len(keys) == len(WIDTHS) or (not keys and not needed), "widths")
    if keys:
        first, last, widths = found["FirstChar"], found["LastChar"], found["Widths"]
        demand(shown and (first, last) == (min(shown), max(shown)), "widths from the first code to the last")
        demand(len(widths) == last - first + 1, "widths from the first code to the last")
        demand(all(code in shown or width == 0 for code, width in enumerate(widths, first)), "widths of what is shown")


def to_unicode(document: Document, found: Mapping[str, Any]) -> Mapping[bytes, str]:
    """Text by codes, if the font says it."""
    if "ToUnicode" not in found:
        return {}
    stream, _ = stream_entries(document, document.take(found["ToUnicode"]), {})
    texts = read_to_unicode(document.inflated(stream))
    demand(texts, "text of no code")
    return texts


def differences(thing: object) -> Mapping[int, str]:
    """Names by codes: a code stands where the row breaks, and there alone."""
    names: dict[int, str] = {}
    expected, code_said = -1, None
    for item in items(thing):
        if type(item) is int:
            demand(code_said is None and expected < item < _CODES and item != expected, "codes in order")
            code_said = item
        else:
            demand(type(item) is str and (code_said is not None or expected >= 0), "names of glyphs")
            code = expected if code_said is None else code_said
            names[code] = item
            expected, code_said = code + 1, None
    demand(code_said is None and expected <= _CODES, "codes in order")
    return names


def _encoding(document: Document, thing: object) -> Mapping[int, str]:
    if thing is None:
        return {}
    if isinstance(thing, str):
        named(*_ENCODINGS)(document, thing)
        return {}
    found = entries(
        document,
        thing,
        {"Type": exactly("Encoding"), "Differences": anything},
        {"BaseEncoding": named(*_ENCODINGS)},
    )
    names = differences(found["Differences"])
    demand(names, "differences")
    return names


def descriptor(document: Document, thing: object, name: object) -> Described:
    """Return the descriptor of the font of this name, which must be neutral; its program is read."""
    demand(isinstance(name, str) and _NEUTRAL.fullmatch(name), "a font's name")
    small = whole(-_LARGEST, _LARGEST)
    found = entries(
        document,
        document.take(thing),
        {"Type": exactly("FontDescriptor"), "FontName": is_name, "Flags": whole(0, 127)},
        {
            "FontBBox": numbers(4),
            **dict.fromkeys(("ItalicAngle", "Ascent", "Descent", "CapHeight", "XHeight", "StemV"), small),
            "FontFile2": anything,
            "FontFile3": anything,
        },
    )
    demand(found["FontName"] == name, "a font's name")
    demand(all(type(each) is int and abs(each) <= _LARGEST for each in found.get("FontBBox", ())), "a font's box")
    demand(found["Flags"] & ~_APPEARANCE in {_SYMBOLIC, _NONSYMBOLIC}, "a font's flags")
    demand(not {"FontFile2", "FontFile3"} <= found.keys(), "one program")
    if "FontFile2" in found:
        return Described(_truetype(document, found["FontFile2"]), None)
    if "FontFile3" in found:
        return _cff(document, found["FontFile3"])
    return Described(None, None)


def _truetype(document: Document, thing: object) -> TrueTypeProgram:
    stream, found = stream_entries(document, document.take(thing), {"Length1": anything})
    program = document.inflated(stream)
    demand(found["Length1"] == len(program) and is_number(found["Length1"]), "a program's length")
    return read_truetype(program)


def _cff(document: Document, thing: object) -> Described:
    stream, found = stream_entries(document, document.take(thing), {"Subtype": named("Type1C", "CIDFontType0C")})
    return Described(read_cff(document.inflated(stream)), found["Subtype"])
