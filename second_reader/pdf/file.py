"""Reads a rebuilt PDF from the first byte to the last: what stands in it and where, and that nothing else does.

    file.py         the file: head, objects, table, trailer; each byte belongs to one of them
    values.py       values, in the one form in which they may be written
    document.py     the walk: each object in the roles in which others refer to it, none left over
    objects.py      pages, forms, graphics states: closed lists of keys
    images.py       pictures
    content.py      drawing operators, one a line
    ways.py         links and the outline
    text_layer.py   pages that are one picture with a layer of words
    font.py, cff.py, cmap.py   the font of the document, its program and its text

Not a PDF reader: it knows one way to write each thing, and only what the scrubber writes. It draws nothing, so it does
not know whether what a page shows can be seen: that the scrubber has looked at.
"""

import mmap
import re
from typing import Final

from second_reader.pdf.document import Document, Stream
from second_reader.pdf.objects import catalog
from second_reader.pdf.values import Reference, Unaccounted, demand, value_of

_HEAD: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_OBJECT: Final = re.compile(rb"([1-9][0-9]{0,9}) 0 obj\n")
_OBJECT_END: Final = b"\nendobj\n"
_DATA, _DATA_END = b"\nstream\n", b"\nendstream\nendobj\n"
_TRAILER: Final = re.compile(rb"trailer\n<</Size [1-9][0-9]{0,9}/Root ([1-9][0-9]{0,9}) 0 R>>\n")


def require_rebuilt(untrusted: mmap.mmap) -> None:
    """Require the file to be a rebuilt PDF and nothing else; raises Unaccounted with the rule that was broken."""
    demand(untrusted[: len(_HEAD)] == _HEAD, "head")
    objects: dict[int, object] = {}
    offsets: dict[int, int] = {}
    position = len(_HEAD)
    while (found := _OBJECT.match(untrusted, position)) is not None:
        number = int(found[1])
        demand(number not in objects, "an object twice")
        offsets[number] = position
        objects[number], position = _object(untrusted, found.end())
    root = _require_tail(untrusted, position, offsets)
    Document(untrusted, objects).walk(root, catalog)


def _object(untrusted: mmap.mmap, start: int) -> tuple[object, int]:
    """Return the value or stream that begins here, and where the next object does."""
    value_end = untrusted.find(b"\n", start)
    demand(value_end > 0, "object")
    value = value_of(untrusted[start:value_end])
    after = value_end + len(_OBJECT_END)
    if untrusted[value_end:after] == _OBJECT_END:
        demand(not isinstance(value, Reference), "object")
        return value, after
    data = value_end + len(_DATA)
    if not isinstance(value, dict) or untrusted[value_end:data] != _DATA:
        raise Unaccounted("object")
    length = value.pop("Length", None)
    if type(length) is not int or length < 0:
        raise Unaccounted("length")
    after = data + length + len(_DATA_END)
    demand(untrusted[data + length : after] == _DATA_END, "length")
    return Stream(value, data, data + length), after


def _require_tail(untrusted: mmap.mmap, position: int, offsets: dict[int, int]) -> int:
    """Return the root's number, if table and trailer are what they must be for these objects."""
    size = len(offsets) + 1
    demand(offsets.keys() == set(range(1, size)), "object numbers")
    lines = b"".join(b"%010d 00000 n \n" % offsets[number] for number in range(1, size))
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, lines)
    demand(untrusted[position : position + len(table)] == table, "table")
    found = _TRAILER.match(untrusted, position + len(table))
    if found is None:
        raise Unaccounted("trailer")
    root = int(found[1])
    trailer = b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, root, position)
    demand(untrusted[found.start() :] == trailer, "trailer")
    return root
