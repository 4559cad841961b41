"""What a chart draws as tables: what its axis says of each row, and a column for each series, in the formats of cells.

Series with categories of their own, as points have them, stand in a table of their own. What is read here is in the
part after `chart_parts` took out what is not drawn.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeAlias

from scrubbers.jailed.office.excel.number_formats import shown_in
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.model import Cell, Paragraph, Run, Table

_MOST_VALUES: Final = 2000
_CACHES: Final = ("c:numCache", "c:numLit", "c:strCache", "c:strLit", "c:multiLvlStrCache")
_VALUES: Final = ("c:val", "c:yVal", "c:bubbleSize")
_ELLIPSIS: Final = "…"
_Points: TypeAlias = dict[int, str]


def tables_of(chart: Node, drawable: Callable[[str], str]) -> Iterator[Table]:
    """Yield the tables; takes their series out of the tree, so that what is left are the other texts."""
    from_1904 = chart.value("c:date1904", of="val") in {"1", "true", ""}
    groups: dict[tuple[tuple[int, str], ...], list[tuple[str, _Points]]] = {}
    shared: tuple[tuple[int, str], ...] = ()
    for series in list(chart.all("c:ser")):
        axis = tuple(_taken(series, "c:cat", "c:xVal", from_1904=from_1904).items())
        name = " ".join(_taken(series, "c:tx", from_1904=from_1904).values())
        # An axis says what the first series of its group says.
        shared = axis or shared
        found = [_taken(series, kind, from_1904=from_1904) for kind in _VALUES]
        groups.setdefault(axis or shared, []).extend((name, points) for points in [*filter(None, found)] or [{}])
    for words, columns in groups.items():
        texts = [dict(words), *(points for _, points in columns)]
        places = sorted({place for points in texts for place in points})
        most = _MOST_VALUES // (len(columns) + 1) + 1
        lines = [["", *(name for name, _ in columns)]]
        lines += [[points.get(place, "") for points in texts] for place in places[:most]]
        lines += [[_ELLIPSIS]] if len(places) > most else []
        if (table := table_of(lines, drawable)) is not None:
            yield table


def bounded(rows: Iterator[list[str]]) -> list[list[str]]:
    """Return the rows up to the most values that a chart's table has, and then a row that says there were more."""
    lines: list[list[str]] = []
    for row in rows:
        if sum(map(len, lines)) > _MOST_VALUES:
            return [*lines, [_ELLIPSIS]]
        lines.append(row)
    return lines


def table_of(lines: Sequence[Sequence[str]], drawable: Callable[[str], str]) -> Table | None:
    """Return a table of texts, the first line of which names the columns; None where nothing is seen of it."""
    rows = tuple(tuple(_cell(drawable(text).strip()) for text in line) for line in lines)
    return Table(rows, headings=1) if any(cell.blocks for row in rows for cell in row) else None


def _taken(series: Node, *names: str, from_1904: bool) -> _Points:
    """Return the points of a part of a series as they are shown, and take them out."""
    found: _Points = {}
    for part in (each for each in series.elements() if each.name in names):
        for cache in part.all(*_CACHES):
            code = "".join(each.text() for each in cache.elements() if each.name == "c:formatCode")
            for place, point in enumerate(cache.all("c:pt")):
                index, text = point.get("idx"), "".join(each.text() for each in point.all("c:v"))
                at = int(index) if index.isascii() and index.isdecimal() and len(index) < 7 else place  # noqa: PLR2004  digits
                if cache.name.startswith("c:num"):
                    text = shown_in(point.get("formatCode") or code, text, from_1904=from_1904)
                # The levels of a category stand the other way round.
                found[at] = f"{text} {found[at]}" if at in found else text
        for value in [] if found else list(part.all("c:v")):
            found[0] = value.text()
        part.kids = []
    return found


def _cell(text: str) -> Cell:
    return Cell((Paragraph((Run(text),)),) if text else ())
