"""Tables of a Word document: rows and cells, those that are seen."""

from collections.abc import Iterator
from typing import Final

from scrubbers.jailed.office.word.runs import is_coloured
from scrubbers.jailed.office.word.shared import ReadsBlocks
from scrubbers.jailed.office.word.styles import is_on
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.model import Block, Cell, Table

_WRAPPERS: Final = frozenset({"w:sdt", "w:sdtContent", "w:customXml", "w:ins", "w:moveTo", "mc:AlternateContent"})
_MOST_COLUMNS: Final = 200
# Word's own styles without colours.
_PLAIN: Final = frozenset({"", "TableGrid", "TableNormal", "Tabellrutnt", "Normaltabell"})


def read_table(table: Node, reader: ReadsBlocks) -> list[Block]:
    """Return the table, unless nothing of it is seen."""
    style = table.value("w:tblPr", "w:tblStyle") or ""
    properties = table.find("w:tblPr")
    on_colour = style not in _PLAIN or (properties is not None and is_coloured([properties]))
    rows, headings, is_head = [], 0, True
    for row in _inside(table, "w:tr"):
        about = row.find("w:trPr")
        if about is not None and (about.find("w:del") is not None):
            reader.report_deletion(row)
            continue
        if about is not None and is_on([about], "w:hidden"):
            reader.report_hidden(row.text())
            continue
        is_head = is_head and about is not None and is_on([about], "w:tblHeader")
        headings += is_head
        cells = [
            *_skipped(about, "w:gridBefore"),
            *(_cell(cell, reader, on_colour=on_colour) for cell in _inside(row, "w:tc")),
        ]
        if cells:
            rows.append(tuple(cells))
    return [Table(tuple(rows), headings)] if any(cell.blocks for row in rows for cell in row) else []


def _inside(parent: Node, name: str) -> Iterator[Node]:
    """Yield the elements of this name, also those in elements that only stand around them."""
    waiting = [iter(parent.kids)]
    while waiting:
        kid = next(waiting[-1], None)
        if kid is None:
            waiting.pop()
        elif isinstance(kid, Node):
            if kid.name == name:
                yield kid
            elif kid.name in _WRAPPERS:
                waiting.append(iter(kid.kids))


def _cell(cell: Node, reader: ReadsBlocks, *, on_colour: bool) -> Cell:
    about = cell.find("w:tcPr")
    properties = [about] if about is not None else []
    merged = about is not None and (
        about.value("w:vMerge") in {"", "continue"} or about.value("w:hMerge") == "continue"
    )
    blocks = reader.blocks(cell, on_colour=on_colour or is_coloured(properties))
    if merged:
        # It is covered by the cell above or before it.
        if blocks:
            reader.report_hidden(cell.text())
        blocks = []
    return Cell(tuple(blocks), _span(about, "w:gridSpan") or 1)


def _skipped(about: Node | None, name: str) -> list[Cell]:
    span = _span(about, name)
    return [Cell((), span)] if span else []


def _span(about: Node | None, name: str) -> int:
    text = (about.value(name) if about is not None else None) or ""
    return min(int(text), _MOST_COLUMNS) if text.isascii() and text.isdigit() else 0
