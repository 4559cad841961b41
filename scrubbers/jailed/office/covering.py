"""What lies under a filled shape or a picture: left out, painted over in a picture, or the document is refused.

A box that somebody drew over a name hides it in the copy too. Things come in the order in which they are drawn; what is
wholly under a rectangle is left out. Under anything else text refuses the document, and a picture gets a black box.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from scrubbers.jailed.office.xml import Node, number, share
from trusted.jail.stages import OfficeDocument

FILLS: Final = frozenset({"a:noFill", "a:solidFill", "a:gradFill", "a:blipFill", "a:pattFill", "a:grpFill"})
_GROUPS: Final = frozenset({"grpSp", "wgp", "wpc", "AlternateContent"})
_RECTANGLES: Final = frozenset({"rect", "roundRect", "snip1Rect", "round1Rect", "flowChartProcess"})
_LINES: Final = frozenset({"line", "straightConnector1", "leftBrace", "rightBrace", "leftBracket", "rightBracket"})
_DRAWN: Final = frozenset({"sp", "wsp", "pic", "graphicFrame"})
_TURNS: Final = ("rot", "flipH", "flipV")
_STRAIGHT: Final = frozenset({"0", "false"})
_ON: Final = frozenset({"1", "true", "on"})
_PAGE_PLACES: Final = frozenset({"sldNum", "dt"})
_INSETS: Final = (("lIns", 91_440), ("tIns", 45_720), ("rIns", 91_440), ("bIns", 45_720))  # ECMA-376, 21.1.2.1.1
_EMU, _LETTER, _LINE = 12_700, 0.5, 1.2  # to a point; of the size, how wide letters and how high lines are
_USUAL_SIZE: Final = 1800.0
_MINUTES: Final = 60_000  # to a degree


class Fill(enum.Enum):
    """What a thing hides of what is under it. ODD: it is not a rectangle, or is turned."""

    NONE = 0
    SEE_THROUGH = 1
    ODD = 2
    SOLID = 3


@dataclass(frozen=True, slots=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: Box) -> bool:
        return not (
            other.left >= self.right or other.right <= self.left or other.top >= self.bottom or other.bottom <= self.top
        )

    def covers(self, other: Box) -> bool:
        """Return whether all of the other one is in this one."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def joined(self, other: Box) -> Box:
        """Return the smallest one that both are in."""
        return Box(min(self.left, other.left), min(self.top, other.top),
                   max(self.right, other.right), max(self.bottom, other.bottom))  # fmt: skip

    def part(self, other: Box) -> Part:
        """Return which part of this one the other one covers, as shares from the upper left corner."""
        wide, high = self.right - self.left, self.bottom - self.top
        shares = ((other.left - self.left) / wide, (other.top - self.top) / high,
                  (other.right - self.left) / wide, (other.bottom - self.top) / high)  # fmt: skip
        left, top, right, bottom = (min(max(one, 0), 1) for one in shares)
        return left, top, right, bottom


EVERYWHERE: Final = Box(-math.inf, -math.inf, math.inf, math.inf)
Part: TypeAlias = tuple[float, float, float, float]
Move: TypeAlias = Callable[[Box], Box]


@dataclass(frozen=True, slots=True)
class Thing:
    """What is drawn. `box` is what it covers, `inside` where its own text or picture stands; None: it holds neither."""

    node: Node
    box: Box
    fill: Fill
    inside: Box | None
    paintable: bool = False  # a picture that is not turned

    @property
    def is_drawn(self) -> bool:
        """Whether something other than its text may be seen: tables and charts hide nothing and have colours."""
        return self.fill is not Fill.NONE or self.node.name.endswith(":graphicFrame")


@dataclass(slots=True)
class Covered:
    """Nodes by their `id`: those that are left out, the shapes over them, and which parts of pictures are black."""

    gone: set[int] = field(default_factory=set)
    over: set[int] = field(default_factory=set)
    painted: dict[int, tuple[Part, ...]] = field(default_factory=dict)

    def add(self, low: Thing, above: Sequence[Thing]) -> None:
        """Judge one thing by those above it; raises OfficeDocument where neither leaving out nor painting is right."""
        if low.inside is None:
            return
        touching = [each for each in above if each.fill is not Fill.NONE and each.box.touches(low.inside)]
        whole = [each for each in touching if each.fill is Fill.SOLID and each.box.covers(low.inside)]
        if whole:
            self.gone.add(id(low.node))
        elif touching and (not low.paintable or any(each.fill is Fill.SEE_THROUGH for each in touching)):
            raise OfficeDocument
        elif touching:
            self.painted[id(low.node)] = tuple(low.inside.part(each.box) for each in touching)
        self.over.update(id(each.node) for each in whole[:1] or touching)


def covered_by(things: Sequence[Thing], above: Sequence[Thing] = ()) -> Covered:
    """Return what of these things others of them cover, or some that are drawn above all; raises OfficeDocument."""
    covered = Covered()
    highs = [(place, each) for place, each in enumerate((*things, *above)) if each.fill is not Fill.NONE]
    for place, low in enumerate(things):
        covered.add(low, [high for at, high in highs if at > place])
    return covered


def covered_everywhere(things: Sequence[Thing], pages: Sequence[Sequence[Thing]]) -> Covered:
    """Return what of these things is covered on every page: what one page shows is seen."""
    covered = covered_by(things)
    for low in things:
        if pages and all(_covered_there(low, above) for above in pages):
            for above in pages:
                covered.add(low, above)
    return covered


def _covered_there(low: Thing, above: Sequence[Thing]) -> bool:
    return low.inside is not None and any(each.fill is not Fill.NONE and each.box.touches(low.inside) for each in above)


@dataclass(frozen=True, slots=True)
class Scene:
    """Reads what is drawn in DrawingML, in slides, sheets and groups of Word.

    `is_opaque` is asked of pictures, `place_of` for the frame that a place has in another part. `whole`: the frame of
    what says nowhere how large it is; without one it is not drawn.
    """

    is_opaque: Callable[[str], bool]
    place_of: Callable[[Node], Node | None] = lambda _: None
    whole: Box | None = None

    def things(self, parent: Node, move: Move = lambda box: box, *, turned: bool = False) -> Iterator[Thing]:
        """Yield what is drawn in an element, in its order. `move`: where the boxes of a group stand."""
        for node in parent.elements():
            kind = node.name.rpartition(":")[2]
            about = [one for each in node.elements() if ":nv" in each.name for one in each.elements()]
            place = next((one for each in about for one in each.all("p:ph")), None)
            if any(each.get("hidden") in _ON for each in about) or (place and place.get("type") in _PAGE_PLACES):
                continue
            properties, where = _frame_of(node)
            where = self.place_of(place) if where is None and place is not None else where
            if kind in _GROUPS:
                yield from self.things(node, inside(where, move), turned=turned or _is_turned(where))
            elif kind in _DRAWN and (where or place or self.whole):
                box = move(around(where)) if where is not None else EVERYWHERE if place else self.whole or EVERYWHERE
                is_odd = turned or _is_turned(where) or box is EVERYWHERE
                yield self._thing(node, kind, properties, box, turned=is_odd)

    def _thing(self, node: Node, kind: str, properties: Node | None, box: Box, *, turned: bool) -> Thing:
        fill, is_picture = _fill(node, kind, properties, self.is_opaque)
        if fill is Fill.SOLID and turned:
            fill = Fill.ODD
        if any(each.text().strip() for each in node.all("a:t", "w:t")):
            area = text_area(node, box)
            return Thing(node, box, fill, area.joined(box) if turned else area)
        holds = is_picture or kind == "graphicFrame"
        return Thing(node, box, fill, box if holds else None, paintable=is_picture and not turned)


def require_nothing_under(drawing: Node, is_opaque: Callable[[str], bool], *, is_alone: bool) -> None:
    """Raise OfficeDocument for a drawing of a text before which it floats, or in which one shape covers another.

    Where lines of text stand is not known here, so what is drawn before them may stand over any of them, unless it
    `is_alone` in a header, which is drawn under the text of the page.
    """
    anchor = drawing.find("wp:anchor")
    inside = next(drawing.all("a:graphicData"), None)
    frame = drawing.find("wp:inline") or anchor
    if inside is None or frame is None or any(each.get("hidden") in _ON for each in frame.all("wp:docPr")):
        return
    things = list(Scene(is_opaque, whole=EVERYWHERE).things(inside))
    covered = covered_by(things)
    is_before = (
        not is_alone
        and anchor is not None
        and anchor.find("wp:wrapNone") is not None
        and anchor.get("behindDoc") not in _ON
    )
    if covered.over or (is_before and any(each.fill is not Fill.NONE for each in things)):
        raise OfficeDocument


def require_none_behind(part: Node, is_opaque: Callable[[str], bool]) -> None:
    """Raise OfficeDocument where a text or a picture floats behind another drawing that hides it.

    Places are compared where they are counted from the same; what is said to stand behind the text of the page is
    taken to be under every other drawing where they are not.
    """
    found: list[tuple[bool, float, tuple[object, ...], list[Thing]]] = []
    for paragraph in part.all("w:p") if next(part.all("wp:anchor"), None) is not None else ():
        for anchor in paragraph.all("wp:anchor", outside="w:txbxContent"):
            inside_of = next(anchor.all("a:graphicData"), None)
            if inside_of is None or any(each.get("hidden") in _ON for each in anchor.all("wp:docPr")):
                continue
            box, counted_from = _box_of(anchor, paragraph)
            things = [
                replace(each, box=box, inside=box if each.inside else None)
                for each in Scene(is_opaque, whole=box).things(inside_of)
            ]
            found.append((anchor.get("behindDoc") in _ON, number(anchor.get("relativeHeight")), counted_from, things))
    found.sort(key=lambda one: (not one[0], one[1]))
    for place, (is_behind, _, counted_from, lows) in enumerate(found):
        for _, _, other, highs in found[place + 1 :]:
            if not any(each.inside for each in lows) or not any(each.fill is not Fill.NONE for each in highs):
                continue
            low, high = lows[0].box, highs[0].box
            beside = other[0] == counted_from[0] and (high.left >= low.right or high.right <= low.left)
            if (is_behind and other != counted_from and not beside) or (other == counted_from and high.touches(low)):
                raise OfficeDocument


def _box_of(anchor: Node, paragraph: Node) -> tuple[Box, tuple[object, ...]]:
    """Return where a drawing floats, and what its place is counted from: across, down, and more."""
    across, down, size = (anchor.find(f"wp:{name}") for name in ("positionH", "positionV", "extent"))
    sides = [anchor.find(f"wp:{name}", "wp:posOffset") for name in ("positionH", "positionV")]
    left, top = (number(each.text()) if each is not None else 0 for each in sides)
    wide, high = (number(size.get(name)) if size is not None else 0 for name in ("cx", "cy"))
    kinds = [each.get("relativeFrom") if each is not None else "" for each in (across, down)]
    words = [each.text() for name in ("positionH", "positionV") for each in anchor.all(f"wp:{name}")]
    aligned = tuple(word if side is None else "" for word, side in zip(words, sides, strict=False))
    moves = kinds[1] in {"paragraph", "line", ""} or kinds[0] == "character"
    across_from = (kinds[0], aligned, id(paragraph) if kinds[0] == "character" else 0)
    return Box(left, top, left + wide, top + high), (across_from, kinds[1], id(paragraph) if moves else 0)


def _fill(node: Node, kind: str, properties: Node | None, is_opaque: Callable[[str], bool]) -> tuple[Fill, bool]:
    """Return what a shape or a picture hides, and whether it is a picture."""
    if kind == "graphicFrame":
        return Fill.NONE, False
    fill = next((one for one in node.elements() if one.name.endswith(":blipFill")), None) or fill_of(node)
    shape = (properties.value("a:prstGeom", of="prst") if properties is not None else None) or "rect"
    if properties is not None and properties.find("a:custGeom") is not None:
        shape = ""
    if fill is None:
        styles = (one for one in node.elements() if one.name.endswith(":style"))
        is_filled = any((one.value("a:fillRef", of="idx") or "0") != "0" for one in styles)
    else:
        is_filled = fill.name != "a:noFill"
    if not is_filled or shape in _LINES:
        return Fill.NONE, False
    blip = next(fill.all("a:blip"), None) if fill is not None else None
    clear = (
        [share(each.get("val") or each.get("amt") or "0") for each in fill.all("a:alpha", "a:alphaModFix")]
        if fill
        else []
    )
    if clear and max(clear) <= 0 and blip is None:
        return Fill.NONE, False
    is_clear = any(one < 1 for one in clear) or (fill is not None and fill.name == "a:grpFill")
    if is_clear or (blip is not None and not is_opaque(blip.get("r:embed"))):
        return Fill.SEE_THROUGH, blip is not None
    return Fill.SOLID if shape in _RECTANGLES else Fill.ODD, blip is not None


def fill_of(node: Node) -> Node | None:
    """Return how a shape says that it is filled."""
    properties, _ = _frame_of(node)
    return next((one for one in properties.elements() if one.name in FILLS), None) if properties is not None else None


def _frame_of(node: Node) -> tuple[Node | None, Node | None]:
    """Return the properties of what is drawn, and its frame."""
    properties = next((one for one in node.elements() if one.name.endswith((":spPr", ":grpSpPr"))), None)
    return properties, node.find("p:xfrm") if properties is None else properties.find("a:xfrm")


def things_at(anchor: Node, box: Box, is_opaque: Callable[[str], bool]) -> Iterator[Thing]:
    """Yield what an anchor of a sheet holds, which stands in its box whatever its own frame says."""
    for node in anchor.elements():
        _, where = _frame_of(node)
        move = onto(around(where), box) if where is not None else (lambda given: given)
        yield from Scene(is_opaque, whole=box).things(Node("", {}, [node]), move)


def around(where: Node) -> Box:
    """Return the box around a frame, which may be turned."""
    return _turned(_straight(where), where)


def _straight(where: Node) -> Box:
    at, size = where.find("a:off"), where.find("a:ext")
    left, top = (number(at.get(one)) if at is not None else 0 for one in "xy")
    wide, high = (number(size.get(one)) if size is not None else 0 for one in ("cx", "cy"))
    return Box(left, top, left + wide, top + high)


def _is_turned(where: Node | None) -> bool:
    return where is not None and any(where.get(one, "0") not in _STRAIGHT for one in _TURNS)


def _turned(box: Box, where: Node) -> Box:
    """Return the box around another one that is mirrored and turned with a frame, about the middle of the frame."""
    frame, angle = _straight(where), math.radians(number(where.get("rot")) / _MINUTES)
    x, y = (box.left + box.right - frame.left - frame.right) / 2, (box.top + box.bottom - frame.top - frame.bottom) / 2
    x, y = (-x if where.get("flipH") in _ON else x), (-y if where.get("flipV") in _ON else y)
    wide, high = box.right - box.left, box.bottom - box.top
    across = (wide * abs(math.cos(angle)) + high * abs(math.sin(angle))) / 2
    down = (wide * abs(math.sin(angle)) + high * abs(math.cos(angle))) / 2
    left = (frame.left + frame.right) / 2 + x * math.cos(angle) - y * math.sin(angle)
    top = (frame.top + frame.bottom) / 2 + x * math.sin(angle) + y * math.cos(angle)
    return Box(left - across, top - down, left + across, top + down)


def inside(where: Node | None, move: Move) -> Move:
    """Return how boxes in a group stand outside it."""
    first, size = (where.find("a:chOff"), where.find("a:chExt")) if where is not None else (None, None)
    if where is None or first is None or size is None:
        return move
    x, y, wide, high = (number(one) for one in (first.get("x"), first.get("y"), size.get("cx"), size.get("cy")))
    inner = onto(Box(x, y, x + wide, y + high), _straight(where))
    return lambda box: move(_turned(inner(box), where))


def onto(source: Box, target: Box) -> Move:
    """Return how one box is brought to where another is; from one without a size everything becomes the other."""
    wide, high = source.right - source.left, source.bottom - source.top
    if wide <= 0 or high <= 0:
        return lambda _: target
    across, down = (target.right - target.left) / wide, (target.bottom - target.top) / high
    return lambda box: Box(
        target.left + (box.left - source.left) * across, target.top + (box.top - source.top) * down,
        target.left + (box.right - source.left) * across, target.top + (box.bottom - source.top) * down,
    )  # fmt: skip


def text_width(node: Node) -> float:
    """Return how long the longest line of a text is at most, if nothing breaks it."""
    sizes = [number(each.get("sz")) for each in node.all("a:rPr", "a:defRPr") if each.get("sz")]
    size = max([*sizes, _USUAL_SIZE]) / 100 * _EMU
    return max((len(each.text()) for each in node.all("a:p")), default=0) * size


def text_area(node: Node, box: Box) -> Box:
    """Return where the text of a shape stands: without its edges, and with what is too long for it."""
    about = next(node.all("a:bodyPr"), None)
    if about is None or box is EVERYWHERE:
        return box
    left, top, right, bottom = (number(about.get(name)) if about.get(name) else usual for name, usual in _INSETS)
    wide = max(box.right - box.left - left - right, 1)
    high = 0.0
    for paragraph in node.all("a:p"):
        sizes = [number(each.get("sz")) for each in paragraph.all("a:rPr") if each.get("sz")]
        size = max(sizes, default=_USUAL_SIZE) / 100 * _EMU
        high += size * _LINE * max(1, math.ceil(len(paragraph.text()) * size * _LETTER / wide))
    over = max(0, high - (box.bottom - box.top)) if about.find("a:normAutofit") is None else 0
    above = over if about.get("anchor", "t") != "t" else 0
    return Box(box.left + left, box.top + top - above, box.right - right, box.bottom - bottom + over)
