"""The entries of a case as its page shows them, oldest first: who wrote, the day, the kind in words, the text.

What was sent together stands together: a file belongs to the text that came with it. What a cleaning removed stands
with its file and is no entry of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from cases.case.merging import merge
from desk.web.views.case.files import FileShown, file_shown, file_words, tried_in_words
from desk.web.views.case_line import case_number, case_path
from desk.web.views.pages import N_, Language
from desk.web.views.written import inert, inert_line
from desk.work.case.claims import Claim, claim_of
from desk.work.case.opened import UNKNOWN_NAME, DeskCase
from desk.work.disposal import kind_of
from trusted.case.entry import (
    Access,
    Acknowledgement,
    Assessment,
    Attachment,
    Body,
    CaseLink,
    Category,
    Close,
    CompletionRequest,
    Entry,
    Feedback,
    Handover,
    InboxEnded,
    LegalHold,
    MeetingRequest,
    Message,
    MinutesApproved,
    Note,
    Opened,
    Outcome,
    PhoneMinutes,
    Recusal,
    RegisterNumber,
    Reopen,
    Report,
    ScrubRecord,
    Stream,
    Withdrawal,
)

_GROUP_ALONE: Final = N_("Only the group")
_TO_THE_REPORTER: Final = N_("The reporter reads it")
THEIRS: Final = "theirs"
INNER: Final = "inner"

_KINDS: Final[Mapping[type, str]] = {
    Report: N_("report"),
    Message: N_("message"),
    Acknowledgement: N_("acknowledgement"),
    Assessment: N_("first assessment"),
    Feedback: N_("feedback"),
    PhoneMinutes: N_("minutes, for the reporter to approve"),
    MinutesApproved: N_("approved the minutes"),
    MeetingRequest: N_("request to meet"),
    InboxEnded: N_("ended the inbox"),
    Close: N_("closed the case"),
    Reopen: N_("opened the case again"),
    Note: N_("note"),
    RegisterNumber: N_("register number"),
    Category: N_("kind of matter"),
    CaseLink: N_("link to an earlier case"),
    Attachment: N_("file"),
}
_OUTCOMES: Final = {
    "substantiated": N_("feedback: substantiated"),
    "partly substantiated": N_("feedback: partly substantiated"),
    "not substantiated": N_("feedback: not substantiated"),
    "dismissed": N_("feedback: dismissed"),
    "handled": N_("feedback: handled"),
}
# What an entry without words of its own means.
_MEANING: Final[Mapping[type, str]] = {
    MinutesApproved: N_("The minutes are right, and the reporter has a new case code from here on."),
    InboxEnded: N_("The reporter reads and writes nothing any more."),
}


@dataclass(frozen=True, slots=True, repr=False)
class EntryShown:
    """One entry on the page."""

    who: str
    kind: str
    day: str
    # "theirs", "inner" or nothing: how it is drawn; and in words who else reads it.
    side: str
    read_by: str
    text: str
    new: bool
    # The first new one, which the page jumps to.
    first_new: bool = False
    # Sentences of our own under the text.
    facts: tuple[str, ...] = ()
    files: tuple[FileShown, ...] = ()
    # The case that a link names, where this desk has it.
    link: str = ""
    # For the eye of the merging below: who, and on which day.
    author: str = ""
    on: date = date.min


class EntryShower:
    """Turns entries of one case into what the page shows."""

    def __init__(self, case: DeskCase, today: date, language: Language, own_cases: Mapping[str, str]) -> None:
        """Take the case, and for links the addresses of this member's cases by their numbers."""
        self._case, self._today, self._language = case, today, language
        self._own_cases = own_cases
        self._records = {
            entry.body.file_id: entry.body
            for entries in case.streams.values()
            for entry in entries
            if isinstance(entry.body, ScrubRecord)
        }
        self._attachments = {
            entry.body.file_id: (stream, entry.body)
            for stream, entries in case.streams.items()
            for entry in entries
            if isinstance(entry.body, Attachment)
        }

    def all(self) -> tuple[EntryShown, ...]:
        """Return what is shown, oldest first."""
        shown: list[EntryShown] = []
        for entry in merge(self._case.streams):
            # Who opened the case stands folded beside the conversation.
            if isinstance(entry.body, (ScrubRecord, Opened)):
                continue
            if isinstance(entry.body, Attachment):
                file = file_shown(self._case, entry.stream, entry.body, self._records, self._language)
                if shown and _came_with(shown[-1], entry, new=self._case.is_new(entry)):
                    shown[-1] = replace(shown[-1], files=(*shown[-1].files, file))
                    continue
                shown.append(replace(self._entry(entry), files=(file,)))
                continue
            shown.append(self._entry(entry))
        first = next((place for place, one in enumerate(shown) if one.new), None)
        if first is not None:
            shown[first] = replace(shown[first], first_new=True)
        return tuple(shown)

    def opened(self) -> tuple[str, ...]:
        """Return who had the case on the screen on which day, oldest first."""
        found = [entry for entry in self._case.streams.get(Stream.NOTES, ()) if isinstance(entry.body, Opened)]
        return tuple(f"{self._day(one.day)}: {self._name(one.author)}" for one in found)

    def _entry(self, entry: Entry) -> EntryShown:
        body, claimed = entry.body, claim_of(entry.body)
        inner = entry.stream is Stream.NOTES
        theirs = entry.stream is Stream.REPORTER
        return EntryShown(
            who=who_wrote(self._case, entry, self._language),
            kind=self._claim(entry, claimed[0]) if claimed else self._kind(entry),
            day=self._day(entry.day),
            side=THEIRS if theirs else INNER if inner else "",
            read_by="" if theirs else self._language.translate(_GROUP_ALONE if inner else _TO_THE_REPORTER),
            text=inert(claimed[1] if claimed else getattr(body, "text", "") or getattr(body, "reason", "")),
            new=self._case.is_new(entry),
            facts=tuple(self._facts(entry)),
            link=self._link(body),
            author=entry.author,
            on=entry.day,
        )

    def _kind(self, entry: Entry) -> str:
        body, values = entry.body, dict[str, str]()
        match body:
            case Message() if entry.stream is Stream.REPORTER and _answers(entry):
                kind = N_("answer")
            case CompletionRequest():
                kind, values = N_("question, answer wanted by %(day)s"), {"day": self._day(body.wanted_by)}
            case Outcome():
                kind = _OUTCOMES[kind_of(body)]
            case Withdrawal():
                kind = N_("withdraws the report") if body.file_id is None else N_("withdraws a file")
            case LegalHold():
                kind = N_("the case is kept for now") if body.on else N_("the case may be erased again")
            case Handover():
                kind, values = N_("%(name)s reads the case now"), {"name": self._name(body.to)}
            case Access():
                kind, values = N_("%(name)s was given the case"), {"name": self._name(body.member)}
            case Recusal() if body.member == entry.author:
                kind = N_("conflict of interest")
            case Recusal():
                kind, values = N_("%(name)s steps aside"), {"name": self._name(body.member)}
            case _:
                kind = _KINDS[type(body)]
        return self._language.translate(kind, **values)

    def _claim(self, entry: Entry, claim: Claim) -> str:
        values = {
            "name": self._name(claim.member) if claim.member else "",
            "day": "" if claim.until is None else self._day(claim.until),
        }
        if claim.kind == "harm":
            kind = N_("risk of harm, looked at again on %(day)s") if claim.until else N_("risk of harm, looked at")
        elif claim.kind == "refuses":
            kind = N_("does not sign the erasure") if claim.member else N_("takes back the signature for erasing")
        elif claim.kind == "covers":
            kind = N_("covers for %(name)s until %(day)s")
        elif claim.member is None:
            kind = N_("nobody has the case")
        else:
            kind = N_("takes the case") if claim.member == entry.author else N_("hands the case on to %(name)s")
        return self._language.translate(kind, **values)

    def _facts(self, entry: Entry) -> list[str]:
        translate, body = self._language.translate, entry.body
        match body:
            case Report():
                return [*self._of_the_report(body)]
            case Outcome(result="dismissed") if body.reason:
                return [translate(N_("Why: %(reason)s"), reason=inert_line(body.reason))]
            case PhoneMinutes() if entry.number in self._case.state.open_minutes:
                return [translate(N_("The reporter has not approved them yet."))]
            case Withdrawal() if body.file_id in self._attachments:
                stream, attachment = self._attachments[body.file_id]
                return [file_words(stream, attachment, self._language)]
            case _:
                meaning = _MEANING.get(type(body))
                return [] if meaning is None else [translate(meaning)]

    def _of_the_report(self, report: Report) -> list[str]:
        translate = self._language.translate
        facts = []
        if report.call_back:
            known_by = N_("One of us wrote it down for somebody who called. Ask a caller for these words: %(words)s.")
            facts.append(translate(known_by, words=inert_line(report.call_back)))
        if report.urgent:
            facts.append(translate(N_("The reporter says that it is urgent.")))
        if report.earlier:
            facts.append(translate(N_("The reporter says that it belongs to an earlier report.")))
        if report.concerns:
            names = ", ".join(self._name(member) for member in report.concerns)
            facts.append(translate(N_("The reporter has marked whom it concerns: %(names)s."), names=names))
        if report.concerns_unnamed:
            facts.append(translate(N_("The reporter did not want to say whether it concerns anybody in the group.")))
        if tried := tried_in_words(tuple(report.tried or ()), self._language):
            facts.append(tried)
        return facts

    def _link(self, body: Body) -> str:
        if not isinstance(body, CaseLink):
            return ""
        return self._own_cases.get(body.text.split("\n")[0].strip(), "")

    def _name(self, member_id: str) -> str:
        return name_in_words(self._case.name_of(member_id), self._language)

    def _day(self, day: date) -> str:
        return self._language.day(day, self._today)


def who_wrote(case: DeskCase, entry: Entry, language: Language) -> str:
    """Return who wrote an entry: the reporter, or a member by name; the group for what follows from a move of two."""
    if isinstance(entry.body, Handover):
        return language.translate(N_("The group"))
    if entry.stream is Stream.REPORTER:
        return language.translate(N_("The reporter"))
    return name_in_words(case.name_of(entry.author), language)


def name_in_words(name: str, language: Language) -> str:
    """Return a member's name, or the words for one that no list of members has."""
    return language.translate(N_("Somebody who is no member")) if name == UNKNOWN_NAME else inert_line(name)


def own_cases(case_ids: list[bytes]) -> dict[str, str]:
    """Return the addresses of this member's cases by their numbers; a number of two cases is none."""
    found: dict[str, str] = {}
    for case_id in case_ids:
        number = case_number(case_id)
        found[number] = "" if number in found else case_path(case_id)
    return found


def _answers(entry: Entry) -> bool:
    """Whether the reporter had seen something that we wrote when writing it."""
    return entry.after.get(int(Stream.MEMBERS), 0) > 0


def _came_with(before: EntryShown, file: Entry, *, new: bool) -> bool:
    side = THEIRS if file.stream is Stream.REPORTER else ""
    return (before.author, before.on, before.side, before.new) == (file.author, file.day, side, new)
