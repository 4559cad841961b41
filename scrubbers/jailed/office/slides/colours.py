"""Colours of a slide: those of its theme by their names, and what is behind what stands on it."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from scrubbers.jailed.office.colours import PAPER, UNKNOWN, digits_of, parts_of, scheme_of
from scrubbers.jailed.office.covering import Box, Fill, Thing, fill_of
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.xml import Node, share

_BACKGROUND: Final = ("p:cSld", "p:bg")
_PLAIN_NAMES: Final = frozenset({"tx1", "tx2", "dk1", "dk2", "bg1", "lt1"})
_PLAIN: Final = "1001"  # the first of a theme's fills of backgrounds: nothing but the colour


@dataclass(frozen=True, slots=True)
class Ground:
    """What is behind letters, and the colours of the theme that they may name."""

    behind: str = PAPER
    theme: Mapping[str, str] = field(default_factory=dict)

    def under(self, fill: Node | None) -> Ground:
        """Return what is behind the text of a shape with this fill. One without says nothing: its style may.

        Of one that has none it is not known where it stands: letters named by the theme are kept there.
        """
        if fill is None or fill.name not in {"a:solidFill", "a:noFill"}:
            return Ground(UNKNOWN)
        return Ground(self.behind) if fill.name == "a:noFill" else Ground(colour_of(fill, self.theme), self.theme)


def colour_of(fill: Node, theme: Mapping[str, str], *, of_letters: bool = False) -> str:
    """Return the colour of a solid fill as six digits; one that is changed or that the theme lacks cannot be told.

    Letters that are partly clear are no better seen than if they were not.
    """
    found = next(fill.elements(), None)
    if found is None:
        return UNKNOWN
    colour = digits_of(found) or theme.get(found.get("val"), UNKNOWN)
    for change in found.elements():
        if not (of_letters and change.name == "a:alpha"):
            colour = _changed(colour, change.name, share(change.get("val")))
    return colour


def _changed(colour: str, change: str, by: float) -> str:
    """Return a colour that is made lighter or darker by a share (ECMA-376, 20.1.2.3.20 to 34)."""
    parts = parts_of(colour)
    if parts is None:
        return UNKNOWN
    hue, light, full = colorsys.rgb_to_hls(*(one / 0xFF for one in parts))
    match change:
        case "a:lumMod":
            light *= by
        case "a:lumOff":
            light += by
        case "a:tint":
            light = 1 - (1 - light) * by
        case "a:shade":
            light *= by
        case _:
            return UNKNOWN
    changed = colorsys.hls_to_rgb(hue, min(max(light, 0), 1), full)
    return bytes(round(one * 0xFF) for one in changed).hex().upper()


def behind_texts(things: Sequence[Thing], below: Sequence[Thing], slide: Ground) -> dict[int, Ground]:
    """Return what is behind each text that has no fill of its own, by the `id` of its node.

    `things`: what is drawn, in that order; `below`: what a layout and a master draw before it.
    """
    return {
        id(low.node): _topmost([*below, *things[:place]], low.inside, slide)
        for place, low in enumerate(things)
        if low.inside is not None
    }


def _topmost(under: Sequence[Thing], text: Box, slide: Ground) -> Ground:
    top = next((one for one in reversed(under) if one.is_drawn and one.box.touches(text)), None)
    if top is None:
        return slide
    fill = fill_of(top.node)
    if top.fill is Fill.SOLID and top.box.covers(text) and fill is not None and fill.name == "a:solidFill":
        return Ground(colour_of(fill, slide.theme), slide.theme)
    return Ground(UNKNOWN, slide.theme)


def seen_colour(fill: Node, theme: Mapping[str, str]) -> str:
    """Return the colour of a solid fill for its hue: shades and tints have that of their colour.

    The theme's own colours of letters and of paper are none.
    """
    found = next(fill.elements(), fill)
    name = found.get("val", found.name)
    return digits_of(found) or ("" if name in _PLAIN_NAMES else theme.get(name, name))


def theme_of(package: Package, part: str) -> dict[str, str]:
    """Return the colours that the theme of a slide names; none where a layout or master redefines the names."""
    chain = chain_of(package, part)
    colours = scheme_of(package, chain[-1])
    names = package.tree(chain[-1]).find("p:clrMap")
    given = (each for one in chain for each in package.tree(one).all("a:overrideClrMapping"))
    if not colours or names is None or next(given, None) is not None:
        return {}
    return {**colours} | {name: colours.get(one, UNKNOWN) for name, one in names.attributes.items()}


def background_of(package: Package, part: str, theme: Mapping[str, str]) -> str:
    """Return the colour of a slide: its own, else that of its layout, else of its master; white where none has one."""
    found = next((one for each in chain_of(package, part) if (one := package.tree(each).find(*_BACKGROUND))), None)
    if found is None:
        return PAPER
    fill, reference = found.find("p:bgPr", "a:solidFill"), found.find("p:bgRef")
    if fill is None and reference is not None and reference.get("idx") == _PLAIN:
        fill = reference
    return UNKNOWN if fill is None else colour_of(fill, theme)


def chain_of(package: Package, part: str) -> list[str]:
    """Return a slide, its layout and its master."""
    chain = [part]
    for kind in ("slideLayout", "slideMaster"):
        if (above := package.by_kind(chain[-1], kind)) is not None:
            chain.append(above)
    return chain
