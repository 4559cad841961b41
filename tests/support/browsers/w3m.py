"""w3m, a browser of text, driven as at a terminal: it is shown a page, and gets keys.

It knows no frames, no style sheets and none of HTML's newer attributes, so what works here works nearly anywhere. What
stands on its page is read from what it saves itself, so no terminal has to be understood.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import shutil
import signal
import struct
import tempfile
import termios
import threading
import time
from pathlib import Path

from browsers.person import LOOK_SECONDS, NotOnThePage

SCREEN = (60, 100)  # lines and columns
WAIT_SECONDS = 120.0
AGAIN_SECONDS = 15.0
SAME_LOOKS = 6
_BACK_TO_THE_TOP = "\x1b<"
_SAVE_WHAT_IS_SHOWN = "S"
_NEXT_FIELD = "\t"
# Ends a line that w3m asks for: of keys that were lost the rest may stand in one.
_NO_LINE = "\a"
_ENTER = "\r"


class W3m:
    """`with W3m(port) as person:` with the port of a `WebProxy`; labels and buttons are met by their words."""

    def __init__(self, proxy: int, address: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="kw-"))
        self._typed = self._folder / "typed"
        editor = self._folder / "editor"
        editor.write_text(f'#!/bin/sh\nexec cat {self._typed} > "$1"\n')
        editor.chmod(0o700)
        options = {"http_proxy": f"http://127.0.0.1:{proxy}", "editor": str(editor), "display_charset": "UTF-8"}
        words = [shutil.which("w3m") or "w3m", "-no-cookie", "-no-mouse"]
        for name, value in options.items():
            words += ["-o", f"{name}={value}"]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self._folder), "TERM": "xterm", "LC_ALL": "C.UTF-8"}
        self._count = 0
        # Keys that come before w3m has taken the terminal over are lost.
        self._drawn = threading.Event()
        self._terminal, other_end = pty.openpty()
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *SCREEN, 0, 0))
        # Opened by a process that leads its session, the terminal is that process's own.
        self._pid = os.posix_spawn(
            words[0],
            [*words, address],
            environment,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.ttyname(other_end), os.O_RDWR, 0),
                (os.POSIX_SPAWN_DUP2, 0, 1),
                (os.POSIX_SPAWN_DUP2, 0, 2),
            ],
            setsid=True,
        )
        os.close(other_end)
        threading.Thread(target=self._empty, daemon=True).start()

    def __enter__(self) -> W3m:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)
        shutil.rmtree(self._folder, ignore_errors=True)

    def text(self) -> str:
        """The whole page as it is shown. Keys that come while w3m still fetches can be lost: then they come again."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            self._count += 1
            saved = self._folder / f"page-{self._count}"
            self._keys(f"{_SAVE_WHAT_IS_SHOWN}{saved}{_ENTER}")
            if _is_whole(saved, min(deadline, time.monotonic() + AGAIN_SECONDS)):
                return saved.read_text()
            self._keys(_NO_LINE)
        message = "w3m saved no page"
        raise TimeoutError(message)

    def press(self, words: str) -> str:
        """Press the first button, or follow the first link, that ends a line with these words; the page that comes."""
        self._find(f"{words}$")
        self._keys(_ENTER)
        return self.text()

    def fill(self, label: str, text: str) -> None:
        """Type into the large field after this label, by way of the editor that w3m opens for it."""
        self._typed.write_text(text)
        self._find(label)
        self._keys(_NEXT_FIELD)
        self._keys(_ENTER)
        self.text()

    def fill_line(self, label: str, text: str) -> None:
        """Type into the field of one line after this label."""
        self._find(label)
        self._keys(_NEXT_FIELD)
        self._keys(f"{_ENTER}{text}{_ENTER}")

    def choose(self, label: str, file: Path) -> None:
        """Choose a file in the field after this label."""
        self.fill_line(label, str(file))

    def _find(self, pattern: str) -> None:
        if not re.search(pattern, page := self.text(), re.MULTILINE):
            message = f"no {pattern} on this page: {page[:600]}"
            raise NotOnThePage(message)
        self._keys(_BACK_TO_THE_TOP)
        self._keys(f"/{pattern}{_ENTER}")

    def _keys(self, keys: str) -> None:
        self._drawn.wait(WAIT_SECONDS)
        os.write(self._terminal, keys.encode())

    def _empty(self) -> None:
        """Take what it draws, so that it never waits for us."""
        with contextlib.suppress(OSError):
            while os.read(self._terminal, 65536):
                self._drawn.set()


def _is_whole(saved: Path, deadline: float) -> bool:
    """Wait until the file grows no more: in a crowd w3m may be kept waiting between two pieces."""
    sizes: list[int] = []
    while not sizes or sizes[-1] <= 0 or sizes[-SAME_LOOKS:] != sizes[-1:] * SAME_LOOKS:
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
        sizes.append(saved.stat().st_size if saved.exists() else -1)
    return True
