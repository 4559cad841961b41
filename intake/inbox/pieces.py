"""
What has been written, in pieces of one page each, so that no page of the inbox is large however much there is.

The entries come newest first. A place is an entry and a part of it: a text that is longer than a piece is divided. In a
form an entry is counted from the oldest, so that a new one moves no place. Shown is the piece that begins with the
newest; "before" leads to what is older, or to the rest of a text, and "after" back, with the place in a field of the
form, and no address tells of it. A piece begins with the beginning of an entry wherever that is possible.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from intake.inbox.entries import EntryShown
from intake.views.text_parts import parts_of
from trusted.web.fitting import bytes_in_page
from trusted.web.form import Form

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
    # The piece begins, or ends, within a text.
    is_cut_above: bool
    is_cut_below: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which piece is asked for: the one that begins at a place, or ends at one, or else the newest."""

    start: Place | None = None
    end: Place | None = None

    @classmethod
    def by(cls, form: Form, *, same: bool) -> Self:
        """Return what a form asks for; with `same` the piece that the page showed before."""
        start = form.one(BEFORE_FIELD) or (form.one(AT_FIELD) if same else "")
        return cls(_place(start), _place(form.one(AFTER_FIELD)))


def piece_of(entries: Sequence[EntryShown], wanted: Wanted) -> PieceShown:
    """Return the piece that is asked for; a place that is not there is the nearest that is."""
    pieces = _Pieces(entries)
    if wanted.end is not None:
        start, end = pieces.ending(pieces.known(wanted.end))
    else:
        start = pieces.end if wanted.start is None else pieces.known(wanted.start)
        start = (0, 0) if start == pieces.end else start
        end = pieces.forward(start)
    return PieceShown(
        pieces.between(start, end),
        pieces.written(start),
        "" if end == pieces.end else pieces.written(end),
        "" if start == (0, 0) else pieces.written(start),
        is_cut_above=start[1] > 0,
        is_cut_below=end[1] > 0,
    )


def _place(untrusted: str) -> Place | None:
    found = _PLACE.fullmatch(untrusted)
    return None if found is None else (int(found[1]), int(found[2]))


class _Pieces:
    """Walks through the parts of all entries; only those that are looked at are divided."""

    def __init__(self, entries: Sequence[EntryShown]) -> None:
        self._entries = entries
        self._divided: dict[int, tuple[EntryShown, ...]] = {}
        self.end: Place = (len(entries), 0)

    def known(self, counted: Place) -> Place:
        """Return the place that a form names or, if there is none, the next; of all that are too new, the newest."""
        entry, part = max(0, len(self._entries) - 1 - counted[0]), counted[1]
        return (entry, part) if entry < self.end[0] and part < len(self._parts(entry)) else (entry + 1, 0)

    def written(self, place: Place) -> str:
        """Return a place as forms name it."""
        return f"{len(self._entries) - 1 - place[0]}.{place[1]}"

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
        return around + bytes_in_page(shown.who + shown.when + shown.headline + shown.text)

    def _parts(self, number: int) -> tuple[EntryShown, ...]:
        if number not in self._divided:
            whole = self._entries[number]
            texts = parts_of(whole.text, _PART_BYTES)
            self._divided[number] = (whole,) if len(texts) == 1 else _parts_shown(whole, texts)
        return self._divided[number]


def _parts_shown(whole: EntryShown, texts: Sequence[str]) -> tuple[EntryShown, ...]:
    return tuple(replace(whole, text=text, part=number, parts=len(texts)) for number, text in enumerate(texts, start=1))
