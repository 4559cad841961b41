"""Searches what is left of a planted visit: files that changed or are open, also without a name, and memory."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from audit.mirror.scene import MirrorScene
from audit.observe.proc import NotSeen, Process
from audit.verdict import Word

# Where logs, spools and temporary files lie, and the folders of the three programs.
FOLDERS = (
    "/var/log", "/run/log", "/tmp", "/var/tmp", "/var/lib/nginx", "/var/cache/nginx", "/var/lib/caddy",  # noqa: S108
    "/run/kallskydd-proxy", "/etc/kallskydd-proxy", "/etc/kallskydd-relay", "/var/lib/kallskydd-relay-tor",
    "/var/spool",
)  # fmt: skip
_PIECE_BYTES = 4 * 2**20
# A journal is written through a mapping, whose time the kernel sets when it likes.
_JOURNAL = ".journal"
_TIMES_LAG_SECONDS = 2.0


def found_in_file(path: Path, markers: Mapping[str, bytes]) -> set[str]:
    """Return the names of what stands in this file; raises OSError."""
    found: set[str] = set()
    longest = max(map(len, markers.values()))
    with path.open("rb", buffering=0) as file:
        rest = b""
        while piece := file.read(_PIECE_BYTES):
            rest += piece
            found |= {name for name, marker in markers.items() if marker in rest}
            rest = rest[-longest:]
    return found


def changed_files(scene: MirrorScene, since: float) -> Iterator[Path]:
    """Every file below the folders above that changed since then, in our world and in those of the programs."""
    for top in _tops(scene):
        for folder in FOLDERS:
            for where, _, names in os.walk(top / folder.lstrip("/")):
                for name in names:
                    path = Path(where, name)
                    with contextlib.suppress(OSError):
                        state = path.lstat()
                        recent = max(state.st_mtime, state.st_ctime) >= since - _TIMES_LAG_SECONDS
                        if stat.S_ISREG(state.st_mode) and (recent or name.endswith(_JOURNAL)):
                            yield path


def _tops(scene: MirrorScene) -> list[Path]:
    """Return the root, and that of each program that has a world of its own (PrivateTmp of its unit)."""
    tops = [scene.root]
    if scene.root == Path("/"):
        worlds = {Process(os.getpid()).world()}
        for part in scene.parts:
            for process in part.processes:
                with contextlib.suppress(NotSeen):
                    if process.world() not in worlds:
                        worlds.add(process.world())
                        tops.append(process.place("root"))
    return tops


def open_files(process: Process) -> list[tuple[int, str, Path]]:
    """Return number, name and place of each ordinary file it has open, unlinked ones too; raises NotSeen."""
    found = []
    for one in process.descriptors():
        path = process.place(f"fd/{one.number}")
        with contextlib.suppress(OSError):  # closed since
            if stat.S_ISREG(path.stat().st_mode):
                found.append((one.number, one.target, path))
    return found


def names_of(found: Iterable[str]) -> tuple[Word, ...]:
    """Return what was found as a few words, each once."""
    return tuple(Word(one) for one in sorted({one.partition("|")[0] for one in found}))
