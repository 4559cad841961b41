"""What the page of a case shows around its conversation: what is new, what may be done now, who reads."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from babel import Locale, UnknownLocaleError

from cases.case.signers import stepped_aside
from cases.case.timeline import CaseAction, DeadlineKind
from cases.roster.chain import Member
from desk.web.views.case.entries import EntryShower, EntryShown, name_in_words
from desk.web.views.case.held import HeldShown, held_shown, relock_shown
from desk.web.views.case.moving import is_left
from desk.web.views.case.way import Step, Way, next_day_in_law
from desk.web.views.case_line import case_number, case_path
from desk.web.views.overview.whose import whose_in_words
from desk.web.views.pages import N_, Language, Notice
from desk.web.views.sentences import sentences_for
from desk.web.views.written import inert, inert_line
from desk.work.case.opened import NO_ORGANISATION, DeskCase
from desk.work.case.readers import inside, signers_of_move
from desk.work.case.summing import first_line, summary_of
from desk.work.workdays import day_to_act
from trusted.case.clock import STOCKHOLM
from trusted.case.entry import (
    Attachment,
    CompletionRequest,
    Entry,
    InboxEnded,
    MeetingRequest,
    MinutesApproved,
    Report,
    ScrubRecord,
    Stream,
    Withdrawal,
)

_COUNSEL: Final = "counsel"
_ERASE: Final = "/erase"
_MOVES: Final = "/moves"
CASE_NAME_CHARACTERS: Final = 32
_HANDLE: Final = N_("Handle the case")
_PEOPLE: Final = N_("Who works with it")
_MATTER: Final = N_("Number and kind")
_END: Final = N_("The end of the case")
# The heading under which it stands, what the case must allow, the page of the act, how it is called; the usual first.
_ACTS: Final = (
    (_HANDLE, CaseAction.REPLY, "write", N_("Ask, answer, give feedback")),
    (_HANDLE, CaseAction.NOTE, "note", N_("Write a note for the group")),
    (_HANDLE, CaseAction.REPLY, "harm", N_("Ask whether anybody can come to harm")),
    (_HANDLE, CaseAction.REPLY, "meet", N_("Propose a meeting")),
    (_HANDLE, CaseAction.REPLY, "write?act=minutes", N_("Write minutes")),
    (_PEOPLE, CaseAction.NOTE, "has", N_("Say who has the case")),
    (_PEOPLE, CaseAction.RECUSE, "recuse", N_("Conflict of interest")),
    (_PEOPLE, CaseAction.HAND_OVER, "move", N_("Change who reads it (lock again, outside lawyer)")),
    (_PEOPLE, CaseAction.CO_SIGN, _MOVES, N_("Approve new readers")),
    (_MATTER, CaseAction.NOTE, "register", N_("Give it your own register number")),
    (_MATTER, CaseAction.NOTE, "category", N_("Choose the kind of matter")),
    (_MATTER, CaseAction.NOTE, "link", N_("Link it to an earlier case")),
    (_END, CaseAction.CONCLUDE, "close", N_("Close the case")),
    (_END, CaseAction.REOPEN, "reopen", N_("Open it again")),
    (_END, CaseAction.HOLD, "hold", N_("Keep it for now")),
    (_END, CaseAction.RELEASE_HOLD, "release-hold", N_("Let it be erased again")),
    (_END, CaseAction.ERASE, _ERASE, N_("Erase")),
)
_NEW_REPORT: Final = N_("A new report")
_UNREAD_REPORT: Final = N_("You have not read the report yet")
_REPORTED: Final = frozenset({_NEW_REPORT, _UNREAD_REPORT})
_OVERDUE: Final = {
    DeadlineKind.ACKNOWLEDGE: N_("The day of the law was %(day)s. Acknowledge the report today."),
    DeadlineKind.FEEDBACK: N_(
        "The day of the law was %(day)s. Give feedback today, even if not everything is finished."
    ),
}
_BY_THE_LAW: Final = {
    DeadlineKind.ACKNOWLEDGE: N_("Acknowledge the report by %(day)s, the last day in the law."),
    DeadlineKind.FEEDBACK: N_("Give feedback by %(day)s, the last day in the law."),
}
# The day of the law is no working day: members act before it.
_BEFORE_THE_LAW: Final = {
    DeadlineKind.ACKNOWLEDGE: N_(
        "Acknowledge the report by %(day)s. At the latest by law is %(law)s, but that is no working day."
    ),
    DeadlineKind.FEEDBACK: N_("Give feedback by %(day)s. At the latest by law is %(law)s, but that is no working day."),
}


@dataclass(frozen=True, slots=True)
class CaseAct:
    """Something that the case allows now: where it is done, and how it is called."""

    path: str
    name: str


@dataclass(frozen=True, slots=True, repr=False)
class News:
    """What others have written since this member looked last."""

    what: str
    said: str
    tone: str = "warn"
    # Of a report that she has not read: where she steps aside before she does.
    leave: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class CasePage:
    """The page of one case."""

    path: str
    title: str
    number: str
    register: str
    organisation: str
    news: News | None
    held: HeldShown | None
    warnings: tuple[Notice, ...]
    steps: tuple[Step, ...]
    entries: tuple[EntryShown, ...]
    # By heading.
    groups: Mapping[str, Sequence[CaseAct]]
    # The words of the button to write to the reporter; empty for a case to which nobody may write.
    write: str
    may_note: bool
    readers: tuple[str, ...]
    # Whether a member who works on cases does not read it: why is told as a whole, and of nobody.
    is_kept_from_some: bool
    # Who has it.
    whose: str
    # Who opened it on which day.
    opened: tuple[str, ...]
    written_in: str
    urgent: bool
    # Who prints it, and when.
    own_name: str
    today: str


def case_page(case: DeskCase, now: datetime, language: Language, own_cases: dict[str, str]) -> CasePage:
    """Return what the page shows."""
    allowed, today = case.state.allowed, now.astimezone(STOCKHOLM).date()
    return CasePage(
        path=case_path(case.known.case_id),
        title=case_title(case),
        number=case_number(case.known.case_id),
        register=inert_line(case.register_number),
        organisation=organisation_in_words(case, language),
        news=_news(case, today, language),
        held=held_shown(case, language) or relock_shown(case, now, language),
        warnings=tuple(language.notice(one) for one in _warnings(case)),
        steps=Way(case, today, language).steps(),
        entries=EntryShower(case, today, language, own_cases).all(),
        groups=_groups(case, language, has_others=len(own_cases) > 1),
        write=language.translate(_write_words(case)),
        may_note=CaseAction.NOTE in allowed,
        readers=readers_in_words(case, language),
        is_kept_from_some=any(one.id not in inside(case) for one in _members(case) if one.role != _COUNSEL),
        whose=whose_in_words(summary_of(case), today, language),
        opened=EntryShower(case, today, language, own_cases).opened(),
        written_in=_language_in_words(case.report.language, language),
        urgent=case.report.urgent,
        own_name=name_in_words(case.name_of(case.own_id), language),
        today=language.day(today),
    )


def _write_words(case: DeskCase) -> str:
    # The overview sent her here to acknowledge: the button bears that word, and the form has it chosen.
    if CaseAction.ACKNOWLEDGE in case.state.allowed:
        return N_("Acknowledge the report")
    return N_("Write to the reporter") if CaseAction.REPLY in case.state.allowed else ""


def case_title(case: DeskCase) -> str:
    """Return the first words of the report, which a case is called by on its own pages."""
    return first_line(inert(case.report.text))


def organisation_in_words(case: DeskCase, language: Language) -> str:
    """Return the organisation that a case is about."""
    name = case.organisation_name()
    return language.translate(N_("organisation not given")) if name == NO_ORGANISATION else inert_line(name)


def _groups(case: DeskCase, language: Language, *, has_others: bool) -> Mapping[str, Sequence[CaseAct]]:
    groups: dict[str, list[CaseAct]] = {}
    # Who has left the case signs, and notes what the group should know; she does not work on it.
    work = {"link", "register", "category", "has"} if is_left(case) else set()
    # Nor is anything offered that cannot be done: to link the only case, to move one that nobody else can sign for.
    work |= set() if has_others else {"link"}
    work |= set() if signers_of_move(case, case.own_id, {case.own_id}) else {"move"}
    for heading, action, page, name in _ACTS:
        if action in case.state.allowed and page not in work:
            act = CaseAct(_where(case, page), language.translate(name))
            groups.setdefault(language.translate(heading), []).append(act)
    return groups


def _where(case: DeskCase, page: str) -> str:
    """Return the address of an act's page. A first signature has one of its own; a second stands in the list."""
    if page == _ERASE and all(member == case.own_id for member, _reference in case.waiting):
        return f"{_ERASE}/{case.known.case_id.hex()}"
    return page if page in {_ERASE, _MOVES} else f"{case_path(case.known.case_id)}/{page}"


def drafts_shown(pages: Collection[str], path: str, language: Language) -> tuple[CaseAct, ...]:
    """Return the pages of a case that have a draft, in the order in which acts are offered."""
    found = ((page, name) for _heading, _action, page, name in _ACTS if page in pages)
    return tuple(CaseAct(f"{path}/{page}", language.translate(name)) for page, name in found)


def action_of(path: str) -> CaseAction | None:
    """Return what the page of an act at this address must be allowed to do; None for any other page."""
    match path.split("/"):
        case ["", "case", _name, page]:
            return next((action for _heading, action, one, _words in _ACTS if one.partition("?")[0] == page), None)
        case ["", "erase", name] if len(name) == CASE_NAME_CHARACTERS:
            return CaseAction.ERASE
        case _:
            return None


def _warnings(case: DeskCase) -> Iterator[Notice]:
    """Yield what is wrong, then what the reporter has decided and everybody must know."""
    if is_left(case):
        yield Notice(
            N_("You have left the case."),
            N_("Read it only if the others ask you to sign. They lock it again without you."),
            "warn",
        )
    yield from (sentences_for(key) for key in case.warnings)
    if case.state.withdrawn and case.state.closed_on is None:
        yield Notice(
            N_("The reporter has withdrawn the report."),
            N_("You decide what follows; close it with a feedback."),
            "warn",
        )
    if case.state.inbox_ended:
        yield Notice(
            N_("The reporter has ended the inbox, and reads nothing any more."),
            N_("The case can be erased without waiting."),
            "warn",
        )
    if case.state.on_hold:
        yield Notice(N_("The case is kept for now."), N_("It is not erased until somebody ends that."), "warn")
    if case.notes_hidden:
        yield Notice(N_("There are notes that you were not given."), N_("Ask a member who reads them."), "warn")


def _news(case: DeskCase, today: date, language: Language) -> News | None:
    new = [
        entry
        for stream in (Stream.REPORTER, Stream.MEMBERS, Stream.NOTES)
        for entry in case.streams.get(stream, ())
        if case.is_new(entry) and not isinstance(entry.body, ScrubRecord)
    ]
    if not new or is_left(case):
        return None
    by_reporter = [entry for entry in new if entry.stream is Stream.REPORTER]
    what = _by_the_reporter(case, by_reporter) if by_reporter else None
    headline = language.translate(what) if what else _by_members(case, new, language)
    reports = [entry.day for entry in by_reporter if isinstance(entry.body, Report)] if what in _REPORTED else []
    last = max(reports or [entry.day for entry in (by_reporter or new)])
    due = next_day_in_law(case.state)
    tone = "bad" if due is not None and due.overdue else "warn"
    came = N_("The report came %(day)s.") if reports else N_("It came %(day)s.")
    on = language.translate(N_("today")) if last == today else language.day(last, today)
    days = _about_days(case, today, language, answered=bool(by_reporter))
    may_leave = what in _REPORTED and CaseAction.RECUSE in case.state.allowed
    leave = f"{case_path(case.known.case_id)}/recuse" if may_leave else ""
    return News(headline, " ".join((language.translate(came, day=on), *days)), tone, leave)


def _by_the_reporter(case: DeskCase, new: list[Entry]) -> str:
    """Return the headline for what the reporter wrote: the most telling kind first."""
    kinds = {type(entry.body) for entry in new}
    if Report in kinds:
        # What came with it is no news of its own; nor is it new itself once members have written.
        kinds -= {Report, Attachment}
        if not case.streams[Stream.MEMBERS]:
            return _NEW_REPORT
        if not kinds:
            return _UNREAD_REPORT
    for kind, what in (
        (InboxEnded, N_("The reporter has ended the inbox")),
        (Withdrawal, N_("The reporter has withdrawn something")),
        (MinutesApproved, N_("The reporter has approved the minutes")),
        (MeetingRequest, N_("The reporter wants to meet")),
    ):
        if kind in kinds:
            return what
    seen = max(entry.after.get(int(Stream.MEMBERS), 0) for entry in new)
    before = case.known.read.get(int(Stream.REPORTER), 0)
    known = max((one.after.get(int(Stream.MEMBERS), 0) for one in case.streams[Stream.REPORTER][:before]), default=0)
    asked = case.streams[Stream.MEMBERS][known:seen]
    if any(isinstance(entry.body, CompletionRequest) for entry in asked):
        return N_("The reporter has answered your question")
    return N_("The reporter has sent files") if kinds == {Attachment} else N_("The reporter has written")


def _by_members(case: DeskCase, new: list[Entry], language: Language) -> str:
    names = dict.fromkeys(name_in_words(case.name_of(entry.author), language) for entry in new)
    return language.translate(N_("New from %(names)s"), names=", ".join(names))


def _about_days(case: DeskCase, today: date, language: Language, *, answered: bool) -> Iterator[str]:
    translate = language.translate
    if answered and case.known.read:
        yield translate(N_("No new time begins to run."))
    due = next_day_in_law(case.state)
    if due is None:
        return
    if due.overdue:
        yield translate(_OVERDUE[due.kind], day=language.day(due.day))
        return
    act_by = day_to_act(due.day, today)
    what = _BY_THE_LAW if act_by == due.day else _BEFORE_THE_LAW
    yield translate(what[due.kind], day=language.weekday(act_by, today), law=language.weekday(due.day, today))


def readers_in_words(case: DeskCase, language: Language) -> tuple[str, ...]:
    """Return who reads the case, by name: those it was given to who are members today and were not left out since."""
    aside, given = stepped_aside(case.streams), inside(case)
    shown = []
    for member in _members(case):
        if member.id not in given:
            continue
        name = inert_line(member.name)
        if member.id in aside:
            name = language.translate(N_("%(name)s (has stepped aside)"), name=name)
        elif member.role == _COUNSEL:
            name = language.translate(N_("%(name)s (external counsel)"), name=name)
        shown.append(name)
    return tuple(shown)


def _members(case: DeskCase) -> tuple[Member, ...]:
    return () if case.chain.current is None else case.chain.current.members


def _language_in_words(untrusted_code: str, language: Language) -> str:
    try:
        name = Locale.parse(untrusted_code, sep="-").get_display_name(language.code)
    except (UnknownLocaleError, ValueError, TypeError):
        name = None
    return inert_line(name or untrusted_code).capitalize()
