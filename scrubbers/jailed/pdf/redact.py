"""Takes out of the scripts what cannot be seen, once it is known of every page that draws it.

A form can be drawn on several pages, and a picture too: what any of them shows stays.
"""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import pypdfium2
from PIL import Image, ImageChops

from scrubbers.jailed.pdf.content.display_list import Drawn, Matrix, Path, Show
from scrubbers.jailed.pdf.content.image import Picture
from scrubbers.jailed.pdf.pages.page import Page
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.visibility.inspect import Look, PictureSight, Sheet, sight

# A blank text has no ink; what its letters are called in the font can still be a text.
_STAYS: Final = {Look.SEEN, Look.PARTLY}
_THINNEST: Final = 0.05  # points
_SMALLEST: Final = 1.0
# A picture that is drawn as small as a letter shows no more than this; scans have half of it.
_FINEST: Final = 600  # pixels an inch
_INCH: Final = 72.0  # points
_CLEARLY_MORE: Final = 2
_ROUNDED: Final = 0.01


class PictureSeen(NamedTuple):
    """One drawing of a picture: which part of it is seen, and how large it is drawn.

    The part is a mask of the picture's size, None for all of it.
    """

    step: Drawn
    picture: Picture
    part: Image.Image | None
    points: tuple[float, float]  # across and up, in the picture's own directions


@dataclass(slots=True)
class PageSeen:
    """What one page shows: of each text which codes, of each drawing of a picture which part.

    `unseen` are the drawings of which nothing is seen.
    """

    texts: list[tuple[Show, list[bool]]] = field(default_factory=list)
    pictures: list[PictureSeen] = field(default_factory=list)
    unseen: list[Drawn] = field(default_factory=list)
    # Lines and areas, and whether they are seen.
    paths: list[tuple[Path, bool]] = field(default_factory=list)
    hides_ink: bool = False
    hides_text: bool = False  # whether a text with ink cannot be seen
    # Texts of which only letters can tell.
    partly: list[Show] = field(default_factory=list)

    def touches(self, changed: set[int]) -> bool:
        """Whether the page draws something of which a part was taken out."""
        drawn = (id(part) for each in self.pictures for part in (each.step, each.picture))
        shown = any(id(step) in changed for step, _ in (*self.texts, *self.paths))
        return shown or any(part in changed for part in drawn)

    @property
    def hides_drawing(self) -> bool:
        """Whether a path is not seen that is more than a white area: those lie under whole pages and empty cells."""
        return self.hides_ink or any(not is_seen and not path.is_rectangle() for path, is_seen in self.paths)

    @property
    def hides_picture(self) -> bool:
        return bool(self.unseen) or any(each.part is not None for each in self.pictures)


def look_at(
    sheet: Sheet,
    drawn: Image.Image,
    page: Page,
    open_anew: Callable[[], pypdfium2.PdfPage],
    digest: bytes,
    *,
    letters: bool = False,
) -> PageSeen:
    """Return what is seen of the page in `drawn`; raises NotRebuildable when PDFium draws other things than said.

    `digest`: of the bytes that `open_anew` opens. `letters`: the texts that were seen in part are now shown letter by
    letter, and judged so.
    """
    alone = page.lone_picture()
    if alone is not None:
        step, picture, matrix = alone
        return PageSeen(pictures=[PictureSeen(step, picture, None, _points(matrix))])
    shows, pictures = page.shows(), page.pictures()
    usable = None if page.is_blended() else digest
    found = sight(sheet, drawn, open_anew, letters=letters, plain=page.is_plain(), paths=True, digest=usable)
    if len(found.texts) != sum(show.operators() for show in shows) or len(found.pictures) != len(pictures):
        raise NotRebuildable
    seen = PageSeen()
    looks = (text.look for text in found.texts)
    for show in shows:
        own = [next(looks) for _ in range(show.operators())]
        seen.hides_text |= Look.HIDDEN in own
        if not show.spelled and (own == [Look.PARTLY] or (own == [Look.SEEN] and show.may_hide_letters())):
            seen.partly.append(show)
        flags = _letters_seen(own) if show.spelled else [own[0] in _STAYS] * show.count()
        seen.texts.append((show, flags))
    for (step, picture), part in zip(pictures, found.pictures, strict=True):
        if not part.share or _is_a_speck(part):
            seen.unseen.append(step)
        mask = None if part.share == 1 else part.mask(*picture.size)
        seen.pictures.append(PictureSeen(step, picture, mask, _points(part.matrix)))
    paths = page.paths()
    if found.paths is None or len(found.paths) != len(paths):
        raise NotRebuildable
    seen.hides_ink = found.hides_ink
    seen.paths = list(zip(paths, found.paths, strict=True))
    return seen


def _is_a_speck(part: PictureSight) -> bool:
    """Whether a picture is drawn so small that nobody sees what it shows; a thin line may be a picture."""
    shorter, longer = sorted(_points(part.matrix))
    return shorter < _THINNEST or longer < _SMALLEST


def _points(matrix: Matrix) -> tuple[float, float]:
    """How large the unit square becomes."""
    a, b, c, d, _, _ = matrix
    return math.hypot(a, b), math.hypot(c, d)


def take_out(pages: Sequence[PageSeen]) -> set[int]:
    """Leaves in the scripts what any of the pages shows; returns the ids of what lost something."""
    return _take_out_texts(pages) | _take_out_pictures(pages) | _take_out_paths(pages)


def _take_out_texts(pages: Sequence[PageSeen]) -> set[int]:
    texts: dict[int, tuple[Show, list[bool]]] = {}
    for page in pages:
        for show, flags in page.texts:
            known = texts.get(id(show))
            texts[id(show)] = (show, flags if known is None else _any_of(known[1], flags))
    changed: set[int] = set()
    for show, flags in texts.values():
        show.spelled = False
        show.seen = None if all(flags) else flags
        if show.seen is not None:
            changed.add(id(show))
    return changed


def _take_out_paths(pages: Sequence[PageSeen]) -> set[int]:
    seen = {id(step) for page in pages for step, is_seen in page.paths if is_seen}
    changed: set[int] = set()
    for page in pages:
        for step, _ in page.paths:
            step.hidden = id(step) not in seen
            if step.hidden:
                changed.add(id(step))
    return changed


def _take_out_pictures(pages: Sequence[PageSeen]) -> set[int]:
    changed: set[int] = set()
    unseen = {id(step) for page in pages for step in page.unseen}
    seen = {id(each.step) for page in pages for each in page.pictures} - unseen
    shown: dict[int, list[PictureSeen]] = {}
    for each in (each for page in pages for each in page.pictures):
        each.step.hidden = id(each.step) not in seen
        if each.step.hidden:
            changed.add(id(each.step))
        else:
            shown.setdefault(id(each.picture), []).append(each)
    for drawings in shown.values():
        picture = drawings[0].picture
        part = functools.reduce(_either, (each.part for each in drawings))
        size = _size_needed(picture.size, [each.points for each in drawings])
        if part is not None or size != picture.size:
            changed.add(id(picture))
        if part is not None or size != picture.size or picture.is_cut:
            picture.keep_only(part, size)
    return changed


def _size_needed(size: tuple[int, int], drawn: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """Return the pixels that the largest drawing of a picture can show; its own where those are not clearly more."""
    needed = tuple(max(1, math.ceil(max(points) * _FINEST / _INCH - _ROUNDED)) for points in zip(*drawn, strict=True))
    across, up = (least if least * _CLEARLY_MORE <= own else own for own, least in zip(size, needed, strict=True))
    return across, up


def _either(one: Image.Image | None, other: Image.Image | None) -> Image.Image | None:
    return None if one is None or other is None else ImageChops.lighter(one, other)


def _letters_seen(looks: Sequence[Look]) -> list[bool]:
    """Which letters stay; a space stays between two that do."""
    flags = [look in _STAYS for look in looks]
    last_inked = None
    for at, look in enumerate(looks):
        if look is Look.BLANK:
            continue
        if last_inked is not None and flags[at] and flags[last_inked]:
            flags[last_inked:at] = [True] * (at - last_inked)
        last_inked = at
    return flags


def _any_of(one: Sequence[bool], other: Sequence[bool]) -> list[bool]:
    return [first or second for first, second in zip(one, other, strict=True)]
