"""Accepts a connection without learning the client's address.

Python's `accept` returns the address, which then stays in memory until something overwrites it. The system call accept4
takes a null pointer instead of a buffer for the address, and the relay's seccomp filter allows it in this form only
(`trusted.confine.profiles.RELAY`).
"""

import ctypes
import os
import socket

from trusted.confine.syscalls import syscall


def accept(listener: socket.socket) -> socket.socket | None:
    """Return a pending connection as a non-blocking socket, or None if none is. Raises OSError when accept4 fails."""
    flags = ctypes.c_int(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        descriptor = syscall("accept4", ctypes.c_int(listener.fileno()), None, None, flags)
    except (BlockingIOError, InterruptedError, ConnectionAbortedError):
        return None
    taken = socket.socket(listener.family, listener.type, listener.proto, descriptor)
    taken.setblocking(False)
    # Forwarded bytes are complete as they come: Nagle's algorithm would only add a delay.
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return taken
