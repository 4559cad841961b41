"""Documents with one font each, and the way of putting what `SourceFont` builds in its place.

Nothing of the scrubbers' own way through a document is used: the page's contents stay as they are, so that what differs
is the font alone.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import pypdf
import pypdfium2
from PIL import Image, ImageChops
from pypdf.generic import ContentStream, DictionaryObject

from scrubbers.jailed.pdf.fonts.rebuild import SourceFont
from scrubbers.jailed.pdf.syntax.writer import Name, Node, Stream, Value, Writer

SIZE = (300, 120)
_SCALE = 3


@dataclass
class Shown:
    """What PDFium makes of a page."""

    picture: Image.Image
    text: str


def one_page(font: Value, contents: bytes) -> bytes:
    """A document of one page with the font as /F0."""
    pages = Node()
    page = Node({
        b"Type": Name(b"Page"),
        b"Parent": pages,
        b"MediaBox": [0, 0, *SIZE],
        b"Resources": {b"Font": {b"F0": Node(font)}},
        b"Contents": Node(Stream({}, contents)),
    })  # fmt: skip
    pages.value = {b"Type": Name(b"Pages"), b"Count": 1, b"Kids": [page]}
    output = io.BytesIO()
    Writer(output).finish(Node({b"Type": Name(b"Catalog"), b"Pages": pages}))
    return output.getvalue()


def shown(document: bytes, scale: int = _SCALE) -> Shown:
    """The first page, drawn and read."""
    opened = pypdfium2.PdfDocument(document)
    try:
        page = opened[0]
        picture = page.render(scale=scale).to_pil().convert("L")
        text = page.get_textpage().get_text_range()
    finally:
        opened.close()
    return Shown(picture, text)


def worst_difference(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of any pixel; a page without ink differs from everything."""
    assert one.getextrema()[0] < 128, "nothing is drawn"
    return int(ImageChops.difference(one, other).getextrema()[1])


def rebuilt(document: bytes) -> tuple[bytes, SourceFont, list[bytes]]:
    """The first page with the font that it shows last rebuilt; the font; the codes that are shown."""
    reader = pypdf.PdfReader(io.BytesIO(document), strict=False)
    page = reader.pages[0]
    contents = page["/Contents"].get_object()
    key, shown_strings = "", []
    for operands, operator in ContentStream(contents, reader).operations:
        if operator == b"Tf" and operands[0] != key:
            key, shown_strings = operands[0], []
        elif operator in {b"Tj", b"'"}:
            shown_strings.append(_bytes(operands[0]))
        elif operator == b"TJ":
            shown_strings += [_bytes(item) for item in operands[0] if not isinstance(item, int | float)]
    fonts = page["/Resources"].get_object()["/Font"].get_object()
    source = SourceFont(fonts[key].get_object(), 0)
    used = [code for each in shown_strings for code in source.codes(each)]
    return one_page(source.build(used), contents.get_data().replace(key.encode() + b" ", b"/F0 ")), source, used


def font_of(document: bytes, number: int = 0) -> DictionaryObject:
    """A font of the first page."""
    reader = pypdf.PdfReader(io.BytesIO(document), strict=False)
    fonts = reader.pages[0]["/Resources"].get_object()["/Font"].get_object()
    found = list(fonts.values())[number].get_object()
    assert isinstance(found, DictionaryObject)
    return found


def _bytes(item: object) -> bytes:
    return bytes(getattr(item, "original_bytes", item))
