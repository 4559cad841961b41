"""The channel between the keeper and the intake: messages of eight bytes, and nothing else can pass.

The intake reads what reporters write and must not be able to tell anyone. Its one way out, besides its answers and the
store, is this channel, so what the channel can carry is closed by its form: a code from a list and a count. No text, no
length of choice. The other way goes orders, and with some of them a descriptor: a connection to a zygote that the
keeper has started in the place of one that died (the intake may not start processes or make sockets), or a sealed file
in memory with the key and the certificates of the mirror (the intake may not read them from the disk).

    keeper -> intake   code u8 | index u8 | six zero bytes      three orders bring one descriptor by SCM_RIGHTS
    intake -> keeper   code u16 | zero u16 | count u32

Each order about the mirror is answered by MIRROR_TAKEN or MIRROR_REFUSED, in the order in which they were given.

Both ends are one SOCK_STREAM socketpair; end of file means that the other process is gone. Integers are big-endian.
"""

import array
import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

MESSAGE_BYTES: Final = 8
_ORDER: Final = struct.Struct("!BB6x")
_EVENT: Final = struct.Struct("!HHI")
_MAX_COUNT: Final = 2**32 - 1
# Enough for every event there is to wait a while. A keeper that reads nothing does not make the intake grow.
_MAX_WAITING_BYTES: Final = 4096
_DESCRIPTOR_BYTES: Final = array.array("i").itemsize


class Order(IntEnum):
    """What the keeper may ask for."""

    REPLACE_ZYGOTE = 1
    STOP = 2
    ROSTER_CHANGED = 3
    # Runs the daily release as of now, even before twelve hours; a real home does not honour it.
    RELEASE = 4
    # Key and certificates by which the mirror is known from now on; connections that are open keep theirs.
    MIRROR_CERTIFICATE = 5
    # Key and certificate with which an authority is answered (RFC 8737) until the challenge is over.
    MIRROR_CHALLENGE = 6
    MIRROR_CHALLENGE_OVER = 7


# What comes with a sealed file in memory.
_WITH_MEMORY: Final = (Order.MIRROR_CERTIFICATE, Order.MIRROR_CHALLENGE)


class Event(IntEnum):
    """What the intake may say."""

    READY = 1
    HANDLER_FAULT = 2
    RELEASED = 3
    SELF_TEST_FAILED = 4
    # Not 5, which meant something else: after an update an older keeper starts the newer intake.
    ROSTER_FAULT = 6
    MIRROR_TAKEN = 7
    MIRROR_REFUSED = 8
    # Requests that came with somebody's address in a header and were refused; told with the heartbeat.
    FORWARDED_ADDRESS = 9
    # A heartbeat that the store did not take, whether or not anybody came.
    STORE_FAULT = 10
    # Of a host's tenant: a file is waiting for the zygote whose index, counted from one, is the count.
    ZYGOTE_WANTED = 11


@dataclass(frozen=True, slots=True)
class Told:
    """One event as the keeper reads it."""

    event: Event
    count: int


@dataclass(frozen=True, slots=True)
class Ordered:
    """One order as the intake reads it; what comes with it is the receiver's to close."""

    order: Order
    index: int = 0
    channel: socket.socket | None = None  # with REPLACE_ZYGOTE
    memory: int | None = None  # with MIRROR_CERTIFICATE and MIRROR_CHALLENGE


# The intake's exit codes for a home that cannot be used, and the keys of what the keeper then says.
HOME_FAULTS: Final = {
    10: "store.slots_damaged",
    11: "store.unreadable",
    12: "store.not_written",
    13: "store.busy",
    14: "store.newer",
    15: "store.version",
    16: "store.pragma",
    17: "store.schema",
}


class HasFileno(Protocol):
    """What can be handed over."""

    def fileno(self) -> int: ...


def pack_order(order: Order, index: int = 0) -> bytes:
    return _ORDER.pack(order, index)


def pack_event(event: Event, count: int = 1) -> bytes:
    return _EVENT.pack(event, 0, min(count, _MAX_COUNT))


class KeeperEnd:
    """The keeper's end: gives orders, hears events."""

    def __init__(self, channel: socket.socket) -> None:
        channel.setblocking(False)
        self._channel = channel

    async def order(self, order: Order, index: int = 0, brought: HasFileno | None = None) -> None:
        """Send one order, with a descriptor if it brings one; raises OSError when the intake is gone."""
        message = pack_order(order, index)
        if brought is None:
            await asyncio.get_running_loop().sock_sendall(self._channel, message)
            return
        rights = array.array("i", [brought.fileno()])
        # An order is far below the buffer of a socket: it goes out whole or, if the buffer is full, raises.
        self._channel.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])

    async def events(self) -> AsyncIterator[Told]:
        """Yield every event until the intake closes its end. Codes not on the list are passed over."""
        loop = asyncio.get_running_loop()
        received = b""
        while piece := await _receive(loop, self._channel, MESSAGE_BYTES - len(received)):
            received += piece
            if len(received) < MESSAGE_BYTES:
                continue
            code, _, count = _EVENT.unpack(received)
            received = b""
            if code in Event.__members__.values():
                yield Told(Event(code), count)

    def close(self) -> None:
        self._channel.close()


class IntakeEnd:
    """The intake's end: hears orders, tells events. It never waits for the keeper to read."""

    def __init__(self, channel: socket.socket) -> None:
        channel.setblocking(False)
        self._channel = channel
        self._waiting = bytearray()

    def tell(self, event: Event, count: int = 1) -> None:
        """Tell the keeper, now or when it reads again. Beyond a bound events are dropped: they are no records."""
        if len(self._waiting) <= _MAX_WAITING_BYTES - MESSAGE_BYTES:
            self._waiting += pack_event(event, count)
        self._flush()

    def _flush(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                sent = self._channel.send(self._waiting)
                del self._waiting[:sent]
        except BlockingIOError:
            loop.add_writer(self._channel.fileno(), self._flush)
            return
        except OSError:
            # The keeper is gone. The reader side sees the end of file and stops the intake.
            self._waiting.clear()
        loop.remove_writer(self._channel.fileno())

    async def orders(self) -> AsyncIterator[Ordered]:
        """Yield every order until the keeper's end is closed. Codes not on the list are passed over."""
        received = b""
        descriptors: list[int] = []
        while True:
            await _readable(self._channel)
            try:
                piece, ancillary, _, _ = self._channel.recvmsg(
                    MESSAGE_BYTES - len(received), socket.CMSG_SPACE(_DESCRIPTOR_BYTES)
                )
            except BlockingIOError:
                continue
            except OSError:
                return
            descriptors += _descriptors_in(ancillary)
            if not piece:
                return
            received += piece
            if len(received) < MESSAGE_BYTES:
                continue
            ordered = _read_order(received, descriptors)
            received, descriptors = b"", []
            if ordered is not None:
                yield ordered

    def close(self) -> None:
        self._channel.close()


def _read_order(message: bytes, descriptors: list[int]) -> Ordered | None:
    code, index = _ORDER.unpack(message)
    if len(descriptors) == 1 and code == Order.REPLACE_ZYGOTE:
        return Ordered(Order.REPLACE_ZYGOTE, index, channel=socket.socket(fileno=descriptors[0]))
    if len(descriptors) == 1 and code in _WITH_MEMORY:
        return Ordered(Order(code), index, memory=descriptors[0])
    for descriptor in descriptors:
        os.close(descriptor)
    brings = code == Order.REPLACE_ZYGOTE or code in _WITH_MEMORY
    return None if brings or code not in Order.__members__.values() else Ordered(Order(code), index)


def _descriptors_in(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % _DESCRIPTOR_BYTES])
    return list(found)


async def _receive(loop: asyncio.AbstractEventLoop, channel: socket.socket, size: int) -> bytes:
    try:
        return await loop.sock_recv(channel, size)
    except OSError:
        return b""


async def _readable(channel: socket.socket) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def note() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(channel.fileno(), note)
    try:
        await ready
    finally:
        loop.remove_reader(channel.fileno())
