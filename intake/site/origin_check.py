"""
The check before every page: which requests are ours, and which headers every answer carries.

1. `Host` must be the address of the entrance: the onion's at the onion, the mirror's at the mirror. Anything else is a
   page saved under another name, or a browser led astray.
2. A form that changes something must come from our own pages: `Origin`, when the browser sends it, is ours, and
   `Sec-Fetch-Site`, when sent, is `same-origin` (or `none`: typed by hand). Tor Browser sends both on an onion, others
   neither; the one-time token of the form decides for those.
   At the mirror ours is https alone.
3. The page that a form was answered with opens for a browser that one of our pages led to it (`was_led_here`): its
   `Sec-Fetch-Site` is `same-origin`, or, at the onion where it sends none, its `Referer` is ours. Firefox, Chromium and
   w3m send one of them, when they load a page again too (measured). Such a page holds the secrets of a draft or a
   session, and somebody who planted its address as a link would know them (tests/intake/http/test_planted_links.py).
   At the mirror every browser since 2023 sends the first, and a proxy in front takes the second off.
4. Of a request's other headers no User-Agent is read, of a forwarded address only that there is one
   (intake/http/forwarded.py), and Accept-Language only for the first page of the mirror (intake/site/tor.py).

`Referrer-Policy` is `same-origin` and not `no-referrer`: under the latter browsers send `Origin: null` with our own
forms.
"""

from typing import Final

from aiohttp import hdrs, web

from intake.entrance import ENTRANCE, Entrance
from intake.http.forwarded import brings_an_address
from intake.services import SERVICES, Services
from intake.views.texts import WRONG_HOST, WRONG_ORIGIN
from trusted.web.silence import Handler, fixed_response

_MISDIRECTED: Final = 421
_FORBIDDEN: Final = 403
_SAME_ORIGIN: Final = "same-origin"
_OWN_SITE: Final = ("", _SAME_ORIGIN, "none")


@web.middleware
async def check_origin(request: web.Request, handler: Handler) -> web.StreamResponse:
    services: Services = request.app[SERVICES]
    language = services.pages.language_of(request)
    if brings_an_address(request):
        services.forwarded_addresses.note()
        return fixed_response(_FORBIDDEN)
    if request.headers.get(hdrs.HOST, "").lower() not in _hosts(services, request.app[ENTRANCE]):
        return services.pages.plain(language, WRONG_HOST, status=_MISDIRECTED)
    if request.method == hdrs.METH_POST and not _from_our_pages(request):
        return services.pages.plain(language, WRONG_ORIGIN, status=_FORBIDDEN)
    return await handler(request)


def _hosts(services: Services, entrance: Entrance) -> frozenset[str]:
    if entrance is Entrance.ONION:
        return services.hosts.public
    return frozenset() if services.mirror is None else frozenset({services.mirror.host})


def was_led_here(request: web.Request) -> bool:
    """Say whether one of our pages led the browser here, and no link or typed address. Rule 3."""
    if (untrusted_site := request.headers.get("Sec-Fetch-Site")) is not None:
        return untrusted_site.lower() == _SAME_ORIGIN
    if request.app[ENTRANCE] is not Entrance.ONION:
        return True
    untrusted_referer = request.headers.get(hdrs.REFERER, "").lower()
    return any(untrusted_referer.startswith(f"{origin}/") for origin in _own_origins(request))


def _from_our_pages(request: web.Request) -> bool:
    untrusted_origin = request.headers.get(hdrs.ORIGIN)
    if untrusted_origin is not None and untrusted_origin.lower() not in _own_origins(request):
        return False
    return request.headers.get("Sec-Fetch-Site", "").lower() in _OWN_SITE


def _own_origins(request: web.Request) -> frozenset[str]:
    host = request.headers[hdrs.HOST].lower()
    schemes = ("http", "https") if request.app[ENTRANCE] is Entrance.ONION else ("https",)
    return frozenset(f"{scheme}://{host}" for scheme in schemes)
