"""Composite fonts of a rebuilt PDF: codes of one to four bytes, glyphs by CID. What is shown is compared at last."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final

from scrubbers.jailed.verify.pdf.cff import CffProgram
from scrubbers.jailed.verify.pdf.checks import (
    anything,
    entries,
    exactly,
    is_name,
    is_number,
    items,
    named,
    number,
    numbers,
    stream_entries,
    whole,
)
from scrubbers.jailed.verify.pdf.cmap import CidMap, read_cid_map
from scrubbers.jailed.verify.pdf.document import Document
from scrubbers.jailed.verify.pdf.sfnt import TrueTypeProgram
from scrubbers.jailed.verify.pdf.simple_fonts import Described, descriptor, to_unicode
from scrubbers.jailed.verify.pdf.values import Unaccounted, demand

_TWO_BYTES: Final = ((b"\0\0", b"\xff\xff"),)
_IDENTITY: Final = re.compile(r"Identity-[HV]")
_PREDEFINED: Final = re.compile(r"Uni[A-Za-z]{2,4}-(?:UCS2|UTF16)-[HV]")
_ORDERINGS: Final = {b"Identity", b"Japan1", b"GB1", b"CNS1", b"Korea1"}
_MOST_SUPPLEMENT: Final = 9


def composite_font(document: Document, thing: object) -> None:
    """Require a Type 0 font with its descendant."""
    at = document.current
    found = entries(
        document,
        thing,
        {
            "Type": exactly("Font"),
            "Subtype": exactly("Type0"),
            "BaseFont": is_name,
            "Encoding": anything,
            "DescendantFonts": anything,
        },
        {"ToUnicode": anything},
    )
    of_codes, embeddable = _encoding(document, found["Encoding"])
    descendants = items(found["DescendantFonts"])
    demand(len(descendants) == 1, "one descendant")
    descendant = _descendant(document, document.take(descendants[0]), found["BaseFont"])
    described = descriptor(document, descendant["FontDescriptor"], found["BaseFont"])
    demand(embeddable or described.program is None, "whose encoding it is")
    _require_sort(descendant, described)
    glyph_map = _glyph_map(document, descendant.get("CIDToGIDMap"))
    texts = to_unicode(document, found)
    vertical = of_codes.vertical
    demand(vertical or not {"DW2", "W2"} & descendant.keys(), "which way is written")
    widths = {*_rows(descendant.get("W", []), 1), *_rows(descendant.get("W2", []), 3)}

    def compare() -> None:
        shown = _shown_codes(document, at, of_codes)
        demand(shown >= texts.keys(), "text of codes that are shown")
        demand(shown >= of_codes.cids.keys(), "codes that are shown")
        cids = {_cid(code, of_codes) for code in shown}
        demand(cids >= widths, "widths of what is shown")
        if described.program is not None:
            _require_only_shown(described.program, glyph_map, cids)

    document.at_last.append(compare)


def _encoding(document: Document, thing: object) -> tuple[CidMap, bool]:
    """Return what codes mean, and whether a font that is in the document may have it: its CIDs are known then."""
    if isinstance(thing, str):
        known = _IDENTITY.fullmatch(thing) is not None
        demand(known or _PREDEFINED.fullmatch(thing), "an encoding's name")
        return CidMap(_TWO_BYTES, {}, thing.endswith("V")), known
    stream, found = stream_entries(
        document,
        document.take(thing),
        {"Type": exactly("CMap"), "CMapName": exactly("K"), "WMode": whole(0, 1)},
    )
    said = read_cid_map(document.inflated(stream), vertical=found["WMode"] == 1)
    demand(said.cids, "codes")
    return said, True


def _descendant(document: Document, thing: object, name: object) -> Mapping[str, Any]:
    found = entries(
        document,
        thing,
        {
            "Type": exactly("Font"),
            "Subtype": named("CIDFontType0", "CIDFontType2"),
            "BaseFont": is_name,
            "CIDSystemInfo": _collection,
            "FontDescriptor": anything,
            "DW": number,
        },
        {"W": anything, "DW2": numbers(2), "W2": anything, "CIDToGIDMap": anything},
    )
    demand(found["BaseFont"] == name, "a font's name")
    demand(("CIDToGIDMap" in found) == (found["Subtype"] == "CIDFontType2"), "a map of glyphs")
    return found


def _collection(document: Document, thing: object) -> None:
    found = entries(
        document,
        thing,
        {"Registry": exactly(b"Adobe"), "Ordering": anything, "Supplement": whole(0, _MOST_SUPPLEMENT)},
    )
    demand(type(found["Ordering"]) is bytes and found["Ordering"] in _ORDERINGS, "whose CIDs they are")


def _require_sort(descendant: Mapping[str, Any], described: Described) -> None:
    """Require the keys that go with the sort of program."""
    collection = descendant["CIDSystemInfo"]
    neutral = collection["Ordering"] == b"Identity" and collection["Supplement"] == 0
    match described.program:
        case TrueTypeProgram():
            demand(neutral and descendant["Subtype"] == "CIDFontType2", "a TrueType font by CIDs")
            demand(described.program.codes is None and descendant["CIDToGIDMap"] != "Identity", "a map of glyphs")
        case CffProgram():
            demand(neutral and descendant["Subtype"] == "CIDFontType0", "a font by CIDs")
            demand(described.subtype == "CIDFontType0C" and described.program.cids is not None, "a font by CIDs")
        case None:
            demand(descendant.get("CIDToGIDMap", "Identity") == "Identity", "a map of glyphs")


def _glyph_map(document: Document, thing: object) -> bytes:
    """From CIDs to glyphs, two bytes each."""
    if thing is None or thing == "Identity":
        return b""
    stream, _ = stream_entries(document, document.take(thing), {})
    return document.inflated(stream)


def _rows(thing: object, size: int) -> list[int]:
    """Return the CIDs that have a width: `first [a b …]` for each unbroken row, so many numbers each."""
    found, expected = items(thing), -1
    cids: list[int] = []
    demand(len(found) % 2 == 0, "widths by CID")
    for first, row in zip(found[::2], found[1::2], strict=True):
        count = len(items(row)) // size
        demand(type(first) is int and first > expected, "widths in order")
        demand(count and len(row) == count * size, "widths by CID")
        demand(all(is_number(each) for each in row), "widths by CID")
        cids += range(first, first + count)
        expected = first + count
    return cids


def _shown_codes(document: Document, at: int, of_codes: CidMap) -> AbstractSet[bytes]:
    strings = set(document.shown.get(at, ()))
    if tuple(of_codes.spaces) == _TWO_BYTES:
        demand(all(len(each) % 2 == 0 for each in strings), "codes that come out even")
        joined = b"".join(strings)
        return {joined[start : start + 2] for start in range(0, len(joined), 2)}
    return {code for each in strings for code in of_codes.cut(each)}


def _cid(code: bytes, of_codes: CidMap) -> int:
    return of_codes.cids.get(code, 0) if of_codes.cids else int.from_bytes(code, "big")


def _require_only_shown(program: TrueTypeProgram | CffProgram, glyph_map: bytes, cids: AbstractSet[int]) -> None:
    """Each glyph is reached by a CID that is shown, and the map says nothing of others."""
    if isinstance(program, CffProgram):
        if program.cids is None:
            raise Unaccounted("glyphs by CID")
        demand(cids >= set(program.cids), "glyphs that are shown")
        demand(0 not in program.outlined or len(program.cids) < len(cids), "glyphs that are shown")
        return
    demand(len(glyph_map) == 2 * (max(cids, default=0) + 1), "a map as long as it must be")
    glyphs = {
        cid: glyph for cid in range(len(glyph_map) // 2) if (glyph := glyph_map[2 * cid] << 8 | glyph_map[2 * cid + 1])
    }
    demand(cids >= glyphs.keys(), "glyphs that are shown")
    demand(set(glyphs.values()) == set(range(1, program.glyph_count)), "glyphs that are shown")
    demand(not program.first_is_drawn or len(glyphs) < len(cids), "glyphs that are shown")
