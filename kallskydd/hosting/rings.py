"""Upgrades of all tenants in rings: one, then a tenth, then the rest; it stops at the first that is not well.

Of each, in turn: its unit is stopped, its home brought up to the installed version as its account, its unit started;
visitors wait in its socket meanwhile. It is well when its unit runs and its own `kallskydd status` has no line that was
well before and is not now. Who runs the installed version already is passed over, so that a run that stopped goes on
where it was.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from kallskydd.hosting.machine import HostFault, Machine, unit_of
from kallskydd.hosting.tenants import is_open, require_tenant
from kallskydd.hosting.versions import runs_installed
from kallskydd.say import OK

RINGS: Final = 3
# What an onion takes to be published again, and a probe of it.
WELL_SECONDS: Final = 180.0
_PAUSE_SECONDS: Final = 5.0
_A_TENTH: Final = 10


@dataclass(frozen=True, slots=True)
class Upgraded:
    """Who runs the installed version now, who is not well and why, and who was not reached."""

    done: tuple[str, ...]
    ill: dict[str, str]
    left: tuple[str, ...]


def rings_of(names: list[str], first: str | None) -> list[list[str]]:
    """Return one name, then a tenth of all, then the others."""
    ordered = sorted(names, key=lambda name: (name != first, name))
    few = 1 + -(-len(ordered) // _A_TENTH)
    return [ring for ring in (ordered[:1], ordered[1:few], ordered[few:]) if ring]


def upgrade(
    machine: Machine, first: str | None, most_rings: int, say: Callable[[str], None], seconds: float = WELL_SECONDS
) -> Upgraded:
    """Take the rings. Raises HostFault, OSError."""
    if first is not None:
        require_tenant(machine, first)
    served = [name for name in machine.tenants() if is_open(machine, name)]
    there = [name for name in served if runs_installed(machine, name)]
    rings = rings_of(served, first)
    done, ill = list(there), dict[str, str]()
    for number, ring in enumerate(rings[:most_rings], start=1):
        waiting = [name for name in ring if name not in there]
        say(f"Ring {number} of {len(rings)}: {', '.join(waiting) or 'all run the installed version'}.")
        at_once = os.cpu_count() or 1
        while waiting and not ill:
            now, waiting = waiting[:at_once], waiting[at_once:]
            with ThreadPoolExecutor(at_once) as pool:
                for name, why in zip(now, pool.map(lambda name: _upgraded(machine, name, seconds), now), strict=True):
                    if why:
                        ill[name] = why
                    else:
                        done.append(name)
    left = tuple(name for name in served if name not in done and name not in ill)
    return Upgraded(tuple(sorted(done)), ill, left)


def _upgraded(machine: Machine, name: str, seconds: float) -> str:
    """Upgrade one; return why it is not well, or nothing."""
    account = require_tenant(machine, name)
    before = _troubles(machine, name)
    try:
        machine.systemctl("stop", unit_of(name))
        if machine.as_account(account, "kallskydd", "upgrade", "--home", str(machine.home(name))) != OK:
            machine.systemctl("start", unit_of(name), check=False)
            return "Its home was not upgraded, and is as it was."
        machine.systemctl("start", unit_of(name))
    except HostFault as fault:
        return fault.happened
    deadline = time.monotonic() + seconds
    while (new := _troubles(machine, name) - before) and time.monotonic() < deadline:
        time.sleep(min(_PAUSE_SECONDS, seconds))
    return f"Not well since: {', '.join(sorted(new))}." if new else ""


def _troubles(machine: Machine, name: str) -> set[str]:
    """Return the lines of the tenant's own `kallskydd status` that are not well; "status" when it says nothing."""
    said = machine.told_by(
        require_tenant(machine, name), "kallskydd", "status", "--json", "--home", str(machine.home(name))
    )
    try:
        lines = json.loads(said)
        return {what for what, line in lines.items() if isinstance(line, dict) and not line["well"]}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {"status"}
