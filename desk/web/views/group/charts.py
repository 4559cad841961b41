"""Bars that are a table: each number stands in its row, and the bar beside it is for the eye alone.

A bar is an SVG rectangle whose width is an attribute; no style is written on a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One row: what is counted, how many, and the width of its bar in percent of the widest."""

    label: str
    count: int
    width: int


def bars(rows: Sequence[tuple[str, int]]) -> tuple[Bar, ...]:
    """Return rows with their bars. One that is not empty is never too thin to be seen."""
    widest = max((count for _label, count in rows), default=0)
    return tuple(Bar(label, count, max(1, round(100 * count / widest)) if count else 0) for label, count in rows)
