"""
The intake as a process: `python -I -m intake --home H --public-fd N --desk-fd N --control-fd N --zygote-fd N …`.

The order is the security of it:

1. Read the arguments; everything has been imported by then.
2. Silence: descriptors 1 and 2 to /dev/null, loggers and exception hooks off.
3. Close the process to the world, before the first thread: from here on it can make no socket, start no program and
   write nothing outside its home.
4. Open the store; have a job in each zygote prove that it can do nothing either. Exit with 3 if it can.
5. Say READY to the keeper, then serve.

It ends when the keeper says so, when the keeper's end of the channel closes, or at SIGTERM. Exit codes: 0 in order,
2 usage, 3 refused for safety, 4 the home cannot be used, or a code of `intake.control.HOME_FAULTS` that says why.
"""

import argparse
import asyncio
import os
import resource
import secrets
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cases.clock import utc_now
from cases.errors import CaseError
from cases.home import read_home
from cases.store.store import Store
from confine.lock import confine_intake
from intake.app import Serving, public_app, serve
from intake.control import HOME_FAULTS, Event, IntakeEnd, Order, Ordered
from intake.daily import keep_time, release_everything
from intake.desk_api.app import desk_app
from intake.entrance import Entrance, Hosts
from intake.http.silence import Faults, be_silent, silence_loop
from intake.mirror.contexts import MirrorContexts, NotUsable
from intake.read_times import set_access_times_to_now
from intake.services import Services, compose
from scrubbers.sandbox import Sandbox
from scrubbers.self_test import JailNotTight
from scrubbers.version import scrubber_version
from scrubbers.zygote_pool import OnDemand

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
    hosts: Hosts
    zygotes_on_demand: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the intake and return its exit code."""
    inherited = _read_arguments(sys.argv[1:] if arguments is None else arguments)
    faults = Faults()
    _to_nowhere()
    _more_descriptors()
    be_silent(faults)
    try:
        locks = confine_intake(inherited.home)
    except Exception:  # noqa: BLE001 - whatever kept the locks from closing, the answer is not to start
        return UNSAFE
    # What the kernel says is on, and not that the calls for it came back without an error.
    if not locks.complete:
        return UNSAFE
    return asyncio.run(_run(inherited, faults))


async def _run(inherited: Inherited, faults: Faults) -> int:
    loop = asyncio.get_running_loop()
    silence_loop(loop, faults)
    control = IntakeEnd(inherited.control)
    faults.listener = lambda: control.tell(Event.HANDLER_FAULT)
    ending = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ending.set)
    loop.add_signal_handler(signal.SIGINT, ending.set)
    async with AsyncExitStack() as stack:
        on_demand = _on_demand(control) if inherited.zygotes_on_demand else None
        sandbox = Sandbox(inherited.zygotes, version=scrubber_version(), on_demand=on_demand)
        stack.callback(sandbox.close)
        try:
            services = await _services(inherited, faults, sandbox, stack)
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
        services.roster.on_fault = lambda: control.tell(Event.ROSTER_FAULT)
        services.forwarded_addresses.listener = lambda count: control.tell(Event.FORWARDED_ADDRESS, count)
        clockwork = loop.create_task(
            keep_time(services, lambda: control.tell(Event.RELEASED), lambda: control.tell(Event.STORE_FAULT))
        )
        stack.callback(clockwork.cancel)
        # Neither of the two ever ends by itself. Without its clock the intake would take reports that nobody gets to
        # see, and without its orders it could not be stopped: better to end, and be started again by the keeper.
        clockwork.add_done_callback(lambda _: ending.set())
        for app, listener in ((public_app(services), inherited.public), (desk_app(services), inherited.desk)):
            serving: Serving = await serve(app, listener)
            stack.push_async_callback(serving.close)
        contexts = services.mirror_contexts
        if inherited.mirror is not None and contexts is not None:
            serving = await serve(public_app(services, Entrance.MIRROR), inherited.mirror, tls=contexts)
            stack.push_async_callback(serving.close)
        control.tell(Event.READY)
        obeying = loop.create_task(_obey(control, services, sandbox, contexts))
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


async def _obey(control: IntakeEnd, services: Services, sandbox: Sandbox, contexts: MirrorContexts | None) -> None:
    """Do what the keeper says until it says stop or is gone."""
    async for ordered in control.orders():
        match ordered.order:
            case Order.REPLACE_ZYGOTE if ordered.channel is not None:
                sandbox.replace(ordered.index, ordered.channel)
            case Order.ROSTER_CHANGED:
                services.roster.forget()
            case Order.RELEASE:
                if await release_everything(services):
                    control.tell(Event.RELEASED)
            case Order.MIRROR_CERTIFICATE | Order.MIRROR_CHALLENGE | Order.MIRROR_CHALLENGE_OVER:
                control.tell(_obey_for_mirror(contexts, ordered))
            case Order.STOP:
                break
            case _:
                pass


def _obey_for_mirror(contexts: MirrorContexts | None, ordered: Ordered) -> Event:
    """Take what was handed over, or the challenge away; returns what to tell the keeper."""
    try:
        if contexts is None:
            return Event.MIRROR_REFUSED
        if ordered.memory is None:
            contexts.end_challenge()
        elif ordered.order is Order.MIRROR_CERTIFICATE:
            contexts.take_certificate(ordered.memory)
        else:
            contexts.take_challenge(ordered.memory)
    except NotUsable:
        return Event.MIRROR_REFUSED
    finally:
        if ordered.memory is not None:
            os.close(ordered.memory)
    return Event.MIRROR_TAKEN


async def _services(inherited: Inherited, faults: Faults, sandbox: Sandbox, stack: AsyncExitStack) -> Services:
    # Closed last: what a stopped service was last read for is not kept either.
    stack.callback(set_access_times_to_now, inherited.home)
    home = read_home(inherited.home)
    store = await Store.open(home.path, utc_now)
    stack.push_async_callback(store.close)
    services = compose(
        home,
        store,
        sandbox,
        faults,
        utc_now,
        hosts=inherited.hosts,
    )
    stack.callback(services.argon2.close)
    stack.push_async_callback(services.held.close)
    return services


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
        hosts=Hosts(frozenset({_host(given.public_address)}), frozenset({_host(given.desk_address)})),
        zygotes_on_demand=given.zygotes_on_demand,
    )


def _host(address: str) -> str:
    return address.lower().removesuffix(".onion") + ".onion"


def _more_descriptors() -> None:
    """Raise the soft limit of descriptors: connections and files in memory need more than the usual 1,024."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, _DESCRIPTORS), hard))


def _to_nowhere() -> None:
    """Point the standard streams at /dev/null, whatever they were."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
