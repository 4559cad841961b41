"""What the parts of one Word document have in common, and what its tables ask of the reader of a part."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office.colours import PAPER, UNKNOWN, scheme_of
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.word.places import page_size
from scrubbers.jailed.office.word.styles import Numbering, Styles
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.model import Align, Block, Paragraph, Picture, Run

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


@dataclass(slots=True)
class Collected:
    """A paragraph under construction: pictures and frames in it part it."""

    heading: int
    marker: str
    level: int
    align: Align
    style: str | None
    behind: str
    unseen: bool  # but for what stands apart from its lines
    runs: list[Run] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def add(self, block: Block) -> None:
        self.end()
        self.blocks.append(block)

    def end(self) -> None:
        if self.marker or any(run.text.strip() for run in self.runs):
            self.blocks.append(Paragraph(tuple(self.runs), self.heading, self.marker, self.level, self.align))
            self.marker = ""
        self.runs = []


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
