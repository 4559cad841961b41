"""What a sheet shows and what it hides by its fonts, its formats, the size of rows and columns, and merged cells."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import odf, sheet_part, workbook

from trusted.jail.stages import TooLarge, What, Where


def cell(place: str, text: str, more: str = "") -> str:
    return f'<c r="{place}" t="inlineStr" {more}><is><t>{text}</t></is></c>'


def row(number: int, *cells: str, more: str = "") -> str:
    return f'<row r="{number}" {more}>{"".join(cells)}</row>'


def rich(place: str, look: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><r><t>10</t></r><r><rPr>{look}</rPr><t>{text}</t></r></is></c>'


def styles(formats: str = "", fonts: str = "", cells: str = "", fills: str = "") -> str:
    return sheet_part(
        "styleSheet",
        f"<numFmts>{formats}</numFmts><fonts><font/>{fonts}</fonts><fills><fill/>{fills}</fills>"
        f'<cellXfs><xf numFmtId="0"/>{cells}</cellXfs>',
    )


def sheet(*rows: str, before: str = "", after: str = "", look: str = "") -> bytes:
    content = f"{before}<sheetData>{''.join(rows)}</sheetData>{after}"
    return workbook([("Blad", "visible", content)], {"xl/styles.xml": look or styles()}, ("st", "styles", "styles.xml"))


def merge(place: str) -> str:
    return f'<mergeCells count="1"><mergeCell ref="{place}"/></mergeCells>'


def on_colour(text: str, letters: str, ground: str) -> bytes:
    """A sheet with a text on a cell of a colour."""
    fill = f'<fill><patternFill patternType="solid"><fgColor {ground}/></patternFill></fill>'
    look = styles("", f"<font><color {letters}/></font>", '<xf fontId="1" fillId="1"/>', fill)
    return sheet(row(1, cell("A1", "Synlig"), cell("B1", text, 's="1"')), look=look)


WHITE = '<color rgb="FFFFFFFF"/>'
# What differs in two sheets that look the same.
HIDDEN = {
    "a text whose format shows none": lambda text: sheet(
        row(1, cell("A1", "Synlig"), cell("B1", text, 's="1"')),
        look=styles('<numFmt numFmtId="200" formatCode="0;0;0;"/>', "", '<xf numFmtId="200"/>'),
    ),
    "a number behind a word": lambda text: sheet(
        row(1, cell("A1", "Synlig"), f'<c r="B1" s="1"><v>{len(text)}</v></c>'),
        look=styles('<numFmt numFmtId="200" formatCode="&quot;dolt&quot;"/>', "", '<xf numFmtId="200"/>'),
    ),
    "the day behind a month": lambda text: sheet(
        row(1, f'<c r="A1" s="1"><v>{45293 + len(text)}</v></c>'), look=styles("", "", '<xf numFmtId="17"/>')
    ),
    "white letters in a cell": lambda text: sheet(row(1, rich("A1", WHITE, text))),
    "tiny letters in a cell": lambda text: sheet(row(1, rich("A1", '<sz val="1"/>', text))),
    "a tiny cell": lambda text: sheet(
        row(1, cell("A1", "Synlig"), cell("B1", text, 's="1"')),
        look=styles("", '<font><sz val="1"/></font>', '<xf fontId="1"/>'),
    ),
    "red on red": lambda text: on_colour(text, 'rgb="FFFF0000"', 'rgb="FFF80408"'),
    "a colour of the theme on itself": lambda text: on_colour(text, 'theme="4" tint="0.4"', 'theme="4" tint="0.4"'),
    "white on white": lambda text: on_colour(text, 'rgb="FFFFFFFF"', 'theme="0"'),
    "a row without height": lambda text: sheet(
        row(1, cell("A1", "Synlig")), row(2, cell("A2", text), more='ht="0.0" customHeight="1"')
    ),
    "a column without width": lambda text: sheet(
        row(1, cell("A1", "Synlig"), cell("B1", text)), before='<cols><col min="2" max="2" width="0.0"/></cols>'
    ),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_two_sheets_that_look_the_same_come_out_the_same(jail, name):
    first, report = cleaned(jail, HIDDEN[name]("Anna"))
    second, _ = cleaned(jail, HIDDEN[name]("Bo Ek 1985"))

    assert first == second
    assert "Anna" not in text_of(first)
    assert name.startswith(("a number", "the day")) or What.HIDDEN_TEXT in {found.what for found in report.removed}


@pytest.mark.parametrize(
    ("letters", "ground"),
    [
        ('rgb="FFFFFFFF"', 'rgb="FF1F3864"'), ('rgb="FFFFFFFF"', 'theme="4"'), ('theme="0"', 'theme="4"'),
        ('theme="4"', 'theme="4" tint="0.6"'), ('auto="1"', 'rgb="FF000000"'), ('indexed="64"', 'indexed="64"'),
    ],
)  # fmt: skip
def test_letters_on_a_cell_of_another_colour_are_kept(jail, letters, ground):
    clean, _ = cleaned(jail, on_colour("Avtal", letters, ground))

    assert text_of(clean).split() == ["Blad", "Synlig", "Avtal"]


@pytest.mark.parametrize(
    ("place", "rows", "before"),
    [
        ("A1:C1", (row(1, cell("A1", "Rubrik"), '<c r="B1"/>'), row(2, cell("B2", "Summa"))), "columns"),
        ("A1:C1", (row(1, cell("A1", "Rubrik")), row(2, cell("B2", "Summa"))), "columns"),
        ("A1:A2", (row(1, cell("A1", "Rubrik"), more='hidden="1"'), row(2, cell("B2", "Summa"))), ""),
        ("A1:A2", (row(1, cell("A1", "Rubrik"), more='hidden="1"'), row(3, cell("B3", "Summa"))), ""),
    ],
)
def test_a_merged_cell_of_which_a_part_is_hidden_shows_its_content(jail, place, rows, before):
    before = '<cols><col min="1" max="1" hidden="1"/></cols>' if before else ""

    clean, report = cleaned(jail, sheet(*rows, before=before, after=merge(place)))

    assert text_of(clean).split() == ["Blad", "Rubrik", "Summa"]
    assert What.HIDDEN_TEXT not in {found.what for found in report.removed}


def test_a_merged_cell_that_is_all_hidden_is_not_shown(jail):
    rows = row(1, cell("A1", "Dolt"), cell("C1", "Summa"))

    clean, report = cleaned(
        jail, sheet(rows, before='<cols><col min="1" max="2" hidden="1"/></cols>', after=merge("A1:B1"))
    )

    assert text_of(clean).split() == ["Blad", "Summa"]
    assert What.HIDDEN_TEXT in {found.what for found in report.removed}


def test_a_cell_beyond_the_last_column_refuses_the_workbook_and_is_not_lost(jail):
    with pytest.raises(TooLarge):
        cleaned(jail, sheet(row(1, cell("A1", "Summa"), cell("AMK1", "12"))))


def test_letters_that_are_escaped_are_read_as_they_are_shown(jail):
    clean, _ = cleaned(jail, sheet(row(1, cell("A1", "12_x0030_00 kr_x000D_"), cell("B1", "_x005F_x0041_"))))

    assert text_of(clean).split() == ["Blad", "12000", "kr", "_x0041_"]


def test_a_power_is_raised(jail):
    raised, _ = cleaned(jail, sheet(row(1, rich("A1", '<vertAlign val="superscript"/>', "6"))))
    level, _ = cleaned(jail, sheet(row(1, rich("A1", "", "6"))))

    assert raised != level


def test_what_stands_above_and_below_printed_sheets_is_reported(jail):
    edges = "<headerFooter><oddHeader>&amp;CAnna</oddHeader></headerFooter>"

    clean, report = cleaned(jail, sheet(row(1, cell("A1", "Summa")), after=edges))

    assert text_of(clean).split() == ["Blad", "Summa"]
    assert (What.HIDDEN_TEXT, Where.PAGES) in {(found.what, found.where) for found in report.removed}


MISSING = "[värde saknas / value missing]"


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("<c r='B1'><f>SUM(A1)</f></c>", MISSING),
        ("<c r='B1'><f>SUM(A1)</f><v></v></c>", MISSING),
        ("<c r='B1' t='str'><f>A1</f></c>", MISSING),
        ("<c r='B1' t='str'><f>A1</f><v></v></c>", ""),
        ("<c r='B1'><f>SUM(A1)</f><v>7</v></c>", "7"),
        ("<c r='B1'/>", ""),
    ],
)
def test_a_formula_without_a_stored_value_says_so(jail, stored, shown):
    clean, _ = cleaned(jail, sheet(row(1, cell("A1", "Summa"), stored, cell("C1", "slut"))))

    assert "".join(text_of(clean).split()).endswith("Summa" + "".join(shown.split()) + "slut")


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ('table:formula="of:=SUM([.A1])"', MISSING),
        ('table:formula="of:=[.A1]" office:value-type="string" office:string-value=""', ""),
        ('table:formula="of:=[.A1]" office:value-type="float" office:value="7"', "7"),
    ],
)
def test_a_formula_of_an_open_document_sheet_without_a_value_says_so(jail, stored, shown):
    cells = f"<table:table-cell><text:p>Summa</text:p></table:table-cell><table:table-cell {stored}/>"
    after = "<table:table-cell><text:p>slut</text:p></table:table-cell>"
    table = f'<table:table table:name="B"><table:table-row>{cells}{after}</table:table-row></table:table>'

    clean, _ = cleaned(jail, odf("spreadsheet", table))

    assert "".join(text_of(clean).split()).endswith("Summa" + "".join(shown.split()) + "slut")


@pytest.mark.parametrize(
    ("code", "stored", "shown"),
    [
        ("[mm]:ss.0", 4523.44 / 86_400, "75:23.4"), ("[mm]:ss.0", -83.4 / 86_400, "-01:23.4"),
        ("[ss].00", 83.456 / 86_400, "83.46"), ("[h]:mm:ss.0", 1.5, "36:00:00.0"), ("[mm]:ss", 83.4 / 86_400, "01:23"),
        ("mm:ss.0", 83.4 / 86_400, "01:23.4"), ("mm:ss.0", 83.96 / 86_400, "01:24.0"), ("mm:ss", 83.4 / 86_400, "01:23"),
        ("hh:mm:ss.000", 3723.045 / 86_400, "01:02:03.045"), ("yyyy-mm-dd hh:mm:ss.0", 45_000.5, "2023-03-15 12:00:00.0"),
    ],
)  # fmt: skip
def test_parts_of_a_second_are_shown_where_the_format_has_them(jail, code, stored, shown):
    look = styles(f'<numFmt numFmtId="200" formatCode="{code}"/>', "", '<xf numFmtId="200"/>')

    clean, _ = cleaned(jail, sheet(row(1, f'<c r="A1" s="1"><v>{stored!r}</v></c>'), look=look))

    assert text_of(clean).split("\n", 1)[1] == shown


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("ddd d/m", "torsdag / Thursday 2/11"), ("dddd\\ dd/mm", "torsdag / Thursday 02/11"), ("d/m", "2/11"), ("m/d", "11/2"),
        ("ddd yyyy-mm-dd", "torsdag / Thursday 2023-11-02"), ("ddd d", "torsdag / Thursday 02"), ("dddd", "torsdag / Thursday"),
        ("ddd hh:mm", "torsdag / Thursday 00:00"), ("mm-dd", "11-02"), ("d mmm", "11-02"), ("mmm yyyy", "2023-11"),
    ],
)  # fmt: skip
def test_a_day_keeps_its_name_and_without_a_year_the_order_of_its_format(jail, code, shown):
    look = styles(f'<numFmt numFmtId="200" formatCode="{code}"/>', "", '<xf numFmtId="200"/>')

    clean, _ = cleaned(jail, sheet(row(1, '<c r="A1" s="1"><v>45232</v></c>'), look=look))

    assert text_of(clean).split("\n", 1)[1].split() == shown.split()
