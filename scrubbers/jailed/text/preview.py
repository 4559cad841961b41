"""Draws the beginning of a text as a small page, in a typeface that Pillow carries in its own code."""

from typing import Final

from PIL import Image, ImageDraw, ImageFont

_SIZE: Final = (226, 320)  # A4 upright, as high as a preview may be
_MARGIN: Final = 8
_LINE_PIXELS: Final = 10
_LETTER_PIXELS: Final = 8
_LINES: Final = (_SIZE[1] - 2 * _MARGIN) // _LINE_PIXELS
# A narrow letter takes three pixels: more of a line cannot be on the page.
_CHARACTERS: Final = 70
_TAB: Final = "    "


def drawn(text: str) -> Image.Image:
    """Return the first lines in grey on white; letters that the typeface lacks are boxes."""
    page = Image.new("L", _SIZE, 255)
    pen = ImageDraw.Draw(page)
    font = ImageFont.load_default(_LETTER_PIXELS)
    for place, line in enumerate(text.split("\n", _LINES)[:_LINES]):
        shown = line.replace("\t", _TAB)[:_CHARACTERS]
        pen.text((_MARGIN, _MARGIN + place * _LINE_PIXELS), shown, fill=40, font=font)
    return page
