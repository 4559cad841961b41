"""To erase a case: a signed statement alone. The first waits at the server, the second member's executes it.

While it waits its member can take it back. A server that was changed can keep what it has been given all the same: a
second member who signs the same reference later would then make it whole.
"""

from typing import Literal

from cases.case.timeline import CaseAction
from desk.errors import NotNow, ServerRefused
from desk.work import writing
from desk.work.case.casebook import Casebook
from desk.work.case.claims import Claim, refusal_of, text_of
from desk.work.case.held import ERASURE
from desk.work.case.opened import DeskCase
from desk.work.case.readers import require_makes_pair
from desk.work.disposal import is_true_of
from trusted.case.entry import Note, Stream
from trusted.case.statements import Act


async def erase(book: Casebook, name: str, reference: str, *, is_first: bool = False) -> Literal["kept", "done"]:
    """Sign that the case is to be erased; done when another member had signed the same before. Raises NotNow.

    `is_first`: the member was told that nothing is erased yet, so she signs beside nobody. One who signs in the moment
    between this desk's look at the case and its own signature is beside her all the same.
    """
    case = await book.open(book.state.find(name))
    writing.require_free(case, CaseAction.ERASE)
    writing.require_now(case, CaseAction.CO_SIGN, "erase.aside")
    # How long the reporter's inbox stays open after closing is the server's setting, and the server holds to it; a desk
    # that counted days by itself would know better than the municipality.
    if case.state.closed_on is None:
        raise NotNow("erase.not_closed")
    if case.state.on_hold:
        raise NotNow("erase.hold")
    if not is_true_of(reference, case):
        raise NotNow("erase.other_facts")
    require_makes_pair(case, reference)
    if is_first and any(waiting == reference for member, waiting in case.waiting if member != case.own_id):
        raise NotNow("erase.signed_already")
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
    if refusal_of(case)[0]:
        await writing.write(book, case, None, Note(text_of(Claim("refuses"))), Stream.NOTES)
    return await book.open(case.known)


async def refuse(book: Casebook, case: DeskCase, why: str) -> DeskCase:
    """Say in a note that this member does not sign the erasure that waits, and why. Raises NotNow, as acts do.

    The signature of the other waits on: she takes it back, or a third reader signs.
    """
    signers = [member for member, _reference in case.waiting if member != case.own_id]
    if case.held is None or case.held.kind != ERASURE or not case.held.to_sign or not signers:
        raise NotNow
    return await writing.write(book, case, None, Note(text_of(Claim("refuses", signers[0]), why)), Stream.NOTES)
