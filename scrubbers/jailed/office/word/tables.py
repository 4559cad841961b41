"""Tables of a Word document: rows and cells, those that are seen."""

from collections.abc import Iterator, Sequence
from typing import Final

from scrubbers.jailed.office.colours import UNKNOWN, hue_of
from scrubbers.jailed.office.word.backgrounds import behind_of, theme_colour
from scrubbers.jailed.office.word.places import is_unseen_row, require_on_page
from scrubbers.jailed.office.word.shared import ReadsBlocks
from scrubbers.jailed.office.word.styles import is_on
from scrubbers.jailed.office.xml import Node
from scrubbers.jailed.typeset.model import Block, Cell, Table

_WRAPPERS: Final = frozenset({"w:sdt", "w:sdtContent", "w:customXml", "w:ins", "w:moveTo", "mc:AlternateContent"})
_MOST_COLUMNS: Final = 200
# Word's own styles without colours.
_PLAIN: Final = frozenset({"", "TableGrid", "TableNormal", "Tabellrutnt", "Normaltabell"})


def read_table(table: Node, reader: ReadsBlocks) -> list[Block]:
    """Return the table, unless nothing of it is seen. Raises OfficeDocument for one that floats beside the page."""
    style = table.value("w:tblPr", "w:tblStyle") or ""
    properties = table.find("w:tblPr")
    if properties is not None and table.text().strip():
        require_on_page([properties], reader.page)
    around = reader.behind if style in _PLAIN else UNKNOWN
    reader.report_colours(style)
    behind = behind_of([properties], around) if properties is not None else around
    rows, headings, is_head = [], 0, True
    all_rows = list(_inside(table, "w:tr"))
    for place, row in enumerate(all_rows):
        about = row.find("w:trPr")
        if about is not None and is_on([about], "w:hidden"):
            reader.report_hidden(row.text())
            continue
        is_head = is_head and about is not None and is_on([about], "w:tblHeader")
        cells = _changed_cells(row, all_rows[place + 1 :], reader, behind)
        # A row without a height is no line of the copy.
        if cells and (not is_unseen_row(row) or any(cell.blocks for cell in cells)):
            rows.append(tuple(cells))
            headings += is_head
    return [Table(tuple(rows), headings)] if any(cell.blocks for row in rows for cell in row) else []


def _changed_cells(row: Node, below: Sequence[Node], reader: ReadsBlocks, behind: str) -> list[Cell]:
    """Return what is seen of the cells of a row, which may have been inserted or deleted as a whole."""
    about = row.find("w:trPr")
    for change in about.elements() if about is not None else ():
        if change.name in {"w:ins", "w:del"}:
            around = Node(change.name, change.attributes, row.kids)
            return reader.changed(around, change.name, lambda: _cells(row, below, reader, behind)) or []
    return _cells(row, below, reader, behind)


def _cells(row: Node, below: Sequence[Node], reader: ReadsBlocks, behind: str) -> list[Cell]:
    own = row.find("w:tblPrEx")
    ground = behind if own is None else behind_of([own], behind)
    cells = _skipped(row.find("w:trPr"), "w:gridBefore")
    for column, cell in _placed(row):
        is_seen = not is_unseen_row(row) or _reaches_down(below, column)
        cells.append(_cell(cell, reader, ground, is_seen=is_seen))
    return cells


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


def _placed(row: Node) -> Iterator[tuple[int, Node]]:
    """Yield the cells of a row, each with the column in which it begins."""
    column = _span(row.find("w:trPr"), "w:gridBefore")
    for cell in _inside(row, "w:tc"):
        yield column, cell
        column += _span(cell.find("w:tcPr"), "w:gridSpan") or 1


def _reaches_down(below: Sequence[Node], column: int) -> bool:
    """Return whether a cell is merged with those below it as far as a row that has a height."""
    for row in below:
        cell = next((cell for place, cell in _placed(row) if place == column), None)
        if cell is None or not _is_covered(cell.find("w:tcPr")):
            return False
        if not is_unseen_row(row):
            return True
    return False


def _is_covered(about: Node | None) -> bool:
    """Return whether the cell above or before a cell covers it."""
    if about is None:
        return False
    return about.value("w:vMerge") in {"", "continue"} or about.value("w:hMerge") == "continue"


def _cell(cell: Node, reader: ReadsBlocks, behind: str, *, is_seen: bool) -> Cell:
    about = cell.find("w:tcPr")
    ground = behind_of([about] if about is not None else [], behind)
    blocks = reader.blocks(cell, ground, is_cell=True)
    if _is_covered(about) or not is_seen:
        if blocks:
            reader.report_hidden(cell.text())
        return Cell((), _span(about, "w:gridSpan") or 1)
    return Cell(tuple(blocks), _span(about, "w:gridSpan") or 1, hue_of(theme_colour(ground, reader.theme)))


def _skipped(about: Node | None, name: str) -> list[Cell]:
    span = _span(about, name)
    return [Cell((), span)] if span else []


def _span(about: Node | None, name: str) -> int:
    text = (about.value(name) if about is not None else None) or ""
    return min(int(text), _MOST_COLUMNS) if text.isascii() and text.isdigit() else 0
