"""Reads a torrc the way tor reads it, so that a rule cannot be slipped past by spelling.

What tor does, each seen with `tor --verify-config` (0.4.9) to answer "Configuration was valid":
  1. names in any case; a value may stand in double quotes, with C escapes; `#` starts a comment; a last backslash
     joins two lines;
  2. an abbreviation counts as the full name ("SafeLog 0" switches SafeLogging off), with a warning only;
  3. "+Name value" adds to a list, "/Name" resets to the default, and "__SocksPort" is a second SocksPort;
  4. of a single-valued directive the last line wins.

`read_torrc` promises the first three for the names it is told about. It follows no %include: it returns the line, and
whoever judges the file must refuse it, because what it brings in has not been read.
"""

import contextlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: its full name, its value without quotes, and the line it starts on (1 is the first)."""

    name: str
    value: str
    line: int
    resets: bool = False  # "/Name": back to tor's default


def read_torrc(text: str, known_names: Iterable[str]) -> list[Directive]:
    """All directives in order; names are spelled as in `known_names` where tor would take them for one of these."""
    names = list(known_names)
    found: list[Directive] = []
    joined, start = "", 0
    for number, raw in enumerate(text.splitlines(), start=1):
        # A comment inside a joined line is left out and the joining goes on; a comment's own backslash joins nothing.
        line = _without_comment(raw)
        if not line and (joined or raw.lstrip().startswith("#")):
            continue
        start = start if joined else number
        joined += line.removesuffix("\\")
        if line.endswith("\\"):
            continue
        found += _directives(joined, start, names)
        joined = ""
    return found + _directives(joined, start, names)


def _directives(line: str, number: int, names: list[str]) -> list[Directive]:
    word, _, value = line.strip().replace("\t", " ").partition(" ")
    if not word:
        return []
    resets = word.startswith("/")
    return [Directive(_full_name(word.lstrip("+/"), names), unquoted(value.strip()), number, resets)]


def _full_name(word: str, names: list[str]) -> str:
    """The known name that tor would take this word for; the word itself when there is none."""
    # tor's "__SocksPort" and its like are further lists of the same kind of listener.
    word = word.removeprefix("__") if word.lower().removeprefix("__") in {name.lower() for name in names} else word
    for name in names:
        if name.lower() == word.lower():
            return name
    shortened = [name for name in names if word and name.lower().startswith(word.lower())]
    return shortened[0] if shortened else word


def _without_comment(line: str) -> str:
    quoted = False
    for position, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == "#" and not quoted:
            return line[:position].rstrip()
    return line.rstrip()


def unquoted(value: str) -> str:
    """A quoted value without its quotes and with its C escapes resolved, as tor does: an escaped 0 counts as 0."""
    if len(value) > 1 and value.startswith('"') and value.endswith('"'):
        return value[1:-1].encode("latin-1", "replace").decode("unicode_escape", "replace")
    return value


def reaches_public_network(text: str) -> bool:
    """Whether a tor with this file could talk to anything outside this computer; True whenever that is unsure.

    False only if networking is off, or if the file names a test network whose directories are all on loopback.
    """
    names = ("DisableNetwork", "TestingTorNetwork", "DirAuthority", "DirServer", "AlternateDirAuthority", "FallbackDir",
             "Bridge", "%include")  # fmt: skip
    last: dict[str, str] = {}
    directories: list[str] = []
    for directive in read_torrc(text, names):
        if directive.name == "%include":
            return True
        if directive.name in {"DirAuthority", "DirServer", "AlternateDirAuthority", "FallbackDir", "Bridge"}:
            directories.append(directive.value)
        last[directive.name] = "" if directive.resets else directive.value
    if last.get("DisableNetwork") == "1":
        return False
    on_loopback = bool(directories) and all(_only_loopback(value) for value in directories)
    return not (last.get("TestingTorNetwork") == "1" and on_loopback)


def _only_loopback(directory: str) -> bool:
    """Whether the addresses in a DirAuthority line, at least one, are all loopback."""
    addresses = []
    for word in directory.split():
        for host in (word.strip("[]"), word.rpartition(":")[0].strip("[]")):
            with contextlib.suppress(ValueError):
                addresses.append(ipaddress.ip_address(host))
    return bool(addresses) and all(address.is_loopback for address in addresses)
