"""HTTP as a stranger speaks it, over a unix socket: one connection for each request, every byte in our hands."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

ANSWER_SECONDS = 60.0  # a picture is cleaned meanwhile, under strace
_PIECE = 65536
_LAST = 1000  # bytes
BOUNDARY = "----------------------------4f1d2c9ab7"


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back, whole. Status 0: nothing did."""

    status: int
    head: bytes
    body: bytes
    # Of a body that came in pieces: the line before each, and what came after the last.
    pieces: tuple[bytes, ...] = ()

    @property
    def whole(self) -> bytes:
        """Every byte."""
        return self.head + b"\r\n\r\n" + self.body

    @property
    def names(self) -> frozenset[str]:
        """The names of its headers, in small letters."""
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        return frozenset(line.partition(":")[0].lower() for line in lines)

    @property
    def location(self) -> str:
        """Where it leads; the first page when it leads nowhere."""
        return next(iter(self.values_of("location")), "/")

    def values_of(self, header: str) -> list[str]:
        """Every value of a header."""
        lines = (line.partition(":") for line in self.head.decode("latin-1").split("\r\n")[1:])
        return [value.strip() for name, _, value in lines if name.lower() == header]

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, repr=False)
class Upload:
    """One file of a form, as a browser sends it: with a name and a type."""

    name: str
    kind: str
    content: bytes


def send(path: Path, sent: bytes, *, then_cut: bool = False, last_after: float = 0.0) -> Answer:
    """Send bytes, the last after so many seconds, and return the answer. Raises OSError.

    With `then_cut` go away at once and return nothing.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(str(path))
        # It may answer and close before it has read everything.
        with suppress(BrokenPipeError, ConnectionResetError):
            if last_after:
                connection.sendall(sent[:-_LAST])
                time.sleep(last_after)
                sent = sent[-_LAST:]
            connection.sendall(sent)
        if then_cut:
            return Answer(0, b"", b"")
        return read_answer(_until_end(connection))


def send_twice(path: Path, first: bytes, second: bytes) -> Answer:
    """Ask twice on one connection, the second time when the first answer is whole. Raises OSError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(str(path))
        connection.sendall(first)
        received = b""
        while not _is_whole(received) and (piece := connection.recv(_PIECE)):
            received += piece
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(second)
        return read_answer(received + _until_end(connection))


def _is_whole(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
    return bool(end) and length is not None and len(body) >= int(length[1])


def request(method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes = b"") -> bytes:
    """Return the bytes of a request; the connection is closed after it."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "Connection: close"]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def multipart(fields: Sequence[tuple[str, str]], uploads: Sequence[Upload] = ()) -> bytes:
    """Return the body of a form. Text fields first, files after them, as on our pages."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    for upload in uploads:
        head = (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="attachment"; filename="{upload.name}"\r\n'
            f"Content-Type: {upload.kind}\r\n\r\n"
        )
        parts.append(head.encode() + upload.content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def read_answer(received: bytes) -> Answer:
    """Take an answer apart."""
    head, _, body = received.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    if b"transfer-encoding: chunked" in head.lower():
        return Answer(status, head, *_without_chunks(body))
    return Answer(status, head, body)


@contextmanager
def glancing(path: Path, sent: bytes, until: bytes, seconds: float) -> Iterator[bytearray]:
    """Read an answer that has no end until these bytes have come; then, once this is left, some seconds longer."""
    received = bytearray()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(str(path))
        connection.sendall(sent)
        while until not in received and (piece := connection.recv(_PIECE)):
            received += piece
        yield received
        end = time.monotonic() + seconds
        with suppress(TimeoutError):
            while (left := end - time.monotonic()) > 0:
                connection.settimeout(left)
                if not (piece := connection.recv(_PIECE)):
                    break
                received += piece


def hidden_fields(page: str, action: str, holding: str = "") -> list[tuple[str, str]]:
    """Return the hidden fields of the first form on the page that is sent to this path and holds this field."""
    reader = _Forms(action)
    reader.feed(page)
    return next((one for one in reader.forms if not holding or holding in dict(one)), [])


class _Forms(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []
        self._action = action
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "form":
            self._inside = (named.get("action") or "").partition("?")[0] == self._action
            self.forms += [[]] if self._inside else []
        elif tag == "input" and self._inside and named.get("type") == "hidden":
            self.forms[-1].append((named.get("name") or "", named.get("value") or ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


def _until_end(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(_PIECE):
            received += piece
    except ConnectionResetError:
        return received
    return received


def _without_chunks(body: bytes) -> tuple[bytes, tuple[bytes, ...]]:
    whole, pieces = b"", []
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.partition(b";")[0] or b"0", 16)
        pieces.append(size)
        if length == 0:
            return whole, (*pieces, rest)
        whole += rest[:length]
        pieces.append(rest[length : length + 2])
        body = rest[length + 2 :]
    return whole, tuple(pieces)
