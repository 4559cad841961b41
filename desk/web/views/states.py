"""States, days and what comes next, in words: the same on the overview, in a case and in the calendar of a case.

Law or our own goal is named with every day. A day is amber when it comes near, red when it is over; both are said in
words as well.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from cases.case.timeline import CaseStage, CaseState, Deadline, DeadlineKind
from desk.web.views.pages import N_, Language
from desk.work.case.summing import members_limits
from desk.work.due import erased_at_latest
from desk.work.workdays import day_to_act, working_days_between

# How many days before a day turns amber.
SOON_DAYS: Final = {
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
    CaseStage.FED_BACK: N_("Feedback given"),
    CaseStage.CONCLUDED: N_("Feedback given"),
    CaseStage.WITHDRAWN: N_("Withdrawn"),
    CaseStage.CLOSED: N_("Closed"),
    CaseStage.ERASABLE: N_("Closed"),
}
_HELD: Final = N_("Kept for now")
# Where the day to act by comes before the day of the law, which is no working day and stands elsewhere with the reason.
_NEXT_EARLIER: Final = {
    DeadlineKind.ACKNOWLEDGE: N_("Acknowledge by %(day)s"),
    DeadlineKind.FEEDBACK: N_("Feedback by %(day)s"),
}
_NEXT: Final = {
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


def state_in_words(state: CaseState, language: Language) -> str:
    """Return the word for where a case is."""
    return language.translate(_HELD if state.on_hold and state.closed_on else STATES[state.state])


def next_day(state: CaseState, today: date, language: Language) -> NextDay:
    """Return the next day of a case in the law, or of our own goals."""
    limits = members_limits(state)
    if limits:
        return _limit(limits[0], today, language)
    translate = language.translate
    latest = erased_at_latest(state.closed_on)
    if latest is None:
        return NextDay(translate(N_("Close it when you are done")), "")
    if state.erasable_from is not None and state.erasable_from > today and not state.on_hold:
        what = translate(N_("Can be erased from %(day)s"), day=language.day(state.erasable_from, today))
        return NextDay(translate(N_("The reporter can still read")), what)
    nearness = "soon" if (latest - today).days <= SOON_DAYS[DeadlineKind.ERASE] else ""
    if state.on_hold:
        # The server keeps to a hold, at the two-year cap too.
        return NextDay(translate(_HELD), translate(N_("Is not erased until you end that")), nearness)
    by = translate(N_("By %(day)s, two years after closing"), day=language.day(latest, today))
    return NextDay(translate(N_("Can be erased")), by, nearness)


def left_in_words(day: date, today: date, language: Language) -> str:
    """Return how many working days are left until a day on which a member has to act, or how late it is."""
    translate, late = language.translate, (today - day).days
    if late > 0:
        return translate(N_("1 day late")) if late == 1 else translate(N_("%(days)d days late"), days=late)
    left = working_days_between(today, day)
    if not left:
        return translate(N_("Do it today"))
    return translate(N_("1 working day left") if left == 1 else N_("%(days)d working days left"), days=left)


def limit_in_words(kind: DeadlineKind, by: date, today: date, language: Language) -> str:
    """Return what is to be done, and the one day to act by: a working day, nobody is at work on a Sunday."""
    day = day_to_act(by, today)
    sentence = _NEXT[kind] if day == by else _NEXT_EARLIER.get(kind, _NEXT[kind])
    return language.translate(sentence, day=language.weekday(day, today))


def _limit(limit: Deadline, today: date, language: Language) -> NextDay:
    what = limit_in_words(limit.kind, limit.day, today, language)
    is_soon = (limit.day - today).days <= SOON_DAYS[limit.kind]
    nearness = "late" if limit.overdue else ("soon" if is_soon else "")
    return NextDay(left_in_words(limit.day, today, language), what, nearness)
