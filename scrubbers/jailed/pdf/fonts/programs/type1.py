"""Reads a Type 1 program: outlines, names, own encoding, without executing it. Raises NotRebuildable.

Adobe Type 1 Font Format, 1990. The program is text in PostScript; what writes it does so in a few forms, which are
looked for. No PostScript is run.

1 the wrapping of a PFB file goes                  4 Subrs and CharStrings are cut out by their lengths
2 matrix and encoding are read from the clear part 5 a charstring is decrypted and read when it is asked for
3 the other part is decrypted
"""

import re
from typing import Final

from fontTools.encodings.StandardEncoding import StandardEncoding

from scrubbers.jailed.pdf.fonts.programs.cff import USUAL_MATRIX, Matrix
from scrubbers.jailed.pdf.fonts.programs.outline import Outline
from scrubbers.jailed.pdf.fonts.programs.type1_charstring import Type1Reader
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable

_PFB: Final = 0x80
_EEXEC: Final = re.compile(rb"\beexec(?:\r\n|[ \t\r\n])")
_HEX: Final = re.compile(rb"[0-9A-Fa-f \t\r\n]{4,}")
_MATRIX: Final = re.compile(rb"/FontMatrix\s*\[([-+0-9.eE\s]{1,200})\]")
_STANDARD: Final = re.compile(rb"/Encoding\s+StandardEncoding\s+def")
_ENCODED: Final = re.compile(rb"\bdup\s+(8#)?([0-9]{1,3})\s*/([^\s/\[\]{}()<>%]{1,127})\s+put\b")
_LEN_IV: Final = re.compile(rb"/lenIV\s+(-?[0-9]{1,2})\b")
_SUBRS: Final = re.compile(rb"/Subrs\s+([0-9]{1,5})\s+array")
_SUBR: Final = re.compile(rb"(?:\s*(?:NP|\||noaccess|put|readonly))*\s*dup\s+([0-9]{1,5})\s+([0-9]{1,5})\s+\S{1,20} ")
_CHARSTRING: Final = re.compile(rb"[^/]{0,60}/([^\s/\[\]{}()<>%]{1,127})\s+([0-9]{1,5})\s+\S{1,20} ")
_NOT_DEFINED: Final = ".notdef"
_EEXEC_KEY, _CHARSTRING_KEY = 55665, 4330
_MULTIPLIER, _ADDEND = 52845, 22719
_EEXEC_SALT: Final = 4
_MOST_SUBROUTINES: Final = 65_000
_MOST_GLYPHS: Final = 20_000


class Type1Program:
    """A Type 1 program of the source, with what a `CffProgram` keyed by names has."""

    keyed_by_cid: Final = False

    def __init__(self, untrusted: bytes) -> None:
        clear, private = _parts(_unwrapped(untrusted))
        self.matrix: Matrix = _matrix(clear)
        iv = _LEN_IV.search(private)
        self._salt = int(iv[1]) if iv is not None else _EEXEC_SALT
        at_glyphs = private.find(b"/CharStrings")
        if at_glyphs < 0:
            raise NotRebuildable
        self._subroutines = _subroutines(private)
        self._charstrings = _charstrings(private, at_glyphs)
        # Glyph 0 is what stands for missing ones, wherever in the program it is.
        self.names = [_NOT_DEFINED, *(name for name in self._charstrings if name != _NOT_DEFINED)]
        self.count = len(self.names)
        self.by_name = {name: glyph for glyph, name in enumerate(self.names)}
        self.by_cid: dict[int, int] = {}
        self.encoding = _encoding(clear, self.by_name)
        self._outlines: dict[int, Outline] = {}
        self._plain_subroutines: dict[int, bytes] = {}

    def outline(self, glyph: int) -> Outline:
        """Return the glyph's outline; raises NotRebuildable."""
        found = self._outlines.get(glyph)
        if found is None:
            if not 0 <= glyph < self.count:
                raise NotRebuildable
            found = self._outlines[glyph] = self._read(self.names[glyph], accents=True)
        return found

    def _read(self, name: str, *, accents: bool) -> Outline:
        if name == _NOT_DEFINED and name not in self._charstrings:
            return Outline()
        return Type1Reader(self._subroutine, self._accented if accents else None).read(
            _decrypted_charstring(self._charstrings[name], self._salt)
        )

    def _accented(self, code: int) -> Outline:
        name = StandardEncoding[code] if 0 <= code < len(StandardEncoding) else ""
        if name not in self._charstrings:
            raise NotRebuildable
        return self._read(name, accents=False)

    def _subroutine(self, number: int) -> bytes:
        found = self._plain_subroutines.get(number)
        if found is None:
            if number not in self._subroutines:
                raise NotRebuildable
            found = _decrypted_charstring(self._subroutines[number], self._salt)
            self._plain_subroutines[number] = found
        return found


def _unwrapped(untrusted: bytes) -> bytes:
    if not untrusted.startswith(b"\x80"):
        return untrusted
    parts, position = [], 0
    while position + 6 <= len(untrusted) and untrusted[position] == _PFB and untrusted[position + 1] in {1, 2}:
        size = int.from_bytes(untrusted[position + 2 : position + 6], "little")
        parts.append(untrusted[position + 6 : position + 6 + size])
        position += 6 + size
    return b"".join(parts)


def _parts(untrusted: bytes) -> tuple[bytes, bytes]:
    """Return the clear part and the other one, decrypted."""
    found = _EEXEC.search(untrusted)
    if found is None:
        raise NotRebuildable
    secret = untrusted[found.end() :]
    # Zeros and a last word follow; reading them would only take time.
    end = secret.rfind(b"cleartomark")
    if end > 0:
        secret = secret[:end].rstrip(b"0 \t\r\n")
    digits = _HEX.match(secret)
    if digits is not None:
        joined = re.sub(rb"[^0-9A-Fa-f]", b"", secret)
        secret = bytes.fromhex(joined[: len(joined) // 2 * 2].decode())
    return untrusted[: found.start()], _decrypted(secret, _EEXEC_KEY)[_EEXEC_SALT:]


def _decrypted(secret: bytes, key: int) -> bytes:
    plain = bytearray(len(secret))
    for index, byte in enumerate(secret):
        plain[index] = byte ^ (key >> 8)
        key = ((byte + key) * _MULTIPLIER + _ADDEND) & 0xFFFF
    return bytes(plain)


def _decrypted_charstring(secret: bytes, salt: int) -> bytes:
    return secret if salt < 0 else _decrypted(secret, _CHARSTRING_KEY)[salt:]


def _matrix(clear: bytes) -> Matrix:
    found = _MATRIX.search(clear)
    if found is None:
        return USUAL_MATRIX
    values = tuple(float(value) for value in found[1].split())
    if len(values) != 6 or not values[0]:  # noqa: PLR2004
        raise NotRebuildable
    return values


def _encoding(clear: bytes, by_name: dict[str, int]) -> dict[int, int]:
    start = clear.find(b"/Encoding")
    if start < 0 or _STANDARD.match(clear, start):
        pairs = enumerate(StandardEncoding)
        return {code: by_name[name] for code, name in pairs if name in by_name and name != _NOT_DEFINED}
    found = {}
    for entry in _ENCODED.finditer(clear, start):
        code, name = int(entry[2], 8 if entry[1] else 10), entry[3].decode("latin-1")
        if code <= 0xFF and name in by_name and name != _NOT_DEFINED:  # noqa: PLR2004
            found[code] = by_name[name]
    return found


def _subroutines(private: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    array = _SUBRS.search(private)
    if array is None:
        return found
    position = array.end()
    while len(found) < _MOST_SUBROUTINES:
        entry = _SUBR.match(private, position)
        if entry is None:
            break
        position = entry.end() + int(entry[2])
        found.setdefault(int(entry[1]), private[entry.end() : position])
    return found


def _charstrings(private: bytes, position: int) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    position += len(b"/CharStrings")
    while len(found) < _MOST_GLYPHS:
        entry = _CHARSTRING.match(private, position)
        if entry is None:
            break
        position = entry.end() + int(entry[2])
        found.setdefault(entry[1].decode("latin-1"), private[entry.end() : position])
    if not found:
        raise NotRebuildable
    return found
