"""Where a link or a line of the outline leads to: a page of this document and how far up, or nowhere.

What stands for a place in the source: an array with a page, a name of one (in the catalog's /Dests, or in the tree of
names), or an action that goes to one of these (ISO 32000-1, 12.3.2). Everything else leads nowhere: other files,
addresses, programs, scripts.
"""

import contextlib
import functools
import itertools
import math
from collections.abc import Iterator
from typing import Final, NamedTuple

import pypdf
from pypdf.generic import ArrayObject, ByteStringObject, DictionaryObject, IndirectObject, NameObject, TextStringObject

from scrubbers.jailed.pdf.pages.page import stands
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.matrix import Matrix, bounds
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from trusted.jail.stages import Damaged

# What a broken way raises; a page that was taken out of a document is often still led to.
BROKEN: Final = (NotRebuildable, Damaged, *access.BROKEN)
# Points: how far up is one of some forty places of a page, the next one above, or it could say something.
_STEP: Final = 20
_MOST_NODES: Final = 20_000  # of the tree of names; a manual of 1,000 pages has 3,000
_MOST_NAMES: Final = 100_000
_DEEPEST_NAME: Final = 4  # a name, a dictionary, an array
_RECTANGLE: Final = 4  # numbers
# Which operands of a view say how far from the left and how far up it begins. The others show a whole page.
_VIEWS: Final[dict[str, tuple[int | None, int | None]]] = {
    "/XYZ": (0, 1), "/FitH": (None, 0), "/FitBH": (None, 0), "/FitV": (0, None), "/FitBV": (0, None),
}  # fmt: skip


class Place(NamedTuple):
    """The number of a page, and how far up on it as it is seen, in points."""

    page: int
    top: int


class Destinations:
    """Finds places. What is broken leads nowhere."""

    def __init__(self, reader: pypdf.PdfReader) -> None:
        self._reader = reader

    def place_of(self, untrusted: DictionaryObject) -> Place | None:
        """Return where a link or a line of the outline leads to; None for nowhere."""
        with contextlib.suppress(*BROKEN):
            if "/A" not in untrusted:
                return self._place(access.entry(untrusted, "/Dest"))
            action = access.dictionary(untrusted["/A"])
            if access.name_of(action.get("/S")) == "/GoTo":
                return self._place(access.entry(action, "/D"))
        return None

    def size(self, page: int) -> tuple[float, float]:
        """Return how large a page is as it is seen; raises one of `BROKEN`."""
        return self._stands(page)[0]

    def on_page(self, page: int, untrusted_box: object) -> tuple[float, float, float, float]:
        """Return where a box of a page lies as it is seen; raises one of `BROKEN`."""
        x0, y0, x1, y1 = access.numbers(untrusted_box, _RECTANGLE)
        return bounds(self._stands(page)[1], (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))

    def _place(self, untrusted: object) -> Place | None:
        for _ in range(_DEEPEST_NAME):
            if isinstance(untrusted, ArrayObject):
                return self._of_array(untrusted)
            if isinstance(untrusted, DictionaryObject):
                untrusted = access.entry(untrusted, "/D")
            else:
                untrusted = access.resolved(self._names.get(_name(untrusted)))
        return None

    def _of_array(self, untrusted: ArrayObject) -> Place | None:
        first, view, *operands = list.__iter__(untrusted)
        page = self._numbers.get(first.idnum) if isinstance(first, IndirectObject) else None
        if page is None:
            return None
        (_, height), matrix = self._stands(page)
        top = _top(access.name_of(view) or "", operands, matrix)
        steps = math.ceil(height / _STEP)
        return Place(page, _STEP * (steps if top is None else min(max(math.ceil(round(top) / _STEP), 0), steps)))

    @functools.cached_property
    def _numbers(self) -> dict[int, int]:
        """The numbers of pages by those of their objects; of a page that is there twice, of the first."""
        found: dict[int, int] = {}
        with contextlib.suppress(*BROKEN):
            for number, page in enumerate(self._reader.pages):
                if page.indirect_reference is not None:
                    found.setdefault(page.indirect_reference.idnum, number)
        return found

    @functools.cached_property
    def _names(self) -> dict[bytes | None, object]:
        """What stands under each name; the first of two."""
        found: dict[bytes | None, object] = {}
        with contextlib.suppress(*BROKEN):
            root = self._reader.root_object
            for key, value in dict.items(access.dictionary_in(root, "/Dests")):
                found.setdefault(_name(key), value)
            tree = _in_tree(access.dictionary_in(access.dictionary_in(root, "/Names"), "/Dests"))
            for key, value in itertools.islice(tree, _MOST_NAMES):
                found.setdefault(_name(access.resolved(key)), value)
        found.pop(None, None)
        return found

    def _stands(self, page: int) -> tuple[tuple[float, float], Matrix]:
        if page not in self._standing:
            self._standing[page] = stands(self._reader.pages[page])
        return self._standing[page]

    @functools.cached_property
    def _standing(self) -> dict[int, tuple[tuple[float, float], Matrix]]:
        return {}


def _name(untrusted: object) -> bytes | None:
    """Return the bytes of a name or a string."""
    match untrusted:
        case NameObject():
            return untrusted.encode("latin-1")
        case TextStringObject():
            return untrusted.original_bytes
        case ByteStringObject():
            return bytes(untrusted)
        case _:
            return None


def _in_tree(root: DictionaryObject) -> Iterator[tuple[object, object]]:
    """Yield names and what stands under them, in the order of the tree; the number of nodes ends one with cycles."""
    nodes: list[object] = [root]
    for _ in range(_MOST_NODES):
        if not nodes:
            return
        pairs, kids = _read_node(nodes.pop())
        yield from zip(pairs[0::2], pairs[1::2], strict=False)
        # No more than may still be read.
        nodes += kids[: max(0, _MOST_NODES - len(nodes))][::-1]


def _read_node(untrusted: object) -> tuple[list[object], list[object]]:
    """Return names and what stands under them in turn, and the nodes under this one; nothing of a broken one."""
    with contextlib.suppress(*BROKEN):
        node = access.dictionary(untrusted)
        pairs, kids = (access.entry(node, key) for key in ("/Names", "/Kids"))
        return (
            [*list.__iter__(pairs)] if isinstance(pairs, ArrayObject) else [],
            [*list.__iter__(kids)] if isinstance(kids, ArrayObject) else [],
        )
    return [], []


def _top(view: str, operands: list[object], matrix: Matrix) -> float | None:
    """Return how far up on the page as it is seen a view begins; None where that is its upper edge."""
    if view == "/FitR":
        left, bottom, right, top = (access.number(each) for each in operands[:_RECTANGLE])
        return bounds(matrix, (left, bottom, right, top))[3]
    across, up = (
        None if at is None or at >= len(operands) or access.resolved(operands[at]) is None
        else access.number(operands[at])
        for at in _VIEWS.get(view, (None, None))
    )  # fmt: skip
    _, b, _, d, _, f = matrix
    if (b and across is None) or (d and up is None):
        return None
    return b * (across or 0) + d * (up or 0) + f
