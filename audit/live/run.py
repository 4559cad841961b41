"""`audit live`: inspect a running service from outside, by /proc, tor's control socket and files; write nothing.

Order: find who serves the home; then each row of `audit.live.table`, one function a row. What the computer does not
show is "not seen", never left out.

While the service starts, or a part of it is started again, it is not yet closed, and not all of it is there. So where
something is not in order and a part is younger than ten seconds, or missing, everything is inspected again until the
parts are older or all is in order. What counts is the last inspection, whole: a weakness that stays is found. The
canary sees what a start does before that.
"""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import stem

from audit.checked import checked
from audit.live.checks.tor import system_tor
from audit.live.table import TABLE
from audit.observe.proc import NotSeen, Process, find_service
from audit.observe.scene import Scene
from audit.observe.served import served_by
from audit.verdict import AuditReport, Check, Verdict

# A start takes two seconds; on a computer that is busy or slow, eight.
SETTLED_SECONDS = 10.0
# Inspecting again ends here, whatever is seen.
PATIENCE_SECONDS = 20.0
_PAUSE_SECONDS = 0.25


class NotRunning(Exception):
    """Nobody serves this home, or there is none that this account may see."""


def inspect_home(
    home: Path, day: str, *, root: Path = Path("/"), manifest: Path | None = None
) -> tuple[Scene, AuditReport]:
    """Examine the service of a home; raises NotRunning."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        began = time.monotonic()
        try:
            scene = _scene(home, root, manifest)
            trial = scene.trial
        except OSError as fault:  # no home, or one that this account may not read
            raise NotRunning from fault
        checks = tuple(checked(row, scene, stem.ControllerError) for row in TABLE)
        if not _could_settle(scene, checks, began) or time.monotonic() > deadline:
            return scene, AuditReport(day, trial, scene.as_root, checks, home, served=served_by(scene))
        time.sleep(_PAUSE_SECONDS)


def _could_settle(scene: Scene, checks: tuple[Check, ...], began: float) -> bool:
    """Whether something is not in order that may be so because the service started or stopped as this look began."""
    for_root = {row.id for row in TABLE if row.root and not scene.as_root}
    if all(check.verdict is Verdict.CLEAN or check.id in for_root for check in checks):
        return False
    service = scene.service
    zygotes = service.zygotes or scene.at_publisher is not None
    whole = service.intakes and zygotes and (service.tors or not scene.own_tor)
    return not whole or any(_was_new(process, began) for process in service.lasting)


def _was_new(process: Process, began: float) -> bool:
    """Whether it had started just before a look that began then, or has ended since. A look may last seconds itself."""
    try:
        return process.ended() or process.age() - (time.monotonic() - began) < SETTLED_SECONDS
    except NotSeen:
        return True


def _scene(home: Path, root: Path, manifest: Path | None) -> Scene:
    service = find_service(home)
    if service is None:
        raise NotRunning
    scene = Scene(home, service, root, manifest)
    if scene.own_tor:
        return scene
    return dataclasses.replace(scene, service=dataclasses.replace(service, tors=system_tor(scene)))
