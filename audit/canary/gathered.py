"""What one run of the canary gathers."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from audit.canary.compare.rows import (
    Noted,
    Tables,
)
from audit.canary.compare.steady import Since
from audit.canary.compare.work import Work
from audit.canary.disturbed import Watched
from audit.canary.locks import Names
from audit.canary.opened import Granted, Opened
from audit.canary.service import CanaryService
from audit.canary.visits.http import Answer
from audit.canary.visits.markers import Marker
from audit.canary.visits.plan import Plan
from audit.canary.visits.visitor import Exchange, Markers
from audit.verdict import Inspection


@dataclass(slots=True)
class Run:
    """What one run gathers."""

    number: int
    quiet: bool
    folder: Path
    service: CanaryService
    inspections: dict[str, Inspection]
    plan: Plan
    # By how many seconds the clock is moved that its service reads (`audit.canary.clock`).
    shift: int = 0
    watched: Watched = field(default_factory=Watched)
    # When its first heartbeat came, and by how many seconds its clock was moved on since (`audit.canary.later`).
    heartbeat: float = 0.0
    later: int = 0
    released: list[Noted] = field(default_factory=list)
    # By which its draws are known again (`audit.canary.drawn`); nothing where they are as everywhere.
    key: bytes = b""
    markers: Markers = field(init=False)
    other_markers: Markers = field(init=False)
    exchanges: list[Exchange] = field(default_factory=list)
    answers: list[tuple[str, Answer]] = field(default_factory=list)
    noted: list[Noted] = field(default_factory=list)
    # Shares that were written over since: by a report that was taken back, and by the heartbeat.
    destroyed: list[Noted] = field(default_factory=list)
    opened: list[Opened] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)  # of cases that a member has opened
    grants: list[list[Granted]] = field(default_factory=list)  # of each member
    first_visit: float = float("inf")
    last_visit: float = 0.0
    # From when until when files of several forms were cleaned at once.
    others_files: tuple[float, float] = (0.0, 0.0)
    reports_began: float = float("inf")  # by the service's clock
    measured: dict[tuple[str, Since], int] = field(default_factory=dict)
    header: dict[str, str] = field(default_factory=dict)
    keeper_messages: list[bytes] = field(default_factory=list)
    output_since: list[str] = field(default_factory=list)
    output: frozenset[str] = frozenset()  # every line of the keeper's, from its start to its end
    names: Names = field(default_factory=dict)
    mapped: frozenset[int] = frozenset()
    given: frozenset[str] = frozenset()
    work: Work = field(default_factory=Work)
    commands: frozenset[str] = frozenset()
    looked: frozenset[str] = frozenset()  # what the keeper opened
    rows: Tables = field(default_factory=dict)
    slots: bytes = b""
    stored: frozenset[bytes] = frozenset()  # every value of the store, and each file as a desk is sent it

    def __post_init__(self) -> None:
        """Make what is planted, in the headers of the browsers that were drawn."""
        self.markers = Markers.new(self.plan.browser(self.number, "A"))
        self.other_markers = Markers.of_another(self.plan.browser(self.number, "B"))

    @property
    def planted(self) -> list[Marker]:
        """Everything that was planted in it."""
        return [*self.markers.by_kind.values(), *self.other_markers.by_kind.values()]

    @property
    def known(self) -> list[tuple[bytes, bytes]]:
        """What of its answers is of this run, and how it is called where runs are compared."""
        return [(marker.text.encode(), marker.kind.encode()) for marker in self.planted]

    def clock(self) -> float:
        """Return the time as the service of this run reads it."""
        return time.time() + self.shift

    def void(self, template: str, **values: object) -> None:
        """Something did not work as it should, so what was not found proves nothing."""
        self.inspections["requests"].void(template, **values)
