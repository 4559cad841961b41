"""The outline: the lines that viewers show beside the pages, each of which leads to one.

Nobody sees a line of it on a page. So one stays only if its words stand together on the page that it leads to, as the
clean copy shows them, and then it is spelled as it is there: letters and digits must be the same, in any case, and
signs, spaces and line ends may differ; a number in front may be missing. The lines stand in the order of their places,
each once; what stands under a line that goes moves up to it.
"""

import array
import contextlib
import functools
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pypdf.generic import DictionaryObject, TextStringObject

from scrubbers.jailed.pdf.pages.destinations import BROKEN, Destinations, Place
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import Hex, Name, Node, Value

_MOST_LINES: Final = 5000  # a manual of 1,000 pages has 2,000
_DEEPEST: Final = 12
_LONGEST: Final = 300  # letters
_NUMBER: Final = re.compile(r"[0-9IVXLCivxlc]+(?:[.][0-9]+)*[.:)]?\s+")
_STRINGS: Final = re.compile(rb" Tm\n|\(([^\\()]*+(?:\\.[^\\()]*+)*+)\)", re.DOTALL)
_ESCAPED: Final = re.compile(rb"\\(.)", re.DOTALL)
_LINE_ENDS: Final = {b"n": b"\n", b"r": b"\r"}
_LAYER: Final = b"\n3 Tr\n"
_LINE_END: Final = b"\0\0"  # no code of the font
_UNKNOWN: Final = "\ufffd"
_MOST_PLACES: Final = 50  # of a title on a page, of which one may be spelled as it is


@dataclass(slots=True)
class Line:
    """A line and what stands under it. `place`: None if it leads nowhere."""

    title: str
    place: Place | None
    under: "list[Line]" = field(default_factory=list)

    def all(self) -> "Iterator[Line]":
        """Yield it and all under it."""
        yield self
        for each in self.under:
            yield from each.all()


def read_outline(untrusted: DictionaryObject, destinations: Destinations) -> list[Line]:
    """Return the lines of a document's outline, of which a broken or endless one has fewer."""
    found: list[Line] = []
    met: set[object] = set()
    waiting: list[tuple[object, list[Line], int]] = [(untrusted.get("/First"), found, 0)]
    while waiting:
        following, lines, depth = waiting.pop()
        with contextlib.suppress(*BROKEN):
            item = access.resolved(following)
            key = access.key_of(item)
            if not isinstance(item, DictionaryObject) or key in met or len(met) >= _MOST_LINES:
                continue
            met.add(key)
            title = access.entry(item, "/Title")
            said = str(title)[:_LONGEST] if isinstance(title, TextStringObject) else ""
            lines.append(Line(said, destinations.place_of(item)))
            waiting.append((item.get("/Next"), lines, depth))
            if depth < _DEEPEST:
                waiting.append((item.get("/First"), lines[-1].under, depth + 1))
    return found


class Shown:
    """What a page of the clean copy says, in the order of its contents."""

    def __init__(self, contents: bytes) -> None:
        self._is_layer = _LAYER in contents
        line_end = "\n".encode("utf-16-be") if self._is_layer else _LINE_END
        # Not the contents: those of a drawing have megabytes.
        self._codes = b"".join([
            line_end if found[1] is None else _ESCAPED.sub(lambda each: _LINE_ENDS.get(each[1], each[1]), found[1])
            for found in _STRINGS.finditer(contents)
        ])  # fmt: skip

    def text(self, texts: Mapping[bytes, str]) -> str:
        """Return it; `texts`: of the codes of the document's font. A line end stands where text has a place of its own.

        A letter without a text is the sign for that.
        """
        codes = self._codes
        if self._is_layer:
            return codes.decode("utf-16-be")
        known = {**texts, _LINE_END: "\n"}
        return "".join([known.get(codes[at : at + 2], _UNKNOWN) for at in range(0, len(codes), 2)])


class Words:
    """A text of which each letter and digit knows its place, to look for titles in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        places = [(plain, at) for at, letter in enumerate(text) for plain in _plain(letter)]
        self._key = "".join([plain for plain, _ in places])
        self._places = array.array("L", [at for _, at in places])

    def find(self, title: str) -> tuple[int, str] | None:
        """Return where whole words of it are the title, and how they are spelled there; one that is spelled alike."""
        found = [*itertools.islice(self._spelled(title), _MOST_PLACES)]
        number = None if found else _NUMBER.match(title)
        if number is not None:
            return self.find(title[number.end() :])
        alike = [each for each in found if each[1] == " ".join(title.split())]
        return next(iter(alike or found), None)

    def _spelled(self, title: str) -> Iterator[tuple[int, str]]:
        key = "".join(map(_plain, title))
        at = self._key.find(key) if key and _UNKNOWN not in key else -1
        while at >= 0:
            start, end = self._places[at], self._places[at + len(key) - 1] + 1
            if not (_goes_on(self.text[start - 1 : start]) or _goes_on(self.text[end : end + 1])):
                spelled = self._as_shown(title, start, end)
                if len(spelled) <= _LONGEST:
                    yield start, spelled
            at = self._key.find(key, at + 1)

    def _as_shown(self, title: str, start: int, end: int) -> str:
        """Return what stands there, with the signs around it that the title has too; its spaces where lines end."""
        known = [at for at, letter in enumerate(title) if _plain(letter)]
        while start and known[0] and self.text[start - 1] == title[known[0] - 1]:
            start, known[0] = start - 1, known[0] - 1
        while self.text[end : end + 1] == title[known[-1] + 1 : known[-1] + 2] != "":
            end, known[-1] = end + 1, known[-1] + 1
        parted = {len("".join(map(_plain, title[: space.start()]))) for space in re.finditer(r"\s+", title)}
        said, letters = "", 0
        for letter in self.text[start:end]:
            said += letter if letter != "\n" else " " if letters in parted else ""
            letters += len(_plain(letter))
        return " ".join(said.split())


@functools.lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    """Return a letter or a digit in the one form that is compared; nothing for what is neither."""
    if letter == _UNKNOWN:
        return letter
    return "".join(each for each in unicodedata.normalize("NFKD", letter).casefold() if each.isalnum())


def _goes_on(letter: str) -> bool:
    return bool(_plain(letter))


def rebuilt(
    lines: Sequence[Line], words_of: Callable[[int], Words], node_of: Callable[[int], Node]
) -> tuple[Node | None, list[Line]]:
    """Return the new outline, None for an empty one, and the lines that are not in it."""
    lost: list[Line] = []
    found = _kept(lines, words_of, set(), lost)
    return (_written(found, node_of) if found else None), lost


@dataclass(frozen=True, slots=True, order=True)
class _Kept:
    """A line of the new outline; in the order of their places."""

    page: int
    at: int
    title: str
    top: int
    under: "tuple[_Kept, ...]"


def _kept(
    lines: Sequence[Line], words_of: Callable[[int], Words], met: set[tuple[int, int, str]], lost: list[Line]
) -> list[_Kept]:
    found: list[_Kept] = []
    for line in lines:
        spelled = words_of(line.place.page).find(line.title) if line.place is not None else None
        is_new = False
        if line.place is not None and spelled is not None:
            key = (line.place.page, *spelled)
            is_new = key not in met
            met.add(key)
        under = _kept(line.under, words_of, met, lost)
        if line.place is not None and spelled is not None and is_new:
            found.append(_Kept(line.place.page, *spelled, line.place.top, tuple(under)))
        else:
            found += under
            if spelled is None:
                lost.append(line)
    return sorted(found)


def _written(lines: Sequence[_Kept], node_of: Callable[[int], Node]) -> Node:
    nodes = [Node() for _ in lines]
    root = Node({b"Type": Name(b"Outlines"), **_ends(nodes), b"Count": len(lines)})
    waiting = [(root, lines, nodes)]
    while waiting:
        parent, lines, nodes = waiting.pop()
        for at, (line, node) in enumerate(zip(lines, nodes, strict=True)):
            value: dict[bytes, Value] = {b"Title": Hex(b"\xfe\xff" + line.title.encode("utf-16-be")), b"Parent": parent}
            value |= {b"Prev": nodes[at - 1]} if at else {}
            value |= {b"Next": nodes[at + 1]} if at + 1 < len(nodes) else {}
            if line.under:
                under = [Node() for _ in line.under]
                # Closed: as many lines as would be seen if it were not.
                value |= {**_ends(under), b"Count": -len(under)}
                waiting.append((node, line.under, under))
            node.value = {**value, b"Dest": destination(node_of(line.page), line.top)}
    return root


def _ends(nodes: Sequence[Node]) -> dict[bytes, Value]:
    return {b"First": nodes[0], b"Last": nodes[-1]}


def destination(page: Node, top: int) -> list[Value]:
    """Return the one form in which a place is written: from the left edge, this far up, as large as it is."""
    return [page, Name(b"XYZ"), 0, top, 0]
