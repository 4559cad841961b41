"""Runs our seccomp filters on a BPF interpreter in Python, and what a child process needs to install one."""

from __future__ import annotations

import contextlib
import sqlite3
import struct
from pathlib import Path

from trusted.confine import profiles, seccomp

PRELUDE = """
import asyncio, ctypes, errno, json, os, resource, socket, sqlite3, subprocess, sys, threading
from pathlib import Path
from trusted.confine.lock import confine_intake, confine_relay
from trusted.confine.syscalls import numbers
LIBC = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    result = LIBC.syscall(ctypes.c_long(numbers()[name]), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result
def outcome(attempt):
    try:
        attempt()
    except OSError as refused:
        return errno.errorcode[refused.errno]
    except RuntimeError:
        return "RuntimeError"
    return "done"
home = Path(sys.argv[1])
"""


def made_home(home: Path) -> Path:
    """A home as far as the locks know it."""
    for name in ("roster", "onion", "run", "tor/data", "trial-member"):
        (home / name).mkdir(parents=True)
    for name in ("config.toml", "server.pub", "TRIAL", "shred.slots", "onion/public.key", "tor/torrc", "tor/data/state",
                 "tor/data/control_auth_cookie", "trial-member/passphrase", "roster/0001.toml"):  # fmt: skip
        (home / name).write_text("x")
    with contextlib.closing(sqlite3.connect(home / "kallskydd.db")) as database:
        database.execute("pragma journal_mode=wal")
        database.execute("create table t (x)")
    return home


def chunks(program: bytes) -> list[bytes]:
    return [program[start : start + 8] for start in range(0, len(program), 8)]


def decide(profile: profiles.Profile, name: str, arguments: tuple[int, ...]) -> int:
    """What the rules say, read as sentences."""
    for rule in profile.rules:
        if name in rule.names and all(holds(condition, arguments) for condition in rule.when):
            return rule.action
    return profile.default


def holds(condition: seccomp.Condition, arguments: tuple[int, ...]) -> bool:
    value = arguments[condition.argument]
    match condition:
        case seccomp.BitsClear(mask=mask):
            return value & 0xFFFFFFFF & mask == 0
        case seccomp.Equals(value=wanted, mask=mask):
            return value & 0xFFFFFFFF & mask == wanted
        case _:
            return value == 0


def simulate(program: list[tuple[int, int, int, int]], number: int, arguments: tuple[int, ...], machine: str) -> int:
    """A small machine that runs the filter as the kernel would."""
    arch = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}[machine]
    data = struct.pack("=IIQ6Q", number, arch, 0, *arguments)
    accumulator, position = 0, 0
    while True:
        code, if_true, if_false, k = program[position]
        position += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, k)
            case 0x54:
                accumulator &= k
            case 0x15:
                position += if_true if accumulator == k else if_false
            case 0x35:
                position += if_true if accumulator >= k else if_false
            case 0x45:
                position += if_true if accumulator & k else if_false
            case 0x06:
                return k
