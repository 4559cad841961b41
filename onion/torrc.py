"""Checks a torrc against the table, and writes ours.

`problems(text, expected)` names every line that `torrc_table` does not allow with that value, that is given twice, or
that tor and we could read differently, and every required line that is missing; also where tor itself would say
"Configuration was valid". The text is that of a file, or what a running tor reports of itself (GETINFO config-text), so
that no file need be trusted.
`render` writes the torrc of the tor that the keeper starts, from the same table, and `example` the annotated one for
operators who start tor themselves: what is required and what is written cannot drift apart.

`__OwningControllerProcess` is not written here: a file would outlive the process it names, so `TorProcess` gives it on
the command line.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from onion.errors import PathUnusable
from onion.torrc_reader import read_torrc
from trusted.torrc_table import OPTIONAL, REQUIRED, RULES, Expected, TorrcRow, socket_path

__all__ = [
    "LEFT_OUT",
    "NOT_PLAIN",
    "ONCE",
    "OPTIONAL",
    "REQUIRED",
    "RULES",
    "Expected",
    "Problem",
    "TorrcRow",
    "example",
    "problems",
    "quoted_path",
    "render",
    "socket_path",
    "usable_socket_path",
]

UNIX_PATH_BYTES = 107  # sun_path is 108 bytes on Linux, with a closing zero
_UNWRITABLE = frozenset('"\\#')  # mean something else in a torrc, and nobody's folder needs them
_COMMENT_WIDTH = 110

# `Problem.wanted` where it does not come from the table.
LEFT_OUT = "left out"
ONCE = "there once"
NOT_PLAIN = "a plain line"
_ONLY_KNOWN = "Only what trusted/torrc_table.py names may stand there: delete the line."
_ONLY_PLAIN = "tor could read it otherwise than we do: write it without quotes, backslashes and abbreviations."


@dataclass(frozen=True, slots=True)
class Problem:
    """One line that the table does not allow: what it says, what it should, why. `line` is None for a missing one."""

    name: str
    found: str
    wanted: str
    reason: str
    grave: bool = True
    line: int | None = None

    def __str__(self) -> str:
        """One line for the operator."""
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.name} should be {self.wanted}, not {self.found or 'left out'}. {self.reason}"


def problems(text: str, expected: Expected) -> list[Problem]:
    """Return what in this torrc is not in the table, and what it lacks; an empty list if all is well."""
    rules = {rule.name.lower(): rule for rule in RULES if _may_have(expected, rule)}
    found: list[Problem] = []
    seen: set[str] = set()
    for directive in read_torrc(text):
        name = directive.name.lower()
        rule = rules.get(name)
        if not directive.plain:
            found.append(Problem(directive.name, directive.value, NOT_PLAIN, _ONLY_PLAIN, line=directive.line))
        elif rule is None:
            found.append(Problem(directive.name, directive.value, LEFT_OUT, _ONLY_KNOWN, line=directive.line))
        elif name in seen:
            found.append(Problem(rule.name, directive.value, ONCE, rule.reason, line=directive.line))
        elif not rule.allowed(directive.value, expected):
            found.append(
                Problem(rule.name, directive.value, rule.wanted, rule.reason, grave=rule.grave, line=directive.line)
            )
        seen.add(name)
    found += [
        Problem(rule.name, "", rule.wanted, rule.reason, grave=rule.grave)
        for rule in REQUIRED
        if rule.name.lower() not in seen
    ]
    return found


def render(
    *,
    data_directory: Path,
    control_socket: Path,
    socks_socket: Path,
    network_lines: Sequence[str] = (),
    sandbox: bool = True,
) -> str:
    """Return the torrc of the tor that the keeper starts. Raises PathUnusable.

    `network_lines` are those of a private network, or `DisableNetwork 1`; without them tor joins the public network.
    `sandbox=False` is for systems where tor's own seccomp filter (`Sandbox 1`) kills tor; `problems` then reports it
    with `grave=False`.
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
    """Return the annotated torrc for those who run tor themselves; `torrc.example` is this text."""
    lines = [
        "# What tor must be told when it serves Källskydd and the keeper does not start it itself.",
        "# Written from the table in trusted/torrc_table.py; a test holds the two together.",
        "# A running tor is held against the same table, whatever file it was started with (`kallskydd audit live`).",
        "",
    ]
    for rule in REQUIRED:
        lines += [*_comment(rule.reason), f"{rule.name} {rule.example}", ""]
    lines += [
        *_comment(
            "Nothing else may be here, and each of them once: a line that the table does not name is a finding,"
            " whatever it says. ControlSocket and SocksPort may have the flag GroupWritable besides. The table also"
            " names:"
        ),
        "#",
    ]
    for rule in OPTIONAL:
        if _may_have(Expected(own_tor=False), rule):
            lines += _comment(f"{rule.name}: {rule.wanted}. {rule.reason}")
    return "\n".join(lines) + "\n"


def usable_socket_path(path: Path) -> Path:
    """Return the path itself if a unix socket can be made there; raises PathUnusable."""
    if not path.is_absolute() or len(os.fsencode(path)) > UNIX_PATH_BYTES:
        raise PathUnusable
    return path


def quoted_path(path: Path) -> str:
    """Return a path as a torrc takes it; raises PathUnusable for what could be read as something else."""
    text = path.as_posix()
    if not path.is_absolute() or not text.isprintable() or _UNWRITABLE & set(text):
        raise PathUnusable
    return f'"{text}"' if " " in text else text


def _may_have(expected: Expected, rule: TorrcRow) -> bool:
    return not (rule.only_unit and expected.own_tor) and not (rule.only_trial and not expected.trial)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in wrap(text, _COMMENT_WIDTH)]
