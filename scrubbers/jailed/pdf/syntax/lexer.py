"""Cuts a page's contents into operators with their operands. Own and small: pypdf's takes seven times as long.

Numbers come in the one form that the new document uses (`Number`), names without their slash and with their escapes
undone, strings as their bytes, arrays as lists. A dictionary, which only marked content and inline pictures have, comes
as a dict. What cannot be an operand (a stray bracket, a broken string) raises NotRebuildable: the page becomes pixels.

Grammar: ISO 32000-1, 7.2 and 7.8.2; inline pictures 8.9.7.
"""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from scrubbers.jailed.pdf.syntax.memo import Memo
from scrubbers.jailed.pdf.syntax.writer import NotRebuildable, number
from trusted.jail.stages import TookTooLong


class Number(bytes):
    """A number as it will be written; `float()` understands it."""

    __slots__ = ()


class LexedName(bytes):
    """A name of the source, without its slash. Never written: the new document gives its own names."""

    __slots__ = ()


Operand: TypeAlias = "Number | LexedName | bytes | list[Operand] | dict[bytes, Operand] | bool | None"
Operation: TypeAlias = tuple[bytes, list[Operand]]
# The operator of an inline picture: its operands are its dictionary and its data.
INLINE: Final = b"BI"

_NUMBER = rb"[+-]?(?:[0-9]++\.?[0-9]*+|\.[0-9]++)(?=[\0\t\n\f\r \[\]()<>/%]|\Z)"
# With no escapes but those of one sign, which many strings have where codes have two bytes.
_STRING = rb"\([^()\\\r]*+(?:\\[^0-7\r][^()\\\r]*+)*+\)|<[0-9A-Fa-f]*+>"
_PARTS: Final = re.compile(rb"%s|%s" % (_STRING, _NUMBER))
_TOKEN: Final = re.compile(
    rb"[\0\t\n\f\r ]*(?:%%[^\r\n]*[\0\t\n\f\r ]*)*(?:"
    rb"(?P<plain>%s|/[^\0\t\n\f\r \[\]()<>{}/%%]*|%s|<[0-9A-Fa-f\0\t\n\f\r ]*>)"
    rb"|(?P<word>[^\0\t\n\f\r \[\]()<>{}/%%]+)"
    rb"|(?P<mark><<|>>|[\[\](])"
    rb"|(?P<end>\Z)"
    rb")" % (_NUMBER, _STRING)
)
# Nearly every operation, read in one piece. Nothing in it can be read in two ways.
_USUAL: Final = re.compile(
    rb"[\t\n\f\r ]*+"
    rb"((?:/[^\0- \[\]()<>{}/%%]*+[\t\n\f\r ]*+)?+(?:%b[\t\n\f\r ]*+){0,6}+)"  # a name, and numbers
    rb"((?:%b|\[(?:[\t\n\f\r ]*+(?:%b|%b))*+[\t\n\f\r ]*+\])?+)[\t\n\f\r ]*+"  # a string, or text with kerning
    rb"((?!true|false|null|BI)[A-Za-z'\"*]++)(?=[\0\t\n\f\r \[\]()<>/%%]|\Z)" % (_NUMBER, _STRING, _STRING, _NUMBER)
)
_CANONICAL: Final = re.compile(rb"(?!-0\Z)-?(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{0,5}[1-9])?")
_ODD_NUMBER: Final = re.compile(rb"[+-]*[0-9.]+(?:-[0-9]*)?")
_ESCAPED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_ESCAPE: Final = re.compile(rb"\\(.)", re.DOTALL)
_STRING_PART: Final = re.compile(rb"[^()\\\r]+|\\[0-7]{1,3}|\\\r\n|\\.|\r\n?|[()]", re.DOTALL)
_ESCAPES: Final = {
    b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"\r\n": b"", b"\r": b"", b"\n": b"",
}  # fmt: skip
_INLINE_END: Final = re.compile(rb"[\0\t\n\f\r ]EI(?=[\0\t\n\f\r ]|$)")
# What follows the end of an inline picture reads as contents; picture data hardly ever does for this long.
_TEXT_BYTES: Final = 24
_MOST_OPERANDS: Final = 400  # of one operator
_DEEPEST: Final = 8  # arrays and dictionaries in each other
# Of one stream. A map or a plan can have more; it becomes pixels before half a second has gone into reading it.
_MOST_OPERATIONS: Final = 250_000
_SPACES: Final = b"\0\t\n\f\r "

# PDFium takes up to twenty microseconds for each of these, and as long for a point of a path that crosses itself.
_PAINTS: Final = re.compile(rb"[\0\t\n\f\r ](?:[SsFfBb]\*?|T[jJ]|Do)(?=[\0\t\n\f\r ])")
_MOST_PAINTED: Final = 400_000  # at that, eight seconds
_POINTS: Final = re.compile(rb"[\0\t\n\f\r ][lcvy](?=[\0\t\n\f\r ])")
_MOST_POINTS: Final = 100_000  # of one path
_POINT_BYTES: Final = 6  # the shortest, as "0 0 l" and a blank

_KEPT: Final = 100_000  # of operands


def operations(untrusted: bytes) -> Iterator[Operation]:
    """Each operator with its operands, in order; raises NotRebuildable where the grammar breaks."""
    lexer = _Lexer(untrusted)
    for _ in range(_MOST_OPERATIONS):
        operation = lexer.usual_operation() or lexer.operation()
        if operation is None:
            return
        yield operation
    raise NotRebuildable


def require_drawable(untrusted: bytes) -> None:
    """Raise TookTooLong for contents that PDFium would draw on and on: it draws a page more than once."""
    if len(untrusted) < _MOST_POINTS * _POINT_BYTES:
        return
    drawn = _PAINTS.split(untrusted)
    if len(drawn) > _MOST_PAINTED or any(
        len(part) > _MOST_POINTS * _POINT_BYTES and len(_POINTS.findall(part)) > _MOST_POINTS for part in drawn
    ):
        raise TookTooLong


def as_number(untrusted: bytes) -> Number:
    """Return a number's one form; raises NotRebuildable."""
    if _CANONICAL.fullmatch(untrusted):
        return Number(untrusted)
    try:
        return Number(number(float(untrusted)))
    except ValueError:
        raise NotRebuildable from None


def _operand(untrusted: bytes) -> bytes:
    """Return what a name, a string or a number stands for; raises NotRebuildable."""
    match untrusted[:1]:
        case b"/":
            return LexedName(_ESCAPED.sub(lambda escape: bytes.fromhex(escape[1].decode()), untrusted[1:]))
        case b"(":
            return _ESCAPE.sub(lambda escape: _ESCAPES.get(escape[1], escape[1]), untrusted[1:-1])
        case b"<":
            digits = untrusted[1:-1].translate(None, _SPACES)
            return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())
        case _:
            return as_number(untrusted)


# A document shows few words, letters and gaps, and each many times.
_operands: Final[Memo[bytes, bytes]] = Memo(_operand, _KEPT)
VALUES: Final[Memo[bytes, float]] = Memo(float, _KEPT)


class _Lexer:
    def __init__(self, untrusted: bytes) -> None:
        self._untrusted = untrusted
        self._position = 0

    def usual_operation(self) -> Operation | None:
        """Return the next operator with what stands before it; None where it has to be read token by token."""
        found = _USUAL.match(self._untrusted, self._position)
        if found is None:
            return None
        self._position = found.end()
        before, text, operator = found.groups()
        operands: list[Operand] = [_operands[part] for part in before.split()]
        if text:
            operands.append([_operands[part] for part in _PARTS.findall(text)] if text[:1] == b"[" else _operands[text])
        return operator, operands

    def operation(self) -> Operation | None:
        """Return the next operator with what stands before it; None at the end."""
        operands: list[Operand] = []
        while (found := self._token()).lastgroup != "end":
            if found.lastgroup == "word" and not _is_operand(found["word"]):
                return (INLINE, self._inline()) if found["word"] == INLINE else (found["word"], operands)
            operands.append(self._operand(found, 0))
            if len(operands) > _MOST_OPERANDS:
                raise NotRebuildable
        return None

    def _token(self) -> "re.Match[bytes]":
        found = _TOKEN.match(self._untrusted, self._position)
        if found is None:
            raise NotRebuildable
        self._position = found.end()
        return found

    def _operand(self, found: "re.Match[bytes]", depth: int) -> Operand:
        """Return what the token is or begins, if it may stand among operands."""
        match found.lastgroup:
            case "plain":
                return _operands[found["plain"]]
            case "mark":
                return self._compound(found["mark"], depth)
            case "word" if found["word"] in _LITERALS:
                return _LITERALS[found["word"]]
            case "word" if _is_operand(found["word"]):
                return _odd_number(found["word"])
            case _:
                raise NotRebuildable

    def _compound(self, mark: bytes, depth: int) -> Operand:
        if depth > _DEEPEST:
            raise NotRebuildable
        if mark == b"(":
            return self._string()
        if mark == b"[":
            return self._until(b"]", depth)
        if mark == b"<<":
            return _as_dictionary(self._until(b">>", depth))
        raise NotRebuildable

    def _until(self, mark: bytes, depth: int) -> list[Operand]:
        items: list[Operand] = []
        while (found := self._token())["mark"] != mark:
            items.append(self._operand(found, depth + 1))
        return items

    def _string(self) -> bytes:
        """Return a string with brackets or escapes in it; the opening bracket is behind us."""
        parts: list[bytes] = []
        open_brackets = 1
        while True:
            found = _STRING_PART.match(self._untrusted, self._position)
            if found is None:
                raise NotRebuildable
            self._position = found.end()
            part = found[0]
            if part == b"(":
                open_brackets += 1
            elif part == b")":
                open_brackets -= 1
                if not open_brackets:
                    return b"".join(parts)
            elif part[:1] == b"\\":
                part = _unescaped(part[1:])
            elif part[:1] == b"\r":
                part = b"\n"
            parts.append(part)

    def _inline(self) -> list[Operand]:
        """Return an inline picture's dictionary and its data."""
        entries: list[Operand] = []
        while (found := self._token())["word"] != b"ID":
            entries.append(self._operand(found, 0))
        # One white space belongs to ID; some writers put two for the line's end.
        start = self._position + (2 if self._untrusted.startswith(b"\r\n", self._position) else 1)
        position = max(start - 1, 0)
        while True:
            end = _INLINE_END.search(self._untrusted, position)
            if end is None:
                raise NotRebuildable
            after = self._untrusted[end.end() : end.end() + _TEXT_BYTES]
            if all(byte in _SPACES or 32 <= byte < 127 for byte in after):  # noqa: PLR2004  what can be typed
                break
            position = end.start() + 1
        self._position = end.end()
        return [_as_dictionary(entries), self._untrusted[start : end.start()]]


_LITERALS: Final[dict[bytes, Operand]] = {b"true": True, b"false": False, b"null": None}


def _is_operand(word: bytes) -> bool:
    return word in _LITERALS or _ODD_NUMBER.fullmatch(word) is not None


def _odd_number(untrusted: bytes) -> Number:
    """Numbers as some writers have them: `--5`, `12.3-4`, `1.2.3`, `.`; read as other programs read them."""
    sign = b"-" if untrusted.startswith(b"-") else b""
    digits = untrusted.lstrip(b"+-").partition(b"-")[0]
    whole, point, rest = digits.partition(b".")
    return as_number(sign + (whole or b"0") + point + rest.partition(b".")[0])


def _unescaped(escape: bytes) -> bytes:
    if escape[:1].isdigit():
        try:
            return bytes((int(escape, 8) & 0xFF,))
        except ValueError:
            return escape
    return _ESCAPES.get(escape, escape)


def _as_dictionary(items: list[Operand]) -> dict[bytes, Operand]:
    keys, values = items[::2], items[1::2]
    if len(keys) != len(values) or not all(isinstance(key, LexedName) for key in keys):
        raise NotRebuildable
    return {bytes(key): value for key, value in zip(keys, values, strict=True) if isinstance(key, LexedName)}
