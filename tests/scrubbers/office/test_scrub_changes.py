"""Changes that were tracked in a document: shown as such by choice, without names and times."""

from __future__ import annotations

import pypdfium2
import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import drawing, odf, paragraph, photograph, word

from trusted.jail.protocol import How
from trusted.jail.stages import Lost, OfficeDocument, What

BY = 'w:author="Anna Ek" w:date="2026-03-01T10:00:00Z"'


def inserted(text: str) -> str:
    return f"<w:ins {BY}><w:r><w:t>{text}</w:t></w:r></w:ins>"


def deleted(text: str) -> str:
    return f"<w:del {BY}><w:r><w:delText>{text}</w:delText></w:r></w:del>"


def region(name: str, change: str) -> str:
    about = "<office:change-info><dc:creator>Anna Ek</dc:creator><dc:date>2026-03-01T10:00:00</dc:date></office:change-info>"
    return f'<text:changed-region text:id="{name}">{change.replace("INFO", about)}</text:changed-region>'


REGIONS = (
    region("c1", "<text:insertion>INFO</text:insertion>")
    + region("c2", "<text:deletion>INFO<text:p>anbud B</text:p></text:deletion>")
    + region("c3", "<text:deletion>INFO<text:p>Raden.</text:p></text:deletion>")
)
TEXT = (
    f"<text:tracked-changes>{REGIONS}</text:tracked-changes><text:p>Vi tar "
    '<text:change-start text:change-id="c1"/>anbud A<text:change-end text:change-id="c1"/>'
    '<text:change text:change-id="c2"/> nu.</text:p><text:change text:change-id="c3"/>'
)
ROW = "<w:tr><w:trPr><w:del/></w:trPr><w:tc><w:p>{}</w:p></w:tc></w:tr>"
RTF = (
    rb"{\rtf1{\*\revtbl{Unknown;}{Anna Ek;}}Vi tar {\revised\revauth1\revdttm99 anbud A}{\deleted\revauthdel1 anbud B} nu.\par"
    rb"{\deleted Raden.\par}}"
)
DOCUMENTS = {
    "docx": word(
        f"<w:p><w:r><w:t xml:space='preserve'>Vi tar </w:t></w:r>{inserted('anbud A')}{deleted('anbud B')}"
        "<w:r><w:t xml:space='preserve'> nu.</w:t></w:r></w:p>"
        f"<w:tbl>{ROW.format(deleted('Raden.'))}</w:tbl>"
    ),
    "odt": odf("text", TEXT),
    "rtf": RTF,
}


def is_red(pixel: tuple[int, int, int]) -> bool:
    return pixel[0] > 140 and pixel[1] < 60


def is_green(pixel: tuple[int, int, int]) -> bool:
    return pixel[1] > 80 and pixel[0] < 40


@pytest.mark.parametrize("name", DOCUMENTS)
def test_changes_are_shown_by_choice_and_nobody_is_named(jail, name):
    clean, report = cleaned(jail, DOCUMENTS[name], How.WITH_CHANGES)

    text = text_of(clean)
    assert "Vi tar [tillagt / inserted: anbud A][borttaget / deleted: anbud B] nu." in text
    assert "[borttaget / deleted: Raden.]" in text
    assert "Anna" not in text
    assert "2026" not in text
    assert What.PERSON in {found.what for found in report.removed} or name == "rtf"
    assert Lost.CHANGES not in report.lost
    page = pypdfium2.PdfDocument(clean)[0].render(scale=2).to_pil().convert("RGB")
    assert {is_red(pixel) - is_green(pixel) for pixel in page.get_flattened_data()} == {-1, 0, 1}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_without_the_choice_changes_count_as_made_and_the_report_says_that_there_were_some(jail, name):
    clean, report = cleaned(jail, DOCUMENTS[name])

    assert text_of(clean) == "Vi tar anbud A nu."
    assert Lost.CHANGES in report.lost


def test_a_document_without_changes_is_the_same_with_the_choice(jail):
    content = word(paragraph("Som förut."))

    assert cleaned(jail, content, How.WITH_CHANGES)[0] == cleaned(jail, content)[0]


def test_a_row_that_was_inserted_or_deleted_is_marked_where_only_the_row_says_so(jail):
    row = f"<w:tr><w:trPr><w:{{}} {BY}/></w:trPr><w:tc>{paragraph('{}')}</w:tc></w:tr>"
    rows = "".join(row.format(change, text) for change, text in (("del", "Ett"), ("ins", "Två")))
    content = word(f"<w:tbl>{rows}</w:tbl>")

    assert text_of(cleaned(jail, content, How.WITH_CHANGES)[0]).split("\n") == [
        "[borttaget / deleted: Ett]",
        "[tillagt / inserted: Två]",
    ]
    clean, report = cleaned(jail, content)
    assert text_of(clean) == "Två"
    assert Lost.CHANGES in report.lost


PICTURE = '<draw:frame svg:width="5cm" svg:height="2cm"><draw:image xlink:href="a.jpg"/></draw:frame>'
PICTURES = {
    "docx": word(
        f"<w:p><w:del {BY}>{drawing('p')}</w:del></w:p><w:p><w:ins {BY}>{drawing('p')}</w:ins></w:p>",
        {"word/a.jpg": photograph()},
        ("p", "image", "a.jpg"),
    ),
    "odt": odf(
        "text",
        "<text:tracked-changes>"
        + region("c1", "<text:insertion>INFO</text:insertion>")
        + region("c2", f"<text:deletion>INFO<text:p>{PICTURE}</text:p></text:deletion>")
        + '</text:tracked-changes><text:p><text:change text:change-id="c2"/></text:p>'
        + f'<text:p><text:change-start text:change-id="c1"/>{PICTURE}<text:change-end text:change-id="c1"/></text:p>',
        parts={"a.jpg": photograph()},
    ),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_that_was_inserted_or_deleted_stands_in_a_frame_that_says_so(jail, name):
    text = text_of(cleaned(jail, PICTURES[name], How.WITH_CHANGES)[0])

    assert text.index("Borttaget / Deleted") < text.index("Tillagt / Inserted")
    assert text_of(cleaned(jail, PICTURES[name])[0]) == ""


def tracked(regions: str, text: str) -> bytes:
    return odf("text", f"<text:tracked-changes>{regions}</text:tracked-changes>{text}")


def test_a_deletion_that_holds_itself_is_shown_once(jail):
    inside = '<text:change text:change-id="c1"/>'
    content = tracked(
        region("c1", f"<text:deletion>INFO<text:p>Ut{9 * inside}</text:p></text:deletion>"),
        f"<text:p>In{inside}</text:p>",
    )

    assert text_of(cleaned(jail, content, How.WITH_CHANGES)[0]) == "In[borttaget / deleted: Ut]"


def test_a_deletion_without_a_place_in_the_text_is_lost_and_reported(jail):
    content = tracked(region("c1", "<text:deletion>INFO<text:p>Ut</text:p></text:deletion>"), "<text:p>In</text:p>")

    clean, report = cleaned(jail, content, How.WITH_CHANGES)
    assert text_of(clean) == "In"
    assert Lost.CHANGES in report.lost
    assert What.EARLIER_VERSION in {found.what for found in report.removed}


def test_an_insertion_of_which_the_end_is_not_seen_refuses_the_document(jail):
    hidden = '<text:section text:display="none"><text:p>x<text:change-end text:change-id="c1"/></text:p></text:section>'
    content = tracked(
        region("c1", "<text:insertion>INFO</text:insertion>"),
        f'<text:p><text:change-start text:change-id="c1"/>In</text:p>{hidden}<text:p>Efter</text:p>',
    )

    assert text_of(cleaned(jail, content)[0]) == "In\nEfter"
    with pytest.raises(OfficeDocument):
        cleaned(jail, content, How.WITH_CHANGES)
