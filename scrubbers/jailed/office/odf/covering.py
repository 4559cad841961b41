"""What shapes and pictures of an OpenDocument file hide: on slides by their places, in texts and sheets by refusing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

from scrubbers.jailed.office.covering import EVERYWHERE, Box, Fill, Thing, covered_by
from scrubbers.jailed.office.odf.shared import Shared
from scrubbers.jailed.office.odf.styles import points, size_of
from scrubbers.jailed.office.pictures import is_opaque
from scrubbers.jailed.office.xml import Node, number
from trusted.jail.stages import OfficeDocument

_RECTANGLES: Final = frozenset({"draw:rect", "draw:frame"})
_LINES: Final = frozenset({"draw:line", "draw:connector", "draw:polyline", "draw:control", "draw:page-thumbnail"})
_DRAWN: Final = ("draw:frame", "draw:custom-shape", "draw:rect", "draw:ellipse", "draw:circle", "draw:path",
                 "draw:polygon", "draw:regular-polygon", "draw:caption")  # fmt: skip
_PADDING: Final = 7.0  # points beside a text; 0.25 cm
_LETTER: Final = 5.0  # points: how wide a letter of a cell is
_EDGE: Final = 2.0  # points: so much over the edge of a cell covers nothing of it


def things_of(nodes: Sequence[Node], shared: Shared) -> Iterator[Thing]:
    """Yield what is drawn on a slide or in a group, in its order."""
    for node in nodes:
        if node.name == "draw:g":
            yield from things_of(list(node.elements()), shared)
        elif node.name.startswith("draw:") and node.get("presentation:placeholder") != "true":
            fill, size = _fill(node, shared), size_of(node)
            x, y = points(node.get("svg:x")), points(node.get("svg:y"))
            is_turned = size is None or node.get("draw:transform") != ""
            box = EVERYWHERE if size is None or is_turned else Box(x, y, x + size[0], y + size[1])
            inside = None
            if node.text().strip():
                inside = Box(
                    box.left + _PADDING, box.top + _PADDING / 2, box.right - _PADDING, box.bottom - _PADDING / 2
                )
            elif node.find("draw:image") is not None or node.find("draw:object") is not None:
                inside = box
            paintable = not is_turned and node.find("draw:image") is not None and not node.text().strip()
            yield Thing(node, box, Fill.ODD if fill is Fill.SOLID and is_turned else fill, inside, paintable)


def _fill(node: Node, shared: Shared) -> Fill:
    styles = shared.styles
    families = (("graphic", node.get("draw:style-name")), ("presentation", node.get("presentation:style-name")))

    def value(attribute: str) -> str:
        return next((found for kind, name in families if (found := styles.value(kind, name, "graphic", attribute))), "")

    if node.name in _LINES or value("draw:visible") == "none" or node.get("draw:display") == "none":
        return Fill.NONE
    if node.get("draw:layer") in styles.hidden_layers:
        return Fill.NONE
    image = node.find("draw:image")
    if image is not None and node.find("draw:object") is None:
        name = image.get("xlink:href").removeprefix("./")
        has_picture = shared.package.has(name) and is_opaque(shared.package.read(name))
        return Fill.SOLID if has_picture else Fill.SEE_THROUGH
    # A shape that does not say is filled, a frame is not.
    fill = value("draw:fill") or ("none" if node.name == "draw:frame" else "solid")
    opacity = value("draw:opacity") or "100%"
    if fill == "none" or number(opacity.rstrip("%")) <= 0:
        return Fill.NONE
    if opacity != "100%" or value("draw:opacity-name"):
        return Fill.SEE_THROUGH
    geometry = node.find("draw:enhanced-geometry")
    is_rectangle = geometry is not None and geometry.get("draw:type") == "rectangle"
    return Fill.SOLID if is_rectangle or node.name in _RECTANGLES else Fill.ODD


def require_nothing_under(node: Node, shared: Shared) -> None:
    """Raise OfficeDocument for a drawing that runs before a text, or a group in which one shape covers another."""
    style = node.get("draw:style-name")
    things = list(things_of([node], shared))
    values = [shared.styles.value("graphic", style, "graphic", f"style:{one}") for one in ("wrap", "run-through")]
    wrap = values[0] or ("none" if node.name == "draw:frame" else "run-through")
    is_before = wrap == "run-through" and values[1] != "background" and node.get("text:anchor-type") != "as-char"
    if covered_by(things).over or (is_before and any(each.fill is not Fill.NONE for each in things)):
        raise OfficeDocument


def require_no_cell_under(
    sheet: Node, rows: Iterator[tuple[Node, int]], widths: Sequence[float], shared: Shared
) -> None:
    """Raise OfficeDocument for a drawing over cells with something in them, or over another one.

    `rows`: each with how often it comes; `widths`: of the columns, in points. A text goes on over empty cells.
    """
    if next(sheet.all(*_DRAWN), None) is None:
        return
    lefts = [0, *accumulate(widths)]
    cells: list[Box] = []
    shapes = [one for each in sheet.elements() if each.name == "table:shapes" for one in things_of(_in(each), shared)]
    top = 0.0
    for row, count in rows:
        height = shared.styles.row_height(row.get("table:style-name"))
        bottom, column = top + height * count, 0
        for cell in row.elements():
            across = max(1, int(number(cell.get("table:number-columns-repeated"))))
            left, right = (lefts[min(at, len(lefts) - 1)] for at in (column, column + across))
            text = "".join(each.text() for each in cell.elements() if each.name.startswith("text:"))
            if text.strip():
                down = max(1, int(number(cell.get("table:number-rows-spanned"))))
                over = max(right, left + len(text) * _LETTER) if cell.get("office:value-type") == "string" else right
                cells.append(Box(left + _EDGE, top + _EDGE, over - _EDGE, max(bottom, top + height * down) - _EDGE))
            shapes += (replace(one, box=_moved(one.box, left, top), inside=one.inside and _moved(one.inside, left, top))
                       for one in things_of(_in(cell), shared))  # fmt: skip
            column += across
        top = bottom
    above = [each.box for each in shapes if each.fill is not Fill.NONE]
    if any(box.touches(cell) for box in above for cell in cells) or covered_by(shapes).over:
        raise OfficeDocument


def _in(node: Node) -> list[Node]:
    return [each for each in node.elements() if each.name.startswith("draw:")]


def _moved(box: Box, x: float, y: float) -> Box:
    return Box(box.left + x, box.top + y, box.right + x, box.bottom + y)
