"""Which states what is painted depends on: no other ones are said.

A dash or the colour of lines can be chosen before an area that has no line. Nobody sees them there.
"""

from collections.abc import Sequence
from typing import Final

from scrubbers.jailed.pdf.content.display_list import (
    Drawn,
    Path,
    RestoreState,
    SaveState,
    Set,
    Show,
    Step,
)

_FILL: Final = frozenset(("fill",))
_LINE: Final = frozenset(("stroke", "w", "J", "j", "M", "d"))
_TEXT: Final = frozenset(("Tf", "Tc", "Tz", "Ts", "Tr"))
_NONE: Final[frozenset[str]] = frozenset()
_BY_PAINTING: Final = {b"n": _NONE, b"f": _FILL, b"f*": _FILL, b"S": _LINE, b"s": _LINE}
_BY_MODE: Final = {b"0 Tr": _TEXT | _FILL, b"1 Tr": _TEXT | _LINE}
FILLED: Final = b"0 Tr"


def needed(step: Step, mode: object) -> frozenset[str]:
    """Return the keys of the states. `mode`: the line that chose how text is painted, None if that is not known."""
    match step:
        case Path():
            return _NONE if step.hidden else _BY_PAINTING.get(step.painted, _FILL | _LINE)
        case Show():
            return _BY_MODE.get(mode, _TEXT | _FILL | _LINE) if isinstance(mode, bytes) else _TEXT | _FILL | _LINE
        case Drawn() if not step.hidden:
            return step.thing.needed()
        case _:
            return _NONE


def inherited(steps: Sequence[Step]) -> frozenset[str]:
    """Return what the steps of a form paint with before they choose their own."""
    found = _NONE
    chosen: list[dict[str, object]] = [{}]
    for step in steps:
        match step:
            case SaveState():
                chosen.append(dict(chosen[-1]))
            case RestoreState():
                if len(chosen) > 1:
                    chosen.pop()
            case Set():
                chosen[-1][step.key] = step.lines[0]
            case _:
                found |= needed(step, chosen[-1].get("Tr")) - chosen[-1].keys()
    return found


def paints(steps: Sequence[Step]) -> bool:
    """Whether any of the steps of a form, forms in it entered, paints something."""
    return any(
        (isinstance(step, Path) and step.painted != b"n" and not step.hidden)
        or (isinstance(step, Show) and step.shows_anything())
        or (isinstance(step, Drawn) and not step.hidden and step.thing.paints())
        for step in steps
    )
