"""Judges a clean file beside its original, as an ordinary viewer sees both. Knows nothing of the scrubbers.

Pictures     same size; PSNR of at least 30 dB against the original after its orientation and its colour profile are
             applied, transparent parts on white, both softened by one pixel: noise of colour alone is not seen
Documents    same number of pages; the first pages drawn at 72 dpi, softened by one pixel so that the smoothing of edges
             does not count, differ by a mean of at most 5 of 255 and by more than 64 on at most one pixel in a hundred
Text         the words of the original that are visible: not in invisible mode, not drawn before a picture that covers
             them, on the page, with ink in their box; how many of them are in the clean copy. PDFium divides
             spread letters by their distances: a word that is divided otherwise counts if its letters stand together,
             or each where it stood (a shadow's, where the word itself stands)
Pixels       pages that are one picture in the copy, with or without an invisible text, and were more than that
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import io
import math
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import pillow_heif
import pypdfium2
import pypdfium2.raw
from PIL import Image, ImageChops, ImageCms, ImageFilter, ImageOps, ImageStat

LEAST_PSNR = 30.0
MOST_MEAN_DIFFERENCE = 5.0
MOST_DIFFERENT_SHARE = 0.01
LEAST_RECALL = 0.95
_FAR = 64
_PAGES = 12
_MOST_PIXELS = 60_000_000
_INK = 24
_INK_SCALE = 2.0
_FINE = 10  # of a point: how exactly the places of letters are compared
_LEAST_POINTS = 2.0  # smaller letters leave a grey line that nobody reads

# A list of formats only knows those whose plugin is loaded.
FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "HEIF", "AVIF"]
for plugin in ("Avif", "Bmp", "Gif", "Jpeg", "Mpo", "Png", "Tiff", "WebP"):
    importlib.import_module(f"PIL.{plugin}ImagePlugin")
pillow_heif.register_heif_opener()


@dataclass(frozen=True)
class Judgement:
    """What a viewer makes of the two. Measures are None where there is nothing to measure."""

    viewer_opens: bool
    looks_same: bool | None = None
    measure: str = ""
    psnr: float | None = None
    recall: float | None = None
    missing: str = ""
    pixel_pages: int = 0


def judge(kind: str, original: bytes, clean: bytes | None) -> Judgement:
    """Compare the two; without a clean copy, only report whether a viewer opens the original."""
    warnings.simplefilter("ignore")
    return _judge_document(original, clean) if kind == "pdf" else _judge_picture(original, clean)


def _judge_picture(original: bytes, clean: bytes | None) -> Judgement:
    try:
        before = _seen(original)
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError, MemoryError):
        return Judgement(viewer_opens=False)
    if clean is None:
        return Judgement(viewer_opens=True)
    after = _seen(clean)
    if before.size != after.size:
        return Judgement(True, False, f"size {before.size} became {after.size}")
    psnr = _psnr(before, after)
    soft = _psnr(*(picture.filter(ImageFilter.GaussianBlur(1)) for picture in (before, after)))
    return Judgement(True, soft >= LEAST_PSNR, f"PSNR {psnr:.1f}, softened {soft:.1f}", psnr)


def _psnr(before: Image.Image, after: Image.Image) -> float:
    squares = ImageStat.Stat(ImageChops.difference(before, after)).rms
    error = sum(rms * rms for rms in squares) / len(squares)
    return math.inf if error == 0 else 10 * math.log10(255 * 255 / error)


def _seen(content: bytes) -> Image.Image:
    """The first frame as a viewer shows it."""
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
        opened.load()
        if opened.info.get("default_image"):
            # An animated PNG has a stand-in for viewers that show no animation: today's show the first frame.
            with contextlib.suppress(OSError, SyntaxError, EOFError):
                opened.seek(1)
                opened.load()
        profile = opened.info.get("icc_profile")
        turned = ImageOps.exif_transpose(opened)
        if turned.mode in {"I;16", "I;16B", "I;16L"}:
            turned = turned.convert("I")
        if turned.mode in {"I", "F"}:
            turned = _as_shades(turned)
        alpha = turned.convert("RGBA").getchannel("A") if turned.has_transparency_data else None
        colours = _to_srgb(turned, profile)
    if alpha is None:
        return colours
    white = Image.new("RGB", colours.size, "white")
    white.paste(colours, mask=alpha)
    return white


def _as_shades(picture: Image.Image) -> Image.Image:
    """Scale sixteen or more bits to eight: sixteen bits by their full range, others by minimum and maximum."""
    least, most = picture.getextrema()
    if picture.mode == "I" and least >= 0 and most < 2**16:
        least, most = 0, 2**16 - 1
    scale = 255 / ((most - least) or 1)
    return picture.convert("F").point(lambda value: value * scale - least * scale).convert("L")


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and picture.mode in {"RGB", "RGBA", "P", "CMYK", "L", "LAB"}:
        plain = picture.convert("RGB") if picture.mode in {"RGBA", "P"} else picture
        try:
            return ImageCms.profileToProfile(
                plain, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, OSError):
            pass
    if picture.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, lab, srgb, outputMode="RGB")
    return (
        picture.convert("RGBA").convert("RGB")
        if picture.mode in {"P", "PA", "LA", "La", "RGBa"}
        else picture.convert("RGB")
    )


def _judge_document(original: bytes, clean: bytes | None) -> Judgement:
    try:
        before = _open(original)
        drawn = _draw(before, 0)
    except (pypdfium2.PdfiumError, ValueError):
        return Judgement(viewer_opens=False)
    if clean is None:
        return Judgement(viewer_opens=True)
    after = _open(clean)
    if len(before) != len(after):
        return Judgement(True, False, f"{len(before)} pages became {len(after)}")
    worst, same = (0.0, 0.0, 0), True
    for number in range(min(_PAGES, len(before))):
        drawn = _draw(before, number)
        mean, share = _difference(drawn, _draw(after, number))
        same = same and mean <= MOST_MEAN_DIFFERENCE and share <= MOST_DIFFERENT_SHARE
        worst = max(worst, (share, mean, number + 1))
    said = f"page {worst[2]}: mean {worst[1]:.2f}, far {worst[0]:.4f}"
    recall, missing = _recall(before, after)
    pixels = sum(_is_pixels(after[at]) and not _is_pixels(before[at]) for at in range(min(_PAGES, len(before))))
    return Judgement(True, same, said, None, recall, missing, pixels)


def _is_pixels(page: pypdfium2.PdfPage) -> bool:
    """Whether pictures are all that is seen of it."""
    return not any(
        thing.type not in (pypdfium2.raw.FPDF_PAGEOBJ_IMAGE, pypdfium2.raw.FPDF_PAGEOBJ_FORM)
        and not (
            thing.type == pypdfium2.raw.FPDF_PAGEOBJ_TEXT
            and pypdfium2.raw.FPDFTextObj_GetTextRenderMode(thing.raw) == pypdfium2.raw.FPDF_TEXTRENDERMODE_INVISIBLE
        )
        for thing in page.get_objects()
    )


def _open(content: bytes) -> pypdfium2.PdfDocument:
    document = pypdfium2.PdfDocument(content)
    if len(document) == 0:
        raise ValueError
    document.init_forms()
    return document


def _draw(document: pypdfium2.PdfDocument, number: int, scale: float = 1.0) -> Image.Image:
    page = document[number]
    width, height = page.get_size()
    # A poster is drawn smaller, a stamp larger.
    scale *= min(1.0, math.sqrt(4_000_000 / max(1.0, width * height)))
    scale = max(scale, min(40.0, 100 / max(1.0, min(width, height))))
    picture: Image.Image = page.render(scale=scale, draw_annots=True).to_pil().convert("RGB")
    return picture


def _difference(before: Image.Image, after: Image.Image) -> tuple[float, float]:
    """Mean difference, and the share of pixels that are far off. Sizes may differ by a pixel of rounding."""
    if max(abs(before.width - after.width), abs(before.height - after.height)) > 1:
        return 255.0, 1.0
    after = after if after.size == before.size else after.resize(before.size)
    soft = (picture.filter(ImageFilter.GaussianBlur(1)) for picture in (before, after))
    difference = ImageChops.difference(*soft)
    most = ImageChops.lighter(ImageChops.lighter(*difference.split()[:2]), difference.split()[2])
    histogram = most.histogram()
    count = most.width * most.height
    return sum(value * n for value, n in enumerate(histogram)) / count, sum(histogram[_FAR + 1 :]) / count


def _recall(before: pypdfium2.PdfDocument, after: pypdfium2.PdfDocument) -> tuple[float | None, str]:
    """The share of the original's visible words that are in the copy, page by page, and some that are not."""
    wanted, kept, missing = 0, 0, Counter[str]()
    for number in range(min(_PAGES, len(before))):
        seen = list(_visible_words(before, number))
        words = Counter(word for each in seen for word in _words(each.text))
        there = list(_words(after[number].get_textpage().get_text_range()))
        lost = _lost(words, there)
        if lost:
            lost -= _standing([each for each in seen if lost[each.text]], _letters(after[number]))
        wanted += words.total()
        kept += words.total() - lost.total()
        missing += lost
    return (kept / wanted if wanted else None), " ".join(list(missing)[:12])


def _lost(words: Counter[str], there: list[str]) -> Counter[str]:
    """Return those of the words that are not there: neither as words nor, side by side, among the letters of others."""
    lost, others = words.copy(), []
    for word in there:
        if lost[word] > 0:
            lost[word] -= 1
        else:
            others.append(word)
    letters = "".join(others)
    for word in sorted(lost.elements(), key=len, reverse=True):
        if word in letters:
            # What stood around it is not side by side because of that.
            letters = letters.replace(word, " ", 1)
            lost[word] -= 1
    return +lost


@dataclass(frozen=True)
class _Seen:
    """A word with its letters; of each the middle and the size, in points."""

    text: str
    letters: tuple[tuple[str, float, float, float], ...]


def _letters(page: pypdfium2.PdfPage) -> list[tuple[str, float, float, float]]:
    text = page.get_textpage()
    return [_letter(page, text, at) for at in range(text.count_chars())]


def _letter(page: pypdfium2.PdfPage, text: pypdfium2.PdfTextPage, at: int) -> tuple[str, float, float, float]:
    left, bottom, right, top = text.get_charbox(at, loose=False)
    letter = unicodedata.normalize("NFKC", chr(pypdfium2.raw.FPDFText_GetUnicode(text.raw, at)))
    # As the page is seen, turned or not.
    whole = round(page.get_width() * _FINE), round(page.get_height() * _FINE)
    across, down = _on_picture(page, whole, (left + right) / 2, (bottom + top) / 2)
    return letter, across / _FINE, down / _FINE, max(right - left, top - bottom)


def _on_picture(page: pypdfium2.PdfPage, size: tuple[int, int], x: float, y: float) -> tuple[int, int]:
    """Return where a point of the page lies when it is drawn in this size."""
    across, down = ctypes.c_int(), ctypes.c_int()
    pypdfium2.raw.FPDF_PageToDevice(page.raw, 0, 0, *size, 0, x, y, ctypes.byref(across), ctypes.byref(down))
    return across.value, down.value


def _standing(words: list[_Seen], there: list[tuple[str, float, float, float]]) -> Counter[str]:
    """Return those of the words whose letters all stand in the copy, no farther away than half their size."""
    return Counter(
        word.text
        for word in words
        if all(
            any(other == letter and math.hypot(x - to_x, y - to_y) <= size / 2 for other, to_x, to_y, _ in there)
            for letter, x, y, size in word.letters
        )
    )


def _words(text: str) -> Iterator[str]:
    for word in unicodedata.normalize("NFKC", text.replace("\xad", "").replace("\ufffe", "")).split():
        if any(letter.isalnum() for letter in word):
            yield word


def _visible_words(document: pypdfium2.PdfDocument, number: int) -> Iterator[_Seen]:
    """Yield words whose letters are all drawn: on the page, not in invisible mode, something visible in the box."""
    page = document[number]
    text = page.get_textpage()
    count = text.count_chars()
    if not count:
        return
    grey = _draw(document, number, _INK_SCALE).convert("L")
    ink = _Ink(page, grey)
    letters: list[tuple[str, float, float, float]] = []
    word, seen = "", True
    for index in range(count + 1):
        letter = chr(pypdfium2.raw.FPDFText_GetUnicode(text.raw, index)) if index < count else " "
        if not letter.isspace() and letter != "\0":
            word += letter
            letters.append(_letter(page, text, index))
            seen = seen and ink.shows(text, index)
            continue
        if word and seen:
            yield _Seen(" ".join(_words(word)), tuple(letters))
        letters, word, seen = [], "", True


class _Ink:
    """Says of a letter whether the drawn page has anything to see where it stands."""

    def __init__(self, page: pypdfium2.PdfPage, grey: Image.Image) -> None:
        self._page = page
        self._grey = grey
        # In the order of drawing: a scan may lie over the words that a program recognised in it.
        self._order = {}
        self._pictures = []
        for number, drawn in enumerate(page.get_objects(max_depth=1)):
            if drawn.type == pypdfium2.raw.FPDF_PAGEOBJ_TEXT:
                self._order[ctypes.addressof(drawn.raw.contents)] = number
            elif drawn.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE and not pypdfium2.raw.FPDFPageObj_HasTransparency(
                drawn.raw
            ):
                self._pictures.append((number, drawn.get_bounds()))

    def shows(self, text: pypdfium2.PdfTextPage, index: int) -> bool:
        shown = pypdfium2.raw.FPDFText_GetTextObject(text.raw, index)
        if shown and pypdfium2.raw.FPDFTextObj_GetTextRenderMode(shown) == pypdfium2.raw.FPDF_TEXTRENDERMODE_INVISIBLE:
            return False
        left, bottom, right, top = text.get_charbox(index, loose=False)
        start, lower, end, upper = text.get_charbox(index, loose=True)
        if max(end - start, upper - lower) < _LEAST_POINTS:
            return False
        if right <= left or top <= bottom or (shown and self._covered(shown, (left, bottom, right, top))):
            return False
        corners = [_on_picture(self._page, self._grey.size, x, y) for x, y in ((left, bottom), (right, top))]
        xs, ys = sorted(x for x, _ in corners), sorted(y for _, y in corners)
        box = (
            max(0, xs[0] - 1),
            max(0, ys[0] - 1),
            min(self._grey.width, xs[1] + 1),
            min(self._grey.height, ys[1] + 1),
        )
        if box[0] >= box[2] or box[1] >= box[3]:
            return False
        darkest, lightest = self._grey.crop(box).getextrema()
        return bool(lightest - darkest >= _INK)

    def _covered(self, shown: object, box: tuple[float, float, float, float]) -> bool:
        number = self._order.get(ctypes.addressof(shown.contents))
        return number is not None and any(
            later > number and over[0] <= box[0] and over[1] <= box[1] and over[2] >= box[2] and over[3] >= box[3]
            for later, over in self._pictures
        )
