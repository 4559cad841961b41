"""`audit live`: looks at a running service from outside, by /proc, tor's control socket and files; writes nothing.

Order: find who serves the home; then each row of `audit.live.table`, one function a row. A check that fails by itself
is "not seen", never left out.

While the service starts, or a part of it is started again, it is not yet closed, and not all of it is there. So where
something is not in order and a part is younger than ten seconds, or missing, everything is looked at again until the
parts are older or all is in order. What counts is the last look, whole: a weakness that stays is found. What a start
does before that the canary sees.
"""

from __future__ import annotations

import dataclasses
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import stem

from audit.live.checks import code as checks_code
from audit.live.checks import database as checks_database
from audit.live.checks import descriptors as checks_descriptors
from audit.live.checks import files as checks_files
from audit.live.checks import packages as checks_packages
from audit.live.checks import process as checks_process
from audit.live.checks import roster as checks_roster
from audit.live.checks import system as checks_system
from audit.live.checks import tor as checks_tor
from audit.live.table import TABLE, Row
from audit.observe.proc import NotSeen, Process, find_service
from audit.observe.scene import Scene
from audit.verdict import Check, Look, Verdict, worst

CHECKS: dict[str, Callable[[Look, Scene], None]] = {
    "processes": checks_process.check_processes,
    "filter": checks_process.check_filter,
    "landlock": checks_process.check_landlock,
    "privileges": checks_process.check_privileges,
    "core-dumps": checks_process.check_core_dumps,
    "memory": checks_process.check_memory,
    "intake-descriptors": checks_descriptors.check_intake_descriptors,
    "zygote-descriptors": checks_descriptors.check_zygote_descriptors,
    "streams": checks_descriptors.check_streams,
    "mappings": checks_descriptors.check_mappings,
    "code": checks_code.check_code,
    "torrc": checks_tor.check_torrc,
    "tor-listeners": checks_tor.check_tor_listeners,
    "tor-files": checks_tor.check_tor_files,
    "permissions": checks_files.check_permissions,
    "times": checks_files.check_times,
    "schema": checks_database.check_schema,
    "values": checks_database.check_values,
    "storage": checks_database.check_storage,
    "roster": checks_roster.check_roster,
    "libraries": checks_packages.check_libraries,
    "own-files": checks_packages.check_own_files,
    "kernel": checks_system.check_kernel,
    "journal": checks_system.check_journal,
    "syslog": checks_system.check_syslog,
    "firewall": checks_system.check_firewall,
    "conntrack": checks_system.check_conntrack,
    "audit-subsystem": checks_system.check_audit_subsystem,
    "accounting": checks_system.check_accounting,
}


# A start takes two seconds; on a computer that is busy or slow, eight.
SETTLED_SECONDS = 10.0
# Looking again ends here, whatever is seen.
PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS = 0.25


class NotRunning(Exception):
    """Nobody serves this home, or there is none that this account may see."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one audit found. The day and no time: a report lies about for years."""

    day: str
    trial: bool
    as_root: bool
    checks: tuple[Check, ...]
    home: Path

    @property
    def verdict(self) -> Verdict:
        """The one that counts."""
        return worst([check.verdict for check in self.checks])

    def of(self, verdict: Verdict) -> list[str]:
        """Names of the checks with this verdict."""
        return [check.id for check in self.checks if check.verdict is verdict]

    def as_object(self) -> dict[str, object]:
        """For JSON."""
        return {
            "audit": "live",
            "day": self.day,
            "trial": self.trial,
            "as_root": self.as_root,
            "verdict": str(self.verdict),
            "findings": self.of(Verdict.FINDING),
            "not_seen": self.of(Verdict.NOT_SEEN),
            "checks": [check.as_object() for check in self.checks],
        }


def look_at(home: Path, day: str, *, root: Path = Path("/"), manifest: Path | None = None) -> tuple[Scene, Report]:
    """Examine the service of a home; raises NotRunning."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            scene = _scene(home, root, manifest)
            trial = scene.trial
        except OSError as fault:  # no home, or one that this account may not look into
            raise NotRunning from fault
        checks = tuple(_checked(row, scene) for row in TABLE)
        if not _could_settle(scene, checks) or time.monotonic() > deadline:
            return scene, Report(day, trial, scene.as_root, checks, home)
        time.sleep(_PAUSE_SECONDS)


def _could_settle(scene: Scene, checks: tuple[Check, ...]) -> bool:
    """Whether something is not in order that may be so because the service starts or stops just now."""
    for_root = {row.id for row in TABLE if row.root and not scene.as_root}
    if all(check.verdict is Verdict.CLEAN or check.id in for_root for check in checks):
        return False
    service = scene.service
    whole = service.intakes and service.zygotes and (service.tors or not scene.own_tor)
    return not whole or any(_is_new(process) for process in service.lasting)


def _is_new(process: Process) -> bool:
    """Whether it was started just now, or has ended since we began to look."""
    try:
        return process.ended() or process.age() < SETTLED_SECONDS
    except NotSeen:
        return True


def _scene(home: Path, root: Path, manifest: Path | None) -> Scene:
    service = find_service(home)
    if service is None:
        raise NotRunning
    scene = Scene(home, service, root, manifest)
    if scene.own_tor:
        return scene
    return dataclasses.replace(scene, service=dataclasses.replace(service, tors=checks_tor.system_tor(scene)))


def _checked(row: Row, scene: Scene) -> Check:
    look = Look()
    try:
        CHECKS[row.id](look, scene)
    except (NotSeen, OSError, ValueError, LookupError, sqlite3.Error, stem.ControllerError) as fault:
        # What ends between two looks, or has another form than we know, has not been seen.
        look.missed("the rest of this row ({fault})", fault=type(fault).__name__)
    return Check(row.id, row.title, look.verdict, tuple(look.said), row.by_hand)
