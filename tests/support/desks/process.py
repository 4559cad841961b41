"""The members' application as a process of its own: `with DeskProcess(home, socket, folder) as desk:`."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

from desk.keep.keyfile import DeskHome
from desk.web.local.entrance import COOKIE
from desks.harness import PASSPHRASE

ROOT = Path(__file__).parents[3]
SECONDS = 20.0
TO_A_PAGE = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


class DeskProcess:
    """`kallskydd desk --no-browser`; `opening` is the address that counts once. Works and caches in `folder`."""

    def __init__(self, home: DeskHome, socket: Path, folder: Path, *, before: str = "exec") -> None:
        words = [sys.executable, "-m", "kallskydd", "desk", "--no-browser"]
        words += ["--desk-home", str(home.folder), "--socket", str(socket)]
        self.cache = folder / "cache"
        self._command = ["sh", "-c", f'{before} "$@"', "sh", *words]
        self._folder, self._said = folder, ""
        self._environment = {**os.environ, "XDG_CACHE_HOME": str(self.cache), "PYTHONPATH": str(ROOT)}

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            self._command, cwd=self._folder, env=self._environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.opening = self.process.stdout.readline().strip()
        assert self.opening.startswith("http://"), self.process.communicate()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def host(self) -> str:
        return self.opening.split("/")[2]

    @property
    def origin(self) -> str:
        return f"http://{self.host}"

    @property
    def port(self) -> int:
        return int(self.host.rpartition(":")[2])

    def end(self) -> str:
        """Press Ctrl-C; return what was said on standard error."""
        if not self.process.stdout.closed:
            self.process.send_signal(signal.SIGINT)
            self._said = self.process.communicate(timeout=20)[1]
        return self._said


class Visit:
    """A browser at the application, as far as headers and cookie go."""

    def __init__(self, desk: DeskProcess) -> None:
        self._desk, self._cookie = desk, ""
        page = self.ask("GET", desk.opening.removeprefix(desk.origin), "none")
        self._cookie = page.headers["Set-Cookie"].split(";")[0]
        assert self._cookie.startswith(COOKIE)

    def ask(self, method: str, path: str, site: str = "same-origin", body: str = "") -> http.client.HTTPResponse:
        headers = {"Host": self._desk.host, **TO_A_PAGE, "Sec-Fetch-Site": site, "Cookie": self._cookie}
        if body:
            headers |= {"Origin": self._desk.origin, "Content-Type": "application/x-www-form-urlencoded"}
        connection = http.client.HTTPConnection("::1", self._desk.port, timeout=SECONDS)
        connection.request(method, path, body=body, headers=headers)
        answer = connection.getresponse()
        answer.text = answer.read().decode()
        connection.close()
        return answer


def unlock(desk: DeskProcess) -> Visit:
    """Open the application and send the passphrase."""
    visit = Visit(desk)
    answer = visit.ask("POST", "/unlock", body=f"passphrase={PASSPHRASE.replace(' ', '+')}")
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    return visit
