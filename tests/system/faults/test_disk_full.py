"""A disk that is full at any write: the store says so and nothing is lost or half there; and what a served home says."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from faults import disk_reserve, full_disk
from processes.service import Service, holding, offline_network, trial_home
from visitors.intake_harness import SHOWN, Browser, file_report, log_in, running_intake

from intake.daily import keep_time
from kallskydd.serve.announce import Announcer
from kallskydd.serve.keeper import Keeper, KeeperPlan
from trusted.web.control import Event, IntakeEnd, KeeperEnd

MARKER = "mkPlaintextOfAReport"
STEP = 3


@contextlib.contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """Let no file of this process be written beyond this length."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def own_mounts() -> list[str]:
    """A namespace in which a small disk may be mounted; where the account is not root it is root in it alone."""
    return ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rUm"]


async def test_a_disk_that_is_full_at_any_page_loses_nothing_acknowledged_and_leaves_no_half(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    command = [*own_mounts(), sys.executable, str(Path(full_disk.__file__)), str(disk), "1", str(STEP)]

    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(f"{found['tried']} disks, {found['full']} of them full in the middle: {len(found['wrong'])} findings")
    assert found["full"] > 15
    assert found["full"] < found["tried"]
    assert found["wrong"] == []
    assert found["said"] == ["store.not_written"]


async def test_what_is_kept_for_text_takes_no_file_and_the_text_goes_through(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    command = [*own_mounts(), sys.executable, str(Path(disk_reserve.__file__)), str(disk)]

    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=300, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["with room"] == [SHOWN, 1, 2]
    status, page, files = found["refused"]
    assert (status, files) == (400, 2)
    assert "Just nu finns det inte plats för filer här, bara för text." in page
    assert found["text alone"] == [SHOWN, 2, 2]
    page, files = found["message"]
    assert ("och mer" in page, "Just nu finns det inte plats för filer här" in page, files) == (True, True, 2)
    # The clock decides, and nobody's coming.
    assert found["until the clock"] == [400, 2, 2]
    assert found["with room again"] == [SHOWN, 3, 4]


MOUNT = 'mount -t tmpfs -o size=64m none "$0" && cp -a "$1"/. "$0" && shift && exec "$@"'


async def test_a_heartbeat_that_a_full_disk_does_not_take_reaches_the_operator_in_words(tmp_path):
    ours, theirs = socket.socketpair()
    keeper_end, intake_end = KeeperEnd(ours), IntakeEnd(theirs)
    announcer = Announcer(as_json=False)
    said: list[str] = []
    announcer.say = said.append
    keeper = Keeper(KeeperPlan(tmp_path, trial=True), announcer)
    hearing = asyncio.create_task(keeper._hear(SimpleNamespace(keeper_end=keeper_end)))
    async with running_intake(tmp_path) as intake:
        with files_at_most(0):
            clockwork = asyncio.create_task(
                keep_time(intake.services, lambda: None, lambda: intake_end.tell(Event.STORE_FAULT))
            )
            async with asyncio.timeout(30):
                while not said:
                    await asyncio.sleep(0.02)
        clockwork.cancel()
    hearing.cancel()
    keeper_end.close()
    intake_end.close()

    (words,) = said
    assert words.startswith("The heartbeat could not be written to the store, so reports may be refused too.")
    assert "Look at the space left on the disk, at the permissions of the home" in words


async def test_a_served_home_on_a_full_disk_refuses_in_words_and_goes_on_when_there_is_room(
    short_folder,
):
    made, home = short_folder / "made", short_folder / "home"
    trial_home(made)
    home.mkdir(mode=0o700)
    started_by = (*own_mounts(), "sh", "-c", MOUNT, str(home), str(made))
    with Service(home, offline_network(short_folder / "net"), started_by=started_by) as service:
        # The home as the service sees it, in its own namespace.
        inside = Path(f"/proc/{service.process.pid}/root{home}")
        address = f"{_address(made)}.onion"
        browser = Browser(inside / "run" / "public.sock", address)
        before = await file_report(browser, f"{MARKER} before")
        ballast = inside / "ballast"
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        refused = await file_report(browser, f"{MARKER} refused")
        ballast.unlink()
        after = await file_report(browser, f"{MARKER} after")
        inboxes = [(await log_in(browser, page.receipt)).plain for page in (before, after)]
        plaintext = holding(inside, [MARKER])
        ended = [event for event in service.events if event["event"] == "intake-ended"]

    assert "<bdi>" not in refused.text
    assert f"{MARKER} refused" in refused.text
    assert "Inget" in refused.plain
    assert f"{MARKER} before" in inboxes[0]
    assert f"{MARKER} after" in inboxes[1]
    assert plaintext == []
    assert ended == []


def _address(home: Path) -> str:
    from onion.keys import read_onion_key

    return read_onion_key(home / "onion" / "public.key").address
