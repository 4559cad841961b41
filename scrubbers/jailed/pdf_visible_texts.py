"""Which texts on a page can be seen. Each is taken away for a moment: what changes nothing cannot be seen.

1 what no look is needed for: painted in no colour, off the page, below two points; empty letters are blank
2 texts that lie exactly on each other and look the same are one unit: letters printed twice to make them bold
3 units that lie apart form a group, which is taken away at once; what changes is what could be seen of it
4 what hardly changes anything is looked at again from nearby: a full stop of five points, pale grey
5 the ink of the group alone, in black: ink that changed nothing is covered, cut off or of the colour of its ground

PDFium's box of a text is that of its letters' outlines: one without extent has no ink at all.
"""

import contextlib
import ctypes
import enum
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from scrubbers.jailed.pdf_same_look import greatest
from scrubbers.jailed.pdf_visible_clip import may_be_cut
from scrubbers.jailed.pdf_visible_page import (
    AS_SEEN,
    DRAWN_PIXELS,
    SEEN_FROM,
    Box,
    Matrix,
    Sheet,
    Thing,
    apart,
    around,
    strongest_change,
    within,
)

_LEAST_SIZE: Final = 2.0  # points; the smallest print of contracts has 4
_FAINT_FROM: Final = 1  # a change this small may be a very small or very pale sign: looked at from nearby
_SMALL_BOX: Final = 3  # pixels; signs this small may change nothing at all
_NEAR_SIZE: Final = 24  # pixels that a letter has when looked at from nearby
_NEAREST: Final = 8.0  # pixels a point
_NEAR_LOOKS: Final = 64  # on one page
_TWIN: Final = 0.15  # of the letters' size: how far the edges of letters printed twice may be apart
_SAME_SHAPE: Final = 0.3  # of the ink, when both shapes fill the same box: the same letters 0.1, others 0.5
# Ink is counted where it covers six tenths of a pixel: its change is then seen at a contrast of 38, pale grey on white.
_INK: Final = 160
_CLEAR_CONTRAST: Final = 38
_UNSEEN_PART: Final = 0.02  # of the square of the letters' size: as much ink as a comma has
_UNSEEN_LEAST: Final = 3  # pixels
_GONE: Final = 0.8  # of a letter's ink: what is left then is a sliver along the edge of a bar
_CUT_AT_EDGE: Final = 0.35  # of the letters' size without any ink at the edge of a text that something may cut
_CUT_INSIDE: Final = 0.9  # the same, within it
_PAINTED: Final = {
    pdfium.FPDF_TEXTRENDERMODE_FILL,
    pdfium.FPDF_TEXTRENDERMODE_STROKE,
    pdfium.FPDF_TEXTRENDERMODE_FILL_STROKE,
}


class Look(enum.Enum):
    """What can be seen of a text."""

    SEEN = enum.auto()
    HIDDEN = enum.auto()
    # Some of its letters may be hidden. Shown letter by letter, each would be a text of its own and could be judged.
    PARTLY = enum.auto()
    # No ink: spaces, or letters without a shape. Nobody can see it, wherever it stands.
    BLANK = enum.auto()


@dataclass(frozen=True, slots=True, repr=False)
class TextSight:
    """One text, in the order of drawing. Where it begins and how large it is tell if it is the text one thinks."""

    look: Look
    origin: tuple[float, float]  # points of the page
    size: float  # points of the page; negative sizes of fonts are as large as positive ones


@dataclass(slots=True, repr=False)
class _Text:
    number: int
    thing: Thing
    matrix: Matrix
    size: float
    box: Box


@dataclass(slots=True, repr=False)
class _Unit:
    """Texts that are judged together, and what was found."""

    texts: list[_Text]
    box: Box
    size: float
    scale: float  # of the sheet that the box is on
    change: int = 0  # the strongest, of 255
    ink: int = 0  # pixels
    unseen: int = 0  # of them
    cut: bool = False

    @property
    def things(self) -> list[Thing]:
        return [text.thing for text in self.texts]

    @property
    def is_faint(self) -> bool:
        small = min(self.box[2] - self.box[0], self.box[3] - self.box[1]) <= _SMALL_BOX
        return self.change < SEEN_FROM and (small or self.change >= _FAINT_FROM)

    def judged(self, *, letters: bool) -> Look:
        if self.change < SEEN_FROM:
            return Look.HIDDEN
        if self.change < _CLEAR_CONTRAST:
            return Look.SEEN
        if letters:
            return Look.HIDDEN if self.unseen > max(_UNSEEN_LEAST, self.ink * _GONE) else Look.SEEN
        letter = (self.size * self.scale) ** 2
        return Look.PARTLY if self.cut or self.unseen > max(_UNSEEN_LEAST, letter * _UNSEEN_PART) else Look.SEEN


def texts_seen(sheet: Sheet, drawn: Image.Image, all_things: Sequence[Thing], *, letters: bool) -> list[TextSight]:
    """The sight of each text. With `letters` a text is a single letter, of which nothing is partly seen.

    Raises NotRebuildable when the page has too much on it. All things must be active, and are again when it returns.
    """
    found: list[TextSight] = []
    unclear: list[_Text] = []
    for thing in all_things:
        if thing.kind == pdfium.FPDF_PAGEOBJ_TEXT:
            text = _text(len(found), thing, sheet)
            look = _without_looking(text)
            if look is None:
                unclear.append(text)
            # Hidden until it is seen.
            found.append(TextSight(look or Look.HIDDEN, text.matrix[4:], text.size))
    if not unclear:
        return found
    alone = _Alone(all_things)
    units = _units(sheet, unclear, alone)
    groups = apart([unit.box for unit in units], sheet.size)
    _measure(sheet, drawn, [[units[number] for number in group] for group in groups], alone, letters=letters)
    _look_closer(sheet, [unit for unit in units if unit.is_faint], alone, letters=letters)
    for unit in units:
        look = unit.judged(letters=letters)
        for text in unit.texts:
            found[text.number] = TextSight(look, found[text.number].origin, text.size)
    return found


def _text(number: int, thing: Thing, sheet: Sheet) -> _Text:
    size = ctypes.c_float()
    pdfium.FPDFTextObj_GetFontSize(thing.handle, size)
    matrix = thing.matrix
    _, _, c, d, _, _ = matrix
    return _Text(number, thing, matrix, abs(size.value) * math.hypot(c, d), sheet.pixel_box(thing.box))


def _without_looking(text: _Text) -> Look | None:
    """Step 1."""
    left, bottom, right, top = text.thing.box
    if right <= left or top <= bottom:
        return Look.BLANK
    if pdfium.FPDFTextObj_GetTextRenderMode(text.thing.handle) not in _PAINTED:
        return Look.HIDDEN
    if text.box[2] == 0:
        return Look.HIDDEN
    # Letters drawn by the page itself (Type3) may be of any size: of them the box tells.
    if text.size < _LEAST_SIZE and min(right - left, top - bottom) < _LEAST_SIZE:
        return Look.HIDDEN
    return None


def _units(sheet: Sheet, texts: list[_Text], alone: "_Alone") -> list[_Unit]:
    """Step 2: texts with nearly the same edges whose ink looks the same belong together."""
    units: list[_Unit] = []
    nearby: dict[tuple[int, int], list[_Unit]] = {}
    with contextlib.ExitStack() as stack:
        for text in texts:
            left, bottom = (round(edge / _LEAST_SIZE) for edge in text.thing.box[:2])
            cells = ((left + x, bottom + y) for x in (-1, 0, 1) for y in (-1, 0, 1))
            alike = (unit for cell in cells for unit in nearby.get(cell, ()) if _twins(unit.texts[0], text))
            for unit in alike:
                stack.enter_context(alone)
                if _same_shape(sheet, unit.texts[0], text, alone):
                    unit.texts.append(text)
                    unit.box = around((unit.box, text.box))
                    break
            else:
                unit = _Unit([text], text.box, text.size, sheet.scale)
                units.append(unit)
                nearby.setdefault((left, bottom), []).append(unit)
    return units


def _twins(one: _Text, other: _Text) -> bool:
    far = _TWIN * min(one.size, other.size)
    return all(abs(a - b) <= far for a, b in zip(one.thing.box, other.thing.box, strict=True))


def _same_shape(sheet: Sheet, one: _Text, other: _Text, alone: "_Alone") -> bool:
    """A name and another one printed over it have nearly the same edges, but not the same ink."""
    near = sheet.closer(_near_scale(sheet, one.size))
    shapes = []
    for text in (one, other):
        box = near.pixel_box(text.thing.box)
        if (box[2] - box[0]) * (box[3] - box[1]) > DRAWN_PIXELS:
            return False
        shapes.append(alone.drawn(near, [text.thing], box))
    first, second = (shape.resize(shapes[0].size, Image.Resampling.BOX) for shape in shapes)
    return _total(ImageChops.difference(first, second)) <= _SAME_SHAPE * (_total(first) + _total(second))


def _near_scale(sheet: Sheet, size: float) -> float:
    return min(_NEAREST, max(2 * sheet.scale, _NEAR_SIZE / max(size, _LEAST_SIZE)))


def _total(shades: Image.Image) -> int:
    return sum(shade * count for shade, count in enumerate(shades.histogram()))


def _measure(sheet: Sheet, drawn: Image.Image, groups: list[list[_Unit]], alone: "_Alone", *, letters: bool) -> None:
    """Step 3 and, for what changes something, step 5. The units' boxes are those on the sheet."""
    clear: list[tuple[list[_Unit], Box, Image.Image]] = []
    for group in groups:
        whole = around(unit.box for unit in group)
        before = drawn if drawn.size == (whole[2] - whole[0], whole[3] - whole[1]) else drawn.crop(whole)
        change = strongest_change(before, _without(sheet, group, whole))
        for unit in group:
            unit.change = greatest(change.crop(within(unit.box, whole)))
        shown = [unit for unit in group if unit.change >= _CLEAR_CONTRAST]
        if shown:
            clear.append((shown, whole, change.point(AS_SEEN)))
    with alone:
        for group, whole, seen in clear:
            ink = alone.drawn(sheet, [thing for unit in group for thing in unit.things], whole).point(_INKED)
            unseen = ImageChops.subtract(ink, seen)
            # On most pages there is none at all.
            some_unseen = unseen.getbbox() is not None
            for unit in group:
                box = within(unit.box, whole)
                if some_unseen:
                    unit.unseen = unseen.crop(box).histogram()[255]
                    unit.ink = ink.crop(box).histogram()[255]
                if not letters and any(may_be_cut(sheet, thing) for thing in unit.things):
                    unit.cut = _has_gap(sheet, unit, seen.crop(box))


def _has_gap(sheet: Sheet, unit: _Unit, seen: Image.Image) -> bool:
    """Whether there is a stretch without any ink at its ends, or a long one within it."""
    size = unit.size * sheet.scale
    a, b, _, _, _, _ = unit.texts[0].matrix
    turned = sheet.to_pixels[0] == 0
    along = 0 if (abs(a) >= abs(b)) != turned else 1
    inked = bytes(seen.getprojection()[along])
    uncut = sheet.uncut_box(unit.texts[0].thing.box)
    before = unit.box[along] - uncut[along] + len(inked) - len(inked.lstrip(b"\0"))
    after = uncut[along + 2] - unit.box[along + 2] + len(inked) - len(inked.rstrip(b"\0"))
    inside = max(map(len, inked.split(b"\1")))
    return max(before, after) > _CUT_AT_EDGE * size + 1 or inside > _CUT_INSIDE * size


def _look_closer(sheet: Sheet, faint: list[_Unit], alone: "_Alone", *, letters: bool) -> None:
    """Step 4, in as many drawings as neighbours need that do not lie on each other."""
    waiting = faint
    for _ in range(_NEAR_LOOKS):
        if not waiting:
            return
        near = sheet.closer(_near_scale(sheet, waiting[0].size))
        run: list[_Unit] = []
        left_over: list[_Unit] = []
        for unit in waiting:
            box = around(near.pixel_box(thing.box, margin=1) for thing in unit.things)
            boxes = [each.box for each in run]
            whole = around([*boxes, box])
            fits = (whole[2] - whole[0]) * (whole[3] - whole[1]) <= DRAWN_PIXELS
            if fits and not any(_touch(box, other) for other in boxes):
                unit.box, unit.scale = box, near.scale
                run.append(unit)
            else:
                left_over.append(unit)
        if run:
            _measure(near, near.drawn(around(unit.box for unit in run)), [run], alone, letters=letters)
            waiting = left_over
        else:
            # Too large for a drawing from nearby: large enough to be judged from afar.
            waiting = waiting[1:]


def _touch(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def _without(sheet: Sheet, units: list[_Unit], box: Box) -> Image.Image:
    taken_away = [thing for unit in units for thing in unit.things]
    for thing in taken_away:
        thing.activate(active=False)
    try:
        return sheet.drawn(box)
    finally:
        for thing in taken_away:
            thing.activate(active=True)


class _Alone:
    """Draws texts alone, in black on white: while it is entered, nothing else is active."""

    def __init__(self, all_things: Sequence[Thing]) -> None:
        self._all = all_things
        self._entered = 0

    def __enter__(self) -> None:
        if not self._entered:
            for thing in self._all:
                thing.activate(active=False)
        self._entered += 1

    def __exit__(self, *_: object) -> None:
        self._entered -= 1
        if not self._entered:
            for thing in self._all:
                thing.activate(active=True)

    def drawn(self, sheet: Sheet, shown: Sequence[Thing], box: Box) -> Image.Image:
        """The pixels of the box: how much of each is covered with ink, in mode L."""
        colours = [_blackened(thing.handle) for thing in shown]
        for thing in shown:
            thing.activate(active=True)
        drawn = sheet.drawn(box)
        for thing, kept in zip(shown, colours, strict=True):
            thing.activate(active=False)
            for put, colour in kept:
                put(thing.handle, *colour)
        return ImageChops.invert(drawn.convert("L"))


def _blackened(handle: Any) -> list[tuple[Any, list[int]]]:
    """Makes a text black; returns what gives it back its colours, as PDFium understood them."""
    kept = []
    outlined = pdfium.FPDFTextObj_GetTextRenderMode(handle) != pdfium.FPDF_TEXTRENDERMODE_FILL
    for get, put in _COLOURS if outlined else _COLOURS[:1]:
        parts = [ctypes.c_uint() for _ in range(4)]
        if get(handle, *parts):
            colour = [part.value for part in parts]
            # Most text is black already.
            if colour != _BLACK and put(handle, *_BLACK):
                kept.append((put, colour))
    return kept


_BLACK: Final = [0, 0, 0, 255]
_COLOURS: Final = (
    (pdfium.FPDFPageObj_GetFillColor, pdfium.FPDFPageObj_SetFillColor),
    (pdfium.FPDFPageObj_GetStrokeColor, pdfium.FPDFPageObj_SetStrokeColor),
)
_INKED: Final = [255 if covered >= _INK else 0 for covered in range(256)]
