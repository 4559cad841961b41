"""
Coming back with the eight words.

Words that open nothing cost and answer the same whether they never existed, were misread or their case is erased: one
Argon2id, one lookup, one page. Only the wrong number of words, which anybody can count, has its own sentence. A log-in
that is posted again from the tab's history opens nothing.
"""

from collections import defaultdict
from typing import Final

from aiohttp import web

from cases.errors import CaseError, WrongReceipt
from cases.receipt import parse_receipt
from intake.errors import FormRefused, OldMark, TryAgainSoon
from intake.form import Form, drain, read_form
from intake.inbox import find_case
from intake.inbox_show import LOG_IN, form_language, inbox_page
from intake.marks import Use
from intake.pages import FORGET, LANGUAGE_FIELD, Cache, Language
from intake.services import SERVICES, Services
from intake.texts import RETURN_AGAIN, RETURN_BUSY, RETURN_OLD, SENT_ALREADY, TRY_AGAIN, WRONG_CODE, WRONG_COUNT, Said

RETURN_FORM: Final = "return"
# The code is not shown again, so what is said elsewhere of typed text does not hold here.
_RETURN_REFUSALS: Final = defaultdict(
    lambda: RETURN_AGAIN, {WrongReceipt: WRONG_COUNT, OldMark: RETURN_OLD, TryAgainSoon: RETURN_BUSY}
)


async def return_form(request: web.Request) -> web.StreamResponse:
    """GET /return : ask for the eight words."""
    services = request.app[SERVICES]
    return _return_page(services, services.pages.language_of(request))


async def come_back(request: web.Request) -> web.StreamResponse:
    """POST /return : open the inbox, or say that the words open nothing."""
    services = request.app[SERVICES]
    form = Form()
    try:
        await read_form(request, services.limits, form)
        use, is_first = await services.marks.claim(form.one("mark"), RETURN_FORM)
    except FormRefused as refused:
        await drain(request, services.limits)
        return _return_page(services, form_language(services, form), _RETURN_REFUSALS[type(refused)])
    language = form_language(services, form)
    if not is_first:
        return services.pages.plain(language, SENT_ALREADY, links=LOG_IN)
    try:
        return await _open_with_code(services, form.one("code"), language, use)
    except (WrongReceipt, FormRefused) as refused:
        return _return_page(services, language, _RETURN_REFUSALS[type(refused)])
    except CaseError:
        return services.pages.plain(language, TRY_AGAIN, links=LOG_IN)
    finally:
        use.give_back()


async def _open_with_code(services: Services, untrusted_code: str, language: Language, use: Use) -> web.StreamResponse:
    """Return the inbox that the words open, or the page that says they open none."""
    # `WrongReceipt` is only for the wrong number of words, and comes before anything is asked of the store.
    receipt = parse_receipt(untrusted_code)
    keys = await services.lane.derive(receipt, services.store.salt)
    session = await find_case(services, receipt, keys)
    if session is None:
        return _return_page(services, language, WRONG_CODE)
    use.spend()
    page = await inbox_page(services, session, language)
    page.headers.update(FORGET)
    return page


def _return_page(services: Services, language: Language, said: Said | None = None) -> web.Response:
    # What was typed is not shown again: the code is a secret, and the answer is then the same bytes whatever was typed.
    return services.pages.page(
        "return.html",
        language,
        "/return",
        status=200 if said is None else 400,
        # With Back the browser would show the words as they were typed.
        cache=Cache.NOTHING,
        said=None if said is None else language.said(said),
        fields=[("mark", services.marks.new(RETURN_FORM)), (LANGUAGE_FIELD, language.code)],
    )
