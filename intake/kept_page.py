"""The page at an address that a form was answered with; see `kept_pages` for what such an address promises."""

from http import HTTPStatus

from aiohttp import web

from intake.form import Form
from intake.inbox_pages import show_file
from intake.inbox_show import Visit, in_visit
from intake.kept_pages import SECOND_HAND
from intake.pages import LANGUAGE_FIELD
from intake.reporter_receipt import show_again
from intake.return_page import return_page
from intake.services import SERVICES
from intake.texts_report import PAGE_OVER


async def kept_page(request: web.Request) -> web.StreamResponse:
    """GET /page/ADDRESS : the answer to a form, the case as it is now, or the page that asks for the code."""
    services = request.app[SERVICES]
    language = services.pages.language_of(request)
    services.sessions.end_idle()
    found = services.kept_pages.find(request.match_info["address"])
    if found is not None and found.page is not None:
        return found.page.answer()
    session = None if found is None else services.sessions.peek(found.handle)
    if found is None or session is None:
        return return_page(services, language, PAGE_OVER)
    form = found.form or Form({"handle": [session.handle], LANGUAGE_FIELD: [language.code]})
    visit = Visit(request, services, form, session, language)
    response = await in_visit(visit, show_again if found.form is None else show_file, PAGE_OVER)
    if response.status == HTTPStatus.OK and not response.prepared:
        response.set_status(SECOND_HAND)
    return response
