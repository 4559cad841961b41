"""Connects through tor: SOCKS5 over a unix socket or over loopback, with names resolved by tor.

`socks_connect` returns a connected, non-blocking socket, or raises an error under SocksFailed. tor says why an onion
cannot be reached only if its SocksPort has `ExtendedErrors` (answers 0xF0 to 0xF7); without it most look like
NothingServed.

`isolate` is a user name that means nothing to tor but "not on the same circuit as others": one per purpose. It tells
nobody anything; it never leaves this computer.
"""

import asyncio
import socket
from pathlib import Path

from onion.errors import (
    KeyMissing,
    KeyWrong,
    NothingServed,
    OnionUnknown,
    OnionUnreachable,
    SocksFailed,
    SocksMissing,
    SocksRefused,
    SocksTimeout,
)

SocksAddress = Path | tuple[str, int]

# RFC 1928 and RFC 1929.
_VERSION = 5
_NO_PASSWORD = 0
_PASSWORD = 2
_SUCCEEDED = 0
_ADDRESS_BYTES = {1: 4, 4: 16}  # after the kind of address in an answer: IPv4, IPv6

# tor's manual, ExtendedErrors; 0x04 and 0x06 are the plain ones it uses for an onion that does not answer.
_REPLIES: dict[int, type[SocksFailed]] = {
    0x01: NothingServed,  # with extended errors; a tor without them says this to much else
    0x04: OnionUnreachable,
    0x05: OnionUnreachable,
    0x06: SocksTimeout,
    0xF0: OnionUnknown,
    0xF1: OnionUnreachable,  # its descriptor does not verify
    0xF2: OnionUnreachable,  # introduction failed
    0xF3: OnionUnreachable,  # rendezvous failed
    0xF4: KeyMissing,
    0xF5: KeyWrong,
    0xF7: OnionUnreachable,  # all introductions timed out
}


async def socks_connect(
    socks: SocksAddress, host: str, port: int, *, within: float, isolate: str | None = None
) -> socket.socket:
    """Return a socket that is connected to `host` through tor. The caller closes it."""
    family = socket.AF_UNIX if isinstance(socks, Path) else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    connection.setblocking(False)
    try:
        async with asyncio.timeout(within):
            await _connect(connection, socks)
            await _greet(connection, isolate)
            await _ask_for(connection, host, port)
    except TimeoutError:
        connection.close()
        raise SocksTimeout from None
    except BaseException:
        connection.close()
        raise
    return connection


async def _connect(connection: socket.socket, socks: SocksAddress) -> None:
    address = str(socks) if isinstance(socks, Path) else socks
    try:
        await asyncio.get_running_loop().sock_connect(connection, address)
    except OSError:
        raise SocksMissing from None


async def _greet(connection: socket.socket, isolate: str | None) -> None:
    method = _PASSWORD if isolate else _NO_PASSWORD
    await _send(connection, bytes([_VERSION, 1, method]))
    if await _receive(connection, 2) != bytes([_VERSION, method]):
        raise SocksMissing
    if isolate:
        name = isolate.encode()
        await _send(connection, bytes([1, len(name)]) + name + b"\x01x")
        if (await _receive(connection, 2))[1] != _SUCCEEDED:
            raise SocksMissing


async def _ask_for(connection: socket.socket, host: str, port: int) -> None:
    name = host.encode()
    await _send(connection, bytes([_VERSION, 1, 0, 3, len(name)]) + name + port.to_bytes(2, "big"))
    _, reply, _, kind = await _receive(connection, 4)
    if reply != _SUCCEEDED:
        raise _REPLIES.get(reply, SocksRefused)(reply)
    await _receive(connection, _ADDRESS_BYTES.get(kind, 4) + 2)


async def _send(connection: socket.socket, content: bytes) -> None:
    try:
        await asyncio.get_running_loop().sock_sendall(connection, content)
    except OSError:
        raise SocksMissing from None


async def _receive(connection: socket.socket, count: int) -> bytes:
    received = b""
    while len(received) < count:
        try:
            piece = await asyncio.get_running_loop().sock_recv(connection, count - len(received))
        except OSError:
            raise SocksMissing from None
        if not piece:
            raise SocksMissing
        received += piece
    return received
