"""What waits for this member: every act that a colleague, the law or a promise waits for, from when and by when.

`RULES` is the table, in the order of the list. A row is there when its day has come and the case allows its act
(`allowed_on`), which is what the act itself asks (`desk.work.writing.require_now`). While a signature waits in a case
(`desk.work.case.held`) that signature is the case's only row that writes, for who can give it. An answer that nobody
has read is a row of its own beside everything else: reading holds nothing back.

No row makes another one of its case impossible. So a case is not offered to other readers, which holds back everything
else, before the acknowledgement is sent, nor on the last days for feedback; and what waits a month is no row beside
another one. Pure: what the overview knows of a case, and a day.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from typing import Final

from cases.case.deadlines import ERASE_AT_LATEST_MONTHS, DeadlineKind
from cases.case.timeline import CaseAction, CaseStage, is_erasable
from desk.keep.summaries import Summary
from desk.work.case.opened import Held
from trusted.case.clock import add_months
from trusted.case.entry import Stream

# The reminders of feedback: 21, 7 and 1 days before its day. The first is the day from which it stands on the list.
FEEDBACK_REMINDERS: Final = (21, 7, 1)
_FEEDBACK_FROM: Final = timedelta(days=FEEDBACK_REMINDERS[0])
_WEEK: Final = timedelta(days=7)
# A move takes until the next daily release before its readers can write again.
_MOVE: Final = timedelta(days=1)
# Thirty days before the two years are over the server gives notice (trusted/store/erase.py).
_NOTICE: Final = timedelta(days=30)


class Basis(IntEnum):
    """Who waits, in the order of the list."""

    SIGNATURE = 0
    LAW = 1
    PROMISE = 2


class Task(StrEnum):
    """What is to be done."""

    SIGN_MOVE = "sign-move"
    SIGN_ERASURE = "sign-erasure"
    REFUSED = "refused"
    ACKNOWLEDGE = "acknowledge"
    FEEDBACK = "feedback"
    DECIDE_HOLD = "decide-hold"
    LOCK_OUT = "lock-out"
    FINISH = "finish"
    ANSWER = "answer"
    ASSESS = "assess"
    HARM = "harm"
    ERASE = "erase"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Span:
    """From which day something is to be done, and by which, if there is such a day."""

    since: date
    by: date | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table: what, who waits for it, what the case must allow, and when."""

    task: Task
    basis: Basis
    # None where nothing is written: reading, and telling the server what the entries say.
    action: CaseAction | None
    when: Callable[[Summary, date], Span | None]


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is to be done in a case."""

    task: Task
    basis: Basis
    action: CaseAction | None
    case_id: bytes
    since: date
    by: date | None
    # Another member has the case.
    is_others: bool = False

    @property
    def rank(self) -> tuple[int, bool, date, bytes]:
        """The place on the list: who waits, what nobody else has, then the nearest day."""
        return self.basis, self.is_others, self.by or date.max, self.case_id


def allowed_on(summary: Summary, today: date) -> frozenset[str]:
    """Return what a case allows this member on a day, as `cases.case.timeline.fold` does."""
    is_over = is_erasable(summary.erasable_from, today, on_hold=summary.on_hold)
    may_erase = is_over and CaseAction.CO_SIGN in summary.allowed
    return frozenset({*summary.allowed, *({CaseAction.ERASE} if may_erase else ())})


def erased_at_latest(closed_on: date | None) -> date | None:
    """Return the day of the two-year cap of a case that was closed on this day."""
    return None if closed_on is None else add_months(closed_on, ERASE_AT_LATEST_MONTHS)


def due_in(summary: Summary, held: Held | None, read: Mapping[int, int], today: date) -> tuple[Due, ...]:
    """Return what is to be done in a case; `read` is how far this member has read its streams."""
    rules: tuple[Rule, ...] = RULES
    is_held = True
    if held is not None and held.kind == "move":
        rules = (_SIGN_MOVE,) if held.to_sign else ()
    elif summary.signed or summary.own_signature:
        rules = (_SIGN_ERASURE, _REFUSED)
    else:
        is_held = False
    found = list(_rows(summary, rules, today))
    if has_answer(summary, read):
        found.append(_row(_ANSWER, summary, Span(today, today), today))
    return tuple(found or (() if is_held else _rows(summary, (_MONTHLY,), today)))


def has_answer(summary: Summary, read: Mapping[int, int]) -> bool:
    """Whether the reporter has written in a case that this member has read before, or has answered a question."""
    seen = read.get(int(Stream.REPORTER), 0)
    is_known = seen > 0 or summary.answered is not None
    return not summary.is_left and is_known and seen < summary.others.get(int(Stream.REPORTER), 0)


def waits_before_locking(summary: Summary, today: date) -> bool:
    """Whether something is to be sent before the case is offered to other readers (`first_to_do` of the page)."""
    kinds = {limit.kind: limit.day for limit in summary.limits}
    return DeadlineKind.ACKNOWLEDGE in kinds or kinds.get(DeadlineKind.FEEDBACK, date.max) <= today + _MOVE


def _rows(summary: Summary, rules: tuple[Rule, ...], today: date) -> Iterator[Due]:
    allowed = allowed_on(summary, today)
    for rule in rules:
        span = rule.when(summary, today)
        if span is not None and span.since <= today and (rule.action is None or rule.action in allowed):
            yield _row(rule, summary, span, today)


def _row(rule: Rule, summary: Summary, span: Span, today: date) -> Due:
    whose = summary.whose(today)
    # A signature is this member's, no matter who has the case.
    is_others = rule.basis is not Basis.SIGNATURE and whose is not None and not whose.is_own
    return Due(rule.task, rule.basis, rule.action, summary.case_id, span.since, span.by, is_others)


def _limit(kind: DeadlineKind, ahead: timedelta) -> Callable[[Summary, date], Span | None]:
    def when(summary: Summary, _today: date) -> Span | None:
        day = next((limit.day for limit in summary.limits if limit.kind == kind), None)
        return None if day is None else Span(day - ahead, day)

    return when


def _erasure_to_join(summary: Summary, today: date) -> Span | None:
    is_refused = summary.refused is not None and summary.refused.is_own
    is_hers = summary.signed and summary.may_sign_second and not is_refused
    return Span(today, erased_at_latest(summary.closed_on)) if is_hers else None


def _refused(summary: Summary, today: date) -> Span | None:
    is_told = summary.own_signature and summary.refused is not None and not summary.refused.is_own
    return Span(today, erased_at_latest(summary.closed_on)) if is_told else None


def _lock_out(summary: Summary, today: date) -> Span | None:
    return Span(today, today) if summary.may_lock_out and not waits_before_locking(summary, today) else None


def _finish(summary: Summary, today: date) -> Span | None:
    is_halfway = summary.is_unfinished or summary.stage == CaseStage.CONCLUDED
    return Span(today, today) if is_halfway and not summary.is_left else None


def _erase(*, in_notice: bool) -> Callable[[Summary, date], Span | None]:
    """Return when a first signature is due: a promise until the server's notice, the law from then on."""

    def when(summary: Summary, today: date) -> Span | None:
        latest = erased_at_latest(summary.closed_on)
        if latest is None or summary.erasable_from is None or not summary.may_sign_first or summary.is_left:
            return None
        # One at a time: an erasure that waits would hold back what makes the case whole, or locks somebody out.
        is_second = summary.is_unfinished or summary.may_lock_out
        return None if is_second or (today >= latest - _NOTICE) != in_notice else Span(summary.erasable_from, latest)

    return when


def _harm(summary: Summary, _today: date) -> Span | None:
    since = summary.harm_since
    return None if since is None else Span(since, since if summary.is_later_look else since + _WEEK)


def _hold(summary: Summary, _today: date) -> Span | None:
    latest = erased_at_latest(summary.closed_on)
    if latest is None or not summary.on_hold:
        return None
    notice, quiet = latest - _NOTICE, summary.quiet_since
    # Who has written since then has decided to keep it: she is asked again after a month.
    return Span(notice if quiet is None or quiet < notice else add_months(quiet, 1), latest)


def _monthly(summary: Summary, _today: date) -> Span | None:
    if summary.closed_on is not None or summary.quiet_since is None:
        return None
    return Span(add_months(summary.quiet_since, 1))


# It waits for a day at most.
_SIGN_MOVE: Final = Rule(Task.SIGN_MOVE, Basis.SIGNATURE, CaseAction.CO_SIGN, lambda _case, today: Span(today, today))
_SIGN_ERASURE: Final = Rule(Task.SIGN_ERASURE, Basis.SIGNATURE, CaseAction.ERASE, _erasure_to_join)
_REFUSED: Final = Rule(Task.REFUSED, Basis.SIGNATURE, None, _refused)
_ANSWER: Final = Rule(Task.ANSWER, Basis.PROMISE, None, lambda _summary, today: Span(today, today))
_MONTHLY: Final = Rule(Task.MONTHLY, Basis.PROMISE, CaseAction.CONCLUDE, _monthly)
RULES: Final = (
    # Lag (2021:890): 7 days for the acknowledgement, three months for feedback, two years for what is kept.
    Rule(Task.ACKNOWLEDGE, Basis.LAW, CaseAction.ACKNOWLEDGE, _limit(DeadlineKind.ACKNOWLEDGE, _WEEK)),
    Rule(Task.FEEDBACK, Basis.LAW, CaseAction.FEEDBACK, _limit(DeadlineKind.FEEDBACK, _FEEDBACK_FROM)),
    Rule(Task.DECIDE_HOLD, Basis.LAW, CaseAction.RELEASE_HOLD, _hold),
    Rule(Task.ERASE, Basis.LAW, CaseAction.ERASE, _erase(in_notice=True)),
    # Förvaltningslagen (2017:900) 16-18 §: who has stepped aside has nothing more to do with the case.
    Rule(Task.LOCK_OUT, Basis.LAW, None, _lock_out),
    Rule(Task.FINISH, Basis.PROMISE, None, _finish),
    Rule(Task.ASSESS, Basis.PROMISE, CaseAction.ASSESS, _limit(DeadlineKind.ASSESS, _WEEK)),
    # ISO 37002:2021: the risk of harm to who reports and who is accused, asked from the first day, looked at again.
    Rule(Task.HARM, Basis.PROMISE, CaseAction.REPLY, _harm),
    # The municipality's promise: everything goes when the case is handled.
    Rule(Task.ERASE, Basis.PROMISE, CaseAction.ERASE, _erase(in_notice=False)),
)
