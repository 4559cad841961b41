"""The program of a font of the source, whichever sort it is. The first bytes say which: what the keys say is not asked.

A sort of program is one of two to us: outlines of quadratic curves with numbers (`Quadratic`), or outlines of cubic
curves with names or CIDs (`Cubic`): CFF, bare or in tables, and Type 1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from pypdf.generic import DictionaryObject, StreamObject

from scrubbers.jailed.pdf.fonts.programs.cff import CffProgram
from scrubbers.jailed.pdf.fonts.programs.glyf import QuadraticOutlines
from scrubbers.jailed.pdf.fonts.programs.sfnt import Tables, is_sfnt
from scrubbers.jailed.pdf.fonts.programs.type1 import Type1Program
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_KEYS: Final = ("/FontFile", "/FontFile2", "/FontFile3")
# The largest fonts of all, for Chinese with every character, are a little smaller.
_MOST_BYTES: Final = 32 * 2**20
_LEAST_SIGN: Final = 0.02  # of the letters' size; a full stop has five times as much


@dataclass(frozen=True, slots=True, repr=False)
class Quadratic:
    """A TrueType program."""

    tables: Tables
    outlines: QuadraticOutlines

    def width(self, glyph: int) -> float:
        return self.outlines.width(glyph)

    def demand(self, glyph: int) -> None:
        """Raise NotRebuildable unless the glyph can be read."""
        self.outlines.glyph(glyph)

    def is_blank(self, glyph: int) -> bool:
        """Whether nobody sees anything of it."""
        found = self.outlines.glyph(glyph)
        return _is_speck([*zip(found.xs, found.ys, strict=True)], 1 / self.outlines.units)


@dataclass(frozen=True, slots=True, repr=False)
class Cubic:
    """A CFF or Type 1 program; `tables` if it is one among tables."""

    program: CffProgram | Type1Program
    tables: Tables | None = None

    def width(self, glyph: int) -> float:
        return self.program.outline(glyph).width * self.program.matrix[0] * 1000

    def demand(self, glyph: int) -> None:
        """Raise NotRebuildable unless the glyph can be read."""
        self.program.outline(glyph)

    def is_blank(self, glyph: int) -> bool:
        """Whether nobody sees anything of it."""
        points = [segment[-2:] for segment in self.program.outline(glyph).segments]
        return _is_speck(points, abs(self.program.matrix[0]))


Program: TypeAlias = Quadratic | Cubic


def _is_speck(points: Sequence[tuple[float, ...]], unit: float) -> bool:
    """Whether an outline through these points is smaller than any sign."""
    return not points or max(max(axis) - min(axis) for axis in zip(*points, strict=True)) * unit < _LEAST_SIGN


def program_in(descriptor: DictionaryObject) -> Program | None:
    """Return the program that a descriptor refers to; None if the font is not in the document."""
    for key in _KEYS:
        found = access.entry(descriptor, key)
        if isinstance(found, StreamObject):
            return read_program(found.get_data())
    return None


def read_program(untrusted: bytes) -> Program:
    """Return the program; raises NotRebuildable, or what reading malformed numbers raises."""
    if not 4 <= len(untrusted) <= _MOST_BYTES:  # noqa: PLR2004
        raise NotRebuildable
    if is_sfnt(untrusted):
        tables = Tables(untrusted)
        if tables.table(b"CFF "):
            return Cubic(CffProgram(tables.table(b"CFF ")), tables)
        return Quadratic(tables, QuadraticOutlines(tables))
    if untrusted.startswith((b"%!", b"\x80\x01")) or b"eexec" in untrusted:
        return Cubic(Type1Program(untrusted))
    if untrusted[0] == 1:
        return Cubic(CffProgram(untrusted))
    raise NotRebuildable
