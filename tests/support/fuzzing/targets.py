"""What `make fuzz` throws bytes at: all code that reads hostile ones. Each target promises something.

    sniff            a kind, or a NotCleanable
    report           a report of closed lists, or JobDied
    verify_KIND      returns, or raises WouldNotVouch and nothing else
    scrub_KIND       a refusal or what a library raises (the worker makes a refusal of it), else a result and a preview
                     that the second reading vouches for and that show no marker of the seed; never a mistake of ours
    scrub_png_by_rows   the same, cleaned as a large PNG is
    pdf_contents, pdf_font     the readers of page contents and of fonts with such a program: something, NotRebuildable,
                     or what malformed numbers raise; never a mistake of ours

They run in the process that calls them, without the jail: only a child with limits may call them with hostile bytes.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import re
import traceback
import zipfile
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from unittest.mock import patch

import pillow_heif
import reportlab
from corpus.index import corpus, encoded, picture
from corpus.pdf import pdf_corpus
from files.films import FORMS as FILMS
from files.films import filmed
from files.messages import as_is, message, with_files
from files.messages import marked as marked_message
from files.office_samples import element, odf, paragraph, presentation, run, shape, word, workbook, zipped
from files.outlook_files import compound, note
from files.recordings import FORMS, recorded, tone
from PIL import Image
from pypdf.generic import DictionaryObject, NameObject, NumberObject, StreamObject

from scrubbers.jailed.archive.unpack import unpack
from scrubbers.jailed.film.scrub import scrub_file as scrub_film
from scrubbers.jailed.findings import Findings
from scrubbers.jailed.mail.parts import taken_apart
from scrubbers.jailed.mail.scrub import scrub_file as scrub_mail
from scrubbers.jailed.office import scrub as office
from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.fonts.source_font import Font
from scrubbers.jailed.pdf.scrub import scrub_file as scrub_document
from scrubbers.jailed.pdf.scrub import warm_up
from scrubbers.jailed.pdf.syntax import lexer
from scrubbers.jailed.pictures import decoders
from scrubbers.jailed.pictures.scrub import scrub_picture
from scrubbers.jailed.pictures.streaming import png as png_strips
from scrubbers.jailed.pictures.streaming import png_decoder
from scrubbers.jailed.pictures.warm_up import warm_up_pictures
from scrubbers.jailed.sound.scrub import scrub_file as scrub_sound
from scrubbers.jailed.text.scrub import scrub_file as scrub_text
from scrubbers.jailed.type_check import SecondOpinion
from scrubbers.sniff import sniff_kind
from second_reader.dispatch import require_clean
from trusted.jail.memory_file import MemoryFile
from trusted.jail.report_wire import decode_report, encode_report
from trusted.jail.stages import (
    RESULT_KIND,
    JobDied,
    Kind,
    Lost,
    NotCleanable,
    Refused,
    Removed,
    What,
    Where,
    WouldNotVouch,
)
from trusted.jail.unpacked import cut

# In a run of seconds large pictures teach nothing that small ones do not.
FUZZ_PIXELS = 50_000
HEAD_BYTES = 4096
MARKER = re.compile(rb"Kmk[0-9]{2}[0-9a-f]{8}")
# What an interpreter raises when a program is wrong, whatever the file. In a library's code it is the library's affair.
MISTAKES = (NameError, AttributeError, TypeError, AssertionError)
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Mistake(Exception):
    """A promise was not kept."""


@dataclass(frozen=True)
class Target:
    """A name, what it is called with, and the bytes to begin from."""

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


def targets() -> dict[str, Target]:
    """All of them by name; nothing is made or warmed up before a target is used."""
    found = [
        Target("sniff", sniff_target, all_seeds),
        Target("report", report_target, report_seeds),
        *(
            Target(f"verify_{kind}", verifier(kind), partial(results, kind))
            for kind in sorted(set(RESULT_KIND.values()))
        ),
        *(Target(f"scrub_{kind}", scrubber(kind), partial(seeds, kind)) for kind in Kind),
        Target(
            "word_part",
            in_archive("word/document.xml", word("")),
            lambda: [element("w:document", f"<w:body>{WORD_BODY}</w:body>").encode()],
        ),
        Target(
            "odf_part",
            in_archive("content.xml", odf("text", "")),
            lambda: [part_of(odf("text", ODF_BODY), "content.xml")],
        ),
        Target(
            "sheet_part",
            in_archive("xl/worksheets/sheet0.xml", workbook([("Blad", "visible", "")])),
            lambda: [part_of(workbook([("Blad", "visible", SHEET_BODY)]), "xl/worksheets/sheet0.xml")],
        ),
        Target(
            "archive", archive_target, lambda: [zipped({"b.txt": b"two" * 40, "a/c 10.txt": b"one", "a/c 9.txt": b"x"})]
        ),
        Target(
            "message",
            archive_target,
            lambda: [marked_message()[0], with_files(b"one", message("two")), compound(note())],
        ),
        Target("scrub_png_by_rows", by_rows(scrubber(Kind.PNG)), partial(seeds, Kind.PNG)),
        Target("pdf_contents", reader(read_contents), contents_seeds),
        Target("pdf_font", reader(read_font), font_seeds),
        # With these two a test sees that the search finds: neither belongs to a run.
        Target("planted_mistake", planted_mistake, lambda: [b"axcd"]),
        Target("planted_crash", planted_crash, lambda: [b"axcd"]),
    ]
    return {target.name: target for target in found}


def prepare() -> None:
    """What the zygote does before its first job, as far as it changes how files are read."""
    decoders.PIXELS = FUZZ_PIXELS
    Image.MAX_IMAGE_PIXELS = FUZZ_PIXELS
    warm_up_pictures(Kind)
    warm_up()
    office.warm_up()


# Seeds.


WORD_BODY = (
    paragraph("Rubrik", '<w:outlineLvl w:val="0"/>')
    + paragraph("Kmk990123abcd", look="<w:vanish/>")
    + f"<w:p><w:ins>{run('Till')}</w:ins><w:del><w:r><w:delText>Kmk990123abcd</w:delText></w:r></w:del></w:p>"
    + f"<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr>{paragraph('Cell')}</w:tc></w:tr></w:tbl>"
)
ODF_BODY = (
    '<text:h text:outline-level="2">Rubrik</text:h><text:list><text:list-item><text:p>Punkt<text:s text:c="2"/>'
    "<office:annotation><text:p>Kmk990123abcd</text:p></office:annotation></text:p></text:list-item></text:list>"
    '<table:table><table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="3">'
    "<text:p>a</text:p></table:table-cell></table:table-row></table:table>"
)
SHEET_BODY = (
    '<cols><col min="2" max="2" hidden="1"/></cols><sheetData><row><c r="A1"><v>45000.5</v></c><c r="B1" t="str">'
    '<v>Kmk990123abcd</v></c></row></sheetData><mergeCells><mergeCell ref="A1:C2"/></mergeCells>'
)


@cache
def samples() -> tuple[tuple[Kind, bytes], ...]:
    """All files to begin from, with their kinds."""
    return tuple(_samples())


def _samples() -> Iterable[tuple[Kind, bytes]]:
    for sample in (*corpus(), *pdf_corpus()):
        yield sniff_kind(sample.content[:HEAD_BYTES]), sample.content
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x0e\0\0\0\x1a\0\0\0\0\0\0\0Kmk990123abcd\0"
    phone = io.BytesIO()
    pillow_heif.from_pillow(picture()).save(phone, exif=exif)
    yield Kind.HEIC, phone.getvalue()
    yield Kind.AVIF, encoded(picture(), "AVIF", exif=exif)
    hidden = "".join(chr(0xE0000 + ord(one)) for one in "Kmk990123abcd")
    yield Kind.TEXT, f"Räk‍ningen delades.{hidden}\r\n\r\n- Å̈  \n".encode()
    yield Kind.TEXT, "Två blanksteg  och ”citat” – 5 §\r\n".encode("cp1252")
    yield Kind.CSV, "Namn;Summa\nBygg;=1+1\nVatten;-5\n".encode("utf-16")
    yield Kind.OFFICE, word(WORD_BODY)
    yield Kind.OFFICE, odf("text", ODF_BODY)
    yield Kind.OFFICE, rb"{\rtf1\ansi{\info{\author Kmk990123abcd}}\pard{\b R\'e4k}{\v Kmk990123abcd}\u8211?\par}"
    yield Kind.OFFICE, workbook([("Blad", "visible", SHEET_BODY)])
    yield Kind.OFFICE, presentation([("", shape("Bild") + shape("Kmk990123abcd", about='hidden="1"'))])
    yield Kind.EMAIL, taken_apart(marked_message()[0])[0]
    yield Kind.EMAIL, as_is("text/html; charset=utf-8", b"<p>Kmk990123abcd<table><tr><td>a<td rowspan=2>b<tr><td>c")
    for name in FORMS:
        yield Kind.SOUND, recorded(name, {"comment": "Kmk990123abcd"}, tone(0.2))
    for name in FILMS:
        yield Kind.FILM, filmed(name, tags={"comment": "Kmk990123abcd"}, seconds=0.1, size=(64, 48))


def all_seeds() -> list[bytes]:
    return [content[:HEAD_BYTES] for _, content in samples()]


def seeds(kind: Kind) -> list[bytes]:
    return [content for sample_kind, content in samples() if sample_kind is kind]


def results(kind: Kind) -> list[bytes]:
    """What our encoders make of the samples: the verifiers' everyday."""
    made = []
    for source, content in samples():
        if RESULT_KIND[source] is kind:
            # Some samples have more pixels than a run of seconds is to be spent on.
            with contextlib.suppress(Refused, Image.DecompressionBombError):
                made.append(scrubbed(source, content)[0])
    return made


def report_seeds() -> list[bytes]:
    lines = tuple(Removed(what, where, "60.1, 15.1") for what, where in zip(What, Where, strict=False))
    return [encode_report((), ()), encode_report(lines, tuple(Lost))]


def contents_seeds() -> list[bytes]:
    """Every stream that inflates, from the samples and from what our writer makes of them."""
    found = []
    for kind, content in samples():
        if kind is Kind.PDF:
            for start in re.finditer(rb"stream\r?\n", content):
                try:
                    found.append(zlib.decompressobj().decompress(content[start.end() :], 2**16))
                except zlib.error:
                    continue
    return found


def font_seeds() -> list[bytes]:
    """TrueType and Type 1, as a library brings them along, and cut short: most of a font is more of the same."""
    folder = Path(reportlab.__file__).parent / "fonts"
    whole = [(folder / name).read_bytes() for name in ("hb-test.ttf", "Vera.ttf", "_ab_____.pfb", "callig15.pfb")]
    return [*whole, *(content[: len(content) // 2] for content in whole)]


# Targets.


def read_font(untrusted: bytes) -> None:
    program = StreamObject()
    program.set_data(untrusted)
    described = DictionaryObject({NameObject("/Flags"): NumberObject(4), NameObject("/FontFile2"): program})
    font = Font(
        DictionaryObject({
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/TrueType"),
            NameObject("/FontDescriptor"): described,
        }),
        Work(),
    )  # fmt: skip
    font.cut(bytes(range(32, 96)))
    font.read_texts()


def sniff_target(untrusted: bytes) -> None:
    try:
        kind = sniff_kind(untrusted[:HEAD_BYTES])
    except NotCleanable:
        return
    if not isinstance(kind, Kind):
        raise Mistake


def report_target(untrusted: bytes) -> None:
    try:
        removed, lost = decode_report(untrusted)
    except JobDied:
        return
    if not all(isinstance(found.what, What) and isinstance(found.where, Where) for found in removed):
        raise Mistake
    if not all(isinstance(item, Lost) for item in lost):
        raise Mistake


def archive_target(untrusted: bytes) -> None:
    """What a job makes of an archive or a message is refused, or it adds up for who cuts it."""
    with Descriptors(untrusted, b"") as (archive, members):
        try:
            unpack(archive, members)
        except Refused:
            return
        with MemoryFile() as said:
            said.write(os.pread(members, os.fstat(members).st_size, 0))
            for member in cut(said):
                member.close()


def verifier(kind: Kind) -> Callable[[bytes], None]:
    def run(untrusted: bytes) -> None:
        if not untrusted:
            return  # an empty result is refused before it is read
        with Descriptors(untrusted) as (descriptor,):
            try:
                require_clean(kind, descriptor)
            except WouldNotVouch:
                return

    return run


def scrubber(kind: Kind) -> Callable[[bytes], None]:
    opinions: list[SecondOpinion] = []

    def run(untrusted: bytes) -> None:
        try:
            # A film is sniffed as a recording, and turns out to be one in the jail.
            if sniff_kind(untrusted[:HEAD_BYTES]) is not (Kind.SOUND if kind is Kind.FILM else kind):
                return
        except NotCleanable:
            return
        if not opinions:
            opinions.append(SecondOpinion())
        try:
            clean, preview = scrubbed(kind, untrusted, opinions[0])
        except Refused:
            return
        except Exception as reason:
            if isinstance(reason, MISTAKES) and _is_ours(reason):
                raise
            return
        for made, made_kind in ((clean, RESULT_KIND[kind]), (preview, Kind.JPEG)):
            with Descriptors(made) as (descriptor,):
                require_clean(made_kind, descriptor)
            if MARKER.search(made):
                raise Mistake

    return run


def reader(read: Callable[[bytes], object]) -> Callable[[bytes], None]:
    """Runs a reader whose page becomes pixels when it raises anything."""

    def run(untrusted: bytes) -> None:
        try:
            read(untrusted)
        except Exception as reason:
            if isinstance(reason, MISTAKES) and _is_ours(reason):
                raise

    return run


def read_contents(untrusted: bytes) -> None:
    for _ in lexer.operations(untrusted):
        pass


def planted_mistake(untrusted: bytes) -> None:
    if untrusted[:1] == b"a" and untrusted[1:2] == b"b":
        raise Mistake


def planted_crash(untrusted: bytes) -> None:
    if untrusted[:1] == b"a" and untrusted[1:2] == b"b":
        ctypes.string_at(0)


def by_rows(run: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """The same with strips of a few rows, for pictures however small."""

    def run_by_rows(untrusted: bytes) -> None:
        with patch.object(png_strips, "LARGE_PIXELS", 0), patch.object(png_decoder, "_STRIP_PIXELS", 500):
            run(untrusted)

    return run_by_rows


def scrubbed(kind: Kind, untrusted: bytes, opinion: SecondOpinion | None = None) -> tuple[bytes, bytes]:
    """The job's work in this process: result and preview."""
    scrub = SCRUBBERS.get(kind, scrub_picture)
    with Descriptors(untrusted, b"", b"") as (given, clean, preview):
        if opinion:
            opinion.require_agreement(kind, given)
        findings = Findings()
        scrub(kind, given, clean, preview, findings)
        decode_report(encode_report(findings.removed(), findings.lost()))
        return (
            os.pread(clean, os.fstat(clean).st_size, 0),
            os.pread(preview, os.fstat(preview).st_size, 0),
        )


SCRUBBERS = {
    Kind.PDF: scrub_document,
    Kind.OFFICE: office.scrub_file,
    Kind.TEXT: scrub_text,
    Kind.CSV: scrub_text,
    Kind.SOUND: scrub_sound,
    Kind.EMAIL: scrub_mail,
    Kind.FILM: scrub_film,
}


def part_of(archive: bytes, name: str) -> bytes:
    return zipfile.ZipFile(io.BytesIO(archive)).read(name)


def in_archive(name: str, archive: bytes) -> Callable[[bytes], None]:
    """Runs an office document with one part replaced: bytes of an archive that are changed seldom reach its parts."""
    opened = zipfile.ZipFile(io.BytesIO(archive))
    others = {member: opened.read(member) for member in opened.namelist()}
    run = scrubber(Kind.OFFICE)

    def run_part(untrusted: bytes) -> None:
        run(zipped({**others, name: untrusted}))

    return run_part


def _is_ours(reason: BaseException) -> bool:
    """Whether it was raised by a line of the scrubbers themselves and not of a library they called."""
    frames = traceback.extract_tb(reason.__traceback__)
    return bool(frames) and f"{os.sep}scrubbers{os.sep}" in frames[-1].filename


class Descriptors:
    """Files in memory with these contents, closed afterwards."""

    def __init__(self, *contents: bytes) -> None:
        self._contents = contents

    def __enter__(self) -> list[int]:
        self._descriptors = [os.memfd_create("fuzz", os.MFD_CLOEXEC) for _ in self._contents]
        for descriptor, content in zip(self._descriptors, self._contents, strict=True):
            os.write(descriptor, content)
        return self._descriptors

    def __exit__(self, *_: object) -> None:
        for descriptor in self._descriptors:
            os.close(descriptor)


def with_right_checksums(png: bytes) -> bytes:
    """A PNG whose chunks' checksums fit again, or the bytes as they are: otherwise every change ends at the first one."""
    if not png.startswith(PNG_SIGNATURE):
        return png
    mended, position = bytearray(png), len(PNG_SIGNATURE)
    while position + 12 <= len(mended):
        end = position + 8 + int.from_bytes(mended[position : position + 4], "big")
        if end + 4 > len(mended):
            break
        mended[end : end + 4] = zlib.crc32(mended[position + 4 : end]).to_bytes(4, "big")
        position = end + 4
    return bytes(mended)
