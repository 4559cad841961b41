"""An authority, its names, a way to it in tor's place, and a mirror that is served."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from networks.loopback_socks import LoopbackSocks
from networks.pebble import RESOLVERS, NameServer, Pebble
from networks.tls_door import TlsDoor

from kallskydd.mirror.account import make_account
from kallskydd.mirror.caa import caa_value
from kallskydd.mirror.folder import ACCOUNT, ACCOUNT_KEY, mirror_folder
from kallskydd.serve.mirror_certificate import MirrorCertificate, MirrorPlan, Pace, place_of

NAME, ISSUER = "blankett.example", "pebble.example"


@dataclass
class Clock:
    """Ours, to be set on."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Said:
    """What the operator's terminal says, and what a program is told."""

    sentences: list[str] = field(default_factory=list)
    events: list[dict] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def event(self, event: str, **facts: object) -> None:
        self.events.append({"event": event, **facts})


@dataclass
class World:
    """One mirror, in a world of its own."""

    home: Path
    door: TlsDoor
    pebble: Pebble
    socks: LoopbackSocks
    clock: Clock = field(default_factory=Clock)
    said: Said = field(default_factory=Said)
    directory: str = ""
    roots: Path | None = None

    @property
    def folder(self) -> Path:
        return mirror_folder(self.home)

    @property
    def plan(self) -> MirrorPlan:
        return MirrorPlan(
            folder=self.folder, name=NAME, directory=self.directory or self.pebble.directory, issuer=ISSUER,
            resolvers=self.pebble.resolvers, roots=str(self.roots or self.pebble.roots), by_hand=False,
        )  # fmt: skip

    @property
    def place(self):
        return place_of(self.plan, self.socks.path)

    def make_account(self) -> str:
        def make() -> str:
            return make_account(self.folder, self.pebble.directory, self.socks.path, self.pebble.roots, agree=True).uri

        # It has no loop of its own to share: the command is a process of its own.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(make).result()

    def make_ready(self) -> str:
        """An account, and the CAA record that names it."""
        uri = self.make_account()
        self.pebble.set_caa(NAME, ("issue", caa_value(ISSUER, uri)))
        return uri

    def make_another_account(self) -> None:
        """Let the next order prove the name for certain: Pebble now and then takes the proof that an account gave before."""
        for name in (ACCOUNT, ACCOUNT_KEY):
            (self.folder / name).unlink()
        self.make_ready()

    @contextmanager
    def second_resolver(self) -> Iterator[NameServer]:
        """The second of the two resolvers, with records of its own."""
        with NameServer(roots=self.pebble.roots, key=self.pebble.key) as second:
            self.socks.ports[RESOLVERS[1]] = second.doh
            yield second

    def keeper(self, *, by_hand: bool = False, **pace: timedelta) -> MirrorCertificate:
        async def socks() -> Path:
            return self.socks.path

        # No look of its own accord, unless the test asks for one.
        pace = {"look_mean": timedelta(days=900), "look_most": timedelta(days=900), **pace}
        plan = replace(self.plan, by_hand=by_hand)
        return MirrorCertificate(plan, self.door, socks, self.said, self.clock, Pace(**pace))


@pytest.fixture(scope="module")
def served():
    """What can be shared: the authority, and the port at which it proves the name."""
    # Not tmp_path: a unix socket's path must be short.
    with (
        tempfile.TemporaryDirectory(prefix="pebble") as folder,
        TlsDoor() as door,
        Pebble(folder=Path(folder), proved_at=door.port) as pebble,
    ):
        yield door, pebble


@pytest.fixture
def world(served):
    door, pebble = served
    door.forget()
    pebble.set_caa(NAME)
    with tempfile.TemporaryDirectory(prefix="mirror") as folder:
        home = Path(folder)
        with LoopbackSocks(home / "socks", {NAME: door.port}) as socks:
            yield World(home, door, pebble, socks)
