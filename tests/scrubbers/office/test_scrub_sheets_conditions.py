"""Colours that formats of numbers and conditional formats give a sheet: what they hide goes, what they show stays."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import sheet_part, workbook

from trusted.jail.stages import OfficeDocument, What

WHITE = '<font><color rgb="FFFFFFFF"/></font>'
BANNER = '<fill><patternFill><bgColor rgb="FF1F3864"/></patternFill></fill>'
BLANK = '<numFmt numFmtId="200" formatCode=";;;"/>'


def made(value: str, *, code: str = "General", rules: str = "", look: str = "", font: str = "<font/>") -> bytes:
    """A sheet with a visible cell and one with a format and with conditions; `look`: what these give."""
    cells = f'<c r="A1" t="inlineStr"><is><t>Synlig</t></is></c>{value}'
    content = f'<sheetData><row r="1">{cells}</row></sheetData>'
    content += f'<conditionalFormatting sqref="B1:B9">{rules}</conditionalFormatting>' if rules else ""
    styles = (
        f'<numFmts><numFmt numFmtId="201" formatCode="{code}"/></numFmts><fonts><font/>{font}</fonts>'
        f'<fills><fill/></fills><cellXfs><xf/><xf numFmtId="201" fontId="1"/></cellXfs><dxfs><dxf>{look}</dxf></dxfs>'
    )
    parts = {"xl/styles.xml": sheet_part("styleSheet", styles)}
    return workbook([("Blad", "visible", content)], parts, ("st", "styles", "styles.xml"))


def text(value: str) -> str:
    return f'<c r="B1" t="inlineStr" s="1"><is><t>{value}</t></is></c>'


def number(value: str) -> str:
    return f'<c r="B1" s="1"><v>{value}</v></c>'


def rule(kind: str, formula: str = "", more: str = "") -> str:
    return f'<cfRule type="{kind}" dxfId="0" priority="1" {more}><formula>{formula}</formula></cfRule>'


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (text("Anna"), "[White]@"), (text("Anna"), "[White]General"), (text("Anna"), "[Color2]@"),
        (text("Anna"), "0;0;0;[White]@"), (number("1985"), "[White]0"), (number("1985"), "[&gt;0][White]0;0"),
        (number("-1985"), "0;[White]-0"), (number("-1985"), "[&lt;0][White]0;0"), (number("1985"), "[Red];;;"),
        (text("Anna"), "[Red]; ;;"), ('<c r="B1" t="b" s="1"><v>1</v></c>', "[Red];;;"),
    ],
)  # fmt: skip
def test_what_a_format_of_numbers_hides_goes(jail, cell, code):
    clean, _ = cleaned(jail, made(cell, code=code))

    assert text_of(clean).split() == ["Blad", "Synlig"]


@pytest.mark.parametrize(
    ("cell", "code", "font"),
    [
        (text("12"), "[White]0;0", "<font/>"), (number("12"), "[&lt;0][White]0;0", "<font/>"),
        (number("12"), "[Red]0", WHITE), (number("12"), "0;[White]-0", "<font/>"), (text("12"), "[Color1]@", WHITE),
    ],
)  # fmt: skip
def test_what_a_format_of_numbers_shows_stays(jail, cell, code, font):
    clean, _ = cleaned(jail, made(cell, code=code, font=font))

    assert text_of(clean).split() == ["Blad", "Synlig", "12"]


@pytest.mark.parametrize(
    ("cell", "rules", "look"),
    [
        (number("0"), rule("cellIs", "0", 'operator="equal"'), WHITE),
        (number("7"), rule("cellIs", "5", 'operator="greaterThan"'), BLANK),
        (text("Anna"), rule("cellIs", '"anna"', 'operator="equal"'), WHITE),
        (text("Anna"), rule("expression", "TRUE"), WHITE),
        (text("Anna"), rule("containsText", "x", 'text="nn"'), WHITE),
        ('<c r="B1" t="e" s="1"><v>#N/A</v></c>', rule("containsErrors"), WHITE),
        (number("7"), '<cfRule type="dataBar" priority="1"><dataBar showValue="0"/></cfRule>', ""),
        (number("7"), '<cfRule type="iconSet" priority="1"><iconSet showValue="0"/></cfRule>', ""),
    ],
)
def test_what_a_condition_hides_goes_and_is_reported(jail, cell, rules, look):
    clean, report = cleaned(jail, made(cell, rules=rules, look=look))

    assert text_of(clean).split() == ["Blad", "Synlig"]
    assert What.HIDDEN_TEXT in {found.what for found in report.removed}


@pytest.mark.parametrize(
    ("cell", "rules", "look", "font"),
    [
        (number("12"), rule("cellIs", "0", 'operator="equal"'), WHITE, "<font/>"),
        (number("12"), rule("expression", "$A1=1"), WHITE + BANNER, "<font/>"),
        (number("12"), rule("expression", "MOD(ROW(),2)=0"), BANNER, "<font/>"),
        (number("12"), rule("cellIs", "5", 'operator="greaterThan"'), BANNER, WHITE),
        (text("12"), rule("containsText", "x", 'text="nn"'), WHITE, "<font/>"),
        (text("12"), '<cfRule type="dataBar" priority="1"><dataBar showValue="0"/></cfRule>', "", "<font/>"),
        (number("12"), '<cfRule type="colorScale" priority="1"><colorScale/></cfRule>', "", "<font/>"),
    ],
)
def test_what_a_condition_shows_stays(jail, cell, rules, look, font):
    clean, _ = cleaned(jail, made(cell, rules=rules, look=look, font=font))

    assert text_of(clean).split() == ["Blad", "Synlig", "12"]


@pytest.mark.parametrize("font", ["<font/>", WHITE])
def test_a_condition_that_cannot_be_told_and_hides_or_shows_a_text_refuses_the_workbook(jail, font):
    look = WHITE if font == "<font/>" else BANNER

    with pytest.raises(OfficeDocument):
        cleaned(jail, made(text("Anna"), rules=rule("expression", "$A1=1"), look=look, font=font))


def test_a_condition_of_later_versions_of_excel_is_followed(jail):
    spaces = (
        'xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
        'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"'
    )
    own = f"<xm:f>TRUE</xm:f><x14:dxf>{WHITE}</x14:dxf>"
    after = (
        f'<extLst><ext {spaces}><x14:conditionalFormattings><x14:conditionalFormatting><x14:cfRule type="expression" '
        f'priority="1">{own}</x14:cfRule><xm:sqref>B1:B9</xm:sqref></x14:conditionalFormatting>'
        "</x14:conditionalFormattings></ext></extLst>"
    )
    cells = '<c r="A1" t="inlineStr"><is><t>Synlig</t></is></c><c r="B1" t="inlineStr"><is><t>Anna</t></is></c>'

    clean, _ = cleaned(jail, workbook([("Blad", "visible", f'<sheetData><row r="1">{cells}</row></sheetData>{after}')]))

    assert text_of(clean).split() == ["Blad", "Synlig"]
