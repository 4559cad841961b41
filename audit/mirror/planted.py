"""The values of one run: what is planted, in which forms it is searched for, and what became of each visit."""

from __future__ import annotations

import contextlib
import random
import socket
import time
from dataclasses import dataclass, field

from audit.mirror.scene import MirrorScene, Place
from audit.observe.memory import memory
from audit.observe.proc import NotSeen

VISITORS = 8
_ADDRESS = "a planted address"
_SPARE = 4  # of which some form may stand in memory by chance
# Four bytes stand somewhere in the buffers of a run by chance, one time in some hundreds; of two addresses they do not.
_SHORT_FORMS = ("packed", "reversed")
_CHANCE = random.SystemRandom()


def _marker(what: str) -> bytes:
    return f"kallskydd-audit-{what}-{_CHANCE.getrandbits(96):024x}".encode()


@dataclass(slots=True)
class Planted:
    """Values of one run, what became of each request, and what was sent over the wire."""

    began: float = field(default_factory=time.time)
    body: bytes = field(default_factory=lambda: _marker("body"))
    browser: bytes = field(default_factory=lambda: _marker("browser"))
    sources: list[str] = field(default_factory=list)
    # Address and port of each connection, as a structure of the kernel's holds them side by side.
    connections: list[tuple[str, int]] = field(default_factory=list)
    # Where the mirror is reached by no address on which a visitor can have one of its own.
    without_sources: bool = False
    wrong: list[tuple[str, str]] = field(default_factory=list)
    right: list[tuple[str, str]] = field(default_factory=list)
    tried_without_backend: bool = False
    answers_another_name: bool = False
    # By what a visitor could be known again: it was given in a handshake, or a session was resumed.
    known_by: set[str] = field(default_factory=set)
    handshakes: int = 0
    sealed: list[bytes] = field(default_factory=list)
    randoms: list[bytes] = field(default_factory=list)

    @property
    def void(self) -> bool:
        """Whether what was searched for may never have been there."""
        return bool(self.wrong) or not self.right

    def in_files(self) -> dict[str, bytes]:
        """Return what no file may hold, by a word for it."""
        named = {"the planted text": self.body, "the planted browser": self.browser}
        return named | {f"{_ADDRESS}|{one}": one.encode() for one in self.sources}

    def in_memory(self) -> dict[str, bytes]:
        """Return what the relay's memory may not hold, by a word for it."""
        named = {"the planted text": self.body, "the planted browser": self.browser}
        for one in self.sources:
            named |= {f"{_ADDRESS}|{one} {form}": value for form, value in _forms(one).items()}
        for one, port in self.connections:
            named[f"{_ADDRESS}|{one} {port}"] = port.to_bytes(2) + socket.inet_aton(one)
        return named


def without_chance(found: set[str]) -> set[str]:
    """Return what was found in memory without an address of which four bytes stand there, when it is the only one."""
    short = {one for one in found if one.endswith(_SHORT_FORMS)}
    return found - short if len({one.split()[-2] for one in short}) == 1 else found


def _forms(address: str) -> dict[str, bytes]:
    packed = socket.inet_aton(address)
    return {
        "text": address.encode(), "packed": packed, "reversed": packed[::-1], "hex": packed.hex().encode(),
    }  # fmt: skip


def choose_sources(planted: Planted, scene: MirrorScene, place: Place) -> None:
    """Take addresses of loopback of which no form stands in the memory of the relay's processes by chance."""
    if ":" in place[0]:
        planted.without_sources = True
        return
    drawn = {f"127.{_byte()}.{_byte()}.{_byte()}" for _ in range(VISITORS + _SPARE)}
    for part in scene.relays:
        for process in part.processes:
            with contextlib.suppress(NotSeen):
                for region in memory(process):
                    drawn = {one for one in drawn if not any(form in region for form in _forms(one).values())}
    planted.sources = sorted(drawn)[:VISITORS]


def _byte() -> int:
    return _CHANCE.randrange(33, 251)
