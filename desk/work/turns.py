"""What changes the course of a case: opening it again, a legal hold, a member who steps aside.

Reopening and holding are an entry, which the reporter can read and from which every desk folds the state, and a
statement, by which the server knows that it may not erase. The entry comes first, as in closing: after a break in
between the same command makes good what is missing, and says so when nothing is.

Who steps aside writes it among the notes: the reporter is not told who of the members knows whom. From then on every
desk allows her notes, and her signature beside another's as long as too few others can sign (`cases.case.signers`). A
member can say it of herself only, or one could shut another out.
"""

from collections.abc import Callable

from cases.case.statements import Act
from cases.case.timeline import Action
from cases.entry import Body, LegalHold, Recusal, Reopen, Stream
from desk.errors import NotNow, ServerRefused
from desk.work import acts
from desk.work.casebook import Casebook
from desk.work.opened import OpenedCase

_UNCHANGED = "hold.unchanged"


async def reopen(book: Casebook, name: str, text: str) -> OpenedCase:
    """Open a closed case again, with a text for the reporter. Raises NotNow, and what opening the case raises."""
    case = await book.open(book.state.find(name))
    if case.state.closed_on is not None:
        case = await acts.write(book, name, Action.REOPEN, lambda _: Reopen(text))
    elif case.server_state != "closed":
        raise NotNow("reopen.not_closed")
    await acts.declare(book, case, Act.REOPEN, "")
    return await book.open(book.state.find(name))


async def hold(book: Casebook, name: str, reason: str) -> OpenedCase:
    """Keep a case from being erased, the two-year cap included. Raises as `reopen` does."""
    return await _change_hold(book, name, Action.HOLD, lambda _: LegalHold(reason, on=True))


async def release_hold(book: Casebook, name: str, reason: str) -> OpenedCase:
    """Let a case be erased again. Raises as `reopen` does."""
    return await _change_hold(book, name, Action.RELEASE_HOLD, lambda _: LegalHold(reason, on=False))


async def recuse(book: Casebook, name: str, reason: str) -> OpenedCase:
    """Record that the member of this desk steps aside in a case. Raises as `reopen` does."""
    return await acts.write(book, name, Action.RECUSE, lambda _: Recusal(book.keys.id, reason), Stream.NOTES)


async def _change_hold(book: Casebook, name: str, action: Action, body_for: Callable[[OpenedCase], Body]) -> OpenedCase:
    case = await book.open(book.state.find(name))
    is_new = case.state.on_hold is not (action is Action.HOLD)
    if is_new:
        case = await acts.write(book, name, action, body_for)
    try:
        await acts.declare(book, case, Act.HOLD if action is Action.HOLD else Act.RELEASE_HOLD, "")
    except ServerRefused as refused:
        if refused.text_key != _UNCHANGED:
            raise
        # Two members can hold a case at the same moment: the server has heard of one, the entries are of both.
        if not is_new:
            raise NotNow(_UNCHANGED) from refused
    return await book.open(book.state.find(name))
