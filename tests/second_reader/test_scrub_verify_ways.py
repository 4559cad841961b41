"""The second reading of links and outlines: each fault is planted with the writer, and refused for what it is."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from documents.rebuilt import LETTERS, Rebuilt, read, texts_node

from scrubbers.jailed.pdf.syntax.writer import Hex, Name, Node, Writer
from second_reader.pdf.values import Unaccounted


def titled(text: str) -> Hex:
    return Hex(b"\xfe\xff" + text.encode("utf-16-be"))


@dataclass
class WithWays:
    """Two pages that show the letters from A to Z and from a to o, two links on the first, and four lines: 1, 1.1, 1.2, 2."""

    first: Rebuilt = field(default_factory=Rebuilt)
    second: Rebuilt = field(default_factory=Rebuilt)

    def __post_init__(self) -> None:
        first, second = self.first.page, self.second.page
        self.pages, self.catalog = self.first.pages, self.first.catalog
        # Its glyphs are no letters, so the font that is made of them says none.
        texts = {code.to_bytes(2, "big"): letter for code, letter in enumerate(LETTERS, start=1)}
        self.first.font.value = {**self.first.font.value, b"ToUnicode": texts_node(texts)}
        # The same font and contents: a document has one font.
        second.value = {**first.value}
        self.pages.value = {b"Type": Name(b"Pages"), b"Count": 2, b"Kids": [first, second]}
        self.places = [self.place(second, 720), self.place(first, 840)]
        self.links = [self.link([10, 20, 60, 40], self.places[0]), self.link([10, 50, 20, 60], self.places[1])]
        first.value = {**first.value, b"Annots": self.links}
        self.root, self.lines = Node(), [Node() for _ in range(4)]
        one, one_one, one_two, two = self.lines
        self.root.value = {b"Type": Name(b"Outlines"), b"First": one, b"Last": two, b"Count": 2}
        one.value = {
            b"Title": titled("ABC DEF"), b"Parent": self.root, b"Next": two, b"First": one_one, b"Last": one_two,
            b"Count": -2, b"Dest": self.place(first, 840),
        }  # fmt: skip
        one_one.value = {b"Title": titled("K"), b"Parent": one, b"Next": one_two, b"Dest": self.place(first, 0)}
        one_two.value = {b"Title": titled("Zab"), b"Parent": one, b"Prev": one_one, b"Dest": self.place(second, 700)}
        two.value = {b"Title": titled("abc"), b"Parent": self.root, b"Prev": one, b"Dest": self.place(second, 860)}
        self.catalog.value = {**self.catalog.value, b"Outlines": self.root}

    def place(self, page: Node, top: float) -> list[Any]:
        return [page, Name(b"XYZ"), 0, top, 0]

    def link(self, box: list[float], place: object) -> dict[bytes, Any]:
        return {
            b"Type": Name(b"Annot"), b"Subtype": Name(b"Link"), b"Rect": box, b"Border": [0, 0, 0], b"Dest": place,
        }  # fmt: skip

    def file(self) -> bytes:
        output = io.BytesIO()
        writer = Writer(output)
        for node in (self.pages, self.first.page, self.second.page):
            writer.number_of(node)
        for node in (self.first.page, self.second.page, self.pages):
            writer.write_at_last(node)
        writer.finish(self.catalog)
        return output.getvalue()


def test_links_and_an_outline_are_vouched_for():
    content = WithWays().file()

    read(content)


def link(at: int, **entries: object) -> Callable[[WithWays], None]:
    return lambda made: made.links[at].update({key.encode(): value for key, value in entries.items()})


def line(at: int, **entries: object) -> Callable[[WithWays], None]:
    return lambda made: made.lines[at].value.update({key.encode(): value for key, value in entries.items()})


def root(**entries: object) -> Callable[[WithWays], None]:
    return lambda made: made.root.value.update({key.encode(): value for key, value in entries.items()})


def without(at: int, key: bytes) -> Callable[[WithWays], None]:
    return lambda made: made.lines[at].value.pop(key)


def place(at: int, *end: object) -> Callable[[WithWays], None]:
    def plant(made: WithWays) -> None:
        made.places[0][at:] = end

    return plant


def in_a_circle(made: WithWays) -> None:
    made.lines[3].value[b"Next"] = made.lines[0]


def under_two(made: WithWays) -> None:
    made.lines[3].value |= {b"First": made.lines[1], b"Last": made.lines[2], b"Count": -2}


def of_no_page(made: WithWays) -> None:
    made.places[0][0] = made.first.contents


def of_no_page_from_the_outline(made: WithWays) -> None:
    made.lines[3].value[b"Dest"] = made.place(made.pages, 0)


def second_before_first(made: WithWays) -> None:
    made.links.reverse()


def twice(made: WithWays) -> None:
    made.links.insert(0, made.links[0])


def many(made: WithWays) -> None:
    made.links[:] = [
        made.link([at % 500, at // 500, at % 500 + 1, at // 500 + 1], made.places[0]) for at in range(1001)
    ]
    made.links.sort(key=lambda each: each[b"Rect"])


def backwards(made: WithWays) -> None:
    made.lines[0].value[b"Dest"] = made.place(made.second.page, 0)
    made.lines[3].value[b"Dest"] = made.place(made.first.page, 0)


FAULTS = [
    *(
        (link(0, **entry), "a key that may not be here")
        for entry in (
            {"A": {b"S": Name(b"URI"), b"URI": Hex(b"marker")}},
            {"Contents": Hex(b"marker")},
            {"NM": Hex(b"marker")},
            {"M": Hex(b"D:2026")},
            {"F": 4},
            {"H": Name(b"N")},
            {"C": [1, 0, 0]},
            {"QuadPoints": [0, 0, 1, 0, 0, 1, 1, 1]},
            {"PA": {b"S": Name(b"URI"), b"URI": Hex(b"marker")}},
        )
    ),
    (lambda made: made.links[0].pop(b"Dest"), "a key that must be here"),
    (link(0, Subtype=Name(b"Text")), "exactly Link"),
    (link(0, Border=[0, 0, 1]), "exactly [0, 0, 0]"),
    (link(0, Rect=[10.5, 20, 60, 40]), "whole points"),
    (link(0, Rect=[10, 20, 10, 40]), "a link on its page"),
    (link(0, Rect=[60, 20, 10, 40]), "a link on its page"),
    (link(0, Rect=[-1, 20, 60, 40]), "a link on its page"),
    (link(0, Rect=[10, 20, 596, 40]), "a link on its page"),
    (link(0, Rect=[10, 20, 60, 843]), "a link on its page"),
    (link(0, Dest=Hex(b"name")), "list"),
    (link(0, Dest=Name(b"name")), "list"),
    (of_no_page, "a page of the document"),
    (place(1, Name(b"Fit")), "a place"),
    (place(1, Name(b"FitR"), 0, 720, 0), "exactly"),
    (place(2, 1, 720, 0), "exactly"),
    (place(3, 720, 1), "exactly"),
    (place(3, 720, 0, 0), "exactly"),
    (place(3, 720), "exactly"),
    (place(3, 721, 0), "one of the places of a page"),
    (place(3, 720.5, 0), "a place"),
    (place(3, -20, 0), "one of the places of a page"),
    (place(3, 880, 0), "a place on its page"),
    (second_before_first, "links in order, each once"),
    (twice, "links in order, each once"),
    (many, "links"),
    (lambda made: made.links.clear(), "links"),
    (in_a_circle, "each line once"),
    (under_two, "a line in its place"),
    (of_no_page_from_the_outline, "a page of the document"),
    (backwards, "lines in the order of pages"),
    (root(Count=3), "as many lines as are said"),
    (root(Title=Hex(b"marker")), "a key that may not be here"),
    (line(0, Count=2), "as many lines as are said"),
    (line(0, Count=-3), "as many lines as are said"),
    (line(1, Count=0), "no lines under one"),
    (without(0, b"Count"), "lines under one"),
    (without(0, b"Parent"), "a key that must be here"),
    (without(0, b"Next"), "as many lines as are said"),
    (without(3, b"Prev"), "a line in its place"),
    (line(0, C=[1, 0, 0]), "a key that may not be here"),
    (line(0, F=2), "a key that may not be here"),
    (line(0, A={b"S": Name(b"URI"), b"URI": Hex(b"marker")}), "a key that may not be here"),
    (line(0, SE=1), "a key that may not be here"),
    (line(0, Title=titled("ABD")), "a title that its page shows"),
    (line(0, Title=Hex(titled("abc")[2:])), "a title's form"),
    (line(0, Title=titled("marker")), "a title that its page shows"),
    (line(0, Title=titled("aBC")), "a title that its page shows"),
    (line(0, Title=titled("ABC  DEF")), "a title's form"),
    (line(0, Title=titled(" ABC")), "a title's form"),
    (line(0, Title=titled("")), "a title's form"),
    (line(0, Title=titled("ABC\nDEF")), "a title's form"),
    (line(0, Title=Name(b"ABC")), "a title's form"),
]


@pytest.mark.parametrize(("plant", "rule"), FAULTS)
def test_what_may_not_be_in_a_link_or_an_outline_is_refused(plant, rule):
    made = WithWays()
    plant(made)

    with pytest.raises(Unaccounted) as caught:
        read(made.file())

    assert str(caught.value).startswith(rule)
