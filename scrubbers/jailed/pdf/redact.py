"""Takes out of the display lists what cannot be seen, once it is known of every page that draws it.

A form can be drawn on several pages, and a picture too: what any of them shows stays. What is seen in part is not
repaired: a page with such a text becomes pixels, one with such a picture has a drawing of all but its text.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import pypdfium2
from PIL import Image

from scrubbers.jailed.pdf.content.display_list import Drawn, Path, Show
from scrubbers.jailed.pdf.content.image import Picture
from scrubbers.jailed.pdf.pages.page import Page
from scrubbers.jailed.pdf.syntax.matrix import Matrix
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable
from scrubbers.jailed.pdf.visibility.inspect import PictureSight, RenderedPage, TextVisibility, sight

_THINNEST: Final = 0.05  # points
_SMALLEST: Final = 1.0  # points
# A picture that is drawn as small as a letter shows no more than this; scans have half of it.
_FINEST: Final = 600  # pixels an inch
_INCH: Final = 72.0  # points
_CLEARLY_MORE: Final = 2  # times as many pixels as it needs: less is not worth encoding it again
_ROUNDED: Final = 0.01  # pixels


class PictureSeen(NamedTuple):
    """One drawing of a picture: whether it is seen, and how large it is drawn."""

    step: Drawn
    picture: Picture
    is_seen: bool
    points: tuple[float, float]  # across and up, in the picture's own directions


@dataclass(slots=True)
class PageSeen:
    """What one page shows: of each text, picture and path whether it is seen."""

    texts: list[tuple[Show, bool]] = field(default_factory=list)
    pictures: list[PictureSeen] = field(default_factory=list)
    paths: list[tuple[Path, bool]] = field(default_factory=list)
    hides_ink: bool = False
    hides_text: bool = False  # whether a text with ink cannot be seen
    hides_letters: bool = False  # whether a part of a text may not be seen
    hides_pixels: bool = False  # whether a part of a picture cannot be seen

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
        return self.hides_pixels or not all(each.is_seen for each in self.pictures)


def look_at(
    sheet: RenderedPage,
    drawn: Image.Image,
    page: Page,
    open_again: Callable[[], pypdfium2.PdfPage],
    ground: Image.Image | None,
) -> PageSeen:
    """Return what is seen of the page in `drawn`; raises NotRebuildable when PDFium draws other things than emitted.

    `open_again` opens the document once more and returns the page. `ground`: the shades of its backdrop.
    """
    shows = page.shows()
    alone = None if shows else page.lone_picture()
    if alone is not None:
        step, picture, matrix = alone
        return PageSeen(pictures=[PictureSeen(step, picture, True, _points(matrix))])
    pictures, paths = page.pictures(), page.paths()
    found = sight(sheet, drawn, open_again, ground)
    if len(found.texts) != len(shows) or len(found.paths) != len(paths):
        raise NotRebuildable
    seen = PageSeen(hides_ink=found.hides_ink, paths=list(zip(paths, found.paths, strict=True)))
    for show, look in zip(shows, found.texts, strict=True):
        # A blank text has no ink; what its letters are called in the font can still be a text.
        is_seen, is_partly_seen = look is TextVisibility.SEEN, look is TextVisibility.PARTLY
        seen.hides_text |= is_partly_seen or look is TextVisibility.HIDDEN
        seen.hides_letters |= is_partly_seen or (is_seen and show.may_hide_letters())
        seen.texts.append((show, is_seen))
    if ground is not None:
        return seen
    if len(found.pictures) != len(pictures):
        raise NotRebuildable
    for (step, picture), part in zip(pictures, found.pictures, strict=True):
        is_seen = part.share > 0 and not _is_a_speck(part)
        seen.hides_pixels |= is_seen and part.share < 1
        seen.pictures.append(PictureSeen(step, picture, is_seen, _points(part.matrix)))
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
    """Leave in the display lists what any of the pages shows; returns the ids of what lost something."""
    changed: set[int] = set()
    shown = {id(show) for page in pages for show, is_seen in page.texts if is_seen}
    for show in {id(show): show for page in pages for show, _ in page.texts}.values():
        if id(show) not in shown:
            show.seen = [False] * show.count()
            changed.add(id(show))
    drawn: list[tuple[Path | Drawn, bool]] = [each for page in pages for each in page.paths]
    drawn += [(each.step, each.is_seen) for page in pages for each in page.pictures]
    visible = {id(step) for step, is_seen in drawn if is_seen}
    for step, _ in drawn:
        step.hidden = id(step) not in visible
        if step.hidden:
            changed.add(id(step))
    return changed | _shrink_pictures([each for page in pages for each in page.pictures if not each.step.hidden])


def _shrink_pictures(drawings: Sequence[PictureSeen]) -> set[int]:
    changed: set[int] = set()
    of_each: dict[int, list[PictureSeen]] = {}
    for each in drawings:
        of_each.setdefault(id(each.picture), []).append(each)
    for of_one in of_each.values():
        picture = of_one[0].picture
        size = _size_needed(picture.size, [each.points for each in of_one])
        if size != picture.size:
            changed.add(id(picture))
        picture.shrink(size)
    return changed


def _size_needed(size: tuple[int, int], drawn: Sequence[tuple[float, float]]) -> tuple[int, int]:
    """Return the pixels that the largest drawing of a picture can show; its own where those are not clearly more."""
    needed = tuple(max(1, math.ceil(max(points) * _FINEST / _INCH - _ROUNDED)) for points in zip(*drawn, strict=True))
    across, up = (least if least * _CLEARLY_MORE <= own else own for own, least in zip(size, needed, strict=True))
    return across, up
