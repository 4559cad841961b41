"""Small things every command says the same way."""

from __future__ import annotations

import json
import sys
from typing import Any

OK, FINDINGS, USAGE, REFUSED, MISSING, VOID = 0, 1, 2, 3, 4, 5


def prose(sentence: str) -> None:
    """One line beside the result, for the person at the terminal: on stderr."""
    print(sentence, file=sys.stderr, flush=True)


def reason(error: OSError) -> str:
    """Return what the system says, and of which file."""
    return f"{error.strerror}: {error.filename}" if error.filename else f"{error.strerror}"


def count(number: int, thing: str) -> str:
    """Return a number with its noun: 1 reader, 2 readers."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def answer(sentence: str, *, as_json: bool) -> None:
    """One line of what was asked for: on stdout, or on stderr when stdout is for the JSON object."""
    print(sentence, file=sys.stderr if as_json else sys.stdout, flush=True)


def result(value: dict[str, Any]) -> None:
    """Print the one JSON object of a command on stdout."""
    line = json.dumps(value, ensure_ascii=False)
    if not line.isprintable():
        # A file's name may be no text at all, or order a terminal about: then as JSON's own escapes.
        line = json.dumps(value)
    print(line, flush=True)
