"""Overwrites what opens a home: the shares of its case keys and the keys of its addresses. Run as the home's account.

Without them its database is ciphertext that nobody opens. On an SSD an overwritten block may stay until the disk erases
it: the disk's own encryption is for that (docs/OPERATING.md).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from trusted.store.db import SLOTS_NAME

_KEYS: Final = (SLOTS_NAME, "onion/public.key", "onion/desk.key", "mirror/account.pem", "mirror/certificate.pem")


def destroy_keys(home: Path) -> None:
    """Overwrite them in place, and wait until the disk has it; pass over what is missing. Raises OSError."""
    for name in _KEYS:
        try:
            descriptor = os.open(home / name, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            continue
        try:
            os.pwrite(descriptor, os.urandom(os.fstat(descriptor).st_size), 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


if __name__ == "__main__":
    destroy_keys(Path(sys.argv[1]))
