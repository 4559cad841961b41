"""`audit mirror`: plant visits into a mirror that runs, from its own host, and search for what is left of them.

Order: find what forwards; plant the visits and look while they are there; then each row of `audit.mirror.table`.
It writes nothing and imports only tor's table of our code, so on a bare mirror host Python's own library is enough:
run it from a copy of the source (`python3 -m audit.mirror`).
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.live.checks.system import check_audit_subsystem, check_firewall, check_syslog
from audit.live.table import Row
from audit.mirror.checks.computer import check_accounting, check_conntrack, check_locks, check_parts
from audit.mirror.checks.settings import check_command, check_configuration, check_torrc, check_units
from audit.mirror.checks.traces import check_descriptors, check_files, check_memory, check_requests
from audit.mirror.planted import Planted, choose_sources
from audit.mirror.planter import Planter
from audit.mirror.scene import RELAY, MirrorScene, Place, find_parts, front_place, redirect_place
from audit.mirror.table import TABLE
from audit.mirror.watch import Watch
from audit.observe.proc import NotSeen
from audit.observe.program import own_program
from audit.verdict import AuditReport, Check, Inspection


@dataclass(frozen=True, slots=True)
class Asked:
    """What the operator named."""

    name: str | None = None
    pids: Sequence[int] = ()
    at: Place | None = None
    trusted: Path | None = None
    stop: str | None = None
    start: str | None = None
    root: Path = Path("/")


@dataclass(frozen=True, slots=True)
class Audited:
    """A mirror, what was planted into it, and what was seen meanwhile."""

    scene: MirrorScene
    planted: Planted
    watch: Watch


CHECKS: dict[str, Callable[[Inspection, Audited], None]] = {
    "parts": lambda inspection, it: check_parts(inspection, it.scene),
    "command": lambda inspection, it: check_command(inspection, it.scene),
    "configuration": lambda inspection, it: check_configuration(inspection, it.scene),
    "torrc": lambda inspection, it: check_torrc(inspection, it.scene),
    "units": lambda inspection, it: check_units(inspection, it.scene),
    "locks": lambda inspection, it: check_locks(inspection, it.scene),
    "requests": lambda inspection, it: check_requests(inspection, it.planted),
    "descriptors": lambda inspection, it: check_descriptors(inspection, it.planted, it.watch),
    "files": lambda inspection, it: check_files(inspection, it.planted, it.watch),
    "memory": lambda inspection, it: check_memory(inspection, it.planted, it.scene),
    "syslog": lambda inspection, it: check_syslog(inspection, it.scene),
    "firewall": lambda inspection, it: check_firewall(inspection, it.scene),
    "conntrack": lambda inspection, it: check_conntrack(inspection, it.scene, it.planted),
    "audit-subsystem": lambda inspection, it: check_audit_subsystem(inspection, it.scene),
    "accounting": lambda inspection, it: check_accounting(inspection, it.scene),
}


def inspect_mirror(day: str, asked: Asked) -> AuditReport:
    """Audit the mirror that runs on this host; raises NotRunning."""
    scene = MirrorScene(find_parts(asked.pids), asked.root)
    planted = Planted()
    watch = Watch(scene, planted)
    _plant(scene, planted, watch, asked)
    audited = Audited(scene, planted, watch)
    checks = tuple(_checked(row, audited) for row in TABLE)
    return AuditReport(day, False, scene.as_root, checks, asked.root, "mirror", own_program(), host=platform.node())


def _plant(scene: MirrorScene, planted: Planted, watch: Watch, asked: Asked) -> None:
    name = asked.name or name_of(scene)
    try:
        place = asked.at or front_place(scene.front)
    except NotSeen:
        place = None
    if name is None or place is None:
        planted.wrong.append(("a whole upload", "name --name and --at"))
        return
    choose_sources(planted, scene, place)
    plain = next(filter(None, map(redirect_place, scene.relays)), None)
    Planter(watch, place, name, asked.trusted, plain).plant(asked.stop, asked.start)
    watch.look("after all visits")


def name_of(scene: MirrorScene) -> str | None:
    """Return the name that the relay serves."""
    for part in scene.relays:
        if part.kind == RELAY:
            try:
                return part.option("--name")
            except NotSeen:
                continue
    return None


def _checked(row: Row, audited: Audited) -> Check:
    inspection = Inspection()
    try:
        CHECKS[row.id](inspection, audited)
    except (NotSeen, OSError, ValueError, LookupError) as fault:
        # What ends between two readings, or has another form than we know, has not been seen.
        inspection.missed("the rest of this row ({fault})", fault=type(fault).__name__)
    return Check(row.id, row.title, inspection.verdict, tuple(inspection.evidence), row.by_hand, row.root, row.titel)
