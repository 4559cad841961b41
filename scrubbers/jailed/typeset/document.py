"""Writes what a reader sees as a document of our own.

1 lay it out; no letter may be lost or added on the way (`layout`)
2 write it as a tagged PDF (`writer`)
3 a small preview of the first page
"""

import io
from collections.abc import Sequence

import pypdfium2
from PIL import Image

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pictures.preview import downscaled
from scrubbers.jailed.pictures.scrub import write_preview
from scrubbers.jailed.typeset.layout import laid_out
from scrubbers.jailed.typeset.model import Block, PageBreak
from trusted.jail.stages import Empty, Lost


def write_document(blocks: Sequence[Block], clean: int, preview: int, findings: Findings) -> None:
    """Write two descriptors. Raises Empty where nothing is seen, and what `laid_out` raises."""
    if all(isinstance(block, PageBreak) for block in blocks):
        raise Empty
    findings.lose(Lost.LAYOUT)
    pages = laid_out(blocks)
    made = io.BytesIO()
    pages.write(made)
    with open(clean, "wb", closefd=False) as output:
        output.write(made.getbuffer())
    write_preview(_first_page(made.getvalue()), preview)


def _first_page(document: bytes) -> Image.Image:
    opened = pypdfium2.PdfDocument(document)
    drawn: Image.Image = opened[0].render(scale=1).to_pil()
    return downscaled(drawn.convert("RGB"))
