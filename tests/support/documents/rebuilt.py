"""A rebuilt document with one of each thing that may stand in it, said with the writer's objects. A script to be read."""

from __future__ import annotations

import io
import mmap
import tempfile
from dataclasses import dataclass, field

from PIL import Image

from scrubbers.jailed.pdf.fonts import cmap
from scrubbers.jailed.pdf.fonts.programs import write_truetype
from scrubbers.jailed.pdf.fonts.programs.glyf import Glyph
from scrubbers.jailed.pdf.fonts.programs.outline import Outline
from scrubbers.jailed.pdf.fonts.programs.write_cff import cid_program, named_program
from scrubbers.jailed.pdf.syntax.writer import Hex, Name, Node, Stream, Writer
from scrubbers.jailed.pictures import scrub
from scrubbers.jailed.verify.pdf.file import require_rebuilt

CONTENTS = rb"""q
0.5 w
[3 1.5] 0 d
1 0 0 1 10 20.25 cm
0 0 m
100 0 l
100 50 100 60 0 60 c
h
W
n
/G0 gs
0.2 0.4 0.6 rg
10 10 50 25 re
f
Q
q
100 0 0 80 0 0 cm
/X0 Do
Q
/X1 Do
/X2 Do
0.75 0 0 rg
0 0 30 30 re
B*
BT
/F0 12 Tf
1 Tr
72 700 Td
(He\(llo\\) Tj
[(H) -120.5 (o)] TJ
ET
"""
BOX = [0, 0, 100, 100.5]


def picture_node(pixels: Image.Image, *, bits: int = 8, mask: Node | None = None, lossy: bool = False) -> Node:
    """A picture as the new document has it."""
    data, entries = pixels.tobytes(), {}
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
                b"BitsPerComponent": 1, b"Decode": [0, 1], b"Interpolate": True,
            },
            b"\xa5\x80" * 3,
        )
    )  # fmt: skip


def form_node(contents: bytes = b"0 0 9 9 re\nf\n", **entries: object) -> Node:
    named = {key.encode(): value for key, value in entries.items()}
    return Node(Stream({b"Type": Name(b"XObject"), b"Subtype": Name(b"Form"), b"BBox": BOX, **named}, contents))


# Fonts. The contents show H e ( l o \\ and so do these.

SHOWN = {ord(letter): letter for letter in "He(lo\\"}
MATRIX = (0.001, 0, 0, 0.001, 0, 0)


def outline() -> Outline:
    drawn = Outline(500)
    drawn.move(10, 20)
    drawn.line(300.5, -400)
    drawn.curve((1, 2), (3, 4), (1200, 5))
    return drawn


def glyph(size: int) -> Glyph:
    return Glyph([2], [0, size, 0], [0, 0, -size], [True, True, False], 500)


def descriptor_node(key: bytes | None, program: Node | None, flags: int = 4) -> Node:
    named = {key: program} if key is not None else {}
    return Node({b"Type": Name(b"FontDescriptor"), b"FontName": Name(b"F7"), b"Flags": flags, b"Ascent": 700, **named})


def texts_node(texts: dict[bytes, str]) -> Node:
    return Node(Stream({}, cmap.to_unicode(texts)))


def widths() -> dict[bytes, object]:
    first, last = min(SHOWN), max(SHOWN)
    said = [500 if code in SHOWN else 0 for code in range(first, last + 1)]
    return {b"FirstChar": first, b"LastChar": last, b"Widths": said}


def truetype_font() -> dict[bytes, object]:
    codes = {code: place for place, code in enumerate(sorted(SHOWN), 1)}
    glyphs = [Glyph(), *(glyph(100 * place) for place in codes.values())]
    program = write_truetype.program(glyphs, 1000, 0, codes)
    return {
        b"Type": Name(b"Font"), b"Subtype": Name(b"TrueType"), b"BaseFont": Name(b"F7"), **widths(),
        b"FontDescriptor": descriptor_node(b"FontFile2", Node(Stream({b"Length1": len(program)}, program))),
        b"ToUnicode": texts_node({bytes((code,)): text for code, text in SHOWN.items()}),
    }  # fmt: skip


def type1_font() -> dict[bytes, object]:
    program = named_program([(f"g{place}", outline()) for place in range(1, len(SHOWN) + 1)], MATRIX, None)
    names: list[object] = []
    for place, code in enumerate(sorted(SHOWN), 1):
        names += [code, Name(b"g%d" % place)]
    return {
        b"Type": Name(b"Font"), b"Subtype": Name(b"Type1"), b"BaseFont": Name(b"F7"), **widths(),
        b"FontDescriptor": descriptor_node(b"FontFile3", Node(Stream({b"Subtype": Name(b"Type1C")}, program))),
        b"Encoding": {b"Type": Name(b"Encoding"), b"Differences": names},
    }  # fmt: skip


def standard_font() -> dict[bytes, object]:
    return {
        b"Type": Name(b"Font"), b"Subtype": Name(b"Type1"), b"BaseFont": Name(b"Helvetica"),
        b"Encoding": {
            b"Type": Name(b"Encoding"), b"BaseEncoding": Name(b"WinAnsiEncoding"),
            b"Differences": [ord("H"), Name(b"germandbls"), ord("o"), Name(b"afii10017")],
        },
    }  # fmt: skip


# Codes of two bytes, which are their CIDs.
CIDS = tuple(int.from_bytes(code, "big") for code in (b"He", b"lo"))


def cid_font(sort: str) -> dict[bytes, object]:
    """ "truetype", "cff", or "neither" for one that is not in the document."""
    entries: dict[bytes, object] = {}
    if sort == "truetype":
        program = write_truetype.program([Glyph(), glyph(100), glyph(200)], 1000, 0, None)
        described = descriptor_node(b"FontFile2", Node(Stream({b"Length1": len(program)}, program)))
        places = bytearray(2 * max(CIDS) + 2)
        for place, cid in enumerate(CIDS, 1):
            places[2 * cid + 1] = place
        entries = {b"CIDToGIDMap": Node(Stream({}, bytes(places)))}
    elif sort == "cff":
        program = cid_program([(cid, outline()) for cid in CIDS], MATRIX, None)
        described = descriptor_node(b"FontFile3", Node(Stream({b"Subtype": Name(b"CIDFontType0C")}, program)))
    else:
        described = descriptor_node(None, None, 32)
        entries = {b"CIDToGIDMap": Name(b"Identity")}
    descendant = {
        b"Type": Name(b"Font"), b"Subtype": Name(b"CIDFontType0" if sort == "cff" else b"CIDFontType2"),
        b"BaseFont": Name(b"F7"),
        b"CIDSystemInfo": {b"Registry": Hex(b"Adobe"), b"Ordering": Hex(b"Identity"), b"Supplement": 0},
        b"FontDescriptor": described, b"DW": 1000, b"W": [CIDS[0], [500]], **entries,
    }  # fmt: skip
    return {
        b"Type": Name(b"Font"), b"Subtype": Name(b"Type0"), b"BaseFont": Name(b"F7"), b"Encoding": Name(b"Identity-H"),
        b"DescendantFonts": [Node(descendant)], b"ToUnicode": texts_node({b"He": "fi", b"lo": "\u00e5"}),
    }  # fmt: skip


def encoding_node(cids: dict[bytes, int], spaces: list[tuple[bytes, bytes]]) -> Node:
    entries = {b"Type": Name(b"CMap"), b"CMapName": Name(b"K"), b"WMode": 0}
    return Node(Stream(entries, cmap.to_cids(cids, spaces, vertical=False)))


@dataclass
class Rebuilt:
    """The parts, each of which a test may change before it asks for the file."""

    contents: Node = field(default_factory=lambda: Node(Stream({}, CONTENTS)))
    picture: Node = field(default_factory=lambda: picture_node(Image.new("RGB", (10, 7), (9, 8, 7))))
    mask: Node = field(default_factory=lambda: picture_node(Image.new("L", (5, 5), 9)))
    stencil: Node = field(default_factory=stencil_node)
    photograph: Node = field(default_factory=lambda: picture_node(Image.radial_gradient("L"), lossy=True))
    font: Node = field(default_factory=lambda: Node(standard_font(), late=True))

    def __post_init__(self) -> None:
        self.picture.value.entries = {**self.picture.value.entries, b"SMask": self.mask}
        self.form = form_node(
            b"q\n9 0 0 9 0 0 cm\n/X0 Do\nQ\n/X1 Do\n",
            Matrix=[1, 0, 0, -1, 0, 0],
            Resources={b"XObject": {b"X0": self.stencil, b"X1": self.photograph}},
        )
        self.group = {b"S": Name(b"Transparency"), b"CS": Name(b"DeviceRGB"), b"I": True}
        self.state = Node({b"Type": Name(b"ExtGState"), b"CA": 1, b"ca": 0.5})
        self.small = form_node(Group=self.group)
        self.resources = {
            b"Font": {b"F0": self.font},
            b"XObject": {b"X0": self.picture, b"X1": self.form, b"X2": self.small},
            b"ExtGState": {b"G0": self.state},
        }
        self.pages = Node()
        self.page = Node({
            b"Type": Name(b"Page"), b"Parent": self.pages, b"MediaBox": [0, 0, 595.28, 842], b"Rotate": 90,
            b"Group": self.group, b"Resources": self.resources, b"Contents": self.contents,
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

    @classmethod
    def with_cid_font(cls, entries: dict[bytes, object]) -> Rebuilt:
        """Shows He and lo."""
        made = cls.with_font(entries)
        made.say(rb"(He\(llo\\) Tj", b"(Helo) Tj")
        made.say(b"[(H) -120.5 (o)] TJ", b"[(He) -120.5 (lo)] TJ")
        return made


def read(content: bytes) -> None:
    """Reads the file as the second job does; raises Unaccounted, which names the rule."""
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as untrusted:
            require_rebuilt(untrusted)
