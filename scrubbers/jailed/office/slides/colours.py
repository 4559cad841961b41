"""Colours of a slide: those of its theme by their names, and what is behind what stands on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from scrubbers.jailed.office.colours import PAPER, UNKNOWN, digits_of, scheme_of
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.xml import Node

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

        Where a shape has none, a picture or another shape may be under it: letters named by the theme are kept there.
        """
        if fill is None or fill.name not in {"a:solidFill", "a:noFill"}:
            return Ground(UNKNOWN)
        return Ground(self.behind) if fill.name == "a:noFill" else Ground(colour_of(fill, self.theme), self.theme)


def colour_of(fill: Node, theme: Mapping[str, str], *, of_letters: bool = False) -> str:
    """Return the colour of a solid fill as six digits; one that is changed or that the theme lacks cannot be told.

    Letters that are partly clear are no better seen than if they were not.
    """
    found = next(fill.elements(), None)
    if found is None or any(not of_letters or each.name != "a:alpha" for each in found.elements()):
        return UNKNOWN
    return digits_of(found) or theme.get(found.get("val"), UNKNOWN)


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
