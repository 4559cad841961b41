"""The look from another computer, on a real, private Tor network: what it says of a service that is well, and of one that
lost its power, its tor, its disk's key after a start, its release or its mirror's certificate.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import os
import re
import signal
import ssl
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from networks.conftest_tor import started_client
from networks.mirror_harness import NAME, Authority, give, running_mirror
from networks.relay_harness import RelayProgram
from processes.service import Service, kallskydd, trial_home
from visitors.intake_harness import zygotes

from intake.daily import keep_time
from kallskydd.status import from_afar
from kallskydd.status.from_afar import Asked, look
from kallskydd.status.levels import Level, level_of
from onion.keys import new_onion_key
from onion.publish import Onion, Publisher
from onion.publisher.onion import HTTP_PORT, HTTPS_PORT
from trusted.case.clock import due_day, utc_now

pytestmark = pytest.mark.live

SECONDS = 45.0
DAY = dt.timedelta(days=1)


@pytest.fixture
def client(tor_network):
    """The other computer's tor, which has not been there."""
    one = started_client(tor_network.client)
    try:
        yield one
    finally:
        one.stop()


@pytest.fixture
def once(monkeypatch):
    """One try of twenty seconds, and not three of three quarters of a minute, where none can get through."""
    monkeypatch.setattr(from_afar, "TRIES", 1)
    monkeypatch.setattr(from_afar, "CONNECT_SECONDS", 20.0)


def lines(seen) -> dict[str, Level]:
    return {one.finding.what: one.level for one in seen}


def command(address: str, client, *words: str):
    return kallskydd("status", "--onion", address, "--tor", "{}:{}".format(*client.socks), *words, check=False)


def seen_of(address: str, client, **more) -> list:
    return asyncio.run(look(Asked(address, None, client.socks, utc_now(), **more)))


def test_a_service_that_is_well_and_one_without_power_and_what_monitoring_reads(
    short_folder, tor_network, client, once
):
    home = trial_home(short_folder / "home")
    with Service(home, tor_network.root) as service:
        service.wait_for("published", within=SECONDS)
        address = service.public_address
        for _ in range(3):
            well = command(f"http://{address}", client)
            if well.returncode == 0:
                break
        as_json = command(address, client, "--json")
        later = utc_now() + 2 * DAY  # At any time of day more than the hours within which a release is waited for.
        unreleased = asyncio.run(look(Asked(address.removesuffix(".onion"), None, client.socks, later)))

        os.killpg(service.process.pid, signal.SIGKILL)
        for pid in service.tree():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        off = seen_of(address.removesuffix(".onion"), client)

    first, *rest = well.stdout.splitlines()
    assert well.returncode == 0, well.stdout
    assert re.fullmatch(r"KALLSKYDD OK - onion: .* \| seconds=\d+\.\d\ds", first)
    assert [line.split(":")[0] for line in rest] == ["ok   onion", "ok   speed", "ok   release"]
    (line,) = as_json.stdout.splitlines()
    assert json.loads(line)["level"] == "OK"
    assert json.loads(line)["lines"]["release"]["words"].endswith(f"{due_day(utc_now() - DAY / 24).isoformat()}.")
    # A service that released nothing since: its pages name an earlier day.
    assert lines(unreleased) == {"onion": Level.OK, "speed": Level.OK, "release": Level.CRITICAL}
    assert lines(off) == {"onion": Level.CRITICAL}
    assert "disk unlocked" in off[0].finding.to_do


def test_a_tor_that_ended_and_a_server_that_was_started_with_its_disk_still_locked(
    short_folder, tor_network, keeper_tor_to_kill, client, once
):
    home = trial_home(short_folder / "home")
    with (home / "config.toml").open("a") as config:
        config.write(f'\n[tor]\ncontrol_socket = "{keeper_tor_to_kill.control}"\n')
    with Service(home, tor_network.root) as service:
        service.wait_for("published", within=SECONDS)
        address = service.public_address.removesuffix(".onion")
        well = seen_of(address, client)
        keeper_tor_to_kill.process.stop()
        without_tor = seen_of(address, client)
    # The server was started again: tor is up, the home's disk is not there, nobody has published.
    keeper_tor_to_kill.start()
    locked = seen_of(address, client)
    own_tor_gone = asyncio.run(look(Asked(address, None, short_folder / "no-socks", utc_now())))

    assert level_of(well) is Level.OK
    assert lines(without_tor) == lines(locked) == {"onion": Level.CRITICAL}
    # This computer's own fault is not the server's.
    assert lines(own_tor_gone) == {"onion": Level.UNKNOWN}


def dated(authority: Authority, begins: dt.datetime, ends: dt.datetime) -> bytes:
    """A key and its certificate of these days, as the mirror takes them."""
    pem = authority.pem()
    key = load_pem_private_key(pem, None)
    made = x509.load_pem_x509_certificate((authority.folder / "leaf.pem").read_bytes())
    signer = load_pem_private_key((authority.folder / "ca.key").read_bytes(), None)
    builder = x509.CertificateBuilder(made.issuer, made.subject, made.public_key(), made.serial_number, begins, ends)
    for extension in made.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    signed = builder.sign(signer, hashes.SHA256())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM)


@contextlib.asynccontextmanager
async def mirrored(folder: Path, tor, client):
    """An intake with a mirror, its onion, and the relay before it; with what a look at it asks."""
    key, publisher = new_onion_key(), Publisher()
    relay = RelayProgram(f"{key.address}.onion", client.socks, NAME)
    async with (
        zygotes() as sandbox,
        running_mirror(folder, sandbox=sandbox, public_host=f"{key.address}.onion") as mirror,
    ):
        services = mirror.intake.services
        clockwork = asyncio.create_task(keep_time(services, lambda: None, lambda: None))
        await publisher.connect(tor.control)
        await publisher.publish(Onion(key, {HTTP_PORT: mirror.intake.public_socket, HTTPS_PORT: mirror.socket}))
        await publisher.wait_published(key.address, within=SECONDS)
        await asyncio.to_thread(relay.start)
        trust = ssl.create_default_context(cafile=str(mirror.authority.folder / "ca.pem"))
        try:
            yield mirror, Asked(key.address, NAME, client.socks, services.clock(), relay.place, trust)
        finally:
            relay.kill()
            clockwork.cancel()
            await publisher.take_down(key.address)
            await publisher.close()


async def test_a_mirror_that_is_well_one_with_an_expired_or_late_certificate_and_one_that_is_another_service(
    short_folder, keeper_tor, client
):
    now = dt.datetime.now(dt.UTC)
    async with mirrored(short_folder / "one", keeper_tor, client) as (mirror, first):
        asked = replace(first, now=now)
        well = await look(asked)
        give(mirror.contexts.take_certificate, dated(mirror.authority, now - 90 * DAY, now + 9 * DAY))
        late = await look(asked)
        give(mirror.contexts.take_certificate, dated(mirror.authority, now - 90 * DAY, now - DAY / 24))
        expired = await look(asked)
        untrusted = await look(replace(asked, trust=None))
        away = await look(replace(asked, place=("127.0.0.1", 1)))
        mirror.certify()
        # The name leads to somebody who has a certificate of the same authority, and answers with the same pages.
        rogue = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        mirror.authority.pem(file="rogue")
        rogue.load_cert_chain(mirror.authority.folder / "rogue.pem", mirror.authority.folder / "rogue.key")
        page = b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<meta name="released" content="2026-12-01">'
        async with await asyncio.start_server(
            lambda _, writer: _answer(writer, page), "127.0.0.1", ssl=rogue
        ) as server:
            other = await look(replace(asked, place=server.sockets[0].getsockname()))

    assert lines(well)["mirror"] is lines(well)["certificate"] is lines(well)["same service"] is Level.OK
    assert next(one.days for one in well if one.days is not None) in (1, 2)
    assert lines(late)["certificate"] is Level.WARNING
    assert [lines(one)["mirror"] for one in (expired, untrusted, away)] == [Level.CRITICAL] * 3
    said = [one.finding.words for seen in (expired, untrusted, away) for one in seen if one.finding.what == "mirror"]
    assert said[0] == "Its certificate has expired."
    assert said[1].startswith("Its certificate is not valid: ")
    assert said[2] == "It does not answer where its name leads."
    assert (lines(other)["mirror"], lines(other)["same service"]) == (Level.OK, Level.CRITICAL)


async def _answer(writer: asyncio.StreamWriter, page: bytes) -> None:
    writer.write(page)
    writer.close()
