"""What takes longer than ten seconds today, or is ended by the kernel's clock after twenty. Not collected by pytest:

    python -m pytest tests/pending_scrub_endless.py

Goes into `hostile_pdfs.pdfs()`, and with it into `test_scrub_hostile.py`, when PDFium is not asked to draw a page whose
pattern is painted with itself or whose operators and points are more than it draws in time.
"""

from __future__ import annotations

import time

import pytest
from hostile_jail import Jail
from hostile_pdfs import endless_pdfs

from scrubbers.stages import Refused


@pytest.mark.parametrize("name", endless_pdfs())
def test_a_document_that_is_drawn_without_end_is_answered_within_ten_seconds(name) -> None:
    jail = Jail()
    started = time.monotonic()

    try:
        jail.clean(endless_pdfs()[name].content)
        refused = None
    except Refused as reason:
        refused = reason
    seconds = time.monotonic() - started
    alive = jail.alive()
    jail.close()

    assert alive
    assert refused is None or refused.text_key.startswith("refused.")
    assert seconds < 10
