"""Text that is struck out says so in the copy: a struck amount must not read as one that holds."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import element, odf, paragraph, presentation, run, sheet_part, slide_part, word, workbook
from hostile.jail import Jail


def struck(text: str) -> str:
    return f"[överstruket / struck out: {text}]"


_ON, _OFF = "<w:strike/>", '<w:strike w:val="false"/>'
_WORD_STYLES = element(
    "w:styles",
    '<w:style w:type="character" w:styleId="Gone"><w:rPr><w:dstrike/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Void"><w:rPr><w:strike/></w:rPr></w:style>',
)
_WORD = {
    "a run": (paragraph("500 kr", look=_ON) + paragraph("900 kr"), f"{struck('500 kr')} 900 kr"),
    "a double line": (paragraph("500", look="<w:dstrike/>"), struck("500")),
    "a line that is off": (paragraph("500", look='<w:strike w:val="0"/>'), "500"),
    "a style": (paragraph("500", look='<w:rStyle w:val="Gone"/>'), struck("500")),
    "a paragraph's style": (
        f'<w:p><w:pPr><w:pStyle w:val="Void"/></w:pPr>{run("500")}{run(" 900", _OFF)}</w:p>',
        f"{struck('500')} 900",
    ),
    "runs of two looks": (
        f"<w:p>{run('Avgift ')}{run('500', _ON)}{run(' kr ', _ON + '<w:b/>')}{run('600 kr')}</w:p>",
        f"Avgift {struck('500 kr')} 600 kr",
    ),
    "nothing but a blank": (f"<w:p>{run('500')}{run(' ', _ON)}{run('kr')}</w:p>", "500 kr"),
    "two lines": (
        f"<w:p><w:r><w:rPr>{_ON}</w:rPr><w:t>500</w:t><w:br/><w:t>600</w:t></w:r></w:p>",
        struck("500 600"),
    ),
    "a cell": (
        f"<w:tbl><w:tr><w:tc>{paragraph('500', look=_ON)}</w:tc><w:tc>{paragraph('600')}</w:tc></w:tr></w:tbl>",
        f"{struck('500')} 600",
    ),
    "a change of the look": (
        paragraph("500", look='<w:rPrChange w:id="1" w:author="a"><w:rPr><w:strike/></w:rPr></w:rPrChange>'),
        "500",
    ),
}


def shown(jail: Jail, content: bytes) -> str:
    """Return the text of the copy; a line that was broken is one line."""
    clean, _ = cleaned(jail, content)
    return " ".join(text_of(clean).split())


@pytest.mark.parametrize("name", _WORD)
def test_struck_text_of_a_word_document_is_marked(jail, name):
    body, expected = _WORD[name]

    content = word(body, {"word/styles.xml": _WORD_STYLES}, ("s", "styles", "styles.xml"))

    assert shown(jail, content) == expected


def _text_style(name: str, properties: str, family: str = "text", parent: str = "") -> str:
    return (
        f'<style:style style:name="{name}" style:family="{family}" style:parent-style-name="{parent}">'
        f"<style:text-properties {properties}/></style:style>"
    )


_ODF_STYLES = (
    _text_style("Solid", 'style:text-line-through-style="solid"')
    + _text_style("Double", 'style:text-line-through-type="double"')
    + _text_style("Off", 'style:text-line-through-style="none" style:text-line-through-type="none"')
    + _text_style("Again", 'style:text-line-through-style="solid"', parent="Off")
    + _text_style("Void", 'style:text-line-through-style="solid" style:text-line-through-type="single"', "paragraph")
    + _text_style("VoidCell", 'style:text-line-through-style="solid"', "table-cell")
)


def _span(text: str, style: str) -> str:
    return f'<text:span text:style-name="{style}">{text}</text:span>'


_ODT = {
    "a line": (f"<text:p>Avgift {_span('500 kr', 'Solid')}, {_span('600', 'Double')}</text:p>",
               f"Avgift {struck('500 kr')}, {struck('600')}"),
    "a line that is off": (f"<text:p>{_span('500', 'Off')}</text:p>", "500"),
    "on again in a style of its own": (f"<text:p>{_span('500', 'Again')}</text:p>", struck("500")),
    "a paragraph": (
        f'<text:p text:style-name="Void">500<text:line-break/>600 {_span("700", "Off")}</text:p>',
        f"{struck('500 600')} 700",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _ODT)
def test_struck_text_of_an_opendocument_text_is_marked(jail, name):
    body, expected = _ODT[name]

    assert shown(jail, odf("text", body, _ODF_STYLES)) == expected


def test_struck_cells_of_an_opendocument_sheet_are_marked_also_by_the_style_of_their_row_or_column(jail):
    columns = '<table:table-column/><table:table-column table:default-cell-style-name="VoidCell"/><table:table-column/>'
    cells = (
        '<table:table-cell table:style-name="VoidCell"><text:p>1</text:p></table:table-cell>'
        "<table:table-cell><text:p>2</text:p></table:table-cell><table:table-cell><text:p>3</text:p></table:table-cell>"
    )
    row = '<table:table-row table:default-cell-style-name="VoidCell">'
    later = "<table:table-cell/><table:table-cell/><table:table-cell><text:p>4</text:p></table:table-cell>"
    sheet = (
        f'<table:table table:name="Blad">{columns}<table:table-row>{cells}</table:table-row>'
        f"{row}{later}</table:table-row></table:table>"
    )

    assert shown(jail, odf("spreadsheet", sheet, _ODF_STYLES)) == (f"Blad {struck('1')} {struck('2')} 3 {struck('4')}")


def test_struck_text_of_an_opendocument_slide_is_marked(jail):
    frame = f"<draw:frame><draw:text-box><text:p>{_span('500', 'Solid')} 600</text:p></draw:text-box></draw:frame>"

    content = odf("presentation", f"<draw:page>{frame}</draw:page>", _ODF_STYLES)

    assert shown(jail, content) == f"Textruta / Text box {struck('500')} 600"


_STRUCK = 'strike="sngStrike"'


def _slide(*paragraphs: str, styles: str = "") -> bytes:
    body = f"<p:txBody><a:bodyPr/>{styles}{''.join(f'<a:p>{one}</a:p>' for one in paragraphs)}</p:txBody>"
    return presentation([("", f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="n"/></p:nvSpPr><p:spPr/>{body}</p:sp>')])


def _text(text: str, look: str = "") -> str:
    return f"<a:r><a:rPr {look}/><a:t>{text}</a:t></a:r>"


_SLIDES = {
    "a run": (_slide(_text("500 ", _STRUCK) + _text("kr", _STRUCK + ' b="1"') + _text(" 600")),
              f"{struck('500 kr')} 600"),
    "a double line": (_slide(_text("500", 'strike="dblStrike"')), struck("500")),
    "a line that is off": (_slide(_text("500", 'strike="noStrike"')), "500"),
    "two lines": (_slide(f"{_text('500', _STRUCK)}<a:br><a:rPr {_STRUCK}/></a:br>{_text('600', _STRUCK)}"),
                  struck("500 600")),
    "the style of the text": (
        _slide(
            _text("500") + _text(" 600", 'strike="noStrike"'),
            f'<a:pPr lvl="1"/>{_text("700")}',
            styles=f"<a:lstStyle><a:lvl1pPr><a:defRPr {_STRUCK}/></a:lvl1pPr></a:lstStyle>",
        ),
        f"{struck('500')} 600 700",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _SLIDES)
def test_struck_text_of_a_slide_is_marked(jail, name):
    content, expected = _SLIDES[name]

    assert shown(jail, content) == expected


def test_struck_text_of_a_diagram_is_marked(jail):
    diagram = (
        '<dgm:dataModel xmlns:dgm="http://schemas.openxmlformats.org/drawingml/2006/diagram" xmlns:a="http://schemas.'
        f'openxmlformats.org/drawingml/2006/main"><a:p>{_text("500", _STRUCK)}</a:p><a:p>{_text("600")}</a:p></dgm:dataModel>'
    )
    frame = (
        '<p:graphicFrame><a:graphic><a:graphicData><dgm:relIds xmlns:dgm="http://schemas.openxmlformats.org/drawingml/'
        '2006/diagram" r:dm="d"/></a:graphicData></a:graphic></p:graphicFrame>'
    )
    named = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="d" Type="'
        'http://schemas.openxmlformats.org/officeDocument/2006/relationships/diagramData" Target="../diagrams/data1.xml"/>'
        "</Relationships>"
    )

    content = presentation([("", frame)], {"ppt/diagrams/data1.xml": diagram}, {0: named})

    assert shown(jail, content).endswith(f"{struck('500')} · 600")


def test_struck_text_of_the_notes_of_a_slide_is_marked(jail):
    notes = f"<p:sp><p:nvSpPr/><p:spPr/><p:txBody><a:p>{_text('500', _STRUCK)}</a:p></p:txBody></p:sp>"
    parts = {"ppt/notesSlides/notesSlide1.xml": slide_part("notes", f"<p:cSld><p:spTree>{notes}</p:spTree></p:cSld>")}
    named = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="n" Type="'
        'http://schemas.openxmlformats.org/officeDocument/2006/relationships/notesSlide" Target="../notesSlides/notesSlide1'
        '.xml"/></Relationships>'
    )

    assert struck("500") in shown(jail, presentation([("", "")], parts, {0: named}))


_SHEET_STYLES = sheet_part(
    "styleSheet",
    '<fonts><font/><font><strike/></font><font><strike val="0"/></font></fonts><fills><fill/></fills>'
    '<cellXfs><xf fontId="0"/><xf fontId="1"/><xf fontId="2"/></cellXfs>',
)
_STRINGS = sheet_part(
    "sst",
    "<si><t>800</t></si><si><r><t>500 </t></r><r><rPr><strike/></rPr><t>600</t></r>"
    '<r><rPr><strike val="false"/></rPr><t> 700</t></r></si>',
)
_CELLS = {
    "a number": ('<c s="1"><v>500</v></c>', struck("500")),
    "a line that is off": ('<c s="2"><v>500</v></c>', "500"),
    "a text": ('<c s="1" t="s"><v>0</v></c>', struck("800")),
    "parts of a text": ('<c t="s"><v>1</v></c>', f"500 {struck('600')} 700"),
    "parts of a text in a struck cell": ('<c s="1" t="s"><v>1</v></c>', f"{struck('500 600')} 700"),
    "parts of a text in the cell itself": (
        '<c t="inlineStr"><is><r><rPr><strike/></rPr><t>500</t></r><r><t> 600</t></r></is></c>',
        f"{struck('500')} 600",
    ),
}


@pytest.mark.parametrize("name", _CELLS)
def test_struck_text_of_a_workbook_is_marked(jail, name):
    cell, expected = _CELLS[name]

    content = workbook(
        [("Blad", "visible", f"<sheetData><row>{cell}</row></sheetData>")],
        {"xl/styles.xml": _SHEET_STYLES, "xl/sharedStrings.xml": _STRINGS},
        ("st", "styles", "styles.xml"),
        ("ss", "sharedStrings", "sharedStrings.xml"),
    )

    assert shown(jail, content) == f"Blad {expected}"


_RTF = {
    "a line": (r"Avgift {\strike 500 {\b kr}} 600", f"Avgift {struck('500 kr')} 600"),
    "a double line": (r"\striked1 500\striked0  600", f"{struck('500')} 600"),
    "off by a word for all": (r"\strike 500\plain  600", f"{struck('500')} 600"),
    "off by a number": (r"\strike 500\strike0  600", f"{struck('500')} 600"),
}


@pytest.mark.parametrize("name", _RTF)
def test_struck_text_of_rich_text_is_marked(jail, name):
    body, expected = _RTF[name]

    assert shown(jail, rf"{{\rtf1\ansi\pard {body}\par}}".encode()) == expected
