"""The tor that a desk starts serves that desk alone: no port of it is open, and its socket is out of others' reach."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kallskydd.desk.route import Route, connector_for
from onion.control import open_controller
from onion.errors import OnionError

# A network of one authority, at a closed port of this computer: nothing goes anywhere.
NOWHERE = f"TestingTorNetwork 1\nDirAuthority t orport=1 v3ident={'A' * 40} 127.0.0.1:1 {'B' * 40}\n"
SECONDS = 30
CONNECT = """
import os, socket, sys
if os.geteuid() == 0:
    os.setgroups([]); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)
try:
    socket.socket(socket.AF_UNIX).connect(sys.argv[1])
except OSError as failed:
    print(os.geteuid(), type(failed).__name__)
else:
    print(os.geteuid(), "connected")
"""


def pids_with(torrc: Path) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        words = process.read_bytes().split(b"\0") if process.exists() else [b""]
        if words[0].endswith(b"tor") and str(torrc).encode() in words:
            found.append(int(process.parent.name))
    return found


def tcp_listeners(pid: int) -> list[str]:
    """The rows of the kernel's tables for what this process listens at."""
    held = {os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir() if one.exists() or one.is_symlink()}
    rows = [row for table in ("tcp", "tcp6") for row in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
    return [row for row in rows if row.split()[3] == "0A" and f"socket:[{row.split()[9]}]" in held]


def listens_at(control: Path) -> str:
    """Where this tor says it listens for SOCKS, once it runs."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        try:
            with open_controller(control) as controller:
                if found := controller.get_info("net/listeners/socks"):
                    return found
        except OnionError:
            pass
        time.sleep(0.1)
    pytest.fail("this tor has not begun")


async def test_no_other_account_of_the_computer_can_use_the_desks_tor(short_folder):
    short_folder.chmod(0o755)
    (short_folder / "net").mkdir()
    (short_folder / "net" / "network.torrc").write_text(NOWHERE)
    folder = short_folder / "tor"

    async def start() -> None:
        async with connector_for("a" * 56, "A" * 52, route=Route(tor_network=short_folder / "net"), tor_folder=folder):
            pytest.fail("a tor without a network is never ready")

    starting = asyncio.create_task(start())
    try:
        where = await asyncio.to_thread(listens_at, folder / "control")
        (pid,) = pids_with(folder / "torrc")
        at_ports = tcp_listeners(pid)
        stranger = subprocess.run(
            [sys.executable, "-I", "-c", CONNECT, str(folder / "socks")], capture_output=True, text=True, check=True
        ).stdout.split()
    finally:
        starting.cancel()
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)

    assert where == f'"unix:{folder / "socks"}"'
    assert at_ports == []
    assert folder.stat().st_mode & 0o777 == 0o700
    # Without root the stranger is the member herself.
    assert stranger == (["65534", "PermissionError"] if os.geteuid() == 0 else [str(os.geteuid()), "connected"])
