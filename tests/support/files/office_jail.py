"""An office document through the jail, and what can be read in the copy."""

from __future__ import annotations

import ctypes
import io
import re
import zipfile

import pypdfium2
from hostile.jail import Jail
from PIL import Image

from files.scrub_harness import arrived
from scrubbers.sniff import sniff
from trusted.jail.protocol import How
from trusted.jail.sandbox import scrub, verify
from trusted.jail.stages import Kind, ScrubReport

FOOT = re.compile(
    r"^Kopia, satt på nytt av Källskydd från .+ / Copy typeset again by Källskydd from .+, \d+/\d+$", re.MULTILINE
)
NAMES_SIZE = 5.0  # of rows and columns of a sheet


def cleaned(jail: Jail, content: bytes, how: How = How.PLAIN) -> tuple[bytes, ScrubReport]:
    """Return the clean copy, which is a PDF, and the report; raises Refused."""

    async def soon() -> tuple[bytes, ScrubReport]:
        verified = await verify(await scrub(sniff(arrived(content)), jail.sandbox, how), jail.sandbox)
        with verified.clean, verified.preview:
            assert verified.kind is Kind.PDF
            return verified.clean.read(), verified.report

    return jail.loop.run_until_complete(soon())


def text_of(document: bytes) -> str:
    """Return the text of a PDF as another program reads it, without what stands around it.

    That is the line at the foot of each page, and what a sheet calls its rows and columns.
    """
    return FOOT.sub("", whole_text_of(document, least_size=NAMES_SIZE + 1)).rstrip("\n")


def whole_text_of(document: bytes, least_size: float = 0) -> str:
    pages = list(pypdfium2.PdfDocument(document))
    size = ctypes.c_float()
    for page in pages if least_size else ():
        for each in list(page.get_objects([pypdfium2.raw.FPDF_PAGEOBJ_TEXT])):
            if pypdfium2.raw.FPDFTextObj_GetFontSize(each, size) and size.value < least_size:
                page.remove_obj(each)
    return "\n".join(page.get_textpage().get_text_range() for page in pages).replace("\r\n", "\n")


def picture_of(clean: bytes) -> Image.Image:
    """Return the largest picture on the first page of a copy, as another program reads it."""
    page = pypdfium2.PdfDocument(clean)[0]
    found = [each for each in page.get_objects() if each.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
    largest = max(found, key=lambda each: each.get_px_size())
    return largest.get_bitmap().to_pil().convert("L")


def marker(number: int) -> str:
    """Return a marker that `markers.search` finds."""
    return f"Kmk{number:06d}abcdef"


def unpacked(content: bytes) -> bytes:
    """Return all members of an archive, and its comment."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    return archive.comment + b"".join(archive.read(name) for name in archive.namelist())
