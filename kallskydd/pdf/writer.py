"""Writes a tagged PDF of A4 pages, and nothing that would tell who made it or when.

Why by hand: the libraries at hand tag pictures alone, not text, or write their name and the day. Every piece of content
stands in an element of the structure tree, or is an artifact (bands, panels), so that a screen reader has the
document in its order. Fonts are embedded whole and nothing is compressed: the same input then gives the same bytes,
whichever zlib a computer has, and an auditor can read the file with `less`.

There is no author, producer, creator, day and no /ID; the title is in /Info and in XMP, the language in the catalog.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal
from xml.sax.saxutils import escape

from kallskydd.pdf.fonts import UNITS, Face, outline

A4: Final = (595.276, 841.89)  # points, 210 by 297 mm

Colour = tuple[float, float, float]
Box = tuple[float, float, float, float]
Scope = Literal["Row", "Column"]


@dataclass(frozen=True, slots=True)
class Style:
    """How letters look."""

    face: Face
    size: float
    colour: Colour


@dataclass(frozen=True, slots=True)
class Mark:
    """A piece of content: its page, and its number there."""

    page: int
    number: int


@dataclass(slots=True)
class Element:
    """A node of the structure tree: a kind such as P or Figure, the page it begins on, and what it holds.

    `alt` stands for a picture, `language` is there where it is not the document's, `scope` is that of a heading cell.
    """

    kind: str
    page: int
    kids: list[Element | Mark] = field(default_factory=list)
    alt: str | None = None
    box: Box | None = None
    language: str | None = None
    scope: Scope | None = None


@dataclass(slots=True)
class _Page:
    """The steps that draw a page, and how many pieces of content are marked in them."""

    steps: list[str] = field(default_factory=list)
    marked: int = 0


class TaggedDocument:
    """A document under construction. Places are in points from the top left corner of a page; y grows downwards."""

    def __init__(self, title: str, language: str) -> None:
        """Begin with one empty page."""
        self.title = title
        self.language = language
        self.root = Element("Document", 0)
        self._open = [self.root]
        self._pages = [_Page()]
        self._at = 0
        self._used: dict[str, tuple[Face, dict[int, str]]] = {}

    @property
    def page_count(self) -> int:
        """How many there are."""
        return len(self._pages)

    @property
    def _steps(self) -> list[str]:
        return self._pages[self._at].steps

    def turn_to(self, number: int) -> None:
        """Draw on this page, inside the same elements; the first is 0, and the one after the last is made."""
        if number == len(self._pages):
            self._pages.append(_Page())
        self._at = number

    @contextmanager
    def element(
        self,
        kind: str,
        *,
        alt: str | None = None,
        box: Box | None = None,
        language: str | None = None,
        scope: Scope | None = None,
    ) -> Iterator[None]:
        """Open an element inside the one that is open."""
        turned = None if box is None else self._turned(box)
        made = Element(kind, self._at, alt=alt, box=turned, language=language, scope=scope)
        self._open[-1].kids.append(made)
        self._open.append(made)
        yield
        self._open.pop()

    @contextmanager
    def content(self) -> Iterator[None]:
        """Mark what is drawn meanwhile as content of the open element."""
        element, page = self._open[-1], self._pages[self._at]
        page.steps.append(f"/{element.kind} <</MCID {page.marked}>> BDC")
        element.kids.append(Mark(self._at, page.marked))
        page.marked += 1
        yield
        self._steps.append("EMC")

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """Mark what is drawn meanwhile as an artifact, which is not read aloud."""
        self._steps.append("/Artifact BMC")
        yield
        self._steps.append("EMC")

    def rectangle(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill a rectangle whose upper left corner is at this place."""
        self._steps.append(f"{_colour(colour)} rg {x:.3f} {A4[1] - y - height:.3f} {width:.3f} {height:.3f} re f")

    def squares(self, places: list[tuple[float, float, float]], side: float, colour: Colour) -> None:
        """Fill rows of a code at once: each place is x, y and a width; in one path no seam shows between them."""
        rows = " ".join(f"{x:.3f} {A4[1] - y - side:.3f} {width:.3f} {side:.3f} re" for x, y, width in places)
        self._steps.append(f"{_colour(colour)} rg {rows} f")

    def text(self, x: float, baseline: float, style: Style, text: str) -> None:
        """Write one line."""
        self._show_text(x, baseline, style, text, f"{_colour(style.colour)} rg 0 Tr 100 Tz")

    def invisible_text(self, x: float, baseline: float, style: Style, text: str, *, width: float) -> None:
        """Put one line of invisible text (mode 3), stretched to `width`, over drawn letters: to select and copy."""
        stretch = 100 * width / style.face.width(text, style.size)
        self._show_text(x, baseline, style, text, f"3 Tr {stretch:.4f} Tz")

    def shapes(self, letters: list[tuple[str, float]], baseline: float, style: Style) -> None:
        """Draw letters as filled paths, each at its own x."""
        name, scale = style.face.name, f"{style.size / UNITS:.6f}"
        for letter, x in letters:
            place = f"{scale} 0 0 {scale} {x:.3f} {A4[1] - baseline:.3f} cm"
            self._steps.append(f"q {_colour(style.colour)} rg {place} {outline(name, letter)} f Q")

    def _show_text(self, x: float, baseline: float, style: Style, text: str, state: str) -> None:
        """Emit one text object; `state` holds the operators that come before its font."""
        glyphs = style.face.glyphs(text)
        _face, used = self._used.setdefault(style.face.name, (style.face, {}))
        used.update(zip(glyphs, text, strict=True))
        shown = "".join(f"{glyph:04X}" for glyph in glyphs)
        font = f"/{style.face.name} {style.size:.3f} Tf"
        self._steps.append(f"BT {state} {font} {x:.3f} {A4[1] - baseline:.3f} Td <{shown}> Tj ET")

    def _turned(self, box: Box) -> Box:
        x, y, width, height = box
        return (x, A4[1] - y - height, x + width, A4[1] - y)

    def finished(self) -> bytes:
        """Return the whole document."""
        objects = _Objects()
        catalog, tree_of_pages = objects.reserve(), objects.reserve()
        pages = [objects.reserve() for _ in self._pages]
        contents = [objects.add_stream("", "\n".join(page.steps).encode("ascii")) for page in self._pages]
        fonts = {name: _add_font(objects, face, used) for name, (face, used) in sorted(self._used.items())}
        resources = " ".join(f"/{name} {number} 0 R" for name, number in fonts.items())
        tree = _Tree(objects, pages).add(self.root)
        metadata = objects.add_stream("/Type /Metadata /Subtype /XML", _xmp(self.title, self.language))
        objects.set(
            catalog,
            f"<</Type /Catalog /Pages {tree_of_pages} 0 R /Lang {_text(self.language)} /MarkInfo <</Marked true>> "
            f"/StructTreeRoot {tree} 0 R /ViewerPreferences <</DisplayDocTitle true>> /Metadata {metadata} 0 R>>",
        )
        kids = " ".join(f"{page} 0 R" for page in pages)
        objects.set(tree_of_pages, f"<</Type /Pages /Kids [{kids}] /Count {len(pages)}>>")
        for number, (page, content) in enumerate(zip(pages, contents, strict=True)):
            objects.set(
                page,
                f"<</Type /Page /Parent {tree_of_pages} 0 R /MediaBox [0 0 {A4[0]} {A4[1]}] /Contents {content} 0 R "
                f"/StructParents {number} /Tabs /S /Resources <</Font <<{resources}>>>>>>",
            )
        info = objects.add(f"<</Title {_text(self.title)}>>")
        return objects.written(f"/Root {catalog} 0 R /Info {info} 0 R")


class _Objects:
    """The numbered objects of the file."""

    def __init__(self) -> None:
        self._all: list[bytes] = []

    def reserve(self) -> int:
        self._all.append(b"")
        return len(self._all)

    def set(self, number: int, body: str) -> None:
        self._all[number - 1] = body.encode("ascii")

    def add(self, body: str) -> int:
        number = self.reserve()
        self.set(number, body)
        return number

    def add_stream(self, keys: str, content: bytes) -> int:
        number = self.reserve()
        head = f"<<{keys} /Length {len(content)}>>\nstream\n".encode("ascii")
        self._all[number - 1] = head + content + b"\nendstream"
        return number

    def written(self, trailer: str) -> bytes:
        file = bytearray(b"%PDF-1.7\n%\xe5\xe4\xf6\xa7\n")
        places = []
        for number, body in enumerate(self._all, start=1):
            places.append(len(file))
            file += b"%d 0 obj\n%b\nendobj\n" % (number, body)
        table = len(file)
        rows = "".join(f"{place:010} 00000 n \n" for place in places)
        size = len(places) + 1
        file += f"xref\n0 {size}\n0000000000 65535 f \n{rows}".encode("ascii")
        file += f"trailer\n<</Size {size} {trailer}>>\nstartxref\n{table}\n%%EOF\n".encode("ascii")
        return bytes(file)


class _Tree:
    """Writes the structure tree, and the way back from each piece of content to its element."""

    def __init__(self, objects: _Objects, pages: list[int]) -> None:
        self._objects = objects
        self._pages = pages
        self._owners: list[dict[int, int]] = [{} for _ in pages]

    def add(self, root: Element) -> int:
        tree = self._objects.reserve()
        top = self._add_element(root, tree)
        rows = []
        for number, owners in enumerate(self._owners):
            rows.append(f"{number} [{' '.join(f'{owner} 0 R' for _mark, owner in sorted(owners.items()))}]")
        parents = self._objects.add(f"<</Nums [{' '.join(rows)}]>>")
        keys = f"/K {top} 0 R /ParentTree {parents} 0 R /ParentTreeNextKey {len(rows)}"
        self._objects.set(tree, f"<</Type /StructTreeRoot {keys}>>")
        return tree

    def _add_element(self, element: Element, parent: int) -> int:
        number = self._objects.reserve()
        kids = []
        for kid in element.kids:
            if isinstance(kid, Mark):
                self._owners[kid.page][kid.number] = number
                on_its_page = kid.page == element.page
                other = f"<</Type /MCR /Pg {self._pages[kid.page]} 0 R /MCID {kid.number}>>"
                kids.append(str(kid.number) if on_its_page else other)
            else:
                kids.append(f"{self._add_element(kid, number)} 0 R")
        keys = f"/S /{element.kind} /P {parent} 0 R /Pg {self._pages[element.page]} 0 R /K [{' '.join(kids)}]"
        if element.alt is not None:
            keys += f" /Alt {_text(element.alt)}"
        if element.box is not None:
            keys += f" /A <</O /Layout /Placement /Block /BBox [{' '.join(f'{one:.3f}' for one in element.box)}]>>"
        if element.language is not None:
            keys += f" /Lang {_text(element.language)}"
        if element.scope is not None:
            keys += f" /A <</O /Table /Scope /{element.scope}>>"
        self._objects.set(number, f"<</Type /StructElem {keys}>>")
        return number


def _add_font(objects: _Objects, face: Face, used: dict[int, str]) -> int:
    program = objects.add_stream(f"/Length1 {len(face.content)}", face.content)
    box = " ".join(str(one) for one in face.box)
    descriptor = objects.add(
        f"<</Type /FontDescriptor /FontName /{face.name} /Flags 32 /FontBBox [{box}] /ItalicAngle 0 "
        f"/Ascent {face.ascent} /Descent {face.descent} /CapHeight {face.cap_height} /StemV 90 "
        f"/FontFile2 {program} 0 R>>"
    )
    widths = " ".join(f"{glyph} [{face.widths[glyph]}]" for glyph in sorted(used))
    descendant = objects.add(
        f"<</Type /Font /Subtype /CIDFontType2 /BaseFont /{face.name} /CIDToGIDMap /Identity /DW 1000 /W [{widths}] "
        f"/CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /FontDescriptor {descriptor} 0 R>>"
    )
    to_unicode = objects.add_stream("", _to_unicode(used))
    return objects.add(
        f"<</Type /Font /Subtype /Type0 /BaseFont /{face.name} /Encoding /Identity-H "
        f"/DescendantFonts [{descendant} 0 R] /ToUnicode {to_unicode} 0 R>>"
    )


def _to_unicode(used: dict[int, str]) -> bytes:
    """Return the ToUnicode map from glyphs to letters; at most a hundred stand in one block of it."""
    pairs = [f"<{glyph:04X}> <{letter.encode('utf-16-be').hex().upper()}>" for glyph, letter in sorted(used.items())]
    blocks = [pairs[start : start + 100] for start in range(0, len(pairs), 100)]
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
        *(line for block in blocks for line in (f"{len(block)} beginbfchar", *block, "endbfchar")),
        "endcmap CMapName currentdict /CMap defineresource pop end end",
    ]
    return "\n".join(lines).encode("ascii")


def _xmp(title: str, language: str) -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>'
        f"<dc:language><rdf:Bag><rdf:li>{escape(language)}</rdf:li></rdf:Bag></dc:language>"
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="r"?>'
    ).encode()


def _text(text: str) -> str:
    """Return a text string: UTF-16 with its byte order mark, in hexadecimal."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


def _colour(colour: Colour) -> str:
    return " ".join(f"{part:.3f}" for part in colour)
