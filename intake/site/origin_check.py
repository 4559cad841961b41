"""
The check before every page: which requests are ours, and which headers every answer carries.

1. `Host` must be the address of the entrance: the onion's at the onion, the mirror's at the mirror. Anything else is a
   page saved under another name, or a browser led astray.
2. A form that changes something must come from our own pages: `Origin`, when the browser sends it, is ours, and
   `Sec-Fetch-Site`, when sent, is `same-origin` (or `none`: typed by hand). Tor Browser sends both on an onion, others
   neither; the one-time token of the form decides for those.
   At the mirror ours is https alone.
3. Nothing else of a request's headers is read: no User-Agent, Referer or Accept-Language, and of a forwarded address
   only that there is one (intake/http/forwarded.py).

`Referrer-Policy` is `same-origin` and not `no-referrer`: under the latter browsers send `Origin: null` with our own
forms.
"""

from typing import Final

from aiohttp import hdrs, web

from intake.entrance import ENTRANCE, Entrance
from intake.http.forwarded import brings_an_address
from intake.http.frame_policies import IN_A_FRAME
from intake.http.silence import Handler, fixed_response
from intake.services import SERVICES, Services
from intake.views.pages import Cache
from intake.views.texts import WRONG_HOST, WRONG_ORIGIN

_MISDIRECTED: Final = 421
_FORBIDDEN: Final = 403
_OWN_SITE: Final = ("", "same-origin", "none")


@web.middleware
async def check_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    services: Services = request.app[SERVICES]
    language = services.pages.language_of(request)
    if brings_an_address(request):
        services.forwarded_addresses.note()
        return fixed_response(_FORBIDDEN)
    if request.headers.get(hdrs.HOST, "").lower() not in _hosts(services, request.app[ENTRANCE]):
        return services.pages.plain(language, WRONG_HOST, status=_MISDIRECTED, cache=Cache.NOTHING)
    if request.method == hdrs.METH_POST and not _from_our_pages(request):
        refused = services.pages.plain(language, WRONG_ORIGIN, status=_FORBIDDEN, cache=Cache.NOTHING)
        # A browser that hides where its forms come from must be able to show this where it shows our answers.
        refused.headers.update(IN_A_FRAME)
        return refused
    return await handler(request)


def _hosts(services: Services, entrance: Entrance) -> frozenset[str]:
    if entrance is Entrance.ONION:
        return services.public_hosts
    return frozenset() if services.mirror is None else frozenset({services.mirror.host})


def _from_our_pages(request: web.Request) -> bool:
    untrusted_origin = request.headers.get(hdrs.ORIGIN)
    host = request.headers[hdrs.HOST].lower()
    schemes = ("http", "https") if request.app[ENTRANCE] is Entrance.ONION else ("https",)
    if untrusted_origin is not None and untrusted_origin.lower() not in {f"{scheme}://{host}" for scheme in schemes}:
        return False
    return request.headers.get("Sec-Fetch-Site", "").lower() in _OWN_SITE
