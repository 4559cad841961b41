"""
The facts that a reporter ticked on the page of the scrub report become a message of the case (intake/uploads/facts.py).

As with any message: it waits for the next release together with what waits already, the same form works once, and a
text that holds the case code is refused.
"""

from aiohttp import web

from intake.inbox.once import write_one
from intake.inbox.show import FACTS_FORM, FACTS_TOKEN_FIELD, Visit, in_session, inbox_page, typed_in
from intake.uploads.facts import FACT_FIELD, ticked
from intake.views.texts import FACTS_ADDED, NOTHING_TICKED
from trusted.case.entry import Message


async def add_facts(request: web.Request) -> web.StreamResponse:
    """POST /inbox/facts : add what was ticked, as typed text."""
    return await in_session(request, add_ticked)


async def add_ticked(visit: Visit) -> web.StreamResponse:
    """Add what was ticked, and return the inbox with what was typed."""
    services, session = visit.services, visit.session
    text = ticked(visit.form.all(FACT_FIELD))
    if not text:
        services.sessions.forget_found()
        return await inbox_page(
            services, session, visit.language, NOTHING_TICKED, typed=typed_in(visit), found=session.found
        )
    return await write_one(
        visit, FACTS_FORM, Message(text), FACTS_ADDED, token_field=FACTS_TOKEN_FIELD, typed=typed_in(visit)
    )
