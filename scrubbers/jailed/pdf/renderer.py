"""The source document as PDFium draws it."""

import contextlib
import ctypes
from collections.abc import Iterable, Iterator
from typing import Final

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from scrubbers.jailed.pdf.bitmap import drawn_on_white, in_colours
from scrubbers.jailed.pdf.left_out import require_near
from scrubbers.jailed.pdf.written import as_written
from trusted.jail.stages import Damaged, Locked, TooManyPages

_PAGES: Final = 2000  # design, "Numbers"
# PDFium keeps a copy of every stream that it has read until the document is closed. It is opened again each time about
# this much of the file has been drawn.
_KEPT_BYTES: Final = 5 * 2**20
# The same as for the rebuilt page, and what annotations look like.
_FLAGS: Final = pdfium.FPDF_NO_CATCH | pdfium.FPDF_ANNOT
_BARELY: Final = 8  # pixels
# In UTF-16, as PDFium wants it.
_STAMP: Final = (ctypes.c_ushort * 6)(*b"Stamp", 0)

# No font of the machine: where it has any, PDFium would draw with them fonts that are not in a document, and one
# version would make two copies of it. The struct has no function, and PDFium asks none.
_NO_FONTS: Final = pdfium.FPDF_SYSFONTINFO(version=1)
pdfium.FPDF_SetSystemFontInfo(_NO_FONTS)


class PdfiumSource:
    """Raises Locked, Damaged or TooManyPages. `whole` must stay where it is: PDFium points into it."""

    def __init__(self, whole: "ctypes.Array[ctypes.c_ubyte] | bytes") -> None:
        self._whole = whole
        self._document = self._open()
        self._drawn_bytes = 0
        self._is_near: set[int] = set()
        if len(self) > _PAGES:
            raise TooManyPages

    def __len__(self) -> int:
        return len(self._document)

    def _open(self) -> pypdfium2.PdfDocument:
        try:
            return pypdfium2.PdfDocument(self._whole)
        except pypdfium2.PdfiumError as reason:
            raise (Locked if reason.err_code == pdfium.FPDF_ERR_PASSWORD else Damaged) from None

    @property
    def is_large(self) -> bool:
        """Whether what is kept of it in memory matters."""
        return len(self._whole) > _KEPT_BYTES

    @contextlib.contextmanager
    def page(self, number: int) -> Iterator[pypdfium2.PdfPage]:
        """One page, open, whose fields are drawn from their appearance streams as annotations are; raises Damaged."""
        try:
            page = self._document[number]
        except pypdfium2.PdfiumError:
            raise Damaged from None
        _make_fields_stamps(page)
        if number not in self._is_near:
            require_near(page)
            self._is_near.add(number)
        self._drawn_bytes += len(self._whole) // len(self)
        try:
            yield page
        finally:
            page.close()

    def reopen_if_large(self) -> None:
        """Give back what PDFium has kept of the streams so far."""
        if self._drawn_bytes > _KEPT_BYTES:
            self._drawn_bytes = 0
            self._document.close()
            self._document = self._open()

    def rewritten(self, look_at: Iterable[int] = ()) -> bytes:
        """Return the document as PDFium writes it, without encryption; raises Damaged.

        On the pages that are looked at, annotations without a look of their own have the one that PDFium gives them.
        """
        with contextlib.closing(self._open()) as document:
            # Looks for fields are made by this.
            document.init_forms()
            pages = []
            try:
                for number in look_at:
                    # PDFium makes those looks when a page is drawn, and forgets none while it is open.
                    pages.append(page := document[number])
                    page.render(scale=_BARELY / max(page.get_size()), draw_annots=True).close()
                return as_written(document, len(self._whole))
            except pypdfium2.PdfiumError:
                raise Damaged from None
            finally:
                for page in pages:
                    page.close()


def _make_fields_stamps(page: pypdfium2.PdfPage) -> None:
    """PDFium draws a field only where a form has it, and a stamp wherever it stands, both from their appearance."""
    for at in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, at)
        if pdfium.FPDFAnnot_GetSubtype(annotation) == pdfium.FPDF_ANNOT_WIDGET:
            pdfium.FPDFAnnot_SetStringValue(annotation, b"Subtype", _STAMP)
        pdfium.FPDFPage_CloseAnnot(annotation)


def drawn(
    page: pypdfium2.PdfPage, size: tuple[int, int], rows: tuple[int, int] | None = None, *, annotations: bool = True
) -> Image.Image:
    """Draw a page in this size, in mode RGBX; `rows`: from the first of these up to the second."""
    top, end = rows or (0, size[1])
    place = (0, -top, *size, 0, _FLAGS if annotations else pdfium.FPDF_NO_CATCH)
    return drawn_on_white((size[0], end - top), lambda on: pdfium.FPDF_RenderPageBitmap(on, page, *place))


def drawn_unturned(page: pypdfium2.PdfPage, size: tuple[int, int], *, annotations: bool) -> Image.Image:
    """Draw a page as if it were not turned, in mode RGB."""
    turned = page.get_rotation() // 90
    width, height = size[::-1] if turned % 2 else size
    place = (0, 0, width, height, -turned % 4, _FLAGS if annotations else pdfium.FPDF_NO_CATCH)
    return in_colours(drawn_on_white((width, height), lambda on: pdfium.FPDF_RenderPageBitmap(on, page, *place)))
