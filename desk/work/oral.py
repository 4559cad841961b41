"""A report by voice: somebody calls, and this desk files what was said as the intake would (docs/decisions/desk/0027).

`OralCall` is what the desk makes for one call and holds in memory until the member has read it out: the case's keys,
the eight words, and the three by which caller and members know each other again. `file_report` takes these steps:

1. The roster as it stands now decides who reads, by the same rules as at the intake (trusted/roster/routing.py).
   The member who takes the call must not be one of those whom it may concern.
2. The server names its salt, the day of the release and the languages in which members can answer. The eight words
   become the caller's keys here; the server never sees them.
3. The report is entry 0, signed with the caller's keys; it bears the day of its release. It says inside the seal that a
   member wrote it down, and the three words: to members and to the caller, not to the store.
4. A grant for every reader, a decoy for everybody else.
5. One request files all of it. A call is one case: sent again after an answer that was lost, it is filed once.

After that the desk keeps nothing of it. It gets the case like every reader, with the release.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from nacl.utils import random

from cases.wire.filing import FileReportRequest, ReportFormAnswer
from cases.wire.messages import StateAnswer
from desk.errors import NotNow, ServerRefused, StrangeAnswer
from desk.work.case.asking import NoQuestion
from desk.work.case.casebook import Casebook
from trusted.case.clock import today
from trusted.case.entry import Report, Stream
from trusted.case.errors import CaseError, Conflict
from trusted.crypto.seal import Authorship, CaseKeys, append, decoy_grant, make_grant, new_case_keys
from trusted.receipt.keys import Receipt, ReceiptKeys, new_receipt, receipt_keys
from trusted.receipt.wordlist import to_words
from trusted.roster.routing import route
from trusted.roster.text import Member, Roster

CALL_BACK_WORDS: Final = 3
_CALL_BACK_BYTES: Final = 5  # 40 bits, of which three words take 36
# Held at most a day, and released the morning after (cases/config.py).
_RELEASED_WITHIN: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True, repr=False)
class OralNotes:
    """What the caller said, and chose."""

    text: str
    organisation: str | None
    # Ids of the members whom it concerns.
    concerns: frozenset[str]
    # Somebody in the group, and the caller does not say who: counsel alone reads.
    unnamed: bool
    urgent: bool
    language: str


@dataclass(frozen=True, slots=True, repr=False)
class Taken:
    """A report by voice that the server has."""

    release_on: date
    at_once: bool
    # The labels of those who will read it.
    readers: tuple[str, ...]
    # The server had it already, from a sending whose answer was lost.
    again: bool = False


def _call_back() -> tuple[str, ...]:
    return to_words(int.from_bytes(random(_CALL_BACK_BYTES), "big"), CALL_BACK_WORDS)


@dataclass(frozen=True, slots=True, repr=False)
class OralCall:
    """One call. Held in memory only."""

    keys: CaseKeys = field(default_factory=new_case_keys)
    receipt: Receipt = field(default_factory=new_receipt)
    call_back: tuple[str, ...] = field(default_factory=_call_back)


async def report_form(book: Casebook) -> ReportFormAnswer:
    """Return what the server says of a report that would be filed now (step 2). Raises StrangeAnswer."""
    form = await book.client.ask("report-form", lambda _: NoQuestion(), ReportFormAnswer)
    day = today(book.clock)
    if not day <= form.release_on <= day + _RELEASED_WITHIN:
        # The day goes into the report, and desks count time limits from it.
        raise StrangeAnswer
    return form


def readers_of(roster: Roster, notes: OralNotes, own_id: str) -> tuple[Member, ...]:
    """Return who reads (step 1). Raises NotNow: without a reader, or when it may concern the member who writes."""
    own = roster.member(own_id)
    if own is None or own_id in notes.concerns or (notes.unnamed and own not in roster.counsel):
        raise NotNow("oral.concerns_you")
    try:
        return route(roster, notes.organisation, notes.concerns, notes.unnamed)
    except CaseError as refused:
        raise NotNow(refused.text_key) from refused


async def file_report(book: Casebook, call: OralCall, notes: OralNotes) -> Taken:
    """File the report of one call. Raises NotNow, RosterBroken, ServerRefused, NotReachable, StrangeAnswer."""
    # 1.
    roster = (await book.sync_roster()).current
    if roster is None:
        raise NotNow("roster.not_open")
    readers = readers_of(roster, notes, book.keys.id)
    # 2.
    form = await report_form(book)
    if notes.language not in form.languages:
        raise NotNow("oral.language")
    keys = await asyncio.to_thread(receipt_keys, call.receipt, form.salt)
    # 3. and 4.
    to = _Readers(roster, readers)
    request = _sealed(call, _report(call, notes, keys, to), form, keys, to, day=today(book.clock))
    taken = Taken(form.release_on, request.at_once or form.at_once, tuple(member.label for member in readers))
    # 5.
    try:
        await book.client.ask("file-report", lambda _: request, StateAnswer)
    except ServerRefused as refused:
        if refused.code != Conflict.code:
            raise
        # The ids are random: nobody but this call has sent them before.
        return Taken(taken.release_on, taken.at_once, taken.readers, again=True)
    return taken


@dataclass(frozen=True, slots=True)
class _Readers:
    """To whom the report goes, and the roster that names them."""

    roster: Roster
    members: Sequence[Member]

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(member.id for member in self.members)


def _report(call: OralCall, notes: OralNotes, keys: ReceiptKeys, to: _Readers) -> Report:
    return Report(
        text=notes.text,
        organisation=notes.organisation,
        concerns=tuple(sorted(notes.concerns)),
        concerns_unnamed=notes.unnamed,
        sealed_to=tuple(sorted(to.ids)),
        roster_version=to.roster.version,
        roster_hash=to.roster.digest.hex(),
        reporter_sign=keys.sign_public.hex(),
        reporter_box=keys.box_public.hex(),
        language=notes.language,
        urgent=notes.urgent,
        call_back=" ".join(call.call_back),
    )


def _sealed(
    call: OralCall, report: Report, form: ReportFormAnswer, keys: ReceiptKeys, to: _Readers, *, day: date
) -> FileReportRequest:
    shown_on = day if report.urgent or form.at_once else form.release_on
    authorship = Authorship(keys.id.hex(), keys.sign_seed, shown_on, {})
    sealed, _entry, head = append(call.keys, Stream.REPORTER, (), authorship, report)
    version = to.roster.version
    return FileReportRequest(
        case_id=call.keys.case_id,
        commitment=call.keys.commitment,
        access_key=call.keys.access_key,
        share=call.keys.share,
        lookup_id=keys.lookup_id,
        reporter_grant=make_grant(call.keys, keys.id, keys.box_public, version),
        header=sealed.header,
        body=sealed.body,
        head_tag=head.tag,
        grants={
            member.id: make_grant(call.keys, member.id_bytes, member.box, version)
            if member.id in to.ids
            else decoy_grant()
            for member in to.roster.members
        },
        release_on=form.release_on,
        at_once=report.urgent,
    )
