"""The faces, sizes and colours of the certificate: those of the HTML page on paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from audit.report.style import LIGHT
from cases.colour import channels
from kallskydd.pdf.fonts import BOLD, MONO, REGULAR, face
from kallskydd.pdf.writer import Colour, Style

LINE: Final = 1.27  # from one baseline to the next, in sizes
BODY: Final = 8.4  # points
_IN_CODE: Final = 0.9  # of the size beside it


def colour(name: str) -> Colour:
    """Return a colour of the palette."""
    red, green, blue = (channel / 255 for channel in channels(LIGHT[name]))
    return red, green, blue


WHITE: Final[Colour] = (1, 1, 1)
INK, BAND, ACCENT, SOFT, RULE = map(colour, ("ink", "band", "accent", "soft", "line"))


@dataclass(frozen=True, slots=True)
class Styles:
    """All of one scale; lengths are in points."""

    scale: float
    title: Style
    heading: Style
    ruling: Style
    body: Style
    strong: Style
    code: Style
    small: Style

    @classmethod
    def of(cls, scale: float) -> Styles:
        """Return them at this size of the usual one."""
        size = BODY * scale
        return cls(
            scale=scale,
            title=Style(face(BOLD), 1.9 * size, WHITE),
            heading=Style(face(BOLD), 1.25 * size, ACCENT),
            ruling=Style(face(BOLD), 1.5 * size, INK),
            body=Style(face(REGULAR), size, INK),
            strong=Style(face(BOLD), size, INK),
            code=Style(face(MONO), _IN_CODE * size, INK),
            small=Style(face(REGULAR), 0.9 * size, INK),
        )

    @property
    def line(self) -> float:
        """How high a line of the body is."""
        return self.body.size * LINE

    def gap(self, lines: float) -> float:
        """Return so much of a line."""
        return lines * self.line
