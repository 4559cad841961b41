"""Changes that were tracked in a document: shown as such by choice, without names and times."""

from __future__ import annotations

import pypdfium2
import pytest
from files.office_jail import cleaned, text_of
from files.office_samples import odf, paragraph, word

from trusted.jail.protocol import How
from trusted.jail.stages import Lost, What

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
DOCUMENTS = {
    "docx": word(
        f"<w:p><w:r><w:t xml:space='preserve'>Vi tar </w:t></w:r>{inserted('anbud A')}{deleted('anbud B')}"
        "<w:r><w:t xml:space='preserve'> nu.</w:t></w:r></w:p>"
        f"<w:tbl>{ROW.format(deleted('Raden.'))}</w:tbl>"
    ),
    "odt": odf("text", TEXT),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_changes_are_shown_by_choice_and_nobody_is_named(jail, name):
    clean, report = cleaned(jail, DOCUMENTS[name], How.WITH_CHANGES)

    text = text_of(clean)
    assert "Vi tar [tillagt / inserted: anbud A][borttaget / deleted: anbud B] nu." in text
    assert "[borttaget / deleted: Raden.]" in text
    assert "Anna" not in text and "2026" not in text
    assert What.PERSON in {found.what for found in report.removed}
    assert Lost.CHANGES not in report.lost
    page = pypdfium2.PdfDocument(clean)[0].render(scale=2).to_pil().convert("RGB")
    colours = set(page.get_flattened_data())
    assert any(red > 140 > 60 > green for red, green, _ in colours)
    assert any(green > 80 > 40 > red for red, green, _ in colours)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_without_the_choice_changes_count_as_made_and_the_report_says_that_there_were_some(jail, name):
    clean, report = cleaned(jail, DOCUMENTS[name])

    assert text_of(clean) == "Vi tar anbud A nu."
    assert Lost.CHANGES in report.lost


def test_a_document_without_changes_is_the_same_with_the_choice(jail):
    content = word(paragraph("Som förut."))

    assert cleaned(jail, content, How.WITH_CHANGES)[0] == cleaned(jail, content)[0]
