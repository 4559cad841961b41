"""Silence: what a library would say on its own is taken away here, and nothing can turn it on again.

The promises, in the order in which a request could break them:

1. No answer carries `Server` or `Date` (the version of a program; the skew of a clock).
2. A request that the parser refuses gets a constant body. The library echoes the offending bytes and logs them.
3. A fault in a handler becomes a fixed page and a count. The library logs the exception, which can quote the reporter.
4. `Expect` and unknown methods and paths get constant answers; the library echoes the value of `Expect`.
5. Every hook that Python calls with an exception counts it and says nothing: the excepthooks of the process and of
   threads, what cannot be raised, the event loop's own handler, and warnings.

Two of these override what aiohttp does not promise to keep. tests/trusted/web/test_silence.py pins them to the version
in use.
"""

import asyncio
import faulthandler
import logging
import sys
import threading
import warnings
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import hdrs, web
from aiohttp.typedefs import Middleware
from aiohttp.web_protocol import RequestHandler

# One sentence of what happened and one of what to do. It is constant and in both languages, for nothing about the
# request may be trusted enough to choose.
FIXED_BODY: Final = (
    b"<!doctype html><html lang=sv><meta charset=utf-8><title>Fel</title>"
    b"<p>Det gick inte att ta emot. Inget har sparats. G\xc3\xa5 tillbaka och f\xc3\xb6rs\xc3\xb6k igen.</p>"
    b"<p lang=en>We could not receive that. Nothing was stored. Please go back and try again.</p></html>"
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Faults:
    """Counts faults, and tells the one who listens that the count rose. It keeps no exception."""

    def __init__(self) -> None:
        self.count = 0
        self.listener: Callable[[], None] | None = None

    def note(self) -> None:
        self.count += 1
        if self.listener is not None:
            self.listener()


def quiet_logger() -> logging.Logger:
    """Return a logger that drops everything, for a library that wants one."""
    logger = logging.Logger("silent", level=logging.CRITICAL + 1)  # noqa: LOG001 - outside the tree on purpose: no handler of anyone's can hear it
    logger.disabled = True
    logger.propagate = False
    return logger


def be_silent(faults: Faults) -> None:
    """Make this whole process silent. Called once, first, by the intake's `__main__`."""
    logging.disable(logging.CRITICAL)
    logging.raiseExceptions = False
    logging.lastResort = None
    logging.getLogger().handlers.clear()
    warnings.simplefilter("ignore")
    faulthandler.disable()
    sys.tracebacklimit = 0
    sys.excepthook = lambda *_: faults.note()
    sys.unraisablehook = lambda _: faults.note()
    threading.excepthook = lambda _: faults.note()


def silence_loop(loop: asyncio.AbstractEventLoop, faults: Faults) -> None:
    """Count an exception that nobody awaited; asyncio would print its value."""
    loop.set_exception_handler(lambda _loop, _context: faults.note())


def fixed_response(status: int) -> web.Response:
    """Return the page that stands for every fault: the same bytes whatever happened."""
    return _Bare(
        status=status,
        body=FIXED_BODY,
        headers={
            hdrs.CONTENT_TYPE: "text/html; charset=utf-8",
            hdrs.CACHE_CONTROL: "no-store",
            "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
        },
    )


async def refuse_expect(request: web.Request) -> web.StreamResponse | None:
    """Answer `Expect: 100-continue` as the standard asks; any other value gets the fixed page and no echo."""
    if request.headers.get(hdrs.EXPECT, "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # The counters of the writer are those of the answer proper, which follows.
        request.writer.output_size = 0
        return None
    return fixed_response(417)


def silent_errors(faults: Faults) -> Middleware:
    """Return the outermost middleware: the only broad catch there is."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as untrusted_exception:
            # Its text is the library's and can quote the path.
            return fixed_response(untrusted_exception.status)
        except (ConnectionError, asyncio.CancelledError):
            raise
        except web.RequestPayloadError:
            # The browser went away in the middle of its request. There is nobody to answer and nothing at fault.
            return fixed_response(400)
        except Exception:  # noqa: BLE001 - the outermost layer; whatever it is must not be printed
            faults.note()
            return fixed_response(500)

    return middleware


async def drop_telltales(_request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Signal handler for `on_response_prepare`: the library has by now added Server and Date to every routed answer."""
    response.headers.pop(hdrs.SERVER, None)
    response.headers.pop(hdrs.DATE, None)


class _Bare(web.Response):
    """A response that drops the two headers itself, for answers that no signal handler sees."""

    async def _prepare_headers(self) -> None:
        await super()._prepare_headers()
        self.headers.pop(hdrs.SERVER, None)
        self.headers.pop(hdrs.DATE, None)


class QuietHandler(RequestHandler):
    """The library's protocol, with constant answers and no log."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 - the signature is the library's
        status: int = 500,
        exc: BaseException | None = None,  # noqa: ARG002 - never looked at: it can quote the request
        message: str | None = None,  # noqa: ARG002 - the same
    ) -> web.StreamResponse:
        self.close()
        return fixed_response(status)

    def log_access(self, *_args: Any, **_kwargs: Any) -> None:
        return

    def log_debug(self, *_args: Any, **_kwargs: Any) -> None:
        return

    def log_exception(self, *_args: Any, **_kwargs: Any) -> None:
        return


Answer = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
MakeHandler = Callable[..., QuietHandler]


class QuietServer(web.Server):
    """Makes a quiet handler for every connection."""

    def __init__(self, make_handler: MakeHandler, answer: Answer, **settings: Any) -> None:
        super().__init__(answer, **settings)
        self._make_handler = make_handler

    def __call__(self) -> RequestHandler:
        return self._make_handler(self, loop=self._loop, **self._kwargs)


class QuietRunner(web.AppRunner):
    """The library's runner with the quiet server in the place of its own."""

    def __init__(self, app: web.Application, make_handler: MakeHandler = QuietHandler, **settings: Any) -> None:
        super().__init__(app, **settings)
        self._make_handler = make_handler

    async def _make_server(self) -> web.Server:
        # The library makes `web.Server` by name and leaves no seam, so its server is made first (that also starts the
        # application), and a quiet one takes over its handler, its way to make requests and its settings.
        loud = await super()._make_server()
        return QuietServer(
            self._make_handler, loud.request_handler, request_factory=loud.request_factory, **self._kwargs
        )
