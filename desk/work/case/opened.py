"""A case in the clear, for as long as a command runs: what was opened, and small questions about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from cases.case.timeline import CaseState
from cases.roster.chain import Chain
from cases.wire.messages import WireFile
from desk.keep.state import KnownCase
from desk.work.case.checks import report_of
from trusted.case.entry import Attachment, Body, Category, Entry, Note, Opened, RegisterNumber, Report, Stream
from trusted.crypto.seal import CaseKeys

NO_ORGANISATION = "organisation not given"
UNKNOWN_NAME = "not in the roster"
# How a note begins that says who has the case.
CLAIM = "kallskydd-claim-1 "


def is_record(body: Body) -> bool:
    """Whether an entry says who opened the case or who has it (`desk.work.case.claims`), and nothing about it."""
    return isinstance(body, Opened) or (isinstance(body, Note) and body.text.startswith(CLAIM))


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """A signature that waits in a case, and what it holds back (`desk.work.case.held`)."""

    kind: Literal["move", "erasure"]
    # The names of those who have signed, as far as this desk knows, and of those who can sign beside this member.
    by: tuple[str, ...]
    waits_for: tuple[str, ...]
    # Whether it waits for this member; whether she has signed it herself.
    to_sign: bool = False
    is_own: bool = False
    back: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, repr=False)
class DeskCase:
    """One case, decrypted and checked by `desk.work.case.casebook`."""

    own_id: str
    known: KnownCase
    keys: CaseKeys
    notes_key: bytes | None
    streams: Mapping[Stream, tuple[Entry, ...]]
    # There are notes, and this member was not given their key.
    notes_hidden: bool
    # The notes kept their key when the case was moved: who was left out has it, so nothing is added to them.
    notes_key_kept: bool
    files: tuple[WireFile, ...]
    state: CaseState
    server_state: str
    release_day: date | None
    # Members who have signed to have it erased, each with the disposal reference.
    waiting: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    chain: Chain
    # To whom the notes were given in this epoch, sealed (`desk.work.case.readers.inside`).
    notes_grants: tuple[bytes, ...] = ()
    held: Held | None = None

    @property
    def notes_keys(self) -> CaseKeys | None:
        """The keys of the notes, if this member has them."""
        return None if self.notes_key is None else self.keys.for_notes(self.notes_key)

    @property
    def report(self) -> Report:
        """Entry 0."""
        return report_of(self.streams)

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """The attachments that the reporter has not withdrawn, in the order of the case."""
        return tuple(
            entry.body
            for entry in self.streams[Stream.REPORTER]
            if isinstance(entry.body, Attachment) and entry.body.file_id not in self.state.withdrawn_files
        )

    @property
    def answers(self) -> tuple[Attachment, ...]:
        """The files that members sent to the reporter, in the order of their stream."""
        entries = self.streams.get(Stream.MEMBERS, ())
        return tuple(entry.body for entry in entries if isinstance(entry.body, Attachment))

    @property
    def files_shown(self) -> tuple[tuple[Stream, Attachment], ...]:
        """All files of the case, each with the stream in which it stands."""
        return (
            *((Stream.REPORTER, one) for one in self.attachments),
            *((Stream.MEMBERS, one) for one in self.answers),
        )

    @property
    def new_entries(self) -> int:
        """How many entries of others this member has not had on the screen."""
        return sum(self.is_new(entry) for entries in self.streams.values() for entry in entries)

    def is_new(self, entry: Entry) -> bool:
        """Whether somebody else wrote the entry, and this member has not had it on the screen.

        That a colleague has opened or taken the case is no news.
        """
        if is_record(entry.body):
            return False
        return entry.author != self.own_id and entry.number >= self.known.read.get(int(entry.stream), 0)

    def name_of(self, member_id: str) -> str:
        """Return a member's name, as the newest roster that has her gives it."""
        for version in reversed(self.chain.all):
            member = version.member(member_id)
            if member is not None:
                return member.name
        return UNKNOWN_NAME

    def organisation_name(self) -> str:
        """Return the organisation in words, as the newest roster that has it names it."""
        key = self.state.organisation
        if key is None:
            return NO_ORGANISATION
        for version in reversed(self.chain.all):
            for organisation in version.organisations:
                if organisation.key == key:
                    return organisation.name
        return key

    @property
    def register_number(self) -> str:
        """The number of the case in the group's own register, as it was last given; nothing when it has none."""
        notes = self.streams.get(Stream.NOTES, ())
        return next((entry.body.text for entry in reversed(notes) if isinstance(entry.body, RegisterNumber)), "")

    @property
    def category(self) -> str:
        """What kind of matter it is, as it was last chosen; nothing when it was not."""
        notes = self.streams.get(Stream.NOTES, ())
        return next((entry.body.text for entry in reversed(notes) if isinstance(entry.body, Category)), "")

    def counts(self) -> dict[int, int]:
        """Return how many entries of each stream there are."""
        return {int(stream): len(entries) for stream, entries in self.streams.items()}
