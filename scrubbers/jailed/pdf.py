"""A PDF from the look of its pages: each is drawn by PDFium and put into a new document as a picture.

1 refuse streams that inflate without measure (`pdf_bounded`)
2 read what it holds, for the report; refuse a locked one (`pdf_found`)
3 refuse too many pages
4 draw page by page: nothing that is not visible on the page can be in the result
5 colourless pages as grey, photographs as JPEG, the rest without loss
6 write the new document (`pdf_writer`), and a small preview of the first page

The price is that text can no longer be selected or read aloud, which the report says.
"""

import ctypes
import gc
import io
import itertools
import math
import mmap
import os
import zlib
from collections.abc import Iterator
from typing import IO, Final

import pypdf
import pypdfium2
import pypdfium2.raw
from PIL import Image, ImageChops

from scrubbers.jailed import image, pdf_bounded, pdf_found
from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pdf_writer import Coding, PictureDocument
from scrubbers.stages import Damaged, Kind, Locked, Lost, TooManyPages, What, Where

_PAGES: Final = 2000  # design, "Numbers"
_DOTS_A_POINT: Final = 150 / 72  # 150 dpi: small print stays readable, a page takes some 20 ms
# A1 at 150 dpi has 17 megapixels; larger pages are drawn coarser. In memory a page takes eight bytes a pixel.
_PAGE_PIXELS: Final = 20_000_000
_SAMPLE_ROWS: Final = 64
# How far some rows compress: dense black text to an eighth of its grey pixels and a thirtieth of its colours, scans and
# photographs to half.
_PHOTOGRAPH_RATIO: Final = {"L": 0.25, "RGB": 0.08}
# A page that is mostly pure white and black is text or drawing, whose in-between shades are smoothed edges.
_INK_AND_PAPER: Final = 0.6
_PAGES_READ: Final = 50
_OBJECTS_READ: Final = 2000
# PDFium keeps a copy of every stream that it has read until the document is closed. It is opened anew each time about
# this much of the file has been drawn: seven times at most, as a damaged file can take two seconds to open.
_KEPT_BYTES: Final = 8 * 2**20
_STREAM_BYTES: Final = 16 * 2**20  # what pypdf may inflate of one stream: it reads structure and metadata only
_WARM_SIZE: Final = (32, 24)


def scrub(_kind: Kind, untrusted_descriptor: int, clean: int, preview: int, findings: Findings) -> None:
    """Writes the rebuilt document and its preview; raises Refused, or what the libraries raise."""
    # A private mapping: PDFium wants memory it could write to, and gets pages that nobody else sees. It is never
    # closed: PDFium points into it until the job ends.
    untrusted = mmap.mmap(untrusted_descriptor, 0, access=mmap.ACCESS_COPY)
    with (
        open(untrusted_descriptor, "rb", closefd=False) as file,
        open(clean, "wb", closefd=False) as output,
    ):
        pdf_bounded.demand_bounded(untrusted)
        pdf_found.look_into(file, untrusted, findings)
        # pypdf's objects refer to each other in circles.
        gc.collect()
        first = _write((ctypes.c_ubyte * len(untrusted)).from_buffer(untrusted), output, findings)
    image.write_preview(first, preview)


def _write(whole: "ctypes.Array[ctypes.c_ubyte]", output: IO[bytes], findings: Findings) -> Image.Image:
    """Steps 3 to 6; returns the first page's picture."""
    result = PictureDocument(output, image.JPEG_SETTINGS)
    first: Image.Image | None = None
    for number, page in enumerate(_pages(whole)):
        width, height, picture = _draw(page)
        _look_into(number, page, findings)
        page.close()
        picture, coding = _coding(picture)
        result.add_page(picture, width, height, coding)
        first = first or image.shrunk(picture)
    if first is None:
        raise Damaged
    result.finish()
    return first


def _pages(whole: "ctypes.Array[ctypes.c_ubyte]") -> Iterator[pypdfium2.PdfPage]:
    """The pages in their order; raises Locked, Damaged or TooManyPages."""
    document = _open(whole)
    count = len(document)
    if count > _PAGES:
        raise TooManyPages
    at_once = max(1, count * _KEPT_BYTES // len(whole))
    for number in range(count):
        if number and number % at_once == 0:
            document.close()
            document = _open(whole)
        yield document[number]
    document.close()


def _open(whole: "ctypes.Array[ctypes.c_ubyte]") -> pypdfium2.PdfDocument:
    try:
        document = pypdfium2.PdfDocument(whole)
    except pypdfium2.PdfiumError as reason:
        raise (Locked if reason.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD else Damaged) from None
    # Without it what was typed into a form would not be drawn.
    document.init_forms()
    return document


def _draw(page: pypdfium2.PdfPage) -> tuple[int, int, Image.Image]:
    """The page's size in points and its picture, in as few channels as show it all."""
    width, height = page.get_size()
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        raise Damaged
    scale = min(_DOTS_A_POINT, math.sqrt(_PAGE_PIXELS / (width * height)))
    if min(width, height) * scale < 1:
        raise Damaged
    bitmap = page.render(scale=scale, draw_annots=True, prefer_bgrx=True, rev_byteorder=True)
    try:
        picture = _in_few_channels(bitmap.to_pil())
    finally:
        bitmap.close()
    return max(1, round(width)), max(1, round(height)), picture


def _in_few_channels(drawn: Image.Image) -> Image.Image:
    red, green, blue = drawn.split()[:3]
    if not (ImageChops.difference(red, green).getbbox() or ImageChops.difference(green, blue).getbbox()):
        return red
    # A page may have 20 megapixels: never more than two pictures of it at once.
    del red, green, blue
    return drawn.convert("RGB")


def _coding(picture: Image.Image) -> tuple[Image.Image, Coding]:
    """The smallest way to store it that looks the same, judged by some rows: trying them all takes longer."""
    shades = picture.histogram() if picture.mode == "L" else [0]
    if shades[0] + shades[-1] == picture.width * picture.height:
        return picture.convert("1", dither=Image.Dither.NONE), Coding.LOSSLESS
    sample = picture.resize((picture.width, min(_SAMPLE_ROWS, picture.height)), Image.Resampling.NEAREST).tobytes()
    if len(zlib.compress(sample, 1)) > _PHOTOGRAPH_RATIO[picture.mode] * len(sample):
        return picture, Coding.JPEG
    if shades[0] + shades[-1] > _INK_AND_PAPER * picture.width * picture.height:
        return picture, Coding.SIXTEEN_SHADES
    return picture, Coding.LOSSLESS


def _look_into(number: int, page: pypdfium2.PdfPage, findings: Findings) -> None:
    """Notes text that is lost, and text that was there without being drawn."""
    if number >= _PAGES_READ and Lost.SELECTABLE_TEXT in findings.lost():
        return
    text = (item for item in page.get_objects(max_depth=2) if item.type == pypdfium2.raw.FPDF_PAGEOBJ_TEXT)
    for item in itertools.islice(text, _OBJECTS_READ):
        findings.lose(Lost.SELECTABLE_TEXT)
        if pypdfium2.raw.FPDFTextObj_GetTextRenderMode(item) == pypdfium2.raw.FPDF_TEXTRENDERMODE_INVISIBLE:
            findings.add(What.HIDDEN_TEXT, Where.PAGES)
            return


def warm_up() -> None:
    """Sets pypdf's bounds and scrubs one small document, so that everything is in memory before the locks.

    Without text: PDFium would look for the system's fonts, and then the same file would give another picture on another
    computer. Once locked it finds none and uses those it carries.
    """
    pypdf.overwrite_configuration(
        zlib_maximum_output_length=_STREAM_BYTES,
        lzw_maximum_output_length=_STREAM_BYTES,
        run_length_maximum_output_length=_STREAM_BYTES,
        array_based_stream_maximum_output_length=_STREAM_BYTES,
        stream_decoding_work_maximum_length=4 * _STREAM_BYTES,
        # It would be started as a program.
        jbig2dec_binary=None,
        disable_legacy_handling=True,
    )
    made = io.BytesIO()
    document = PictureDocument(made, image.JPEG_SETTINGS)
    for mode, coding in (("1", Coding.LOSSLESS), ("L", Coding.SIXTEEN_SHADES), ("RGB", Coding.JPEG)):
        document.add_page(Image.new(mode, _WARM_SIZE), *_WARM_SIZE, coding)
    document.finish()
    untrusted, clean, preview = (os.memfd_create("warm", os.MFD_CLOEXEC) for _ in range(3))
    try:
        os.write(untrusted, made.getvalue())
        scrub(Kind.PDF, untrusted, clean, preview, Findings())
    finally:
        for descriptor in (untrusted, clean, preview):
            os.close(descriptor)
