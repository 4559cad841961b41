"""
Long texts in parts, each of which takes no more than so many bytes of a page.

What counts is what travels: UTF-8, with the signs escaped that mean something in HTML. A text is divided after a
paragraph, or a line, or a word, whichever comes first from the end of what fits; a row of letters without any of them
is cut. The parts in their order are the text again, to the letter.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from trusted.web.fitting import fits

# Paragraphs and lines are looked for in the second half of what fits: a short part is one more press of a button.
_ENDS: Final = ("\n\n", "\n", " ")


def parts_of(text: str, most: int) -> tuple[str, ...]:
    """Return a text in parts of at most `most` bytes each; an empty text is one part."""
    return tuple(text[start:end] for start, end in pairwise(_ends_of(text, most))) or ("",)


def _ends_of(text: str, most: int) -> Iterator[int]:
    start = 0
    yield start
    while start < len(text):
        start = _end_of_part(text, start, most)
        yield start


def _end_of_part(text: str, start: int, most: int) -> int:
    end = fits(text, start, most)
    if end == len(text):
        return end
    for sign in _ENDS:
        found = text.rfind(sign, start + (end - start) // 2, end)
        if found >= 0:
            return found + len(sign)
    return end
