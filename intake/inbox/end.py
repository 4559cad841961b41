"""Ending the inbox of a closed case: asked once more, then the code opens nothing any more."""

from functools import partial
from typing import Final

from aiohttp import web

from cases.errors import NotAllowed
from intake.inbox.access import end_inbox
from intake.inbox.case import open_case
from intake.inbox.once import act_once
from intake.inbox.show import Visit, ask_once_more, in_session, inbox_page, sent_already
from intake.inbox.view import may_end
from intake.views.pages import FORGET
from intake.views.texts import N_
from intake.views.texts_inbox import ASK_END, END_NOT_YET, INBOX_ENDED

END_FORM: Final = "end"


async def end(request: web.Request) -> web.StreamResponse:
    """POST /inbox/end : ask, and with the token of that page end the inbox."""
    return await in_session(request, _end)


async def _end(visit: Visit) -> web.StreamResponse:
    services, session = visit.services, visit.session
    if not visit.token:
        if not may_end(services, await open_case(services, session)):
            return await inbox_page(services, session, visit.language, END_NOT_YET)
        return ask_once_more(visit, ASK_END, "/inbox/end", END_FORM, N_("Yes, end the inbox"))
    try:
        done = await act_once(visit, END_FORM, visit.token, partial(end_inbox, services, session))
    except NotAllowed:
        return await inbox_page(services, session, visit.language, END_NOT_YET)
    if done is None:
        return sent_already(services, visit.form)
    response = services.pages.plain(visit.language, INBOX_ENDED)
    response.headers.update(FORGET)
    return response
