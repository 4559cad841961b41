"""States, days and what comes next, in words: the same on the overview, in a case and in the calendar of a case.

Law or our own goal is named with every day. A day is amber when it comes near, red when it is over; both are said in
words as well.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from cases.case.timeline import CaseStage, CaseState, Deadline, DeadlineKind
from desk.web.views.pages import N_, Language

# How many days before a day turns amber.
_SOON_DAYS: Final = {
    DeadlineKind.ACKNOWLEDGE: 7,
    DeadlineKind.ASSESS: 7,
    DeadlineKind.FEEDBACK: 21,
    DeadlineKind.COMPLETION: 0,
    DeadlineKind.ERASE: 30,
}
STATES: Final = {
    CaseStage.WAITING: N_("Waiting"),
    CaseStage.RECEIVED: N_("Received"),
    CaseStage.ACKNOWLEDGED: N_("Acknowledged"),
    CaseStage.INVESTIGATION: N_("Investigation"),
    CaseStage.AWAITING_COMPLETION: N_("Awaiting completion"),
    CaseStage.CONCLUDED: N_("Feedback given"),
    CaseStage.WITHDRAWN: N_("Withdrawn"),
    CaseStage.CLOSED: N_("Closed"),
    CaseStage.ERASABLE: N_("Closed"),
}
_HELD: Final = N_("Kept for now")
NEXT: Final = {
    DeadlineKind.ACKNOWLEDGE: N_("Acknowledge by %(day)s, law"),
    DeadlineKind.ASSESS: N_("First assessment by %(day)s, our goal"),
    DeadlineKind.FEEDBACK: N_("Feedback by %(day)s, law"),
    DeadlineKind.COMPLETION: N_("Answer wanted by %(day)s"),
    DeadlineKind.ERASE: N_("Erase by %(day)s, law"),
}


@dataclass(frozen=True, slots=True)
class NextDay:
    """What comes next in a case: how long it is until then, what it is, and how near (late, soon, or nothing)."""

    left: str
    what: str
    nearness: str = ""
    # For the order of the list; what has no day comes last.
    day: date = date.max


def state_in_words(state: CaseState, language: Language) -> str:
    """Return the word for where a case is."""
    return language.translate(_HELD if state.on_hold and state.closed_on else STATES[state.state])


def next_day(state: CaseState, today: date, language: Language) -> NextDay:
    """Return the next day of a case in the law, or of our own goals."""
    limits = [limit for limit in state.due if limit.kind not in {DeadlineKind.COMPLETION, DeadlineKind.ERASE}]
    if limits:
        return _limit(min(limits, key=lambda limit: limit.day), today, language)
    translate = language.translate
    if state.closed_on is None:
        return NextDay(translate(N_("Close it when you are done")), "")
    if state.on_hold:
        return NextDay(_HELD, translate(N_("Is not erased until you end that")))
    if state.erasable_from is not None and state.erasable_from > today:
        what = translate(N_("Can be erased from %(day)s"), day=language.day(state.erasable_from))
        return NextDay(translate(N_("The reporter can still read")), what)
    return NextDay(translate(N_("Can be erased")), "", "", state.erase_by or date.max)


def _limit(limit: Deadline, today: date, language: Language) -> NextDay:
    translate = language.translate
    days = (limit.day - today).days
    what = translate(NEXT[limit.kind], day=language.day(limit.day, year=limit.day.year != today.year))
    if limit.overdue:
        late = translate(N_("1 day late")) if days == -1 else translate(N_("%(days)d days late"), days=-days)
        return NextDay(late, what, "late", limit.day)
    left = translate(N_("Today")) if not days else translate(N_("%(days)d days left"), days=days)
    left = translate(N_("1 day left")) if days == 1 else left
    return NextDay(left, what, "soon" if days <= _SOON_DAYS[limit.kind] else "", limit.day)
