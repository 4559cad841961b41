"""Chromium's own protocol for being driven: JSON over two pipes, each message ended by a zero byte. No port is opened."""

from __future__ import annotations

import json
import os
import select
import time
from collections.abc import Callable


class Failed(Exception):
    """Chromium could not do it."""


class DevTools:
    """The two ends of the pipes; events are kept until somebody waits for them."""

    def __init__(self, read_from: int, write_to: int) -> None:
        self._read_from = read_from
        self._write_to = write_to
        self._left = b""
        self._count = 0
        self.session: str | None = None
        self.events: list[dict] = []
        # Answered as soon as they come, whatever is being waited for.
        self.at_once: dict[str, Callable[[dict], None]] = {}

    def __call__(self, method: str, *, within: float = 60.0, browser: bool = False, **params: object) -> dict:
        """Send a command to the page (or to the browser) and return its result."""
        number = self.send(method, browser=browser, **params)
        deadline = time.monotonic() + within
        while True:
            message = self._next(deadline, method)
            if message.get("id") == number:
                if "error" in message:
                    error = f"{method}: {message['error']['message']}"
                    raise Failed(error)
                return message["result"]
            self._keep(message)

    def send(self, method: str, *, browser: bool = False, **params: object) -> int:
        self._count += 1
        message: dict = {"id": self._count, "method": method, "params": params}
        if self.session and not browser:
            message["sessionId"] = self.session
        rest = json.dumps(message).encode() + b"\0"
        while rest:
            rest = rest[os.write(self._write_to, rest) :]
        return self._count

    def wait(self, event: str, matches=lambda _params: True, within: float = 60.0) -> dict:
        """The first such event, of those kept or to come."""
        deadline = time.monotonic() + within
        while True:
            for number, kept in enumerate(self.events):
                if kept["method"] == event and matches(kept["params"]):
                    return self.events.pop(number)["params"]
            self._keep(self._next(deadline, event))

    def close(self) -> None:
        os.close(self._read_from)
        os.close(self._write_to)

    def _keep(self, message: dict) -> None:
        if "method" not in message:
            return
        if act := self.at_once.get(message["method"]):
            act(message["params"])
        else:
            self.events.append(message)

    def _next(self, deadline: float, what: str) -> dict:
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._read_from], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                message = f"Chromium did not answer to {what} in time"
                raise TimeoutError(message)
            piece = os.read(self._read_from, 1 << 20)
            if not piece:
                message = "Chromium closed the pipe"
                raise ConnectionError(message)
            self._left += piece
        first, _, self._left = self._left.partition(b"\0")
        return json.loads(first)
