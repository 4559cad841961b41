"""The member's keys stay in memory: real signals to real processes that hold them, and no key on the disk after."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import shlex
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from desks.harness import PASSPHRASE, running_desks
from desks.process import ROOT, DeskProcess, Visit, unlock
from visitors.intake_harness import make_home

LEAD = 0
HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
SECONDS = 20.0
WITH_CORES = "ulimit -c unlimited;"
# Without the capability that locks all memory, and with the limit of an ordinary account.
ORDINARY = "ulimit -l 8192; exec setpriv --bounding-set -ipc_lock --inh-caps -ipc_lock"
SIGNALS = (signal.SIGQUIT, signal.SIGSEGV)


@pytest.fixture
async def desks(short_folder):
    async with running_desks(short_folder, make_home(short_folder / "home")) as desks:
        yield desks


def unlock_page(desk: DeskProcess) -> str:
    return Visit(desk).ask("GET", "/unlock").text


def dumped(process: subprocess.Popen, number: signal.Signals) -> bool:
    """Send the signal; return whether the kernel says that it dumped a core, into a file or to a program."""
    process.send_signal(number)
    ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert ended.si_status == number
    return ended.si_code == os.CLD_DUMPED


def found_on_disk(markers: dict[str, bytes], *places: Path) -> list[tuple[str, str]]:
    """Where one of the markers lies in a file."""
    files = [file for place in places for file in place.rglob("*") if stat.S_ISREG(file.lstat().st_mode)]
    return [(name, str(file)) for file in files for name, marker in markers.items() if marker in file.read_bytes()]


def markers_of(keys) -> dict[str, bytes]:
    secrets = {"seed": keys.sign_seed, "box": keys.box_private}
    return {
        **secrets,
        **{f"{name} in hex": one.hex().encode() for name, one in secrets.items()},
        "onion": keys.onion_private.encode(),
        "passphrase": PASSPHRASE.encode(),
        "passphrase as a form": PASSPHRASE.replace(" ", "+").encode(),
    }


@pytest.mark.parametrize("number", SIGNALS, ids=lambda one: one.name)
async def test_an_unlocked_application_that_is_killed_by_a_signal_leaves_no_key_on_the_disk(
    desks, short_folder, number
):
    work = short_folder / "work"
    work.mkdir()
    with DeskProcess(desks.home(LEAD), desks.socket, work, before=f"{WITH_CORES} exec") as desk:
        await asyncio.to_thread(unlock, desk)
        limit = resource.prlimit(desk.process.pid, resource.RLIMIT_CORE)
        was_dumped = dumped(desk.process, number)
    found = found_on_disk(markers_of(desks.made.keys[LEAD]), short_folder)

    assert (limit, was_dumped, found) == ((0, 0), False, [])
    assert dumps_here(work, number), "the kernel dumps nothing here at all: what is proved?"


def test_the_mark_alone_keeps_a_core_from_being_dumped_as_where_dumps_go_to_a_program_that_no_limit_holds_back(
    tmp_path,
):
    program = """
import sys
from trusted.confine import process
process.no_core_dump = lambda: None
from kallskydd.desk.memory import close_memory
close_memory()
print(process.core_limit(), flush=True)
sys.stdin.read()
"""
    command = ["sh", "-c", f'{WITH_CORES} exec "$@"', "sh", sys.executable, "-c", program]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        limit = int(process.stdout.readline())
        was_dumped = dumped(process, signal.SIGQUIT)

    assert (limit, was_dumped) == (resource.RLIM_INFINITY, False)


def dumps_here(folder: Path, number: signal.Signals) -> bool:
    with subprocess.Popen(
        ["sh", "-c", f"{WITH_CORES} echo; exec cat"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as cat:
        cat.stdin.write(b"it is cat by now\n")
        cat.stdin.flush()
        while b"cat" not in cat.stdout.readline():
            pass
        return dumped(cat, number)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda one: one.name)
@pytest.mark.parametrize("verb", ["list", "enrol"])
async def test_a_command_that_is_killed_by_a_signal_with_the_key_open_or_while_it_asks_leaves_none(
    desks, short_folder, number, verb
):
    words = {
        "list": ["--desk-home", str(desks.home(LEAD).folder), "--socket", str(short_folder / "silent")],
        "enrol": ["--desk-home", str(short_folder / "new"), "--name", "A", "--role", "lead", "--label", "L"],
    }[verb]
    # The passphrase comes through a pipe, which is opened once the command reads it.
    passphrase = short_folder / "passphrase"
    os.mkfifo(passphrase, 0o600)
    with socket.socket(socket.AF_UNIX) as silent, contextlib.ExitStack() as held:
        # A server that takes connections and says nothing.
        silent.bind(str(short_folder / "silent"))
        silent.listen()
        process = held.enter_context(started(verb, *words, "--passphrase-file", str(passphrase), folder=short_folder))
        typed = held.enter_context(await asyncio.to_thread(passphrase.open, "w"))
        if verb == "list":
            typed.write(PASSPHRASE + "\n")
            typed.close()
            held.enter_context((await asyncio.to_thread(silent.accept))[0])
        was_dumped = dumped(process, number)

    assert (was_dumped, found_on_disk(markers_of(desks.made.keys[LEAD]), short_folder)) == (False, [])


def started(*words: str, folder: Path) -> subprocess.Popen:
    command = ["sh", "-c", f'{WITH_CORES} exec "$@"', "sh", sys.executable, "-m", "kallskydd", "desk", *words]
    return subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)})


def locked_kib(pid: int) -> int:
    return int(re.search(r"(?m)^VmLck:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text())[1])


async def test_an_ordinary_account_has_its_keys_in_locked_pages_and_one_without_a_limit_all_memory(desks, short_folder):
    locked = {}
    for name, before in {"ordinary": ORDINARY, "without a limit": "ulimit -l unlimited; exec"}.items():
        work = short_folder / name
        work.mkdir()
        with DeskProcess(desks.home(LEAD), desks.socket, work, before=before) as desk:
            before_it = locked_kib(desk.process.pid)
            await asyncio.to_thread(unlock, desk)
            locked[name] = before_it, locked_kib(desk.process.pid)

    assert locked["ordinary"][0] == 0
    # Two keys, each in a page, or in two if it lies across their border.
    assert 4 <= locked["ordinary"][1] <= 16
    assert locked["without a limit"][0] > 20_000


def test_the_pages_of_a_key_are_locked_where_the_key_lies():
    program = """
import ctypes, secrets
from desk.keep.locked_pages import lock_pages_of
key = secrets.token_bytes(32)
lock_pages_of(key)
at, flags = ctypes.cast(key, ctypes.c_void_p).value, ""
assert ctypes.string_at(at, 32) == key
for line in open("/proc/self/smaps"):
    first = line.split()[0]
    if not first.endswith(":"):
        start, end = (int(one, 16) for one in first.split("-"))
    elif first == "VmFlags:" and start <= at and at + 32 <= end:
        flags = line
print(flags)
"""
    words = ["setpriv", "--bounding-set", "-ipc_lock", "--inh-caps", "-ipc_lock", sys.executable, "-c", program]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True, cwd=ROOT)

    assert "lo" in ran.stdout.split()


async def test_where_swap_can_be_read_the_page_and_the_command_say_what_it_means_and_what_to_do(desks, short_folder):
    (short_folder / "swaps").write_text(f"{HEAD}/dev/sdz9 partition 1000 0 -2\n")
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
    steps = f'mount --bind {short_folder}/swaps /proc/swaps; exec "$@"'
    passphrase = short_folder / "passphrase"
    passphrase.write_text(PASSPHRASE)
    passphrase.chmod(0o600)
    options = ["--desk-home", str(desks.home(LEAD).folder), "--socket", str(desks.socket)]
    command = [*namespace, "sh", "-c", steps, "sh", sys.executable, "-m", "kallskydd", "desk", "list", *options]
    command += ["--passphrase-file", str(passphrase)]

    with DeskProcess(
        desks.home(LEAD), desks.socket, short_folder, before="exec " + shlex.join([*namespace, "sh", "-c", steps, "sh"])
    ) as desk:
        page = await asyncio.to_thread(unlock_page, desk)
    said = await asyncio.to_thread(subprocess.run, command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    with DeskProcess(desks.home(LEAD), desks.socket, short_folder) as desk:
        page_without = await asyncio.to_thread(unlock_page, desk)

    assert "växlingsutrymme (swap)" in page
    assert "Swap is on and not encrypted" in said.stderr
    assert "swapoff" in said.stderr
    assert said.returncode == 0
    assert "swap" not in page_without
