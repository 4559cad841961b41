"""Another account of this computer, which listens on the loopbacks: `with OtherAccount() as other:`.

As root it becomes one that owns nothing and has no right. Without root it stays the member's own, which may do more.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from typing import Any, Self

SECONDS = 20.0
# 127.0.0.1 as a socket of IPv6 names it.
MAPPED = ("AF_INET6", "::ffff:127.0.0.1")
# All ways to share or to cover the two loopbacks: family, address (none is all of them), options by name.
PLACES = [
    [family, address, options]
    for family, address in (("AF_INET", "127.0.0.1"), ("AF_INET", ""), ("AF_INET6", "::1"), ("AF_INET6", ""), MAPPED)
    for options in ([], ["SO_REUSEADDR"], ["SO_REUSEPORT"], ["SO_REUSEADDR", "SO_REUSEPORT"])
] + [["AF_INET6", "", ["IPV6_V6ONLY"]], ["AF_INET6", "", ["IPV6_V6ONLY", "SO_REUSEADDR", "SO_REUSEPORT"]]]
PROGRAM = r"""
import errno, json, os, socket, sys, threading
if os.geteuid() == 0:
    os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
lock = threading.Lock()
def say(**what):
    with lock:
        print(json.dumps(what), flush=True)
def answer(connection, address, page):
    with connection:
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                break
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        if not data:
            return
        lengths = [int(one.split(b":")[1]) for one in head.split(b"\r\n") if one.lower().startswith(b"content-length:")]
        while lengths and len(body) < lengths[0]:
            body += connection.recv(65536)
        say(asked=(head + b"\r\n\r\n" + body).decode("latin-1"), at=address)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                           % len(page) + page)
def serve(listener, address, page):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, address, page), daemon=True).start()
def listen(family, address, options, port, page):
    one = socket.socket(getattr(socket, family))
    for name in options:
        level = socket.IPPROTO_IPV6 if name.startswith("IPV6") else socket.SOL_SOCKET
        one.setsockopt(level, getattr(socket, name), 1)
    try:
        one.bind((address, port)); one.listen()
    except OSError as failed:
        one.close()
        return errno.errorcode[failed.errno]
    threading.Thread(target=serve, args=(one, address, page), daemon=True).start()
    return "listens"
say(uid=os.getuid())
for line in sys.stdin:
    order = json.loads(line)
    say(got=[listen(*place, order["port"], order["page"].encode()) for place in order["places"]])
"""


@dataclass
class OtherAccount:
    """What it was sent stands in `asked`, as (address, text of the request)."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    uid: int = -1

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._hear, daemon=True).start()
        self.uid = self._said.get(timeout=SECONDS)["uid"]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for end in (self._process.stdin, self._process.stdout):
            end.close()

    def listen(self, port: int, places: list = PLACES, page: str = "<title>stranger</title>a stranger") -> list[str]:
        """Try to listen at each place of this port; for each `listens`, or the name of what the kernel said."""
        self._process.stdin.write(json.dumps({"port": port, "places": places, "page": page}) + "\n")
        self._process.stdin.flush()
        return self._said.get(timeout=SECONDS)["got"]

    def _hear(self) -> None:
        for line in self._process.stdout:
            said = json.loads(line)
            if "asked" in said:
                self.asked.append((said["at"], said["asked"]))
            else:
                self._said.put(said)
