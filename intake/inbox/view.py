"""The case as the inbox shows it: entries of both sides in one order, state and days in words. No act happens here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from cases.case.merging import Streams
from cases.case.timeline import (
    THE_REPORTER,
    CaseAction,
    CaseStage,
    CaseState,
    Deadline,
    DeadlineKind,
    Release,
    Rules,
    fold,
    merge,
)
from cases.roster.chain import Chain
from intake.inbox.case import OpenedCase
from intake.inbox.entries import OUTCOMES, Above, EntryShower, EntryShown, ReadableCase
from intake.services import Services
from intake.views.pages import Language
from intake.views.text_parts import parts_of
from intake.views.texts import N_
from intake.views.texts_inbox import MESSAGE_TO_YOU, PROMISES, STATES
from trusted.case.clock import first_release_day, today
from trusted.case.entry import (
    Attachment,
    Body,
    CompletionRequest,
    Entry,
    Message,
    PhoneMinutes,
    Report,
    ScrubRecord,
    Stream,
)

# What waits for an answer, and the outcome, stand above everything that has been written, where all of it stands.
_ASKED_BYTES: Final = 3 * 1024
_MOST_ASKED: Final = 2
OUTCOME_ID: Final = "outcome"
# What stands in a form in the place of a number, for the report that a member typed.
REPORT_NUMBER: Final = "report"
# Which of the three steps a case has come to; the others are the second, while it is handled.
_STEP_OF: Final = {CaseStage.WAITING: 0, CaseStage.RECEIVED: 0, CaseStage.CLOSED: 2, CaseStage.ERASABLE: 2}


@dataclass(frozen=True, slots=True, repr=False)
class DateShown:
    """A day that counts, and what is promised for it."""

    day: str
    promise: str
    overdue: bool


@dataclass(frozen=True, slots=True, repr=False)
class AskedShown:
    """Something that waits for the reporter: a question with its day, or notes with their number in a form."""

    text: str
    id: str
    day: str = ""
    number: str = ""
    # The text goes on where everything stands that has been written.
    is_cut: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class OutcomeShown:
    """What came of it."""

    headline: str
    text: str
    is_cut: bool


@dataclass(frozen=True, slots=True, repr=False)
class StepShown:
    """One of the three steps of a case; the case stands at one of them, and has taken those before it."""

    label: str
    is_now: bool
    is_done: bool


@dataclass(frozen=True, slots=True, repr=False)
class InboxView:
    """Everything the template shows of a case."""

    steps: tuple[StepShown, ...]
    state: str
    # What happens next, or what the reporter may do.
    next_step: str
    questions: tuple[AskedShown, ...]
    minutes: tuple[AskedShown, ...]
    # More waits for an answer than stands above.
    more_asked: bool
    outcome: OutcomeShown | None
    organisation: str
    dates: tuple[DateShown, ...]
    on_hold: bool
    entries: tuple[EntryShown, ...]
    at_once: bool
    next_release: str
    can_take_back: bool
    can_withdraw: bool
    can_meet: bool
    can_end: bool


@dataclass(frozen=True, slots=True, repr=False)
class WrittenShown:
    """What has been written in a case: what stands at the top of the page, and entries, newest first."""

    questions: tuple[AskedShown, ...]
    minutes: tuple[AskedShown, ...]
    # More waits for an answer than stands above.
    more_asked: bool
    outcome: OutcomeShown | None
    entries: tuple[EntryShown, ...]


def written_view(
    opened: ReadableCase, state: CaseState, chain: Chain, language: Language, entries: Sequence[Entry]
) -> WrittenShown:
    """Return what the page shows at its top, and of these entries of the case."""
    labels = {member.id: member.label for roster in chain.all for member in roster.members}
    questions, minutes, outcome = _questions(state, language), _minutes(state, opened), _outcome(state, language)
    show = EntryShower(opened, state, language, labels, _above(opened, state, questions, minutes, outcome))
    return WrittenShown(
        questions[:_MOST_ASKED],
        minutes[:_MOST_ASKED],
        max(len(questions), len(minutes)) > _MOST_ASKED,
        outcome,
        show.all(entries),
    )


def stage_shown(opened: ReadableCase, state: CaseState) -> CaseStage:
    """Return the stage that the page tells the reporter of."""
    is_asked = any(isinstance(one.body, CompletionRequest | Message) for one in opened.members)
    # Not confirmed, as the law counts it; but who asks has read it, and its reporter has seen that.
    return CaseStage.ACKNOWLEDGED if state.state is CaseStage.RECEIVED and is_asked else state.state


def state_in_words(opened: ReadableCase, state: CaseState, release_day: date, language: Language) -> tuple[str, str]:
    """Return what is so, and what happens next."""
    days = {
        "release": language.day(release_day),
        "readable": language.day(state.readable_until) if state.readable_until else "",
    }
    what, next_step = STATES[state.state][0], STATES[stage_shown(opened, state)][1]
    merged = merge({Stream.REPORTER: opened.reporter, Stream.MEMBERS: opened.members})
    newest = [one for one in merged if not isinstance(one.body, ScrubRecord)][-1]
    is_told = newest.stream == Stream.MEMBERS and isinstance(newest.body, Message | Attachment)
    if is_told and state.state is not CaseStage.AWAITING_COMPLETION:
        next_step = MESSAGE_TO_YOU
    return language.translate(what), language.translate(next_step) % days


def inbox_view(services: Services, opened: OpenedCase, language: Language) -> InboxView:
    """Return the page's view of a case."""
    state = _state(services, opened)
    written = written_view(opened, state, services.roster.chain(), language, merge(_streams(opened)))
    what, next_step = state_in_words(opened, state, opened.rows.release_day, language)
    return InboxView(
        steps=_steps(stage_shown(opened, state), language),
        state=what,
        next_step=next_step,
        questions=written.questions,
        minutes=written.minutes,
        more_asked=written.more_asked,
        outcome=written.outcome,
        organisation=_organisation(services, state.organisation),
        dates=_dates(state, language),
        on_hold=state.on_hold,
        entries=written.entries,
        at_once=answers_at_once(services, opened),
        next_release=language.day(first_release_day(services.clock(), services.config.hold_hours)),
        can_take_back=CaseAction.TAKE_BACK in state.allowed,
        can_withdraw=CaseAction.WITHDRAW in state.allowed,
        can_meet=CaseAction.ASK_TO_MEET in state.allowed,
        can_end=CaseAction.END_INBOX in state.allowed,
    )


def open_minutes(services: Services, opened: OpenedCase) -> tuple[int | None, ...]:
    """Return the numbers of the notes that the reporter may approve now; None is the report itself."""
    state = _state(services, opened)
    return state.open_minutes if CaseAction.APPROVE_MINUTES in state.allowed else ()


def text_of_minutes(opened: ReadableCase, number: int | None) -> str:
    """Return the notes at this number of the members' stream, or nothing when something else stands there."""
    body = _minutes_at(opened, number)
    return body.text if isinstance(body, PhoneMinutes | Report) else ""


def minutes_field(number: int | None) -> str:
    """Return how a form names these notes."""
    return REPORT_NUMBER if number is None else str(number)


def _minutes_at(opened: ReadableCase, number: int | None) -> Body:
    return (opened.reporter[0] if number is None else opened.members[number]).body


def may_meet(services: Services, opened: OpenedCase) -> bool:
    """Say whether the reporter may ask to meet now."""
    return CaseAction.ASK_TO_MEET in _state(services, opened).allowed


def may_end(services: Services, opened: OpenedCase) -> bool:
    """Say whether the reporter may end the inbox: of a closed case."""
    return CaseAction.END_INBOX in _state(services, opened).allowed


def may_withdraw(services: Services, opened: OpenedCase, file_id: str | None) -> bool:
    """Say whether the report, or this file of it, can be withdrawn now: released, and not withdrawn before."""
    state = _state(services, opened)
    if CaseAction.WITHDRAW not in state.allowed:
        return False
    if file_id is None:
        return True
    entry = opened.file(file_id)
    return entry is not None and not opened.waits(entry) and file_id not in state.withdrawn_files


def _streams(opened: ReadableCase) -> Streams:
    return {Stream.REPORTER: opened.reporter, Stream.MEMBERS: opened.members}


def _state(services: Services, opened: OpenedCase) -> CaseState:
    rules = Rules(inbox_days=services.config.inbox_days)
    release = Release(opened.rows.release_day, is_out=opened.released > 0)
    return fold(_streams(opened), release, today(services.clock), THE_REPORTER, rules=rules)


def answers_at_once(services: Services, opened: OpenedCase) -> bool:
    """Say whether what is written now is shown at once: in a trial, or when the report was urgent, with its risk."""
    return services.config.at_once or opened.report.urgent


def _questions(state: CaseState, language: Language) -> tuple[AskedShown, ...]:
    """Return the questions that wait, each with the day that the time limit gives it."""
    days = [limit.day for limit in state.deadlines if limit.kind is DeadlineKind.COMPLETION]
    asked = [entry.body for entry in state.open_requests if isinstance(entry.body, CompletionRequest)]
    return tuple(
        _asked(body.text, f"question-{place}", day=language.day(day))
        for place, (body, day) in enumerate(zip(asked, days, strict=True), start=1)
    )


def _minutes(state: CaseState, opened: ReadableCase) -> tuple[AskedShown, ...]:
    if CaseAction.APPROVE_MINUTES not in state.allowed:
        return ()
    return tuple(
        _asked(text_of_minutes(opened, number), f"notes-{minutes_field(number)}", number=minutes_field(number))
        for number in state.open_minutes
    )


def _asked(text: str, anchor: str, *, day: str = "", number: str = "") -> AskedShown:
    first, *more = parts_of(text, _ASKED_BYTES)
    return AskedShown(first, anchor, day, number, bool(more))


def _above(
    opened: ReadableCase,
    state: CaseState,
    questions: Sequence[AskedShown],
    minutes: Sequence[AskedShown],
    outcome: OutcomeShown | None,
) -> list[Above]:
    """Return the entries whose whole text stands at the top of the page."""
    asked = [(entry.body, shown) for entry, shown in zip(state.open_requests, questions, strict=False)]
    notes = [(_minutes_at(opened, number), shown) for number, shown in zip(state.open_minutes, minutes, strict=False)]
    above = [Above(body, one.id) for body, one in (*asked[:_MOST_ASKED], *notes[:_MOST_ASKED]) if not one.is_cut]
    if state.outcome is not None and outcome is not None and not outcome.is_cut:
        above.append(Above(state.outcome, OUTCOME_ID))
    return above


def _steps(stage: CaseStage, language: Language) -> tuple[StepShown, ...]:
    labels = [N_("Received"), N_("Being handled"), N_("Closed")]
    if stage is CaseStage.AWAITING_COMPLETION:
        labels[1] = N_("Waiting for your answer")
    now = _STEP_OF.get(stage, 1)
    return tuple(
        StepShown(language.translate(label), is_now=place == now, is_done=place < now)
        for place, label in enumerate(labels)
    )


def _outcome(state: CaseState, language: Language) -> OutcomeShown | None:
    if state.outcome is None:
        return None
    first, *more = parts_of(state.outcome.text, _ASKED_BYTES)
    return OutcomeShown(language.translate(OUTCOMES[state.outcome.result]), first, bool(more))


def _dates(state: CaseState, language: Language) -> tuple[DateShown, ...]:
    return tuple(
        DateShown(
            language.day(one.day), language.translate(PROMISES[one.kind]), one.overdue and not _is_of_erasing(one)
        )
        for one in state.due
        if one.kind in PROMISES and not (state.on_hold and _is_of_erasing(one))
    )


def _is_of_erasing(limit: Deadline) -> bool:
    """Say whether this is the day of erasing, which is no promise: nobody is late, and a hold puts it off."""
    return limit.kind is DeadlineKind.ERASE


def _organisation(services: Services, key: str | None) -> str:
    roster = services.roster.chain().current
    if roster is None or key is None:
        return ""
    return next((known.name for known in roster.organisations if known.key == key), "")
