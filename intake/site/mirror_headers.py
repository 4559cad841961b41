"""What every answer at the mirror carries besides, and no answer at the onion.

1. The browser comes back by https alone (HSTS), also when somebody on the way would rather have it otherwise.
2. No search engine lists a page, and no browser or proxy keeps one: an ordinary browser has a cache on the disk, and a
   page in it says where somebody has been. The price is that Back does not bring back what was typed.
3. Tor Browser is told the same page's address on the onion, where the address is one that anybody may know. Where it
   holds a secret, or stands in a visit that has begun, it is left out: a browser that prefers onions goes there by
   itself, and the page with the case code would be gone.

They are put on before the answer is filled up to its size (trusted/web/padding.py counts them); on what is streamed,
just before its head is sent.
"""

from http import HTTPStatus
from typing import Final

from aiohttp import hdrs, web

from intake.services import SERVICES
from intake.views.information_index import INFORMATION_PAGES, TOR_PAGE
from trusted.web.silence import Handler

_YEAR_SECONDS: Final = 365 * 24 * 60 * 60
_ALWAYS: Final = {
    "Strict-Transport-Security": f"max-age={_YEAR_SECONDS}",
    "X-Robots-Tag": "noindex",
    hdrs.CACHE_CONTROL: "no-store",
}
# By their address on the onion, which has no page about how to come there.
_KNOWN_TO_ALL: Final = {
    **{path: path for path in ("/", "/report", "/return", *(page.path for page in INFORMATION_PAGES))},
    TOR_PAGE.path: "/",
}


@web.middleware
async def mirror_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    response = await handler(request)
    if not response.prepared:
        await add_mirror_headers(request, response)
    return response


async def add_mirror_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Add the headers to a response. A handler of `on_response_prepare`: no middleware sees every answer in time."""
    response.headers.update(_ALWAYS)
    services = request.app[SERVICES]
    if services.mirror is None or request.method != hdrs.METH_GET or response.status != HTTPStatus.OK:
        return
    path = _KNOWN_TO_ALL.get(request.path)
    if path is not None:
        language = request.query.get("lang", "")
        query = f"?lang={language}" if language in services.config.languages else ""
        response.headers["Onion-Location"] = f"http://{services.mirror.onion_address}{path}{query}"
