"""Which texts on a page can be seen. Each is taken away for a moment: what changes nothing cannot be seen.

1 what no look is needed for: painted in no colour, off the page, below two points high or wide; empty letters are blank
2 letters printed twice to make them bold are judged together (`overprint`)
3 units that lie apart form a group, which is taken away at once; what changes is what could be seen of it, if the
  source's texts change something there as well
4 what hardly changes anything is looked at again from nearby: a full stop of five points, pale grey
5 the ink of the group alone, in black: ink that changed nothing is covered, cut off or of the colour of its ground

PDFium's box of a text is that of its letters' outlines: one without extent has no ink at all.
"""

import ctypes
import enum
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import Final

import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from scrubbers.jailed.pdf.bitmap import SEEN_FROM
from scrubbers.jailed.pdf.syntax.matrix import bounds
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.visibility.clip import may_be_cut
from scrubbers.jailed.pdf.visibility.ink_mask import Alone, drawn_without
from scrubbers.jailed.pdf.visibility.overprint import LEAST_SIZE, Text, Unit, near_scale, units_of
from scrubbers.jailed.pdf.visibility.page_objects import (
    AS_SEEN,
    DRAWN_PIXELS,
    Box,
    PageObject,
    RenderedPage,
    apart,
    area_of,
    around,
    strongest_change,
    within,
)
from scrubbers.jailed.pdf.visibility.text_fast_path import plainly_seen
from scrubbers.jailed.pdf.visibility.visual_diff import greatest

_SQUEEZED: Final = 0.25  # of their height: how wide letters below two points may not be drawn; narrow prints have 0.6
_FAINT_FROM: Final = 1  # a change this small may be a very small or very pale sign: looked at from nearby
_SMALL_BOX: Final = 3  # pixels; signs this small may change nothing at all
_NEARER: Final = 1.5  # times: so much nearer than its neighbours a small sign may want to be looked at
_NEAR_LOOKS: Final = 32  # for one group
# Ink is counted where it covers six tenths of a pixel: its change is then seen at a contrast of 38, pale grey on white.
_INK: Final = 160
_CLEAR_CONTRAST: Final = 38  # of 255, as above
_UNSEEN_PART: Final = 0.02  # of the square of the letters' size: as much ink as a comma has
_UNSEEN_LEAST: Final = 3  # pixels
_SURELY: Final = 1.6  # times what is seen, to be sure of it
_THIN: Final = 0.1  # of the letters' size: a line that is no thicker hides no part by which a letter is told
_THIN_LEAST: Final = 2  # pixels
_SMALL_PRINT: Final = 9.0  # pixels: letters this small have strokes of less than one
_LETTER_ROWS: Final = 0.4  # of the letters' size: as high as the lowest letters
_LETTER_INK: Final = 0.1  # of the square of it: an i
_CUT_AT_EDGE: Final = 0.35  # of the letters' size without any ink at the edge of a text that something may cut
_CUT_INSIDE: Final = 0.9  # the same, within it
_PAINTED: Final = {
    pdfium.FPDF_TEXTRENDERMODE_FILL,
    pdfium.FPDF_TEXTRENDERMODE_STROKE,
    pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE,
}

_SIZE: Final = ctypes.c_float()  # what PDFium writes a size to


class TextVisibility(enum.Enum):
    """What can be seen of a text."""

    SEEN = enum.auto()
    HIDDEN = enum.auto()
    # Some of its letters may be hidden.
    PARTLY = enum.auto()
    # No ink: spaces, or letters without a shape. Nobody can see it, wherever it stands.
    BLANK = enum.auto()


def texts_seen(
    sheet: RenderedPage, drawn: Image.Image, all_things: Sequence[PageObject], ground: Image.Image | None
) -> list[TextVisibility]:
    """Return how each text looks, in the order of drawing. `ground`: what they all stand on, when that is one picture.

    Raises NotRebuildable when the page has too much on it. All things must be active, and are again when it returns.
    """
    found: list[TextVisibility] = []
    unclear: list[Text] = []
    for thing in all_things:
        if thing.kind == pdfium.FPDF_PAGEOBJ_TEXT:
            text = text_of(len(found), thing)
            look = _without_looking(sheet, text)
            if look is None:
                unclear.append(text)
            # Hidden until it is seen.
            found.append(look or TextVisibility.HIDDEN)
    if not unclear:
        return found
    plain = plainly_seen(sheet, unclear, all_things) if ground is None and sheet.scale >= 1 else set()
    for number in plain:
        found[number] = TextVisibility.SEEN
    unclear = [text for text in unclear if text.number not in plain]
    if not unclear:
        return found
    alone = Alone(all_things)
    units = units_of(sheet, unclear, alone)
    groups = [[units[number] for number in group] for group in apart([unit.box for unit in units], sheet.size)]
    _measure(sheet, drawn, groups, alone)
    for group in groups:
        _look_closer(sheet, [unit for unit in group if _is_faint(unit)], alone)
    for unit in units:
        look = _judged(unit)
        for text in unit.texts:
            found[text.number] = look
    return found


def text_of(number: int, thing: PageObject) -> Text:
    """Return the text that a thing is, the how manieth of them; raises NotRebuildable."""
    if not pdfium.FPDFTextObj_GetFontSize(thing.handle, _SIZE):
        raise NotRebuildable
    a, b, c, d, _, _ = thing.matrix
    size, mode = abs(_SIZE.value), pdfium.FPDFTextObj_GetTextRenderMode(thing.handle)
    return Text(number, thing, size * math.hypot(c, d), size * math.hypot(a, b), mode)


def _without_looking(sheet: RenderedPage, text: Text) -> TextVisibility | None:
    """Step 1."""
    left, bottom, right, top = text.thing.box
    is_off_page = not sheet.holds(text.thing.box) and sheet.pixel_box(text.thing.box)[2] == 0
    if right <= left or top <= bottom:
        return TextVisibility.BLANK
    if is_off_page or text.mode not in _PAINTED:
        return TextVisibility.HIDDEN
    return TextVisibility.HIDDEN if is_too_small(text) else None


def is_too_small(text: Text) -> bool:
    """Whether nobody reads it: its letters are below two points high or wide."""
    if text.wide < min(LEAST_SIZE, _SQUEEZED * text.size):
        return True
    left, bottom, right, top = text.thing.box
    # Letters drawn by the page itself (Type3) may be of any size: of them the box tells.
    return text.size < LEAST_SIZE and min(right - left, top - bottom, _height(text)) < LEAST_SIZE


def _height(text: Text) -> float:
    """How high it stands across its own direction, in points of the page: a box around slanted text is large."""
    quad = pdfium.FS_QUADPOINTSF()
    if not pdfium.FPDFPageObj_GetRotatedBounds(text.thing.handle, quad):
        return math.inf
    a, b, c, d, _, _ = text.thing.to_page
    x, y = quad.x4 - quad.x1, quad.y4 - quad.y1
    return math.hypot(a * x + c * y, b * x + d * y)


def _is_faint(unit: Unit) -> bool:
    left, top, right, bottom = unit.box
    if unit.change >= SEEN_FROM and 2 * unit.change > 3 * unit.shown:
        return False  # It is not a small sign: the source shows less of it.
    return unit.shown < SEEN_FROM and (unit.shown >= _FAINT_FROM or min(right - left, bottom - top) <= _SMALL_BOX)


def _judged(unit: Unit) -> TextVisibility:
    if unit.shown < SEEN_FROM:
        return TextVisibility.PARTLY if unit.shown and unit.change >= SEEN_FROM else TextVisibility.HIDDEN
    if unit.change < _CLEAR_CONTRAST:
        return TextVisibility.PARTLY if unit.cut else TextVisibility.SEEN
    letter = (unit.size * unit.scale) ** 2
    return (
        TextVisibility.PARTLY
        if unit.cut or unit.unseen > max(_UNSEEN_LEAST, letter * _UNSEEN_PART)
        else TextVisibility.SEEN
    )


def _measure(sheet: RenderedPage, drawn: Image.Image, groups: list[list[Unit]], alone: Alone) -> None:
    """Step 3 and, for what changes something, step 5. The units' boxes are those on the sheet."""
    clear: list[tuple[list[Unit], Box, Image.Image]] = []
    for group in groups:
        whole = around(unit.box for unit in group)
        before = drawn if drawn.size == (whole[2] - whole[0], whole[3] - whole[1]) else drawn.crop(whole)
        change = strongest_change(before, drawn_without(sheet, _things_of(group), whole))
        shown = change if sheet.source is None else ImageChops.darker(change, sheet.source(sheet.size, whole))
        for unit in group:
            ours, both = (each.crop(within(unit.box, whole)) for each in (change, shown))
            unit.change, unit.shown = greatest(ours), greatest(both)
            half = 2 * sum(both.histogram()[SEEN_FROM // 2 :]) < sum(ours.histogram()[SEEN_FROM:])
            unit.cut = half and unit.change < _CLEAR_CONTRAST
        found = [unit for unit in group if unit.change >= _CLEAR_CONTRAST]
        if found:
            clear.append((found, whole, shown.point(AS_SEEN)))
    with alone:
        for group, whole, seen in clear:
            ink = alone.drawn(sheet, _things_of(group), whole)
            # Of text in black the least of its ink is seen; on most pages there is none that is not.
            shares = [greatest(ink.crop(within(unit.box, whole))) / unit.change for unit in group]
            least = ink.point(_inked(min(shares)))
            some_unseen = ImageChops.subtract(least, seen).getbbox() is not None
            for unit in group:
                box = within(unit.box, whole)
                if some_unseen:
                    own = ink.crop(box).point(_INKED)
                    unit.unseen = _count_unseen(sheet, unit, own, seen.crop(box))
                    unit.cut = _hides_small_print(sheet, unit, ink.crop(box), seen.crop(box))
                if not unit.cut and any(may_be_cut(sheet, thing) for thing in unit.things):
                    unit.cut = _has_gap(sheet, unit, seen.crop(box))


def _things_of(units: Sequence[Unit]) -> list[PageObject]:
    return [thing for unit in units for thing in unit.things]


def _count_unseen(sheet: RenderedPage, unit: Unit, own: Image.Image, seen: Image.Image) -> int:
    """Return how much of its ink is not seen; where a thin line crosses it, in how many columns it shows none at all.

    So letters that are underlined, or touch the frame of a table, are seen, and a hyphen under a line is not.
    """
    unseen = ImageChops.subtract(own, seen)
    thick = unseen
    for down in range(1, 1 + max(_THIN_LEAST, math.ceil(_THIN * unit.size * sheet.scale))):
        thick = ImageChops.darker(thick, ImageChops.offset(unseen, 0, down))
    if thick.getbbox() is not None or _direction(sheet, unit):
        return unseen.histogram()[255]
    return sum(gone > shown for gone, shown in zip(unseen.getprojection()[0], seen.getprojection()[0], strict=True))


def _hides_small_print(sheet: RenderedPage, unit: Unit, ink: Image.Image, seen: Image.Image) -> bool:
    """Whether a letter of it may be under a bar. Small print hardly covers any pixel by six tenths: it has no `_INK`.

    What a line hides of the letters that it crosses is less high.
    """
    size = unit.size * sheet.scale
    if size > _SMALL_PRINT:
        return False
    unseen = ImageChops.subtract(ink.point(_inked(greatest(ink) / unit.change)), seen)
    rows = sum(map(bool, unseen.getprojection()[1 - _direction(sheet, unit)]))
    return rows >= _LETTER_ROWS * size and unseen.histogram()[255] > max(_UNSEEN_LEAST, _LETTER_INK * size * size)


def _direction(sheet: RenderedPage, unit: Unit) -> int:
    """0 if its letters follow each other across the sheet, 1 if downwards."""
    a, b, _, _, _, _ = unit.texts[0].thing.matrix
    turned = sheet.to_pixels[0] == 0
    return 0 if (abs(a) >= abs(b)) != turned else 1


def _has_gap(sheet: RenderedPage, unit: Unit, seen: Image.Image) -> bool:
    """Whether there is a stretch without any ink at its ends, or a long one within it."""
    size = unit.size * sheet.scale
    along = _direction(sheet, unit)
    inked = bytes(seen.getprojection()[along])
    uncut = [round(side) for side in bounds(sheet.to_pixels, unit.texts[0].thing.box)]
    # A letter that the edge of the page cuts stays; those behind it were left out as the page was read.
    before = max(0, unit.box[along] - uncut[along] - size) + len(inked) - len(inked.lstrip(b"\0"))
    after = max(0, uncut[along + 2] - unit.box[along + 2] - size) + len(inked) - len(inked.rstrip(b"\0"))
    inside = max(map(len, inked.split(b"\1")))
    return max(before, after) > _CUT_AT_EDGE * size + 1 or inside > _CUT_INSIDE * size


def _look_closer(sheet: RenderedPage, faint: Sequence[Unit], alone: Alone) -> None:
    """Step 4, of units that lie apart. What too many drawings would be needed for stays as it was judged from afar."""
    for near, run in itertools.islice(_runs(sheet, faint), _NEAR_LOOKS):
        for unit in run:
            unit.box, unit.scale = _near_box(near, unit), near.scale
        _measure(near, near.drawn(around(unit.box for unit in run)), [run], alone)


def _runs(sheet: RenderedPage, faint: Sequence[Unit]) -> Iterator[tuple[RenderedPage, list[Unit]]]:
    """Neighbours that one drawing from nearby can hold. One that is too large for any needs no closer look."""
    waiting = sorted(faint, key=lambda unit: (unit.box[1], unit.box[0]))
    while waiting:
        near = sheet.closer(near_scale(sheet, waiting[0].size))
        whole = _near_box(near, waiting[0])
        taken = 0
        for unit in waiting:
            wider = around((whole, _near_box(near, unit)))
            if _NEARER * near.scale < near_scale(sheet, unit.size) or area_of(wider) > DRAWN_PIXELS:
                break
            whole = wider
            taken += 1
        if taken:
            yield near, waiting[:taken]
        waiting = waiting[max(1, taken) :]


def _near_box(near: RenderedPage, unit: Unit) -> Box:
    return around(near.pixel_box(thing.box, margin=1) for thing in unit.things)


def _inked(share: float) -> list[int]:
    """Return the least that counts as ink: it changes a pixel by more than is seen. `share`: of ink and its change."""
    least = min(_INK, _SURELY * SEEN_FROM * share)
    return [255 if covered >= least else 0 for covered in range(256)]


_INKED: Final = [255 if covered >= _INK else 0 for covered in range(256)]
