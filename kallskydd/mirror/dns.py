"""The two DNS messages that a look at CAA needs: one question, and the CAA records of its answer (RFC 1035, 8659).

Written here because this is all of DNS that is used: a library for the whole would cost more memory and more code than
the rest of the look. Every byte of an answer is untrusted until `read_caa` has returned; whatever is not exactly an
answer to our question raises DnsFault.
"""

from __future__ import annotations

import struct
from typing import Final

from kallskydd.mirror.caa import CaaRecord

MESSAGE_BYTES: Final = 65_535  # the most that DNS over HTTPS carries (RFC 8484)
_HEADER: Final = struct.Struct("!HHHHHH")
_QUESTION: Final = struct.Struct("!HH")
_RECORD: Final = struct.Struct("!HHIH")
_IN: Final = 1
_CAA: Final = 257
_QUERY_FLAGS: Final = 0x0100  # recursion desired; the id is 0, as RFC 8484 wants it
_IS_ANSWER, _IS_CUT, _RCODE, _OPCODE = 0x8000, 0x0200, 0x000F, 0x7800
_NO_ERROR, _NO_SUCH_NAME = 0, 3
_POINTER: Final = 0xC0
_NAME_BYTES: Final = 255


class DnsFault(Exception):
    """The answer is none, or says that the resolver failed."""


def caa_question(name: str) -> bytes:
    """Return the message that asks for the CAA records of this name."""
    return _HEADER.pack(0, _QUERY_FLAGS, 1, 0, 0, 0) + _in_wire(name) + _QUESTION.pack(_CAA, _IN)


def read_caa(untrusted: bytes, name: str) -> tuple[CaaRecord, ...]:
    """Return the CAA records in the answer to our question, in any order; raises DnsFault."""
    try:
        identity, flags, questions, answers, _, _ = _HEADER.unpack_from(untrusted)
        if identity or not flags & _IS_ANSWER or flags & (_IS_CUT | _OPCODE) or questions != 1:
            raise DnsFault
        if flags & _RCODE == _NO_SUCH_NAME:
            return ()
        if flags & _RCODE != _NO_ERROR:
            raise DnsFault
        asked = caa_question(name)[_HEADER.size :]
        at = _HEADER.size + len(asked)
        if untrusted[_HEADER.size : at].lower() != asked.lower():
            raise DnsFault
        found: list[CaaRecord] = []
        for _ in range(answers):
            at = _skip_name(untrusted, at)
            kind, klass, _, length = _RECORD.unpack_from(untrusted, at)
            at += _RECORD.size
            data = untrusted[at : at + length]
            if len(data) != length:
                raise DnsFault
            at += length
            # A name may lead to another (CNAME): the resolver follows it, and the records of the last one count.
            if (kind, klass) == (_CAA, _IN):
                found.append(_read_record(data))
    except (struct.error, IndexError, UnicodeDecodeError):
        raise DnsFault from None
    return tuple(found)


def _in_wire(name: str) -> bytes:
    labels = [label.encode("ascii") for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def _skip_name(message: bytes, at: int) -> int:
    """Where the name that begins here ends. A pointer ends it, and is not followed."""
    for _ in range(_NAME_BYTES):
        length = message[at]
        if length == 0:
            return at + 1
        if length & _POINTER == _POINTER:
            return at + 2
        if length & _POINTER:
            raise DnsFault
        at += 1 + length
    raise DnsFault


def _read_record(data: bytes) -> CaaRecord:
    tag_end = 2 + data[1]
    if data[1] == 0 or tag_end > len(data):
        raise DnsFault
    return CaaRecord(data[2:tag_end].decode("ascii").lower(), data[tag_end:].decode("ascii"))
