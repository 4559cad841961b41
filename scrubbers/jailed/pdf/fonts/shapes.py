"""What a shape looks like, in sixteen rows of as many parts: which letters it cannot be, whatever it is called.

Letters of Latin and digits are compared with those of our faces and of the ones that PDFium carries, with a part's play
on each side. Large and small letters are one, and so are those of one form in many faces (o and 0; i, l and 1).

    a box, any bar   says what looks like one: l I 1, and any sign that is no letter or digit
    very low, a line says no letter: a dash, a dot
    foreign          is far from each form of the letter that it is called by
    swapped          is another letter beyond doubt

Over 29,000 letters of 1,300 fonts of TeX, thin, slanted and ornate ones among them, 95 of 100 are within a fourth of
what makes one foreign. Blackletter and scripts are foreign here and there, a tenth of their letters at most: what is
nearly so is held against a font only where it is a third of its letters.
"""

import ctypes
import functools
import itertools
import unicodedata
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image, ImageChops, ImageDraw

from scrubbers.jailed.pdf.fonts.drawn_outline import glyph_outline
from scrubbers.jailed.pdf.fonts.letters import LIKE_A_BOX, standing_for_many
from scrubbers.jailed.pdf.fonts.outline import LINE, MOVE, Outline, is_speck
from scrubbers.jailed.pdf.fonts.shipped import BOLD, REGULAR, content

PARTS: Final = 16
_FINE: Final = 2 * PARTS  # an outline is drawn in so many rows first
# How much of its four points is in some points of a curve.
_ON_CURVE: Final = [((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3) for t in (0.3, 0.65, 1)]
_FIELD: Final = Image.new("L", (_FINE, _FINE), 128)  # of windings around each point, from here up and down
_SPECK: Final = 30  # thousandths of the size: contours that nobody sees beside a letter
_LOW: Final = 150  # thousandths of the size
_AS_LONG: Final = 1  # parts by which the lines of a box may differ
_SIMPLE, _FULL = 12, 0.9  # segments, and part of its box that is filled: what has more and less is no box
_NARROW: Final = 0.25  # as wide as high: whatever is narrower is as this
_ASPECT: Final = 2.0  # times as wide or narrow as another form of the letter may be
_ROW: Final = (1 << PARTS) - 1
_ALL: Final = (1 << PARTS * PARTS) - 1
_RIGHT: Final = sum(1 << PARTS * row for row in range(PARTS))
_LEFT: Final = _RIGHT << PARTS - 1
_CARRIED: Final = (
    "Helvetica", "Helvetica-Bold", "Helvetica-Oblique", "Times-Roman", "Times-Bold", "Times-Italic", "Times-BoldItalic",
    "Courier", "Courier-Bold",
)  # fmt: skip
_JUDGED: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZÅÄÖabcdefghijklmnopqrstuvwxyzåäö\u017f0123456789"
_ONE_FORM: Final = {"0": "o", "1": "l", "i": "l", "\u017f": "s"}
# Parts in which two forms differ, play aside: as 5 of 100 of real letters do.
_FAR: Final = 35
_FOREIGN: Final = 75  # as none does but some l with tails
_NEAR: Final = 6  # how near a swapped one is to another letter
_BEYOND_DOUBT: Final = 16  # by how much nearer
# What else is drawn so in real faces: a and v in one stroke, the e of TeX in 17 points, z with a tail, a long s.
_ALSO: Final = frozenset(("ao", "vd", "vo", "vu", "uv", "ec", "z3", "sf", "sr", "yu", "g9", "g6"))
_WITH_TAILS: Final = "lj"  # in many ways
_FEW, _UNTRUE_PART = 3, 1 / 3  # of the letters of a font
_SWAPS: Final = 5  # letters of a document that are swapped, before that counts


class Look(NamedTuple):
    """Where a shape has ink, the leftmost part of the uppermost row first, and how wide it is to its height."""

    bits: int
    aspect: float

    @property
    def is_box(self) -> bool:
        """Whether it is a box or a bar, slanted or not: in one direction each line is one run, all as long."""
        across = [self.bits >> PARTS * row & _ROW for row in range(PARTS)]
        down = [self.bits >> column & _RIGHT for column in range(PARTS)]
        return any(
            all((line & ~(line << step)).bit_count() == 1 for line in lines)
            and max(map(int.bit_count, lines)) - min(map(int.bit_count, lines)) <= _AS_LONG
            for lines, step in ((across, 1), (down, PARTS))
        )


def look_of(ink: Image.Image, aspect: float) -> Look:
    """Return the look of a picture of a shape alone, in mode L, that ends where its ink does."""
    parts = ink.resize((PARTS, PARTS), Image.Resampling.BOX)
    # Thin strokes as well: a fourth of a part is enough.
    parts = ImageChops.add(parts, parts).convert("1", dither=Image.Dither.NONE)
    return Look(int.from_bytes(parts.tobytes(), "big"), max(_NARROW, aspect))


class _Drawn(NamedTuple):
    look: Look | None  # None: it is no box, and nobody compares it with letters
    is_low: bool


@functools.lru_cache(maxsize=16_384)
def _drawn(outline: Outline, *, is_judged: bool = True) -> _Drawn:
    """Return what an outline looks like; `is_judged`: it is compared with letters."""
    contours = [contour for contour in _contours(outline) if len(contour) > 1]
    if len(contours) > 1:
        large = (each for each in contours if not is_speck([(0, *map(round, point)) for point in each], _SPECK))
        contours = [*large] or contours
    xs, ys = ([point[axis] for contour in contours for point in contour] for axis in (0, 1))
    if not contours or min(xs) == max(xs) or min(ys) == max(ys):
        return _Drawn(None, is_low=True)
    left, top, width, height = min(xs), max(ys), max(xs) - min(xs), max(ys) - min(ys)
    areas = [sum(x * v - u * y for (x, y), (u, v) in itertools.pairwise([*each, each[0]])) / 2 for each in contours]
    is_low = height < _LOW
    if not is_judged and len(outline) > _SIMPLE and sum(map(abs, areas)) < _FULL * width * height:
        return _Drawn(None, is_low)
    winding = _FIELD
    across, down = _FINE / width, _FINE / height
    for contour, area in zip(contours, areas, strict=True):
        own = Image.new("L", winding.size)
        ImageDraw.Draw(own).polygon([((x - left) * across - 0.5, (top - y) * down - 0.5) for x, y in contour], fill=1)
        winding = (ImageChops.add if area > 0 else ImageChops.subtract)(winding, own)
    turns = ImageChops.difference(winding, _FIELD)
    return _Drawn(look_of(ImageChops.add(turns, turns, 1 / 255), width / height), is_low)


def _contours(outline: Outline) -> list[list[tuple[float, ...]]]:
    """Return the points of each contour, some of each curve among them."""
    found: list[list[tuple[float, ...]]] = []
    for kind, *points in outline:
        if kind == MOVE:
            found.append([])
        if kind in (MOVE, LINE):
            found[-1].append(tuple(points))
            continue
        (x, y), (a, b, c, d, e, f) = found[-1][-1], points
        found[-1] += [(p * x + q * a + r * c + s * e, p * y + q * b + r * d + s * f) for p, q, r, s in _ON_CURVE]
    return found


class _Form(NamedTuple):
    """How a face draws a letter; `wide`: with the parts beside its ink."""

    bits: int
    wide: int
    aspect: float


def _widened(bits: int) -> int:
    across = bits | (bits & ~_LEFT) << 1 | (bits & ~_RIGHT) >> 1
    return (across | across << PARTS | across >> PARTS) & _ALL


@functools.cache
def forms() -> dict[str, list[_Form]]:
    """Return the forms of each letter. They take half a second, so this is called before the jobs come."""
    found: dict[str, list[_Form]] = {}
    document = pypdfium2.PdfDocument.new()
    held = [(ctypes.c_ubyte * len(program)).from_buffer_copy(program) for program in map(content, (REGULAR, BOLD))]
    fonts: list[Any] = [
        pdfium.FPDFText_LoadFont(document, program, len(program), pdfium.FPDF_FONT_TRUETYPE, 1) for program in held
    ]
    fonts += [pdfium.FPDFText_LoadStandardFont(document, name.encode()) for name in _CARRIED]
    for font in fonts:
        for letter in _JUDGED:
            drawn = _drawn(glyph_outline(font, ord(letter)))
            if drawn.look is not None:
                bits, aspect = drawn.look
                found.setdefault(_form_of(letter), []).append(_Form(bits, _widened(bits), aspect))
        pdfium.FPDFFont_Close(font)
    document.close()
    _drawn.cache_clear()
    return found


def _form_of(letter: str) -> str:
    small = letter.lower()
    return _ONE_FORM.get(small, small)


class Verdict(NamedTuple):
    """How many parts a shape is from the letter that it is called by, and the other letter that it is, if any."""

    far: int
    swapped: str = ""

    @property
    def is_untrue(self) -> bool:
        """Whether this counts against its font."""
        return self.far >= _FAR or bool(self.swapped)


@functools.lru_cache(maxsize=16_384)
def verdict(look: Look, letter: str) -> Verdict:
    """Return how a shape fits one of the letters that are judged, by which it is called."""
    called = _form_of(letter)
    wide = _widened(look.bits)
    far = min(_apart(look.bits, wide, form) for form in forms()[called])
    if far < _BEYOND_DOUBT:
        return Verdict(far)
    others = (
        (_apart(look.bits, wide, form), other)
        for other, its in forms().items()
        if called + other not in _ALSO
        for form in its
        if look.aspect < _ASPECT * form.aspect and form.aspect < _ASPECT * look.aspect
    )
    near, other = min(others, default=(PARTS * PARTS, ""))
    return Verdict(far, other if near <= _NEAR and far - near >= _BEYOND_DOUBT else "")


def _apart(bits: int, wide: int, form: _Form) -> int:
    """Return in how many parts a shape differs from a form."""
    return (bits & ~form.wide).bit_count() + (form.bits & ~wide).bit_count()


def silent(calls: Iterable[tuple[Outline, str]]) -> set[tuple[Outline, str]]:
    """Return the outlines of a document, with the letters that they are called by, of which nothing may be said."""
    said = list(calls)
    many = standing_for_many(said)
    found = {each for each in said if each[0] in many}
    swapped: dict[str, list[tuple[Outline, str]]] = {}
    for outline, text in said:
        form = _form_of(text)
        drawn = _drawn(outline, is_judged=is_judged(text))
        is_box = drawn.look is not None and drawn.look.is_box
        if (is_box or drawn.is_low) and not may_be_box(text):
            found.add((outline, text))
        elif drawn.look is not None and is_judged(text):
            judged = verdict(drawn.look, text)
            if judged.far >= _FOREIGN and form not in _WITH_TAILS:
                found.add((outline, text))
            elif judged.swapped:
                swapped.setdefault(form, []).append((outline, text))
    if len(swapped) >= _SWAPS:
        found.update(each for those in swapped.values() for each in those)
    return found


def says_no_letters(calls: Iterable[tuple[Outline, str]]) -> bool:
    """Whether the letters of a font are other letters, or none: judged by the best shape that each of them has."""
    best: dict[str, Verdict] = {}
    for outline, text in calls:
        form = _form_of(text)
        look = _drawn(outline).look if is_judged(text) else None
        if look is not None:
            judged = verdict(look, text)
            best[form] = min(best.get(form, judged), judged)
    untrue = [form for form, judged in best.items() if judged.is_untrue and form not in _WITH_TAILS]
    return len(untrue) >= max(_FEW, _UNTRUE_PART * len(best))


def is_judged(text: str) -> bool:
    """Whether it is one of the letters and digits that are compared."""
    return _form_of(text) in forms()


def may_be_box(text: str) -> bool:
    """Whether a box, a bar or what is very low may be called so: it is no letter or number, or looks like one."""
    return all(each in LIKE_A_BOX or not _is_read(each) for each in unicodedata.normalize("NFD", text))


def _is_read(letter: str) -> bool:
    kind = unicodedata.category(letter)
    return (kind[0] in "LN" and kind != "Lm") or (kind == "So" and "LETTER" in unicodedata.name(letter, ""))
