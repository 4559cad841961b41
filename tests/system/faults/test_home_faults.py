"""A home that is damaged, read-only, held by others or full of limits: what the operator reads; nothing is lost by it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest
from processes.service import KALLSKYDD, Service, holding, offline_network, trial_home
from visitors.intake_harness import Browser, Page, file_report, log_in

from cases.sentences.operator import RESTORE

MARKER = "mkPlaintextOfAReport"


@pytest.fixture
def home(short_folder: Path) -> Path:
    return trial_home(short_folder / "home")


@pytest.fixture
def network(short_folder: Path) -> Path:
    return offline_network(short_folder / "net")


def browser(service: Service) -> Browser:
    return Browser(service.public_socket, f"{service.public_address}.onion")


async def filed(service: Service, text: str = MARKER) -> Page:
    page = await file_report(browser(service), text)
    assert page.receipt.words
    return page


def serve(home: Path, network: Path, *started_by: str) -> subprocess.CompletedProcess[str]:
    """Start a service that is expected to end by itself."""
    command = [*started_by, *KALLSKYDD, "serve", "--home", str(home), "--tor-network", str(network)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def page_of_rows(database: Path, table: str) -> int:
    """Where the first page of a table lies in the file."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return (
            connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0] - 1
        ) * 4096


def write_at(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def damage(home: Path, how: str) -> None:
    database = home / "kallskydd.db"
    match how:
        case "slots missing":
            (home / "shred.slots").rename(home.parent / "kept.slots")
        case "slots cut":
            os.truncate(home / "shred.slots", 1000)
        case "page of cases":
            write_at(database, page_of_rows(database, "cases"), os.urandom(4096))
        case "head of the file":
            write_at(database, 0, os.urandom(100))
        case "database missing":
            database.unlink()


DAMAGES = {
    "slots missing": "The file shred.slots is missing or damaged.",
    "slots cut": "The file shred.slots is missing or damaged.",
    "page of cases": "The database of the home does not read.",
    "head of the file": "The database of the home does not read.",
    "database missing": "The database of the home does not read.",
}


async def test_a_damaged_home_is_not_served_and_with_its_files_as_they_were_it_is(home, network):
    with Service(home, network) as service:
        page = await filed(service)
    backup = home.parent / "backup"
    shutil.copytree(home, backup, ignore=shutil.ignore_patterns("*.sock"))
    said = {}
    for how in DAMAGES:
        damage(home, how)
        said[how] = await asyncio.to_thread(serve, home, network)
        for name in ("kallskydd.db", "shred.slots"):
            shutil.copy2(backup / name, home / name)
        for left in home.glob("kallskydd.db-*"):
            left.unlink()

    with Service(home, network) as service:
        assert MARKER in (await log_in(browser(service), page.receipt)).plain
    assert holding(home, [MARKER]) == []
    assert [done.returncode for done in said.values()] == [3] * len(DAMAGES)
    assert [how for how, done in said.items() if f"{DAMAGES[how]} {RESTORE}" not in done.stderr] == []


async def test_a_page_that_rots_while_the_service_runs_is_named_and_loses_nothing_that_lies_elsewhere(home, network):
    with Service(home, network) as service:
        page = await filed(service)
    with Service(home, network) as service:
        database = home / "kallskydd.db"
        at = page_of_rows(database, "counters")
        kept = database.read_bytes()[at : at + 4096]
        write_at(database, at, b"\xff" * 4096)
        # Nothing of a report lies there: it is still read.
        assert MARKER in (await log_in(browser(service), page.receipt)).plain
        service.stop()
        done = await asyncio.to_thread(serve, home, network)
        assert f"The database of the home does not read. {RESTORE}" in done.stderr
        write_at(database, at, kept)
    with Service(home, network) as service:
        assert MARKER in (await log_in(browser(service), page.receipt)).plain


READ_ONLY = ("unshare", "-m", "sh", "-c", 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"')


async def test_a_home_on_a_read_only_disk_is_not_served_and_both_sentences_are_said(home, network):
    with Service(home, network) as service:
        page = await filed(service)
    way = READ_ONLY if os.geteuid() == 0 else (READ_ONLY[0], "-rUm", *READ_ONLY[2:])

    done = await asyncio.to_thread(serve, home, network, *way, str(home))

    assert done.returncode == 4
    assert "The home cannot be served: Read-only file system" in done.stderr
    assert "Look at its files, their owner and the space on the disk." in done.stderr
    with Service(home, network) as service:
        assert MARKER in (await log_in(browser(service), page.receipt)).plain


async def test_while_another_program_writes_a_report_is_refused_in_words_and_stored_afterwards(home, network):
    with Service(home, network) as service:
        with contextlib.closing(sqlite3.connect(home / "kallskydd.db", 120, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            refused = await file_report(browser(service), MARKER)
            other.execute("ROLLBACK")
        page = await filed(service)
        inbox = await log_in(browser(service), page.receipt)
        with contextlib.closing(sqlite3.connect(f"file:{home / 'kallskydd.db'}?mode=ro", uri=True)) as reading:
            (cases,) = reading.execute("SELECT count(*) FROM cases").fetchone()

    assert "<bdi>" not in refused.text
    assert "Inget har sparats" in refused.plain or "Inget sparades" in refused.plain
    # The text is there to be sent again.
    assert MARKER in refused.text
    assert cases == 1
    assert MARKER in inbox.plain


async def test_of_two_keepers_that_start_at_once_one_serves_and_the_other_says_why_not(home, network):
    first, second = Service(home, network), Service(home, network)
    try:
        for service in (first, second):
            service.start(wait=False)
        ended = await asyncio.to_thread(_first_to_end, first, second)
        serving = second if ended is first else first
        await asyncio.to_thread(serving.wait_for, "intake", code="ready")
        page = await filed(serving)
        inbox = await log_in(browser(serving), page.receipt)
        said = "".join(ended.stderr)
    finally:
        first.stop()
        second.stop()

    assert ended.process.returncode == 3
    assert "Another keeper" in said
    assert MARKER in inbox.plain


def _first_to_end(*services: Service) -> Service:
    while True:
        for service in services:
            with contextlib.suppress(subprocess.TimeoutExpired):
                service.process.wait(0.2)
                service.stop()
                return service


async def test_with_few_descriptors_reports_are_stored_whole_or_refused_and_the_service_goes_on(home, network):
    limited = ("prlimit", "--nofile=72:72")
    with Service(home, network, started_by=limited) as service:
        idle = []
        # More connections than there are descriptors: the rest wait in the kernel's queue.
        for _ in range(90):
            with contextlib.suppress(OSError, TimeoutError):
                idle.append(await asyncio.wait_for(asyncio.open_unix_connection(str(service.public_socket)), 0.5))
        pressed = asyncio.create_task(_tried(service, "Under pressure"))
        await asyncio.sleep(2)
        for _reader, writer in idle:
            writer.transport.abort()
        acknowledged = await asyncio.wait_for(pressed, 60)
        after = await filed(service)
        inboxes = [(await log_in(browser(service), page.receipt)).plain for page in (after, acknowledged) if page]
        left = [event for event in service.events if event["event"] == "intake-ended"]

    assert len(idle) > 60
    assert left == []
    assert MARKER in inboxes[0]
    assert all("Under pressure" in plain for plain in inboxes[1:])
    assert holding(home, [MARKER]) == []


async def _tried(service: Service, text: str) -> Page | None:
    try:
        page = await file_report(browser(service), text)
        return page if page.receipt.words else None
    except (OSError, AssertionError, IndexError, ValueError):
        return None
