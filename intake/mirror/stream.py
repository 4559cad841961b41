"""TLS on one accepted stream, from the accept on, by what `ssl` promises in public.

asyncio's own TLS is not used. It tells of a connection when the handshake is over, so that silent ones are not counted
and make no room, holds a buffer of 256 KiB for each, and hides from the one above how much its reader has not taken.

1. The stream counts among the connections of its socket from the accept on, and its bytes as progress.
2. Nothing is made for it until a whole ClientHello for our name is there (intake/mirror/records.py bounds it).
3. A handshake that is not over after ten seconds ends; one that fails says the alert and nothing else, here as there.
4. After the handshake the library's protocol is put on it; from then on that one counts, as the newest: a browser sends
   its request only now. After the answer to a challenge nothing follows.
5. What waits for its reader is what the kernel has not taken, as on a stream without TLS.
6. Records that bring no data (KeyUpdate, a warning, nothing) are few. OpenSSL sets no bound to KeyUpdates: a MiB of
   them costs it 0.6 to 0.8 s of processor time, a MiB of data 0.001 s, and it answers those that ask for it.
7. A MemoryBIO keeps the room that it once had, so it is given a record at a time, both ways.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from intake.mirror.contexts import Chosen, MirrorContexts
from intake.mirror.records import Records
from trusted.relay.client_hello import NotTls, read_client_hello
from trusted.web.connections import Connections

_READ_BYTES: Final = 2**14  # of one record
# What is read from the kernel at once. All streams share it: it is filled and emptied without a pause between.
_WIRE: Final = memoryview(bytearray(2 * _READ_BYTES))
# In all of one connection. OpenSSL takes as many empty ones in a row; a browser sends none, and one to say goodbye.
MOST_WITHOUT_DATA: Final = 32
_FATAL_UNRECOGNIZED_NAME: Final = b"\x15\x03\x03\x00\x02\x02\x70"  # RFC 6066, section 3


class TlsStream(asyncio.BufferedProtocol):
    """What stands on the accepted stream."""

    def __init__(
        self, contexts: MirrorContexts, connections: Connections, make_protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        self._contexts = contexts
        self._connections = connections
        self._make_protocol = make_protocol
        self._loop = asyncio.get_running_loop()
        self._accepted_at = self._loop.time()
        self._moved = 0  # bytes that came before the handshake was over
        self._records = Records()
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._chosen: Chosen | None = None
        self._tls: ssl.SSLObject | None = None
        self._wire: asyncio.Transport | None = None
        self._above: asyncio.Protocol | None = None
        self._without_data = 0
        self._reading = True

    # What the stream says

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError
        self._wire = transport
        self._connections.opened(self)
        if self._contexts.is_empty:
            self.make_room()

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Rule 7."""
        return _WIRE

    def buffer_updated(self, nbytes: int) -> None:
        self._records.add(_WIRE[:nbytes])
        if self._above is not None:
            self._hand_up()
            return
        self._moved += nbytes
        try:
            while self._above is None and not self.is_closing():
                piece = self._records.next_in_the_clear()
                if piece is None:
                    return
                self._handshake(piece)
        except (NotTls, ssl.SSLError):
            self._send()
            self._close_wire()

    def eof_received(self) -> None:
        if self._above is not None:
            self._above.eof_received()

    def pause_writing(self) -> None:
        if self._above is not None:
            self._above.pause_writing()

    def resume_writing(self) -> None:
        if self._above is not None:
            self._above.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.over(self)
        self._wire = self._tls = None
        if self._above is not None:
            self._above.connection_lost(exc)

    # What the connections of its socket ask before the handshake is over

    def progress(self, _now: float) -> float:
        return float(self._moved)

    def check(self, now: float) -> None:
        """Rule 3; also of a stream that is being closed and whose reader takes nothing."""
        if now - self._accepted_at > self._connections.limits.handshake_seconds:
            self.make_room()

    def make_room(self) -> None:
        self._connections.over(self)
        self.abort()

    # What the one above asks

    def is_closing(self) -> bool:
        return self._wire is None or self._wire.is_closing()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._tls is None or self.is_closing():
            return
        rest, sealed = memoryview(data).cast("B"), []
        try:
            while rest:
                rest = rest[self._tls.write(rest[:_READ_BYTES]) :]
                # Rule 7.
                sealed.append(self._outgoing.read())
        except ssl.SSLError:
            # In the middle of a message of TLS's own (half a KeyUpdate) nothing can be said. No browser stops there.
            self.abort()
            return
        self._wire_write(b"".join(sealed))

    def close(self) -> None:
        """Say that no more comes, and close when that is taken. That the other side says so too is not waited for."""
        if self._tls is not None and not self.is_closing():
            with suppress(ssl.SSLError):
                self._tls.unwrap()
            self._send()
            self._close_wire()

    def abort(self) -> None:
        if self._wire is not None:
            self._wire.abort()

    def pause_reading(self) -> None:
        self._reading = False
        if self._wire is not None:
            self._wire.pause_reading()

    def resume_reading(self) -> None:
        if not self._reading:
            self._reading = True
            if self._wire is not None:
                self._wire.resume_reading()
            # Not at once: the caller is at work, and what waits here would come in the middle of that.
            self._loop.call_soon(self._hand_up)

    @property
    def is_reading(self) -> bool:
        return self._reading

    @property
    def unsent(self) -> int:
        """Bytes that the kernel has not taken. Rule 5."""
        return 0 if self._wire is None else self._wire.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int | None, low: int | None) -> None:
        if self._wire is not None:
            self._wire.set_write_buffer_limits(high, low)

    # TLS

    def _handshake(self, piece: bytes) -> None:
        if self._tls is None:
            self._tls = self._begin(piece)
        self._incoming.write(piece)
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._send()
            return
        self._send()
        if self._chosen is None or self._chosen.is_challenge:
            self.close()
        else:
            self._put_on()

    def _begin(self, piece: bytes) -> ssl.SSLObject:
        """Rule 2. Raises NotTls."""
        hello = read_client_hello(piece)
        if hello is None:
            raise NotTls
        self._chosen = self._contexts.choose(hello)
        if self._chosen is None:
            self._outgoing.write(_FATAL_UNRECOGNIZED_NAME)
            raise NotTls
        return self._chosen.context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def _put_on(self) -> None:
        """Rule 4."""
        self._connections.over(self)
        self._above = self._make_protocol()
        self._above.connection_made(TlsTransport(self))
        self._hand_up()

    def _hand_up(self) -> None:
        """Rules 6 and 7."""
        if self._above is None or not self._reading or self.is_closing():
            return
        try:
            data, is_over = self._opened()
        except (NotTls, ssl.SSLError):
            self.abort()
            return
        # In one piece, for what it costs the one above to be told is the same for a byte.
        if data:
            self._above.data_received(data)
        if is_over:
            self._above.eof_received()
            self.close()

    def _opened(self) -> tuple[bytes, bool]:
        """Return the data of the records that are here, and whether no more comes. Raises NotTls or ssl.SSLError."""
        data = bytearray()
        while self._tls is not None and (record := self._records.next()) is not None:
            self._incoming.write(record)
            try:
                opened = self._tls.read(_READ_BYTES)
            except ssl.SSLWantReadError:
                self._without_data += 1
                if self._without_data > MOST_WITHOUT_DATA:
                    raise NotTls from None
                # All our bytes have been sent by now, so what waits is OpenSSL's.
                self._send()
            else:
                if not opened:
                    return bytes(data), True
                data += opened
        return bytes(data), False

    def _send(self) -> None:
        if self._outgoing.pending:
            self._wire_write(self._outgoing.read())

    def _wire_write(self, sealed: bytes) -> None:
        if sealed and self._wire is not None and not self._wire.is_closing():
            self._wire.write(sealed)

    def _close_wire(self) -> None:
        if self._wire is not None:
            self._wire.close()


class TlsTransport(asyncio.Transport):
    """What the one above sees of it. Of the other end it tells nothing, since nothing of it is known."""

    def __init__(self, stream: TlsStream) -> None:
        super().__init__()
        self._stream = stream

    def get_extra_info(self, _name: str, default: Any = None) -> Any:
        return default

    def is_closing(self) -> bool:
        return self._stream.is_closing()

    def close(self) -> None:
        self._stream.close()

    def abort(self) -> None:
        self._stream.abort()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._stream.write(data)

    def can_write_eof(self) -> bool:
        return False

    def is_reading(self) -> bool:
        return self._stream.is_reading

    def pause_reading(self) -> None:
        self._stream.pause_reading()

    def resume_reading(self) -> None:
        self._stream.resume_reading()

    def get_write_buffer_size(self) -> int:
        return self._stream.unsent

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._stream.set_write_buffer_limits(high, low)
