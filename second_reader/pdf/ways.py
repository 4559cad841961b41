"""The links and the outline of a rebuilt PDF: from pages to pages of it, each in one form, in one order.

    a link      <</Type /Annot/Subtype /Link/Rect [whole numbers]/Border [0 0 0]/Dest PLACE>>
    the root    <</Type /Outlines/First n 0 R/Last n 0 R/Count lines>>
    a line      <</Title <fe ff UTF-16>/Parent n 0 R, Prev*, Next*, (First, Last, Count -lines under it)*, Dest PLACE>>
    PLACE       [page /XYZ 0 TOP 0]

A line's title stands, spaces aside, on the page that it leads to, letter by letter in the order of its contents.
"""

import codecs
import functools
import itertools
from collections.abc import Mapping
from typing import Any, Final

from second_reader.pdf.checks import anything, entries, exactly, items, numbers, whole
from second_reader.pdf.content import strings_of
from second_reader.pdf.document import Document
from second_reader.pdf.values import Reference, Unaccounted, demand

_MOST_LINKS: Final = 1000  # of a page
_MOST_LINES: Final = 5000
_LONGEST: Final = 600  # letters of a title
_STEP: Final = 20  # points: the places of a page that something may lead to
_MARK: Final = b"\xfe\xff"
_LINE: Final = {"Title": anything, "Parent": anything, "Dest": anything}
_BESIDE: Final = dict.fromkeys(("Prev", "Next", "First", "Last", "Count"), anything)


def links(document: Document, thing: object, box: list[Any]) -> None:
    """Require the links of a page of this size; where they lead, once all pages are known."""
    found = items(thing)
    demand(0 < len(found) <= _MOST_LINKS, "links")
    places = [_link(document, each, box) for each in found]
    demand(all(first < then for first, then in itertools.pairwise(places)), "links in order, each once")


def _link(document: Document, thing: object, box: list[Any]) -> tuple[int, ...]:
    """Return what links are put in order by."""
    found = entries(
        document,
        thing,
        {
            "Type": exactly("Annot"), "Subtype": exactly("Link"), "Rect": numbers(4), "Border": exactly([0, 0, 0]),
            "Dest": anything,
        },
    )  # fmt: skip
    left, bottom, right, top = found["Rect"]
    demand(all(type(each) is int for each in found["Rect"]), "whole points")
    demand(0 <= left < right <= box[2] and 0 <= bottom < top <= box[3], "a link on its page")
    page, up = _place(document, found["Dest"])
    return -(right - left) * (top - bottom), left, bottom, right, top, document.page_at.get(page, -1), up


def _place(document: Document, thing: object) -> tuple[int, int]:
    """Return the page and how far up."""
    page, top = ([*items(thing), None, None, None, None])[:4:3]
    if not isinstance(page, Reference) or type(top) is not int:
        raise Unaccounted("a place")
    exactly([page, "XYZ", 0, top, 0])(document, thing)
    demand(top >= 0 and top % _STEP == 0, "one of the places of a page")

    def compare() -> None:
        demand(page.number in document.page_at, "a page of the document")
        demand(top < document.heights[page.number] + _STEP, "a place on its page")

    document.at_last.append(compare)
    return page.number, top


def outline(document: Document, thing: object) -> None:
    """Require the tree, each line in it once; its titles, once all pages and the font have been read."""
    root = entries(document, document.take(thing), {
        "Type": exactly("Outlines"), "First": anything, "Last": anything, "Count": whole(1, _MOST_LINES),
    })  # fmt: skip
    met: set[int] = set()
    waiting: list[tuple[object, Mapping[str, Any], int]] = [(thing, root, root["Count"])]
    while waiting:
        parent, above, count = waiting.pop()
        pages: list[int] = []
        before, at = None, above["First"]
        while at is not None:
            demand(isinstance(at, Reference) and at.number not in met and len(met) < _MOST_LINES, "each line once")
            met.add(at.number)
            line = entries(document, document.take(at), _LINE, _BESIDE)
            demand(line["Parent"] == parent and line.get("Prev") == before, "a line in its place")
            pages.append(_title(document, line))
            if "First" in line:
                demand({"Last", "Count"} <= line.keys() and type(line["Count"]) is int, "lines under one")
                waiting.append((at, line, -line["Count"]))
            else:
                demand({"Last", "Count"}.isdisjoint(line), "no lines under one")
            before, at = at, line.get("Next")
        demand(above["Last"] == before and count == len(pages), "as many lines as are said")
        document.at_last.append(functools.partial(_require_order, document, pages))


def _require_order(document: Document, pages: list[int]) -> None:
    at = [document.page_at[page] for page in pages]
    demand(at == sorted(at), "lines in the order of pages")


def _title(document: Document, line: Mapping[str, Any]) -> int:
    """Note the title with the page that it must stand on, and return that."""
    page, _ = _place(document, line["Dest"])
    title = line["Title"]
    if not isinstance(title, bytes) or title[:2] != _MARK:
        raise Unaccounted("a title's form")
    text = codecs.utf_16_be_decode(title[2:], "strict", True)[0]
    demand(len(text) <= _LONGEST and all(text.split(" ")) and "\n" not in text, "a title's form")
    document.titles.setdefault(page, []).append(text)
    return page


def keep_text(document: Document, contents: bytes, *, is_layer: bool) -> None:
    """Note what the page that is being checked says, if a line of the outline leads to it."""
    titles = document.titles.get(document.current, [])
    if titles:
        codes = strings_of(contents)

        def compare() -> None:
            pairs = (codes[at : at + 2] for at in range(0, len(codes), 2))
            text = (
                codecs.utf_16_be_decode(codes, "strict", True)[0]
                if is_layer
                else "".join([document.texts.get(int.from_bytes(pair, "big"), "\n\n") for pair in pairs])
            )
            shown = text.replace(" ", "")
            demand(all(title.replace(" ", "") in shown for title in titles), "a title that its page shows")

        document.at_last.append(compare)
