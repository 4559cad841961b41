"""The keeper's end: the same calls as `onion.publish.Publisher`, asked of the host's publisher. It loads no stem.

`connect` takes the tenant's folder of `/run/kallskydd-publisher`. The connection is the onions' life: when it ends,
however that is, the publisher takes them down. When tor is gone the publisher ends the connection, `gone` is set, and
after the next `connect` the same `publish` calls put up the same addresses.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec

from onion.errors import ControlMissing, ControlRefused, TorGone
from onion.publisher.messages import (
    ASK_SOCKET,
    LINE_BYTES,
    SOCKS_SOCKET,
    Answer,
    Bootstrap,
    Failed,
    FromKeeper,
    Hello,
    Publish,
    State,
    TakeDown,
    Up,
    Uploaded,
    Wait,
    error_in,
    line_of,
    read_from_publisher,
)
from onion.publisher.onion import HTTP_PORT, HTTPS_PORT, BootstrapState, Onion, Published

# The publisher waits 20 s for tor, and all tenants of a host may be asking at once.
ANSWER_SECONDS = 120.0
# The addresses of 290 tenants, eight at a time and each for 5 s at the most, take six minutes.
PUBLISH_SECONDS = 480.0


class PublisherLink:
    """One connection to the publisher; made and used in one event loop."""

    def __init__(self, *, on_uploaded: Callable[[str], None] | None = None) -> None:
        """`on_uploaded` is called with the address when a directory has taken a descriptor of it."""
        self._on_uploaded = on_uploaded
        self._folder: Path | None = None
        self._version = ""
        self._writer: asyncio.StreamWriter | None = None
        self._hearing: asyncio.Task[None] | None = None
        self._hello: asyncio.Future[str] | None = None
        self._answer: asyncio.Future[Answer] | None = None
        # One request at a time, each with its answer.
        self._asking = asyncio.Lock()
        self.gone = asyncio.Event()

    async def connect(self, folder: Path) -> None:
        """Connect, and wait until the publisher has a tor; raises ControlMissing or ControlRefused."""
        await self.close()
        try:
            reader, writer = await asyncio.open_unix_connection(str(folder / ASK_SOCKET), limit=LINE_BYTES)
        except PermissionError:
            raise ControlRefused from None
        except OSError:
            raise ControlMissing from None
        self._folder, self._writer = folder, writer
        self.gone.clear()
        hello = self._hello = asyncio.get_running_loop().create_future()
        self._hearing = asyncio.create_task(self._hear(reader))
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await asyncio.wait({hello, self._hearing}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise ControlMissing from None
        if not hello.done():
            # The publisher ended it at once: this account is not the tenant's.
            raise ControlRefused
        self._version = hello.result()

    async def publish(self, onion: Onion) -> Published:
        """Have this onion served, its ports leading to this tenant's own sockets; raises an OnionError."""
        clients = onion.client_auth_public_keys
        request = Publish(
            role="public" if clients is None else "desk",
            key=onion.key.expanded,
            mirror=onion.targets.get(HTTPS_PORT, onion.targets[HTTP_PORT]) != onion.targets[HTTP_PORT],
            clients=clients or (),
        )
        answer = await self._ask(request)
        if not isinstance(answer, Up):
            raise TorGone
        return Published(answer.address, answer.pow)

    async def wait_published(self, address: str, *, within: float) -> None:
        """Return when the directories have the descriptor; raises NotPublished or TorGone."""
        await self._ask(Wait(address=address, seconds=within))

    async def take_down(self, address: str) -> None:
        """Make tor forget the onion; raises TorGone or CommandRefused."""
        await self._ask(TakeDown(address=address))

    async def bootstrap(self) -> BootstrapState:
        """Return how far tor is, and what it waits for; raises TorGone."""
        answer = await self._ask(Bootstrap())
        if not isinstance(answer, State):
            raise TorGone
        return BootstrapState(answer.percent, answer.summary)

    async def version(self) -> str:
        """Return the version of the tor that runs; raises TorGone."""
        if self._writer is None or self.gone.is_set():
            raise TorGone
        return self._version

    async def socks(self) -> Path:
        """Return the tenant's own way to tor's SOCKS; raises TorGone."""
        if self._folder is None:
            raise TorGone
        return self._folder / SOCKS_SOCKET

    async def close(self) -> None:
        """End the connection, and with it the onions."""
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
        if self._hearing is not None:
            self._hearing.cancel()
            await asyncio.gather(self._hearing, return_exceptions=True)
            self._hearing = None

    async def _ask(self, request: FromKeeper) -> Answer:
        async with self._asking:
            if self._writer is None or self._hearing is None or self.gone.is_set():
                raise TorGone
            answer = self._answer = asyncio.get_running_loop().create_future()
            self._writer.write(line_of(request))
            try:
                async with asyncio.timeout(PUBLISH_SECONDS if isinstance(request, Publish) else ANSWER_SECONDS):
                    await asyncio.wait({answer, self._hearing}, return_when=asyncio.FIRST_COMPLETED)
            except TimeoutError:
                self._end()
            finally:
                if not answer.done():
                    # Given up, here or there: a late answer must not be taken for that of the next request.
                    self._end()
            if not answer.done():
                raise TorGone
        found: Answer = answer.result()
        if isinstance(found, Failed):
            raise error_in(found)
        return found

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                match read_from_publisher(line):
                    case Hello(version=version):
                        if self._hello is not None and not self._hello.done():
                            self._hello.set_result(version)
                    case Uploaded(address=address):
                        if self._on_uploaded is not None:
                            self._on_uploaded(address)
                    case answer:
                        if self._answer is not None and not self._answer.done():
                            self._answer.set_result(answer)
        except (OSError, ValueError, msgspec.MsgspecError):
            return
        finally:
            self._end()

    def _end(self) -> None:
        self.gone.set()
        if self._writer is not None:
            self._writer.close()
