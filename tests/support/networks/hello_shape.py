"""What a ClientHello tells of who sent it, without what is made anew for each: random bytes, keys, GREASE, order.

Browsers shuffle the extensions and put meaningless values between the others (RFC 8701), so that nobody comes to rely
on either; both are left out.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

SERVER_NAME, GROUPS, ALGORITHMS, ALPN, PADDING = 0, 10, 13, 16, 21
SESSION_TICKET, PRE_SHARED_KEY, EARLY_DATA, VERSIONS = 35, 41, 42, 43


@dataclass(frozen=True)
class Shape:
    """Equal for two visits that nothing tells apart."""

    ciphers: tuple[int, ...]
    extensions: frozenset[int]
    bodies: tuple[tuple[int, tuple[int, ...]], ...]
    server_name: bytes
    protocols: bytes
    ticket: bytes

    @property
    def takes_up_a_session(self) -> bool:
        return bool(self.ticket) or bool(self.extensions & {PRE_SHARED_KEY, EARLY_DATA})


def shape(record: bytes) -> Shape:
    """Of one record that holds a whole ClientHello (RFC 8446, section 4.1.2)."""
    assert record[0] == 22
    body = record[9:]  # after the heads of the record and of the message
    at = 2 + 32
    at += 1 + body[at]  # the session identifier, of chance since TLS 1.3
    ciphers, at = _counted(body, at, 2)
    _methods, at = _counted(body, at, 1)
    rest, _ = _counted(body, at, 2)
    extensions: dict[int, bytes] = {}
    while rest:
        (kind,) = struct.unpack("!H", rest[:2])
        content, end = _counted(rest, 2, 2)
        extensions[kind] = content
        rest = rest[end:]
    meant = {kind: content for kind, content in extensions.items() if not _is_grease(kind)}
    lists = {GROUPS: 2, ALGORITHMS: 2, VERSIONS: 1}
    return Shape(
        ciphers=_numbers(ciphers),
        extensions=frozenset(meant) - {PADDING},
        bodies=tuple((kind, _numbers(meant[kind][size:])) for kind, size in lists.items() if kind in meant),
        server_name=meant.get(SERVER_NAME, b""),
        protocols=meant.get(ALPN, b""),
        ticket=meant.get(SESSION_TICKET, b""),
    )


def _counted(data: bytes, at: int, size: int) -> tuple[bytes, int]:
    length = int.from_bytes(data[at : at + size])
    return data[at + size : at + size + length], at + size + length


def _numbers(data: bytes) -> tuple[int, ...]:
    return tuple(one for (one,) in struct.iter_unpack("!H", data) if not _is_grease(one))


def _is_grease(number: int) -> bool:
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF
