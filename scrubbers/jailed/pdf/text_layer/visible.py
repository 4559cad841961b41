"""Which words of a page are seen in full: three drawings tell, and nothing that the document says of itself.

1 the page as it is drawn, and once more without its texts: where the two differ, text is seen
2 the texts alone, in black on white: the ink that they would have
3 a word stays if no letter's ink is missing in 1, each letter has ink of its own that reaches the sides of its box (a
  clip takes it from 2 as well), none lies on a letter of another word, and none is off the page

4 letters of one shape are one letter: where more are said of it than look alike anywhere, nothing vouches for them

A letter that is half seen takes its whole word with it. Words that are struck out or printed on others go, too.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops

from scrubbers.jailed.pdf.bitmap import SEEN_FROM
from scrubbers.jailed.pdf.fonts.letters import LIGATURES, standing_for_many
from scrubbers.jailed.pdf.fonts.shapes import is_judged, look_of, may_be_box, verdict
from scrubbers.jailed.pdf.renderer import drawn_unturned
from scrubbers.jailed.pdf.text_layer.words import Box, FontsSay, Letter, Word, is_mark, words_on
from scrubbers.jailed.pdf.visibility.page_objects import AS_SEEN, PageObject, strongest_change, things
from scrubbers.jailed.pdf.visibility.text import is_too_small, text_of
from scrubbers.jailed.pdf.visibility.visual_diff import greatest

Pixels = tuple[int, int, int, int]

_INK: Final = [255 if shade <= 159 else 0 for shade in range(256)]  # noqa: PLR2004  hair lines of 6 points: 155
_UNSEEN: Final = [255 - seen for seen in AS_SEEN]
_MISSING: Final = 0.06  # of a word's ink: the edges that another thing touches
_LETTER_MISSING: Final = 0.2  # of a letter's
_MISSING_PIXELS: Final = 2  # that may be missing at any size
_REACH: Final = 0.3  # of a letter's box: how far from each side its ink may begin
_REACH_PIXELS: Final = 2  # the same, at any size
_SPECK: Final = 6  # pixels: a letter this small may have no ink dark enough
_OVERLAP: Final = 0.3  # of the smaller letter's box: two letters on the same place
_TWICE: Final = 0.8  # the same, of a letter that is printed twice
_SAME_PLACE: Final = 0.6  # the same, of the letters of a ligature
_OFF_PAGE: Final = 0.5  # points
# Of a letter's shape: parts across and down; pixels to a step of its size, which changes a little with its place.
_PARTS: Final = (8, 8)
_SIZE_STEP: Final = 3  # pixels
_LEAST_TO_TELL: Final = 12  # pixels: how large a letter is whose ink tells which one it is
_LEAST_IF_DOUBTED: Final = 8  # the same, of one that has to be told
_SURELY_TRUE: Final = 24  # parts, as in `shapes`: how far its ink may be from a letter that it is
_FEW_UNTRUE, _UNTRUE_PART = 2, 0.5  # of a word's letters
_WIDEST: Final = 3.0  # as wide as high: no letter is
_HALF: Final = [255 if part >= 128 else 0 for part in range(256)]  # noqa: PLR2004
_CELL: Final = 12.0  # points: squares in which letters are compared
_MOST_CELLS: Final = 400  # of one letter; a larger one is in no word


class UprightPage:
    """A page of the source as if it were not turned, drawn at so many pixels a point."""

    def __init__(self, page: pypdfium2.PdfPage, scale: float) -> None:
        self.page = page
        self.scale = scale
        self.box: Box = page.get_bbox()
        left, bottom, right, top = self.box
        self.size = max(1, round((right - left) * scale)), max(1, round((top - bottom) * scale))

    def drawn(self, *, annotations: bool = True) -> Image.Image:
        """Return it as it is now, in mode RGB; raises MemoryError."""
        turned = self.size[::-1] if self.page.get_rotation() // 90 % 2 else self.size
        return drawn_unturned(self.page, turned, annotations=annotations)

    def pixels(self, box: Box, margin: int = 0) -> Pixels:
        """Return the pixels that a box of the page touches, and so many around them."""
        left, _, right, top = self.box
        scale = self.size[0] / (right - left)
        return (
            math.floor((box[0] - left) * scale) - margin,
            math.floor((top - box[3]) * scale) - margin,
            math.ceil((box[2] - left) * scale) + margin,
            math.ceil((top - box[1]) * scale) + margin,
        )


def unseen_texts(page: UprightPage) -> tuple[set[int], Image.Image]:
    """Return the numbers of the texts that nobody sees, which are left inactive, and the page without them.

    Smaller than anybody reads, or without a trace on the page. Raises NotRebuildable.
    """
    all_things = things(page.page)
    texts = [(at, thing) for at, thing in enumerate(all_things) if _is_text(thing)]
    unseen = {at for at, thing in texts if is_too_small(text_of(at, thing))}
    _show_all_but(unseen, all_things)
    whole = page.drawn()
    if texts:
        _show_all_but({at for at, _ in texts}, all_things)
        change = strongest_change(whole, page.drawn())
        unseen |= {at for at, thing in texts if greatest(change.crop(page.pixels(thing.box, 1))) < SEEN_FROM}
        _show_all_but(unseen, all_things)
    return unseen, whole


def without_text(page: UprightPage) -> tuple[Image.Image, Image.Image]:
    """Return the page without its texts, and these alone in black on white. Raises NotRebuildable.

    What is active on the page afterwards is left open.
    """
    all_things = things(page.page)
    texts = {at for at, thing in enumerate(all_things) if _is_text(thing)}
    _show_all_but(texts, all_things)
    return page.drawn(), _ink_alone(page, all_things, texts)


def _ink_alone(page: UprightPage, all_things: Sequence[PageObject], texts: Collection[int]) -> Image.Image:
    _show_all_but(set(range(len(all_things))).difference(texts), all_things)
    for thing in (all_things[at] for at in texts):
        pdfium.FPDFPageObj_SetFillColor(thing.handle, 0, 0, 0, 255)
        pdfium.FPDFPageObj_SetStrokeColor(thing.handle, 0, 0, 0, 255)
    return page.drawn(annotations=False)


def _is_text(thing: PageObject) -> bool:
    return bool(thing.kind == pdfium.FPDF_PAGEOBJ_TEXT)


def _show_all_but(away: Collection[int], all_things: Sequence[PageObject]) -> None:
    for number, thing in enumerate(all_things):
        thing.activate(active=number not in away)


def seen_words(
    page: UprightPage, truth: Image.Image, unpainted: Collection[int], fonts: FontsSay
) -> tuple[list[Word], bool]:
    """Return the words that are seen in full, and whether that is all text of the page. Raises NotRebuildable.

    Text that recognition put over a scan, invisible by its mode, always goes: nothing can tell what its letters
    should be.
    `page` has no annotations any more; `truth` is how it looked with them, not turned, and `unpainted` the numbers of
    the things that were not drawn. What is active on the page afterwards is left open.
    """
    all_things = things(page.page)
    words = words_on(page.page, [thing.handle for thing in all_things], by_code=fonts.by_code)
    modes = {pdfium.FPDFTextObj_GetTextRenderMode(each.handle) for each in all_things if _is_text(each)}
    is_all = pdfium.FPDF_TEXTRENDERMODE_INVISIBLE not in modes
    if not words:
        return [], is_all
    view = _Drawings(page, truth, all_things, unpainted)
    clash = _overlapping(words)
    apart = (word for at, word in enumerate(words) if at not in clash)
    shown = [word for word in apart if view.shows(word) and view.is_true(word, fonts.untrue)]
    kept = view.vouched_for(shown)
    return kept, is_all and len(kept) == len(words)


class _Drawings:
    """The three drawings of one page."""

    def __init__(
        self, page: UprightPage, truth: Image.Image, all_things: Sequence[PageObject], unpainted: Collection[int]
    ) -> None:
        self._page = page
        texts = {at for at, thing in enumerate(all_things) if _is_text(thing)}
        _show_all_but(unpainted, all_things)
        whole = page.drawn()
        _show_all_but(texts.union(unpainted), all_things)
        bare = page.drawn()
        self._ink = _ink_alone(page, all_things, texts.difference(unpainted)).convert("L").point(_INK)
        # What looks otherwise than it did with the annotations is not what was seen.
        unseen = strongest_change(whole, bare).point(_UNSEEN)
        unseen = ImageChops.lighter(unseen, strongest_change(whole, truth).point(AS_SEEN))
        self._missing = ImageChops.multiply(self._ink, unseen)

    def shows(self, word: Word) -> bool:
        """Whether it is seen in full."""
        page = self._page.box
        reach = (page[0] - word.box[0], page[1] - word.box[1], word.box[2] - page[2], word.box[3] - page[3])
        if max(reach) > _OFF_PAGE:
            return False
        if not word.is_readable or not _one_place_each(word.letters):
            return False
        at = self._page.pixels(word.box)
        gone, ink = self._missing.crop(at).histogram()[255], self._ink.crop(at).histogram()[255]
        if not ink or gone > max(_MISSING_PIXELS, _MISSING * ink):
            return False
        return all(
            self._shows_letter(self._page.pixels(letter.box), some_missing=gone > 0, is_mark=is_mark(letter.text))
            for letter in word.letters
        )

    def _shows_letter(self, at: Pixels, *, some_missing: bool, is_mark: bool) -> bool:
        own = self._ink.crop(at)
        inked = own.getbbox()
        if inked is None:
            return not is_mark and own.width * own.height <= _SPECK
        across, down = max(_REACH_PIXELS, _REACH * own.width), max(_REACH_PIXELS, _REACH * own.height)
        if max(inked[0], own.width - inked[2]) > across or max(inked[1], own.height - inked[3]) > down:
            return False
        missing = self._missing.crop(at).histogram()[255] if some_missing else 0
        return missing <= max(_MISSING_PIXELS, _LETTER_MISSING * own.histogram()[255])

    def is_true(self, word: Word, doubted: Collection[str]) -> bool:
        """Whether its letters look like what they are called, most of those that are judged; none is a box.

        `doubted`: letters that must look so, as a font of the page has others for a code that it calls by them.
        """
        told, untrue = 0, 0
        for letter in word.letters:
            is_doubted = letter.text in doubted
            own = self._ink.crop(self._page.pixels(letter.box))
            inked = own.getbbox() or (0, 0, 1, 1)
            wide, high = inked[2] - inked[0], inked[3] - inked[1]
            if max(wide, high) >= (_LEAST_IF_DOUBTED if is_doubted else _LEAST_TO_TELL):
                look = look_of(own.crop(inked), wide / high)
                if look.is_box and not may_be_box(letter.text):
                    return False
                if is_judged(letter.text) and not letter.turn:
                    judged = verdict(look, letter.text)
                    told += 1
                    untrue += judged.is_untrue or wide > _WIDEST * high
                    is_doubted &= judged.far > _SURELY_TRUE
            if is_doubted:
                return False
        return untrue < max(_FEW_UNTRUE, _UNTRUE_PART * told)

    def vouched_for(self, words: Sequence[Word]) -> list[Word]:
        """Return the words without those that have a letter whose shape is called by many."""
        shapes = [[self._shape(letter) for letter in word.letters] for word in words]
        called = (
            (shape, letter.text)
            for word, its in zip(words, shapes, strict=True)
            for letter, shape in zip(word.letters, its, strict=True)
            if shape is not None
        )
        many = standing_for_many(called)
        return [word for word, its in zip(words, shapes, strict=True) if many.isdisjoint(its)]

    def _shape(self, letter: Letter) -> tuple[int, int, bytes] | None:
        """Return how large a letter or digit is drawn and where it has ink; None for signs, of which many are alike."""
        own = self._ink.crop(self._page.pixels(letter.box))
        inked = own.getbbox()
        if inked is None or not (letter.text.isalnum() or is_mark(letter.text)):
            return None
        parts = own.resize(_PARTS, Image.Resampling.BOX, inked).point(_HALF)
        width, height = inked[2] - inked[0], inked[3] - inked[1]
        return round(width / _SIZE_STEP), round(height / _SIZE_STEP), parts.tobytes()


def _one_place_each(letters: Sequence[Letter]) -> bool:
    """Whether each letter has a place of its own, or is part of a ligature: a text map may say more letters."""
    at = 0
    while at < len(letters):
        end = at + 1
        while end < len(letters) and _overlap(letters[at].box, letters[end].box) > _SAME_PLACE:
            end += 1
        if end - at > 1 and "".join(letter.text for letter in letters[at:end]) not in LIGATURES:
            return False
        at = end
    return True


def _overlap(one: Box, other: Box) -> float:
    """How much of the smaller box lies in the other one; all of one that has no area."""
    smaller = min((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    across, up = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    if smaller <= 0:
        return 1.0
    return across * up / smaller if across > 0 and up > 0 else 0.0


def _overlapping(words: Sequence[Word]) -> set[int]:
    """Numbers of words of which a letter lies on a letter of another one; of a double print the first stays."""
    cells: dict[tuple[int, int], list[tuple[int, Letter]]] = {}
    found: set[int] = set()
    for number, letter in ((number, letter) for number, word in enumerate(words) for letter in word.letters):
        here = list(_cells(letter.box))
        for cell in here:
            for other, its in cells.setdefault(cell, []):
                part = _overlap(letter.box, its.box) if other != number else 0.0
                if part > _OVERLAP:
                    found.add(number)
                    if its.text != letter.text or part < _TWICE:
                        found.add(other)
            cells[cell].append((number, letter))
        if not here:
            found.add(number)
    return found


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    """Yield the squares that a letter touches; none for one that is very large."""
    left, bottom, right, top = (int(side // _CELL) for side in box)
    if (right - left + 1) * (top - bottom + 1) <= _MOST_CELLS:
        yield from ((x, y) for x in range(left, right + 1) for y in range(bottom, top + 1))
