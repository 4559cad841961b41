"""Which lines and areas can be seen that a pattern's cell, a glyph of a Type 3 font or a soft mask paints.

On a page they are one thing with what is painted with them, so each is drawn alone here, on a page of its own.
"""

import contextlib
import io
from collections.abc import Iterator, Sequence
from typing import Final

import pypdfium2
from PIL import Image

from scrubbers.jailed.pdf.content.display_list import Names, Path, RestoreState, SaveState, Set, Step
from scrubbers.jailed.pdf.content.emitter import emit
from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.syntax.writer import Name, Node, NotRebuildable, Stream, Writer
from scrubbers.jailed.pdf.visibility.page_objects import Sheet, things
from scrubbers.jailed.pdf.visibility.path import paths_seen

_PIXELS: Final = 400.0  # the longer side
_LEAST: Final = 0.001
_LARGEST: Final = 20_000.0
# Neither black nor white nor what areas are often painted in: nothing of its colour is taken for hidden.
_GROUND: Final = Set("fill", (b"0.545 0.471 0.612 rg",))
# What a drawing begins with, which a ground must not change.
_BLACK: Final = Set("fill", (b"0 g",))
_FAR: Final = [-_LARGEST, -_LARGEST, _LARGEST, _LARGEST]


def seen_apart(steps: Sequence[Step], box: Sequence[float] | None, work: Work) -> list[bool]:
    """Of each path, in the order of drawing. `box`: what is shown; None if that is all that is drawn.

    The forms that are drawn must have been said. `work` counts. Raises NotRebuildable.
    """
    if box is None:
        with _page_of(steps, _FAR) as page:
            boxes = [thing.box for thing in things(page)]
        if not boxes:
            return []
        lefts, bottoms, rights, tops = zip(*boxes, strict=True)
        box = min(lefts), min(bottoms), max(rights), max(tops)
    left, right = sorted(box[::2])
    bottom, top = sorted(box[1::2])
    with _page_of(_on_ground(steps, (left, bottom, right, top)), [left, bottom, right, top]) as page:
        sheet = Sheet(page, _PIXELS / max(right - left, top - bottom), work)
        # The ground is never taken away. Without a digest nothing is opened again.
        found = things(page)
        work.looked_at(len(found))
        return paths_seen(sheet, sheet.drawn(), found[1:], lambda: page, None)


def drawn_apart(steps: Sequence[Step], box: Sequence[float], work: Work) -> tuple[Sheet, Image.Image]:
    """Return what is drawn there, as it is now. Raises NotRebuildable."""
    left, right = sorted(box[::2])
    bottom, top = sorted(box[1::2])
    with _page_of(_on_ground(steps, (left, bottom, right, top)), [left, bottom, right, top]) as page:
        sheet = Sheet(page, _PIXELS / max(right - left, top - bottom), work)
        return sheet, sheet.drawn()


def _on_ground(steps: Sequence[Step], box: tuple[float, float, float, float]) -> list[Step]:
    left, bottom, right, top = box
    if not (_LEAST <= max(right - left, top - bottom) <= _LARGEST):
        raise NotRebuildable
    ground = b"%f %f %f %f re" % (left, bottom, max(right - left, _LEAST), max(top - bottom, _LEAST))
    return [SaveState(), _GROUND, Path(ground, b"f", b""), RestoreState(), _BLACK, *steps]


@contextlib.contextmanager
def _page_of(steps: Sequence[Step], box: Sequence[float]) -> Iterator[pypdfium2.PdfPage]:
    names, parent = Names(), Node()
    contents = Node(Stream({}, emit(steps, names)))
    page = Node({
        b"Type": Name(b"Page"), b"Parent": parent, b"MediaBox": list(box), b"Resources": names.resources(),
        b"Contents": contents,
    })  # fmt: skip
    parent.value = {b"Type": Name(b"Pages"), b"Count": 1, b"Kids": [page]}
    made = io.BytesIO()
    Writer(made, level=1).finish(Node({b"Type": Name(b"Catalog"), b"Pages": parent}))
    try:
        document = pypdfium2.PdfDocument(made.getvalue())
    except pypdfium2.PdfiumError:
        raise NotRebuildable from None
    with contextlib.closing(document), contextlib.closing(document[0]) as opened:
        yield opened
