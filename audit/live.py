"""`audit live`: looks at a running service from outside, by /proc, tor's control socket and files; changes nothing.

Order: find who serves the home; then each row of `audit.table`, one function a row. A check that fails by itself is
"not seen", never left out.
"""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from audit import (
    checks_database,
    checks_descriptors,
    checks_files,
    checks_packages,
    checks_process,
    checks_roster,
    checks_system,
    checks_tor,
)
from audit.proc import NotSeen, find_service
from audit.scene import Scene
from audit.table import TABLE, Row
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
    "journal": checks_system.check_journal,
    "syslog": checks_system.check_syslog,
    "firewall": checks_system.check_firewall,
    "conntrack": checks_system.check_conntrack,
    "audit-subsystem": checks_system.check_audit_subsystem,
    "accounting": checks_system.check_accounting,
}


class NotRunning(Exception):
    """Nobody serves this home, or there is none that this account may see."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one audit found. The day and no time: a report lies about for years."""

    day: str
    trial: bool
    as_root: bool
    checks: tuple[Check, ...]

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
    try:
        scene = _scene(home, root, manifest)
        trial = scene.trial
    except OSError as fault:  # no home, or one that this account may not look into
        raise NotRunning from fault
    checks = tuple(_checked(row, scene) for row in TABLE)
    return scene, Report(day, trial, scene.as_root, checks)


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
    except (NotSeen, OSError, ValueError, LookupError, sqlite3.Error) as fault:
        # What ends between two looks, or has another form than we know, has not been seen.
        look.missed("the rest of this row ({fault})", fault=type(fault).__name__)
    return Check(row.id, row.title, look.verdict, tuple(look.said), row.by_hand)
