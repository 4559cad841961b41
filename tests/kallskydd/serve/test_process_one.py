"""The keeper as process 1 of its unit's own list of processes, for which the tests make one as systemd does."""

from __future__ import annotations

import os
import subprocess
import sys

OWN_LIST = ["unshare", "--pid", "--fork", "--mount-proc"]
if os.geteuid() != 0:
    OWN_LIST.insert(1, "--map-root-user")
# A child that leaves one of its own behind, which ends at once; and one that the keeper collects itself.
LEFT_BEHIND = """
import asyncio, os, subprocess, sys, time
from pathlib import Path
from kallskydd.serve.orphans import collect_orphans, is_process_one

def ended():
    return sum(") Z " in one.read_text() for one in Path("/proc").glob("[0-9]*/stat"))

async def main():
    assert is_process_one()
    for _ in range(3):
        subprocess.run(["sh", "-c", "sleep 0 &"], check=True)
    time.sleep(0.3)
    print(ended())
    collecting = asyncio.create_task(collect_orphans(0.1))
    own = await asyncio.create_subprocess_exec("sh", "-c", "exit 7")
    print(await own.wait())
    await asyncio.sleep(0.5)
    print(ended(), collecting.done())

asyncio.run(main())
"""
BROUGHT = """
import os
from kallskydd.serve.brought import listeners_brought
names = lambda **given: sorted(listeners_brought({"LISTEN_FDS": "1", **given}))
print(names(LISTEN_PID="614", SYSTEMD_EXEC_PID="614"), names(LISTEN_PID="614", SYSTEMD_EXEC_PID="615"), names())
"""


def in_an_own_list(program: str, **more) -> list[str]:
    words = [*OWN_LIST, sys.executable, "-c", program]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, **more)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_what_others_left_behind_is_collected_and_the_own_childs_end_is_known():
    assert in_an_own_list(LEFT_BEHIND) == ["3", "7", "0 False"]


def test_the_sockets_of_the_unit_are_taken_by_the_number_that_systemd_has_for_process_one(short_folder):
    import socket

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(short_folder / "public.sock"))
        # As systemd hands it on: as descriptor 3.
        program = f"import os; os.dup2({listener.fileno()}, 3)\n{BROUGHT}"
        (said,) = in_an_own_list(program, pass_fds=(listener.fileno(),))

    assert said == "['public.sock'] [] []"
