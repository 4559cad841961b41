"""The handbook, also while the desk is locked: it says nothing of any case, and needs no key."""

from typing import Final

from aiohttp import web

from desk.web.local.guard import Routes
from desk.web.services import SERVICES
from desk.web.views.handbook import HANDBOOK, PICTURE
from desk.web.views.pages import answer


async def show(request: web.Request) -> web.StreamResponse:
    """Show the handbook."""
    services = request.app[SERVICES]
    return services.page("handbook.html", HANDBOOK, book=services.pages.handbook)


async def picture(request: web.Request) -> web.StreamResponse:
    """Show one of its pictures. Raises HTTPNotFound."""
    found = request.app[SERVICES].pages.handbook.pictures.get(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    return answer(found, content_type="image/png")


ROUTES: Final[Routes] = {HANDBOOK: (show, None), f"{PICTURE}{{name}}": (picture, None)}
