"""One run: a private home, the service on it under strace, visitors, and what was seen before, between and after.

1. The home is served; once it rests, the first snapshot.
2. Pages, forms that come back and broken requests, without any report; the second snapshot.
3. Reports that wait, by two visitors; after each, the rows that are new. A quiet run has step 2 once more instead.
4. A report that is taken back, after which the store is as before; reports that members get at once, opened with a
   member's key; step 2 once more, while others send and log in; the third and fourth snapshot.
5. The running processes and tor are inspected, the service ends, and the last snapshot is taken.

Each run has an order of its own and planted values of its own. What follows from it all, `audit.canary.examine` says.
"""

from __future__ import annotations

import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from audit.canary.compare.lengths import holds_a_large_file
from audit.canary.compare.log import pages_of, pages_written
from audit.canary.compare.release import MemberView, compare, member_view, missing_rows, no_clock, rows_of
from audit.canary.compare.rows import (
    SHARE_BYTES,
    Noted,
    Row,
    Tables,
    altered_rows,
    changed_slots,
    check_altered,
    check_columns,
    check_slots,
    check_undone,
    new_rows,
    stored_values,
)
from audit.canary.compare.snapshot import Snapshot, files_of, read_unseen, take_snapshot
from audit.canary.compare.steady import Since, compare_snapshots, database_header, differing, no_time_of_a_visit
from audit.canary.desk import Member, desk_of
from audit.canary.gathered import Run
from audit.canary.later import time_goes_on
from audit.canary.locks import check_names, check_threads, names_of
from audit.canary.members import Desks, ask_oddly, everything, open_reports
from audit.canary.service import NotStarted
from audit.canary.visits.requests import (
    LOOK_SECONDS,
    MANY_FILES,
    SHORT,
    WATCHED,
    at_work,
    come_back,
    files_of_others,
    form_with_files,
    go_away,
    look_in,
    report,
    report_with_refused_files,
    short_report,
    take_back,
    urgent_report,
    without_a_report,
)
from audit.canary.visits.visitor import CanaryVisitor
from audit.live.checks.database import DATABASE, check_schema, check_values, free_parts
from audit.live.checks.tor import check_tor_listeners, check_torrc
from audit.observe.proc import find_service
from audit.observe.scene import Scene
from audit.verdict import Inspection, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


Result = TypeVar("Result")
SLOTS, LOG = "shred.slots", "kallskydd.db-wal"
_EQUAL_READINGS, _MOST_READINGS, _BETWEEN_READINGS_SECONDS = 4, 240, 0.25
_TICK_SECONDS = 6.0
_OF_TOR = '"event": "waiting"'
_APART_SECONDS = 0.7  # between short reports, so that they lie in several seconds also where all is quick
_MOST_SNAPSHOTS = 6
_SETTLE_SECONDS = 0.3  # for what a connection that was cut leaves to be collected


def live(run: Run, addresses: dict[str, str], members: Sequence[Member]) -> None:
    """Do steps 1 to 5 on an existing home. A step that fails makes the run void."""
    first, second = (
        desk_of(member, run.service.home, run.service.desk_socket, addresses["desk"]) for member in members
    )
    try:
        run.service.start()
    except NotStarted as failed:
        run.void("the service did not start: {why}", why=str(failed))
        return
    try:
        _visits(run, addresses, (first, second))
    except OSError as failed:
        run.void("the service went away: {why}", why=failed.strerror or "")
    finally:
        run.service.stop()
    if run.service.exit_code != 0:
        run.void("the service ended with {code}", code=run.service.exit_code)


def _visits(run: Run, addresses: dict[str, str], desks: Desks) -> None:
    home, inspection = run.service.home, run.inspections["steady"]
    _wait_until_it_rests(run)
    run.heartbeat = (home / SLOTS).stat().st_mtime
    run.names = names_of(run.service.pids())
    one = CanaryVisitor(
        run.service.public_socket, addresses["public"], run.markers, run.exchanges, run.number, "A", run.clock
    )
    other = CanaryVisitor(
        run.service.public_socket, addresses["public"], run.other_markers, run.exchanges, run.number, "B", run.clock
    )
    untouched = _snapshot_at_rest(home)
    answers = everything(run, desks, "before")
    start, header = _snapshot_at_rest(home), database_header(home / "kallskydd.db")
    rows = member_view(home, answers, run.folder / "copy")
    compare_snapshots(inspection, untouched, start, Since.REPORTS, "what a desk asks first")
    output = _keeper_output(run)
    run.first_visit = time.time()
    # 2.
    without_a_report(one)
    before = _compare_again(run, start, Since.PAGES, "visits without a report")
    compare(
        run.inspections["release"],
        rows,
        member_view(home, everything(run, desks, "pages"), run.folder / "copy"),
        "visits without a report",
    )
    # 3.
    if run.quiet:
        without_a_report(one)
        ask_oddly(run, desks[0])
        _until_tor_was_named(run)
        _compare_again(run, before, Since.REPORTS, "requests of desks")
    else:
        _reports(run, desks, (one, other), rows, before)
    # 5.
    run.last_visit = time.time()
    run.stored = stored_values(rows_of(home, run.folder / "copy"), read_unseen(home / SLOTS))
    _inspect_processes(run)
    run.output_since += _said_since(run, output)
    if run.key:
        time_goes_on(run, desks)
    output = _keeper_output(run)
    run.service.stop()
    run.output_since += _said_since(run, output)
    run.output = frozenset(line for text in _keeper_output(run) for line in text.splitlines())
    after = files_of(home)
    compare_snapshots(inspection, untouched, Snapshot(after, {}, untouched.locks), Since.STOP, "the whole run")
    inspection.require(after["kallskydd.db-wal"]["size"] == "0", "the database's log has {size} bytes after the stop",
                size=after["kallskydd.db-wal"]["size"])  # fmt: skip
    no_time_of_a_visit(inspection, after, run.first_visit, run.last_visit)
    run.header = database_header(home / "kallskydd.db")
    if run.released:
        # What waited has left its table then.
        del run.header["free pages"]
    differs = differing(header, run.header)
    inspection.require(
        not differs, "the database's header is the same after the run, but for counters; what differs: {what}",
        what=differs or "0",
    )  # fmt: skip
    _check_freed(run)


def _until_tor_was_named(run: Run) -> None:
    """Wait for what the keeper says of a tor without a network: a run with reports lasts longer and hears it."""
    for _ in range(_MOST_READINGS):
        if any(_OF_TOR in text for text in _keeper_output(run)):
            return
        time.sleep(_BETWEEN_READINGS_SECONDS)


def _said_since(run: Run, output: list[str]) -> list[str]:
    since = (now[len(old) :] for old, now in zip(output, _keeper_output(run), strict=True))
    return [line for several in since for line in several.splitlines()]


def _check_freed(run: Run) -> None:
    """Require that deleted parts are zeros once the log has been folded in."""
    free = free_parts(run.service.home / DATABASE)
    run.inspections["database"].require(
        free.dirty == 0, "secure_delete: {dirty} of {pages} free pages and {blocks} freed blocks are not zeros",
        dirty=free.dirty, pages=free.pages, blocks=free.blocks,
    )  # fmt: skip


def _reports(
    run: Run, desks: Desks, visitors: tuple[CanaryVisitor, CanaryVisitor], rows: MemberView, before: Snapshot
) -> None:
    """Do steps 3 and 4."""
    home, copy = run.service.home, run.folder / "copy"
    run.reports_began = run.clock()
    run.rows, run.slots = rows_of(home, copy), read_unseen(home / SLOTS)
    kept = run.rows["home"]
    # 3.
    _in_an_order_of_its_own(
        run,
        partial(_reports_with_files, run, visitors[0]),
        partial(_short_reports, run, visitors, desks[1].member, urgent=False),
    )
    ask_oddly(run, desks[0])
    between = _compare_again(run, before, Since.REPORTS, "reports that wait")
    _only_reads(run, visitors[0], desks)
    after = member_view(home, everything(run, desks, "reports"), copy)
    compare(run.inspections["release"], rows, after, "reports that wait")
    if missing := missing_rows(rows, after):
        run.void("not all reports are in the store: {what}", what=missing)
    # 4.
    _urgent_reports(run, desks, visitors)
    _compare_again(run, between, Since.URGENT, "urgent reports")
    tables = rows_of(home, copy)
    check_columns(run.inspections["database"], tables, len(run.slots) // SHARE_BYTES)
    if not holds_a_large_file(tables):
        run.void("no stored file is above a mebibyte")
    check_slots(run.inspections["database"], run.noted)
    check_altered(run.inspections["database"], run.noted)
    _check_kept(run, kept, tables, desks)


def _only_reads(run: Run, visitor: CanaryVisitor, desks: Desks) -> None:
    """Require that what only reads writes nothing: no row, no share, no page of the log but that of desks' counters."""
    home, copy = run.service.home, run.folder / "copy"
    # What is read first after something was written moves a mark in the index of the log.
    look_in(visitor)
    before = _snapshot_at_rest(home)
    look_in(visitor)
    time.sleep(_SETTLE_SECONDS)
    compare_snapshots(
        run.inspections["steady"], before, _snapshot_at_rest(home), Since.PAGES, "a log-in that only reads"
    )
    rows, slots, log = rows_of(home, copy), read_unseen(home / SLOTS), read_unseen(home / LOG)
    everything(run, desks, "reads")
    now = rows_of(home, copy)
    check_undone(run.inspections["database"], "what desks read", rows, now,
                 len(changed_slots(slots, read_unseen(home / SLOTS))), written=0)  # fmt: skip
    pages = pages_written(log, read_unseen(home / LOG))
    of_counters = pages_of("counters", home, copy)
    run.inspections["steady"].require(
        pages <= of_counters, "what desks read writes the pages {pages} of the database, and {right} hold counters",
        pages=sorted(pages), right=sorted(of_counters),
    )  # fmt: skip


def _in_an_order_of_its_own(run: Run, *steps: Callable[[], object]) -> None:
    for step in steps if run.number % 2 == 0 else steps[::-1]:
        step()


def _reports_with_files(run: Run, visitor: CanaryVisitor) -> None:
    _noted(run, visitor, "a report whose files are refused", lambda: report_with_refused_files(visitor))
    words = _noted(run, visitor, "a report with two files", lambda: report(visitor))
    _noted(run, visitor, "a message in the case", lambda: come_back(visitor, words))
    go_away(visitor, (1.0,))
    _until_idle(run)


def _short_reports(run: Run, visitors: tuple[CanaryVisitor, CanaryVisitor], named: str, *, urgent: bool) -> None:
    what = "a short urgent report" if urgent else "a short report"
    for number in range(SHORT):
        visitor = visitors[(number // 2 + number + run.number) % 2]
        _noted(run, visitor, what, partial(short_report, visitor, urgent=urgent))
        time.sleep(_APART_SECONDS)
    last = visitors[1]
    _noted(run, last, f"{what} that names a member", partial(short_report, last, urgent=urgent, named=named))


def _urgent_reports(run: Run, desks: Desks, visitors: tuple[CanaryVisitor, CanaryVisitor]) -> None:
    """Do step 4 until all is sent and read."""
    one, other = visitors
    _undone(run, "a report that was taken back", lambda: take_back(other))
    # With another file, which is refused: in one of the runs before the others, in the other after them.
    files = partial(urgent_report, one, refused_first=bool(run.number))
    _in_an_order_of_its_own(
        run,
        partial(_short_reports, run, visitors, desks[1].member, urgent=True),
        lambda: _noted(run, one, "an urgent report", files),
    )
    open_reports(run, desks)
    ask_oddly(run, desks[0])
    # The intake reads its clock every five seconds, and could do something then.
    time.sleep(_TICK_SECONDS)
    # All that somebody sends who reports nothing, once more: with inboxes open, and while others send and log in, it is
    # answered as without.
    with at_work(other):
        without_a_report(one)
    with files_of_others(other):
        form_with_files(one)
    looked = max(exchange.before for exchange in run.exchanges if exchange.name == f"{WATCHED}, sent") + LOOK_SECONDS
    if looked > max(exchange.after for exchange in run.exchanges if exchange.name == f"{MANY_FILES}, sent"):
        run.void("nobody else's file was being cleaned while a frame was looked at")


def _check_kept(run: Run, kept: list[Row], tables: Tables, desks: Desks) -> None:
    """Compare the rows of the home and of each member: only the number of batches may follow a report."""
    batches = SHORT + 2
    expected = [{**row, "batch": int(str(row["batch"])) + batches} for row in kept]
    same = tables["home"] == expected
    run.inspections["database"].require(
        same, "the home's row is the same after reports, and {batches} batches more: {same}", batches=batches, same=same
    )
    counted = {
        bytes(str(row["member_id"]), "ascii") if isinstance(row["member_id"], str) else row["member_id"]: row["counter"]
        for row in tables["counters"]
    }
    same = counted == {bytes.fromhex(desk.member): desk.counter for desk in desks}
    run.inspections["database"].require(same, "counters are those of the desks' last requests: {same}", same=same)


def _noted(run: Run, visitor: CanaryVisitor, what: str, act: Callable[[], Result]) -> Result:
    """Do it, and keep the rows that are new afterwards."""
    before = run.clock()
    done = act()
    after, rows = run.clock(), rows_of(run.service.home, run.folder / "copy")
    slots = read_unseen(run.service.home / SLOTS)
    run.noted.append(
        Noted(what, run.number, visitor.name, len(run.noted), before, after, new_rows(run.rows, rows),
              changed_slots(run.slots, slots), altered_rows(run.rows, rows))
    )  # fmt: skip
    run.rows, run.slots = rows, slots
    return done


def _until_idle(run: Run) -> None:
    """Wait until nothing of a connection that was cut is worked on any more: its draws would fall among the next's."""
    readings: list[list[str]] = []
    while len(readings) < _MOST_READINGS and (
        len(readings) < _EQUAL_READINGS or any(one != readings[-1] for one in readings[-_EQUAL_READINGS:])
    ):
        time.sleep(_BETWEEN_READINGS_SECONDS)
        readings.append(sorted(_work_of(run)))


def _work_of(run: Run) -> Iterator[str]:
    """Yield the processor time of the intake, the zygotes and their jobs."""
    for place in (Path(f"/proc/{pid}") for several in run.service.pids().values() for pid in several):
        with suppress(OSError):
            jobs = (place / f"task/{place.name}/children").read_text("ascii").split()
            for one in (place, *(place.with_name(job) for job in jobs)):
                yield " ".join((one / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[11:13])


def _undone(run: Run, what: str, act: Callable[[], None]) -> None:
    """Do something that undoes itself, and require that nothing of it is left."""
    before = run.clock()
    act()
    rows, slots = rows_of(run.service.home, run.folder / "copy"), read_unseen(run.service.home / SLOTS)
    changed = changed_slots(run.slots, slots)
    check_undone(run.inspections["database"], what, run.rows, rows, len(changed))
    # What was in them is destroyed, which must not be told from what is in others.
    run.destroyed.append(Noted(what, run.number, "", len(run.noted), before, run.clock(), {}, changed))
    run.rows, run.slots = rows, slots


def _compare_again(run: Run, before: Snapshot, since: Since, what: str) -> Snapshot:
    time.sleep(_SETTLE_SECONDS)
    after = _snapshot_at_rest(run.service.home)
    compare_snapshots(run.inspections["steady"], before, after, since, what)
    for measure, kind, thing, name in MEASURED:
        value = getattr(after, kind).get(thing, {}).get(name, "0")
        run.measured[measure, since] = int(value.split()[0])
    return after


def _snapshot_at_rest(home: Path) -> Snapshot:
    """Return the second of two equal snapshots: the keeper reads the roster every two seconds, and opens it."""
    last = take_snapshot(home)
    for _ in range(_MOST_SNAPSHOTS):
        between, now = Inspection(), take_snapshot(home)
        compare_snapshots(between, last, now, Since.PAGES, "")
        if between.verdict is Verdict.CLEAN:
            return now
        last = now
    return last


# What differs a little between two runs, and by how much is compared.
MEASURED = (
    ("kB of memory", "processes", "intake", "status VmData"),
    ("kB of memory at most", "processes", "intake", "status VmHWM"),
    ("ticks of work", "processes", "intake", "stat utime"),
    ("ticks of the system's work", "processes", "intake", "stat stime"),
    ("bytes of log", "files", "kallskydd.db-wal", "size"),
    ("bytes of database", "files", "kallskydd.db", "size"),
)


def _keeper_output(run: Run) -> list[str]:
    """Return the keeper's output so far, events and prose."""
    return [(run.folder / name).read_text("utf-8", "replace") for name in ("out", "err")]


def _wait_until_it_rests(run: Run) -> None:
    """Wait until a new service has written its first heartbeat. One that never rests is taken as it is."""
    inspections = [files_of(run.service.home)]
    while len(inspections) < _MOST_READINGS and (
        len(inspections) < _EQUAL_READINGS
        or any(one != inspections[-1] for one in inspections[-_EQUAL_READINGS:])
        or "run/control.sock" not in inspections[-1]
    ):
        time.sleep(_BETWEEN_READINGS_SECONDS)
        inspections.append(files_of(run.service.home))


def _inspect_processes(run: Run) -> None:
    check_threads(run.inspections["locks"], run.service.pids())
    check_names(run.inspections["locks"], run.names, names_of(run.service.pids()))
    found = find_service(run.service.home)
    if found is None:
        run.inspections["tor"].missed("nobody holds the home")
        return
    scene = Scene(run.service.home, found)
    check_torrc(run.inspections["tor"], scene)
    check_tor_listeners(run.inspections["tor"], scene)
    check_schema(run.inspections["database"], scene)
    check_values(run.inspections["database"], scene)
    no_clock(run.inspections["database"], run.service.home, run.folder / "copy")
