"""What of a Word document nobody sees by its colour, its height or its place; and what is seen in spite of one of them."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import element, paragraph, run, word

from trusted.jail.stages import OfficeDocument, What

RED = '<w:color w:val="FF0000"/>'
WHITE = '<w:color w:val="FFFFFF"/>'
ON_RED = '<w:shd w:val="clear" w:color="auto" w:fill="FF0000"/>'
ON_BLUE = '<w:shd w:val="clear" w:color="auto" w:fill="1F3864"/>'
LOW = '<w:spacing w:line="20" w:lineRule="exact"/>'
ROW = '<w:trPr><w:trHeight w:val="20" w:hRule="exact"/></w:trPr>'


def cell(text: str, about: str = "", look: str = "") -> str:
    return f"<w:tc><w:tcPr>{about}</w:tcPr>{paragraph(text, '', look)}</w:tc>"


def table(*rows: str, about: str = "") -> str:
    return f"<w:tbl><w:tblPr>{about}</w:tblPr>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


def after(body: str) -> bytes:
    return word(paragraph("Synlig") + body)


def styled(properties: str, look: str, text: str, own: str = "") -> bytes:
    styles = f'<w:style w:type="paragraph" w:styleId="s"><w:pPr>{properties}</w:pPr><w:rPr>{look}</w:rPr></w:style>'
    body = paragraph("Synlig") + paragraph(text, f'<w:pStyle w:val="s"/>{own}')
    return word(body, {"word/styles.xml": element("w:styles", styles)}, ("s", "styles", "styles.xml"))


def with_low_default(text: str) -> bytes:
    defaults = f"<w:docDefaults><w:pPrDefault><w:pPr>{LOW}</w:pPr></w:pPrDefault></w:docDefaults>"
    body = paragraph("Synlig", '<w:spacing w:line="240" w:lineRule="auto"/>') + paragraph(text)
    return word(body, {"word/styles.xml": element("w:styles", defaults)}, ("s", "styles", "styles.xml"))


def with_nameless_style(body: str) -> bytes:
    """A style without an id, which reporting programs write: nothing can refer to it."""
    styles = '<w:style><w:name w:val="Empty"/><w:basedOn w:val="Normal"/><w:rPr><w:sz w:val="2"/></w:rPr></w:style>'
    usual = '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    return word(body, {"word/styles.xml": element("w:styles", usual + styles)}, ("s", "styles", "styles.xml"))


def shape(text: str, look: str, fill: str, size: int = 900_000) -> str:
    return (
        f'<w:p><w:r><w:drawing><wp:inline><wp:extent cx="900000" cy="{size}"/><wp:docPr id="1" name="a"/><a:graphic><a:graphicData '
        f'uri="x"><wps:wsp><wps:spPr>{fill}</wps:spPr><wps:txbx><w:txbxContent>{paragraph(text, "", look)}</w:txbxContent>'
        "</wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )


def old_shape(text: str, look: str, attributes: str) -> str:
    content = f"<v:textbox><w:txbxContent>{paragraph(text, '', look)}</w:txbxContent></v:textbox>"
    return f"<w:p><w:r><w:pict><v:rect {attributes}>{content}</v:rect></w:pict></w:r></w:p>"


def filled(colour: str) -> str:
    return f'<a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'


W14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
CLEAR = (
    f'<w14:textFill {W14}><w14:solidFill><w14:srgbClr w14:val="000000"><w14:alpha w14:val="100000"/></w14:srgbClr>'
    "</w14:solidFill></w14:textFill>"
)
WHITE_FILL = f'<w14:textFill {W14}><w14:solidFill><w14:srgbClr w14:val="FFFFFF"/></w14:solidFill></w14:textFill>'
OF_THEME = (
    '<w:color w:val="4472C4" w:themeColor="accent1"/><w:shd w:val="clear" w:fill="4472C4" w:themeFill="accent1"/>'
)
HIDDEN = {
    "red on red shading": lambda text: after(paragraph(text, "", RED + ON_RED)),
    "nearly red on red": lambda text: after(paragraph(text, "", '<w:color w:val="F80408"/>' + ON_RED)),
    "red on a red paragraph": lambda text: after(paragraph(text, ON_RED, RED)),
    "red on a red cell": lambda text: after(table(cell(text, ON_RED, RED))),
    "red on a red table": lambda text: after(table(cell(text, "", RED), about=ON_RED)),
    "red by a style": lambda text: styled(ON_RED, RED, text),
    "black on black highlighting": lambda text: after(
        paragraph(text, "", '<w:color w:val="000000"/><w:highlight w:val="black"/>')
    ),
    "words that somebody blacked out": lambda text: after(paragraph(text, "", '<w:highlight w:val="black"/>')),
    "words of the usual colour that somebody blacked out": lambda text: after(
        paragraph(text, "", '<w:color w:val="auto"/><w:highlight w:val="black"/>')
    ),
    "yellow on yellow highlighting": lambda text: after(
        paragraph(text, "", '<w:color w:val="FFFF00"/><w:highlight w:val="yellow"/>')
    ),
    "one colour of the theme on itself": lambda text: after(paragraph(text, "", OF_THEME)),
    "black on a solid pattern": lambda text: after(
        paragraph(text, "", '<w:color w:val="000000"/><w:shd w:val="solid" w:color="auto" w:fill="FFFFFF"/>')
    ),
    "white on white in a blue cell": lambda text: after(
        table(cell(text, ON_BLUE, WHITE + '<w:shd w:val="clear" w:fill="FFFFFF"/>'))
    ),
    "white in a white text box": lambda text: after(shape(text, WHITE, filled("FFFFFF"))),
    "red in a red text box": lambda text: after(shape(text, RED, filled("FF0000"))),
    "red in an old red text box": lambda text: after(old_shape(text, RED, 'fillcolor="#FF0000 [1]"')),
    "a text box of a point": lambda text: after(shape(text, "", "", 12_700)),
    "an old text box of a point": lambda text: after(old_shape(text, "", 'style="width:90pt;height:1pt"')),
    "an old text box beside the page": lambda text: after(
        old_shape(text, "", 'style="position:absolute;margin-left:900pt;width:90pt;height:90pt"')
    ),
    "clear letters": lambda text: after(paragraph(text, "", CLEAR)),
    "letters filled with white": lambda text: after(paragraph(text, "", '<w:color w:val="000000"/>' + WHITE_FILL)),
    "lines of a point": lambda text: after(paragraph(text, LOW)),
    "lines of a point by a style": lambda text: styled(LOW, "", text),
    "lines of a point by the usual look": with_low_default,
    "lines of a point, in two places": lambda text: styled(
        '<w:spacing w:line="20"/>', "", text, '<w:spacing w:lineRule="exact"/>'
    ),
    "a formula in lines of a point": lambda text: after(
        f"<w:p><w:pPr>{LOW}</w:pPr><m:oMath><m:r><m:t>{text}</m:t></m:r></m:oMath></w:p>"
    ),
    "a row of a point": lambda text: after(table(ROW + cell(text), cell(""))),
    "a merged cell of rows of a point": lambda text: after(
        table(ROW + cell(text, '<w:vMerge w:val="restart"/>'), ROW + cell("", "<w:vMerge/>"), cell(""))
    ),
    "a frame of a point": lambda text: after(paragraph(text, '<w:framePr w:w="2000" w:h="20" w:hRule="exact"/>')),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_two_documents_that_look_the_same_come_out_the_same(jail, name):
    first, report = cleaned(jail, HIDDEN[name]("Anna"))
    second, _ = cleaned(jail, HIDDEN[name]("Bo Ek 1985"))

    assert first == second
    assert text_of(first).replace("Ritad figur / Drawn shape", "").split() == ["Synlig"]
    assert What.HIDDEN_TEXT in {found.what for found in report.removed}


FLOATING = (
    '<w:r><w:drawing><wp:anchor><wp:extent cx="900000" cy="900000"/><wp:docPr id="1" name="a"/><a:graphic><a:graphicData uri="x">'
    f"<wps:wsp><wps:txbx><w:txbxContent>{paragraph('Avtal')}</w:txbxContent></wps:txbx></wps:wsp></a:graphicData>"
    "</a:graphic></wp:anchor></w:drawing></w:r>"
)
SHOWN = {
    "white on blue": paragraph("Avtal", "", WHITE + ON_BLUE),
    "white on a blue cell": table(cell("Avtal", ON_BLUE, WHITE)),
    "white in a blue row": table(f"<w:tblPrEx>{ON_BLUE}</w:tblPrEx>" + cell("Avtal", "", WHITE)),
    "white on a table with a style": table(cell("Avtal", "", WHITE), about='<w:tblStyle w:val="Blå"/>'),
    "white in a blue text box": shape("Avtal", WHITE, filled("1F3864")),
    "white in a text box in a colour of the theme": shape(
        "Avtal", WHITE, '<a:solidFill><a:schemeClr val="accent1"/></a:solidFill>'
    ),
    "white in a text box that fades": shape("Avtal", WHITE, "<a:gradFill/>"),
    "white in an old blue text box": old_shape("Avtal", WHITE, 'fillcolor="#1F3864"'),
    "white in an old text box that fades": old_shape("Avtal", WHITE, "").replace(
        "<v:textbox>", '<v:fill type="gradient"/><v:textbox>'
    ),
    "a text box that grows": shape("Avtal", "", "", 12_700).replace("</wps:txbx>", "</wps:txbx><wps:bodyPr><a:spAutoFit/></wps:bodyPr>"),
    "an old text box that grows": old_shape("Avtal", "", 'style="width:90pt;height:1pt"').replace(
        "<v:textbox>", '<v:textbox style="mso-fit-shape-to-text:t">'
    ),
    "an old text box at the side of a margin": old_shape(
        "Avtal", "", 'style="position:absolute;margin-left:-40pt;width:90pt;height:90pt"'
    ).replace("<v:textbox>", '<w10:wrap xmlns:w10="urn:schemas-microsoft-com:office:word" type="square"/><v:textbox>'),
    "white with an outline": paragraph("Avtal", "", WHITE + "<w:outline/>"),
    "white with a relief": paragraph("Avtal", "", WHITE + "<w:emboss/>"),
    "white with an engraving": paragraph("Avtal", "", WHITE + "<w:imprint/>"),
    "white with a shadow": paragraph("Avtal", "", WHITE + "<w:shadow/>"),
    "white with a line around each letter": paragraph(
        "Avtal", "", f"{WHITE}<w14:textOutline {W14}><w14:solidFill/></w14:textOutline>"
    ),
    "white with a glow": paragraph("Avtal", "", f'{WHITE}<w14:glow {W14} w14:rad="63500"/>'),
    "black on red": paragraph("Avtal", "", '<w:color w:val="000000"/>' + ON_RED),
    "a colour that the program chooses, on a black shading": paragraph(
        "Avtal", "", '<w:color w:val="auto"/><w:shd w:val="clear" w:fill="000000"/>'
    ),
    "a colour that the program chooses, on yellow": paragraph("Avtal", "", '<w:highlight w:val="yellow"/>'),
    "red on a pattern": paragraph("Avtal", "", RED + '<w:shd w:val="pct20" w:color="FF0000" w:fill="FF0000"/>'),
    "red on white in a red cell": table(
        cell("Avtal", ON_RED, RED + '<w:shd w:val="clear" w:fill="FFFFFF"/>')
    ),
    "lines of at least a point": paragraph("Avtal", '<w:spacing w:line="20" w:lineRule="atLeast"/>'),
    "lines of twelve points": paragraph("Avtal", '<w:spacing w:line="240" w:lineRule="exact"/>'),
    "low lines of a style that are set again": paragraph("Avtal", '<w:spacing w:line="240" w:lineRule="auto"/>'),
    "a floating text box in lines of a point": f"<w:p><w:pPr>{LOW}</w:pPr>{FLOATING}</w:p>",
    "a row of at least a point": table('<w:trPr><w:trHeight w:val="20"/></w:trPr>' + cell("Avtal")),
    "a merged cell that reaches down from a row of a point": table(
        ROW + cell("Avtal", '<w:vMerge w:val="restart"/>'), ROW + cell("", "<w:vMerge/>"), cell("", "<w:vMerge/>")
    ),
    "a frame on the page": paragraph("Avtal", '<w:framePr w:w="2000" w:hAnchor="page" w:x="9000" w:y="1"/>'),
    "a frame at the side of a margin": paragraph("Avtal", '<w:framePr w:w="2000" w:hAnchor="margin" w:x="-1500" w:y="1"/>'),
    "a frame whose place has a name": paragraph(
        "Avtal", '<w:framePr w:w="2000" w:xAlign="right" w:x="20000" w:yAlign="top" w:y="20000"/>'
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_what_is_seen_is_kept(jail, name):
    clean, report = cleaned(jail, word(SHOWN[name]))

    assert "Avtal" in text_of(clean).split()
    assert What.HIDDEN_TEXT not in {found.what for found in report.removed}


def test_a_style_without_an_id_is_that_of_no_paragraph(jail):
    clean, report = cleaned(jail, with_nameless_style(paragraph("Avtal")))

    assert text_of(clean).split() == ["Avtal"]
    assert What.HIDDEN_TEXT not in {found.what for found in report.removed}


BESIDE = {
    "a frame right of the page": lambda text: after(
        paragraph(text, '<w:framePr w:w="2000" w:hAnchor="page" w:x="13000" w:y="1"/>')
    ),
    "a frame left of the page": lambda text: after(
        paragraph(text, '<w:framePr w:w="2000" w:hAnchor="page" w:x="-3000" w:y="1"/>')
    ),
    "a frame below the page": lambda text: after(
        paragraph(text, '<w:framePr w:w="2000" w:vAnchor="page" w:x="1" w:y="17000"/>')
    ),
    "a table beside the page": lambda text: after(
        table(cell(text), about='<w:tblpPr w:horzAnchor="page" w:tblpX="14000" w:tblpY="1"/>')
    ),
}


@pytest.mark.parametrize("name", BESIDE)
def test_what_word_may_not_show_and_libreoffice_does_refuses_the_document(jail, name):
    with pytest.raises(OfficeDocument):
        cleaned(jail, BESIDE[name]("Anna"))
    assert "Synlig" in text_of(cleaned(jail, BESIDE[name](""))[0])


def test_a_note_that_is_referred_to_in_a_line_of_a_point_is_kept(jail):
    notes = element("w:footnotes", f'<w:footnote w:id="2">{paragraph("Avtal")}</w:footnote>')
    reference = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    body = f"<w:p><w:pPr>{LOW}</w:pPr>{run('Anna')}{reference}</w:p>"

    clean, _ = cleaned(jail, word(body, {"word/footnotes.xml": notes}, ("f", "footnotes", "footnotes.xml")))

    assert "Avtal" in text_of(clean)
    assert "Anna" not in text_of(clean)
