"""What the mirror alone has: the page that leads on over Tor, and a first page in the language of the browser.

On the page over Tor stands the onion's address as text and as a QR code. The address is no link: an ordinary browser
would ask the network for it. The picture is made once, when the service starts, and of the address alone.

The language that a browser says chooses the first page where the address names none, and is forgotten with the request:
from there on every link names its language. At the onion nothing reads it, for Tor Browser says English for everybody.
"""

import io
from dataclasses import replace
from typing import Final

import segno
from aiohttp import hdrs, web

from intake.services import SERVICES, Services
from intake.site.start import first_page
from intake.views.information_index import MIRROR_LINKS, TOR_PAGE
from intake.views.pages import OnionShown, answer

ONION_CODE: Final = web.AppKey("onion_code", bytes)
_PIXELS: Final = 6  # to a module: 294 for a whole code, which fits a screen of 320
_QUIET_MODULES: Final = 4  # the empty frame that the standard asks for


def enter_mirror(app: web.Application, services: Services) -> None:
    """Give the mirror's application its services, which differ in the pages, and the QR code."""
    if services.mirror is None:
        raise ValueError("the home has no mirror")
    address = f"http://{services.mirror.onion_address}"
    # Level Q as on the posters: a screen is photographed at an angle.
    code = segno.make(address, error="q", micro=False, boost_error=False)
    made = io.BytesIO()
    code.save(made, kind="png", scale=_PIXELS, border=_QUIET_MODULES)
    side = (len(code.matrix) + 2 * _QUIET_MODULES) * _PIXELS
    app[SERVICES] = replace(services, pages=services.pages.at_mirror(OnionShown(address, side), MIRROR_LINKS))
    app[ONION_CODE] = made.getvalue()


async def start_at_mirror(request: web.Request) -> web.StreamResponse:
    """GET / : the first page, in the language of the address or else of the browser."""
    services = request.app[SERVICES]
    if "lang" in request.query:
        return first_page(services, services.pages.language_of(request))
    said = request.headers.get(hdrs.ACCEPT_LANGUAGE, "")
    return first_page(services, services.pages.first_offered(languages_said(said)))


def languages_said(untrusted_header: str) -> list[str]:
    """Return the languages of an Accept-Language in its own order, which browsers make that of preference."""
    return [one.partition(";")[0].partition("-")[0].strip().lower() for one in untrusted_header.split(",")]


async def over_tor(request: web.Request) -> web.StreamResponse:
    """GET /tor : how to go on over Tor."""
    services = request.app[SERVICES]
    language = services.pages.language_of(request)
    roster = services.roster.shown().current
    is_open = roster is not None and roster.is_open
    return services.pages.page(
        TOR_PAGE.template,
        language,
        TOR_PAGE.path,
        same_for=is_open,
        title=language.translate(TOR_PAGE.title),
        open=is_open,
    )


async def onion_code(request: web.Request) -> web.StreamResponse:
    """GET /tor.png : the onion's address as a QR code, from memory."""
    return answer(request.app[ONION_CODE], content_type="image/png")
