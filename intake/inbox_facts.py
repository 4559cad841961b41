"""
The facts that a reporter ticked on the page of the scrub report become a message of the case (intake/facts.py).

As with any message: it waits for the next release together with what waits already, the same form works once, and a
text that holds the case code is refused.
"""

from aiohttp import web

from cases.entry import Body, Message
from intake.attachments import CaseUnderWay
from intake.facts import FACT_FIELD, ticked
from intake.inbox import add_entries, open_case
from intake.inbox_show import FACTS_FORM, Visit, in_session, inbox_page, sent_already
from intake.inbox_view import answers_at_once
from intake.inbox_write import demand_no_code, demand_room
from intake.texts import FACTS_ADDED, NOTHING_TICKED


async def add_facts(request: web.Request) -> web.StreamResponse:
    """POST /inbox/facts : add what was ticked, as typed text."""
    return await in_session(request, _add_facts)


async def _add_facts(visit: Visit) -> web.StreamResponse:
    services, session = visit.services, visit.session
    text = ticked(visit.form.all(FACT_FIELD))
    if not text:
        return await inbox_page(services, session, visit.language, NOTHING_TICKED)
    demand_no_code(text, session)
    use, is_first = await services.marks.claim(visit.form.one("mark"), FACTS_FORM)
    if not is_first:
        return sent_already(services, visit.form)
    try:
        async with session.turn:
            opened = await open_case(services, session)
            demand_room(text, opened, services.limits)
            bodies: list[Body] = [Message(text)]
            at_once = answers_at_once(services, opened)
            await add_entries(services, session, CaseUnderWay(opened.keys), bodies, at_once=at_once)
        use.spend()
    finally:
        use.give_back()
    return await inbox_page(services, session, visit.language, FACTS_ADDED)
