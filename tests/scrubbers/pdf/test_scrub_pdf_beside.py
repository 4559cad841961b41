"""A page is drawn in a thread while the one before is compared: nothing else calls PDFium then, and no byte differs."""

from __future__ import annotations

import functools
import os
import threading
import time

import pypdfium2
import pytest
from documents.pdf_by_hand import HELVETICA, Pdf

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pdf import pair, scrub
from scrubbers.jailed.worker import warm_up
from scrubbers.protocol import Role
from scrubbers.stages import Kind

PAGES = 6
RENDER = "FPDF_RenderPageBitmap"


def document(count: int = PAGES) -> bytes:
    """Pages of text and areas, one with a picture, one with a note and one that can only become pixels."""
    made = Pdf()
    picture = made.new_stream(
        bytes(range(0, 256, 4)),
        b"/Type/XObject/Subtype/Image/Width 8/Height 8/BitsPerComponent 8/ColorSpace/DeviceGray",
    )
    made.add(5, b"<</Font<</F0 6 0 R>>/XObject<</P %s>>>>" % picture)
    made.add(6, HELVETICA)
    pages = []
    for number in range(count):
        drawn = b"0.%d 0.5 0.2 rg 40 40 200 %d re f " % (number, 20 + 10 * number)
        drawn += b"q 60 0 0 60 300 60 cm /P Do Q " if number == 2 else b""
        drawn += b"BT /F0 30 Tf 40 200 Td 4 Tr (X) Tj ET " if number == 4 else b""
        contents = made.new_stream(b"BT /F0 14 Tf 40 350 Td (Sida %d om ink\xf6p) Tj ET %s" % (number, drawn))
        note = b"/Annots[<</Type/Annot/Subtype/Square/Rect[300 300 330 330]>>]" if number == 3 else b""
        entries = b"/MediaBox[0 0 400 400]/Contents %s/Resources 5 0 R%s" % (contents, note)
        pages.append(made.new(b"<</Type/Page/Parent 2 0 R%s>>" % entries))
    made.add(1, b"<</Type/Catalog/Pages 2 0 R>>")
    made.add(2, b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, b" ".join(pages)))
    made.end(b"/Root 1 0 R")
    return bytes(made.content)


def scrubbed(content: bytes) -> bytes:
    untrusted, clean, preview = (os.memfd_create("test") for _ in range(3))
    try:
        os.write(untrusted, content)
        scrub.scrub_document(Kind.PDF, untrusted, clean, preview, Findings())
        return os.pread(clean, os.fstat(clean).st_size, 0)
    finally:
        for descriptor in (untrusted, clean, preview):
            os.close(descriptor)


@pytest.fixture
def rendered_in(monkeypatch):
    """The threads in which pages are drawn, one after the other."""
    warm_up(Role.DOCUMENTS, [Kind.PDF])
    threads = []
    render = getattr(pypdfium2.raw, RENDER)

    def noted(*arguments):
        threads.append(threading.current_thread())
        return render(*arguments)

    monkeypatch.setattr(pypdfium2.raw, RENDER, noted)
    return threads


def beside(threads):
    return [thread for thread in threads if thread is not threading.main_thread()]


def test_pages_after_the_first_are_drawn_beside(rendered_in):
    scrubbed(document())

    assert len(beside(rendered_in)) >= 2 * 3


def test_nothing_calls_pdfium_while_it_draws_beside(monkeypatch):
    warm_up(Role.DOCUMENTS, [Kind.PDF])
    drawing = threading.Event()
    drawn, meanwhile = [], []

    def watched(name, function):
        @functools.wraps(function)
        def called(*arguments):
            if threading.current_thread() is threading.main_thread():
                if drawing.is_set():
                    meanwhile.append(name)
                return function(*arguments)
            drawing.set()
            try:
                # Long enough for whatever the main thread would call.
                time.sleep(0.05)
                drawn.append(name)
                return function(*arguments)
            finally:
                drawing.clear()

        return called

    for name in dir(pypdfium2.raw):
        if name.startswith("FPDF") and hasattr(getattr(pypdfium2.raw, name), "argtypes"):
            monkeypatch.setattr(pypdfium2.raw, name, watched(name, getattr(pypdfium2.raw, name)))
    scrubbed(document())

    assert (set(drawn), meanwhile) == ({RENDER}, [])


def test_the_bytes_are_those_of_pages_drawn_one_after_the_other(rendered_in, monkeypatch):
    with_thread = scrubbed(document())
    rendered_in.clear()
    # More than there are addresses.
    monkeypatch.setattr(pair, "_ROOM_BYTES", 2**60)

    without = scrubbed(document())

    assert beside(rendered_in) == []
    assert without == with_thread


def test_a_document_of_one_page_starts_no_thread(rendered_in, monkeypatch):
    started = []
    monkeypatch.setattr(threading.Thread, "start", started.append)

    scrubbed(document(1))

    assert started == []


def test_what_fails_while_a_page_is_drawn_waits_for_it(rendered_in, monkeypatch):
    """Memory that is drawn on must not be given back."""
    drawn = []

    def slowly(drawings):
        time.sleep(0.2)
        drawn.append(drawings)

    def fails(*_, **__):
        raise MemoryError

    monkeypatch.setattr(pair, "_draw", slowly)
    monkeypatch.setattr(pair, "differing", fails)

    with pytest.raises(MemoryError):
        scrubbed(document())

    assert len(drawn) == 2
