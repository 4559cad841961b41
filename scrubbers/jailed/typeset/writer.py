"""Writes pages of text, rules and pictures as a tagged PDF, in one form: the same pages give the same bytes.

    %PDF-1.7, %åäöü               by the second line `verify.typeset` knows that there are tags
    1 catalog, 2 pages            then each page with its contents, the font, the pictures
    T                             the structure tree, its elements in their order, and the way back from the contents

Without the objects from T on, and without what names them (`/MarkInfo`, `/StructTreeRoot`, `/StructParents`, and the
lines that mark contents), it is a PDF as the PDF scrubber writes it, which `verify.pdf` reads. There is no name, day,
language, program, title or identifier. Pages are A4; places are in points from the upper left corner.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import IO, Final

from scrubbers.jailed.pdf.fonts.document_font import to_unicode
from scrubbers.jailed.pdf.fonts.letters import said_of_glyph
from scrubbers.jailed.pdf.fonts.outline import charstring
from scrubbers.jailed.pdf.fonts.write_cff import program
from scrubbers.jailed.pdf.syntax.writer import escaped
from scrubbers.jailed.typeset.faces import Glyph, face
from scrubbers.jailed.typeset.model import Hue, Picture

A4: Final = (595.276, 841.89)  # 210 by 297 mm
_HEAD: Final = b"%PDF-1.7\n%\xe5\xe4\xf6\xfc\n"
_LEVEL: Final = 4
_LEAN: Final = 0.2  # how far an italic letter leans: no face of its own is carried for it
_FONT_OBJECTS: Final = 5
_SPACE: Final = " "
_CATALOG, _TREE = 1, 2
# Each ink has a contrast of at least 4.5 to 1 on paper and on each tint.
BLACK, GREY = b"0 g", b"0.55 g"
INKS: Final[Mapping[Hue | None, bytes]] = {
    None: BLACK, Hue.RED: b"0.65 0 0.08 rg", Hue.ORANGE: b"0.58 0.26 0 rg", Hue.YELLOW: b"0.42 0.36 0 rg",
    Hue.GREEN: b"0 0.38 0.12 rg", Hue.BLUE: b"0 0.22 0.65 rg", Hue.PURPLE: b"0.45 0 0.5 rg",
}  # fmt: skip
TINTS: Final[Mapping[Hue | None, bytes]] = {
    Hue.RED: b"1 0.85 0.85 rg", Hue.ORANGE: b"1 0.88 0.74 rg", Hue.YELLOW: b"1 0.96 0.65 rg",
    Hue.GREEN: b"0.83 0.95 0.83 rg", Hue.BLUE: b"0.84 0.91 1 rg", Hue.PURPLE: b"0.93 0.86 0.98 rg",
}  # fmt: skip
_LIGHT: Final = frozenset(TINTS.values())


@dataclass(slots=True, eq=False, repr=False)
class Element:
    """A node of the structure tree. It holds either elements or marks, which are pages and numbers there."""

    kind: str
    kids: list[Element] = field(default_factory=list)
    marks: list[tuple[int, int]] = field(default_factory=list)

    def add(self, kind: str) -> Element:
        """Return a new element inside this one."""
        made = Element(kind)
        self.kids.append(made)
        return made


@dataclass(frozen=True, slots=True, repr=False)
class Letters:
    """Letters of one look, from a place on the baseline. `glyphs` stand where each letter has not simply its own."""

    x: float
    baseline: float
    face: str
    size: float
    italic: bool
    text: str
    glyphs: tuple[Glyph, ...] = ()
    colour: bytes = BLACK


@dataclass(frozen=True, slots=True)
class Rule:
    """A rectangle: a thin line, or a tint behind what else stands there."""

    x: float
    y: float
    width: float
    height: float
    colour: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Placed:
    """A picture in its place."""

    x: float
    y: float
    width: float
    height: float
    picture: Picture


@dataclass(slots=True, repr=False)
class _Page:
    drawn: list[tuple[Element | None, Letters | Placed]] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)


class Pages:
    """Pages under construction."""

    def __init__(self) -> None:
        """Begin with one empty page."""
        self.root = Element("Document")
        self._pages = [_Page()]

    def __len__(self) -> int:
        return len(self._pages)

    def turn(self) -> None:
        self._pages.append(_Page())

    def draw(self, element: Element, *drawn: Letters | Rule | Placed) -> None:
        """Draw on the last page, as content of an element; rules as artifacts, which come first."""
        page = self._pages[-1]
        page.rules += [each for each in drawn if isinstance(each, Rule)]
        page.drawn += [(element, each) for each in drawn if not isinstance(each, Rule)]

    def draw_at_foot(self, number: int, line: Letters) -> None:
        """Draw a line on a page that is full, as the last of it and as an artifact."""
        self._pages[number].drawn.append((None, line))

    def letters(self) -> Iterator[str]:
        """Yield all text that is drawn."""
        for page in self._pages:
            yield from (each.text for _, each in page.drawn if isinstance(each, Letters))

    def write(self, output: IO[bytes]) -> None:
        """Write the document."""
        objects = _Objects(output)
        fonts = _Fonts(self._pages)
        # Numbers first: catalog, tree, for each page itself and its contents, five for the font, then the pictures.
        first_page = _TREE + 1
        font = first_page + 2 * len(self._pages)
        first_picture = next_number = font + _FONT_OBJECTS * bool(fonts)
        pictures: list[Picture] = []
        for place, page in enumerate(self._pages):
            contents = _Contents(place, fonts)
            # Tints before all else, so that they cover nothing.
            for rule in sorted(page.rules, key=lambda one: one.colour not in _LIGHT):
                contents.add(None, rule)
            for element, each in page.drawn:
                contents.add(element, each)
            number = first_page + 2 * place
            objects.stream(number + 1, b"", contents.finished())
            shown = [b"/X%d %d 0 R" % (at, next_number + at) for at in range(len(contents.pictures))]
            resources = b"/Font <</F0 %d 0 R>>" % font if contents.has_text else b""
            resources += b"/XObject <<%s>>" % b"".join(shown) if shown else b""
            if resources:
                resources = b"/Resources <<%s>>" % resources
            objects.add(
                number,
                b"<</Type /Page/Parent 2 0 R/MediaBox [0 0 %s %s]/Contents %d 0 R%s/StructParents %d>>"
                % (_number(A4[0]), _number(A4[1]), number + 1, resources, place),
            )
            next_number += len(shown)
            pictures += contents.pictures
        if fonts:
            _write_font(objects, font, fonts.glyphs)
        for number, picture in enumerate(pictures, first_picture):
            _write_picture(objects, number, picture)
        _write_tags(objects, self.root, next_number, [first_page + 2 * place for place in range(len(self._pages))])
        kids = b" ".join(b"%d 0 R" % (first_page + 2 * place) for place in range(len(self._pages)))
        objects.add(_TREE, b"<</Type /Pages/Count %d/Kids [%s]>>" % (len(self._pages), kids))
        objects.add(
            _CATALOG,
            b"<</Type /Catalog/Pages 2 0 R/MarkInfo <</Marked true>>/StructTreeRoot %d 0 R>>" % next_number,
        )
        objects.finish()


class _Fonts:
    """Which glyphs of each face are on all pages, with the letters they show; their codes follow that order."""

    def __init__(self, pages: Sequence[_Page]) -> None:
        letters: dict[str, set[str]] = {}
        shown: dict[str, set[Glyph]] = {}
        for page in pages:
            for _, each in page.drawn:
                if isinstance(each, Letters):
                    of_face = shown.setdefault(each.face, set())
                    if each.glyphs:
                        of_face.update(each.glyphs)
                    else:
                        letters.setdefault(each.face, set()).update(each.text)
        for name, of_face in shown.items():
            of_face.update(face(name).glyph(letter) for letter in letters.get(name, ()))
        self.glyphs = [(name, glyph) for name in sorted(shown) for glyph in sorted(shown[name])]
        # Codes are below 0xD800: all faces together have not so many glyphs.
        self._codes = {key: chr(code) for code, key in enumerate(self.glyphs, 1)}
        self._letters = {
            name: {ord(letter): self._codes[name, face(name).glyph(letter)] for letter in of_face}
            for name, of_face in letters.items()
        }

    def __bool__(self) -> bool:
        return bool(self.glyphs)

    def encoded(self, drawn: Letters) -> bytes:
        if drawn.glyphs:
            return "".join(self._codes[drawn.face, glyph] for glyph in drawn.glyphs).encode("utf-16-be")
        return drawn.text.translate(self._letters[drawn.face]).encode("utf-16-be")


class _Contents:
    """The operators of one page, one a line."""

    def __init__(self, page: int, fonts: _Fonts) -> None:
        self._page = page
        self._fonts = fonts
        self._lines: list[bytes] = []
        self._open: Element | None = None
        self._is_open = False
        self._marked = 0
        self._colour = BLACK
        self.has_text = False
        self.pictures: list[Picture] = []

    def add(self, element: Element | None, drawn: Letters | Rule | Placed) -> None:
        self._mark(element)
        match drawn:
            case Letters():
                self._show(drawn)
            case Rule():
                self._set_colour(drawn.colour)
                self._lines += [b"%s re" % _numbers(drawn.x, A4[1] - drawn.y - drawn.height, drawn.width, drawn.height)]
                self._lines += [b"f"]
            case Placed():
                place = _numbers(drawn.width, 0, 0, drawn.height, drawn.x, A4[1] - drawn.y - drawn.height)
                self._lines += [b"q", b"%s cm" % place, b"/X%d Do" % len(self.pictures), b"Q"]
                self.pictures.append(drawn.picture)

    def finished(self) -> bytes:
        if self._is_open:
            self._lines.append(b"EMC")
        return b"".join(line + b"\n" for line in self._lines)

    def _mark(self, element: Element | None) -> None:
        if self._is_open and self._open is element:
            return
        if self._is_open:
            self._lines.append(b"EMC")
        self._is_open, self._open = True, element
        if element is None:
            self._lines.append(b"/Artifact BMC")
            return
        self._lines.append(b"/%s <</MCID %d>> BDC" % (element.kind.encode(), self._marked))
        element.marks.append((self._page, self._marked))
        self._marked += 1

    def _show(self, drawn: Letters) -> None:
        self._set_colour(drawn.colour)
        self.has_text = True
        lean = _LEAN if drawn.italic else 0
        text = escaped(self._fonts.encoded(drawn))
        self._lines += [
            b"BT",
            b"/F0 %s Tf" % _number(drawn.size),
            b"%s Tm" % _numbers(1, 0, lean, 1, drawn.x, A4[1] - drawn.baseline),
            b"(%s) Tj" % text,
            b"ET",
        ]

    def _set_colour(self, colour: bytes) -> None:
        if colour != self._colour:
            self._lines.append(colour)
            self._colour = colour


class _Objects:
    """Writes numbered objects, in any order, and the table of where they are."""

    def __init__(self, output: IO[bytes]) -> None:
        self._output = output
        self._position = 0
        self._places: dict[int, int] = {}
        self._put(_HEAD)

    def add(self, number: int, value: bytes) -> None:
        self._places[number] = self._position
        self._put(b"%d 0 obj\n%s\nendobj\n" % (number, value))

    def stream(self, number: int, entries: bytes, data: bytes) -> None:
        self.encoded_stream(number, entries, zlib.compress(data, _LEVEL), b"FlateDecode")

    def encoded_stream(self, number: int, entries: bytes, data: bytes, encoding: bytes) -> None:
        self._places[number] = self._position
        self._put(b"%d 0 obj\n<<%s/Filter /%s/Length %d>>\nstream\n" % (number, entries, encoding, len(data)))
        self._put(data)
        self._put(b"\nendstream\nendobj\n")

    def finish(self) -> None:
        table, size = self._position, len(self._places) + 1
        self._put(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        self._put(b"".join(b"%010d 00000 n \n" % self._places[number] for number in range(1, size)))
        self._put(b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, _CATALOG, table))

    def _put(self, piece: bytes) -> None:
        self._output.write(piece)
        self._position += len(piece)


def _write_font(objects: _Objects, number: int, shown: Sequence[tuple[str, Glyph]]) -> None:
    """Write the five objects of the font: itself, its descendant, the descriptor, the program, the text of codes.

    It says what the one font of every PDF from here says (`pdf.fonts.document_font`).
    """
    widths = [face(name).thousandths(glyph.advance) for name, glyph in shown]
    outlines = [face(name).outline(glyph) for name, glyph in shown]
    objects.add(
        number,
        b"<</Type /Font/Subtype /Type0/BaseFont /F/Encoding /Identity-H/DescendantFonts [%d 0 R]/ToUnicode %d 0 R>>"
        % (number + 1, number + 4),
    )
    objects.add(
        number + 1,
        b"<</Type /Font/Subtype /CIDFontType0/BaseFont /F/CIDSystemInfo <</Registry <41646f6265>/Ordering "
        b"<4964656e74697479>/Supplement 0>>/FontDescriptor %d 0 R/DW 0/W [1 [%s]]>>"
        % (number + 2, b" ".join(b"%d" % width for width in widths)),
    )
    objects.add(
        number + 2,
        b"<</Type /FontDescriptor/FontName /F/Flags 4/FontBBox [0 -200 1000 800]/ItalicAngle 0/Ascent 800/Descent -200"
        b"/CapHeight 700/StemV 80/FontFile3 %d 0 R>>" % (number + 3),
    )
    objects.stream(number + 3, b"/Subtype /CIDFontType0C", program(list(map(charstring, widths, outlines))))
    said = (_SPACE if glyph.text == _SPACE else said_of_glyph(glyph.text) for _, glyph in shown)
    texts = {code.to_bytes(2, "big"): text for code, text in enumerate(said, 1)}
    objects.stream(number + 4, b"", to_unicode({code: text for code, text in texts.items() if text}))


def _write_picture(objects: _Objects, number: int, picture: Picture) -> None:
    space = b"DeviceGray" if picture.is_grey else b"DeviceRGB"
    entries = b"/Type /XObject/Subtype /Image/Width %d/Height %d/ColorSpace /%s/BitsPerComponent 8"
    encoding = b"DCTDecode" if picture.is_jpeg else b"FlateDecode"
    objects.encoded_stream(number, entries % (*picture.pixels, space), picture.data, encoding)


def _write_tags(objects: _Objects, root: Element, first: int, pages: Sequence[int]) -> None:
    """Write the structure tree: itself, its elements depth first, and the way back from each mark to its element."""
    elements = list(_depth_first(root))
    numbers: Mapping[int, int] = {id(element): number for number, element in enumerate(elements, first + 1)}
    owners: list[list[int]] = [[] for _ in pages]
    by_mark = sorted((mark, numbers[id(element)]) for element in elements for mark in element.marks)
    for (page, _), number in by_mark:
        owners[page].append(number)
    back = first + 1 + len(elements)
    objects.add(
        first,
        b"<</Type /StructTreeRoot/K %d 0 R/ParentTree %d 0 R/ParentTreeNextKey %d>>" % (first + 1, back, len(pages)),
    )
    parents = {id(root): first}
    for element in elements:
        number = numbers[id(element)]
        parents |= {id(kid): number for kid in element.kids}
        objects.add(number, _element(element, parents[id(element)], pages, numbers))
    rows = (b"%d [%s]" % (page, b" ".join(b"%d 0 R" % one for one in row)) for page, row in enumerate(owners))
    objects.add(back, b"<</Nums [%s]>>" % b" ".join(rows))


def _depth_first(root: Element) -> Iterator[Element]:
    waiting = [root]
    while waiting:
        element = waiting.pop()
        yield element
        waiting += reversed(element.kids)


def _element(element: Element, parent: int, pages: Sequence[int], numbers: Mapping[int, int]) -> bytes:
    head = b"<</Type /StructElem/S /%s/P %d 0 R" % (element.kind.encode(), parent)
    if not element.marks:
        return head + b"/K [%s]>>" % b" ".join(b"%d 0 R" % numbers[id(kid)] for kid in element.kids)
    first = element.marks[0][0]
    kids = b" ".join(
        b"%d" % mark if page == first else b"<</Type /MCR/Pg %d 0 R/MCID %d>>" % (pages[page], mark)
        for page, mark in element.marks
    )
    return head + b"/Pg %d 0 R/K [%s]>>" % (pages[first], kids)


@lru_cache(2**16)
def _number(value: float) -> bytes:
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return b"0" if text == "-0" else text.encode()


def _numbers(*values: float) -> bytes:
    return b" ".join(_number(value) for value in values)
