"""
Notes from a conversation: the reporter says that they are right, or what is wrong with them.

Who says that they are right gets a new code: whoever wrote the report down has read the first one to the reporter. The
page with it is kept as the page of a report is, for the same form sent twice, and no longer than the session.
"""

import re
from typing import Final

from aiohttp import web

from cases.errors import NotAllowed
from cases.receipt import new_receipt
from intake.inbox import open_case
from intake.inbox_access import approve_minutes
from intake.inbox_show import WRITE_FORM, Visit, in_session, inbox_fields, inbox_page, sent_already
from intake.inbox_view import open_minutes, text_of_minutes
from intake.pages import FORGET, Cache, answer
from intake.texts_inbox import ABOUT_THE_NOTES, NO_SUCH_NOTES

MINUTES_FORM: Final = "minutes"
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


async def minutes(request: web.Request) -> web.StreamResponse:
    """POST /inbox/minutes : show the notes and ask, and with the mark of that page approve them."""
    return await in_session(request, _minutes)


async def _minutes(visit: Visit) -> web.StreamResponse:
    services, session = visit.services, visit.session
    untrusted_number = visit.form.one("number")
    number = int(untrusted_number) if _NUMBER.fullmatch(untrusted_number) else -1
    if not visit.form.one("mark"):
        return await _ask(visit, number)
    use, is_first = await services.marks.claim(visit.form.one("mark"), MINUTES_FORM)
    if not is_first:
        if isinstance(use.kept, bytes):
            return answer(use.kept, headers=FORGET)
        return sent_already(services, visit.form)
    try:
        receipt = new_receipt()
        keys = await services.lane.derive(receipt, services.store.salt)
        async with session.turn:
            await approve_minutes(services, session, number, receipt, keys)
        # From here on the page is all there is of the new code: nothing may come between.
        page = services.pages.render(
            "inbox_new_code.html",
            visit.language,
            "/inbox",
            words=receipt.words,
            fields=inbox_fields(session, visit.language),
        )
        use.spend(page)
        if session.opened_by is not None:
            # The page with the code of before.
            session.opened_by.kept = None
        session.opened_by = use
    except NotAllowed:
        return await inbox_page(services, session, visit.language, NO_SUCH_NOTES)
    finally:
        use.give_back()
    return answer(page, headers=FORGET)


async def _ask(visit: Visit, number: int) -> web.StreamResponse:
    services, session, language = visit.services, visit.session, visit.language
    opened = await open_case(services, session)
    if number not in open_minutes(services, opened):
        return await inbox_page(services, session, language, NO_SUCH_NOTES)
    fields = inbox_fields(session, language)
    return services.pages.page(
        "inbox_minutes.html",
        language,
        "/inbox",
        cache=Cache.NOTHING,
        handle=session.handle,
        fields=fields,
        approve_fields=[*fields, ("number", str(number)), ("mark", services.marks.new(MINUTES_FORM))],
        write_fields=[*fields, ("mark", services.marks.new(WRITE_FORM))],
        notes=text_of_minutes(opened, number),
        beginning=language.say(ABOUT_THE_NOTES),
        file_waits=opened.file_waits,
    )
