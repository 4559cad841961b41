"""What an operator asks of its operands, and of the document for the resources that they name."""

from collections.abc import Sequence
from typing import Protocol

from pypdf.generic import DictionaryObject

from scrubbers.jailed.pdf.content.colour_space import Space
from scrubbers.jailed.pdf.content.display_list import Step, Unsaid
from scrubbers.jailed.pdf.content.forms import Form
from scrubbers.jailed.pdf.content.image import Picture
from scrubbers.jailed.pdf.fonts.source_font import Font
from scrubbers.jailed.pdf.syntax.lexer import LexedName, Number, Operand
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable


class Source(Protocol):
    """Where resources come from: each of these rebuilds one thing of the source, or raises NotRebuildable."""

    def font(self, untrusted: object) -> Font: ...

    def drawable(self, untrusted: object, resources: DictionaryObject) -> Picture | Form | Unsaid | None:
        """Return a picture or a form; None for one that is never seen."""

    def inline_picture(
        self, entries: dict[bytes, Operand], data: bytes, resources: DictionaryObject
    ) -> Picture | Unsaid: ...

    def space(self, untrusted: object, resources: DictionaryObject) -> Space: ...

    def graphics_state(self, untrusted: object) -> list[Step]: ...


def last_numbers(operands: Sequence[Operand], count: int) -> tuple[bytes, ...]:
    """Return the last so many operands, which must be numbers."""
    found = tuple([item for item in operands[len(operands) - count :] if type(item) is Number])
    if len(found) != count or len(operands) < count:
        raise NotRebuildable
    return found


def last_name(operands: Sequence[Operand]) -> bytes:
    """Return the last operand, which must be a name."""
    if not operands or not isinstance(operands[-1], LexedName):
        raise NotRebuildable
    return operands[-1]
