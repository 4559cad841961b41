"""The folder `mirror/` of a home: which files it has, and how one is written.

    account.pem        the private key of the account at the certificate authority; in the backup
    account.json       where the account was made and its address; made again from the key
    certificate.pem    private key and certificate of the mirror: key first, then the chain
    seen.json          what was last seen and tried, by days, and taken by the intake (kallskydd.mirror.seen)
    issued.json        what the list of issued certificates had of the name (kallskydd.mirror.issued)
    other.pem          a certificate that the mirror showed and that is not ours; the operator removes it

A file is written beside its place and moved there whole, so that an interrupted write leaves the old one. What an
interrupted one left beside it is overwritten by the next. Standard library only: the keeper imports this.
"""

from __future__ import annotations

import hashlib
import os
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Final

MIRROR_FOLDER: Final = "mirror"
ACCOUNT_KEY: Final = "account.pem"
ACCOUNT: Final = "account.json"
CERTIFICATE: Final = "certificate.pem"
SEEN: Final = "seen.json"
ISSUED: Final = "issued.json"
OTHER: Final = "other.pem"
# A key, a leaf and three that issued it are some 8 kB.
PEM_BYTES: Final = 64 * 1024
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def mirror_folder(home: Path) -> Path:
    """Return the folder, made if it is not there, for its owner alone."""
    folder = home / MIRROR_FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def write_whole(path: Path, content: bytes) -> None:
    """Put the content there as a whole, for its owner alone, and wait until it is on the disk. Raises OSError."""
    beside = path.with_name(f"{path.name}.new")
    with suppress(FileNotFoundError):
        beside.unlink()
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_bounded(path: Path) -> bytes | None:
    """Return the content of a file; None if there is none, or more than we ever write."""
    try:
        with path.open("rb") as file:
            content = file.read(PEM_BYTES + 1)
    except OSError:
        return None
    return content if len(content) <= PEM_BYTES else None


def leaf_fingerprint(pem: bytes) -> str | None:
    """SHA-256 of the first certificate in a PEM, as hex; None if there is none."""
    text = pem.decode("ascii", "replace")
    start, end = text.find(_BEGIN), text.find(_END)
    if not 0 <= start < end:
        return None
    with suppress(ValueError):
        return fingerprint(ssl.PEM_cert_to_DER_cert(text[start : end + len(_END)]))
    return None


def fingerprint(der: bytes) -> str:
    """SHA-256 of a certificate, as hex."""
    return hashlib.sha256(der).hexdigest()
