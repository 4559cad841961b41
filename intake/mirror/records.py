"""The records of TLS as they come, handed on whole and of bounded size, so that OpenSSL is given nothing else.

OpenSSL makes room for a ClientHello as large as its head says, 128 KiB at the most, as soon as the head is there, and
for a second one where the first lacked a key (HelloRetryRequest). So the heads are looked at here first. Rules:

1. A ClientHello is handed on when it is whole: 16 KiB at the most (trusted/relay/client_hello.py), in 16 records at the
   most. Browsers send one of 0.5 to 2 KiB in one or two.
2. Any other record is handed on when it is whole. What is of no kind that TLS has is refused at its first byte.
3. All that is handed on before the handshake is over is 48 KiB at the most.
4. After it, one record at a time: the caller then sees what each of them brings (intake/mirror/stream.py, rule 6).
"""

from typing import Final

from trusted.relay.client_hello import MOST_BYTES, NotTls

_HEADER_BYTES: Final = 5
_MESSAGE_HEADER_BYTES: Final = 4
_HANDSHAKE: Final = 0x16
_KINDS: Final = range(0x14, 0x18)  # RFC 8446, section 5.1
_CLIENT_HELLO: Final = 0x01
_MOST_RECORDS: Final = 16
_MOST_RECORD_BYTES: Final = 2**14 + 256  # RFC 8446, section 5.2
_MOST_IN_ALL_BYTES: Final = 48 * 1024


class Records:
    """Bytes in as they come, whole records and whole ClientHello messages out."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._handed_on = 0

    def add(self, data: bytes | memoryview) -> None:
        self._waiting += data

    def next_in_the_clear(self) -> bytes | None:
        """Return the next whole piece before the handshake is over, or None while more of it is needed.

        Raises NotTls.
        """
        size = self._size_of_next()
        if size is None:
            return None
        self._handed_on += size
        if self._handed_on > _MOST_IN_ALL_BYTES:
            raise NotTls
        return self._taken(size)

    def next(self) -> bytes | None:
        """Return the next whole record, or None while more of it is needed. Raises NotTls."""
        size = self._whole_record()
        return None if size is None else self._taken(size)

    def _taken(self, size: int) -> bytes:
        piece = bytes(self._waiting[:size])
        del self._waiting[:size]
        return piece

    def _whole_record(self) -> int | None:
        end = self._record(0)
        return end if end is not None and end <= len(self._waiting) else None

    def _size_of_next(self) -> int | None:
        if not self._waiting or self._waiting[0] != _HANDSHAKE:
            return self._whole_record()
        whole = self._record(0)
        # A head that is spread over two records is sent by nobody.
        if whole is not None and whole < _HEADER_BYTES + _MESSAGE_HEADER_BYTES:
            raise NotTls
        if len(self._waiting) < _HEADER_BYTES + _MESSAGE_HEADER_BYTES or whole is None:
            return None
        head = self._waiting[_HEADER_BYTES : _HEADER_BYTES + _MESSAGE_HEADER_BYTES]
        left = _MESSAGE_HEADER_BYTES + int.from_bytes(head[1:], "big")
        if head[0] != _CLIENT_HELLO or left > MOST_BYTES:
            raise NotTls
        at = 0
        for _ in range(_MOST_RECORDS):
            end = self._record(at)
            if end is None or len(self._waiting) < end:
                return None
            if self._waiting[at] != _HANDSHAKE:
                raise NotTls
            left -= end - at - _HEADER_BYTES
            if left <= 0:
                return end
            at = end
        raise NotTls

    def _record(self, at: int) -> int | None:
        """Return where the record that begins at `at` ends, or None while its head is not there."""
        head = self._waiting[at : at + _HEADER_BYTES]
        if head and head[0] not in _KINDS:
            raise NotTls
        if len(head) < _HEADER_BYTES:
            return None
        size = int.from_bytes(head[3:], "big")
        if size > _MOST_RECORD_BYTES:
            raise NotTls
        return at + _HEADER_BYTES + size
