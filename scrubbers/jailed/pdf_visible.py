"""Visible or gone: what on a page can be seen. The page must be one that our own writer wrote.

`sight` tells of each text and picture, in the order of drawing (`pdf_visible_page`). What it calls hidden is to be left
out of the document, so that nothing is handed on that its author covered, cut off or painted in the colour of paper.

The page has changed when it returns: draw nothing more with it, close it.
"""

from dataclasses import dataclass

from PIL import Image

from scrubbers.jailed.pdf_visible_page import Sheet, things
from scrubbers.jailed.pdf_visible_texts import Look, TextSight, texts_seen

__all__ = ["Look", "Sheet", "Sight", "TextSight", "sight"]


@dataclass(frozen=True, slots=True, repr=False)
class Sight:
    """What can be seen of the page's texts, in the order of drawing."""

    texts: tuple[TextSight, ...]


def sight(sheet: Sheet, drawn: Image.Image, *, letters: bool = False) -> Sight:
    """What can be seen on the sheet, which looks as `drawn` (`Sheet.drawn`).

    A text that is `Look.PARTLY` seen has to be shown letter by letter, each with an operator of its own, and looked at
    again with `letters`. Raises NotRebuildable when the page has more on it than can be told apart.
    """
    all_things = things(sheet.page)
    return Sight(tuple(texts_seen(sheet, drawn, all_things, letters=letters)))
