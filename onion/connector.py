"""A connector for aiohttp whose connections go through tor (`onion.socks`): used by all our clients.

`SocksConnector` gives tor the name of the host and resolves nothing. It speaks plain http, which is what an onion
needs, and refuses an https address: it would send that in the clear. A connection that fails raises an error
under SocksFailed, which is not an error of aiohttp.
"""

import asyncio
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

from onion.socks import SocksAddress, socks_connect


class SocksConnector(aiohttp.BaseConnector):
    """Connections to onions through the tor that listens at `socks`."""

    allowed_protocol_schema_set = frozenset({"http"})

    def __init__(self, socks: SocksAddress, *, within: float, isolate: str | None = None, limit: int = 100) -> None:
        """`within` seconds a connection stands or fails; `isolate` gives it circuits of its own (`onion.socks`)."""
        super().__init__(limit=limit)
        self._socks = socks
        self._within = within
        self._isolate = isolate

    async def _create_connection(
        self, req: aiohttp.ClientRequest, _traces: list[Any], _timeout: aiohttp.ClientTimeout
    ) -> ResponseHandler:
        """Return a connection: this is the method that aiohttp's own connectors override."""
        connection = await socks_connect(
            self._socks, req.url.raw_host or "", req.url.port or 80, within=self._within, isolate=self._isolate
        )
        try:
            _, protocol = await asyncio.get_running_loop().create_connection(self._factory, sock=connection)
        except BaseException:
            connection.close()
            raise
        return protocol
