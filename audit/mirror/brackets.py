"""The shape that nginx and Caddy share: directives with words, and blocks of directives in braces.

Both readers promise the same: what they return is everything that the program reads from the file. What they cannot
read (an unfinished block, an unclosed quote) raises Unreadable, so that no half of a file is judged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NGINX_TOKEN = re.compile(r'\s+|#[^\n]*|"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'|([;{}])|((?:[^\s;{}"\'\\]|\\.)+)')
# A word may hold a placeholder in braces; a brace alone opens or closes a block.
_CADDY_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


class Unreadable(Exception):
    """The file is not of the form that its program reads, or of one that we do not read."""


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: its words, and the block after them if it has one."""

    name: str
    words: tuple[str, ...]
    line: int
    block: tuple[Directive, ...] | None = None

    @property
    def value(self) -> str:
        """The words after the name, as they stand in a sentence."""
        return " ".join(self.words)


def read_nginx(text: str) -> tuple[Directive, ...]:
    """Return the directives of an nginx file; raises Unreadable."""
    stack: list[tuple[tuple[str, ...], int, list[Directive]]] = [((), 0, [])]
    words: list[str] = []
    at, line, began = 0, 1, 1
    while at < len(text):
        token = _NGINX_TOKEN.match(text, at)
        if token is None:
            raise Unreadable
        at, sign = token.end(), token[3]
        began = began if words else line
        line += token[0].count("\n")
        if sign is None:
            words += [part for part in (token[1], token[2], token[4]) if part is not None]
        elif sign == "}":
            if words or len(stack) == 1:
                raise Unreadable
            (name, *rest), opened, inside = (list(stack[-1][0]), stack[-1][1], stack[-1][2])
            stack.pop()
            stack[-1][2].append(Directive(name, tuple(rest), opened, tuple(inside)))
        elif not words:
            raise Unreadable
        elif sign == "{":
            stack.append((tuple(words), began, []))
            words = []
        else:
            stack[-1][2].append(Directive(words[0], tuple(words[1:]), began))
            words = []
    if words or len(stack) != 1:
        raise Unreadable
    return tuple(stack[0][2])


def read_caddy(text: str) -> tuple[Directive, ...]:
    """Return the blocks and directives of a Caddyfile; the block of global options has no name. Raises Unreadable."""
    stack: list[tuple[tuple[str, ...], int, list[Directive]]] = [((), 0, [])]
    for number, whole in enumerate(text.splitlines(), 1):
        line = re.sub(r"(^|\s)#.*", "", whole).strip()
        if "`" in line or line.endswith("\\") or "<<" in line or line.count('"') % 2:
            # Other quotes, lines that go on and here-documents: ours has none.
            raise Unreadable
        words = [quoted if quoted is not None else word for quoted, word in _pairs(line)]
        if not words:
            continue
        if words == ["}"]:
            if len(stack) == 1:
                raise Unreadable
            (opened, began, inside) = stack.pop()
            stack[-1][2].append(Directive(opened[0], opened[1:], began, tuple(inside)))
        elif words[-1] == "{":
            stack.append((tuple(words[:-1]) or ("",), number, []))
        elif {"{", "}"} & set(words):
            raise Unreadable
        else:
            stack[-1][2].append(Directive(words[0], tuple(words[1:]), number))
    if len(stack) != 1:
        raise Unreadable
    return tuple(stack[0][2])


def _pairs(line: str) -> list[tuple[str | None, str]]:
    return [(word[1], word[2]) for word in _CADDY_WORD.finditer(line)]
