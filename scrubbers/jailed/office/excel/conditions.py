"""Conditional formats of a sheet (ECMA-376, 18.3.1.18), as far as they decide whether a cell's text is seen.

One that hides or shows a text is followed where its condition can be told from the cell alone; else the workbook is
refused. What only colours is not followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from scrubbers.jailed.office.colours import UNKNOWN, is_unseen
from scrubbers.jailed.office.excel.looks import CellStyle, colour_of
from scrubbers.jailed.office.excel.merged import PLACE, column_of
from scrubbers.jailed.office.excel.number_formats import is_blank
from scrubbers.jailed.office.xml import Node, number
from trusted.jail.stages import OfficeDocument, TooLarge

_MOST_AREAS: Final = 1000
_ON: Final = frozenset({"1", "true"})
_SURE: Final = {"TRUE": True, "TRUE()": True, "1": True, "FALSE": False, "FALSE()": False, "0": False}
_PARTS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "containsText": lambda text, part: part in text, "notContainsText": lambda text, part: part not in text,
    "beginsWith": lambda text, part: text.startswith(part), "endsWith": lambda text, part: text.endswith(part),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shade:
    """What decides whether letters are seen: their look, the colour behind them, and whether nothing is shown."""

    look: CellStyle
    behind: str
    blank: bool

    def is_seen(self) -> bool:
        """Return whether letters are seen."""
        return not (self.blank or self.look.tiny or is_unseen(self.look.colour, self.behind))


@dataclass(frozen=True, slots=True)
class Content:
    """What a cell holds: its kind, as the file names it, and its text or number."""

    kind: str
    text: str

    def number(self) -> float | None:
        """Return the number; None for what is none."""
        try:
            return float(self.text) if self.kind == "n" else None
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class _Area:
    first: tuple[int, int]
    last: tuple[int, int]

    def holds(self, column: int, row: int) -> bool:
        return self.first[0] <= column <= self.last[0] and self.first[1] <= row <= self.last[1]


@dataclass(frozen=True, slots=True)
class _Rule:
    node: Node
    areas: Sequence[_Area]
    look: Node | None
    palette: Mapping[str, str]

    def over(self, shade: Shade) -> Shade:
        """Return how a cell looks where the condition holds."""
        if self._is_without_value():
            return replace(shade, blank=True)
        if self.node.get("type") == "colorScale":
            return replace(shade, behind=UNKNOWN)
        if self.look is None:
            return shade
        colour = self.look.find("s:font", "s:color")
        pattern = self.look.find("s:fill", "s:patternFill")
        code = self.look.value("s:numFmt", of="formatCode")
        behind = shade.behind
        if pattern is not None and pattern.get("patternType", "solid") == "solid":
            # Here a full pattern has its colour in the other place than that of a cell.
            named = pattern.find("s:bgColor") or pattern.find("s:fgColor")
            behind = colour_of(named, self.palette) or behind
        elif pattern is not None or self.look.find("s:fill", "s:gradientFill") is not None:
            behind = UNKNOWN
        look = shade.look if colour is None else replace(shade.look, colour=colour_of(colour, self.palette))
        return Shade(look, behind, shade.blank if code is None else is_blank(code))

    def is_true(self, content: Content) -> bool | None:
        """Return whether the condition holds for what a cell holds; None where that cannot be told."""
        kind, text = self.node.get("type"), content.text.casefold()
        if self._is_without_value():
            return content.kind == "n"
        if kind in {"containsErrors", "notContainsErrors"}:
            return (content.kind == "e") == (kind == "containsErrors")
        if kind in _PARTS and content.kind == "s" and self.node.get("text"):
            return _PARTS[kind](text, self.node.get("text").casefold())
        given = [each.text() for each in self.node.elements() if each.name.endswith(("formula", ":f"))]
        if kind == "expression":
            return _SURE.get(given[0].strip().upper()) if given else None
        return _compared(self.node.get("operator"), given, content) if kind == "cellIs" else None

    def _is_without_value(self) -> bool:
        named = (each for each in self.node.elements() if each.name.endswith((":dataBar", ":iconSet")))
        return any(each.get("showValue") in {"0", "false"} for each in named)


class Conditions:
    """The conditional formats of a sheet that can hide a text or show one, by their order."""

    def __init__(self, sheet: Node, looks: Sequence[Node], palette: Mapping[str, str], shades: Sequence[Shade]) -> None:
        """Take the formats that conditions name, and how the cells of the workbook look. Raises TooLarge."""
        found = sorted(_rules(sheet, looks, palette), key=lambda one: number(one.node.get("priority")))
        self._rules = [
            one
            for one in found
            if one.node.get("stopIfTrue") in _ON or any(one.over(each).is_seen() != each.is_seen() for each in shades)
        ]
        if sum(len(one.areas) for one in self._rules) > _MOST_AREAS:
            raise TooLarge

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self._rules)

    def over(self, shade: Shade, place: tuple[int, int], content: Content) -> Shade:
        """Return how the cell at a column and a row looks; raises OfficeDocument where that is not certain."""
        holding: list[_Rule] = []
        for rule in self._rules:
            if not any(area.holds(*place) for area in rule.areas):
                continue
            holds = rule.is_true(content)
            if holds is None and rule.over(shade).is_seen() != shade.is_seen():
                raise OfficeDocument
            if holds:
                holding.append(rule)
                if rule.node.get("stopIfTrue") in _ON:
                    break
        for rule in reversed(holding):
            shade = rule.over(shade)
        return shade


def _rules(sheet: Node, looks: Sequence[Node], palette: Mapping[str, str]) -> Iterator[_Rule]:
    for group in sheet.all("s:conditionalFormatting", "?:conditionalFormatting"):
        areas = list(
            _areas(group.get("sqref") or "".join(e.text() for e in group.elements() if e.name[-6:] == ":sqref"))
        )
        for node in group.elements():
            if not node.name.endswith(":cfRule"):
                continue
            own = node.get("dxfId")
            look = looks[int(own)] if own.isdigit() and int(own) < len(looks) else node.find("?:dxf")
            yield _Rule(node, areas, look, palette)


def _areas(places: str) -> Iterator[_Area]:
    for one in places.split():
        ends = [PLACE.fullmatch(end) for end in one.replace("$", "").split(":")]
        if ends[0] is not None and ends[-1] is not None:
            corners = [(column_of(end[1]), int(end[2])) for end in (ends[0], ends[-1])]
            yield _Area(corners[0], corners[1])


def _compared(operator: str, given: Sequence[str], content: Content) -> bool | None:
    value = content.number()
    if value is None:
        quoted = given[0].strip() if given else ""
        if content.kind != "s" or operator not in {"equal", "notEqual"} or quoted[:1] + quoted[-1:] != '""':
            return None
        return (content.text.casefold() == quoted[1:-1].casefold()) == (operator == "equal")
    try:
        limits = [float(one) for one in given]
    except ValueError:
        return None
    if not limits:
        return None
    least, most = min(limits), max(limits)
    return {
        "equal": value == least, "notEqual": value != least, "lessThan": value < least, "greaterThan": value > least,
        "lessThanOrEqual": value <= least, "greaterThanOrEqual": value >= least,
        "between": least <= value <= most, "notBetween": not least <= value <= most,
    }.get(operator)  # fmt: skip
