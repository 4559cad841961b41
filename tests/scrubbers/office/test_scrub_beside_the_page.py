"""What of slides, texts and formulas nobody is shown: beside the slide, without a colour, deleted; and what is shown."""

from __future__ import annotations

import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import element, paragraph, presentation, relations, run, shape, slide_part, word

from scrubbers.jailed.office.word.runs import formula
from scrubbers.jailed.office.xml import parsed
from trusted.jail.stages import Damaged, What


def at(left: int, top: int, turn: str = "") -> str:
    return f'<a:xfrm {turn}><a:off x="{left}" y="{top}"/><a:ext cx="2000000" cy="900000"/></a:xfrm>'


W14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
NO_FILL = f"<w14:textFill {W14}><w14:noFill/></w14:textFill>"
OUTLINE = f"<w14:textOutline {W14}><w14:solidFill/></w14:textOutline>"


def styled(text: str, look: str) -> str:
    """A shape whose own style gives its letters a look."""
    usual = f"<a:lstStyle><a:lvl1pPr><a:defRPr {look}/></a:lvl1pPr></a:lstStyle>"
    return shape(text).replace("<a:bodyPr/>", f"<a:bodyPr/>{usual}")


def numbered(about: str) -> bytes:
    """An item of a list: before it stands the first word, with the look that is the second."""
    marker, look = about.rsplit(" <", 1)
    levels = f'<w:lvl w:ilvl="0"><w:numFmt w:val="none"/><w:lvlText w:val="{marker}"/><w:rPr><{look}</w:rPr></w:lvl>'
    part = (
        f'<w:abstractNum w:abstractNumId="0">{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    return word(
        paragraph("Synlig", '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'),
        {"word/numbering.xml": element("w:numbering", part)},
        ("n", "numbering", "numbering.xml"),
    )


def solid(colour: str) -> str:
    return f'<a:solidFill><a:srgbClr val="{colour}"/></a:solidFill>'


WHITE_OF_THEME = '<a:solidFill><a:schemeClr val="bg1"/></a:solidFill>'
ON_MASTER = '<p:bg><p:bgRef idx="1001"><a:schemeClr val="bg1"/></p:bgRef></p:bg>'


def with_theme(shapes: str, white: str = "FFFFFF", ground: str = "") -> bytes:
    """A presentation with a layout, a master and a theme; `ground`: what the slide says of its own."""
    theme = (
        '<?xml version="1.0"?><a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:themeElements>'
        f'<a:clrScheme><a:lt1><a:sysClr val="window" lastClr="{white}"/></a:lt1></a:clrScheme></a:themeElements></a:theme>'
    )
    parts = {
        "ppt/slides/slide0.xml": slide_part("sld", f"<p:cSld>{ground}<p:spTree>{shapes}</p:spTree></p:cSld>"),
        "ppt/l.xml": slide_part("sldLayout", "<p:cSld><p:spTree/></p:cSld>"),
        "ppt/_rels/l.xml.rels": relations(("m", "slideMaster", "m.xml")),
        "ppt/m.xml": slide_part("sldMaster", f'<p:cSld>{ON_MASTER}<p:spTree/></p:cSld><p:clrMap bg1="lt1"/>'),
        "ppt/_rels/m.xml.rels": relations(("t", "theme", "t.xml"), ("l", "slideLayout", "l.xml")),
        "ppt/t.xml": theme,
    }
    return presentation([("", shapes)], parts, {0: relations(("l", "slideLayout", "../l.xml"))})


CLEAR = '<a:solidFill><a:srgbClr val="000000"><a:alpha val="0"/></a:srgbClr></a:solidFill>'
HIDDEN = {
    "left of the slide": lambda text: presentation([("", shape("Synlig") + shape(text, fill=at(-2_100_000, 0)))]),
    "right of the slide": lambda text: presentation([("", shape("Synlig") + shape(text, fill=at(9_200_000, 0)))]),
    "far below the slide": lambda text: presentation([("", shape("Synlig") + shape(text, fill=at(0, 14_000_000)))]),
    "letters of a slide without a colour": lambda text: presentation([("", shape("Synlig") + shape(text, look="<a:noFill/>"))]),
    "clear letters of a slide": lambda text: presentation([("", shape("Synlig") + shape(text, look=CLEAR))]),
    "tiny letters by the shape's own style": lambda text: presentation([("", shape("Synlig") + styled(text, 'sz="100"'))]),
    "red in a red shape": lambda text: presentation([("", shape("Synlig") + shape(text, look=solid("FF0000"), fill=solid("F80408")))]),
    "red that is half clear in a red shape": lambda text: presentation(
        [("", shape("Synlig") + shape(text, look=CLEAR.replace("000000", "FF0000").replace('val="0"', 'val="50000"'), fill=solid("FF0000")))]
    ),
    "the theme's white in a white shape": lambda text: with_theme(
        shape("Synlig") + shape(text, look=WHITE_OF_THEME, fill=solid("FFFFFF"))
    ),
    "white on a highlighting of white": lambda text: presentation(
        [("", shape("Synlig") + shape(text, look=solid("FFFFFF") + '<a:highlight><a:srgbClr val="FFFFFF"/></a:highlight>', fill=solid("000000")))]
    ),
    "what stands before an item, hidden": lambda text: numbered(f"{text} <w:vanish/>"),
    "what stands before an item, white": lambda text: numbered(f'{text} <w:color w:val="FFFFFF"/>'),
    "letters of a text without a colour": lambda text: word(paragraph("Synlig") + paragraph(text, "", NO_FILL)),
    "letters in the colour of paper": lambda text: word(
        paragraph("Synlig") + paragraph(text, "", '<w:color w:val="auto" w:themeColor="background1"/>')
    ),
    "deleted in a formula": lambda text: word(
        "<w:p><m:oMath><m:r><m:t>Synlig</m:t></m:r><w:del w:author='a'><m:r><m:t>"
        f"{text}</m:t></m:r></w:del></m:oMath></w:p>"
    ),
    "hidden in a formula": lambda text: word(
        f"<w:p><m:oMath><m:r><m:t>Synlig</m:t></m:r><m:r><w:rPr><w:vanish/></w:rPr><m:t>{text}</m:t></m:r></m:oMath></w:p>"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HIDDEN)
def test_two_documents_that_look_the_same_come_out_the_same(jail, name):
    first, report = cleaned(jail, HIDDEN[name]("Anna"))
    second, _ = cleaned(jail, HIDDEN[name]("Bo Ek 1985"))

    assert first == second
    assert text_of(first).replace("Ritad figur / Drawn shape", "").split() == ["Synlig"]
    assert {What.HIDDEN_TEXT, What.EARLIER_VERSION} & {found.what for found in report.removed}


@pytest.mark.parametrize(
    "shown",
    [
        shape("Avtal", fill=at(8_500_000, 0)),
        shape("Avtal", fill=at(0, 7_000_000)),
        shape("Avtal", fill=at(9_200_000, 0, 'rot="5400000"')),
        shape("Avtal", fill=at(9_200_000, 0)).replace("<a:bodyPr/>", '<a:bodyPr wrap="none"/>'),
        shape("Avtal", look='<a:solidFill><a:srgbClr val="000000"><a:alpha val="40%"/></a:srgbClr></a:solidFill>'),
        styled("Avtal", 'sz="100"').replace("<a:rPr>", '<a:rPr sz="1200">'),
        shape("Avtal", look="<a:ln><a:solidFill/></a:ln><a:noFill/>"),
    ],
)  # fmt: skip
def test_what_may_reach_into_the_slide_is_kept(jail, shown):
    clean, _ = cleaned(jail, presentation([("", shown)]))

    assert text_of(clean).split() == ["Avtal"]


NO_SHAPE_FILL = "<a:noFill/>"
OUTLINED = '<a:ln><a:solidFill><a:srgbClr val="000000"/></a:solidFill></a:ln>'
DARK = '<p:bg><p:bgPr><a:solidFill><a:srgbClr val="1F3864"/></a:solidFill></p:bgPr></p:bg>'


@pytest.mark.parametrize(
    "content",
    [
        presentation([("", shape("Avtal", look=solid("FFFFFF"), fill=solid("1F3864")))]),
        with_theme(shape("Avtal", look=solid("FFFFFF"), fill=NO_SHAPE_FILL), ground=DARK),
        with_theme(shape("Avtal", look=solid("FFFFFF"), fill=NO_SHAPE_FILL), white="1F3864"),
        with_theme(shape("Avtal", look=OUTLINED + solid("FFFFFF"), fill=NO_SHAPE_FILL)),
        with_theme(
            shape("Avtal", look=solid("FFFFFF") + "<a:effectLst><a:outerShdw/></a:effectLst>", fill=NO_SHAPE_FILL)
        ),
        # A picture may be under it.
        with_theme(shape("Avtal", look=WHITE_OF_THEME, fill=NO_SHAPE_FILL)),
        with_theme(shape("Avtal", look=WHITE_OF_THEME, fill='<a:solidFill><a:schemeClr val="accent1"/></a:solidFill>')),
    ],
)
def test_light_letters_on_a_dark_slide_or_shape_are_kept(jail, content):
    assert text_of(cleaned(jail, content)[0]).split() == ["Avtal"]


def test_white_letters_on_a_white_slide_go(jail):
    content = with_theme(shape("Synlig") + shape("Anna", look=solid("FFFFFF"), fill=NO_SHAPE_FILL))

    assert "Anna" not in text_of(cleaned(jail, content)[0])


def test_letters_without_a_colour_that_have_an_outline_are_kept(jail):
    clean, _ = cleaned(jail, word(f"<w:p>{run('Avtal', NO_FILL + OUTLINE)}</w:p>"))

    assert text_of(clean).split() == ["Avtal"]


def test_a_power_on_a_slide_is_raised(jail):
    power = shape("10").replace("</a:r>", '</a:r><a:r><a:rPr baseline="{}"/><a:t>6</a:t></a:r>')

    raised, _ = cleaned(jail, presentation([("", power.replace("{}", "30000"))]))
    level, _ = cleaned(jail, presentation([("", power.replace("{}", "0"))]))

    assert raised != level


def floating(text: str, left: int, relative: str = "page") -> str:
    return (
        f'<w:p><w:r><w:drawing><wp:anchor><wp:positionH relativeFrom="{relative}"><wp:posOffset>{left}</wp:posOffset>'
        '</wp:positionH><wp:extent cx="900000" cy="900000"/><wp:docPr id="1" name="a"/><a:graphic><a:graphicData uri="x">'
        f"<wps:wsp><wps:txbx><w:txbxContent>{paragraph(text)}</w:txbxContent></wps:txbx></wps:wsp></a:graphicData>"
        "</a:graphic></wp:anchor></w:drawing></w:r></w:p>"
    )


def test_white_letters_are_kept_in_a_text_box_without_a_fill_that_may_float_over_something(jail):
    white = "<w:color w:val='FFFFFF'/>"
    box = floating("Avtal", 900_000).replace("<w:rPr></w:rPr>", f"<w:rPr>{white}</w:rPr>")
    old = (
        '<w:p><w:r><w:pict><v:rect filled="f" style="position:absolute"><v:textbox><w:txbxContent>'
        f"{paragraph('Anbud', '', white)}</w:txbxContent></v:textbox></v:rect></w:pict></w:r></w:p>"
    )

    shown = text_of(cleaned(jail, word(box + old))[0])

    assert white in box
    assert {"Avtal", "Anbud"} <= set(shown.split())


@pytest.mark.parametrize(
    ("left", "relative", "is_shown"),
    [
        (-1_000_000, "page", False), (8_000_000, "page", False), (-9_000_000, "column", False), (-800_000, "page", True),
        (-1_000_000, "column", True), (7_000_000, "page", True),
    ],
)  # fmt: skip
def test_a_text_box_beside_the_page_goes_and_one_that_reaches_into_it_stays(jail, left, relative, is_shown):
    clean, report = cleaned(jail, word(paragraph("Synlig") + floating("Anna", left, relative)))

    assert ("Anna" in text_of(clean)) is is_shown
    assert (What.HIDDEN_TEXT in {found.what for found in report.removed}) is not is_shown


def test_a_field_that_has_no_end_refuses_the_document_and_hides_nothing(jail):
    begun = '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>X</w:instrText></w:r></w:p>'

    with pytest.raises(Damaged):
        cleaned(jail, word(paragraph("Synlig") + begun + paragraph("Summa 100 kr")))


CHART = (
    '<c:chartSpace xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" xmlns:a="http://schemas.openxmlformats'
    '.org/drawingml/2006/main"><c:chart><c:plotArea>{}</c:plotArea></c:chart></c:chartSpace>'
)


def with_chart(inside: str) -> bytes:
    shown = (
        '<w:p><w:r><w:drawing><wp:inline><wp:extent cx="9" cy="9"/><wp:docPr id="1" name="a"/><a:graphic><a:graphicData '
        'uri="c"><c:chart r:id="c"/></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>'
    )
    return word(shown, {"word/charts/chart1.xml": CHART.format(inside)}, ("c", "chart", "charts/chart1.xml"))


def test_the_title_of_an_axis_that_is_not_drawn_goes(jail):
    axis = (
        '<c:catAx><c:delete val="{}"/><c:title><a:t>Anna</a:t></c:title></c:catAx><c:valAx><a:t>Kronor</a:t></c:valAx>'
    )

    hidden, report = cleaned(jail, with_chart(axis.format(1)))
    shown, _ = cleaned(jail, with_chart(axis.format(0)))

    assert "Anna" not in text_of(hidden)
    assert "Kronor" in text_of(hidden)
    assert "Anna" in text_of(shown)
    assert What.HIDDEN_TEXT in {found.what for found in report.removed}


def test_a_chart_with_more_values_than_are_written_says_so(jail):
    clean, _ = cleaned(jail, with_chart("<c:v>1</c:v>" * 2001))

    assert text_of(clean).rstrip().endswith("…")


R = "<m:r><m:t>{}</m:t></m:r>"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (f"{R.format(2)}<m:d><m:e>{R.format('3+4')}</m:e></m:d>", "2(3+4)"),
        (('<m:d><m:dPr><m:begChr m:val="["/><m:sepChr m:val=";"/><m:endChr m:val=""/></m:dPr>'
         f"<m:e>{R.format(1)}</m:e><m:e>{R.format(2)}</m:e></m:d>"), "[1;2"),
        (f"<m:sSubSup><m:e>{R.format('x')}</m:e><m:sub>{R.format(1)}</m:sub><m:sup>{R.format(2)}</m:sup></m:sSubSup>",
         "x_(1)^(2)"),
        ((f'<m:nary><m:naryPr><m:chr m:val="∑"/></m:naryPr><m:sub>{R.format(1)}</m:sub><m:sup>{R.format(9)}</m:sup>'
         f"<m:e>{R.format('n')}</m:e></m:nary>"), "∑_(1)^(9) n"),
        (f"<m:rad><m:deg>{R.format(3)}</m:deg><m:e>{R.format(8)}</m:e></m:rad>", "√[3](8)"),
    ],
)  # fmt: skip
def test_a_formula_on_one_line_says_the_same(written, read):
    space = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'

    assert formula(parsed(f"<m:oMath {space}>{written}</m:oMath>".encode())) == read
