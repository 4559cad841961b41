"""An office document through the jail, and what can be read in the copy."""

from __future__ import annotations

import io
import zipfile

import pypdfium2
from hostile.jail import Jail
from scrub_harness import arrived

from scrubbers.sniff import sniff
from trusted.jail.sandbox import scrub, verify
from trusted.jail.stages import Kind, ScrubReport


def cleaned(jail: Jail, content: bytes) -> tuple[bytes, ScrubReport]:
    """Return the clean copy, which is a PDF, and the report; raises Refused."""

    async def soon() -> tuple[bytes, ScrubReport]:
        verified = await verify(await scrub(sniff(arrived(content)), jail.sandbox), jail.sandbox)
        with verified.clean, verified.preview:
            assert verified.kind is Kind.PDF
            return verified.clean.read(), verified.report

    return jail.loop.run_until_complete(soon())


def text_of(document: bytes) -> str:
    """Return the text of a PDF as another program reads it."""
    opened = pypdfium2.PdfDocument(document)
    return "\n".join(page.get_textpage().get_text_range() for page in opened).replace("\r\n", "\n")


def marker(number: int) -> str:
    """Return a marker that `markers.search` finds."""
    return f"Kmk{number:06d}abcdef"


def unpacked(content: bytes) -> bytes:
    """Return all members of an archive, and its comment."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    return archive.comment + b"".join(archive.read(name) for name in archive.namelist())
