"""What a member sees of cases and of the roster: one JSON object, or prose for a terminal.

The words come from somebody unknown, who may have put control characters among them: on a terminal these can hide
text, rewrite what stands above or, in some programs, type for the reader. `one_line` shows each as a mark, and line
breaks too: a heading or a warning of the desk itself stands on a line of its own, so nobody can write one. JSON escapes
them by itself.
"""

import unicodedata
from collections.abc import Sequence
from datetime import date
from typing import Any

from cases.case.timeline import CaseState, DeadlineKind
from cases.roster.chain import Chain, Roster, fingerprint_words
from desk.keep.saving import short_name
from desk.web.views.sentences import in_words
from desk.work.case.opened import DeskCase
from desk.work.case.waiting import Unripe

# Control and format characters (among them those that turn the direction of text), surrogates, private use.
# Some of these break a line in one program and not in another, so they are shown as marks too.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_MARK = "\N{REPLACEMENT CHARACTER}"


def one_line(untrusted_text: str) -> str:
    """Return the text as one line, with nothing in it that a terminal would obey."""
    return "".join(
        _MARK if unicodedata.category(character) in _HIDDEN_CATEGORIES else character for character in untrusted_text
    )


def state_object(case: DeskCase) -> dict[str, Any]:
    """Return a case as one line of the list, without its words."""
    state = case.state
    return {
        "case": case.known.case_id.hex(),
        "state": state.state,
        "organisation": state.organisation,
        "register_number": case.register_number,
        "urgent": case.report.urgent,
        "earlier": case.report.earlier,
        "tried": dict(case.report.tried or ()),
        "language": case.report.language,
        "release_day": _day(case.release_day),
        "deadlines": [
            {"kind": due.kind, "day": due.day.isoformat(), "met": due.met, "overdue": due.overdue}
            for due in state.deadlines
        ],
        "erase_by": _day(state.erase_by),
        "inbox_ended": state.inbox_ended,
        "new": case.new_entries,
        "attachments": len(case.attachments),
        "warnings": list(case.warnings),
    }


def list_prose(cases: Sequence[DeskCase]) -> str:
    """Return the list of cases for a terminal, most pressing first."""
    if not cases:
        return "No cases."
    ordered = sorted(cases, key=lambda case: (_next_day(case.state), case.known.case_id))
    return "\n\n".join("\n".join(_state_lines(case)) for case in ordered)


def roster_object(chain: Chain, unripe: Unripe | None, pinned: int) -> dict[str, Any]:
    """Return the chain as this desk takes it, what waits for signatures, and what waits for its fourteen days."""
    return {
        "problem": chain.problem,
        "pinned_version": pinned,
        "versions": [_roster_version(roster) for roster in chain.all],
        "proposal": None if chain.proposal is None else _roster_version(chain.proposal),
        "not_taken": None
        if unripe is None
        else {**_roster_version(unripe.roster), "from_day": unripe.from_day.isoformat()},
    }


def roster_prose(roster: Roster, heading: str) -> str:
    """Return one version of the roster for a terminal, with the six words that members compare by voice."""
    lines = [f"{heading}: version {roster.version}{', TRIAL' if roster.trial else ''}"]
    lines += [f"  {one_line(member.name)} ({member.role}, {one_line(member.label)})" for member in roster.members]
    lines.append(f"  six words to compare by voice: {' '.join(fingerprint_words(roster.digest))}")
    return "\n".join(lines)


def _roster_version(roster: Roster) -> dict[str, Any]:
    return {
        "version": roster.version,
        "hash": roster.digest.hex(),
        "words": list(fingerprint_words(roster.digest)),
        "trial": roster.trial,
        "members": [
            {"id": member.id, "name": member.name, "role": member.role, "label": member.label}
            for member in roster.members
        ],
    }


def _state_lines(case: DeskCase) -> list[str]:
    state = case.state
    organisation = one_line(case.organisation_name())
    first = f"case {short_name(case.known.case_id)}: {state.state}, {organisation}"
    first += ", URGENT" if case.report.urgent else ""
    first += f", {case.new_entries} new" if case.new_entries else ""
    lines = [first]
    lines += [f"  register number: {one_line(case.register_number)}"] if case.register_number else []
    lines += [
        f"  {limit.kind} by {limit.day}{', OVERDUE' if limit.overdue else ''}"
        for limit in state.due
        if limit.kind is not DeadlineKind.ERASE
    ]
    lines += [
        f"  signed to erase: {_signer(case, member)}, {one_line(reference)}" for member, reference in case.waiting
    ]
    lines += [f"  WARNING: {in_words(warning)}" for warning in case.warnings]
    return lines


def _signer(case: DeskCase, member: str) -> str:
    return "you" if member == case.own_id else one_line(case.name_of(member))


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _next_day(state: CaseState) -> date:
    return min((limit.day for limit in state.due), default=date.max)
