"""`kallskydd desk`: open the members' application in the browser of this computer, and serve it until Ctrl-C."""

import asyncio
import contextlib
import os
import sys
import webbrowser
from collections.abc import AsyncIterator

import aiohttp

from desk.errors import NotReachable
from desk.keep.keyfile import DeskHome
from desk.server.reach import Connect
from desk.web.serve import serve
from desk.web.views.group.figures import PrintFigures
from kallskydd.desk.memory import swap_can_be_read
from kallskydd.desk.preview import IntakePages
from kallskydd.desk.route import Route, connector_for
from onion.errors import OnionError
from trusted.case.clock import utc_now

OK = 0


def run(home: DeskHome, route: Route, printed: PrintFigures, *, browser: bool) -> int:
    """Serve the application until the process is asked to end; return the exit code. Raises NoPort."""

    def opened(address: str) -> None:
        # A browser that cannot be started is no fault: the address is there to be opened by hand.
        if browser and _open(address):
            print("The application is open in your browser. Ctrl-C ends it.", file=sys.stderr)
            return
        print("Open this address in your browser; it counts once. Ctrl-C ends the application.", file=sys.stderr)
        print(address, flush=True)

    swap = swap_can_be_read()
    connect, reporter = _connect(home, route), IntakePages()
    asyncio.run(serve(home, connect, utc_now, opened, reporter, printed=printed, swap_is_readable=swap))
    # Measured in Chromium and Firefox: a tab sends nothing by itself, and with the next press all that is typed in it.
    print(
        "The application has ended. Close its tab in the browser: another account of this computer could answer there.",
        file=sys.stderr,
    )
    return OK


def _open(address: str) -> bool:
    """Open the address in the browser; one that starts now keeps what it puts away in memory.

    Chromium writes the pictures of every page to a file without a name in this folder, Firefox long films
    (docs/decisions/desk/0068).
    """
    before, in_memory = os.environ.get("TMPDIR"), os.environ.get("XDG_RUNTIME_DIR")
    try:
        if in_memory:
            os.environ["TMPDIR"] = in_memory
        return webbrowser.open(address)
    finally:
        os.environ.pop("TMPDIR", None)
        if before is not None:
            os.environ["TMPDIR"] = before


def _connect(home: DeskHome, route: Route) -> Connect:
    @contextlib.asynccontextmanager
    async def connect(address: str, onion_private: str) -> AsyncIterator[aiohttp.BaseConnector]:
        try:
            async with connector_for(address, onion_private, route=route, tor_folder=home.tor) as connector:
                yield connector
        except OnionError as failed:
            raise NotReachable(failed.text_key) from failed

    return connect
