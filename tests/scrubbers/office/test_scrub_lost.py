"""The report names what this document has lost in its copy: colours, charts, marks of changes, results of formulas."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned
from files.office_samples import element, odf, paragraph, presentation, shape, sheet_part, word, workbook

from trusted.jail.stages import Lost

INSERTED = '<w:p><w:ins w:author="A" w:date="2026"><w:r><w:t>in</w:t></w:r></w:ins></w:p>'
DELETED = '<w:p><w:del w:author="A"><w:r><w:delText>ut</w:delText></w:r></w:del></w:p>'


def sheet(cell: str, font: str = "", fill: str = "", more: str = "", before: str = "") -> bytes:
    filled = f'<fill><patternFill patternType="solid"><fgColor rgb="FF{fill}"/></patternFill></fill>' if fill else ""
    styles = sheet_part(
        "styleSheet",
        f"<fonts><font/><font>{font}</font></fonts><fills><fill/>{filled}</fills>"
        f'<cellXfs><xf/><xf fontId="1" fillId="{int(bool(fill))}"/></cellXfs>',
    )
    content = f'{before}<sheetData><row r="1"><c r="A1"><v>1</v></c>{cell}</row></sheetData>{more}'
    return workbook([("B", "visible", content)], {"xl/styles.xml": styles}, ("st", "styles", "styles.xml"))


def coloured_table() -> bytes:
    style = '<w:style w:type="table" w:styleId="T"><w:tblStylePr><w:tcPr><w:shd w:fill="4472C4"/></w:tcPr></w:tblStylePr></w:style>'
    table = f'<w:tbl><w:tblPr><w:tblStyle w:val="T"/></w:tblPr><w:tr><w:tc>{paragraph("ord")}</w:tc></w:tr></w:tbl>'
    return word(table, {"word/styles.xml": element("w:styles", style)}, ("st", "styles", "styles.xml"))


def text(style: str, before: str = "") -> bytes:
    made = '<style:style style:name="T" style:family="text"><style:text-properties ' + style + "/></style:style>"
    return odf("text", f'{before}<text:p><text:span text:style-name="T">ord</text:span></text:p>', made)


def slide_of(colour: str) -> bytes:
    return presentation([("", shape("ord", look=f"<a:solidFill>{colour}</a:solidFill>"))])


ROW = "<table:table-row>{}</table:table-row>"
HIDDEN = 'table:visibility="collapse"'
HIDDEN_B = '<cols><col min="2" max="2" hidden="1"/></cols>'


def ods(cell: str, column: str = "", rows: str = "") -> bytes:
    style = '<style:style style:name="R" style:family="table-cell"><style:table-cell-properties fo:background-color="#ff0000"/></style:style>'
    first = ROW.format(f"<table:table-cell><text:p>ord</text:p></table:table-cell>{cell}")
    columns = f"<table:table-column/><table:table-column {column}/>"
    return odf("spreadsheet", f"<table:table>{columns}{first}{rows}</table:table>", style)


def page(inside: str) -> bytes:
    return f"<html><body>{inside}</body></html>".encode()


CHANGED = "<text:tracked-changes><text:changed-region/></text:tracked-changes>"
SHEET = f"<table:table>{ROW.format('<table:table-cell><text:p>ord</text:p></table:table-cell>')}</table:table>"
STYLED = '<c r="B1" s="1"><v>2</v></c>'
COLOURS, CHANGES, VALUES = Lost.TEXT_COLOURS, Lost.CHANGES, Lost.VALUES
DOCUMENTS = {
    "docx plain": (word(paragraph("ord")), []),
    "docx black": (word(paragraph("ord", look='<w:color w:val="000000"/>')), []),
    "docx grey": (word(paragraph("ord", look='<w:color w:val="595959"/>')), []),
    "docx red": (word(paragraph("ord", look='<w:color w:val="C00000"/>')), []),
    "docx a theme that is not there": (word(paragraph("ord", look='<w:color w:themeColor="accent1"/>')), [COLOURS]),
    "docx a style of tables": (coloured_table(), [COLOURS]),
    "docx inserted": (word(paragraph("ord") + INSERTED), [CHANGES]),
    "docx deleted": (word(paragraph("ord") + DELETED), [CHANGES]),
    "xlsx plain": (sheet(STYLED, '<color theme="1"/>'), []),
    "xlsx red": (sheet(STYLED, '<color rgb="FFFF0000"/>'), []),
    "xlsx a theme that is not there": (sheet(STYLED, '<color theme="4"/>'), [COLOURS]),
    "xlsx green beside the texts": (sheet('<c r="B1" s="1"/>', fill="00B050"), [COLOURS]),
    "xlsx conditions": (sheet(STYLED, more='<conditionalFormatting sqref="A1"><cfRule/></conditionalFormatting>'), [COLOURS]),
    "xlsx without a value": (sheet('<c r="B1"><f>A1</f></c>'), [VALUES]),
    "odt black": (text('fo:color="#000000"'), []),
    "odt red": (text('fo:color="#c00000"'), []),
    "odt changed": (text('fo:color="#000000"', CHANGED), [CHANGES]),
    "pptx plain": (presentation([("", shape("ord"))]), []),
    "pptx red": (presentation([("", shape("ord", look='<a:solidFill><a:srgbClr val="FF0000"/></a:solidFill>'))]), []),
    "pptx a theme that is not there": (
        presentation([("", shape("ord", look='<a:solidFill><a:schemeClr val="accent1"/></a:solidFill>'))]), [COLOURS]),
    "pptx black of the system": (slide_of('<a:sysClr val="windowText" lastClr="000000"/>'), []),
    "pptx black by its name": (slide_of('<a:prstClr val="black"/>'), []),
    "pptx red by its hue": (slide_of('<a:hslClr hue="0" sat="100000" lum="50000"/>'), []),
    "pptx a colour of a name that is not known": (slide_of('<a:prstClr val="cornflowerBlue"/>'), [COLOURS]),
    "xlsx hidden without a value": (sheet('<c r="B1"><f>A1</f></c>', before=HIDDEN_B), []),
    "xlsx hidden in a colour that is not there": (sheet(STYLED, '<color theme="4"/>', before=HIDDEN_B), []),
    "ods without a value": (ods('<table:table-cell table:formula="of:=A1"/>'), [VALUES]),
    "ods hidden without a value": (ods('<table:table-cell table:formula="of:=A1"/>', HIDDEN), []),
    "ods red at the end": (ods('<table:table-cell table:style-name="R"/>'), [COLOURS]),
    "ods red in a row without a text": (ods("", rows=ROW.format('<table:table-cell table:style-name="R"/>')), [COLOURS]),
    "ods red and hidden": (ods('<table:table-cell table:style-name="R"/>', HIDDEN), []),
    "html plain": (page("<p>ord</p>"), []),
    "html red": (page("<p style='color:#c00'>ord</p>"), []),
    "html a colour that is computed": (page("<p style='color:oklch(0.6 0.2 20)'>ord</p>"), [COLOURS]),
    "html red without a text": (page("<table><tr><td>ord<td>ord<tr><td bgcolor=red><td bgcolor=red></table>"), [COLOURS]),
    "ods changed": (odf("spreadsheet", f"<table:tracked-changes><table:insertion/></table:tracked-changes>{SHEET}"), [CHANGES]),
    "rtf inserted": (rb"{\rtf1 {\revised in}}", [CHANGES]),
    "rtf red": (rb"{\rtf1{\colortbl;\red255\green0\blue0;}{\cf1 ord}}", []),
    "rtf cell": (rb"{\rtf1{\colortbl;\red255\green0\blue0;}\trowd\clcbpat1\cellx99 ord\cell\row}", [COLOURS]),
    "rtf plain": (rb"{\rtf1{\colortbl;\red0\green0\blue0;}{\cf1 ord}}", []),
    "rtf deleted": (rb"{\rtf1 ord{\deleted ut}}", [CHANGES]),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_report_names_what_this_document_has_lost(jail, name):
    content, lost = DOCUMENTS[name]

    _, report = cleaned(jail, content)

    assert set(report.lost) == {Lost.LAYOUT, *lost}
