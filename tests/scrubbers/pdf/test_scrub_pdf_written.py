"""What PDFium writes arrives whole, through no function but the C library's."""

from __future__ import annotations

import io

import pypdfium2
import pypdfium2.raw as pdfium
import pytest

from scrubbers.jailed.pdf import written
from scrubbers.jailed.pdf.warm_up import small_document


@pytest.mark.parametrize("spare_bytes", [written._SPARE_BYTES, 1, 1000])
def test_a_document_is_written_whole_whatever_room_there_is_at_first(monkeypatch, spare_bytes):
    monkeypatch.setattr(written, "_SPARE_BYTES", spare_bytes)
    by_a_callback = io.BytesIO()
    document = pypdfium2.PdfDocument(small_document())
    document.save(by_a_callback, flags=pdfium.FPDF_REMOVE_SECURITY)

    made = written.as_written(document, 0)

    # But for the second half of the identifier, which PDFium makes of the time.
    assert len(made) == len(by_a_callback.getvalue())
    assert made.split(b"/ID")[0] == by_a_callback.getvalue().split(b"/ID")[0]
    assert made.endswith(b"%%EOF\r\n")
