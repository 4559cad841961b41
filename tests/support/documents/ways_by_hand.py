"""Documents of three pages with links and an outline, and what PDFium finds of them in the clean copy."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence

import pypdfium2
import pypdfium2.raw as pdfium

from documents.pdf_by_hand import HELVETICA, Pdf, line
from documents.pdf_fonts_by_hand import Clean, cleaned
from documents.rebuilt import read
from trusted.jail.stages import Lost

TEXTS = [b"(Alpha Beta)", b"(Gamma Delta)", b"(Epsilon 7 Zeta)"]
PAGE = [b"3 0 R", b"4 0 R", b"5 0 R"]
AS_PIXELS = b" BT 4 Tr ET"
OVER = (40, 290, 130, 320)  # around the first line of each page
TO_SECOND = b"/Dest[4 0 R/XYZ 0 312 0]"


def link(to: bytes = TO_SECOND, box: Sequence[float] = OVER, *, entries: bytes = b"/Border[0 0 0]") -> bytes:
    return b"<</Type/Annot/Subtype/Link/Rect[%s]%s%s>>" % (b" ".join(b"%g" % each for each in box), entries, to)


def document(
    links: Iterable[bytes] = (),
    *,
    page: bytes = b"",
    catalog: bytes = b"",
    after: bytes = b"",
    texts: Sequence[bytes] = TEXTS,
    objects: Sequence[bytes] = (),
) -> bytes:
    """Three pages of 400 by 400 with a line of text each at 50 300; links on the first. Objects are numbered from 20 on."""
    made = Pdf()
    made.add(1, b"<</Type/Catalog/Pages 2 0 R%s>>" % catalog)
    made.add(2, b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(texts), b" ".join(PAGE[: len(texts)])))
    for at, text in enumerate(texts):
        made.stream(7 + at, line(text, 50, 300) + after)
        notes = b"/Annots[%s]" % b" ".join(links) if at == 0 and links else b""
        made.add(3 + at, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 400]/Contents %d 0 R"
                 b"/Resources<</Font<</F0 6 0 R>>>>%s%s>>" % (7 + at, page, notes))  # fmt: skip
    made.add(6, HELVETICA)
    for number, body in enumerate(objects):
        made.add(20 + number, body)
    made.end(b"/Root 1 0 R")
    return bytes(made.content)


def vouched(content: bytes) -> Clean:
    """The clean copy, which the second reader vouches for."""
    made = cleaned(content)
    read(made.content)
    return made


Found = tuple[tuple[int, int, int, int], int, int]


def links_of(content: bytes, page: int = 0) -> list[Found]:
    """As PDFium has them: the box, the number of the page that each leads to, and how far up."""
    opened = pypdfium2.PdfDocument(content)
    sheet = opened[page]
    found: list[Found] = []
    position, handle = ctypes.c_int(0), pdfium.FPDF_LINK()
    while pdfium.FPDFLink_Enumerate(sheet, position, handle):
        box = pdfium.FS_RECTF()
        assert pdfium.FPDFLink_GetAnnotRect(handle, box)
        assert not pdfium.FPDFLink_GetAction(handle)
        found.append(
            ((box.left, box.bottom, box.right, box.top), *_end_of(opened, pdfium.FPDFLink_GetDest(opened, handle)))
        )
    return found


def _end_of(opened: pypdfium2.PdfDocument, destination: object) -> tuple[int, int]:
    has = [ctypes.c_int() for _ in range(3)]
    values = [ctypes.c_float() for _ in range(3)]
    assert pdfium.FPDFDest_GetLocationInPage(destination, *has, *values)
    return pdfium.FPDFDest_GetDestPageIndex(opened, destination), round(values[1].value)


def outline_of(content: bytes) -> list[tuple[int, str, int]]:
    """As PDFium has it: how deep, title and page."""
    opened = pypdfium2.PdfDocument(content)
    return [(each.level, each.get_title(), each.get_dest().get_index()) for each in opened.get_toc()]


def lost_of(made: Clean) -> set[Lost]:
    return set(made.findings.lost()) & {Lost.LINKS, Lost.OUTLINE, Lost.LINK_FRAMES}


def outlined(titles: Sequence[str | bytes], places: Sequence[bytes] = (), under: int = 0) -> dict[str, object]:
    """Lines in a row, each with its place; the last ones under the first."""
    last, above = len(titles) - 1, len(titles) - 1 - under
    objects = [b"<</Type/Outlines/First 21 0 R/Last %d 0 R/Count %d>>" % (21 + above, above + 1)]
    for at, title in enumerate(titles):
        said = title if isinstance(title, bytes) else b"<feff%s>" % title.encode("utf-16-be").hex().encode()
        place = places[at] if places else b"/Dest[%s/XYZ 0 312 0]" % PAGE[0]
        following = b"" if at in {above, last} else b"/Next %d 0 R" % (22 + at)
        down = b"/First %d 0 R/Last %d 0 R/Count %d" % (22 + above, 21 + last, under) if under and at == 0 else b""
        objects.append(b"<</Title%s%s%s%s/Parent 20 0 R/C[1 0 0]/F 3>>" % (said, place, following, down))
    return {"catalog": b"/Outlines 20 0 R", "objects": objects}


def to(*pages: int) -> list[bytes]:
    return [b"/Dest[%s/XYZ 0 312 0]" % PAGE[page] for page in pages]
