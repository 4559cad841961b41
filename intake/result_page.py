"""The page at an address that a form was answered with; see `result_pages` for what such an address promises."""

from http import HTTPStatus

from aiohttp import web

from intake.http.result_pages import SECOND_HAND
from intake.inbox.log_in_page import log_in_page
from intake.inbox.pages import show_file, show_inbox
from intake.inbox.show import Visit, in_visit
from intake.report.receipt import show_again
from intake.services import SERVICES
from intake.site.origin_check import was_led_here
from intake.views.pages import LANGUAGE_FIELD
from intake.views.texts_report import PAGE_OVER
from trusted.web.form import Form


async def show_result(request: web.Request) -> web.StreamResponse:
    """GET /page/ADDRESS : the answer to a form, the case as it is now, or the page that asks for the code.

    The last for a browser that comes by a link from elsewhere.
    """
    services = request.app[SERVICES]
    language = services.pages.language_of(request)
    services.sessions.end_idle()
    found = services.result_pages.find(request.match_info["address"]) if was_led_here(request) else None
    session = None if found is None else services.sessions.peek(found.owner)
    if session is not None and await services.store.find_by_lookup(session.keys.lookup_id) is None:
        # Erased by its members meanwhile, or taken back in another tab.
        services.sessions.end_case(session.case.case_id)
        found = session = None
    if session is not None and session.unseen:
        # The code has come to its reporter: from now on the session rests as any other.
        services.sessions.find(session.handle)
    if found is not None and found.page is not None:
        return found.page.answer()
    if found is None or session is None:
        return log_in_page(services, language, PAGE_OVER)
    form = Form({"handle": [session.handle], LANGUAGE_FIELD: [language.code], "file": [found.file or ""]})
    visit = Visit(request, services, form, session, language)
    shown = show_inbox if session.confirmed else show_again
    response = await in_visit(visit, shown if found.file is None else show_file, PAGE_OVER)
    if response.status == HTTPStatus.OK and not response.prepared:
        response.set_status(SECOND_HAND)
    return response
