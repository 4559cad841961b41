"""An act on a case that a form asks for: once for each form, one at a time in a session, and to its end.

Also one entry of the reporter's without files: what it must not hold, and how much there may be.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web

from intake.inbox.case import OpenedCase, add_entries, open_case
from intake.inbox.show import NOTHING_TYPED, Typed, Visit, inbox_page, sent_already
from intake.inbox.view import answers_at_once
from intake.sessions import Session
from intake.views.texts import Notice
from trusted.case.entry import MeetingRequest, Message, Stream
from trusted.crypto.envelope import ENTRY_BLOCK
from trusted.receipt.keys import text_contains_receipt
from trusted.web.errors import CaseFull, HoldsTheCode
from trusted.web.form_tokens import TOKEN_FIELD
from trusted.web.limits import Limits
from trusted.web.shielding import to_its_end

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, repr=False)
class Done(Generic[_T]):
    """The act has been done, and this is what it returned."""

    result: _T


async def act_once(
    visit: Visit, form_name: str, untrusted_token: str, act: Callable[[], Coroutine[Any, Any, _T]]
) -> Done[_T] | None:
    """Do what a form asks for; None when this form has been here before.

    Raises `ExpiredToken`, and what the act raises; the form may be sent again then.
    """
    use, is_first = await visit.services.form_tokens.claim(untrusted_token, form_name)
    if not is_first:
        return None

    async def in_turn() -> Done[_T]:
        async with visit.session.turn:
            done = Done(await act())
        use.commit()
        return done

    try:
        return await to_its_end(in_turn())
    finally:
        use.release()


async def write_one(
    visit: Visit,
    form_name: str,
    body: Message | MeetingRequest,
    notice: Notice,
    *,
    token_field: str = TOKEN_FIELD,
    typed: Typed = NOTHING_TYPED,
) -> web.Response:
    """Store one entry without files, once for each form, and return the inbox that says so.

    `token_field` names the field of the form's token. `typed` is what the page shows again as typed but not sent.

    Raises `HoldsTheCode`, `CaseFull` or `ExpiredToken`, and a `CaseError` of the store; nothing is stored then.
    """
    services, session = visit.services, visit.session
    require_no_code(body.text, session)

    async def keep() -> None:
        opened = await open_case(services, session)
        require_room(body.text, opened, services.limits)
        await add_entries(services, session, [body], at_once=answers_at_once(services, opened))

    if await act_once(visit, form_name, visit.form.one(token_field), keep) is None:
        return sent_already(services, visit.form)
    return await inbox_page(services, session, visit.language, notice, typed=typed)


def require_room(text: str, opened: OpenedCase, limits: Limits) -> None:
    """Raise `CaseFull` when the case would be too large with this text."""
    sealed = opened.rows.streams[Stream.REPORTER].sealed
    if sum(len(item.body) for item in sealed) + len(text.encode()) + ENTRY_BLOCK > limits.case_bytes:
        raise CaseFull


def require_no_code(text: str, session: Session) -> None:
    """Raise `HoldsTheCode` when the text contains the case code, which would open the case to everyone who reads it."""
    shown = (session.receipt, session.next_receipt)
    if any(text_contains_receipt(text, receipt) for receipt in shown if receipt is not None):
        raise HoldsTheCode
