"""A case: its way in steps, what was written, and what can be done with it."""

from typing import Final

from aiohttp import web

from cases.clock import today
from desk.web.local.guard import Routes
from desk.web.services import CASE, SERVICES, case_named
from desk.web.session.cases import shown_case
from desk.web.views.case_line import case_line


async def show(request: web.Request) -> web.StreamResponse:
    """Show one case."""
    services = request.app[SERVICES]
    opened = await shown_case(services.desk, case_named(request))
    line = case_line(opened, today(services.clock), services.language)
    return services.page("case.html", "/", case=opened, line=line)


ROUTES: Final[Routes] = {CASE: (show, None)}
