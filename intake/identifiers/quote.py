"""An identifying detail within its text: quoted in its sentence, or taken out of the text."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from intake.identifiers.find import DetailKind, IdentifyingDetail

# What stands in the place of what was taken out; it reads the same in every language.
TAKEN_OUT: Final = "[\N{HORIZONTAL ELLIPSIS}]"
_ELLIPSIS: Final = "\N{HORIZONTAL ELLIPSIS}"
_AROUND: Final = 60  # characters of the sentence on either side
_LONGEST_FOUND: Final = 80
_BEGINS: Final = re.compile(r"(?:^|[.!?\u061f\u1362]\s)\s*(?=\S|$)")
_LETTER: Final = r"[^\W\d_]"
_ENDS: Final = re.compile(r"[.!?\u061f\u1362](?=\s|$)")


@dataclass(frozen=True, slots=True, repr=False)
class Passage:
    """A sentence in which details were found: of which kinds, and its pieces, each with whether it is a detail."""

    kinds: tuple[DetailKind, ...]
    pieces: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True, repr=False)
class _Place:
    """Where a detail is in the text, and the sentence or line that it stands in."""

    kind: DetailKind
    start: int
    end: int
    first: int
    last: int

    @property
    def quote_start(self) -> int:
        return max(self.first, self.start - _AROUND)

    @property
    def quote_end(self) -> int:
        return min(self.last, self.end + _AROUND)


def passages(text: str, details: Iterable[IdentifyingDetail]) -> list[Passage]:
    """Return the first place of each detail in its sentence, each sentence once.

    A detail that the text does not hold as one piece stands by itself, after the others.
    """
    places, alone = [], []
    for detail in details:
        match = _pattern(detail).search(text)
        if match is None:
            alone.append(Passage((detail.kind,), ((_cut(detail.found), True),)))
        else:
            places.append(_Place(detail.kind, *match.span(), *_sentence(text, *match.span())))
    together: list[list[_Place]] = []
    for place in sorted(places, key=lambda one: one.start):
        if together and place.quote_start < together[-1][-1].quote_end:
            together[-1].append(place)
        else:
            together.append([place])
    return [*(_passage(text, group) for group in together), *alone]


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """Return where the sentence around a place begins and ends; no sentence goes beyond its line."""
    line_start, line_end = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    starts = [one.end() for one in _BEGINS.finditer(text[line_start:start])]
    after = text[end : None if line_end < 0 else line_end]
    ends = _ENDS.search(after)
    return line_start + (starts[-1] if starts else 0), end + (len(after) if ends is None else ends.end())


def _passage(text: str, group: Sequence[_Place]) -> Passage:
    at, end = group[0].quote_start, max(one.quote_end for one in group)
    pieces = [(_ELLIPSIS if at > group[0].first else "", False)]
    for place in group:
        # One may be within another: a name in an address.
        if place.end > at:
            start = max(at, place.start)
            pieces += [(text[at:start], False), (_cut(text[start : place.end]), True)]
            at = place.end
    pieces += [(text[at:end], False), (_ELLIPSIS if end < max(one.last for one in group) else "", False)]
    kinds = tuple(dict.fromkeys(one.kind for one in group))
    return Passage(kinds, tuple(piece for piece in pieces if piece[0]))


def without(text: str, details: Iterable[IdentifyingDetail]) -> str:
    """Return the text with every place of these details taken out.

    Of a name that is in no single piece, as where a telephone number stands between its words, each word is.
    """
    patterns: list[re.Pattern[str]] = []
    # The longest first: an address may hold a name.
    for detail in sorted(details, key=lambda one: -len(one.found)):
        whole = _pattern(detail)
        if detail.kind is DetailKind.NAME and not whole.search(text):
            patterns += map(_name, detail.found.split())
        else:
            patterns.append(whole)
    for pattern in patterns:
        text = pattern.sub(TAKEN_OUT, text)
    return text


def _pattern(detail: IdentifyingDetail) -> re.Pattern[str]:
    """Return what matches the words of a detail however they are spaced."""
    if detail.kind is DetailKind.NAME:
        return _name(detail.found)
    # A number or an address may be written together with other words: "Tel070-123 45 67".
    return re.compile(_spaced(detail.found))


def _name(name: str) -> re.Pattern[str]:
    """Return what matches a name in large or small letters, also in the genitive, and no part of a longer word."""
    return re.compile(rf"(?<!{_LETTER}){_spaced(name)}(?:['\u2019]?s)?(?!{_LETTER})", re.IGNORECASE)


def _spaced(words: str) -> str:
    return r"[^\S\n]+".join(map(re.escape, words.split()))


def _cut(found: str) -> str:
    return found if len(found) <= _LONGEST_FOUND else found[: _LONGEST_FOUND - 1] + _ELLIPSIS
