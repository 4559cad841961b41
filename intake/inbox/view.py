"""The case as the inbox shows it: entries of both sides in one order, state and days in words. No act happens here."""

from dataclasses import dataclass
from typing import Final

from cases.case.merging import Streams
from cases.case.timeline import CaseAction, CaseState, Deadline, DeadlineKind, Rules, fold, merge
from cases.clock import first_release_day, today
from cases.entry import (
    Acknowledgement,
    Assessment,
    Attachment,
    Body,
    Close,
    CompletionRequest,
    Entry,
    Handover,
    LegalHold,
    MeetingRequest,
    MinutesApproved,
    Outcome,
    PhoneMinutes,
    Reopen,
    Report,
    ScrubRecord,
    Stream,
    Withdrawal,
)
from intake.inbox.case import OpenedCase
from intake.services import Services
from intake.views.pages import Language
from intake.views.text_parts import parts_of
from intake.views.texts import LOST, N_, WHAT
from intake.views.texts_inbox import PROMISES, STATES
from scrubbers.stages import Lost, What

# What waits for an answer, and the outcome, stand above everything that has been written, where all of it stands.
_ASKED_BYTES: Final = 3 * 1024
_MOST_ASKED: Final = 2


@dataclass(frozen=True, slots=True, repr=False)
class EntryShown:
    """One entry on the page."""

    mine: bool
    waits: bool
    who: str
    headline: str = ""
    text: str = ""
    file_id: str = ""
    can_take_back: bool = False
    can_withdraw: bool = False
    # Of a long text, which part this is and of how many.
    part: int = 1
    parts: int = 1


@dataclass(frozen=True, slots=True, repr=False)
class DateShown:
    """A day that counts, and what is promised for it."""

    day: str
    promise: str
    overdue: bool


@dataclass(frozen=True, slots=True, repr=False)
class AskedShown:
    """Something that waits for the reporter: a question with its day, or notes with their number."""

    text: str
    day: str = ""
    number: int = 0
    # The text goes on where everything stands that has been written.
    is_cut: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class OutcomeShown:
    """What came of it."""

    headline: str
    text: str
    is_cut: bool


@dataclass(frozen=True, slots=True, repr=False)
class InboxView:
    """Everything the template shows of a case."""

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


def inbox_view(services: Services, opened: OpenedCase, language: Language) -> InboxView:
    """Return the page's view of a case."""
    state = _state(services, opened)
    labels = {member.id: member.label for roster in services.roster.chain().all for member in roster.members}
    show = _Shower(opened, state, language, labels)
    questions, minutes = _questions(state, language), _minutes(state, opened)
    what, next_step = STATES[state.state]
    days = {
        "release": language.day(opened.rows.release_day),
        "readable": language.day(state.erasable_from) if state.erasable_from else "",
    }
    return InboxView(
        state=language.translate(what),
        next_step=language.translate(next_step) % days,
        questions=questions[:_MOST_ASKED],
        minutes=minutes[:_MOST_ASKED],
        more_asked=max(len(questions), len(minutes)) > _MOST_ASKED,
        outcome=_outcome(state, language),
        organisation=_organisation(services, state.organisation),
        dates=_dates(state, language),
        on_hold=state.on_hold,
        entries=tuple(shown for entry in merge(_streams(opened)) if (shown := show.entry(entry)) is not None),
        at_once=answers_at_once(services, opened),
        next_release=language.day(first_release_day(services.clock(), services.config.hold_hours)),
        can_take_back=CaseAction.TAKE_BACK in state.allowed,
        can_withdraw=CaseAction.WITHDRAW in state.allowed,
        can_meet=CaseAction.ASK_TO_MEET in state.allowed,
        can_end=CaseAction.END_INBOX in state.allowed,
    )


def open_minutes(services: Services, opened: OpenedCase) -> tuple[int, ...]:
    """Return the numbers of the notes that the reporter may approve now."""
    state = _state(services, opened)
    return state.open_minutes if CaseAction.APPROVE_MINUTES in state.allowed else ()


def text_of_minutes(opened: OpenedCase, number: int) -> str:
    """Return the notes at this number of the members' stream, or nothing when something else stands there."""
    body = opened.members[number].body
    return body.text if isinstance(body, PhoneMinutes) else ""


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


def _streams(opened: OpenedCase) -> Streams:
    return {Stream.REPORTER: opened.reporter, Stream.MEMBERS: opened.members}


def _state(services: Services, opened: OpenedCase) -> CaseState:
    rules = Rules(inbox_days=services.config.inbox_days)
    day, released = today(services.clock), opened.released > 0
    return fold(_streams(opened), opened.rows.release_day, day, "reporter", rules=rules, released=released)


def answers_at_once(services: Services, opened: OpenedCase) -> bool:
    """Say whether what is written now is shown at once: in a trial, or when the report was urgent, with its risk."""
    return services.config.at_once or opened.report.urgent


def _questions(state: CaseState, language: Language) -> tuple[AskedShown, ...]:
    """Return the questions that wait, each with the day that the time limit gives it."""
    days = [limit.day for limit in state.deadlines if limit.kind is DeadlineKind.COMPLETION]
    asked = [entry.body for entry in state.open_requests if isinstance(entry.body, CompletionRequest)]
    return tuple(_asked(body.text, day=language.day(day)) for body, day in zip(asked, days, strict=True))


def _minutes(state: CaseState, opened: OpenedCase) -> tuple[AskedShown, ...]:
    if CaseAction.APPROVE_MINUTES not in state.allowed:
        return ()
    return tuple(_asked(text_of_minutes(opened, number), number=number) for number in state.open_minutes)


def _asked(text: str, *, day: str = "", number: int = 0) -> AskedShown:
    first, *more = parts_of(text, _ASKED_BYTES)
    return AskedShown(first, day, number, bool(more))


def _outcome(state: CaseState, language: Language) -> OutcomeShown | None:
    if state.outcome is None:
        return None
    first, *more = parts_of(state.outcome.text, _ASKED_BYTES)
    return OutcomeShown(language.translate(_OUTCOMES[state.outcome.result]), first, bool(more))


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


class _Shower:
    """Turns entries of one case into what the page shows."""

    def __init__(self, opened: OpenedCase, state: CaseState, language: Language, labels: dict[str, str]) -> None:
        self._opened = opened
        self._state = state
        self._language = language
        self._labels = labels
        self._records = {
            entry.body.file_id: entry.body
            for entry in (*opened.reporter, *opened.members)
            if isinstance(entry.body, ScrubRecord)
        }

    def entry(self, entry: Entry) -> EntryShown | None:
        """Return what is shown of an entry, or None for one that is shown with another."""
        mine = entry.stream == Stream.REPORTER
        waits = self._opened.waits(entry)
        group = self._translate(N_("The trust group"))
        who = self._translate(N_("You")) if mine else self._labels.get(entry.author, group)
        match entry.body:
            case ScrubRecord():
                return None
            case Attachment() as attachment:
                return self._file(attachment, mine=mine, waits=waits, who=who)
            case _:
                text = getattr(entry.body, "text", "") or getattr(entry.body, "reason", "")
                return EntryShown(mine, waits, who, self._headline(entry.body), text)

    def _file(self, attachment: Attachment, *, mine: bool, waits: bool, who: str) -> EntryShown:
        headline = self._translate(N_("File %(number)d (%(kind)s)")) % {
            "number": attachment.order + 1,
            "kind": attachment.file_kind.upper(),
        }
        withdrawn = attachment.file_id in self._state.withdrawn_files
        return EntryShown(
            mine=mine,
            waits=waits,
            who=who,
            headline=headline,
            text=self._cleaned(attachment) if mine else "",
            file_id=attachment.file_id,
            can_take_back=mine and waits and not self._opened.approval_waits,
            can_withdraw=mine and not waits and not withdrawn and CaseAction.WITHDRAW in self._state.allowed,
        )

    def _cleaned(self, attachment: Attachment) -> str:
        """Say in words which kinds were removed; the values are stored nowhere."""
        record = self._records.get(attachment.file_id)
        if record is None:
            return ""
        kinds = dict.fromkeys(self._kind(what) for what, _where in record.removed)
        removed = ", ".join(kinds)
        lost = ", ".join(self._translate(LOST[Lost(one)]) for one in record.lost if one in set(Lost))
        lines = []
        if removed:
            lines.append(self._translate(N_("Removed: %(kinds)s.")) % {"kinds": removed})
        if lost:
            lines.append(self._translate(N_("Lost in the cleaning: %(kinds)s.")) % {"kinds": lost})
        return "\n".join(lines)

    def _kind(self, kind: str) -> str:
        """Return the word for a kind; one of another scrubber version is other hidden data."""
        return self._translate(WHAT[What(kind) if kind in set(What) else What.OTHER])

    def _headline(self, body: Body) -> str:
        translate = self._translate
        match body:
            case Outcome():
                return translate(_OUTCOMES[body.result])
            case CompletionRequest():
                day = self._language.day(body.wanted_by)
                return translate(N_("A question to you. Please answer by %(day)s.")) % {"day": day}
            case Withdrawal():
                whole = body.file_id is None
                return translate(N_("You withdrew the report")) if whole else translate(N_("You withdrew a file"))
            case Handover():
                label = self._labels.get(body.to, translate(N_("The trust group")))
                return translate(N_("The case is now also read by: %(label)s")) % {"label": label}
            case LegalHold():
                kept = N_("The case must be kept for now and is not erased")
                return translate(kept) if body.on else translate(N_("The case may be erased again"))
            case _:
                return translate(_HEADLINES.get(type(body), ""))

    def _translate(self, english: str) -> str:
        return self._language.translate(english) if english else ""


_OUTCOMES: Final = {"handled": N_("The report has been handled"), "dismissed": N_("The report is dismissed")}
_HEADLINES: Final[dict[type, str]] = {
    Report: N_("Your report"),
    Acknowledgement: N_("The report has been received and will be looked into"),
    Assessment: N_("First assessment"),
    PhoneMinutes: N_("Notes from a conversation"),
    MinutesApproved: N_("You approved the notes"),
    MeetingRequest: N_("A request to meet"),
    Close: N_("The case is closed"),
    Reopen: N_("The case is open again"),
}
