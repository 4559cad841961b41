"""A taken-over intake on a kernel whose Landlock knows no signals: what it can do to others, and what others can read of it.

Every account may read /proc/PID/stat, status, limits and timers of each process, and /proc/locks. What a process can
change there of its own choice carries words out, so each such change must be refused by the filter alone.
"""

from __future__ import annotations

import json
import select
import struct
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from processes.filter_simulation import PRELUDE, decide, made_home, simulate
from processes.filter_simulation import chunks as instructions

from trusted.confine import profiles, seccomp
from trusted.confine.syscalls import TABLES, numbers

if TYPE_CHECKING:
    from collections.abc import Iterator

# Landlock is switched off, as on a kernel that has none: before version 6 it bounds no signals.
INTAKE = """
import fcntl, signal, struct
from trusted.confine import landlock, lock
landlock.landlock_abi = lambda: 0
lock.intake_rules = lambda home: ()
def say(what):
    print(json.dumps(what), flush=True)
store = open(home / "kallskydd.db", "r+b")
left, right = socket.socketpair()
# A filter of one's own needs it, unless one is root.
call("prctl", 38, 1, 0, 0, 0)
if sys.argv[2] == "confined":
    assert confine_intake(home).complete
say({"pid": os.getpid()})
"""

# Each makes the kernel signal the process in `victim` as soon as a byte arrives at a socket of one's own.
STRIKES = {
    "a signal of choice by F_SETOWN": """
        fcntl.fcntl(left, fcntl.F_SETOWN, victim)
        fcntl.fcntl(left, 10, signal.SIGKILL)
        fcntl.fcntl(left, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    """,
    "a signal of choice by F_SETOWN_EX": """
        fcntl.fcntl(left, 15, struct.pack("=ii", 1, victim))
        fcntl.fcntl(left, 10, signal.SIGKILL)
        fcntl.fcntl(left, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    """,
    "SIGIO by FIOSETOWN": """
        fcntl.ioctl(left, 0x8901, struct.pack("=i", victim))
        fcntl.ioctl(left, 0x5452, struct.pack("=i", 1))
    """,
    "SIGIO by SIOCSPGRP": """
        fcntl.ioctl(left, 0x8902, struct.pack("=i", victim))
        fcntl.ioctl(left, 0x5452, struct.pack("=i", 1))
    """,
    "SIGIO with a number whose upper half is not zero": """
        call("fcntl", left.fileno(), ctypes.c_ulong(1 << 32 | 8), victim)
        call("ioctl", left.fileno(), ctypes.c_ulong(1 << 32 | 0x5452), struct.pack("=i", 1))
    """,
}

# name: what the taken-over intake runs, each of which changes what every account reads of it or of the machine.
SHOWN = {
    "a limit of its own": 'call("prlimit64", 0, resource.RLIMIT_RTTIME, struct.pack("=QQ", 12345, 12345), None)',
    "a lower limit, by the older call": 'call("setrlimit", resource.RLIMIT_FSIZE, struct.pack("=QQ", 12345678, 12345678))',
    "its priority": "os.setpriority(os.PRIO_PROCESS, 0, 7)",
    "its processors": "os.sched_setaffinity(0, {0})",
    "its scheduler": "os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))",
    "its scheduler, by the newer call": 'call("sched_setattr", 0, struct.pack("=IIQiIQQQ", 48, 3, 0, 3, 0, 0, 0, 0), 0)',
    "its share of the disk": 'call("ioprio_set", 1, 0, 3 << 13)',
    "its name": 'call("prctl", 15, b"of a visitor", 0, 0, 0)',
    "its slack": 'call("prctl", 29, 123456, 0, 0, 0)',
    "its pages": 'call("prctl", 41, 1, 0, 0, 0)',
    "its personality": 'call("personality", 0x40000)',
    "its umask": 'call("umask", 0o123)',
    "its group of processes": 'call("setpgid", 0, 0)',
    "its session": "os.setsid()",
    "one more filter": 'call("seccomp", 1, 0, ALLOWING)',
    "one more filter, the older way": 'call("prctl", 22, 2, ALLOWING, 0, 0)',
    "a timer with a number of choice": 'call("timer_create", 1, struct.pack("=Qii48x", 0xFEEDBEEF, 34, 0), ctypes.create_string_buffer(4))',
    "an alarm": "signal.setitimer(signal.ITIMER_REAL, 1000)",
    "signals it ignores": "signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
    "signals it catches": "signal.signal(signal.SIGSEGV, lambda *_: None)",
    "a shared lock on all of a file": "fcntl.flock(store, fcntl.LOCK_SH)",
    "a lock of an open file, at an offset of choice": 'fcntl.fcntl(store, 37, struct.pack("=hh4xqqi4x", 1, 0, 0xFEED, 1, 0))',
    "a lock that waits": 'fcntl.fcntl(store, fcntl.F_SETLKW, struct.pack("=hh4xqqi4x", 1, 0, 0xBEEF, 1, 0))',
    "a lease": "fcntl.fcntl(os.open(home / 'config.toml', os.O_RDONLY), fcntl.F_SETLEASE, fcntl.F_RDLCK)",
    "watching a folder": "fcntl.fcntl(os.open(home, os.O_RDONLY), fcntl.F_NOTIFY, 1)",
    "the size of a socket's buffer": "left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 54321)",
    "a program on a socket": "left.setsockopt(socket.SOL_SOCKET, 26, ALLOWING)",
    "events counted by the machine": 'call("io_setup", 4321, ctypes.create_string_buffer(8))',
    "unlocked memory": 'call("munlockall")',
}  # fmt: skip

# And what it goes on needing, by the same calls.
NEEDED = {
    "a lock as SQLite takes it": 'fcntl.fcntl(store, fcntl.F_SETLK, struct.pack("=hh4xqqi4x", 0, 0, 124, 1, 0))',
    "whether there is a lock": 'fcntl.fcntl(store, fcntl.F_GETLK, struct.pack("=hh4xqqi4x", 1, 0, 124, 1, 0))',
    "the lock on the slots": "fcntl.flock(open(home / 'shred.slots'), fcntl.LOCK_EX | fcntl.LOCK_NB)",
    "a file in memory that can no longer change": 'seal(os.memfd_create("", os.MFD_ALLOW_SEALING))',
    "a second descriptor": "os.dup(0)",
    "the mode of a descriptor": "fcntl.fcntl(0, fcntl.F_GETFL)",
    "a socket that does not wait": "left.setblocking(False)",
    "a descriptor for its threads alone": "os.set_inheritable(store.fileno(), False)",
    "a connection that stays": "left.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)",
    "its own limits": "resource.getrlimit(resource.RLIMIT_NOFILE)",
    "the end by SIGTERM": "signal.signal(signal.SIGTERM, signal.SIG_DFL)",
    "a thread": "thread()",
}


class Taken:
    """An intake's process that does what it is told, line by line."""

    def __init__(self, home: Path, confined: str) -> None:
        code = PRELUDE + textwrap.dedent(INTAKE) + "for line in sys.stdin:\n    exec(json.loads(line))\n"
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", code, home, confined], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self.heard()["pid"]

    def heard(self) -> dict:
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline() if ready else ""
        assert line, "it ended, or stands still"
        return json.loads(line)

    def told(self, code: str) -> dict:
        self.process.stdin.write(json.dumps(textwrap.dedent(code)) + "\n")
        self.process.stdin.flush()
        return self.heard()

    def tried(self, attempts: dict[str, str]) -> dict[str, str]:
        """What came of each: "done" or the name of the error."""
        lines = [f"    {name!r}: lambda: {attempt},\n" for name, attempt in attempts.items()]
        return self.told(
            "ALLOWING = struct.pack('@HP', 1, ctypes.addressof(PROGRAM := ctypes.create_string_buffer("
            "struct.pack('=HBBI', 6, 0, 0, 0x7FFF0000))))\n"
            "def thread():\n"
            "    made = threading.Thread(target=int)\n"
            "    made.start()\n"
            "    made.join()\n"
            "seal = lambda made: fcntl.fcntl(made, 1033, 15) or fcntl.fcntl(made, 1034)\n"
            "say({name: outcome(attempt) for name, attempt in {\n" + "".join(lines) + "}.items()})"
        )

    def shows(self) -> dict[str, str]:
        """What every account reads of it, but for what changes by itself as it works."""
        place = Path(f"/proc/{self.pid}")
        fields = (place / "stat").read_text().rpartition(")")[2].split()
        status = dict(line.split(":\t", 1) for line in (place / "status").read_text().splitlines() if ":\t" in line)
        by_itself = {"State", "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"}
        shown = {name: value for name, value in status.items() if name not in by_itself and not name.startswith("Vm")}
        shown = {name: value for name, value in shown.items() if not name.startswith("Rss")}
        # pgrp, session, tty; priority, nice; rt_priority, policy (proc(5), fields 5 to 7, 18, 19, 40, 41).
        shown["stat"] = " ".join(fields[number - 3] for number in (5, 6, 7, 18, 19, 40, 41))
        for name in ("limits", "comm", "cmdline", "timers", "oom_score_adj"):
            shown[name] = (place / name).read_text()
        shown["locks"] = "".join(
            line for line in Path("/proc/locks").read_text().splitlines() if f" {self.pid} " in line
        )
        return shown

    def close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.kill()
        self.process.wait(10)


@contextmanager
def taken(home: Path, confined: str) -> Iterator[Taken]:
    process = Taken(home, confined)
    try:
        yield process
    finally:
        process.close()


@contextmanager
def victim() -> Iterator[subprocess.Popen]:
    """A process of the same account that does nothing."""
    process = subprocess.Popen(["/bin/sleep", "60"])
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@pytest.mark.parametrize(
    ("confined", "alive", "outcomes"), [("free", False, {"done"}), ("confined", True, {"EPERM", "ENOTTY"})]
)
def test_a_taken_over_intake_kills_nobody_by_way_of_its_own_sockets(tmp_path, confined, alive, outcomes) -> None:
    """Free of locks it kills each victim: otherwise that they live would prove nothing."""
    with taken(made_home(tmp_path / "home"), confined) as intake:
        for name, strike in STRIKES.items():
            with victim() as other:
                steps = [line for line in textwrap.dedent(strike).splitlines() if line]
                # One after the other, also when one is refused.
                tries = "".join(f"came.append(outcome(lambda: {step}))\n" for step in steps)

                came = intake.told(f"victim, came = {other.pid}, []\n{tries}right.send(b'x')\nsay(came)")

                assert set(came) <= outcomes, name
                assert lives(other, 0.1 if alive else 10) is alive, name


def lives(process: subprocess.Popen, within: float) -> bool:
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        return True
    return False


def test_nothing_that_every_account_reads_of_a_taken_over_intake_changes_by_its_choice(tmp_path) -> None:
    home = made_home(tmp_path / "home")
    with taken(home, "confined") as intake:
        before = intake.shows()

        came = intake.tried(SHOWN)
        after = intake.shows()

    assert {name: outcome for name, outcome in came.items() if outcome != "EPERM"} == {}
    assert after == before


def test_the_same_attempts_would_show_without_the_filter(tmp_path) -> None:
    """Otherwise the test above proves nothing."""
    home = made_home(tmp_path / "home")
    with taken(home, "free") as intake:
        before = intake.shows()

        came = intake.tried(SHOWN)
        after = intake.shows()

    # It leads a group of processes already, which the kernel does not let into a session of its own.
    assert {name for name, outcome in came.items() if outcome != "done"} == {"its session"}
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed >= {"limits", "stat", "locks", "Umask", "Seccomp_filters", "comm", "timers", "SigIgn", "SigCgt",
                       "THP_enabled"}  # fmt: skip


def test_what_the_intake_needs_of_the_same_calls_goes_on(tmp_path) -> None:
    home = made_home(tmp_path / "home")
    with taken(home, "confined") as intake:
        came = intake.tried(NEEDED)

    assert {name: outcome for name, outcome in came.items() if outcome != "done"} == {}


@pytest.mark.parametrize("machine", list(TABLES))
@pytest.mark.parametrize("profile", [profiles.ZYGOTE, profiles.JOB, profiles.JOB_WITH_THREAD, profiles.INTAKE,
                                     profiles.PUBLISHER, profiles.RELAY])  # fmt: skip
def test_no_profile_on_any_processor_gives_a_descriptor_an_owner_or_a_signal(machine, profile) -> None:
    program = [
        struct.unpack("=HBBI", part) for part in instructions(seccomp.build(profile.rules, profile.default, machine))
    ]
    upper = 0xFEEDBEEF << 32
    refused = [("fcntl", (3, upper | command)) for command in range(2048) if command not in HARMLESS_COMMANDS]
    refused += [("ioctl", (3, upper | request)) for request in (*range(0x5400, 0x5500), *range(0x8900, 0x8A00))
                if request not in HARMLESS_REQUESTS]  # fmt: skip

    for name, arguments in refused:
        padded = (*arguments, *(0,) * (6 - len(arguments)))
        said = simulate(program, numbers(machine)[name], padded, machine)
        assert said == decide(profile, name, padded)
        assert said != seccomp.Action.ALLOW, (name, hex(arguments[1]))


# F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_GETLK, F_SETLK, F_DUPFD_CLOEXEC, F_ADD_SEALS, F_GET_SEALS.
HARMLESS_COMMANDS = {1, 2, 3, 5, 6, 1030, 1033, 1034}
# TCGETS, FIONBIO, FIONCLEX, FIOCLEX.
HARMLESS_REQUESTS = {0x5401, 0x5421, 0x5450, 0x5451}
