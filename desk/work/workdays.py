"""Working days in Sweden: nobody is at work on a Sunday, so what the law wants by then is done the Friday before.

Free are Saturdays and Sundays, the public holidays (lag 1989:253), and the three eves that lag (1930:173) counts like
them. A limit is never put off by this: it is only said on which working day it is the last time to act.
"""

from datetime import date, timedelta
from functools import cache
from typing import Final

_ONE: Final = timedelta(days=1)
_SATURDAY: Final = 5
# New Year's Day, Epiphany, May Day, National Day; Christmas with its eve, New Year's Eve. Month and day.
_FIXED: Final = ((1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31))
# Good Friday, Easter Monday, Ascension Day: so many days from Easter.
_FROM_EASTER: Final = (-2, 1, 39)


def is_working_day(day: date) -> bool:
    """Whether people are at work on this day."""
    return day.weekday() < _SATURDAY and day not in _free_in(day.year)


def last_working_day(by: date) -> date:
    """Return the last working day up to this day, itself if it is one."""
    while not is_working_day(by):
        by -= _ONE
    return by


def day_to_act(by: date, today: date) -> date:
    """Return the day by which members act: the last working day up to a limit, or its own day once that is over."""
    last = last_working_day(by)
    return last if last >= today else by


def working_days_between(today: date, by: date) -> int:
    """Return how many working days come after today, up to a day and with it."""
    return sum(is_working_day(today + _ONE * number) for number in range(1, (by - today).days + 1))


@cache
def _free_in(year: int) -> frozenset[date]:
    easter = _easter(year)
    # Midsummer Eve is the Friday in 19-25 June; the day after, and All Saints' Day, are Saturdays.
    midsummer = next(
        day for day in (date(year, 6, number) for number in range(19, 26)) if day.weekday() == _SATURDAY - 1
    )
    fixed = (date(year, month, day) for month, day in _FIXED)
    return frozenset({*fixed, *(easter + _ONE * days for days in _FROM_EASTER), midsummer})


def _easter(year: int) -> date:
    """Return Easter Sunday, by the anonymous Gregorian rule (Meeus, Astronomical Algorithms, 1991)."""
    golden, (century, of_century) = year % 19, divmod(year, 100)
    leaps, rest = divmod(century, 4)
    shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leaps - shift + 15) % 30
    to_sunday = (32 + 2 * rest + 2 * (of_century // 4) - epact - of_century % 4) % 7
    correction = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * correction + 114, 31)
    return date(year, month, day + 1)
