"""Fields, formulas and what of a run's look matters: whether it is seen, bold, leaning, raised, struck out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.office.colours import hue_of, is_lost, is_unseen
from scrubbers.jailed.office.word.backgrounds import behind_of, colour_of, theme_colour
from scrubbers.jailed.office.word.places import is_raised_off
from scrubbers.jailed.office.word.styles import first_value, is_on
from scrubbers.jailed.office.xml import Node, number
from scrubbers.jailed.typeset.model import Paint

_SMALLEST_HALF_POINTS: Final = 4
# What a page shows in the place of these is another number on each page.
_PAGE_FIELDS: Final = frozenset({"PAGE", "NUMPAGES", "SECTION", "SECTIONPAGES"})
_CLEAR: Final = 95_000  # thousandths of a percent of transparency; so much is not seen of letters


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
    paint: Paint
    lost: bool  # a colour that the copy does not have


def look_of(properties: Sequence[Node], *, behind: str, theme: Mapping[str, str], around: str | None = None) -> RunLook:
    """Return the look that these properties give, the nearest first.

    `behind`: the colour around the run; `around`: the one that is drawn there already, as that of a cell.
    """
    ground = behind_of(properties, behind)
    colours = [theme_colour(colour_of(properties), theme), theme_colour(ground, theme)]
    return RunLook(
        hidden=is_on(properties, "w:vanish") or is_raised_off(properties) or _is_unseen(properties, behind),
        bold=is_on(properties, "w:b"),
        italic=is_on(properties, "w:i"),
        raised=first_value(properties, "w:vertAlign") == "superscript",
        struck=is_on(properties, "w:strike") or is_on(properties, "w:dstrike"),
        capitals=is_on(properties, "w:caps") or is_on(properties, "w:smallCaps"),
        font=first_value(properties, "w:rFonts", of="w:ascii") or "",
        paint=Paint(
            hue_of(colours[0]),
            None if ground == around else hue_of(colours[1]),
            underlined=(first_value(properties, "w:u") or "none") != "none",
        ),
        lost=any(map(is_lost, colours)),
    )


def _is_unseen(properties: Sequence[Node], around: str) -> bool:
    """Return whether letters have the colour of what is behind them, or none, or are too small to be seen."""
    size = first_value(properties, "w:sz") or ""
    if size.isdigit() and int(size) <= _SMALLEST_HALF_POINTS:
        return True
    if any(_is_without_fill(each) for each in properties):
        return True
    return not _is_drawn_around(properties) and is_unseen(colour_of(properties), behind_of(properties, around))


def _is_drawn_around(properties: Sequence[Node]) -> bool:
    """Return whether a line, a shadow, a relief or a light shows where letters are, whatever colour they have."""
    if any(is_on(properties, name) for name in ("w:outline", "w:shadow", "w:emboss", "w:imprint")):
        return True
    lines = next((found for each in properties if (found := each.find("?:textOutline")) is not None), None)
    if lines is not None and lines.find("?:noFill") is None:
        return True
    return any(each.find("?:glow") is not None or each.find("?:shadow") is not None for each in properties)


def _is_without_fill(properties: Node) -> bool:
    """Return whether letters have no colour, or a clear one, and no outline ([MS-DOCX], 2.7: textFill)."""
    fill = properties.find("?:textFill")
    if fill is None:
        return False
    clear = (number(each.get("?:val")) >= _CLEAR for each in fill.all("?:alpha"))
    if fill.find("?:noFill") is None and not any(clear):
        return False
    return properties.find("?:textOutline") is None or properties.find("?:textOutline", "?:noFill") is not None


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
    def is_open(self) -> bool:
        """Whether a field has not ended."""
        return bool(self._open)

    @property
    def shows(self) -> bool:
        """Whether what comes next is seen."""
        return all(result and not is_page_field(code) for result, code in self._open)


def is_page_field(code: str) -> bool:
    """Return whether a field shows the number of a page."""
    words = code.split(maxsplit=1)
    return bool(words) and words[0].upper() in _PAGE_FIELDS


def formula(node: Node) -> str:  # noqa: C901, PLR0911  one for each sort
    """Return a formula on one line: fractions, powers, indices and roots in brackets; nothing of what was deleted."""
    match node.name:
        case "m:t":
            return node.text()
        case "w:del" | "w:moveFrom":
            return ""
        case "m:r" if is_on([each for each in node.elements() if each.name == "w:rPr"], "w:vanish"):
            return ""
        case "m:f":
            return f"({_part(node, 'm:num')})/({_part(node, 'm:den')})"
        case "m:sSup":
            return f"{_part(node, 'm:e')}^({_part(node, 'm:sup')})"
        case "m:sSub":
            return f"{_part(node, 'm:e')}_({_part(node, 'm:sub')})"
        case "m:sSubSup":
            return f"{_part(node, 'm:e')}_({_part(node, 'm:sub')})^({_part(node, 'm:sup')})"
        case "m:nary":
            operator = node.value("m:naryPr", "m:chr", of="m:val")
            limits = f"_({_part(node, 'm:sub')})^({_part(node, 'm:sup')})"
            return f"{_INTEGRAL if operator is None else operator}{limits} {_part(node, 'm:e')}"
        case "m:d":
            return _in_brackets(node)
        case "m:rad":
            degree = _part(node, "m:deg")
            return f"√{f'[{degree}]' if degree else ''}({_part(node, 'm:e')})"
        case _:
            return "".join(formula(kid) for kid in node.elements())


_INTEGRAL: Final = "∫"


def _part(node: Node, name: str) -> str:
    return "".join(formula(kid) for kid in node.elements() if kid.name == name)


def _in_brackets(node: Node) -> str:
    """Return what stands in brackets, round ones where it does not say which."""
    signs = (node.value("m:dPr", f"m:{one}", of="m:val") for one in ("begChr", "sepChr", "endChr"))
    first, between, last = (given if one is None else one for one, given in zip(signs, "(|)", strict=True))
    return first + between.join(formula(kid) for kid in node.elements() if kid.name == "m:e") + last
