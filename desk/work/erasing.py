"""To erase a case: a signed statement alone. The first waits at the server, the second member's executes it.

While it waits its member can take it back. A server that was changed can keep what it has been given all the same: a
second member who signs the same reference later would then make it whole.
"""

from typing import Literal

from cases.case.signers import left_to_sign, may_erase, stepped_aside
from cases.case.timeline import CaseAction
from desk.errors import NotNow, ServerRefused
from desk.work import writing
from desk.work.case.casebook import Casebook
from desk.work.case.opened import DeskCase
from trusted.case.statements import Act


async def erase(book: Casebook, name: str, reference: str) -> Literal["kept", "done"]:
    """Sign that the case is to be erased; done when another member had signed the same before. Raises NotNow."""
    case = await book.open(book.state.find(name))
    writing.require_now(case, CaseAction.CO_SIGN, "erase.aside")
    # How long the reporter's inbox stays open after closing is the server's setting, and the server holds to it; a desk
    # that counted days by itself would know better than the municipality.
    if case.state.closed_on is None:
        raise NotNow("erase.not_closed")
    if case.state.on_hold:
        raise NotNow("erase.hold")
    _require_one_not_aside(book, case)
    _require_signers_count(case, reference)
    answer = await writing.declare(book, case, Act.ERASE, reference)
    if answer.state == "done":
        # The tombstone is fetched, verified and kept, and the case's key forgotten.
        await book.forget_erased(case.known)
        return "done"
    return "kept"


async def withdraw(book: Casebook, name: str) -> DeskCase:
    """Take back our signature that waits; return the case without it. Raises NotNow when none does."""
    case = await book.open(book.state.find(name))
    if case.own_id not in {member for member, _reference in case.waiting}:
        raise NotNow("erase.not_signed")
    try:
        await writing.declare(book, case, Act.WITHDRAW_ERASE, "")
    except ServerRefused as refused:
        raise NotNow("erase.not_signed") if refused.text_key == "erase.not_signed" else refused from None
    return await book.open(case.known)


def _require_one_not_aside(book: Casebook, case: DeskCase) -> None:
    """Return unless our signature would be the second of two who have stepped aside while somebody has not."""
    aside = stepped_aside(case.streams)
    signed = {member for member, _reference in case.waiting} - {case.own_id}
    roster = None if book.chain is None else book.chain.current
    if case.own_id in aside and signed and signed <= aside and (roster is None or left_to_sign(case.streams, roster)):
        raise NotNow("erase.two_aside")


def _require_signers_count(case: DeskCase, reference: str) -> None:
    """Return unless our signature would be one of two of which one does not count: no other desk would believe it."""
    others = {member for member, waiting in case.waiting if waiting == reference}
    if not {case.own_id, *others} <= may_erase(case.streams):
        raise NotNow("erase.by_another")
