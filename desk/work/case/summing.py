"""From an opened case to its summary: what the overview needs, without the day on which it is read."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from cases.case.signers import stepped_aside
from cases.case.timeline import CaseAction, CaseStage, CaseState, Deadline, DeadlineKind
from desk.keep.summaries import Limit, Person, Summary
from desk.work.case.claims import claims_of, refusal_of
from desk.work.case.held import held_by_erasure
from desk.work.case.opened import DeskCase, is_record
from desk.work.case.readers import may_sign_first, signers_beside, signers_of_lock_out, to_lock_out
from trusted.case.entry import CompletionRequest, Entry, Stream

FIRST_CHARACTERS: Final = 70


def first_line(untrusted_text: str) -> str:
    """Return the beginning of a text: its first line, up to a word's end."""
    lines = [" ".join(line.split()) for line in untrusted_text.splitlines() if line.strip()]
    line = lines[0] if lines else ""
    return line if len(line) <= FIRST_CHARACTERS else line[:FIRST_CHARACTERS].rsplit(" ", 1)[0] + " …"


def members_limits(state: CaseState) -> tuple[Deadline, ...]:
    """Return the limits that members have to meet, nearest first; a day that the reporter was given is none of them."""
    limits = [limit for limit in state.due if limit.kind not in {DeadlineKind.COMPLETION, DeadlineKind.ERASE}]
    return tuple(sorted(limits, key=lambda limit: limit.day))


def summary_of(case: DeskCase) -> Summary:
    """Return what the overview shows of an opened case."""
    state, claims, erasure = case.state, claims_of(case), held_by_erasure(case)
    others = {
        int(stream): max((entry.number + 1 for entry in entries if _is_news(case, entry)), default=0)
        for stream, entries in case.streams.items()
    }
    return Summary(
        case_id=case.known.case_id,
        title=first_line(case.report.text),
        register=case.register_number,
        organisation="" if state.organisation is None else case.organisation_name(),
        received=case.release_day,
        urgent=case.report.urgent,
        stage=str(CaseStage.CLOSED if state.state is CaseStage.ERASABLE else state.state),
        limits=tuple(Limit(str(limit.kind), limit.day) for limit in members_limits(state)),
        on_hold=state.on_hold,
        closed_on=state.closed_on,
        erasable_from=state.erasable_from,
        erase_by=state.erase_by,
        others=others,
        answered=_answered(case),
        signed=() if erasure is None else erasure.by,
        own_signature=erasure is not None and erasure.is_own,
        is_left=case.own_id in stepped_aside(case.streams),
        allowed=tuple(sorted(state.allowed - {CaseAction.ERASE})),
        warnings=case.warnings,
        to_lock_out=to_lock_out(case),
        beside=tuple(member.name for member in signers_beside(case)),
        movers=tuple(member.name for member in signers_of_lock_out(case)),
        may_sign_first=erasure is None and may_sign_first(case),
        may_sign_second=erasure is not None and erasure.to_sign,
        is_unfinished=state.closed_on is not None and case.server_state != "closed",
        quiet_since=max((entry.day for entry in _written(case)), default=case.release_day),
        holder=_person(case, claims.holder),
        cover=_person(case, claims.cover),
        cover_until=claims.cover_until,
        harm_since=None if state.closed_on is not None else claims.harm_since,
        is_later_look=claims.is_later_look,
        wanted=min((limit.day for limit in state.due if limit.kind is DeadlineKind.COMPLETION), default=None),
        refused=None if erasure is None else _person(case, refusal_of(case)[0]),
    )


def _written(case: DeskCase) -> Iterator[Entry]:
    """Yield what members have written in the case: that one of them has opened it is nothing."""
    for stream in (Stream.MEMBERS, Stream.NOTES):
        yield from (entry for entry in case.streams.get(stream, ()) if not is_record(entry.body))


def _person(case: DeskCase, member: str) -> Person | None:
    return Person(case.name_of(member), member == case.own_id) if member else None


def _is_news(case: DeskCase, entry: Entry) -> bool:
    """Whether somebody else wrote it. That a colleague has opened or taken the case is no news."""
    return entry.author != case.own_id and not is_record(entry.body)


def _answered(case: DeskCase) -> date | None:
    """Return when members last asked for something that the reporter has seen and written after."""
    seen = max((entry.after.get(Stream.MEMBERS, 0) for entry in case.streams[Stream.REPORTER]), default=0)
    asked = [
        entry.day
        for entry in case.streams.get(Stream.MEMBERS, ())
        if isinstance(entry.body, CompletionRequest) and entry.number < seen
    ]
    return asked[-1] if asked else None
