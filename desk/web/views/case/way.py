"""The way of a case in six steps, each with its day: what is done, what is under way, what the law or our goal asks.

Days are counted as the law counts them: from the start of its clocks, which is before the day on which the group could
read the report, so that the time of rest takes nothing from the reporter (`trusted.case.clock`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from cases.case.deadlines import ACKNOWLEDGE, ASSESS
from cases.case.timeline import CaseAction, CaseStage, CaseState, Deadline, DeadlineKind
from desk.web.views.case_line import case_path
from desk.web.views.pages import N_, Language
from desk.web.views.states import left_in_words
from desk.work.case.opened import DeskCase
from desk.work.workdays import day_to_act
from trusted.case.clock import clock_start
from trusted.case.entry import Acknowledgement, Assessment, Body, Feedback, Outcome, Reopen, Stream

# The places of the steps.
_ACKNOWLEDGE, _ASSESS, _INVESTIGATE, _FEEDBACK, _CLOSE = range(1, 6)
DONE: Final = "done"
NOW: Final = "now"
LATE: Final = "late"
_BY: Final = N_("By %(day)s, %(left)s")
_OVER: Final = frozenset({CaseStage.CLOSED, CaseStage.ERASABLE})
# Which step a case is at; a case that is over is at none.
_AT: Final = {
    CaseStage.RECEIVED: _ACKNOWLEDGE,
    CaseStage.ACKNOWLEDGED: _ASSESS,
    CaseStage.INVESTIGATION: _INVESTIGATE,
    CaseStage.AWAITING_COMPLETION: _INVESTIGATE,
    CaseStage.FED_BACK: _INVESTIGATE,
    CaseStage.WITHDRAWN: _INVESTIGATE,
    CaseStage.CONCLUDED: _CLOSE,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way."""

    name: str
    words: str
    # "done", "now", "late", or nothing.
    mark: str = ""
    # Where it is done, and the words of the link: of a step that is due and allowed.
    path: str = ""
    act: str = ""


@dataclass(frozen=True, slots=True)
class _Limit:
    """How a step with a time limit is called and told."""

    kind: DeadlineKind
    number: int
    days: int
    todo: str
    done: str
    in_time: str
    by: str


_ACKNOWLEDGED: Final = _Limit(
    DeadlineKind.ACKNOWLEDGE,
    _ACKNOWLEDGE,
    ACKNOWLEDGE.days,
    N_("Acknowledge"),
    N_("Acknowledged"),
    N_("%(day)s, day %(number)d of %(days)d (law)"),
    N_("By %(day)s, %(left)s (law)"),
)
_ASSESSED: Final = _Limit(
    DeadlineKind.ASSESS,
    _ASSESS,
    ASSESS.days,
    N_("First assessment"),
    N_("Assessed"),
    N_("%(day)s, day %(number)d of %(days)d (our goal)"),
    N_("By %(day)s, %(left)s (our goal)"),
)


class Way:
    """The way of one case, on one day."""

    def __init__(self, case: DeskCase, today: date, language: Language) -> None:
        self._case, self._state, self._today, self._language = case, case.state, today, language
        self._at = _AT.get(case.state.state, 0)

    def steps(self) -> tuple[Step, ...]:
        """Return the six steps."""
        if self._case.release_day is None:
            return ()
        acknowledged = self._first(lambda body: isinstance(body, Acknowledgement))
        assessed = self._first(lambda body: isinstance(body, Assessment))
        return (
            self._received(self._case.release_day),
            self._limited(_ACKNOWLEDGED, acknowledged),
            self._limited(_ASSESSED, assessed),
            self._investigation(),
            self._feedback(),
            self._ending(),
        )

    def _received(self, on: date) -> Step:
        start = clock_start(on)
        words = N_("%(day)s. It may have been sent two days before, so the days count from %(start)s")
        return Step(self._say(N_("Received")), self._say(words, day=self._day(on), start=self._day(start)), DONE)

    def _limited(self, limit: _Limit, on: date | None) -> Step:
        due = self._due(limit.kind)
        if on is not None and self._case.release_day is not None:
            number = (on - clock_start(self._case.release_day)).days
            words = self._say(limit.in_time, day=self._day(on), number=number, days=limit.days)
            return Step(self._say(limit.done), words, DONE)
        if due is None or due.met or self._state.closed_on is not None:
            # The feedback has come without it, or the case was closed: it is due no more.
            return Step(self._say(limit.todo), self._say(N_("Was not made")))
        step = Step(self._say(limit.todo), self._by(limit.by, due), LATE if due.overdue else self._mark(limit.number))
        if limit.kind is DeadlineKind.ASSESS and step.mark and CaseAction.ASSESS in self._state.allowed:
            path = f"{case_path(self._case.known.case_id)}/write?act=assess"
            return replace(step, path=path, act=self._say(N_("Write the assessment")))
        return step

    def _investigation(self) -> Step:
        name, state = self._say(N_("Investigation")), self._state
        if state.state in _OVER or state.state is CaseStage.CONCLUDED:
            return Step(name, self._say(N_("Done")), DONE)
        asked = [limit for limit in state.due if limit.kind is DeadlineKind.COMPLETION]
        if asked:
            day = self._day(min(limit.day for limit in asked))
            return Step(
                name, self._say(N_("Waits for an answer, wanted by %(day)s"), day=day), self._mark(_INVESTIGATE)
            )
        if state.withdrawn:
            return Step(name, self._say(N_("The reporter has withdrawn the report")), self._mark(_INVESTIGATE))
        return Step(name, self._say(N_("Under way")) if self._at == _INVESTIGATE else "", self._mark(_INVESTIGATE))

    def _feedback(self) -> Step:
        on = self._told_on()
        due = self._due(DeadlineKind.FEEDBACK)
        if on is not None:
            return Step(self._say(N_("Feedback")), self._day(on), DONE)
        name = self._say(N_("Feedback"))
        if due is None or due.met:
            # It was opened again after the feedback.
            return Step(name, self._say(N_("A new one is needed before it can be closed")), self._mark(_FEEDBACK))
        return Step(
            name, self._by(N_("By %(day)s, %(left)s (law)"), due), LATE if due.overdue else self._mark(_FEEDBACK)
        )

    def _ending(self) -> Step:
        state, closed = self._state, self._state.closed_on
        if closed is None:
            return Step(self._say(N_("Closing")), self._say(N_("When you are done")), self._mark(_CLOSE))
        name, on = self._say(N_("Closed")), self._day(closed)
        if state.on_hold:
            return Step(name, self._say(N_("%(day)s. Kept for now"), day=on), DONE)
        if state.state is CaseStage.ERASABLE or state.erasable_from is None:
            return Step(name, self._say(N_("%(day)s. Can be erased"), day=on), DONE)
        until = self._day(state.erasable_from)
        return Step(name, self._say(N_("%(day)s. Can be erased from %(until)s"), day=on, until=until), DONE)

    def _mark(self, number: int) -> str:
        return NOW if self._at == number else ""

    def _due(self, kind: DeadlineKind) -> Deadline | None:
        return next((limit for limit in self._state.deadlines if limit.kind is kind), None)

    def _by(self, sentence: str, due: Deadline) -> str:
        # One day: where the law's is no working day, it stands with the reason in what is new and on the overview.
        act_by = day_to_act(due.day, self._today)
        sentence = sentence if act_by == due.day else _BY
        day = self._language.weekday(act_by, self._today)
        left = left_in_words(due.day, self._today, self._language)
        return self._say(sentence, day=day, left=left[:1].lower() + left[1:])

    def _first(self, wanted: Callable[[Body], bool]) -> date | None:
        return next((entry.day for entry in self._case.streams[Stream.MEMBERS] if wanted(entry.body)), None)

    def _told_on(self) -> date | None:
        """Return the day of the last feedback, with an outcome or before it, since the case was last opened again."""
        for entry in reversed(self._case.streams[Stream.MEMBERS]):
            if isinstance(entry.body, Reopen):
                return None
            if isinstance(entry.body, Feedback | Outcome) and entry.body.text.strip():
                return entry.day
        return None

    def _say(self, english: str, **values: object) -> str:
        return self._language.translate(english, **values)

    def _day(self, day: date) -> str:
        return self._language.day(day, self._today)


def next_day_in_law(state: CaseState) -> Deadline | None:
    """Return the nearest time limit in the law that is not met yet."""
    in_law = {DeadlineKind.ACKNOWLEDGE, DeadlineKind.FEEDBACK}
    return min((limit for limit in state.due if limit.kind in in_law), key=lambda limit: limit.day, default=None)
