"""What is to be done today, the most urgent first: one sentence each, and one button to the page where it is done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from cases.case.timeline import DeadlineKind
from desk.keep.summaries import Problem, Summary
from desk.web.views.case_line import case_number, case_path, has_answer, state_on
from desk.web.views.pages import N_, Language
from desk.web.views.refusals import sentences_for
from desk.web.views.states import SOON_DAYS, erased_at_latest, left_in_words, next_limit

ERASE: Final = "/erase"
MEMBERS: Final = "/members"
# From how many days ahead a limit is something for today.
_DAYS: Final = {DeadlineKind.ACKNOWLEDGE: 7, DeadlineKind.ASSESS: 7, DeadlineKind.FEEDBACK: 7}
# So many are shown; the rest stands in the list below, in the same order.
MOST: Final = 30


@dataclass(frozen=True, slots=True)
class _Task:
    """The words for one kind of limit."""

    head: str
    by: str
    late: str
    button: str


_TASKS: Final = {
    DeadlineKind.ACKNOWLEDGE: _Task(
        N_("%(left)s: acknowledge the report"),
        N_("By %(day)s, the 7 days of the law."),
        N_("The 7 days of the law ended on %(day)s. Acknowledge it today."),
        N_("Read and acknowledge"),
    ),
    DeadlineKind.ASSESS: _Task(
        N_("%(left)s: make the first assessment"),
        N_("By %(day)s, our goal."),
        N_("Our goal was %(day)s."),
        N_("Write the assessment"),
    ),
    DeadlineKind.FEEDBACK: _Task(
        N_("%(left)s: give feedback"),
        N_("By %(day)s, the three months of the law."),
        N_("The three months of the law ended on %(day)s. Give it today, even if not everything is finished."),
        N_("Give feedback"),
    ),
}


@dataclass(frozen=True, slots=True, repr=False)
class Todo:
    """One thing to do. `tone` is warn or bad; the first button alone is filled."""

    head: str
    title: str
    text: str
    button: str
    path: str
    tone: str = "warn"
    is_first: bool = False
    # What is most urgent comes first: the kind of thing, then the days that are left.
    rank: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """What the overview knows of the cases: their summaries, how far they were read, and what did not open."""

    summaries: Mapping[str, Summary]
    read: Mapping[str, Mapping[int, int]]
    problems: Mapping[str, Problem]
    # A change of who may read that this member has not signed.
    unsigned_change: bool


def todo_of(known: Known, today: date, language: Language) -> tuple[Todo, ...]:
    """Return what is to be done, the most urgent first."""
    found = [_change(language)] if known.unsigned_change else []
    found += [_problem(name, problem, language) for name, problem in known.problems.items()]
    for name, summary in known.summaries.items():
        found += _of_case(summary, known.read.get(name, {}), today, language)
    found.sort(key=lambda one: one.rank)
    return tuple(replace(one, is_first=not place) for place, one in enumerate(found[:MOST]))


def _of_case(summary: Summary, read: Mapping[int, int], today: date, language: Language) -> list[Todo]:
    found = [_warning(summary, language)] if summary.warnings else []
    limit = _limit(summary, today, language) if summary.may_write else None
    found += [limit] if limit is not None else []
    found += [_answer(summary, today, language)] if has_answer(summary, read) else []
    if summary.may_sign and summary.closed_on is not None:
        if summary.signed and not summary.own_signature:
            found.append(_signature(summary, language))
        else:
            found += _cap(summary, today, language)
    return found


def _limit(summary: Summary, today: date, language: Language) -> Todo | None:
    limit = next_limit(state_on(summary, today))
    if limit is None:
        return None
    days = (limit.day - today).days
    if days > _DAYS[limit.kind]:
        return None
    task, translate = _TASKS[limit.kind], language.translate
    return Todo(
        head=translate(task.head, left=left_in_words(days, language)),
        title=summary.title,
        text=translate(task.late if limit.overdue else task.by, day=_day(limit.day, today, language)),
        button=translate(task.button),
        path=f"{case_path(summary.case_id)}/write",
        tone="bad" if limit.overdue else "warn",
        # What is over before what is wrong with nobody's day; the law before our goal.
        rank=(_LATE if limit.overdue else _NEAR, days * 2 + (limit.kind is DeadlineKind.ASSESS)),
    )


def _answer(summary: Summary, today: date, language: Language) -> Todo:
    translate = language.translate
    asked = summary.answered
    return Todo(
        head=translate(N_("An answer has come")),
        title=summary.title,
        text="" if asked is None else translate(N_("You asked on %(day)s."), day=_day(asked, today, language)),
        button=translate(N_("Read the answer")),
        path=case_path(summary.case_id),
        rank=(_ANSWER, 0),
    )


def _signature(summary: Summary, language: Language) -> Todo:
    translate = language.translate
    return Todo(
        head=translate(N_("A signature waits: erasing")),
        title=summary.title,
        text=translate(N_("%(name)s has signed, you are the second."), name=summary.signed[0]),
        button=translate(N_("Read and sign")),
        path=ERASE,
        rank=(_SIGNATURE, 0),
    )


def _cap(summary: Summary, today: date, language: Language) -> list[Todo]:
    latest = erased_at_latest(state_on(summary, today))
    days = 0 if latest is None else (latest - today).days
    if latest is None or days > SOON_DAYS[DeadlineKind.ERASE]:
        return []
    translate = language.translate
    return [
        Todo(
            head=translate(N_("%(left)s: erase the case"), left=left_in_words(days, language)),
            title=summary.title,
            text=translate(
                N_("The server erases it on %(day)s, two years after closing. See to the archive's part before."),
                day=_day(latest, today, language),
            ),
            button=translate(N_("To erasing")),
            path=ERASE,
            tone="bad" if days < 0 else "warn",
            rank=(_NEAR, days * 2),
        )
    ]


def _change(language: Language) -> Todo:
    translate = language.translate
    return Todo(
        head=translate(N_("A signature waits: a change of members")),
        title="",
        text=translate(N_("Compare the six words by telephone before you sign.")),
        button=translate(N_("Look at the change")),
        path=MEMBERS,
        rank=(_SIGNATURE, 1),
    )


def _warning(summary: Summary, language: Language) -> Todo:
    notice = language.notice(sentences_for(summary.warnings[0]))
    number = language.translate(N_("Case %(number)s"), number=case_number(summary.case_id))
    return Todo(
        head=f"{number}: {notice.what}",
        title=summary.title,
        text=notice.do,
        button=language.translate(N_("To the case")),
        path=case_path(summary.case_id),
        tone="bad",
        rank=(_ALARM, 1),
    )


def _problem(name: str, problem: Problem, language: Language) -> Todo:
    notice = language.notice(sentences_for(problem.text_key))
    case_id = bytes.fromhex(name)
    number = language.translate(N_("Case %(number)s"), number=case_number(case_id))
    return Todo(
        head=f"{number}: {notice.what}",
        title="",
        text=notice.do,
        button=language.translate(N_("To the members")),
        path=MEMBERS,
        tone="bad" if problem.is_alarm else "warn",
        rank=(_ALARM, 0) if problem.is_alarm else (_SIGNATURE, 2),
    )


def _day(day: date, today: date, language: Language) -> str:
    return language.day(day, year=day.year != today.year)


# The order of the kinds: what may mean that the server lies stands above everything.
_ALARM: Final = 0
_LATE: Final = 1
_NEAR: Final = 2
_ANSWER: Final = 3
_SIGNATURE: Final = 4
