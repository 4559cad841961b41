"""Judges a torrc by the table, and writes ours.

`problems(text)` promises: every row of `torrc_table` that the file breaks, and every required row it leaves out, is
named once per line, also where tor itself would say "Configuration was valid". It follows no %include and refuses one.
`problems_in_values` does the same for what a running tor answers to GETCONF, for which no file need be trusted.
`render` writes the keeper's torrc from the same table, and `example` the annotated one for those who run tor
themselves: what is demanded and what is written cannot drift apart.

`__OwningControllerProcess` is not written here: a file would outlive the process it names, so `TorProcess` gives it on
the command line.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from onion.errors import PathUnusable
from onion.torrc_reader import Directive, read_torrc, unquoted
from onion.torrc_table import FORBIDDEN, REQUIRED, RULES, Rule

__all__ = [
    "FORBIDDEN",
    "REQUIRED",
    "RULES",
    "Problem",
    "Rule",
    "example",
    "problems",
    "problems_in_values",
    "quoted_path",
    "render",
    "usable_socket_path",
]

UNIX_PATH_BYTES = 107  # sun_path is 108 bytes on Linux, with a closing zero
_UNWRITABLE = frozenset('"\\#')  # mean something else in a torrc, and nobody's folder needs them
_COMMENT_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken row: what is there, what should be, and why. `line` is None for what is left out."""

    name: str
    found: str
    wanted: str
    reason: str
    grave: bool
    line: int | None = None

    def __str__(self) -> str:
        """One line for the operator."""
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.name} should be {self.wanted}, not {self.found or 'left out'}. {self.reason}"


def problems(text: str, *, private_network: bool = False) -> list[Problem]:
    """What in this torrc breaks the table; an empty list means nothing does."""
    directives = read_torrc(text, [rule.name for rule in RULES])
    found: list[Problem] = []
    for rule in _rules(private_network=private_network):
        mine = [directive for directive in directives if directive.name == rule.name]
        if not mine and rule in REQUIRED:
            found.append(_problem(rule, "", None))
        found += [_problem(rule, _shown(one), one.line) for one in mine if one.resets or not rule.allowed(one.value)]
    return sorted(found, key=lambda problem: (problem.line is None, problem.line or 0))


def problems_in_values(values: Mapping[str, Sequence[str]], *, private_network: bool = False) -> list[Problem]:
    """The same for a running tor: `values` are its answers to GETCONF, by the names in RULES.

    A required name that is missing from `values` counts as broken: what could not be asked is not clean.
    """
    found: list[Problem] = []
    for rule in _rules(private_network=private_network):
        # tor answers with quotes where a value has spaces, and with an empty value where a list is empty.
        answers = [value for value in (unquoted(answer) for answer in values.get(rule.name, ())) if value]
        if not answers and rule in REQUIRED:
            found.append(_problem(rule, "", None))
        found += [_problem(rule, answer, None) for answer in answers if not rule.allowed(answer)]
    return found


def render(
    *,
    data_directory: Path,
    control_socket: Path,
    socks_socket: Path,
    network_lines: Sequence[str] = (),
    sandbox: bool = True,
) -> str:
    """The keeper's torrc. `network_lines` are those of a private network, or `DisableNetwork 1`; none is the real one.

    Raises PathUnusable. `sandbox=False` is for systems where tor's own system call list stops tor itself; `problems`
    then names it, as a lesser one.
    """
    own = {
        "DataDirectory": quoted_path(data_directory),
        # Without "unix:" tor reads what follows a space in the path as a flag, with a warning only.
        "ControlSocket": f"unix:{quoted_path(usable_socket_path(control_socket))}",
        "SocksPort": f"unix:{quoted_path(usable_socket_path(socks_socket))} ExtendedErrors",
    }
    if not sandbox:
        own["Sandbox"] = "0"
    lines = [f"{rule.name} {own.get(rule.name, rule.example)}" for rule in REQUIRED]
    return "\n".join([*lines, *network_lines]) + "\n"


def example() -> str:
    """The annotated torrc for those who run tor themselves; `torrc.example` is this text."""
    lines = [
        "# What tor must be told when it serves Källskydd and the keeper does not start it itself.",
        "# Written from the table in onion/torrc_table.py; a test holds the two together.",
        "# A running tor can be held against the same table, whatever file it was started with.",
        "",
    ]
    for rule in REQUIRED:
        lines += [*_comment(rule.reason), f"{rule.name} {rule.example}", ""]
    lines += ["# None of the following may be here, unless with the value named.", "#"]
    for rule in FORBIDDEN:
        lines += _comment(f"{rule.name}: {rule.wanted}. {rule.reason}")
    return "\n".join(lines) + "\n"


def usable_socket_path(path: Path) -> Path:
    """The path itself if a unix socket can be made there; raises PathUnusable."""
    if not path.is_absolute() or len(os.fsencode(path)) > UNIX_PATH_BYTES:
        raise PathUnusable
    return path


def quoted_path(path: Path) -> str:
    """A path as a torrc takes it; raises PathUnusable for what could be read as something else."""
    text = path.as_posix()
    if not path.is_absolute() or not text.isprintable() or _UNWRITABLE & set(text):
        raise PathUnusable
    return f'"{text}"' if " " in text else text


def _rules(*, private_network: bool) -> Iterable[Rule]:
    return (rule for rule in RULES if not (private_network and rule.public_only))


def _problem(rule: Rule, found: str, line: int | None) -> Problem:
    return Problem(rule.name, found, rule.wanted, rule.reason, rule.grave, line)


def _shown(directive: Directive) -> str:
    return "reset to the default" if directive.resets else directive.value


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(text, _COMMENT_WIDTH)]
