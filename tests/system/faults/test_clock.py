"""A clock that jumps by years, forwards and back: nothing is lost, nothing is erased early, and reports still come in."""

from __future__ import annotations

from datetime import timedelta

import pytest
from homes.store_harness import MONDAY, SetClock, ids, new_filing, new_home, new_members, open_store, roster_of, state
from visitors.intake_harness import file_report, log_in, running_intake

from intake.daily import due_day, release
from trusted.case.clock import add_months
from trusted.case.statements import Act

MARKER = "mkReportBeforeTheJump"


@pytest.mark.parametrize("days", [400, -400])
async def test_reports_from_before_a_jump_of_the_clock_and_after_it_are_read(tmp_path, days):
    async with running_intake(tmp_path) as intake:
        first = await file_report(intake.browser(), f"{MARKER} one")
        pages = []
        for jump in (days, -days):
            intake.clock.forward(days=jump)
            await release(intake.services, due_day(intake.clock()))
            await intake.services.store.heartbeat()
            pages.append(await file_report(intake.browser(), f"{MARKER} {jump}"))
        intake.clock.forward(days=3)
        await release(intake.services, due_day(intake.clock()))
        inboxes = [(await log_in(intake.browser(), page.receipt)).plain for page in (first, *pages)]

    assert [MARKER in plain for plain in inboxes] == [True] * 3


async def test_a_clock_that_was_years_ahead_for_a_while_erases_nothing_and_its_notice_does_not_count(tmp_path):
    home, members, clock = new_home(tmp_path / "home"), new_members(2), SetClock(MONDAY)
    async with open_store(home, clock) as store:
        filed = new_filing(members)
        await store.file_case(filed.filing)
        await store.release(MONDAY + timedelta(days=1), ids(members))
        roster = roster_of(store.home_id, members, "handler", "handler")
        await state(store, filed, roster, members[0], Act.CLOSE, day=MONDAY)
        ahead, cap = MONDAY + timedelta(days=3000), add_months(MONDAY, 24)
        seen = []
        for day in (ahead, MONDAY, cap - timedelta(days=30), cap - timedelta(days=1), cap):
            clock.set(day)
            due = await store.erase_due(day)
            seen.append((due.noticed, due.erased))

    # Noticed by the wrong clock, then by the right one, and erased at the cap and not years after it.
    assert seen == [(1, 0), (0, 0), (1, 0), (0, 0), (0, 1)]
