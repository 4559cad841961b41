"""Starts and ends tor: the only place in the project that runs the tor program.

Promises
  1. tor reads the one file it is given and no defaults of the system's (`--defaults-torrc /dev/null`: Debian's names a
     user and opens ports).
  2. It ends with us, however we end (`onion.watchdog`).
  3. It is ended by its own process handle, never by a name.
  4. What it says on stdout stays in memory, its last lines only; `last_words` has them for an operator's screen.
  5. With KALLSKYDD_NO_PUBLIC_TOR=1 in the environment, no tor starts that could reach the public network. Every test
     sets it, and so every process that a test starts has it.
"""

import contextlib
import os
import re
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from onion.errors import PublicTorRefused, TorDidNotStart, TorProgramMissing
from onion.torrc_reader import reaches_public_network
from onion.watchdog import Watchdog, halt

TOR = "tor"
# Read here and not in a front door: it must hold for every process, also one that a test starts three steps away.
NO_PUBLIC_TOR = "KALLSKYDD_NO_PUBLIC_TOR"
LAST_LINES = 20
_ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM)
HALT_SECONDS = 5.0  # ended within 0.1 s of HALT whenever measured
TERM_SECONDS = 2.0
ONE_SHOT_SECONDS = 60.0  # making relay keys took 0.1 s; a slow machine gets its time


def installed_version() -> str:
    """Return the version of the tor that a start would run; raises TorProgramMissing."""
    try:
        done = subprocess.run(
            [TOR, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
            timeout=ONE_SHOT_SECONDS,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        raise TorProgramMissing from None
    # "Tor version 0.4.9.15."; one from a repository has its commit in brackets after the number.
    found = re.match(r"Tor version (\S+?)\.?(?:\s|$)", done.stdout)
    if found is None:
        raise TorProgramMissing
    return found[1]


class TorProcess:
    """One tor, from one torrc."""

    def __init__(self, torrc: Path, *, control_socket: Path | None = None, watchdog: Watchdog | None = None) -> None:
        """`control_socket` is the one in the torrc: `stop` then sends HALT there before any signal."""
        self._torrc = torrc
        self._control_socket = control_socket
        self._shared_watchdog = watchdog
        self._own_watchdog: Watchdog | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: deque[str] = deque(maxlen=LAST_LINES)
        self._reader: threading.Thread | None = None

    @property
    def pid(self) -> int:
        """The running tor's process id; raises TorDidNotStart when there is none."""
        if self._process is None:
            raise TorDidNotStart
        return self._process.pid

    def start(self) -> None:
        """Start tor, or restart it; raises TorProgramMissing or PublicTorRefused. A bad torrc shows soon after."""
        # A killed tor closes its sockets a moment before its process ends, and a caller may have seen only the first.
        self.stop()
        require_no_public_tor(self._torrc.read_text())
        watchdog = self._shared_watchdog
        if watchdog is None:
            watchdog = self._own_watchdog = Watchdog()
        command = [TOR, "-f", str(self._torrc), "--defaults-torrc", os.devnull]
        command += ["--__OwningControllerProcess", str(watchdog.pid)]
        self._lines.clear()
        try:
            with _undisturbed():
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    cwd=self._torrc.parent,
                    # Ctrl-C in the terminal reaches us alone, and we end tor in order.
                    start_new_session=True,
                )
                watchdog.guard(self._process.pid, self._control_socket)
        except FileNotFoundError:
            self._close_watchdog()
            raise TorProgramMissing from None
        if self._process.stdout is not None:
            self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
            self._reader.start()

    def alive(self) -> bool:
        """Return whether tor runs now."""
        return self._process is not None and self._process.poll() is None

    def wait(self, within: float) -> bool:
        """Wait; return whether tor has ended within so many seconds."""
        if self._process is None:
            return True
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """End tor: HALT, SIGTERM, SIGKILL, each only if the one before did not do. Does nothing when it has ended."""
        process = self._process
        if process is not None:
            halted = self.alive() and self._control_socket is not None and halt(self._control_socket)
            if not (halted and self.wait(HALT_SECONDS)) and self.alive():
                process.terminate()
                if not self.wait(TERM_SECONDS):
                    process.kill()
            process.wait()
            self._process = None
            if self._reader is None and process.stdout is not None:
                # A signal came before anybody read it.
                process.stdout.close()
        if self._reader is not None:
            self._reader.join()
            self._reader = None
        self._close_watchdog()

    def last_words(self) -> list[str]:
        """Tor's last lines of output. They can hold paths: for the operator's screen, not for a file."""
        return list(self._lines)

    def _close_watchdog(self) -> None:
        if self._own_watchdog is not None:
            self._own_watchdog.close()
            self._own_watchdog = None

    def _read(self, output: IO[bytes]) -> None:
        with contextlib.closing(output):
            for line in output:
                self._lines.append(line.decode("utf-8", "replace").rstrip())


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Put off SIGINT and SIGTERM for a moment.

    An exception from a handler, right after the fork, would leave an unknown tor running: neither we nor the
    watchdog would end it, and it would run on for the 15 seconds until it notices by itself (met once in a test).
    """
    if threading.current_thread() is not threading.main_thread():
        # Handlers run in the main thread alone.
        yield
        return
    came: list[int] = []
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in _ENDING_SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            # None: it was not set from Python, and Python cannot set it.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for one in came:
            signal.raise_signal(one)


def relay_fingerprint(torrc: Path) -> str:
    """Return the fingerprint of the relay a torrc describes, and make its keys. No network is used."""
    output = _run_to_its_end(["-f", str(torrc), "--list-fingerprint"])
    # The last line is: nickname, then ten groups of four hexadecimal digits.
    return "".join(output.strip().splitlines()[-1].split()[1:])


def accepts(torrc: Path) -> bool:
    """Return whether tor itself would start with this file. It accepts much that `torrc.problems` refuses.

    For the tests, which compare the table with tor's judgement; it is here because only this file runs the program.
    """
    try:
        _run_to_its_end(["-f", str(torrc), "--verify-config"])
    except TorDidNotStart:
        return False
    return True


def _run_to_its_end(arguments: list[str]) -> str:
    """Run a tor that only answers a question and opens no connection."""
    command = [TOR, "--defaults-torrc", os.devnull, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=ONE_SHOT_SECONDS)
    except FileNotFoundError:
        raise TorProgramMissing from None
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        raise TorDidNotStart from None
    return done.stdout


def require_no_public_tor(torrc: str) -> None:
    """Raise PublicTorRefused if this run may start none, and a tor with these lines would reach the public network."""
    if os.environ.get(NO_PUBLIC_TOR) == "1" and reaches_public_network(torrc):
        raise PublicTorRefused
