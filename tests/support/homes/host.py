"""A host with tenants for tests: its folders, a tor without a network, and keepers of other accounts.

Tenants' accounts are numbers that no account of the computer has. Who is not root gets them in a user namespace of its
own (newuidmap); as root they are simply taken.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cases.home import as_trial
from kallskydd.commands.init import example_config, make_home
from kallskydd.hosting.tenants import with_publisher
from onion.control import wait_for_controller
from onion.keys import read_onion_key
from onion.publisher.server import Places
from onion.tor_process import TorProcess
from onion.torrc import render

TENANTS = {"nora": 20_001, "ludvika": 20_002}
# Imported before it becomes the tenant: that account need not be able to read this checkout.
KEEPER = """
import asyncio, json, os, sys
from pathlib import Path
from onion.errors import OnionError
from onion.keys import OnionKey, new_onion_key
from onion.publisher.client import PublisherLink
from onion.publisher.messages import *
from onion.publisher.onion import Onion, desk_targets, public_targets
from onion.socks import socks_connect

uid, folder = int(sys.argv[1]), Path(sys.argv[2])
os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
loop = asyncio.new_event_loop()
run = loop.run_until_complete
# Paths of its own choice: the publisher looks at none of them.
elsewhere = Path("/nowhere")

def public(key, mirror=False):
    return Onion(key, public_targets(elsewhere, mirror=mirror))

def failed(call):
    try:
        run(call)
    except OnionError as error:
        return error.code
    return None

def say(**what):
    print(json.dumps(what), flush=True)

def heard():
    return json.loads(sys.stdin.readline())
"""


class OfflineTor:
    """A tor with the keeper's torrc that reaches no network: it takes onions all the same."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        self.control, self.torrc = folder / "control", folder / "torrc"
        lines = render(
            data_directory=folder / "data",
            control_socket=self.control,
            socks_socket=folder / "socks",
            network_lines=("DisableNetwork 1",),
        )
        self.torrc.write_text(lines)
        self.process = TorProcess(self.torrc, control_socket=self.control)

    def start(self) -> None:
        self.process.start()
        wait_for_controller(self.process, self.control, within=60).close()


def make_host(root: Path, control: Path, tenants: dict[str, int] = TENANTS) -> Places:
    """Make the folders that `kallskydd host` makes, for these tenants."""
    root.chmod(0o711)
    places = Places(control, root / "tenants", root / "kallskydd-host", root / "kallskydd-publisher")
    for folder, mode in ((places.tenants, 0o751), (places.listeners, 0o710), (places.sockets, 0o711)):
        folder.mkdir()
        folder.chmod(mode)
    for name, uid in tenants.items():
        add_tenant(places, name, uid)
    return places


def add_tenant(places: Places, name: str, uid: int) -> None:
    for folder, owner, group, mode in (
        (places.listeners / name, 0, 0, 0o710),
        (places.sockets / name, -1, uid, 0o710),
        (places.tenants / name, uid, uid, 0o700),
    ):
        folder.mkdir()
        os.chown(folder, owner, group)
        folder.chmod(mode)


class Keeper:
    """What a tenant's keeper does, in a process of the tenant's account."""

    def __init__(self, places: Places, name: str, code: str, uid: int | None = None) -> None:
        script = KEEPER + textwrap.dedent(code)
        number = TENANTS[name] if uid is None else uid
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", script, str(number), str(places.sockets / name)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Keeper:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def heard(self) -> dict:
        """The next thing that it says."""
        line = self.process.stdout.readline()
        assert line, f"the keeper ended with {self.process.wait()}"
        return json.loads(line)

    def tell(self, **what: object) -> None:
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()


# What systemd does before it starts the program of a unit: sockets from descriptor 3 on, the number of the process that
# takes them, and the account.
_AS_UNIT = """
import fcntl, os, sys
uid, given, words = int(sys.argv[1]), [int(one) for one in sys.argv[2].split(",")], sys.argv[3:]
high = [fcntl.fcntl(one, fcntl.F_DUPFD, 64) for one in given]
for number, one in enumerate(high, 3):
    os.dup2(one, number)
    os.close(one)
os.environ.update(LISTEN_FDS=str(len(given)), LISTEN_PID=str(os.getpid()))
os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
os.umask(0o077)
os.execv(sys.executable, [sys.executable, *words])
"""


@dataclass
class Tenant:
    """A tenant that is really served: home, sockets as its unit makes them, and `kallskydd serve` in its account."""

    places: Places
    name: str
    uid: int
    listeners: dict[str, socket.socket] = field(default_factory=dict)
    events: list[dict] = field(default_factory=list)
    process: subprocess.Popen | None = None

    @property
    def home(self) -> Path:
        return self.places.tenants / self.name / "home"

    @property
    def public_socket(self) -> Path:
        return self.places.listeners / self.name / "public.sock"

    @property
    def address(self) -> str:
        return read_onion_key(self.home / "onion" / "public.key").address

    def make(self, tor_gid: int = 0) -> None:
        """Make home and listening sockets."""
        config = with_publisher(example_config(trial=True), self.name)
        config = config.replace("/run/kallskydd-publisher", str(self.places.sockets))
        make_home(self.home, as_trial(config), [], trial=True)
        for path in (self.home, *self.home.rglob("*")):
            os.chown(path, self.uid, self.uid)
        self.listen(tor_gid)

    def listen(self, tor_gid: int = 0) -> None:
        """Make the listening sockets, as its socket unit does."""
        for kind in ("public.sock", "desk.sock", "mirror.sock"):
            listener = self.listeners[kind] = socket.socket(socket.AF_UNIX)
            path = self.places.listeners / self.name / kind
            path.unlink(missing_ok=True)
            listener.bind(str(path))
            os.chown(path, 0, tor_gid)
            path.chmod(0o660)
            listener.listen(128)

    def command(self, *, before: tuple[str, ...] = ()) -> list[str]:
        """What starts its keeper with these sockets; `before` is a command that starts the rest."""
        numbers = ",".join(str(one.fileno()) for one in self.listeners.values())
        return [
            *before, sys.executable, "-I", "-c", _AS_UNIT, str(self.uid), numbers,
            "-I", "-m", "kallskydd", "serve", "--public", "--home", str(self.home), "--json",
        ]  # fmt: skip

    def start(self, *, before: tuple[str, ...] = ()) -> None:
        """Start its keeper; `before` may set limits."""
        numbers = [one.fileno() for one in self.listeners.values()]
        self.events.clear()
        self.process = subprocess.Popen(
            self.command(before=before),
            pass_fds=numbers, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            cwd="/", start_new_session=True,
        )  # fmt: skip
        threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True).start()

    def _read(self, stdout) -> None:
        with stdout:
            for line in stdout:
                self.events.append({"at": time.monotonic(), **json.loads(line)})

    def wait_for(self, event: str, within: float = 120, after: float = 0.0, **facts: object) -> dict:
        """The first such event since `after`."""
        deadline = time.monotonic() + within
        while True:
            for one in list(self.events):
                if one["event"] == event and one["at"] >= after and facts.items() <= one.items():
                    return one
            assert self.process.poll() is None, f"{self.name} ended with {self.process.returncode}: {self.events}"
            assert time.monotonic() < deadline, f"no {event} {facts} of {self.name} in {self.events}"
            time.sleep(0.05)

    def processes(self) -> list[int]:
        """Its keeper and all that descends from it."""
        found = [self.process.pid]
        for pid in found:
            with suppress(OSError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    found += map(int, (task / "children").read_text().split())
        return found

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        for listener in self.listeners.values():
            listener.close()


def started_publisher(places: Places) -> subprocess.Popen:
    """The publisher's own process, once its sockets are there."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "kallskydd.hosting.publisher", "--control", str(places.control_socket),
         "--tenants", str(places.tenants), "--listeners", str(places.listeners), "--sockets", str(places.sockets)]
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not all((folder / "socks").exists() for folder in places.sockets.iterdir()):
        assert process.poll() is None, f"the publisher ended with {process.returncode}"
        assert time.monotonic() < deadline, "the publisher made no sockets"
        time.sleep(0.05)
    return process
