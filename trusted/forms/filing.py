"""
Filing a report: from what the reporter chose to a sealed case in the store.

The steps, in their order:

1. What was chosen is checked against the roster as it stands now: unknown organisations and members are refused.
2. Routing decides who may read. Without an eligible reader nothing is stored; there is no fall-back to the whole group.
3. The eight words, the reporter's keys from them, and fresh case keys.
4. The entries: the report, then two for each file; signed with the reporter's key, sealed. They bear the day of their
   release and not that of writing: members read the day in an entry, and it must tell them nothing finer.
5. One post box item for every member: a grant for a reader, random bytes of the same size for anyone else.
6. The store keeps all of it or nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import msgspec

from trusted.case.clock import Clock, first_release_day, today
from trusted.case.entry import Attachment, Body, Entry, Report, Stream, TriedKind
from trusted.crypto.seal import Authorship, CaseKeys, Head, Sealed, append, decoy_grant, make_grant, make_head
from trusted.forms.attachment import PendingCase
from trusted.receipt.keys import Receipt, ReceiptKeys
from trusted.roster.routing import route
from trusted.roster.text import Member, Roster
from trusted.store.store import Filing, Store
from trusted.web.errors import EmptyReport, UnknownChoice
from trusted.web.form import Form


@dataclass(frozen=True, slots=True, repr=False)
class ReportChoices:
    """What the reporter wrote and chose, checked against one roster, and who may read it."""

    text: str
    organisation: str | None
    concerns: frozenset[str]
    unnamed: bool
    urgent: bool
    earlier: bool
    # In which the reporter wants answers.
    language: str
    roster: Roster
    readers: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class EntryDate:
    """The day of an entry, which is that of its release, and how much of the other streams its author had seen."""

    day: date
    after: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReleaseRule:
    """When the reports of a home are released: by the clock, after so many hours, or at once."""

    clock: Clock
    hold_hours: int
    at_once: bool


@dataclass(frozen=True, slots=True, repr=False)
class Filed:
    """A report that is in the store."""

    receipt: Receipt
    release_day: date
    at_once: bool
    # What each file is called in the case.
    numbers: Mapping[str, int]


def check_choices(form: Form, roster: Roster, language: str, languages: Collection[str]) -> ReportChoices:
    """
    Return what the form asks for (steps 1 and 2). Raises a `FormRefused` or `NoEligibleReader`.

    `language` is that of the page, in which answers come unless one of `languages` was chosen for them.
    """
    text = form.one("text").strip()
    if not text:
        raise EmptyReport
    untrusted_organisation = form.one("organisation")
    if untrusted_organisation and untrusted_organisation not in {known.key for known in roster.organisations}:
        raise UnknownChoice
    organisation = untrusted_organisation or None
    untrusted_concerns = frozenset(form.all("concerns"))
    if not untrusted_concerns <= {member.id for member in roster.members}:
        raise UnknownChoice
    concerns = untrusted_concerns
    untrusted_answers = form.one("answers") or language
    if untrusted_answers not in languages:
        raise UnknownChoice
    unnamed = form.one("unnamed") == "yes"
    readers = route(roster, organisation, concerns, unnamed)
    return ReportChoices(
        text=text,
        organisation=organisation,
        concerns=concerns,
        unnamed=unnamed,
        urgent=form.one("urgent") == "yes",
        earlier=form.one("earlier") == "yes",
        language=untrusted_answers,
        roster=roster,
        readers=readers,
    )


async def file_report(
    store: Store,
    choices: ReportChoices,
    receipt: Receipt,
    keys: ReceiptKeys,
    case: PendingCase,
    *,
    release: ReleaseRule,
    tried: Sequence[tuple[TriedKind, int]] = (),
) -> Filed:
    """Seal the report and its files and keep them (steps 4 to 6). `tried`: the kinds of the files that were refused."""
    at_once = choices.urgent or release.at_once
    release_day = first_release_day(release.clock(), release.hold_hours)
    shown_on = today(release.clock) if at_once else release_day
    bodies: list[Body] = [_report(choices, keys, tried), *case.file_entries]
    sealed, entries, head = seal_next(case.keys, keys, (), bodies, EntryDate(shown_on))
    await store.file_case(
        Filing(
            keys=case.keys,
            lookup_id=keys.lookup_id,
            reporter_grant=make_grant(case.keys, keys.id, keys.box_public, choices.roster.version),
            entries=sealed,
            head=head,
            grants=_box_items(choices, case),
            file_ids=case.file_ids,
            release_on=release_day,
            at_once=at_once,
        )
    )
    return Filed(receipt, shown_on, at_once, file_numbers(entries))


def file_numbers(entries: Sequence[Entry]) -> dict[str, int]:
    """Return the number under which each file of these entries is shown, by its id."""
    return {entry.body.file_id: entry.body.order + 1 for entry in entries if isinstance(entry.body, Attachment)}


def seal_next(
    case: CaseKeys, keys: ReceiptKeys, existing: Sequence[Entry], bodies: Sequence[Body], dated: EntryDate
) -> tuple[tuple[Sealed, ...], tuple[Entry, ...], Head]:
    """
    Return the bodies sealed as the next entries of the reporter's stream, the whole stream then, and its head.

    Attachments are ordered here, by how many stand before: a file that was taken back leaves no gap behind it.
    """
    entries = list(existing)
    sealed: list[Sealed] = []
    for untidy in bodies:
        body = _in_order(untidy, entries)
        item, entry, _head = append(
            case, Stream.REPORTER, entries, Authorship(keys.id.hex(), keys.sign_seed, dated.day, dated.after), body
        )
        sealed.append(item)
        entries.append(entry)
    return tuple(sealed), tuple(entries), make_head(case, Stream.REPORTER, entries)


def _in_order(body: Body, before: Sequence[Entry]) -> Body:
    if not isinstance(body, Attachment):
        return body
    return msgspec.structs.replace(body, order=sum(isinstance(entry.body, Attachment) for entry in before))


def _report(choices: ReportChoices, keys: ReceiptKeys, tried: Sequence[tuple[TriedKind, int]]) -> Report:
    return Report(
        text=choices.text,
        organisation=choices.organisation,
        concerns=tuple(sorted(choices.concerns)),
        concerns_unnamed=choices.unnamed,
        sealed_to=tuple(sorted(member.id for member in choices.readers)),
        roster_version=choices.roster.version,
        roster_hash=choices.roster.digest.hex(),
        reporter_sign=keys.sign_public.hex(),
        reporter_box=keys.box_public.hex(),
        language=choices.language,
        urgent=choices.urgent,
        earlier=choices.earlier,
        tried=tuple(tried) or msgspec.UNSET,
    )


def _box_items(choices: ReportChoices, case: PendingCase) -> dict[bytes, bytes]:
    readers = {member.id for member in choices.readers}
    return {
        bytes.fromhex(member.id): make_grant(case.keys, bytes.fromhex(member.id), member.box, choices.roster.version)
        if member.id in readers
        else decoy_grant()
        for member in choices.roster.members
    }
