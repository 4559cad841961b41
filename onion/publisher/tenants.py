"""Which tenants this host has, and whose connection is taken for which.

A tenant is a folder of the host's tenant folder, and its account is the folder's owner. The folder around them is
root's, so no tenant can make itself another's. The name is used in paths and nowhere else.
"""

import os
import re
import socket
import stat
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TENANT_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,19}")
_CREDENTIALS: Final = struct.Struct("=iII")  # struct ucred: process, user, group


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant: `uid` is the account whose connections are its own."""

    name: str
    uid: int


def tenants_in(folder: Path) -> dict[str, Tenant]:
    """Return the tenants, by name. Raises OSError."""
    found = {}
    for entry in os.scandir(folder):
        if TENANT_NAME.fullmatch(entry.name) is None:
            continue
        state = entry.stat(follow_symlinks=False)
        if stat.S_ISDIR(state.st_mode):
            found[entry.name] = Tenant(entry.name, state.st_uid)
    return found


def uid_of_peer(connection: socket.socket) -> int:
    """Return the account at the other end, as the kernel noted it when it connected. Raises OSError."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(credentials)[1])


def listen(path: Path) -> socket.socket:
    """Make a listening socket there, with the mode that the process's umask leaves. Raises OSError."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(os.fspath(path))
        listener.listen()
    except BaseException:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
