"""What can be seen of a document stays text that can be selected and read aloud."""

from __future__ import annotations

import unicodedata

import pypdfium2
import pytest
from corpus.pdf import pdf_corpus
from files.scrub_harness import Cleaned, became_pictures, clean_samples

# Pages of these become pixels, or have a drawing of all but their text. One that stays as it is leaves this list.
PIXELS = {
    "pdf_everything", "pdf_font_cid_truetype", "pdf_font_type3", "pdf_hidden_forms", "pdf_hidden_patterns",
    "pdf_hidden_pictures", "pdf_hidden_text", "pdf_hidden_words", "pdf_resources",
}  # fmt: skip
SAMPLES = {sample.name: sample for sample in pdf_corpus()}


@pytest.fixture(scope="module")
def cleaned() -> dict[str, Cleaned]:
    return clean_samples(list(SAMPLES.values()))


def text_of(content: bytes) -> str:
    """The text that a viewer copies from all pages, words apart by one space."""
    document = pypdfium2.PdfDocument(content)
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return " ".join(unicodedata.normalize("NFC", text).split())


@pytest.mark.parametrize("name", SAMPLES)
def test_what_can_be_seen_stays_text(cleaned, name) -> None:
    kept = text_of(cleaned[name].content)

    assert [text for text in SAMPLES[name].visible if text not in kept] == []
    assert became_pictures(cleaned[name].report) == (name in PIXELS)
