"""Which box of the page a thing is painted in, at most, in points."""

from collections.abc import Sequence
from typing import Final

from scrubbers.jailed.pdf.content.display_list import Path, Show
from scrubbers.jailed.pdf.content.page_path import NOWHERE, Box, How, Placed, placed
from scrubbers.jailed.pdf.content.scene import Item
from scrubbers.jailed.pdf.syntax.matrix import Matrix, bounds
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable, number

_DESCENT, _ASCENT, _BESIDE = -0.5, 1.3, 0.5  # of a text's size: how far its letters reach
MITRE: Final = 2.0  # widths of a line, to each side: what a corner reaches; one that reaches farther is compared
_CLOSE: Final = 0.01  # points: two sides that are the same differ by rounding
_SIZE_DECIMALS: Final = 4  # of a page: a hundredth of a point moves lines of text by a pixel


def box_of(item: Item) -> Box:
    """Return the box."""
    match item.step:
        case Show() as show:
            start, end = show.extent()
            size = abs(show.size)
            low, high = sorted((show.size * _DESCENT, show.size * _ASCENT))
            return bounds(item.matrix, (start - _BESIDE * size, low, end + _BESIDE * size, high))
        case Path() as path:
            left, bottom, right, top = path_of(item, path).extent
            width = float(item.states.get("w", b"1 w").split()[0]) if path.strokes() else 0
            beside = MITRE * item.scale * width
            return left - beside, bottom - beside, right + beside, top + beside
        case _:
            return bounds(item.matrix, (0, 0, 1, 1))


def upright(box: Sequence[float], turn: int) -> tuple[tuple[float, float], Matrix]:
    """Return the size of the page as it is seen, and the matrix from its own points; raises NotRebuildable.

    A unit of its own (UserUnit) is left out: it says how large the page is printed, and PDFium does not heed it.
    """
    left, bottom, right, top = box
    width, height = round(right - left, _SIZE_DECIMALS), round(top - bottom, _SIZE_DECIMALS)
    match turn:
        case 0:
            return (width, height), (1, 0, 0, 1, -left, -bottom)
        case 90:
            return (height, width), (0, -1, 1, 0, -bottom, right)
        case 180:
            return (width, height), (-1, 0, 0, -1, right, top)
        case 270:
            return (height, width), (0, 1, -1, 0, top, -left)
        case _:
            raise NotRebuildable


def path_of(item: Item, path: Path) -> Placed:
    """Return the path as it stands on the page."""
    segments = path.segments if path.trial is None else path.trial.removesuffix(b"\n")
    if not segments:
        return NOWHERE
    how = How(path.fills(), path.strokes(), path.strokes() and is_dashed(item))
    return _on_page(path, segments, item.matrix, how)


def _on_page(path: Path, segments: bytes, matrix: Matrix, how: How) -> Placed:
    """Return it at once if it was the same before: for its order and for each writing; of a clip, for each item."""
    key = segments, matrix, how
    if path.placed is None or path.placed[0] != key:
        path.placed = key, placed(segments, matrix, how)
    found: Placed = path.placed[1]
    return found


def is_dashed(item: Item) -> bool:
    """Whether its lines have gaps."""
    return "d" in item.states and sum(map(float, item.states["d"].partition(b"]")[0][1:].split())) > 0


def intersection(one: Box, other: Box) -> Box:
    """Return what lies in both; a box without extent if nothing does."""
    left, bottom = max(one[0], other[0]), max(one[1], other[1])
    return left, bottom, max(left, min(one[2], other[2])), max(bottom, min(one[3], other[3]))


def holds(whole: Box, part: Box) -> bool:
    """Whether all of the part lies in the whole."""
    return (
        whole[0] - _CLOSE <= part[0]
        and whole[1] - _CLOSE <= part[1]
        and part[2] <= whole[2] + _CLOSE
        and part[3] <= whole[3] + _CLOSE
    )


def clips_of(item: Item, page: Box) -> tuple[bytes, ...]:
    """Return what clips the thing, one line for each path: upright boxes as one, and none that holds all of it."""
    if not item.clips:
        return ()
    held: Box = page
    lines: list[bytes] = []
    for path, matrix in item.clips:
        how = How(fills=path.clips.replace(b"W", b"f"))
        said, is_convex, extent, is_rectangle = _on_page(path, path.segments, matrix, how)
        if is_rectangle:
            held = intersection(held, extent)
        else:
            lines.append(b"%s\n%s\nn" % (said, path.clips.rstrip(b"*") if is_convex else path.clips))
    lines = sorted(set(lines))
    if held != page and not holds(held, intersection(box_of(item), page)):
        left, bottom, right, top = held
        sides = left, bottom, right - left, top - bottom
        lines.insert(0, b"%s re\nW\nn" % b" ".join([number(round(side, 3)) for side in sides]))
    return tuple(lines)
