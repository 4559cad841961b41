"""
No form is answered with a page, but with the address of one (intake/http/result_pages.py has the reasons).

What is refused before it is known to be one of our forms, what is streamed, and what finds no room to be kept, is
answered as it is.
"""

from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from intake.entrance import ENTRANCE, Entrance
from intake.http.result_pages import SECOND_HAND
from intake.services import SERVICES
from intake.views.pages import LANGUAGE, Cache, Head, answer
from trusted.web.silence import Handler

# Another host or another site sent it: it would not find our address either.
_AS_IT_IS: Final = (HTTPStatus.FORBIDDEN, HTTPStatus.MISDIRECTED_REQUEST, HTTPStatus.SEE_OTHER)
_CLEAR: Final = "Clear-Site-Data"
# Shown by browsers that follow no redirect, if there are any.
_BODY: Final = b'<!doctype html><html lang="en"><meta charset="utf-8"><title>-</title><p><a href="%s">-</a></p></html>'


@web.middleware
async def answered_elsewhere(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep the answer to a form and send the browser to it; outside of everything that makes answers."""
    response = await handler(request)
    if request.method != hdrs.METH_POST or not isinstance(response, web.Response) or response.status in _AS_IT_IS:
        return response
    services = request.app[SERVICES]
    at_onion = request.app[ENTRANCE] is Entrance.ONION
    address = services.result_pages.keep(
        response, lambda handle: services.sessions.peek(handle) is not None, at_onion=at_onion
    )
    if address is None:
        # Better than to lose what was typed, although some browsers then write the form down.
        if response.status == HTTPStatus.OK:
            response.set_status(SECOND_HAND)
        response.headers[hdrs.CACHE_CONTROL] = Cache.NOTHING.value
        return response
    led = see_other(address, response.get(LANGUAGE, ""))
    if _CLEAR in response.headers:
        # Who closes the tab at once gets no further.
        led.headers[_CLEAR] = response.headers[_CLEAR]
    return led


def see_other(address: str, language: str) -> web.Response:
    """Return the answer that leads to a result page. The language is for the case that it is no longer kept."""
    path = f"/page/{address}" + (f"?lang={language}" if language else "")
    return answer(_BODY % path.encode(), Head(HTTPStatus.SEE_OTHER, headers={hdrs.LOCATION: path}))
