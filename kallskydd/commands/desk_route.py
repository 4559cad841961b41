"""The way from a member's computer to the server: a unix socket, a tor that runs already, or a tor of the desk's own.

It stands here and not in desk/ because it starts a tor, and the desk knows of connectors only.

The client key of the desk onion is given to tor over its control socket and never written: in a file of tor's it would
lie open beside the sealed member.key.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from desk.errors import NotReachable
from desk.server.reach import socket_connector, socks_connector
from onion.client import ClientTor, add_client_key
from onion.private_network import PrivateNetwork


@dataclass(frozen=True, slots=True)
class Way:
    """What the member chose. Nothing chosen: a tor of the desk's own, on the public network."""

    socket: Path | None = None
    socks: str | None = None
    control: Path | None = None
    tor_network: Path | None = None


@contextlib.asynccontextmanager
async def connector_for(
    address: str, onion_private: str, *, way: Way, tor_folder: Path
) -> AsyncIterator[aiohttp.BaseConnector]:
    """Yield the connector, and end what was started for it. Raises NotReachable, OnionError."""
    if way.socket is not None:
        yield socket_connector(way.socket)
    elif way.socks is not None:
        host, port = _host_and_port(way.socks)
        if way.control is not None:
            await asyncio.to_thread(add_client_key, way.control, address, onion_private)
        yield socks_connector(host, port)
    else:
        lines = [] if way.tor_network is None else PrivateNetwork.lines_from(way.tor_network)
        tor = ClientTor(tor_folder, lines)
        try:
            await asyncio.to_thread(tor.start)
            await asyncio.to_thread(add_client_key, tor.control_socket, address, onion_private)
            yield socks_connector(*tor.socks)
        finally:
            await asyncio.to_thread(tor.stop)


def _host_and_port(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise NotReachable("usage.way")
    return host, int(port)
