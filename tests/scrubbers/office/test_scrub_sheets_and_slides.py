"""Excel workbooks and PowerPoint presentations: values and slides that are seen, and nothing else."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, text_of, unpacked
from files.office_marked import marked_presentation, marked_workbook
from files.office_samples import (
    presentation,
    relations,
    workbook,
)
from markers.search import leftovers

from scrubbers.jailed.office.excel.number_formats import NumberFormats
from scrubbers.jailed.typeset.layout import laid_out
from scrubbers.jailed.typeset.model import Cell, Paragraph, Run, Table
from trusted.jail.stages import Damaged, Empty, Lost, TooLarge, What


@pytest.mark.parametrize(("rows", "filled", "is_taken"), [(10_001, 10, False), (30_001, 1, False), (20, 10, True)])
def test_tables_for_which_there_is_no_time_are_refused_at_once_as_too_large(rows, filled, is_taken):
    cell = Cell((Paragraph((Run("1"),)),))
    table = Table(((*[cell] * filled, *[Cell(())] * (10 - filled)),) * rows)

    if is_taken:
        assert len(laid_out([table])) == 1
    else:
        with pytest.raises(TooLarge):
            laid_out([table])


def test_of_all_that_is_not_seen_in_a_workbook_nothing_is_left(jail):
    content, used = marked_workbook()
    assert all(mark.encode() in unpacked(content) for mark in used)

    clean, report = cleaned(jail, content)

    assert leftovers(clean, {mark.encode(): mark for mark in used}) == []
    assert text_of(clean).split() == ["Synlig", "Namn", "Summa", "Bygg", "AB", "12", "500", "kr", "2023-03-15", "Ihop"]
    assert b"/Subtype /Image" in clean
    kinds = {found.what for found in report.removed}
    assert kinds >= {
        What.HIDDEN_TEXT, What.COMMENT, What.SCRIPT, What.LINK, What.EMBEDDED_FILE, What.DEVICE, What.PERSON,
        What.IDENTIFIER, What.OTHER,
    }  # fmt: skip


def test_of_all_that_is_not_seen_in_a_presentation_nothing_is_left(jail):
    content, used = marked_presentation()
    assert all(mark.encode() in unpacked(content) for mark in used)

    clean, report = cleaned(jail, content)

    assert leftovers(clean, {mark.encode(): mark for mark in used}) == []
    shown = text_of(clean)
    places = [shown.index(each) for each in ("Rubriken", "Texten", "Vitt på mörkt", "Sägs.", "Sist", "Ludvika")]
    assert places == sorted(places)
    assert b"/Subtype /Image" in clean
    kinds = {found.what for found in report.removed}
    assert kinds >= {What.HIDDEN_TEXT, What.HIDDEN_DRAWING, What.COMMENT, What.EMBEDDED_FILE, What.PERSON, What.DEVICE}
    assert Lost.SOUND_OR_FILM in report.lost


def test_tables_lists_and_charts_of_a_slide_are_kept(jail):
    paragraphs = "".join(
        f'<a:p><a:pPr><a:buAutoNum type="arabicPeriod"/></a:pPr><a:r><a:t>{text}</a:t></a:r></a:p>'
        for text in ("Ett", "Två")
    )
    listed = f"<p:sp><p:nvSpPr><p:cNvPr id='1' name='a'/></p:nvSpPr><p:spPr/><p:txBody>{paragraphs}</p:txBody></p:sp>"
    cells = "".join(
        f"<a:tc><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>" for text in ("A1", "B1")
    )
    table = f"<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr>{cells}</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    chart = "<p:graphicFrame><a:graphic><a:graphicData><c:chart r:id='c'/></a:graphicData></a:graphic></p:graphicFrame>"
    values = (
        '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"><c:v>Kostnad</c:v><c:v>42</c:v>'
        "</c:chartSpace>"
    )
    content = presentation(
        [("", listed + table + chart)],
        {"ppt/charts/chart1.xml": values},
        {0: relations(("c", "chart", "../charts/chart1.xml"))},
    )

    clean, _ = cleaned(jail, content)

    assert " ".join(text_of(clean).split()) == "1. Ett 2. Två A1 B1 Diagram / Chart Kostnad · 42"


@pytest.mark.parametrize(
    ("stored", "code", "shown"),
    [
        ("12500", '#,##0 "kr"', "12 500 kr"),
        ("-12500.5", "[$kr-41D] #,##0.00;[Red]-#,##0.00", "-12 500.50"),
        ("0", "0;-0;;@", ""),
        ("45000.5", "yyyy/mm/dd hh:mm", "2023-03-15 12:00"),
        ("45000", "[$-41D]d mmmm yyyy;@", "2023-03-15"),
        ("1.5", "[h]:mm:ss", "36:00:00"),
        ("0.256", "0.0%", "25.6%"),
        ("0.30000000000000004", "General", "0.3"),
        ("12345", "0.0E+00", "12345"),
        ("0", '_-* #,##0\\ _k_r_-;\\-* #,##0\\ _k_r_-;_-* "-"??\\ _k_r_-;_-@_-', "-"),
        ("no number", "0", "no number"),
        ("1250000", '#,##0," tkr"', "1 250 tkr"),
        ("1250000", '0.0,,"M"', "1.3M"),
        ("12500.5", "#,##0", "12 501"),
        ("1.005", "0.00", "1.01"),
        ("1.5", "0.0##", "1.5"),
        ("5", '0" st; netto"', "5 st; netto"),
        ("1", '"Ja";"Ja";"Nej"', "Ja"),
        ("0", '"Ja";"Ja";"Nej"', "Nej"),
        ("850101", '"***"', "***"),
        ("1", '[=0]"nej";[=1]"ja";0', "ja"),
        ("1500", '[>=1000000]0.0,,"M";[>=1000]0.0,"k";0', "1.5k"),
        ("-5", '[<0]"minus "0;0', "-5"),
        ("-3", 'General;"minus "General', "minus 3"),
        ("-3", "0.0E+00;0.0E+00", "-3"),
        ("3", 'General" kr"', "3 kr"),
        ("101011234", "000000\\-0000", "010101-1234"),
        ("123", "00000", "00123"),
        ("45306", "mmm\\-yy", "2024-01"),
        ("45306", "yyyy", "2024"),
        ("45306", "mmmm", "januari / January"),
        ("45306", "dddd", "måndag / Monday"),
        ("45306.5", "mm:ss", "00:00"),
        ("45306.51", "h:mm AM/PM", "12:14"),
        ("-0.0833333333333333", "[h]:mm", "-2:00"),
        ("1.25", "[h]", "30:00"),
        ("1e999", "0", "1e999"),
        ("12", "0" * 256, "12"),
    ],
)  # fmt: skip
def test_a_number_is_written_as_its_format_shows_it(stored, code, shown):
    assert NumberFormats({200: code}, from_1904=False).shown(stored, 200) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(5, "-1 235"), (44, "-1 234.50"), (17, "-1234.5"), (10, "-123450.00%"), (11, "-1234.5")]
)
def test_a_number_is_written_as_a_format_that_has_a_number_of_its_own_shows_it(number, shown):
    assert NumberFormats({}, from_1904=False).shown("-1234.5", number) == shown


@pytest.mark.parametrize(
    ("code", "shown"),
    [("0;0;0;", ""), ("0;-0;0;@", "Avtal"), ('@" (utkast)"', "Avtal (utkast)"), ("0.00", "Avtal"), ('0;0;0;"-"', "-")],
)
def test_a_text_is_written_as_its_format_shows_it(code, shown):
    assert NumberFormats({200: code}, from_1904=False).text("Avtal", 200) == shown


def rows(count: int) -> str:
    return "<sheetData>" + count * "<row><c><v>1</v></c></row>" + "</sheetData>"


HOSTILE = {
    "a merge of all": (
        lambda: workbook([("a", "visible", rows(1) + '<mergeCells><mergeCell ref="A1:ZZ1048576"/></mergeCells>')]),
        TooLarge,
    ),
    "an entity": (lambda: workbook([], {"xl/workbook.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}), Damaged),
    "no sheet that is seen": (lambda: workbook([("a", "hidden", rows(1))]), Empty),
    "no slides": (lambda: presentation([]), Empty),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_or_presentation_is_refused(jail, name):
    make, refused = HOSTILE[name]

    with pytest.raises(refused):
        cleaned(jail, make())
    assert jail.alive()


def test_what_is_too_deep_is_a_note(jail):
    clean, _ = cleaned(jail, presentation([("", 90 * "<p:grpSp>" + 90 * "</p:grpSp>")]))

    assert "Content that cannot be shown" in text_of(clean)
