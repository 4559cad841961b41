"""A whole Tor network on loopback, without the internet: for tests, trials and the demonstration.

    with PrivateNetwork(Path("/tmp/net")) as network:
        with network.client() as client:        # a client tor on it
            client.socks

`python -m onion.private_network --hold DIR` keeps one up, prints one JSON line when it is usable, and ends on SIGTERM,
SIGINT or the closing of its standard input. Standard error says what a slow start waits for. Other processes join by
`PrivateNetwork.lines_from(DIR)`.

Order of the start. A tor that asks too early waits 4 to 30 s before it asks again, so nothing may ask too early:
  1. keys and files; 2. the authority and the relays; 3. wait for a consensus that names all of them; 4. restart the
  relays and wait until each has built a circuit, once more for one that stalls; 5. write `network.torrc`: from then on
  others may join.
A relay that misses the first vote is out for minutes: the start then begins again from scratch, with longer waits, as
for a computer that has much else to do.

Its files are public keys of nothing and its anonymity is none. Every tor ends with this process, kill -9 included.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from onion.client import ClientTor
from onion.control import wait_until_ready
from onion.errors import NoPrivateNetwork, OnionError, PrivateNetworkFailed, TorNotReady, TorProgramMissing
from onion.private_lines import LOOPBACK, TorNode, authority_line, authority_lines, join_lines, relay_lines
from onion.private_nodes import make_authority_keys, make_nodes, relay_fingerprint_of, write_lines
from onion.tor_process import TorProcess
from onion.torrc import usable_socket_path
from onion.watchdog import Watchdog

ATTEMPTS = 4  # the last with waits four times as long; tor's interval has to divide half an hour
CONSENSUS_SECONDS = 20.0  # measured 7.3 to 7.9; beside other load up to twice that
AUTHORITY_SECONDS = 20.0  # ready soon after its own consensus
# A relay is ready 1 to 6 s after its restart, or it waits on its slow schedule: then another restart is quicker.
RELAY_SECONDS = 6.0
RELAY_TRIES = 4
POLL_SECONDS = 0.1
SAID_SECONDS = 20.0  # a start that takes longer says what it waits for
NETWORK_FILE = "network.torrc"


class PrivateNetwork:
    """One authority and three relays in a folder, which is made and, at the end, removed."""

    def __init__(
        self, root: Path, *, now: Callable[[], float] = time.time, addresses: Sequence[str] = (LOOPBACK,)
    ) -> None:
        """`root` must be short: unix sockets lie in it. `now` is the wall clock, which votes are bound to.

        `addresses` are this computer's, for the nodes in turn.
        """
        usable_socket_path(root / "authority" / "control")
        self.root = root
        self.network_lines: list[str] = []
        self.attempts = 0
        self.waits_for = "keys"
        self.seconds: dict[str, float] = {}  # from the start to each stage, of the attempt that worked
        self._now = now
        self._addresses = addresses
        self._watchdog: Watchdog | None = None
        self._tors: list[TorProcess] = []
        self._clients: list[ClientTor] = []

    @staticmethod
    def lines_from(root: Path) -> list[str]:
        """Return what a tor of another process needs in its torrc to join; raises NoPrivateNetwork if none is up."""
        try:
            return (root / NETWORK_FILE).read_text().splitlines()
        except (OSError, UnicodeDecodeError):
            raise NoPrivateNetwork from None

    def start(self) -> None:
        """Return when onions can be published and reached; raises PrivateNetworkFailed or TorProgramMissing."""
        # `stop` removes the folder, so it must be ours from the first file: never a folder that holds anything.
        self.root.mkdir(0o700, parents=True, exist_ok=True)
        if any(self.root.iterdir()):
            raise PrivateNetworkFailed
        while True:
            self.attempts += 1
            try:
                self._start_once()
            except TorProgramMissing:
                self.stop()
                raise
            except (OnionError, OSError) as error:
                self.stop()
                if self.attempts == ATTEMPTS:
                    raise PrivateNetworkFailed from error
            except BaseException:
                self.stop()
                raise
            else:
                return

    def stop(self) -> None:
        """End every tor of this network, clients made by `client` included, and remove its folder."""
        for client in self._clients:
            client.stop()
        self._clients.clear()
        for tor in self._tors:
            tor.stop()
        self._tors.clear()
        if self._watchdog is not None:
            self._watchdog.close()
            self._watchdog = None
        shutil.rmtree(self.root, ignore_errors=True)

    def client(self, client_auth: Iterable[tuple[str, str]] = (), *, folder: Path | None = None) -> ClientTor:
        """Return a client on this network, not started; it ends with the network at the latest."""
        client = ClientTor(folder or self.root / f"client{len(self._clients)}", self.network_lines, client_auth)
        self._clients.append(client)
        return client

    def pids(self) -> list[int]:
        """Return the process ids of the running tors, for measuring."""
        return [tor.pid for tor in self._tors if tor.alive()]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _start_once(self) -> None:
        started = time.monotonic()
        slowness = self.attempts
        self.waits_for = "keys"
        authority, *relays = nodes = make_nodes(self.root, self._addresses)
        # 1. Keys and files. The wall clock is read last, because the first vote is bound to it.
        v3_identity = make_authority_keys(authority)
        fingerprint = relay_fingerprint_of(authority)
        self.network_lines = join_lines(authority_line(authority, v3_identity=v3_identity, fingerprint=fingerprint))
        for relay in relays:
            write_lines(relay.torrc, relay_lines(relay, self.network_lines))
        write_lines(authority.torrc, authority_lines(authority, self.network_lines, now=self._now(), slowness=slowness))
        self.seconds = {"keys": time.monotonic() - started}
        # 2. The authority and the relays.
        self._watchdog = Watchdog()
        self._tors = [
            TorProcess(node.torrc, control_socket=node.control_socket, watchdog=self._watchdog) for node in nodes
        ]
        for tor in self._tors:
            tor.start()
        # 3. A consensus that names all of them.
        self.waits_for = "the first vote"
        _wait_for_consensus(authority, len(nodes), CONSENSUS_SECONDS * slowness)
        self.seconds["consensus"] = time.monotonic() - started
        # 4. Relays that asked before there was one are on a slow schedule now; new ones are not.
        self.waits_for = "the relays' first circuits"
        for tor in self._tors[1:]:
            tor.start()
        wait_until_ready(self._tors[0], authority.control_socket, within=AUTHORITY_SECONDS * slowness)
        for tor, relay in zip(self._tors[1:], relays, strict=True):
            _wait_for_relay(tor, relay, RELAY_SECONDS * slowness)
        # 5. Others may join.
        write_lines(self.root / NETWORK_FILE, self.network_lines)
        self.seconds["usable"] = time.monotonic() - started


def _wait_for_relay(tor: TorProcess, relay: TorNode, seconds: float) -> None:
    """Return when the relay has built a circuit; raises TorNotReady when that does not help."""
    for tries_left in reversed(range(RELAY_TRIES)):
        try:
            wait_until_ready(tor, relay.control_socket, within=seconds)
        except TorNotReady:
            if not tries_left:
                raise
            tor.start()
        else:
            return


def _wait_for_consensus(authority: TorNode, count: int, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            consensus = _fetch_consensus(authority)
            if consensus.startswith(b"HTTP/1.0 200"):
                if consensus.count(b"\nr ") == count:
                    return
                break  # a relay missed the vote; the next one is minutes away
        time.sleep(POLL_SECONDS)
    raise PrivateNetworkFailed


def _fetch_consensus(authority: TorNode) -> bytes:
    with socket.create_connection((authority.address, authority.dir_port), CONSENSUS_SECONDS) as connection:
        connection.sendall(b"GET /tor/status-vote/current/consensus HTTP/1.0\r\n\r\n")
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


def hold(root: Path) -> None:
    """Keep a network up until a signal comes or standard input closes, also while it still starts."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)
    threading.Thread(target=_wait_for_close, daemon=True).start()
    starting = PrivateNetwork(root)
    usable_now = threading.Event()
    threading.Thread(target=_say_what_it_waits_for, args=(starting, usable_now), daemon=True).start()
    with starting as network:
        usable_now.set()
        usable = {
            "folder": str(root),
            "attempts": network.attempts,
            "seconds": {stage: round(seconds, 2) for stage, seconds in network.seconds.items()},
            "pids": network.pids(),
        }
        sys.stdout.write(json.dumps(usable) + "\n")
        sys.stdout.flush()
        threading.Event().wait()


def _say_what_it_waits_for(network: PrivateNetwork, usable: threading.Event) -> None:
    while not usable.wait(SAID_SECONDS):
        sys.stderr.write(
            f"  the private Tor network waits for {network.waits_for} (attempt {network.attempts} of {ATTEMPTS})\n"
        )


def _leave(_number: int, _frame: object) -> None:
    """End in order, and not twice: a second signal must not cut the first one's work short."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(0)


def _wait_for_close() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    """Run the command line of `python -m onion.private_network`."""
    parser = argparse.ArgumentParser(prog="python -m onion.private_network")
    parser.add_argument("--hold", type=Path, required=True, metavar="DIR", help="a new folder with a short path")
    arguments = parser.parse_args()
    try:
        hold(arguments.hold.absolute())
    except OnionError as error:
        sys.stderr.write(f"{error}\n")
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
