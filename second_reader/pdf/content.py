"""Reads contents: one operator a line, its operands of the right number and kind, in an order that draws something.

Strings stand between brackets, with five escapes and no more; arrays stand in d and TJ only, and in TJ one number
between any two strings; names are those that the new document gives. A matrix stands before a picture, and before a
text as its place. No form, no marked content, no comment, no text that is invisible by its mode or for want of a font,
no path that is neither painted nor a clip. Resources are named in the order of first use; who calls compares them with
those that there are.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from second_reader.pdf.values import NUMBER, Unaccounted, demand

_DEEPEST_STATE: Final = 2  # a clip, and a picture in it
_N: Final = NUMBER
# Brackets, backslashes and line ends are escaped, and nothing else is. Not empty.
TEXT: Final = rb"\((?!\))[^\\()\r\n]*+(?:\\[\\()rn][^\\()\r\n]*+)*+\)"
_NAME: Final = rb"/%s(?:0|[1-9][0-9]{0,5})"
_CODE_BYTES: Final = 2
# Places and strings: nearly all lines of most documents.
_TEXTS: Final = re.compile(rb"(?:(?:%s ){6}+Tm\n|%s Tj\n|\[%s(?: %s %s)++\] TJ\n){1,64}+" % (_N, TEXT, TEXT, _N, TEXT))

# Where in the stream an operator may stand, and where we are after it. ISO 32000-1, figure 9.
_PAGE, _TEXT_OBJECT, _PATH, _CLIP, _PLACED = 1, 2, 4, 8, 16
_ANYWHERE: Final = _PAGE | _TEXT_OBJECT


@dataclass(slots=True)
class Contents:
    """What one stream uses: for each letter how many resources, and shown codes."""

    used: dict[str, int] = field(default_factory=dict)
    # By font: the codes shown with it.
    shown: dict[int, set[int]] = field(default_factory=dict)

    def names(self, letter: str) -> set[str]:
        return {f"{letter}{number}" for number in range(self.used.get(letter, 0))}


@dataclass(slots=True)
class _Rule:
    pattern: re.Pattern[bytes]
    stands: int
    then: int = 0
    act: "Callable[[_Reader, bytes], None] | None" = None


class _Reader:
    def __init__(self) -> None:
        self.contents = Contents()
        self.font: int | None = None
        self.saved: list[int | None] = []

    def read(self, untrusted: bytes) -> None:
        demand(untrusted[-1:] in {b"", b"\n"}, "the contents' last line")
        where, position = _PAGE, 0
        while position < len(untrusted):
            if where == _TEXT_OBJECT and (texts := _TEXTS.match(untrusted, position)) is not None:
                self.show(texts[0])
                position = texts.end()
                continue
            end = untrusted.index(b"\n", position)
            line = untrusted[position:end]
            position = end + 1
            rule = _RULES.get(line[line.rfind(b" ") + 1 :])
            if rule is None or not rule.stands & where or rule.pattern.fullmatch(line) is None:
                raise Unaccounted("operator")
            if rule.act is not None:
                rule.act(self, line)
            where = rule.then or where
        demand(where == _PAGE and not self.saved, "an end of contents")

    def save(self, _line: bytes) -> None:
        demand(len(self.saved) < _DEEPEST_STATE, "saved states")
        self.saved.append(self.font)

    def restore(self, _line: bytes) -> None:
        demand(self.saved, "saved states")
        self.font = self.saved.pop()

    def choose_font(self, line: bytes) -> None:
        self.font = self._use("F", line[2 : line.index(b" ")])

    def use(self, line: bytes) -> None:
        """Note a resource other than a font: the operand before the operator."""
        start = line.rindex(b"/") + 1
        self._use(chr(line[start]), line[start + 1 : line.index(b" ", start)])

    def show(self, lines: bytes) -> None:
        strings = _STRING.findall(lines)
        if not strings:
            return
        if self.font is None:
            raise Unaccounted("text without a font")
        # No string has a line end. Of an escape of two bytes one counts.
        signs = b"\n".join(strings).replace(b"\\\\", b".").replace(b"\\", b"")
        lengths = set(map(len, signs.split(b"\n")))
        demand(all(length % _CODE_BYTES == 0 for length in lengths), "codes that come out even")
        codes = unescaped(b"".join(strings))
        shown = struct.unpack(f">{len(codes) // _CODE_BYTES}H", codes)
        self.contents.shown.setdefault(self.font, set()).update(shown)

    def _use(self, letter: str, digits: bytes) -> int:
        number = int(digits)
        used = self.contents.used.get(letter, 0)
        if number >= used:
            demand(number == used, "resources by order of use")
            self.contents.used[letter] = used + 1
        return number


_STRING: Final = re.compile(rb"\(([^\\()]*+(?:\\.[^\\()]*+)*+)\)")


def unescaped(string: bytes) -> bytes:
    """Return the bytes that a string stands for, or several strings one after the other: none has a line end."""
    found = string.replace(b"\\\\", b"\n").replace(b"\\r", b"\r").replace(b"\\(", b"(").replace(b"\\)", b")")
    return b"\n".join([part.replace(b"\n", b"\\") for part in found.split(b"\\n")])


def strings_of(contents: bytes) -> bytes:
    """Return what all strings of contents that were read stand for, one after the other."""
    return unescaped(b"".join(_STRING.findall(contents)))


def _rules() -> dict[bytes, _Rule]:
    def numbers(count: int) -> bytes:
        return (_N + b" ") * count

    rules: dict[bytes, _Rule] = {}

    def add(
        operators: bytes,
        operands: bytes,
        stands: int,
        then: int = 0,
        act: Callable[[_Reader, bytes], None] | None = None,
    ) -> None:
        for operator in operators.split():
            rules[operator] = _Rule(re.compile(operands + re.escape(operator)), stands, then, act)

    add(b"q", b"", _PAGE, act=_Reader.save)
    add(b"Q", b"", _PAGE, act=_Reader.restore)
    add(b"cm", numbers(6), _PAGE, _PLACED)
    add(b"w M J j", numbers(1), _ANYWHERE)
    add(b"d", rb"\[(?:%s(?: %s)*)?\] %s " % (_N, _N, _N), _ANYWHERE)
    add(b"gs", _NAME % b"G" + b" ", _ANYWHERE, act=_Reader.use)
    add(b"m l", numbers(2), _PAGE | _PATH, _PATH)
    add(b"c", numbers(6), _PAGE | _PATH, _PATH)
    add(b"re", numbers(4), _PAGE | _PATH, _PATH)
    add(b"h", b"", _PAGE | _PATH, _PATH)
    add(b"S f f* B B*", b"", _PATH, _PAGE)
    add(b"W W*", b"", _PATH, _CLIP)
    add(b"n", b"", _CLIP, _PAGE)
    add(b"BT", b"", _PAGE, _TEXT_OBJECT)
    add(b"ET", b"", _TEXT_OBJECT, _PAGE)
    add(b"Tf", _NAME % b"F" + b" " + numbers(1), _ANYWHERE, act=_Reader.choose_font)
    add(b"Tr", b"[012] ", _ANYWHERE)
    add(b"G g", numbers(1), _ANYWHERE)
    add(b"RG rg", numbers(3), _ANYWHERE)
    add(b"K k", numbers(4), _ANYWHERE)
    add(b"Do", _NAME % b"X" + b" ", _PLACED, _PAGE, act=_Reader.use)
    return rules


_RULES: Final = _rules()


def read_contents(untrusted: bytes) -> Contents:
    """Return what one stream uses; raises Unaccounted."""
    reader = _Reader()
    reader.read(untrusted)
    return reader.contents
