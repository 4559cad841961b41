"""Whether two drawings of a page look the same to a person: that of the source and that of what was built from it.

1 spots: the change in a few pixels, added up, is less than that of a small letter lost or changed; what a picture loses
  when it is encoded again as JPEG is spread thinner. Where there is no more, no area can have changed by more either
2 areas: no stretch of the page may have another colour than a colour profile read a little differently would give it
3 an edge that both have may lie a part of a pixel beside where it was, for coordinates are rounded; and from nearby a
  straight one a pixel beside: PDFium puts the stems of letters that are higher than 50 pixels on whole ones
4 what is different all the same is looked at from nearby, there alone (`near_look`): PDFium puts letters on thirds of
  a pixel, and one that stands at the edge of such a third may stand in the next one in the other drawing

Both are drawn by one program, without hints (`hints`). A lost letter of five points is noticed, a comma for a stop not.
"""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from PIL import Image, ImageChops, ImageFilter

from scrubbers.jailed.pdf.bitmap import in_colours, strongest

Box: TypeAlias = tuple[int, int, int, int]

_AREA: Final = 24  # pixels; a thin line a pixel beside its place changes an area of this size by 11 of 255
_AREA_MAY_CHANGE: Final = 18  # of 255, on average
NEARBY: Final = 3  # times as large
_COLOUR: Final = 4  # pixels: chroma of JPEG is stored in halves of the size, and rings over twice that
_COLOUR_MAY_CHANGE: Final = 56  # of 255, on average
_BESIDE: Final = 40  # of 255: by how much a line may be brighter or darker beside its place
_NOISE: Final = 12  # of 255: what re-encoding changes a pixel's brightness by, but for few
_SPOT: Final = 4  # pixels: a letter of five points
_HALF: Final = _SPOT // 2
_TOGETHER: Final = re.compile(rb"\x01(?:\x00{0,8}\x01){0,64}")  # halves: rows of spots looked at in one piece
# Sum over a spot of what exceeds the noise. Photographs and screen captures encoded again: 16 at most, but for pure red
# letters whose colour was stored in full (136: such a page may become a picture). A full stop of 5 points lost: 68.
_SPOT_MAY_CHANGE: Final = 32
_SPOT_MAY_CHANGE_NEARBY: Final = 240  # the tail of a comma of 5 points is nine times as large here: 280


def differing(source: Image.Image, rebuilt: Image.Image, *, nearby: bool = False) -> list[Box]:
    """Return where two drawings (RGBX) of one size look different: nowhere if a person would call them the same page.

    `nearby`: drawn at three pixels a point, where what rounding may do is easily told from a lost or changed sign, so
    that more of it may be allowed.
    """
    change = ImageChops.difference(source, rebuilt)
    box = change.getbbox(alpha_only=False) or (0, 0, 1, 1)
    change = strongest(change.crop(box))
    change = _beyond(change, Image.new("L", change.size, _NOISE))
    if (few := change.getbbox()) is None:
        return []
    spots, corner = _spots_left(change.crop(few), _IS_ASKED_ABOUT[nearby]), _moved_by(box[:2], few)
    parts = (_wider(_moved_by(corner, part), source.size) for part in _parts(spots))
    found = ((part, _unexplained(source.crop(part), rebuilt.crop(part), nearby=nearby)) for part in parts)
    return [_moved_by(part[:2], within) for part, within in found if within is not None]


def _wider(box: Box, size: tuple[int, int]) -> Box:
    """Return the box with room for a whole area around it: the mean of a part of one would weigh a change too much."""
    left, top, right, bottom = box
    return max(0, left - _AREA), max(0, top - _AREA), min(size[0], right + _AREA), min(size[1], bottom + _AREA)


def _moved_by(corner: tuple[int, ...], box: Box) -> Box:
    return box[0] + corner[0], box[1] + corner[1], box[2] + corner[0], box[3] + corner[1]


def _parts(spots: Image.Image) -> Iterator[Box]:
    """Yield where there are spots, in pixels, from the top down: in text, few."""
    for rows in _TOGETHER.finditer(bytes(spots.getprojection()[1])):
        found = spots.crop((0, rows.start(), spots.width, rows.end())).getbbox()
        if found is not None:
            yield _moved_by((0, rows.start() * _HALF), _in_pixels(found))


def _in_pixels(halves: Box) -> Box:
    return halves[0] * _HALF, halves[1] * _HALF, (halves[2] + 1) * _HALF, (halves[3] + 1) * _HALF


def _unexplained(source: Image.Image, rebuilt: Image.Image, *, nearby: bool) -> Box | None:
    """Return where in a part of the page steps 2 and 3 leave a change; None if nowhere."""
    if not _little_in_any_area(ImageChops.difference(source, rebuilt), _COLOUR * (NEARBY if nearby else 1)):
        return 0, 0, *source.size
    before, after = (in_colours(each).convert("L") for each in (source, rebuilt))
    edges = ImageChops.darker(_range(before, 0, 1), _range(after, 0, 1))
    if nearby:
        edges = ImageChops.lighter(edges, ImageChops.darker(_range(before, 1, 0), _range(after, 1, 0)))
    change = _beyond(ImageChops.difference(before, after), edges.point(_MAY_CHANGE))
    if nearby and _spots_left(change, _IS_TOO_MUCH[nearby]).getbbox() is not None:
        change = ImageChops.subtract(change, _lines_beside(before, after, change))
    found = _spots_left(change, _IS_TOO_MUCH[nearby]).getbbox()
    return None if found is None else _in_pixels(found)


def _little_in_any_area(change: Image.Image, block: int) -> bool:
    """Whether the mean change is within step 2's bounds everywhere, in two sizes."""
    fine = change.reduce(block)
    coarse = fine.reduce(_AREA // _COLOUR)
    return greatest(strongest(fine)) <= _COLOUR_MAY_CHANGE and greatest(strongest(coarse)) <= _AREA_MAY_CHANGE


def greatest(band: Image.Image) -> int:
    """Return the greatest value of a picture of one channel (mode L)."""
    extrema = band.getextrema()
    return extrema[1] if isinstance(extrema[1], int) else 0


def _spots_left(change: Image.Image, is_too_much: list[int]) -> Image.Image:
    """Return, in half the size, 255 where the change of a spot adds up to more than is allowed."""
    # Spots overlap by half. A mean of four pixels keeps a quarter of a step; sums of four such means are sums of the
    # spot, divided by four.
    halves = change.reduce(_HALF)
    width, height = halves.size
    wide = ImageChops.add(halves, halves.crop((1, 0, width + 1, height)))
    added = ImageChops.add(wide, wide.crop((0, 1, width, height + 1)))
    return added.point(is_too_much)


def _beyond(change: Image.Image, may_change: Image.Image) -> Image.Image:
    """Return by how much a change is more than it may be: the same as subtract, in half the time."""
    return ImageChops.difference(ImageChops.lighter(change, may_change), may_change)


def _range(picture: Image.Image, x: int, y: int) -> Image.Image:
    """From the darkest to the brightest of a pixel and its neighbours on both sides."""
    one, other = ImageChops.offset(picture, x, y), ImageChops.offset(picture, -x, -y)
    brightest = ImageChops.lighter(ImageChops.lighter(picture, one), other)
    return ImageChops.difference(brightest, ImageChops.darker(ImageChops.darker(picture, one), other))


def _lines_beside(before: Image.Image, after: Image.Image, change: Image.Image) -> Image.Image:
    """255 where what changed is part of a straight line, eight pixels long, that both have, a pixel beside at most."""
    marks = change.point(_ANY)
    for wanted, there in ((before, after), (after, before)):
        darkest, brightest = there.filter(ImageFilter.MinFilter(3)), there.filter(ImageFilter.MaxFilter(3))
        outside = ImageChops.lighter(ImageChops.subtract(darkest, wanted), ImageChops.subtract(wanted, brightest))
        # On plain ground there is no line to be found.
        may_be_outside = ImageChops.difference(darkest, brightest).point(_BESIDE_A_LINE)
        marks = ImageChops.subtract(marks, _beyond(outside, may_be_outside).point(_ANY))
    level = upright = marks
    for step in (1, 2, 4, -1, -2, -4):
        choose = ImageChops.darker if step > 0 else ImageChops.lighter
        level = choose(level, ImageChops.offset(level, step, 0))
        upright = choose(upright, ImageChops.offset(upright, 0, step))
    return ImageChops.lighter(level, upright)


_ANY: Final = [255 if change else 0 for change in range(256)]
_BESIDE_A_LINE: Final = [min(step, _BESIDE) for step in range(256)]
_MAY_CHANGE: Final = [step // 2 + _NOISE for step in range(256)]
_IS_TOO_MUCH, _IS_ASKED_ABOUT = (
    [[255 if added * _HALF**2 > allowed else 0 for added in range(256)] for allowed in (_SPOT_MAY_CHANGE, nearby)]
    # More than this, on top of the noise, in each of its spots an area may not change by.
    for nearby in (_SPOT_MAY_CHANGE_NEARBY, (_AREA_MAY_CHANGE - _NOISE) * _SPOT**2)
)
