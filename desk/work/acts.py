"""What a member does to a case: the table of acts, and the one way in which they are carried out.

An act is one or more entries, signed and sealed here (`desk.work.writing`). Reopening, holding and closing are entries,
which the reporter can read and from which every desk folds the state, and then a signed statement, by which the server
knows whether it may erase. The entries come first: after a break in between the same command makes good what is
missing, and refuses when nothing is. Closing is an outcome with a text for the reporter and a Close entry, in this
order, so that no case is ever closed without its outcome.

A member who steps aside writes it among the notes: the reporter does not learn which of the members knows whom. From
then on every desk allows her notes, and her signature beside another's as long as too few others can sign
(`cases.case.signers`). A member can step aside herself and nobody else, or one could shut another out.

To erase a case is a statement alone: `desk.work.erasing`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from cases.case.deadlines import wanted_by
from cases.case.timeline import CaseAction
from desk.errors import DayTooSoon, NotNow, ServerRefused
from desk.work import writing
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from trusted.case.clock import today
from trusted.case.entry import (
    Acknowledgement,
    Assessment,
    Body,
    CaseLink,
    Category,
    Close,
    CompletionRequest,
    Feedback,
    LegalHold,
    MeetingRequest,
    Message,
    Note,
    Outcome,
    PhoneMinutes,
    Recusal,
    RegisterNumber,
    Reopen,
    Stream,
)
from trusted.case.errors import NotAllowed
from trusted.case.statements import Act


@dataclass(frozen=True, slots=True, repr=False)
class ActChoices:
    """What some acts need besides their text."""

    # By which day the reporter should answer.
    by: date | None = None
    outcome: Literal["handled", "dismissed"] = "handled"
    # Why the case is dismissed.
    reason: str = ""


NO_CHOICES: Final = ActChoices()


@dataclass(frozen=True, slots=True, repr=False)
class ActInput:
    """What an act is made of: its text, who writes it and when, and what was chosen with it."""

    text: str
    member: str
    today: date
    chosen: ActChoices = NO_CHOICES


@dataclass(frozen=True, slots=True)
class EntryRule:
    """One entry of an act: what the case must allow, what is written, and in which stream."""

    action: CaseAction
    body: Callable[[ActInput], Body]
    stream: Stream = Stream.MEMBERS


@dataclass(frozen=True, slots=True)
class StatementRule:
    """The statement that follows an act's entries, and how the desk sees what is there already."""

    act: Act
    is_written: Callable[[DeskCase], bool]
    # Whether the server knows it already. Of a hold it tells no desk; it refuses the second statement.
    is_known: Callable[[DeskCase], bool]
    # The text key for an act that changes nothing.
    unchanged: str


@dataclass(frozen=True, slots=True)
class ActRule:
    """One act: its entries, and the statement that follows them if the server must know."""

    entries: tuple[EntryRule, ...]
    statement: StatementRule | None = None


def _completion(given: ActInput) -> Body:
    try:
        return CompletionRequest(given.text, wanted_by(given.today, given.chosen.by))
    except NotAllowed as too_soon:
        raise DayTooSoon from too_soon


def _outcome(given: ActInput) -> Body:
    return Outcome(given.chosen.outcome, given.text, given.chosen.reason)


ACTS: Final[Mapping[str, ActRule]] = {
    "reply": ActRule((EntryRule(CaseAction.REPLY, lambda given: Message(given.text)),)),
    "acknowledge": ActRule((EntryRule(CaseAction.ACKNOWLEDGE, lambda given: Acknowledgement(given.text)),)),
    "ask": ActRule((EntryRule(CaseAction.ASK, _completion),)),
    "assess": ActRule((EntryRule(CaseAction.ASSESS, lambda given: Assessment(given.text)),)),
    # It meets the three months, and the case stays open.
    "feedback": ActRule((EntryRule(CaseAction.FEEDBACK, lambda given: Feedback(given.text)),)),
    # With the approval of the minutes the reporter gets a new case code.
    "minutes": ActRule((EntryRule(CaseAction.REPLY, lambda given: PhoneMinutes(given.text)),)),
    "meet": ActRule((EntryRule(CaseAction.REPLY, lambda given: MeetingRequest(given.text)),)),
    "note": ActRule((EntryRule(CaseAction.NOTE, lambda given: Note(given.text), Stream.NOTES),)),
    # Which earlier case belongs to this one, and the number in the group's own register: notes with a meaning.
    "link": ActRule((EntryRule(CaseAction.NOTE, lambda given: CaseLink(given.text), Stream.NOTES),)),
    "register": ActRule((EntryRule(CaseAction.NOTE, lambda given: RegisterNumber(given.text), Stream.NOTES),)),
    "category": ActRule((EntryRule(CaseAction.NOTE, lambda given: Category(given.text), Stream.NOTES),)),
    "recuse": ActRule((EntryRule(CaseAction.RECUSE, lambda given: Recusal(given.member, given.text), Stream.NOTES),)),
    "close": ActRule(
        (
            EntryRule(CaseAction.CONCLUDE, _outcome),
            EntryRule(CaseAction.CLOSE, lambda _: Close()),
        ),
        StatementRule(
            Act.CLOSE,
            is_written=lambda case: case.state.closed_on is not None,
            is_known=lambda case: case.server_state == "closed",
            unchanged="timing.not_now",
        ),
    ),
    "reopen": ActRule(
        (EntryRule(CaseAction.REOPEN, lambda given: Reopen(given.text)),),
        StatementRule(
            Act.REOPEN,
            is_written=lambda case: case.state.closed_on is None,
            is_known=lambda case: case.server_state != "closed",
            unchanged="reopen.not_closed",
        ),
    ),
    # A held case is not erased, at the two-year cap neither.
    "hold": ActRule(
        (EntryRule(CaseAction.HOLD, lambda given: LegalHold(given.text, on=True)),),
        StatementRule(
            Act.HOLD,
            is_written=lambda case: case.state.on_hold,
            is_known=lambda _: False,
            unchanged="hold.unchanged",
        ),
    ),
    "release-hold": ActRule(
        (EntryRule(CaseAction.RELEASE_HOLD, lambda given: LegalHold(given.text, on=False)),),
        StatementRule(
            Act.RELEASE_HOLD,
            is_written=lambda case: not case.state.on_hold,
            is_known=lambda _: False,
            unchanged="hold.unchanged",
        ),
    ),
}


async def do(book: Casebook, act: str, name: str, text: str, chosen: ActChoices = NO_CHOICES) -> DeskCase:
    """Carry out an act of the table on the case of this name, and return the case as it is then.

    Raises NotNow, DayTooSoon, and what opening the case raises.
    """
    given = ActInput(text, book.keys.id, today(book.clock), chosen)
    return await carry_out(book, await book.open(book.state.find(name)), ACTS[act], given)


async def carry_out(book: Casebook, case: DeskCase, rule: ActRule, given: ActInput) -> DeskCase:
    """Carry out an act on an opened case. Raises as `do`."""
    statement = rule.statement
    is_new = statement is None or not statement.is_written(case)
    if is_new:
        for entry in rule.entries:
            # Who is disqualified says so at once, whatever waits.
            ends_move = entry.action is CaseAction.RECUSE
            case = await writing.write(book, case, entry.action, entry.body(given), entry.stream, ends_move=ends_move)
    if statement is None:
        return case
    if not is_new and statement.is_known(case):
        raise NotNow(statement.unchanged)
    try:
        await writing.declare(book, case, statement.act, "")
    except ServerRefused as refused:
        if refused.text_key != statement.unchanged:
            raise
        # Two members can hold a case at the same moment: the server has the statement of one, the entries are of both.
        if not is_new:
            raise NotNow(statement.unchanged) from refused
    return await book.open(case.known)
