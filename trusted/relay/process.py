"""The relay as a process: `python -I -m relay --parent PID --listen-fd N --socks PORT --onion NAME:PORT --name NAME`.

The order is the security of it:
1. Read the arguments; everything has been imported by then.
2. Confine the process, before the first thread: from here on it opens no file, asks for no peer's address and connects
   to tor's SOCKS port alone.
3. Serve, until a signal or the end of its parent ends it. It holds nothing that would have to be saved.

`kallskydd relay` sets its standard descriptors to /dev/null, so that nothing it prints arrives anywhere.
Exit codes: 2 usage, 3 refused for safety.
"""

import argparse
import asyncio
import functools
import random
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from trusted.confine.lock import confine_relay
from trusted.confine.process import die_with_parent, drop_root, print_nowhere
from trusted.relay.limits import RELAY_LIMITS
from trusted.relay.pool import CircuitPool
from trusted.relay.redirect import Redirect
from trusted.relay.server import Relay

UNSAFE: Final = 3
# tor's SOCKS port, the onion and its port, and a user name: streams with the same one share a circuit.
Connect = Callable[[tuple[str, int], str, int, str], Awaitable[socket.socket]]
_LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Inherited:
    """What `kallskydd relay` passes to this process. `name` is the server name of the mirror."""

    parent: int
    listeners: tuple[socket.socket, ...]
    redirects: tuple[socket.socket, ...]
    socks_port: int
    onion: str
    onion_port: int
    name: str


def main(connect: Connect, arguments: Sequence[str] | None = None) -> int:
    """Run the relay and return its exit code. `connect` makes a connection through tor's SOCKS port."""
    inherited = _read_arguments(sys.argv[1:] if arguments is None else arguments)
    # In this order: the kernel clears PR_SET_PDEATHSIG when the account changes.
    drop_root()
    die_with_parent(inherited.parent)
    print_nowhere()
    try:
        locks = confine_relay(inherited.socks_port, RELAY_LIMITS.descriptors)
    except Exception:  # noqa: BLE001 - whatever made confinement fail, do not start
        return UNSAFE
    # Rely on what the kernel reports as active, not on calls that returned without an error.
    if not locks.complete:
        return UNSAFE
    asyncio.run(_serve(inherited, connect))
    return 0


async def _serve(inherited: Inherited, connect: Connect) -> None:
    # The text of an exception could hold forwarded bytes: print none.
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    dial = functools.partial(_dial, connect, inherited)
    pool = CircuitPool(dial, RELAY_LIMITS, random.SystemRandom())
    async with asyncio.TaskGroup() as group:
        group.create_task(Relay(inherited.name, pool, RELAY_LIMITS).serve(inherited.listeners))
        group.create_task(Redirect(inherited.name, RELAY_LIMITS).serve(inherited.redirects))


async def _dial(connect: Connect, inherited: Inherited, name: str) -> socket.socket:
    connection = await connect((_LOOPBACK, inherited.socks_port), inherited.onion, inherited.onion_port, name)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        connection.setsockopt(socket.SOL_SOCKET, buffer, RELAY_LIMITS.kernel_bytes)
    return connection


def _read_arguments(arguments: Sequence[str]) -> Inherited:
    """Parse the arguments, and wrap the inherited descriptors of the listening sockets."""
    parser = argparse.ArgumentParser(prog="python -m relay", add_help=False)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--listen-fd", type=int, action="append", required=True)
    parser.add_argument("--redirect-fd", type=int, action="append", default=[])
    parser.add_argument("--socks", type=int, required=True)
    parser.add_argument("--onion", required=True)
    parser.add_argument("--name", required=True)
    given = parser.parse_args(arguments)
    onion, _, port = given.onion.rpartition(":")
    return Inherited(
        parent=given.parent,
        listeners=tuple(socket.socket(fileno=number) for number in given.listen_fd),
        redirects=tuple(socket.socket(fileno=number) for number in given.redirect_fd),
        socks_port=given.socks,
        onion=onion,
        onion_port=int(port),
        name=given.name,
    )
