"""A compound file ([MS-CFB]), in which Outlook saves a message: storages and streams in a tree. Nothing is mended.

Sectors are followed by tables; a chain that comes back to itself or leaves the file is damage, and refused.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from scrubbers.message_head import COMPOUND
from trusted.jail.stages import Damaged

_HEADER: Final = struct.Struct("<8s16x5H6x9I")
_ENTRY: Final = struct.Struct("<64sHBxIII16x4x16xIQ")
_LITTLE_ENDIAN: Final = 0xFFFE
_SECTOR_SHIFTS: Final = {3: 9, 4: 12}  # by the version of the format
_MINI_SHIFT: Final = 6
_IN_HEADER: Final = slice(76, 512)  # the first 109 sectors of the table of sectors
_NONE: Final = 0xFFFFFFFF
_FREE: Final = 0xFFFFFFFA  # from here on a number is no sector
_STORAGE: Final = 1
_STREAM: Final = 2
_ROOT: Final = 5
_MOST_ENTRIES: Final = 20_000


class _Entry(NamedTuple):
    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int


@dataclass(slots=True, repr=False)
class Storage:
    """What is in a storage, by its name in small letters."""

    storages: dict[str, Storage] = field(default_factory=dict)
    streams: dict[str, tuple[int, int]] = field(default_factory=dict)  # where each begins, and its length


class Compound:
    """The tree of a file, and the content of its streams. Raises Damaged."""

    def __init__(self, untrusted: bytes) -> None:
        if len(untrusted) < _IN_HEADER.stop:
            raise Damaged
        self._file = untrusted
        magic, _, version, order, shift, mini_shift, _, tables, directory, _, cutoff, first_mini, _, more, _ = (
            _HEADER.unpack_from(untrusted)
        )
        if (
            magic != COMPOUND
            or order != _LITTLE_ENDIAN
            or _SECTOR_SHIFTS.get(version) != shift
            or mini_shift != _MINI_SHIFT
        ):
            raise Damaged
        self._sector, self._cutoff = 1 << shift, cutoff
        self._next = self._table(tables, more)
        entries = list(_entries(self._chain(directory)))
        if not entries or entries[0].kind != _ROOT:
            raise Damaged
        root = entries[0]
        self._mini_next = self._numbers(self._chain(first_mini)) if first_mini < _FREE else ()
        self._mini = self._chain(root.start, root.size) if root.start < _FREE else b""
        self.root = Storage()
        _fill(self.root, entries, root.child)

    def read(self, stream: tuple[int, int]) -> bytes:
        """Return the content of a stream."""
        start, size = stream
        if not size:
            return b""
        if size >= self._cutoff:
            return self._chain(start, size)
        pieces: list[bytes] = []
        left, seen = size, 0
        while left > 0:
            at = start << _MINI_SHIFT
            if start >= len(self._mini_next) or at >= len(self._mini) or seen > len(self._mini_next):
                raise Damaged
            pieces.append(self._mini[at : at + min(left, 1 << _MINI_SHIFT)])
            start, left, seen = self._mini_next[start], left - (1 << _MINI_SHIFT), seen + 1
        return b"".join(pieces)

    def _at(self, sector: int) -> bytes:
        start = (sector + 1) * self._sector
        if sector >= _FREE or start >= len(self._file):
            raise Damaged
        return self._file[start : start + self._sector].ljust(self._sector, b"\0")

    def _table(self, count: int, more: int) -> Sequence[int]:
        """Return the table of sectors: for each, which one follows it."""
        listed = list(self._numbers(self._file[_IN_HEADER]))
        most = len(self._file) // self._sector + 1
        while more < _FREE and len(listed) <= most:
            *numbers, more = self._numbers(self._at(more))
            listed += numbers
        if count > most:
            raise Damaged
        return self._numbers(b"".join(self._at(sector) for sector in listed[:count]))

    @staticmethod
    def _numbers(content: bytes) -> tuple[int, ...]:
        return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])

    def _chain(self, sector: int, size: int | None = None) -> bytes:
        pieces: list[bytes] = []
        most = len(self._file) // self._sector + 1
        while sector < _FREE and (size is None or len(pieces) * self._sector < size):
            if sector >= len(self._next) or len(pieces) > most:
                raise Damaged
            pieces.append(self._at(sector))
            sector = self._next[sector]
        made = b"".join(pieces)
        if size is not None and len(made) < size:
            raise Damaged
        return made if size is None else made[:size]


def _entries(directory: bytes) -> Iterator[_Entry]:
    if len(directory) > _MOST_ENTRIES * _ENTRY.size:
        raise Damaged
    whole = len(directory) // _ENTRY.size * _ENTRY.size
    for raw, length, kind, left, right, child, start, size in _ENTRY.iter_unpack(directory[:whole]):
        name = raw[: max(0, min(length, len(raw)) - 2)].decode("utf-16-le", "replace").lower()
        # The upper half of the size is rubbish in files of the third version.
        yield _Entry(name, kind, left, right, child, start, size & 0xFFFFFFFF)


def _fill(root: Storage, entries: Sequence[_Entry], first: int) -> None:
    """Put what is in a storage into it, and into those in it."""
    waiting, seen = [(root, first)], set()
    while waiting:
        storage, number = waiting.pop()
        if number == _NONE:
            continue
        if number in seen or number >= len(entries):
            raise Damaged
        seen.add(number)
        entry = entries[number]
        waiting += [(storage, entry.left), (storage, entry.right)]
        if entry.kind == _STORAGE:
            storage.storages[entry.name] = Storage()
            waiting.append((storage.storages[entry.name], entry.child))
        elif entry.kind == _STREAM:
            storage.streams[entry.name] = (entry.start, entry.size)
