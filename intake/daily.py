"""
What happens by the clock and not by a request: the release at 06:00 and the heartbeat every ten minutes.

The release makes every entry that is due visible, in the post boxes of all members at once. It is also tried when the
intake starts, in case the intake was down at 06:00: a release that was made already changes nothing. After it, cases
past the two-year cap are erased. The heartbeat writes to the store's files, so that their times tell of no report, and
sets the access times of the other files that a visit reads: the roster's and the sockets. Every minute idle sessions
and result pages older than half an hour are dropped from memory, also when nobody visits. Where too much is kept of all
visitors together, room is made here, and by no visit (trusted/web/shelf.py): each minute, and at each look for result
pages, of which a flood fills the room soonest. With the heartbeat and after a release it is decided whether files are
taken.

The clock is passed in; only the sleep between two readings of it is real time.
"""

import asyncio
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from intake.read_times import set_access_times_to_now
from intake.services import Services
from trusted.case.clock import due_day, today
from trusted.case.errors import CaseError, SettingLost

HEARTBEAT: Final = timedelta(minutes=10)
SWEEP: Final = timedelta(minutes=1)
LOOK_SECONDS: Final = 5.0
# Nothing waits longer than this many days from today (24 hours' hold, then the next 06:00).
_LONGEST_WAIT: Final = timedelta(days=2)


async def release(services: Services, day: date) -> bool:
    """
    Release every entry that is due by `day` to the members of the roster, then erase cases past the two-year cap.

    `day` is yesterday before 06:00, and lies ahead in a trial that releases everything; the cap is measured by today's
    date. Returns False when there is no roster or the store failed: the caller tries again.
    """
    roster = services.roster.chain().current
    if roster is None:
        return False
    members = [bytes.fromhex(member.id) for member in roster.members]
    try:
        await services.store.release(day, members)
        await services.store.erase_due(today(services.clock))
        await services.disk.decide()
    except CaseError:
        services.faults.note()
        return False
    return True


async def release_everything(services: Services) -> bool:
    """Release all that waits, also before its time. For a trial only; a real home refuses."""
    if not services.config.trial:
        return False
    return await release(services, today(services.clock) + _LONGEST_WAIT)


async def keep_time(services: Services, released: Callable[[], None], store_failed: Callable[[], None]) -> None:
    """
    Run until cancelled; `released` is called after each release, `store_failed` after a heartbeat that failed.

    Raises SettingLost, with which the intake ends.
    """
    last_heartbeat: datetime | None = None
    last_sweep: datetime | None = None
    while True:
        now = services.clock()
        if last_sweep is None or abs(now - last_sweep) >= SWEEP:
            tidy(services)
            last_sweep = now
        services.result_pages.sweep()
        if services.releases.made != due_day(now) and await release(services, due_day(now)):
            services.releases.made = due_day(now)
            released()
        if last_heartbeat is None or abs(now - last_heartbeat) >= HEARTBEAT:
            try:
                await services.store.heartbeat()
                await services.disk.decide()
            except SettingLost:
                raise
            except CaseError:
                services.faults.note()
                store_failed()
            set_access_times_to_now(services.home)
            services.forwarded_addresses.tell()
            last_heartbeat = now
        await asyncio.sleep(LOOK_SECONDS)


def tidy(services: Services) -> None:
    """Let go of what is over, and make room where too much is kept."""
    services.sessions.end_idle()
    services.form_tokens.prune()
    services.sessions.forget_found()
    services.result_pages.prune()
    services.held.prune()
    services.sessions.sweep()
    services.form_tokens.sweep()
    services.held.sweep()
