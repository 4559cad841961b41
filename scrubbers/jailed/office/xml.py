"""Reads XML of a hostile document into a tree: UTF-8, no document type, few elements, not deep.

Without a document type there is no entity, so none can grow or fetch. Names are those of the standards' namespaces by
their usual prefixes (`w:p`); of other namespaces by a question mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from xml.parsers import expat

from trusted.jail.stages import Damaged, TooLarge

_MOST_ELEMENTS: Final = 1_500_000
_DEEPEST: Final = 200
_SHARES: Final = 100_000  # a share is in thousandths of a percent
_DOCUMENT_TYPE: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_ENCODING: Final = re.compile(rb"""^(?:\xef\xbb\xbf)?<\?xml[^>]*?encoding\s*=\s*["']([^"']*)["']""")
_UTF8: Final = frozenset({b"utf-8", b"us-ascii", b"ascii"})
_NOT_READ: Final = frozenset({"aink", "am3d", "wpi"})
_OPEN: Final = "http://schemas.openxmlformats.org/"
_STRICT: Final = "http://purl.oclc.org/ooxml/"
_ODF: Final = "urn:oasis:names:tc:opendocument:xmlns:"
_OOXML: Final = {
    "wordprocessingml/main": "w", "spreadsheetml/main": "s", "presentationml/main": "p", "drawingml/main": "a",
    "drawingml/chart": "c", "drawingml/diagram": "dgm", "drawingml/picture": "pic", "officeDocument/math": "m",
    "drawingml/wordprocessingDrawing": "wp", "drawingml/spreadsheetDrawing": "xdr", "officeDocument/relationships": "r",
}  # fmt: skip
_PREFIXES: Final = {
    **{_STRICT + name: prefix for name, prefix in _OOXML.items()},
    **{_OPEN + name.replace("/", "/2006/"): prefix for name, prefix in _OOXML.items()},
    f"{_OPEN}markup-compatibility/2006": "mc",
    f"{_OPEN}package/2006/relationships": "rel",
    f"{_OPEN}package/2006/content-types": "ct",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingShape": "wps",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup": "wpg",
    "http://schemas.microsoft.com/office/word/2010/wordprocessingCanvas": "wpc",
    "urn:schemas-microsoft-com:vml": "v",
    "urn:schemas-microsoft-com:office:office": "o",
    **{f"{_ODF}{name}:1.0": name for name in ("office", "text", "table", "style", "manifest", "presentation", "meta")},
    f"{_ODF}drawing:1.0": "draw",
    f"{_ODF}datastyle:1.0": "number",
    f"{_ODF}xsl-fo-compatible:1.0": "fo",
    f"{_ODF}svg-compatible:1.0": "svg",
    "http://www.w3.org/1999/xlink": "xlink",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://www.w3.org/1998/Math/MathML": "math",
}  # fmt: skip


class Node:
    """An element: its name, its attributes, and its text and elements in their order."""

    __slots__ = ("attributes", "kids", "name")

    def __init__(self, name: str, attributes: dict[str, str], kids: Iterable[Node | str] = ()) -> None:
        self.name = name
        self.attributes = attributes
        self.kids: list[Node | str] = [*kids]

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def elements(self) -> Iterator[Node]:
        return (kid for kid in self.kids if isinstance(kid, Node))

    def find(self, *path: str) -> Node | None:
        """Return the first element at this path."""
        node: Node | None = self
        for name in path:
            node = next((kid for kid in node.elements() if kid.name == name), None) if node is not None else None
        return node

    def value(self, *path: str, of: str = "w:val") -> str | None:
        """Return an attribute of the element at a path; None without the element, empty without the attribute."""
        node = self.find(*path)
        return None if node is None else node.get(of)

    def all(self, *names: str, outside: str = "") -> Iterator[Node]:
        """Yield each element of these names below this one, in order; not those in an element called `outside`."""
        waiting = [iter(self.kids)]
        while waiting:
            kid = next(waiting[-1], None)
            if kid is None:
                waiting.pop()
            elif isinstance(kid, Node):
                if kid.name in names:
                    yield kid
                if kid.name != outside:
                    waiting.append(iter(kid.kids))

    def text(self) -> str:
        """Return all text below."""
        return "".join([kid if isinstance(kid, str) else kid.text() for kid in self.kids])


def parsed(untrusted: bytes) -> Node:
    """Return the root; raises Damaged, TooLarge."""
    said = _ENCODING.match(untrusted[:200])
    if (said is not None and said[1].lower() not in _UTF8) or b"\0" in untrusted[:4]:
        raise Damaged
    if _DOCUMENT_TYPE.search(untrusted):
        raise Damaged
    if untrusted.count(b"<") > 2 * _MOST_ELEMENTS:
        raise TooLarge
    reader = _Reader()
    try:
        reader.parser.Parse(untrusted, True)
    except expat.ExpatError:
        raise Damaged from None
    return reader.root


class _Reader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.EntityDeclHandler = _refuse
        self.root = Node("", {})
        self._open = [self.root]
        self._count = 0
        self._names: dict[str, str] = {}

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > _DEEPEST or self._count > _MOST_ELEMENTS:
            raise TooLarge
        made = Node(self._name(name), {self._name(key): value for key, value in attributes.items()})
        self._open[-1].kids.append(made)
        self._open.append(made)

    def _end(self, _name: str) -> None:
        ended = self._open.pop()
        if ended.name == "mc:AlternateContent":
            ended.kids = list(_alternative(ended))

    def _characters(self, text: str) -> None:
        self._open[-1].kids.append(text)

    def _name(self, name: str) -> str:
        short = self._names.get(name)
        if short is None:
            space, _, local = name.rpartition(" ")
            short = self._names[name] = f"{_PREFIXES.get(space, '?')}:{local}" if space else local
        return short


def _alternative(choices: Node) -> Iterator[Node]:
    """Yield the one alternative that is read: the first, or the picture that stands for ink and models."""
    first = choices.find("mc:Choice")
    fallback = choices.find("mc:Fallback")
    if first is None or (fallback is not None and not _NOT_READ.isdisjoint(first.get("Requires").split())):
        first = fallback
    if first is not None:
        yield from first.elements()


def _refuse(*_: Any) -> None:
    raise Damaged


def share(text: str) -> float:
    """Return a share of one: in thousandths of a per cent, or in per cent."""
    if text.endswith("%"):
        return number(text[:-1]) / 100
    return number(text) / _SHARES


def number(text: str) -> float:
    """Return a number of the document; zero for what is none."""
    try:
        value = float(text)
    except ValueError:
        return 0
    return value if abs(value) < 1e12 else 0  # noqa: PLR2004  also not for what is no number at all
