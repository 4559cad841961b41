"""Keeps the mirror's certificate: gives it to the intake, renews it in time, and looks at it from outside.

What costs memory is done by a child that ends (`kallskydd.serve.mirror_child`). Once a minute, in this order:

  1. a certificate that is new in the folder, ordered or put there by hand, is judged and given to the intake;
  2. with a third of its lifetime left, or none there, another is ordered. The first one only once CAA is green, since
     until then the relay's host could have one too; a later one also under a red CAA, because a mirror that goes dark
     helps nobody. After a failure the old one stays in use, and the pause doubles from an hour to a day;
  3. when its time has come, drawn at random so that nobody can be ready for it: a look at CAA and at the mirror.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, Protocol

import msgspec

from cases.config_site import MirrorConfig
from kallskydd.mirror.caa import CAA_WORDS, Caa
from kallskydd.mirror.errors import CertificateUnusable, NoAccount, TooOften, fault_of
from kallskydd.mirror.folder import (
    ACCOUNT,
    CERTIFICATE,
    OTHER,
    leaf_fingerprint,
    mirror_folder,
    write_whole,
)
from kallskydd.mirror.messages import Facts, Failed, Job, Looked, MirrorHome
from kallskydd.mirror.ours import judged
from kallskydd.mirror.seen import MirrorMemory, keep_seen, read_seen
from kallskydd.mirror.shown import SHOWN_WORDS, Shown
from kallskydd.serve.mirror import MirrorRefused, read_certificate
from kallskydd.serve.mirror_child import ChallengeDoor, run_child
from onion.errors import OnionError
from onion.socks import SocksAddress
from trusted.case.clock import Clock, today

RENEW_AT: Final = 3  # with one part in this many of its lifetime left
_CHANCE: Final = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Pace:
    """How often; a test is in more of a hurry."""

    round: timedelta = timedelta(minutes=1)
    look_mean: timedelta = timedelta(hours=6)
    look_most: timedelta = timedelta(hours=24)
    look_again: timedelta = timedelta(minutes=10)  # after one that saw nothing, or a red CAA before the first order
    first_pause: timedelta = timedelta(hours=1)  # five failures an hour is what Let's Encrypt allows
    longest_pause: timedelta = timedelta(hours=24)

    def until_look(self) -> timedelta:
        """Drawn without a memory, so that what was is no help in guessing what comes."""
        drawn = _CHANCE.expovariate(1 / self.look_mean.total_seconds())
        return min(timedelta(seconds=drawn), self.look_most)


class Door(ChallengeDoor, Protocol):
    """All of MirrorDoor."""

    async def give_certificate(self, pem: bytes) -> None:
        """Serve by this key and these certificates from now on."""


class Speaker(Protocol):
    """The terminal of the keeper."""

    def say(self, sentence: str) -> None:
        """One sentence."""

    def event(self, event: str, **facts: str | float | bool) -> None:
        """For a program."""


@dataclass(frozen=True, slots=True)
class MirrorPlan:
    """What `[mirror]` in config.toml asks for."""

    folder: Path
    name: str
    directory: str
    issuer: str
    resolvers: tuple[str, ...]
    roots: str | None
    by_hand: bool


@dataclass(slots=True)
class MirrorCertificate:
    """One mirror's certificate, for as long as the keeper runs."""

    plan: MirrorPlan
    door: Door
    socks: Callable[[], Awaitable[SocksAddress]]
    speaker: Speaker
    clock: Clock
    pace: Pace = field(default_factory=Pace)
    _given: bytes = b""  # what the intake has taken
    _judged: tuple[int, int, int] | None = None  # the state of the file that was judged last
    _facts: Facts | None = None
    _pause: timedelta = timedelta()
    _order_after: datetime | None = None
    _look_after: datetime | None = None
    _said: set[str] = field(default_factory=set)  # since the intake last took a certificate

    async def keep(self) -> None:
        """Run until cancelled."""
        while True:
            try:
                await self.round()
            except OSError as error:  # a full disk, or no process to be had: both can be mended while we wait
                self._say_once(f"The mirror's certificate cannot be seen to ({error.strerror}). It keeps trying.")
            await asyncio.sleep(self.pace.round.total_seconds())

    async def round(self) -> None:
        """One round; raises OSError."""
        await self._give_what_is_there()
        if not self.plan.by_hand and self._is_due():
            await self._order()
        if self._look_after is None:
            self._look_after = self.clock() + self.pace.until_look()
        elif self.clock() >= self._look_after:
            await self.look()

    async def _give_what_is_there(self) -> None:
        state = self._file_state()
        try:
            pem = read_certificate(self.plan.folder)
        except MirrorRefused as refused:
            self._say_once(refused.words)
            pem = None
        if state is None or pem is None:
            self._facts = None
            return
        if state != self._judged:
            told = await run_child(await self._job("read"), None)
            if isinstance(told, Failed) and told.code != CertificateUnusable.code:
                return  # the child did not come to a judgement; the next round tries again
            self._judged = state
            self._facts = told if isinstance(told, Facts) else None
            if self._facts is None:
                self.speaker.say(f"The file mirror/{CERTIFICATE} is not used. {CertificateUnusable()}")
        if self._facts is not None and pem != self._given:
            try:
                await self.door.give_certificate(pem)
            except MirrorRefused as refused:
                self._say_once(refused.words)
                return
            self._given = pem
            self._remember(lambda seen, _: msgspec.structs.replace(seen, taken=leaf_fingerprint(pem)))
            self._said.clear()
            self.speaker.event("mirror-certificate", until=self._facts.not_after.date().isoformat())

    def _is_due(self) -> bool:
        if self._order_after is not None and self.clock() < self._order_after:
            return False
        if not (self.plan.folder / ACCOUNT).exists():
            self._say_once(str(NoAccount()))
            return False
        if not read_seen(self.plan.folder).may_order(today(self.clock)):
            return False
        return self._facts is None or self.clock() >= renewal_at(self._facts)

    async def _order(self) -> None:
        if self._facts is None and not await self._caa_is_green():
            self._order_after = self.clock() + self.pace.look_again
            return
        # Remembered before it begins: what ends the keeper in the middle of it must not make it forget to be moderate.
        self._remember(lambda seen, day: seen.after_order(day))
        told = await run_child(await self._job("order"), self.door)
        if isinstance(told, Facts):
            self._pause, self._order_after = timedelta(), None
            self._remember(lambda seen, day: seen.after_certificate(day))
            await self._give_what_is_there()
            return
        failed = told if isinstance(told, Failed) else Failed(0, 0)
        self._pause = min(max(self.pace.first_pause, self._pause * 2), self.pace.longest_pause)
        asked = timedelta(seconds=failed.retry_after)
        self._order_after = self.clock() + max(self._pause, asked)
        self._remember(lambda seen, _: msgspec.structs.replace(seen, failed=failed.code))
        if failed.code == TooOften.code:
            self._remember(
                lambda seen, day: msgspec.structs.replace(seen, not_before=day + timedelta(days=asked.days + 1))
            )
        stays = "" if self._facts is None else f" The old one stays in use until {self._facts.not_after.date()}."
        self.speaker.say(f"No certificate for the mirror was got.{stays} {fault_of(failed.code)}")
        self.speaker.event("mirror-order-failed", code=failed.code)

    async def _caa_is_green(self) -> bool:
        looked = await self.look()
        return looked is not None and looked.caa is Caa.OURS

    async def look(self) -> Looked | None:
        """Look now, remember it and say what is not well; None when nothing came of it. Raises OSError."""
        told = await run_child(await self._job("look"), None)
        self._look_after = self.clock() + self.pace.until_look()
        if not isinstance(told, Looked):
            self._look_after = self.clock() + self.pace.look_again
            if isinstance(told, Failed):
                self.speaker.say(str(fault_of(told.code)))
            return None
        told = judged(told, self.plan.folder)
        if told.other is not None:
            write_whole(self.plan.folder / OTHER, told.other.encode())
        if told.caa is Caa.UNREACHABLE or told.shown is Shown.UNREACHABLE:
            self._look_after = self.clock() + self.pace.look_again
        self._remember(lambda seen, day: remembered(seen, told, day))
        for well, words in in_words(told):
            if not well:
                self.speaker.say(f"The mirror: {words}")
        self.speaker.event("mirror-look", caa=str(told.caa), shown=str(told.shown))
        return told

    def _say_once(self, sentence: str) -> None:
        """Say what lasts for many rounds the first time alone."""
        if sentence not in self._said:
            self._said.add(sentence)
            self.speaker.say(sentence)

    async def _job(self, verb: Literal["read", "look", "order"]) -> Job:
        plan = self.plan
        try:
            socks = await self.socks()
        except OnionError:
            socks = plan.folder / "no-tor"  # nobody listens there: what needs it fails as it does without tor
        ours = leaf_fingerprint(self._given) if self._given else None
        return Job(verb=verb, place=place_of(plan, socks), now=self.clock(), ours=() if ours is None else (ours,))

    def _remember(self, change: Callable[..., MirrorMemory]) -> None:
        keep_seen(self.plan.folder, change(read_seen(self.plan.folder), today(self.clock)))

    def _file_state(self) -> tuple[int, int, int] | None:
        with suppress(OSError):
            state = (self.plan.folder / CERTIFICATE).stat()
            return state.st_ino, state.st_mtime_ns, state.st_size
        return None


def plan_of(home: Path, config: MirrorConfig) -> MirrorPlan:
    """Return the plan of a home with a mirror; makes its folder."""
    return MirrorPlan(
        folder=mirror_folder(home),
        name=config.name,
        directory=config.directory,
        issuer=config.issuer,
        resolvers=config.resolvers,
        roots=config.roots,
        by_hand=config.certificates == "by hand",
    )


def place_of(plan: MirrorPlan, socks: SocksAddress) -> MirrorHome:
    """Return what a child needs to know of the mirror. Without an account no CAA record can be ours: ask for none."""
    is_ordered = not plan.by_hand and (plan.folder / ACCOUNT).exists()
    return MirrorHome(
        folder=str(plan.folder),
        name=plan.name,
        directory=plan.directory,
        issuer=plan.issuer,
        resolvers=plan.resolvers if is_ordered else (),
        roots=plan.roots,
        socks=str(socks) if isinstance(socks, Path) else socks,
    )


def renewal_at(facts: Facts) -> datetime:
    """When a certificate is to be renewed."""
    return facts.not_after - (facts.not_after - facts.not_before) / RENEW_AT


def remembered(seen: MirrorMemory, told: Looked, day: object) -> MirrorMemory:
    """With what was looked at; what was not looked at stays as it was."""
    if told.caa is not None:
        seen = msgspec.structs.replace(seen, caa=told.caa, caa_day=day)
    if told.shown is not None:
        seen = msgspec.structs.replace(seen, shown=told.shown, shown_day=day)
    return seen


def in_words(told: Looked) -> list[tuple[bool, str]]:
    """Whether each thing that was looked at is well, and a sentence."""
    found = []
    if told.caa is not None:
        found.append((told.caa is Caa.OURS, CAA_WORDS[told.caa]))
    if told.shown is not None:
        found.append((told.shown is Shown.OURS, SHOWN_WORDS[told.shown]))
    return found
