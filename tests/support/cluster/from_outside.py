"""What is seen of the cluster from outside: the onion through the Tor network, and whether each node's tor has it."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

from visitors.intake_harness import Browser, Page

from cluster.nodes import Cluster, Machine
from onion.client import ClientTor
from onion.keys import OnionKey
from onion.socks import socks_connect

CONNECT_SECONDS = 20.0
ANSWER_SECONDS = 0.5
PUT_UP_SECONDS = 20.0  # of a tor that has just started, on a crowded computer
BETWEEN_LOOKS_SECONDS = 0.2


class OnionBrowser(Browser):
    """A visitor who comes through tor, with a connection for each request."""

    def __init__(self, socks: tuple[str, int], host: str) -> None:
        super().__init__(Path(), host)
        self.socks = socks

    async def connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        channel = await socks_connect(self.socks, self.host, 80, within=CONNECT_SECONDS)
        return await asyncio.open_connection(sock=channel)

    async def raw(self, sent: bytes) -> Page:
        """The answer, if it is whole: a circuit that breaks ends it like any other."""
        page = await super().raw(sent)
        if len(page.body) < int(page.headers.get("content-length", "0")):
            raise EOFError
        return page


def control(place: Path, cookie: Path, within: float = ANSWER_SECONDS) -> socket.socket:
    """A connection to the control port of a tor, which is given this long for each answer. Raises OSError."""
    secret = cookie.read_bytes().hex()
    channel = socket.socket(socket.AF_UNIX)
    try:
        channel.settimeout(within)
        channel.connect(str(place))
        _asked(channel, f"AUTHENTICATE {secret}")
    except OSError:
        channel.close()
        raise
    return channel


def of_node(machine: Machine, within: float = ANSWER_SECONDS) -> socket.socket:
    """The same of a node's tor. Raises OSError, IndexError when the node is off."""
    run = Path("/proc", str(machine.init), "root", "run", "kallskydd-tor")
    return control(run / "control", run / "cookie", within)


def has_onion(machine: Machine, address: str) -> bool | None:
    """Whether the tor of this node has a descriptor of the service that it is itself; None when it does not answer."""
    try:
        with of_node(machine) as channel:
            channel.sendall(f"GETINFO hs/service/desc/id/{address}\r\n".encode())
            return channel.recv(64).startswith(b"250")
    except (OSError, IndexError):
        return None


def put_up(machine: Machine, key: OnionKey) -> socket.socket:
    """Give this node's tor the onion too, for as long as the returned connection is open. Raises OSError."""
    channel = of_node(machine, PUT_UP_SECONDS)
    try:
        _asked(channel, f"ADD_ONION ED25519-V3:{key.key_content()} Port=80,unix:/nowhere")
    except OSError:
        channel.close()
        raise
    return channel


def new_identity(client: ClientTor) -> None:
    """What Tor Browser's button of that name does: the visitor's tor forgets which directories it has asked."""
    with (
        suppress(OSError),
        control(client.control_socket, client.control_socket.parent / "data/control_auth_cookie") as to,
    ):
        _asked(to, "SIGNAL NEWNYM")


def _asked(channel: socket.socket, request: str) -> None:
    channel.sendall(f"{request}\r\n".encode())
    answer = channel.recv(64)
    if not answer.startswith(b"250"):
        raise ConnectionError(answer)


class Onions(threading.Thread):
    """Asks every node's tor, some times a second, whether it has the onion.

    A tor that lives and does not answer has what it had: it is paused, and could be woken.
    """

    def __init__(self, cluster: Cluster, address: str) -> None:
        super().__init__(daemon=True)
        self.cluster, self.address, self.over = cluster, address, threading.Event()
        self.looks = 0
        self.has: set[str] = set()
        # Each change of which nodes have it, and when.
        self.changes: list[tuple[float, tuple[str, ...]]] = []

    @property
    def twice(self) -> list[tuple[float, str, list[str]]]:
        return [(at, "onion", list(nodes)) for at, nodes in self.changes if len(nodes) > 1]

    def run(self) -> None:
        while not self.over.wait(BETWEEN_LOOKS_SECONDS):
            for machine in self.cluster.machines.values():
                with suppress(OSError):
                    self._look(machine)
            self.looks += 1

    def _look(self, machine: Machine) -> None:
        answer = has_onion(machine, self.address)
        if answer is None and machine.name in self.cluster.publishers():
            return
        now = self.has | {machine.name} if answer else self.has - {machine.name}
        if now != self.has:
            self.has = now
            self.changes.append((time.monotonic(), tuple(sorted(now))))
