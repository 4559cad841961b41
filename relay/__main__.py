"""The relay as a process: `python -I -m relay --parent PID --listen-fd N --socks PORT --onion NAME:PORT --name NAME`.

The order is the security of it:
1. Read the arguments; everything has been imported by then.
2. Close the process to the world, before the first thread: from here on it opens no file, asks for no address and dials
   tor's SOCKS alone.
3. Serve, until it is told to end or its parent ends. It holds nothing that would have to be saved.

Its standard descriptors are /dev/null (`kallskydd relay` sees to it), so that nothing it says arrives anywhere.
Exit codes: 2 usage, 3 refused for safety.
"""

import argparse
import asyncio
import functools
import random
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from confine import confine_relay
from confine.process import die_with_parent, drop_root
from onion.socks import socks_connect
from relay.limits import RELAY_LIMITS
from relay.pool import CircuitPool
from relay.server import Relay

UNSAFE: Final = 3
_LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Inherited:
    """What `kallskydd relay` handed over."""

    parent: int
    listeners: tuple[socket.socket, ...]
    socks_port: int
    onion: str
    onion_port: int
    name: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the relay and return its exit code."""
    inherited = _read_arguments(sys.argv[1:] if arguments is None else arguments)
    # In this order: a change of the account takes the bond to the parent off.
    drop_root()
    die_with_parent(inherited.parent)
    try:
        locks = confine_relay(inherited.socks_port, RELAY_LIMITS.descriptors)
    except Exception:  # noqa: BLE001 - whatever kept the locks from closing, the answer is not to start
        return UNSAFE
    # What the kernel says is on, and not that the calls for it came back without an error.
    if not locks.complete:
        return UNSAFE
    asyncio.run(_serve(inherited))
    return 0


async def _serve(inherited: Inherited) -> None:
    # A fault's words could hold what was forwarded; they go nowhere.
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: None)
    dial = functools.partial(
        _dial, (_LOOPBACK, inherited.socks_port), inherited.onion, inherited.onion_port, RELAY_LIMITS.dial_seconds
    )
    pool = CircuitPool(dial, RELAY_LIMITS, random.SystemRandom())
    await Relay(inherited.name, pool, RELAY_LIMITS).serve(inherited.listeners)


async def _dial(socks: tuple[str, int], onion: str, port: int, within: float, name: str) -> socket.socket:
    connection = await socks_connect(socks, onion, port, within=within, isolate=name)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        connection.setsockopt(socket.SOL_SOCKET, buffer, RELAY_LIMITS.kernel_bytes)
    return connection


def _read_arguments(arguments: Sequence[str]) -> Inherited:
    parser = argparse.ArgumentParser(prog="python -m relay", add_help=False)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--listen-fd", type=int, action="append", required=True)
    parser.add_argument("--socks", type=int, required=True)
    parser.add_argument("--onion", required=True)
    parser.add_argument("--name", required=True)
    given = parser.parse_args(arguments)
    onion, _, port = given.onion.rpartition(":")
    return Inherited(
        parent=given.parent,
        listeners=tuple(socket.socket(fileno=number) for number in given.listen_fd),
        socks_port=given.socks,
        onion=onion,
        onion_port=int(port),
        name=given.name,
    )


if __name__ == "__main__":
    sys.exit(main())
