"""Fields, formulas and what of a run's look matters: whether it is seen, bold, leaning, raised, struck out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.office.colours import is_light
from scrubbers.jailed.office.word.styles import first_value, is_on
from scrubbers.jailed.office.xml import Node

_SMALLEST_HALF_POINTS: Final = 4
# What a page shows in the place of these is another number on each page.
_PAGE_FIELDS: Final = frozenset({"PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES"})
_WHITE: Final = frozenset({"", "auto", "FFFFFF", "ffffff", "none"})


@dataclass(frozen=True, slots=True)
class RunLook:
    """How a run looks."""

    hidden: bool
    bold: bool
    italic: bool
    raised: bool
    struck: bool
    capitals: bool
    font: str


def look_of(properties: Sequence[Node], *, on_colour: bool) -> RunLook:
    """Return the look that these properties give, the nearest first. `on_colour`: there may be a colour behind it."""
    return RunLook(
        hidden=is_on(properties, "w:vanish") or _is_unseen(properties, on_colour=on_colour),
        bold=is_on(properties, "w:b"),
        italic=is_on(properties, "w:i"),
        raised=first_value(properties, "w:vertAlign") == "superscript",
        struck=is_on(properties, "w:strike") or is_on(properties, "w:dstrike"),
        capitals=is_on(properties, "w:caps") or is_on(properties, "w:smallCaps"),
        font=first_value(properties, "w:rFonts", of="w:ascii") or "",
    )


def _is_unseen(properties: Sequence[Node], *, on_colour: bool) -> bool:
    """Return whether letters are as light as the paper, or too small to be seen."""
    size = first_value(properties, "w:sz") or ""
    if size.isdigit() and int(size) <= _SMALLEST_HALF_POINTS:
        return True
    colour = first_value(properties, "w:color") or ""
    return is_light(colour) and not on_colour and not is_coloured(properties)


def is_coloured(properties: Sequence[Node]) -> bool:
    """Return whether these properties put a colour behind the letters."""
    if (first_value(properties, "w:highlight") or "none") not in {"none", "white"}:
        return True
    fill = first_value(properties, "w:shd", of="w:fill")
    pattern = first_value(properties, "w:shd") or "clear"
    theme = first_value(properties, "w:shd", of="w:themeFill")
    return bool(fill and fill not in _WHITE) or bool(theme) or pattern not in {"clear", "nil"}


class Fields:
    """Which part of a field we are in: its code is not seen, its result is."""

    def __init__(self) -> None:
        self._open: list[tuple[bool, str]] = []  # whether the result has begun, and the code

    def character(self, kind: str) -> None:
        if kind == "begin":
            self._open.append((False, ""))
        elif kind == "separate" and self._open:
            self._open[-1] = (True, self._open[-1][1])
        elif kind == "end" and self._open:
            self._open.pop()

    def code(self, text: str) -> None:
        if self._open and not self._open[-1][0]:
            self._open[-1] = (False, self._open[-1][1] + text)

    @property
    def shows(self) -> bool:
        """Whether what comes next is seen."""
        return all(result and not is_page_field(code) for result, code in self._open)


def is_page_field(code: str) -> bool:
    """Return whether a field shows the number of a page."""
    words = code.split(maxsplit=1)
    return bool(words) and words[0].upper() in _PAGE_FIELDS


def formula(node: Node) -> str:
    """Return a formula on one line: fractions, powers, indices and roots in brackets."""
    parts = {kid.name: formula(kid) for kid in node.elements()} if node.name in _BUILT else {}
    match node.name:
        case "m:t":
            return node.text()
        case "m:f":
            return f"({parts.get('m:num', '')})/({parts.get('m:den', '')})"
        case "m:sSup":
            return f"{parts.get('m:e', '')}^({parts.get('m:sup', '')})"
        case "m:sSub":
            return f"{parts.get('m:e', '')}_({parts.get('m:sub', '')})"
        case "m:rad":
            return f"√({parts.get('m:e', '')})"
        case _:
            return "".join(formula(kid) for kid in node.elements())


_BUILT: Final = frozenset({"m:f", "m:sSup", "m:sSub", "m:rad"})
