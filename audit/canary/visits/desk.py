"""A member's desk, as docs/FORMATS.md has it (sections 8 and 9) and with none of our code: it signs requests and asks.

For the comparison around a report: what a member is told before the release must be the same with it and without it.
There are two members, so that some reports name one of them, and what that one can know of these is examined.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nacl import signing
from nacl.public import PrivateKey

from audit.canary.visits.http import Answer, request, send

# Places of one request for news of cases, section 9, and the answer of a desk that has nothing of a case.
SYNC_PLACES = 128
NOTHING = bytes(16)


@dataclass(frozen=True, slots=True, repr=False)
class Member:
    """The keys of a member, and the two texts with which a home begins."""

    label: str
    seed: bytes
    box_private: bytes
    onion: str

    @classmethod
    def new(cls, label: str) -> Member:
        """Make fresh keys."""
        onion = base64.b32encode(bytes(PrivateKey.generate().public_key)).decode().rstrip("=")
        return cls(label, bytes(signing.SigningKey.generate()), bytes(PrivateKey.generate()), onion)

    @property
    def public(self) -> tuple[bytes, bytes]:
        """The keys that others verify under and seal to."""
        return bytes(signing.SigningKey(self.seed).verify_key), bytes(PrivateKey(self.box_private).public_key)

    @property
    def id(self) -> str:
        """The member's id, in hex."""
        return _hash(16, b"ks1-member", b"".join(self.public)).hex()

    def join(self) -> str:
        """Return the join file, section 8."""
        words = b"".join(word.encode() + b"\0" for word in (self.label, "handler", self.label))
        digest = _hash(32, b"ks1-join", words + b"".join(self.public) + self.onion.encode())
        fields = {
            "format": "kallskydd-join-1", "name": self.label, "role": "handler", "label": self.label,
            "sign": self.public[0].hex(), "box": self.public[1].hex(), "onion": self.onion,
            "signature": self._signed(b"ks1-join" + digest),
        }  # fmt: skip
        return "".join(f"{name} = {json.dumps(value)}\n" for name, value in fields.items())

    def agreement(self, roster: bytes) -> str:
        """Return the line by which this member agrees to a version, section 7."""
        return f"{self.id} {self._signed(b'ks1-roster' + _hash(32, b'ks1-roster', roster))}\n"

    def _signed(self, text: bytes) -> str:
        return signing.SigningKey(self.seed).sign(text).signature.hex()


@dataclass(slots=True, repr=False)
class CanaryDesk:
    """A member at the desks' address."""

    socket: Path
    host: str
    seed: bytes
    box_private: bytes
    member: str
    server_key: bytes
    counter: int = 0

    def ask(self, verb: str, asked: object, more: Sequence[tuple[str, str]] = ()) -> Answer:
        """One signed request; `asked` is bytes as they are, or goes as JSON. Raises OSError."""
        self.counter += 1
        body = asked if isinstance(asked, bytes) else b"" if asked is None else json.dumps(asked).encode()
        path = f"/desk/1/{verb}"
        digest = _hash(32, b"ks1-body", body)
        text = b"".join(
            [
                b"ks1-request", b"POST\0", path.encode() + b"\0", digest, len(body).to_bytes(8, "big"), self.server_key,
                self.counter.to_bytes(8, "big"),
            ]
        )  # fmt: skip
        headers = [
            ("Host", self.host),
            ("Kallskydd-Member", self.member),
            ("Kallskydd-Counter", str(self.counter)),
            ("Kallskydd-Body", digest.hex()),
            ("Kallskydd-Signature", signing.SigningKey(self.seed).sign(text).signature.hex()),
            *more,
        ]
        return send(self.socket, request("POST", path, headers, body))

    def everything(self, cases: Sequence[bytes] = (), more: Sequence[tuple[str, str]] = ()) -> dict[str, Answer]:
        """All that a member without a case in hand can ask for; `cases` are asked for without their keys."""
        return {
            "roster": self.ask("roster", None, more),
            "sync": self.sync([(case_id, secrets.token_bytes(32), NOTHING) for case_id in cases], more),
            "offered-moves": self.ask("offered-moves", {}, more),
            "report-form": self.ask("report-form", None, more),
            # Last, since it reads what the counters of the others have written.
            "box": self.ask("box", {"after": 0}, more),
        }

    def sync(self, cases: Sequence[tuple[bytes, bytes, bytes]], more: Sequence[tuple[str, str]] = ()) -> Answer:
        """Ask for news of these, each an id, a proof and what the desk has of it; all other places ask for nothing."""
        fillers = [(secrets.token_bytes(16), secrets.token_bytes(32), NOTHING) for _ in range(SYNC_PLACES - len(cases))]
        names = ("case_id", "mac", "has")
        asked = [
            {name: base64.b64encode(value).decode() for name, value in zip(names, one, strict=True)}
            for one in (*cases, *fillers)
        ]
        return self.ask("sync", {"asked": asked}, more)


def to_clean(file: bytes) -> bytes:
    """Frame a member's file for the server to clean: head, file, zeros up to its size class."""
    head = json.dumps({"size": len(file)}).encode()
    frame = len(head).to_bytes(4, "big") + head + file
    exponent = len(frame).bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return frame + bytes(max(4096, -(-len(frame) // step) * step) - len(frame))


def desk_of(member: Member, home: Path, socket: Path, host: str) -> CanaryDesk:
    """Return the desk of one of the members whom the home names."""
    server_key = bytes.fromhex((home / "server.pub").read_text("ascii").strip())
    return CanaryDesk(socket, host, member.seed, member.box_private, member.id, server_key)


def _hash(size: int, person: bytes, data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=size, person=person).digest()
