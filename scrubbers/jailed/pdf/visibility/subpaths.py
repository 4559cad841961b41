"""Whether a page has a part of a path that nobody sees: each subpath is taken away for a moment, as whole paths are.

One path can keep a drawing off the page or under a box beside a speck that is seen. So of a path with several subpaths
each must lie on the page and change something there; those that lie apart form a group, which is taken away at once. A
page where one does not is drawn, with its text on top: nothing is repaired.

Subpaths that overlap and need more than four dozen drawings are not told apart. A path that clips is asked only whether
all of it is on the page.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image

from scrubbers.jailed.pdf.content.display_list import Path
from scrubbers.jailed.pdf.content.page_path import extent_of
from scrubbers.jailed.pdf.content.scene import Item
from scrubbers.jailed.pdf.content.scene_boxes import MITRE
from scrubbers.jailed.pdf.syntax.matrix import Matrix, bounds, product
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.visibility.page_objects import NOWHERE, Box, RenderedPage, apart, strongest_change
from scrubbers.jailed.pdf.visibility.path import PATH_SEEN_FROM
from scrubbers.jailed.pdf.visibility.visual_diff import greatest

# Draws the page as it is now, with what is on trial.
Drawing = Callable[[], tuple[RenderedPage, Image.Image]]
# A path and the number of one of its subpaths.
Part = tuple[int, int]

_BEGINS: Final = re.compile(rb"(?<=\n)(?=[^\n]* (?:m|re)(?:\n|\Z))")
_LAYERS: Final = 48  # lines that cross each other lie in one each; as many as of whole paths on a crowded page
_MOST_PARTS: Final = 4000  # of one page that are asked for


@dataclass(frozen=True, slots=True)
class PlacedPath:
    """One drawing of a path that has several subpaths: its matrix and the width of its lines."""

    path: Path
    matrix: Matrix
    width: float


def placed_paths(items: Sequence[Item], hidden: Collection[int]) -> Iterator[PlacedPath]:
    """Yield the paths with several subpaths, those that only clip first. `hidden`: ids of what is not seen at all."""
    seen = [item for item in items if id(item.step) not in hidden]
    clips = {id(path): (path, matrix) for item in seen for path, matrix in item.clips if path.painted == b"n"}
    for clip, matrix in clips.values():
        if len(subpaths_of(clip)) > 1:
            yield PlacedPath(clip, matrix, 0.0)
    for item in seen:
        if isinstance(item.step, Path) and len(subpaths_of(item.step)) > 1:
            yield PlacedPath(item.step, item.matrix, float(item.states.get("w", b"1 w").split()[0]))


def subpaths_of(path: Path) -> list[bytes]:
    """Each begins with m or re."""
    return _BEGINS.split(path.segments)


def any_is_unseen(found: Sequence[PlacedPath], drawing: Drawing) -> bool:
    """Return whether a part of any of them is not seen. Raises NotRebuildable when that would take too long."""
    sheet, drawn = drawing()
    boxes: dict[Part, Box] = {}
    paths: dict[int, Path] = {}
    for placed in found:
        paths[id(placed.path)] = placed.path
        for at, box in enumerate(_boxes(placed, sheet)):
            part = id(placed.path), at
            # Of a path that is drawn twice the first place that is on the page.
            boxes[part] = box if boxes.get(part, NOWHERE) == NOWHERE else boxes[part]
    if NOWHERE in boxes.values():
        return True
    asked = [part for part in boxes if not paths[part[0]].clips]
    sheet.work.looked_at(len(boxes))
    if len(asked) > _MOST_PARTS or sheet.work.is_far_too_much:
        raise NotRebuildable
    try:
        for group in apart([boxes[part] for part in asked], sheet.size, _LAYERS):
            tried = [asked[at] for at in group]
            _leave_out(paths, tried)
            change = strongest_change(drawn, drawing()[1])
            if any(greatest(change.crop(boxes[part])) < PATH_SEEN_FROM for part in tried):
                return True
    finally:
        _leave_out(paths, ())
    return False


def _leave_out(paths: dict[int, Path], parts: Collection[Part]) -> None:
    gone: dict[int, set[int]] = {}
    for key, at in parts:
        gone.setdefault(key, set()).add(at)
    for key, path in paths.items():
        without = gone.get(key)
        kept = (part for at, part in enumerate(subpaths_of(path)) if without and at not in without)
        path.trial = b"".join(kept) if without else None


def _boxes(placed: PlacedPath, sheet: RenderedPage) -> Iterator[Box]:
    """Return the pixels of each subpath; none of one that lies off the page."""
    scale = max(abs(each) for each in product(placed.matrix, sheet.to_pixels)[:4])
    margin = 1 + (MITRE * placed.width * scale if placed.path.strokes() else 0)
    for part in subpaths_of(placed.path):
        yield sheet.pixel_box(bounds(placed.matrix, extent_of(part.removesuffix(b"\n"))), margin)
