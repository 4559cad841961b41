"""
The kinds of entry of a case, their fields, and where each may stand.

A case is three streams of entries. The reporter writes to REPORTER; members write to MEMBERS what the reporter may read
and to NOTES what the reporter may not. `may_stand` is the whole rule of which kind may stand in which stream; both
sealing and opening ask it, so that a note cannot slip into what the reporter reads and a member cannot hide an answer.

Everything here is text that somebody wrote, so nothing shows itself: `repr` gives the kind and no field.
"""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Annotated, Literal, TypeAlias

import msgspec

# The form takes 100,000 characters (design: limits); an entry takes no more either, on the way in and on the way out.
TEXT_CHARACTERS = 100_000
# Names, reasons and file kinds are short; a bound keeps a hostile entry from filling a page.
SHORT_CHARACTERS = 2_000
# A scrub report lists kinds and places. A PDF of 2,000 pages can have something on each, in several places.
LISTED = 20_000

Text: TypeAlias = Annotated[str, msgspec.Meta(max_length=TEXT_CHARACTERS)]
Short: TypeAlias = Annotated[str, msgspec.Meta(max_length=SHORT_CHARACTERS)]
Hex16: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
Hex32: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Hex64: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{128}\Z")]
Ids: TypeAlias = Annotated[tuple[Hex16, ...], msgspec.Meta(max_length=1_000)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=2**32)]


class Stream(IntEnum):
    """The streams of a case; FILES has no entries, only sealed files."""

    REPORTER = 1
    MEMBERS = 2
    NOTES = 3
    FILES = 4


class ItemKind(IntEnum):
    """What a sealed item is."""

    ENTRY = 1
    FILE = 2
    PREVIEW = 3


class EntryBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """The base of all kinds."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


# What a file looked like that its reporter tried to attach and that was not accepted: a closed list, nothing finer.
TriedKind: TypeAlias = Literal["office", "e-mail", "text", "sound or film", "archive", "drawing", "picture", "other"]
TRIED_MOST = 99
Tried: TypeAlias = Annotated[
    tuple[tuple[TriedKind, Annotated[int, msgspec.Meta(ge=1, le=TRIED_MOST)]], ...], msgspec.Meta(max_length=8)
]


class Report(EntryBody, frozen=True, tag="report"):
    """Entry 0 of every case: the text, to whom it was sealed and why, and the reporter's public keys."""

    text: Text
    organisation: Short | None
    concerns: Ids
    concerns_unnamed: bool
    sealed_to: Ids
    roster_version: Count
    roster_hash: Hex32
    reporter_sign: Hex32
    reporter_box: Hex32
    language: Annotated[str, msgspec.Meta(max_length=35)]
    urgent: bool
    # The reporter has reported before and lost that code, or has it still. Which case it is, members find in the text.
    earlier: bool = False
    # Kinds and how many of each. Not written where nothing was refused, so that older desks read such a report.
    tried: Tried | msgspec.UnsetType = msgspec.UNSET
    # Somebody called, and a member wrote this down and read out the first case code (docs/decisions/desk/0027). The
    # words by which caller and members know each other again. Not written otherwise, so that older desks read such a
    # report.
    call_back: Short | msgspec.UnsetType = msgspec.UNSET


class Message(EntryBody, frozen=True, tag="message"):
    """Anything that either side writes to the other."""

    text: Text


class Acknowledgement(EntryBody, frozen=True, tag="acknowledgement"):
    """A member confirms that the report has come; meets the limit of seven days."""

    text: Text


class CompletionRequest(EntryBody, frozen=True, tag="completion-request"):
    """Members ask for more, by a day."""

    text: Text
    wanted_by: date


class Assessment(EntryBody, frozen=True, tag="assessment"):
    """The first assessment is done; the text is for the reporter. What stays inside the group is a Note."""

    text: Text


class Feedback(EntryBody, frozen=True, tag="feedback"):
    """What has been done or is planned, and why, before there is an outcome; meets the limit of three months."""

    text: Text


class Outcome(EntryBody, frozen=True, tag="outcome"):
    """The result, with the short text for the reporter; `reason` says why a report was dismissed."""

    result: Literal["handled", "dismissed"]
    text: Text
    reason: Short = ""


class Note(EntryBody, frozen=True, tag="note"):
    """For members only."""

    text: Text


class Attachment(EntryBody, frozen=True, tag="attachment"):
    """A cleaned file; `digest` is the SHA-256 of the clean bytes, `order` its place among the case's files."""

    file_id: Hex16
    file_kind: Short
    size: Annotated[int, msgspec.Meta(ge=0, lt=2**48)]
    digest: Hex32
    order: Count
    preview_id: Hex16 | None


class ScrubRecord(EntryBody, frozen=True, tag="scrub-report"):
    """What was removed from a file, as (what, where) without values, what was lost, and by which scrubber."""

    file_id: Hex16
    removed: Annotated[tuple[tuple[Short, Short], ...], msgspec.Meta(max_length=LISTED)]
    lost: Annotated[tuple[Short, ...], msgspec.Meta(max_length=LISTED)]
    version: Short


class Recusal(EntryBody, frozen=True, tag="recusal"):
    """A member must not handle this case."""

    member: Hex16
    reason: Text


class Handover(EntryBody, frozen=True, tag="handover"):
    """The case passes to somebody else. The reporter sees who reads."""

    to: Hex16
    reason: Text


class PhoneMinutes(EntryBody, frozen=True, tag="phone-minutes"):
    """What was said by telephone or at a meeting, for the reporter to approve."""

    text: Text


class MinutesApproved(EntryBody, frozen=True, tag="minutes-approved"):
    """The reporter approves the minutes that stand at `number` in the members' stream, and goes on with new keys.

    Without a number the report itself is approved, which a member wrote down for somebody who called. `proof` is a
    signature by the new key (reporter_keys.py): the words from before have been read by somebody else.
    """

    number: Count | None
    reporter_sign: Hex32
    reporter_box: Hex32
    proof: Hex64


class MeetingRequest(EntryBody, frozen=True, tag="meeting-request"):
    """Either side asks to meet."""

    text: Text


class Withdrawal(EntryBody, frozen=True, tag="withdrawal"):
    """The reporter takes back one file, or with `file_id` None the whole case."""

    file_id: Hex16 | None
    text: Text = ""


class InboxEnded(EntryBody, frozen=True, tag="inbox-ended"):
    """The reporter has ended the inbox of a closed case: reads and writes no more. Nothing stands after it."""


class Close(EntryBody, frozen=True, tag="close"):
    """The case is closed."""

    text: Text = ""


class Reopen(EntryBody, frozen=True, tag="reopen"):
    """A closed case is open again."""

    text: Text


class LegalHold(EntryBody, frozen=True, tag="legal-hold"):
    """The case must not be erased yet (`on`), or may be again. The reporter sees an erase day, so this too."""

    reason: Text
    on: bool


class Access(EntryBody, frozen=True, tag="access"):
    """A member was given the case later, and why."""

    member: Hex16
    reason: Text


class CaseLink(EntryBody, frozen=True, tag="link"):
    """A reference to an earlier case, in words."""

    text: Text


class Opened(EntryBody, frozen=True, tag="opened"):
    """The author had the case on the screen this day: written once a day by her desk, for those who read it too."""


class RegisterNumber(EntryBody, frozen=True, tag="register-number"):
    """The number that the group has given the case in a register of its own; the newest counts."""

    text: Short


class Category(EntryBody, frozen=True, tag="category"):
    """What kind of matter it is, of the municipality's own list; the newest counts."""

    text: Short


Body: TypeAlias = (
    Report
    | Message
    | Acknowledgement
    | CompletionRequest
    | Assessment
    | Feedback
    | Outcome
    | Note
    | Attachment
    | ScrubRecord
    | Recusal
    | Handover
    | PhoneMinutes
    | MinutesApproved
    | MeetingRequest
    | Withdrawal
    | InboxEnded
    | Close
    | Reopen
    | LegalHold
    | Access
    | CaseLink
    | Opened
    | RegisterNumber
    | Category
)

_FOR_MEMBERS_ONLY = (Note, Recusal, Access, CaseLink, Opened, RegisterNumber, Category)
_BY_THE_REPORTER_ALONE = (Report, MinutesApproved, Withdrawal, InboxEnded)
_BY_THE_REPORTER = (*_BY_THE_REPORTER_ALONE, Message, Attachment, ScrubRecord, MeetingRequest)


def audience(body: Body) -> Literal["all", "members"]:
    """Return who may read entries of this kind."""
    return "members" if isinstance(body, _FOR_MEMBERS_ONLY) else "all"


def may_stand(stream: Stream, number: int, body: Body) -> bool:
    """Return whether this kind may stand at this place; the report, and only the report, is entry 0 of its stream."""
    match stream:
        case Stream.REPORTER:
            return isinstance(body, _BY_THE_REPORTER) and isinstance(body, Report) == (number == 0)
        case Stream.MEMBERS:
            return audience(body) == "all" and not isinstance(body, _BY_THE_REPORTER_ALONE)
        case Stream.NOTES:
            return audience(body) == "members"
        case Stream.FILES:
            return False


@dataclass(frozen=True, slots=True, repr=False)
class Entry:
    """One opened entry; `digest` is its link in the hash chain of its stream."""

    stream: Stream
    number: int
    author: str
    day: date
    previous: bytes
    after: dict[int, int]
    body: Body
    digest: bytes
