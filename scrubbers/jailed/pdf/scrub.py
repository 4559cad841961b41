"""A PDF: its pages rebuilt with what can be seen on them and nothing else; text stays text.

1 refuse streams that inflate without measure (`inflate_limits`)
2 open it, refuse a locked one and too many pages (`open`)
3 read what it holds, for the report (`metadata.pdf`)
4 rebuild page by page (`rebuild`); a page that does not look the same then becomes a picture of itself
5 a small preview of the first page
"""

import contextlib
import gc
import mmap
from typing import Final

import pypdf
import pypdfium2
from pypdf.generic import NameObject

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.metadata import pdf
from scrubbers.jailed.pdf import inflate_limits
from scrubbers.jailed.pdf.fonts.shapes import forms
from scrubbers.jailed.pdf.fonts.shipped import BOLD, REGULAR, content
from scrubbers.jailed.pdf.open import open_document
from scrubbers.jailed.pdf.rebuild import Rebuilder
from scrubbers.jailed.pdf.warm_up import document_without_fonts, small_document
from scrubbers.jailed.pictures import against_marks
from scrubbers.jailed.pictures.scrub import write_preview
from scrubbers.jailed.scrub_sample import scrub_sample
from trusted.jail.stages import Kind

_STREAM_BYTES: Final = 32 * 2**20  # what pypdf may inflate of one stream; pictures are left to PDFium


def scrub_file(_kind: Kind, untrusted_descriptor: int, clean: int, preview: int, findings: Findings) -> None:
    """Write the rebuilt document and its preview; raises Refused, or what the libraries raise."""
    # The collector would look through all objects again and again; `rebuild` calls it where it is worth its time.
    gc.disable()
    # A private mapping: PDFium wants memory it could write to, and gets pages that nobody else sees.
    untrusted = mmap.mmap(untrusted_descriptor, 0, access=mmap.ACCESS_COPY)
    with open(clean, "wb", closefd=False) as output:
        inflate_limits.require_bounded(untrusted)
        opened = open_document(untrusted)
        pdf.collect(opened.reader, untrusted, findings)
        # What is drawn is in what PDFium wrote.
        with contextlib.suppress(BufferError):
            untrusted.close()
        # Where each letter stands would be as good a mark: every page becomes a picture of itself, without words.
        readable = None if against_marks.is_asked_for() else opened.reader
        first = Rebuilder(opened, readable, findings).write(output)
    write_preview(first, preview)


def warm_up() -> None:
    """Set pypdf's bounds and scrub one small document, so that everything is in memory before the locks."""
    pypdf.overwrite_configuration(
        zlib_maximum_output_length=_STREAM_BYTES,
        lzw_maximum_output_length=_STREAM_BYTES,
        run_length_maximum_output_length=_STREAM_BYTES,
        array_based_stream_maximum_output_length=_STREAM_BYTES,
        stream_decoding_work_maximum_length=4 * _STREAM_BYTES,
        # It would be started as a program.
        jbig2dec_binary=None,
        disable_legacy_handling=True,
    )
    # As bytes: two that differ are two.
    NameObject.CHARSETS = ("latin-1",) * 3
    for name in (REGULAR, BOLD):
        content(name)
    forms()
    scrub_sample(scrub_file, Kind.PDF, small_document())


def warm_up_fork() -> None:
    """In a fork, behind the zygote's locks and before its work: draws what comes out differently the first time."""
    with contextlib.closing(pypdfium2.PdfDocument(document_without_fonts())) as document:
        for _ in range(2):
            document[0].render(scale=1).close()
