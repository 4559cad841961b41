"""HTTPS through tor with the library `requests`: the connection is `onion.socks`, names are resolved by tor's exit.

`requests` can do SOCKS only through a library that knows no unix socket, so the one adapter here makes each connection
itself. There is no adapter for plain http: such an address, or a redirect to one, raises. Nothing of the environment is
read (proxies, .netrc, certificate bundles), and the User-Agent is empty.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from pathlib import Path
from typing import Any, Final

import requests
import urllib3
from requests.adapters import HTTPAdapter

from onion.errors import SocksFailed
from onion.socks import SocksAddress, socks_connect

CONNECT_SECONDS: Final = 60.0  # an exit and its name server; a circuit that stalls is given up then
ANSWER_SECONDS: Final = 60.0


def new_isolation() -> str:
    """Return a name that means nothing but a circuit of one's own."""
    return f"mirror-{secrets.token_hex(8)}"


def connect_through_tor(socks: SocksAddress, host: str, port: int, isolate: str) -> socket.socket:
    """Return a connected socket that blocks, with a bound on each wait; raises SocksFailed."""
    connection = asyncio.run(socks_connect(socks, host, port, within=CONNECT_SECONDS, isolate=isolate))
    connection.settimeout(ANSWER_SECONDS)
    return connection


def tor_session(socks: SocksAddress, roots: Path | None) -> requests.Session:
    """Return a session on a circuit of its own. `roots`: a file of root certificates in the place of the usual ones."""
    session = requests.Session()
    session.trust_env = False
    session.headers["User-Agent"] = ""
    session.adapters.clear()
    session.mount("https://", ThroughTor(socks, new_isolation()))
    if roots is not None:
        session.verify = str(roots)
    return session


class ThroughTor(HTTPAdapter):
    """Makes each connection through tor's SOCKS, on one isolated circuit."""

    def __init__(self, socks: SocksAddress, isolate: str) -> None:
        """Keep the way, which the pool's connections take."""

        class Connection(urllib3.connection.HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                try:
                    return connect_through_tor(socks, self.host, self.port or 443, isolate)
                except SocksFailed as failed:
                    raise urllib3.exceptions.NewConnectionError(self, "no way through tor") from failed

        class Pool(urllib3.HTTPSConnectionPool):
            ConnectionCls = Connection

        self._pool = Pool
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **words: Any) -> None:
        """Make the pools of connections ours, and know no plain http."""
        super().init_poolmanager(*arguments, **words)
        self.poolmanager.pool_classes_by_scheme = {"https": self._pool}
