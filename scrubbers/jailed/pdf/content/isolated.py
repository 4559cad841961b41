"""What may be drawn where the looks at a page do not reach: in cells of patterns, in soft masks and in Type 3 glyphs.

No text, and of pictures only what shows all of their pixels; the rest raises NotRebuildable, and the page becomes
pixels. Lines and areas are looked at by themselves (`pdf_apart_seen`).
"""

from typing import Final

from scrubbers.jailed.pdf.content.display_list import (
    ConcatMatrix,
    Drawn,
    PaintShading,
    Path,
    RestoreState,
    SaveState,
    Show,
    Step,
    multiplied,
)
from scrubbers.jailed.pdf.content.forms import executed
from scrubbers.jailed.pdf.content.image import Picture
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_SLACK: Final = 0.5


def require_no_text(steps: list[Step]) -> None:
    """Raise NotRebuildable where something is shown."""
    if any(isinstance(step, Show) and step.shows_anything() for step in executed(steps)):
        raise NotRebuildable


def has_pictures(steps: list[Step]) -> bool:
    """Whether a picture is drawn, in a form or not."""
    return any(isinstance(step, Drawn) and isinstance(step.thing, Picture) for step in executed(steps))


def require_pictures_bare(steps: list[Step]) -> None:
    """In glyphs and masks, too, nobody looks: what is clipped there or painted over has pixels that nobody sees."""
    clipped = pictured = False
    for step in executed(steps):
        is_picture = isinstance(step, Drawn) and isinstance(step.thing, Picture)
        paints = is_picture or isinstance(step, PaintShading) or (isinstance(step, Path) and step.painted != b"n")
        if (pictured and paints) or (clipped and is_picture):
            raise NotRebuildable
        pictured |= is_picture
        clipped |= isinstance(step, Path) and bool(step.clips)


def require_pictures_inside(steps: list[Step], box: list[float]) -> None:
    """Raise NotRebuildable for a picture that reaches out of a mask's box: it has pixels that nobody sees."""
    matrix, saved = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), []
    left, right = sorted((box[0], box[2]))
    low, high = sorted((box[1], box[3]))
    for step in steps:
        match step:
            case SaveState():
                saved.append(matrix)
            case RestoreState():
                matrix = saved.pop() if saved else matrix
            case ConcatMatrix():
                matrix = multiplied(step.line, matrix)
            case Drawn(Picture()):
                a, b, c, d, e, f = matrix
                for x, y in ((e, f), (a + e, b + f), (c + e, d + f), (a + c + e, b + d + f)):
                    if not (left - _SLACK <= x <= right + _SLACK and low - _SLACK <= y <= high + _SLACK):
                        raise NotRebuildable
            case Drawn():
                raise NotRebuildable
            case _:
                pass
