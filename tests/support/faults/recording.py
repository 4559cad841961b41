"""
Every write, cut and fsync of a process to the files of a home, in order, and the disks that a power cut could leave.

strace records. At each fsync there are three disks: what was synced and nothing else; all that was written; and, by
chance of a seed, some of what was written since, whole or up to a sector of it. A file's index of the log (-shm) is
memory and gone with the power.
"""

from __future__ import annotations

import dataclasses
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SECTOR = 512
CALLS = "pwrite64,write,fsync,fdatasync,ftruncate,unlink,unlinkat"
_CALL = re.compile(r"^(\d+)\s+(\w+)\((.*)$")
_RESUMED = re.compile(r"^(\d+)\s+<\.\.\. (\w+) resumed>(.*)$")
_FILE = re.compile(r"^\d+<([^>]*)>")
_BYTES = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclasses.dataclass(frozen=True)
class Op:
    """One call: a write at an offset, a cut to a length, a deletion or a sync of a file; or a mark."""

    kind: str
    name: str
    at: int = 0
    content: bytes = b""


def record(command: list[str], home: Path, marks: Path, to: Path) -> list[Op]:
    """Run a command under strace and return what it did to the files in `home`."""
    traced = ["strace", "-f", "-y", "-xx", "-s", "2000000", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(to)]
    subprocess.run([*traced, sys.executable, *command], check=True, timeout=300)
    return list(_operations(to, home, marks))


def _operations(trace: Path, home: Path, marks: Path) -> Iterator[Op]:
    begun: dict[str, str] = {}
    for line in trace.read_text().splitlines():
        if line.endswith("<unfinished ...>"):
            begun[line.split()[0]] = line.removesuffix("<unfinished ...>")
            continue
        resumed = _RESUMED.match(line)
        whole = begun.pop(resumed[1]) + resumed[3] if resumed else line
        call = _CALL.match(whole)
        if call is None or re.search(r"\)\s+= -1 ", whole):
            continue
        yield from _operation(call[2], call[3], home, marks)


def _operation(name: str, arguments: str, home: Path, marks: Path) -> Iterator[Op]:
    quoted = _BYTES.search(arguments)
    content = bytes.fromhex(quoted[1].replace("\\x", "")) if quoted else b""
    file = _FILE.match(arguments)
    path = Path(bytes.fromhex(file[1].replace("\\x", "")).decode() if file else content.decode())
    if path == marks:
        yield Op("mark", "", content=content)
    elif path.parent == home and not path.name.endswith("-shm"):
        numbers = [int(number) for number in re.findall(r", (\d+)", arguments)]
        match name:
            case "pwrite64":
                yield Op("write", path.name, numbers[-1], content)
            case "ftruncate":
                yield Op("cut", path.name, numbers[0])
            case "fsync" | "fdatasync":
                yield Op("sync", path.name)
            case "unlink" | "unlinkat":
                yield Op("gone", path.name)
            case _:
                raise AssertionError(f"{name} to {path.name} is not recorded")


@dataclasses.dataclass(frozen=True)
class Disk:
    """What a power cut leaves, and the marks that were written before it."""

    files: dict[str, bytes]
    marks: list[str]

    def write_to(self, folder: Path) -> Path:
        folder.mkdir(mode=0o700)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return folder


def disks(before: dict[str, bytes], operations: list[Op], seed: int) -> Iterator[Disk]:
    """Yield the three disks of every fsync, and those of the end."""
    chance = random.Random(seed)
    synced = {name: bytearray(content) for name, content in before.items()}
    waiting: dict[str, list[Op]] = {}
    marks: list[str] = []
    for op in [*operations, Op("sync", "")]:
        if op.kind == "mark":
            marks += op.content.decode().splitlines()
        elif op.kind == "sync":
            for keep in (_none, _every, chance):
                yield Disk(_after(synced, waiting, keep), list(marks))
            for done in waiting.pop(op.name, []):
                _apply(synced, done)
        else:
            waiting.setdefault(op.name, []).append(op)


_none, _every = "none", "every"


def _after(synced: dict[str, bytearray], waiting: dict[str, list[Op]], keep: str | random.Random) -> dict[str, bytes]:
    files = {name: bytearray(content) for name, content in synced.items()}
    for op in (op for of_file in waiting.values() for op in of_file):
        if isinstance(keep, random.Random):
            if keep.random() < 0.5:
                _apply(files, _torn(op, keep) if op.kind == "write" and keep.random() < 0.3 else op)
        elif keep == _every:
            _apply(files, op)
    return {name: bytes(content) for name, content in files.items()}


def _torn(op: Op, chance: random.Random) -> Op:
    return dataclasses.replace(op, content=op.content[: chance.randrange(0, len(op.content) + 1, SECTOR)])


def _apply(files: dict[str, bytearray], op: Op) -> None:
    if op.kind == "gone":
        files.pop(op.name, None)
        return
    content = files.setdefault(op.name, bytearray())
    end = op.at + len(op.content)
    if op.kind == "cut":
        del content[op.at :]
        content.extend(bytes(op.at - len(content)))
    elif op.content:
        content.extend(bytes(max(0, end - len(content))))
        content[op.at : end] = op.content
