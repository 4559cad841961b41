"""Where everything stands on the poster: A4, read from the top, large enough for a wall.

Words differ in length from language to language and facts from home to home, so the page is set at several sizes, from
the largest down, until it fits; what is left of the height goes between the parts. The codes keep their size: they are
never smaller than a camera at arm's length needs.

The onion address is printed with a gap after every four letters, but must be copied without spaces: a browser takes an
address with spaces for a search, and sends it to a search engine. PDF viewers turn gaps into spaces, so the visible
letters are drawn as paths, and over them lies the address as one line of invisible text, which is what gets selected.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from cases.colour import channels
from kallskydd.pdf.fonts import BOLD, MONO, REGULAR, Face, LetterMissing, face
from kallskydd.pdf.writer import A4, Colour, Style, TaggedDocument
from kallskydd.poster import qr
from kallskydd.poster.errors import DoesNotFit, NoSuchLetter
from kallskydd.poster.texts import (
    BEWARE,
    COVERS,
    LEAD,
    MIRROR,
    MIRROR_ALT,
    MIRROR_SEEN,
    ONION,
    ONION_ALT,
    ONION_BROWSER,
    ONION_COMPUTERS,
    ONION_GAPS,
    ONION_HOW,
    ONION_IPHONE,
    PHONE,
    PHONE_HOW,
    TITLE,
    TOR_BROWSER,
    TRIAL,
    WARNINGS,
    Facts,
    PosterTexts,
)

# The palette of the pages (intake/static/style.css).
INK: Final[Colour] = (0.09, 0.14, 0.19)
PETROL: Final[Colour] = (0.06, 0.25, 0.33)
WHITE: Final[Colour] = (1, 1, 1)
SAND: Final[Colour] = (0.985, 0.945, 0.85)
AMBER: Final[Colour] = (0.80, 0.50, 0.05)
RED: Final[Colour] = (0.61, 0.11, 0.11)

POINTS_PER_CM: Final = 72 / 2.54
MARGIN: Final = 42.0
INSIDE: Final = A4[0] - 2 * MARGIN
MIRROR_CODE: Final = 4.0 * POINTS_PER_CM  # dark part; 3.5 cm is what the owner asked for at least
ONION_CODE: Final = 4.6 * POINTS_PER_CM  # a longer address has smaller modules
COLUMN_GAP: Final = 22.0
LINE: Final = 1.24  # from one baseline to the next, in sizes
FIRST_BASELINE: Final = 0.95
# Of the usual sizes; a poster set smaller than the last could not be read from a step away.
SCALES: Final = tuple(one / 100 for one in range(130, 64, -3))
LEAST_GAP: Final = 18.0  # four modules of the code with the largest ones
LEAST_BOTTOM: Final = 16.0  # beside the gap; many printers leave out the last half centimetre
GAPS: Final = 5
GROUP: Final = 4
GROUP_GAP: Final = 0.45  # in sizes
ADDRESS_LINES: Final = 2
# Of the height of both lines, so that a selection of the invisible text covers them.
INVISIBLE_TEXT_SIZE, INVISIBLE_TEXT_BASELINE = 0.8, 0.78
NARROWER: Final = 0.98
LEAST_ADDRESS_SIZE: Final = 7.0


def draw(words: PosterTexts, facts: Facts) -> bytes:
    """Return the poster as PDF. Raises DoesNotFit, NoSuchLetter."""
    try:
        return _drawn(words, facts)
    except LetterMissing as missing:
        raise NoSuchLetter(missing.letter) from None


def _drawn(words: PosterTexts, facts: Facts) -> bytes:
    for scale in SCALES:
        left = A4[1] - _Sheet(words, facts, scale, LEAST_GAP).set()
        if left >= 0:
            sheet = _Sheet(words, facts, scale, LEAST_GAP + left / GAPS)
            sheet.set()
            return sheet.page.finished()
    raise DoesNotFit


def _colour(accent: str) -> Colour:
    red, green, blue = (channel / 255 for channel in channels(accent))
    return red, green, blue


def _lines(style: Style, text: str, width: float) -> list[str]:
    """Break at spaces, with lines about as long as one another; raises DoesNotFit for a word that is too wide."""
    words = text.split()
    widths = [style.face.width(word, style.size) for word in words]
    space = style.face.width(" ", style.size)
    if max(widths) > width:
        raise DoesNotFit
    starts = _broken(widths, space, width)
    while len(starts) > 1 and max(widths) <= width * NARROWER:
        width *= NARROWER
        narrower = _broken(widths, space, width)
        if len(narrower) > len(starts):
            break
        starts = narrower
    return [" ".join(words[start:end]) for start, end in pairwise((*starts, len(words)))]


def _broken(widths: list[float], space: float, width: float) -> list[int]:
    """Return which word begins each line."""
    starts, filled = [0], widths[0]
    for number, word in enumerate(widths[1:], start=1):
        filled += space + word
        if filled > width:
            starts.append(number)
            filled = word
    return starts


def _height(style: Style, text: str, width: float) -> float:
    return len(_lines(style, text, width)) * style.size * LINE


class _Sheet:
    """One try at the page; `y` is how far down it is set."""

    def __init__(self, words: PosterTexts, facts: Facts, scale: float, gap: float) -> None:
        self.page = TaggedDocument(f"{words(TITLE)} {facts.owner}", words.language)
        self._words = words
        self._facts = facts
        self._gap = gap
        self._y = 0.0
        self._accent = PETROL if facts.accent is None else _colour(facts.accent)
        self._heading = Style(face(BOLD), 20.5 * scale, self._accent)
        self._body = Style(face(REGULAR), 17 * scale, INK)
        self._strong = Style(face(BOLD), 17 * scale, INK)
        self._small = Style(face(REGULAR), 13 * scale, INK)
        self._scale = scale

    def set(self) -> float:
        """Set all parts, and return where the page would end."""
        if self._facts.trial:
            self._trial(tagged=True)
        self._title()
        self._y += self._gap
        self._warnings()
        self._y += self._gap
        if self._facts.mirror:
            self._mirror(self._facts.mirror)
            self._y += self._gap
        self._onion()
        self._y += self._gap
        if self._facts.phone:
            self._telephone(self._facts.phone)
        self._y += self._gap
        if self._facts.trial:
            self._trial(tagged=False)
        else:
            self._y += LEAST_BOTTOM
        return self._y

    def _paragraph(self, kind: str, style: Style, text: str, x: float = MARGIN, width: float = INSIDE) -> None:
        lines = _lines(style, text, width)
        with self.page.element(kind), self.page.content():
            for number, line in enumerate(lines):
                baseline = self._y + (number * LINE + FIRST_BASELINE) * style.size
                # The space between two lines is part of the text: without it words would run together when read.
                end = " " if number + 1 < len(lines) else ""
                self.page.text(x, baseline, style, line + end)
        self._y += _height(style, text, width)

    def _trial(self, *, tagged: bool) -> None:
        style = Style(face(BOLD), 30, WHITE)
        text = self._words(TRIAL)
        with self.page.artifact():
            self.page.rectangle(0, self._y, A4[0], 2 * 10 + style.size * LINE, RED)
        self._y += 10
        if tagged:
            self._paragraph("P", style, text)
        else:
            with self.page.artifact():
                self.page.text(MARGIN, self._y + FIRST_BASELINE * style.size, style, text)
            self._y += style.size * LINE
        self._y += 10

    def _title(self) -> None:
        scale = self._scale
        parts = [
            ("P", Style(face(BOLD), 17 * scale, WHITE), self._facts.owner),
            ("H1", Style(face(BOLD), 35 * scale, WHITE), self._words(TITLE)),
            ("P", Style(face(REGULAR), 21 * scale, WHITE), self._words(LEAD)),
        ]
        if len(self._facts.organisations) > 1:
            covers = self._words(COVERS, names=", ".join(self._facts.organisations))
            parts.append(("P", Style(face(REGULAR), 13 * scale, WHITE), covers))
        between = 5 * scale
        above = 24 * scale
        high = sum(_height(style, text, INSIDE) for _kind, style, text in parts) + between * (len(parts) - 1)
        with self.page.artifact():
            self.page.rectangle(0, self._y, A4[0], high + 2 * above, self._accent)
        self._y += above
        for kind, style, text in parts:
            self._paragraph(kind, style, text)
            self._y += between
        self._y += above - between

    def _warnings(self) -> None:
        pad, bar, indent = 12 * self._scale, 5.0, 16 * self._scale
        x = MARGIN + bar + pad
        width = INSIDE - bar - 2 * pad
        texts = [self._words(one) for one in WARNINGS]
        between = 3 * self._scale
        high = _height(self._heading, self._words(BEWARE), width) + 2 * pad
        high += sum(between + _height(self._body, text, width - indent) for text in texts)
        with self.page.artifact():
            self.page.rectangle(MARGIN, self._y, INSIDE, high, SAND)
            self.page.rectangle(MARGIN, self._y, bar, high, AMBER)
        self._y += pad
        self._paragraph("H2", self._heading, self._words(BEWARE), x, width)
        with self.page.element("L"):
            for text in texts:
                self._y += between
                self._item(text, x, width, indent)
        self._y += pad

    def _item(self, text: str, x: float, width: float, indent: float) -> None:
        side = 0.36 * self._body.size
        with self.page.artifact():
            self.page.rectangle(x, self._y + 0.48 * self._body.size, side, side, AMBER)
        with self.page.element("LI"):
            self._paragraph("LBody", self._body, text, x + indent, width - indent)

    def _mirror(self, address: str) -> None:
        top = self._y
        x = MARGIN + MIRROR_CODE + COLUMN_GAP
        width = A4[0] - MARGIN - x
        self._paragraph("H2", self._heading, self._words(MIRROR), x, width)
        self._y += 4 * self._scale
        self._code(address, self._words(MIRROR_ALT, address=address), MARGIN, top, MIRROR_CODE)
        size = _fitting(address, face(BOLD), 19 * self._scale, width)
        self._paragraph("P", Style(face(BOLD), size, INK), address, x, width)
        self._y += 4 * self._scale
        self._paragraph("P", self._small, self._words(MIRROR_SEEN), x, width)
        self._y = max(self._y, top + MIRROR_CODE)

    def _onion(self) -> None:
        """Its code stands at the right: a camera that is held to one code must not see the other."""
        top = self._y
        width = INSIDE - ONION_CODE - COLUMN_GAP
        self._paragraph("H2", self._heading, self._words(ONION), width=width)
        self._y += 4 * self._scale
        self._paragraph("P", self._strong, self._words(ONION_COMPUTERS, browser=TOR_BROWSER), width=width)
        self._paragraph("P", self._strong, self._words(ONION_IPHONE, browser=ONION_BROWSER), width=width)
        self._y += 4 * self._scale
        self._paragraph("P", self._body, self._words(ONION_HOW), width=width)
        address = self._facts.onion
        alt = self._words(ONION_ALT, address=address)
        self._code(address, alt, A4[0] - MARGIN - ONION_CODE, top, ONION_CODE)
        self._y = max(self._y, top + ONION_CODE) + LEAST_GAP
        self._address_in_groups(address)
        self._y += 2 * self._scale
        self._paragraph("P", self._small, self._words(ONION_GAPS))

    def _telephone(self, number: str) -> None:
        with self.page.artifact():
            self.page.rectangle(MARGIN, self._y, INSIDE, 1.2, self._accent)
        self._y += 10
        self._paragraph("H2", Style(face(BOLD), 24 * self._scale, self._accent), self._words(PHONE, number=number))
        self._paragraph("P", self._body, self._words(PHONE_HOW))

    def _code(self, address: str, alt: str, left: float, top: float, side: float) -> None:
        """Draw a code. The page around it is white for more than the four modules it needs."""
        rows = qr.modules(address)
        module = side / len(rows)
        places = [
            (left + start * module, top + number * module, length * module)
            for number, row in enumerate(rows)
            for start, length in _runs(row)
        ]
        with self.page.element("Figure", alt=alt, box=(left, top, side, side)), self.page.content():
            self.page.squares(places, module, (0, 0, 0))

    def _address_in_groups(self, address: str) -> None:
        """Draw the address on two lines in groups of four letters, and over them as one line of invisible text."""
        mono = face(MONO)
        lines = _address_lines(address)
        widest = max(mono.width("".join(line), 1) + GROUP_GAP * (len(line) - 1) for line in lines)
        size = INSIDE / widest
        top = self._y
        for number, line in enumerate(lines):
            baseline = top + (number * LINE + FIRST_BASELINE) * size
            with self.page.artifact():
                self.page.shapes(_spread(line, mono, size), baseline, Style(mono, size, INK))
        high = len(lines) * LINE * size
        with self.page.element("P"), self.page.content():
            invisible = Style(mono, high * INVISIBLE_TEXT_SIZE, INK)
            self.page.invisible_text(MARGIN, top + INVISIBLE_TEXT_BASELINE * high, invisible, address, width=INSIDE)
        self._y += high


def _address_lines(address: str) -> list[list[str]]:
    """Return the groups of each line: http:// begins the first, .onion ends the last."""
    scheme, ending = "http://", ".onion"
    letters = address.removeprefix(scheme).removesuffix(ending)
    groups = [letters[start : start + GROUP] for start in range(0, len(letters), GROUP)]
    half = len(groups) // ADDRESS_LINES
    return [[scheme, *groups[:half]], [*groups[half:], ending]]


def _spread(groups: list[str], letters: Face, size: float) -> list[tuple[str, float]]:
    places, x = [], MARGIN
    for group in groups:
        for letter in group:
            places.append((letter, x))
            x += letters.width(letter, size)
        x += GROUP_GAP * size
    return places


def _fitting(text: str, letters: Face, size: float, width: float) -> float:
    """Return the size, or the smaller one at which the text stands on one line. Raises DoesNotFit."""
    fitting = min(size, 0.999 * width / letters.width(text, 1))
    if fitting < LEAST_ADDRESS_SIZE:
        raise DoesNotFit
    return fitting


def _runs(row: tuple[bool, ...]) -> list[tuple[int, int]]:
    """Return where dark modules begin and how many stand together."""
    runs: list[tuple[int, int]] = []
    for place, dark in enumerate(row):
        if not dark:
            continue
        if runs and sum(runs[-1]) == place:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((place, 1))
    return runs
