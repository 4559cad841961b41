"""The publisher of a host: holds tor's control connection for all tenants, and keeps each to its own onions.

Promises
  1. A connection to a tenant's socket is taken from that tenant's account alone, as the kernel names it.
  2. An onion belongs to the connection that put it up, and goes with it, however it ends. Where its ports lead is
     decided here, by tenant and role. About another's onion a tenant learns nothing, and can change nothing.
  3. A tenant's newer connection ends the one before it, and takes over once the onions of that are gone. Four wait for
     that at most, and one connection has three onions at most: a tenant takes few of the descriptors that all share.
  4. While there is no tor, connections wait; when tor goes, those that had one are ended, and keepers publish again.
  5. No key is kept: `onion.publish` forgets it once tor has it.
  6. At most eight descriptors are on their way at once: tor opens a circuit for each directory of each. One that was
     given 100 onions together had published one of them after half a minute; eight at a time, all after 26 to 46 s.
     Of these one tenant has two at most, so that its onions, however many, do not hold up those of others.

Every call to tor waits for the one before, so that a host full of keepers that start at once is no tor that hangs.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from onion.errors import CommandRefused, NotPublished, OnionError
from onion.keys import OnionKey
from onion.publish import Publisher
from onion.publisher.forward import Forwarder
from onion.publisher.messages import (
    ASK_SOCKET,
    LINE_BYTES,
    SOCKS_SOCKET,
    Answer,
    Bootstrap,
    Done,
    FromKeeper,
    Hello,
    Publish,
    State,
    TakeDown,
    Up,
    Uploaded,
    Wait,
    failed_by,
    line_of,
    read_from_keeper,
)
from onion.publisher.onion import Onion, desk_targets, public_targets
from onion.publisher.tenants import Tenant, listen, tenants_in, uid_of_peer

MOST_ON_THEIR_WAY: Final = 8
MOST_OF_ONE_TENANT: Final = 2  # the public address and the desks'
MOST_WAITING: Final = 4  # connections of one tenant, for the one before them; a keeper has one, and tries again
MOST_ADDRESSES: Final = 3  # of one tenant: the public one, the desks', and one more while a key is exchanged
UPLOAD_SECONDS: Final = 5.0  # an onion that no directory has by then no longer holds others up
LOOK_SECONDS: Final = 2.0  # between two looks at which tenants there are, and two tries to reach tor
# control-spec: the number for an onion that is up already. A tenant that has another's key learns no more, and one that
# has its three addresses gets the same.
_REFUSED: Final = 550

T = TypeVar("T")
_Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Places:
    """tor's control socket; the folder of all tenants; and two in which each has a folder of its own.

    `listeners`: where its intake listens, in which no tenant can make a link. `sockets`: its two ways to us.
    """

    control_socket: Path
    tenants: Path
    listeners: Path
    sockets: Path


@dataclass(slots=True, eq=False)
class _Link:
    """One connection of a keeper."""

    tenant: Tenant
    writer: asyncio.StreamWriter
    greeted: bool = False
    addresses: set[str] = field(default_factory=set)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, message: Hello | Answer | Uploaded) -> None:
        """Send one message. A keeper that does not take them is one that has stopped."""
        if self.writer.transport.get_write_buffer_size() > LINE_BYTES:
            self.end()
        elif not self.writer.is_closing():
            self.writer.write(line_of(message))

    def end(self) -> None:
        """End it now. A mere close would first wait until a keeper that has stopped takes what was sent."""
        self.writer.transport.abort()


@dataclass(slots=True)
class _Door:
    """The two sockets of one tenant, and what they are served by."""

    tenant: Tenant
    servers: list[asyncio.Server]

    def close(self) -> None:
        for server in self.servers:
            server.close()


class Host:
    """All tenants of a host and the one tor; made and used in one event loop."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._publisher = Publisher(on_uploaded=self._uploaded, detached=False)
        self._turn = asyncio.Lock()
        self._publishing = asyncio.Lock()
        self._on_their_way: dict[asyncio.Task[None], str] = {}  # each a descriptor, with its tenant
        self._doors: dict[str, _Door] = {}
        self._links: dict[str, _Link] = {}
        self._waiting: Counter[str] = Counter()
        self._owners: dict[str, _Link] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._hello: Hello | None = None

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_tor())
                tasks.create_task(self._keep_doors())
        finally:
            for door in self._doors.values():
                door.close()
            begun = (*self._serving, *self._on_their_way)
            for task in begun:
                task.cancel()
            await asyncio.gather(*begun, return_exceptions=True)
            await self._publisher.close()

    async def _keep_tor(self) -> None:
        while True:
            try:
                await self._publisher.connect(self._places.control_socket)
                version = await self._publisher.version()
            except OnionError:
                await asyncio.sleep(LOOK_SECONDS)
                continue
            self._hello = Hello(version=version)
            for link in self._links.values():
                self._greet(link)
            await self._publisher.gone.wait()
            self._hello = None
            for link in self._links.values():
                link.end()

    async def _keep_doors(self) -> None:
        """Have each tenant's sockets there, and those of no other; looked at again every two seconds."""
        while True:
            with suppress(OSError):
                tenants = tenants_in(self._places.tenants)
                for name in self._doors.keys() - tenants.keys():
                    self._shut(name)
                for name, tenant in tenants.items():
                    folder = self._places.sockets / name
                    door = self._doors.get(name)
                    if door is not None and (door.tenant != tenant or not (folder / ASK_SOCKET).exists()):
                        self._shut(name)
                    # Root makes the folder for the sockets a moment after the tenant's own.
                    if name not in self._doors and folder.is_dir():
                        self._doors[name] = await self._opened(tenant)
            await asyncio.sleep(LOOK_SECONDS)

    def _shut(self, name: str) -> None:
        self._doors.pop(name).close()
        if name in self._links:
            self._links[name].end()

    async def _opened(self, tenant: Tenant) -> _Door:
        folder = self._places.sockets / tenant.name
        forwarder = Forwarder(lambda: self._in_turn(self._publisher.socks))

        async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if _is_of(tenant, writer):
                await self._serve(tenant, reader, writer)

        async def socks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if _is_of(tenant, writer):
                await forwarder.forward(reader, writer)

        servers = [await self._served(folder / ASK_SOCKET, ask), await self._served(folder / SOCKS_SOCKET, socks)]
        return _Door(tenant, servers)

    async def _served(self, path: Path, handler: _Handler) -> asyncio.Server:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                self._serving.add(task)
                task.add_done_callback(self._serving.discard)
            # Only the end of the publisher cancels it.
            with suppress(asyncio.CancelledError):
                await handler(reader, writer)

        return await asyncio.start_unix_server(serve, sock=listen(path), limit=LINE_BYTES)

    async def _serve(self, tenant: Tenant, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of a keeper to its end."""
        if self._waiting[tenant.name] >= MOST_WAITING:
            writer.transport.abort()
            return
        self._waiting[tenant.name] += 1
        try:
            while (former := self._links.get(tenant.name)) is not None:
                former.end()
                await former.over.wait()
        finally:
            self._waiting[tenant.name] -= 1
        link = self._links[tenant.name] = _Link(tenant, writer)
        self._greet(link)
        try:
            await self._obey(link, reader)
        finally:
            link.end()
            await self._forget(link)

    def _greet(self, link: _Link) -> None:
        if self._hello is not None and not link.greeted:
            link.greeted = True
            link.tell(self._hello)

    async def _obey(self, link: _Link, reader: asyncio.StreamReader) -> None:
        """Answer requests until the connection ends, or something comes that is no request."""
        answering: asyncio.Task[None] | None = None
        try:
            while line := await reader.readline():
                # One at a time, and none before the greeting: our keeper keeps to both.
                if not link.greeted or (answering is not None and not answering.done()):
                    return
                answering = asyncio.create_task(self._answer(link, read_from_keeper(line)))
        except (OSError, ValueError, msgspec.MsgspecError):
            return
        finally:
            if answering is not None:
                answering.cancel()
                await asyncio.gather(answering, return_exceptions=True)

    async def _forget(self, link: _Link) -> None:
        """Take down what this connection had put up, and only then let another have the place."""
        try:
            for address in list(link.addresses):
                # Without a tor there is no onion.
                with suppress(OnionError):
                    await self._take_down(link, address)
                self._owners.pop(address, None)
        finally:
            del self._links[link.tenant.name]
            link.over.set()

    async def _answer(self, link: _Link, request: FromKeeper) -> None:
        try:
            answer = await self._done(link, request)
        except OnionError as error:
            answer = failed_by(error)
        link.tell(answer)

    async def _done(self, link: _Link, request: FromKeeper) -> Answer:
        match request:
            case Publish():
                return await self._published(link, request)
            case Wait(address=address, seconds=seconds):
                if address not in link.addresses:
                    raise NotPublished
                await self._publisher.wait_published(address, within=seconds)
                return Done()
            case TakeDown(address=address):
                if address in link.addresses:
                    await self._take_down(link, address)
                return Done()
            case Bootstrap():
                state = await self._in_turn(self._publisher.bootstrap)
                return State(percent=state.percent, summary=state.summary)

    async def _published(self, link: _Link, request: Publish) -> Answer:
        run, key = self._places.listeners / link.tenant.name, OnionKey(request.key)
        if request.role == "public":
            onion = Onion(key, public_targets(run, mirror=request.mirror))
        else:
            onion = Onion(key, desk_targets(run), client_auth_public_keys=request.clients)
        if len(link.addresses - {key.address}) >= MOST_ADDRESSES:
            raise CommandRefused(_REFUSED)
        # Noted first: should the connection end while tor is told, it is taken down again.
        if self._owners.setdefault(key.address, link) is not link:
            raise CommandRefused(_REFUSED)
        link.addresses.add(key.address)
        await self._until_fewer(MOST_OF_ONE_TENANT, link.tenant.name)
        async with self._publishing:
            await self._until_fewer(MOST_ON_THEIR_WAY)
            published = await self._in_turn(lambda: self._publisher.publish(onion))
            upload = asyncio.create_task(self._uploaded_soon(key.address))
            self._on_their_way[upload] = link.tenant.name
            upload.add_done_callback(self._on_their_way.pop)
        return Up(address=published.address, pow=published.pow)

    async def _until_fewer(self, most: int, tenant: str = "") -> None:
        """Wait until fewer descriptors than this are on their way: of all, or of one tenant."""
        while len(those := [one for one, of in self._on_their_way.items() if tenant in {"", of}]) >= most:
            await asyncio.wait(those, return_when=asyncio.FIRST_COMPLETED)

    async def _uploaded_soon(self, address: str) -> None:
        with suppress(OnionError):
            await self._publisher.wait_published(address, within=UPLOAD_SECONDS)

    async def _take_down(self, link: _Link, address: str) -> None:
        await self._in_turn(lambda: self._publisher.take_down(address))
        link.addresses.discard(address)
        self._owners.pop(address, None)

    async def _in_turn(self, call: Callable[[], Awaitable[T]]) -> T:
        async with self._turn:
            return await call()

    def _uploaded(self, address: str) -> None:
        if address in self._owners:
            self._owners[address].tell(Uploaded(address=address))


def _is_of(tenant: Tenant, writer: asyncio.StreamWriter) -> bool:
    """Return whether the tenant's account is at the other end; any other connection is ended."""
    with suppress(OSError):
        if uid_of_peer(writer.get_extra_info("socket")) == tenant.uid:
            return True
    writer.transport.abort()
    return False
