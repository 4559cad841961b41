"""The pages around the way of a report: what to know before, the way out, and what is not there."""

from aiohttp import web

from intake.services import SERVICES, Services
from intake.views.pages import Cache, Head, Language, PageLink, WaysOn, answer
from intake.views.texts import LEFT, N_, NOT_FOUND


async def start(request: web.Request) -> web.StreamResponse:
    """GET / : what to know before anything is written."""
    services = request.app[SERVICES]
    return first_page(services, services.pages.language_of(request))


def first_page(services: Services, language: Language) -> web.Response:
    """Return the first page in this language."""
    roster, released = services.roster.shown().current, services.releases.shown(services.clock())
    return services.pages.page(
        "start.html",
        language,
        "/",
        same_for=(None if roster is None else (roster.digest, roster.is_open), released),
        released=released,
        open=roster is not None and roster.is_open,
        phone=services.config.phone,
    )


async def leave(request: web.Request) -> web.StreamResponse:
    """GET /leave : the way out that every page has."""
    services = request.app[SERVICES]
    return services.pages.left(services.pages.language_of(request), LEFT)


async def not_found(request: web.Request) -> web.StreamResponse:
    """Answer anything else, whatever the method."""
    services = request.app[SERVICES]
    first = (PageLink("/", N_("To the first page")),)
    return services.pages.plain(services.pages.language_of(request), NOT_FOUND, WaysOn(links=first), status=404)


async def style(request: web.Request) -> web.StreamResponse:
    """GET /style.css, from memory: no tag, no time."""
    body = request.app[SERVICES].pages.style
    return answer(body, Head(cache=Cache.STATIC), content_type="text/css; charset=utf-8")


async def icon(request: web.Request) -> web.StreamResponse:
    """GET /icon.png, from memory."""
    return answer(request.app[SERVICES].pages.icon, Head(cache=Cache.STATIC), content_type="image/png")
