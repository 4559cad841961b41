"""Takes a font of each sort of program through everything once, before the locks: later nothing can be loaded."""

from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, StreamObject

from scrubbers.jailed.pdf.fonts.programs import write_truetype
from scrubbers.jailed.pdf.fonts.programs.cff import USUAL_MATRIX
from scrubbers.jailed.pdf.fonts.programs.glyf import Glyph
from scrubbers.jailed.pdf.fonts.programs.outline import Outline
from scrubbers.jailed.pdf.fonts.programs.write_cff import cid_program, named_program
from scrubbers.jailed.pdf.fonts.rebuild import SourceFont


def warm_up() -> None:
    """Build fonts made in memory: TrueType, CFF by names, CFF by CIDs."""
    square = Glyph([3], [0, 0, 500, 500], [0, 500, 500, 0], [True] * 4, 600)
    outline = Outline(600)
    outline.move(0, 0)
    outline.line(0, 500)
    outline.curve((100, 500), (500, 400), (500, 0))
    truetype = write_truetype.program([Glyph(), square], 1000, 0, {0x41: 1})
    named = named_program([("A", outline)], USUAL_MATRIX, None)
    by_cid = cid_program([(1, outline)], USUAL_MATRIX, None)
    for subtype, key, program in (("/TrueType", "/FontFile2", truetype), ("/Type1", "/FontFile3", named)):
        font = DictionaryObject({NameObject("/Subtype"): NameObject(subtype), **_described(key, program)})
        font[NameObject("/Encoding")] = NameObject("/WinAnsiEncoding")
        font[NameObject("/ToUnicode")] = _stream(b"1 beginbfchar <41> <0041> endbfchar")
        _build(font, b"A")
    descendant = DictionaryObject({
        NameObject("/Subtype"): NameObject("/CIDFontType0"),
        NameObject("/W"): ArrayObject([NumberObject(1), NumberObject(2), NumberObject(600)]),
        **_described("/FontFile3", by_cid),
    })  # fmt: skip
    _build(
        DictionaryObject({
            NameObject("/Subtype"): NameObject("/Type0"),
            NameObject("/Encoding"): NameObject("/Identity-H"),
            NameObject("/DescendantFonts"): ArrayObject([descendant]),
        }),
        b"\0\1",
    )  # fmt: skip


def _described(key: str, program: bytes) -> dict[NameObject, DictionaryObject]:
    flags = {NameObject("/Flags"): NumberObject(4), NameObject(key): _stream(program)}
    return {NameObject("/FontDescriptor"): DictionaryObject(flags)}


def _stream(data: bytes) -> StreamObject:
    made = StreamObject()
    made.set_data(data)
    return made


def _build(font: DictionaryObject, shown: bytes) -> None:
    source = SourceFont(font, 0)
    codes = source.codes(shown)
    source.advance(codes[0])
    source.build(codes)
