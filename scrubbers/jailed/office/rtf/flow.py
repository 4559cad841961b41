"""One part of a Rich Text document under construction: blocks, and the paragraph and the row that are not finished."""

from dataclasses import dataclass, field

from scrubbers.jailed.typeset.model import Align, Block, Cell, Paragraph, Run, Table


@dataclass(slots=True)
class Flow:
    """Blocks of one part under construction, with the paragraph and the row that are not finished."""

    blocks: list[Block] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    cell: list[Block] = field(default_factory=list)
    row: list[Cell] = field(default_factory=list)
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    label: str = ""
    marker: str = ""
    is_row: bool = False
    covered: list[bool] = field(default_factory=list)  # which cells of a row others cover
    is_covered: bool = False  # of the cell that is described
    align: Align = Align.LEFT
    heading: int = 0

    def end_paragraph(self) -> None:
        if any(run.text.strip() for run in self.runs):
            self.add(Paragraph(tuple(self.runs), self.heading, self.marker.strip(), 0, self.align))
        self.runs, self.marker = [], ""

    def add(self, block: Block) -> None:
        if self.is_row:
            self.cell.append(block)
        else:
            self.end_table()
            self.blocks.append(block)

    def end_cell(self) -> None:
        self.end_paragraph()
        self.row.append(Cell(tuple(self.cell)))
        self.cell = []

    def begin_row(self) -> None:
        self.covered, self.is_covered = [], False

    def describe_cell(self) -> None:
        self.covered.append(self.is_covered)
        self.is_covered = False

    def end_row(self) -> bool:
        """End the row; returns whether a cell of it had something that is not seen."""
        hidden = [place for place, is_covered in enumerate(self.covered[: len(self.row)]) if is_covered]
        is_hidden = any(self.row[place].blocks for place in hidden)
        for place in hidden:
            self.row[place] = Cell(())
        if any(cell.blocks for cell in self.row):
            self.rows.append(tuple(self.row))
        self.row = []
        return is_hidden

    def end_table(self) -> None:
        if self.rows:
            self.blocks.append(Table(tuple(self.rows)))
        self.rows = []

    def finished(self) -> list[Block]:
        self.end_paragraph()
        if self.cell or self.row:
            self.end_cell()
            self.end_row()
        self.end_table()
        return self.blocks
