"""What a member sees of a case: one JSON object, or prose for a terminal.

The words come from somebody unknown, who may have put control characters among them: on a terminal these can hide
text, rewrite what stands above or, in some programs, type for the reader. `plain` leaves line breaks and tabs and shows
everything else of that sort as a mark. JSON escapes them by itself. Text by others is indented or kept to one line: a
heading or a warning of the desk itself stands at the edge, so nobody can write one.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from cases.case.merging import merge
from cases.case.signers import stepped_aside
from cases.case.timeline import CaseAction, CaseState, DeadlineKind
from cases.entry import Attachment, Entry, InboxEnded, MinutesApproved, Report, ScrubRecord
from cases.roster.chain import Chain, Member, Roster, fingerprint_words
from cases.sentences import in_words_of_desk
from desk.keep.saving import file_name, short_name
from desk.work.answers import Cleaned
from desk.work.case.opened import DeskCase
from desk.work.case.waiting import Unripe
from desk.work.moves import ReadOffer
from scrubbers.report_groups import LEFT, grouped_names

_KEPT_CONTROLS = "\n\t"
# Control and format characters (among them those that turn the direction of text), surrogates, private use.
# Some of these break a line in one program and not in another, so they are shown as marks too.
_HIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_INDENT = "  "
# Closing is one command and two entries; a file to the reporter and the notes of a conversation are replies.
_COMMANDS: Final[dict[str, tuple[str, ...]]] = {
    CaseAction.CONCLUDE: ("close",),
    CaseAction.HAND_OVER: ("move",),
    CaseAction.CO_SIGN: ("sign-move",),
    CaseAction.REPLY: ("reply", "answer", "minutes", "meet"),
    CaseAction.NOTE: ("note", "link", "register"),
}
_MARK = "\N{REPLACEMENT CHARACTER}"


def one_line(untrusted_text: str) -> str:
    """Return the text as one line, so that nothing in it can look like a line of the desk's own."""
    return plain(untrusted_text).replace("\n", _MARK).replace("\t", _MARK)


def plain(untrusted_text: str) -> str:
    """Return the text with nothing in it that a terminal would obey."""
    return "".join(
        _MARK
        if unicodedata.category(character) in _HIDDEN_CATEGORIES and character not in _KEPT_CONTROLS
        else character
        for character in untrusted_text
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
        "allowed": commands_for(state.allowed),
        "warnings": list(case.warnings),
    }


def commands_for(allowed: Iterable[str]) -> list[str]:
    """Return what a member may do, by the names of the desk's commands."""
    return sorted({command for action in allowed for command in _COMMANDS.get(action, (action,))})


def case_object(case: DeskCase) -> dict[str, Any]:
    """Return a whole case, decrypted."""
    return {
        **state_object(case),
        "entries": [_entry_object(case, entry) for entry in merge(case.streams)],
        "sealed_to": list(case.report.sealed_to),
        "notes_hidden": case.notes_hidden,
        "erase_signed": [{"member": member, "reference": reference} for member, reference in case.waiting],
    }


def case_prose(case: DeskCase) -> str:
    """Return a whole case for a terminal."""
    lines = [*_state_lines(case), ""]
    for entry in merge(case.streams):
        lines += [f"── {_title(case, entry)}", *_indented(_fields(case, entry)), ""]
    return "\n".join(lines)


def _indented(fields: list[str]) -> list[str]:
    return [_INDENT + line for field in fields for line in field.split("\n")]


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
    lines += [f"  written in: {one_line(case.report.language)}"]
    lines += ["  The reporter says that it belongs to an earlier report."] if case.report.earlier else []
    if tried := case.report.tried:
        told = ", ".join(f"{count} {kind}" for kind, count in tried)
        lines += [f"  The reporter tried to attach: {told}. It was not accepted; ask in words what it shows."]
    lines += [
        f"  {limit.kind} by {limit.day}{', OVERDUE' if limit.overdue else ''}"
        for limit in state.due
        if limit.kind is not DeadlineKind.ERASE
    ]
    lines += [] if state.closed_on is None else [f"  {_erasing(case)}"]
    lines += ["  The reporter has ended the inbox and does not read answers."] if state.inbox_ended else []
    lines += [f"  you may: {', '.join(commands_for(state.allowed)) or 'nothing more'}"]
    lines += [
        f"  signed to erase: {_signer(case, member)}, {one_line(reference)}" for member, reference in case.waiting
    ]
    lines += [f"  WARNING: {in_words_of_desk(warning)}" for warning in case.warnings]
    lines += ["  There are notes that this member was not given the key to."] if case.notes_hidden else []
    return lines


def _erasing(case: DeskCase) -> str:
    """Return from when a closed case may be erased, by the inbox that the server has set; it is no limit."""
    if case.state.on_hold:
        return "on legal hold: not erased until that is released"
    return f"may be erased from {case.state.erasable_from}"


def move_prose(read: ReadOffer) -> str:
    """Return what the move of a case comes to, for the second member to agree to."""
    lines = [
        f"Case {short_name(read.case.known.case_id)}, a move by {one_line(read.by.name)}: {one_line(read.reason)}",
        f"  reads from then on: {_names(read.readers)}",
        f"  new to the case: {_names(read.joining)}",
        f"  does not read it any more: {_names(read.leaving)}",
    ]
    aside = read.case.own_id in stepped_aside(read.case.streams)
    lines += [f"  {in_words_of_desk('move.second_yours')}"] if aside else []
    return "\n".join(lines)


def move_object(read: ReadOffer) -> dict[str, Any]:
    """Return the same for a program, members by their ids."""
    return {
        "readers": [member.id for member in read.readers],
        "joining": [member.id for member in read.joining],
        "leaving": [member.id for member in read.leaving],
    }


def _names(members: Iterable[Member]) -> str:
    return ", ".join(one_line(member.name) for member in members) or "nobody"


def _signer(case: DeskCase, member: str) -> str:
    return "you" if member == case.own_id else one_line(case.name_of(member))


def _title(case: DeskCase, entry: Entry) -> str:
    kind = _kind(entry)
    return f"{entry.day} {kind}, {one_line(case.author_name(entry))}"


def _kind(entry: Entry) -> str:
    return str(entry.body.__struct_config__.tag)


def _fields(case: DeskCase, entry: Entry) -> list[str]:
    body = entry.body
    if isinstance(body, Attachment):
        marked = ", WITHDRAWN by the reporter" if body.file_id in case.state.withdrawn_files else ""
        return [f"{file_name(case.known.case_id, body, entry.stream)}, {body.size} bytes{marked}"]
    if isinstance(body, ScrubRecord):
        return scrub_lines(body.removed, body.lost)
    shown = []
    if isinstance(body, Report):
        known_by = [f"by voice; words to know the caller by: {plain(body.call_back)}"] if body.call_back else []
        return [plain(body.text), *known_by]
    if isinstance(body, MinutesApproved):
        notes = "the report as a member wrote it down is right"
        if body.number is not None:
            notes = f"the notes that are entry {body.number} of the members are right"
        return [f"{notes}; from here on with a new case code"]
    if isinstance(body, InboxEnded):
        return ["the reporter reads and writes nothing any more; erasing need not wait for the inbox"]
    for name in body.__struct_fields__:
        value = getattr(body, name)
        if value not in ("", None):
            shown.append(plain(str(value)) if name == "text" else f"{name.replace('_', ' ')}: {plain(str(value))}")
    return shown


def scrub_lines(removed: Iterable[tuple[str, str]], lost: Iterable[str]) -> list[str]:
    """Return what cleaning removed and cost, in kinds, and what no cleaning removes."""
    groups = ", ".join(grouped_names(what for what, _where in removed)) or "nothing"
    missed = one_line(", ".join(lost)).replace("_", " ")
    lines = [f"removed: {groups}"]
    lines += [f"lost in the cleaning: {missed}"] if missed else []
    return [*lines, f"not removable: {', '.join(LEFT)}"]


def answer_prose(cleaned: Cleaned) -> str:
    """Return what came back from cleaning, for the member to agree to."""
    answer = cleaned.copy.answer
    lines = [f"clean copy: {one_line(answer.file_kind)}, {answer.size} bytes, SHA-256 {cleaned.digest}"]
    lines += scrub_lines(answer.removed, answer.lost)
    return "\n".join(lines)


def answer_object(cleaned: Cleaned) -> dict[str, Any]:
    """Return the same for a program."""
    answer = cleaned.copy.answer
    return {
        "kind": answer.file_kind,
        "size": answer.size,
        "digest": cleaned.digest,
        "removed": [{"what": what, "where": where} for what, where in answer.removed],
        "groups": list(grouped_names(what for what, _where in answer.removed)),
        "lost": list(answer.lost),
        "not_removable": list(LEFT),
        "version": answer.version,
    }


def _entry_object(case: DeskCase, entry: Entry) -> dict[str, Any]:
    fields = msgspec.to_builtins(entry.body)
    if isinstance(entry.body, Attachment):
        fields["name"] = file_name(case.known.case_id, entry.body, entry.stream)
        fields["withdrawn"] = entry.body.file_id in case.state.withdrawn_files
    if isinstance(entry.body, ScrubRecord):
        fields["groups"] = list(grouped_names(what for what, _where in entry.body.removed))
    return {
        "stream": entry.stream.name.lower(),
        "number": entry.number,
        "day": entry.day.isoformat(),
        "author": case.author_name(entry),
        "new": case.is_new(entry),
        **fields,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _next_day(state: CaseState) -> date:
    return min((limit.day for limit in state.due), default=date.max)
