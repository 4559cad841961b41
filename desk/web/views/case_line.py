"""A case as one line: its own first words, number, organisation, day, state and what comes next."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Final

from cases.case.timeline import CaseAction, CaseStage, CaseState, Deadline, DeadlineKind, is_erasable
from desk.keep.summaries import Limit, Summary
from desk.web.views.overview.whose import whose_in_words
from desk.web.views.pages import N_, Language
from desk.web.views.states import NextDay, next_day, state_in_words
from desk.web.views.written import inert_line
from desk.work.case.opened import DeskCase
from desk.work.case.summing import summary_of
from desk.work.due import has_answer
from trusted.case.entry import Stream

NO_ORGANISATION: Final = N_("organisation not given")
_NO_DAY: Final = NextDay("", "")
_PERSON: Final = b"ks1-case-number"
_NUMBERS: Final = 1_000_000


@dataclass(frozen=True, slots=True, repr=False)
class CaseLine:
    """One case on the overview."""

    path: str
    title: str
    number: str
    register: str = ""
    organisation: str = ""
    received: str = ""
    state: str = ""
    # What this member has not had on the screen, in words.
    new: str = ""
    # Something of the reporter's came after what members wrote, and was not read.
    answered: bool = False
    urgent: bool = False
    next: NextDay = _NO_DAY
    # Not there now: it was moved to a new key, or is no longer this member's.
    waiting: bool = False
    # This member has left it, and it stands here for her signature alone: no heading, no day, nothing new.
    is_left: bool = False
    # Of a report that this member has not read: where she steps aside before she does.
    leave: str = ""
    # Whether an erasure waits for a signature: hers or a colleague's.
    erasing: bool = False
    # Who has it, and the days that members have set themselves.
    own: tuple[str, ...] = ()


def case_number(case_id: bytes) -> str:
    """Return the number by which members talk of a case, "226 417": made from its id, the same at every desk.

    It is no running number: one would show the gaps of the cases that a member cannot open.
    """
    digest = blake2b(case_id, person=_PERSON, digest_size=8).digest()
    digits = f"{int.from_bytes(digest, 'big') % _NUMBERS:06d}"
    return f"{digits[:3]} {digits[3:]}"


def case_path(case_id: bytes) -> str:
    """Return the address of a case's page."""
    return f"/case/{case_id.hex()}"


def case_line(case: DeskCase, today: date, language: Language) -> CaseLine:
    """Return what the overview shows of an opened case."""
    return line_of(summary_of(case), case.known.read, today, language)


def line_of(
    summary: Summary, read: Mapping[int, int], today: date, language: Language, *, waiting: bool = False
) -> CaseLine:
    """Return what the overview shows of a case on a day; `read` is how far the member has read its streams."""
    state, number = state_on(summary, today), case_number(summary.case_id)
    path, by_number = case_path(summary.case_id), language.translate(N_("Case %(number)s"), number=number)
    if summary.is_left:
        return CaseLine(path, by_number, number, is_left=True)
    answered = has_answer(summary, read) and not waiting
    return CaseLine(
        path=path,
        title=by_number if waiting else inert_line(summary.title),
        number=number,
        register=inert_line(summary.register),
        organisation=inert_line(summary.organisation) or language.translate(NO_ORGANISATION),
        received="" if summary.received is None else language.day(summary.received, today),
        state=state_in_words(state, language),
        new="" if answered or waiting else _new_in_words(summary, read, language),
        answered=answered,
        urgent=summary.urgent,
        next=next_day(state, today, language),
        waiting=waiting,
        leave="" if waiting else leave_path(summary, read),
        erasing=bool(summary.signed or summary.own_signature),
        own=() if waiting else tuple(_own(summary, today, language)),
    )


def _own(summary: Summary, today: date, language: Language) -> Iterator[str]:
    """Yield who has the case, until when an answer is wanted, and when the risk of harm is looked at again."""
    if whose := whose_in_words(summary, today, language):
        yield whose
    if summary.wanted is not None:
        yield language.translate(N_("Answer wanted by %(day)s."), day=language.day(summary.wanted, today))
    if summary.is_later_look and summary.harm_since is not None:
        again = N_("The risk of harm is looked at again on %(day)s.")
        yield language.translate(again, day=language.day(summary.harm_since, today))


def leave_path(summary: Summary, read: Mapping[int, int]) -> str:
    """Return where a member steps aside from a report that she has not read; nothing once she has, or may not."""
    may_leave = CaseAction.RECUSE in summary.allowed and not read.get(int(Stream.REPORTER), 0)
    return f"{case_path(summary.case_id)}/recuse" if may_leave else ""


def _new_in_words(summary: Summary, read: Mapping[int, int], language: Language) -> str:
    if not any(count > read.get(stream, 0) for stream, count in summary.others.items()):
        return ""
    # Of a case that she has read or signed for, "not read" would deny what she did: something came after it.
    is_known = summary.own_signature or read.get(int(Stream.REPORTER), 0)
    return language.translate(N_("Something to read") if is_known else N_("New"))


def state_on(summary: Summary, today: date) -> CaseState:
    """Return where a case is on a day, as far as its summary says: with one limit, and without what is allowed."""
    stage = CaseStage(summary.stage)
    over = is_erasable(summary.erasable_from, today, on_hold=summary.on_hold)
    due = () if summary.due is None else (_deadline(summary.due, today),)
    return CaseState(
        state=CaseStage.ERASABLE if stage is CaseStage.CLOSED and over else stage,
        organisation=summary.organisation,
        deadlines=due,
        outcome=None,
        open_requests=(),
        open_minutes=(),
        withdrawn=stage is CaseStage.WITHDRAWN,
        withdrawn_files=frozenset(),
        on_hold=summary.on_hold,
        closed_on=summary.closed_on,
        inbox_ended=False,
        erasable_from=summary.erasable_from,
        erase_by=summary.erase_by,
        allowed=frozenset(),
    )


def _deadline(due: Limit, today: date) -> Deadline:
    return Deadline(DeadlineKind(due.kind), due.day, met=False, overdue=today > due.day)
