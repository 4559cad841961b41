"""What is to be done today as sentences: one for each row of `desk.work.due`, with one button to the page for it.

Above them stands what may mean that the server lies, beside them what waits for others and cannot be done here now.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from cases.case.timeline import CaseAction, DeadlineKind
from desk.keep.summaries import Problem, Summary
from desk.web.views.case.moving import SIGN_SENT, STILL_HAS_KEY, in_words, in_words_or
from desk.web.views.case_line import case_number, case_path, leave_path
from desk.web.views.overview.tasks import TASKS, Words, path_of, when_in_words
from desk.web.views.overview.whose import whose_in_words
from desk.web.views.pages import N_, Language
from desk.web.views.sentences import sentences_for
from desk.web.views.states import left_in_words, limit_in_words
from desk.web.views.written import inert_line
from desk.work.case.opened import Held
from desk.work.due import FEEDBACK_REMINDERS, Basis, Due, Task, due_in, waits_before_locking
from trusted.case.clock import STOCKHOLM

MEMBERS: Final = "/members"
SETTINGS: Final = "/settings"
# So many are shown; the rest stands in the list below, in the same order.
MOST: Final = 30
# What may mean that the server lies stands above everything, a copy of the key below.
_ALARM: Final = -1
_LAST: Final = len(Basis)


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
    # Who has the case, in words; the address at which this member takes it, where nobody has.
    whose: str = ""
    take: str = ""
    # Where she steps aside from a report that she has not read.
    leave: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class WaitsForOthers:
    """Something that this member waits for: a sentence, and the case it is about."""

    text: str
    path: str


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """What the overview knows of the cases: their summaries, how far they were read, and what did not open."""

    summaries: Mapping[str, Summary]
    read: Mapping[str, Mapping[int, int]]
    problems: Mapping[str, Problem]
    # The moves that wait for a signature, by case.
    held: Mapping[str, Held]
    # Those of cases of which she has no key yet.
    to_join: Collection[bytes]
    # A change of who may read that this member has not signed.
    unsigned_change: bool
    # Nobody has a copy of this member's key.
    no_copy: bool = False

    def is_away(self, name: str) -> bool:
        """Whether a case is not there now, and may come again with a new key."""
        problem = self.problems.get(name)
        return problem is not None and problem.until is not None


@dataclass(frozen=True, slots=True, repr=False)
class _Found:
    """One thing to do that has no words yet: of ten thousand cases thirty are shown."""

    rank: tuple[int, bool, date, bytes]
    words: Callable[[], Todo]


def todo_of(known: Known, today: date, language: Language) -> tuple[Todo, ...]:
    """Return what is to be done, in the order of the list."""
    found = (
        [_Found(_first(Basis.SIGNATURE), partial(_plain, "change", MEMBERS, language))] if known.unsigned_change else []
    )
    found += [
        _Found(_first(Basis.SIGNATURE), partial(_plain, "sign-new", SIGN_SENT, language, case_number(case_id)))
        for case_id in known.to_join
    ]
    found += [_Found(_first(_LAST), partial(_plain, "copy", SETTINGS, language))] if known.no_copy else []
    for name, problem in known.problems.items():
        if not (known.is_away(name) and name in known.summaries):
            rank = _first(_ALARM if problem.is_alarm else Basis.SIGNATURE)
            found.append(_Found(rank, partial(_problem, name, problem, language)))
    for name, summary in known.summaries.items():
        if known.is_away(name):
            continue
        if summary.warnings:
            found.append(_Found(_first(_ALARM), partial(_warning, summary, language)))
        read = known.read.get(name, {})
        due, leave = due_in(summary, known.held.get(name), read, today), leave_path(summary, read)
        # Who takes it takes the case: one button is enough.
        first = min(due, key=lambda one: one.rank, default=None)
        for one in due:
            words = partial(_task, one, summary, today, language, may_take=one is first, leave=leave)
            found.append(_Found(one.rank, words))
    found.sort(key=lambda one: one.rank)
    return tuple(replace(one.words(), is_first=not place) for place, one in enumerate(found[:MOST]))


def waiting_of(known: Known, today: date, language: Language) -> tuple[WaitsForOthers, ...]:
    """Return what this member waits for, by case."""
    return tuple(
        WaitsForOthers(text, case_path(summary.case_id))
        for name, summary in known.summaries.items()
        for text in _waits(known, name, summary, today, language)
    )


def _waits(known: Known, name: str, summary: Summary, today: date, language: Language) -> Iterator[str]:
    translate, held = language.translate, known.held.get(name)
    number = translate(N_("Case %(number)s"), number=case_number(summary.case_id))
    if known.is_away(name):
        yield from (f"{number}. {one}" for one in _while_away(known.problems[name], summary, today, language))
    elif held is not None and not held.to_sign:
        names = in_words_or([inert_line(one) for one in held.waits_for], language)
        sentence = N_("The move waits for the signature of %(name)s.") if names else N_("A move waits for a signature.")
        yield f"{_titled(number, summary)}. {translate(sentence, name=names)}"
    elif summary.refused is not None and summary.refused.is_own:
        sentence = N_("You have not signed the erasure. %(name)s takes the signature back, or speaks with you.")
        name = in_words_or([inert_line(one) for one in summary.signed], language)
        yield f"{_titled(number, summary)}. {translate(sentence, name=name)}"
    elif summary.own_signature and summary.refused is None:
        names = in_words_or([inert_line(one) for one in summary.beside], language)
        sentence = N_("The erasure waits for the signature of %(name)s.")
        yield f"{_titled(number, summary)}. {translate(sentence, name=names)}"


def _titled(number: str, summary: Summary) -> str:
    """Return a case's number with its title: the colleague who is to sign sees both, and they speak of one case."""
    return number if summary.is_left else f"{number}, ”{inert_line(summary.title).rstrip('.')}”"


def _while_away(problem: Problem, summary: Summary, today: date, language: Language) -> Iterator[str]:
    """Yield the sentences on a case that was moved: when it is back, and its day, which runs on."""
    until = problem.until or datetime.min.replace(tzinfo=STOCKHOLM)
    # The case is waited for during two releases (desk/keep/cache.py), and comes back with the first.
    day = language.weekday(until.astimezone(STOCKHOLM).date() - timedelta(days=1), today)
    yield language.translate(N_("It is being locked again, and is back on %(day)s after 6 in the morning."), day=day)
    if summary.due is not None:
        limit = limit_in_words(DeadlineKind(summary.due.kind), summary.due.day, today, language)
        yield f"{limit}: {left_in_words(summary.due.day, today, language)}."


def _task(due: Due, summary: Summary, today: date, language: Language, *, may_take: bool, leave: str) -> Todo:
    words, translate = _words_of(due, summary, today), language.translate
    left = "" if due.by is None else left_in_words(due.by, today, language)
    names = ", ".join(inert_line(one) for one in _named_in(due, summary))
    number = case_number(summary.case_id)
    has_day = bool(words.limit) or due.basis is Basis.LAW
    is_late = has_day and due.by is not None and due.by < today
    text = [translate(words.text, names=names, day=_day(due, summary, today, language))] if words.text else []
    text += [] if due.by is None or not words.limit else [when_in_words(words, due.by, today, language)]
    text += _more(due, summary, today, language)
    head = translate(words.head, left=left, names=names, number=number)
    return Todo(
        head=translate(N_("%(head)s, then lock it again"), head=head) if _locks_next(due, summary, today) else head,
        title="" if summary.is_left or due.task is Task.SIGN_MOVE else inert_line(summary.title).rstrip("."),
        text=" ".join(text),
        button=translate(words.button),
        path=path_of(due, case_path(summary.case_id)),
        tone="bad" if is_late else "warn",
        whose=whose_in_words(summary, today, language) if due.basis is not Basis.SIGNATURE else "",
        take=f"{case_path(summary.case_id)}/has" if may_take and _is_free(due, summary, today) else "",
        leave=leave,
    )


def _is_free(due: Due, summary: Summary, today: date) -> bool:
    """Whether this member can take the case: nobody has it."""
    is_nobodys = summary.whose(today) is None and not summary.is_left
    return is_nobodys and due.basis is not Basis.SIGNATURE and CaseAction.NOTE in summary.allowed


def _words_of(due: Due, summary: Summary, today: date) -> Words:
    if due.task is Task.FEEDBACK and due.by is not None and (due.by - today).days > FEEDBACK_REMINDERS[1]:
        return TASKS["feedback-soon"]
    if due.task is Task.ANSWER and summary.answered is None:
        return TASKS["news"]
    if due.task is Task.HARM and summary.is_later_look:
        return TASKS["harm-again"]
    return TASKS["erase-law" if due.task is Task.ERASE and due.basis is Basis.LAW else due.task]


def _named_in(due: Due, summary: Summary) -> tuple[str, ...]:
    if due.task is Task.REFUSED:
        return () if summary.refused is None else (summary.refused.name,)
    return summary.to_lock_out if due.task is Task.LOCK_OUT else summary.signed[:1]


def _day(due: Due, summary: Summary, today: date, language: Language) -> str:
    """Return the day in the sentence of a row: when members asked, closed, or wrote last."""
    days = {Task.ANSWER: summary.answered, Task.ERASE: summary.closed_on, Task.MONTHLY: summary.quiet_since}
    day = due.by if due.basis is Basis.LAW else days.get(due.task)
    return "" if day is None else language.day(day, today)


def _more(due: Due, summary: Summary, today: date, language: Language) -> list[str]:
    """Return what a row says besides: who signs beside this member, and what comes after it."""
    translate = language.translate
    if due.task is Task.LOCK_OUT:
        names = in_words_or([inert_line(name) for name in summary.movers], language)
        return [translate(N_("%(names)s signs beside you."), names=names)]
    if _locks_next(due, summary, today):
        names = in_words([inert_line(name) for name in summary.to_lock_out], language)
        return [translate(STILL_HAS_KEY, names=names)]
    return []


def _locks_next(due: Due, summary: Summary, today: date) -> bool:
    """Whether somebody is to be locked out once this is sent."""
    return due.basis is Basis.LAW and summary.may_lock_out and waits_before_locking(summary, today)


def _plain(key: str, path: str, language: Language, number: str = "") -> Todo:
    """Return a row that is about no case that this member reads."""
    words, translate = TASKS[key], language.translate
    return Todo(translate(words.head, number=number), "", translate(words.text), translate(words.button), path)


def _warning(summary: Summary, language: Language) -> Todo:
    notice = language.notice(sentences_for(summary.warnings[0]))
    return Todo(
        head=f"{language.translate(N_('Case %(number)s'), number=case_number(summary.case_id))}: {notice.what}",
        title="" if summary.is_left else inert_line(summary.title).rstrip("."),
        text=notice.do,
        button=language.translate(N_("To the case")),
        path=case_path(summary.case_id),
        tone=notice.tone,
    )


def _problem(name: str, problem: Problem, language: Language) -> Todo:
    notice, case_id = language.notice(sentences_for(problem.text_key)), bytes.fromhex(name)
    is_away = problem.until is not None
    return Todo(
        head=f"{language.translate(N_('Case %(number)s'), number=case_number(case_id))}: {notice.what}",
        title="",
        text=notice.do,
        button=language.translate(N_("To the case") if is_away else N_("To the members")),
        path=case_path(case_id) if is_away else MEMBERS,
        tone="bad" if problem.is_alarm else "warn",
    )


def _first(basis: int) -> tuple[int, bool, date, bytes]:
    return basis, False, date.min, b""
