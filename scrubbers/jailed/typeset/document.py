"""Writes what a reader sees as a document of our own.

1 lay it out; no letter may be lost or added on the way (`layout`)
2 say at the foot of each page what the copy is (`second_reader.typeset` knows the sentence, and no other there)
3 write it as a tagged PDF (`writer`)
4 a small preview of the first page
"""

import io
from collections.abc import Sequence
from typing import Final

import pypdfium2
from PIL import Image

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pdf.fonts.shipped import REGULAR
from scrubbers.jailed.pictures.preview import downscaled
from scrubbers.jailed.pictures.scrub import write_preview
from scrubbers.jailed.typeset.layout import laid_out
from scrubbers.jailed.typeset.model import Block, PageBreak, Source
from scrubbers.jailed.typeset.writer import A4, Letters, Pages
from trusted.jail.stages import Empty, Lost

_FOOT: Final = "Kopia, satt på nytt av Källskydd från {0} / Copy typeset again by Källskydd from {0}, {1}/{2}"
_FOOT_SIZE: Final = 6.5
_FOOT_LEFT, _FOOT_UP = 56, 30  # points from the left and from the lower edge


def write_document(blocks: Sequence[Block], source: Source, clean: int, preview: int, findings: Findings) -> None:
    """Write two descriptors. Raises Empty where nothing is seen, and what `laid_out` raises."""
    if all(isinstance(block, PageBreak) for block in blocks):
        raise Empty
    findings.lose(Lost.LAYOUT)
    made = io.BytesIO()
    typeset(blocks, source).write(made)
    with open(clean, "wb", closefd=False) as output:
        output.write(made.getbuffer())
    write_preview(_first_page(made.getvalue()), preview)


def typeset(blocks: Sequence[Block], source: Source) -> Pages:
    """Return the pages; raises what `laid_out` raises."""
    pages = laid_out(blocks)
    for number in range(len(pages)):
        text = _FOOT.format(source.value, number + 1, len(pages))
        pages.draw_at_foot(number, Letters(_FOOT_LEFT, A4[1] - _FOOT_UP, REGULAR, _FOOT_SIZE, italic=False, text=text))
    return pages


def _first_page(document: bytes) -> Image.Image:
    opened = pypdfium2.PdfDocument(document)
    drawn: Image.Image = opened[0].render(scale=1).to_pil()
    return downscaled(drawn.convert("RGB"))
