"""What the intake serves, handed to its process (process.py): the pages, the desks' interface, and the clock."""

import os
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial

from cases.home import read_home
from intake.app import public_app
from intake.daily import keep_time, release_everything
from intake.desk_api.app import desk_app
from intake.entrance import Entrance, Hosts
from intake.mirror.contexts import MirrorContexts, NotUsable
from intake.mirror.stream import TlsStream
from intake.read_times import set_access_times_to_now
from intake.services import Services, compose
from scrubbers.version import scrubber_version
from trusted.case.clock import utc_now
from trusted.jail.sandbox import Sandbox
from trusted.store.store import Store
from trusted.web.control import Event, IntakeEnd, Order, Ordered
from trusted.web.process import Inherited, Site, main
from trusted.web.silence import Faults


@dataclass(frozen=True, slots=True)
class Intake:
    """The sites of a home, what happens by the clock, and what the keeper may ask for."""

    services: Services
    sites: tuple[Site, ...]
    control: IntakeEnd

    async def keep_time(self) -> None:
        released, store_failed = (partial(self.control.tell, one) for one in (Event.RELEASED, Event.STORE_FAULT))
        await keep_time(self.services, released, store_failed)

    async def obey(self, ordered: Ordered) -> None:
        match ordered.order:
            case Order.ROSTER_CHANGED:
                self.services.roster.forget()
            case Order.RELEASE:
                if await release_everything(self.services):
                    self.control.tell(Event.RELEASED)
            case Order.MIRROR_CERTIFICATE | Order.MIRROR_CHALLENGE | Order.MIRROR_CHALLENGE_OVER:
                self.control.tell(_obey_for_mirror(self.services.mirror_contexts, ordered))
            case _:
                pass


async def open_intake(
    inherited: Inherited, sandbox: Sandbox, faults: Faults, control: IntakeEnd, stack: AsyncExitStack
) -> Intake:
    """Open the home and its store, and put the sites together. Raises a CaseError or OSError."""
    # Closed last: what a stopped service was last read for is not kept either.
    stack.callback(set_access_times_to_now, inherited.home)
    home = read_home(inherited.home)
    store = await Store.open(home.path, utc_now)
    stack.push_async_callback(store.close)
    hosts = Hosts(*(frozenset({_host(one)}) for one in (inherited.public_address, inherited.desk_address)))
    services = compose(home, store, sandbox, faults, utc_now, hosts=hosts)
    stack.callback(services.argon2.close)
    stack.push_async_callback(services.held.close)
    services.roster.on_fault = partial(control.tell, Event.ROSTER_FAULT)
    services.forwarded_addresses.listener = partial(control.tell, Event.FORWARDED_ADDRESS)
    sites = [Site(public_app(services), inherited.public), Site(desk_app(services), inherited.desk)]
    contexts = services.mirror_contexts
    if inherited.mirror is not None and contexts is not None:
        at_mirror = public_app(services, Entrance.MIRROR)
        sites.append(Site(at_mirror, inherited.mirror, partial(TlsStream, contexts)))
    return Intake(services, tuple(sites), control)


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


def _host(address: str) -> str:
    return address.lower().removesuffix(".onion") + ".onion"


if __name__ == "__main__":
    sys.exit(main(open_intake, scrubber_version))
