"""Type 3 fonts, whose glyphs are drawn as pages are, rebuilt."""

import re
from collections.abc import Callable, Collection
from typing import Final, TypeAlias

from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from scrubbers.jailed.pdf.content.display_list import Names
from scrubbers.jailed.pdf.fonts.blank import Blanks
from scrubbers.jailed.pdf.fonts.descriptor import measure
from scrubbers.jailed.pdf.fonts.glyph_names import Encoding, text_of
from scrubbers.jailed.pdf.fonts.simple import differences, said_texts, said_widths, text_map, widths
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import Name, Node, NotRebuildable, Stream, Value

_UNCOLOURED: Final = re.compile(rb"(?m) d1$")
_PAINTS: Final = re.compile(rb"(?m)(?:^| )(?:[SsFfBb]\*?|sh|Do)$")
# Rebuilds what draws a glyph, with its font's resources; all glyphs of a font share the names of what they use.
DrawnGlyph: TypeAlias = Callable[[StreamObject, DictionaryObject | None, Names], Node]


class DrawnFont:
    """A Type 3 font of the source."""

    vertical: Final = False

    def __init__(self, untrusted: DictionaryObject, glyph: DrawnGlyph) -> None:
        self._glyph = glyph
        self._matrix = [measure(item) for item in access.array(access.entry(untrusted, "/FontMatrix"))]
        if len(self._matrix) != 6:  # noqa: PLR2004
            raise NotRebuildable
        box = access.entry(untrusted, "/FontBBox")
        self._box = [measure(item) for item in access.array(box)][:4] if isinstance(box, ArrayObject) else []
        self._box += [0] * (4 - len(self._box))
        self._procedures = access.dictionary(access.entry(untrusted, "/CharProcs"))
        resources = access.entry(untrusted, "/Resources")
        self._resources = resources if isinstance(resources, DictionaryObject) else None
        self._encoding = Encoding(untrusted)
        self._texts = text_map(untrusted)
        self._widths, _ = widths(untrusted)
        self._demanded: set[int] = set()
        self._blanks = Blanks()
        self.is_coloured = False

    def codes(self, shown: bytes) -> list[bytes]:
        for code in [code for code in dict.fromkeys(shown) if code not in self._demanded]:
            # Noted before it is drawn: a glyph that shows itself would never come to an end.
            self._demanded.add(code)
            procedure = self._procedure(self._encoding.name(code, None))
            made = self._glyph(procedure, self._resources, Names()).value if procedure is not None else None
            if isinstance(made, Stream):
                self.is_coloured |= not _UNCOLOURED.search(made.data)
            if not _paints(made):
                self._blanks.add(bytes((code,)), self._text(code))
        return [shown[at : at + 1] for at in range(len(shown))]

    @property
    def says_more(self) -> bool:
        return self._texts.says_more

    @property
    def blanks(self) -> Collection[bytes]:
        """Codes, of those that were cut out so far, that draw nothing."""
        return self._blanks.all

    @property
    def undrawn(self) -> Collection[bytes]:
        """Codes, of those that were cut out so far, that draw nothing and are no spaces."""
        return self._blanks.undrawn

    def advance(self, code: bytes) -> float:
        return self._widths.get(code[0], 0) * self._matrix[0] * 1000

    def build(self, used: Collection[bytes]) -> Value:
        names = Names()
        codes = sorted({code[0] for code in used})
        drawn: dict[str, tuple[bytes, Node]] = {}
        by_code: dict[int, bytes] = {}
        for code in codes:
            name = self._encoding.name(code, None)
            procedure = self._procedure(name)
            if name is None or procedure is None:
                continue
            if name not in drawn:
                drawn[name] = (b"a%d" % len(drawn), self._glyph(procedure, self._resources, names))
            by_code[code] = drawn[name][0]
        entries: dict[bytes, Value] = {
            b"Type": Name(b"Font"),
            b"Subtype": Name(b"Type3"),
            b"FontBBox": self._box,
            b"FontMatrix": self._matrix,
            b"CharProcs": dict(drawn.values()),
            b"Encoding": {b"Type": Name(b"Encoding"), b"Differences": differences(by_code)},
            **said_widths({code: self._widths.get(code, 0) for code in codes}),
        }
        resources = names.resources()
        if resources:
            entries[b"Resources"] = resources
        # What paints nothing says nothing, whatever the document calls it.
        inked = {name for name, node in drawn.values() if _paints(node.value)}
        texts = {
            bytes((code,)): text for code in codes if (text := self._text(code)).isspace() or by_code.get(code) in inked
        }
        return {**entries, **said_texts(texts)}

    def _procedure(self, name: str | None) -> StreamObject | None:
        """Return what draws the glyph of this name, if there is one."""
        found = access.entry(self._procedures, f"/{name}") if name is not None else None
        if found is not None and not isinstance(found, StreamObject):
            raise NotRebuildable
        return found

    def _text(self, code: int) -> str:
        return self._texts.text(code) or text_of(self._encoding.name(code, None))


def _paints(made: object) -> bool:
    """Whether a glyph paints anything."""
    return isinstance(made, Stream) and _PAINTS.search(made.data) is not None
