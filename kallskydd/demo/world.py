"""Everything the demonstration needs: a private Tor network, a TRIAL home, two members' desks, a service.

Every part is its own process, started by the same commands that a person would type. Nothing leaves the computer:
the network is on loopback and has no exits. `close` ends the processes in order and removes the folder.
"""

from __future__ import annotations

import asyncio
import functools
import json
import os
import secrets
import shutil
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desk.commands.session import work
from desk.keep.cache import cache_folder_of
from desk.keep.keyfile import DeskHome, read_passphrase_file
from desk.work.case.casebook import Casebook
from kallskydd.demo.mirror import DemoMirror
from kallskydd.desk.route import Route, connector_for
from trusted.case.clock import utc_now

NETWORK_SECONDS = 900.0  # 14 s as a rule; four starts from scratch, each with longer waits, on a busy computer
PUBLISHED_SECONDS = 300.0
COMMAND_SECONDS = 300.0
END_SECONDS = 20.0
MEMBERS = (("Anna", "Kommunjurist"), ("Bo", "HR-chef"))


class DemoFailed(Exception):
    """A step of the demonstration did not do what it should; the message says which."""


@dataclass(slots=True)
class Desk:
    """One member's desk: a folder with the key, the command line for what has one, and the desk's work for the rest."""

    folder: Path
    passphrase_file: Path
    network: Path

    async def run(self, *words: str, text: str = "", online: bool = True, socket: Path | None = None) -> dict[str, Any]:
        """Run one desk command, over Tor or by the desks' unix `socket`, and return its JSON; raises DemoFailed."""
        command = [*_kallskydd("desk", *words), "--desk-home", str(self.folder)]
        command += ["--passphrase-file", str(self.passphrase_file), "--json"]
        if socket is not None:
            command += ["--socket", str(socket)]
        elif online:
            command += ["--tor-network", str(self.network)]
        process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE)
        try:
            out, error = await asyncio.wait_for(process.communicate(text.encode()), COMMAND_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise DemoFailed(f"desk {words[0]} took longer than {COMMAND_SECONDS:.0f} s") from None
        if process.returncode != 0:
            raise DemoFailed(f"desk {words[0]} ended with {process.returncode}: {error.decode().strip()[-300:]}")
        found: dict[str, Any] = json.loads(out)
        return found

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[Casebook]:
        """Yield the member's casebook, over Tor, with what is in the post box taken."""
        home = DeskHome(self.folder)
        connect = functools.partial(connector_for, route=Route(tor_network=self.network), tor_folder=home.tor)
        async with work(home, lambda: read_passphrase_file(self.passphrase_file), connect, utc_now) as book:
            await book.sync()
            yield book


@dataclass(slots=True)
class DemoWorld:
    """The folder and the processes in it."""

    folder: Path
    mirror: DemoMirror | None = None
    desks: list[Desk] = field(default_factory=list)
    public: str = ""
    desk_address: str = ""
    _network: Process | None = None
    _service: Process | None = None
    _relay: Process | None = None
    _events: list[dict[str, Any]] = field(default_factory=list)
    _reader: asyncio.Task[None] | None = None

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def network(self) -> Path:
        return self.folder / "net"

    async def start_network(self) -> None:
        """Start the private Tor network; raises DemoFailed."""
        command = [sys.executable, "-I", "-m", "onion.private_network", "--hold", str(self.network)]
        # What it waits for, when it is slow, it says on our standard error.
        self._network = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, start_new_session=True)
        usable = await _line(self._network, NETWORK_SECONDS)
        if not usable:
            raise DemoFailed("the private Tor network did not come up; try again when the computer has less to do")

    async def make_home(self) -> None:
        """Two members enrol, each in a folder of the own, and a TRIAL home is made from their join files.

        Needs no network, so it may go on while that starts.
        """
        self.desks += await asyncio.gather(*(self._enrol(name, label) for name, label in MEMBERS))
        words = ["init", "--home", str(self.home), "--trial", "--json"]
        for desk in self.desks:
            words += ["--member", str(desk.folder / "join.toml")]
        done = await asyncio.to_thread(
            subprocess.run, _kallskydd(*words), capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS
        )
        if done.returncode != 0:
            raise DemoFailed(f"init ended with {done.returncode}: {done.stderr.strip()[-300:]}")
        made = json.loads(done.stdout)
        self.public, self.desk_address = made["public"], made["desk"]
        if self.mirror is not None:
            self.mirror.set_up(self.home)

    async def start_service(self) -> None:
        """Start `kallskydd serve` and wait until both addresses are published."""
        command = _kallskydd("serve", "--home", str(self.home), "--tor-network", str(self.network), "--json")
        # Should we be killed, the pipe closes and the service ends itself, as the network does.
        self._service = await asyncio.create_subprocess_exec(
            *command, "--end-with-stdin", stdin=PIPE, stdout=PIPE, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self._reader = asyncio.create_task(self._read_events(self._service))
        await self.wait_for("published", PUBLISHED_SECONDS)

    async def start_relay(self, mirror: DemoMirror) -> None:
        """Start `kallskydd relay`, with a tor of its own; visitors are served once that knows the network."""
        command = _kallskydd(*mirror.relay_words(self.public, self.network))
        # It says nothing once it runs; its standard input closes with us, as the service's does.
        self._relay = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "TMPDIR": str(mirror.folder)},
            start_new_session=True,
        )

    async def sign_roster(self, *, over_tor: bool) -> None:
        """Both members sign the founding roster at their own desks, after comparing its six words.

        Over Tor each of these commands starts a tor of its own, some four seconds. What is only to be read goes by
        the desks' unix socket on this computer.
        """
        socket = None if over_tor else self.home / "run" / "desk.sock"
        for desk in self.desks:
            await desk.run("join", "--address", self.desk_address, online=False)
            shown = await desk.run("roster", socket=socket)
            words = " ".join(shown["proposal"]["words"])
            await desk.run("sign-roster", "--words", words, socket=socket)

    async def wait_for(self, event: str, within: float) -> dict[str, Any]:
        """Return the service's first such event; raises DemoFailed."""
        deadline = asyncio.get_running_loop().time() + within
        while asyncio.get_running_loop().time() < deadline:
            for seen in self._events:
                if seen["event"] == event:
                    return seen
            if self._service is None or self._service.returncode is not None:
                break
            await asyncio.sleep(0.05)
        raise DemoFailed(f"the service did not say '{event}' in time")

    def process_ids(self) -> list[int]:
        """Every process of the service, from the keeper down."""
        return [] if self._service is None else _tree(self._service.pid)

    def relay_ids(self) -> list[int]:
        """Every process of the mirror's host: what forwards, what started it, its tor."""
        return [] if self._relay is None else _tree(self._relay.pid)

    async def close(self) -> None:
        """End the relay, the service, then the network, then remove the folder."""
        await _end(self._relay)
        await _end(self._service)
        if self._reader is not None:
            await self._reader
        await _end(self._network)
        # What the members' applications fetched lies outside of their homes.
        for desk in self.desks:
            shutil.rmtree(cache_folder_of(DeskHome(desk.folder)), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _enrol(self, name: str, label: str) -> Desk:
        passphrase_file = self.folder / f"passphrase-{name.lower()}"
        passphrase_file.write_text(secrets.token_urlsafe(16) + "\n")
        desk = Desk(self.folder / f"desk-{name.lower()}", passphrase_file, self.network)
        await desk.run("enrol", "--name", name, "--role", "handler", "--label", label, online=False)
        return desk

    async def _read_events(self, service: Process) -> None:
        if service.stdout is not None:
            async for line in service.stdout:
                self._events.append(json.loads(line))


def _kallskydd(*words: str) -> list[str]:
    # Isolated, as all that serve starts: a folder of that name where one stands is not the program.
    return [sys.executable, "-I", "-m", "kallskydd", *words]


async def _line(process: Process, within: float) -> bytes:
    if process.stdout is None:
        return b""
    try:
        return await asyncio.wait_for(process.stdout.readline(), within)
    except TimeoutError:
        return b""


async def _end(process: Process | None) -> None:
    if process is None or process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), END_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _tree(root: int) -> list[int]:
    found, to_do = [], [root]
    while to_do:
        pid = to_do.pop()
        found.append(pid)
        try:
            tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208  # a kernel list, not one of our folders
            for task in tasks:
                to_do += [int(child) for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split()]
        except OSError:
            continue
    return found
