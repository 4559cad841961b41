"""Holds the files of nginx and Caddy against the closed tables of `audit.mirror.proxy_table`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from audit.mirror.brackets import Directive, read_caddy, read_nginx
from audit.mirror.proxy_table import CADDY_OPTIONS, CADDY_SITE, CADDY_SITE_ADDRESS, LEFT_OUT, NGINX, Block

_THERE = "there"
_ONCE = "there once"
# nginx hands headers down only to a place that sets none itself.
_HEADER = "proxy_set_header"


@dataclass(frozen=True, slots=True)
class Problem:
    """One line that is not in the table, or a value it asks for that is not there."""

    line: int
    name: str
    found: str
    wanted: str


class _Judge:
    def __init__(self, is_in_memory: Callable[[str], bool]) -> None:
        self.is_in_memory = is_in_memory
        self.problems: list[Problem] = []

    def judge(self, inside: Sequence[Directive], block: Block, line: int, handed_down: frozenset[str]) -> None:
        """Hold what stands in a block against its rows, and then every block in it."""
        self._judge_lines(inside, block)
        own = frozenset(_names(inside))
        if any(name.startswith(f"{_HEADER} ") for name in own):
            handed_down = frozenset(name for name in handed_down if not name.startswith(f"{_HEADER} "))
        holds = handed_down | own
        for name in block.required:
            if name.lower() not in holds:
                self.problems.append(Problem(line, name, "", _THERE))
        for one in inside:
            if one.block is not None and one.name in block.blocks:
                self.judge(one.block, block.blocks[one.name], one.line, holds)

    def _judge_lines(self, inside: Sequence[Directive], block: Block) -> None:
        seen: set[str] = set()
        for one in inside:
            rule, allowed_block = block.rules.get(one.name), block.blocks.get(one.name)
            if one.block is None and rule is not None:
                if one.name in seen and not rule.often:
                    self._found(one, _ONCE)
                if not rule.allows(one.value, self.is_in_memory):
                    self._found(one, rule.wanted)
                seen.add(one.name)
            elif one.block is None or allowed_block is None or not re.fullmatch(allowed_block.opens, one.value):
                self._found(one, LEFT_OUT)

    def _found(self, one: Directive, wanted: str) -> None:
        self.problems.append(Problem(one.line, one.name or "{", one.value, wanted))


def _names(inside: Sequence[Directive]) -> Iterator[str]:
    """Names that are set here; of a header with the header's name, which may be written in any letters."""
    for one in inside:
        yield one.name
        if one.name in {_HEADER, "header_up"} and one.words:
            yield f"{one.name} {one.words[0]}".lower()


def nginx_problems(text: str, is_in_memory: Callable[[str], bool]) -> list[Problem]:
    """Return what in this file is not in the table, and what it lacks; raises Unreadable."""
    judge = _Judge(is_in_memory)
    judge.judge(read_nginx(text), NGINX, 0, frozenset())
    return judge.problems


def caddy_problems(text: str, is_in_memory: Callable[[str], bool]) -> list[Problem]:
    """Return what in this Caddyfile is not in the table, and what it lacks; raises Unreadable."""
    judge = _Judge(is_in_memory)
    blocks = read_caddy(text)
    options = [one for one in blocks if one.name == "" and one.block is not None]
    if len(options) != 1 or blocks[0] is not options[0]:
        judge.judge((), CADDY_OPTIONS, 0, frozenset())
    sites = 0
    for one in blocks:
        if one.block is None:
            judge.problems.append(Problem(one.line, one.name, one.value, LEFT_OUT))
        elif one.name == "":
            judge.judge(one.block, CADDY_OPTIONS, one.line, frozenset())
        elif not one.words and re.fullmatch(CADDY_SITE_ADDRESS, one.name):
            sites += 1
            judge.judge(one.block, CADDY_SITE, one.line, frozenset())
        else:
            judge.problems.append(Problem(one.line, one.name, one.value, LEFT_OUT))
    if not sites:
        judge.problems.append(Problem(0, "https://", "", _THERE))
    return judge.problems
