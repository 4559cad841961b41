"""The keeper: starts what must run, watches it, starts it again when it dies, and ends it in order.

It never sees a request: it binds the listening sockets and hands them on. The order of a start:
  1. lock the home, so that two keepers never share it;
  2. bind the unix sockets;
  3. start the zygotes and the intake, and beside them tor, without an onion yet: it takes as long to reach the network;
  4. wait until a job in the jail has proved that it cannot open, connect or exec, and the intake serves; without that
     nothing is published;
  5. publish both onions;
  6. watch, until SIGTERM or SIGINT.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from cases.audit_chain import make_chain_file
from cases.roster.chain import read_chain
from cases.sentences import in_words
from cases.upkeep import make_upkeep_file
from kallskydd.serve.announce import Announcer
from kallskydd.serve.children import (
    Backoff,
    IntakePlace,
    IntakeSet,
    ended,
    listen,
    locked_bytes,
    open_way_for,
    start_intake,
)
from kallskydd.serve.daily_audit import keep_audited
from kallskydd.serve.mirror import MirrorDoor, hear, intake_is_gone
from kallskydd.serve.mirror_certificate import MirrorCertificate, MirrorPlan
from kallskydd.serve.notes import Notebook
from kallskydd.serve.onions import OnionKeys, OnionPlaces, Onions, WhoseTor
from kallskydd.serve.orphans import collect_orphans, is_process_one
from kallskydd.serve.why_not_open import why_not_open
from onion.keys import OnionKey, read_onion_key
from onion.publisher.onion import DESK_SOCKET, MIRROR_SOCKET, PUBLIC_SOCKET
from trusted.case.clock import today, utc_now
from trusted.confine.landlock import landlock_abi
from trusted.web.control import HOME_FAULTS, Event, Order

OK, REFUSED, MISSING = 0, 3, 4
READY_SECONDS = 60.0  # importing, opening the store and the self-test took 2 s; a slow machine gets its time
ROSTER_POLL_SECONDS = 2.0  # a new signature comes by the desks' address, a new version from this computer
CANCEL_SECONDS = 2.0  # tasks that are cancelled end at once, apart from the pause in which a child ends


# The intake's exit codes (intake/__main__.py), and what they mean to the operator.
_WHY_ENDED = {
    3: "The jail for attachments did not prove that it holds. "
    "A kernel with seccomp is needed; see docs/DESIGN.md, section 3.",
    4: "The home cannot be used. Look at its files, their owner and the space on the disk.",
}
_ENDED = "The intake ended."
_NO_LANDLOCK = (
    "This kernel has no Landlock, so an intake that was taken over could write to all of the home, also to the roster. "
    "Use Linux 5.13 or later with Landlock switched on, or a systemd unit that makes the rest read-only."
)
_FORWARDED = (
    "Requests were refused because a header of theirs was named as those with a forwarded address are. A proxy before "
    "the service adds it, and can keep it: set it up as docs/OPERATING.md says, or take it away."
)
_STORE_FAULT = (
    "The heartbeat could not be written to the store, so reports may be refused too. Look at the space left on the"
    " disk, at the permissions of the home, and at what else has its database open."
)
_TOO_SLOW = f"The intake was not ready within {READY_SECONDS:.0f} seconds."


class NotReady(Exception):  # not an error of a package: only the keeper's own start raises and catches it
    """The first intake did not become ready; `words` say why, for the operator. `exit_code` is that of the keeper."""

    def __init__(self, words: str, exit_code: int = REFUSED) -> None:
        super().__init__(words)
        self.words = words
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class KeeperPlan:
    """What `serve` was asked for, checked."""

    home: Path
    trial: bool
    mirror: MirrorPlan | None = None
    network_lines: tuple[str, ...] = ()
    whose_tor: WhoseTor = WhoseTor.OWN
    # Of a tor that is not the keeper's own: its control socket, or the tenant's folder at the host's publisher.
    control: Path | None = None
    system_tor_group: int | None = None  # of a system tor: the group that it runs as
    end_with_stdin: bool = False
    # Of a host's tenant: the sockets that its unit brought, by their names.
    brought: Mapping[str, socket.socket] = field(default_factory=dict)
    notify_socket: str | None = None  # of a unit that counts as started once the intake is ready


@dataclass(slots=True)
class Keeper:
    """One run of the service."""

    plan: KeeperPlan
    announcer: Announcer
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _ready: asyncio.Event = field(default_factory=asyncio.Event)
    _intakes: IntakeSet | None = None
    _was_open: bool | None = None
    _mirror: MirrorDoor | None = None
    _notebook: Notebook = field(init=False)

    async def run(self) -> int:
        """Serve until told to stop; returns the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        if self.plan.end_with_stdin:
            self._watch_stdin(loop)
        self.announcer.say("Starting. The intake opens the home and checks its locks …")
        if landlock_abi() == 0:
            self.announcer.say(_NO_LANDLOCK)
        public_key = read_onion_key(self.plan.home / "onion" / "public.key")
        desk_key = read_onion_key(self.plan.home / "onion" / "desk.key")
        make_chain_file(self.plan.home)
        make_upkeep_file(self.plan.home)
        place = self._bind(public_key, desk_key)
        onions = self._onions(public_key, desk_key)
        if self.plan.mirror is not None:
            self._mirror = MirrorDoor(self.plan.home, lambda: self._intakes, self.announcer)
        tasks = [asyncio.create_task(self._keep_intake(place)), asyncio.create_task(onions.keep_up())]
        if is_process_one():
            tasks.append(asyncio.create_task(collect_orphans()))
        try:
            await self._first_ready(tasks[0])
            if not self._stopping.is_set():
                self._notify_ready()
                self.announcer.say("The intake is ready. Both addresses are published, in ten seconds …")
                onions.intake_is_ready.set()
                tasks.append(asyncio.create_task(self._follow_roster(onions)))
                tasks.append(asyncio.create_task(keep_audited(self.plan.home, self.announcer)))
                if self.plan.mirror is not None and self._mirror is not None:
                    keeper = MirrorCertificate(self.plan.mirror, self._mirror, onions.socks, self.announcer, utc_now)
                    tasks.append(asyncio.create_task(keeper.keep()))
            await self._until_stopped(tasks)
        except NotReady as failed:
            self.announcer.say(f"{failed.words} Nothing is published.")
            return failed.exit_code
        finally:
            await self._end(tasks, onions, place)
        return OK

    def _notify_ready(self) -> None:
        """Tell the service manager (sd_notify) that the intake serves; nothing else is ever sent there."""
        if self.plan.notify_socket is not None:
            with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
                manager.sendto(b"READY=1", self.plan.notify_socket)

    def _watch_stdin(self, loop: asyncio.AbstractEventLoop) -> None:
        """End when standard input closes: the process that holds its other end is gone, kill -9 included."""

        def look() -> None:
            if not os.read(0, 4096):
                loop.remove_reader(0)
                self._stopping.set()

        try:
            loop.add_reader(0, look)
        except PermissionError:  # a file or /dev/null, which is at its end from the first moment
            self._stopping.set()

    def _bind(self, public_key: OnionKey, desk_key: OnionKey) -> IntakePlace:
        run = self.plan.home / "run"
        run.mkdir(mode=0o700, exist_ok=True)
        self._notebook = Notebook(run)
        group = self.plan.system_tor_group
        if group is not None:
            open_way_for(group, self.plan.home, run)
        return IntakePlace(
            home=self.plan.home,
            public_listener=self._listener(PUBLIC_SOCKET, group),
            desk_listener=self._listener(DESK_SOCKET, group),
            mirror_listener=self._listen_for_mirror(run, group),
            public_address=public_key.address,
            desk_address=desk_key.address,
            zygotes_on_demand=self.plan.whose_tor is WhoseTor.HOST,
        )

    def _listen_for_mirror(self, run: Path, group: int | None) -> socket.socket | None:
        if self.plan.mirror is not None:
            return self._listener(MIRROR_SOCKET, group)
        # Of a mirror that the home had before.
        (run / MIRROR_SOCKET).unlink(missing_ok=True)
        return None

    def _listener(self, name: str, group: int | None) -> socket.socket:
        if self.plan.whose_tor is WhoseTor.HOST:
            return self.plan.brought[name]
        return listen(self.plan.home / "run" / name, group)

    def _onions(self, public_key: OnionKey, desk_key: OnionKey) -> Onions:
        run = self.plan.home / "run"
        places = OnionPlaces(
            whose=self.plan.whose_tor,
            tor_folder=self.plan.home / "tor",
            control=self.plan.control or run / "control.sock",
            socks_socket=run / "socks.sock",
            run=run,
            mirror=self.plan.mirror is not None,
            network_lines=self.plan.network_lines,
        )
        return Onions(
            places,
            OnionKeys(public_key, desk_key),
            self._desk_keys,
            self.announcer,
            notebook=self._notebook,
            trial=self.plan.trial,
        )

    def _desk_keys(self) -> Sequence[str]:
        """Client keys of everyone who may enter: the members, and those of a proposal, so that they can sign it."""
        chain = read_chain(self.plan.home / "roster", today(utc_now))
        rosters = [roster for roster in (chain.current, chain.proposal) if roster is not None]
        return sorted({member.onion for roster in rosters for member in roster.members})

    async def _first_ready(self, intake_task: asyncio.Task[None]) -> None:
        ready = asyncio.create_task(self._ready.wait())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait(
                {ready, stopping, intake_task}, timeout=READY_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if intake_task.done():
                intake_task.result()
            if not ready.done() and not stopping.done():
                # A busy computer is none to be refused for good: the unit tries again.
                raise NotReady(_TOO_SLOW, MISSING)
        finally:
            ready.cancel()
            stopping.cancel()

    async def _keep_intake(self, place: IntakePlace) -> None:
        """Run intakes one after the other. Raises NotReady if the first does not become ready."""
        backoff = Backoff()
        while True:
            backoff.mark_start()
            intakes = self._intakes = start_intake(place)
            self.announcer.event(
                "intake-started",
                pid=intakes.intake.pid,
                zygotes=" ".join(str(zygote.pid) for zygote in intakes.zygotes),
            )
            watchers = [
                asyncio.create_task(self._watch_zygote(intakes, index)) for index in range(len(intakes.zygotes))
            ]
            watchers.append(asyncio.create_task(self._hear(intakes)))
            if self._mirror is not None:
                watchers.append(asyncio.create_task(self._open_mirror(self._mirror, intakes)))
            try:
                status = await ended(intakes.intake)
            finally:
                intake_is_gone(intakes)
                for watcher in watchers:
                    watcher.cancel()
                await asyncio.gather(*watchers, return_exceptions=True)
            self.announcer.event("intake-ended", status=status)
            why = in_words(HOME_FAULTS[status]) if status in HOME_FAULTS else _WHY_ENDED.get(status, _ENDED)
            if not self._ready.is_set():
                raise NotReady(why)
            self.announcer.say(f"{why} It is started again; requests wait meanwhile.")
            await intakes.end()
            await backoff.wait()

    async def _watch_zygote(self, intakes: IntakeSet, index: int) -> None:
        backoff = Backoff()
        while True:
            backoff.mark_start()
            await ended(intakes.zygotes[index])
            if self.plan.whose_tor is WhoseTor.HOST:
                await intakes.wanted[index].wait()
            await backoff.wait()
            with suppress(OSError):
                await intakes.replace_zygote(index)
            self.announcer.event("zygote-restarted", index=index, pid=intakes.zygotes[index].pid)

    async def _hear(self, intakes: IntakeSet) -> None:
        """Counters from the intake: fixed size, an event code and a number, nothing else can come this way."""
        async for told in intakes.keeper_end.events():
            if told.event is Event.READY:
                intakes.ready.set()
                self._ready.set()
                self.announcer.event("memory", locked_bytes=locked_bytes(intakes.intake.pid))
            hear(intakes, told.event)
            if told.event is Event.ZYGOTE_WANTED and 1 <= told.count <= len(intakes.wanted):
                intakes.wanted[told.count - 1].set()
            if told.event is Event.RELEASED:
                self._notebook.daily_work_is_done()
            if told.event is Event.FORWARDED_ADDRESS:
                self.announcer.say(_FORWARDED)
            if told.event is Event.STORE_FAULT:
                self.announcer.say(_STORE_FAULT)
            self.announcer.event("intake", code=told.event.name.lower().replace("_", "-"), count=told.count)

    async def _open_mirror(self, mirror: MirrorDoor, intakes: IntakeSet) -> None:
        await intakes.ready.wait()
        await mirror.intake_is_ready()

    async def _follow_roster(self, onions: Onions) -> None:
        """Tell the intake and the desks' onion when a version or a signature has come."""
        seen = self._roster_state()
        self._say_whether_open()
        while True:
            await asyncio.sleep(ROSTER_POLL_SECONDS)
            now = self._roster_state()
            if now != seen:
                seen = now
                self._say_whether_open()
                onions.roster_changed.set()
                if self._intakes is not None:
                    await self._intakes.order(Order.ROSTER_CHANGED)

    def _say_whether_open(self) -> None:
        chain = read_chain(self.plan.home / "roster", today(utc_now))
        is_open = chain.current is not None and chain.current.is_open
        self.announcer.event("opening", open=is_open)
        if not is_open:
            self.announcer.say(f"Not open: reports cannot be sent yet. {why_not_open(chain)}")
        elif self._was_open is False:
            self.announcer.say("Open now: reports can be sent.")
        self._was_open = is_open

    def _roster_state(self) -> tuple[date, list[tuple[str, int, int, int]]]:
        # With the day: a version that comes about by waiting changes no file on the day on which it does.
        return today(utc_now), self._roster_files()

    def _roster_files(self) -> list[tuple[str, int, int, int]]:
        # Not what is in the files: the intake may write there, and one taken over could leave one larger than memory.
        with suppress(OSError):
            files = sorted(os.scandir(self.plan.home / "roster"), key=lambda file: file.name)
            states = [(file.name, file.stat(follow_symlinks=False)) for file in files]
            return [(name, state.st_ino, state.st_mtime_ns, state.st_size) for name, state in states]
        return []

    async def _until_stopped(self, tasks: list[asyncio.Task[None]]) -> None:
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({stopping, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        for task in tasks:
            if task.done():
                task.result()

    async def _end(self, tasks: list[asyncio.Task[None]], onions: Onions, place: IntakePlace) -> None:
        self.announcer.say("Stopping.")
        running = set(tasks)
        while running:
            # More than once, because a library under a task can swallow a cancellation.
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=CANCEL_SECONDS)
        await asyncio.gather(*tasks, return_exceptions=True)
        # Addresses first: nobody should be let in to a house that is being closed.
        await onions.close()
        if self._intakes is not None:
            await self._intakes.end()
        for listener in (place.public_listener, place.desk_listener, place.mirror_listener):
            if listener is not None:
                listener.close()
        self.announcer.event("stopped")
