"""What can be seen of a document stays text, and what every viewer opens is taken.

Not collected by pytest under this name: it becomes test_scrub_pdf_text.py with the rebuild of pages that keeps text.
Until then: python -m pytest tests/pending_scrub_pdf_text.py
"""

from __future__ import annotations

import unicodedata

import pypdfium2
import pytest
from marker_search import leftovers
from scrub_corpus_pdf import not_taken_yet, pdf_corpus
from scrub_harness import Cleaned, clean_samples

from scrubbers.stages import Lost

SAMPLES = {sample.name: sample for sample in pdf_corpus()}
WAITING = {sample.name: sample for sample in not_taken_yet()}
# Drawn by tools of their own kind, which may become pixels: everything else must stay text.
MAY_BECOME_PIXELS = {"pdf_hidden_pictures", "pdf_hidden_patterns"}


@pytest.fixture(scope="module")
def cleaned() -> dict[str, Cleaned]:
    return clean_samples([*SAMPLES.values(), *WAITING.values()])


def text_of(content: bytes) -> str:
    """The text that a viewer copies from all pages, words apart by one space."""
    document = pypdfium2.PdfDocument(content)
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    document.close()
    return " ".join(unicodedata.normalize("NFC", text).split())


@pytest.mark.parametrize("name", sorted((SAMPLES.keys() | WAITING.keys()) - MAY_BECOME_PIXELS))
def test_what_can_be_seen_stays_text(cleaned, name) -> None:
    sample = (SAMPLES | WAITING)[name]

    kept = text_of(cleaned[name].content)

    assert [text for text in sample.visible if text not in kept] == []
    assert Lost.SELECTABLE_TEXT not in cleaned[name].report.lost


@pytest.mark.parametrize("name", WAITING)
def test_what_every_viewer_opens_comes_out_clean(cleaned, name) -> None:
    assert leftovers(cleaned[name].content, WAITING[name].markers) == []
    assert leftovers(cleaned[name].preview, WAITING[name].markers) == []
