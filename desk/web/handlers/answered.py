"""No form is answered with a page, but with the address of one (docs/decisions/site/0009).

A browser that shows the answer to a form keeps the form with it, and some write it into their profile in the clear.
What leads on already, and what the browser saves as a file, is answered as it is.
"""

from typing import Final

from aiohttp import hdrs, web

from desk.web.local.guard import Handler, Routes
from desk.web.services import SERVICES
from desk.web.views.pages import SEE_OTHER, see

ANSWERED: Final = "/answered/"


@web.middleware
async def answered_elsewhere(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep the page that answers a form, and send the browser to it; outside of everything that makes pages."""
    response = await handler(request)
    if (
        request.method != hdrs.METH_POST
        or not isinstance(response, web.Response)
        or response.prepared
        or response.status == SEE_OTHER
        or hdrs.CONTENT_DISPOSITION in response.headers
    ):
        return response
    return see(f"{ANSWERED}{request.app[SERVICES].desk.answered.keep(response)}")


async def show(request: web.Request) -> web.StreamResponse:
    """Show the page once more; the overview, or the lock, when it is no longer kept."""
    return request.app[SERVICES].desk.answered.find(request.match_info["name"]) or see("/")


ROUTES: Final[Routes] = {f"{ANSWERED}{{name}}": (show, None)}
