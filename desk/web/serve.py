"""Run the application on this computer, for one browser, until it is ended.

1. It listens on both loopbacks, at a port that the system chooses, under a name of 128 random bits (`local.loopback`).
2. The browser is opened at that address with a token that counts once; the address stands on the terminal too.
3. Ctrl-C, or the end of the terminal, locks the desk, ends its tor, and leaves nothing open.

Nothing is logged: the library's loggers are off in this process.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable
from typing import Final

from aiohttp import web

from desk.keep.cache import cache_folder_of
from desk.keep.keyfile import DeskHome
from desk.server.reach import Connect
from desk.web.app import make_app
from desk.web.local.address import LocalAddress, new_name
from desk.web.local.connections import BACKLOG, Runner
from desk.web.local.entrance import Entrance
from desk.web.local.guard import OPEN
from desk.web.local.loopback import listen
from desk.web.services import Services, chosen_language
from desk.web.session.desk import IDLE_SECONDS, Desk
from desk.web.session.link import Link
from desk.web.views.group.figures import PrintFigures
from desk.web.views.pages import Pages
from desk.web.views.writing.previews import ReporterPages
from trusted.case.clock import Clock

_SHUTDOWN_SECONDS: Final = 1.0


async def serve(
    home: DeskHome,
    connect: Connect,
    clock: Clock,
    opened: Callable[[str], None],
    reporter: ReporterPages,
    *,
    printed: PrintFigures,
    idle: float = IDLE_SECONDS,
    swap_is_readable: bool = False,
) -> None:
    """Serve until the process is asked to end. `opened` is called with the address, once it answers. Raises NoPort.

    `swap_is_readable`: whether a thief of the disk could find there what was in memory; Unlock says so.
    """
    logging.disable(logging.CRITICAL)
    desk = Desk(home, Link(connect), clock, idle, cache_folder=cache_folder_of(home))
    with contextlib.ExitStack() as listening:
        listeners = [listening.enter_context(one) for one in listen()]
        address = LocalAddress(new_name(), listeners[0].getsockname()[1])
        services = Services(
            home,
            desk,
            Pages(),
            address,
            Entrance(),
            clock,
            reporter,
            printed,
            chosen_language(home),
            swap_is_readable=swap_is_readable,
        )
        runner = Runner(make_app(services), handle_signals=False, shutdown_timeout=_SHUTDOWN_SECONDS)
        await runner.setup()
        going_on = [asyncio.create_task(desk.lock_when_idle()), asyncio.create_task(services.refresh.daily())]
        try:
            for listener in listeners:
                await web.SockSite(runner, listener, backlog=BACKLOG).start()
            opened(f"{address.origin}{OPEN}{services.entrance.token}")
            await _until_asked_to_end()
        finally:
            for task in going_on:
                task.cancel()
            await runner.cleanup()
            await desk.close()


async def _until_asked_to_end() -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Windows has no such handlers; Ctrl-C ends the loop there.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, ended.set)
    await ended.wait()
