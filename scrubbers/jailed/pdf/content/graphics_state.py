"""Graphics state dictionaries (ISO 32000-1, 8.4.5): alpha, and what is of lines by operators.

A mask, a blend or alpha that is shape cannot be said (`Unsaid`). Overprinting and how strokes and text are knocked out
change nothing on a screen and are left out.
"""

from typing import Final

from pypdf.generic import ArrayObject, DictionaryObject, NameObject

from scrubbers.jailed.pdf.content.display_list import Set, SetExtGState, Step, Unsaid
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable, number

# States of lines, which have operators of their own.
_OF_LINES: Final = {"/LW": "w", "/LC": "J", "/LJ": "j", "/ML": "M"}
ALPHA_DECIMALS: Final = 2  # hundredths: nobody sees less
_NUMBERS: Final = ("/CA", "/ca")
_PLAIN: Final = frozenset(("/Normal", "/Compatible"))


def graphics_state(untrusted: object) -> list[Step]:
    """Return the states that stay; raises NotRebuildable."""
    source = access.dictionary(untrusted)
    # A font chosen here would escape the reader of the text; dashes have an operator of their own.
    if "/Font" in source or "/D" in source:
        raise NotRebuildable
    steps = _of_lines(source)
    given = {key[1:]: access.number(access.entry(source, key)) for key in _NUMBERS if key in source}
    if given:
        steps.append(
            SetExtGState({key: number(round(max(0, min(1, value)), ALPHA_DECIMALS)) for key, value in given.items()})
        )
    mask = access.entry(source, "/SMask")
    if (
        (mask is not None and not isinstance(mask, NameObject))
        or access.is_true(access.entry(source, "/AIS"))
        or not _is_plain(access.entry(source, "/BM"))
    ):
        steps.append(Unsaid())
    return steps


def _of_lines(source: DictionaryObject) -> list[Step]:
    steps: list[Step] = []
    for key, operator in _OF_LINES.items():
        if key in source:
            value = number(access.number(access.entry(source, key)))
            steps.append(Set(operator, b"%s %s" % (value, operator.encode())))
    return steps


def _is_plain(blend: object) -> bool:
    """Whether it is the usual one; of several the first counts."""
    first = next(iter(blend), None) if isinstance(blend, ArrayObject) else blend
    return first is None or (isinstance(first, NameObject) and str(first) in _PLAIN)
