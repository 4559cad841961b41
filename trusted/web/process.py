"""
The intake as a process: `python -I -m intake --home H --public-fd N --desk-fd N --control-fd N --zygote-fd N …`.

What it serves is handed in (intake/__main__.py), and does all that it does in the closed process.

The order is the security of it:

1. Read the arguments; everything has been imported by then.
2. Silence: descriptors 1 and 2 to /dev/null, loggers and exception hooks off.
3. Close the process to the world, before the first thread: from here on it can make no socket, start no program and
   write nothing outside its home.
4. Open the store; have a job in each zygote prove that it can do nothing either. Exit with 3 if it can.
5. Say READY to the keeper, then serve.

It ends when the keeper says so, when the keeper's end of the channel closes, or at SIGTERM. Exit codes: 0 in order,
2 usage, 3 refused for safety, 4 the home cannot be used, or a code of `trusted.web.control.HOME_FAULTS` that says why.
"""

import argparse
import asyncio
import resource
import secrets
import signal
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from aiohttp import web

from trusted.case.errors import CaseError
from trusted.confine.lock import confine_intake
from trusted.confine.process import print_nowhere
from trusted.jail.sandbox import Sandbox
from trusted.jail.self_test import JailNotTight
from trusted.jail.zygote_pool import OnDemand
from trusted.web.control import HOME_FAULTS, Event, IntakeEnd, Order, Ordered
from trusted.web.serving import OnStream, serve
from trusted.web.silence import Faults, be_silent, silence_loop

OK: Final = 0
UNSAFE: Final = 3
NO_HOME: Final = 4
_DESCRIPTORS: Final = 8192
# Of a zygote that came with a file, after the last one: a visitor who sends several, one after the other, waits once.
_WARM_SECONDS: Final = (240.0, 540.0)


@dataclass(frozen=True, slots=True)
class Inherited:
    """What the keeper handed over."""

    home: Path
    public: socket.socket
    desk: socket.socket
    mirror: socket.socket | None
    control: socket.socket
    zygotes: tuple[socket.socket, ...]
    public_address: str
    desk_address: str
    zygotes_on_demand: bool


@dataclass(frozen=True, slots=True)
class Site:
    """An application, the socket that it is served on, and what stands below it on each stream."""

    app: web.Application
    listener: socket.socket
    on_stream: OnStream | None = None


class Service(Protocol):
    """What the process serves."""

    @property
    def sites(self) -> Sequence[Site]: ...
    async def keep_time(self) -> None: ...
    async def obey(self, ordered: Ordered) -> None: ...


# Opens the store and puts together what is served; what is to be closed at the end goes on the stack.
# Raises a CaseError or OSError.
OpenService: TypeAlias = Callable[[Inherited, Sandbox, Faults, IntakeEnd, AsyncExitStack], Awaitable[Service]]


def main(open_service: OpenService, version: Callable[[], str], arguments: Sequence[str] | None = None) -> int:
    """Run the intake and return its exit code. `version` is that of the scrubber."""
    inherited = _read_arguments(sys.argv[1:] if arguments is None else arguments)
    faults = Faults()
    print_nowhere()
    _more_descriptors()
    be_silent(faults)
    try:
        locks = confine_intake(inherited.home)
    except Exception:  # noqa: BLE001 - whatever kept the locks from closing, the answer is not to start
        return UNSAFE
    # What the kernel says is on, and not that the calls for it came back without an error.
    if not locks.complete:
        return UNSAFE
    return asyncio.run(_run(inherited, faults, open_service, version))


async def _run(inherited: Inherited, faults: Faults, open_service: OpenService, version: Callable[[], str]) -> int:
    loop = asyncio.get_running_loop()
    silence_loop(loop, faults)
    control = IntakeEnd(inherited.control)
    faults.listener = lambda: control.tell(Event.HANDLER_FAULT)
    ending = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    loop.add_signal_handler(signal.SIGINT, ending.set)
    async with AsyncExitStack() as stack:
        on_demand = _on_demand(control) if inherited.zygotes_on_demand else None
        sandbox = Sandbox(inherited.zygotes, version=version(), on_demand=on_demand)
        stack.callback(sandbox.close)
        try:
            service = await open_service(inherited, sandbox, faults, control, stack)
            await sandbox.self_test()
            if on_demand is not None:
                # At once: a host starts all its tenants, and their zygotes would be in memory at the same time.
                sandbox.rest()
        except JailNotTight:
            control.tell(Event.SELF_TEST_FAILED)
            return UNSAFE
        except CaseError as fault:
            return next((code for code, text_key in HOME_FAULTS.items() if text_key == fault.text_key), NO_HOME)
        except OSError:
            return NO_HOME
        clockwork = loop.create_task(service.keep_time())
        stack.callback(clockwork.cancel)
        # Neither of the two ever ends by itself. Without its clock the intake would take reports that nobody gets to
        # see, and without its orders it could not be stopped: better to end, and be started again by the keeper.
        clockwork.add_done_callback(lambda _: ending.set())
        for site in service.sites:
            serving = await serve(site.app, site.listener, on_stream=site.on_stream)
            stack.push_async_callback(serving.close)
        control.tell(Event.READY)
        obeying = loop.create_task(_obey(control, service, sandbox))
        obeying.add_done_callback(lambda _: ending.set())
        await ending.wait()
        obeying.cancel()
    return OK


def _on_demand(control: IntakeEnd) -> OnDemand:
    """Ask the keeper for a zygote with the first file, and let it go after a time that chance draws."""
    return OnDemand(
        ask=lambda index: control.tell(Event.ZYGOTE_WANTED, index + 1),
        warm_seconds=lambda: secrets.SystemRandom().uniform(*_WARM_SECONDS),
    )


async def _obey(control: IntakeEnd, service: Service, sandbox: Sandbox) -> None:
    """Do what the keeper says until it says stop or is gone."""
    async for ordered in control.orders():
        if ordered.order is Order.STOP:
            break
        if ordered.order is not Order.REPLACE_ZYGOTE:
            await service.obey(ordered)
        elif ordered.channel is not None:
            sandbox.replace(ordered.index, ordered.channel)


def _read_arguments(arguments: Sequence[str]) -> Inherited:
    parser = argparse.ArgumentParser(prog="intake", description="Started by the keeper, not by hand.")
    parser.add_argument("--home", type=Path, required=True)
    for name in ("--public-fd", "--desk-fd", "--control-fd"):
        parser.add_argument(name, type=int, required=True)
    parser.add_argument("--zygote-fd", type=int, action="append", required=True)
    # Only of a home with a mirror.
    parser.add_argument("--mirror-fd", type=int)
    # Only of a host's tenant.
    parser.add_argument("--zygotes-on-demand", action="store_true")
    for name in ("--public-address", "--desk-address"):
        parser.add_argument(name, required=True)
    given = parser.parse_args(arguments)
    return Inherited(
        home=given.home,
        public=socket.socket(fileno=given.public_fd),
        desk=socket.socket(fileno=given.desk_fd),
        mirror=None if given.mirror_fd is None else socket.socket(fileno=given.mirror_fd),
        control=socket.socket(fileno=given.control_fd),
        zygotes=tuple(socket.socket(fileno=descriptor) for descriptor in given.zygote_fd),
        public_address=given.public_address,
        desk_address=given.desk_address,
        zygotes_on_demand=given.zygotes_on_demand,
    )


def _more_descriptors() -> None:
    """Raise the soft limit of descriptors: connections and files in memory need more than the usual 1,024."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, _DESCRIPTORS), hard))
