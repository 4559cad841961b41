"""Objects of the new document and the writer that puts them into a file: nothing is copied, all is written again.

A value is None, a bool, an int, a float, `Name`, `Hex`, a list, a dict with `Name`-like byte keys (without the slash),
or a `Node`: an object of its own that others refer to. A node's value is a value or a `Stream`. Numbers are written in
one form; keys in the order they were put in; strings only as hexadecimal digits; no comment and no free text exists.
The same values give the same bytes.

    %PDF-1.7                            the head, with four bytes that say "binary"
    N 0 obj ⏎ value ⏎ endobj            each number from 1 on once, in the order of writing
    N 0 obj ⏎ <<… /Length L>> ⏎ stream ⏎ data ⏎ endstream ⏎ endobj
    xref … trailer ⏎ <</Size S/Root R 0 R>> ⏎ startxref ⏎ offset ⏎ %%EOF

A `Writer` numbers nodes when it first meets them and writes them at once, but for those that are late: their value is
final only when every page is known (fonts carry the glyphs that pages use), so they come last.
"""

import functools
import math
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Final, TypeAlias

_HEAD: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
DEFLATE_LEVEL: Final = 6  # of pixels
# Of all else: level 6 wrote 3 % less of a report's contents, in two thirds more of the time, twice (it is verified).
_LEVEL: Final = 4
# Written as digits, strings made the contents of a report a tenth larger.
_TO_ESCAPE: Final = re.compile(rb"[\\()\r\n]")
_ESCAPES: Final = {b"\\": b"\\\\", b"(": b"\\(", b")": b"\\)", b"\r": b"\\r", b"\n": b"\\n"}
_PLAIN_IN_NAMES: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-_.")
_LARGEST_NUMBER: Final = 1e9  # within 32 bits
_DECIMALS: Final = 6  # a millionth


class NotRebuildable(Exception):
    """Something on this page cannot be said in the new document's few words: the page becomes pixels."""


class ClippingText(NotRebuildable):
    """Text that is not painted and only clips: it may say something, and what is seen of it is a shape."""


class Name(bytes):
    """A name, without its slash: letters, digits and + - _ . only."""

    __slots__ = ()


class Hex(bytes):
    """A string of bytes, written as hexadecimal digits."""

    __slots__ = ()


Value: TypeAlias = "bool | int | float | Name | Hex | Sequence[Value] | Mapping[bytes, Value] | Node | None"


@dataclass(slots=True, repr=False)
class Stream:
    """A dictionary and its data. Without a `Filter` in the dictionary the writer deflates the data."""

    entries: "Mapping[bytes, Value]"
    data: bytes


class Node:
    """An object that others refer to. `late`: its value is final at the end. `kept`: its data is needed again."""

    __slots__ = ("kept", "late", "value")

    def __init__(self, value: "Value | Stream" = None, *, late: bool = False, kept: bool = False) -> None:
        self.value = value
        self.late = late
        self.kept = kept


# Most numbers of a document stand in it many times.
@functools.lru_cache(maxsize=2**14)
def number(value: float) -> bytes:
    """Return a number in its one form; raises NotRebuildable for what is none."""
    if isinstance(value, int) and abs(value) <= _LARGEST_NUMBER:
        return b"%d" % value
    if not math.isfinite(value) or abs(value) > _LARGEST_NUMBER:
        raise NotRebuildable
    text = f"{value:.{_DECIMALS}f}".rstrip("0").rstrip(".")
    return b"0" if text == "-0" else text.encode()


def name(value: bytes) -> bytes:
    """Return a name with its slash; raises NotRebuildable for one that is not plain."""
    if not value or not _PLAIN_IN_NAMES.issuperset(value):
        raise NotRebuildable
    return b"/" + value


def escaped(string: bytes) -> bytes:
    """Return what stands between the brackets of a string. Its line ends are escaped: an operator stays one line."""
    return _TO_ESCAPE.sub(lambda found: _ESCAPES[found[0]], string)


class Writer:
    """Writes nodes into one file. Call `write` with what is final, then `finish`.

    `forgets`: data that is written leaves the memory, unless its node is kept. `level`: of deflate; streams of no more
    than `small` bytes are only stored.
    """

    def __init__(self, output: IO[bytes], *, forgets: bool = False, level: int = _LEVEL, small: int = -1) -> None:
        self._output = output
        self._level = level
        self._small = small
        self._forgets = forgets
        self._position = 0
        self._numbers: dict[Node, int] = {}
        self._offsets: dict[int, int] = {}
        self._late: list[Node] = []
        self._put(_HEAD)

    def write(self, node: Node) -> int:
        """Write the node and all it refers to, unless they are written already; returns its number."""
        waiting: list[Node] = []
        found = self._number(node, waiting)
        while waiting:
            self._write_one(waiting.pop(), waiting)
        return found

    def number_of(self, node: Node) -> int:
        """Return the number of a node, for which one is kept free if it has not been written."""
        return self._numbers.setdefault(node, len(self._numbers) + 1)

    def write_at_last(self, node: Node) -> None:
        """Write a node whose number was given out before (`number_of`)."""
        waiting = [node]
        while waiting:
            self._write_one(waiting.pop(), waiting)

    def finish(self, root: Node) -> None:
        """Write the late nodes, the root, the table and the trailer."""
        root_number = self.write(root)
        while self._late:
            self.write_at_last(self._late.pop(0))
        size = len(self._numbers) + 1
        table = self._position
        lines = [b"xref\n0 %d\n0000000000 65535 f \n" % size]
        lines += [b"%010d 00000 n \n" % self._offsets[each] for each in range(1, size)]
        lines.append(b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, root_number, table))
        self._put(b"".join(lines))

    def _number(self, node: Node, waiting: list[Node]) -> int:
        if node not in self._numbers:
            self.number_of(node)
            (self._late if node.late else waiting).append(node)
        return self._numbers[node]

    def _write_one(self, node: Node, waiting: list[Node]) -> None:
        number_given = self._numbers[node]
        self._offsets[number_given] = self._position
        if isinstance(node.value, Stream):
            data = node.value.data
            entries = dict(node.value.entries)
            if b"Filter" not in entries:
                data = zlib.compress(data, self._level if len(data) > self._small else 0)
                entries[b"Filter"] = Name(b"FlateDecode")
            entries[b"Length"] = len(data)
            self._put(b"%d 0 obj\n%s\nstream\n" % (number_given, self._said(entries, waiting)))
            self._put(data)
            self._put(b"\nendstream\nendobj\n")
            if self._forgets and not node.kept:
                node.value = None
        else:
            self._put(b"%d 0 obj\n%s\nendobj\n" % (number_given, self._said(node.value, waiting)))

    def _said(self, value: "Value", waiting: list[Node]) -> bytes:  # noqa: PLR0911  one for each sort of value
        match value:
            case Node():
                return b"%d 0 R" % self._number(value, waiting)
            case None:
                return b"null"
            case bool():
                return b"true" if value else b"false"
            case int() | float():
                return number(value)
            case Name():
                return name(value)
            case Hex():
                return b"<%s>" % value.hex().encode()
            case list() | tuple():
                return b"[%s]" % b" ".join(self._said(each, waiting) for each in value)
            case dict():
                said = (name(key) + b" " + self._said(each, waiting) for key, each in value.items())
                return b"<<%s>>" % b"".join(said)
            case _:
                raise NotRebuildable

    def _put(self, piece: bytes) -> None:
        self._output.write(piece)
        self._position += len(piece)
