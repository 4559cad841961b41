"""Names of glyphs: what the encodings of simple fonts say, and which text a name means.

A glyph's name can carry any text, so the new document has names of its own: `g` and a number in programs, `a` and a
number for glyphs that are drawn (Type 3). Only fonts that are not in the document keep names, and only those that every
reader knows, for there the name is all that says what is drawn.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from fontTools import agl
from fontTools.encodings.MacRoman import MacRoman
from fontTools.encodings.StandardEncoding import StandardEncoding
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject

from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_CODES: Final = 256
_MOST_DIFFERENCES: Final = 1_000
_NOT_DEFINED: Final = ".notdef"
_BULLETS_FROM: Final = 0x7F
_DINGBAT: Final = re.compile(r"a[1-9][0-9]{0,2}")
# More than that is text, not the name of a glyph.
_LONGEST_TEXT: Final = 6
_LONGEST_LIGATURE: Final = 3  # ffi
# Soft hyphen, and the joiners that some scripts cannot do without.
_FORMATS_KEPT: Final = frozenset("\u00ad\u200c\u200d")
_DROPPED: Final = frozenset(("Cc", "Cf", "Cs", "Cn"))


def _ligatures() -> frozenset[str]:
    """Return the parts of the letters that Unicode makes of several letters or marks: fi, a lam and an alef, an ij."""
    blocks = (*range(0xC0, 0x3000), *range(0xF900, 0xFF00))
    letters = (letter for letter in map(chr, blocks) if unicodedata.category(letter) in {"Lu", "Ll", "Lt", "Lo"})
    found = {unicodedata.normalize("NFKC", letter) for letter in letters}
    return frozenset(
        each
        for each in found
        if 1 < len(each) <= _LONGEST_LIGATURE and all(unicodedata.category(part)[0] in "LM" for part in each)
    )


_LIGATURES: Final = _ligatures()


def _win_ansi() -> dict[int, str]:
    """PDF's table D.2: Windows code page 1252, with a bullet where nothing else is."""
    names = {}
    for code in range(0x20, _CODES):
        try:
            names[code] = agl.UV2AGL.get(ord(bytes((code,)).decode("cp1252")), "bullet")
        except UnicodeDecodeError:
            names[code] = "bullet"
    superiors = {0xB2: "twosuperior", 0xB3: "threesuperior", 0xB9: "onesuperior"}
    return {**names, **superiors, _BULLETS_FROM: "bullet", 0xA0: "space", 0xAD: "hyphen"}


def _mac_roman() -> dict[int, str]:
    names = {code: name for code, name in enumerate(MacRoman) if name in agl.LEGACY_AGL2UV}
    return {**names, 0xCA: "space"}


STANDARD: Final[Mapping[int, str]] = {code: name for code, name in enumerate(StandardEncoding) if name != _NOT_DEFINED}
WIN_ANSI: Final[Mapping[int, str]] = _win_ansi()
MAC_ROMAN: Final[Mapping[int, str]] = _mac_roman()
# What the name of an encoding means; the expert one is read as the drawing program reads it.
BY_NAME: Final[Mapping[str | None, Mapping[int, str]]] = {
    "/StandardEncoding": STANDARD,
    "/WinAnsiEncoding": WIN_ANSI,
    "/MacRomanEncoding": MAC_ROMAN,
    "/MacExpertEncoding": WIN_ANSI,
}


class Encoding:
    """What the source says of a simple font's codes: a base, if it names one, and differences from it."""

    def __init__(self, untrusted: DictionaryObject) -> None:
        said = access.entry(untrusted, "/Encoding")
        self.base: Mapping[int, str] | None = None
        self.differences: dict[int, str] = {}
        if isinstance(said, NameObject):
            self.base = BY_NAME.get(str(said))
        elif isinstance(said, DictionaryObject):
            self.base = BY_NAME.get(access.name_of(said.get("/BaseEncoding")))
            differences = access.entry(said, "/Differences")
            if isinstance(differences, ArrayObject):
                self.differences = _differences(differences)
        self.is_said = said is not None

    def name(self, code: int, otherwise: Mapping[int, str] | None) -> str | None:
        """Return the name for a code; `otherwise` is the base if the source names none."""
        base = self.base if self.base is not None else otherwise
        found = self.differences.get(code)
        return found if found is not None else base.get(code) if base is not None else None


def _differences(untrusted: ArrayObject) -> dict[int, str]:
    found: dict[int, str] = {}
    code = 0
    for index, item in enumerate(access.array(untrusted)):
        if index > _MOST_DIFFERENCES:
            raise NotRebuildable
        if isinstance(item, NumberObject):
            code = int(item)
        elif isinstance(item, NameObject):
            if 0 <= code < _CODES:
                found[code] = str(item)[1:]
            code += 1
    return found


def text_of(name: str | None) -> str:
    """Return the text that a name means by the Adobe Glyph List and its rules; empty if none."""
    if not name or len(name) > 63:  # noqa: PLR2004  the longest that the rules know
        return ""
    try:
        return allowed_text(agl.toUnicode(name))
    except (ValueError, OverflowError):
        return ""


def known_name(name: str, *, dingbats: bool) -> bool:
    """Whether every reader knows the name, so that it says nothing of its own: Adobe's list for new fonts."""
    return name in agl.AGL2UV or (dingbats and _DINGBAT.fullmatch(name) is not None)


def one_letter(text: str) -> str:
    """Return what may be said of a glyph: one character, or the letters of a ligature; of anything longer the first.

    A glyph that shows several letters and is no ligature of Unicode's says less than it shows: what is said could
    otherwise be any text at all behind the one that is seen.
    """
    composed = unicodedata.normalize("NFC", text)
    if len(text) == 1:
        return text
    return composed if composed in _LIGATURES else composed[:1]


def allowed_text(untrusted: str) -> str:
    """Text for one glyph; empty if it is too long or holds what cannot be seen."""
    if len(untrusted) > _LONGEST_TEXT:
        return ""
    for character in untrusted:
        if unicodedata.category(character) in _DROPPED and character not in _FORMATS_KEPT:
            return ""
    return untrusted
