"""The route from a member's computer to the server: a unix socket, a tor that runs already, or a tor of the desk's own.

It stands here and not in desk/ because it starts a tor, and the desk knows of connectors only.

The client key of the desk onion is given to tor over its control socket and never written: in a file of tor's it would
lie open beside the sealed member.key.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

from desk.errors import BadBridges, NotReachable
from desk.keep.bridges import read_bridges
from desk.keep.keyfile import DeskHome
from desk.server.reach import CONNECT_SECONDS, CONNECTIONS, refused_by_tor, socket_connector
from onion.client import ClientTor, add_client_key
from onion.connector import SocksConnector
from onion.errors import SocksFailed, SocksMissing, SocksTimeout
from onion.private_network import PrivateNetwork
from onion.socks import SocksAddress

# How soon a tor whose start was given up is stopped again: it may have been about to begin.
_STOP_AGAIN_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Route:
    """What the member chose. Nothing chosen: a tor of the desk's own, on the public network."""

    socket: Path | None = None
    socks: str | None = None
    control: Path | None = None
    tor_network: Path | None = None


class _DeskConnector(SocksConnector):
    """Connections through a tor's SOCKS port, which fail as a desk expects it."""

    def __init__(self, socks: SocksAddress) -> None:
        super().__init__(socks, within=CONNECT_SECONDS, limit=CONNECTIONS)

    async def _create_connection(
        self, req: aiohttp.ClientRequest, traces: list[Any], patience: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        try:
            return await super()._create_connection(req, traces, patience)
        except SocksMissing as missing:
            raise NotReachable("reach.no_tor") from missing
        except SocksFailed as failed:
            if isinstance(failed, SocksTimeout) and not failed.reply:
                raise NotReachable("reach.timed_out") from failed
            raise refused_by_tor(failed.reply) from failed


@contextlib.asynccontextmanager
async def connector_for(
    address: str, onion_private: str, *, route: Route, tor_folder: Path
) -> AsyncIterator[aiohttp.BaseConnector]:
    """Yield the connector, and end what was started for it. Raises NotReachable, OnionError."""
    if route.socket is not None:
        yield socket_connector(route.socket)
    elif route.socks is not None:
        host, port = _host_and_port(route.socks)
        if route.control is not None:
            await asyncio.to_thread(add_client_key, route.control, address, onion_private)
        yield _DeskConnector((host, port))
    else:
        lines = [] if route.tor_network is None else PrivateNetwork.lines_from(route.tor_network)
        # Not a port, which any account of this computer could use.
        socks = tor_folder / "socks"
        tor = ClientTor(tor_folder, lines, socks_socket=socks, bridges=_bridges_beside(tor_folder))
        async with _started(tor):
            await asyncio.to_thread(add_client_key, tor.control_socket, address, onion_private)
            yield _DeskConnector(socks)


def _bridges_beside(tor_folder: Path) -> tuple[str, ...]:
    """Return the bridges of the desk home that the folder is in, read each time tor is started."""
    try:
        return read_bridges(DeskHome(tor_folder.parent).bridges)
    except BadBridges as bad:
        raise NotReachable(bad.text_key) from bad


@contextlib.asynccontextmanager
async def _started(tor: ClientTor) -> AsyncIterator[None]:
    """Start the tor, and end it. A start that is given up goes on in its thread until its tor has ended."""
    starting = asyncio.create_task(asyncio.to_thread(tor.start))
    try:
        await asyncio.shield(starting)
        yield
    finally:
        while not starting.done():
            await asyncio.to_thread(tor.stop)
            await asyncio.wait({starting}, timeout=_STOP_AGAIN_SECONDS)
        await asyncio.gather(starting, return_exceptions=True)
        await asyncio.to_thread(tor.stop)


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise NotReachable("usage.route")
    return host, int(port)
