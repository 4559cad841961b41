"""Small things every command says the same way."""

from __future__ import annotations

import json
import sys
from typing import Any

OK, FINDINGS, USAGE, REFUSED, MISSING = 0, 1, 2, 3, 4


def prose(sentence: str) -> None:
    """One line for the person at the terminal, on stderr."""
    print(sentence, file=sys.stderr, flush=True)


def result(value: dict[str, Any]) -> None:
    """The one JSON object of a command, on stdout."""
    line = json.dumps(value, ensure_ascii=False)
    if not line.isprintable():
        # A file's name may be no text at all, or order a terminal about: then as JSON's own escapes.
        line = json.dumps(value)
    print(line, flush=True)
