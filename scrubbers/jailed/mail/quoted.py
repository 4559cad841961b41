"""Heads of other messages in the text of a message, as bounces quote them: what their reader was shown of them stays.

As text they would keep the route, the programs and the identifiers of a message. Where lines that follow each other are
a head from the first field on (each a field that messages have, or the rest of one, standing further in, up to a blank
line), From, To, Cc, Date and Subject stay as those of a message do, and all else goes and is reported. What may be
something else is left as it is: `text.traces` refuses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.mail.head import is_known, report_rest, shown_of
from scrubbers.jailed.mail.message import Head
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.text.traces import has_head
from scrubbers.jailed.typeset.model import Block, Paragraph, Run

_MARK: Final = re.compile(r"(?:[ \t]*[>|])*")  # of a quotation
_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,75})[ \t]*:(?=[ \t]|\Z)")
# A list of what somebody received is none.
_ROUTE: Final = re.compile(r"\b(?:from|by)\b")
_FEWEST: Final = 2  # one alone may stand apart from its rest
_TAB: Final = 8


@dataclass(slots=True)
class _Field:
    """A field: what stands before it on its line, its name, and its value line by line."""

    before: str
    name: str
    values: list[str] = field(default_factory=list)

    @property
    def value(self) -> bytes:
        return " ".join(self.values).encode()


def without_heads(blocks: Sequence[Block], findings: Findings) -> list[Block]:
    """Return the blocks of a text with what is shown of the heads in them."""
    made: list[Block] = []
    for block in blocks:
        if isinstance(block, Paragraph) and has_head(_text(block)) and not any(run.struck for run in block.runs):
            kept = "\n".join(_lines(_text(block).split("\n"), findings))
            if kept.strip():
                made.append(replace(block, runs=(Run(Drawable(findings).text(kept.strip("\n"))),)))
        else:
            made.append(block)
    return made


def _text(paragraph: Paragraph) -> str:
    return "".join(run.text for run in paragraph.runs)


def _lines(lines: Sequence[str], findings: Findings) -> Iterator[str]:
    for is_blank, group in groupby(lines, key=lambda line: not line[_end_of_mark(line) :].strip()):
        piece = list(group)
        start = next((at for at, line in enumerate(piece) if _known_field(line)), len(piece))
        fields = None if is_blank or not has_head("\n".join(piece)) else _fields(piece[start:])
        if fields is None or any(_FIELD.match(line[_end_of_mark(line) :].lstrip()) for line in piece[:start]):
            yield from piece
            continue
        yield from piece[:start]
        head = Head(tuple((one.name.lower(), one.value) for one in fields))
        report_rest(head, findings)
        for place, text in shown_of(head, findings):
            yield f"{fields[place].before}{fields[place].name}: {text}"


def _fields(lines: Sequence[str]) -> list[_Field] | None:
    """Return the fields of a head; None where a line is neither one that is known nor the rest of one."""
    mark, made = lines[0][: _end_of_mark(lines[0])] if lines else "", list[_Field]()
    least = 0
    for line in lines:
        if line[: _end_of_mark(line)] != mark:
            return None
        inside = line[len(mark) :].replace("\t", " " * _TAB)
        depth = len(inside) - len(inside.lstrip())
        found = _FIELD.match(inside.lstrip())
        if found is not None:
            if not is_known(found[1].lower()):
                return None
            least = min(least, depth) if made else depth
            made.append(_Field(mark + inside[:depth], found[1], [inside.lstrip()[found.end() :].strip()]))
        elif depth > least and made and not has_head(line):
            made[-1].values.append(inside.strip())
        else:
            return None
    routes = (one.value.decode() for one in made if one.name.lower() == "received")
    return made if len(made) >= _FEWEST and all(_ROUTE.search(one) for one in routes) else None


def _end_of_mark(line: str) -> int:
    found = _MARK.match(line)
    return found.end() if found is not None else 0


def _known_field(line: str) -> bool:
    found = _FIELD.match(line[_end_of_mark(line) :].lstrip())
    return found is not None and is_known(found[1].lower())
