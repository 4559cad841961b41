"""
The connections of one listening socket: how long an answer may wait for its reader, and which connection makes room.

The rules:

1. A connection counts from the moment it is accepted until the work for it is over, also when its peer has left; with
   TLS before its handshake too (intake/mirror/stream.py).
2. One request at a time: a connection on which a request arrives before the answer to the previous one is written ends
   at once. No browser pipelines; a client that does would have us make and hold many answers.
3. A reader takes something of an answer within a while, and over all the waiting not too little: the minimum rate that
   trusted/web/form.py asks of uploads. The library puts no deadline on writing. A body that was promised begins soon;
   what waits for it gets a TimeoutError, and so does what would throw the rest of it away.
4. When all connections are taken, a newcomer gets the place of the connection that has made the least progress. The
   newest are exempt, because through Tor a second or two pass until a request arrives; and only so many make room in a
   second, so that who connects a thousand times a second leaves each newcomer that time.
5. Progress is bytes: those that came, and those of an answer for which the reader made room. What fits into the
   kernel's buffer does not count: it is written whether or not anybody reads. Progress fades with a half-life, but not
   in the first minutes of one of our turns. So holding a place costs a steady stream of bytes, more than the slowest of
   the others sends.
6. What waits to be sent has a sum over all connections. Beyond it, the connection with the least progress among those
   that hold some of it ends.

A connection that makes room ends at once: what was to be sent is dropped and its handler is cancelled, so that an
upload stores nothing. Nothing is logged. Several names here are private to aiohttp; tests/trusted/web/test_silence.py
pins the version.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Protocol

from aiohttp import StreamReader, web

from trusted.web.silence import QuietHandler

_MIB: Final = 2**20


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The numbers of the connections of one socket."""

    # Tor keeps one connection for each stream; a browser opens up to six.
    most: int = 512
    # Half of them. At the rate below, each newcomer has four seconds to send its request.
    newest: int = 256
    # The keeper's queue of 640 (kallskydd/serve/children.py) is worked off in ten seconds.
    evictions_a_second: float = 64.0
    evictions_at_once: int = 16
    # A stalled Tor circuit moves again within this or not at all; an upload of 5 kB/s is then still worth 100 kB.
    half_life_seconds: float = 30.0
    # A large picture in a crowd waits some minutes for the jail; a form sent again, as long as the first takes.
    our_turn_seconds: float = 300.0
    # From the head of a request to the first byte of the body that it promises: browsers send both together.
    first_byte_seconds: float = 15.0
    # Of TLS, from the accept on: through Tor it takes two or three seconds.
    handshake_seconds: float = 10.0
    # As long as an upload may stall (`Limits.idle_seconds`).
    unread_seconds: float = 60.0
    slowest_bytes_a_second: int = 1024
    unsent_bytes: int = 32 * _MIB  # forty of the largest pages, and a thousand of the usual ones
    look_seconds: float = 1.0


CONNECTION_LIMITS: Final = ConnectionLimits()


class Counted(Protocol):
    """What takes a place among the connections: one that carries requests, or one whose handshake is not over."""

    def progress(self, now: float) -> float: ...
    def check(self, now: float) -> None: ...
    def make_room(self) -> None: ...


class Connection(QuietHandler):
    """One connection: its progress, and the deadline of its answer."""

    __slots__ = ("_at", "_blocked_at", "_connections", "_moved", "_taken", "_taken_at", "_waited", "_wire", "_work")

    def __init__(self, connections: "Connections", manager: web.Server, **settings: Any) -> None:
        super().__init__(manager, **settings)
        self._connections = connections
        # The library forgets its transport when it starts to close it, and its task when that has lost the peer.
        self._wire: asyncio.Transport | None = None
        self._work: asyncio.Task[None] | None = None
        self._moved = 0.0  # bytes, faded up to `_at`
        self._at = self._blocked_at = self._taken_at = 0.0
        self._taken = 0  # bytes that waited for the reader and were taken
        self._waited = 0.0  # seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError
        self._wire = transport
        self._at = self._loop.time()
        # What waits for its reader shows at once, and holds up who writes more of it. Rules 3 and 6.
        transport.set_write_buffer_limits(high=0)
        super().connection_made(transport)
        self._work = self._task_handler
        self._connections.opened(self)
        if self._work is not None:
            self._work.add_done_callback(self._work_is_over)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._connections.is_unsent(self, 0)
        self._wire = None
        super().connection_lost(exc)
        if self._work is None:
            self._connections.over(self)

    def _work_is_over(self, _work: "asyncio.Task[None]") -> None:
        self._work = None
        if self._wire is None:
            self._connections.over(self)

    def data_received(self, data: bytes) -> None:
        self.progressed(len(data))
        super().data_received(data)
        # Rule 2. The next request after an answer may be here before the library has turned to it.
        allowed = 0 if self._current_request is not None else 1
        if len(self._messages) > allowed:
            self.make_room()

    def resume_reading(self, resume_parser: bool = True) -> None:
        # What was our turn until now must not fade it afterwards.
        if self._is_our_turn:
            now = self._loop.time()
            self._moved, self._at = self.progress(now), now
        super().resume_reading(resume_parser)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._blocked_at = self._taken_at = self._loop.time()
        self._connections.is_unsent(self, self.unsent)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._waited += self._loop.time() - self._blocked_at
        self._note_taken()

    @property
    def unsent(self) -> int:
        """Bytes of an answer that the kernel has not taken yet."""
        return 0 if self._wire is None else self._wire.get_write_buffer_size()

    def progressed(self, size: int) -> None:
        """Count bytes that moved. Called also by a page that shows how an upload on another connection proceeds."""
        if size:
            now = self._loop.time()
            self._moved = self.progress(now) + size
            self._at = now

    def progress(self, now: float) -> float:
        """Return the bytes that have moved, faded. Rule 5."""
        limits = self._connections.limits
        spared = limits.our_turn_seconds if self._is_our_turn else 0.0
        half_lives = max(0.0, now - self._at - spared) / limits.half_life_seconds
        return float(self._moved * 0.5**half_lives)

    @property
    def _is_our_turn(self) -> bool:
        """Whether the request is here and being worked on, or its next bytes wait until we take them."""
        request = self._current_request
        return request is not None and not self._paused and (self._reading_paused or request.content.is_eof())

    def _note_taken(self) -> None:
        taken = self._connections.is_unsent(self, self.unsent)
        if taken > 0:
            self._taken += taken
            self._taken_at = self._loop.time()
            self.progressed(taken)

    def check(self, now: float) -> None:
        """See to the deadlines. Rule 3."""
        if self._paused:
            self._check_reader(now)
        elif self._current_request is not None:
            self._check_body(self._current_request.content, now)

    def _check_body(self, content: StreamReader, now: float) -> None:
        # While nothing of the body has come, the last bytes that moved are those of the head.
        waits = not content.is_eof() and not content.total_bytes and content.exception() is None
        if waits and now - self._at > self._connections.limits.first_byte_seconds:
            content.set_exception(TimeoutError())

    def _check_reader(self, now: float) -> None:
        self._note_taken()
        limits = self._connections.limits
        waited = self._waited + now - self._blocked_at
        is_too_slow = waited > limits.unread_seconds + self._taken / limits.slowest_bytes_a_second
        if is_too_slow or now - self._taken_at > limits.unread_seconds:
            self.make_room()

    def make_room(self) -> None:
        """End the connection now, and the work for it."""
        self._connections.over(self)
        if self._work is not None:
            self._work.cancel()
        if self._wire is not None:
            # Closing would wait for a peer that does not read.
            self._wire.abort()


class Connections:
    """All connections of one socket, in the order in which they came."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self.limits = limits
        self._loop = asyncio.get_running_loop()
        self._open: dict[Counted, None] = {}
        self._unsent: dict[Connection, int] = {}
        self._unsent_sum = 0
        self._shedding = False
        self._evictions_left = float(limits.evictions_at_once)
        self._counted_at = self._loop.time()
        self._look_again = self._loop.call_later(limits.look_seconds, self._look)

    def __len__(self) -> int:
        return len(self._open)

    def close(self) -> None:
        """See to no more deadlines. The library ends what carries requests; what is not so far ends here."""
        self._look_again.cancel()
        for one in [one for one in self._open if not isinstance(one, Connection)]:
            one.make_room()

    def opened(self, connection: Counted) -> None:
        self._open[connection] = None

    def over(self, connection: Counted) -> None:
        """Forget a connection. Rule 1."""
        self._open.pop(connection, None)
        if isinstance(connection, Connection):
            self.is_unsent(connection, 0)

    def is_unsent(self, connection: Connection, size: int) -> int:
        """Note how much waits on a connection, and return how much less that is than before. Rule 6."""
        before = self._unsent.pop(connection, 0)
        if size:
            self._unsent[connection] = size
        self._unsent_sum += size - before
        if self._unsent_sum > self.limits.unsent_bytes and not self._shedding:
            # Not at once: this is called while something is being written.
            self._shedding = True
            self._loop.call_soon(self._shed)
        return before - size

    def may_come(self, beginning: int) -> bool:
        """Say whether one more may be accepted now, besides those that are not open yet. Rule 4."""
        if len(self._open) + beginning < self.limits.most:
            return True
        now = self._loop.time()
        come = self._evictions_left + (now - self._counted_at) * self.limits.evictions_a_second
        self._evictions_left = min(come, float(self.limits.evictions_at_once))
        self._counted_at = now
        return self._evictions_left >= 1 and bool(self._open)

    def came(self, beginning: int) -> None:
        """Make room for one that was accepted, if there are too many now. Rule 4."""
        if len(self._open) + beginning > self.limits.most:
            self._evictions_left -= 1
            older = max(1, len(self._open) - self.limits.newest)
            self._least(islice(self._open, older)).make_room()

    def _least(self, among: Iterable[Counted]) -> Counted:
        now = self._loop.time()
        return min(among, key=lambda connection: connection.progress(now))

    def _look(self) -> None:
        now = self._loop.time()
        for connection in list(self._open):
            connection.check(now)
        self._look_again = self._loop.call_later(self.limits.look_seconds, self._look)

    def _shed(self) -> None:
        self._shedding = False
        while self._unsent_sum > self.limits.unsent_bytes:
            self._least(self._unsent).make_room()
