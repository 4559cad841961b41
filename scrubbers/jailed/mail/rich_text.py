"""Unpacks the rich text that Outlook saves beside the plain one ([MS-OXRTFCP]): the text as its reader saw it."""

import struct
from typing import Final

from trusted.jail.stages import Damaged, TooLarge

_HEAD: Final = struct.Struct("<II4sI")
_PACKED, _AS_IT_IS = b"LZFu", b"MELA"
_MOST_BYTES: Final = 2**24  # 16 MiB
_RING: Final = 4096
# What the format takes as said before, in the order of its specification (2.1.2.1); here with other strokes.
_BEFORE: Final = (
    b"{/rtf1/ansi/mac/deff0/deftab720{/fonttbl;}{/f0/fnil /froman /fswiss /fmodern /fscript /fdecor MS Sans Serif"
    b"SymbolArialTimes New RomanCourier{/colortbl/red0/green0/blue0\r\n/par /pard/plain/f0/fs20/b/i/u/tab/tx"
).replace(b"/", b"\\")


def unpacked(untrusted: bytes) -> bytes:
    """Return the rich text. Raises Damaged, TooLarge."""
    if len(untrusted) < _HEAD.size:
        raise Damaged
    _, size, kind, _ = _HEAD.unpack_from(untrusted)
    if size > _MOST_BYTES:
        raise TooLarge
    if kind == _AS_IT_IS:
        return untrusted[_HEAD.size : _HEAD.size + size]
    if kind != _PACKED:
        raise Damaged
    made = bytearray(_BEFORE)
    at = _HEAD.size
    while at < len(untrusted) and len(made) < len(_BEFORE) + size:
        flags, at = untrusted[at], at + 1
        for bit in range(8):
            if not flags >> bit & 1:
                made += untrusted[at : at + 1]
                at += 1
                continue
            reference = int.from_bytes(untrusted[at : at + 2], "big")
            at += 2
            # Where in the ring of 4096 bytes it stands already; its own place means the end.
            back = (len(made) - (reference >> 4)) % _RING
            if not back or back > len(made):
                return bytes(made[len(_BEFORE) :][:size])
            for _ in range((reference & 0xF) + 2):
                made.append(made[-back])
    return bytes(made[len(_BEFORE) :][:size])
