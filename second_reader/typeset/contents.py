"""Reads the contents of a typeset page: what is drawn can be seen, and each piece is marked for the element it is of.

Letters are black or of one of six inks, between 4 and 20 points, upright or leaning by one measure, and begin on the
page. Rules are too thin to hide anything; one of six tints comes before all else, so that it covers nothing, and none
is wholly under later ones or on its own colour, where nobody would see it. Pictures stand upright on the page, and no
text begins on one. Nothing stands outside marks, and in an artifact there is no text and no picture. The last of each
page is one line at its foot, in an artifact and always in the same place: `read_page` returns its codes, and `file`
knows what they must say.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from second_reader.pdf.content import unescaped
from second_reader.typeset.unaccounted import Unaccounted, require

_N: Final = rb"-?(?:0|[1-9][0-9]{0,3})(?:\.[0-9]{0,2}[1-9])?"
_WIDE, _HIGH = 595.276, 841.89
_SMALLEST, _LARGEST = 4.0, 20.0
_THICKEST: Final = 2.0
_THINNEST_TINT: Final = 0.01
_MOST_COVERED: Final = 0.99  # of a tint, by later ones
_BAND: Final = 20  # points: only tints that share one are compared
_GREY: Final = b"0.55 g"
_BLACK: Final = b"0 g"
# Closed lists: of letters and of the lines at them; and behind them. Each ink is read on each tint.
_INKS: Final = frozenset({_BLACK, b"0.65 0 0.08 rg", b"0.58 0.26 0 rg", b"0.42 0.36 0 rg", b"0 0.38 0.12 rg",
                          b"0 0.22 0.65 rg", b"0.45 0 0.5 rg"})  # fmt: skip
_TINTS: Final = frozenset({b"1 0.85 0.85 rg", b"1 0.88 0.74 rg", b"1 0.96 0.65 rg", b"0.83 0.95 0.83 rg",
                           b"0.84 0.91 1 rg", b"0.93 0.86 0.98 rg"})  # fmt: skip
_COLOURS: Final = _INKS | _TINTS | {_GREY}
_ARTIFACT: Final = b"/Artifact BMC"
_CONTENT: Final = re.compile(rb"/([A-Za-z0-9]+) <</MCID (0|[1-9][0-9]{0,6})>> BDC")
_END: Final = b"EMC"
_FONT: Final = re.compile(rb"/F0 (%s) Tf" % _N)
_MATRIX: Final = re.compile(rb"1 0 (?:0|0\.2) 1 (%s) (%s) Tm" % (_N, _N))
_RECTANGLE: Final = re.compile(rb"(%s) (%s) (%s) (%s) re" % (_N, _N, _N, _N))
_PLACE: Final = re.compile(rb"(%s) 0 0 (%s) (%s) (%s) cm" % (_N, _N, _N, _N))
_SHOW: Final = re.compile(rb"\(.+\) Tj", re.DOTALL)
_FOOT: Final = (b"BT", b"/F0 6.5 Tf", b"1 0 0 1 56 30 Tm")
_FOOT_SHOWS: Final = re.compile(rb"\((.+)\) Tj", re.DOTALL)
_PICTURE: Final = re.compile(rb"/X(?:0|[1-9][0-9]{0,5}) Do")


_Box: TypeAlias = tuple[float, float, float, float]  # left, low, right, top


@dataclass(frozen=True, slots=True)
class Marked:
    """A marked piece of contents: the kind of its element. Its number is its place in the list."""

    kind: str


def read_page(untrusted: bytes) -> tuple[bytes, list[Marked], bytes]:
    """Return the contents without marks, the marks, and the codes of the line at the foot; raises Unaccounted."""
    lines = untrusted.split(b"\n")
    require(lines.pop() == b"", "the last line")
    reader = _Page(lines)
    reader.read()
    return b"".join(line + b"\n" for line in reader.kept), reader.marks, reader.foot


class _Page:
    def __init__(self, lines: list[bytes]) -> None:
        self._lines = lines
        self._at = 0
        self._colour = _BLACK
        self._waits = False  # for what has the colour
        self._covers_nothing = True  # nothing but tints came before
        self.kept: list[bytes] = []
        self.marks: list[Marked] = []
        self.foot = b""
        self._begins: list[tuple[float, float]] = []
        self._boxes: list[_Box] = []
        self._tints: list[tuple[bytes, _Box]] = []

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
            require(len(self.kept) > before and not self._waits, "a mark of nothing")
            require(not self.foot or self._at == len(self._lines), "the last line of a page")
        require(self.foot, "a line at the foot")
        _require_seen(self._tints)
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

    def _sets_colour(self, line: bytes) -> bool:
        if line not in _COLOURS:
            return False
        require(line != self._colour and not self._waits, "a colour")
        self._colour, self._waits = line, True
        self.kept.append(line)
        return True

    def _content(self, line: bytes) -> None:
        if self._sets_colour(line):
            return
        self._covers_nothing = False
        self.kept.append(line)
        if line == b"BT":
            require(self._colour in _INKS, "black letters, or of an ink")
            self._waits = False
            require(_SMALLEST <= float(self._next(_FONT)[1]) <= _LARGEST, "a size of letters")
            x, y = (float(each) for each in self._next(_MATRIX).groups())
            require(0 < x < _WIDE and 0 < y < _HIGH, "a place on the page")
            self._begins.append((x, y))
            self._next(_SHOW)
            self._expect(b"ET")
            return
        require(line == b"q" and not self._waits, "an operator")
        width, height, x, y = (float(each) for each in self._next(_PLACE).groups())
        require(width >= 1 and height >= 1 and x > 0 and y > 0, "a place on the page")
        require(x + width < _WIDE and y + height < _HIGH, "a place on the page")
        self._boxes.append((x, y, x + width, y + height))
        self._next(_PICTURE)
        self._expect(b"Q")

    def _expect(self, line: bytes) -> None:
        require(self._take() == line, "an operator")
        self.kept.append(line)

    def _read_foot(self) -> None:
        require(self._colour == _BLACK and not self.foot, "a line at the foot")
        self._waits = False
        self.kept.append(_FOOT[0])
        for line in _FOOT[1:]:
            self._expect(line)
        self.foot = unescaped(self._next(_FOOT_SHOWS)[1])
        self._expect(b"ET")

    def _rule(self, line: bytes) -> None:
        if self._sets_colour(line):
            return
        if line == _FOOT[0]:
            self._read_foot()
            return
        found = _RECTANGLE.fullmatch(line)
        if found is None:
            raise Unaccounted("an operator")
        x, y, width, height = (float(each) for each in found.groups())
        require(min(width, height, x, y) > 0, "a place on the page")
        require(not (self._begins or self._boxes), "rules before what they could cover")
        self._waits = False
        if self._colour in _TINTS:
            require(self._covers_nothing and min(width, height) > _THINNEST_TINT, "a tint before all else")
            self._tints.append((self._colour, (x, y, x + width, y + height)))
        else:
            require(min(width, height) <= _THICKEST, "a thin rule")
            self._covers_nothing = False
        require(x + width < _WIDE and y + height < _HIGH, "a place on the page")
        self.kept.append(line)
        self._expect(b"f")


def _require_seen(tints: Sequence[tuple[bytes, _Box]]) -> None:
    """Require that of each tint something is seen. The parts under later ones are added up, as if none shared any."""
    bands: defaultdict[int, list[int]] = defaultdict(list)
    covered = [0.0] * len(tints)
    for place, (colour, box) in enumerate(tints):
        near = range(int(box[1] // _BAND), int(box[3] // _BAND) + 1)
        for before in {one for band in near for one in bands[band]}:
            shared = _shared(tints[before][1], box)
            is_alike = tints[before][0] == colour and shared > _MOST_COVERED * _shared(box, box)
            require(not is_alike, "a tint on another colour")
            covered[before] += shared
        for band in near:
            bands[band].append(place)
    for area, (_, box) in zip(covered, tints, strict=True):
        require(area <= _MOST_COVERED * _shared(box, box), "a tint that is seen")


def _shared(one: _Box, other: _Box) -> float:
    """Return the area that two boxes share."""
    wide, high = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0.0) * max(high, 0.0)
