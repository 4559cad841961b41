"""What a command is given and what it found: `kallskydd.commands.desk` parses, prints and chooses the exit code."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

OK: Final = 0
FINDINGS: Final = 1


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """What a command found: an object for --json, the same as prose, and the exit code."""

    found: Mapping[str, Any]
    prose: str
    exit_code: int = OK


@dataclass(frozen=True, slots=True, repr=False)
class CommandInput:
    """The arguments of a command, and what only a terminal can give."""

    args: argparse.Namespace
    text: str
    # Shows the proposal and asks the member whether the words are right; None when there is no terminal.
    agrees: Callable[[str], bool] | None


def code_for(*findings: object) -> int:
    """Return the exit code: findings are for the member to look at, even when the command did what it should."""
    return FINDINGS if any(findings) else OK
