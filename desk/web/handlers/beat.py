"""What becomes of the pages on the screen when the desk locks, without a script (docs/decisions/desk/0061).

- A page in which nothing is written leaves by itself (`Refresh`) when the fifteen minutes are over. What it asks for is
  no use of the desk; if the desk was used from another page meanwhile, it is the same page once more.
- A page in which somebody writes (its form is `typed`) is covered by its style sheet at the same time, and what was
  typed is sent to be held when the member goes on or locks: `?keep`, `?lock`. Who goes back to the case, or on to a
  page of the menu, sends it too: `?away` keeps the text as a draft (`case.going_away`).
- Every page holds a frame that asks for itself every twenty seconds. By it the desk knows that the browser is open; and
  it covers the page within that time once the desk is locked: from another page, or because the computer slept, which
  stops the clocks of browsers. It has a name of its own (`local.address`), and a sandbox: it asks again, and does
  nothing else, also where another account has taken the port after the application ended.
"""

import contextlib
from collections.abc import Iterator
from math import ceil
from typing import Final

from aiohttp import hdrs, web

from desk.web.local.guard import HEADERS, Routes
from desk.web.services import SERVICES
from desk.web.session.desk import BEAT_SECONDS, Desk

BEAT: Final = "/beat"
# In the address that a page leaves to, and in those that a form is held by.
LEAVES: Final = "left"
KEEP: Final = "keep"
LOCK: Final = "lock"
AWAY: Final = "away"
_REFRESH: Final = "Refresh"
_CSP: Final = "Content-Security-Policy"
_TYPED: Final = b'id="typed"'


async def show(request: web.Request) -> web.StreamResponse:
    """Show nothing, or that the desk is locked; and ask again."""
    services = request.app[SERVICES]
    services.desk.beat()
    response = services.pages.page("beat.html", services.language, unlocked=services.desk.is_unlocked)
    response.headers[_REFRESH] = str(BEAT_SECONDS)
    # In our own pages alone.
    response.headers[_CSP] = HEADERS[_CSP].replace("ancestors 'none'", f"ancestors {services.address.origin}")
    return response


@contextlib.contextmanager
def present(desk: Desk) -> Iterator[None]:
    """Count the browser as open while it is answered: it asks for nothing else while it waits."""
    desk.asked += 1
    try:
        yield
    finally:
        desk.asked -= 1
        desk.seen()


def leaving(desk: Desk, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Have a page of an unlocked desk leave when the desk locks, unless somebody writes in it, which is noted."""
    if not isinstance(response, web.Response) or response.content_type != "text/html" or response.prepared:
        return response
    if not desk.is_unlocked or _REFRESH in response.headers:
        return response
    desk.is_writing = isinstance(response.body, bytes) and _TYPED in response.body
    if request.method == hdrs.METH_GET and not desk.is_writing:
        query = {**request.query, LEAVES: ""}
        response.headers[_REFRESH] = f"{ceil(desk.idle_left) + 1}; url={request.rel_url.with_query(query)}"
    return response


ROUTES: Final[Routes] = {BEAT: (show, None)}
