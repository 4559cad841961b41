"""Reads the contents of a typeset page: what is drawn can be seen, and each piece is marked for the element it is of.

Letters are black, between 4 and 20 points, upright or leaning by one measure, and begin on the page. Rules are grey
and too thin to hide anything. Pictures stand upright on the page, and no text begins on one. Nothing stands outside
marks, and in an artifact there is no text and no picture.
"""

import re
from dataclasses import dataclass
from typing import Final

from second_reader.typeset.unaccounted import Unaccounted, require

_N: Final = rb"-?(?:0|[1-9][0-9]{0,3})(?:\.[0-9]{0,2}[1-9])?"
_WIDE, _HIGH = 595.276, 841.89
_SMALLEST, _LARGEST = 4.0, 20.0
_THICKEST: Final = 2.0
_GREYS: Final = (b"0", b"0.55")
_BLACK: Final = b"0"
_ARTIFACT: Final = b"/Artifact BMC"
_CONTENT: Final = re.compile(rb"/([A-Za-z0-9]+) <</MCID (0|[1-9][0-9]{0,6})>> BDC")
_END: Final = b"EMC"
_GREY: Final = re.compile(rb"(\S+) g")
_FONT: Final = re.compile(rb"/F0 (%s) Tf" % _N)
_MATRIX: Final = re.compile(rb"1 0 (?:0|0\.2) 1 (%s) (%s) Tm" % (_N, _N))
_RECTANGLE: Final = re.compile(rb"(%s) (%s) (%s) (%s) re" % (_N, _N, _N, _N))
_PLACE: Final = re.compile(rb"(%s) 0 0 (%s) (%s) (%s) cm" % (_N, _N, _N, _N))
_SHOW: Final = re.compile(rb"\(.+\) Tj", re.DOTALL)
_PICTURE: Final = re.compile(rb"/X(?:0|[1-9][0-9]{0,5}) Do")


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked piece of contents: the kind of its element. Its number is its place in the list."""

    kind: str


def read_page(untrusted: bytes) -> tuple[bytes, list[Marked]]:
    """Return the contents without marks, and the marks; raises Unaccounted."""
    lines = untrusted.split(b"\n")
    require(lines.pop() == b"", "the last line")
    reader = _Page(lines)
    reader.read()
    return b"".join(line + b"\n" for line in reader.kept), reader.marks


class _Page:
    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines
        self._at = 0
        self._grey = _BLACK
        self.kept: list[bytes] = []
        self.marks: list[Marked] = []
        self._begins: list[tuple[float, float]] = []
        self._boxes: list[tuple[float, float, float, float]] = []

    def read(self) -> None:
        while self._at < len(self._lines):
            line = self._take()
            if line != _ARTIFACT:
                self._open(line)
            before = len(self.kept)
            while (inside := self._take()) != _END:
                if line == _ARTIFACT:
                    self._rule(inside)
                else:
                    self._content(inside)
            require(len(self.kept) > before, "a mark of nothing")
        for x, y in self._begins:
            require(
                not any(left <= x < right and low <= y < top for left, low, right, top in self._boxes),
                "text on a picture",
            )

    def _open(self, line: bytes) -> None:
        found = _CONTENT.fullmatch(line)
        if found is None or int(found[2]) != len(self.marks):
            raise Unaccounted("a mark")
        self.marks.append(Marked(found[1].decode()))

    def _take(self) -> bytes:
        require(self._at < len(self._lines), "an end of marks")
        self._at += 1
        return self._lines[self._at - 1]

    def _next(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        line = self._take()
        found = pattern.fullmatch(line)
        if found is None:
            raise Unaccounted("an operator")
        self.kept.append(line)
        return found

    def _sets_grey(self, line: bytes) -> bool:
        found = _GREY.fullmatch(line)
        if found is None:
            return False
        require(found[1] in _GREYS and found[1] != self._grey, "a grey")
        self._grey = found[1]
        self.kept.append(line)
        return True

    def _content(self, line: bytes) -> None:
        if self._sets_grey(line):
            return
        self.kept.append(line)
        if line == b"BT":
            require(self._grey == _BLACK, "black letters")
            require(_SMALLEST <= float(self._next(_FONT)[1]) <= _LARGEST, "a size of letters")
            x, y = (float(each) for each in self._next(_MATRIX).groups())
            require(0 < x < _WIDE and 0 < y < _HIGH, "a place on the page")
            self._begins.append((x, y))
            self._next(_SHOW)
            self._expect(b"ET")
            return
        require(line == b"q", "an operator")
        width, height, x, y = (float(each) for each in self._next(_PLACE).groups())
        require(width >= 1 and height >= 1 and x > 0 and y > 0, "a place on the page")
        require(x + width < _WIDE and y + height < _HIGH, "a place on the page")
        self._boxes.append((x, y, x + width, y + height))
        self._next(_PICTURE)
        self._expect(b"Q")

    def _expect(self, line: bytes) -> None:
        require(self._take() == line, "an operator")
        self.kept.append(line)

    def _rule(self, line: bytes) -> None:
        if self._sets_grey(line):
            return
        found = _RECTANGLE.fullmatch(line)
        if found is None:
            raise Unaccounted("an operator")
        x, y, width, height = (float(each) for each in found.groups())
        require(0 < min(width, height) <= _THICKEST and x > 0 and y > 0, "a thin rule")
        require(x + width < _WIDE and y + height < _HIGH, "a place on the page")
        self.kept.append(line)
        self._expect(b"f")
