"""Collects what was found in a file, for the report. Bounded: a file with a million comments gives a few lines.

The report is a courtesy to the reporter and never decides what is removed: the clean copy is built from pixels, and
everything else is gone whether it was found here or not. So reading for the report may fail, and then reports "other".
"""

import codecs
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from trusted.jail.protocol import EXAMPLE_CHARACTERS, REPORT_LINES
from trusted.jail.stages import Lost, Removed, What, Where

# So that a page of the report stays readable: at most so many different values of one kind at one place.
_EXAMPLES_OF_A_SORT: Final = 6

# What readers of broken metadata raise, Pillow's and ours.
MALFORMED: Final = (
    AttributeError, LookupError, OSError, OverflowError, RecursionError, SyntaxError, TypeError, ValueError,
    ZeroDivisionError, struct.error, zlib.error,
)  # fmt: skip


# Python loads an encoding's module when it is first used, which in the jail is too late.
for _encoding in ("ascii", "latin-1", "cp1252", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "charmap"):
    codecs.lookup(_encoding)


class Findings:
    """What was found so far."""

    def __init__(self) -> None:
        self._removed: dict[tuple[What, Where], list[str]] = {}
        self._lost: list[Lost] = []

    def add(self, what: What, where: Where, untrusted_example: object = None) -> None:
        """Add one finding; the example is made into one short line of text."""
        examples = self._removed.setdefault((what, where), [])
        example = as_line(untrusted_example)
        if example and example not in examples and len(examples) < _EXAMPLES_OF_A_SORT:
            examples.append(example)

    def lose(self, lost: Lost) -> None:
        if lost not in self._lost:
            self._lost.append(lost)

    @contextmanager
    def reading(self, where: Where) -> Iterator[None]:
        """Wrap code that reads metadata: report malformed data as "other" and go on."""
        try:
            yield
        except MALFORMED:
            self.add(What.OTHER, where)

    def removed(self) -> tuple[Removed, ...]:
        """Return the findings in a fixed order, so that the same file gives the same report."""
        lines: list[Removed] = []
        for (what, where), examples in sorted(self._removed.items()):
            lines += [Removed(what, where, example) for example in examples] or [Removed(what, where, None)]
        return tuple(lines[:REPORT_LINES])

    def lost(self) -> tuple[Lost, ...]:
        return tuple(self._lost)


def as_line(untrusted: object) -> str:
    """Return one line of printable text, cut to size; empty when there is nothing to show."""
    if untrusted is None:
        return ""
    if isinstance(untrusted, bytes):
        untrusted = decode(untrusted[: 8 * EXAMPLE_CHARACTERS])
    text = str(untrusted)[: 8 * EXAMPLE_CHARACTERS]
    text = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(text.split())[:EXAMPLE_CHARACTERS]


def decode(untrusted: bytes) -> str:
    """Decode text of unknown encoding: UTF-16 if every second byte is mostly zero, else UTF-8 or Latin-1."""
    if untrusted.startswith((b"\xfe\xff", b"\xff\xfe")):
        return untrusted.decode("utf-16", "replace")
    if untrusted[1::2].count(0) * 2 > len(untrusted[1::2]):
        return untrusted.decode("utf-16-le", "replace")
    try:
        return untrusted.decode()
    except UnicodeDecodeError:
        return untrusted.decode("latin-1")
