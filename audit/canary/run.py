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
from collections.abc import Sequence

from audit.canary import rest
from audit.canary.compare.release import compare, member_view, no_clock, rows_of
from audit.canary.compare.rows import stored_values
from audit.canary.compare.snapshot import Snapshot, files_of, read_unseen
from audit.canary.compare.steady import Since, compare_snapshots, database_header, differing, no_time_of_a_visit
from audit.canary.disturbed import Watched
from audit.canary.gathered import Run
from audit.canary.later import time_goes_on
from audit.canary.locks import check_names, check_threads, names_of
from audit.canary.members import Desks, ask_oddly, everything
from audit.canary.reports import SLOTS, file_reports
from audit.canary.service import NotStarted
from audit.canary.visits.desk import Member, desk_of
from audit.canary.visits.requests import without_a_report
from audit.canary.visits.visitor import CanaryVisitor
from audit.live.checks.database import DATABASE, check_schema, check_values, free_parts
from audit.live.checks.tor import check_tor_listeners, check_torrc
from audit.observe.proc import find_service
from audit.observe.scene import Scene

_OF_TOR = '"event": "waiting"'


def live(run: Run, addresses: dict[str, str], members: Sequence[Member]) -> None:
    """Do steps 1 to 5 on an existing home. A step that fails makes the run void."""
    first, second = (
        desk_of(member, run.service.home, run.service.desk_socket, addresses["desk"]) for member in members
    )
    run.watched = Watched(run.shift)
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
        run.watched.end(run.service.starts())
        run.service.stop()
    if run.service.exit_code != 0:
        run.void("the service ended with {code}", code=run.service.exit_code)


def _visits(run: Run, addresses: dict[str, str], desks: Desks) -> None:
    home, inspection = run.service.home, run.inspections["steady"]
    rest.wait_until_it_rests(run)
    run.heartbeat = (home / SLOTS).stat().st_mtime
    run.names = names_of(run.service.pids())
    place, host = run.service.public_socket, addresses["public"]
    one, other = (
        CanaryVisitor(place, host, markers, run.plan, run.exchanges, run.number, name, run.clock)
        for name, markers in (("A", run.markers), ("B", run.other_markers))
    )
    untouched = rest.snapshot_at_rest(home)
    answers = everything(run, desks, "before")
    start, header = rest.snapshot_at_rest(home), database_header(home / "kallskydd.db")
    rows = member_view(home, answers, run.folder / "copy")
    compare_snapshots(inspection, untouched, start, Since.REPORTS, "what a desk asks first")
    output = _keeper_output(run)
    run.first_visit = time.time()
    # 2.
    without_a_report(one)
    before = rest.compare_again(run, start, Since.PAGES, "visits without a report")
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
        rest.compare_again(run, before, Since.REPORTS, "requests of desks")
    else:
        file_reports(run, desks, (one, other), rows, before)
    # 5.
    run.last_visit = time.time()
    run.watched.end(run.service.starts())
    run.stored = stored_values(rows_of(home, run.folder / "copy"), read_unseen(home / SLOTS))
    _inspect_processes(run)
    run.output_since += _said_since(run, output)
    time_goes_on(run, desks, one)
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
    # What waited has left its table then, and pages are given back.
    del run.header["free pages"]
    differs = differing(header, run.header)
    inspection.require(
        not differs, "the database's header is the same after the run, but for counters; what differs: {what}",
        what=differs or "0",
    )  # fmt: skip
    _check_freed(run)


def _until_tor_was_named(run: Run) -> None:
    """Wait for what the keeper says of a tor without a network: a run with reports lasts longer and hears it."""
    for _ in range(rest.MOST_READINGS):
        if any(_OF_TOR in text for text in _keeper_output(run)):
            return
        time.sleep(rest.BETWEEN_READINGS_SECONDS)


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


def _keeper_output(run: Run) -> list[str]:
    """Return the keeper's output so far, events and prose."""
    return [(run.folder / name).read_text("utf-8", "replace") for name in ("out", "err")]


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
