"""The auditor's certificate as a tagged PDF: the sheet to sign on one page of A4, and the annexes on those after it.

It prints the blocks of `audit.report.page`, so its words are those of the HTML page, in their order. The sheet is set
at several sizes, from the largest down, until it fits on its page. The same page gives the same bytes.
"""

from __future__ import annotations

import math
from typing import Final

from audit.report.blocks import Page
from kallskydd.certificate.errors import SheetTooFull
from kallskydd.certificate.flow import BOTTOM, MARGIN, Flow
from kallskydd.certificate.printing import Printer
from kallskydd.certificate.styles import Styles
from kallskydd.pdf.writer import A4, TaggedDocument

# Of the usual size; in letters smaller than the last nobody would read what they sign.
SCALES: Final = tuple(one / 100 for one in range(114, 75, -2))
_FOOT: Final = A4[1] - MARGIN / 2


def as_pdf(page: Page) -> bytes:
    """Return the document. Raises SheetTooFull."""
    document = _with_sheet(page)
    flow = Flow(document, BOTTOM)
    printer = Printer(flow, Styles.of(1))
    if page.annexes:
        flow.go_to(1)
    for annex in page.annexes:
        with document.element("Sect"):
            printer.print_all(annex.blocks)
    _number_pages(document, page.foot)
    return document.finished()


def _with_sheet(page: Page) -> TaggedDocument:
    for scale in SCALES:
        document = TaggedDocument(page.title, page.language)
        flow = Flow(document, math.inf)
        with document.element("Sect"):
            Printer(flow, Styles.of(scale)).print_all(page.sheet)
        if flow.y <= BOTTOM:
            return document
    raise SheetTooFull


def _number_pages(document: TaggedDocument, foot: str) -> None:
    """Say below each page to which certificate it belongs, and which of how many it is."""
    style = Styles.of(1).small
    for number in range(document.page_count):
        document.turn_to(number)
        with document.artifact():
            document.text(MARGIN, _FOOT, style, foot)
            said = f"{number + 1} ({document.page_count})"
            document.text(A4[0] - MARGIN - style.face.width(said, style.size), _FOOT, style, said)
