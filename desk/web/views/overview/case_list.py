"""The cases of the overview: which of them, and in which order. Nothing here makes words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from desk.keep.summaries import Summary
from desk.web.views.case_line import case_number
from desk.web.views.pages import N_
from desk.work.due import erased_at_latest

ALL: Final = ""
UNDER_WAY: Final = "open"
LATE: Final = "late"
CLOSED: Final = "closed"
STATES: Final = ((ALL, N_("All")), (UNDER_WAY, N_("Under way")), (LATE, N_("Late")), (CLOSED, N_("Closed cases")))


@dataclass(frozen=True, slots=True, repr=False)
class Wanted:
    """What was asked for: words, a state, an organisation."""

    words: str = ""
    state: str = ALL
    organisation: str = ""

    @property
    def is_everything(self) -> bool:
        return not (self.words or self.state or self.organisation)


def chosen(
    summaries: Mapping[str, Summary], wanted: Wanted, holding: set[str], today: date
) -> Sequence[Summary]:  # fmt: skip
    """Return the cases that were asked for, by their next day. `holding`: those whose text has the words."""
    found = [
        summary
        for name, summary in summaries.items()
        if (not wanted.organisation or summary.organisation == wanted.organisation)
        and _is_in(summary, wanted.state, today)
        and (not wanted.words or name in holding or _is_named(summary, wanted.words))
    ]
    # Those without a day come last, the newest first.
    return sorted(found, key=lambda one: (_next_day(one, today), -_received(one), one.case_id))


def organisations_of(summaries: Mapping[str, Summary]) -> tuple[str, ...]:
    """Return the organisations of the cases that this member can open, by name."""
    return tuple(sorted({summary.organisation for summary in summaries.values()} - {""}))


def _is_named(summary: Summary, words: str) -> bool:
    number = case_number(summary.case_id)
    named = f"{number} {number.replace(' ', '')} {summary.organisation}".casefold()
    return words.casefold() in named


def _is_in(summary: Summary, state: str, today: date) -> bool:
    if summary.is_left:
        # It stands in the whole list for her signature, and nothing of it is looked into.
        return state == ALL
    if state == UNDER_WAY:
        return summary.closed_on is None
    if state == CLOSED:
        return summary.closed_on is not None
    if state == LATE:
        return summary.due is not None and summary.due.day < today
    return True


def _next_day(summary: Summary, today: date) -> date:
    """Return the day by which a case is ordered: as `states.next_day` gives it, without making words for it."""
    if summary.is_left:
        return date.max
    if summary.due is not None:
        return summary.due.day
    is_open = not summary.on_hold and summary.erasable_from is not None and summary.erasable_from > today
    return date.max if is_open else erased_at_latest(summary.closed_on) or date.max


def _received(summary: Summary) -> int:
    return 0 if summary.received is None else summary.received.toordinal()
