"""Ending the inbox of a closed case: asked once more, then the code opens nothing any more."""

from typing import Final

from aiohttp import web

from cases.errors import NotAllowed
from intake.inbox.access import end_inbox
from intake.inbox.case import open_case
from intake.inbox.show import Visit, ask_once_more, in_session, inbox_page, sent_already
from intake.inbox.view import may_end
from intake.shielding import to_its_end
from intake.views.pages import FORGET
from intake.views.texts import N_
from intake.views.texts_inbox import ASK_END, END_NOT_YET, INBOX_ENDED

END_FORM: Final = "end"


async def end(request: web.Request) -> web.StreamResponse:
    """POST /inbox/end : ask, and with the mark of that page end the inbox."""
    return await in_session(request, _end)


async def _end(visit: Visit) -> web.StreamResponse:
    services, session = visit.services, visit.session
    if not visit.mark:
        if not may_end(services, await open_case(services, session)):
            return await inbox_page(services, session, visit.language, END_NOT_YET)
        return ask_once_more(visit, ASK_END, "/inbox/end", END_FORM, N_("Yes, end the inbox"))
    use, is_first = await services.marks.claim(visit.mark, END_FORM)
    if not is_first:
        return sent_already(services, visit.form)

    async def end_it() -> None:
        async with session.turn:
            await end_inbox(services, session)
        use.spend()

    try:
        await to_its_end(end_it())
    except NotAllowed:
        return await inbox_page(services, session, visit.language, END_NOT_YET)
    finally:
        use.give_back()
    response = services.pages.plain(visit.language, INBOX_ENDED)
    response.headers.update(FORGET)
    return response
