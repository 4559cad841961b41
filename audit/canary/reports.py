"""Steps 3 and 4 of a run: reports of all kinds, what each leaves in the store, and what of it a member gets.

After each report the rows that are new are kept, with its moment and its visitor.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from audit.canary.compare import rows as stored
from audit.canary.compare.lengths import holds_a_large_file
from audit.canary.compare.log import pages_of, pages_written
from audit.canary.compare.release import MemberView, compare, member_view, missing_rows, rows_of
from audit.canary.compare.snapshot import Snapshot, read_unseen
from audit.canary.compare.steady import Since, compare_snapshots
from audit.canary.gathered import Run
from audit.canary.members import Desks, ask_oddly, everything, open_reports
from audit.canary.rest import SETTLE_SECONDS, compare_again, snapshot_at_rest, wait_until_idle
from audit.canary.visits import requests
from audit.canary.visits.visitor import CanaryVisitor

Result = TypeVar("Result")
SLOTS, LOG = "shred.slots", "kallskydd.db-wal"
_TICK_SECONDS = 6.0
_APART_SECONDS = 0.7  # between short reports, so that they lie in several seconds also where all is quick


def file_reports(
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
    between = compare_again(run, before, Since.REPORTS, "reports that wait")
    _only_reads(run, visitors[0], desks)
    after = member_view(home, everything(run, desks, "reports"), copy)
    compare(run.inspections["release"], rows, after, "reports that wait")
    if missing := missing_rows(rows, after):
        run.void("not all reports are in the store: {what}", what=missing)
    # 4.
    _urgent_reports(run, desks, visitors)
    compare_again(run, between, Since.URGENT, "urgent reports")
    tables = rows_of(home, copy)
    stored.check_columns(run.inspections["database"], tables, len(run.slots) // stored.SHARE_BYTES)
    if not holds_a_large_file(tables):
        run.void("no stored file is above a mebibyte")
    stored.check_slots(run.inspections["database"], run.noted)
    stored.check_altered(run.inspections["database"], run.noted)
    _check_kept(run, kept, tables, desks)


def _only_reads(run: Run, visitor: CanaryVisitor, desks: Desks) -> None:
    """Require that what only reads writes nothing: no row, no share, no page of the log but that of desks' counters."""
    home, copy = run.service.home, run.folder / "copy"
    # What is read first after something was written moves a mark in the index of the log.
    requests.look_in(visitor)
    before = snapshot_at_rest(home)
    requests.look_in(visitor)
    time.sleep(SETTLE_SECONDS)
    compare_snapshots(
        run.inspections["steady"], before, snapshot_at_rest(home), Since.PAGES, "a log-in that only reads"
    )
    rows, slots, log = rows_of(home, copy), read_unseen(home / SLOTS), read_unseen(home / LOG)
    everything(run, desks, "reads")
    now = rows_of(home, copy)
    stored.check_undone(run.inspections["database"], "what desks read", rows, now,
                 len(stored.changed_slots(slots, read_unseen(home / SLOTS))), written=0)  # fmt: skip
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
    _noted(run, visitor, "a report whose files are refused", lambda: requests.report_with_refused_files(visitor))
    words = _noted(run, visitor, "a report with two files", lambda: requests.report(visitor))
    _noted(run, visitor, "a message in the case", lambda: requests.come_back(visitor, words))
    requests.go_away(visitor, (1.0,))
    wait_until_idle(run)


def _short_reports(run: Run, visitors: tuple[CanaryVisitor, CanaryVisitor], named: str, *, urgent: bool) -> None:
    what = "a short urgent report" if urgent else "a short report"
    # From each visitor in half of the languages, in another run from the other one.
    languages = run.plan.languages[: requests.AT_ONCE if urgent else requests.SHORT]
    for number, language in enumerate(languages if run.number % 2 == 0 else languages[::-1]):
        visitor = visitors[(number // 2 + number + run.number) % 2]
        _noted(run, visitor, what, partial(requests.short_report, visitor, urgent=urgent, language=language))
        time.sleep(_APART_SECONDS)
    last = visitors[1]
    _noted(run, last, f"{what} that names a member", partial(requests.short_report, last, urgent=urgent, named=named))


def _urgent_reports(run: Run, desks: Desks, visitors: tuple[CanaryVisitor, CanaryVisitor]) -> None:
    """Do step 4 until all is sent and read."""
    one, other = visitors
    # Here and not among those that wait: with more rows than those leave, random keys decide when a page of a tree
    # divides, and the log has two frames more or not. What comes next folds it in.
    _noted(run, one, "a report that told who wrote it", lambda: requests.report_that_tells_who(one))
    _noted(run, one, "a message that told who wrote it", lambda: requests.message_that_tells_who(one))
    for number, (kind, size, _bytes) in enumerate(run.plan.files):
        _noted(run, one, f"a report with {kind} of {size}", partial(requests.report_with_a_drawn_file, one, number))
    # With these a batch has so many grants that chance gives them no order.
    for visitor in (one, other):
        more = partial(requests.short_report, visitor, urgent=False, language=run.plan.languages[-1])
        _noted(run, visitor, "a short report", more)
    _undone(run, "a report that was taken back", lambda: requests.take_back(other))
    # With another file, which is refused: in one of the runs before the others, in the other after them.
    files = partial(requests.urgent_report, one, refused_first=bool(run.number))
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
    with requests.at_work(other):
        requests.without_a_report(one)
    begun = time.time()
    with requests.files_of_others(other):
        requests.form_with_files(one)
    run.others_files = begun, time.time()
    looked = (
        max(exchange.before for exchange in run.exchanges if exchange.name == f"{requests.WATCHED}, sent")
        + requests.LOOK_SECONDS
    )
    if looked > max(exchange.after for exchange in run.exchanges if exchange.name == f"{requests.MANY_FILES}, sent"):
        run.void("nobody else's file was being cleaned while a form's progress was looked at")


def _check_kept(run: Run, kept: list[stored.Row], tables: stored.Tables, desks: Desks) -> None:
    """Compare the rows of the home and of each member: only the number of batches may follow a report."""
    batches = requests.AT_ONCE + 2
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
        stored.Noted(what, run.number, visitor.name, len(run.noted), before, after, stored.new_rows(run.rows, rows),
              stored.changed_slots(run.slots, slots), stored.altered_rows(run.rows, rows))
    )  # fmt: skip
    run.rows, run.slots = rows, slots
    return done


def _undone(run: Run, what: str, act: Callable[[], None]) -> None:
    """Do something that undoes itself, and require that nothing of it is left."""
    before = run.clock()
    act()
    rows, slots = rows_of(run.service.home, run.folder / "copy"), read_unseen(run.service.home / SLOTS)
    changed = stored.changed_slots(run.slots, slots)
    stored.check_undone(run.inspections["database"], what, run.rows, rows, len(changed))
    # What was in them is destroyed, which must not be told from what is in others.
    run.destroyed.append(stored.Noted(what, run.number, "", len(run.noted), before, run.clock(), {}, changed))
    run.rows, run.slots = rows, slots
