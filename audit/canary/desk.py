"""A member's desk, as docs/FORMATS.md has it (sections 8 and 9) and with none of our code: it signs requests and asks.

For the comparison around a report: what a member is told before the release must be the same with it and without it.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nacl import pwhash, secret, signing
from nacl.public import PrivateKey

from audit.canary.http import Answer, request, send

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VERBS = ("roster", "box")


@dataclass(slots=True, repr=False)
class CanaryDesk:
    """The trial member at the desks' address."""

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

    def everything(self, more: Sequence[tuple[str, str]] = ()) -> dict[str, Answer]:
        """All that a member without a case in hand can ask for."""
        return {"roster": self.ask("roster", None, more), "box": self.ask("box", {"after": 0}, more)}


def to_clean(file: bytes) -> bytes:
    """Frame a member's file for the server to clean: head, file, zeros up to its size class."""
    head = json.dumps({"size": len(file)}).encode()
    frame = len(head).to_bytes(4, "big") + head + file
    exponent = len(frame).bit_length() - 1
    step = 1 << (exponent - exponent.bit_length())
    return frame + bytes(max(4096, -(-len(frame) // step) * step) - len(frame))


def trial_desk(home: Path, socket: Path, host: str) -> CanaryDesk:
    """Return the desk of a trial home's own member. The key is opened with the passphrase beside it, in one second."""
    folder = home / "trial-member"
    file = json.loads((folder / "member.key").read_text("ascii"))
    salt, box = base64.b64decode(file["salt"]), base64.b64decode(file["box"])
    passphrase = (folder / "passphrase").read_text("utf-8").strip().encode()
    key = pwhash.argon2id.kdf(32, passphrase, salt, opslimit=file["ops"], memlimit=file["mem"])
    keys = json.loads(secret.SecretBox(key).decrypt(box))
    seed = bytes.fromhex(keys["sign"])
    box_private = bytes.fromhex(keys["box"])
    box_public = bytes(PrivateKey(box_private).public_key)
    member = _hash(16, b"ks1-member", bytes(signing.SigningKey(seed).verify_key) + box_public).hex()
    server_key = bytes.fromhex((home / "server.pub").read_text("ascii").strip())
    return CanaryDesk(socket, host, seed, box_private, member, server_key)


def _hash(size: int, person: bytes, data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=size, person=person).digest()
