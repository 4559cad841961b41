"""Keeps both onion addresses up for as long as the keeper runs.

One round: start tor (unless another's is configured), wait until the first intake is ready, publish both onions with
their stored keys, wait until a directory has them, say so, probe the public one from outside now and then, and wait
until tor is gone. Then the next round, with the same keys. Whatever tor is waiting for is announced in words; nothing
here gives up.

A tenant of a host asks the host's publisher (`onion.publisher`), and loads no stem: its keeper is the smaller by that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from kallskydd.serve.announce import Announcer
from kallskydd.serve.children import Backoff
from kallskydd.serve.notes import Notebook
from onion.errors import NotPublished, OnionError, TorDidNotStart, TorGone
from onion.keys import OnionKey
from onion.probe import SocksAddress, probe
from onion.publish import Publisher
from onion.publisher.client import PublisherLink
from onion.publisher.onion import Onion, desk_targets, public_targets
from onion.tor_process import TorProcess
from onion.torrc import render

CONTROL_WAIT_SECONDS = 30.0  # a tor that has not opened its control socket by then will not
PUBLISH_PATIENCE_SECONDS = 10.0  # between two sentences about what tor waits for
FIRST_PROBE_SECONDS = 2.0
PROBE_EVERY_SECONDS = 600.0
PROBE_RETRY_SECONDS = 15.0


class WhoseTor(Enum):
    """Which tor serves this home."""

    OWN = auto()  # started and ended by us, in the home
    SYSTEM = auto()  # one with a unit of its own, for this home alone
    HOST = auto()  # that of a host with tenants, by its publisher


@dataclass(frozen=True, slots=True)
class OnionPlaces:
    """Where tor, its sockets and our listeners are."""

    whose: WhoseTor
    tor_folder: Path
    control: Path  # tor's control socket, or the tenant's folder at the publisher
    socks_socket: Path
    run: Path  # where the intake listens
    mirror: bool
    network_lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class OnionKeys:
    """The private keys of both addresses."""

    public: OnionKey
    desk: OnionKey


class Onions:
    """Both addresses; `desk_keys` is asked again whenever the roster may have changed."""

    def __init__(
        self,
        places: OnionPlaces,
        keys: OnionKeys,
        desk_keys: Callable[[], Sequence[str]],
        announcer: Announcer,
        *,
        notebook: Notebook,
        trial: bool,
    ) -> None:
        self._places = places
        self._public_key = keys.public
        self._desk_key = keys.desk
        self._desk_keys = desk_keys
        self._announcer = announcer
        self._notebook = notebook
        self._trial = trial
        self._publisher = self._new_publisher()
        self._tor: TorProcess | None = None
        self._starting: asyncio.Future[None] | None = None
        self._announced = False
        self.roster_changed = asyncio.Event()
        self.intake_is_ready = asyncio.Event()  # set by the keeper; nothing is published before

    async def keep_up(self) -> None:
        """Run rounds until cancelled."""
        backoff = Backoff()
        while True:
            backoff.mark_start()
            try:
                await self._round()
            except OnionError as error:
                self._announcer.say(str(error))
            except OSError as error:
                # A full disk, or a home that was taken away: both can be mended while the keeper waits.
                self._announcer.say(f"tor's files in the home cannot be written ({error.strerror}). It keeps trying.")
            self._announcer.event("tor-gone")
            await backoff.wait()

    async def close(self) -> None:
        """Take the onions down from a tor that is not ours, or end our own."""
        if self._tor is None:
            for key in (self._public_key, self._desk_key):
                with suppress(OnionError):
                    await self._publisher.take_down(key.address)
        await self._publisher.close()
        if self._tor is not None:
            if self._starting is not None:
                # A start that was cancelled goes on in its thread; ending is for what it has started.
                await asyncio.gather(self._starting, return_exceptions=True)
            await asyncio.to_thread(self._tor.stop)

    async def _round(self) -> None:
        if self._places.whose is WhoseTor.OWN:
            await self._start_tor()
        await self._connect()
        await self.intake_is_ready.wait()
        await self._publish()
        await self._wait_published()
        if not self._announced:
            self._announced = True
            self._announcer.addresses(self._public_key.address, self._desk_key.address, trial=self._trial)
        else:
            self._announcer.say("The same addresses are up again.")
            self._announcer.event("republished")
        async with asyncio.TaskGroup() as group:
            watchers = [group.create_task(self._probe_now_and_then()), group.create_task(self._follow_roster())]
            await self._publisher.gone.wait()
            for watcher in watchers:
                watcher.cancel()
        self._announcer.say(str(TorGone()))

    async def _start_tor(self) -> None:
        if self._tor is not None:
            await asyncio.to_thread(self._tor.stop)
        folder = self._places.tor_folder
        folder.mkdir(mode=0o700, exist_ok=True)
        torrc = folder / "torrc"
        torrc.write_text(
            render(
                data_directory=folder / "data",
                control_socket=self._places.control,
                socks_socket=self._places.socks_socket,
                network_lines=self._places.network_lines,
            )
        )
        self._tor = TorProcess(torrc, control_socket=self._places.control)
        self._starting = asyncio.ensure_future(asyncio.to_thread(self._tor.start))
        await asyncio.shield(self._starting)
        self._announcer.event("tor-started", pid=self._tor.pid)

    async def _connect(self) -> None:
        """Open the control socket, waiting for a tor that has just been started to make it."""
        deadline = asyncio.get_running_loop().time() + CONTROL_WAIT_SECONDS
        while True:
            try:
                await self._publisher.connect(self._places.control)
            except OnionError:
                if self._tor is not None and not self._tor.alive():
                    for line in self._tor.last_words()[-3:]:
                        self._announcer.say(f"tor says: {line}")
                    raise TorDidNotStart from None
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.1)
            else:
                self._notebook.tor_runs(await self._publisher.version())
                return

    def _note_upload(self, address: str) -> None:
        if address == self._public_key.address:
            self._notebook.descriptor_was_taken()

    async def _publish(self) -> None:
        self.roster_changed.clear()
        places = self._places
        await self._publisher.publish(Onion(self._public_key, public_targets(places.run, mirror=places.mirror)))
        keys = tuple(self._desk_keys())
        if keys:
            desk = Onion(self._desk_key, desk_targets(places.run), client_auth_public_keys=keys)
            await self._publisher.publish(desk)
        else:
            self._announcer.say("No roster names a member, so the desks' address is not published.")

    async def _wait_published(self) -> None:
        """Until a directory has taken both descriptors; meanwhile say what tor is waiting for."""
        addresses = [self._public_key.address]
        if self._desk_keys():
            addresses.append(self._desk_key.address)
        for address in addresses:
            while True:
                try:
                    await self._publisher.wait_published(address, within=PUBLISH_PATIENCE_SECONDS)
                except NotPublished as error:
                    state = await self._publisher.bootstrap()
                    waiting = f"Not published yet: {state.summary} ({state.percent} %). It keeps trying."
                    self._announcer.say(str(error) if state.ready else waiting)
                    self._announcer.event("waiting", percent=state.percent, summary=state.summary)
                else:
                    break

    async def _follow_roster(self) -> None:
        while True:
            await self.roster_changed.wait()
            try:
                await self._publish()
            except TorGone:
                return  # the next round publishes what the roster says then
            except OnionError as error:
                self._announcer.say(f"The desks' address was not changed with the roster. {error}")

    async def _probe_now_and_then(self) -> None:
        """Probe the onion: it can be unreachable for weeks while its server believes that all is well."""
        pause = FIRST_PROBE_SECONDS
        while True:
            await asyncio.sleep(pause)
            try:
                socks = await self.socks()
            except OnionError as error:  # a system tor without a SOCKS port, or one that is just ending
                self._announcer.say(f"The public address cannot be probed from here. {error}")
                pause = PROBE_EVERY_SECONDS
                continue
            result = await probe(socks, self._public_key.address, isolate="keeper")
            self._announcer.event("probe", reached=result.reached, seconds=round(result.seconds, 2))
            if result.reached:
                pause = PROBE_EVERY_SECONDS
            else:
                pause = PROBE_RETRY_SECONDS
                self._announcer.say(f"Our own probe of the public address failed. {result.words}")
                # A tor that hangs answers nothing at all: it then counts as gone, and is started again.
                with suppress(TorGone):
                    await self._publisher.bootstrap()

    async def socks(self) -> SocksAddress:
        """Return the way through tor; raises OnionError."""
        return self._places.socks_socket if self._places.whose is WhoseTor.OWN else await self._publisher.socks()

    def _new_publisher(self) -> Publisher | PublisherLink:
        if self._places.whose is WhoseTor.HOST:
            return PublisherLink(on_uploaded=self._note_upload)
        # With it comes stem.
        from onion.publish import Publisher  # noqa: PLC0415

        return Publisher(on_uploaded=self._note_upload)
