"""What a restore that fails leaves behind: nothing of what it wrote, overwritten where it lay and then removed."""

import contextlib
import os
import secrets
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PIECE: Final = 2**20
_ENDING: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def destroy(path: Path) -> None:
    """Overwrite a file where it lies, then remove it. Raises OSError."""
    with path.open("r+b") as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            left -= file.write(secrets.token_bytes(min(left, _PIECE)))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


@contextlib.contextmanager
def cleared_on_failure(home: Path, kept: frozenset[str]) -> Iterator[None]:
    """Destroy what is in the folder when the block fails or a signal ends it, all but the files that are kept."""
    with _ended_by_signals():
        try:
            yield
        except BaseException:
            _ignore_signals()
            _clear(home, kept)
            raise


def _clear(home: Path, kept: frozenset[str]) -> None:
    for path in sorted(home.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        elif path.parent != home or path.name not in kept:
            destroy(path)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let each signal that would end the process raise in the block; only the main thread can."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {one: signal.signal(one, _end) for one in _ENDING}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _end(number: int, _frame: object) -> None:
    # A second one must not end the clearing that the first has begun.
    _ignore_signals()
    raise SystemExit(128 + number)


def _ignore_signals() -> None:
    if threading.current_thread() is threading.main_thread():
        for one in _ENDING:
            signal.signal(one, signal.SIG_IGN)
