"""When a service is at rest, and what it looks like then: what is compared with what came before."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from audit.canary.compare.snapshot import Snapshot, files_of, take_snapshot
from audit.canary.compare.steady import Since, compare_snapshots
from audit.verdict import Inspection, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.canary.gathered import Run

MOST_READINGS, BETWEEN_READINGS_SECONDS = 240, 0.25
SETTLE_SECONDS = 0.3  # for what a connection that was cut leaves to be collected
_EQUAL_READINGS = 4
_MOST_SNAPSHOTS = 6
# What differs a little between two runs, and by how much is compared.
MEASURED = (
    ("kB of memory", "processes", "intake", "status VmData"),
    ("kB of memory at most", "processes", "intake", "status VmHWM"),
    ("ticks of work", "processes", "intake", "stat utime"),
    ("ticks of the system's work", "processes", "intake", "stat stime"),
    ("bytes of log", "files", "kallskydd.db-wal", "size"),
    ("bytes of database", "files", "kallskydd.db", "size"),
)


def wait_until_it_rests(run: Run) -> None:
    """Wait until a new service has written its first heartbeat. One that never rests is taken as it is."""
    inspections = [files_of(run.service.home)]
    while len(inspections) < MOST_READINGS and (
        len(inspections) < _EQUAL_READINGS
        or any(one != inspections[-1] for one in inspections[-_EQUAL_READINGS:])
        or "run/control.sock" not in inspections[-1]
    ):
        time.sleep(BETWEEN_READINGS_SECONDS)
        inspections.append(files_of(run.service.home))


def snapshot_at_rest(home: Path) -> Snapshot:
    """Return the second of two equal snapshots: the keeper reads the roster every two seconds, and opens it."""
    last = take_snapshot(home)
    for _ in range(_MOST_SNAPSHOTS):
        between, now = Inspection(), take_snapshot(home)
        compare_snapshots(between, last, now, Since.PAGES, "")
        if between.verdict is Verdict.CLEAN:
            return now
        last = now
    return last


def compare_again(run: Run, before: Snapshot, since: Since, what: str) -> Snapshot:
    time.sleep(SETTLE_SECONDS)
    after = snapshot_at_rest(run.service.home)
    compare_snapshots(run.inspections["steady"], before, after, since, what)
    for measure, kind, thing, name in MEASURED:
        value = getattr(after, kind).get(thing, {}).get(name, "0")
        run.measured[measure, since] = int(value.split()[0])
    return after


def wait_until_idle(run: Run) -> None:
    """Wait until nothing of a connection that was cut is worked on any more: its draws would fall among the next's."""
    readings: list[list[str]] = []
    while len(readings) < MOST_READINGS and (
        len(readings) < _EQUAL_READINGS or any(one != readings[-1] for one in readings[-_EQUAL_READINGS:])
    ):
        time.sleep(BETWEEN_READINGS_SECONDS)
        readings.append(sorted(_work_of(run)))


def _work_of(run: Run) -> Iterator[str]:
    """Yield the processor time of the intake, the zygotes and their jobs."""
    for place in (Path(f"/proc/{pid}") for several in run.service.pids().values() for pid in several):
        with suppress(OSError):
            jobs = (place / f"task/{place.name}/children").read_text("ascii").split()
            for one in (place, *(place.with_name(job) for job in jobs)):
                yield " ".join((one / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[11:13])
