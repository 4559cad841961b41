"""Runs a oneshot unit as systemd would: its environment, its lines in order, each under the unit's filter.

    python oneshot.py UNIT FROM=TO …

FROM=TO: a path of the unit, and where it lies on this computer. Mounts, accounts and limits are systemd's and not tried,
nor are the lines with "+", which ask for mounts (`make rehearsal` tries both).
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from processes.unit_filter import settings

FILTER = str(Path(__file__).with_name("unit_filter.py"))


def run(unit: Path, places: list[str]) -> int:
    """Return the exit code of the first line that failed, or 0."""
    lines = settings(unit)

    def here(text: str) -> str:
        for place in places:
            text = text.replace(*place.split("="))
        return text

    given = "".join(Path(here(name)).read_text() for name in lines.get("EnvironmentFile", []))
    environment = {**os.environ, **dict(word.split("=", 1) for word in shlex.split(given))}
    for line in lines.get("ExecStartPre", []) + lines["ExecStart"]:
        if line.startswith("+"):
            continue
        words = [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(here(line))]
        done = subprocess.run([sys.executable, FILTER, str(unit), *words], env=environment, check=False)
        if done.returncode != 0:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(run(Path(sys.argv[1]), sys.argv[2:]))
