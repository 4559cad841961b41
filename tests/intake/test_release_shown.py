"""The day of the newest release in the source of the first page: an hour late, and the same whatever came in."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

from visitors.intake_harness import SetClock, file_report, running_intake

from intake.daily import keep_time
from trusted.case.errors import StoreFault

# In Stockholm it is an hour later.
AT_0630 = datetime(2026, 12, 2, 5, 30, tzinfo=UTC)
AT_0701 = datetime(2026, 12, 2, 6, 1, tzinfo=UTC)
NEXT_0800 = datetime(2026, 12, 3, 7, 0, tzinfo=UTC)


async def pages(folder, *, with_report: bool) -> list[bytes]:
    """The first page before a release, half an hour after it, an hour after it, and a day on whose release the store fails."""
    async with running_intake(folder, clock=SetClock(AT_0630)) as intake:
        browser, services = intake.browser(), intake.services
        if with_report:
            await file_report(browser, "Text")
        found = [(await browser.get("/")).body]
        clockwork = asyncio.create_task(keep_time(services, lambda: None, lambda: None))
        async with asyncio.timeout(20):
            while services.releases.made is None:
                await asyncio.sleep(0.01)
        found.append((await browser.get("/")).body)
        intake.clock.now = AT_0701
        found.append((await browser.get("/")).body)
        clockwork.cancel()

        async def fails(*_: object) -> None:
            raise StoreFault("store.unreadable")

        intake.clock.now = NEXT_0800
        release, services.store.release = services.store.release, fails
        clockwork = asyncio.create_task(keep_time(services, lambda: None, lambda: None))
        await asyncio.sleep(0.3)
        found.append((await browser.get("/")).body)
        clockwork.cancel()
        services.store.release = release
    return found


async def test_it_is_named_an_hour_late_once_it_was_made_and_says_nothing_of_what_was_released(tmp_path):
    empty = await pages(tmp_path / "empty", with_report=False)
    full = await pages(tmp_path / "full", with_report=True)

    days = [re.findall(rb'<meta name="released" content="([^"]*)">', page) for page in empty]
    assert days == [[], [b"2026-12-01"], [b"2026-12-02"], [b"2026-12-02"]]
    assert empty == full
