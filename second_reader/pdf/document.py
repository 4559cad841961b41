"""The objects of a rebuilt PDF and the walk through them: each is read in every role in which others refer to it.

A check is a function that is given a value, or a stream, and raises Unaccounted unless it is one that may stand there.
It passes what the value refers to on to further checks. In the end an object that no check was given is refused, and so
is one that leads back to itself.
"""

import mmap
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from second_reader.pdf.values import Reference, Unaccounted, demand

# One stream, inflated; and all of them together but for pictures, which are counted in pieces and not kept.
_INFLATED_BYTES: Final = 64 * 2**20
_ALL_INFLATED_BYTES: Final = 512 * 2**20
# How the writer deflates. The same data can be deflated in very many ways, and which one was taken could say something.
_DEFLATE_LEVEL: Final = 4


@dataclass(frozen=True, slots=True, repr=False)
class Stream:
    """A stream's dictionary, without its length, and where in the file its data are."""

    entries: Mapping[str, object]
    start: int
    end: int


# A value or a stream: what it is, each check finds out.
Check: TypeAlias = "Callable[[Document, object], None]"


class Document:
    """What was found in the file, and what of it has been accounted for."""

    def __init__(self, untrusted: mmap.mmap, objects: Mapping[int, object]) -> None:
        self.untrusted = untrusted
        self._objects = objects
        self._waiting: list[tuple[int, Check]] = []
        self._met: set[tuple[int, Check]] = set()
        self._leads_to: dict[int, set[int]] = {number: set() for number in objects}
        # The number of the object that is being checked.
        self.current = 0
        self._left_to_inflate = _ALL_INFLATED_BYTES
        # The codes that are shown with each font, filled by the readers of contents: see `font`.
        self.shown: dict[int, set[int]] = {}
        # For `ways`: where each page stands, how high it is, which titles it must show; the texts of the font's codes.
        self.page_at: dict[int, int] = {}
        self.heights: dict[int, float] = {}
        self.titles: dict[int, list[str]] = {}
        self.texts: dict[int, str] = {}
        # What is checked when all contents have been read.
        self.at_last: list[Callable[[], None]] = []

    def walk(self, root: int, check: Check) -> None:
        """Check the object and everything it leads to; raises Unaccounted if an object is left over or leads back."""
        self._leads_to[0] = set()
        self.follow(Reference(root), check)
        while self._waiting:
            self.current, check = self._waiting.pop()
            check(self, self._objects[self.current])
        for last in self.at_last:
            last()
        self._require_all_met()

    def follow(self, value: object, check: Check) -> None:
        """Check a direct value at once; what a reference leads to later, and once."""
        if not isinstance(value, Reference):
            check(self, value)
            return
        self._meet(value.number)
        if (value.number, check) not in self._met:
            self._met.add((value.number, check))
            self._waiting.append((value.number, check))

    def take(self, value: object) -> object:
        """Return the value itself or what it refers to, for the one who asks to check."""
        if not isinstance(value, Reference):
            return value
        self._meet(value.number)
        return self._objects[value.number]

    def inflated(self, stream: Stream) -> bytes:
        """Return a deflated stream's data; raises Unaccounted for another filter, length or encoding."""
        demand(stream.entries.get("Filter") == "FlateDecode", "filter")
        deflated = self.untrusted[stream.start : stream.end]
        inflater = zlib.decompressobj()
        most = min(_INFLATED_BYTES, self._left_to_inflate)
        try:
            data = inflater.decompress(deflated, most + 1)
        except zlib.error:
            raise Unaccounted("deflated data") from None
        self._left_to_inflate -= len(data)
        demand(inflater.eof and len(data) <= most, "deflated data")
        demand(zlib.compress(data, _DEFLATE_LEVEL) == deflated, "deflated as the writer does")
        return data

    def _meet(self, number: int) -> None:
        demand(number in self._objects, "a reference to nothing")
        self._leads_to[self.current].add(number)

    def _require_all_met(self) -> None:
        """From each object all paths end, and together they reach every object."""
        done: set[int] = set()
        under_way = {0}
        path = [(0, iter(self._leads_to[0]))]
        while path:
            number, following = path[-1]
            found = next((each for each in following if each not in done), None)
            if found is None:
                path.pop()
                done.add(number)
                under_way.discard(number)
                continue
            demand(found not in under_way, "a circle")
            under_way.add(found)
            path.append((found, iter(self._leads_to[found])))
        demand(len(done) == len(self._objects) + 1, "an object in no role")
