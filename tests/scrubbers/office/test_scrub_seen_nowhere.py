"""What no reader is shown of an office document by where it stands: caches of charts, rows of a hair, off the page."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import (
    paragraph,
    presentation,
    relations,
    shape,
    word,
    workbook,
)  # fmt: skip

from trusted.jail.stages import OfficeDocument, What

C = 'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
FILTERED = (
    '<c:extLst><c:ext uri="u"><c15:filteredBarSeries xmlns:c15="http://schemas.microsoft.com/office/drawing/2012/chart">'
    "<c15:ser>{}</c15:ser></c15:filteredBarSeries></c:ext></c:extLst>"
)


FROM_CELLS = (
    '<c:dLbls><c:extLst><c:ext uri="u"><c15:showDataLabelsRange xmlns:c15="http://schemas.microsoft.com/office/drawing/2012/chart"'
    ' val="1"/></c:ext></c:extLst></c:dLbls>'
)
LABELS = (
    '<c:extLst><c:ext uri="l"><c15:datalabelsRange xmlns:c15="http://schemas.microsoft.com/office/drawing/2012/chart">'
    "<c15:dlblRangeCache><c:pt><c:v>{}</c:v></c:pt></c15:dlblRangeCache></c15:datalabelsRange></c:ext></c:extLst>"
)


def cache(name: str, value: str) -> str:
    return f"<c:{name}><c:strRef><c:strCache><c:pt><c:v>{value}</c:v></c:pt></c:strCache></c:strRef></c:{name}>"


def series(name: str, category: str = "", about: str = "", place: int = 0) -> str:
    made = f'<c:idx val="{place}"/>' + cache("tx", name) + about + (cache("cat", category) if category else "")
    return (
        f"<c:ser>{made}<c:val><c:numRef><c:numCache><c:pt><c:v>42</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser>"
    )


def chart(inside: str, behind: str = "", axes: str = "", kind: str = "barChart") -> bytes:
    """A slide with a chart: what is in its group, and what stands behind the plot."""
    part = (
        f'<?xml version="1.0"?><c:chartSpace {C}><c:chart><c:autoTitleDeleted val="1"/><c:plotArea>'
        f'<c:{kind}>{inside}<c:axId val="1"/><c:axId val="2"/></c:{kind}>{axes}</c:plotArea>{behind}</c:chart></c:chartSpace>'
    )
    frame = "<p:graphicFrame><a:graphic><a:graphicData><c:chart r:id='c'/></a:graphicData></a:graphic></p:graphicFrame>"
    return presentation(
        [("", shape("Synlig") + frame)], {"ppt/charts/c.xml": part}, {0: relations(("c", "chart", "../charts/c.xml"))}
    )


LEGEND = "<c:legend/>"
DELETED = '<c:catAx><c:axId val="1"/><c:delete val="1"/></c:catAx>'
ROWS = '<row r="1"><c r="A1" t="str"><v>Synlig</v></c></row>'


def sheet(rows: str, columns: str = "", merged: str = "") -> bytes:
    cols = f"<cols>{columns}</cols>" if columns else ""
    merges = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    return workbook([("Blad", "visible", f"{cols}<sheetData>{rows}</sheetData>{merges}")])


def on_sheet(text: str) -> bytes:
    """A text box over columns C and D, which are hidden."""
    corner = "<xdr:{0}><xdr:col>{1}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{2}</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:{0}>"
    anchor = (
        '<?xml version="1.0"?><xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:twoCellAnchor>'
        f"{corner.format('from', 2, 3)}{corner.format('to', 4, 6)}<xdr:sp><xdr:nvSpPr><xdr:cNvPr id='1' name='n'/></xdr:nvSpPr>"
        f"<xdr:spPr/><xdr:txBody><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:twoCellAnchor></xdr:wsDr>"
    )
    inside = f'<cols><col min="3" max="4" width="9" hidden="1"/></cols><sheetData>{ROWS}</sheetData><drawing r:id="d"/>'
    return workbook(
        [("Blad", "visible", inside)],
        {"xl/worksheets/_rels/sheet0.xml.rels": relations(("d", "drawing", "../d.xml")), "xl/d.xml": anchor},
    )


def group(text: str, left: int) -> bytes:
    """A group on a slide with a shape far outside of it."""
    at = f'<a:xfrm><a:off x="{left}" y="0"/><a:ext cx="2000000" cy="900000"/></a:xfrm>'
    frame = (
        '<a:xfrm><a:off x="0" y="0"/><a:ext cx="4000000" cy="2000000"/><a:chOff x="0" y="0"/>'
        '<a:chExt cx="4000000" cy="2000000"/></a:xfrm>'
    )
    inside = shape("Synlig", fill=at.replace(str(left), "0")) + shape(text, fill=at)
    return presentation([("", f"<p:grpSp><p:grpSpPr>{frame}</p:grpSpPr>{inside}</p:grpSp>")])


HIDDEN = {
    "a filtered series": lambda text: chart(series("Synlig"), LEGEND + FILTERED.format(cache("tx", text))),
    "a filtered series that has labels": lambda text: chart(
        series("Synlig", about=FROM_CELLS), LEGEND + FILTERED.format(cache("tx", text) + LABELS.format(text))
    ),
    "labels of a series that does not show them": lambda text: chart(
        series("Synlig", about=FROM_CELLS) + series("Bredvid", about=LABELS.format(text), place=1), LEGEND
    ),
    "the words of another series than the axis shows": lambda text: chart(
        series("Synlig", "Ord") + series("Bredvid", text, place=1), LEGEND
    ),
    "a name beside a legend of slices": lambda text: chart(series(text, "Ord"), LEGEND + "<c:title><c:tx/></c:title>", kind="pieChart"),
    "a name without a legend": lambda text: chart(series(text) + series(text)),
    "a name that the legend leaves out": lambda text: chart(
        series("Synlig") + series(text, place=1),
        '<c:legend><c:legendEntry><c:idx val="1"/><c:delete val="1"/></c:legendEntry></c:legend>',
    ),
    "the words of an axis that is deleted": lambda text: chart(series("Synlig", text), LEGEND, DELETED),
    "a label that is deleted": lambda text: chart(
        series("Synlig", about=f'<c:dLbls><c:dLbl><c:delete val="1"/><c:tx><a:t>{text}</a:t></c:tx></c:dLbl></c:dLbls>'), LEGEND
    ),
    "slices without a legend": lambda text: chart(series("Synlig", text), kind="pieChart"),
    "a row of half a point": lambda text: sheet(
        ROWS + f'<row r="2" ht="0.5" customHeight="1"><c r="A2" t="str"><v>{text}</v></c></row>'
    ),
    "merged from a column without width": lambda text: sheet(
        f'<row r="1"><c r="A1" t="str"><v>{text}</v></c></row><row r="2"><c r="B2" t="str"><v>Synlig</v></c></row>',
        '<col min="1" max="1" width="0" customWidth="1"/>', "A1:B1",
    ),
    "a shape in hidden columns": on_sheet,
    "letters raised off the page": lambda text: word(paragraph("Synlig") + paragraph(text, "", '<w:position w:val="3000"/>')),
    "letters lowered off the page": lambda text: word(paragraph("Synlig") + paragraph(text, "", '<w:position w:val="-3000"/>')),
    "set in beyond the page": lambda text: word(paragraph("Synlig") + paragraph(text, '<w:ind w:left="30000"/>')),
    "set out before the page": lambda text: word(paragraph("Synlig") + paragraph(text, '<w:ind w:left="-20000"/>')),
    "a first line before the page": lambda text: word(paragraph("Synlig") + paragraph(text, '<w:ind w:hanging="20000"/>')),
    "far to the right of its group": lambda text: group(text, 20_000_000),
    "far to the left of its group": lambda text: group(text, -9_000_000),
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_two_documents_that_look_the_same_come_out_the_same(jail, name):
    first, report = cleaned(jail, HIDDEN[name]("Anna"))
    second, _ = cleaned(jail, HIDDEN[name]("Bo Ek 1985"))

    assert first == second
    assert "Anna" not in text_of(first)
    assert {What.HIDDEN_TEXT, What.HIDDEN_DRAWING} & {found.what for found in report.removed}


SHOWN = {
    "labels from cells": chart(series("Synlig", about=FROM_CELLS + LABELS.format("Avtal")), LEGEND),
    "slices by their names in the legend": chart(series("x", "Avtal"), LEGEND, kind="pieChart"),
    "a text in the place of a formula's value": sheet('<row r="1"><c r="A1" t="inlineStr"><f>B1</f><is><t>Avtal</t></is></c></row>'),
    "a name in the legend": chart(series("Avtal") + series("b"), LEGEND),
    "the words of an axis": chart(series("x", "Avtal"), LEGEND, DELETED.replace('val="1"/></c:catAx', 'val="0"/></c:catAx')),
    "slices with their names on them": chart(
        series("Synlig", "Avtal", '<c:dLbls><c:showCatName val="1"/></c:dLbls>'), kind="pieChart"
    ),
    "the name of the only series as the title": chart(series("Avtal"), "<c:title/>"),
    "a row of six points": sheet('<row r="2" ht="6"><c r="A2" t="str"><v>Avtal</v></c></row>'),
    "merged from a hidden column": sheet(
        '<row r="1"><c r="A1" t="str"><v>Avtal</v></c></row>', '<col min="1" max="1" width="9" hidden="1"/>', "A1:B1"
    ),
    "raised and set in as people do": word(paragraph("Avtal", '<w:ind w:left="2000" w:hanging="400"/>', '<w:position w:val="12"/>')),
    "a little outside of its group": group("Avtal", 5_000_000),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_drawn_is_in_the_copy(jail, name):
    assert "Avtal" in text_of(cleaned(jail, SHOWN[name])[0])


def floating(place: str, text: str = "", *, behind: bool = False, height: int = 1, fill: str = "FFFFFF") -> str:
    """A box in a text that keeps its lines away, so many points from the left of the page."""
    words = f"<wps:txbx><w:txbxContent>{paragraph(text)}</w:txbxContent></wps:txbx>" if text else ""
    return (
        f'<w:p><w:r><w:drawing><wp:anchor behindDoc="{int(behind)}" relativeHeight="{height}">'
        f'<wp:positionH relativeFrom="page"><wp:posOffset>{place}</wp:posOffset></wp:positionH>'
        '<wp:positionV relativeFrom="page"><wp:posOffset>0</wp:posOffset></wp:positionV>'
        '<wp:extent cx="2000000" cy="900000"/><wp:wrapSquare/><wp:docPr id="1" name="n"/><a:graphic><a:graphicData uri="w">'
        f'<wps:wsp><wps:spPr><a:prstGeom prst="rect"/><a:solidFill><a:srgbClr val="{fill}"/></a:solidFill></wps:spPr>{words}'
        "</wps:wsp></a:graphicData></a:graphic></wp:anchor></w:drawing></w:r></w:p>"
    )


def test_a_box_behind_an_opaque_shape_refuses_the_document_and_one_beside_it_stays(jail):
    box = floating("0", "Anna", behind=True)
    with pytest.raises(OfficeDocument):
        cleaned(jail, word(box + floating("500000", height=9)))
    beside, _ = cleaned(jail, word(box + floating("3000000", height=9)))
    by_paragraph = box.replace('positionV relativeFrom="page"', 'positionV relativeFrom="paragraph"')
    with pytest.raises(OfficeDocument):
        cleaned(jail, word(by_paragraph + floating("500000", height=9)))
    assert "Anna" in text_of(cleaned(jail, word(by_paragraph + floating("3000000", height=9)))[0])
    assert "Anna" in text_of(beside)
