"""What is examined on a mirror's host: the processes that forward, each with its part in it, and the computer."""

from __future__ import annotations

import contextlib
import itertools
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.observe.proc import NotSeen, Process, everything
from audit.observe.scene import Host
from audit.observe.sockets import listening

RELAY, NGINX, CADDY = "relay", "nginx", "caddy"
_NGINX_TITLE = "nginx: master process "
HTTPS_PORT = 443

Place = tuple[str, int]


class NotRunning(Exception):
    """Nothing forwards here that this account may see."""


@dataclass(frozen=True, slots=True)
class ProxyProgram:
    """A program that forwards: `main` was started with the settings, and a visitor's bytes pass through `workers`."""

    kind: str
    main: Process
    workers: tuple[Process, ...]

    @property
    def processes(self) -> tuple[Process, ...]:
        """Each of its processes, once."""
        return (self.main, *(one for one in self.workers if one != self.main))

    def words(self) -> tuple[str, ...]:
        """Return the command line that it was started with; raises NotSeen."""
        words = self.main.command()
        if self.kind == NGINX:
            # nginx writes a title over its command line, and the words after it.
            return tuple(words[0].removeprefix(_NGINX_TITLE).split())
        return words

    def option(self, *names: str) -> str | None:
        """Return the word after one of these, if it was given; raises NotSeen."""
        words = self.words()
        return next((after for word, after in itertools.pairwise(words) if word in names), None)


@dataclass(frozen=True, slots=True)
class MirrorScene(Host):
    """Handed to every check. `root` is / unless copies of the system's files are examined."""

    parts: tuple[ProxyProgram, ...]
    root: Path = Path("/")

    @property
    def relays(self) -> tuple[ProxyProgram, ...]:
        """Those that cannot read what they forward."""
        return tuple(part for part in self.parts if part.kind == RELAY)

    @property
    def proxies(self) -> tuple[ProxyProgram, ...]:
        """Those that end TLS."""
        return tuple(part for part in self.parts if part.kind != RELAY)

    @property
    def front(self) -> ProxyProgram:
        """The one that visitors meet: a proxy before the relay, or the relay."""
        return (*self.proxies, *self.relays)[0]


def find_parts(pids: Sequence[int] = ()) -> tuple[ProxyProgram, ...]:
    """Return what forwards here, or only what has one of these processes; raises NotRunning."""
    found = [part for part in map(_part, everything()) if part is not None]
    if pids:
        found = [part for part in found if any(one.pid in pids for one in part.processes)]
    if not found:
        raise NotRunning
    return tuple(sorted(found, key=lambda part: part.main.pid))


def _part(process: Process) -> ProxyProgram | None:
    try:
        words = process.command()
        if words[1:4] == ("-I", "-m", RELAY) and "--listen-fd" in words:
            return ProxyProgram(RELAY, Process(process.parent()), (process,))
        if words[0].startswith(_NGINX_TITLE):
            return ProxyProgram(NGINX, process, tuple(process.children()))
        if Path(words[0]).name == CADDY and "run" in words:
            return ProxyProgram(CADDY, process, (process,))
    except NotSeen:
        pass
    return None


def places(part: ProxyProgram) -> list[Place]:
    """Where it takes connections, as one on this computer reaches it; raises NotSeen."""
    found: set[Place] = set()
    for one in part.workers:
        for line in listening(one):
            protocol, _, place = line.partition(" ")
            if protocol in {"tcp", "tcp6"}:
                host, port = read_place(place)
                found.add((_reached_at(host), port))
    return sorted(found)


def read_place(text: str) -> Place:
    """Return address and port of one of the kernel's own lines, "0100007F:01BB"."""
    number, _, port = text.partition(":")
    words = [bytes.fromhex(number[at : at + 8])[::-1] for at in range(0, len(number), 8)]
    family = socket.AF_INET if len(words) == 1 else socket.AF_INET6
    return socket.inet_ntop(family, b"".join(words)), int(port, 16)


def _reached_at(host: str) -> str:
    # A program that listens on all addresses of IPv6 mostly takes those of IPv4 too.
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - what it listens on, not we


def front_place(part: ProxyProgram) -> Place | None:
    """Return port 443, or the only place there is; raises NotSeen."""
    found = places(part)
    at_443 = [place for place in found if place[1] == HTTPS_PORT]
    return (at_443 or found)[0] if at_443 or len({port for _, port in found}) == 1 else None


def redirect_place(part: ProxyProgram) -> Place | None:
    """Return where a relay answers plain http, as one on this computer reaches it; raises NotSeen."""
    host, _, port = (part.option("--redirect") or "").rpartition(":")
    return (_reached_at(host.strip("[]")), int(port)) if host and port.isdecimal() else None


def tor_behind(parts: Iterable[ProxyProgram]) -> Process | None:
    """Return the tor that listens where these relays dial."""
    ports = set()
    for part in parts:
        for worker in part.workers:
            with contextlib.suppress(NotSeen):
                ports |= set(worker.options("--socks"))
    for process in everything():
        with contextlib.suppress(NotSeen):
            if process.status().get("Name") == "tor" and ports & {
                str(read_place(one.partition(" ")[2])[1]) for one in listening(process) if one.startswith("tcp ")
            }:
                return process
    return None
