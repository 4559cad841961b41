"""
The reporter's case from the inside: opened with the keys of the eight words, read, added to, taken back, withdrawn.

1. The lookup id finds a row or none; the grant in it is sealed to the reporter's key and must fit the row.
2. Both streams that the reporter may read must open whole: entries signed by the reporter under the key in entry 0, and
   by members who stand in a roster that verifies.
3. What the reporter adds is sealed as the next entries of the own stream. If the stream moved meanwhile (another tab),
   it is read again and tried again.
4. What waits for its release can be taken back, and then nobody has seen it. A file is taken back by sealing again all
   that waits, without it and for the latest of the days: no gap and no older day is left to tell of it. The whole
   report is taken back by erasing it.
5. What has been released can only be withdrawn, which is an entry that members read.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from intake.services import Services
from intake.sessions import Session
from trusted.case.clock import first_release_day, today
from trusted.case.entry import Attachment, Body, Entry, MinutesApproved, Report, ScrubRecord, Stream, Withdrawal
from trusted.case.errors import CaseError, Conflict, NotAllowed, NotThere, SealBroken
from trusted.crypto.seal import CaseKeys, Sealed, case_keys, check_grant, make_head, open_grant, open_stream
from trusted.forms.filing import EntryDate, seal_next
from trusted.receipt.keys import Receipt, ReceiptKeys
from trusted.store.store import CaseRows, Replacement, ReporterEntries

# A stream moves only when the same reporter writes from two tabs or a release happens in between.
_TRIES: Final = 3


@dataclass(frozen=True, slots=True, repr=False)
class OpenedCase:
    """A case as its reporter reads it now."""

    keys: CaseKeys
    rows: CaseRows
    reporter: tuple[Entry, ...]
    members: tuple[Entry, ...]

    @property
    def released(self) -> int:
        """How many of the reporter's entries members can read."""
        return self.rows.streams[Stream.REPORTER].released_count

    @property
    def report(self) -> Report:
        """Entry 0."""
        body = self.reporter[0].body
        if not isinstance(body, Report):
            raise SealBroken
        return body

    @property
    def after(self) -> dict[int, int]:
        """What the reporter has seen of the members' stream; orders the entries without a clock."""
        return {int(Stream.MEMBERS): len(self.members)}

    def file(self, file_id: str) -> Entry | None:
        """Return the entry of this file of the reporter's own, if there is one."""
        return _file_among(self.reporter, file_id)

    def shown_file(self, file_id: str) -> Attachment | None:
        """Return a file that the reporter may look at: an own one, or one that members sent."""
        entry = self.file(file_id) or _file_among(self.members, file_id)
        return entry.body if entry is not None and isinstance(entry.body, Attachment) else None

    @property
    def waiting_until(self) -> date | None:
        """The day for which what waits is waiting, if anything does."""
        return max((entry.day for entry in self.reporter[self.released :]), default=None)

    @property
    def approval_waits(self) -> bool:
        """Whether an approval of notes waits for its release: what stands before it cannot be signed again."""
        return any(isinstance(entry.body, MinutesApproved) for entry in self.reporter[self.released :])

    @property
    def file_waits(self) -> bool:
        """Whether a file waits for its release, and can be taken back unseen until then."""
        return any(isinstance(entry.body, Attachment) for entry in self.reporter[self.released :])

    def waits(self, entry: Entry) -> bool:
        return entry.stream == Stream.REPORTER and entry.number >= self.released


async def find_case(services: Services, receipt: Receipt, keys: ReceiptKeys) -> Session | None:
    """Return a new session for the case of these keys, or None; one lookup either way. Steps 1."""
    row = await services.store.find_by_lookup(keys.lookup_id)
    if row is None:
        return None
    try:
        grant = open_grant(row.reporter_grant, keys.id, keys.box_private)
        check_grant(grant, row.case_id, row.epoch, row.commitment)
    except CaseError:
        # Spoilt on the disk: to the reporter no different from a case that is gone.
        services.faults.note()
        return None
    return services.sessions.open(receipt, keys, case_keys(grant, row.share))


async def open_case(services: Services, session: Session) -> OpenedCase:
    """Return the case as it is now (step 2). Raises `NotThere` once it is erased, `SealBroken` if it is spoilt."""
    row = await services.store.find_by_lookup(session.keys.lookup_id)
    if row is None:
        raise NotThere
    grant = open_grant(row.reporter_grant, session.keys.id, session.keys.box_private)
    check_grant(grant, row.case_id, row.epoch, row.commitment)
    # A desk may have moved the case to new keys since this session began.
    session.case = case_keys(grant, row.share)
    rows = await services.store.reporter_streams(row.case_id)
    reporter = _open(session.case, Stream.REPORTER, rows, None)
    members = _open(session.case, Stream.MEMBERS, rows, _signing_keys(services))
    return OpenedCase(session.case, rows, reporter, members)


async def add_entries(
    services: Services, session: Session, bodies: Sequence[Body], file_ids: Sequence[bytes] = (), *, at_once: bool
) -> tuple[Entry, ...]:
    """Add to the reporter's stream (step 3) and return all of it. Raises `NotThere` or `Conflict`.

    `file_ids` are the staged files that the entries name.
    """
    release_on = first_release_day(services.clock(), services.config.hold_hours)
    for left in reversed(range(_TRIES)):
        opened = await open_case(services, session)
        if at_once and opened.released:
            shown_on = today(services.clock)
        else:
            # Nothing is released past what waits, so the store will have it wait for the later of the two days.
            shown_on = max(release_on, opened.waiting_until or release_on)
        sealed, entries, head = seal_next(
            session.case, session.keys, opened.reporter, bodies, EntryDate(shown_on, opened.after)
        )
        try:
            await services.store.append_reporter(
                ReporterEntries(opened.rows.case_id, len(opened.reporter), sealed, head, file_ids, release_on, at_once)
            )
        except Conflict:
            if not left:
                raise
            continue
        return entries
    raise Conflict


async def take_back_report(services: Services, session: Session) -> None:
    """Erase the whole report unseen (step 4). Raises `NotAllowed` when it has been released."""
    opened = await open_case(services, session)
    await services.store.take_back(opened.rows.case_id)


async def take_back_file(services: Services, session: Session, file_id: str) -> None:
    """Take one waiting file back unseen (step 4).

    Raises `NotThere`, or `NotAllowed` when it has been released or an approval waits beside it.
    """
    for left in reversed(range(_TRIES)):
        opened = await open_case(services, session)
        entry = opened.file(file_id)
        if entry is None or not isinstance(entry.body, Attachment):
            raise NotThere
        until = opened.waiting_until
        if not opened.waits(entry) or until is None:
            raise NotAllowed("take_back.released")
        if opened.approval_waits:
            raise NotAllowed
        kept = opened.reporter[: opened.released]
        waiting = [one for one in opened.reporter[opened.released :] if not _is_of_file(one.body, file_id)]
        sealed, entries = _seal_again(session, kept, waiting, until)
        dropped = [bytes.fromhex(one) for one in (file_id, entry.body.preview_id) if one is not None]
        head = make_head(session.case, Stream.REPORTER, entries)
        try:
            await services.store.replace_pending(
                Replacement(opened.rows.case_id, len(opened.reporter), len(kept), sealed, head, dropped)
            )
        except Conflict:
            if not left:
                raise
            continue
        return


async def withdraw(services: Services, session: Session, file_id: str | None) -> None:
    """Tell members that the report, or one file, is withdrawn (step 5)."""
    await add_entries(services, session, [Withdrawal(file_id)], at_once=services.config.at_once)


def _file_among(entries: tuple[Entry, ...], file_id: str) -> Entry | None:
    return next((one for one in entries if isinstance(one.body, Attachment) and one.body.file_id == file_id), None)


def _open(
    keys: CaseKeys, stream: Stream, rows: CaseRows, verify_key: Callable[[str], bytes | None] | None
) -> tuple[Entry, ...]:
    found = rows.streams.get(int(stream))
    return () if found is None else open_stream(keys, stream, found.sealed, found.head, verify_key)


def _signing_keys(services: Services) -> Callable[[str], bytes | None]:
    """Return whose signature counts: anyone who was a member in any version that verifies."""
    known = {member.id: member.sign for roster in services.roster.chain().all for member in roster.members}
    return known.get


def _seal_again(
    session: Session, kept: tuple[Entry, ...], waiting: list[Entry], until: date
) -> tuple[list[Sealed], list[Entry]]:
    """Return what still waits, sealed again at its new numbers for one day, each with what it had seen."""
    sealed: list[Sealed] = []
    entries = list(kept)
    for old in waiting:
        one, all_now, _head = seal_next(session.case, session.keys, entries, [old.body], EntryDate(until, old.after))
        sealed += one
        entries = list(all_now)
    return sealed, entries


def _is_of_file(body: Body, file_id: str) -> bool:
    return isinstance(body, Attachment | ScrubRecord | Withdrawal) and body.file_id == file_id
