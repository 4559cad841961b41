"""The check before every page, and the headers of every answer.

In this order; who fails one of them gets an empty answer that does not say what listens here:

1. `Host` is the application's own, to the letter: the name is a secret of this run, and ends DNS rebinding.
2. The browser says that it goes to a page, or fetches a style sheet or picture for one of them (`Sec-Fetch-*`, which
   both browsers send to .localhost and no script can write); a file that is read comes into the element of its page. A
   fetch by a script, any other frame, and what another page asks for get nothing; so does a browser extension that has
   no more than the address.
3. What changes something is a POST whose `Origin` is ours.
4. The cookie is the one that the opening token was exchanged for (`local.entrance`).

The frame of our own pages comes under a second name, a secret as well, and gets nothing but itself.

`Referrer-Policy` is `same-origin`: under `no-referrer` browsers send `Origin: null` with our own forms.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware

from desk.web.local.address import LocalAddress
from desk.web.local.entrance import COOKIE, Entrance

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# By address: what GET does there, and what POST does.
Routes = Mapping[str, tuple[Handler | None, Handler | None]]

OPEN: Final = "/open/"
HEADERS: Final = {
    # No script, not even our own; nothing from anywhere else; forms go to us, and nobody frames us.
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    hdrs.CACHE_CONTROL: "no-store",
}
_NOT_FOUND: Final = 404
_GOES_TO_A_PAGE: Final = ("navigate", "document")
# What our pages bring with it, by the beginning of its address.
SHOWN: Final = "/shown/"
_PARTS: Final = {
    "/desk.css": ("no-cors", "style"),
    "/picture/": ("no-cors", "image"),
    "/help/picture/": ("no-cors", "image"),
    # A file that is read, by the element in which its page has it.
    SHOWN + "frame/": ("navigate", "iframe"),
    SHOWN + "picture/": ("no-cors", "image"),
    SHOWN + "sound/": ("no-cors", "audio"),
    SHOWN + "film/": ("no-cors", "video"),
}
# What is answered under the name of the frame, to that frame alone, and without the cookie.
_FRAME: Final = {"/beat": ("navigate", "iframe"), "/desk.css": ("no-cors", "style")}
_OWN_SITE: Final = "same-origin"
# Typed by hand, or opened by the program.
_NO_SITE: Final = "none"


def guard(address: LocalAddress, entrance: Entrance) -> Middleware:
    """Return the middleware that takes the steps above."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.getall(hdrs.HOST, []) == [address.frame_host]:
            return await handler(request) if _is_of_the_frame(request) else nothing()
        # 1.
        if request.headers.getall(hdrs.HOST, []) != [address.host]:
            return nothing()
        # 2. and 3.
        if not _is_a_way_of_ours(request, address.origin):
            return nothing()
        # 4.
        is_opening = request.method == hdrs.METH_GET and request.path.startswith(OPEN)
        if not is_opening:
            if not entrance.knows(request.cookies.get(COOKIE, "")):
                return nothing()
            # Hers is the last connection to be ended (`local.connections`).
            request.protocol.is_hers = True  # type: ignore[attr-defined]
        return await handler(request)

    return middleware


class _Bare(web.Response):
    """Drops what the library adds, also where no signal handler sees the answer."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        await bare_headers(None, self)


def nothing() -> web.Response:
    """Return the empty answer, with no header that is ours or the library's own."""
    return _Bare(status=_NOT_FOUND)


async def bare_headers(_request: web.Request | None, response: web.StreamResponse) -> None:
    """Signal handler for `on_response_prepare`: the library has added its version and a clock."""
    response.headers.pop(hdrs.SERVER, None)
    response.headers.pop(hdrs.DATE, None)


def _is_of_the_frame(request: web.Request) -> bool:
    return request.method == hdrs.METH_GET and _FRAME.get(request.path) == _way(request)


def _way(request: web.Request) -> tuple[str, str]:
    return request.headers.get("Sec-Fetch-Mode", ""), request.headers.get("Sec-Fetch-Dest", "")


def _is_a_way_of_ours(request: web.Request, origin: str) -> bool:
    site = request.headers.get("Sec-Fetch-Site", "")
    way = _way(request)
    if request.method == hdrs.METH_GET and request.path in _FRAME.keys() - _PARTS.keys():
        return False
    if request.method == hdrs.METH_POST:
        return way == _GOES_TO_A_PAGE and site == _OWN_SITE and request.headers.get(hdrs.ORIGIN) == origin
    if request.method != hdrs.METH_GET:
        return False
    part = next((part for beginning, part in _PARTS.items() if request.path.startswith(beginning)), None)
    if part is not None:
        return way == part and site == _OWN_SITE
    return way == _GOES_TO_A_PAGE and site in {_OWN_SITE, _NO_SITE}
