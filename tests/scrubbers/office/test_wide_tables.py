"""Tables with more columns than a page holds: the copy says of each value the same row and column as the original.

The judge is poppler's `pdftotext -bbox`: it says where words stand, and the grid follows from that alone.
"""

from __future__ import annotations

import csv
import io
import random

import pytest
from files.office_grid import NEAR, cells_of, lines_of
from files.office_jail import cleaned
from files.office_marked import row, text_cell
from files.office_samples import odf, paragraph, word, workbook
from files.scrub_harness import arrived
from hostile.jail import Jail

from scrubbers.sniff import sniff
from trusted.jail.sandbox import scrub, verify
from trusted.jail.stages import Kind

CORNER = "Konto"


@pytest.fixture(scope="module")
def jail():
    made = Jail()
    yield made
    made.close()


def read_grid(document: bytes) -> set[tuple[str, str, str, str]]:
    """Every value with the names of its row, its column and the group of columns above that."""
    found, columns, above = set(), [], []
    before: list[tuple[float, str]] = []
    for line in lines_of(document):
        if line[0][1] == CORNER:
            columns, above = line, before
        elif columns and not line[0][1].startswith("Q"):
            assert abs(line[0][0] - columns[0][0]) < NEAR, "a row without its name"
            for x, value in line[1:]:
                name = [text for at, text in columns if abs(at - x) < NEAR]
                assert len(name) == 1, "a value under no column"
                group = [text for at, text in above if at < x + NEAR]
                found.add((line[0][1], name[0], group[-1] if group else "", value))
        before = line
    return found


def table_of(columns: int, seed: int) -> tuple[list[str], list[list[str]]]:
    """Quarters over four columns each, and rows of which many cells are empty; each value comes once."""
    chance = random.Random(seed)
    rows = [[CORNER, *(f"k{at}" for at in range(1, columns))]]
    for line in range(1, 9):
        cells = [f"v{line}x{at}" if chance.random() < 0.5 else "" for at in range(1, columns)]
        rows.append([f"r{line}", *cells])
    # Rows that have something in the first, in the last and in no group of columns.
    rows.append(["r9", "v9x1", *[""] * (columns - 2)])
    rows.append(["r10", *[""] * (columns - 2), f"v10x{columns - 1}"])
    return [f"Q{at // 4}" for at in range(0, columns - 1, 4)], rows


def triples(quarters: list[str], rows: list[list[str]]) -> set[tuple[str, str, str, str]]:
    return {
        (line[0], rows[0][at], quarters[(at - 1) // 4], value)
        for line in rows[1:] for at, value in enumerate(line) if at and value
    }  # fmt: skip


def letters(column: int) -> str:
    return letters(column // 26 - 1) + chr(65 + column % 26) if column >= 26 else chr(65 + column)


def as_xlsx(quarters: list[str], rows: list[list[str]]) -> bytes:
    ends = [(1 + 4 * at, min(4 + 4 * at, len(rows[0]) - 1)) for at in range(len(quarters))]
    head = row(
        *(text_cell(f"{letters(first)}1", name) for name, (first, _) in zip(quarters, ends, strict=True)), more='r="1"'
    )
    body = "".join(
        row(
            *(text_cell(f"{letters(at)}{number}", value) for at, value in enumerate(line) if value),
            more=f'r="{number}"',
        )
        for number, line in enumerate(rows, 2)
    )
    merged = "".join(f'<mergeCell ref="{letters(a)}1:{letters(b)}1"/>' for a, b in ends if b > a)
    return workbook([("B", "visible", f"<sheetData>{head}{body}</sheetData><mergeCells>{merged}</mergeCells>")])


def as_odf(kind: str, quarters: list[str], rows: list[list[str]]) -> bytes:
    def cell(text: str, span: int = 1) -> str:
        covered = "<table:covered-table-cell/>" * (span - 1)
        inside = f"<text:p>{text}</text:p>" if text else ""
        return f'<table:table-cell table:number-columns-spanned="{span}">{inside}</table:table-cell>{covered}'

    left = len(rows[0]) - 1
    head = cell("") + "".join(cell(name, min(4, left - 4 * at)) for at, name in enumerate(quarters))
    lines = [head, *("".join(map(cell, line)) for line in rows)]
    inside = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    return odf(kind, f'<table:table table:name="B">{inside}</table:table>')


def as_docx(quarters: list[str], rows: list[list[str]]) -> bytes:
    def cell(text: str, span: int = 1) -> str:
        return f'<w:tc><w:tcPr><w:gridSpan w:val="{span}"/></w:tcPr>{paragraph(text)}</w:tc>'

    left = len(rows[0]) - 1
    head = cell("") + "".join(cell(name, min(4, left - 4 * at)) for at, name in enumerate(quarters))
    lines = [head, *("".join(map(cell, line)) for line in rows)]
    return word("<w:tbl>" + "".join(f"<w:tr>{line}</w:tr>" for line in lines) + "</w:tbl>")


MAKERS = {
    "xlsx": as_xlsx,
    "ods": lambda quarters, rows: as_odf("spreadsheet", quarters, rows),
    "odt": lambda quarters, rows: as_odf("text", quarters, rows),
    "docx": as_docx,
}


@pytest.mark.parametrize("columns", [12, 13, 14, 24, 27, 40])
@pytest.mark.parametrize("kind", MAKERS)
def test_every_value_stands_beside_its_row_and_under_its_column(jail, kind, columns):
    quarters, rows = table_of(columns, columns)

    clean, _ = cleaned(jail, MAKERS[kind](quarters, rows))

    assert read_grid(clean) == triples(quarters, rows)


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
@pytest.mark.parametrize("columns", [12, 13, 40])
def test_every_value_has_the_letter_and_the_number_of_its_cell(jail, kind, columns):
    quarters, rows = table_of(columns, columns)

    clean, _ = cleaned(jail, MAKERS[kind](quarters, rows))

    wanted = {f"{letters(at)}{line}": text for line, row in enumerate(rows, 2) for at, text in enumerate(row) if text}
    found = cells_of(clean)
    assert {name: text for name, text in found.items() if not text.startswith("Q")} == wanted


def test_a_second_column_of_words_comes_again_too(jail):
    rows = [[CORNER, "Namn", *(f"k{at}" for at in range(2, 30))]]
    rows += [[f"{4000 + line}", "Lön", *(f"{line}{at}" for at in range(2, 30))] for line in range(3)]

    clean, _ = cleaned(jail, as_docx([], rows))

    heads = [line for line in lines_of(clean) if line[0][1] == CORNER]
    assert len(heads) == 3
    assert all(line[1][1] == "Namn" for line in heads)
    assert sum(word == "Lön" for line in lines_of(clean) for _, word in line) == 9


def test_a_row_without_a_name_stays_between_its_neighbours(jail):
    rows = [[CORNER, *(f"k{at}" for at in range(1, 30))], ["r1", *["1"] * 29], ["", *["2"] * 29], ["r3", *["3"] * 29]]

    clean, _ = cleaned(jail, as_docx([], rows))

    kinds = [line[0][1][0] for line in lines_of(clean)]
    assert kinds == ["K", "r", "2", "r"] * 3


def test_a_wide_table_of_commas_stays_one(jail):
    _, rows = table_of(40, 1)
    made = io.StringIO()
    csv.writer(made).writerows(rows)

    async def soon() -> bytes:
        verified = await verify(await scrub(sniff(arrived(made.getvalue().encode())), jail.sandbox), jail.sandbox)
        with verified.clean, verified.preview:
            assert verified.kind is Kind.CSV
            return verified.clean.read()

    copy = jail.loop.run_until_complete(soon()).decode()
    assert list(csv.reader(io.StringIO(copy))) == rows
