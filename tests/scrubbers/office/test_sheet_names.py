"""Rows and columns of a sheet keep their numbers and letters: "row 14" of the copy is row 14 of the file.

The judge is poppler's `pdftotext -bbox`, which says where words stand: numbers in the left margin, letters above.
"""

from __future__ import annotations

import pytest
from files.office_grid import cells_of, lines_of, named_lines_of
from files.office_jail import cleaned, text_of, whole_text_of
from files.office_marked import row, text_cell
from files.office_samples import odf, workbook

HIDDEN_ROWS, HIDDEN_COLUMN = (3, 4), 2  # of the sheet below: rows from one, columns from zero
SHEET = {(1, 0): "Namn", (1, 1): "dold", (1, 3): "Belopp", (2, 0): "Anna-Katarina-Lindström", (3, 0): "hemlig", (7, 3): "12", (8, 0): "Bo",
         (14, 3): "19", (15, 0): "Summa"}  # fmt: skip
SHEET_SEEN = {
    "A1": "Namn",
    "B1": "dold",
    "D1": "Belopp",
    "A2": "Anna-Katarina-Lindström",
    "D7": "12",
    "A8": "Bo",
    "D14": "19",
    "A15": "Summa",
}


def as_xlsx(cells: dict[tuple[int, int], str], before: str = "") -> bytes:
    numbers = sorted({at for at, _ in cells} | set(HIDDEN_ROWS))
    rows = (
        row(
            *(text_cell(f"{chr(65 + column)}{at}", text) for (at, column), text in cells.items() if at == number),
            more=f'r="{number}"' + ' hidden="1"' * (number in HIDDEN_ROWS),
        )
        for number in numbers
    )
    columns = f'<cols><col min="{HIDDEN_COLUMN + 1}" max="{HIDDEN_COLUMN + 1}" hidden="1"/></cols>'
    return workbook([("B", "visible", f"{before}{columns}<sheetData>{''.join(rows)}</sheetData>")])


def as_ods(cells: dict[tuple[int, int], str]) -> bytes:
    last = max(at for at, _ in cells)
    inside = (
        f'<table:table-column table:number-columns-repeated="{HIDDEN_COLUMN}"/><table:table-column table:visibility='
        '"collapse"/><table:table-column table:number-columns-repeated="9"/>'
    )
    blank = '<table:table-row table:number-rows-repeated="{}"><table:table-cell/></table:table-row>'
    before = 0
    for number in range(1, last + 1):
        line = [cells.get((number, column), "") for column in range(5)]
        if not any(line) and number not in HIDDEN_ROWS:
            continue
        inside += blank.format(number - before - 1) * (number - before > 1)
        before = number
        state = ' table:visibility="collapse"' * (number in HIDDEN_ROWS)
        texts = (f"<text:p>{text}</text:p>" if text else "" for text in line)
        inside += f"<table:table-row{state}>{''.join(f'<table:table-cell>{one}</table:table-cell>' for one in texts)}</table:table-row>"
    rest = blank.format(1_000_000)
    return odf("spreadsheet", f'<table:table table:name="B">{inside}{rest}</table:table>')


@pytest.mark.parametrize("made", [as_xlsx, as_ods], ids=["xlsx", "ods"])
def test_each_cell_is_found_by_the_letter_and_the_number_that_it_has_in_the_file(jail, made):
    clean, _ = cleaned(jail, made(SHEET))

    assert cells_of(clean) == SHEET_SEEN


@pytest.mark.parametrize("made", [as_xlsx, as_ods], ids=["xlsx", "ods"])
def test_hidden_rows_leave_their_gap_and_blank_ones_are_kept_many_as_one_line(jail, made):
    clean, _ = cleaned(jail, made(SHEET))

    shown = [(name, [word for _, word in line]) for name, line in named_lines_of(clean)][2:]
    blank = ("", ["[5", "tomma", "rader", "/", "5", "blank", "rows]"])
    assert shown == [
        ("1", ["Namn", "dold", "Belopp"]), ("2", ["Anna-Katarina-Lindström"]), ("5", []), ("6", []), ("7", ["12"]), ("8", ["Bo"]), blank,
        ("14", ["19"]), ("15", ["Summa"]),
    ]  # fmt: skip
    assert "hemlig" not in whole_text_of(clean)


def test_rows_that_are_hidden_unless_the_file_names_them_are_no_blank_ones(jail):
    clean, _ = cleaned(jail, as_xlsx(SHEET, '<sheetFormatPr zeroHeight="1"/>'))

    assert "blank rows" not in whole_text_of(clean)
    assert [name for name, _ in named_lines_of(clean)][2:] == ["1", "2", "7", "8", "14", "15"]


def test_columns_have_their_letters_on_every_page_and_in_every_group(jail):
    long = {(at, 0): f"r{at}" for at in range(1, 301)} | {(1, at): f"k{at}" for at in range(20)}

    clean, _ = cleaned(jail, as_xlsx({place: text for place, text in long.items() if place[1] != HIDDEN_COLUMN}))

    assert cells_of(clean)["T1"] == "k19"
    assert cells_of(clean)["A300"] == "r300"
    heads = [line for line in lines_of(clean, names=True) if [word for _, word in line][:2] == ["A", "B"]]
    tops = [line for line in lines_of(clean, names=True) if line[0][1] == "A"]
    assert len(heads) >= 5
    assert len(tops) >= 10  # in the second group no B


def test_a_table_of_a_text_has_no_letters_and_no_numbers(jail):
    inside = "<table:table-row><table:table-cell><text:p>Avtal</text:p></table:table-cell></table:table-row>"

    clean, _ = cleaned(jail, odf("text", f"<table:table>{inside}</table:table>"))

    assert whole_text_of(clean).split("Kopia")[0].split() == text_of(clean).split() == ["Avtal"]
