"""
What the entries of a case amount to: its state, its time limits and what may happen next.

Contract. Pure: entries, days and rules in, a `CaseState` out; the same code for the reporter's page and for the desk.
`fold` reads the streams it is given, so the reporter, who cannot open the notes, gets the same state without them.

States: waiting (for its release) → received → acknowledged → investigation ⇄ awaiting completion → fed back → concluded
→ closed → erasable. Feedback before the outcome meets its time limit, and the case stays open. A reopened case is under
investigation again, and needs a new outcome to close. Withdrawn is what the reporter
asks; members decide, and end it with an outcome like any other.

Rules that no entry can break: a Close without an outcome that has a text for the reporter closes nothing; who is
recused may note, and sign with another while too few are left who can (signers.py), and nothing else. The rules of the
time limits are in deadlines.py, the order in which entries are shown in merging.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Literal

from cases.case.deadlines import Deadline, DeadlineKind, completions, deadline, erase_by, statutory, wanted_by
from cases.case.merging import Streams, merge
from cases.case.signers import stepped_aside, who_may_sign
from trusted.case.entry import (
    Acknowledgement,
    Assessment,
    Close,
    CompletionRequest,
    Entry,
    Feedback,
    InboxEnded,
    LegalHold,
    MinutesApproved,
    Outcome,
    PhoneMinutes,
    Reopen,
    Report,
    Stream,
    Withdrawal,
)
from trusted.case.errors import NotAllowed
from trusted.roster.text import Roster

__all__ = [
    "THE_REPORTER",
    "CaseAction",
    "CaseReader",
    "CaseStage",
    "CaseState",
    "Deadline",
    "DeadlineKind",
    "Release",
    "Rules",
    "fold",
    "is_erasable",
    "merge",
    "require_allowed",
    "wanted_by",
]


class CaseStage(StrEnum):
    """Where a case is."""

    WAITING = "waiting"
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATION = "investigation"
    AWAITING_COMPLETION = "awaiting-completion"
    FED_BACK = "fed-back"
    CONCLUDED = "concluded"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    ERASABLE = "erasable"


class CaseAction(StrEnum):
    """What may happen next. The first seven are the reporter's."""

    TAKE_BACK = "take-back"
    WRITE = "write"
    ATTACH = "attach"
    WITHDRAW = "withdraw"
    APPROVE_MINUTES = "approve-minutes"
    ASK_TO_MEET = "ask-to-meet"
    END_INBOX = "end-inbox"
    ACKNOWLEDGE = "acknowledge"
    REPLY = "reply"
    ASK = "ask"
    ASSESS = "assess"
    FEEDBACK = "feedback"
    CONCLUDE = "conclude"
    CLOSE = "close"
    REOPEN = "reopen"
    HOLD = "hold"
    RELEASE_HOLD = "release-hold"
    ERASE = "erase"
    HAND_OVER = "hand-over"
    # Signing with another member: a move that she offers, an erasure.
    CO_SIGN = "co-sign"
    RECUSE = "recuse"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Rules:
    """What an operator may choose; the configuration checks it, and the two-year cap stands above it."""

    # So long a reporter can still read the outcome before anybody may erase it.
    inbox_days: int = 30


DEFAULT_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Release:
    """The day on which members first see the report, and whether they do by now."""

    day: date | None
    is_out: bool


@dataclass(frozen=True, slots=True)
class CaseReader:
    """Who reads. A member who has stepped aside is allowed less, by who else of the roster can sign."""

    role: Literal["reporter", "member"]
    # The member's id.
    member: str | None = None
    roster: Roster | None = None


THE_REPORTER = CaseReader("reporter")


@dataclass(frozen=True, slots=True, repr=False)
class CaseState:
    """What the entries amount to on one day."""

    state: CaseStage
    organisation: str | None
    deadlines: tuple[Deadline, ...]
    outcome: Outcome | None
    # The members' entries that still wait for an answer.
    open_requests: tuple[Entry, ...]
    # The numbers of minutes that the reporter has not approved yet; None is the report itself, which a member typed.
    open_minutes: tuple[int | None, ...]
    withdrawn: bool
    withdrawn_files: frozenset[str]
    on_hold: bool
    closed_on: date | None
    # The reporter has ended the inbox: reads nothing any more, and erasing need not wait.
    inbox_ended: bool
    erasable_from: date | None
    erase_by: date | None
    allowed: frozenset[str]

    @property
    def readable_until(self) -> date | None:
        """The last day on which the reporter can surely read and answer: on the next one the case may be erased."""
        if self.closed_on is None or self.erasable_from is None:
            return None
        return max(self.closed_on, self.erasable_from - timedelta(days=1))

    @property
    def due(self) -> tuple[Deadline, ...]:
        """The time limits that somebody can still meet: of a closed case, what was never done is due no more."""
        return tuple(
            limit
            for limit in self.deadlines
            if not limit.met and (self.closed_on is None or limit.kind is DeadlineKind.ERASE)
        )


@dataclass(slots=True)
class _Course:
    """What members have done so far, in the order of their stream."""

    acknowledged: date | None = None
    assessed: bool = False
    # The reporter has had feedback, by an outcome or before it: once given, it has met the law.
    told: bool = False
    # It was given before the outcome, and the case has not been opened again since.
    fed_back: bool = False
    outcome: Outcome | None = None
    closed_on: date | None = None
    on_hold: bool = False

    def deadlines(self, release_day: date, today: date) -> tuple[Deadline, ...]:
        return statutory(
            release_day,
            acknowledged=self.acknowledged,
            assessed=self.assessed,
            told=self.told,
            today=today,
        )


def fold(
    streams: Streams, release: Release, today: date, reader: CaseReader, *, rules: Rules = DEFAULT_RULES
) -> CaseState:
    """Return the state of a case on a day, and what this reader may do."""
    course = _follow(streams.get(Stream.MEMBERS, ()))
    case = _case_state(streams, course, release, today, rules)
    if reader.role == "reporter":
        return replace(case, allowed=_allowed_reporter(case))
    allowed = _allowed_member(case.state, course)
    if reader.member in stepped_aside(streams):
        allowed &= _allowed_recused(streams, reader.member, reader.roster)
    return replace(case, allowed=allowed)


def _case_state(streams: Streams, course: _Course, release: Release, today: date, rules: Rules) -> CaseState:
    """Return what the entries amount to, with nothing allowed: that depends on the reader."""
    by_members = streams.get(Stream.MEMBERS, ())
    by_reporter = streams.get(Stream.REPORTER, ())
    open_requests = () if course.closed_on else _unanswered(by_members, by_reporter)
    whole, files = _withdrawn(by_reporter)
    ended_on = _inbox_ended_on(by_reporter)
    erasable_from = _erasable_from(course.closed_on, ended_on, rules) if course.closed_on else None
    erased_by = None
    if course.closed_on and erasable_from:
        erased_by = erase_by(course.closed_on, erasable_from, on_hold=course.on_hold)
    state = _state(
        course, out=release.is_out, today=today, erasable_from=erasable_from, withdrawn=whole, asked=bool(open_requests)
    )
    deadlines = (
        *(() if release.day is None else course.deadlines(release.day, today)),
        *completions(open_requests, today),
        *((deadline(DeadlineKind.ERASE, erased_by, met=False, today=today),) if erased_by else ()),
    )
    return CaseState(
        state=state,
        organisation=_organisation(by_reporter),
        deadlines=deadlines,
        outcome=course.outcome,
        open_requests=open_requests,
        open_minutes=_unapproved(by_members, by_reporter),
        withdrawn=whole,
        withdrawn_files=files,
        on_hold=course.on_hold,
        closed_on=course.closed_on,
        inbox_ended=ended_on is not None,
        erasable_from=erasable_from,
        erase_by=erased_by,
        allowed=frozenset(),
    )


def require_allowed(state: CaseState, action: CaseAction) -> None:
    """Return if the action is allowed now; raise NotAllowed with the reason otherwise."""
    if action in state.allowed:
        return
    if action is CaseAction.CLOSE and state.outcome is None:
        raise NotAllowed("timing.no_outcome")
    if action is CaseAction.ERASE and state.on_hold:
        raise NotAllowed("timing.on_hold")
    if action is CaseAction.ERASE and state.closed_on is not None:
        raise NotAllowed("timing.inbox_open")
    raise NotAllowed("timing.not_now")


def _follow(by_members: Sequence[Entry]) -> _Course:
    course = _Course()
    for entry in by_members:
        match entry.body:
            case Acknowledgement():
                course.acknowledged = course.acknowledged or entry.day
            case Assessment():
                course.assessed = True
            case Feedback(text=text) if text.strip():
                course.told = course.fed_back = True
            case Outcome() as outcome if outcome.text.strip():
                course.outcome = outcome
                course.told = True
            case Close() if course.outcome is not None:
                course.closed_on = course.closed_on or entry.day
            case Reopen():
                course.closed_on = course.outcome = None
                course.fed_back = False
                course.assessed = True
            case LegalHold(on=on):
                course.on_hold = on
            case _:
                pass
    return course


def _state(
    course: _Course, *, out: bool, today: date, erasable_from: date | None, withdrawn: bool, asked: bool
) -> CaseStage:
    """Return the furthest state that applies; the order of these lines is the rule."""
    steps = (
        (CaseStage.WAITING, not out),
        (CaseStage.ERASABLE, is_erasable(erasable_from, today, on_hold=course.on_hold)),
        (CaseStage.CLOSED, course.closed_on is not None),
        (CaseStage.CONCLUDED, course.outcome is not None),
        (CaseStage.WITHDRAWN, withdrawn),
        (CaseStage.AWAITING_COMPLETION, asked),
        (CaseStage.FED_BACK, course.fed_back),
        (CaseStage.INVESTIGATION, course.assessed),
        (CaseStage.ACKNOWLEDGED, course.acknowledged is not None),
    )
    return next((state for state, applies in steps if applies), CaseStage.RECEIVED)


def is_erasable(erasable_from: date | None, today: date, *, on_hold: bool) -> bool:
    """Whether a case with these days may be erased on this one."""
    return erasable_from is not None and erasable_from <= today and not on_hold


def _unanswered(by_members: Sequence[Entry], by_reporter: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return the requests after which the reporter has written nothing; to answer, one must have seen the request."""
    seen = max((entry.after.get(Stream.MEMBERS, 0) for entry in by_reporter), default=0)
    return tuple(entry for entry in by_members if isinstance(entry.body, CompletionRequest) and entry.number >= seen)


def _unapproved(by_members: Sequence[Entry], by_reporter: Sequence[Entry]) -> tuple[int | None, ...]:
    approved = {entry.body.number for entry in by_reporter if isinstance(entry.body, MinutesApproved)}
    notes = (entry.number for entry in by_members if isinstance(entry.body, PhoneMinutes))
    # A report by voice waits for no more than the first approval: by then the words that a member read out are gone.
    typed_by_a_member = not approved and is_by_voice(by_reporter)
    return (*((None,) if typed_by_a_member else ()), *(number for number in notes if number not in approved))


def _withdrawn(by_reporter: Sequence[Entry]) -> tuple[bool, frozenset[str]]:
    """Return whether the reporter has withdrawn the whole case, and which files."""
    withdrawn = {entry.body.file_id for entry in by_reporter if isinstance(entry.body, Withdrawal)}
    return None in withdrawn, frozenset(file_id for file_id in withdrawn if file_id is not None)


def _inbox_ended_on(by_reporter: Sequence[Entry]) -> date | None:
    # Nothing stands after it in a stream that opens.
    return by_reporter[-1].day if by_reporter and isinstance(by_reporter[-1].body, InboxEnded) else None


def _erasable_from(closed_on: date, ended_on: date | None, rules: Rules) -> date:
    """Return the day from which a closed case may be erased: when nobody reads the inbox any more."""
    over = closed_on + timedelta(days=rules.inbox_days)
    return over if ended_on is None else min(over, max(closed_on, ended_on))


def is_by_voice(by_reporter: Sequence[Entry]) -> bool:
    """Return whether a member typed the report for somebody who called."""
    report = by_reporter[0].body if by_reporter else None
    return isinstance(report, Report) and isinstance(report.call_back, str)


def _organisation(by_reporter: Sequence[Entry]) -> str | None:
    report = by_reporter[0].body if by_reporter else None
    return report.organisation if isinstance(report, Report) else None


def _allowed_reporter(case: CaseState) -> frozenset[CaseAction]:
    if case.inbox_ended:
        return frozenset()
    approve = {CaseAction.APPROVE_MINUTES} if case.open_minutes else set()
    if case.state is CaseStage.WAITING:
        return frozenset({CaseAction.TAKE_BACK, CaseAction.WRITE, CaseAction.ATTACH} | approve)
    # A closed case can still be answered: an objection is a reason to reopen it.
    if case.state in {CaseStage.CLOSED, CaseStage.ERASABLE}:
        return frozenset({CaseAction.WRITE, CaseAction.END_INBOX})
    allowed = {CaseAction.WRITE, CaseAction.ATTACH, CaseAction.ASK_TO_MEET}
    allowed |= set() if case.withdrawn else {CaseAction.WITHDRAW}
    return frozenset(allowed | approve)


def _allowed_recused(streams: Streams, member: str | None, roster: Roster | None) -> frozenset[CaseAction]:
    """Return what stays of what a member may do. Without a roster nobody can be counted, and she signs nothing."""
    able = () if roster is None else who_may_sign(streams, roster)
    signs = {CaseAction.CO_SIGN, CaseAction.ERASE} if any(one.id == member for one in able) else set()
    return frozenset({CaseAction.NOTE} | signs)


def _allowed_member(state: CaseStage, course: _Course) -> frozenset[CaseAction]:
    if state is CaseStage.WAITING:
        return frozenset()
    allowed = {
        CaseAction.NOTE,
        CaseAction.RECUSE,
        CaseAction.CO_SIGN,
        CaseAction.RELEASE_HOLD if course.on_hold else CaseAction.HOLD,
    }
    # Who reads a closed case may leave too, and it still has to be erased by two.
    allowed |= {CaseAction.HAND_OVER}
    if state in {CaseStage.CLOSED, CaseStage.ERASABLE}:
        return frozenset(allowed | {CaseAction.REOPEN} | ({CaseAction.ERASE} if state is CaseStage.ERASABLE else set()))
    allowed |= {CaseAction.REPLY, CaseAction.ASK, CaseAction.FEEDBACK, CaseAction.CONCLUDE}
    allowed |= {CaseAction.ACKNOWLEDGE} if course.acknowledged is None else set()
    allowed |= set() if course.assessed or course.told else {CaseAction.ASSESS}
    return frozenset(allowed | ({CaseAction.CLOSE} if course.outcome is not None else set()))
