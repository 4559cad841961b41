"""
Notes from a conversation: the reporter says that they are right, or what is wrong with them.

Who says that they are right goes on with a new code: whoever wrote the report down has read the first one to the
reporter. The steps, each a POST of this path:

1. The notes are shown, with a button for each answer. What is wrong with them is sent as a message.
2. "They are right": the new words are shown. Nothing has changed yet, so a page that never arrives, or a tab that is
   closed, locks nobody out. The words are kept in the session until it ends, and shown again when this is asked again.
3. "I have written them down", with two of them as they stand on the paper (`two_words`): now the approval is filed, the
   new words open the case and the old ones nothing. Two wrong ones change nothing, and the words are shown again.
"""

import re
from typing import Final

from aiohttp import web

from cases.errors import NotAllowed
from cases.receipt import new_receipt
from intake.inbox import OpenedCase, open_case
from intake.inbox_access import approve_minutes
from intake.inbox_show import WRITE_FORM, Visit, in_session, inbox_fields, inbox_page, sent_already
from intake.inbox_view import open_minutes, text_of_minutes
from intake.pages import FORGET, Cache
from intake.texts import Said
from intake.texts_inbox import ABOUT_THE_NOTES, APPROVED, NO_SUCH_NOTES
from intake.texts_report import NOT_THE_CODE
from intake.two_words import are_right, draw_places

MINUTES_FORM: Final = "minutes"
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


async def minutes(request: web.Request) -> web.StreamResponse:
    """POST /inbox/minutes : show the notes, then the new words, and with the mark of that page approve the notes."""
    return await in_session(request, _minutes)


async def _minutes(visit: Visit) -> web.StreamResponse:
    services, session = visit.services, visit.session
    untrusted_number = visit.form.one("number")
    number = int(untrusted_number) if _NUMBER.fullmatch(untrusted_number) else -1
    opened = await open_case(services, session)
    if visit.form.one("mark"):
        return await _approve(visit, number)
    if number not in open_minutes(services, opened):
        return await inbox_page(services, session, visit.language, NO_SUCH_NOTES)
    return _show_words(visit, number) if visit.form.one("right") else _ask(visit, opened, number)


async def _approve(visit: Visit, number: int) -> web.StreamResponse:
    """Take step 3."""
    services, session = visit.services, visit.session
    use, is_first = await services.marks.claim(visit.form.one("mark"), MINUTES_FORM)
    if not is_first or session.next_receipt is None:
        use.give_back()
        return sent_already(services, visit.form)
    if not are_right(session.next_receipt, visit.form):
        use.give_back()
        return _show_words(visit, number, NOT_THE_CODE)
    try:
        receipt = session.next_receipt
        keys = await services.lane.derive(receipt, services.store.salt)
        async with session.turn:
            await approve_minutes(services, session, number, receipt, keys)
        use.spend()
    except NotAllowed:
        return await inbox_page(services, session, visit.language, NO_SUCH_NOTES)
    finally:
        use.give_back()
    # They show words, the old ones or the new.
    services.kept_pages.forget(session.handle)
    page = await inbox_page(services, session, visit.language, APPROVED)
    page.headers.update(FORGET)
    return page


def _show_words(visit: Visit, number: int, said: Said | None = None) -> web.Response:
    """Take step 2."""
    services, session = visit.services, visit.session
    session.next_receipt = session.next_receipt or new_receipt()
    fields = inbox_fields(session, visit.language)
    return services.pages.page(
        "inbox_new_code.html",
        visit.language,
        "/inbox",
        status=200 if said is None else 400,
        cache=Cache.NOTHING,
        said=None if said is None else visit.language.said(said),
        words=session.next_receipt.words,
        asked=draw_places(),
        fields=fields,
        approve_fields=[*fields, ("number", str(number)), ("mark", services.marks.new(MINUTES_FORM))],
    )


def _ask(visit: Visit, opened: OpenedCase, number: int) -> web.Response:
    """Take step 1."""
    services, language = visit.services, visit.language
    fields = inbox_fields(visit.session, language)
    return services.pages.page(
        "inbox_minutes.html",
        language,
        "/inbox",
        cache=Cache.NOTHING,
        fields=fields,
        right_fields=[*fields, ("number", str(number)), ("right", "yes")],
        write_fields=[*fields, ("mark", services.marks.new(WRITE_FORM))],
        notes=text_of_minutes(opened, number),
        beginning=language.say(ABOUT_THE_NOTES),
        file_waits=opened.file_waits,
    )
