"""What comes by the clock alone: the next heartbeat, and the morning on which reports are released that waited.

The clock of each run is moved on at its end, by a number that its intake has mapped to read:

1. to ten minutes after the start, which is less than ten after the last report: the heartbeat comes all the same, no
   file has a time of the visits any more, and one slot is another, however many were written and read;
2. by half an hour, after which memory holds nothing of the visits, nor after somebody who logs in and out;
3. to the morning of the third day: all that waited is there for the members, in an order of its own for each of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import combinations

from audit.canary.compare.release import rows_of
from audit.canary.compare.rows import SHARE_BYTES, Noted, changed_slots, check_columns, new_rows
from audit.canary.compare.snapshot import files_of, read_unseen
from audit.canary.compare.steady import no_time_of_a_visit
from audit.canary.disturbed import ZONE
from audit.canary.gathered import Run
from audit.canary.judge import judge_texts
from audit.canary.members import Desks
from audit.canary.memory import check_memory
from audit.canary.opened import NotOpened, open_everything
from audit.canary.visits.requests import TELLS_NO_MORE, look_in
from audit.canary.visits.visitor import CanaryVisitor
from audit.verdict import Inspection

HEARTBEAT_SECONDS = 600
# What waits for ten minutes after the last report would come half a minute after that, and is not waited for.
_ROOM_SECONDS, _UNTIL_SEEN_SECONDS = 2, 20.0
_DAYS, _HOUR, _MINUTE = 2, 6, 30  # a report waits a day, and then for the next six o'clock
_LONGEST_SECONDS = 60.0
# After which pages and sessions that nobody uses are let go; and for how long the intake reads its clock, every five.
_HALF_AN_HOUR_SECONDS, _DAILY_SECONDS = 1860, 8.0
_SLOTS = "shred.slots"
LEAST_GRANTS = 11
_OF_A_HEARTBEAT = 1  # slot, docs/CASES.md: another number could tell of what was read or written since


def time_goes_on(run: Run, desks: Desks, visitor: CanaryVisitor) -> None:
    """Do 1 to 3."""
    _ten_minutes(run)
    _move(run, _HALF_AN_HOUR_SECONDS)
    check_memory(run, "half an hour afterwards")
    if not run.quiet:
        look_in(visitor, ", later")
        check_memory(run, "after logging out")
    here = datetime.fromtimestamp(run.clock(), ZONE)
    morning = (here + timedelta(days=_DAYS)).replace(hour=_HOUR, minute=_MINUTE)
    _move(run, (morning - here).total_seconds())
    if run.quiet:
        time.sleep(_DAILY_SECONDS)
    else:
        _third_morning(run, desks)


def _ten_minutes(run: Run) -> None:
    home, began = run.service.home, time.time()
    shares, moment = read_unseen(home / _SLOTS), run.clock()
    _move(run, max(run.heartbeat + HEARTBEAT_SECONDS + _ROOM_SECONDS - began, 0))
    came = _until(lambda: (home / _SLOTS).stat().st_mtime > began and _rests(run), _UNTIL_SEEN_SECONDS)
    run.inspections["steady"].require(
        came, "the heartbeat comes ten minutes after the one before, whatever was sent: {came}", came=came
    )
    no_time_of_a_visit(run.inspections["steady"], files_of(home), run.first_visit, began)
    run.slots = read_unseen(home / _SLOTS)
    beaten = check_heartbeat(run.inspections["steady"], shares, run.slots)
    run.destroyed.append(Noted("the heartbeat", run.number, "", len(run.noted) + 1, moment, run.clock(), {}, beaten))


def _third_morning(run: Run, desks: Desks) -> None:
    home, before = run.service.home, run.clock()
    rows, slots = run.rows, run.slots
    came = _until(lambda: _all_released(run))
    run.inspections["release"].require(
        came, "on the day of their release all reports are there for members: {came}", came=came
    )
    now = rows_of(home, run.folder / "copy")
    check_columns(run.inspections["database"], now, len(slots) // SHARE_BYTES)
    run.released = [Noted("the release", run.number, "", 0, before, run.clock(), new_rows(rows, now),
                          changed_slots(slots, read_unseen(home / _SLOTS)))]  # fmt: skip
    _orders(run, desks)


def check_heartbeat(inspection: Inspection, before: bytes, after: bytes) -> dict[int, bytes]:
    """Require that so many slots are others as the design says, whatever came since the last; return them."""
    beaten = changed_slots(before, after)
    inspection.require(
        len(beaten) == _OF_A_HEARTBEAT and len(before) == len(after),
        "the heartbeat renews {right} slot, and it renewed {count}", right=_OF_A_HEARTBEAT, count=len(beaten),
    )  # fmt: skip
    return beaten


def _orders(run: Run, desks: Desks) -> None:
    """Hold the order of grants in what was released against the order in which the reports came."""
    filed = [row["case_id"] for one in run.noted for row in one.rows["cases"]]
    # A report whose files were refused has the text alone, and another is without what told who wrote it.
    typed = [text for one in (run.markers, run.other_markers) for text in (f"I saw {one['text']}.", one["text"])]
    typed.append(f"I saw {run.markers['text']}. {TELLS_NO_MORE}")
    boxes: list[list[object]] = []
    for desk in desks:
        try:
            found = open_everything(desk)
        except NotOpened:
            run.inspections["members"].found("a member opens nothing of what was released")
            return
        judge_texts(run.inspections["members"], found.things, typed)
        last = max((one.batch for one in found.grants), default=0)
        boxes.append([case for case, one in zip(found.cases, found.grants, strict=True) if one.batch == last])
    check_orders(run.inspections["random"], filed, boxes)


def check_orders(inspection: Inspection, filed: list[object], boxes: Sequence[list[object]]) -> None:
    """Require that not every member's box has the order in which reports came, and no two have one order.

    Of eleven grants chance gives two orders once in twenty millions, either way round.
    """
    pairs = [(boxes, [filed] * len(boxes)), *(([one], [other]) for one, other in combinations(boxes, 2))]
    for several, orders in pairs:
        count = min(len(set(one) & set(other)) for one, other in zip(several, orders, strict=True))
        if count < LEAST_GRANTS:
            inspection.void("only {count} grants of reports that waited can be compared", count=count)
            continue
        same = all(_agree(one, other) for one, other in zip(several, orders, strict=True))
        words = "the grants of {count} reports lie in an order of their own in the box of each member: {fine}"
        inspection.require(not same, words, count=count, fine=not same)


def _agree(one: list[object], other: list[object]) -> bool:
    mine, others = [case for case in one if case in other], [case for case in other if case in one]
    return others in (mine, mine[::-1])


def _move(run: Run, seconds: float) -> None:
    run.shift += int(seconds)
    run.later += int(seconds)
    with (run.folder / "clock" / "later").open("r+b") as file:
        file.write(run.later.to_bytes(8, "little"))


def _all_released(run: Run) -> bool:
    return all(row["released"] == 1 for row in rows_of(run.service.home, run.folder / "copy")["cases"])


def _rests(run: Run) -> bool:
    first = files_of(run.service.home)
    time.sleep(1.0)
    return first == files_of(run.service.home)


def _until(came: Callable[[], bool], seconds: float = _LONGEST_SECONDS) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if came():
            return True
        time.sleep(0.5)
    return False
