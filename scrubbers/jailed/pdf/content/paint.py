"""What a thing is painted with: the states that matter to it, each said in one way."""

import functools
from collections.abc import Mapping, Sequence
from typing import Final

from scrubbers.jailed.pdf.content.display_list import Drawn, Path, Show
from scrubbers.jailed.pdf.content.image import Picture
from scrubbers.jailed.pdf.content.page_path import DECIMALS
from scrubbers.jailed.pdf.content.scene import Item
from scrubbers.jailed.pdf.content.scene_boxes import is_dashed
from scrubbers.jailed.pdf.syntax.writer import number

_OF_STROKE: Final = ("stroke", "w", "J", "j", "M", "d")
_FILL_MODES: Final = (b"0 Tr", b"2 Tr")
_STROKE_MODES: Final = (b"1 Tr", b"2 Tr")
USUAL: Final[Mapping[str, bytes]] = {
    "fill": b"0 g", "stroke": b"0 G", "w": b"1 w", "J": b"0 J", "j": b"0 j", "M": b"10 M", "d": b"[] 0 d",
    "Tr": b"0 Tr", "gs": b"1 1",
}  # fmt: skip


def wanted(item: Item, lines: bytes = b"") -> dict[str, bytes]:
    """Return the lines of the states that the thing is painted with, by key; of alpha two numbers.

    Lengths are in points of the page. `lines`: of the path.
    """
    states, step = item.states, item.step
    fills = strokes = False
    found: dict[str, bytes] = {}
    if isinstance(step, Show):
        mode = found["Tr"] = states.get("Tr", b"0 Tr")
        fills, strokes = mode in _FILL_MODES, mode in _STROKE_MODES
    elif isinstance(step, Path):
        fills, strokes = step.fills() != b"", step.strokes()
    elif isinstance(step, Drawn):
        fills = isinstance(step.thing, Picture) and step.thing.is_stencil
    if fills:
        found["fill"] = states.get("fill", USUAL["fill"])
    if strokes:
        for key in _OF_STROKE:
            if not lines or key not in _OF_PARTS or _OF_PARTS[key](lines, item):
                found[key] = _scaled(key, states.get(key, USUAL[key]), item.scale)
    fill_alpha = states.get("ca", b"1") if fills or isinstance(step, Drawn) else b"1"
    found["gs"] = b"%s %s" % (fill_alpha, states.get("CA", b"1") if strokes else b"1")
    return found


def colour_of(item: Item) -> bytes | None:
    """Return the one colour that the thing is painted in; None if there are several."""
    colours = {line.lower() for key, line in wanted(item).items() if key in ("fill", "stroke")}
    return colours.pop() if len(colours) == 1 else None


def _has_ends(lines: bytes, item: Item) -> bool:
    """Whether a line of the path begins and ends somewhere, as none does that is closed or a box."""
    return is_dashed(item) or lines.count(b" m") != lines.count(b"h")


def _has_joins(lines: bytes, _item: Item) -> bool:
    return b" re" in lines or b" c" in lines or lines.count(b" l") > lines.count(b" m")


# States that some paths have no use for.
_OF_PARTS: Final = {"J": _has_ends, "j": _has_joins, "M": _has_joins}


@functools.lru_cache(maxsize=1024)
def _scaled(key: str, line: bytes, scale: float) -> bytes:
    if key == "w":
        return number(round(float(line.split()[0]) * scale, DECIMALS)) + b" w"
    if key == "d":
        pattern, phase = line[1:].split(b"] ")
        return _dashes([float(value) * scale for value in pattern.split()], float(phase.split()[0]) * scale)
    return line


def _dashes(lengths: Sequence[float], phase: float) -> bytes:
    """Return dashes and gaps in turn, once each, and how far into them a line begins."""
    turns = [round(max(0.0, length), DECIMALS) for length in lengths] * (1 + len(lengths) % 2)
    whole = round(sum(turns), DECIMALS)
    if whole <= 0:
        return USUAL["d"]
    while len(turns) % 4 == 0 and turns[: len(turns) // 2] == turns[len(turns) // 2 :]:
        turns = turns[: len(turns) // 2]
        whole /= 2
    begins = round(phase % whole, DECIMALS) % round(whole, DECIMALS)
    return b"[%s] %s d" % (b" ".join(map(number, turns)), number(begins))
