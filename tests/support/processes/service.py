"""Runs the real service for tests: `kallskydd serve` as its own process tree, and what can be seen of it from outside.

Where no onion is needed tor gets `DisableNetwork 1` and requests go straight to the unix socket that tor would use. Nothing
here imports the product beyond its command line, so that it can judge it.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

EXAMPLE = Path(__file__).parents[3] / "kallskydd" / "examples" / "ludvika.toml"
KALLSKYDD = [sys.executable, "-m", "kallskydd"]
WATCHED = "open,openat,openat2,creat,truncate,rename,renameat,renameat2,link,linkat,mkdir,mkdirat,mknod,mknodat,symlink,symlinkat"


def offline_network(folder: Path) -> Path:
    """A folder for --tor-network whose tor never connects anywhere."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "network.torrc").write_text("DisableNetwork 1\n")
    return folder


def kallskydd(
    *words: str | Path, check: bool = True, stdin: str | None = None, declared: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run the command. A real home is made of the example, by an operator who declares to be no member unless not `declared`."""
    if words[0] == "init" and "--member" in words:
        words += ("--operator-is-no-member",) if declared else ()
        words += () if "--config" in words or "--trial" in words else ("--config", EXAMPLE)
    done = subprocess.run(
        [*KALLSKYDD, *map(str, words)], capture_output=True, text=True, input=stdin, timeout=120, check=False
    )
    if check and done.returncode != 0:
        raise AssertionError(f"kallskydd {' '.join(map(str, words))} gave {done.returncode}: {done.stderr}")
    return done


def trial_home(home: Path) -> Path:
    """A TRIAL home in this place, as `init --trial` makes one: a copy of one, because making the member's key takes half a second."""
    shutil.copytree(_first_trial_home(), home)
    return home


@functools.cache
def _first_trial_home() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="kallskydd-trial-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    kallskydd("init", "--home", folder / "home", "--trial")
    return folder / "home"


@dataclass
class Service:
    """One `kallskydd serve`."""

    home: Path
    network: Path
    strace_to: Path | None = None
    options: tuple[str, ...] = ()
    # A program that starts the keeper, with its own arguments.
    started_by: tuple[str, ...] = ()
    stdin: int = subprocess.DEVNULL
    events: list[dict] = field(default_factory=list)
    process: subprocess.Popen | None = None

    def __enter__(self) -> Service:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *, wait: bool = True) -> None:
        command = [
            *self.started_by,
            *KALLSKYDD,
            "serve",
            "--home",
            str(self.home),
            "--tor-network",
            str(self.network),
            "--json",
        ]
        command += self.options
        if self.strace_to is not None:
            command = ["strace", "-f", "-y", "-s", "512", "-e", f"trace={WATCHED}", "-o", str(self.strace_to), *command]
        self.events.clear()
        self.process = subprocess.Popen(
            command, stdin=self.stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        self.stderr: list[str] = []
        self.readers = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=lambda: self.stderr.extend(self.process.stderr), daemon=True),
        ]
        for reader in self.readers:
            reader.start()
        if wait:
            self.wait_for("intake", code="ready", within=60)

    def _read_events(self) -> None:
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def wait_for(self, event: str, within: float = 60, count: int = 1, **facts: object) -> dict:
        """The `count`-th such event."""
        deadline = time.monotonic() + within
        while True:
            found = [e for e in self.events if e["event"] == event and all(e.get(k) == v for k, v in facts.items())]
            if len(found) >= count:
                return found[count - 1]
            assert self.process.poll() is None, f"serve ended with {self.process.returncode}: {''.join(self.stderr)}"
            assert time.monotonic() < deadline, f"no {event} {facts} in {self.events}: {''.join(self.stderr)}"
            time.sleep(0.02)

    @property
    def public_socket(self) -> Path:
        return self.home / "run" / "public.sock"

    @property
    def desk_socket(self) -> Path:
        return self.home / "run" / "desk.sock"

    @property
    def public_address(self) -> str:
        return self._address("public.key")

    def _close(self) -> None:
        for reader in self.readers:
            reader.join(10)
        self.process.stdout.close()
        self.process.stderr.close()
        if self.process.stdin is not None:
            self.process.stdin.close()

    def _address(self, name: str) -> str:
        from onion.keys import read_onion_key

        return read_onion_key(self.home / "onion" / name).address

    @property
    def keeper_pid(self) -> int:
        if self.strace_to is None:
            return self.process.pid
        return int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0])

    def intake_pid(self) -> int:
        return [e for e in self.events if e["event"] == "intake-started"][-1]["pid"]

    def zygote_pids(self) -> list[int]:
        pids = [int(pid) for pid in [e for e in self.events if e["event"] == "intake-started"][-1]["zygotes"].split()]
        for event in self.events[self.events.index([e for e in self.events if e["event"] == "intake-started"][-1]) :]:
            if event["event"] == "zygote-restarted":
                pids[event["index"]] = event["pid"]
        return pids

    def tree(self) -> list[int]:
        """Every process of the service, from the keeper down."""
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            for task in _list(f"/proc/{pid}/task"):
                todo += [int(child) for child in _read(f"/proc/{pid}/task/{task}/children").split()]
        return found

    def memory_bytes(self) -> int:
        """What the processes hold together, each shared page counted once (PSS)."""
        total = 0
        for pid in self.tree():
            match = re.search(r"^Pss:\s+(\d+) kB", _read(f"/proc/{pid}/smaps_rollup"), re.MULTILINE)
            total += int(match[1]) * 1024 if match else 0
        return total

    def stop(self, number: int = signal.SIGTERM, within: float = 30) -> int:
        if self.process is None or self.process.stdout.closed:
            return 0
        if self.process.poll() is None:
            os.kill(self.keeper_pid, number)
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                for pid in self.tree():
                    os.kill(pid, signal.SIGKILL)
                self.process.wait()
                self._close()
                raise
        self._close()
        return self.process.returncode


def _list(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def whole_calls(lines: list[str]) -> Iterator[str]:
    """Each call in one line, also one that strace cut in two for another process between; then those cut off."""
    begun = {}
    for line in lines:
        pid, _, rest = line.partition(" ")
        if line.endswith("<unfinished ...>"):
            begun[pid] = line.removesuffix("<unfinished ...>")
        elif resumed := re.match(r"\s*<\.\.\. \w+ resumed>(.*)", rest):
            yield begun.pop(pid, f"{pid} ") + resumed[1]
        else:
            yield line
    yield from begun.values()


def opened_for_writing(strace_file: Path) -> set[str]:
    """Every path that any traced process opened or made for writing, as strace decoded it."""
    written = set()
    calls = re.compile(r"^\d+\s+(?:\[pid \d+\] )?(\w+)\((.*)")
    for line in whole_calls(strace_file.read_text(errors="replace").splitlines()):
        match = calls.match(line)
        if match is None:
            continue
        name, rest = match.groups()
        if re.search(r"= -1 E", rest):
            continue
        paths = re.findall(r'"((?:[^"\\]|\\.)*)"', rest)
        if name in {"open", "openat", "openat2"} and not re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TMPFILE|O_APPEND", rest):
            continue
        folder = re.search(r"AT_FDCWD<([^>]*)>", rest)
        for path in paths[-1:]:
            full = path if path.startswith("/") else f"{folder[1] if folder else ''}/{path}"
            written.add(os.path.normpath(full))
    return written


def descriptors(pids: list[int]) -> list[tuple[int, str, str]]:
    """(pid, path to read the open file by, what it is) for every open regular file, unlinked and in-memory ones too."""
    found = []
    for pid in pids:
        for number in _list(f"/proc/{pid}/fd"):
            link = f"/proc/{pid}/fd/{number}"
            try:
                target = os.readlink(link)
            except OSError:
                continue
            if target.startswith("/") and not target.startswith(("/dev/", "/proc/")):
                found.append((pid, link, target))
    return found


def new_marker() -> str:
    """A text that stands nowhere else, of letters alone: in a row of digits the form may see a telephone number."""
    return "mk" + secrets.token_hex(8).translate(str.maketrans("0123456789", "ghijklmnop"))


def copies(marker: str) -> set[bytes]:
    """The forms in which a marker could stand in bytes."""
    import base64

    raw = marker.encode()
    forms = {
        raw,
        raw.hex().encode(),
        raw.hex().upper().encode(),
        marker.encode("utf-16-le"),
        marker.encode("utf-16-be"),
    }
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + raw)
        forms.add(encoded[4 if shift else 0 : len(encoded) - 4])
    return forms


def holding(root: Path, markers: list[str]) -> list[tuple[str, str]]:
    """(file, marker) for every file under `root` that holds a marker in any form."""
    found = []
    forms = {marker: copies(marker) for marker in markers}
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                # tor rewrites a file under another name until it is whole.
                continue
            found += [
                (str(path), marker) for marker, all_forms in forms.items() if any(f in content for f in all_forms)
            ]
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
