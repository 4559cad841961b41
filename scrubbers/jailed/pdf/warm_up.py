"""Small documents of our own with a little of everything, so that all of it is in memory before the locks go on."""

import io

from PIL import Image

from scrubbers.jailed.pdf.fonts.document_font import DocumentFont
from scrubbers.jailed.pdf.fonts.glyph import Glyph
from scrubbers.jailed.pdf.fonts.outline import CURVE, LINE, MOVE
from scrubbers.jailed.pdf.syntax.writer import Name, Node, Stream, Value, Writer

# Flags of fonts: no symbols, with serifs.
_SANS, _SERIF = 32, 34


def small_document() -> bytes:
    """Two pages: one with text, a form, pictures and states; one that can only become pixels."""
    parent = Node()
    square = Glyph(0, 700, ((MOVE, 0, 0), (LINE, 0, 600), (CURVE, 200, 600, 600, 400, 600, 0)))
    square.text = "A"
    font = Node()
    document_font = DocumentFont(font)
    shown = document_font.shown(square.alone).hex().encode()
    document_font.build()
    text = b"BT /F0 12 Tf 10 60 Td <%s> Tj 0 -20 Td [<%s> -300 <%s>] TJ ET\n" % (shown, shown, shown)
    form = Node(Stream({b"Type": Name(b"XObject"), b"Subtype": Name(b"Form"), b"BBox": [0, 0, 90, 90],
                        b"Resources": {b"Font": {b"F0": font}}}, text))  # fmt: skip
    resources: dict[bytes, Value] = {
        b"Font": {b"F0": font},
        b"XObject": {b"X0": form, b"X1": _photograph(), b"X2": _drawing()},
        b"ExtGState": {b"G0": Node({b"Type": Name(b"ExtGState"), b"ca": 0.5})},
    }
    drawn = (
        text + b"0 0 20 20 re W n q 1 0 0 rg 5 5 30 20 re f Q /X0 Do q 20 0 0 20 40 5 cm /X1 Do Q\n"
        b"q /G0 gs 20 0 0 20 65 5 cm /X2 Do Q BT /F0 12 Tf 3 Tr 10 80 Td <0001> Tj ET\n"
    )
    # A note without a look of its own has PDFium write the document again.
    note: dict[bytes, Value] = {b"Type": Name(b"Annot"), b"Subtype": Name(b"Square"), b"Rect": [0, 0, 9, 9]}
    pages = [_page(parent, drawn, resources, note), _page(parent, text + b"BT 4 Tr ET\n", resources)]
    return _written(parent, pages)


def document_without_fonts() -> bytes:
    """Return a page of text in fonts that are not in the document: PDFium draws them with those it carries.

    The first such page of a process comes out bolder than the next: so it is drawn in every fork, before its work.
    """
    parent = Node()
    fonts: dict[bytes, Value] = {}
    for number, flags in enumerate((_SANS, _SERIF)):
        name = Name(b"F%d" % number)
        numbers = {b"Flags": flags, b"Ascent": 800, b"Descent": -200, b"ItalicAngle": 0, b"StemV": 80}
        descriptor = Node({b"Type": Name(b"FontDescriptor"), b"FontName": name, **numbers})
        fonts[name] = Node({
            b"Type": Name(b"Font"), b"Subtype": Name(b"TrueType"), b"BaseFont": name, b"FirstChar": 65,
            b"LastChar": 66, b"Widths": [700, 700], b"FontDescriptor": descriptor,
            b"Encoding": Name(b"WinAnsiEncoding"),
        })  # fmt: skip
    fonts[b"F2"] = Node({b"Type": Name(b"Font"), b"Subtype": Name(b"Type1"), b"BaseFont": Name(b"Helvetica")})
    drawn = b"BT /F0 12 Tf 10 80 Td (AB) Tj /F1 12 Tf (AB) Tj /F2 12 Tf (AB) Tj ET\n"
    return _written(parent, [_page(parent, drawn, {b"Font": fonts})])


def _written(parent: Node, pages: list[Node]) -> bytes:
    parent.value = {b"Type": Name(b"Pages"), b"Count": len(pages), b"Kids": pages}
    made = io.BytesIO()
    Writer(made).finish(Node({b"Type": Name(b"Catalog"), b"Pages": parent}))
    return made.getvalue()


def _page(parent: Node, drawn: bytes, resources: Value, *notes: Value) -> Node:
    entries: dict[bytes, Value] = {b"Type": Name(b"Page"), b"Parent": parent, b"MediaBox": [0, 0, 100, 100]}
    entries |= {b"Annots": list(notes)} if notes else {}
    return Node({**entries, b"Resources": resources, b"Contents": Node(Stream({}, drawn))})


def _photograph() -> Node:
    encoded = io.BytesIO()
    Image.new("RGB", (32, 24), (90, 120, 150)).save(encoded, "JPEG")
    return Node(Stream({**_picture(b"DeviceRGB"), b"Filter": Name(b"DCTDecode")}, encoded.getvalue()))


def _drawing() -> Node:
    mask = Node(Stream(_picture(b"DeviceGray"), bytes(range(0, 256, 8)) * 24))
    return Node(Stream({**_picture(b"DeviceRGB"), b"SMask": mask}, bytes(range(96)) * 24))


def _picture(space: bytes) -> dict[bytes, Value]:
    return {
        b"Type": Name(b"XObject"), b"Subtype": Name(b"Image"), b"Width": 32, b"Height": 24,
        b"ColorSpace": Name(space), b"BitsPerComponent": 8,
    }  # fmt: skip
