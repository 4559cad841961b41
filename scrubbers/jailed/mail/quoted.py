"""Heads of other messages in the text of a message, as bounces quote them: what their reader was shown of them stays.

As text they would keep the route, the programs and the identifiers of a message. Where lines that follow each other are
a head from the first field on (each a field that messages have, or the rest of one, standing further in, up to a blank
line), From, To, Cc, Date and Subject stay as those of a message do, and all else goes and is reported. What may be
something else is left as it is: `text.traces` refuses it. So is a text refused here in which, beside its heads, is what
may be the rest of one: a blank line was in the middle of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.mail.head import is_known, is_shown, report_all, shown_of
from scrubbers.jailed.mail.message import Head
from scrubbers.jailed.office.letters import Drawable
from scrubbers.jailed.text.traces import has_head
from scrubbers.jailed.typeset.model import Block, Paragraph, Run, paragraphs
from trusted.jail.stages import Email

_MARK: Final = re.compile(r"(?:[ \t]*[>|])*")  # of a quotation
_FIELD: Final = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,75})[ \t]*:(?=[ \t]|\Z)")
# As some programs write one. What is no field for certain may be the remains of one.
_NAME: Final = re.compile(r"([A-Za-z][A-Za-z0-9_-]{0,75})[^\S\n]*:")
# A list of what somebody received is none.
_ROUTE: Final = re.compile(r"\b(?:from|by)\b")
_REST_OF_ROUTE: Final = re.compile(r"(?:by|for|id|via|with) ")
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
    """Return the blocks of a text with what is shown of the heads in them. Raises Email where a rest may be left."""
    made: list[Block] = []
    heads = _Heads(findings)
    for block in blocks:
        if not isinstance(block, Paragraph):
            made.append(block)
            continue
        text = _text(block)
        kept = "\n".join(heads.replaced(text.split("\n"), may_be=not any(run.struck for run in block.runs)))
        if kept == text:
            made.append(block)
        elif kept.strip():
            made.append(replace(block, runs=(Run(Drawable(findings).text(kept.strip("\n"))),)))
    lines = (line for each in paragraphs(made) for line in _text(each).split("\n"))
    if heads.found and any(_is_left_out(line) for line in lines):
        raise Email
    return made


def _text(paragraph: Paragraph) -> str:
    return "".join(run.text for run in paragraph.runs)


@dataclass(slots=True)
class _Heads:
    """Puts in the place of each head what is shown of it.

    `found`: whether there was one. `last`: the mark and the depth of the one that ended right before.
    """

    findings: Findings
    found: bool = False
    last: tuple[str, int] | None = None

    def replaced(self, lines: Sequence[str], *, may_be: bool) -> Iterator[str]:
        for is_blank, group in groupby(lines, key=lambda line: not line[_end_of_mark(line) :].strip()):
            piece = list(group)
            if is_blank:
                yield from piece
                continue
            self._require_no_rest(piece[0])
            start = next((at for at, line in enumerate(piece) if _known_field(line)), len(piece))
            fields = _fields(piece[start:]) if may_be and has_head("\n".join(piece)) else None
            if fields is None or any(_NAME.match(line[_end_of_mark(line) :].lstrip()) for line in piece[:start]):
                yield from piece
            elif start and self.found:
                raise Email  # the rest of the head before, it may be
            else:
                yield from piece[:start]
                yield from self._shown(fields)
                self.found, self.last = True, _place_of(min((one.before for one in fields), key=len))

    def _require_no_rest(self, line: str) -> None:
        """Raise Email where a line behind a head stands further in than its fields, or goes on with a route.

        A line of blanks was in the middle of it then, as in the reports of SpamAssassin.
        """
        mark, depth = _place_of(line)
        is_further_in = self.last is not None and self.last[0] == mark and self.last[1] < depth
        if is_further_in or (self.last is not None and _REST_OF_ROUTE.match(line[len(mark) :].lstrip())):
            raise Email
        self.last = None

    def _shown(self, fields: Sequence[_Field]) -> Iterator[str]:
        head = Head(tuple((one.name.lower(), one.value) for one in fields))
        report_all(head, self.findings)
        for place, text in shown_of(head, self.findings):
            yield f"{fields[place].before}{fields[place].name}: {text}"


def _fields(lines: Sequence[str]) -> list[_Field] | None:
    """Return the fields of a head; None where a line is neither one that is known nor the rest of one."""
    mark, made = lines[0][: _end_of_mark(lines[0])] if lines else "", list[_Field]()
    least = 0
    for line in lines:
        if line[: _end_of_mark(line)] != mark:
            return None
        _, depth = _place_of(line)
        inside = line[len(mark) :].strip()
        found = _FIELD.match(inside)
        if found is not None:
            if not is_known(found[1].lower()):
                return None
            least = min(least, depth) if made else depth
            made.append(_Field(mark + " " * depth, found[1], [inside[found.end() :].strip()]))
        elif depth > least and made and not has_head(line) and not _is_left_out(line):
            made[-1].values.append(inside)
        else:
            return None
    routes = (one.value.decode() for one in made if one.name.lower() == "received")
    return made if len(made) >= _FEWEST and all(_ROUTE.search(one) for one in routes) else None


def _place_of(line: str) -> tuple[str, int]:
    """Return the mark of a line, and how far its text stands in."""
    mark = line[: _end_of_mark(line)]
    inside = line[len(mark) :].replace("\t", " " * _TAB)
    return mark, len(inside) - len(inside.lstrip())


def _end_of_mark(line: str) -> int:
    found = _MARK.match(line)
    return found.end() if found is not None else 0


def _known_field(line: str) -> bool:
    found = _FIELD.match(line[_end_of_mark(line) :].lstrip())
    return found is not None and is_known(found[1].lower())


def _is_left_out(line: str) -> bool:
    """Return whether a line begins as a field does of which a reader of mail is shown nothing."""
    found = _NAME.match(line[_end_of_mark(line) :].lstrip())
    return found is not None and is_known(found[1].lower()) and not is_shown(found[1].lower())
