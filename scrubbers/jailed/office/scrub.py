"""An office document: what a reader would see of it, typeset as a PDF of our own (decision 0035).

1 open the archive, within limits (`package`); rich text is none, and is read at once (`rtf`)
2 report what it holds beside what it shows (`hidden_parts`)
3 read what is seen (`word` and its siblings); pictures go through the picture scrubber
4 mark in words what is struck out (`struck`)
5 lay it out and write it (`typeset.document`)
"""

import codecs
import gc
import posixpath
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office import hidden_parts, labels, pictures
from scrubbers.jailed.office.excel.workbook import Workbook
from scrubbers.jailed.office.nested import unnested
from scrubbers.jailed.office.odf import document as odf
from scrubbers.jailed.office.package import Package
from scrubbers.jailed.office.rtf import document as rtf
from scrubbers.jailed.office.rtf.words import ENCODINGS
from scrubbers.jailed.office.slides.presentation import read_presentation
from scrubbers.jailed.office.struck import marked
from scrubbers.jailed.office.warm_up import sample_document
from scrubbers.jailed.office.word import document as word
from scrubbers.jailed.pictures.warm_up import warm_up_pictures
from scrubbers.jailed.scrub_sample import scrub_sample
from scrubbers.jailed.typeset import faces
from scrubbers.jailed.typeset.document import write_document
from scrubbers.jailed.typeset.model import Block, Source, all_text
from trusted.jail.stages import Kind, Lost, OfficeDocument

_CONTENT_TYPES: Final = "[Content_Types].xml"
# How the content types of the main parts begin, also those of templates and of files with macros.
_WORD: Final = ("application/vnd.openxmlformats-officedocument.wordprocessingml.", "application/vnd.ms-word.")
_SHEETS: Final = (
    "application/vnd.openxmlformats-officedocument.spreadsheetml.",
    "application/vnd.ms-excel.sheet.macro",
)
_SLIDES: Final = ("application/vnd.openxmlformats-officedocument.presentationml.", "application/vnd.ms-powerpoint.")
_MIMETYPE: Final = "mimetype"  # of OpenDocument
# Names of members that are not UTF-8; Python loads the module of an encoding when it is first used.
_NAMES_ENCODING: Final = "cp437"


def scrub_file(_kind: Kind, untrusted: int, clean: int, preview: int, findings: Findings) -> None:
    """Read one descriptor and write two; raises Refused, or what the libraries raise."""
    gc.disable()
    with open(untrusted, "rb", closefd=False) as file:
        # The descriptor stands where the trusted side left it.
        file.seek(0)
        if file.peek(len(rtf.MAGIC)).startswith(rtf.MAGIC):
            source, blocks = Source.RICH_TEXT, rtf.read_document(file.read(), findings)
        else:
            package = Package(file)
            hidden_parts.collect(package, findings)
            source, blocks = _read(package, findings)
    if labels.NO_VALUE in all_text(blocks):
        findings.lose(Lost.VALUES)
    write_document(unnested(marked(blocks), findings), source, clean, preview, findings)


def _read(package: Package, findings: Findings) -> tuple[Source, list[Block]]:
    """Return what is seen; raises OfficeDocument for a kind that is not read here."""
    if package.has(_MIMETYPE):
        return Source.OPENDOCUMENT, odf.read_document(package, findings)
    main = package.by_kind("", "officeDocument")
    if main is None or not package.has(_CONTENT_TYPES):
        raise OfficeDocument
    kind = _content_type(package, main)
    if kind.startswith(_WORD):
        return Source.WORD, word.read_document(package, main, findings)
    if kind.startswith(_SHEETS):
        return Source.EXCEL, list(Workbook(package, main, findings).read())
    if kind.startswith(_SLIDES):
        return Source.POWERPOINT, read_presentation(package, main, findings)
    raise OfficeDocument


def _content_type(package: Package, part: str) -> str:
    """Return what a part is said to be, else what its ending is (ECMA-376, part 2, 6.2.3); empty for neither."""
    ending = posixpath.splitext(part)[1].removeprefix(".").lower()
    by_ending = ""
    for each in package.tree(_CONTENT_TYPES).elements():
        if each.get("PartName").lstrip("/").lower() == part.lower():
            return each.get("ContentType")
        if each.name == "ct:Default" and each.get("Extension").lower() == ending:
            by_ending = by_ending or each.get("ContentType")
    return by_ending


def warm_up() -> None:
    """Scrub one small document, so that all it needs is in memory before the locks."""
    for encoding in (_NAMES_ENCODING, *ENCODINGS):
        codecs.lookup(encoding)
    faces.read_all()
    warm_up_pictures(pictures.KINDS)
    scrub_sample(scrub_file, Kind.OFFICE, sample_document())
