"""
The time limits of a case: which there are, how long each is and from when it counts. Pure; all in days.

1. The statutory clocks start two days before the release day (clock.py), so the time of rest never makes them later.
2. The limit for feedback counts from the acknowledgement, and from the seventh day when that came later or never: a
   late acknowledgement wins no time.
3. A completion is asked for at least seven days ahead; a nearer day in an entry is read as the seventh.
4. A closed case may be erased from the day when its inbox is over, which is never later than two years after closing.
   In a legal hold nothing is erased, and the day of the cap is shown.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from trusted.case.clock import add_months, clock_start
from trusted.case.entry import CompletionRequest, Entry
from trusted.case.errors import NotAllowed

# Statutory: lag (2021:890), as the directive and the municipality's page give the times.
ACKNOWLEDGE = timedelta(days=7)
FEEDBACK_MONTHS = 3
ERASE_AT_LATEST_MONTHS = 24
# A service target, not law.
ASSESS = timedelta(days=14)
# Without a day of its own a request waits for so long; nobody is given less than the second figure, since a reporter
# may look in once a week.
COMPLETION = timedelta(days=14)
COMPLETION_AT_LEAST = timedelta(days=7)


class DeadlineKind(StrEnum):
    """Which time limit."""

    ACKNOWLEDGE = "acknowledge"
    ASSESS = "assess"
    FEEDBACK = "feedback"
    COMPLETION = "completion"
    ERASE = "erase"


@dataclass(frozen=True, slots=True)
class Deadline:
    """A time limit: overdue from the day after `day`, unless met."""

    kind: DeadlineKind
    day: date
    met: bool
    overdue: bool


def deadline(kind: DeadlineKind, day: date, *, met: bool, today: date) -> Deadline:
    """Return one time limit as it stands today."""
    return Deadline(kind, day, met, overdue=not met and today > day)


def statutory(
    release_day: date, *, acknowledged: date | None, assessed: bool, told: bool, today: date
) -> tuple[Deadline, ...]:
    """Return the three limits that count from the report (rules 1 and 2)."""
    start = clock_start(release_day)
    seventh = start + ACKNOWLEDGE
    feedback = add_months(min(acknowledged or seventh, seventh), FEEDBACK_MONTHS)
    return (
        deadline(DeadlineKind.ACKNOWLEDGE, seventh, met=acknowledged is not None, today=today),
        deadline(DeadlineKind.ASSESS, start + ASSESS, met=assessed or told, today=today),
        deadline(DeadlineKind.FEEDBACK, feedback, met=told, today=today),
    )


def completions(open_requests: tuple[Entry, ...], today: date) -> tuple[Deadline, ...]:
    """Return the limit of each request that waits for an answer (rule 3)."""
    return tuple(
        deadline(
            DeadlineKind.COMPLETION,
            max(entry.body.wanted_by, entry.day + COMPLETION_AT_LEAST),
            met=False,
            today=today,
        )
        for entry in open_requests
        if isinstance(entry.body, CompletionRequest)
    )


def wanted_by(today: date, asked_for: date | None = None) -> date:
    """Return the day by which a completion is wanted; raise NotAllowed if it is less than seven days ahead (rule 3)."""
    if asked_for is None:
        return today + COMPLETION
    if asked_for < today + COMPLETION_AT_LEAST:
        raise NotAllowed("timing.completion_too_soon")
    return asked_for


def erase_by(closed_on: date, inbox_over: date, *, on_hold: bool) -> date:
    """Return the day from which a closed case may be erased (rule 4)."""
    cap = add_months(closed_on, ERASE_AT_LATEST_MONTHS)
    return cap if on_hold else min(cap, inbox_over)
