"""A second witness of a clean PDF: another renderer, which draws the source and knows nothing of how the copy was made.

PDFium judges what is seen in the copy; what it leaves out without a word is missing in every drawing of its own. MuPDF,
which shares no code with it, draws the source here, in a job of its own, and nothing may stand in the copy that is not
there:

1 of three letters or digits in a row at least one has an edge in the drawing of the source; of a shorter word too.
  Marks of punctuation count as little as blanks do: they are as small as what two renderers differ in
2 where the copy has an edge (of a line, a picture, a letter in pixels), the source has one there or close by

The copy is read and drawn by MuPDF too, and never compared with the source level by level: renderers differ in those.
"""

import functools
import gc
import math
import mmap
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias, cast

import pymupdf
from PIL import Image, ImageChops, ImageFilter
from pymupdf import extra, mupdf

from trusted.jail.stages import SeenOtherwise

_Box: TypeAlias = tuple[float, float, float, float]
_Pixels: TypeAlias = tuple[int, int, int, int]
_MOST_PIXELS: Final = 2_000_000  # of one drawing: a page of A4 has half a million points
_LETTERS_FROM: Final = 0.5  # pixels to a point: smaller, letters are grey lines
_WHITE: Final = 255
_WIDE_BORDER: Final = 6.0  # points
_EDGE: Final = 4  # levels of grey
_GAP: Final = 4.0  # pixels between letters in a row
_IN_A_ROW: Final = 3
_SPECKS: Final = 2  # tiles of a page: a letter
_SMALL: Final = 4.0  # pixels: such letters are as faint as what two renderers differ in
_UNSEEN: Final = 3  # of a text: it is only there to be searched
_WIDENED: Final = 1  # pixels around a letter
_TILE, _HALVINGS = 8, 3  # pixels
_STRONG: Final = 48  # levels: an edge of the copy that is no noise of a renderer
_SAMPLE: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj "
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj "
    b"4 0 obj<</Length 47>>stream\nBT /F 12 Tf 10 50 Td (Warm) Tj ET 0 0 20 20 re f\nendstream endobj "
    b"5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj trailer<</Root 1 0 R>>\n%%EOF"
)


class _Row(NamedTuple):
    """Boxes of letters and digits, in pixels. `is_unseen`: they are a word that is laid over a picture of itself."""

    boxes: list[_Box]
    is_unseen: bool


def require_seen(untrusted_source: int, untrusted_clean: int) -> None:
    """Return if the source shows all that the clean copy does; raises SeenOtherwise, also where it cannot be drawn."""
    gc.disable()
    with (
        mmap.mmap(untrusted_source, 0, prot=mmap.PROT_READ) as source,
        mmap.mmap(untrusted_clean, 0, prot=mmap.PROT_READ) as clean,
    ):
        try:
            _require_pages(_opened(source), _opened(clean))
        except mupdf.FzErrorBase:
            raise SeenOtherwise from None


def warm_up() -> None:
    """Silence MuPDF, whose complaints quote the file, and draw a page, so that all is in memory before the locks."""
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    sample = os.memfd_create("warm", os.MFD_CLOEXEC)
    try:
        os.write(sample, _SAMPLE)
        require_seen(sample, sample)
    finally:
        os.close(sample)


def _opened(content: mmap.mmap) -> Any:
    return mupdf.fz_open_document_with_stream(
        "pdf", mupdf.fz_open_memory(mupdf.python_buffer_data(content), len(content))
    )


def _require_pages(source: Any, clean: Any) -> None:
    for number in range(mupdf.fz_count_pages(clean)):
        _make_stamps(source, number)
        page, copy = mupdf.fz_load_page(source, number), mupdf.fz_load_page(clean, number)
        size = mupdf.fz_bound_page(copy)
        scale = min(1.0, math.sqrt(_MOST_PIXELS / max(1.0, size.x1 * size.y1)))
        drawn = size.x1 * scale, size.y1 * scale
        # Interpreted once, drawn and read.
        listed = mupdf.fz_new_display_list_from_page(copy)
        seen = _drawn(functools.partial(_run_page, page), _onto(page, drawn), drawn)
        shown = _drawn(functools.partial(_run_list, listed), _onto(copy, drawn), drawn)
        for box in _frames(page, drawn):
            seen.paste(_WHITE, box)
        for box in _lists_of_choices(page, drawn):
            size_of_box = box[2] - box[0], box[3] - box[1]
            stripes = (b"\0\xff" * math.prod(size_of_box))[: math.prod(size_of_box)]
            seen.paste(Image.frombytes("L", size_of_box, stripes), box)
        if scale >= _LETTERS_FROM:
            _require_letters(seen, shown, _rows(_spans(listed, size.y1), scale))
        _require_edges(seen, shown)


def _make_stamps(source: Any, number: int) -> None:
    """Have each form field drawn from its appearance stream, wherever it stands and whatever it is called."""
    for entry in _annotations(mupdf.pdf_lookup_page_obj(mupdf.pdf_document_from_fz_document(source), number)):
        looks = mupdf.pdf_dict_getp(entry, "AP/N")
        if looks.m_internal and mupdf.pdf_to_name(mupdf.pdf_dict_gets(entry, "Subtype")) == "Widget":
            mupdf.pdf_dict_puts(entry, "Subtype", mupdf.pdf_new_name("Stamp"))
            if not mupdf.pdf_dict_gets(entry, "AS").m_internal:
                mupdf.pdf_dict_puts(entry, "AS", mupdf.pdf_new_name("Off"))


def _annotations(page: Any) -> Iterator[Any]:
    entries = mupdf.pdf_dict_gets(page, "Annots")
    return (mupdf.pdf_array_get(entries, number) for number in range(mupdf.pdf_array_len(entries)))


def _frames(page: Any, size: tuple[float, float]) -> Iterator[_Pixels]:
    """Yield where links have borders that could cover a line of text: some programs draw them, MuPDF does not."""
    for entry in _annotations(mupdf.pdf_page_from_fz_page(page).obj()):
        style = mupdf.pdf_dict_getp(entry, "BS/W")
        border = style if style.m_internal else mupdf.pdf_array_get(mupdf.pdf_dict_gets(entry, "Border"), 2)
        width = mupdf.pdf_to_real(border)
        if mupdf.pdf_to_name(mupdf.pdf_dict_gets(entry, "Subtype")) == "Link" and width >= _WIDE_BORDER:
            yield _pixels(_rectangle(page, entry, width / 2), _onto(page, size))


def _lists_of_choices(page: Any, size: tuple[float, float]) -> Iterator[_Pixels]:
    """Yield where fields stand to choose from, with nothing on the page below: PDFium may draw more of them."""
    entries = _annotations(mupdf.pdf_page_from_fz_page(page).obj())
    kinds = ((each, mupdf.pdf_dict_get_inheritable(each, mupdf.pdf_new_name("FT"))) for each in entries)
    boxes = [_rectangle(page, each, 0) for each, kind in kinds if mupdf.pdf_to_name(kind) == "Ch"]
    below: list[tuple[str, _Box]] = []
    if boxes:
        device = pymupdf.JM_new_bbox_device(below, inc_layers=False)
        _run_list(mupdf.fz_new_display_list_from_page_contents(page), device)
    for box in boxes:
        if not mupdf.fz_is_empty_rect(box) and all(
            mupdf.fz_is_empty_rect(mupdf.fz_intersect_rect(box, mupdf.FzRect(*each))) for _, each in below
        ):
            yield _pixels(box, _onto(page, size))


def _rectangle(page: Any, annotation: Any, wider: float) -> Any:
    """Return where an annotation stands on the page, as MuPDF draws that."""
    to_page = mupdf.FzMatrix()
    mupdf.pdf_page_transform(mupdf.pdf_page_from_fz_page(page), mupdf.FzRect(), to_page)
    box = mupdf.fz_expand_rect(mupdf.pdf_to_rect(mupdf.pdf_dict_gets(annotation, "Rect")), wider)
    return mupdf.fz_intersect_rect(mupdf.fz_transform_rect(box, to_page), mupdf.fz_bound_page(page))


def _pixels(box: Any, matrix: Any) -> _Pixels:
    found = mupdf.fz_round_rect(mupdf.fz_transform_rect(box, matrix))
    return found.x0, found.y0, found.x1, found.y1


def _onto(page: Any, size: tuple[float, float]) -> Any:
    """Return the matrix that draws a page in this size, whatever box, turn and unit it has."""
    box = mupdf.fz_bound_page(page)
    across, down = size[0] / (box.x1 - box.x0), size[1] / (box.y1 - box.y0)
    return mupdf.FzMatrix(across, 0, 0, down, -box.x0 * across, -box.y0 * down)


def _run_page(page: Any, device: Any) -> None:
    mupdf.fz_run_page(page, device, mupdf.FzMatrix(), mupdf.FzCookie())
    mupdf.fz_close_device(device)


def _run_list(listed: Any, device: Any) -> None:
    everywhere = mupdf.FzRect(mupdf.FzRect.Fixed_INFINITE)
    mupdf.fz_run_display_list(listed, device, mupdf.FzMatrix(), everywhere, mupdf.FzCookie())
    mupdf.fz_close_device(device)


def _drawn(run: Callable[[Any], None], matrix: Any, size: tuple[float, float]) -> Image.Image:
    """Return a page in this size, and white up to whole tiles; mode L."""
    pixels = math.ceil(size[0] / _TILE) * _TILE, math.ceil(size[1] / _TILE) * _TILE
    pixmap = mupdf.fz_new_pixmap(mupdf.fz_device_gray(), *pixels, mupdf.FzSeparations(0), 0)
    mupdf.fz_clear_pixmap_with_value(pixmap, _WHITE)
    run(mupdf.fz_new_draw_device(matrix, pixmap))
    return Image.frombytes("L", pixels, mupdf.fz_pixmap_samples_memoryview(pixmap))


def _require_letters(seen: Image.Image, shown: Image.Image, rows: Iterable[_Row]) -> None:
    for row in rows:
        many = len(row.boxes) if row.is_unseen else min(_IN_A_ROW, len(row.boxes))
        at = many - 1
        while at < len(row.boxes):
            # From the last of the three on: where that one is drawn, the others need not be looked at.
            for back in range(many):
                if _is_drawn(seen, shown, row.boxes[at - back]):
                    break
            else:
                raise SeenOtherwise
            at += many - back


def _is_drawn(seen: Image.Image, shown: Image.Image, box: _Box) -> bool:
    is_small = box[3] - box[1] < _SMALL and box[2] - box[0] < _SMALL
    return _edge(seen, box) >= _EDGE or (is_small and _edge(shown, box) < _STRONG)


def _edge(drawn: Image.Image, box: _Box) -> int:
    left, top = max(0, int(box[0]) - _WIDENED), max(0, int(box[1]) - _WIDENED)
    right, bottom = min(drawn.width, int(box[2]) + 1 + _WIDENED), min(drawn.height, int(box[3]) + 1 + _WIDENED)
    if left >= right or top >= bottom:
        # Beside the page, where nobody sees it.
        return _WHITE
    low, high = cast(tuple[int, int], drawn.crop((left, top, right, bottom)).getextrema())
    return high - low


def _spans(listed: Any, height: float) -> list[dict[str, Any]]:
    """Return the texts of a page of this height, as MuPDF traces them."""
    spans: list[dict[str, Any]] = []
    device = extra.JM_new_texttrace_device(spans)
    device.ptm = mupdf.FzMatrix(1, 0, 0, -1, 0, height)
    _run_list(listed, device)
    return spans


def _rows(spans: Iterable[dict[str, Any]], scale: float) -> Iterator[_Row]:
    """Yield the letters and digits that stand in a row; of words that are laid over a picture, each word."""
    for span in spans:
        boxes: list[_Box] = []
        row = _Row(boxes, span["type"] == _UNSEEN)
        before = -_GAP, -_GAP, -_GAP, -_GAP
        for code, _, _, box in span["chars"]:
            if not chr(code).isalnum():
                if row.is_unseen and boxes:
                    yield row
                    row = _Row(boxes := [], is_unseen=True)
                continue
            left, top, right, bottom = box if scale == 1 else [each * scale for each in box]
            is_apart = left - before[2] > _GAP or before[0] - right > _GAP
            if boxes and (is_apart or top - before[3] > _GAP or before[1] - bottom > _GAP):
                yield row
                row = _Row(boxes := [], row.is_unseen)
            before = left, top, right, bottom
            boxes.append(before)
        if boxes:
            yield row


def _require_edges(seen: Image.Image, shown: Image.Image) -> None:
    low, high = _tiles(shown)
    strong = ImageChops.subtract(high, low).point([_WHITE * (level >= _STRONG) for level in range(256)])
    low, high = _tiles(seen)
    # An edge between two tiles is in neither.
    near = ImageChops.subtract(high.filter(ImageFilter.MaxFilter(3)), low.filter(ImageFilter.MinFilter(3)))
    flat = near.point([_WHITE * (level < _EDGE) for level in range(256)])
    if ImageChops.darker(strong, flat).histogram()[_WHITE] > _SPECKS:
        raise SeenOtherwise


def _tiles(drawn: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Return the darkest and the lightest level of each tile."""
    low = high = drawn
    for _ in range(_HALVINGS):
        low, high = _halved(low, ImageChops.darker), _halved(high, ImageChops.lighter)
    return low, high


def _halved(image: Image.Image, of_both: Callable[[Image.Image, Image.Image], Image.Image]) -> Image.Image:
    """Return each two times two pixels as one: the darkest or the lightest of them."""
    wide = of_both(*(_every_other(image, (2, 1), (at, 0)) for at in (0, 1)))
    return of_both(*(_every_other(wide, (1, 2), (0, at)) for at in (0, 1)))


def _every_other(image: Image.Image, step: tuple[int, int], start: tuple[int, int]) -> Image.Image:
    size = image.width // step[0], image.height // step[1]
    # A pixel is looked for by its middle.
    matrix = (step[0], 0, start[0] + 0.5 - step[0] / 2, 0, step[1], start[1] + 0.5 - step[1] / 2)
    return image.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.NEAREST)
