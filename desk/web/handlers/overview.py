"""The overview: what to do today, then all cases that this member can open."""

from typing import Final

from aiohttp import web

from cases.clock import today
from desk.errors import DeskError, Erased, NotReachable
from desk.web.local.guard import Routes
from desk.web.services import SERVICES, sent_form
from desk.web.session.desk import Desk
from desk.web.views.case_line import case_line
from desk.web.views.pages import see
from desk.web.views.refusals import notice_for
from desk.work.opened import DeskCase

HERE: Final = "/"
FETCH: Final = "/fetch"


async def show(request: web.Request) -> web.StreamResponse:
    """Show the cases, the most pressing first."""
    services = request.app[SERVICES]
    notice = None
    cases: list[DeskCase] = []
    try:
        cases = await _fetched(services.desk)
    except NotReachable as failed:
        notice = notice_for(failed)
    day = today(services.clock)
    lines = sorted((case_line(one, day, services.language) for one in cases), key=lambda line: line.next.day)
    return services.page("overview.html", HERE, notice=notice, cases=lines, today=day)


async def fetch(request: web.Request) -> web.StreamResponse:
    """Ask the server for what is new."""
    await sent_form(request)
    return see(HERE)


async def _fetched(desk: Desk) -> list[DeskCase]:
    cases: list[DeskCase] = []
    async with desk.at_work() as book:
        await book.sync()
        for known in list(book.state.case_list.cases.values()):
            try:
                cases.append(await book.open(known))
            except (Erased, NotReachable):
                continue
            except DeskError:
                continue
    return cases


ROUTES: Final[Routes] = {HERE: (show, None), FETCH: (None, fetch)}
