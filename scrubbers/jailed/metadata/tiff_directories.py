"""Finds the last byte that a TIFF's directories refer to, for the report of trailing data.

Bounded, as `containers` is: a file with too many directories or entries is not followed.
"""

import mmap
import struct
from collections.abc import Iterator, Sequence
from typing import Final

# Of all directories together.
_MOST_ENTRIES, _MOST_NUMBERS = 20_000, 2_000_000
_FIRST_AT, _HEADER_BYTES = 4, 8
_COUNT_BYTES, _ENTRY_BYTES, _POINTER_BYTES = 2, 12, 4
# Bytes of each field type; 5, 10 and 12 are fractions and doubles.
_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
# Field types of offsets and lengths, as struct letters.
_LETTERS: Final = {3: "H", 4: "I", 13: "I"}
# Pairs of tags with offsets and lengths: strips, tiles, a thumbnail.
_PLACES_AND_LENGTHS: Final = ((273, 279), (324, 325), (513, 514))
_COLLECTED: Final = {tag for pair in _PLACES_AND_LENGTHS for tag in pair}
# Tags that point to directories: SubIFDs, EXIF, GPS, interoperability.
_DIRECTORIES: Final = {330, 34665, 34853, 40965}
_PIECE_BYTES: Final = 2**16


def has_trailing_data(untrusted: mmap.mmap) -> bool:
    """Return whether anything but zeros follows the last byte that a directory refers to.

    Raises ValueError or struct.error for a file that cannot be followed.
    """
    start = _end(untrusted)
    pieces = range(start, len(untrusted), _PIECE_BYTES)
    return any(untrusted[at : at + _PIECE_BYTES].strip(b"\0") for at in pieces)


def _end(untrusted: mmap.mmap) -> int:
    reader = _DirectoryReader(untrusted)
    end, seen = _HEADER_BYTES, set[int]()
    waiting = [reader.number(_FIRST_AT, _POINTER_BYTES)]
    while waiting:
        at = waiting.pop()
        if not at or at in seen:
            continue
        seen.add(at)
        collected: dict[int, Sequence[int]] = {}
        for tag, numbers, value_end in reader.entries(at):
            end = max(end, value_end)
            if tag in _DIRECTORIES:
                waiting += numbers
            elif tag in _COLLECTED:
                collected[tag] = numbers
        for places, lengths in _PLACES_AND_LENGTHS:
            both = zip(collected.get(places, ()), collected.get(lengths, ()), strict=False)
            end = max([end, *(place + length for place, length in both)])
        following = reader.end_of_entries(at)
        end = max(end, following + _POINTER_BYTES)
        waiting.append(reader.number(following, _POINTER_BYTES))
    return end


class _DirectoryReader:
    """Reads directory entries in the file's byte order."""

    def __init__(self, untrusted: mmap.mmap) -> None:
        self._untrusted = untrusted
        self._is_little = untrusted[:2] == b"II"
        self._entries = self._numbers = 0

    def number(self, at: int, length: int) -> int:
        return int.from_bytes(self._untrusted[at : at + length], "little" if self._is_little else "big")

    def end_of_entries(self, at: int) -> int:
        return at + _COUNT_BYTES + _ENTRY_BYTES * self.number(at, _COUNT_BYTES)

    def entries(self, at: int) -> Iterator[tuple[int, Sequence[int], int]]:
        """Yield each entry's tag, its numbers if offsets or lengths, and its value's end. Raises ValueError."""
        for entry in range(at + _COUNT_BYTES, self.end_of_entries(at), _ENTRY_BYTES):
            tag, kind, count = self.number(entry, 2), self.number(entry + 2, 2), self.number(entry + 4, 4)
            size = _SIZES.get(kind, 1)
            value = entry + 8 if size * count <= _POINTER_BYTES else self.number(entry + 8, _POINTER_BYTES)
            numbers: Sequence[int] = ()
            if (tag in _DIRECTORIES or tag in _COLLECTED) and kind in _LETTERS:
                numbers = self._read(value, count, kind)
            self._entries += 1
            if self._entries > _MOST_ENTRIES:
                raise ValueError
            yield tag, numbers, value + size * count

    def _read(self, at: int, count: int, kind: int) -> Sequence[int]:
        self._numbers += count
        if self._numbers > _MOST_NUMBERS:
            raise ValueError
        order = "<" if self._is_little else ">"
        return struct.unpack(f"{order}{count}{_LETTERS[kind]}", self._untrusted[at : at + _SIZES[kind] * count])
