"""
Logging in with the case code.

What cannot be a case code is refused at once from what was typed, before anything is derived or asked of the store
(docs/decisions/site/0006). Neither is anything done with words that were shortened before they have been shown in full,
and sent like that. Words that are whole and open nothing cost and answer the same whether they never existed, their
case is erased or they are of another address: one Argon2id, one lookup, one page. A log-in that is posted again from
the tab's history opens nothing. A message that came along is in the message field afterwards, not sent by itself.
"""

from aiohttp import web

from cases.receipt.misread import explain
from intake.http.result_pages import draft_of
from intake.inbox.case import find_case
from intake.inbox.log_in_page import (
    LOG_IN_FORM,
    log_in_page,
    misread_page,
    nothing_opened_page,
    shortened_page,
    unsent_in,
)
from intake.inbox.show import LOG_IN, Typed, form_language, inbox_page
from intake.inbox.typed_code import shortened_fields, typed_code
from intake.services import SERVICES, Services
from intake.views.pages import FORGET, Language, WaysOn
from intake.views.refusals import RefusalContext, refusal
from intake.views.texts import SENT_ALREADY
from intake.views.texts_inbox import NOT_SENT_YET, SESSION_OVER_KEPT
from trusted.case.errors import CaseError, WrongReceipt
from trusted.receipt.keys import parse_receipt
from trusted.web.errors import FormRefused
from trusted.web.form import SWITCH_FIELD, TEXT_FIELD, Form, drain, read_form
from trusted.web.form_tokens import TOKEN_FIELD, TokenClaim


async def log_in_form(request: web.Request) -> web.StreamResponse:
    """GET /return : ask for the eight words."""
    services = request.app[SERVICES]
    return log_in_page(services, services.pages.language_of(request))


async def log_in(request: web.Request) -> web.StreamResponse:
    """POST /return : open the inbox, or say what is wrong with the words, or that they open nothing."""
    services = request.app[SERVICES]
    form = Form()
    try:
        await read_form(request, services.limits, form)
        return await _log_in(services, form)
    except FormRefused as refused:
        await drain(request, services.limits)
        notice = refusal(refused.text_key, RefusalContext.LOG_IN)
        return log_in_page(services, form_language(services, form), notice, unsent_in(form))


async def _log_in(services: Services, form: Form) -> web.StreamResponse:
    """Answer a form that is whole. Raises `FormRefused`."""
    language, text = form_language(services, form), form.one(TEXT_FIELD)
    if form.one(SWITCH_FIELD):
        # The page with the message in another language; what was typed as the code is not shown again.
        return log_in_page(services, language, SESSION_OVER_KEPT if text else None, unsent_in(form))
    use, is_first = await services.form_tokens.claim(form.one(TOKEN_FIELD), LOG_IN_FORM)
    if not is_first:
        if text:
            return log_in_page(services, language, SENT_ALREADY, unsent_in(form))
        return services.pages.plain(language, SENT_ALREADY, WaysOn(links=LOG_IN))
    try:
        return await _open_with_code(services, form, language, use)
    except WrongReceipt:
        return misread_page(services, language, explain(typed_code(form)), form)
    except CaseError as refused:
        return log_in_page(services, language, refusal(refused.text_key), unsent_in(form))
    finally:
        use.release()


async def _open_with_code(services: Services, form: Form, language: Language, use: TokenClaim) -> web.StreamResponse:
    """Return the inbox that the words open, or the page that says why not yet or not. Raises WrongReceipt."""
    receipt = parse_receipt(typed_code(form))
    if in_full := shortened_fields(form, receipt, language):
        return shortened_page(services, language, form, in_full)
    keys = await services.argon2.derive_to_log_in(receipt, services.store.salt)
    session = await find_case(services, receipt, keys)
    text = form.one(TEXT_FIELD)
    if session is None:
        return nothing_opened_page(services, language, unsent_in(form))
    use.commit()
    services.result_pages.forget(draft_of(form))
    page = await inbox_page(services, session, language, NOT_SENT_YET if text else None, typed=Typed(text))
    page.headers.update(FORGET)
    return page
