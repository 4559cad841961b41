"""A connector for aiohttp whose connections go through tor (`onion.socks`): used by all our clients.

`SocksConnector` gives tor the name of the host and resolves nothing. An https address, which is a place on the open web
behind an exit, is reached by TLS with the context of the request; one without a context is refused. A connection that
fails raises an error under SocksFailed, which is not an error of aiohttp; TLS that fails, what the library raises.
"""

import asyncio
import ssl
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler

from onion.socks import SocksAddress, socks_connect


class SocksConnector(aiohttp.BaseConnector):
    """Connections through the tor that listens at `socks`."""

    allowed_protocol_schema_set = frozenset({"http", "https"})

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
        trust, host = req.ssl if req.is_ssl() else None, req.url.raw_host or ""
        if trust is not None and not isinstance(trust, ssl.SSLContext):
            raise aiohttp.NonHttpUrlClientError(req.url)
        connection = await socks_connect(
            self._socks, host, req.url.port or 80, within=self._within, isolate=self._isolate
        )
        try:
            _, protocol = await asyncio.get_running_loop().create_connection(
                self._factory,
                sock=connection,
                ssl=trust,
                server_hostname=None if trust is None else host,
                ssl_handshake_timeout=None if trust is None else self._within,
            )
        except BaseException:
            connection.close()
            raise
        return protocol
