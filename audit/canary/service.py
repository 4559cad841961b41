"""A private instance of the service for the canary, started as any outsider would start it, under strace.

`PYTHON -m kallskydd init --trial` makes a home in a private folder, with reports that wait for their release as in a
real home; `PYTHON -m kallskydd serve --tor-network DIR` serves it with a tor whose network is switched off. PYTHON is
the interpreter whose installed packages are examined: this one, or one of a copy.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from audit.canary.compare.snapshot import read_unseen
from audit.canary.visits.desk import Member

READY_SECONDS = 90.0
END_SECONDS = 60.0
# Every call is seen but these: they bring something in, wait, give something up, or ask what stands elsewhere, and
# what they are handed is left nowhere. There are a hundred of them for each one that is examined.
UNTRACED = (
    "read readv pread64 preadv preadv2 close futex epoll_wait epoll_pwait epoll_pwait2 poll ppoll select pselect6 "
    "munmap recvfrom recvmsg fstat fstatfs stat lstat newfstatat statx access faccessat faccessat2 readlink readlinkat "
    "getdents64 getcwd getpid gettid getppid getuid geteuid getgid getegid clock_gettime gettimeofday rt_sigreturn "
    "restart_syscall sched_yield"
)
# A name with a question mark may be unknown: not every processor has each of them.
_STRACE = (
    "strace", "-f", "-ttt", "-yy", "-v", "-xx", "-s", "67108864", "-e", "signal=none",
    "-e", "trace=!" + ",".join(f"?{name}" for name in UNTRACED.split()),
)  # fmt: skip

# The service closes its processes to others of its account, and to a strace of that account too. In a user namespace
# of our own strace has the right to look into what is started there; what is started gets none of it.
_OWN_NAMESPACE = ("unshare", "--user", "--map-current-user", "--keep-caps", "--")
_WITHOUT_RIGHTS = ("setpriv", "--ambient-caps=-all", "--inh-caps=-all", "--bounding-set=-all", "--")


class NotStarted(Exception):
    """The service did not become ready; what it said is in the message."""


@dataclass(slots=True)
class CanaryService:
    """One private home and the service on it."""

    folder: Path
    python: Path
    process: subprocess.Popen[bytes] | None = None
    exit_code: int | None = None
    started: int = 0  # in nanoseconds since 1970

    @property
    def home(self) -> Path:
        """Where its state is."""
        return self.folder / "home"

    @property
    def trace(self) -> Path:
        """What strace writes."""
        return self.folder / "trace"

    @property
    def public_socket(self) -> Path:
        """Where tor would bring reporters."""
        return self.home / "run" / "public.sock"

    @property
    def desk_socket(self) -> Path:
        """Where tor would bring members' desks."""
        return self.home / "run" / "desk.sock"

    def make_home(self, members: Sequence[Member]) -> dict[str, str]:
        """Make the home, which these members have agreed to; returns its two addresses. Raises NotStarted."""
        joins = [self.folder / f"join-{number}.toml" for number, _member in enumerate(members)]
        for join, member in zip(joins, members, strict=True):
            join.write_text(member.join(), "utf-8")
        named = [word for join in joins for word in ("--member", str(join))]
        done = subprocess.run(
            [str(self.python), "-m", "kallskydd", "init", "--home", str(self.home), "--trial", "--json", *named],
            cwd=self.folder, env=_environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
        if done.returncode != 0:
            raise NotStarted(done.stderr.strip()[-400:])
        roster = self.home / "roster" / "0001.toml"
        agreed = "".join(member.agreement(roster.read_bytes()) for member in members)
        roster.with_suffix(".sig").touch(0o600)
        roster.with_suffix(".sig").write_text(agreed, "ascii")
        config = self.home / "config.toml"
        text, changed = re.subn(r"(?m)^at_once *=.*$", "at_once = false", config.read_text("utf-8"))
        if changed != 1:
            raise NotStarted("config.toml has no line for at_once")
        config.write_text(text, "utf-8")
        (self.folder / "net").mkdir()
        (self.folder / "net" / "network.torrc").write_text("DisableNetwork 1\n", "ascii")
        facts: dict[str, str] = json.loads(done.stdout)
        return {"public": facts["public"], "desk": facts["desk"]}

    def start(self) -> None:
        """Start it and wait until it serves. Raises NotStarted."""
        serve = ["-m", "kallskydd", "serve", "--home", str(self.home), "--tor-network", str(self.folder / "net")]
        command = [*_watched(self.trace), str(self.python), *serve, "--json", "--end-with-stdin"]
        self.started = time.time_ns()
        with (self.folder / "out").open("wb") as out, (self.folder / "err").open("wb") as err:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=_environment(), stdin=subprocess.PIPE, stdout=out, stderr=err,
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + READY_SECONDS
        # A tor that has started is reached a moment later, on a crowded computer during the visits.
        while not (self._has_event("ready") and self._has_reached_tor()):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise NotStarted((self.folder / "err").read_text("utf-8", "replace").strip()[-400:])
            time.sleep(0.05)

    def pids(self) -> dict[str, list[int]]:
        """Return the intake and the zygotes, as the keeper named them."""
        started = self._starts()
        if not started:
            return {}
        last = started[-1]
        return {"intake": [int(str(last["pid"]))], "zygote": [int(pid) for pid in str(last["zygotes"]).split()]}

    def starts(self) -> int:
        """Return how often the keeper has started the intake."""
        return len(self._starts())

    def _starts(self) -> list[dict[str, object]]:
        return [event for event in self._events() if event.get("event") == "intake-started"]

    def stop(self) -> None:
        """End it in order, by closing its standard input; kill what is left of it after a while."""
        if self.process is None:
            return
        if self.process.stdin is not None:
            with suppress(OSError):
                self.process.stdin.close()
        try:
            self.exit_code = self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            # strace's end detaches it from what it traced, so all of the session goes.
            for pid in _session(self.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.exit_code = self.process.wait()

    def _has_reached_tor(self) -> bool:
        """Return whether the keeper has noted which tor it speaks with (kallskydd/serve/notes.py)."""
        try:
            return json.loads(read_unseen(self.home / "run" / "keeper.json"))["tor"] is not None
        except (OSError, ValueError):
            return False

    def _has_event(self, word: str) -> bool:
        return any(word in (event.get("event"), event.get("code")) for event in self._events())

    def _events(self) -> list[dict[str, object]]:
        events = []
        for line in (self.folder / "out").read_text("utf-8", "replace").splitlines():
            with suppress(ValueError):
                events.append(json.loads(line))
        return events


def strace_is_there() -> bool:
    """Whether the program is installed."""
    return shutil.which("strace") is not None


def _watched(trace: Path) -> list[str]:
    """Return the prefix by which strace sees all of the command. Without the right to, the trace will show that."""
    strace = [*_STRACE, "-o", str(trace)]
    if os.geteuid() == 0 or subprocess.run([*_OWN_NAMESPACE, *_WITHOUT_RIGHTS, "true"], check=False,
                                           capture_output=True).returncode != 0:  # fmt: skip
        return strace
    return [*_OWN_NAMESPACE, *strace, *_WITHOUT_RIGHTS]


def _environment() -> dict[str, str]:
    # A tor that could reach the network is refused, whatever else goes wrong here. None of our files leads the service.
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "LC_ALL"}}
    return {**kept, "KALLSKYDD_NO_PUBLIC_TOR": "1", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONSAFEPATH": "1"}


def _session(leader: int) -> list[int]:
    """Our child and all it started, deepest first."""
    found, todo = [], [leader]
    while todo:
        pid = todo.pop()
        found.append(pid)
        for children in Path(f"/proc/{pid}/task").glob("*/children"):
            with suppress(OSError):
                todo += [int(child) for child in children.read_text("ascii").split()]
    return found[::-1]
