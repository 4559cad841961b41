"""From an opened case to its summary: what the overview needs, without the day on which it is read."""

from datetime import date
from typing import Final

from cases.case.signers import stepped_aside
from cases.case.timeline import CaseAction, CaseStage, CaseState, Deadline, DeadlineKind
from desk.keep.summaries import Limit, Summary
from desk.work.case.opened import DeskCase
from desk.work.case.readers import inside, signers_beside
from trusted.case.entry import CompletionRequest, Entry, Opened, Stream

FIRST_CHARACTERS: Final = 70


def first_line(untrusted_text: str) -> str:
    """Return the beginning of a text: its first line, up to a word's end."""
    lines = [" ".join(line.split()) for line in untrusted_text.splitlines() if line.strip()]
    line = lines[0] if lines else ""
    return line if len(line) <= FIRST_CHARACTERS else line[:FIRST_CHARACTERS].rsplit(" ", 1)[0] + " …"


def next_limit(state: CaseState) -> Deadline | None:
    """Return the nearest limit that members have to meet; a day that the reporter was given is none of them."""
    limits = [limit for limit in state.due if limit.kind not in {DeadlineKind.COMPLETION, DeadlineKind.ERASE}]
    return min(limits, key=lambda limit: limit.day, default=None)


def summary_of(case: DeskCase) -> Summary:
    """Return what the overview shows of an opened case."""
    state, due = case.state, next_limit(case.state)
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
        due=None if due is None else Limit(str(due.kind), due.day),
        on_hold=state.on_hold,
        closed_on=state.closed_on,
        erasable_from=state.erasable_from,
        erase_by=state.erase_by,
        others=others,
        answered=_answered(case),
        signed=tuple(case.name_of(member) for member, _reference in case.waiting if member != case.own_id),
        own_signature=any(member == case.own_id for member, _reference in case.waiting),
        is_left=case.own_id in stepped_aside(case.streams),
        may_write=CaseAction.REPLY in state.allowed,
        may_sign=CaseAction.CO_SIGN in state.allowed,
        warnings=case.warnings,
        to_lock_out=to_lock_out(case),
        beside=tuple(member.name for member in signers_beside(case)),
    )


def to_lock_out(case: DeskCase) -> tuple[str, ...]:
    """Return the names of those who have stepped aside and still have the key; nothing for who has done so herself."""
    aside = stepped_aside(case.streams)
    if not aside or case.own_id in aside:
        return ()
    return tuple(case.name_of(one) for one in sorted(aside & inside(case)))


def _is_news(case: DeskCase, entry: Entry) -> bool:
    """Whether somebody else wrote it. That a colleague has opened the case is no news."""
    return entry.author != case.own_id and not isinstance(entry.body, Opened)


def _answered(case: DeskCase) -> date | None:
    """Return when members last asked for something that the reporter has seen and written after."""
    seen = max((entry.after.get(Stream.MEMBERS, 0) for entry in case.streams[Stream.REPORTER]), default=0)
    asked = [
        entry.day
        for entry in case.streams.get(Stream.MEMBERS, ())
        if isinstance(entry.body, CompletionRequest) and entry.number < seen
    ]
    return asked[-1] if asked else None
