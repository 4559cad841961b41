"""Fonts that are not in the document: which of the fourteen that every reader has stands for one, and how wide it runs.

A name of a font can carry text, so only the names of the fourteen are kept. The names of common fonts that look like
them become theirs; any other font gets a neutral name, and what its descriptor says in numbers decides what is drawn.
"""

import re
from typing import Final

from pypdf._codecs.core_font_metrics import CORE_FONT_METRICS
from pypdf._codecs.symbol import _symbol_encoding

from scrubbers.jailed.pdf.fonts.glyph_names import text_of

STANDARD_14: Final = (
    "Courier", "Courier-Bold", "Courier-Oblique", "Courier-BoldOblique",
    "Helvetica", "Helvetica-Bold", "Helvetica-Oblique", "Helvetica-BoldOblique",
    "Times-Roman", "Times-Bold", "Times-Italic", "Times-BoldItalic",
    "Symbol", "ZapfDingbats",
)  # fmt: skip
SYMBOL, DINGBATS = STANDARD_14[12:]
# Without spaces, hyphens and commas, in lower case, without the words that say how it is drawn.
_FAMILIES: Final = {
    "courier": 0, "couriernew": 0, "couriernewps": 0, "couriernewpsmt": 0, "courierstd": 0, "couriernewmt": 0,
    "helvetica": 4, "arial": 4, "arialmt": 4,
    "times": 8, "timesroman": 8, "timesnewroman": 8, "timesnewromanps": 8, "timesnewromanpsmt": 8, "timesnewromanmt": 8,
}  # fmt: skip
# Of letters that have two codes the metrics know one.
_SYMBOL_TEXTS: Final = {"\u03bc": "\u00b5"}
_SUBSET: Final = re.compile(r"[A-Z]{6}\+")
_BOLD: Final = re.compile(r"bold|black|heavy", re.IGNORECASE)
_ITALIC: Final = re.compile(r"italic|oblique", re.IGNORECASE)


def standard_name(base_font: str) -> str | None:
    """Return the name among the fourteen that stands for a font, or None."""
    name = _SUBSET.sub("", base_font, count=1)
    if name in STANDARD_14:
        return name
    plain = re.sub(r"[ ,_-]", "", _ITALIC.sub("", _BOLD.sub("", name))).lower()
    family = _FAMILIES.get(plain)
    return STANDARD_14[family + is_bold(name) + 2 * is_italic(name)] if family is not None else None


def is_bold(base_font: str) -> bool:
    return _BOLD.search(base_font) is not None


def is_italic(base_font: str) -> bool:
    return _ITALIC.search(base_font) is not None


def symbol_width(code: int) -> float | None:
    """How wide the font of symbols draws a code in its own encoding; None if it draws nothing there."""
    text = _SYMBOL_TEXTS.get(_symbol_encoding[code], _symbol_encoding[code])
    return CORE_FONT_METRICS[SYMBOL].character_widths.get(text)


def standard_width(standard: str, glyph_name: str | None) -> float | None:
    """How wide one of the fourteen draws a glyph, in thousandths; None if it has none of that name."""
    metrics = CORE_FONT_METRICS.get(standard)
    if metrics is None:
        return None
    return metrics.character_widths.get(text_of(glyph_name))
