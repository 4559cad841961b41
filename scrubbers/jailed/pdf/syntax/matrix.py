"""Matrices, and the boxes that go through them (ISO 32000-1, 8.3.3)."""

import math
from typing import Final, TypeAlias

from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

Matrix: TypeAlias = tuple[float, float, float, float, float, float]
AS_IT_IS: Final[Matrix] = (1, 0, 0, 1, 0, 0)


def product(first: Matrix, then: Matrix) -> Matrix:
    """Return the matrix that does one and then the other."""
    if then is AS_IT_IS:
        return first
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m


def bounds(matrix: Matrix, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """Return the upright box around a box that went through the matrix; raises NotRebuildable when it is nowhere."""
    a, b, c, d, e, f = matrix
    x0, y0, x1, y1 = box
    if a < 0 or (a == 0 and b < 0):
        x0, x1 = x1, x0
    left, right, low, high = a * x0, a * x1, b * x0, b * x1
    if low > high:
        low, high = high, low
    across, down = (c * y0, c * y1), (d * y0, d * y1)
    found = left + min(across) + e, low + min(down) + f, right + max(across) + e, high + max(down) + f
    if not math.isfinite(sum(found)):
        raise NotRebuildable
    return found
