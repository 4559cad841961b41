"""The files that the intake may touch, as Landlock rules: a closed list, for an auditor to read.

It reads its own program (the interpreter, its packages, the system's libraries). In the home it reads the
configuration, writes four files, and has full access to the roster's folder, where a member's signature is added. All
else is closed to it, because:

  onion/       the keys of both addresses: a taken-over intake cannot carry them off, nor be the service later
  tor/         a line in tor's configuration could start any program, a line in its state choose its guards
  config.toml, run/, server.pub   what the keeper will believe at its next start
  trial-member/                   the trial member's key
  /proc        the tables of connections, where a mirror's visitors stand if it runs on the same computer

Nobody trusts the roster's folder as it is: every reader verifies the chain of signatures.

Landlock's rights on a folder extend to all in it, so the intake may create nothing in the home itself. SQLite's write-
ahead log and its index lie beside the database; this module makes them beforehand, empty, and allows them by name. They
stay when the store is closed, since the intake may remove nothing either.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from trusted.confine.landlock import KEEP_FILES, READ, READ_FILE, TRUNCATE, WRITE_FILE, PathRule

DATABASE: Final = "kallskydd.db"
MADE_BY_SQLITE: Final = (f"{DATABASE}-wal", f"{DATABASE}-shm")
WORKED_IN: Final = (DATABASE, *MADE_BY_SQLITE, "shred.slots")
ONLY_READ: Final = ("config.toml", "server.pub", "audit.chain", "restored", "upkeep.seen")
KEPT: Final = ("roster",)
# Libraries that are loaded late (the C library's own for threads that end), zone files, the zone of the system.
_SYSTEM: Final = ("/usr", "/lib", "/lib64", "/etc/localtime", "/etc/ld.so.cache", "/dev/urandom")


def intake_rules(home: Path) -> tuple[PathRule, ...]:
    """Return the rules for this home, and make the files that SQLite would make. Raises OSError."""
    _make_sqlite_files(home)
    return (
        *program_rules(),
        *_inside(home, ONLY_READ, READ_FILE),
        *_inside(home, WORKED_IN, READ_FILE | WRITE_FILE | TRUNCATE),
        *_inside(home, KEPT, KEEP_FILES),
        PathRule(Path(os.devnull), READ_FILE | WRITE_FILE),
    )


def program_rules() -> tuple[PathRule, ...]:
    """Return rules for reading the program that runs here. Call after everything is imported: what is loaded counts."""
    return tuple(PathRule(path, READ if path.is_dir() else READ_FILE) for path in _program() if path.exists())


def _inside(home: Path, names: tuple[str, ...], rights: int) -> Iterator[PathRule]:
    # A later step reports what a half-made home lacks, in plain words.
    return (PathRule(home / name, rights) for name in names if (home / name).exists())


def _program() -> Iterator[Path]:
    yield from map(Path, _SYSTEM)
    yield from map(Path, {sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix})
    # Packages that lie elsewhere, as this project's in an editable install. Each by its own folder, because the home
    # may lie beside them.
    for name, module in list(sys.modules.items()):
        if "." not in name:
            yield from map(Path, getattr(module, "__path__", ()))


def _make_sqlite_files(home: Path) -> None:
    if not (home / DATABASE).exists():
        return
    for name in MADE_BY_SQLITE:
        os.close(os.open(home / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
