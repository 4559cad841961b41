"""Shows a plain browser the demonstration: a loopback port that forwards over the private Tor network.

It is not part of the service and not a mirror: it reads what passes, which is why every page it shows says, in a
banner that the forwarder itself writes, that this is a demonstration and not anonymous. It listens on 127.0.0.1
alone and keeps nothing. Answers are passed on as they come, so that the page that shows the progress of a sending is
seen to move.
"""

from __future__ import annotations

import logging
import re
from collections.abc import AsyncIterator, Mapping
from typing import Final

import aiohttp
from aiohttp import hdrs, web

from onion.connector import SocksConnector
from onion.errors import SocksFailed
from trusted.web.silence import QuietRunner, drop_telltales

BANNER: Final = (
    '<div class="trial" role="note"><div lang="sv"><strong>Demonstration, inte anonym.</strong> '
    "Du ser en uppvisning på den här datorn. Skriv inget på riktigt.</div>"
    '<div lang="en"><strong>Demonstration, not anonymous.</strong> '
    "You see a demonstration on this computer. Write nothing real.</div></div>"
)
# The page's own banner says that it is a trial. Two banners one above the other are read by nobody, so ours takes its
# place: it says more.
_TRIAL_BANNER: Final = re.compile(rb'<div class="trial" role="note">.*?</div>', re.DOTALL)
_TRIAL_BEGINS: Final = b'<div class="trial"'
_BODY: Final = re.compile(rb"<body[^>]*>")
# A page's own banner begins within this many bytes of its <body>. What has none there has none.
_BANNER_WITHIN: Final = 512
# Only what the pages need; a browser's language, name and cookies stay here.
PASSED_UP: Final = (hdrs.CONTENT_TYPE, hdrs.CONTENT_LENGTH, "Sec-Fetch-Site")
# Lengths change with the banner, and connections are ours on each side.
NOT_PASSED_DOWN: Final = {hdrs.CONTENT_LENGTH, hdrs.TRANSFER_ENCODING, hdrs.CONNECTION, hdrs.CONTENT_ENCODING}
SECONDS: Final = 300.0
LARGEST_BODY: Final = 2**30  # the intake has its own limits; this one only ends an endless request


class Forwarder:
    """One listener for one onion."""

    def __init__(self, socks: tuple[str, int], onion: str) -> None:
        """`onion` with its ".onion"."""
        self._socks = socks
        self._upstream = f"http://{onion}"
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self._origin = ""

    async def start(self, port: int = 0) -> str:
        """Listen on loopback; returns the address to open in a browser."""
        connector = SocksConnector(self._socks, within=SECONDS)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=SECONDS),
            auto_decompress=False,
        )
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._forward)
        # As from the service itself: no Server, no Date, and no word on what went wrong.
        app.on_response_prepare.append(drop_telltales)
        silent = logging.Logger("forwarder", level=logging.CRITICAL + 1)  # noqa: LOG001  # heard by nobody, on purpose
        self._runner = QuietRunner(app, access_log=None, logger=silent)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, bound = self._runner.addresses[0][:2]
        self._origin = f"http://{host}:{bound}"
        return self._origin

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
        if self._session is not None:
            await self._session.close()

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        if self._session is None:
            raise web.HTTPServiceUnavailable
        if request.headers.get(hdrs.HOST) != self._origin.removeprefix("http://"):
            # Another name that points to loopback is somebody else's page trying to reach this one.
            raise web.HTTPMisdirectedRequest
        headers = passed_up(request.headers, self._origin, self._upstream)
        body = request.content if request.can_read_body else None
        try:
            answer = await self._session.request(
                request.method, self._upstream + request.raw_path, headers=headers, data=body, allow_redirects=False
            )
        except (aiohttp.ClientError, OSError, TimeoutError, SocksFailed):
            text = "The onion did not answer. Wait a few seconds and load the page again."
            return web.Response(status=502, text=text)
        async with answer:
            return await _pass_on(request, answer)


def passed_up(headers: Mapping[str, str], own: str, upstream: str) -> dict[str, str]:
    """Return what goes on to the onion: where the browser comes from in the onion's name, if that is here."""
    passed = {name: headers[name] for name in PASSED_UP if name in headers}
    if headers.get(hdrs.ORIGIN) == own:
        passed[hdrs.ORIGIN] = upstream
    if headers.get(hdrs.REFERER, "").startswith(f"{own}/"):
        passed[hdrs.REFERER] = f"{upstream}/"
    return passed


async def _pass_on(request: web.Request, answer: aiohttp.ClientResponse) -> web.StreamResponse:
    """Send the answer to the browser piece by piece, a page with the banner of the demonstration."""
    response = web.StreamResponse(status=answer.status)
    for name, value in answer.headers.items():
        if name not in NOT_PASSED_DOWN:
            response.headers[name] = value
    pieces: AsyncIterator[bytes] = answer.content.iter_any()
    if answer.content_type == "text/html":
        pieces = bannered(pieces)
    await response.prepare(request)
    try:
        async for piece in pieces:
            await response.write(piece)
    except (aiohttp.ClientError, TimeoutError):
        # The browser has the beginning already: the only way to say that the rest is missing is to end the connection.
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionAbortedError from None
    await response.write_eof()
    return response


async def bannered(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces of a page, the first of them with the banner. Waits only until the place of it has come."""
    head: bytes | None = b""
    async for piece in pieces:
        if head is None:
            yield piece
            continue
        head += piece
        if _banner_has_its_place(head):
            yield with_banner(head)
            head = None
    if head:
        yield with_banner(head)


def _banner_has_its_place(head: bytes) -> bool:
    body = _BODY.search(head)
    if body is None:
        return False
    if _TRIAL_BEGINS in head:
        return _TRIAL_BANNER.search(head) is not None
    return len(head) - body.end() >= _BANNER_WITHIN


def with_banner(page: bytes) -> bytes:
    """Return the page with the one banner of the demonstration, in the place of its own if it has one."""
    banner = BANNER.encode()
    replaced, count = _TRIAL_BANNER.subn(lambda _: banner, page, count=1)
    return replaced if count else _BODY.sub(lambda body: body[0] + b"\n" + banner, page, count=1)
