"""What the audit sends through the mirror, and what each of it should do: otherwise what follows from it is void.

1. Some visitors, each with an address of its own: an upload that is marked, whole. While the first is under way, every
   file that is open or has changed is searched.
2. One that is cut off in the middle; one for another name, which must not be answered; where the relay answers plain
   http, one without https, which must be led to https and to nothing that it named.
   One that comes again by the newest TLS and by the one before, and shows what it was given, if anything.
3. With `stop` and `start`, commands of the operator's: one while what is behind the mirror is gone. A proxy answers
   502 or the like, and the relay closes.
Nothing is reported: the page that is asked for is not there, and the home answers so.
"""

from __future__ import annotations

import contextlib
import functools
import random
import shlex
import socket
import ssl
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from audit.mirror.planted import VISITORS
from audit.mirror.scene import RELAY, Place
from audit.mirror.visitor import Visitor
from audit.mirror.watch import Watch

BODY_BYTES = 1024 * 1024  # nginx keeps 16 KiB in memory and spools the rest
_COMMAND_SECONDS = 60.0
_PLAIN_SECONDS, _PIECE_BYTES = 20.0, 4096
_BACK_SECONDS = 90.0  # a tor that was started again has to find the onion
_SETTLE_SECONDS = 0.25  # a connection's task ends after its socket
_OTHER_NAME = "other-name.kallskydd-audit.example"
_CLIENT_ERRORS_END, _GATEWAY_ERRORS = 500, (502, 503, 504)
_NO_ANSWER = "no answer"
_CHANCE = random.SystemRandom()


class Planter:
    """Sends it all, and calls `look` at each moment at which something could be seen."""

    def __init__(self, watch: Watch, place: Place, name: str, trusted: Path | None, plain: Place | None = None) -> None:
        self._plain = plain
        self._planted, self._place, self._name, self._look = watch.planted, place, name, watch.look
        self._context = ssl.create_default_context(cafile=None if trusted is None else str(trusted))
        self._blind = watch.scene.front.kind == RELAY

    def plant(self, stop: str | None, start: str | None) -> None:
        """Do all of it; what goes wrong is in `planted.wrong`."""
        planted = self._planted
        for number, source in enumerate(planted.sources or [None] * VISITORS):
            self._step("a whole upload", functools.partial(self._whole, source, look=number == 0))
            if planted.wrong:
                # It is void already, and each of the others could wait as long.
                return
        self._step("an upload that was cut off", self._cut_off)
        self._step("a visit to another name", self._another_name)
        if self._blind:
            self._step("a visit that comes again", self._again)
        if self._plain is not None:
            self._step("a visit without https", functools.partial(self._without_https, self._plain))
        if stop is not None and start is not None and not planted.wrong:
            self._without_backend(stop, start)
        time.sleep(_SETTLE_SECONDS)

    def _step(self, what: str, do: Callable[[], tuple[bool, str]]) -> None:
        try:
            fine, outcome = do()
        except (OSError, subprocess.SubprocessError) as fault:
            fine, outcome = False, type(fault).__name__
        (self._planted.right if fine else self._planted.wrong).append((what, outcome))

    def _visitor(self, source: str | None) -> Visitor:
        visitor = Visitor(self._place, source, self._name, self._context)
        self._planted.randoms.append(visitor.random)
        if source is not None:
            self._planted.connections.append((source, visitor.port))
        return visitor

    def _upload(self, source: str | None, *, half: bool, look: str | None = None) -> Visitor:
        planted = self._planted
        body = (planted.body + b"\n") * (BODY_BYTES // (len(planted.body) + 1))
        text = planted.browser.decode()
        head = f"POST /{text}?{text} HTTP/1.1\r\nHost: {self._name}\r\nUser-Agent: {text}\r\nAccept-Language: sv\r\n"
        head += f"Referer: https://{self._name}/{text}\r\nContent-Type: application/octet-stream\r\n"
        head += f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        visitor = self._visitor(source)
        try:
            visitor.send(head.encode() + body[: len(body) // 2])
            if look is not None:
                time.sleep(_SETTLE_SECONDS)
                self._look(look)
            if not half:
                # The home may answer, and end, before it has all: the page that is asked for is not there.
                with contextlib.suppress(ConnectionError):
                    visitor.send(body[len(body) // 2 :])
        except BaseException:
            visitor.close()
            raise
        return visitor

    def _whole(self, source: str | None, *, look: bool) -> tuple[bool, str]:
        visitor = self._upload(source, half=False, look="during an upload" if look else None)
        self._planted.sealed += visitor.sealed
        with contextlib.closing(visitor):
            status = visitor.status()
        return status is not None and status < _CLIENT_ERRORS_END, _shown(status)

    def _cut_off(self) -> tuple[bool, str]:
        self._upload(self._any_source(), half=True).abort()
        time.sleep(_SETTLE_SECONDS)
        self._look("after one that was cut off")
        return True, "sent half"

    def _another_name(self) -> tuple[bool, str]:
        anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        anybody.check_hostname = False
        anybody.verify_mode = ssl.CERT_NONE
        try:
            Visitor(self._place, self._any_source(), _OTHER_NAME, anybody).close()
        except OSError:
            return True, "closed"
        self._planted.answers_another_name = True
        return True, "answered"

    def _again(self) -> tuple[bool, str]:
        """Come twice by each version of TLS, the second time with the session of the first."""
        done = 0
        for newest in (ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2):
            session = None
            self._context.maximum_version = newest
            # A version that is refused gives nothing.
            with contextlib.suppress(ssl.SSLError, ConnectionError):
                for _ in range(2):
                    visitor = Visitor(self._place, self._any_source(), self._name, self._context, session)
                    with contextlib.closing(visitor):
                        visitor.send(f"GET / HTTP/1.1\r\nHost: {self._name}\r\nConnection: close\r\n\r\n".encode())
                        visitor.status()
                        session = visitor.session
                        self._planted.known_by |= visitor.known_by()
                        done += 1
        self._context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
        self._planted.handshakes = done
        return done > 0, "answered"

    def _without_https(self, plain: Place) -> tuple[bool, str]:
        source, text = self._any_source(), self._planted.browser
        answer = b""
        with socket.create_connection(plain, _PLAIN_SECONDS, None if source is None else (source, 0)) as one:
            one.sendall(b"GET /%b?%b HTTP/1.1\r\nHost: %b.example\r\nUser-Agent: %b\r\n\r\n" % (text, text, text, text))
            while piece := one.recv(_PIECE_BYTES):
                answer += piece
        wanted = f"\r\nLocation: https://{self._name}/\r\n".encode()
        fine = answer.startswith(b"HTTP/1.1 301 ") and wanted in answer and text not in answer
        return fine, answer[9:12].decode("ascii", "replace") or _NO_ANSWER

    def _without_backend(self, stop: str, start: str) -> None:
        self._step("what is behind was stopped", lambda: _command(stop))
        try:
            self._step("a visit without what is behind", self._gone)
            self._planted.tried_without_backend = True
        finally:
            self._step("what is behind was started", lambda: _command(start))
            self._step("a visit after that", self._back)

    def _gone(self) -> tuple[bool, str]:
        try:
            visitor = self._visitor(self._any_source())
        except OSError:
            status = None
        else:
            with contextlib.closing(visitor):
                visitor.send(f"GET /{self._planted.browser.decode()} HTTP/1.1\r\nHost: {self._name}\r\n\r\n".encode())
                try:
                    status = visitor.status()
                except OSError:
                    status = None
        self._look("while what is behind is gone")
        return status is None if self._blind else status in _GATEWAY_ERRORS, _shown(status)

    def _back(self) -> tuple[bool, str]:
        deadline = time.monotonic() + _BACK_SECONDS
        while True:
            with contextlib.suppress(OSError):
                fine, outcome = self._whole(self._any_source(), look=False)
                if fine or time.monotonic() > deadline:
                    return fine, outcome
            if time.monotonic() > deadline:
                return False, _NO_ANSWER
            time.sleep(_SETTLE_SECONDS)

    def _any_source(self) -> str | None:
        return _CHANCE.choice(self._planted.sources) if self._planted.sources else None


def _shown(status: int | None) -> str:
    return _NO_ANSWER if status is None else str(status)


def _command(line: str) -> tuple[bool, str]:
    words = shlex.split(line)
    done = subprocess.run(words, capture_output=True, timeout=_COMMAND_SECONDS, check=False)
    return done.returncode == 0, str(done.returncode)
