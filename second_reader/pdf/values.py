"""Reads the values of a rebuilt PDF in the one form in which they may be written; anything else raises Unaccounted.

Names become str, strings (hexadecimal, lower case) bytes, numbers int or float, references `Reference`. Between two
values of a list stands one space, between a key and its value too, and nowhere else one. No comment, no free text, no
second way to write a number, no key twice: a value's bytes say what it means, and nothing more.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

_DEEPEST: Final = 8
# Up to ten digits before the point, six behind it, no zero that could be left out, and no minus before a zero.
NUMBER: Final = rb"(?>-?(?:[1-9][0-9]{0,9}(?:\.[0-9]{0,5}[1-9])?|0\.[0-9]{0,5}[1-9])|0)"
_NUMBERS: Final = re.compile(rb"\[(%s(?: %s)*)\]" % (NUMBER, NUMBER))
_VALUE: Final = re.compile(
    rb"(?P<reference>[1-9][0-9]{0,9}) 0 R"
    rb"|(?P<number>%s)"
    rb"|/(?P<name>[A-Za-z0-9+_.-]+)"
    rb"|<(?P<text>(?:[0-9a-f]{2})*)>"
    rb"|(?P<word>true|false)"
    rb"|(?P<mark><<|\[)" % NUMBER
)
_KEY: Final = re.compile(rb"/([A-Za-z0-9+_.-]+) ")


class Unaccounted(ValueError):
    """There is something in the file that the grammar of a rebuilt PDF does not have. Says which rule, never what."""


def demand(holds: object, rule: str) -> None:
    """Raise Unaccounted, with the rule's name, if it does not hold."""
    if not holds:
        raise Unaccounted(rule)


@dataclass(frozen=True, slots=True)
class Reference:
    """`number 0 R`."""

    number: int


Value: TypeAlias = "bool | int | float | str | bytes | Reference | Sequence[Value] | Mapping[str, Value]"


def value_of(untrusted: bytes) -> Value:
    """Return the one value that these bytes are."""
    value, end = _value(untrusted, 0, 0)
    demand(end == len(untrusted), "value")
    return value


def _value(untrusted: bytes, position: int, depth: int) -> tuple[Value, int]:  # noqa: PLR0911  one for each sort
    numbers = _NUMBERS.match(untrusted, position)
    if numbers is not None:
        return [_number(each) for each in numbers[1].split(b" ")], numbers.end()
    found = _VALUE.match(untrusted, position)
    if found is None or depth > _DEEPEST:
        raise Unaccounted("value")
    text = found[found.lastgroup or 0]
    match found.lastgroup:
        case "reference":
            return Reference(int(text)), found.end()
        case "number":
            return _number(text), found.end()
        case "name":
            return text.decode(), found.end()
        case "text":
            return bytes.fromhex(text.decode()), found.end()
        case "word":
            return text == b"true", found.end()
        case _:
            read = _entries if text == b"<<" else _items
            return read(untrusted, found.end(), depth + 1)


def _items(untrusted: bytes, position: int, depth: int) -> tuple[Value, int]:
    items: list[Value] = []
    while not untrusted.startswith(b"]", position):
        if items:
            demand(untrusted.startswith(b" ", position), "list")
            position += 1
        item, position = _value(untrusted, position, depth)
        items.append(item)
    return items, position + 1


def _entries(untrusted: bytes, position: int, depth: int) -> tuple[Value, int]:
    entries: dict[str, Value] = {}
    while not untrusted.startswith(b">>", position):
        key = _KEY.match(untrusted, position)
        if key is None or (name := key[1].decode()) in entries:
            raise Unaccounted("key")
        entries[name], position = _value(untrusted, key.end(), depth)
    return entries, position + 2


def _number(text: bytes) -> int | float:
    return float(text) if b"." in text else int(text)
