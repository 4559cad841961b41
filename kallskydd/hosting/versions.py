"""Which version a tenant runs: the one that is installed, or an earlier one, with which it was started.

No file of a tenant is asked: systemd knows when its keeper started, the program's folder when it was put there.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from kallskydd.hosting.machine import Machine, unit_of

EARLIER: Final = "earlier"
UNKNOWN: Final = "unknown"
PROGRAM: Final = Path(sys.prefix)


def installed(program: Path = PROGRAM) -> str:
    """Return the commit that the program was made from; UNKNOWN for a checkout."""
    try:
        with (program / "share" / "MANIFEST").open(encoding="utf-8") as manifest:
            return manifest.readline(200).split()[-1]
    except (OSError, IndexError):
        return UNKNOWN


def runs_installed(machine: Machine, name: str, program: Path = PROGRAM) -> bool:
    """Whether the tenant's keeper was started after the program was put in its place. Raises HostFault, OSError."""
    said = machine.systemctl("show", "--timestamp=unix", "--value", "--property=ExecMainStartTimestamp", unit_of(name))
    started = said.strip().removeprefix("@")
    # `make install` moves the folder there in one step, which is its last change. Seconds are cut off in the one.
    return started.isdecimal() and int(started) >= int(program.stat().st_ctime)
