"""The way in: the address with the one-time token, and the style sheet."""

from typing import Final

from aiohttp import hdrs, web

from desk.web.local.guard import OPEN, Routes, nothing
from desk.web.services import SERVICES
from desk.web.views.pages import answer

STYLE = "text/css; charset=utf-8"


async def open_once(request: web.Request) -> web.StreamResponse:
    """Exchange the token for the cookie. A token that comes again locks the desk."""
    services = request.app[SERVICES]
    cookie = services.entrance.open(request.match_info["token"])
    if cookie is not None:
        # The page itself goes on, and not the answer: a browser sends no SameSite=Strict cookie along a redirect that
        # another program began.
        response = services.pages.page("opened.html", services.language)
        response.headers[hdrs.SET_COOKIE] = cookie
        return response
    if services.entrance.was_opened_twice:
        await services.desk.lock()
        return services.pages.page("opened_twice.html", services.language, status=403)
    return nothing()


async def style(request: web.Request) -> web.StreamResponse:
    """Return the style sheet."""
    return answer(request.app[SERVICES].pages.style, content_type=STYLE)


ROUTES: Final[Routes] = {OPEN + "{token}": (open_once, None), "/desk.css": (style, None)}
