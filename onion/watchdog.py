"""A small process that outlives ours by a moment and takes tor with it.

Promises
  1. However our process ends, kill -9 included, every tor it guards ends within seconds: the watchdog reads a pipe of
     which only we hold the other end, and acts when that closes.
  2. tor ends cleanly where it can, by SIGNAL HALT on its control socket: it then saves its choice of guards, and a lost
     choice would mean new guards. SIGTERM comes second and SIGKILL third, both by pidfd, so that a number given to
     another process meanwhile is never hit.
  3. Should the watchdog be killed as well as we, tor notices within 15 seconds (measured 14.9, also with Sandbox 1),
     because `__OwningControllerProcess` names the watchdog. It must never name our own process: stem then issues
     TAKEOWNERSHIP, and tor would exit with the first control connection that closes.

HALT comes before SIGTERM because a tor with Sandbox 1 missed 8 of 11 SIGTERMs (0.4.9.11, measured) and no HALT.
Run as a program this file is the watchdog; it imports the standard library only, and starts in some 20 ms.
"""

import contextlib
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

CONTROL_SECONDS = 2.0  # a tor that does not answer its control socket by then is stuck
TERM_SECONDS = 1.0  # unsandboxed tors ended within 0.02 s of SIGTERM


class Watchdog:
    """One watchdog process; guards any number of tors."""

    def __init__(self) -> None:
        # -I and -S: no site packages and no environment, so that nothing of this project is imported.
        # A session of its own: Ctrl-C in the terminal reaches us alone, and we end tor in order.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """What `__OwningControllerProcess` names."""
        return self._process.pid

    def guard(self, pid: int, control_socket: Path | None) -> None:
        """Let this process end with us from now on. It must be our child, not waited for yet."""
        if self._process.stdin is None:
            return
        # A watchdog that was killed takes tor with it by itself (promise 3), so there is nothing more to do then.
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(f"{pid} {control_socket or ''}\n".encode())
            self._process.stdin.flush()

    def close(self) -> None:
        """End the watchdog, and with it whatever it guards that still runs."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()


def halt(control_socket: Path) -> bool:
    """Ask tor to end now, over its control socket; return whether it accepts. Never raises for what tor does."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(CONTROL_SECONDS)
            connection.connect(str(control_socket))
            reply = _ask(connection, "PROTOCOLINFO 1")
            cookie_file = re.search(r'COOKIEFILE="([^"]*)"', reply)
            cookie = Path(cookie_file.group(1)).read_bytes().hex() if cookie_file else ""
            return _ask(connection, f"AUTHENTICATE {cookie}").startswith("250") and _ask(
                connection, "SIGNAL HALT"
            ).startswith("250")
    except (OSError, ValueError):
        return False


def _ask(connection: socket.socket, command: str) -> str:
    connection.sendall(f"{command}\r\n".encode())
    reply = b""
    # The last line of an answer has a space after the number, the others a dash.
    while not re.search(rb"(?m)^\d{3} .*\r\n\Z", reply):
        piece = connection.recv(4096)
        if not piece:
            return ""
        reply += piece
    return reply.decode("latin-1")


def _watch() -> None:
    """Collect guarded processes until our maker is gone, then end them."""
    guarded: list[tuple[int, str]] = []
    for line in sys.stdin.buffer:
        pid, _, control_socket = line.decode().rstrip("\n").partition(" ")
        # Without pidfds (not Linux, or an old kernel) tor's own polling of our pid must do.
        with contextlib.suppress(AttributeError, OSError):
            guarded.append((os.pidfd_open(int(pid)), control_socket))
    for pidfd, control_socket in guarded:
        if control_socket and not _ended([pidfd], 0):
            halt(Path(control_socket))
    pidfds = [pidfd for pidfd, _ in guarded]
    for number in (signal.SIGTERM, signal.SIGKILL):
        if _ended(pidfds, TERM_SECONDS):
            return
        for pidfd in pidfds:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(pidfd, number)


def _ended(pidfds: list[int], within: float) -> bool:
    """Wait; return whether all have ended by then. A pidfd turns readable when its process ends."""
    deadline = time.monotonic() + within
    left = list(pidfds)
    while left:
        readable, _, _ = select.select(left, [], [], max(0.0, deadline - time.monotonic()))
        if not readable:
            return False
        left = [pidfd for pidfd in left if pidfd not in readable]
    return True


if __name__ == "__main__":
    _watch()
