"""What the audit of open files makes of a library that a process has open, and of sockets of another network."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from audit.live.checks.descriptors import check_intake_descriptors
from audit.observe.proc import Process, Service
from audit.observe.scene import Scene
from audit.verdict import Inspection, Verdict

# Opens a file, by default the library that every program runs, perhaps runs it, and closes all else.
OPENS = """
import mmap, os, sys, time
place, way, run = sys.argv[1:]
place = place or next(line.split()[5] for line in open("/proc/self/maps") if "r-xp" in line and "/libc." in line)
descriptor = os.open(place, getattr(os, way))
if run:
    held = mmap.mmap(descriptor, 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_EXEC)
os.closerange(3, descriptor)
os.closerange(descriptor + 1, 64)
print("ready", flush=True)
os.dup2(0, 1)
time.sleep(60)
"""
BROUGHT = """
import os, sys, time
os.dup2(int(sys.argv[1]), 3)
os.closerange(4, 64)
print(1, flush=True)
os.dup2(0, 1)
time.sleep(60)
"""
OTHER_NETWORK = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]


@contextmanager
def process_with(place: str, way: str, *, run: bool = False):
    command = [sys.executable, "-c", OPENS, place, way, "run" if run else ""]
    null = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=null, stdout=subprocess.PIPE, stderr=null, text=True)
    try:
        assert process.stdout.readline() == "ready\n"
        while os.readlink(f"/proc/{process.pid}/fd/1") != os.devnull:
            pass
        yield Process(process.pid)
    finally:
        process.kill()
        process.communicate()


def verdict_of(process: Process, home: Path) -> Inspection:
    inspection = Inspection()
    check_intake_descriptors(inspection, Scene(home, Service(Process(os.getpid()), intakes=(process,))))
    return inspection


def test_a_library_that_it_runs_and_has_open_for_reading_is_no_finding(tmp_path):
    with process_with("", "O_RDONLY") as process:
        inspection = verdict_of(process, tmp_path)

    assert inspection.verdict is Verdict.CLEAN


@pytest.mark.parametrize(
    ("way", "run", "mode"),
    [("O_RDWR", True, 0o644), ("O_RDONLY", False, 0o644), ("O_RDONLY", True, 0o664)],
    ids=["open for writing", "not run", "others may write"],
)
def test_any_other_file_is_a_finding(tmp_path, way, run, mode):
    file = tmp_path / "library.so"
    file.write_bytes(bytes(4096))
    file.chmod(mode)
    with process_with(str(file), way, run=run) as process:
        inspection = verdict_of(process, tmp_path)

    assert inspection.verdict is Verdict.FINDING
    assert [str(file) in str(one.values) for one in inspection.evidence if one.verdict is Verdict.FINDING] == [True]


@pytest.mark.parametrize(("name", "verdict"), [("public.sock", Verdict.CLEAN), ("other.sock", Verdict.FINDING)])
def test_a_tenants_own_sockets_which_systemd_makes_outside_its_network_are_no_finding(short_folder, name, verdict):
    listeners = short_folder / "kallskydd-host" / "falun"
    listeners.mkdir(parents=True)
    (short_folder / "config.toml").write_text(f'[tor]\npublisher = "{short_folder}/kallskydd-publisher/falun"\n')
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(listeners / name))
        listener.listen()
        process = subprocess.Popen(
            [*OTHER_NETWORK, sys.executable, "-c", BROUGHT, str(listener.fileno())],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, pass_fds=(listener.fileno(),),
        )  # fmt: skip
        try:
            assert process.stdout.readline() == b"1\n"
            while os.readlink(f"/proc/{process.pid}/fd/1") != os.devnull:
                pass
            inspection = verdict_of(Process(process.pid), short_folder)
        finally:
            process.kill()
            process.communicate()

    assert inspection.verdict is verdict, inspection.evidence
