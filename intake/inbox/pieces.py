"""
What has been written, in pieces of one page each, so that no page of the inbox is large however much there is.

A place is an entry and a part of it, both counted from zero: a text that is longer than a piece is divided. Entries
stand in their order. Shown is the piece that ends with the last of them; "before" and "after" lead to the others, with
the place in a field of the form, and no address tells of it. A piece begins with the beginning of an entry wherever
that is possible: what has just come is read from its first word, and on from there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from intake.http.form import Form
from intake.inbox.view import EntryShown
from intake.views.text_parts import bytes_in_page, parts_of

BEFORE_FIELD: Final = "before"
AFTER_FIELD: Final = "after"
# Where a piece begins that is not the last; it counts when another language of the same page is asked for.
AT_FIELD: Final = "at"
PIECE_BYTES: Final = 20 * 1024
# What stands around an entry: its tags, and the buttons of a file in the language that takes most.
_AROUND: Final = 400
_AROUND_FILE: Final = 1600
_PART_BYTES: Final = PIECE_BYTES - 2 * 1024
_PLACE: Final = re.compile(r"([0-9]{1,6})\.([0-9]{1,6})")

Place = tuple[int, int]


@dataclass(frozen=True, slots=True, repr=False)
class PieceShown:
    """Entries, or parts of them, and the places from which the pieces beside this one are counted; empty for none."""

    entries: tuple[EntryShown, ...]
    start: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which piece is asked for: the one that ends before a place, or begins at one, or else the last."""

    before: Place | None = None
    start: Place | None = None

    @classmethod
    def by(cls, form: Form, *, same: bool) -> Self:
        """Return what a form asks for; with `same` the piece that the page showed before."""
        start = form.one(AFTER_FIELD) or (form.one(AT_FIELD) if same else "")
        return cls(_place(form.one(BEFORE_FIELD)), _place(start))


def piece_of(entries: Sequence[EntryShown], wanted: Wanted) -> PieceShown:
    """Return the piece that is asked for; a place that is not there is the nearest that is."""
    pieces = _Pieces(entries)
    if wanted.start is not None and wanted.start < pieces.end:
        start = pieces.known(wanted.start)
        end = pieces.forward(start)
    else:
        start, end = pieces.ending(pieces.end if wanted.before is None else pieces.known(wanted.before))
    here, after = _written(start), "" if end == pieces.end else _written(end)
    return PieceShown(pieces.between(start, end), here, "" if start == (0, 0) else here, after)


def _place(untrusted: str) -> Place | None:
    found = _PLACE.fullmatch(untrusted)
    return None if found is None else (int(found[1]), int(found[2]))


def _written(place: Place) -> str:
    return f"{place[0]}.{place[1]}"


class _Pieces:
    """Walks through the parts of all entries; only those that are looked at are divided."""

    def __init__(self, entries: Sequence[EntryShown]) -> None:
        self._entries = entries
        self._divided: dict[int, tuple[EntryShown, ...]] = {}
        self.end: Place = (len(entries), 0)

    def known(self, place: Place) -> Place:
        """Return this place or, if there is none, the end of the entry or of all."""
        if place >= self.end:
            return self.end
        return place if place[1] < len(self._parts(place[0])) else (place[0] + 1, 0)

    def ending(self, end: Place) -> tuple[Place, Place]:
        """Return a piece that ends at `end`; when that cuts off the beginning of what stands last, it begins there."""
        start = self._backward(end)
        if start[1] == 0 or end[1] != 0:
            return start, end
        if (start[0] + 1, 0) < end:
            return (start[0] + 1, 0), end
        return (start[0], 0), self.forward((start[0], 0))

    def forward(self, start: Place) -> Place:
        """Return where the piece ends that begins at `start`: after one part at least."""
        place, left = start, PIECE_BYTES
        while place < self.end:
            left -= self._bytes(place)
            if left < 0 and place != start:
                break
            place = self._next(place)
        return place

    def between(self, start: Place, end: Place) -> tuple[EntryShown, ...]:
        shown, place = [], start
        while place < end:
            shown.append(self._parts(place[0])[place[1]])
            place = self._next(place)
        return tuple(shown)

    def _backward(self, end: Place) -> Place:
        place, left = end, PIECE_BYTES
        while place > (0, 0):
            earlier = (place[0], place[1] - 1) if place[1] else (place[0] - 1, len(self._parts(place[0] - 1)) - 1)
            left -= self._bytes(earlier)
            if left < 0 and place != end:
                break
            place = earlier
        return place

    def _next(self, place: Place) -> Place:
        entry, part = place
        return (entry, part + 1) if part + 1 < len(self._parts(entry)) else (entry + 1, 0)

    def _bytes(self, place: Place) -> int:
        shown = self._parts(place[0])[place[1]]
        around = _AROUND_FILE if shown.file_id else _AROUND
        return around + bytes_in_page(shown.who + shown.headline + shown.text)

    def _parts(self, number: int) -> tuple[EntryShown, ...]:
        if number not in self._divided:
            whole = self._entries[number]
            texts = parts_of(whole.text, _PART_BYTES)
            self._divided[number] = (whole,) if len(texts) == 1 else _parts_shown(whole, texts)
        return self._divided[number]


def _parts_shown(whole: EntryShown, texts: Sequence[str]) -> tuple[EntryShown, ...]:
    return tuple(replace(whole, text=text, part=number, parts=len(texts)) for number, text in enumerate(texts, start=1))
