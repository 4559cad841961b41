"""Visible or gone: what on a page can be seen. The page must be one that our own writer wrote.

`sight` tells of each text, picture and path, in the order of drawing (`page_objects`). What it calls hidden is to be
left out of the document: nothing is handed on that its author covered, cut off or painted in the colour of paper.

A form that is drawn twice has its texts, pictures and paths twice: only what is hidden each time may be left out of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from scrubbers.jailed.pdf.visibility.image import PictureSight, pictures_seen
from scrubbers.jailed.pdf.visibility.page_objects import RenderedPage, things
from scrubbers.jailed.pdf.visibility.path import is_paper, paths_of, paths_seen
from scrubbers.jailed.pdf.visibility.text import TextVisibility, texts_seen

__all__ = ["PictureSight", "RenderedPage", "Sight", "TextVisibility", "sight"]


@dataclass(frozen=True, slots=True, repr=False)
class Sight:
    """What can be seen of the page's texts, pictures and paths, each in the order of drawing."""

    texts: tuple[TextVisibility, ...]
    pictures: tuple[PictureSight, ...]
    paths: tuple[bool, ...]
    hides_ink: bool = False  # whether a path that cannot be seen has another colour than paper


def sight(
    sheet: RenderedPage,
    drawn: Image.Image,
    open_again: Callable[[], pypdfium2.PdfPage],
    ground: Image.Image | None = None,
) -> Sight:
    """Return what can be seen on the sheet, which looks as `drawn` (`Sheet.drawn`).

    `open_again` opens the document once more and returns this page of it; it is called when the page has pictures, once
    for each layer of them. `ground`: what all texts stand on, when that is one picture and nothing else is drawn.
    Raises NotRebuildable when there is more than can be told apart.
    """
    all_things = things(sheet.page)
    sheet.work.looked_at(len(all_things))
    texts = texts_seen(sheet, drawn, all_things, ground)
    some_pictures = ground is None and any(thing.kind == pdfium.FPDF_PAGEOBJ_IMAGE for thing in all_things)
    pictures = pictures_seen(open_again, sheet.scale, sheet.work) if some_pictures else []
    drawings = paths_seen(sheet, drawn, all_things)
    hidden = (path for path, is_seen in zip(paths_of(all_things), drawings, strict=True) if not is_seen)
    hides_ink = any(not is_paper(path) for path in hidden)
    return Sight(tuple(texts), tuple(pictures), tuple(drawings), hides_ink)
