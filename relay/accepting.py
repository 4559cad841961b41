"""Takes a connection without learning whose it is.

Python's `accept` returns the client's address, and memory that held it holds it until something else is written there.
The kernel's own call takes a null pointer for an answer that nobody wants; the relay's filter lets no other call pass
(`confine.profiles.RELAY`).
"""

import ctypes
import os
import socket

from confine.syscalls import syscall


def accept(listener: socket.socket) -> socket.socket | None:
    """Return a waiting connection, non-blocking, or None if none waits. Raises OSError when none can be taken."""
    flags = ctypes.c_int(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        descriptor = syscall("accept4", ctypes.c_int(listener.fileno()), None, None, flags)
    except (BlockingIOError, InterruptedError, ConnectionAbortedError):
        return None
    taken = socket.socket(listener.family, listener.type, listener.proto, descriptor)
    taken.setblocking(False)
    # What is forwarded was sent whole by the other side: waiting for more to send along would only cost a pause.
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return taken
