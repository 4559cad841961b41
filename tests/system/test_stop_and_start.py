"""What a home holds when its service has been stopped, what is published when, and the words for a kernel that lacks a layer."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from processes.service import Service, offline_network, trial_home
from visitors.intake_harness import Browser, file_report

from kallskydd.serve.notes import read_notes
from onion.control import open_controller

# Starts what follows it on a kernel that seems to have no Landlock.
WITHOUT_LANDLOCK = """
import os, sys
from trusted.confine.process import no_new_privileges
from trusted.confine.seccomp import Action, Rule, build, install
no_new_privileges()
install(build((Rule(Action.ENOSYS, ("landlock_create_ruleset",)),), Action.ALLOW))
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def home(short_folder: Path) -> Path:
    return trial_home(short_folder / "home")


async def test_a_stopped_service_has_nothing_in_its_log(home, short_folder):
    # As in a real home: what is shown at once is folded in at once, what waits for its release is not.
    config = home / "config.toml"
    config.write_text(config.read_text().replace("at_once = true", "at_once = false"))

    with Service(home, offline_network(short_folder / "net")) as service:
        await file_report(Browser(service.public_socket, f"{service.public_address}.onion"), "En sak.")
        # As an auditor who looks on would: it keeps SQLite from tidying up by itself.
        with closing(sqlite3.connect(home / "kallskydd.db")) as auditor:
            auditor.execute("SELECT count(*) FROM cases").fetchall()
            code = service.stop()

            logs = [path.stat().st_size for path in home.glob("kallskydd.db-wal")]

    assert code == 0
    assert logs in ([], [0])


async def test_a_visit_leaves_no_time_of_reading_on_the_sockets_and_the_roster_of_a_stopped_service(home, short_folder):
    with Service(home, offline_network(short_folder / "net")) as service:
        await Browser(service.public_socket, f"{service.public_address}.onion").get("/")
        visit = time.time() + 3600
        read = [*(home / "roster").iterdir(), home / "roster", home / "run" / "public.sock"]
        for path in read:
            # Later than the change, as after a visit: then our own look does not move it (relatime).
            os.utime(path, (visit, path.stat().st_mtime))
        service.stop()

    assert len(read) > 2
    assert [path.name for path in read if path.exists() and path.stat().st_atime > visit - 1] == []


def test_the_keeper_says_what_it_does_while_nothing_is_published_yet(home, short_folder):
    with Service(home, offline_network(short_folder / "net")) as service:
        service.wait_for("tor-started")
        service.stop()
        said = "".join(service.stderr)

    assert said.index("Starting") < said.index("Both addresses are published") < said.index("Stopping")


def onions_of(service: Service, within: float) -> set[str]:
    """The addresses that the service's tor has, once it has any; none when it has none for so long."""
    deadline = time.monotonic() + within
    while True:
        with open_controller(service.home / "run" / "control.sock") as controller:
            found = set(controller.get_info("onions/detached", "").split())
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def test_tor_starts_beside_the_intake_and_has_no_onion_before_the_intake_is_ready(home, short_folder):
    service = Service(home, offline_network(short_folder / "net"))
    service.start(wait=False)
    try:
        service.wait_for("intake-started")
        os.kill(service.intake_pid(), signal.SIGSTOP)
        # The keeper has it noted once it is connected to tor, and could publish.
        deadline = time.monotonic() + 60
        while read_notes(home / "run").tor is None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        before = onions_of(service, 1)
        os.kill(service.intake_pid(), signal.SIGCONT)
        service.wait_for("intake", code="ready")
        after = onions_of(service, 20)
    finally:
        service.stop()

    assert before == set()
    assert service.public_address in after


@pytest.mark.parametrize("missing", [True, False])
def test_the_keeper_says_at_its_start_when_the_kernel_has_no_landlock(home, short_folder, missing):
    started_by = (sys.executable, "-c", WITHOUT_LANDLOCK) if missing else ()

    with Service(home, offline_network(short_folder / "net"), started_by=started_by) as service:
        service.stop()
        said = "".join(service.stderr)

    assert ("no Landlock" in said) is missing
