"""The publisher of a host with tenants, as a process: `python -I -m kallskydd.hosting.publisher --control S …`.

1. Read the arguments; everything has been imported by then.
2. Silence: descriptors 0 to 2 to /dev/null.
3. Close the process, before its first thread: unix streams alone, no program, no file but tor's cookie.
4. Serve tenants (`onion.publisher.server`) until SIGTERM or SIGINT.

Exit codes: 0 in order, 2 usage, 3 refused for safety, 4 a folder or socket is not there.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from kallskydd.say import MISSING, OK, REFUSED, prose
from onion.publisher.server import Host, Places
from trusted.confine.lock import confine_publisher
from trusted.confine.process import MoreThanOneThread, StrayCode, StraySocket, print_nowhere


def main(arguments: list[str] | None = None) -> int:
    """Run the publisher and return its exit code."""
    places = _read_arguments(sys.argv[1:] if arguments is None else arguments)
    missing = [one for one in (places.control_socket.parent, places.tenants, places.sockets) if not one.is_dir()]
    if missing:
        prose(f"{missing[0]} is not there. Start tor first; the other folders are made by `make install`.")
        return MISSING
    print_nowhere()
    try:
        locks = confine_publisher(places.control_socket.parent, places.tenants, places.sockets)
    except (OSError, MoreThanOneThread, StrayCode, StraySocket):
        return REFUSED
    if not locks.complete:
        return REFUSED
    return asyncio.run(_serve(places))


async def _serve(places: Places) -> int:
    loop = asyncio.get_running_loop()
    # A traceback could hold a request.
    loop.set_exception_handler(lambda *_: None)
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    serving = asyncio.create_task(Host(places).run())
    stop = asyncio.create_task(ending.wait())
    # It never ends by itself; should it, the unit starts another.
    await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
    for task in (serving, stop):
        task.cancel()
    await asyncio.gather(serving, stop, return_exceptions=True)
    return OK if ending.is_set() else MISSING


def _read_arguments(arguments: list[str]) -> Places:
    parser = argparse.ArgumentParser(prog="publisher", description="Started by kallskydd-publisher.service.")
    parser.add_argument("--control", type=Path, required=True, help="tor's control socket")
    parser.add_argument("--tenants", type=Path, required=True, help="the folder of all tenants")
    parser.add_argument("--listeners", type=Path, required=True, help="where tenants' intakes listen, by tenant")
    parser.add_argument("--sockets", type=Path, required=True, help="where tenants reach the publisher, by tenant")
    given = parser.parse_args(arguments)
    folders = (given.control, given.tenants, given.listeners, given.sockets)
    return Places(*(folder.absolute() for folder in folders))


if __name__ == "__main__":
    sys.exit(main())
