"""Fixtures for tests that need a real tor: one private network for the whole run, on loopback.

From here on no test, and no process that a test starts, can start a tor that reaches the public network
(`onion.tor_process`, promise 5).
"""

import asyncio
import base64
import contextlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path

import pytest

from onion.control import wait_until_ready
from onion.errors import TorNotReady
from onion.keys import ClientAuthKey
from onion.private_network import PrivateNetwork
from onion.tor_process import NO_PUBLIC_TOR, TorProcess
from onion.torrc import render

os.environ[NO_PUBLIC_TOR] = "1"

# Unix sockets cap at 107 bytes, and pytest's own folders carry a test's whole name.
SHORT_FOLDER_PREFIX = "kt-"
CLIENT_STARTS = 3
CLIENT_SECONDS = 30.0


@pytest.fixture
def short_folder():
    """A folder with a short path, for unix sockets."""
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def tor_network():
    """A private Tor network: `client()`, `network_lines`, and `root` for processes that join by folder."""
    for program in ("tor", "tor-gencert"):
        if shutil.which(program) is None:
            pytest.fail(f"the program {program} is missing: apt-get install -y tor")
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    with PrivateNetwork(folder / "net") as network:
        yield network
    shutil.rmtree(folder, ignore_errors=True)


class KeeperTor:
    """A tor with the keeper's own torrc."""

    def __init__(self, folder, network_lines):
        self.folder, self.control, self.socks = folder, folder / "control", folder / "socks"
        self.torrc = folder / "torrc"
        self.torrc.write_text(
            render(
                data_directory=folder / "data",
                control_socket=self.control,
                socks_socket=self.socks,
                network_lines=network_lines,
            )
        )
        self.process = TorProcess(self.torrc, control_socket=self.control)

    def start(self):
        # As for clients: one that stalls is restarted.
        for tries_left in reversed(range(CLIENT_STARTS)):
            self.process.start()
            try:
                wait_until_ready(self.process, self.control, within=CLIENT_SECONDS)
            except TorNotReady:
                if not tries_left:
                    raise
            else:
                return


@contextlib.contextmanager
def running_keeper_tor(network):
    with tempfile.TemporaryDirectory(prefix=SHORT_FOLDER_PREFIX) as folder:
        tor = KeeperTor(Path(folder), network.network_lines)
        try:
            tor.start()
            yield tor
        finally:
            tor.process.stop()


@pytest.fixture(scope="session")
def keeper_tor(tor_network):
    """A tor with the keeper's torrc on the private network, for all who leave it running."""
    with running_keeper_tor(tor_network) as tor:
        yield tor


@pytest.fixture
def keeper_tor_to_kill(tor_network):
    """The same for one test alone."""
    with running_keeper_tor(tor_network) as tor:
        yield tor


@pytest.fixture(scope="session")
def tor_client(tor_network):
    """A client on the private network that has no key to any onion."""
    client = started_client(tor_network.client)
    try:
        yield client
    finally:
        client.stop()


def new_client_key():
    """Return a member's key for the desks' onion. In the product `cases.roster.member` makes it, which onion knows nothing of."""
    return ClientAuthKey(base64.b32encode(secrets.token_bytes(32)).decode().rstrip("="))


def started_client(make):
    """A client that has built its first circuit, out of those that `make` makes."""
    # A client whose first circuit stalls asks again on a schedule of minutes, and every test that shares it would fall
    # with it. A fresh one takes 2 to 4 s, so a stalled one is replaced; the third that stalls is a failure.
    for _ in range(CLIENT_STARTS - 1):
        client = make()
        try:
            client.start(within=CLIENT_SECONDS)
        except TorNotReady:
            continue
        return client
    client = make()
    client.start(within=CLIENT_SECONDS)
    return client


@pytest.fixture
async def tiny_server(short_folder):
    """Make web servers that answer every request with one text, each on a unix socket of its own."""
    async with contextlib.AsyncExitStack() as servers:

        async def serve(text):
            async def answer(reader, writer):
                with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                    await reader.readuntil(b"\r\n\r\n")
                    writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode())
                    await writer.drain()
                writer.close()

            path = short_folder / f"{text}.web"
            await servers.enter_async_context(await asyncio.start_unix_server(answer, path))
            return path

        yield serve
