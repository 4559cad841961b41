"""Walk as an account: open, connect, look and signal with its number and groups; report what the kernel let through.

A process is forked, takes the account's numbers for good, and tries. It reads no byte and writes none: that a file
opens is the proof, and its size what could be read. A socket of the intake or of tor is connected to and let go. The
publisher's `ask` sockets are not, since a tenant's second connection would end its first: for these the right to
connect is asked.
"""

from __future__ import annotations

import json
import os
import socket
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.breach.gains import Gain
from audit.breach.places import OwnedPaths, Target

_CONNECT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class ProbeAccount:
    """Who walks: numbers of the account, of its group and of the others that it is in."""

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Reached:
    """What was reached of one place: each gain with the first path that gave it, and how much of its files opened."""

    by: dict[Gain, str]
    bytes_read: int
    tried: int


class WalkFailed(Exception):
    """The account's numbers could not be taken, or the walk broke off."""


def walk(account: ProbeAccount, places: Sequence[OwnedPaths]) -> dict[str, Reached]:
    """Return what the account reaches of each place, by the place's name. Takes root. Raises WalkFailed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            if account.uid != 0:
                os.setgroups(account.groups)
                os.setresgid(account.gid, account.gid, account.gid)
                os.setresuid(account.uid, account.uid, account.uid)
            answer = json.dumps({place.name: _reached(place) for place in places}).encode()
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(answer)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise WalkFailed(account.name)
    return {
        name: Reached({Gain(gain): path for gain, path in by.items()}, size, tried)
        for name, (by, size, tried) in json.loads(answer).items()
    }


def _reached(place: OwnedPaths) -> tuple[dict[str, str], int, int]:
    by: dict[str, str] = {}
    size = 0
    for folder in place.folders:
        if _works(os.lstat, folder):
            by.setdefault(Gain.EXISTS, str(folder))
    for thing in place.things:
        for gain in _gains_of(thing):
            by.setdefault(gain, thing.path)
        if stat.S_ISREG(thing.mode) and _works(_opens, thing.path, os.O_RDONLY):
            size += thing.size
    for pid in place.pids:
        for gain in _gains_of_process(pid):
            by.setdefault(gain, f"/proc/{pid}")
    return by, size, len(place.things) + len(place.pids)


def _gains_of(thing: Target) -> list[Gain]:
    if stat.S_ISSOCK(thing.mode):
        if thing.gain is Gain.PUBLISH:
            return [Gain.PUBLISH] if os.access(thing.path, os.W_OK, effective_ids=True) else []
        return [thing.gain] if _works(_connects, thing.path) else []
    if stat.S_ISDIR(thing.mode):
        gains = [Gain.NAMES] if _works(os.listdir, thing.path) else []
        return [*gains, Gain.WRITE] if os.access(thing.path, os.W_OK | os.X_OK, effective_ids=True) else gains
    if not stat.S_ISREG(thing.mode):
        return []
    gains = [Gain.NAMES] if _works(os.lstat, thing.path) else []
    gains += [thing.gain] if _works(_opens, thing.path, os.O_RDONLY) else []
    return [*gains, Gain.WRITE] if _works(_opens, thing.path, os.O_WRONLY) else gains


def _gains_of_process(pid: int) -> list[Gain]:
    gains = [Gain.PROCESSES] if _works(Path(f"/proc/{pid}/stat").read_text) else []
    gains += [Gain.MEMORY] if _works(_opens, f"/proc/{pid}/mem", os.O_RDONLY) else []
    return [*gains, Gain.END] if _works(os.kill, pid, 0) else gains


def _works(attempt: Callable[..., object], *words: object) -> bool:
    try:
        attempt(*words)
    except OSError:
        return False
    return True


def _opens(path: str, how: int) -> None:
    os.close(os.open(path, how | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK))


def _connects(path: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as channel:
        channel.settimeout(_CONNECT_SECONDS)
        channel.connect(path)
