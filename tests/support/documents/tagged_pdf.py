"""Reads a PDF as a screen reader does: along its structure tree, piece by piece, with the letters that its fonts name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pypdf
from pypdf.generic import DictionaryObject

_CONTENT = re.compile(r"(?s)/(\w+) <</MCID (\d+)>> BDC(.*?)EMC")
_SHOWN = re.compile(r"/(\S+) [\d.]+ Tf [^<]*<([0-9A-F]*)> Tj")


@dataclass(frozen=True)
class Heard:
    """A piece of content: what it stands in, from the document down, its page, its number there and its text."""

    kinds: tuple[str, ...]
    page: int
    number: int
    text: str


def heard(reader: pypdf.PdfReader) -> list[Heard]:
    """All content that is tagged, in the order of the tree."""
    pages = {page.indirect_reference.idnum: number for number, page in enumerate(reader.pages)}
    texts = {number: _texts(page) for number, page in enumerate(reader.pages)}
    found = []
    for kinds, page, mark in _marks(reader.trailer["/Root"]["/StructTreeRoot"]["/K"].get_object(), (), pages):
        kind, text = texts[page][mark]
        assert kind == kinds[-1]
        found.append(Heard(kinds, page, mark, text))
    return found


def outside(page: pypdf.PageObject) -> str:
    """What a page draws that is neither content of the tree nor an artifact."""
    steps = page.get_contents().get_data().decode()
    return re.sub(r"(?s)/Artifact BMC.*?EMC", "", _CONTENT.sub("", steps)).strip()


def _marks(
    node: DictionaryObject, above: tuple[str, ...], pages: dict[int, int]
) -> Iterator[tuple[tuple[str, ...], int, int]]:
    kinds = (*above, node["/S"].removeprefix("/"))
    own = pages[node.raw_get("/Pg").idnum]
    for kid in node["/K"]:
        if isinstance(kid, int):
            yield kinds, own, kid
        elif (inner := kid.get_object()).get("/Type") == "/MCR":
            yield kinds, pages[inner.raw_get("/Pg").idnum], inner["/MCID"]
        else:
            yield from _marks(inner, kinds, pages)


def _texts(page: pypdf.PageObject) -> dict[int, tuple[str, str]]:
    fonts = {name.removeprefix("/"): _letters(font) for name, font in page["/Resources"]["/Font"].items()}
    steps = page.get_contents().get_data().decode()
    found = {}
    for kind, number, drawn in _CONTENT.findall(steps):
        # A line that does not end in a blank is not read together with the next one.
        pieces = [
            "".join(fonts[name][glyph] for glyph in re.findall("....", shown)) for name, shown in _SHOWN.findall(drawn)
        ]
        found[int(number)] = (kind, "".join(pieces))
    return found


def _letters(font: DictionaryObject) -> dict[str, str]:
    pairs = re.findall(r"<(\w{4})> <(\w+)>\n", font["/ToUnicode"].get_data().decode())
    return {glyph: bytes.fromhex(letter).decode("utf-16-be") for glyph, letter in pairs}
