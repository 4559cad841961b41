"""Kill -9 of any process at any moment of an upload: no plaintext on the disk, no half case, no acknowledged report lost."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import time
from pathlib import Path

from corpus.index import encoded, picture
from intake_harness import Browser, file_report, log_in
from service import Service, holding, kallskydd, offline_network

from kallskydd.demo.sample_files import sample_jpeg

ROUNDS = 12
MARKER = "mkPlaintextOfAnUpload"


def counts(home: Path) -> dict[str, int]:
    """Rows of each table, read as a stranger would read the file."""
    with sqlite3.connect(f"file:{home}/kallskydd.db?mode=ro", uri=True) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        found = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
    database.close()
    return found


async def upload(service: Service, number: int) -> object | None:
    """File a report with pictures; returns its receipt, or None if it was not acknowledged."""
    browser = Browser(service.public_socket, f"{service.public_address}.onion")
    files = [sample_jpeg(MARKER).content, encoded(picture((1200, 900)), "JPEG"), sample_jpeg(MARKER).content]
    try:
        page = await asyncio.wait_for(file_report(browser, f"{MARKER} number {number}", files), 60)
        return page.receipt
    except (OSError, AssertionError, IndexError, ValueError, TimeoutError):
        return None


async def test_after_a_kill_of_any_process_at_any_moment_nothing_is_half_there_and_nothing_acknowledged_is_lost(
    short_folder,
):
    chance = random.Random(2026)
    home = short_folder / "home"
    kallskydd("init", "--home", home, "--trial")
    network = offline_network(short_folder / "net")
    receipts: list[object] = []
    in_dead_files = []

    for number in range(ROUNDS):
        with Service(home, network) as service:
            service.wait_for("tor-started")
            target = ("keeper", "intake", "zygote", "tor")[number % 4]
            pid = {
                "keeper": service.keeper_pid,
                "intake": service.intake_pid(),
                "zygote": service.zygote_pids()[0],
                "tor": service.wait_for("tor-started")["pid"],
            }[target]
            sending = asyncio.create_task(upload(service, number))
            await asyncio.sleep(chance.uniform(0.0, 0.25))
            os.kill(pid, signal.SIGKILL)
            if target == "keeper":
                deadline = time.monotonic() + 20
                while len(service.tree()) > 1 and time.monotonic() < deadline:
                    await asyncio.sleep(0.05)
            in_dead_files += holding(home, [MARKER])
            receipt = await sending
            if receipt is not None:
                receipts.append(receipt)

    with Service(home, network) as service:
        browser = Browser(service.public_socket, f"{service.public_address}.onion")
        inboxes = [await log_in(browser, receipt) for receipt in receipts]
        last = await upload(service, ROUNDS)
        found = counts(home)
        left = holding(home, [MARKER])

    assert last is not None
    assert len(receipts) >= ROUNDS // 4, "some uploads must have gone through, or nothing was tried"
    assert all(f"{MARKER} number" in inbox.plain for inbox in inboxes)
    assert in_dead_files == []
    assert left == []
    # A whole case has at least its report, three attachments and three scrub reports; nothing else may have rows.
    cases = found["cases"]
    assert cases >= len(receipts)
    assert found["entries"] == cases * 7
    assert found["files"] % 6 == 0
    assert found["files"] == cases * 6
