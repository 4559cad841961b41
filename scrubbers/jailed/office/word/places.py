"""Where drawings of a Word document stand: beside the page nobody sees them."""

from typing import Final

from scrubbers.jailed.office.drawings import number
from scrubbers.jailed.office.xml import Node

_TWIP: Final = 635  # lengths of drawings to a twentieth of a point
_USUAL_WIDTH: Final = 12_240  # twips: a sheet of letter paper
_STRAIGHT: Final = frozenset({"", "0"})


def page_width(body: Node) -> float:
    """Return the width of the widest pages, in the lengths of drawings."""
    sizes = [number(each.get("w:w")) for each in body.all("w:pgSz")]
    return max([*sizes, 0]) * _TWIP or float(_USUAL_WIDTH * _TWIP)


def is_beside_page(drawing: Node, width: float) -> bool:
    """Return whether a drawing stands to the left or right of the page, whatever its place is counted from."""
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
