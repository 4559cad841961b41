"""
The entries of a case as the conversation shows them: who wrote, the day, the words; a file as a card.

The newest comes first, but what was sent together keeps its order: a message, then its files. What stands at the top of
the page already, because it waits for an answer or is the outcome, is named here and not said again.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from cases.case.timeline import CaseAction, CaseState
from intake.views.calendar_words import CALENDAR, size_in_words
from intake.views.pages import Language
from intake.views.texts import LOST, N_, WHAT
from trusted.case.entry import (
    Acknowledgement,
    Assessment,
    Attachment,
    Body,
    Close,
    CompletionRequest,
    Entry,
    Feedback,
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
from trusted.jail.stages import Lost, What

# What a reporter wrote has no other day than the one from which it can be read.
_READABLE_FROM: Final = N_("Can be read from %(day)s")
_READABLE_SINCE: Final = N_("Can be read since %(day)s")
_FILE_KINDS: Final = {
    "pdf": N_("PDF document"), "text": N_("Text"), "csv": N_("Table (CSV)"), "sound": N_("Sound (MP3)"),
    "film": N_("Film (MP4)"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class EntryShown:
    """One entry on the page."""

    mine: bool
    waits: bool
    who: str
    # Its day: of the reporter's own, from which it can be read.
    when: str
    headline: str = ""
    text: str = ""
    # Where on the page it stands already.
    above: str = ""
    # It was sent together with what stands before it.
    follows: bool = False
    file_id: str = ""
    # Of a file.
    kind: str = ""
    size: str = ""
    can_take_back: bool = False
    can_withdraw: bool = False
    is_withdrawn: bool = False
    # Of a long text, which part this is and of how many.
    part: int = 1
    parts: int = 1


@dataclass(frozen=True, slots=True, repr=False)
class Above:
    """An entry whose text stands at the top of the page, by its body, and the place where it stands."""

    body: Body
    anchor: str


class ReadableCase(Protocol):
    """A case as its reporter reads it; a desk, which shows a member what the reporter will read, has one as well."""

    @property
    def reporter(self) -> tuple[Entry, ...]:
        """What the reporter has written."""

    @property
    def members(self) -> tuple[Entry, ...]:
        """What members have written to the reporter."""

    @property
    def approval_waits(self) -> bool:
        """Whether an approval of notes waits for its release."""

    def waits(self, entry: Entry) -> bool:
        """Return whether members cannot read the entry yet."""


class EntryShower:
    """Turns entries of one case into what the page shows."""

    def __init__(
        self,
        opened: ReadableCase,
        state: CaseState,
        language: Language,
        labels: Mapping[str, str],
        above: Sequence[Above],
    ) -> None:
        self._opened = opened
        self._state = state
        self._language = language
        self._labels = labels
        self._above = above
        self._records = {
            entry.body.file_id: entry.body
            for entry in (*opened.reporter, *opened.members)
            if isinstance(entry.body, ScrubRecord)
        }

    def all(self, merged: Iterable[Entry]) -> tuple[EntryShown, ...]:
        """Return what is shown of the entries, newest first."""
        sent: list[list[EntryShown]] = []
        for entry in merged:
            shown = self._entry(entry)
            if shown is None:
                continue
            before = sent[-1][0] if sent else None
            if shown.file_id and before is not None and _is_beside(before, shown):
                sent[-1].append(replace(shown, follows=True))
            else:
                sent.append([shown])
        return tuple(shown for together in reversed(sent) for shown in together)

    def _entry(self, entry: Entry) -> EntryShown | None:
        """Return what is shown of an entry, or None for one that is shown with another."""
        if isinstance(entry.body, ScrubRecord):
            return None
        mine = entry.stream == Stream.REPORTER
        group = self._translate(N_("The trust group"))
        day = self._language.day(entry.day)
        waits = self._opened.waits(entry)
        plain = EntryShown(
            mine=mine,
            waits=waits,
            who=self._translate(N_("You")) if mine else self._labels.get(entry.author, group),
            when=self._translate(_READABLE_FROM if waits else _READABLE_SINCE) % {"day": day} if mine else day,
        )
        if isinstance(entry.body, Attachment):
            return self._file(plain, entry.body)
        if (anchor := self._anchor(entry.body)) is not None:
            return replace(plain, above=anchor, headline=self._translate(_ABOVE[type(entry.body)]))
        text = getattr(entry.body, "text", "") or getattr(entry.body, "reason", "")
        return replace(plain, headline=self._headline(entry.body), text=text)

    def _anchor(self, body: Body) -> str | None:
        return next((one.anchor for one in self._above if one.body is body), None)

    def _file(self, plain: EntryShown, attachment: Attachment) -> EntryShown:
        mine, waits = plain.mine, plain.waits
        name = N_("Your file %(number)d") if mine else N_("File %(number)d from them")
        withdrawn = attachment.file_id in self._state.withdrawn_files
        return replace(
            plain,
            headline=self._translate(name) % {"number": attachment.order + 1},
            kind=self._file_kind(attachment),
            size=size_in_words(attachment.size, CALENDAR[self._language.code]),
            text=self._cleaned(attachment) if mine else "",
            file_id=attachment.file_id,
            can_take_back=mine and waits and not self._opened.approval_waits,
            is_withdrawn=withdrawn,
            can_withdraw=mine and not waits and not withdrawn and CaseAction.WITHDRAW in self._state.allowed,
        )

    def _file_kind(self, attachment: Attachment) -> str:
        if (name := _FILE_KINDS.get(attachment.file_kind)) is not None:
            return self._translate(name)
        return self._translate(N_("Picture (%(kind)s)")) % {"kind": attachment.file_kind.upper()}

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
                return translate(OUTCOMES[body.result])
            case CompletionRequest():
                day = self._language.day(body.wanted_by)
                return translate(N_("A question to you, answer wanted by %(day)s")) % {"day": day}
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


OUTCOMES: Final = {"handled": N_("The report has been handled"), "dismissed": N_("The report is dismissed")}
_HEADLINES: Final[dict[type, str]] = {
    Report: N_("Your report"),
    Acknowledgement: N_("The report has been received and will be looked into"),
    Assessment: N_("First assessment"),
    Feedback: N_("What has been done, and why"),
    PhoneMinutes: N_("Notes from a conversation"),
    MinutesApproved: N_("You approved the notes"),
    MeetingRequest: N_("A request to meet"),
    Close: N_("The case is closed"),
    Reopen: N_("The case is open again"),
}
_ABOVE: Final[dict[type, str]] = {
    CompletionRequest: N_("The question at the top of the page"),
    PhoneMinutes: N_("The notes at the top of the page"),
    # One by voice, which a member typed.
    Report: N_("The notes at the top of the page"),
    Outcome: N_("The outcome at the top of the page"),
}


def _is_beside(before: EntryShown, file: EntryShown) -> bool:
    """Say whether a file was sent with what stands before it, as far as the page can tell."""
    return (before.mine, before.who, before.when, before.waits) == (file.mine, file.who, file.when, file.waits)
