"""What a document may cost: reckoned from what is in it, and pages beyond the bound become pictures of themselves."""

from __future__ import annotations

import io
import os
from collections.abc import Callable

import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from fpdf import FPDF
from PIL import Image

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pdf import cost, rebuild, scrub
from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.worker import warm_up
from trusted.jail.protocol import LONG_LIMITS, Role
from trusted.jail.stages import Kind, Lost

SENTENCE = "Kommunens inköp gjordes utan upphandling. "


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    warm_up(Role.DOCUMENTS, [Kind.PDF])


def made(pages: int, draw: Callable[[FPDF, int], None]) -> bytes:
    document = FPDF(unit="pt")
    document.set_font("helvetica", size=11)
    for number in range(pages):
        document.add_page()
        draw(document, number)
    return bytes(document.output())


def lines(document: FPDF, _number: int) -> None:
    document.multi_cell(500, 14, SENTENCE * 30)


def words_on_colours(document: FPDF, _number: int) -> None:
    """The same words, each on a ground of its own: none is plainly seen, and all of them are looked at."""
    document.set_fill_color(255, 230, 150)
    for row in range(30):
        document.cell(500, 14, SENTENCE, fill=True, new_x="LMARGIN", new_y="NEXT")
        if row % 2:
            document.line(40, document.get_y(), 540, document.get_y())


def scan(document: FPDF, number: int) -> None:
    """A whole page as one grey JPEG, each page another."""
    picture = Image.effect_noise((1654, 2339), 12 + number % 2)
    encoded = io.BytesIO()
    picture.save(encoded, "JPEG", quality=60)
    document.image(encoded, 0, 0, document.w, document.h)


def clipping_text(document: FPDF, number: int) -> None:
    """The same lines, and a text mode that clips: the page cannot be rebuilt."""
    lines(document, number)
    document._out("BT 7 Tr ET")


def scrubbed(
    document: bytes, monkeypatch: pytest.MonkeyPatch, findings: Findings | None = None
) -> tuple[pypdfium2.PdfDocument, float]:
    """The clean document, and what was reckoned for it."""
    works: list[Work] = []

    class Watched(Work):
        def __init__(self) -> None:
            super().__init__()
            works.append(self)

    monkeypatch.setattr(rebuild, "Work", Watched)
    untrusted, clean, preview = (os.memfd_create("test") for _ in range(3))
    try:
        os.write(untrusted, document)
        scrub.scrub_file(Kind.PDF, untrusted, clean, preview, findings or Findings())
        content = os.pread(clean, os.fstat(clean).st_size, 0)
    finally:
        for descriptor in (untrusted, clean, preview):
            os.close(descriptor)
    (work,) = works
    return pypdfium2.PdfDocument(content), work._milliseconds


def has_text(page: pypdfium2.PdfPage) -> bool:
    return page.get_textpage().count_chars() > 0


@pytest.mark.parametrize(("draw", "bound"), [(lines, "_MOST"), (words_on_colours, "_MOST_WITH_LOOKING")])
def test_pages_beyond_what_a_document_may_cost_become_pictures(draw, bound, monkeypatch):
    content = made(10, draw)
    _, needed = scrubbed(content, monkeypatch)
    # The first is reached while pages are read, which comes before; the other while they are looked at.
    monkeypatch.setattr(cost, bound, needed * (0.25 if bound == "_MOST" else 0.75))
    monkeypatch.setattr(cost, "_MOST_WITH_LAYERS", 0.0)

    findings = Findings()
    document, reckoned = scrubbed(content, monkeypatch, findings)

    shows = [has_text(page) for page in document]
    assert shows == sorted(shows, reverse=True)
    assert 0 < sum(shows) < 10
    drawn = cost._PIXEL_PAGE * (10 - sum(shows))
    assert reckoned - drawn < needed
    assert findings.lost() == (Lost.SELECTABLE_TEXT,)


@pytest.mark.parametrize("draw", [lines, words_on_colours, clipping_text])
def test_pages_beyond_keep_their_words_while_there_is_time_for_them(draw, monkeypatch):
    content = made(10, draw)
    monkeypatch.setattr(cost, "_MOST", 10.0)

    findings = Findings()
    document, _ = scrubbed(content, monkeypatch, findings)

    assert all(SENTENCE.rsplit(maxsplit=1)[-1] in page.get_textpage().get_text_bounded() for page in document)
    assert findings.lost() == (Lost.SHARPNESS,)


@pytest.mark.parametrize("pages", [60, pytest.param(564, marks=pytest.mark.search)])
def test_a_manual_keeps_all_pages_as_text_and_hardly_grows(pages, monkeypatch):
    """564 pages, as the manual had that came out as pixels from page 213 on, at 24 times its size, or was refused."""
    content = made(pages, words_on_colours)

    findings = Findings()
    document, reckoned = scrubbed(content, monkeypatch, findings)

    assert findings.lost() == ()
    assert len(document) == pages
    assert all(SENTENCE.strip() in page.get_textpage().get_text_bounded() for page in document)
    assert sum(len(list(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE]))) for page in document) == 0
    # Room for every manual of this length, and for a machine that takes 1.6 times as long.
    assert reckoned * 564 / pages < cost._MOST < LONG_LIMITS.cpu_seconds * 1000 / 1.6


def test_words_are_kept_only_while_the_pages_after_can_be_drawn(monkeypatch):
    content = made(10, clipping_text)
    monkeypatch.setattr(cost, "_MOST", 10.0)
    monkeypatch.setattr(cost, "_MOST_WITH_LAYERS", 1000.0)

    findings = Findings()
    document, reckoned = scrubbed(content, monkeypatch, findings)

    shows = [has_text(page) for page in document]
    assert shows == sorted(shows, reverse=True)
    assert 0 < sum(shows) < 10
    assert reckoned <= 1000.0
    assert set(findings.lost()) == {Lost.SELECTABLE_TEXT, Lost.SHARPNESS}


def test_of_a_scan_the_pages_beyond_are_drawn_coarser_and_none_is_refused(monkeypatch):
    monkeypatch.setattr(cost, "_MOST", 150.0)

    findings = Findings()
    document, _ = scrubbed(made(8, scan), monkeypatch, findings)

    widths = [next(iter(page.get_objects())).get_px_size()[0] for page in document]
    coarser = document[7].get_width() * 150 / 72
    assert len(widths) == 8
    assert widths[0] == 1654
    assert abs(widths[-1] - coarser) < 2
    assert widths == sorted(widths, reverse=True)
    # There was no text to lose.
    assert findings.lost() == (Lost.SHARPNESS,)


def test_looking_at_what_may_be_hidden_is_counted(monkeypatch):
    _, plain = scrubbed(made(6, lines), monkeypatch)
    _, looked_at = scrubbed(made(6, words_on_colours), monkeypatch)

    assert looked_at > 1.5 * plain


@pytest.mark.parametrize(("draw", "measured"), [(lines, 6), (words_on_colours, 18), (scan, 67)])
def test_what_is_reckoned_is_not_far_below_what_was_measured(draw, measured, monkeypatch):
    """A document that takes much longer than was reckoned is refused on a slower machine, and not made pictures.

    `measured`: milliseconds a page, of the machine that all figures of `pdf_work` are of. Not measured again here: what
    else a machine does at the time would decide.
    """
    _, reckoned = scrubbed(made(4, draw), monkeypatch)

    assert reckoned / 4 > 0.8 * measured
