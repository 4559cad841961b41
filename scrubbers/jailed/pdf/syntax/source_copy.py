"""A document of one page that holds one thing of the source, for PDFium to draw. It never leaves the job's memory.

Here, and only here, objects of the source are copied as they are: their stored bytes, filters and colour spaces, with
everything they refer to, within bounds.
"""

import re
from typing import Final

import pypdfium2
import pypdfium2.raw
from PIL import Image
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    FloatObject,
    IndirectObject,
    NameObject,
    NumberObject,
    StreamObject,
)

from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_MOST_OBJECTS: Final = 200  # that one thing refers to
_MOST_ITEMS: Final = 100_000  # values of one thing: as many as an array may have
_DEEPEST: Final = 12  # dictionaries and arrays in each other
_LONG: Final = {
    "/W": "/Width", "/H": "/Height", "/CS": "/ColorSpace", "/BPC": "/BitsPerComponent", "/D": "/Decode",
    "/DP": "/DecodeParms", "/F": "/Filter", "/IM": "/ImageMask",
}  # fmt: skip
# What a picture's pixels depend on; everything else it carries stays behind.
_KEYS: Final = {*_LONG, *_LONG.values(), "/Mask", "/SMask", "/SMaskInData", "/Matte"}
_LONG_NAMES: Final = {
    "/G": "/DeviceGray", "/RGB": "/DeviceRGB", "/CMYK": "/DeviceCMYK", "/I": "/Indexed", "/AHx": "/ASCIIHexDecode",
    "/A85": "/ASCII85Decode", "/LZW": "/LZWDecode", "/Fl": "/FlateDecode", "/RL": "/RunLengthDecode",
    "/CCF": "/CCITTFaxDecode", "/DCT": "/DCTDecode",
}  # fmt: skip
_LETTERS: Final = (
    b"<</Font<</F<</Type/Font/Subtype/Type0/BaseFont/F/Encoding/Identity-H/DescendantFonts[<</Type/Font"
    b"/Subtype/CIDFontType2/BaseFont/F/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 0"
    b"/CIDToGIDMap/Identity/FontDescriptor<</Type/FontDescriptor/FontName/F/Flags 4/FontFile2 5 0 R>>>>]>>>>>>"
)
_ODD: Final = re.compile(rb"[^A-Za-z0-9+\-_.]")


def document_of(source: StreamObject, size: tuple[int, int], resources: DictionaryObject) -> bytes:
    """Return a PDF whose page is this picture, a point for each pixel; raises NotRebuildable."""
    copier = _Copier(resources)
    picture = b"<</XObject<</I %d 0 R>>>>" % copier.stream(source, 0)
    return copier.document(b"q %d 0 0 %d 0 0 cm /I Do Q" % size, picture, size)


def document_drawing(contents: bytes, resources: DictionaryObject, size: tuple[int, int]) -> bytes:
    """Return a PDF whose page has these contents and a copy of these resources; raises NotRebuildable."""
    copier = _Copier(None)
    return copier.document(contents, copier.value(resources, 0), size)


def document_of_font(font: DictionaryObject, code_bytes: int) -> bytes:
    """Return a PDF with a page for each 256 codes of a font, which shows the first of them. Raises NotRebuildable.

    The font has another text map, for PDFium tells of letters, not codes: the codes of each page are U+E000 to U+E0FF.
    """
    return _Copier(None).font(font, code_bytes)


def document_of_letters(program: bytes, contents: bytes, size: tuple[int, int]) -> bytes:
    """Return a PDF whose page has these contents; its font F is this program (TrueType), by the numbers of glyphs."""
    copier = _Copier(None)
    copier.bodies.append(b"<</Length %d>>\nstream\n%s\nendstream" % (len(program), program))
    return copier.document(contents, _LETTERS, size)


def drawn_on_nothing(document: bytes) -> Image.Image:
    """Its page as PDFium draws it, a pixel for each point ("RGBA"); raises NotRebuildable."""
    try:
        opened = pypdfium2.PdfDocument(document)
        page = opened[0]
        bitmap = page.render(
            scale=1, fill_color=(0, 0, 0, 0), force_bitmap_format=pypdfium2.raw.FPDFBitmap_BGRA, rev_byteorder=True
        )
    except pypdfium2.PdfiumError:
        raise NotRebuildable from None
    drawn: Image.Image = bitmap.to_pil().copy()
    bitmap.close()
    page.close()
    opened.close()
    return drawn


class _Copier:
    def __init__(self, resources: DictionaryObject | None) -> None:
        """`resources`: of a page with a picture, whose names may be short or stand for a colour space."""
        self._resources = resources
        self.bodies: list[bytes | None] = [None] * 4
        self._numbers: dict[object, int] = {}
        self._items = 0

    def document(self, contents: bytes, resources: bytes, size: tuple[int, int]) -> bytes:
        self.bodies[:4] = [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d %d]/Resources%s/Contents 4 0 R>>" % (*size, resources),
            b"<</Length %d>>\nstream\n%s\nendstream" % (len(contents), contents),
        ]
        return self._file()

    def font(self, source: DictionaryObject, code_bytes: int) -> bytes:
        said = {}
        for key in source:
            if key != "/ToUnicode":
                said[key] = self.value(source.raw_get(key), 1)
                if key == "/DescendantFonts":
                    self.bodies.append(said[key])
                    said[key] = b"%d 0 R" % len(self.bodies)
        highs = [b""] if code_bytes == 1 else [b"%02x" % block for block in range(256)]
        entries = b"".join(_name(key) + b" " + value for key, value in said.items())
        kids = [self._font_page(entries, high) for high in highs]
        contents = b"BT /F 9 Tf <%s> Tj ET" % (b"00" * code_bytes)
        self.bodies[:4] = [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/MediaBox[0 0 99 99]/Count %d/Kids[%s]>>" % (len(kids), b" ".join(kids)),
            None,
            b"<</Length %d>>stream\n%s\nendstream" % (len(contents), contents),
        ]
        return self._file()

    def _font_page(self, entries: bytes, high: bytes) -> bytes:
        """Add a page for the codes that begin with `high`, in hexadecimal digits; returns the reference to it."""
        # Of a letter that is in no map PDFium takes the code for zero, which is right for zero alone.
        first = 0 if high.strip(b"0") else 1
        text_map = b"1 beginbfrange <%s%02x> <%sff> <e0%02x> endbfrange" % (high, first, high, first)
        last = len(self.bodies)
        self.bodies += [
            b"<</Length %d>>stream\n%s\nendstream" % (len(text_map), text_map),
            b"<<%s/ToUnicode %d 0 R>>" % (entries, last + 1),
            b"<</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources<</Font<</F %d 0 R>>>>>>" % (last + 2),
        ]
        return b"%d 0 R" % (last + 3)

    def _file(self) -> bytes:
        parts = [b"%PDF-1.7\n"]
        position, offsets = len(parts[0]), []
        for number, body in enumerate(self.bodies, 1):
            offsets.append(position)
            part = b"%d 0 obj\n%s\nendobj\n" % (number, body or b"null")
            parts.append(part)
            position += len(part)
        parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1))
        parts += [b"%010d 00000 n \n" % offset for offset in offsets]
        parts.append(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(offsets) + 1, position))
        return b"".join(parts)

    def stream(self, source: StreamObject, depth: int) -> int:
        """Return the number of a stream, copied once."""
        key = access.key_of(source)
        if key in self._numbers:
            return self._numbers[key]
        if len(self.bodies) >= _MOST_OBJECTS:
            raise NotRebuildable
        self.bodies.append(None)
        number = self._numbers[key] = len(self.bodies)
        is_picture = "/Width" in source or "/W" in source
        said = [b"/Type/XObject/Subtype/Image"] if is_picture else []
        for entry in source:
            if entry == "/Length" or (is_picture and entry not in _KEYS):
                continue
            value = self.value(source.raw_get(entry), depth + 1)
            said.append(_name(_LONG.get(entry, entry) if is_picture else entry) + b" " + value)
        data = source._data  # noqa: SLF001  the bytes as they are stored
        self.bodies[number - 1] = b"<<%s/Length %d>>\nstream\n%s\nendstream" % (b"".join(said), len(data), data)
        return number

    def value(self, untrusted: object, depth: int) -> bytes:  # noqa: PLR0911  one for each sort of value
        """Return a value as it is written, with all that it refers to."""
        self._items += 1
        if depth > _DEEPEST or self._items > _MOST_ITEMS:
            raise NotRebuildable
        found = access.resolved(untrusted) if isinstance(untrusted, IndirectObject) else untrusted
        match found:
            case StreamObject():
                return b"%d 0 R" % self.stream(found, depth)
            case DictionaryObject():
                said = (_name(key) + b" " + self.value(found.raw_get(key), depth + 1) for key in found)
                return b"<<%s>>" % b"".join(said)
            case ArrayObject():
                return b"[%s]" % b" ".join(self.value(item, depth + 1) for item in list.__iter__(found))
            case NameObject():
                return self._named(str(found), depth)
            case NumberObject() | FloatObject():
                return access.number(found).__repr__().encode()
            case BooleanObject():
                return b"true" if found.value else b"false"
            case None:
                return b"null"
            case _:
                text = getattr(found, "original_bytes", found)
                return b"<%s>" % bytes(text).hex().encode() if isinstance(text, bytes) else b"null"

    def _named(self, name: str, depth: int) -> bytes:
        """Return a name, or the colour space of the page that it stands for."""
        if self._resources is None:
            return _name(name)
        spaces = access.dictionary_in(self._resources, "/ColorSpace")
        if name in spaces and not name.startswith("/Device"):
            return self.value(spaces.raw_get(name), depth + 1)
        return _name(_LONG_NAMES.get(name, name))


def _name(name: str) -> bytes:
    return b"/" + _ODD.sub(lambda odd: b"#%02x" % odd[0][0], name[1:].encode("latin-1", "replace"))
