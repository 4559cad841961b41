"""A font of the source while its pages are read: the codes shown with it, and whether its letters can be drawn."""

import math
from collections.abc import Callable, Collection
from typing import Final

from pypdf.generic import DictionaryObject

from scrubbers.jailed.pdf.fonts.rebuild import SourceFont
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import Node, NotRebuildable

_SPACE: Final = b"\0\1"
_EASTERN: Final = {"Japan1", "GB1", "CNS1", "Korea1", "KR"}


class Font:
    """A font of the source, and the codes that were read of it so far."""

    def __init__(self, source: SourceFont, blank: Callable[[bytes], bool] | None = None) -> None:
        """`blank`: of a font whose letters are neither in the document nor here, which codes draw nothing anyway."""
        self.node = Node(late=True)
        self.read: set[bytes] = set()
        self._built: set[bytes] | None = None
        self.broken = False
        self.vertical = source.vertical
        self.undrawn: Collection[bytes] = source.undrawn
        self._source = source
        self._blank = blank
        self._left_out: set[bytes] = set()
        self._cut: dict[bytes, list[bytes]] = {}
        self._advances: dict[bytes, float] = {}
        self._least: tuple[int, float] = 0, 0.0  # of how many codes, and how much

    def codes(self, shown: bytes) -> list[bytes]:
        found = self._cut.get(shown)
        if found is None:
            found = self._cut[shown] = self._source.codes(shown)
            self.undrawn = self._source.undrawn
            if self._blank is not None:
                self._left_out.update(filter(self._blank, found))
                self.undrawn = self._left_out
            self.read.update(found)
            if self.undrawn:
                self.read.difference_update(self.undrawn)
        return found

    @property
    def blanks(self) -> Collection[bytes]:
        return self._source.blanks

    @property
    def lacks_letters(self) -> bool:
        """Whether nothing can draw its letters, here or as pixels."""
        return self._blank is not None

    @property
    def says_more(self) -> bool:
        return self._source.says_more

    def advance(self, code: bytes) -> float:
        found = self._advances.get(code)
        if found is None:
            found = self._advances[code] = self._source.advance(code)
        return found

    def least_advance(self) -> float:
        """Of all codes with ink that were read so far; less than any number if one of them has none."""
        if self._least[0] != len(self.read):
            try:
                self._least = len(self.read), min(map(self.advance, self.read.difference(self.blanks)), default=0.0)
            except NotRebuildable:
                self._least = len(self.read), -math.inf
        return self._least[1]

    def build(self, used: set[bytes]) -> None:
        """Make the node's value: what these codes need. Raises NotRebuildable."""
        if used != self._built:
            self.node.value, self._built = self._source.build(sorted(used)), set(used)


def blank_codes(font: DictionaryObject) -> Callable[[bytes], bool] | None:
    """Which codes of a font left to the reader's computer draw nothing; None for one that is in the document."""
    return _blank_in(font) if _is_left_to_the_reader(font) else None


def _is_left_to_the_reader(font: DictionaryObject) -> bool:
    """Whether it is a Chinese, Japanese or Korean font that the reader's computer has to have: PDFium draws nothing."""
    if access.name_of(font.get("/Subtype")) != "/Type0":
        return False
    descendant = access.dictionary(access.array(access.entry(font, "/DescendantFonts"))[0])
    ordering = access.entry(access.dictionary_in(descendant, "/CIDSystemInfo"), "/Ordering")
    descriptor = access.dictionary_in(descendant, "/FontDescriptor")
    has_program = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    return str(ordering) in _EASTERN and not has_program


def _blank_in(font: DictionaryObject) -> Callable[[bytes], bool]:
    """Whether a code of such a font is a space: by Unicode, or as the first CID of all these orderings."""
    is_unicode = str(access.entry(font, "/Encoding")).startswith("/Uni")
    return lambda code: chr(int.from_bytes(code[:2], "big")).isspace() if is_unicode else code == _SPACE
