"""How a service is run: its units of systemd, by the control groups of its processes, and the file of its tor."""

from __future__ import annotations

import re
from contextlib import suppress

from audit.observe.proc import Process
from audit.observe.scene import Scene
from audit.served import USUAL, Served

_UNIT = re.compile(r"/([\w@.\\-]+)\.service(?:/|$)", re.MULTILINE)


def served_by(scene: Scene) -> Served:
    """Return it; a unit that is not seen is none."""
    tors = scene.service.tors
    torrc = str(scene.home / "tor" / "torrc") if scene.own_tor else USUAL.torrc
    for process in tors:
        with suppress(OSError, ValueError, IndexError):
            words = process.place("cmdline").read_text(errors="replace").split("\0")
            torrc = words[words.index("-f") + 1]
    return Served(_units(scene.service.keeper), _units(*tors), torrc, own_tor=scene.own_tor)


def _units(*processes: Process) -> tuple[str, ...]:
    """Return the innermost unit that each is in; one that somebody's shell runs in is not meant."""
    found = []
    for process in processes:
        with suppress(OSError):
            names = _UNIT.findall(process.place("cgroup").read_text(errors="replace"))
            found += [name for name in names[-1:] if "kallskydd" in name or name.startswith("tor")]
    return tuple(dict.fromkeys(found))
