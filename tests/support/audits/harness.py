"""A real service in an installation of its own, for tests that examine or weaken it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from processes.service import offline_network

from onion.control import open_controller

ROOT = Path(__file__).parents[3]
AS_ROOT = os.geteuid() == 0
# The kernel tells of its audit rules in the first namespace of processes alone (PROC_PID_INIT_INO in linux/proc_ns.h).
UNSEEN_HERE = set() if os.readlink("/proc/self/ns/pid") == "pid:[4026531836]" else {"audit-subsystem"}
# Nobody's on any system; the installations of the tests may be read by it.
OTHER_ACCOUNT = 12345


@dataclass
class Audited:
    """A running service and the installation it runs from."""

    python: Path
    folder: Path
    process: subprocess.Popen

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def packages(self) -> Path:
        return next(self.python.parent.parent.glob("lib/python3*/site-packages"))

    def audit(self, *words: object) -> subprocess.CompletedProcess[str]:
        command = [self.python, "-I", "-m", "kallskydd", "audit", *words]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=180, check=False)

    def live(self, *words: object) -> tuple[int, dict]:
        done = self.audit("live", "--home", self.home, "--json", *words)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


@contextlib.contextmanager
def audited(folder: Path, python: Path, *prefix: str):
    """Serve a new trial home with this interpreter until the block ends."""
    network = offline_network(folder / "net")
    start = [*prefix, str(python), "-I", "-m", "kallskydd"]
    if prefix:
        for path in (folder, network, network / "network.torrc"):
            os.chown(path, OTHER_ACCOUNT, OTHER_ACCOUNT)
    subprocess.run(
        [*start, "init", "--home", str(folder / "home"), "--trial"], check=True, capture_output=True, cwd="/"
    )
    command = [*start, "serve", "--home", str(folder / "home"), "--tor-network", str(network), "--json"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True, cwd="/", start_new_session=True)  # fmt: skip
    try:
        for line in process.stdout:
            if json.loads(line)["event"] == "tor-started":
                break
        else:
            pytest.fail("the service did not start")
        control = folder / "home" / "run" / "control.sock"
        wait_for(control, folder / "home" / "tor" / "data" / "control_auth_cookie")
        wait_for_both_onions(control)
        yield Audited(python, folder, process)
    finally:
        process.terminate()
        process.stdout.read()
        process.stdout.close()
        process.wait(30)


def wait_for(*paths: Path) -> None:
    deadline = time.monotonic() + 60
    while not all(path.exists() for path in paths):
        assert time.monotonic() < deadline, paths
        time.sleep(0.05)


def wait_for_both_onions(control: Path) -> None:
    """Until the keeper has told tor of the public address and the desks'."""
    deadline = time.monotonic() + 60
    with open_controller(control) as tor:
        while len(tor.get_info("onions/detached", "").split()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def verdicts(report: dict) -> dict[str, str]:
    return {check["id"]: check["verdict"] for check in report["checks"]}


def evidence(report: dict, name: str, verdict: str = "finding") -> str:
    (check,) = [check for check in report["checks"] if check["id"] == name]
    return "\n".join(one["text"] for one in check["evidence"] if one["verdict"] == verdict)
