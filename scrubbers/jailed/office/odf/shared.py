"""What all of one OpenDocument file has in common, and what its tables and drawings ask of its reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office.covering import Box, Covered, Thing
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.office.odf.styles import Styles, TextStyle
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.model import Block

CONTENT: Final = "content.xml"
STYLES: Final = "styles.xml"


class ReadsBlocks(Protocol):
    """Reads what stands in a cell or a shape."""

    shared: Shared

    def blocks(self, parent: Node, look: TextStyle | None = ...) -> list[Block]:
        """Return what is seen of the blocks inside an element."""


class Drawings(Protocol):
    """Reads frames, shapes and groups."""

    def read(self, node: Node, reader: ReadsBlocks) -> list[Block]:
        """Return what is seen of a drawing."""


class Shared:
    """What all of one document has in common."""

    def __init__(self, package: Package, findings: Findings, drawings: Callable[[Shared], Drawings]) -> None:
        self.package = package
        self.findings = findings
        self.drawable = Drawable(findings)
        roots = [package.tree(part) for part in (STYLES, CONTENT) if package.has(part)]
        self.styles = Styles(*roots)
        self.drawings = drawings(self)
        self.notes: list[Block] = []
        # Of a sheet the values are shown, of a table in a text what is written in its cells.
        self.is_sheet = False
        self.sheet: Node | None = None
        self.is_text = False
        self.covered = Covered()
        self.boxes: Mapping[int, Box] = {}  # of a slide, by the `id` of what stands in them
        self.drawn_over: dict[str, list[list[Thing]]] = {}  # what slides draw, by their master
