"""A rebuilt document with one of each thing that may stand in it, said with the writer's objects. A script to be read."""

from __future__ import annotations

import io
import mmap
import tempfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from PIL import Image

from scrubbers.jailed.pdf.fonts.document_font import DocumentFont, to_unicode
from scrubbers.jailed.pdf.fonts.glyph import Glyph
from scrubbers.jailed.pdf.fonts.outline import Outline
from scrubbers.jailed.pdf.syntax.writer import Name, Node, Stream, Writer, escaped
from scrubbers.jailed.pictures import scrub
from second_reader.pdf.file import require_rebuilt

# Each code, with brackets and line ends among them.
SHOWN = b"(%s) Tj" % escaped(b"".join(code.to_bytes(2, "big") for code in range(1, 42)))
CONTENTS = (
    b"""q
0 0 m
100 0 l
100 50 100 60 0 60 c
h
W
n
0.5 w
[3 1.5] 0 d
/G0 gs
0.2 0.4 0.6 rg
10 10 50 25 re
f
Q
q
100 0 0 80 0 0 cm
/X0 Do
Q
q
9 0 0 -9 0 9 cm
/X1 Do
Q
q
9 0 0 9 20 0 cm
/X2 Do
Q
0.75 0 0 rg
0 0 30 30 re
B*
BT
/F0 12 Tf
1 Tr
1 0 0 1 72 700 Tm
%s
[(\0\1) -120.5 (\0\5)] TJ
ET
"""
    % SHOWN
)


def picture_node(pixels: Image.Image, *, bits: int = 8, mask: Node | None = None, lossy: bool = False) -> Node:
    """A picture as the new document has it."""
    data, entries = zlib.compress(pixels.tobytes()), {b"Filter": Name(b"FlateDecode")}
    if lossy:
        encoded = io.BytesIO()
        pixels.save(encoded, "JPEG", **scrub.JPEG_SETTINGS)
        data, entries = encoded.getvalue(), {b"Filter": Name(b"DCTDecode")}
    space = Name(b"DeviceRGB" if pixels.mode == "RGB" else b"DeviceGray")
    return Node(
        Stream(
            {
                b"Type": Name(b"XObject"), b"Subtype": Name(b"Image"), b"Width": pixels.width, b"Height": pixels.height,
                b"ColorSpace": space, b"BitsPerComponent": bits, **({b"SMask": mask} if mask else {}), **entries,
            },
            data,
        )
    )  # fmt: skip


def stencil_node() -> Node:
    return Node(
        Stream(
            {
                b"Type": Name(b"XObject"), b"Subtype": Name(b"Image"), b"Width": 9, b"Height": 3, b"ImageMask": True,
                b"BitsPerComponent": 1, b"Decode": [0, 1], b"Filter": Name(b"FlateDecode"),
            },
            zlib.compress(b"\xa5\x80" * 3),
        )
    )  # fmt: skip


# The font. The contents show all of these letters, whose codes are their places, and two of them once more.

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
OUTLINE = ((21, 10, 20), (5, 300, -400), (8, 1, 2, 3, 4, 1200, 5))


def glyph(text: str, advance: int = 500, outline: Outline = OUTLINE) -> Glyph:
    made = Glyph(0, advance, outline)
    made.text = text
    return made


def font_of(glyphs: Iterable[Glyph]) -> dict[bytes, object]:
    """The font of a document that shows these glyphs."""
    node = Node()
    made = DocumentFont(node)
    for each in glyphs:
        made.shown(each.alone)
    made.build()
    return node.value


def letters_font() -> dict[bytes, object]:
    # No two of them look the same.
    return font_of(
        glyph(letter, 500 + 10 * place, ((21, 10 + place, 20), *OUTLINE[1:])) for place, letter in enumerate(LETTERS)
    )


def texts_node(texts: dict[bytes, str]) -> Node:
    return Node(Stream({}, to_unicode(texts)))


@dataclass
class Rebuilt:
    """The parts, each of which a test may change before it asks for the file."""

    contents: Node = field(default_factory=lambda: Node(Stream({}, CONTENTS)))
    picture: Node = field(default_factory=lambda: picture_node(Image.new("RGB", (10, 7), (9, 8, 7))))
    mask: Node = field(default_factory=lambda: picture_node(Image.new("L", (5, 5), 9)))
    stencil: Node = field(default_factory=stencil_node)
    photograph: Node = field(default_factory=lambda: picture_node(Image.radial_gradient("L"), lossy=True))
    font: Node = field(default_factory=lambda: Node(letters_font(), late=True))

    def __post_init__(self) -> None:
        self.picture.value.entries = {b"SMask": self.mask, **self.picture.value.entries}
        self.state = Node({b"Type": Name(b"ExtGState"), b"CA": 1, b"ca": 0.5})
        self.resources = {
            b"Font": {b"F0": self.font},
            b"XObject": {b"X0": self.picture, b"X1": self.stencil, b"X2": self.photograph},
            b"ExtGState": {b"G0": self.state},
        }
        self.pages = Node()
        self.page = Node({
            b"Type": Name(b"Page"), b"Parent": self.pages, b"MediaBox": [0, 0, 595.28, 842],
            b"Resources": self.resources, b"Contents": self.contents,
        })  # fmt: skip
        self.pages.value = {b"Type": Name(b"Pages"), b"Count": 1, b"Kids": [self.page]}
        self.catalog = Node({b"Type": Name(b"Catalog"), b"Pages": self.pages})

    def file(self) -> bytes:
        output = io.BytesIO()
        writer = Writer(output)
        writer.number_of(self.pages)
        writer.write(self.page)
        writer.write_at_last(self.pages)
        writer.finish(self.catalog)
        return output.getvalue()

    def say(self, before: bytes, after: bytes) -> None:
        """Changes the page's contents."""
        assert before in self.contents.value.data
        self.contents.value.data = self.contents.value.data.replace(before, after, 1)

    @classmethod
    def with_font(cls, entries: dict[bytes, object]) -> Rebuilt:
        return cls(font=Node(entries, late=True))


def streams_of(content: bytes) -> list[bytes]:
    """What the deflated streams of a clean copy hold, of which there are some: contents, fonts, texts, and pixels."""
    parts = (part for part in content.split(b"stream\n") if part[:1] == b"\x78")
    found = [zlib.decompressobj().decompress(part) for part in parts]
    assert found
    return found


def read(content: bytes) -> None:
    """Reads the file as the second job does; raises Unaccounted, which names the rule."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as untrusted:
            require_rebuilt(untrusted)
