"""Reads the structure tree of a typeset document: a closed list of elements, depth first, and nothing beside them.

Each mark of the pages is in one element, of the kind that the mark names; an element holds elements or marks, in their
order. Numbers, parents and the way back from the marks follow from that, and must be what follows.
"""

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from second_reader.typeset.contents import Marked
from second_reader.typeset.unaccounted import Unaccounted, require

# What an element of each kind may be in.
_ANYWHERE: Final = frozenset({"Document", "Div", "TH", "TD"})
_WITHIN: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("P", "H1", "H2", "H3", "H4", "H5", "H6", "Figure", "L", "Div"), _ANYWHERE),
    "LI": frozenset({"L"}), "LBody": frozenset({"LI"}),
    "Table": frozenset({"Document"}), "TR": frozenset({"Table"}), "TH": frozenset({"TR"}), "TD": frozenset({"TR"}),
}  # fmt: skip
_LEAVES: Final = frozenset({"P", "H1", "H2", "H3", "H4", "H5", "H6", "Figure", "LBody"})
_NUMBER: Final = rb"(0|[1-9][0-9]{0,9})"
_ELEMENT: Final = re.compile(
    rb"<</Type /StructElem/S /([A-Za-z0-9]+)/P %s 0 R(?:/Pg %s 0 R)?/K \[(.*)\]>>" % (_NUMBER, _NUMBER)
)
_KID: Final = re.compile(rb"%s 0 R|<</Type /MCR/Pg %s 0 R/MCID %s>>|%s" % ((_NUMBER,) * 4))
_FIRST_PAGE: Final = 3


@dataclass(frozen=True, slots=True)
class _Element:
    kind: str
    parent: int
    kids: Sequence[int]
    marks: Sequence[tuple[int, int]]


def require_tags(untrusted: Mapping[int, bytes], marked: Sequence[Sequence[Marked]]) -> None:
    """Require the tree for the marks of these pages; raises Unaccounted."""
    first, last = min(untrusted), max(untrusted)
    head = b"<</Type /StructTreeRoot/K %d 0 R/ParentTree %d 0 R/ParentTreeNextKey %d>>"
    require(untrusted[first] == head % (first + 1, last, len(marked)), "the tree")
    elements = {number: _element(untrusted[number]) for number in range(first + 1, last)}
    _require_order(elements, first)
    owners = _owners(elements, marked)
    rows = (b"%d [%s]" % (page, b" ".join(b"%d 0 R" % one for one in row)) for page, row in enumerate(owners))
    require(untrusted[last] == b"<</Nums [%s]>>" % b" ".join(rows), "the way back")


def _element(untrusted: bytes) -> _Element:
    found = _ELEMENT.fullmatch(untrusted)
    if found is None:
        raise Unaccounted("an element")
    page = None if found[3] is None else _page(found[3])
    kids: list[int] = []
    marks: list[tuple[int, int]] = []
    for kid in _KID.finditer(found[4]):
        if kid[1] is not None:
            kids.append(int(kid[1]))
        elif kid[4] is not None and page is not None:
            marks.append((page, int(kid[4])))
        elif kid[3] is not None:
            marks.append((_page(kid[2]), int(kid[3])))
    element = _Element(found[1].decode(), int(found[2]), kids, marks)
    require(untrusted == _written(element), "an element")
    return element


def _page(number: bytes) -> int:
    place, rest = divmod(int(number) - _FIRST_PAGE, 2)
    require(place >= 0 and not rest, "a page")
    return place


def _written(element: _Element) -> bytes:
    """Return the one way to write it."""
    head = b"<</Type /StructElem/S /%s/P %d 0 R" % (element.kind.encode(), element.parent)
    if not element.marks:
        return head + b"/K [%s]>>" % b" ".join(b"%d 0 R" % kid for kid in element.kids)
    first = element.marks[0][0]
    kids = b" ".join(
        b"%d" % mark if page == first else b"<</Type /MCR/Pg %d 0 R/MCID %d>>" % (_FIRST_PAGE + 2 * page, mark)
        for page, mark in element.marks
    )
    return head + b"/Pg %d 0 R/K [%s]>>" % (_FIRST_PAGE + 2 * first, kids)


def _require_order(elements: Mapping[int, _Element], first: int) -> None:
    """Require numbers depth first, parents that know their kids, and kinds where they may be."""
    expected = [first + 1]
    parents = {first + 1: first}
    for number, element in elements.items():
        require(expected and expected.pop() == number, "elements in order")
        require(element.parent == parents[number], "a parent")
        if number == first + 1:
            require(element.kind == "Document" and not element.marks, "the document")
        else:
            within = elements[element.parent].kind
            require(within in _WITHIN.get(element.kind, ()), "an element in its place")
        require(not element.marks or element.kind in _LEAVES, "an element that holds elements")
        require(not element.kids or element.kind not in _LEAVES, "an element that holds contents")
        require(all(one < other for one, other in itertools.pairwise(element.marks)), "marks in order")
        parents |= dict.fromkeys(element.kids, number)
        expected += reversed(element.kids)
    require(not expected, "elements in order")


def _owners(elements: Mapping[int, _Element], marked: Sequence[Sequence[Marked]]) -> list[list[int]]:
    """Return the element of each mark of each page."""
    owner = {mark: number for number, element in elements.items() for mark in element.marks}
    require(len(owner) == sum(len(element.marks) for element in elements.values()), "a mark twice")
    require(len(owner) == sum(len(marks) for marks in marked), "a mark in no element")
    owners = []
    for page, marks in enumerate(marked):
        numbers = [owner[page, place] for place in range(len(marks))]
        for mark, number in zip(marks, numbers, strict=True):
            require(elements[number].kind == mark.kind, "a mark's kind")
        owners.append(numbers)
    return owners
