"""`kallskydd desk`: open the members' application in the browser of this computer, and serve it until Ctrl-C."""

import asyncio
import contextlib
import sys
import webbrowser
from collections.abc import AsyncIterator

import aiohttp

from desk.errors import NotReachable
from desk.keep.keyfile import DeskHome
from desk.server.reach import Connect
from desk.web.serve import serve
from kallskydd.desk.memory import swap_can_be_read
from kallskydd.desk.preview import IntakePages
from kallskydd.desk.route import Route, connector_for
from onion.errors import OnionError
from trusted.case.clock import utc_now

OK = 0


def run(home: DeskHome, route: Route, *, browser: bool) -> int:
    """Serve the application until the process is asked to end; return the exit code. Raises NoPort."""

    def opened(address: str) -> None:
        # A browser that cannot be started is no fault: the address is there to be opened by hand.
        if browser and webbrowser.open(address):
            print("The application is open in your browser. Ctrl-C ends it.", file=sys.stderr)
            return
        print("Open this address in your browser; it counts once. Ctrl-C ends the application.", file=sys.stderr)
        print(address, flush=True)

    asyncio.run(serve(home, _connect(home, route), utc_now, opened, IntakePages(), swap_is_readable=swap_can_be_read()))
    # Measured in Chromium and Firefox: a tab sends nothing by itself, and with the next press all that is typed in it.
    print(
        "The application has ended. Close its tab in the browser: another account of this computer could answer there.",
        file=sys.stderr,
    )
    return OK


def _connect(home: DeskHome, route: Route) -> Connect:
    @contextlib.asynccontextmanager
    async def connect(address: str, onion_private: str) -> AsyncIterator[aiohttp.BaseConnector]:
        try:
            async with connector_for(address, onion_private, route=route, tor_folder=home.tor) as connector:
                yield connector
        except OnionError as failed:
            raise NotReachable(failed.text_key) from failed

    return connect
