"""The way to the server: bridges for a network that blocks Tor, and one more try. On the lock too."""

from typing import Final

from aiohttp import web

from desk.errors import BadBridges
from desk.keep.bridges import keep_bridges, parse_bridges
from desk.web.handlers import settings, unlock
from desk.web.local.guard import Routes
from desk.web.services import ERROR_STATUS, SERVICES, Services, sent_form
from desk.web.views.pages import see
from desk.web.views.sentences import notice_for

WAY: Final = "/way/"
BRIDGES: Final = "/way/bridges"
AGAIN: Final = "/way/again"


async def bridges(request: web.Request) -> web.StreamResponse:
    """Keep the bridges that were pasted, or none, and try the way with them."""
    services = request.app[SERVICES]
    form = await sent_form(request)
    typed = form.one("bridges")
    try:
        keep_bridges(services.home.bridges, parse_bridges(typed))
    except BadBridges as refused:
        page = settings.page if services.desk.is_unlocked else unlock.page
        return page(services, notice=notice_for(refused), status=ERROR_STATUS, bridges=typed)
    return await _again(services)


async def again(request: web.Request) -> web.StreamResponse:
    """Try the way once more."""
    await sent_form(request)
    return await _again(request.app[SERVICES])


async def _again(services: Services) -> web.StreamResponse:
    # Before it is our turn: a request that waits for the way has it until then.
    await services.desk.link.close()
    if not services.desk.is_unlocked:
        # It is opened with the key, when that is.
        return see(unlock.UNLOCK)
    async with services.desk.at_work() as book:
        services.desk.link.open(book.state.address, book.keys.onion_private)
    return see(settings.SETTINGS)


ROUTES: Final[Routes] = {BRIDGES: (None, bridges), AGAIN: (None, again)}
