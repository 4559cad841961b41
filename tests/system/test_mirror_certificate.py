"""The mirror's certificate from end to end: authority, relay and name on loopback, the real intake behind its unix socket.

The keeper's own parts run in this process: the door to the intake, and what orders and renews. A visitor comes by the
relay and believes the authority's root alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import subprocess
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from networks.loopback_socks import LoopbackSocks
from networks.pebble import Pebble
from processes.service import Service, kallskydd, offline_network, trial_home

from cases.home import read_home
from kallskydd.mirror.folder import CERTIFICATE, leaf_fingerprint, mirror_folder
from kallskydd.mirror.seen import read_seen
from kallskydd.mirror.shown import Shown
from kallskydd.serve.announce import Announcer
from kallskydd.serve.children import IntakePlace, listen, start_intake
from kallskydd.serve.mirror import MirrorDoor, hear
from kallskydd.serve.mirror_certificate import MirrorCertificate, Pace, plan_of
from onion.keys import read_onion_key
from trusted.web.control import Event

NAME, ISSUER = "blankett.example", "pebble.example"
SIXTY_DAYS = timedelta(days=60)  # of the ninety that Pebble gives
READY_SECONDS = 60


@contextlib.asynccontextmanager
async def relay_to(target: Path):
    """A relay on a port of loopback that carries bytes to the mirror's socket and reads none."""

    carried: set[asyncio.Task] = set()

    async def carry(reader, writer):
        async def way(source, sink):
            with contextlib.suppress(OSError):
                while piece := await source.read(65536):
                    sink.write(piece)
                    await sink.drain()
                sink.write_eof()

        # Held on to: the loop itself has weak references only, and a collected task leaves its visitor waiting.
        carried.add(asyncio.current_task())
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_unix_connection(target)
            await asyncio.gather(way(reader, far_writer), way(far_reader, writer))
            far_writer.close()
        writer.close()
        carried.discard(asyncio.current_task())

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        if carried:
            await asyncio.wait(carried, timeout=10)


@contextlib.asynccontextmanager
async def intake_of(home: Path):
    """The real intake of this home, and the keeper's door to it."""
    run = home / "run"
    run.mkdir(exist_ok=True)
    listeners = [listen(run / f"{name}.sock", None) for name in ("public", "desk", "mirror")]
    addresses = [read_onion_key(home / "onion" / f"{name}.key").address for name in ("public", "desk")]
    intakes = start_intake(IntakePlace(home, *listeners, *addresses, zygotes_on_demand=False))

    async def follow() -> None:
        async for told in intakes.keeper_end.events():
            if told.event is Event.READY:
                intakes.ready.set()
            hear(intakes, told.event)

    following = asyncio.create_task(follow())
    try:
        await asyncio.wait_for(intakes.ready.wait(), READY_SECONDS)
        yield intakes, MirrorDoor(home, lambda: intakes, Announcer(as_json=False))
    finally:
        await intakes.end()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        for listener in listeners:
            listener.close()


def visit(port: int, root: str) -> tuple[str, str]:
    """Status line and certificate of the start page, as a browser would see them."""
    context = ssl.create_default_context(cadata=root)
    context.set_alpn_protocols(["http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", port), 20) as connection,
        context.wrap_socket(connection, server_hostname=NAME) as reached,
    ):
        shown = ssl.DER_cert_to_PEM_cert(reached.getpeercert(binary_form=True))
        reached.sendall(f"GET / HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        return reached.recv(4096).decode().partition("\r\n")[0], leaf_fingerprint(shown.encode())


class Visitors:
    """Two who come again and again."""

    def __init__(self, port: int, root: str) -> None:
        self.answered, self.failed, self.certificates = 0, [], []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._come, args=(port, root), daemon=True) for _ in range(2)]

    def _come(self, port: int, root: str) -> None:
        while not self._ended.is_set():
            try:
                status, certificate = visit(port, root)
                assert status == "HTTP/1.1 200 OK", status
                self.certificates.append(certificate)
                self.answered += 1
            except (OSError, AssertionError) as fault:
                self.failed.append(repr(fault))

    async def have_come(self) -> None:
        """Return once visits that began since were answered (as many as come at once may have begun before), or one failed."""
        enough = self.answered + 2 * len(self._threads)
        async with asyncio.timeout(READY_SECONDS):
            while self.answered < enough and not self.failed:
                await asyncio.sleep(0.02)

    async def __aenter__(self):
        for thread in self._threads:
            thread.start()
        return self

    async def __aexit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            # The relay is in this loop, and their last visit goes by it.
            await asyncio.to_thread(thread.join, 30)


@pytest.fixture
def home():
    # Not tmp_path: a unix socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="m") as folder:
        yield trial_home(Path(folder) / "h")


def configure(home: Path, pebble: Pebble) -> None:
    config = home / "config.toml"
    config.write_text(
        f'{config.read_text()}\n[mirror]\nname = "{NAME}"\ndirectory = "{pebble.directory}"\nissuer = "{ISSUER}"\n'
        f'roots = "{pebble.roots}"\nresolvers = {json.dumps(pebble.resolvers)}\n'
    )


async def test_one_order_and_three_renewals_reach_the_real_intake_under_load_and_lose_no_visitor(home):
    ahead = timedelta()
    folder = home.parent
    async with relay_to(home / "run/mirror.sock") as port:
        with (
            Pebble(folder=folder, proved_at=port) as pebble,
            LoopbackSocks(home / "run/socks.sock", {NAME: port}) as socks,
        ):
            configure(home, pebble)
            async with intake_of(home) as (intakes, door):

                async def way() -> Path:
                    return socks.path

                said = Announcer(as_json=False)
                plan = plan_of(home, read_home(home).config.mirror)
                keeper = MirrorCertificate(plan, door, way, said, lambda: datetime.now(UTC) + ahead, Pace())
                account = ["mirror", "account", "--home", home, "--agree-to-terms", "--json"]
                line = json.loads((await asyncio.to_thread(kallskydd, *account)).stdout)["caa"]
                pebble.set_caa(NAME, ("issue", line.partition('"')[2].rstrip('"')))

                await keeper.round()
                certificates = [leaf_fingerprint((mirror_folder(home) / CERTIFICATE).read_bytes())]
                root = await asyncio.to_thread(pebble.root)
                answered = [0]
                async with Visitors(port, root) as visitors:
                    for _ in range(3):
                        ahead = SIXTY_DAYS
                        await keeper.round()
                        ahead = timedelta()
                        await visitors.have_come()
                        certificates.append(leaf_fingerprint((mirror_folder(home) / CERTIFICATE).read_bytes()))
                        answered.append(visitors.answered)
                await keeper.look()
                refused = await asyncio.to_thread(acme_protocol, port)
                assert intakes.intake.poll() is None

    print(f"visits while renewing: {answered[-1]}, failed: {len(visitors.failed)}")
    assert len(set(certificates)) == 4
    assert visitors.failed == []
    assert answered[0] < answered[1] < answered[2] < answered[3]
    # Every one of the four was shown to somebody, in their order.
    assert list(dict.fromkeys(visitors.certificates)) == certificates
    assert read_seen(mirror_folder(home)).shown is Shown.OURS
    assert refused


def acme_protocol(port: int) -> bool:
    """Whether `acme-tls/1` is refused now that no order is pending."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["acme-tls/1"])
    with socket.create_connection(("127.0.0.1", port), 20) as connection:
        try:
            with context.wrap_socket(connection, server_hostname=NAME) as reached:
                return reached.selected_alpn_protocol() != "acme-tls/1"
        except OSError:
            return True


async def test_without_an_account_the_operator_is_told_what_to_do_and_without_a_mirror_there_is_no_socket(home):
    """The whole service, as it starts: nothing is asked of anybody before the operator has made the account."""
    config = home / "config.toml"
    without = config.read_text()
    config.write_text(f'{without}\n[mirror]\nname = "{NAME}"\n')
    network = offline_network(home.parent / "net")
    with Service(home, network) as service:
        for _ in range(300):
            if any("kallskydd mirror account" in sentence for sentence in service.stderr):
                break
            await asyncio.sleep(0.1)
        status = await asyncio.to_thread(kallskydd, "status", "--home", home, check=False)
        there = (home / "run/mirror.sock").is_socket()
        said = "".join(service.stderr)
    config.write_text(without)
    with Service(home, network):
        left = (home / "run/mirror.sock").exists()

    assert "The mirror has no certificate yet" in said
    assert "There is no account at the certificate authority yet" in said
    assert "NOT  mirror certificate: There is no account" in status.stdout
    assert there
    assert not left


def test_the_memory_of_the_childs_libraries_is_not_in_the_keepers_modules():
    """What the keeper imports for the mirror, and what the child does, weighed alone."""
    import sys

    weigh = "print(next(l for l in open('/proc/self/smaps_rollup') if l.startswith('Pss:')).split()[1])"
    modules = ("kallskydd.serve.daily_audit", "kallskydd.serve.mirror_certificate", "kallskydd.mirror.__main__")
    without, keeper, child = (
        int(subprocess.check_output([sys.executable, "-c", f"import {module}; {weigh}"])) for module in modules
    )

    print(f"kB: a part of the keeper without {without}, with {keeper}, the child {child}")
    assert keeper - without < 4_000
    assert child - keeper > 8_000
