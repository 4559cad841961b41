"""
The gate before every page: which requests are ours, and which headers every answer carries.

1. `Host` must be an address we publish. Anything else is a page saved under another name, or a browser led astray.
2. A form that changes something must come from our own pages: `Origin`, when the browser sends it, is ours, and
   `Sec-Fetch-Site`, when sent, is `same-origin` (or `none`: typed by hand). Tor Browser sends both on an onion, others
   neither; the one-time mark in the form decides for those.
3. Nothing else of a request's headers is read: no forwarded address, User-Agent, Referer or Accept-Language.

`Referrer-Policy` is `same-origin` and not `no-referrer`: under the latter browsers send `Origin: null` with our own
forms.
"""

from typing import Final

from aiohttp import hdrs, web

from intake.http.frame_policies import IN_A_FRAME
from intake.http.silence import Handler
from intake.services import SERVICES, Services
from intake.views.pages import Cache
from intake.views.texts import WRONG_HOST, WRONG_ORIGIN

_MISDIRECTED: Final = 421
_FORBIDDEN: Final = 403
_OWN_SITE: Final = ("", "same-origin", "none")


@web.middleware
async def gate(request: web.Request, handler: Handler) -> web.StreamResponse:
    services: Services = request.app[SERVICES]
    language = services.pages.language_of(request)
    if request.headers.get(hdrs.HOST, "").lower() not in services.public_hosts:
        return services.pages.plain(language, WRONG_HOST, status=_MISDIRECTED, cache=Cache.NOTHING)
    if request.method == hdrs.METH_POST and not _from_our_pages(request):
        refused = services.pages.plain(language, WRONG_ORIGIN, status=_FORBIDDEN, cache=Cache.NOTHING)
        # A browser that hides where its forms come from must be able to show this where it shows our answers.
        refused.headers.update(IN_A_FRAME)
        return refused
    return await handler(request)


def _from_our_pages(request: web.Request) -> bool:
    untrusted_origin = request.headers.get(hdrs.ORIGIN)
    host = request.headers[hdrs.HOST].lower()
    if untrusted_origin is not None and untrusted_origin.lower() not in (f"http://{host}", f"https://{host}"):
        return False
    return request.headers.get("Sec-Fetch-Site", "").lower() in _OWN_SITE
