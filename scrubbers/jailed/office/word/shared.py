"""What the parts of one Word document have in common, and what its tables ask of the reader of a part."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office.colours import PAPER, UNKNOWN, scheme_of
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.word.places import page_size
from scrubbers.jailed.office.word.styles import Numbering, Styles
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.model import Block, Picture

_Read = TypeVar("_Read")


class Shared:
    """What the parts of one document have in common."""

    def __init__(self, package: Package, document: str, findings: Findings) -> None:
        self.package = package
        self.findings = findings
        self.drawable = Drawable(findings)
        self.styles = Styles(self._tree(package.by_kind(document, "styles")))
        self.numbering = Numbering(self._tree(package.by_kind(document, "numbering")))
        self.page = page_size(package.tree(document))
        self.behind = PAPER if package.tree(document).find("w:background") is None else UNKNOWN
        self.theme = scheme_of(package, document)
        self.pictures: dict[object, Picture | None] = {}
        self.notes: list[tuple[str, str, str]] = []  # kind, number in the file, number as it is shown

    def _tree(self, part: str | None) -> Node | None:
        return self.package.tree(part) if part else None


class ReadsBlocks(Protocol):
    """Reads what stands in a cell, and reports what is not seen."""

    page: tuple[float, float]
    behind: str
    theme: Mapping[str, str]

    def blocks(self, parent: Node, behind: str | None = None, *, is_cell: bool = False) -> list[Block]:
        """Return what is seen of the blocks inside an element; `behind`: the colour there, or that around it."""

    def changed(self, node: Node, change: str, read: Callable[[], _Read]) -> _Read | None:
        """Return what is seen of what was inserted or deleted."""

    def report_colours(self, style: str) -> None: ...
    def report_hidden(self, text: str | None = None) -> None: ...
