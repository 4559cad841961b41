"""What is to be done today, the most urgent first: one sentence each, and one button to the page where it is done."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from cases.case.timeline import DeadlineKind
from desk.keep.state import KnownCase
from desk.keep.summaries import Index, Limit, Problem, Summary
from desk.web.views.case.moving import in_words_or
from desk.web.views.case_line import case_number, case_path, has_answer
from desk.web.views.pages import N_, Language
from desk.web.views.sentences import sentences_for
from desk.web.views.states import SOON_DAYS, erased_at_latest, left_in_words
from desk.web.views.written import inert_line
from trusted.case.clock import STOCKHOLM
from trusted.case.errors import NotThere

ERASE: Final = "/erase"
MEMBERS: Final = "/members"
SETTINGS: Final = "/settings"
MOVES: Final = "/moves"
# From how many days ahead a limit is something for today.
_DAYS: Final[Mapping[str, int]] = {DeadlineKind.ACKNOWLEDGE: 7, DeadlineKind.ASSESS: 7, DeadlineKind.FEEDBACK: 7}
# So many are shown; the rest stands in the list below, in the same order.
MOST: Final = 30


@dataclass(frozen=True, slots=True)
class _Task:
    """The words for one kind of limit."""

    head: str
    by: str
    late: str
    button: str
    # Within the case: a report is read before it is acknowledged.
    path: str


_TASKS: Final[Mapping[str, _Task]] = {
    DeadlineKind.ACKNOWLEDGE: _Task(
        N_("%(left)s: acknowledge the report"),
        N_("By %(day)s, the 7 days of the law."),
        N_("The 7 days of the law ended on %(day)s. Acknowledge it today."),
        N_("Read and acknowledge"),
        "",
    ),
    DeadlineKind.ASSESS: _Task(
        N_("%(left)s: make the first assessment"),
        N_("By %(day)s, our goal."),
        N_("Our goal was %(day)s."),
        N_("Write the assessment"),
        "/write?act=assess",
    ),
    DeadlineKind.FEEDBACK: _Task(
        N_("%(left)s: give feedback"),
        N_("By %(day)s, the three months of the law."),
        N_("The three months of the law ended on %(day)s. Give it today, even if not everything is finished."),
        N_("Give feedback"),
        "/write?act=feedback",
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


@dataclass(frozen=True, slots=True, repr=False)
class Known:
    """What the overview knows of the cases: their summaries, how far they were read, and what did not open."""

    summaries: Mapping[str, Summary]
    read: Mapping[str, Mapping[int, int]]
    problems: Mapping[str, Problem]
    # Who is to sign the file that this member has made, by case.
    offers: Mapping[str, str]
    # A change of who may read that this member has not signed.
    unsigned_change: bool
    # The cases whose moves wait for this member's signature.
    moves: tuple[bytes, ...] = ()
    # Nobody has a copy of this member's key.
    no_copy: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class _Found:
    """One thing to do that has no words yet: of ten thousand cases thirty are shown."""

    # What is most urgent comes first: the kind of thing, then the days that are left.
    rank: tuple[int, int]
    words: Callable[[], Todo]


def todo_of(known: Known, today: date, language: Language) -> tuple[Todo, ...]:
    """Return what is to be done, the most urgent first."""
    found = [_Found((_SIGNATURE, 1), partial(_change, language))] if known.unsigned_change else []
    found += [_Found((_SIGNATURE, 0), partial(_move, case_id, language)) for case_id in known.moves]
    found += [_Found((_LAST, 0), partial(_copy, language))] if known.no_copy else []
    for name, problem in known.problems.items():
        if problem.until is not None and name in known.summaries:
            continue
        rank = (_ALARM, 0) if problem.is_alarm else (_SIGNATURE, 2)
        found.append(_Found(rank, partial(_problem, name, problem, language)))
    for name, summary in known.summaries.items():
        gone = known.problems.get(name)
        if gone is not None and gone.until is not None:
            found += _of_waiting(summary, gone, gone.until, today, language)
            continue
        found += _of_case(summary, known.read.get(name, {}), known.offers.get(name, ""), today, language)
    found.sort(key=lambda one: one.rank)
    return tuple(replace(one.words(), is_first=not place) for place, one in enumerate(found[:MOST]))


def _of_waiting(
    summary: Summary, problem: Problem, until: datetime, today: date, language: Language
) -> Iterator[_Found]:
    """Yield the day of a case that is not there now: it runs on, and nothing can be done before the case is back.

    Before it the second of two moves, which is this member's, and the day from which she can make it.
    """
    if problem.next_without:
        yield _Found((_SIGNATURE, 3), partial(_second_step, summary, problem.next_without, until, today, language))
    due = summary.due
    if due is None or not summary.may_write or (due.day - today).days > _DAYS[due.kind]:
        return
    days = (due.day - today).days
    yield _Found((_LATE if days < 0 else _NEAR, days * 2), partial(_waiting, summary, due, today, language))


def _waiting(summary: Summary, due: Limit, today: date, language: Language) -> Todo:
    limit, notice = _limit(summary, due, today, language), language.notice(sentences_for(NotThere.text_key))
    number = language.translate(N_("Case %(number)s"), number=case_number(summary.case_id))
    return replace(
        limit,
        title="",
        text=f"{number}. {notice.what} {notice.do}",
        button=language.translate(N_("To the case")),
        path=case_path(summary.case_id),
    )


def _second_step(summary: Summary, without: str, until: datetime, today: date, language: Language) -> Todo:
    translate = language.translate
    # The case is waited for during two releases (desk/keep/cache.py), and comes back with the first.
    day = until.astimezone(STOCKHOLM).date() - timedelta(days=1)
    number = translate(N_("Case %(number)s"), number=case_number(summary.case_id))
    again = translate(
        N_("Lock again without %(name)s on %(day)s, after 6 in the morning."),
        name=inert_line(without),
        day=language.weekday(day, today),
    )
    return Todo(
        head=translate(N_("Step 1 of 2 is done")),
        title="",
        text=f"{number}. {again}",
        button=translate(N_("To the case")),
        path=case_path(summary.case_id),
    )


def offers_standing(index: Index, cases: Mapping[str, KnownCase]) -> Mapping[str, str]:
    """Return who is to sign which case's file, of those that still fit: nothing was written in the case since."""
    return {
        name: inert_line(offer.signer)
        for name, offer in index.offers.items()
        if name in cases and entries_of(cases[name]) == offer.entries
    }


def entries_of(known: KnownCase) -> int:
    """Return how many entries a case has, as far as this desk has seen it."""
    return sum(head.count for head in known.seen.values())


def _of_case(
    summary: Summary, read: Mapping[int, int], signer: str, today: date, language: Language
) -> Iterator[_Found]:
    if summary.warnings:
        yield _Found((_ALARM, 1), partial(_warning, summary, language))
    due = summary.due
    if due is not None and summary.may_write and (due.day - today).days <= _DAYS[due.kind]:
        days = (due.day - today).days
        # What is over before what is near; on one day the law before our goal.
        rank = (_LATE if days < 0 else _NEAR, days * 2 + (due.kind == DeadlineKind.ASSESS))
        yield _Found(rank, partial(_limit, summary, due, today, language))
    if has_answer(summary, read):
        yield _Found((_ANSWER, 0), partial(_answer, summary, today, language))
    if summary.to_lock_out:
        yield _Found((_SIGNATURE, 3), partial(_lock_out, summary, signer, language))
    if not summary.may_sign or summary.closed_on is None:
        return
    if summary.signed and not summary.own_signature:
        yield _Found((_SIGNATURE, 0), partial(_signature, summary, language))
        return
    latest = erased_at_latest(summary.closed_on)
    if latest is not None and (latest - today).days <= SOON_DAYS[DeadlineKind.ERASE]:
        yield _Found((_NEAR, (latest - today).days * 2), partial(_cap, summary, latest, today, language))


def _limit(summary: Summary, due: Limit, today: date, language: Language) -> Todo:
    days = (due.day - today).days
    task, translate = _TASKS[due.kind], language.translate
    return Todo(
        head=translate(task.head, left=left_in_words(days, language)),
        title=_quoted(summary),
        text=translate(task.late if days < 0 else task.by, day=language.weekday(due.day, today)),
        button=translate(task.button),
        path=f"{case_path(summary.case_id)}{task.path}",
        tone="bad" if days < 0 else "warn",
    )


def _answer(summary: Summary, today: date, language: Language) -> Todo:
    translate = language.translate
    asked = summary.answered
    return Todo(
        head=translate(N_("An answer has come")),
        title=_quoted(summary),
        text="" if asked is None else translate(N_("You asked on %(day)s."), day=language.day(asked, today)),
        button=translate(N_("Read the answer")),
        path=case_path(summary.case_id),
    )


def _signature(summary: Summary, language: Language) -> Todo:
    translate = language.translate
    return Todo(
        head=translate(N_("A signature waits: erasing")),
        title=_quoted(summary),
        text=translate(N_("%(name)s has signed, you are the second."), name=summary.signed[0]),
        button=translate(N_("Read and sign")),
        path=ERASE,
    )


def _lock_out(summary: Summary, signer: str, language: Language) -> Todo:
    translate, names = language.translate, ", ".join(inert_line(name) for name in summary.to_lock_out)
    text = [translate(N_("The move waits for the signature of %(name)s."), name=signer)] if signer else []
    if not signer:
        text.append(translate(N_("Until then %(names)s can still open the case."), names=names))
        is_in_two_steps = set(summary.beside) <= set(summary.to_lock_out)
        beside = N_("%(names)s signs once more: step 1 of 2.") if is_in_two_steps else N_("%(names)s signs beside you.")
        who = in_words_or([inert_line(name) for name in summary.beside], language)
        text += [translate(beside, names=who)] if who else []
        is_acknowledged = summary.due is None or summary.due.kind != DeadlineKind.ACKNOWLEDGE
        text += [] if is_acknowledged else [translate(N_("Send the acknowledgement first."))]
    return Todo(
        head=translate(N_("Lock the case again: %(names)s has left"), names=names),
        title=_quoted(summary),
        text=" ".join(text),
        button=translate(N_("Lock again")),
        path=f"{case_path(summary.case_id)}/move",
    )


def _cap(summary: Summary, latest: date, today: date, language: Language) -> Todo:
    translate, days = language.translate, (latest - today).days
    if summary.on_hold:
        return Todo(
            head=translate(N_("%(left)s: decide whether the case is kept"), left=left_in_words(days, language)),
            title=_quoted(summary),
            text=translate(
                N_("The two years of the law end on %(day)s. Nothing is erased before you end the keeping."),
                day=language.day(latest, today),
            ),
            button=translate(N_("To the case")),
            path=case_path(summary.case_id),
        )
    return Todo(
        head=translate(N_("%(left)s: erase the case"), left=left_in_words(days, language)),
        title=_quoted(summary),
        text=translate(
            N_("The server erases it on %(day)s, two years after closing. See to the archive's part before."),
            day=language.day(latest, today),
        ),
        button=translate(N_("To erasing")),
        path=ERASE,
        tone="bad" if days < 0 else "warn",
    )


def _change(language: Language) -> Todo:
    translate = language.translate
    return Todo(
        head=translate(N_("A signature waits: a change of members")),
        title="",
        text=translate(N_("Compare the six words by telephone before you sign.")),
        button=translate(N_("Look at the change")),
        path=MEMBERS,
    )


def _move(case_id: bytes, language: Language) -> Todo:
    translate = language.translate
    return Todo(
        head=translate(N_("Sign: new readers of case %(number)s"), number=case_number(case_id)),
        title="",
        text=translate(N_("A colleague has sent it to you. Until you sign, the same people as before can open it.")),
        button=translate(N_("Look at it")),
        path=MOVES,
    )


def _copy(language: Language) -> Todo:
    translate = language.translate
    return Todo(
        head=translate(N_("Save a copy of your key")),
        title="",
        text=translate(N_("If the computer breaks you can read new cases only.")),
        button=translate(N_("To the settings")),
        path=SETTINGS,
    )


def _warning(summary: Summary, language: Language) -> Todo:
    notice = language.notice(sentences_for(summary.warnings[0]))
    number = language.translate(N_("Case %(number)s"), number=case_number(summary.case_id))
    return Todo(
        head=f"{number}: {notice.what}",
        title=_quoted(summary),
        text=notice.do,
        button=language.translate(N_("To the case")),
        path=case_path(summary.case_id),
        tone=notice.tone,
    )


def _problem(name: str, problem: Problem, language: Language) -> Todo:
    notice = language.notice(sentences_for(problem.text_key))
    case_id = bytes.fromhex(name)
    number = language.translate(N_("Case %(number)s"), number=case_number(case_id))
    is_waiting = problem.until is not None
    return Todo(
        head=f"{number}: {notice.what}",
        title="",
        text=notice.do,
        button=language.translate(N_("To the case") if is_waiting else N_("To the members")),
        path=case_path(case_id) if is_waiting else MEMBERS,
        tone="bad" if problem.is_alarm else "warn",
    )


def _quoted(summary: Summary) -> str:
    if summary.is_left:
        return ""
    # It stands in quotation marks within a sentence.
    return inert_line(summary.title).rstrip(".")


# The order of the kinds: what may mean that the server lies stands above everything.
_ALARM: Final = 0
_LATE: Final = 1
_NEAR: Final = 2
_ANSWER: Final = 3
_SIGNATURE: Final = 4
_LAST: Final = 5
