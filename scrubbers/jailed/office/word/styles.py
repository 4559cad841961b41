"""Styles and lists of a Word document: what a paragraph or a run inherits, and what stands before an item."""

from collections.abc import Iterator, Sequence
from typing import Final

from scrubbers.jailed.office.letters import bullet
from scrubbers.jailed.office.xml import Node

_MOST_BASES: Final = 20
_OFF: Final = frozenset({"0", "false", "off"})
_HEADINGS: Final = 6
_LEVELS: Final = 9
_ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_LETTERS: Final = 26
_MOST_NUMBER: Final = 100_000
_MOST_REPEATED: Final = 20


class Styles:
    """What styles.xml says."""

    def __init__(self, root: Node | None) -> None:
        self._by_id: dict[str, Node] = {}
        self._defaults: dict[str, Node] = {}
        self._chains: dict[str, list[Node]] = {}
        self._document: list[Node] = []
        self._paragraphs: list[Node] = []
        for style in root.elements() if root is not None else ():
            if style.name == "w:style":
                # Without an id nothing refers to a style: reporting programs write such ones.
                if style.get("w:styleId"):
                    self._by_id.setdefault(style.get("w:styleId"), style)
                if style.get("w:default") not in _OFF | {""}:
                    self._defaults.setdefault(style.get("w:type"), style)
        if root is not None:
            found = root.find("w:docDefaults", "w:rPrDefault", "w:rPr")
            self._document = [found] if found is not None else []
            found = root.find("w:docDefaults", "w:pPrDefault", "w:pPr")
            self._paragraphs = [found] if found is not None else []

    def paragraph(self, style: str | None) -> list[Node]:
        """Return the paragraph properties of a style and of the document, the nearest first."""
        chain = self._chain(style, "paragraph")
        return [*(found for each in chain if (found := each.find("w:pPr")) is not None), *self._paragraphs]

    def run(self, character_style: str | None, paragraph_style: str | None) -> list[Node]:
        """Return the run properties of both styles and of the document, the nearest first."""
        chain = [
            *(self._chain(character_style, None) if character_style else ()),
            *self._chain(paragraph_style, "paragraph"),
        ]
        return [*(found for each in chain if (found := each.find("w:rPr")) is not None), *self._document]

    def is_coloured(self, table_style: str) -> bool:
        """Return whether a style of tables has colours."""
        return any(next(each.all("w:shd", "w:color"), None) is not None for each in self._chain(table_style, None))

    def heading(self, style: str | None, own: Node | None) -> int:
        """Return which heading a paragraph is, 1 to 6; 0 for none."""
        level = own.value("w:outlineLvl") if own is not None else None
        for each in self._chain(style, "paragraph"):
            level = each.value("w:pPr", "w:outlineLvl") if level is None else level
            name = (each.value("w:name") or "").lower()
            if level is None and name == "title":
                return 1
        if level is None or not level.isdigit() or int(level) >= _LEVELS:
            return 0
        return min(int(level) + 1, _HEADINGS)

    def _chain(self, style: str | None, default: str | None) -> list[Node]:
        key = f"{default}:{style}"
        if key not in self._chains:
            self._chains[key] = list(self._bases(style, default))
        return self._chains[key]

    def _bases(self, style: str | None, default: str | None) -> Iterator[Node]:
        node = self._by_id.get(style) if style else None
        if node is None and default is not None:
            node = self._defaults.get(default)
        for _ in range(_MOST_BASES):
            if node is None:
                return
            yield node
            node = self._by_id.get(node.value("w:basedOn") or "")


def is_on(properties: Sequence[Node], name: str) -> bool:
    """Return whether the nearest properties that mention a switch set it."""
    for each in properties:
        value = each.value(name)
        if value is not None:
            return value.lower() not in _OFF
    return False


def first_value(properties: Sequence[Node], *path: str, of: str = "w:val") -> str | None:
    """Return the value in the nearest properties that have one."""
    return next((value for each in properties if (value := each.value(*path, of=of)) is not None), None)


class Numbering:
    """What numbering.xml says, and how far each list has counted."""

    def __init__(self, root: Node | None) -> None:
        self._lists: dict[str, Node] = {}
        self._levels: dict[str, dict[str, Node]] = {}
        self._abstract: dict[str, str] = {}
        self._counts: dict[str, list[int | None]] = {}
        self._begun: set[tuple[str, int]] = set()
        linked: dict[str, dict[str, Node]] = {}
        for each in root.elements() if root is not None else ():
            if each.name == "w:abstractNum":
                levels = {level.get("w:ilvl"): level for level in each.elements() if level.name == "w:lvl"}
                self._levels[each.get("w:abstractNumId")] = levels
                if (link := each.value("w:styleLink") or each.value("w:numStyleLink")) is not None:
                    linked.setdefault(link, {}).update(levels)  # one list has the levels, the others refer to it
                    self._levels[each.get("w:abstractNumId")] = linked[link]
            elif each.name == "w:num":
                self._lists[each.get("w:numId")] = each
                self._abstract[each.get("w:numId")] = each.value("w:abstractNumId") or ""

    def marker(self, number: str, level: str) -> str:
        """Count one item, and return what stands before it; empty for no list."""
        place = int(level) if level.isdigit() and int(level) < _LEVELS else 0
        abstract = self._abstract.get(number)
        if abstract is None:
            return ""
        levels = [self._level(number, abstract, each) for each in range(_LEVELS)]
        if levels[place] is None:
            return ""
        counts = self._counts.setdefault(abstract, [None] * _LEVELS)
        self._count(number, counts, levels, place)
        return self._written(levels, counts, place)

    def level_of(self, number: str, style: str | None) -> str:
        """Return the level of a paragraph whose properties name none: that which names its style, else the first."""
        levels = self._levels.get(self._abstract.get(number, ""), {})
        return next((at for at, each in levels.items() if style and each.value("w:pStyle") == style), "0")

    def look(self, number: str, level: str) -> Node | None:
        """Return how what stands before an item looks, by its level."""
        abstract = self._abstract.get(number)
        place = int(level) if level.isdigit() and int(level) < _LEVELS else 0
        found = self._level(number, abstract, place) if abstract is not None else None
        return found.find("w:rPr") if found is not None else None

    def _level(self, number: str, abstract: str, place: int) -> Node | None:
        for each in self._lists[number].elements():
            if each.name == "w:lvlOverride" and each.get("w:ilvl") == str(place) and (own := each.find("w:lvl")):
                return own
        return self._levels.get(abstract, {}).get(str(place))

    def _count(self, number: str, counts: list[int | None], levels: Sequence[Node | None], place: int) -> None:
        if (number, place) not in self._begun:
            self._begun.add((number, place))
            for each in self._lists[number].elements():
                if each.get("w:ilvl") == str(place) and (start := each.value("w:startOverride")) is not None:
                    counts[place] = _whole(start) - 1
        for above in range(place + 1):
            if counts[above] is None:
                counts[above] = _start(levels[above]) - (above == place)
        counts[place] = (counts[place] or 0) + 1
        for below in range(place + 1, _LEVELS):
            level = levels[below]
            again = level.value("w:lvlRestart") if level is not None else None
            # It begins again behind this level or one above it; behind none where that is zero.
            if not again or place < _whole(again):
                counts[below] = None

    def _written(self, levels: Sequence[Node | None], counts: Sequence[int | None], place: int) -> str:
        level = levels[place]
        if level is None:
            return ""
        text = level.value("w:lvlText") or ""
        kind = level.value("w:numFmt") or "decimal"
        if kind == "bullet":
            return bullet(text, level.value("w:rPr", "w:rFonts", of="w:ascii") or "")
        for each in range(place + 1):
            below = levels[each]
            if below is not None and f"%{each + 1}" in text:
                own = below.value("w:numFmt") or "decimal"
                own = "decimal" if is_on([level], "w:isLgl") else own
                text = text.replace(f"%{each + 1}", written_number(counts[each] or 0, own))
        return text.strip()


def _start(level: Node | None) -> int:
    return _whole((level.value("w:start") or "1") if level is not None else "1")


def _whole(text: str) -> int:
    return min(int(text), _MOST_NUMBER) if text.isascii() and text.isdigit() else 1


def written_number(value: int, kind: str) -> str:
    """Return a number as lists and notes write it."""
    match kind:
        case "none":
            return ""
        case "lowerLetter" | "upperLetter" if 0 < value <= _LETTERS * _MOST_REPEATED:
            letter = chr(ord("a") + (value - 1) % _LETTERS) * ((value - 1) // _LETTERS + 1)
            return letter.upper() if kind == "upperLetter" else letter
        case "lowerRoman" | "upperRoman" if 0 < value < 5000:  # noqa: PLR2004  there are no numerals beyond
            parts = []
            for worth, numeral in _ROMAN:
                parts.append(numeral * (value // worth))
                value %= worth
            return "".join(parts).upper() if kind == "upperRoman" else "".join(parts)
        case "decimalZero":
            return f"{value:02d}"
        case _:
            return str(value)
