"""Which glyph a code of a simple font means, as the program that draws the pages finds it, and which text.

What the standard says leaves much open, and documents that break it are common. So the rules are those of the drawing
program; the comparison of the pages shows where they are not. A glyph of None is not drawn at all; 0 is what stands for
missing ones.
"""

from collections.abc import Callable, Mapping
from typing import Final

from scrubbers.jailed.pdf.fonts.descriptor import NONSYMBOLIC, SYMBOLIC
from scrubbers.jailed.pdf.fonts.glyph_names import MAC_ROMAN, STANDARD, WIN_ANSI, Encoding, text_of
from scrubbers.jailed.pdf.fonts.programs.cff import CffProgram
from scrubbers.jailed.pdf.fonts.programs.sfnt import Lookup, Tables
from scrubbers.jailed.pdf.fonts.programs.type1 import Type1Program

_SYMBOL, _MAC, _UNICODE = (3, 0), (1, 0), (3, 1)
_UNICODES: Final = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))
# In which parts of the private area symbols stand.
_PREFIXES: Final = (0xF000, 0xF100, 0xF200, 0x0000)
_SPACE: Final = 0x20
_FIRST_REAL_GLYPH: Final = 3
_NOT_DEFINED: Final = ".notdef"


class NamedCodes:
    """Codes of a font whose glyphs have names."""

    def __init__(self, program: CffProgram | Type1Program, encoding: Encoding, flags: int) -> None:
        self._program = program
        self._encoding = encoding
        # A font of letters that says nothing means the standard encoding, except where its program says better.
        self._base = None if flags & SYMBOLIC else STANDARD
        self._symbolic = bool(flags & SYMBOLIC)
        self._by_text: dict[str, int] | None = None

    def glyph(self, code: int) -> int | None:
        name = self._name(code)
        if name is None:
            return self._program.encoding.get(code, 0)
        if name == _NOT_DEFINED and not self._symbolic:
            return None
        found = self._program.by_name.get(name)
        if found is None:
            found = self._texts().get(text_of(name), 0)
        return found

    def text(self, code: int) -> str:
        name = self._name(code)
        if name is None:
            glyph = self._program.encoding.get(code)
            name = self._program.names[glyph] if glyph is not None and glyph < len(self._program.names) else None
        return text_of(name)

    def _name(self, code: int) -> str | None:
        if not self._encoding.is_said and code in self._program.encoding:
            return None
        return self._encoding.name(code, self._base)

    def _texts(self) -> dict[str, int]:
        if self._by_text is None:
            self._by_text = {}
            for name, glyph in self._program.by_name.items():
                self._by_text.setdefault(text_of(name), glyph)
            self._by_text.pop("", None)
        return self._by_text


class TableCodes:
    """Codes of a font whose glyphs have numbers, by the maps of its program."""

    def __init__(
        self,
        tables: Tables,
        names: Mapping[str, int],
        encoding: Encoding,
        flags: int,
        *,
        first: int,
        said: Callable[[int], str],
    ) -> None:
        self._maps = dict(tables.maps)
        self._names = names
        self._encoding = encoding
        self._first = first
        self._said = said
        self._nonsymbolic = bool(flags & NONSYMBOLIC)
        unicode_map = next((self._maps[key] for key in _UNICODES if key in self._maps), None)
        if unicode_map is None and names:
            unicode_map = self._maps[_UNICODE] = _by_texts(names)
        self._unicode = unicode_map
        # A font of letters means the standard encoding if it says none.
        self._base = None if flags & SYMBOLIC and not encoding.differences else STANDARD
        if encoding.base is not None:
            self._base = self._supported(encoding.base) if flags & SYMBOLIC else encoding.base
        by_names = (self._base is WIN_ANSI or self._base is MAC_ROMAN) and not encoding.differences
        self._by_names = by_names or self._nonsymbolic
        self._kind = self._kind_of_map()
        self._plain = None if self._by_names else self._plain_lookup()

    def glyph(self, code: int) -> int | None:
        if self._by_names:
            return self._glyph_by_name(code)
        return self._plain(code) if self._plain is not None else code

    def text(self, code: int) -> str:
        name = self._name(code)
        if self._by_names or self._kind == _SYMBOL:
            found = text_of(name)
            if found or _MAC not in self._maps or self._by_names:
                return found
        return text_of(MAC_ROMAN.get(code)) if _MAC in self._maps else ""

    def _name(self, code: int) -> str | None:
        found = self._encoding.differences.get(code)
        return found if found is not None else self._base.get(code) if self._base is not None else None

    def _supported(self, base: Mapping[int, str]) -> Mapping[int, str] | None:
        """Return the encoding, which for a symbolic font holds only if its program has a map of that platform."""
        win = any(platform in {0, 3} for platform, _ in self._maps)
        mac = any(platform == 1 for platform, _ in self._maps)
        if base is WIN_ANSI and not win:
            return MAC_ROMAN if mac else None
        if base is MAC_ROMAN and not mac:
            return WIN_ANSI if win else None
        return base

    def _kind_of_map(self) -> tuple[int, int] | None:
        order = (_UNICODE, _MAC, _SYMBOL) if self._nonsymbolic else (_UNICODE, _SYMBOL, _MAC)
        return next((kind for kind in order if kind in self._maps), None)

    def _glyph_by_name(self, code: int) -> int | None:
        if not self._maps and not self._names:
            return _FIRST_REAL_GLYPH + code - self._first if code >= self._first else 0
        name = self._name(code)
        if name is None:
            return self._current(code)
        glyph = self._by_kind(code, name)
        if glyph:
            return glyph
        if name == _NOT_DEFINED:
            return self._current(_SPACE)
        glyph = self._names.get(name, 0)
        said = self._said(code)
        return glyph or (self._current(ord(said[0])) if said else 0)

    def _current(self, code: int) -> int:
        """By the map that is chosen, whatever it is."""
        chosen = self._maps.get(self._kind) if self._kind is not None else self._unicode
        return chosen(code) if chosen is not None else 0

    def _by_kind(self, code: int, name: str) -> int:
        if self._kind == _SYMBOL:
            return _symbol(self._maps[_SYMBOL], code)
        text = text_of(name)
        if not text:
            return 0
        if self._kind == _UNICODE:
            return self._maps[_UNICODE](ord(text[0]))
        if self._kind == _MAC:
            mac = _MAC_CODES.get(text)
            return self._maps[_MAC](mac) if mac is not None else self._names.get(name, 0)
        return 0

    def _plain_lookup(self) -> Callable[[int], int] | None:
        """For fonts of symbols: the first map in which any code has a glyph."""
        if _SYMBOL in self._maps:
            symbols = self._maps[_SYMBOL]
            if any(_symbol(symbols, code) for code in range(256)):
                return lambda code: _symbol(symbols, code)
        if _MAC in self._maps:
            return self._maps[_MAC]
        if self._unicode is not None and any(map(self._unicode, range(256))):
            return self._unicode
        return None


def _symbol(lookup: Lookup, code: int) -> int:
    return next((glyph for prefix in _PREFIXES if (glyph := lookup(prefix + code))), 0)


def _by_texts(names: Mapping[str, int]) -> Lookup:
    """Return the map that the drawing program makes for itself of names."""
    by_text: dict[int, int] = {}
    for name, glyph in names.items():
        text = text_of(name)
        if len(text) == 1:
            by_text.setdefault(ord(text), glyph)
    return lambda code: by_text.get(code, 0)


_MAC_CODES: Final = {text_of(name): code for code, name in reversed(list(MAC_ROMAN.items()))}
