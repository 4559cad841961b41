"""One page of the source as a display list, and what it looks like in the new document.

The new page is what the source shows of it, its crop box within its media box, upright and from 0 0 on. Annotations
are not kept; what they look like on the page is drawn into it, as a viewer would draw it (ISO 32000-1, 12.5.5).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import pypdf.errors
from pypdf import PageObject
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from scrubbers.jailed.pdf.content.display_list import (
    ConcatMatrix,
    Drawn,
    Names,
    Path,
    RestoreState,
    SaveState,
    Show,
    Step,
    Unsaid,
)
from scrubbers.jailed.pdf.content.emitter import emit
from scrubbers.jailed.pdf.content.forms import matrix_of
from scrubbers.jailed.pdf.content.image import Picture
from scrubbers.jailed.pdf.content.interpreter import Interpreter
from scrubbers.jailed.pdf.content.order import in_order
from scrubbers.jailed.pdf.content.page_path import Box
from scrubbers.jailed.pdf.content.scene import Item, items_of
from scrubbers.jailed.pdf.content.scene_boxes import holds, upright
from scrubbers.jailed.pdf.fonts.document_font import DocumentFont
from scrubbers.jailed.pdf.pages.resources import SourceDocument
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.lexer import require_drawable
from scrubbers.jailed.pdf.syntax.matrix import Matrix, bounds
from scrubbers.jailed.pdf.syntax.writer import Name, Node, NotRebuildable, Stream, Value, number
from trusted.jail.stages import TookTooLong

_CONTENTS_BYTES: Final = 8 * 2**20  # of a page; more is a plan or a map, and becomes pixels
_MOST_PARTS: Final = 10_000  # streams of a page; with more it becomes pixels
MOST_ANNOTATIONS: Final = 5000  # of a page; the same
_HIDDEN, _NO_VIEW = 1 << 1, 1 << 5  # flags of annotations: ISO 32000-1, table 165
_DEEPEST_NODE: Final = 32  # nodes above a page, where its box may stand
# What PDFium takes for a page that does not say how large it is.
_LETTER: Final = [0.0, 0.0, 612.0, 792.0]
_DESCENT: Final = 0.3  # of a text's size
_LEAST_SIDE: Final = 1.0  # points
_LARGEST_SIDE: Final = 20_000.0  # points: seven metres


@dataclass(slots=True)
class Page:
    """What a page paints, and how large it is."""

    items: list[Item]
    size: tuple[float, float]
    steps: int = 0  # it took so many to read it
    node: Node = field(default_factory=Node)
    _emitted: tuple[dict[bytes, Value], Node] = field(default_factory=lambda: ({}, Node()))
    may_join: bool = False  # whether texts of it, as emitted last, would be one in the result
    _ordered: list[object] | None = None  # what was seen of the items when they were put in order

    def shows(self) -> list[Show]:
        """Return what is shown, in the order of drawing; an invisible one is not drawn."""
        return [item.step for item in self.items if isinstance(item.step, Show) and item.step.shows_anything()]

    def paths(self) -> list[Path]:
        """Return the lines and areas that are painted, in the order of drawing."""
        return [item.step for item in self.items if isinstance(item.step, Path) and item.step.is_drawn()]

    def pictures(self) -> list[tuple[Drawn, Picture]]:
        """Return the pictures, in the order of drawing; one that is drawn twice stands here twice."""
        drawn = (item.step for item in self.items if isinstance(item.step, Drawn) and not item.step.hidden)
        return [(step, step.thing) for step in drawn if isinstance(step.thing, Picture)]

    def has_invisible_text(self) -> bool:
        """Whether text was left out as it was read: in invisible mode, off the page, in a layer that is off."""
        return any(isinstance(item.step, Show) and item.step.leaves_out_ink() for item in self.items)

    def has_unsaid(self) -> bool:
        """Whether something on it only a drawing can show."""
        return any(isinstance(item.step, Unsaid) for item in self.items)

    def on(self, backdrop: Picture) -> "Page":
        """Return the page with its text alone, on a drawing of all the rest."""
        width, height = self.size
        drawn = Item(Drawn(backdrop), (width, 0, 0, height, 0, 0), {}, ())
        texts = (item for item in self.items if isinstance(item.step, Show))
        return Page([drawn, *texts], self.size)

    def lone_picture(self) -> tuple[Drawn, Picture, Matrix] | None:
        """Return the picture, if one is all that is drawn, whole and within the page: a scan. Nothing can hide it.

        A stencil may be of the paper's colour, and a soft mask may hide or be all that says something: not those.
        """
        drawn = [item for item in self.items if not isinstance(item.step, Show) or item.step.shows_anything()]
        match drawn:
            case [Item(step=Drawn(thing=Picture() as picture) as step, clips=(), states=states, matrix=matrix)]:
                is_whole = picture.is_opaque and "ca" not in states and self._holds(matrix)
                return (step, picture, matrix) if is_whole else None
            case _:
                return None

    def _holds(self, placed: Matrix) -> bool:
        """Whether the unit square of this matrix lies on the page, and is larger than a speck."""
        width, height = self.size
        a, b, c, d, _, _ = placed
        if min(math.hypot(a, b), math.hypot(c, d)) < _LEAST_SIDE:
            return False
        left, bottom, right, top = bounds(placed, (0, 0, 1, 1))
        return min(left, bottom) >= -1 and right <= width + 1 and top <= height + 1

    def emit(self, parent: Node, fonts: DocumentFont, *, joins: bool = False) -> None:
        """Make the node's value from the items as they are now; `joins`: as in the result, texts on a line one."""
        names = Names()
        items = self._in_order_as_seen() if joins else self.items
        contents, self.may_join = emit(items, self.size, names, fonts, joins=joins)
        self._emitted = names.resources(), Node(Stream({}, contents))
        self.stand_under(parent)

    def stand_under(self, parent: Node) -> None:
        """Make the node's value from what was emitted last."""
        resources, contents = self._emitted
        self.node.value = {
            b"Type": Name(b"Page"),
            b"Parent": parent,
            b"MediaBox": [0, 0, *self.size],
            b"Resources": resources,
            b"Contents": contents,
        }

    def _in_order_as_seen(self) -> list[Item]:
        """Return the items in their order: what nobody sees keeps nothing else in its place."""
        return self.items if self._ordered == _seen_of(self.items) else in_order(self.items, self.size)


def _seen_of(items: Sequence[Item]) -> list[object]:
    """Return what may change of each thing after the page was read."""
    return [
        item.step.seen if isinstance(item.step, Show) else isinstance(item.step, Path | Drawn) and item.step.hidden
        for item in items
    ]


def read_page(untrusted: PageObject, source: SourceDocument) -> Page:
    """Return the page, rebuilt; raises NotRebuildable or one of `access.BROKEN`."""
    resources = access.dictionary_in(untrusted, "/Resources")
    contents = _contents(untrusted)
    source.work.contents_read(len(contents))
    steps = Interpreter(source, resources).read(contents)
    drawn = _annotations(untrusted, source)
    if drawn:
        # Whatever the contents left behind of their state is not the annotations'.
        saved = sum(isinstance(step, SaveState) for step in steps)
        left_open = saved - sum(isinstance(step, RestoreState) for step in steps)
        steps = [SaveState(), *steps, *(RestoreState() for _ in range(left_open)), RestoreState(), *drawn]
    size, matrix = stands(untrusted)
    items, count = items_of(steps, matrix)
    _cut_off_page(items, size)
    items = in_order(items, size)
    return Page(items, size, count, _ordered=_seen_of(items))


def stands(untrusted: PageObject) -> tuple[tuple[float, float], Matrix]:
    """Return the size of the page as it is seen, and the matrix from its own points; raises as `read_page`."""
    return upright(_box(untrusted), int(untrusted.rotation) % 360)


def _cut_off_page(items: Sequence[Item], size: tuple[float, float]) -> None:
    """Mark the letters that lie wholly off a page of this size as unseen: text runs over an edge in many tables.

    A letter is taken for as wide as it moves the pen, and as high as its font's size. Not asked of text in forms.
    """
    page: Box = 0.0, 0.0, *size
    for item in items:
        show = item.step
        # Most texts lie within the page.
        if (
            isinstance(show, Show)
            and not item.in_form
            and show.seen is None
            and not holds(page, _extent(item, show, *show.extent()))
        ):
            unit = show.size / 1000
            letters = (_extent(item, show, at * unit, (at + glyph.advance) * unit) for at, glyph in show.places())
            seen = [_touch(letter, page) for letter in letters]
            show.seen = None if all(seen) else seen


def _extent(item: Item, show: Show, start: float, end: float) -> Box:
    return bounds(item.matrix, (start, -_DESCENT * show.size, end, show.size))


def _touch(one: Box, other: Box) -> bool:
    return one[2] >= other[0] and one[0] <= other[2] and one[3] >= other[1] and one[1] <= other[3]


def _box(untrusted: PageObject) -> list[float]:
    """Return what is shown of the page: left, bottom, right, top."""
    media = _sides(untrusted, "/MediaBox") or _LETTER
    crop = _sides(untrusted, "/CropBox") or media
    sides = []
    for low, high in ((0, 2), (1, 3)):
        media_low, media_high = sorted((media[low], media[high]))
        crop_low, crop_high = sorted((crop[low], crop[high]))
        sides.append((max(media_low, crop_low), min(media_high, crop_high)))
    (left, right), (bottom, top) = sides
    if not all(_LEAST_SIDE <= high - low <= _LARGEST_SIDE for low, high in sides):
        raise NotRebuildable
    return [left, bottom, right, top]


def _sides(untrusted: PageObject, key: str) -> list[float] | None:
    """Return a box of the page or of a node above it; None when there is none that is one."""
    node: DictionaryObject | None = untrusted
    for _ in range(_DEEPEST_NODE):
        if node is None:
            break
        if isinstance(access.entry(node, key), ArrayObject):
            return access.numbers(access.entry(node, key), 4)
        above = access.entry(node, "/Parent")
        node = above if isinstance(above, DictionaryObject) else None
    return None


def _contents(untrusted: PageObject) -> bytes:
    """Return the page's streams, one after the other; a token does not reach over their borders."""
    # Without contents nothing can hide another thing, also where there should be some that PDFium has not found.
    if "/Contents" not in untrusted or access.resolved(untrusted["/Contents"]) is None:
        return b""
    found = access.entry(untrusted, "/Contents")
    if isinstance(found, StreamObject):
        parts = [found]
    elif isinstance(found, ArrayObject) and len(found) <= _MOST_PARTS:
        parts = [access.stream(item) for item in list.__iter__(found)]
    else:
        raise NotRebuildable
    try:
        data = b"\n".join(part.get_data() for part in parts)
    except pypdf.errors.LimitReachedError:
        raise TookTooLong from None
    require_drawable(data)
    if len(data) > _CONTENTS_BYTES:
        raise NotRebuildable
    return data


def _annotations(untrusted: PageObject, source: SourceDocument) -> list[Step]:
    found = access.entry(untrusted, "/Annots")
    if not isinstance(found, ArrayObject):
        return []
    if len(found) > MOST_ANNOTATIONS:
        raise NotRebuildable
    steps: list[Step] = []
    for item in list.__iter__(found):
        annotation = access.resolved(item)
        if isinstance(annotation, DictionaryObject):
            steps += _look_of(annotation, source)
    return steps


def _look_of(annotation: DictionaryObject, source: SourceDocument) -> list[Step]:
    """Return the steps that draw an annotation; none when nobody sees it, or it has no look of its own."""
    if not is_shown(annotation):
        return []
    look = access.entry(access.dictionary_in(annotation, "/AP"), "/N")
    if isinstance(look, DictionaryObject) and not isinstance(look, StreamObject):
        look = access.entry(look, access.name_of(annotation.get("/AS")) or "/Off")
    if not isinstance(look, StreamObject):
        return []
    place = _placed(annotation, look)
    if place is None:
        return []
    form = source.form(look, DictionaryObject(), access.key_of(look))
    return [
        SaveState(),
        ConcatMatrix(b"%s cm" % b" ".join(number(round(part, 6)) for part in place)),
        Drawn(form),
        RestoreState(),
    ]


def is_shown(annotation: DictionaryObject) -> bool:
    """Whether its flags have it drawn; raises NotRebuildable."""
    if access.name_of(annotation.get("/Subtype")) == "/Popup":
        return False
    flags = access.entry(annotation, "/F")
    return flags is None or not int(access.number(flags)) & (_HIDDEN | _NO_VIEW)


def _placed(annotation: DictionaryObject, look: StreamObject) -> tuple[float, ...] | None:
    """Return the matrix from look to annotation rectangle; None if either is empty. ISO 32000-1, 12.5.5."""
    rectangle = access.numbers(access.entry(annotation, "/Rect"), 4)
    x0, y0, x1, y1 = access.numbers(access.entry(look, "/BBox"), 4)
    box = bounds(matrix_of(look), (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)))
    placed = []
    for axis in (0, 1):
        low, high = box[axis], box[axis + 2]
        to_low, to_high = sorted((rectangle[axis], rectangle[axis + 2]))
        if not (high > low and to_high > to_low):
            return None
        scale = (to_high - to_low) / (high - low)
        placed.append((scale, to_low - low * scale))
    (across, x), (up, y) = placed
    return across, 0, 0, up, x, y
