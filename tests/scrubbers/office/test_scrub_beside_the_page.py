"""What of slides, texts and formulas nobody is shown: beside the slide, without a colour, deleted; and what is shown."""

from __future__ import annotations

import pytest
from hostile.jail import Jail
from office_jail import cleaned, text_of
from office_samples import paragraph, presentation, run, shape, word

from scrubbers.jailed.office.word.runs import formula
from scrubbers.jailed.office.xml import parsed
from scrubbers.stages import What


@pytest.fixture(scope="module")
def jail():
    made = Jail()
    yield made
    made.close()


def at(left: int, top: int, turn: str = "") -> str:
    return f'<a:xfrm {turn}><a:off x="{left}" y="{top}"/><a:ext cx="2000000" cy="900000"/></a:xfrm>'


W14 = 'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
NO_FILL = f"<w14:textFill {W14}><w14:noFill/></w14:textFill>"
OUTLINE = f"<w14:textOutline {W14}><w14:solidFill/></w14:textOutline>"
CLEAR = '<a:solidFill><a:srgbClr val="000000"><a:alpha val="0"/></a:srgbClr></a:solidFill>'
HIDDEN = {
    "left of the slide": lambda text: presentation([("", shape("Synlig") + shape(text, fill=at(-2_100_000, 0)))]),
    "right of the slide": lambda text: presentation([("", shape("Synlig") + shape(text, fill=at(9_200_000, 0)))]),
    "far below the slide": lambda text: presentation([("", shape("Synlig") + shape(text, fill=at(0, 14_000_000)))]),
    "letters of a slide without a colour": lambda text: presentation([("", shape("Synlig") + shape(text, look="<a:noFill/>"))]),
    "clear letters of a slide": lambda text: presentation([("", shape("Synlig") + shape(text, look=CLEAR))]),
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
        shape("Avtal", look="<a:ln><a:solidFill/></a:ln><a:noFill/>"),
    ],
)  # fmt: skip
def test_what_may_reach_into_the_slide_is_kept(jail, shown):
    clean, _ = cleaned(jail, presentation([("", shown)]))

    assert text_of(clean).split() == ["Avtal"]


def test_letters_without_a_colour_that_have_an_outline_are_kept(jail):
    clean, _ = cleaned(jail, word(f"<w:p>{run('Avtal', NO_FILL + OUTLINE)}</w:p>"))

    assert text_of(clean).split() == ["Avtal"]


def test_a_power_on_a_slide_is_raised(jail):
    power = shape("10").replace("</a:r>", '</a:r><a:r><a:rPr baseline="{}"/><a:t>6</a:t></a:r>')

    raised, _ = cleaned(jail, presentation([("", power.replace("{}", "30000"))]))
    level, _ = cleaned(jail, presentation([("", power.replace("{}", "0"))]))

    assert raised != level


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
