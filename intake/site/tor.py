"""The page of the mirror that leads on over Tor: the onion's address as text and as a QR code. The onion has neither.

The address is no link: an ordinary browser would ask the network for it. The picture is made once, when the service
starts, and of the address alone.
"""

import io
from dataclasses import replace
from typing import Final

import segno
from aiohttp import web

from intake.services import SERVICES, Services
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


async def over_tor(request: web.Request) -> web.StreamResponse:
    """GET /tor : how to go on over Tor."""
    pages = request.app[SERVICES].pages
    language = pages.language_of(request)
    return pages.page(TOR_PAGE.template, language, TOR_PAGE.path, same_for=(), title=language.translate(TOR_PAGE.title))


async def onion_code(request: web.Request) -> web.StreamResponse:
    """GET /tor.png : the onion's address as a QR code, from memory."""
    return answer(request.app[ONION_CODE], content_type="image/png")
