"""Whether two drawings of a page look the same to a person: that of the source and that of what was built from it.

1 areas: no stretch of the page may have another colour than a colour profile read a little differently would give it
2 spots: the change of brightness in a few pixels, added up, is less than that of a small letter lost or changed;
  what a picture loses when it is encoded again as JPEG is spread thinner
3 an edge that both have may lie a part of a pixel beside where it was, as it does without a font's hints
4 and a straight line may lie a pixel beside where it was, as long as it is there
5 what is different all the same is looked at from nearby, there alone (`near_look`): PDFium puts letters on thirds of
  a pixel, and one that stands at the edge of such a third may stand in the next one in the other drawing

Both are drawn by the same program in the same size, so that letters fall on the same pixels. A change to one letter of
five points must be noticed at a pixel a point.
"""

import functools
import re
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

from PIL import Image, ImageChops

from scrubbers.jailed.pdf.bitmap import in_colours, in_one_channel

Box: TypeAlias = tuple[int, int, int, int]

_AREA: Final = 24  # pixels; a thin line a pixel beside its place changes an area of this size by 11 of 255
_AREA_MAY_CHANGE: Final = 18
_NEARBY: Final = 3  # times as large
_COLOUR: Final = 4  # pixels: chroma of JPEG is stored in halves of the size, and rings over twice that
_COLOUR_MAY_CHANGE: Final = 56
_NOISE: Final = 12  # of 255: what re-encoding changes a pixel's brightness by, but for few
_SPOT: Final = 4  # pixels: a letter of five points
_HALF: Final = _SPOT // 2
_BAND: Final = 64  # halves: some lines of text
_TOGETHER: Final = re.compile(rb"\x01(?:\x00{0,8}\x01)*")  # halves: rows of spots that are looked at in one piece
_AROUND: Final = 16  # pixels around a spot: lines are eight long
# Sum over a spot of what exceeds the noise. Photographs and screen captures encoded again: 16 at most, but for pure red
# letters whose colour was stored in full (136: such a page may become a picture). A full stop of 5 points lost: 68.
_SPOT_MAY_CHANGE: Final = 32
_SPOT_MAY_CHANGE_NEARBY: Final = 280  # the tail of a comma of 5 points is nine times as large here
_LINE: Final = 3  # doublings: lines are at least eight pixels long, which no stroke of small print is
_BESIDE: Final = 40  # of 255: by how much a line may be brighter or darker beside its place


def differing(source: Image.Image, rebuilt: Image.Image, *, nearby: bool = False) -> list[Box]:
    """Return where two drawings of one size look different: nowhere if a person would call them the same page.

    `nearby`: drawn at three pixels a point, where what letters may do without their hints is easily told from a lost
    or changed sign, so that more of it may be allowed.
    """
    if source.mode != rebuilt.mode or source.mode not in ("L", "RGB", "RGBX"):
        source, rebuilt = (
            in_colours(each) if each.mode == "RGBX" else each.convert("RGB") for each in (source, rebuilt)
        )
    box = ImageChops.difference(source, rebuilt).getbbox(alpha_only=False)
    if box is None:
        return []
    # With room for a whole area around the change: the mean of a part of one would weigh it too much.
    box = _wider(box, _AREA, source.size)
    source, rebuilt = _in_few_channels(source.crop(box), rebuilt.crop(box))
    block = _COLOUR * (_NEARBY if nearby else 1)
    change = ImageChops.difference(source, rebuilt)
    if not _little_in_any_area(change, block) and not _same_areas(source, rebuilt, block):
        return [box]
    before, after = source.convert("L"), rebuilt.convert("L")
    parts = [_wider(spot, _AROUND, before.size) for spot in _spots_at(before, after, nearby=nearby)]
    found = ((part, _unexplained(before.crop(part), after.crop(part), nearby=nearby)) for part in parts)
    corner = box[:2] * 2
    return [
        _moved_by(
            corner, (part[0] + left, part[1] + top, min(part[2], part[0] + right), min(part[3], part[1] + bottom))
        )
        for part, (left, top, right, bottom) in ((part, within) for part, within in found if within is not None)
    ]


def _wider(box: Box, by: int, size: tuple[int, int]) -> Box:
    """Return the box with so much around it, within a picture of this size."""
    left, top, right, bottom = box
    return max(0, left - by), max(0, top - by), min(size[0], right + by), min(size[1], bottom + by)


def _in_few_channels(source: Image.Image, rebuilt: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Return both in mode L if neither has a colour, as most pages of text: what is asked of them takes less."""
    if source.mode != "RGBX":
        return source, rebuilt
    before = in_one_channel(source)
    after = None if before is None else in_one_channel(rebuilt)
    return (in_colours(source), in_colours(rebuilt)) if before is None or after is None else (before, after)


def _moved_by(corner: Box, box: Box) -> Box:
    left, top, right, bottom = (at + by for at, by in zip(box, corner, strict=True))
    return left, top, right, bottom


def _spots_at(before: Image.Image, after: Image.Image, *, nearby: bool) -> Iterator[Box]:
    """Where there are spots that less than all of step 3 does not explain, from the top down: in text, few."""
    spots = _spots_left(_beyond(before, after, _plain_edges(before, after), nearby=nearby), nearby=nearby)
    rows = bytes(spots.getprojection()[1])
    for together in _TOGETHER.finditer(rows):
        for top in range(*together.span(), _BAND):
            band = spots.crop((0, top, spots.width, min(together.end(), top + _BAND)))
            found = band.getbbox()
            if found is not None:
                left, above, right, below = found
                yield left * _HALF, (top + above) * _HALF, (right + 1) * _HALF, (top + below + 1) * _HALF


def _plain_edges(before: Image.Image, after: Image.Image) -> Image.Image:
    """Return the greater of a pixel's steps to the one above and the one below that both have: never more than ranges.

    The range of three pixels is no less than any step between two of them.
    """
    width, height = before.size
    above, below = (0, 0, width, height - 1), (0, 1, width, height)
    one, other = (ImageChops.difference(each.crop(above), each.crop(below)) for each in (before, after))
    steps = ImageChops.darker(one, other)
    # What is cropped beyond a picture is black.
    return ImageChops.lighter(steps.crop((0, -1, width, height - 1)), steps.crop((0, 0, width, height)))


def _unexplained(before: Image.Image, after: Image.Image, *, nearby: bool) -> Box | None:
    """Return where in a part of the page steps 3 and 4 leave a change; None if nowhere."""
    change = _beyond_edges(before, after, nearby=nearby)
    if not _has_spot(change, nearby=nearby):
        return None
    unexplained = ImageChops.multiply(change, ImageChops.invert(_lines_beside(before, after, change)))
    found = _spots_left(unexplained, nearby=nearby).getbbox()
    return found and (found[0] * _HALF, found[1] * _HALF, (found[2] + 1) * _HALF, (found[3] + 1) * _HALF)


def _little_in_any_area(difference: Image.Image, block: int) -> bool:
    """Whether the mean change is within step 1's bounds everywhere; then the change of the mean is so, too."""
    fine = difference.reduce(block)
    coarse = fine.reduce(_AREA // _COLOUR)
    return _greatest_of_all(fine) <= _COLOUR_MAY_CHANGE and _greatest_of_all(coarse) <= _AREA_MAY_CHANGE


def _same_areas(source: Image.Image, rebuilt: Image.Image, block: int) -> bool:
    """Step 1, in two sizes."""
    fine = source.reduce(block), rebuilt.reduce(block)
    coarse = (each.reduce(_AREA // _COLOUR) for each in fine)
    changes = _greatest_of_all(ImageChops.difference(*fine)), _greatest_of_all(ImageChops.difference(*coarse))
    return changes[0] <= _COLOUR_MAY_CHANGE and changes[1] <= _AREA_MAY_CHANGE


def greatest(band: Image.Image) -> int:
    """Return the greatest value of a picture of one channel (mode L)."""
    extrema = band.getextrema()
    return extrema[1] if isinstance(extrema[1], int) else 0


def _greatest_of_all(difference: Image.Image) -> int:
    return max(greatest(band) for band in difference.split()[:3])


def _spots_left(change: Image.Image, *, nearby: bool) -> Image.Image:
    """Return, in half the size, 255 where the change of a spot adds up to more than is allowed."""
    return _added(change.reduce(_HALF), ImageChops.add).point(_IS_TOO_MUCH_NEARBY if nearby else _IS_TOO_MUCH)


def _has_spot(change: Image.Image, *, nearby: bool) -> bool:
    """Whether the change of one spot adds up to more than is allowed."""
    allowed = _SPOT_MAY_CHANGE_NEARBY if nearby else _SPOT_MAY_CHANGE
    return greatest(_added(change.reduce(_HALF), ImageChops.add)) * _HALF**2 > allowed


def _added(halves: Image.Image, add: Callable[[Image.Image, Image.Image], Image.Image]) -> Image.Image:
    """Return the change of each spot, divided by four, in half the size. Spots overlap by half."""
    # A mean of four pixels keeps a quarter of a step; sums of four such means are sums of the spot, divided by four.
    width, height = halves.size
    wide = add(halves, halves.crop((1, 0, width + 1, height)))
    return add(wide, wide.crop((0, 1, width, height + 1)))


def _beyond_edges(before: Image.Image, after: Image.Image, *, nearby: bool) -> Image.Image:
    """Step 3: what changed by more than an edge that both have does, a part of a pixel beside where it was."""
    explained = ImageChops.darker(_range(before, 0, 1), _range(after, 0, 1))
    if nearby:
        across = ImageChops.darker(_range(before, 1, 0), _range(after, 1, 0))
        explained = ImageChops.lighter(explained, across)
    return _beyond(before, after, explained, nearby=nearby)


def _beyond(before: Image.Image, after: Image.Image, explained: Image.Image, *, nearby: bool) -> Image.Image:
    """Return what changed by more than noise and half of what is explained."""
    may_change = explained.point(_MAY_CHANGE_NEARBY if nearby else _MAY_CHANGE)
    change = ImageChops.difference(before, after)
    # The same as subtract, in half the time.
    return ImageChops.difference(ImageChops.lighter(change, may_change), may_change)


def _range(picture: Image.Image, x: int, y: int) -> Image.Image:
    """From the darkest to the brightest of a pixel and its neighbours on both sides."""
    one, other = ImageChops.offset(picture, x, y), ImageChops.offset(picture, -x, -y)
    brightest = ImageChops.lighter(ImageChops.lighter(picture, one), other)
    return ImageChops.difference(brightest, ImageChops.darker(ImageChops.darker(picture, one), other))


def _lines_beside(before: Image.Image, after: Image.Image, change: Image.Image) -> Image.Image:
    """255 where a pixel belongs to a straight line that is found, as dark as it was, at most a pixel away."""
    explained = ImageChops.multiply(_found_nearby(before, after), _found_nearby(after, before))
    marks = ImageChops.multiply(change.point(_ANY), explained)
    return ImageChops.lighter(_straight(marks, 1, 0), _straight(marks, 0, 1))


def _found_nearby(wanted: Image.Image, there: Image.Image) -> Image.Image:
    """255 where a pixel is within the range of the other picture's pixels around it."""
    darkest = _over_neighbours(there, ImageChops.darker)
    brightest = _over_neighbours(there, ImageChops.lighter)
    outside = ImageChops.lighter(ImageChops.subtract(darkest, wanted), ImageChops.subtract(wanted, brightest))
    return outside.point(_WITHIN)


def _over_neighbours(picture: Image.Image, choose: Callable[[Image.Image, Image.Image], Image.Image]) -> Image.Image:
    for x, y in ((1, 0), (0, 1)):
        beside = ImageChops.offset(picture, x, y), ImageChops.offset(picture, -x, -y)
        picture = functools.reduce(choose, beside, picture)
    return picture


def _straight(marks: Image.Image, x: int, y: int) -> Image.Image:
    """Return the marks that are part of a row of marks in one direction, eight long."""
    for step in range(_LINE):
        marks = ImageChops.darker(marks, ImageChops.offset(marks, x << step, y << step))
    for step in range(_LINE):
        marks = ImageChops.lighter(marks, ImageChops.offset(marks, -(x << step), -(y << step)))
    return marks


# PDFium fits the heights of TrueType letters to a grid of 64 to the letter, by programs that rebuilt fonts do not have.
# Edges move up or down: by a tenth of a pixel in text, by half a pixel in letters of 60 pixels.
_MAY_CHANGE: Final = [step // 2 + _NOISE for step in range(256)]
_MAY_CHANGE_NEARBY: Final = [step // 2 + 2 * _NOISE for step in range(256)]
_IS_TOO_MUCH: Final = [255 if added * _HALF**2 > _SPOT_MAY_CHANGE else 0 for added in range(256)]
_IS_TOO_MUCH_NEARBY: Final = [255 if added * _HALF**2 > _SPOT_MAY_CHANGE_NEARBY else 0 for added in range(256)]
_ANY: Final = [255 if change else 0 for change in range(256)]
_WITHIN: Final = [255 if outside <= _BESIDE else 0 for outside in range(256)]
