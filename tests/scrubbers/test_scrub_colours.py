"""Colours say something: copies carry them, out of a closed list. PDFium's letters and pixels are the judge."""

from __future__ import annotations

import colorsys
import ctypes
import io
import zipfile

import pypdfium2
import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import (
    odf,
    paragraph,
    presentation,
    relations,
    run,
    shape,
    sheet_part,
    word,
    workbook,
    zipped,
)
from pypdfium2 import raw

from trusted.jail.stages import Lost

SCALE = 4
HUES = {"red": 0, "orange": 30, "yellow": 55, "green": 130, "blue": 220, "purple": 290}
ENOUGH = 4.5  # WCAG 2, 1.4.3
DARK = 0xC0


def hue(colour: tuple[int, ...]) -> str:
    """Return the name of a colour; empty for black, white and greys."""
    if max(colour) - min(colour) < 20:
        return ""
    turn = colorsys.rgb_to_hsv(*(one / 255 for one in colour))[0] * 360
    return min(HUES, key=lambda name: min(abs(HUES[name] - turn), 360 - abs(HUES[name] - turn)))


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    def light(colour: tuple[int, ...]) -> float:
        parts = [each / 255 / 12.92 if each <= 10 else ((each / 255 + 0.055) / 1.055) ** 2.4 for each in colour]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


class Seen:
    """The first page of a copy as PDFium has it."""

    def __init__(self, clean: bytes, text: str) -> None:
        page = pypdfium2.PdfDocument(clean)[0]
        self.read = page.get_textpage()
        self.picture = page.render(scale=SCALE).to_pil().convert("RGB")
        self.height = page.get_height()
        self.first = self.read.get_text_range().index(text)
        self.text = text

    @property
    def ink(self) -> tuple[int, ...]:
        parts = [ctypes.c_uint() for _ in range(4)]
        assert raw.FPDFText_GetFillColor(self.read, self.first, *parts)
        return tuple(each.value for each in parts[:3])

    def _box(self) -> tuple[float, float, float, float]:
        first = self.read.get_charbox(self.first)
        last = self.read.get_charbox(self.first + len(self.text) - 1)
        return first[0], min(first[1], last[1]), last[2], max(first[3], last[3])

    def at(self, x: float, y: float) -> tuple[int, ...]:
        return self.picture.getpixel((int(x * SCALE), int((self.height - y) * SCALE)))

    @property
    def behind(self) -> tuple[int, ...]:
        left, _, right, high = self._box()
        return self.at((left + right) / 2, high + 0.7)

    def _is_crossed(self, low: float, high: float) -> bool:
        left, _, right, _ = self._box()
        steps = [left + (right - left) * at / 60 for at in range(3, 58)]
        rows = [low + (high - low) * at / 24 for at in range(25)]
        return any(all(max(self.at(x, y)) < DARK for x in steps) for y in rows)

    @property
    def underlined(self) -> bool:
        _, low, _, _ = self._box()
        return self._is_crossed(low - 2.5, low - 0.2)

    @property
    def struck(self) -> bool:
        _, low, _, high = self._box()
        return self._is_crossed(low + 0.8, high - 0.8)


RED = '<w:color w:val="C00000"/>'
THEME = '<w:color w:val="{}" w:themeColor="{}"/>'
SHADED = '<w:shd w:val="clear" w:fill="{}"/>'


def cell(inside: str, fill: str) -> str:
    return f"<w:tbl><w:tr><w:tc><w:tcPr>{SHADED.format(fill)}</w:tcPr>{inside}</w:tc></w:tr></w:tbl>"


def theme(**colours: str) -> str:
    given = "".join(f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>' for name, value in colours.items())
    return (
        '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:themeElements><a:clrScheme>'
        f"{given}</a:clrScheme></a:themeElements></a:theme>"
    )


NAMES = ("dk1", "lt1", "dk2", "lt2", "accent1", "accent2", "accent3", "accent4", "accent5", "accent6")
GIVEN = ("000000", "FFFFFF", "44546A", "E7E6E6", "4472C4", "ED7D31", "A5A5A5", "FFC000", "5B9BD5", "70AD47")
OFFICE = theme(**dict(zip(NAMES, GIVEN, strict=True)))
THEMED = ("th", "theme", "theme/theme1.xml")


def docx(body: str) -> bytes:
    return word(body, {"word/theme/theme1.xml": OFFICE}, THEMED)


def sheet(font: str = "", fill: str = "", more: str = "", styles: str = "", text: str = "ord") -> bytes:
    filled = f'<fill><patternFill patternType="solid"><fgColor {fill}/></patternFill></fill>' if fill else ""
    made = sheet_part(
        "styleSheet",
        f"<fonts><font/><font>{font}</font></fonts><fills><fill/>{filled}</fills>"
        f'<cellXfs><xf/><xf fontId="1" fillId="{int(bool(fill))}"/></cellXfs>{styles}',
    )
    inside = f'<c r="B1" s="1" t="inlineStr"><is><t>{text}</t></is></c>' if text else '<c r="B1" s="1"/>'
    row = f'<sheetData><row r="1"><c r="A1"><v>1</v></c>{inside}<c r="C1"><v>3</v></c></row></sheetData>{more}'
    parts = {"xl/styles.xml": made, "xl/theme/theme1.xml": OFFICE}
    return workbook([("B", "visible", row)], parts, ("st", "styles", "styles.xml"), THEMED)


def text_in(style: str) -> bytes:
    made = f'<style:style style:name="T" style:family="text"><style:text-properties {style}/></style:style>'
    return odf("text", '<text:p><text:span text:style-name="T">ord</text:span></text:p>', made)


def slide(look: str, about: str = "") -> bytes:
    return presentation([("", shape("ord", look=look).replace("<a:rPr>", f"<a:rPr {about}>"))])


def rtf(text: bytes) -> bytes:
    return rb"{\rtf1{\colortbl;\red255\green0\blue0;\red255\green255\blue0;}{" + text + b"}}"


def filled_ods() -> bytes:
    style = (
        '<style:style style:name="C" style:family="table-cell"><style:text-properties fo:color="#006100"/>'
        '<style:table-cell-properties fo:background-color="#c6efce"/></style:style>'
    )
    cells = '<table:table-cell table:style-name="C" office:value-type="string"><text:p>ord</text:p></table:table-cell>'
    return odf(
        "spreadsheet", f'<table:table table:name="B"><table:table-row>{cells}</table:table-row></table:table>', style
    )


def slide_table() -> bytes:
    text = "<a:txBody><a:bodyPr/><a:p><a:r><a:t>ord</a:t></a:r></a:p></a:txBody>"
    fill = f"<a:tcPr>{FILLED.format('<a:srgbClr val=' + chr(34) + '9DC3E6' + chr(34) + '/>')}</a:tcPr>"
    table = f"<a:tbl><a:tblPr/><a:tr><a:tc>{text}{fill}</a:tc></a:tr></a:tbl>"
    return presentation(
        [("", f"<p:graphicFrame><a:graphic><a:graphicData>{table}</a:graphicData></a:graphic></p:graphicFrame>")]
    )


FILLED = "<a:solidFill>{}</a:solidFill>"
MADE = {
    # What it is made of; the ink, what is behind it, a line under, a line through.
    "docx red": (docx(paragraph("ord", look=RED)), "red", "", False, False),
    "docx green": (docx(paragraph("ord", look='<w:color w:val="00B050"/>')), "green", "", False, False),
    "docx blue": (docx(paragraph("ord", look='<w:color w:val="0070C0"/>')), "blue", "", False, False),
    "docx accent": (docx(paragraph("ord", look=THEME.format("ED7D31", "accent2"))), "orange", "", False, False),
    "docx theme": (docx(paragraph("ord", look=THEME.format("44546A", "text2"))), "", "", False, False),
    "docx grey": (docx(paragraph("ord", look='<w:color w:val="595959"/>')), "", "", False, False),
    "docx highlight": (docx(paragraph("ord", look='<w:highlight w:val="yellow"/>')), "", "yellow", False, False),
    "docx shaded run": (docx(paragraph("ord", look=SHADED.format("FFC7CE"))), "", "red", False, False),
    "docx shaded paragraph": (docx(paragraph("ord", SHADED.format("C6EFCE"))), "", "green", False, False),
    "docx cell": (docx(cell(paragraph("ord", look=RED), "FFC7CE")), "red", "red", False, False),
    "docx dark cell": (docx(cell(paragraph("ord", look='<w:color w:val="FFFFFF"/>'), "1F3864")), "", "blue", False, False),
    "docx underlined": (docx(paragraph("ordet", look='<w:u w:val="single"/>')), "", "", True, False),
    "docx not underlined": (docx(paragraph("ordet", look='<w:u w:val="none"/>')), "", "", False, False),
    "docx struck": (docx(paragraph("ordet", look=f"<w:strike/>{RED}")), "red", "", False, True),
    "xlsx red": (sheet('<color rgb="FFFF0000"/>'), "red", "", False, False),
    "xlsx indexed": (sheet('<color indexed="17"/>'), "green", "", False, False),
    "xlsx accent": (sheet('<color theme="4" tint="-0.25"/>'), "blue", "", False, False),
    "xlsx overdue": (sheet('<color rgb="FF9C0006"/>', 'rgb="FFFFC7CE"'), "red", "red", False, False),
    "xlsx filled by accent": (sheet("", 'theme="9" tint="0.6"'), "", "green", False, False),
    "xlsx filled by list": (sheet("", 'indexed="13"'), "", "yellow", False, False),
    "xlsx white on navy": (sheet('<color theme="0"/>', 'rgb="FF002060"'), "", "blue", False, False),
    "xlsx underlined": (sheet("<u/>", text="ordet"), "", "", True, False),
    "xlsx struck": (sheet("<strike/>", text="ordet"), "", "", False, True),
    "pptx red": (slide(FILLED.format('<a:srgbClr val="FF0000"/>')), "red", "", False, False),
    "pptx highlight": (slide('<a:highlight><a:srgbClr val="FFFF00"/></a:highlight>'), "", "yellow", False, False),
    "pptx underlined": (slide("", 'u="sng"'), "", "", True, False),
    "odt red": (text_in('fo:color="#c00000"'), "red", "", False, False),
    "odt highlight": (text_in('fo:background-color="#ffff00"'), "", "yellow", False, False),
    "rtf red": (rtf(rb"\cf1 ord"), "red", "", False, False),
    "rtf highlight": (rtf(rb"\highlight2 ord"), "", "yellow", False, False),
    "rtf underlined": (rtf(rb"\ul ordet"), "", "", True, False),
    "rtf not underlined": (rtf(rb"\ul a\ulnone  ordet"), "", "", False, False),
    "ods filled": (filled_ods(), "green", "green", False, False),
    "pptx cell": (slide_table(), "", "blue", False, False),
    "odt underlined": (text_in('style:text-underline-style="solid"'), "", "", True, False),
}  # fmt: skip


@pytest.mark.parametrize("name", MADE)
def test_a_copy_has_the_colours_and_lines_that_say_something(jail, name):
    content, ink, behind, underlined, struck = MADE[name]

    clean, report = cleaned(jail, content)

    seen = Seen(clean, "ordet" if "ordet" in text_of(clean) else "ord")
    assert (hue(seen.ink), hue(seen.behind), seen.underlined, seen.struck) == (ink, behind, underlined, struck)
    assert contrast(seen.ink, seen.behind) >= ENOUGH
    assert Lost.TEXT_COLOURS not in report.lost


def test_a_cell_without_text_keeps_its_colour(jail):
    clean, report = cleaned(jail, sheet("", 'rgb="FF00B050"', text=""))

    seen = Seen(clean, "3")
    left = seen.read.get_charbox(seen.first)[0]
    around = {hue(seen.at(left - back, seen.read.get_charbox(seen.first)[1] + 2)) for back in range(6, 30, 4)}
    assert around == {"green"}
    assert Lost.TEXT_COLOURS not in report.lost


def test_all_colours_of_letters_come_out_of_six(jail):
    many = [
        f"{red:02X}{green:02X}{blue:02X}" for red in (0, 70, 190) for green in (0, 90, 180) for blue in (0, 80, 170)
    ]
    letters = "".join(run(f"k{at:02d} ", f'<w:color w:val="{colour}"/>') for at, colour in enumerate(many))
    shaded = "".join(paragraph(f"m{at:02d}", look=SHADED.format(colour)) for at, colour in enumerate(many) if at)

    clean, _ = cleaned(jail, docx(f"<w:p>{letters}</w:p>{shaded}"))

    inks = {Seen(clean, f"k{at:02d}").ink for at in range(len(many))}
    tints = {Seen(clean, f"m{at:02d}").behind for at in range(1, len(many))}
    assert 5 <= len(inks) <= 7
    assert 5 <= len(tints) <= 7
    assert all(contrast(ink, tint) >= ENOUGH for ink in inks for tint in tints)


UNSEEN = {
    "docx white": docx(paragraph("syns") + paragraph("ord", look='<w:color w:val="FFFFFF"/>')),
    "docx fill": docx(paragraph("syns") + cell(paragraph("ord", look=RED), "C00000")),
    "docx highlight": docx(paragraph("syns") + paragraph("ord", look='<w:highlight w:val="darkRed"/>'
                                                                     '<w:color w:val="800000"/>')),
    "docx pale": docx(paragraph("syns") + paragraph("ord", look='<w:color w:val="FFF2E8"/>')),
    "xlsx fill": sheet('<color rgb="FFFF0000"/>', 'rgb="FFFA0505"'),
    "xlsx listed white": sheet('<color indexed="9"/>'),
    "xlsx accent on its value": sheet('<color theme="4"/>', 'rgb="FF4472C4"'),
    "xlsx tinted twice": sheet('<color theme="4" tint="0.4"/>', 'theme="4" tint="0.4"'),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSEEN)
def test_what_nobody_sees_is_not_made_seen_by_another_colour(jail, name):
    clean, _ = cleaned(jail, UNSEEN[name])

    assert "ord" not in text_of(clean)
    inks = pypdfium2.PdfDocument(clean)[0].render(scale=SCALE).to_pil().convert("RGB").getcolors(2**20)
    assert "docx" not in name or "fill" in name or not {hue(colour) for _, colour in inks} - {""}


def covered_cells(reds: str) -> bytes:
    """Return a document in which a cell is merged with the one above, whose colour is seen."""
    cells = f"<w:tc><w:tcPr><w:vMerge/>{SHADED.format(reds)}</w:tcPr><w:p/></w:tc><w:tc>{paragraph('tre')}</w:tc>"
    above = (
        f'<w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr>{paragraph("ett")}</w:tc><w:tc>{paragraph("två")}</w:tc>'
    )
    return docx(f"<w:tbl><w:tr>{above}</w:tr><w:tr>{cells}</w:tr></w:tbl>")


def under_a_shape(fill: str) -> bytes:
    """Return a sheet with an empty cell, B1, under a filled shape."""
    ends = "".join(
        f"<xdr:{end}><xdr:col>{column}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{row}</xdr:row><xdr:rowOff>0"
        f"</xdr:rowOff></xdr:{end}>"
        for end, column, row in (("from", 1, 0), ("to", 2, 1))
    )
    drawn = (
        '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://'
        f'schemas.openxmlformats.org/drawingml/2006/main"><xdr:twoCellAnchor>{ends}<xdr:sp><xdr:nvSpPr><xdr:cNvPr id="2" '
        'name="n"/><xdr:cNvSpPr/></xdr:nvSpPr><xdr:spPr><a:prstGeom prst="rect"/><a:solidFill><a:srgbClr val="FFFFFF"/>'
        "</a:solidFill></xdr:spPr></xdr:sp></xdr:twoCellAnchor></xdr:wsDr>"
    )
    whole = zipfile.ZipFile(io.BytesIO(sheet("", f'rgb="FF{fill}"', '<drawing r:id="d"/>', text="")))
    parts = {name: whole.read(name) for name in whole.namelist()}
    where = "xl/worksheets/_rels/sheet0.xml.rels"
    return zipped(parts | {"xl/drawings/d.xml": drawn, where: relations(("d", "drawing", "../drawings/d.xml"))})


def blanks(colour: str) -> bytes:
    return docx(f"<w:p>{run('ett')}{run(' ', f'<w:color w:val={chr(34)}{colour}{chr(34)}/>')}{run('två')}</w:p>")


@pytest.mark.parametrize("made", [covered_cells, under_a_shape, blanks])
def test_a_colour_that_nobody_sees_is_not_in_the_copy(jail, made):
    assert cleaned(jail, made("FF0000"))[0] == cleaned(jail, made("00B050"))[0]
