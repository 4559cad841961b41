"""Asking to meet: what it costs in a sentence, then a few words on how, which become an entry of the case."""

from typing import Final

from aiohttp import web

from intake.inbox.case import open_case
from intake.inbox.once import write_one
from intake.inbox.show import Typed, Visit, in_session, inbox_fields, inbox_page
from intake.inbox.view import may_meet
from intake.views.pages import NOT_KEPT
from intake.views.texts_inbox import MEETING_ASKED
from trusted.case.entry import MeetingRequest
from trusted.web.form import TEXT_FIELD
from trusted.web.form_tokens import TOKEN_FIELD

MEETING_FORM: Final = "meeting"


async def meeting(request: web.Request) -> web.StreamResponse:
    """POST /inbox/meeting : explain and ask for words, and with the token of that page ask members to meet."""
    return await in_session(request, ask_to_meet)


async def ask_to_meet(visit: Visit) -> web.StreamResponse:
    """Explain and ask for words, and with the token of that page store the wish."""
    services, session = visit.services, visit.session
    if not may_meet(services, await open_case(services, session)):
        return await inbox_page(services, session, visit.language, typed=Typed(visit.form.one(TEXT_FIELD)))
    if not visit.token:
        return _ask(visit)
    text = visit.form.one(TEXT_FIELD).strip()
    return await write_one(visit, MEETING_FORM, MeetingRequest(text), MEETING_ASKED)


def _ask(visit: Visit) -> web.Response:
    fields = inbox_fields(visit.session, visit.language)
    return visit.services.pages.page(
        "inbox/meeting.html",
        visit.language,
        "/inbox",
        NOT_KEPT,
        fields=fields,
        typed={"text": visit.form.one(TEXT_FIELD)},
        meeting_fields=[*fields, (TOKEN_FIELD, visit.services.form_tokens.new(MEETING_FORM))],
    )
