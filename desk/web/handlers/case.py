"""A case: its way in steps, what was written, and what can be done with it."""

from typing import Final

from aiohttp import web

from cases.clock import today
from desk.web.services import SERVICES
from desk.web.views.case_line import case_line

CASE: Final = "/case/{case:[0-9a-f]{32}}"


async def show(request: web.Request) -> web.StreamResponse:
    """Show one case."""
    services = request.app[SERVICES]
    async with services.desk.at_work() as book:
        await book.sync()
        opened = await book.open(book.state.find(request.match_info["case"]))
    line = case_line(opened, today(services.clock), services.language)
    return services.page("case.html", "/", case=opened, line=line)
