"""Firefox's own protocol for being driven: JSON over a loopback port, each message with its length before it."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path


class Failed(Exception):
    """Firefox could not do it; `kind` is WebDriver's word for why."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class Marionette:
    """One connection to one Firefox."""

    def __init__(self, profile: Path, still_runs, within: float = 60.0) -> None:
        """Wait for the port that Firefox writes into its profile."""
        self._count = 0
        file = profile / "MarionetteActivePort"
        deadline = time.monotonic() + within
        while True:
            try:
                self._socket = socket.create_connection(("127.0.0.1", int(file.read_text())), 5)
                break
            except (OSError, ValueError):
                if time.monotonic() > deadline or not still_runs():
                    raise
                time.sleep(0.05)
        self._socket.settimeout(120)
        self._read()  # the greeting

    def __call__(self, command: str, **parameters: object):
        """Send a command and return its result."""
        self._count += 1
        message = json.dumps([0, self._count, command, parameters]).encode()
        self._socket.sendall(b"%d:%b" % (len(message), message))
        _kind, _number, error, result = self._read()
        if error:
            raise Failed(error["error"], error["message"])
        return result["value"] if isinstance(result, dict) and set(result) == {"value"} else result

    def close(self) -> None:
        self._socket.close()

    def _read(self):
        length = b""
        while not length.endswith(b":"):
            length += self._exactly(1)
        return json.loads(self._exactly(int(length[:-1])))

    def _exactly(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            piece = self._socket.recv(size - len(got))
            if not piece:
                message = "Firefox closed the connection"
                raise ConnectionError(message)
            got += piece
        return got
