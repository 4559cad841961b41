"""Types at a terminal what a program there asks for."""

from __future__ import annotations

import os
import pty
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

SILENCE_SECONDS = 30.0
_LOCAL_MODES = 3  # the place of the flags, echo among them, in what termios returns


def _wait_for_silence(terminal: int) -> None:
    """Return once what is typed is not shown: cryptsetup asks first, and then throws away what was typed before that."""
    deadline = time.monotonic() + SILENCE_SECONDS
    while termios.tcgetattr(terminal)[_LOCAL_MODES] & termios.ECHO and time.monotonic() < deadline:
        time.sleep(0.01)


def typed(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, answers: Mapping[str, str]
) -> tuple[int, str]:
    """Run a command in a terminal of its own, in `folder`; return its exit code and what the terminal showed.

    `answers` has, for the end of each question, what is typed then.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(folder)
        os.execvpe(command[0], command, environment)  # noqa: S606 - a shell is what runs
    said, answered = b"", 0
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        said += piece
        for question, words in answers.items():
            if question.encode() in said[answered:]:
                answered = len(said)
                if "assphrase" in question:
                    _wait_for_silence(terminal)
                os.write(terminal, words.encode() + b"\n")
    # Waited for first: the terminal's end would hang up on a program that is just ending.
    status = os.waitpid(pid, 0)[1]
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), said.decode()
