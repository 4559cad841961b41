"""Form fields without a form: what was filled in is drawn, and what it covers is gone."""

from __future__ import annotations

import asyncio

import pypdfium2
import pytest
from documents.pdf_by_hand import Pdf, document, line
from files.scrub_harness import became_pictures, clean_all
from PIL import Image

from trusted.jail.protocol import Role
from trusted.jail.stages import Lost, What, Where

SEEN = line(b"(Syns)", 20, 380)
UNDER = line(b"(SVARTLISTAD)", 30, 130)
RED = b"1 0 0 rg 0 0 200 40 re f 1 g BT /F0 12 Tf 9 9 Td (Anna) Tj ET"
FILLED = b"/FT/Tx/T(namn)/V(Anna)/DA(/Helv 12 Tf 0 g)"


def with_field(
    field: bytes, *, look: bytes = RED, catalog: bytes = b"", states: bytes = b"%s", flags: int = 4
) -> bytes:
    """A page with a text and a field that covers another one; @ in the catalogue is the field."""
    made = Pdf()
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 200 40]/Resources<</Font<</F0 6 0 R>>>>"
    said = b"/AP<</N %s>>" % (states % made.new_stream(look, form)) if look else b""
    widget = made.new(b"<</Type/Annot/Subtype/Widget%s/Rect[20 120 220 160]/F %d%s>>" % (field, flags, said))
    return document(made, SEEN + UNDER, page=b"/Annots[%s]" % widget, catalog=catalog.replace(b"@", widget))


STRAY = {
    "no form": with_field(FILLED),
    "no form, no kind and no name": with_field(b""),
    "a form that is none": with_field(FILLED, catalog=b"/AcroForm null"),
    "a form, and no name": with_field(b"/FT/Tx/V(Anna)", catalog=b"/AcroForm<</Fields[@]>>"),
    "a form, and no kind": with_field(b"/T(namn)", catalog=b"/AcroForm<</Fields[@]>>"),
    "a box that is ticked": with_field(b"/FT/Btn/AS/Ja", states=b"<</Ja %s>>"),
    "a field of a form": with_field(FILLED, catalog=b"/AcroForm<</Fields[@]>>"),
    "a box without a state": with_field(b"/FT/Btn", states=b"<</Off %s>>"),
}
UNSEEN = {
    "hidden": with_field(FILLED, flags=2),
    "nothing at all": with_field(b"", look=b""),
    "no look": with_field(FILLED, look=b""),
    "a box that is not ticked": with_field(b"/FT/Btn/AS/Nej", states=b"<</Ja %s>>", catalog=b"/AcroForm<</Fields[@]>>"),
}


@pytest.fixture(scope="module")
def cleaned():
    documents = {**STRAY, **UNSEEN}
    results = asyncio.run(clean_all(list(documents.values()), [Role.DOCUMENTS]))
    return dict(zip(documents, results, strict=True))


def drawn(content: bytes) -> Image.Image:
    return pypdfium2.PdfDocument(content)[0].render(scale=1).to_pil().convert("RGB")


@pytest.mark.parametrize("name", STRAY)
def test_what_was_filled_in_is_drawn(cleaned, name) -> None:
    _, content, _, report = cleaned[name]

    text = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()

    assert "Anna" in text
    assert "Syns" in text
    assert not became_pictures(report)


@pytest.mark.parametrize("name", STRAY)
def test_it_looks_as_it_does_with_a_form_and_what_it_covers_is_gone(cleaned, name) -> None:
    _, content, _, report = cleaned[name]

    assert drawn(content).getpixel((200, 245)) == (255, 0, 0)
    assert drawn(content).tobytes() == drawn(cleaned["a field of a form"][1]).tobytes()
    assert "SVART" not in pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()
    assert (What.HIDDEN_TEXT, Where.PAGES) in {(found.what, found.where) for found in report.removed}


@pytest.mark.parametrize("name", STRAY)
def test_the_report_says_that_there_was_a_field_and_that_it_cannot_be_filled_in_any_more(cleaned, name) -> None:
    _, _, _, report = cleaned[name]

    assert (What.FORM_FIELD, Where.PAGES) in {(found.what, found.where) for found in report.removed}
    assert Lost.FORM in report.lost or "a form" in name


def test_the_report_says_what_was_filled_in(cleaned) -> None:
    _, _, _, report = cleaned["no form"]

    assert "namn: Anna" in {found.example for found in report.removed if found.what is What.FORM_FIELD}


@pytest.mark.parametrize("name", UNSEEN)
def test_a_field_that_nobody_sees_is_not_drawn(cleaned, name) -> None:
    _, content, _, report = cleaned[name]

    text = pypdfium2.PdfDocument(content)[0].get_textpage().get_text_range()

    assert "Anna" not in text
    assert "SVARTLISTAD" in text
    assert not became_pictures(report)
