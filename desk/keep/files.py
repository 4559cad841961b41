"""Small files of a desk, written so that a power cut leaves the old one or the new one, never half of either.

Everything is readable by its owner only. `write_new` never overwrites; `replace` does, in one step.
Nothing here is POSIX-only: where a system has no such thing as a folder's fsync, it is left out.
"""

import contextlib
import os
import secrets
from pathlib import Path

OWNER_ONLY_FILE = 0o600
OWNER_ONLY_FOLDER = 0o700
_RANDOM_BYTES = 8


def make_folder(folder: Path) -> None:
    """Make the folder and those above it, each for its owner only. One that exists is left as it is."""
    for level in reversed([folder, *folder.parents]):
        # Path.mkdir(parents=True) gives the levels above the mode of the umask, so they are made one by one.
        with contextlib.suppress(FileExistsError):
            level.mkdir(mode=OWNER_ONLY_FOLDER)


def write_new(path: Path, content: bytes) -> None:
    """Write a file that must not exist; if it breaks off, nothing of it stays. Raises FileExistsError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), OWNER_ONLY_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        # Also when the member presses Ctrl-C: half a file must not look like a whole one.
        path.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def replace(path: Path, content: bytes, *, overwrite: bool = False) -> None:
    """Put the content in the place of what was there, in one step.

    With `overwrite` the bytes of before are written over where they lay, as far as file system and disk do that.
    """
    fresh, old = (path.with_name(f".{path.name}.{secrets.token_hex(_RANDOM_BYTES)}") for _ in range(2))
    _drop_leftovers(path)
    if overwrite:
        # A second name, to reach the old bytes by. Where a file system has no such names, they stay.
        with contextlib.suppress(OSError):
            os.link(path, old)
    try:
        write_new(fresh, content)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    _sync_folder(path.parent)
    _drop_leftovers(path)


def set_aside(path: Path) -> None:
    """Give a damaged file another name, in the place of one that was set aside before. Raises OSError."""
    path.replace(path.with_name(f"{path.name}.damaged"))


def _drop_leftovers(path: Path) -> None:
    """Remove what a writing that was killed has left beside this file, and the old bytes of one that was not."""
    for left in path.parent.glob(f".{path.name}.{'[0-9a-f]' * 2 * _RANDOM_BYTES}"):
        with contextlib.suppress(OSError):
            # Before the second name was followed by the new file, both are the file itself.
            if not (path.exists() and left.samefile(path)):
                with left.open("r+b") as file:
                    file.write(secrets.token_bytes(os.fstat(file.fileno()).st_size))
                    file.flush()
                    os.fsync(file.fileno())
            left.unlink()


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        # Windows cannot open a folder, and writes its names through by itself.
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
