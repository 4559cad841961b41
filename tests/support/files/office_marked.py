"""Office documents with a marker in every place that nobody sees. Each comes with its markers."""

from __future__ import annotations

from typing import TypeAlias

from files.office_jail import marker
from files.office_samples import (
    drawing,
    element,
    odf,
    odf_root,
    paragraph,
    photograph,
    presentation,
    relations,
    run,
    shape,
    sheet_part,
    slide_part,
    word,
    workbook,
)

Marked: TypeAlias = tuple[bytes, list[str]]


class Markers:
    """Gives one after the other."""

    def __init__(self, first: int) -> None:
        self._first = first
        self.made: list[str] = []

    def __call__(self) -> str:
        self.made.append(marker(self._first + len(self.made)))
        return self.made[-1]


SEEN = "Räkningen delades i tre."
HIDDEN = "<w:vanish/>"


def marked_word() -> Marked:
    """A Word document."""
    m = Markers(990000)
    body = (
        paragraph(SEEN, f'<w:rPr><w:ins w:author="{m()}" w:date="{m()}"/></w:rPr>')
        + f'<w:p w:rsidR="{m()}"><w:del w:author="{m()}" w:date="2026"><w:r><w:delText>{m()}</w:delText></w:r></w:del></w:p>'
        + f"<w:moveFrom>{paragraph(m())}</w:moveFrom>"
        + paragraph(m(), look=HIDDEN)
        + paragraph(m(), '<w:pStyle w:val="Gone"/>')
        + paragraph(m(), look='<w:color w:val="FFFFFF"/>')
        + paragraph(m(), look='<w:sz w:val="2"/>')
        + f'<w:p><w:bookmarkStart w:id="1" w:name="{m()}"/><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>'
        + f'INCLUDETEXT {m()}</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("Fältet.")}<w:r>'
        + '<w:fldChar w:fldCharType="end"/></w:r></w:p>'
        + f'<w:p><w:commentRangeStart w:id="0"/>{run("Sagt.")}<w:r><w:commentReference w:id="0"/></w:r></w:p>'
        + f'<w:p><w:hyperlink r:id="web" w:tooltip="{m()}">{run("Länken.")}</w:hyperlink></w:p>'
        + f'<w:p>{drawing("pic", alt=m())}{drawing("pic2", alt=m(), hidden=True)}</w:p>'
        + f'<w:sdt><w:sdtPr><w:alias w:val="{m()}"/><w:tag w:val="{m()}"/></w:sdtPr><w:sdtContent>{paragraph("Rutan.")}'
        + "</w:sdtContent></w:sdt>"
        + f'<w:tbl><w:tblPr><w:tblCaption w:val="{m()}"/></w:tblPr><w:tr><w:trPr><w:hidden/></w:trPr><w:tc>{paragraph(m())}'
        + f'</w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr>{paragraph(m())}</w:tc><w:tc>{paragraph("Cellen.")}</w:tc>'
        + f'</w:tr></w:tbl><w:p><w:r><w:object><o:OLEObject ProgID="{m()}" r:id="ole"/></w:object></w:r></w:p>'
        + f'<!-- {m()} --><?pi {m()}?><w:sectPr><w:headerReference w:type="first" r:id="head"/></w:sectPr>'
    )  # fmt: skip
    parts: dict[str, str | bytes] = {
        "docProps/core.xml": (
            '<cp:coreProperties xmlns:cp="c" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:t="t">'
            f"<dc:creator>{m()}</dc:creator><dc:title>{m()}</dc:title><cp:lastModifiedBy>{m()}</cp:lastModifiedBy>"
            f"<t:created>{m()}</t:created></cp:coreProperties>"
        ),
        "docProps/app.xml": f"<Properties><Company>{m()}</Company><Template>{m()}</Template></Properties>",
        "docProps/custom.xml": f'<Properties><property name="{m()}"><v>{m()}</v></property></Properties>',
        "docProps/thumbnail.jpeg": photograph(m()),
        "word/comments.xml": element("w:comments", f'<w:comment w:author="{m()}">{paragraph(m())}</w:comment>'),
        "word/settings.xml": element("w:settings", f'<w:rsids><w:rsid w:val="{m()}"/></w:rsids>'),
        "word/styles.xml": element(
            "w:styles",
            f'<w:style w:type="paragraph" w:styleId="Gone"><w:name w:val="{m()}"/><w:rPr>{HIDDEN}</w:rPr></w:style>',
        ),
        "word/fontTable.xml": element("w:fonts", f'<w:font w:name="{m()}"/>'),
        "word/theme/theme1.xml": f"<t>{m()}</t>",
        "word/header1.xml": element("w:hdr", paragraph(m())),
        "word/footnotes.xml": element("w:footnotes", f'<w:footnote w:id="7">{paragraph(m())}</w:footnote>'),
        "word/vbaProject.bin": m().encode(),
        "word/embeddings/oleObject1.bin": m().encode(),
        "word/media/image1.jpeg": photograph(m()),
        "word/media/image2.jpeg": photograph(m()),
        "customXml/item1.xml": f"<x>{m()}</x>",
        "word/unused.xml": element("w:document", paragraph(m())),
    }
    named = (
        ("web", "hyperlink", f"https://example.org/{m()}"),
        ("tpl", "attachedTemplate", f"file:///c:/{m()}"),
        ("pic", "image", "media/image1.jpeg"),
        ("pic2", "image", "media/image2.jpeg"),
        ("ole", "oleObject", "embeddings/oleObject1.bin"),
        ("head", "header", "header1.xml"),
        ("notes", "footnotes", "footnotes.xml"),
        ("styles", "styles", "styles.xml"),
        ("set", "settings", "settings.xml"),
    )
    comment = m().encode()
    return word(body, parts, *named, comment=comment, time=(2026, 3, 14, 9, 26, 52)), m.made


ODF_STYLES = (
    '<style:style style:name="Gone" style:family="text"><style:text-properties text:display="none"/></style:style>'
    '<style:style style:name="White" style:family="text"><style:text-properties fo:color="#ffffff"/></style:style>'
    '<style:style style:name="Off" style:family="table"><style:table-properties table:display="false"/></style:style>'
    '<style:style style:name="Skip" style:family="drawing-page"><style:drawing-page-properties '
    'presentation:visibility="hidden"/></style:style>'
    '<style:style style:name="Bold" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'
    '<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1" '
    'style:num-suffix="."/><text:list-level-style-bullet text:level="2" text:bullet-char="–"/></text:list-style>'
)


def odf_paragraph(text: str, style: str = "") -> str:
    return f'<text:p>{f"""<text:span text:style-name="{style}">{text}</text:span>""" if style else text}</text:p>'


def marked_text() -> Marked:
    """An OpenDocument text."""
    m = Markers(980000)
    changes = (
        "<text:tracked-changes><text:changed-region><text:deletion><office:change-info>"
        f"<dc:creator>{m()}</dc:creator><dc:date>{m()}</dc:date></office:change-info>{odf_paragraph(m())}</text:deletion>"
        "</text:changed-region></text:tracked-changes>"
    )
    body = (
        changes
        + odf_paragraph("Räkningen delades.")
        + odf_paragraph(m(), "Gone")
        + odf_paragraph(m(), "White")
        + f'<text:section text:display="none">{odf_paragraph(m())}</text:section>'
        + f"<text:p>Sagt<office:annotation><dc:creator>{m()}</dc:creator>{odf_paragraph(m())}</office:annotation>.</text:p>"
        + f'<text:p><text:hidden-text text:string-value="{m()}">{m()}</text:hidden-text></text:p>'
        + f'<text:p><text:a xlink:href="https://example.org/{m()}">Länken.</text:a><text:bookmark text:name="{m()}"/></text:p>'
        + f'<draw:frame draw:name="{m()}" svg:width="4cm" svg:height="2cm"><draw:image xlink:href="Pictures/a.jpg"/>'
        + f"<svg:title>{m()}</svg:title><svg:desc>{m()}</svg:desc></draw:frame>"
        + f'<office:forms><x name="{m()}"/></office:forms>'
    )
    parts = {
        "Pictures/a.jpg": photograph(m()),
        "Thumbnails/thumbnail.png": m().encode(),
        "Basic/Standard/Module1.xml": m(),
        "meta.xml": odf_root(
            "document-meta",
            f"<office:meta><dc:creator>{m()}</dc:creator><meta:generator>{m()}</meta:generator></office:meta>",
        ),
        "settings.xml": m(),
        "styles.xml": odf_root(
            "document-styles",
            f'<office:master-styles><style:master-page style:name="{m()}"><style:header style:display="false">{odf_paragraph(m())}'
            "</style:header></style:master-page></office:master-styles>",
        ),
    }
    return odf("text", body, ODF_STYLES, parts), m.made


RTF_HEAD = (
    r"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Cyr;}{\f2\fcharset128 Jp;}}"
    r"{\colortbl;\red255\green255\blue255;\red10\green0\blue0;}"
)


def rtf(body: str) -> bytes:
    return f"{RTF_HEAD}{body}}}".encode("latin-1")


def marked_rich_text() -> Marked:
    """A Rich Text document."""
    m = Markers(950000)
    body = (
        rf"{{\info{{\author {m()}}}{{\title {m()}}}{{\operator {m()}}}}}{{\stylesheet{{\s1 {m()};}}}}"
        rf"{{\*\generator {m()};}}{{\*\rsidtbl\rsid1}}{{\*\userprops{{\propname {m()}}}}}{{\*\unknown {m()}}}"
        rf"\pard R\'e4kningen.\par{{\v {m()}}}{{\deleted {m()}}}{{\cf1 {m()}}}{{\fs2 {m()}}}\par"
        rf"{{\*\bkmkstart {m()}}}Sagt{{\*\atnauthor {m()}}}{{\*\annotation {m()}}}.\par"
        rf"{{\field{{\*\fldinst HYPERLINK {m()}}}{{\fldrslt L\'e4nken.}}}}\par"
        rf"{{\object\objemb{{\*\objclass {m()}}}{{\*\objdata {m()}}}{{\result Objektet.}}}}\par"
        rf"{{\pict\jpegblip\picwgoal2000\pichgoal1000 {photograph(m()).hex()}}}\par"
        rf"{{\*\datastore {m()}}}{{\*\themedata {m()}}}"
    )
    return rtf(body) + m().encode(), m.made


def text_cell(place: str, text: str, more: str = "") -> str:
    return f'<c r="{place}" t="inlineStr" {more}><is><t>{text}</t></is></c>'


def row(*cells: str, more: str = "") -> str:
    return f"<row {more}>{''.join(cells)}</row>"


SHEET_STYLES = sheet_part(
    "styleSheet",
    '<numFmts><numFmt numFmtId="200" formatCode="#,##0 &quot;kr&quot;"/><numFmt numFmtId="201" formatCode=";;;"/></numFmts>'
    '<fonts><font/><font><color rgb="FFFFFFFF"/></font></fonts><fills><fill><patternFill patternType="none"/></fill></fills>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="200"/><xf numFmtId="201"/><xf numFmtId="14"/>'
    '<xf numFmtId="0" fontId="1" fillId="0"/></cellXfs>',
)


def marked_workbook() -> Marked:
    """An Excel workbook."""
    m = Markers(970000)
    seen = (
        '<cols><col min="2" max="2" hidden="1"/></cols><sheetData>'
        + row(text_cell("A1", "Namn"), text_cell("B1", m()), text_cell("C1", "Summa"))
        + row(text_cell("A2", m()), more='hidden="1"')
        + row(
            '<c r="A3" t="s"><v>0</v></c>',
            f'<c r="C3" s="1"><f>SUM({m()})</f><v>12500</v></c>',
            text_cell("D3", m(), 's="2"'),
            text_cell("E3", m(), 's="4"'),
        )
        + row('<c r="A4" s="3"><v>45000</v></c>', text_cell("D4", "Ihop"), text_cell("E4", m()))
        + '</sheetData><mergeCells><mergeCell ref="D4:E4"/></mergeCells>'
        + f"<conditionalFormatting><cfRule><formula>{m()}</formula></cfRule></conditionalFormatting>"
        + f"<dataValidations><dataValidation prompt='{m()}'/></dataValidations><drawing r:id='d'/>"
    )
    hidden = "<sheetData>" + row(text_cell("A1", m())) + "</sheetData>"
    parts = {
        "xl/sharedStrings.xml": sheet_part(
            "sst", f"<si><t>Bygg AB</t><rPh><t>{m()}</t></rPh></si><si><t>{m()}</t></si>"
        ),
        "xl/styles.xml": SHEET_STYLES,
        "xl/comments1.xml": sheet_part("comments", f"<authors><author>{m()}</author></authors><t>{m()}</t>"),
        "xl/persons/person.xml": f"<a>{m()}</a>",
        "xl/vbaProject.bin": m().encode(),
        "xl/externalLinks/externalLink1.xml": f"<a>{m()}</a>",
        "xl/pivotCache/pivotCacheRecords1.xml": f"<a>{m()}</a>",
        "xl/printerSettings/printerSettings1.bin": m().encode(),
        "docProps/app.xml": f"<Properties><Company>{m()}</Company></Properties>",
        "customXml/item1.xml": f"<a>{m()}</a>",
        "xl/worksheets/_rels/sheet0.xml.rels": relations(("d", "drawing", "../drawings/drawing1.xml")),
        "xl/drawings/drawing1.xml": (
            '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://'
            'schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/'
            f'2006/relationships"><xdr:twoCellAnchor><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="1" name="{m()}" descr="{m()}"/>'
            '</xdr:nvPicPr><xdr:blipFill><a:blip r:embed="i"/></xdr:blipFill></xdr:pic></xdr:twoCellAnchor></xdr:wsDr>'
        ),
        "xl/drawings/_rels/drawing1.xml.rels": relations(("i", "image", "../media/image1.jpeg")),
        "xl/media/image1.jpeg": photograph(m()),
    }
    content = workbook(
        [("Synlig", "visible", seen), ("Dold", "veryHidden", hidden)],
        parts,
        ("str", "sharedStrings", "sharedStrings.xml"),
        ("sty", "styles", "styles.xml"),
    )
    return content, m.made


def marked_presentation() -> Marked:
    """A PowerPoint presentation."""
    m = Markers(960000)
    white = '<a:solidFill><a:srgbClr val="FFFFFF"/></a:solidFill>'
    picture = (
        f'<p:pic><p:nvPicPr><p:cNvPr id="4" name="{m()}" descr="{m()}"/></p:nvPicPr><p:blipFill><a:blip r:embed="i"/>'
        "</p:blipFill><p:spPr/></p:pic>"
    )
    film = f'<p:pic><p:nvPicPr><p:cNvPr id="5" name="a"/><p:nvPr><a:videoFile r:link="{m()}"/></p:nvPr></p:nvPicPr></p:pic>'
    first = (
        shape("Rubriken", place="title")
        + shape("Texten")
        + shape(m(), about='hidden="1"')
        + shape(m(), look=white, fill="<a:noFill/>")
        + shape("Vitt på mörkt", look=white, fill="<a:solidFill/>")
        + shape(m(), place="sldNum")
        + picture
        + film
        + f'<p:extLst><p:ext uri="{m()}"/></p:extLst>'
    )
    parts = {
        "ppt/media/image1.jpeg": photograph(m()),
        "ppt/notesSlides/notesSlide1.xml": slide_part(
            "notes", f"<p:cSld><p:spTree>{shape('Sägs.', place='body')}</p:spTree></p:cSld>"
        ),
        "ppt/comments/comment1.xml": f"<a>{m()}</a>",
        "ppt/commentAuthors.xml": f"<a>{m()}</a>",
        "ppt/slideLayouts/slideLayout1.xml": slide_part(
            "sldLayout", f"<p:cSld><p:spTree>{shape(m(), place='body')}{shape('Ludvika')}</p:spTree></p:cSld>"
        ),
        "ppt/slideLayouts/slideLayout2.xml": slide_part(
            "sldLayout", f"<p:cSld><p:spTree>{shape(m())}</p:spTree></p:cSld>"
        ),
        "ppt/embeddings/Microsoft_Excel_Sheet1.xlsx": m().encode(),
        "docProps/core.xml": f'<a xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>{m()}</dc:creator></a>',
    }
    named = relations(
        ("i", "image", "../media/image1.jpeg"),
        ("n", "notesSlide", "../notesSlides/notesSlide1.xml"),
        ("l", "slideLayout", "../slideLayouts/slideLayout1.xml"),
    )
    content = presentation([("", first), ('show="0"', shape(m())), ("", shape("Sist"))], parts, {0: named})
    return content, m.made
