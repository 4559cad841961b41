"""Reads what strace wrote: every call of every process, whole, with the process that made it.

strace is asked for hexadecimal strings of any length (`-xx -s 16777216`), descriptors with what they are (`-yy`) and
structures in full (`-v`). So a line holds no quote within a string, and what a process wrote is the bytes between the
quotes. A string that strace cut short all the same raises TraceDamaged: an audit that has not seen everything has
seen nothing.

Roles come from the command lines by which programs were started, and from forks: a fork of a zygote is a job.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

_LINE = re.compile(r"(\d+) +(\d+\.\d+) ")
_DESCRIPTOR = re.compile(r"(-?\d+|AT_FDCWD)(?:<((?:->|[^<>]|<[^<>]*>)*)>(\(deleted\))?)?")
# A socket with a name has it in quotes, within what strace says of the descriptor.
_SOCKET = re.compile(r'<UNIX[A-Z-]*:\[[^\]<>"]*(?:->[^\]<>"]*)?(?:,"[^"]*")?\]>')
_UNREAD = re.compile(r"(^|, |[=\[{])0x[0-9a-f]{6,}")
_HEX = re.compile(r"(?:\\x[0-9a-f]{2})+")
_UNFINISHED = " <unfinished ...>"
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>")
# The end of a process by a signal, which the kernel may write down, as a call that has the signal as its argument.
_KILLED = re.compile(r"\+\+\+ killed by (SIG\w+)")
_STARTS_PROCESS = frozenset({"clone", "clone3", "fork", "vfork"})
_MODULES = {"kallskydd": "keeper", "intake": "intake", "scrubbers.jailed.zygote": "zygote"}


class TraceDamaged(Exception):
    """What strace wrote is not whole."""


@dataclass(slots=True)
class TracedProcess:
    """One process, with all its threads."""

    pid: int
    parent: int
    role: str = "other"
    command: tuple[str, ...] = ()


@dataclass(frozen=True)
class Call:
    """One system call: when, by which process, with which arguments as strace wrote them, and what came of it."""

    at: float
    thread: int
    process: TracedProcess
    role: str
    name: str
    arguments: str = field(repr=False)
    result: str

    @property
    def failed(self) -> bool:
        return self.result.startswith("-1")

    @cached_property
    def strings(self) -> tuple[bytes, ...]:
        """Every string among the arguments."""
        bare = _SOCKET.sub("", self.arguments)
        return tuple(bytes.fromhex(piece.replace("\\x", "")) for piece in bare.split('"')[1::2])

    @property
    def unread(self) -> bool:
        """Whether strace could not read the memory: it then writes where the bytes lie instead of the bytes."""
        return not self.strings and _UNREAD.search(_SOCKET.sub("", self.arguments)) is not None

    @property
    def payload(self) -> bytes:
        """What was handed over: all strings, in order."""
        return b"".join(self.strings)

    @property
    def descriptor(self) -> int:
        """The number of the descriptor that is the first argument, or -1."""
        match = _DESCRIPTOR.match(self.arguments)
        return int(match[1]) if match and match[1] != "AT_FDCWD" else -1

    @property
    def target(self) -> str:
        """What the first argument's descriptor is: a path, or a word like UNIX-STREAM:[1->2]."""
        match = _DESCRIPTOR.match(self.arguments)
        return plain(match[2] or "") + (" (deleted)" if match and match[3] else "") if match else ""

    @property
    def flags(self) -> frozenset[str]:
        """Every word in capitals among the arguments, outside strings."""
        return frozenset(re.findall(r"[A-Z][A-Z0-9_]{2,}", " ".join(self.arguments.split('"')[0::2])))

    @property
    def paths(self) -> tuple[str, ...]:
        """Paths that the call names, made absolute where the folder is known."""
        folders = [plain(match[2] or "") for match in _DESCRIPTOR.finditer(self.arguments) if match[1] == "AT_FDCWD"]
        named = [one.decode("utf-8", "replace") for one in self.strings]
        return tuple(name if name.startswith(("/", "@")) or not folders else f"{folders[0]}/{name}" for name in named)

    def shown(self, most: int = 160) -> str:
        """Return the call as a person reads it, cut to `most` characters."""
        text = f"{self.role}[{self.process.pid}] {self.name}({plain(self.arguments)}) = {self.result}"
        return text if len(text) <= most else text[: most - 1] + "…"


def plain(text: str) -> str:
    """Turn strace's hexadecimal into readable text."""
    return _HEX.sub(lambda found: readable(bytes.fromhex(found[0].replace("\\x", ""))), text)


def read_trace(path: Path) -> list[Call]:
    """Every finished call, in the order of their ends. Raises TraceDamaged."""
    with path.open(encoding="ascii", errors="replace") as file:
        lines = list(_joined(file))
    owners, parents = _families(lines)
    processes: dict[int, TracedProcess] = {}
    calls = []
    for at, thread, name, arguments, result in lines:
        pid = owners.get(thread, thread)
        process = processes.get(pid)
        if process is None:
            process = processes[pid] = _born(pid, processes.get(parents.get(pid, 0)))
        # A program is started by what was there before it.
        calls.append(Call(at, thread, process, process.role, name, arguments, result))
        if name == "execve" and result == "0":
            process.command = _command(arguments)
            process.role = _role(process.command)
    return calls


def _born(pid: int, parent: TracedProcess | None) -> TracedProcess:
    if parent is None:
        return TracedProcess(pid, 0)
    return TracedProcess(pid, parent.pid, "job" if parent.role in {"zygote", "job"} else parent.role, parent.command)


def _command(arguments: str) -> tuple[str, ...]:
    _path, _, rest = arguments.partition(", [")
    return tuple(plain(one) for one in rest.partition("]")[0].split('"')[1::2])


def _role(command: tuple[str, ...]) -> str:
    program = command[0].rpartition("/")[2] if command else ""
    if program == "tor":
        return "tor"
    # Of an interpreter alone: setpriv, which stands before it for an ordinary account, has its whole command line too.
    if program.startswith("python") and "-m" in command[:-1]:
        return _MODULES.get(command[command.index("-m") + 1], "other")
    return "other"


def _joined(lines: Iterable[str]) -> Iterator[tuple[float, int, str, str, str]]:
    """(time, thread, name, arguments, result) of each call; what was interrupted by others' lines is put together."""
    waiting: dict[int, str] = {}
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            raise TraceDamaged
        thread, at, text = int(match[1]), float(match[2]), line[match.end() :].rstrip("\n")
        if ended := _KILLED.match(text):
            yield at, thread, "killed", ended[1], "?"
        if text.startswith(("+++", "---")):
            continue
        if text.endswith(_UNFINISHED):
            waiting[thread] = text.removesuffix(_UNFINISHED)
            continue
        if resumed := _RESUMED.match(text):
            text = waiting.pop(thread, "") + text[resumed.end() :]
        name, _, rest = text.partition("(")
        arguments, equals, result = rest.rpartition(" = ")
        # The name of a thread is at most fifteen bytes, and strace always writes that it was cut.
        if not equals or ('"...' in arguments and name != "prctl"):
            raise TraceDamaged
        yield at, thread, name, arguments.rstrip().removesuffix(")"), result


def _families(lines: list[tuple[float, int, str, str, str]]) -> tuple[dict[int, int], dict[int, int]]:
    """Which process each thread belongs to, and each process's parent. Read first: a child runs before it is told."""
    owners: dict[int, int] = {}
    parents: dict[int, int] = {}
    for _at, thread, name, arguments, result in lines:
        if name in _STARTS_PROCESS and result.isdigit():
            owner = owners.get(thread, thread)
            if "CLONE_THREAD" in arguments:
                owners[int(result)] = owner
            else:
                parents[int(result)] = owner
    return owners, parents


def readable(found: bytes) -> str:
    """Bytes as text, with all that is no letter, digit or sign written out."""
    return "".join(chr(one) if chr(one).isascii() and chr(one).isprintable() else f"\\x{one:02x}" for one in found)
