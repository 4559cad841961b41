"""The auditor's key: a kept result carries a MAC under it (HMAC-SHA256, RFC 2104), and one from elsewhere is refused.

The auditor makes the key (`kallskydd audit begin`), and takes it along to each computer where a proof is made. It shows
that a result was made with it and not changed since. It does not show who ran the audit: root of a computer where the
key was used could have read it.

NoKey     the file holds no key
NotSealed what was read is not sealed with this key
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from pathlib import Path
from typing import Final

NO_KEY: Final = (
    "A result is kept under the auditor's key, and --key names no such file."
    " Make one with `kallskydd audit begin KEY`, and give it with --key each time."
)
_BYTES: Final = 32
_LINE: Final = re.compile(rf"[0-9a-f]{{{2 * _BYTES}}}\n")
_NAME: Final = b"kallskydd audit key"
_NAME_DIGITS: Final = 12


class NoKey(Exception):
    """The file cannot be read, or holds something else."""


class NotSealed(Exception):
    """Another key, none, or a changed text."""


def make_key(place: Path) -> bytes:
    """Write a new key, for its owner alone, over no other file, and return it. Raises OSError."""
    key = secrets.token_bytes(_BYTES)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{key.hex()}\n")
    return key


def read_key(place: Path) -> bytes:
    """Return the key of this file. Raises NoKey."""
    try:
        text = place.read_text("ascii")
    except (OSError, UnicodeError):
        raise NoKey from None
    if not _LINE.fullmatch(text):
        raise NoKey
    return bytes.fromhex(text)


def name_of(key: bytes) -> str:
    """Return the name that the page and the terminal give to a key; it tells nothing else of it."""
    return _mac(key, _NAME)[:_NAME_DIGITS]


def sealed(text: str, key: bytes) -> str:
    """Return one line of text, and its MAC in a second line."""
    return f"{text}\n{_mac(key, text.encode())}\n"


def opened(content: bytes, key: bytes) -> str:
    """Return the text of what `sealed` made with this key. Raises NotSealed."""
    text, _, mac = content.removesuffix(b"\n").rpartition(b"\n")
    if not hmac.compare_digest(mac, _mac(key, text).encode()):
        raise NotSealed
    return text.decode()


def _mac(key: bytes, text: bytes) -> str:
    return hmac.new(key, text, hashlib.sha256).hexdigest()
