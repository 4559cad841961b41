"""What of a Word document nobody sees by its place: beside the page, or in lines and rows without a height."""

import re
from collections.abc import Sequence
from typing import Final

from scrubbers.jailed.office.drawings import POINTS
from scrubbers.jailed.office.xml import Node, number
from trusted.jail.stages import OfficeDocument

_TWIP: Final = 635  # lengths of drawings to a twentieth of a point
_USUAL_SIZE: Final = (12_240, 15_840)  # twips: a sheet of letter paper
# Letters of two points are not seen, nor is so much of larger ones.
_SQUEEZED: Final = 40  # twips
# Where their places stand: across and down, as a length or a word, and what the first is counted from.
_OF_FRAMES: Final = ("x", "y", "xAlign", "yAlign", "hAnchor")
_OF_TABLES: Final = ("tblpX", "tblpY", "tblpXSpec", "tblpYSpec", "horzAnchor")
_NOTES: Final = frozenset({"w:footnoteReference", "w:endnoteReference"})
_TWIPS_OF_POINT: Final = 20
_LENGTHS: Final = re.compile(
    r"(?:^|;)\s*(width|height|margin-left)\s*:\s*(-?[0-9.]{1,12})(pt|in|cm|mm|px|pc)?\s*(?=;|\Z)"
)
_RAISED: Final = 288  # half points; no page has room for letters so far above or below their line
_STRAIGHT: Final = frozenset({"", "0"})


def page_size(body: Node) -> tuple[float, float]:
    """Return the width of the widest pages and the height of the highest, in twips."""
    sizes = list(body.all("w:pgSz"))
    width, height = (max((number(each.get(f"w:{side}")) for each in sizes), default=0) for side in "wh")
    return width or _USUAL_SIZE[0], height or _USUAL_SIZE[1]


def is_beside_page(drawing: Node, page: tuple[float, float]) -> bool:
    """Return whether a drawing stands to the left or right of the page, whatever its place is counted from."""
    width = page[0] * _TWIP
    anchor = drawing.find("wp:anchor")
    place = anchor.find("wp:positionH") if anchor is not None else None
    offset = place.find("wp:posOffset") if place is not None else None
    if anchor is None or place is None or offset is None:
        return False
    # What is turned, or has a line that is not broken, may reach into the page.
    if any(each.get("rot") not in _STRAIGHT for each in anchor.all("a:xfrm")):
        return False
    if any(each.get("wrap") == "none" for each in anchor.all("wps:bodyPr")):
        return False
    left = number(offset.text())
    right = left + number(anchor.value("wp:extent", of="cx") or "")
    # A margin, a column and a letter stand on the page.
    return left > width or right < (0 if place.get("relativeFrom") == "page" else -width)


def is_too_small(drawing: Node) -> bool:
    """Return whether a drawing has no room to show a text in, and does not grow with it."""
    anchor = drawing.find("wp:anchor") or drawing.find("wp:inline")
    extent = anchor.find("wp:extent") if anchor is not None else None
    if extent is None or next(drawing.all("wps:txbx"), None) is None or next(drawing.all("a:spAutoFit"), None):
        return False
    return min(number(extent.get("cx")), number(extent.get("cy"))) <= _SQUEEZED * _TWIP


def lengths(style: str) -> dict[str, float]:
    """Return width, height and left margin of a shape of VML in points, those that its style says."""
    return {name: number(length) * POINTS[unit or "px"] for name, length, unit in _LENGTHS.findall(style)}


def is_unseen_shape(style: str, page: tuple[float, float]) -> bool:
    """Return whether a shape of VML stands beside the page, or has no room to show a text in; by its style."""
    sizes = lengths(style)
    width, height, left = (sizes.get(name) for name in ("width", "height", "margin-left"))
    if "position:absolute" in style and left is not None:
        across = page[0] / _TWIPS_OF_POINT
        if left > across or left + (across if width is None else width) < -across:
            return True
    return any(each is not None and 0 < each <= _SQUEEZED / _TWIPS_OF_POINT for each in (width, height))


def is_raised_off(properties: Sequence[Node]) -> bool:
    """Return whether letters stand so far above or below their line that they are on no page."""
    return abs(number(_nearest(properties, "w:position", "w:val"))) >= _RAISED


def is_unseen_paragraph(properties: Sequence[Node], page: tuple[float, float]) -> bool:
    """Return whether nothing is seen of a paragraph's letters: no height of its lines or its frame, or off the page."""
    left = next((text for name in ("left", "start") if (text := _nearest(properties, "w:ind", f"w:{name}"))), "")
    first = _nearest(properties, "w:ind", "w:firstLine"), _nearest(properties, "w:ind", "w:hanging")
    begins = number(left) + number(first[0]) - number(first[1])
    if max(begins, number(left)) > page[0] or begins < -page[0]:
        return True
    height = _nearest(properties, "w:spacing", "w:line")
    if _nearest(properties, "w:spacing", "w:lineRule") == "exact" and 0 < number(height) <= _SQUEEZED:
        return True
    frame = _frame(properties)
    return frame is not None and _is_squeezed(frame, "w:h")


def require_on_page(properties: Sequence[Node], page: tuple[float, float]) -> None:
    """Raise OfficeDocument for a frame or a floating table beside the page: there one program shows it, another not."""
    table = next((found for each in properties if (found := each.find("w:tblpPr")) is not None), None)
    for place, names in ((_frame(properties), _OF_FRAMES), (table, _OF_TABLES)):
        if place is not None and _is_off_page(place, page, names):
            raise OfficeDocument


def is_unseen_row(row: Node) -> bool:
    """Return whether a row of a table has no height to be seen in."""
    height = row.find("w:trPr", "w:trHeight")
    return height is not None and _is_squeezed(height, "w:val")


def stands_apart(node: Node) -> bool:
    """Return whether what a run holds is seen although its line is not: a drawing with a place of its own, a note."""
    if node.name in _NOTES or any("position:absolute" in each.get("style") for each in node.all("v:shape", "v:rect")):
        return True
    return next(node.all("wp:anchor"), None) is not None


def _frame(properties: Sequence[Node]) -> Node | None:
    return next((found for each in properties if (found := each.find("w:framePr")) is not None), None)


def _nearest(properties: Sequence[Node], name: str, attribute: str) -> str:
    return next((value for each in properties if (value := each.value(name, of=attribute))), "")


def _is_squeezed(node: Node, height: str) -> bool:
    return node.get("w:hRule") == "exact" and 0 < number(node.get(height)) <= _SQUEEZED


def _is_off_page(place: Node, page: tuple[float, float], names: Sequence[str]) -> bool:
    """Return whether a frame begins beyond the right or the lower edge, or ends before the left one."""
    across, down, aligned_across, aligned_down, anchor = (place.get(f"w:{name}") for name in names)
    left = 0 if aligned_across else number(across)
    if left > page[0] or (number(down) > page[1] and not aligned_down):
        return True
    # Without a width of its own it has at most that of the page.
    return left + (number(place.get("w:w")) or page[0]) < (0 if anchor == "page" else -page[0])
