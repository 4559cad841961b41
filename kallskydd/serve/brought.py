"""The listening sockets that a unit hands to the process it starts (systemd's sd_listen_fds), by their files' names."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kallskydd.serve.orphans import is_process_one

_FIRST_DESCRIPTOR: Final = 3
_MOST: Final = 8


class NoListeners(Exception):
    """A tenant's home was to be served without the sockets of its unit."""


def listeners_brought(environment: Mapping[str, str]) -> dict[str, socket.socket]:
    """Return the unix sockets that came with the start of this very process; none if it was started otherwise."""
    number = environment.get("LISTEN_FDS", "")
    if environment.get("LISTEN_PID") not in _own_numbers(environment) or not number.isdigit() or int(number) > _MOST:
        return {}
    found = {}
    for descriptor in range(_FIRST_DESCRIPTOR, _FIRST_DESCRIPTOR + int(number)):
        one = socket.socket(fileno=descriptor)
        one.setblocking(False)
        # No child inherits it unless it is handed on.
        one.set_inheritable(False)
        found[Path(str(one.getsockname())).name] = one
    return found


def _own_numbers(environment: Mapping[str, str]) -> set[str | None]:
    """Return the numbers by which systemd may name this process.

    To process 1 of a unit with PrivatePIDs= systemd 257 says the number that it has outside.
    """
    return {str(os.getpid()), environment.get("SYSTEMD_EXEC_PID") if is_process_one() else None} - {None}
