"""The mirror, whole: browser, relay, private Tor network, intake, and a private authority that the browsers believe.

The relay is the program as it is installed, the tors are real. The intake runs in this process, so that what it can see
of a visit is there to be looked at.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import os
import random
import re
import shutil
import sqlite3
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from browsers import reporter
from browsers.chromium import Chromium
from browsers.firefox import Firefox
from browsers.kept import EAGER, visited
from browsers.pages import telling_photograph
from browsers.served import Served, example_home
from browsers.way import OnionWay
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from networks.conftest_tor import SHORT_FOLDER_PREFIX
from networks.hello_shape import shape
from networks.loopback_socks import LoopbackSocks
from networks.mirror_harness import NAME, Authority, opened_mirror
from networks.relay_harness import RelayProgram
from processes.service import holding, new_marker

from desk.keep.probes import hash_of
from desk.work import acts
from desk.work.probe import file_at_mirror
from intake.mirror import stream as mirror_stream
from onion.connector import SocksConnector
from onion.control import open_controller
from onion.keys import new_onion_key
from onion.publish import Onion, Publisher
from onion.publisher.onion import HTTP_PORT, HTTPS_PORT
from onion.stem_light import EventType
from trusted.case.clock import utc_now
from trusted.case.entry import Attachment, Report, Stream
from trusted.relay.limits import RELAY_LIMITS

pytestmark = pytest.mark.live

ORIGIN = f"https://{NAME}"
REPORT = "Underlagen stämmer inte med det som levererades."
ANSWER = "Tack, vi läser din anmälan. Vilket år gäller det?"
SECONDS = 60.0
# A browser takes a style sheet that several pages name from its memory or not, as it happens: for which of our pages it
# asks then (`Referer`) is no visitor's.
OWN_PAGE = re.compile(rb"\Ahttps://" + re.escape(NAME.encode()) + rb"/.*\Z")
# What a page makes up for itself.
MADE_UP = re.compile(rb"(?<=/progress/)[0-9a-f]{32}")
IDLE = 500
BEGUN = (
    f"POST /report HTTP/1.1\r\nHost: {NAME}\r\nOrigin: {ORIGIN}\r\nContent-Length: 900\r\n"
    "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b"
).encode()
UNLIKELY = 1e-3
PAGE_SECONDS = 5.0
VISITS = 24  # of each of two visitors: two for each circuit of the pool


class Mirror:
    """What the tests have of it, and what its intake saw: each ClientHello, and each request as far as its headers."""

    def __init__(self, served: Served, authority: Authority, relay: RelayProgram, folder: Path) -> None:
        self.served, self.authority, self.relay, self.folder = served, authority, relay, folder
        self.hellos: list[bytes] = []
        self.requests: list[tuple] = []
        self.running = None

    def forget(self) -> None:
        self.hellos.clear()
        self.requests.clear()

    @web.middleware
    async def note(self, request, handler):
        headers = tuple(sorted((name, OWN_PAGE.sub(b"ours", value)) for name, value in request.raw_headers))
        self.requests.append((request.method, MADE_UP.sub(b"", request.path_qs.encode()), headers))
        return await handler(request)

    def rows(self) -> dict[str, int]:
        """Rows of each table, read as a stranger would read the file."""
        with contextlib.closing(sqlite3.connect(f"file:{self.folder}/home/kallskydd.db?mode=ro", uri=True)) as database:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}

    def until_nobody_is_there(self) -> None:
        deadline = time.monotonic() + SECONDS
        while self.running.open_connections():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    @contextlib.contextmanager
    def person(self, browser: type):
        """Somebody with a stock browser that believes the private authority, or its certificate's key."""
        with OnionWay(None, mirror=(NAME, self.relay.place)) as way:
            if browser is Firefox:
                with Firefox(way.port, safest=False, prefs=EAGER) as person:
                    person.trust((self.authority.folder / "ca.pem").read_bytes())
                    yield person, way
            else:
                believed = f"--ignore-certificate-errors-spki-list={self._key_hash()}"
                with Chromium(way.port, scripts=True, options=(believed,)) as person:
                    yield person, way

    def _key_hash(self) -> str:
        certificate = x509.load_pem_x509_certificate((self.authority.folder / "leaf.pem").read_bytes())
        der = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(der).digest()).decode()


@pytest.fixture(scope="module")
def mirror(keeper_tor, tor_client):
    """The service, its onion on the private network, and a relay before it."""
    key = new_onion_key()
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    authority = Authority.new(folder / "authority")
    made = example_home(folder / "home", settings=f'mirror = {{ name = "{NAME}", certificates = "by hand" }}')
    publisher, stack = Publisher(), contextlib.AsyncExitStack()
    relay = RelayProgram(f"{key.address}.onion", tor_client.socks, NAME)
    with Served(folder, made, public_host=f"{key.address}.onion") as served, pytest.MonkeyPatch.context() as patch:
        there = Mirror(served, authority, relay, folder)

        def read_and_note(piece: bytes):
            there.hellos.append(bytes(piece))
            return read(piece)

        read = mirror_stream.read_client_hello
        patch.setattr(mirror_stream, "read_client_hello", read_and_note)

        async def open_up() -> None:
            opened = opened_mirror(folder, served.desks.intake, authority, before=(there.note,))
            there.running = await stack.enter_async_context(opened)
            there.running.certify()
            await publisher.connect(keeper_tor.control)
            await publisher.publish(Onion(key, {HTTP_PORT: served.socket, HTTPS_PORT: there.running.socket}))
            await publisher.wait_published(key.address, within=SECONDS)

        served.call(open_up)
        relay.start()
        try:
            yield there
        finally:
            relay.kill()
            served.call(publisher.take_down, key.address)
            served.call(publisher.close)
            served.call(stack.aclose)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module", params=[Chromium, Firefox])
def somebody(mirror, request):
    """One browser for all that is done with it."""
    with mirror.person(request.param) as pair:
        yield pair


async def newest(desks, answer: str = "") -> list:
    """What the reporter's stream of the newest case holds, as a member reads it; she may answer."""
    await desks.release()
    async with desks.desk(0) as book:
        await book.sync()
        known = list(book.state.case_list.cases.values())[-1]
        if answer:
            await acts.do(book, "acknowledge", known.case_id.hex(), answer)
        return [entry.body for entry in (await book.open(known)).streams[Stream.REPORTER]]


def test_a_report_with_a_file_is_filed_read_and_answered_and_the_answer_read_in_a_stock_browser(
    mirror, tmp_path, somebody
):
    person, way = somebody
    text = f"Anmält med {type(person).__name__} genom spegeln."
    reporter.send(person, ORIGIN, text, reporter.photographs(tmp_path, 1))
    words = reporter.to_the_code(person)
    bodies = mirror.served.call(newest, mirror.served.desks, ANSWER)
    reporter.log_in(person, ORIGIN, words)
    read = person.text()

    assert (type(bodies[0]), bodies[0].text) == (Report, text)
    assert [type(body) for body in bodies].count(Attachment) == 1
    assert ANSWER in read
    # Chromium asks its maker's hosts too, and is led nowhere.
    assert NAME in way.names
    assert not [name for name in way.names if name.endswith(".onion")]


def test_a_relay_that_dies_in_the_middle_of_an_upload_is_seen_leaves_nothing_and_it_can_be_sent_again(
    mirror, tmp_path, somebody
):
    (person, way), marker = somebody, new_marker()
    picture = tmp_path / "IMG_1.jpg"
    # What stands behind a picture is dropped; until then it is a long upload.
    picture.write_bytes(telling_photograph() + os.urandom(12 * 2**20))
    mirror.relay.start_again()
    mirror.until_nobody_is_there()
    before = mirror.rows()
    person.open(f"{ORIGIN}/report")
    person.fill("text", f"Skrivet med {marker}.")
    person.choose("attachment", picture)
    way.carried = 0
    with ThreadPoolExecutor(1) as hand:
        pressed = hand.submit(person.fail, "act", "send")
        _wait(lambda: way.carried > 2**20)
        mirror.relay.kill()
        pressed.result()
    carried = way.carried
    mirror.until_nobody_is_there()
    after_kill, left = mirror.rows(), holding(mirror.folder / "home", [marker])

    mirror.relay.start()
    reporter.send(person, ORIGIN, f"Skrivet med {marker}.", [picture])
    words = reporter.to_the_code(person)
    bodies = mirror.served.call(newest, mirror.served.desks)

    assert carried < 12 * 2**20
    assert after_kill == before
    assert left == []
    assert len(words) == reporter.WORDS
    assert marker in bodies[0].text
    assert [type(body) for body in bodies].count(Attachment) == 1


@pytest.mark.parametrize("browser", [Firefox, Chromium])
def test_the_profile_of_an_ordinary_window_holds_neither_text_nor_code_at_any_time(mirror, browser, tmp_path):
    mirror.relay.start_again()
    with mirror.person(browser) as (person, _way):
        found = visited(person, ORIGIN, mirror.served, tmp_path)

    assert {when: what for when, what in found.items() if what} == {}


def _wait(condition, within: float = SECONDS) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_the_intake_sees_of_a_visit_is_the_same_for_one_visitor_again_and_for_another(mirror, somebody):
    def visit(person) -> tuple[set, set]:
        # Without what is open still, so that each visit begins with a handshake; a ticket would show in it.
        mirror.relay.start_again()
        mirror.until_nobody_is_there()
        mirror.forget()
        for path in ("/", "/report"):
            person.open(f"{ORIGIN}{path}")
        return {shape(hello) for hello in mirror.hellos}, set(mirror.requests)

    person, _ = somebody
    visits = [visit(person), visit(person)]
    with mirror.person(type(person)) as (another, _):
        visits.append(visit(another))

    hellos = [one for one, _ in visits]
    requests = [one for _, one in visits]
    assert all(hellos)
    assert hellos[0] == hellos[1] == hellos[2]
    assert requests[0] == requests[1] == requests[2]
    assert not any(one.takes_up_a_session for found in hellos for one in found)


async def test_the_circuits_of_streams_tell_no_visitor_from_another(mirror, keeper_tor, tor_client):
    mirror.relay.start_again()  # names of circuits that are new, so that what comes to stand is theirs
    with open_controller(tor_client.control_socket) as ours, open_controller(keeper_tor.control) as homes:
        used: asyncio.Queue[str] = asyncio.Queue()
        loop, told = asyncio.get_running_loop(), []

        def note(event) -> None:
            if str(event.status) == "SUCCEEDED":
                loop.call_soon_threadsafe(used.put_nowait, event.circ_id)

        before = _rendezvous(homes)
        ours.add_event_listener(note, EventType.STREAM)
        homes.add_event_listener(told.append, EventType.STREAM)
        while not used.empty():
            used.get_nowait()
        circuits: dict[str, list[str]] = {"127.0.0.2": [], "127.0.0.3": []}
        for _ in range(VISITS):
            for address, seen in circuits.items():
                assert (await page(mirror, address)).startswith(b"HTTP/1.1 200 ")
                seen.append(await asyncio.wait_for(used.get(), 10))
        new = _rendezvous(homes) - before

    one, other = circuits.values()
    print(f"circuits of one {sorted(Counter(one).values())}, of the other {sorted(Counter(other).values())}")
    print(f"rendezvous circuits at the home's tor: {len(new)}; it told of {len(told)} streams")
    # tor may have given up one of the pool's circuits for another on its way.
    assert len(set(one) | set(other)) <= RELAY_LIMITS.circuits + 2
    assert len(new) <= RELAY_LIMITS.circuits + 2
    # tor's own, to the directories, are no visitor's. What a stream is for it says once, when it is new.
    own = {event.id for event in told if str(event.purpose).startswith("DIR_")}
    assert [str(event) for event in told if event.id not in own] == []
    assert chance_of_it(one, other) > UNLIKELY
    # The same measure tells visitors apart whose streams have circuits of their own, as a pool for each would give.
    keyed = [random.Random(13).choices(sorted(set(one) | set(other))[part::2], k=VISITS) for part in (0, 1)]
    assert chance_of_it(*keyed) < UNLIKELY


def _rendezvous(controller) -> set[str]:
    """Circuits on which visitors come to the onions of this tor."""
    return {
        line.split()[0]
        for line in controller.get_info("circuit-status").splitlines()
        if "PURPOSE=HS_SERVICE_REND" in line and "HS_STATE=HSSR_JOINED" in line
    }


def chance_of_it(one: list[str], other: list[str], rounds: int = 2_000) -> float:
    """How often two visitors who draw alike differ so much in the circuits they come on, or more."""
    chance = random.Random(13)

    def difference(one, other) -> int:
        first, second = Counter(one), Counter(other)
        return sum(abs(first[name] - second[name]) for name in first | second)

    seen, pooled, more = difference(one, other), one + other, 0
    for _ in range(rounds):
        chance.shuffle(pooled)
        more += difference(pooled[: len(one)], pooled[len(one) :]) >= seen
    return (more + 1) / (rounds + 1)


async def page(mirror: Mirror, address: str = "127.0.0.1") -> bytes:
    """One visit from this address; the answer as far as it came."""
    async with asyncio.timeout(SECONDS):
        reader, writer = await connected(mirror, address)
        writer.write(f"GET / HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        with contextlib.closing(writer.transport):
            return await reader.read()


async def connected(mirror: Mirror, address: str = "127.0.0.1"):
    """A connection whose handshake is over."""
    return await asyncio.open_connection(
        *mirror.relay.place, ssl=mirror.authority.client(), server_hostname=NAME, local_addr=(address, 0),
        ssl_handshake_timeout=SECONDS,
    )  # fmt: skip


async def test_while_five_hundred_connections_idle_a_page_comes_in_time_through_tor(mirror):
    mirror.relay.start_again()
    idle: list[asyncio.StreamWriter] = []
    at_once = asyncio.Semaphore(32)

    async def idler() -> None:
        async with at_once:
            with contextlib.suppress(OSError):
                _, writer = await connected(mirror, "127.0.0.4")
                # A form that has begun may idle for a minute, a connection without a request for 20 s.
                writer.write(BEGUN)
                idle.append(writer)

    try:
        began = time.monotonic()
        await asyncio.gather(*(idler() for _ in range(IDLE)))
        opened = time.monotonic() - began
        began = time.monotonic()
        answer = await page(mirror)
        took = time.monotonic() - began
        still_open = mirror.running.open_connections()
    finally:
        for writer in idle:
            writer.transport.abort()

    print(f"{len(idle)} idle in {opened:.1f} s, {still_open} of them at the intake; the page took {took:.2f} s")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert len(idle) >= IDLE * 0.98
    assert still_open >= IDLE * 0.9
    assert took < PAGE_SECONDS


async def test_a_desks_test_report_goes_through_the_website_to_the_certificate_that_the_server_names(
    mirror, tor_client, tmp_path, monkeypatch
):
    mirror.relay.start_again()
    monkeypatch.setattr("desk.work.probe.stock_trust", mirror.authority.client)
    before = mirror.rows()["cases"]
    address = mirror.served.desks.intake.services.mirror.onion_address.removesuffix(".onion")
    async with mirror.served.desks.desk(0) as book:
        await book.sync_roster()
        named = book.mirror
    # The private network has no exits; from here on the way is the one that a visitor takes.
    with LoopbackSocks(tmp_path / "exit", {NAME: mirror.relay.place[1]}) as tor_exit:
        async with ByTor(tor_client.socks, tor_exit.path) as through:
            began = time.monotonic()
            filed = await file_at_mirror(through, utc_now, address, named, REPORT)
            took = time.monotonic() - began

    print(f"a test report through the website: {took:.1f} s")
    assert (filed.by_mirror, filed.faults, filed.text_hash) == (True, (), hash_of(REPORT))
    assert mirror.rows()["cases"] == before + 1
    assert {host for _isolation, host, _port in tor_exit.asked} == {NAME}


class ByTor(aiohttp.BaseConnector):
    """Onions by the real tor, everything else by what stands in the place of its exits."""

    def __init__(self, onions: tuple[str, int], exits: Path) -> None:
        super().__init__()
        self._onions = SocksConnector(onions, within=SECONDS)
        self._exits = SocksConnector(exits, within=SECONDS, isolate="exit")

    async def _create_connection(self, req, traces, timeout):
        way = self._onions if req.url.host.endswith(".onion") else self._exits
        return await way._create_connection(req, traces, timeout)

    async def close(self) -> None:
        await self._onions.close()
        await self._exits.close()
        await super().close()
