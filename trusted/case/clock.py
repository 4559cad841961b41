"""
Days and releases, in the zone where the law counts them.

The clock is passed in and never read deep inside: tests and the demo bring their own. Statutory days are calendar days
in Europe/Stockholm. A moment is always aware and in UTC; nothing finer than a day is ever stored.
"""

import calendar
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]

STOCKHOLM = ZoneInfo("Europe/Stockholm")
# What a reporter sends rests at least this long, so that it can be taken back unseen.
HOLD_HOURS = 12
# The one moment of the day when reports become visible; it says nothing of when they were sent.
RELEASE_AT = time(6, 0)
# A report released on a day was sent at most two days before: held 12 hours, then until 06:00. The statutory clocks
# start at the earliest day that is possible, so that a deadline is never late because of the hold.
START_BEFORE_RELEASE = timedelta(days=2)
# So far two clocks that are right are apart at most: what is asked through Tor comes after a while.
CLOCKS_APART = timedelta(minutes=10)
# Time limits are counted from days that others name: one at an end of the calendar has no day before or after it.
YEARS = range(2000, 3000)
_MONTHS_IN_YEAR = 12


def utc_now() -> datetime:
    """Return the real time; handed in as the `Clock` by the front door only."""
    return datetime.now(UTC)


def today(clock: Clock) -> date:
    """Return the day it is in Stockholm."""
    return clock().astimezone(STOCKHOLM).date()


def due_day(now: datetime) -> date:
    """Return the day of the last 06:00 before this moment: before 06:00 that is yesterday."""
    local = now.astimezone(STOCKHOLM)
    return local.date() if local.time() >= RELEASE_AT else local.date() - timedelta(days=1)


def days_now(clock: Clock) -> frozenset[date]:
    """Return the day it is in Stockholm; around midnight both, since no two clocks show the same minute."""
    now = clock().astimezone(UTC)
    return frozenset((now + apart).astimezone(STOCKHOLM).date() for apart in (-CLOCKS_APART, CLOCKS_APART))


def first_release_day(now: datetime, hold_hours: int = HOLD_HOURS, at: time = RELEASE_AT) -> date:
    """Return the day of the first release that is at least `hold_hours` after `now`."""
    # Hours are added in UTC: across a change to or from summer time, twelve hours on the wall are not twelve hours.
    ripe = (now.astimezone(UTC) + timedelta(hours=hold_hours)).astimezone(STOCKHOLM)
    return ripe.date() if ripe.time() <= at else ripe.date() + timedelta(days=1)


def next_release(now: datetime, at: time = RELEASE_AT) -> datetime:
    """Return the first release strictly after `now`, in UTC."""
    local = now.astimezone(STOCKHOLM)
    moment = datetime.combine(local.date(), at, STOCKHOLM)
    if moment <= local:
        moment = datetime.combine(local.date() + timedelta(days=1), at, STOCKHOLM)
    return moment.astimezone(UTC)


def clock_start(release_day: date) -> date:
    """Return the day from which the statutory time limits of a report are counted."""
    return release_day - START_BEFORE_RELEASE


def add_months(day: date, months: int) -> date:
    """Return the same day `months` later, or the last day of that month when it has no such day."""
    index = day.year * _MONTHS_IN_YEAR + day.month - 1 + months
    year, month = divmod(index, _MONTHS_IN_YEAR)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
