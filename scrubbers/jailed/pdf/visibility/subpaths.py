"""Parts of a path that nobody sees: each subpath is taken away for a moment, as whole paths are before.

One path can keep a drawing off the page or under a box beside a speck that is seen. So of a path with several subpaths

1 those that lie off the page go, however many there are, also of a path that only clips
2 those that lie apart form a group, which is taken away at once: what changes nothing stays away while the others are
  looked at, for of two on the same place one has to stay

Subpaths that overlap and need more than four dozen drawings make the page pixels. A path that both paints and clips is
asked for 1 alone.
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
from scrubbers.jailed.pdf.visibility.page_objects import NOWHERE, Box, Sheet, apart, strongest_change
from scrubbers.jailed.pdf.visibility.path import PATH_SEEN_FROM
from scrubbers.jailed.pdf.visibility.visual_diff import greatest

# Draws the page as it is now, with what is on trial.
Drawing = Callable[[], tuple[Sheet, Image.Image]]
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


def placed_paths(items: Sequence[Item]) -> Iterator[PlacedPath]:
    """Return the paths with several subpaths, those that only clip first."""
    clips = {id(path): (path, matrix) for item in items for path, matrix in item.clips if path.painted == b"n"}
    for clip, matrix in clips.values():
        if len(subpaths_of(clip)) > 1:
            yield PlacedPath(clip, matrix, 0.0)
    for item in items:
        path = item.step
        if isinstance(path, Path) and not path.hidden and len(subpaths_of(path)) > 1:
            yield PlacedPath(path, item.matrix, float(item.states.get("w", b"1 w").split()[0]))


def subpaths_of(path: Path) -> list[bytes]:
    """Each begins with m or re."""
    return _BEGINS.split(path.segments)


def judged(found: Sequence[PlacedPath], drawing: Drawing) -> tuple[set[Part], set[Part]]:
    """Return the parts that are seen, and those that are not. Raises NotRebuildable when that would take too long."""
    sheet, drawn = drawing()
    boxes: dict[Part, Box] = {}
    paths: dict[int, Path] = {}
    for placed in found:
        paths[id(placed.path)] = placed.path
        for at, box in enumerate(_boxes(placed, sheet)):
            part = id(placed.path), at
            # Of a path that is drawn twice the first place that is on the page; the page is compared afterwards.
            boxes[part] = box if boxes.get(part, NOWHERE) == NOWHERE else boxes[part]
    unseen = {part for part, box in boxes.items() if box == NOWHERE}
    asked = [part for part in boxes if part not in unseen and not paths[part[0]].clips]
    sheet.work.looked_at(len(boxes))
    if len(asked) > _MOST_PARTS or sheet.work.is_far_too_much:
        raise NotRebuildable
    try:
        for group in apart([boxes[part] for part in asked], sheet.size, _LAYERS):
            tried = {asked[at] for at in group}
            _leave_out(paths, unseen | tried)
            change = strongest_change(drawn, drawing()[1])
            unseen |= {part for part in tried if greatest(change.crop(boxes[part])) < PATH_SEEN_FROM}
    finally:
        _leave_out(paths, ())
    return boxes.keys() - unseen, unseen


def take_out(paths: Sequence[Path], unseen: Collection[Part]) -> list[Path]:
    """Leaves out the parts; returns the paths that lost some. One of which none is left stays, if it only clips."""
    changed = []
    for path in {id(each): each for each in paths}.values():
        parts = subpaths_of(path)
        kept = [part for at, part in enumerate(parts) if (id(path), at) not in unseen]
        if kept and len(kept) < len(parts):
            path.segments = b"".join(kept).removesuffix(b"\n")
            changed.append(path)
    return changed


def _leave_out(paths: dict[int, Path], parts: Collection[Part]) -> None:
    gone: dict[int, set[int]] = {}
    for key, at in parts:
        gone.setdefault(key, set()).add(at)
    for key, path in paths.items():
        without = gone.get(key)
        kept = (part for at, part in enumerate(subpaths_of(path)) if without and at not in without)
        path.trial = b"".join(kept) if without else None


def _boxes(placed: PlacedPath, sheet: Sheet) -> Iterator[Box]:
    """Return the pixels of each subpath; none of one that lies off the page."""
    scale = max(abs(each) for each in product(placed.matrix, sheet.to_pixels)[:4])
    margin = 1 + (MITRE * placed.width * scale if placed.path.strokes() else 0)
    for part in subpaths_of(placed.path):
        yield sheet.pixel_box(bounds(placed.matrix, extent_of(part.removesuffix(b"\n"))), margin)
