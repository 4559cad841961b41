"""Run a command in a mount namespace in which every account can pass through to this Python: passable.py COMMAND….

A test's other accounts start Python too, and the folder it lies in may be closed to them (an interpreter below /root).
In the namespace alone, the first closed folder is covered by an open one that holds nothing but the way.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

_OTHERS_PASS = 0o001
PASSABLE = ("unshare", "--mount", "--propagation", "private", sys.executable, str(Path(__file__).resolve()))


def closed_level(path: Path) -> Path | None:
    """The first folder on the way to `path` through which others may not pass."""
    return next((level for level in (*reversed(path.parents), path) if not level.stat().st_mode & _OTHERS_PASS), None)


def open_way(path: Path) -> None:
    while (closed := closed_level(path)) is not None:
        inner = closed / path.relative_to(closed).parts[0]
        held = tempfile.mkdtemp()
        for command in (
            ["mount", "--bind", str(inner), held],
            ["mount", "-t", "tmpfs", "-o", "mode=755", "none", str(closed)],
            ["mkdir", "-m", "755", str(inner)],
            ["mount", "--move", held, str(inner)],
        ):
            subprocess.run(command, check=True)
        os.rmdir(held)


if __name__ == "__main__":
    for place in (sys.base_prefix, sys.prefix, str(Path(__file__).resolve().parent)):
        open_way(Path(place).resolve())
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - in the place of this process, which no test waits for
