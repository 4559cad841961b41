"""`audit mirror`: plant visits into a mirror that runs, from its own host, and search for what is left of them.

Order: find what forwards; plant the visits and look while they are there; then each row of `audit.mirror.table`.
It writes nothing and imports only tor's table of our code, so on a bare mirror host Python's own library is enough:
run it from a copy of the source (`python3 -m audit.mirror`).
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from audit.checked import checked
from audit.mirror.planted import Planted, choose_sources
from audit.mirror.planter import Planter
from audit.mirror.scene import MirrorScene, Place, find_parts, front_place, redirect_place
from audit.mirror.table import TABLE
from audit.mirror.watch import Watch
from audit.observe.proc import NotSeen
from audit.observe.program import own_program
from audit.verdict import AuditReport


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


def inspect_mirror(day: str, asked: Asked) -> AuditReport:
    """Audit the mirror that runs on this host; raises NotRunning."""
    scene = MirrorScene(find_parts(asked.pids), asked.root)
    planted = Planted()
    watch = Watch(scene, planted)
    _plant(scene, planted, watch, asked)
    audited = Audited(scene, planted, watch)
    checks = tuple(checked(row, audited) for row in TABLE)
    return AuditReport(day, False, scene.as_root, checks, asked.root, "mirror", own_program(), host=platform.node())


def _plant(scene: MirrorScene, planted: Planted, watch: Watch, asked: Asked) -> None:
    name = asked.name or name_of(scene)
    place = asked.at
    with suppress(NotSeen):
        place = place or front_place(scene.front)
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
        with suppress(NotSeen):
            return part.option("--name")
    return None
