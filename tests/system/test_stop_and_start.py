"""What a home holds when its service has been stopped, and what is said of a kernel that lacks a layer."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest
from intake_harness import Browser, file_report
from service import Service, kallskydd, offline_network

# Starts what follows it on a kernel that seems to have no Landlock.
WITHOUT_LANDLOCK = """
import os, sys
from confine.process import no_new_privileges
from confine.seccomp import Action, Rule, build, install
no_new_privileges()
install(build((Rule(Action.ENOSYS, ("landlock_create_ruleset",)),), Action.ALLOW))
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def home(short_folder: Path) -> Path:
    kallskydd("init", "--home", short_folder / "home", "--trial")
    return short_folder / "home"


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
        read = [*(home / "roster").iterdir(), home / "run" / "public.sock"]
        for path in read:
            # As the kernel has it after a visit in the first second of 1970.
            os.utime(path, (1, path.stat().st_mtime))
        service.stop()

    assert len(read) > 2
    assert [path.name for path in read if path.exists() and path.stat().st_atime == 1] == []


def test_the_keeper_says_what_it_does_while_nothing_is_published_yet(home, short_folder):
    with Service(home, offline_network(short_folder / "net")) as service:
        service.wait_for("tor-started")
        service.stop()
        said = "".join(service.stderr)

    assert said.index("Starting") < said.index("tor starts and publishes") < said.index("Stopping")


@pytest.mark.parametrize("missing", [True, False])
def test_the_keeper_says_at_its_start_when_the_kernel_has_no_landlock(home, short_folder, missing):
    started_by = (sys.executable, "-c", WITHOUT_LANDLOCK) if missing else ()

    with Service(home, offline_network(short_folder / "net"), started_by=started_by) as service:
        service.stop()
        said = "".join(service.stderr)

    assert ("no Landlock" in said) is missing
