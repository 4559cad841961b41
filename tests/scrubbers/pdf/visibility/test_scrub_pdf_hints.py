"""Fonts of the source are drawn without their hints, unless these matter: so a line of text looks as it will."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import io
from collections.abc import Callable
from pathlib import Path

import fpdf
import pypdf
import pypdfium2
import pytest
from documents.font_programs import vera
from files.scrub_harness import clean_all, first_page_text
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables.ttProgram import Program
from PIL import ImageChops
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject

from scrubbers.jailed.pdf.hints import without_hints
from scrubbers.jailed.pdf.renderer import PdfiumSource, drawn
from trusted.jail.protocol import Role

SIZE = (595, 842)
SENTENCE = "Hamburgefonstiv"
ABOUT_HINTS = ("fpgm", "prep", "cvt ", "gasp")


def font_without_hints() -> TTFont:
    font = vera()
    for name in font.getGlyphOrder():
        font["glyf"][name].removeHinting()
    for table in ABOUT_HINTS:
        del font[table]
    return font


def font_that_hides(letter: str) -> TTFont:
    """One in which hints put all points of a letter on the base line, so that nothing of it is seen."""
    font = vera()
    glyph = font["glyf"][font.getBestCmap()[ord(letter)]]
    glyph.expand(font["glyf"])
    program = Program()
    lines = [line for point in range(len(glyph.coordinates)) for line in ("PUSHB[ ]", f"{point} 0", "SCFS[ ]")]
    program.fromAssembly(["SVTCA[0]", *lines])
    glyph.program = program
    return font


def written_in(font: TTFont, folder: Path, *, sizes: tuple[int, ...] = (8, 12, 24, 36)) -> bytes:
    font.save(folder / "font.ttf")
    made = fpdf.FPDF()
    made.add_font("F", "", folder / "font.ttf")
    made.add_page()
    for size in sizes:
        made.set_font("F", "", size)
        made.cell(0, size, SENTENCE, new_x="LMARGIN", new_y="NEXT")
    return bytes(made.output())


def rewritten(content: bytes) -> tuple[bytes, bytes]:
    """As PDFium writes it, with its hints and without."""
    whole = (ctypes.c_ubyte * len(content)).from_buffer_copy(content)
    made = PdfiumSource(whole).rewritten()
    return made, without_hints(made, pypdf.PdfReader(io.BytesIO(made)))


def looks(content: bytes):
    with contextlib.closing(pypdfium2.PdfDocument(content)) as document:
        return drawn(document[0], SIZE)


def test_a_font_is_drawn_as_if_it_had_no_hints(tmp_path):
    hinted, plain = rewritten(written_in(vera(), tmp_path))
    without = looks(written_in(font_without_hints(), tmp_path))

    assert ImageChops.difference(looks(hinted), without).getbbox(alpha_only=False) is not None
    assert ImageChops.difference(looks(plain), without).getbbox(alpha_only=False) is None
    assert plain.startswith(hinted)


def test_a_document_without_hints_stays_as_it_is(tmp_path):
    made, plain = rewritten(written_in(font_without_hints(), tmp_path))

    assert plain is made


def test_a_font_whose_letters_need_their_hints_keeps_them(tmp_path):
    made, plain = rewritten(written_in(font_that_hides("H"), tmp_path))

    assert plain is made


def with_its_program(content: bytes, change: Callable[[pypdf.PdfWriter, StreamObject], None]) -> bytes:
    """The document, changed at its font's program."""
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(content)))
    (program,) = (each for each in writer._objects if isinstance(each, StreamObject) and "/Length1" in each)
    change(writer, program)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def use_elsewhere(writer: pypdf.PdfWriter, program: StreamObject) -> None:
    writer.root_object[NameObject("/Elsewhere")] = program.indirect_reference


def use_under_that_name(writer: pypdf.PdfWriter, program: StreamObject) -> None:
    writer.root_object[NameObject("/Elsewhere")] = ArrayObject([NameObject("/FontFile2"), program.indirect_reference])


def let_a_table_end_behind_it(_writer: pypdf.PdfWriter, program: StreamObject) -> None:
    content = bytearray(program.get_data())
    content[24:28] = (len(content) + 4 - int.from_bytes(content[20:24], "big")).to_bytes(4, "big")
    program.set_data(bytes(content))


def decode_otherwise(_writer: pypdf.PdfWriter, program: StreamObject) -> None:
    program[NameObject("/DecodeParms")] = DictionaryObject({NameObject("/Predictor"): NumberObject(1)})


@pytest.mark.parametrize("change", [use_elsewhere, use_under_that_name, decode_otherwise, let_a_table_end_behind_it])
def test_what_is_also_something_else_or_may_be_read_otherwise_stays_as_it_is(tmp_path, change):
    made, plain = rewritten(with_its_program(written_in(vera(), tmp_path), change))

    assert plain is made


@pytest.mark.parametrize("place", [0, 4, 12, 20, 24, 100])
def test_a_font_that_is_cut_or_broken_keeps_its_hints_or_not_and_harms_nobody(tmp_path, place):
    def broken(_writer: pypdf.PdfWriter, program: StreamObject) -> None:
        program.set_data(program.get_data()[:place] + b"\xff" * 9 + program.get_data()[place + 9 :])

    made, plain = rewritten(with_its_program(written_in(vera(), tmp_path), broken))

    assert plain.startswith(made)
    assert looks(plain).size == SIZE


def test_what_hints_hide_in_print_of_ordinary_size_is_not_in_the_clean_copy(tmp_path):
    # Letters of more than fifty pixels PDFium draws without their hints.
    shown, hidden = (written_in(font, tmp_path, sizes=(8, 12)) for font in (vera(), font_that_hides("H")))

    results = asyncio.run(clean_all([shown, hidden], [Role.DOCUMENTS]))

    assert ["H" in first_page_text(made) for _, made, _, _ in results] == [True, False]
