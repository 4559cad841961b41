"""An identifying detail within its text: quoted in its sentence, or taken out of the text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from intake.identifiers.find import DetailKind, IdentifyingDetail

# What stands in the place of what was taken out; it reads the same in every language.
TAKEN_OUT: Final = "[\N{HORIZONTAL ELLIPSIS}]"
_AROUND: Final = 60  # characters of the sentence on either side
_LONGEST_FOUND: Final = 80
_BEGINS: Final = re.compile(r"(?:^|[.!?\u061f\u1362]\s)\s*(?=\S|$)")
_LETTER: Final = r"[^\W\d_]"
_ENDS: Final = re.compile(r"[.!?\u061f\u1362](?=\s|$)")


@dataclass(frozen=True, slots=True, repr=False)
class Quote:
    """The words that were found, between what stands before and after them in their sentence."""

    before: str
    found: str
    after: str


def quoted(text: str, detail: IdentifyingDetail) -> Quote:
    """Return the first place of a detail; without anything around it where the text does not hold it as one piece."""
    match = _pattern(detail).search(text)
    if match is None:
        return Quote("", _cut(detail.found), "")
    line_start = text.rfind("\n", 0, match.start()) + 1
    line_end = text.find("\n", match.end())
    before, after = text[line_start : match.start()], text[match.end() : None if line_end < 0 else line_end]
    starts = [one.end() for one in _BEGINS.finditer(before)]
    before = before[starts[-1] :] if starts else before
    if (end := _ENDS.search(after)) is not None:
        after = after[: end.end()]
    if len(before) > _AROUND:
        before = "\N{HORIZONTAL ELLIPSIS}" + before[-_AROUND:]
    if len(after) > _AROUND:
        after = after[:_AROUND] + "\N{HORIZONTAL ELLIPSIS}"
    return Quote(before, _cut(match[0]), after)


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
    return found if len(found) <= _LONGEST_FOUND else f"{found[: _LONGEST_FOUND - 1]}\N{HORIZONTAL ELLIPSIS}"
