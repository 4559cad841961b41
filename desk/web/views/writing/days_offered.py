"""The days by which a reporter may be asked to answer: offered in a list.

A native date field follows the language of the browser, and not that of the page.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from cases.case.deadlines import COMPLETION, COMPLETION_AT_LEAST
from desk.web.views.pages import Language

# A week is the least that anybody is given; somebody who is away for a while gets the last.
_AHEAD: Final = (COMPLETION_AT_LEAST, COMPLETION, timedelta(days=21), timedelta(days=42))


@dataclass(frozen=True, slots=True)
class DayOffered:
    """One day of the list."""

    value: str
    label: str
    is_chosen: bool


def day_of(untrusted: str) -> date | None:
    """Return the day that a form names; None for none, which stands for the day that is chosen at first."""
    try:
        return date.fromisoformat(untrusted)
    except ValueError:
        return None


def days_offered(today: date, chosen: date | None, language: Language) -> tuple[DayOffered, ...]:
    """Return the days of the list. One that was chosen before and lies far enough ahead still is one of them."""
    days = {today + ahead for ahead in _AHEAD}
    if chosen is None or chosen < today + COMPLETION_AT_LEAST:
        chosen = today + COMPLETION
    return tuple(
        DayOffered(day.isoformat(), language.day(day, today), day == chosen) for day in sorted({*days, chosen})
    )
