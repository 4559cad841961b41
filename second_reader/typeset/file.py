"""Reads a document that was typeset here: a tagged PDF of text, rules and pictures, from the first byte to the last.

1 the objects, one after the other, the table and the trailer: each byte belongs to one of them
2 the contents of each page (`contents`): visible letters, thin rules, tints under them, pictures, each marked for its
  element; at the foot what the copy is, in the one sentence for it, with the number of the page
3 the structure tree (`tags`): its elements in order, each mark in one of them, and the one way back that follows
4 without the tags it must be a PDF as the PDF scrubber writes it, which `verify.pdf` reads as it reads any other
"""

import mmap
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from second_reader.pdf.cmap import read_to_unicode
from second_reader.pdf.file import require_rebuilt
from second_reader.typeset.contents import Marked, read_page
from second_reader.typeset.tags import require_tags
from second_reader.typeset.unaccounted import require

_HEAD: Final = b"%PDF-1.7\n%\xe5\xe4\xf6\xfc\n"
_PLAIN_HEAD: Final = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
_OBJECT: Final = re.compile(rb"([1-9][0-9]{0,9}) 0 obj\n")
_LENGTH: Final = re.compile(rb"<<(.*)/Length (0|[1-9][0-9]{0,9})>>")
_OBJECT_END: Final = b"\nendobj\n"
_DATA, _DATA_END = b"\nstream\n", b"\nendstream\nendobj\n"
_CATALOG: Final = re.compile(
    rb"<</Type /Catalog/Pages 2 0 R/MarkInfo <</Marked true>>/StructTreeRoot ([1-9][0-9]{0,9}) 0 R>>"
)
_PLAIN_CATALOG: Final = b"<</Type /Catalog/Pages 2 0 R>>"
_PAGE: Final = re.compile(
    rb"(<</Type /Page/Parent 2 0 R/MediaBox \[0 0 595\.276 841\.89\]/Contents ([1-9][0-9]{0,9}) 0 R.*)"
    rb"/StructParents (0|[1-9][0-9]{0,3})>>"
)
_PAGES: Final = re.compile(rb"<</Type /Pages/Count ([1-9][0-9]{0,3})/Kids \[.*\]>>")
_FONT: Final = re.compile(rb"/F0 ([1-9][0-9]{0,9}) 0 R")
_TO_UNICODE: Final = re.compile(rb"/ToUnicode ([1-9][0-9]{0,9}) 0 R>>")
_FOOT: Final = "Kopia, satt på nytt av Källskydd från {0} / Copy typeset again by Källskydd from {0}, {1}/{2}"
_SOURCES: Final = ("Word", "Excel", "PowerPoint", "OpenDocument", "RTF", "e-post / e-mail", "HTML")
_CONTENTS: Final = b"/Filter /FlateDecode"
_LEVEL: Final = 4
_CONTENT_BYTES: Final = 8 * 2**20  # a page that is full of small letters has some hundred thousand
_CATALOG_NUMBER, _PAGES_NUMBER, _FIRST_PAGE = 1, 2, 3


@dataclass(frozen=True, slots=True, repr=False)
class _Object:
    """A value; or the entries of a stream, without its length, and its data."""

    value: bytes
    data: bytes | None = None


def is_clean_document(untrusted: mmap.mmap) -> bool:
    """Return whether every byte of a PDF is accounted for, typeset here or rebuilt; raises ValueError where not."""
    if untrusted[: len(_HEAD)] != _HEAD:
        require_rebuilt(untrusted)
        return True
    objects = _objects(untrusted)
    found = _CATALOG.fullmatch(objects[_CATALOG_NUMBER].value)
    if found is None:
        return False
    first_tag = int(found[1])
    plain = {number: each for number, each in objects.items() if number < first_tag}
    tags = {number: each for number, each in objects.items() if number >= first_tag}
    require(all(each.data is None for each in tags.values()), "a stream among the tags")
    plain[_CATALOG_NUMBER] = _Object(_PLAIN_CATALOG)
    marked = _take_marks(plain)
    require_tags({number: each.value for number, each in tags.items()}, marked)
    require_rebuilt(_written(plain))
    return True


def _objects(untrusted: mmap.mmap) -> dict[int, _Object]:
    """Run step 1."""
    objects: dict[int, _Object] = {}
    places: dict[int, int] = {}
    position = len(_HEAD)
    while (found := _OBJECT.match(untrusted, position)) is not None:
        number = int(found[1])
        require(number not in objects, "an object twice")
        places[number] = position
        objects[number], position = _object(untrusted, found.end())
    size = len(objects) + 1
    require(objects.keys() == set(range(1, size)), "object numbers")
    require(untrusted[position:] == _tail(places, position), "table and trailer")
    return objects


def _object(untrusted: mmap.mmap, start: int) -> tuple[_Object, int]:
    end = untrusted.find(b"\n", start)
    require(end > 0, "object")
    value = untrusted[start:end]
    after = end + len(_OBJECT_END)
    if untrusted[end:after] == _OBJECT_END:
        return _Object(value), after
    found = _LENGTH.fullmatch(value)
    data = end + len(_DATA)
    require(found is not None and untrusted[end:data] == _DATA, "stream")
    length = int(found[2]) if found is not None else 0
    after = data + length + len(_DATA_END)
    require(untrusted[data + length : after] == _DATA_END, "length")
    return _Object(b"<<%s>>" % value[2 : value.rindex(b"/Length ")], untrusted[data : data + length]), after


def _tail(places: Mapping[int, int], position: int) -> bytes:
    size = len(places) + 1
    lines = b"".join(b"%010d 00000 n \n" % places[number] for number in range(1, size))
    table = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, lines)
    return table + b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, position)


def _take_marks(plain: dict[int, _Object]) -> list[list[Marked]]:
    """Run step 2; return the marks of each page. Pages and contents are left without their tags."""
    found = _PAGES.fullmatch(plain[_PAGES_NUMBER].value)
    count = int(found[1]) if found is not None else 0
    numbers = [_FIRST_PAGE + 2 * place for place in range(count)]
    kids = b" ".join(b"%d 0 R" % number for number in numbers)
    require(plain[_PAGES_NUMBER].value == b"<</Type /Pages/Count %d/Kids [%s]>>" % (count, kids), "pages")
    marked, texts, feet = [], _texts_of_codes(plain), set(_SOURCES)
    for place, number in enumerate(numbers):
        page = _PAGE.fullmatch(plain[number].value)
        if page is None or int(page[2]) != number + 1 or int(page[3]) != place:
            raise ValueError
        plain[number] = _Object(page[1] + b">>")
        contents, marks, foot = read_page(_inflated(plain[number + 1]))
        said = "".join(texts.get(int.from_bytes(foot[at : at + 2]), "") for at in range(0, len(foot), 2))
        # Of one kind on all pages.
        feet = {source for source in feet if said == _FOOT.format(source, place + 1, count)}
        require(feet, "what the copy is")
        plain[number + 1] = _Object(b"<<%s>>" % _CONTENTS, zlib.compress(contents, _LEVEL))
        marked.append(marks)
    return marked


def _texts_of_codes(plain: Mapping[int, _Object]) -> dict[int, str]:
    """Return the letters of the one font's codes. That each page has this font, step 4 requires."""
    font = _FONT.search(plain[_FIRST_PAGE].value)
    found = _TO_UNICODE.search(plain[int(font[1])].value) if font is not None else None
    return read_to_unicode(_inflated(plain[int(found[1])])) if found is not None else {}


def _inflated(stream: _Object) -> bytes:
    if stream.data is None or stream.value != b"<<%s>>" % _CONTENTS:
        raise ValueError
    inflater = zlib.decompressobj()
    data = inflater.decompress(stream.data, _CONTENT_BYTES)
    require(inflater.eof and zlib.compress(data, _LEVEL) == stream.data, "deflated as the writer does")
    return data


def _written(plain: Mapping[int, _Object]) -> mmap.mmap:
    """Return the file without its tags, for step 4."""
    parts, places, position = [_PLAIN_HEAD], {}, len(_PLAIN_HEAD)
    for number, each in sorted(plain.items()):
        part = b"%d 0 obj\n%s\nendobj\n" % (number, each.value)
        if each.data is not None:
            head = b"%d 0 obj\n%s/Length %d>>\nstream\n" % (number, each.value[:-2], len(each.data))
            part = b"".join((head, each.data, b"\nendstream\nendobj\n"))
        places[number] = position
        position += len(part)
        parts.append(part)
    parts.append(_tail(places, position))
    whole = b"".join(parts)
    made = mmap.mmap(-1, len(whole), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    made[:] = whole
    return made
