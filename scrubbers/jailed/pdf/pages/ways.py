"""Ways through the clean copy: links from a page to a page, and the outline (`outline`). Nothing leads out of it.

A link is where it lies and the place that it leads to, nothing else. Where it lies, it must not say anything that the
page does not show: a link stays only where something is seen under it that no link above it covers, and becomes the box
around that, in whole points. Links stand from the largest to the smallest and from the left, equal ones once. The
frames that some viewers draw around links are gone: PDFium draws none.
"""

import contextlib
import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import pypdf
from PIL import Image, ImageChops
from pypdf.generic import ArrayObject, DictionaryObject

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pdf.bitmap import SEEN_FROM, strongest
from scrubbers.jailed.pdf.pages.destinations import BROKEN, Destinations, Place
from scrubbers.jailed.pdf.pages.outline import Line, Shown, Words, destination, read_outline, rebuilt
from scrubbers.jailed.pdf.pages.page import MOST_ANNOTATIONS, is_shown
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import Name, Node, Stream, Value, Writer
from trusted.jail.stages import Lost, What, Where

_MOST_LINKS: Final = 1000  # of a page; an index of three columns has 300
_MOST_PARTS: Final = 64  # in which what covers a link leaves it
_BESIDE: Final = 1  # points around what is seen
_IS_SEEN: Final = [0 if level < SEEN_FROM else 255 for level in range(256)]

_Box = tuple[int, int, int, int]  # left, bottom, right, top, in whole points of the page as it is seen


class _Link(NamedTuple):
    """`place`: None if it leads nowhere here, and only covers others."""

    box: _Box
    place: Place | None


class Ways:
    """The links and the outline of a document, on their way into the new one. `keeps`: else all of them are lost."""

    def __init__(self, reader: pypdf.PdfReader | None, findings: Findings, *, keeps: bool) -> None:
        self._findings = findings
        self._keeps = keeps
        self._pages = reader.pages if reader is not None else ()
        self._destinations = Destinations(reader) if reader is not None else None
        self._read: dict[int, list[_Link]] = {}
        self._seen: dict[int, list[_Link]] = {}
        self._nodes: dict[int, Node] = {}
        self._lines: list[Line] = []
        if reader is not None and self._destinations is not None:
            with contextlib.suppress(*BROKEN):
                outline = access.dictionary_in(reader.root_object, "/Outlines")
                self._lines = read_outline(outline, self._destinations)
        all_lines = [each for line in self._lines for each in line.all()]
        self._led_to = {line.place.page for line in all_lines if line.place is not None} if keeps else set()
        self._shown: dict[int, Shown] = {}
        if not keeps:
            self._lose_lines(all_lines)

    def see(self, number: int, drawn: Image.Image) -> None:
        """Find the links of a page that lie on something seen. `drawn`: as the clean copy shows it, any size."""
        if number not in self._read:
            self._read[number] = self._links(number)
        links = self._read[number]
        if links and self._destinations is not None:
            self._seen[number] = _on_something(links, drawn, self._destinations.size(number))

    def write(self, number: int, made: Node, writer: Writer) -> Node:
        """Write a page with its links, and return its node."""
        read, links = self._read.pop(number, []), self._seen.pop(number, [])
        kept = {link.place for link in links}
        if any(link.place is not None and link.place not in kept for link in read):
            self._lose_links()
        value = made.value
        if number in self._led_to and isinstance(value, dict):
            contents = value[b"Contents"].value
            self._shown[number] = Shown(contents.data if isinstance(contents, Stream) else b"")
        if links and isinstance(value, dict):
            made.value = {**value, b"Annots": [self._said(link, writer) for link in links]}
        if number not in self._nodes:
            self._nodes[number] = made
            writer.write(made)
            return made
        node = self._nodes[number]
        node.value = made.value
        writer.write_at_last(node)
        return node

    def outline(self, texts: dict[bytes, str]) -> dict[bytes, Value]:
        """Return what the catalog says of it. `texts`: of the codes of the document's font."""
        words: dict[int, Words] = {}

        def words_of(page: int) -> Words:
            if page not in words:
                words[page] = Words(self._shown[page].text(texts))
            return words[page]

        if not self._keeps:
            return {}
        found, lost = rebuilt(self._lines, words_of, self._nodes.__getitem__)
        self._lose_lines(lost)
        return {} if found is None else {b"Outlines": found}

    def _said(self, link: _Link, writer: Writer) -> Value:
        page, top = link.place or Place(0, 0)
        node = self._nodes.setdefault(page, Node())
        writer.number_of(node)
        return {
            b"Type": Name(b"Annot"), b"Subtype": Name(b"Link"), b"Rect": link.box, b"Border": [0, 0, 0],
            b"Dest": destination(node, top),
        }  # fmt: skip

    def _links(self, number: int) -> list[_Link]:
        """Return the links of a page of the source, the lowest first; none where there are too many."""
        if number >= len(self._pages):
            return []
        found: list[_Link] = []
        with contextlib.suppress(*BROKEN):
            annotations = access.entry(self._pages[number], "/Annots")
            if isinstance(annotations, ArrayObject) and len(annotations) <= MOST_ANNOTATIONS:
                for item in list.__iter__(annotations):
                    with contextlib.suppress(*BROKEN):
                        found += self._link(number, access.resolved(item))
        if len(found) > _MOST_LINKS or not self._keeps:
            if any(link.place is not None for link in found):
                self._lose_links()
            return []
        return found

    def _link(self, number: int, untrusted: object) -> list[_Link]:
        is_link = isinstance(untrusted, DictionaryObject) and access.name_of(untrusted.get("/Subtype")) == "/Link"
        if not (is_link and isinstance(untrusted, DictionaryObject) and self._destinations and is_shown(untrusted)):
            return []
        width, height = self._destinations.size(number)
        left, bottom, right, top = map(round, self._destinations.on_page(number, access.entry(untrusted, "/Rect")))
        box = max(left, 0), max(bottom, 0), min(right, math.floor(width)), min(top, math.floor(height))
        place = self._destinations.place_of(untrusted)
        if "/OC" in untrusted:
            # Its layer may be off.
            self._lose_links()
            return []
        if place is None:
            self._findings.add(What.LINK, Where.PAGES)
            if "/A" in untrusted:
                self._findings.lose(Lost.LINKS)
        return [_Link(box, place)] if box[0] < box[2] and box[1] < box[3] else []

    def _lose_links(self) -> None:
        self._findings.lose(Lost.LINKS)
        self._findings.add(What.LINK, Where.PAGES)

    def _lose_lines(self, lines: Sequence[Line]) -> None:
        for line in lines:
            self._findings.lose(Lost.OUTLINE)
            self._findings.add(What.OTHER, Where.DOCUMENT, line.title)


def _on_something(links: Sequence[_Link], drawn: Image.Image, size: tuple[float, float]) -> list[_Link]:
    """Return what is left of the links, in their order."""
    found: set[_Link] = set()
    above: list[_Box] = []
    for link in reversed(links):
        if link.place is not None:
            boxes = [seen for part in _left_of(link.box, above) if (seen := _seen_in(part, drawn, size)) is not None]
            if boxes:
                lefts, bottoms, rights, tops = zip(*boxes, strict=True)
                found.add(_Link((min(lefts), min(bottoms), max(rights), max(tops)), link.place))
        above.append(link.box)
    return sorted(found, key=lambda link: (-_area(link.box), link))


def _area(box: _Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _left_of(box: _Box, above: Sequence[_Box]) -> list[_Box]:
    """Return the parts of a box that none of the others covers; none where that would be too many."""
    parts, (left, bottom, right, top) = [box], box
    for other in above:
        if other[0] >= right or other[1] >= top or other[2] <= left or other[3] <= bottom:
            continue
        parts = [part for whole in parts for part in _without(whole, other)]
        if len(parts) > _MOST_PARTS:
            return []
    return parts


def _without(box: _Box, other: _Box) -> list[_Box]:
    left, bottom, right, top = box
    inner_left, inner_bottom = max(left, other[0]), max(bottom, other[1])
    inner_right, inner_top = min(right, other[2]), min(top, other[3])
    if inner_left >= inner_right or inner_bottom >= inner_top:
        return [box]
    parts = [
        (left, bottom, right, inner_bottom), (left, inner_top, right, top),
        (left, inner_bottom, inner_left, inner_top), (inner_right, inner_bottom, right, inner_top),
    ]  # fmt: skip
    return [part for part in parts if part[0] < part[2] and part[1] < part[3]]


def _seen_in(box: _Box, drawn: Image.Image, size: tuple[float, float]) -> _Box | None:
    """Return the box around what stands out in a part of the page, with a little beside it; None if nothing does."""
    (width, height), (left, bottom, right, top) = size, box
    across, up = drawn.width / width, drawn.height / height
    places = left * across, (height - top) * up, right * across, (height - bottom) * up
    part = drawn.crop((round(places[0]), round(places[1]), round(places[2]), round(places[3])))
    if not part.width or not part.height:
        return None
    ground = Image.new(part.mode, part.size, part.getpixel((0, 0)))
    seen = strongest(ImageChops.difference(part, ground)).point(_IS_SEEN).getbbox()
    if seen is None:
        return None
    return (
        max(0, math.floor(left + seen[0] / across) - _BESIDE),
        max(0, math.floor(top - seen[3] / up) - _BESIDE),
        min(math.floor(width), math.ceil(left + seen[2] / across) + _BESIDE),
        min(math.floor(height), math.ceil(top - seen[1] / up) + _BESIDE),
    )
