"""When a service is at rest, and what it looks like then: what is compared with what came before."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from audit.canary.compare.log import pages_of_rows
from audit.canary.compare.snapshot import Snapshot, files_of, take_snapshot
from audit.canary.compare.steady import Since, compare_snapshots
from audit.canary.gathered import Run
from audit.verdict import Inspection, Verdict

MOST_READINGS, BETWEEN_READINGS_SECONDS = 240, 0.25
SETTLE_SECONDS = 0.3  # for what a connection that was cut leaves to be collected
_EQUAL_READINGS = 4
_MOST_SNAPSHOTS = 6
# Of the fields of /proc/PID/stat after the name.
_MINFLT, _UTIME, _STIME = 7, 11, 12
_WAITS = "\nvoluntary_ctxt_switches:"
# What differs a little between two runs, and by how much is compared.
MEASURED = (
    ("kB of memory", "processes", "intake", "status VmData"),
    ("kB of memory at most", "processes", "intake", "status VmHWM"),
    ("ticks of work", "processes", "intake", "stat utime"),
    ("pages of memory taken", "processes", "intake", "stat minflt"),
    ("bytes of database", "files", "kallskydd.db", "size"),
    ("bytes of log", "files", "kallskydd.db-wal", "size"),
)
# A thread that takes more memory than this is Argon2's, which takes 64 MiB for each code.
_PAGES_OF_ARGON2 = 2**14


def wait_until_it_rests(run: Run) -> None:
    """Wait until a new service has written its first heartbeat. One that never rests is taken as it is."""
    inspections = [files_of(run.service.home)]
    while len(inspections) < MOST_READINGS and (
        len(inspections) < _EQUAL_READINGS
        or any(one != inspections[-1] for one in inspections[-_EQUAL_READINGS:])
        or "run/control.sock" not in inspections[-1]
        # On a busy computer the heartbeat may come after as many equal readings.
        or int(inspections[-1]["shred.slots"]["written"]) < run.service.started
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
    for pid in run.service.pids().get("intake", []):
        ticks, waits = work_of_the_system(Path(f"/proc/{pid}"))
        run.measured["ticks of the system's work", since] = ticks
        run.measured["waits of the threads that take memory", since] = waits
    run.measured["commits and pages of the log", since] = pages_of_rows(run.service.home)
    return after


def work_of_the_system(process: Path) -> tuple[int, int]:
    """Return the ticks in which the kernel worked for a process, giving memory left out, and the waits of who takes it.

    To give a GiB took it 0.7 s where other programs had used the memory before, and 2.2 s where the host of a virtual
    machine had not given it yet: of two equal runs one had 353 ticks and the other 720. How many pages it gave is
    measured by itself. The threads that take it make few calls, and under strace each call is a wait.
    """
    ticks, waits = int(_stat(process)[_STIME]), 0
    for thread in (process / "task").iterdir():
        with suppress(OSError):
            fields = _stat(thread)
            if thread.name != process.name and int(fields[_MINFLT]) >= _PAGES_OF_ARGON2:
                ticks -= int(fields[_STIME])
                waits += int((thread / "status").read_text("ascii").partition(_WAITS)[2].split()[0])
    return ticks, waits


def _stat(place: Path) -> list[str]:
    """Return the fields after the name, which may hold spaces."""
    return (place / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()


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
                yield " ".join(_stat(one)[_UTIME : _STIME + 1])
