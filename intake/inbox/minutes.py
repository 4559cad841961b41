"""
Notes from a conversation: the reporter says that they are right, or what is wrong with them.

A reporter who approves goes on with a new code: the person who wrote the report down has read the first one to the
reporter. Of a report by voice the notes are the report itself, and it can be approved while it waits for its release.
The steps, each a POST of this path:

1. The notes are shown, with a button for each answer. What is wrong with them is sent as a message.
2. "They are right": the new words are shown. Nothing has changed yet, so a page that never arrives, or a tab that is
   closed, locks nobody out. The words are kept in the session until it ends, and shown again when this is asked again.
3. "I have written them down", with two of them as they stand on the paper (`two_words`): now the approval is filed, the
   new words open the case and the old ones nothing. Two wrong ones change nothing, and the words are shown again.
"""

import re
from typing import Final

from aiohttp import web

from intake.inbox.access import approve_minutes
from intake.inbox.case import OpenedCase, open_case
from intake.inbox.pieces import AT_FIELD, PIECE_BYTES
from intake.inbox.show import WRITE_FORM, Typed, Visit, in_session, inbox_fields, inbox_page, sent_already
from intake.inbox.two_words import are_right, draw_places
from intake.inbox.view import REPORT_NUMBER, minutes_field, open_minutes, text_of_minutes
from intake.views.pages import FORGET, LANGUAGE_FIELD, NOT_KEPT, Head
from intake.views.text_parts import parts_of
from intake.views.texts import Notice
from intake.views.texts_inbox import ABOUT_THE_NOTES, APPROVED, NO_SUCH_NOTES
from intake.views.texts_report import NOT_THE_CODE
from trusted.case.errors import NotAllowed
from trusted.receipt.keys import ReceiptKeys, new_receipt
from trusted.web.form import TEXT_FIELD, Form
from trusted.web.form_tokens import TOKEN_FIELD
from trusted.web.shielding import to_its_end

MINUTES_FORM: Final = "minutes"
# Of long notes another part is asked for; nothing is approved by it.
PART_FIELD: Final = "part"
_NUMBER: Final = re.compile(r"[0-9]{1,9}")


async def minutes(request: web.Request) -> web.StreamResponse:
    """POST /inbox/minutes : show the notes, then the new words, and with the token of that page approve the notes."""
    return await in_session(request, ask_about_minutes)


async def ask_about_minutes(visit: Visit) -> web.StreamResponse:
    """Show the notes, the new words, or with two of these approve the notes."""
    services, session = visit.services, visit.session
    number = _number(visit.form.one("number"))
    opened = await open_case(services, session)
    if visit.token and not visit.form.one(PART_FIELD):
        return await _approve(visit, number)
    if number not in open_minutes(services, opened):
        typed = Typed(visit.form.one(TEXT_FIELD))
        return await inbox_page(services, session, visit.language, NO_SUCH_NOTES, typed=typed)
    return _show_words(visit, number) if visit.form.one("right") else _ask(visit, opened, number)


async def _approve(visit: Visit, number: int | None) -> web.StreamResponse:
    """File the approval once the two words are right, under the keys of the new words (step 3)."""
    services, session = visit.services, visit.session
    use, is_first = await services.form_tokens.claim(visit.token, MINUTES_FORM)
    if not is_first or session.next_receipt is None:
        use.release()
        return sent_already(services, visit.form)
    if not are_right(session.next_receipt, visit.form):
        use.release()
        return _show_words(visit, number, NOT_THE_CODE)
    receipt = session.next_receipt

    async def approve(keys: ReceiptKeys) -> None:
        async with session.turn:
            await approve_minutes(services, session, number, receipt, keys)
        # Pages of this session that are still kept show the old words, or the new ones, which are not shown again.
        services.result_pages.forget(session.handle)
        use.commit()

    try:
        await to_its_end(approve(await services.argon2.derive_to_file(receipt, services.store.salt)))
    except NotAllowed:
        return await inbox_page(services, session, visit.language, NO_SUCH_NOTES)
    finally:
        use.release()
    page = await inbox_page(services, session, visit.language, APPROVED)
    page.headers.update(FORGET)
    return page


def _show_words(visit: Visit, number: int | None, notice: Notice | None = None) -> web.Response:
    """Take step 2."""
    services, session = visit.services, visit.session
    session.next_receipt = session.next_receipt or new_receipt()
    fields = inbox_fields(session, visit.language)
    return services.pages.page(
        "inbox/new_code.html",
        visit.language,
        "/inbox",
        Head(200 if notice is None else 400),
        notice=None if notice is None else visit.language.translate_notice(notice),
        words=session.next_receipt.words,
        asked=draw_places(),
        fields=fields,
        again_fields=[*fields, ("number", minutes_field(number)), ("right", "yes")],
        approve_fields=[
            *fields,
            ("number", minutes_field(number)),
            (TOKEN_FIELD, services.form_tokens.new(MINUTES_FORM)),
        ],
    )


def _ask(visit: Visit, opened: OpenedCase, number: int | None) -> web.Response:
    """Take step 1."""
    services, language = visit.services, visit.language
    fields = inbox_fields(visit.session, language)
    of_notes = [*fields, ("number", minutes_field(number))]
    parts = parts_of(text_of_minutes(opened, number), PIECE_BYTES)
    part = _part(visit.form, len(parts))
    return services.pages.page(
        "inbox/minutes.html",
        language,
        "/inbox",
        NOT_KEPT,
        fields=fields,
        number=minutes_field(number),
        right_fields=[*of_notes, ("right", "yes")],
        write_fields=[*of_notes, (TOKEN_FIELD, services.form_tokens.new(WRITE_FORM)), (AT_FIELD, str(part))],
        notes=parts[part - 1],
        part=part,
        parts_of_notes=len(parts),
        typed={"text": _answer(visit)},
        file_waits=opened.file_waits,
    )


def _number(untrusted_number: str) -> int | None:
    """Return which notes a form names; None is the report itself, -1 none."""
    if untrusted_number == REPORT_NUMBER:
        return None
    return int(untrusted_number) if _NUMBER.fullmatch(untrusted_number) else -1


def _part(form: Form, parts: int) -> int:
    """Return which part of the notes is asked for, counted from one."""
    untrusted_part = form.one(PART_FIELD) or form.one(AT_FIELD)
    return max(1, min(int(untrusted_part), parts)) if _NUMBER.fullmatch(untrusted_part) else 1


def _answer(visit: Visit) -> str:
    """Return what was typed, or how a message about the notes begins; untouched it is in the language of the page."""
    text, pages = visit.form.one(TEXT_FIELD), visit.services.pages
    before = pages.language(visit.form.one(LANGUAGE_FIELD)).translate(ABOUT_THE_NOTES)
    untouched = text.strip() in ("", before)
    return f"{visit.language.translate(ABOUT_THE_NOTES)}\n" if untouched else text
