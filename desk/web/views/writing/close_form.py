"""The page on which a case is closed, as words: the outcomes, and the days that follow."""

from dataclasses import dataclass
from typing import Final, Literal

from cases.case.deadlines import ERASE_AT_LATEST_MONTHS
from cases.case.timeline import DeadlineKind
from desk.web.views.pages import N_, Language
from desk.web.views.writing.typed import Choice, TypedText
from desk.work.case.opened import DeskCase
from trusted.case.clock import add_months
from trusted.case.entry import Outcome


@dataclass(frozen=True, slots=True)
class _Result:
    """An outcome as members choose it, and as the entry says it (`desk.work.disposal`)."""

    name: str
    outcome: Literal["handled", "dismissed"]
    reason: str
    label: str
    hint: str


_RESULTS: Final = (
    _Result(
        "substantiated",
        "handled",
        "substantiated",
        N_("Substantiated"),
        N_("You have looked into it, and what was reported is right."),
    ),
    _Result(
        "partly",
        "handled",
        "partly substantiated",
        N_("Partly substantiated"),
        N_("Some of it is right, or it is right in part."),
    ),
    _Result(
        "not",
        "handled",
        "not substantiated",
        N_("Not substantiated"),
        N_("You have looked into it, and it could not be substantiated."),
    ),
    _Result(
        "outside",
        "dismissed",
        "outside the law",
        N_("Dismissed: outside the law"),
        N_("Say where the reporter can turn instead."),
    ),
    _Result(
        "too-little",
        "dismissed",
        "too little to go on",
        N_("Dismissed: too little to go on"),
        N_("You asked, but could get no further."),
    ),
)


@dataclass(frozen=True, slots=True, repr=False)
class TypedClose(TypedText):
    """What stands in the form."""

    outcome: str = ""
    # Reasons for the group alone: written as a note before the case is closed.
    note: str = ""


@dataclass(frozen=True, slots=True)
class DayAfter:
    """A day that follows from closing, and what it means."""

    day: str
    meaning: str


def results(chosen: str, language: Language) -> tuple[Choice, ...]:
    """Return the outcomes that can be chosen. None is chosen before the member has."""
    return tuple(
        Choice(one.name, language.translate(one.label), language.translate(one.hint), one.name == chosen)
        for one in _RESULTS
    )


def outcome_of(typed: TypedClose) -> Outcome | None:
    """Return the entry that the form becomes; None for an outcome that is none of the list."""
    return next(
        (Outcome(one.outcome, typed.text, one.reason) for one in _RESULTS if one.name == typed.outcome),
        None,
    )


def days_after(case: DeskCase, language: Language) -> tuple[DayAfter, ...]:
    """Return the days of a closed case: sent, readable until, erasable from, and the law's last day."""
    closed, erasable, until = case.state.closed_on, case.state.erasable_from, case.state.readable_until
    if closed is None or erasable is None or until is None:
        return ()
    translate = language.translate
    law = next((limit.day for limit in case.state.deadlines if limit.kind is DeadlineKind.FEEDBACK), closed)
    sent = translate(N_("The feedback is sent. The law's last day for it was %(day)s."), day=language.day(law))
    days = [DayAfter(language.day(closed, closed), sent)]
    if erasable > closed and not case.state.inbox_ended:
        readable = translate(N_("The last day on which the reporter can surely read and answer."))
        days.append(DayAfter(language.day(until, closed), readable))
    may = translate(N_("The case can be erased. It stands under To do today then."))
    days.append(DayAfter(language.day(erasable, closed), may))
    last = translate(N_("The law's last day. You are reminded 30 days before."))
    days.append(DayAfter(language.day(add_months(closed, ERASE_AT_LATEST_MONTHS), closed), last))
    return tuple(days)
