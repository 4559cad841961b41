"""Pale text that the source does not show, though its colour seems to say so, is in no copy."""

from __future__ import annotations

import asyncio
import contextlib

import pypdfium2
import pytest
from documents.pdf_by_hand import Pdf, document, line
from files.scrub_harness import clean_all

from trusted.jail.protocol import Role


def shown_in(space: bytes, chosen: bytes, size: float, under: bytes = b"") -> bytes:
    text = line(b"(i vitt)", 60, 40, size, before=chosen)
    return document(
        Pdf(), line(b"(Syns)", 20, 380) + under + text, resources=b"/Font<</F0 6 0 R>>/ColorSpace<</C %s>>" % space
    )


def table(grey: int) -> bytes:
    return b"[/Indexed/DeviceGray 1<ff%02x>]" % grey


def ink(grey: float) -> bytes:
    """White up to a half, and then this grey."""
    parts = b"".join(b"<</FunctionType 2/Domain[0 1]/N 1/C0[%g]/C1[%g]>>" % (each, each) for each in (1, grey))
    function = b"<</FunctionType 3/Domain[0 1]/Bounds[.5]/Encode[0 1 0 1]/Functions[%s]>>" % parts
    return b"[/Separation/Tint/DeviceGray %s]" % function


# A space, a colour in it that PDFium shows as white, and the size of the letters.
UNSEEN = {
    "a table's index that PDFium cuts": (table(0xE0), b"/C cs .999996 scn", 20),
    "the same with small letters": (table(0xC0), b"/C cs .999996 scn", 4),
    "an ink's tint that nearly is another": (ink(0.9), b"/C cs .4999996 scn", 20),
}
SEEN = {
    "a pale grey": (b"/DeviceGray", b".88 g", 20),
    "small letters of a pale grey": (b"/DeviceGray", b".8 g", 5),
    "a table's index": (table(0xE0), b"/C cs 1 scn", 20),
}


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    documents = {name: shown_in(*how) for name, how in (UNSEEN | SEEN).items()}
    # The first letter stands on black.
    documents["partly on black"] = shown_in(ink(0.9), b"/C cs .4999996 scn", 20, b"q 0 g 55 35 12 30 re f Q ")
    made = asyncio.run(clean_all(list(documents.values()), [Role.DOCUMENTS]))
    found = {}
    for name, (_, content, _, _) in zip(documents, made, strict=True):
        with contextlib.closing(pypdfium2.PdfDocument(content)) as opened:
            found[name] = opened[0].get_textpage().get_text_bounded()
    return found


@pytest.mark.parametrize("name", UNSEEN)
def test_what_the_source_shows_white_on_white_is_left_out(texts, name) -> None:
    assert ("Syns" in texts[name], "i vitt" in texts[name]) == (True, False)


@pytest.mark.parametrize("name", SEEN)
def test_what_it_shows_pale_on_white_stays(texts, name) -> None:
    assert ("Syns" in texts[name], "i vitt" in texts[name]) == (True, True)


def test_where_one_letter_of_it_is_seen_the_others_are_not(texts) -> None:
    assert ("Syns" in texts["partly on black"], "vitt" in texts["partly on black"]) == (True, False)
