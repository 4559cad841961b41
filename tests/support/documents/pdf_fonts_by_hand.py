"""Documents of a page with one font, what PDFium makes of them, and their clean copies."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass

import pypdfium2
from files.scrub_harness import same_look
from PIL import Image

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pdf.scrub import scrub_file
from scrubbers.jailed.pdf.syntax.writer import Name, Node, Stream, Value, Writer
from trusted.jail.stages import Kind, Lost

SIZE = (300, 120)


@dataclass
class Shown:
    """What PDFium makes of a page."""

    picture: Image.Image
    text: str

    def looks_like(self, other: Shown) -> bool:
        """A page without ink looks like nothing."""
        return self.picture.getextrema()[0] < 128 and same_look(self.picture, other.picture, nearby=True)


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


def shown(document: bytes, scale: int = 3) -> Shown:
    """The first page, drawn and read."""
    opened = pypdfium2.PdfDocument(document)
    try:
        page = opened[0]
        picture = page.render(scale=scale).to_pil().convert("L")
        text = page.get_textpage().get_text_range()
    finally:
        opened.close()
    return Shown(picture, text)


@dataclass
class Clean:
    """A clean copy, and whether its page is one that was rebuilt."""

    content: bytes
    is_rebuilt: bool
    findings: Findings


def cleaned(document: bytes) -> Clean:
    """What the scrubber makes of the document, in this process; raises Refused."""
    untrusted, clean, preview = (os.memfd_create("font", os.MFD_CLOEXEC) for _ in range(3))
    findings = Findings()
    try:
        os.write(untrusted, document)
        scrub_file(Kind.PDF, untrusted, clean, preview, findings)
        content = os.pread(clean, os.fstat(clean).st_size, 0)
    finally:
        # The source stays mapped until the process ends.
        for descriptor in (untrusted, clean, preview):
            os.close(descriptor)
    lost = findings.lost()
    return Clean(content, not {Lost.SHARPNESS, Lost.SELECTABLE_TEXT}.intersection(lost), findings)
