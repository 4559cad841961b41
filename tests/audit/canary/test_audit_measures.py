"""What is measured of two runs and may not differ: pages of the log, and the kernel's work but for giving memory."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from audits.harness import ROOT

from audit.canary.compare.log import pages_of_rows
from audit.canary.rest import work_of_the_system

SCHEMA = (ROOT / "trusted" / "store" / "schema.sql").read_text("utf-8")
TAKES_MEMORY = """
import mmap, threading, time, sys
def take():
    memory = mmap.mmap(-1, 96 * 2**20)
    for place in range(0, len(memory), 4096):
        memory[place] = 1
    # It waits once in any case, also where it is not taken off its core by chance.
    time.sleep(0.01)
    done.set()
    threading.Event().wait()
done = threading.Event()
threading.Thread(target=take, daemon=True).start()
done.wait()
print("taken", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def reports(home: Path, seed: int):
    """A database of seven reports with keys of this seed; nothing of its log is folded in while it is open."""
    drawn = random.Random(seed)
    home.mkdir()
    with contextlib.closing(sqlite3.connect(home / "kallskydd.db", isolation_level=None)) as database:
        database.executescript(f"PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; {SCHEMA}")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for _ in range(7):
            case = drawn.randbytes(16)
            database.execute("BEGIN")
            database.execute(
                "INSERT INTO cases (case_id, lookup_id, reporter_grant, epoch, commitment, access_key, slot, release_day,"
                " released, state) VALUES (?, ?, ?, 1, ?, ?, ?, '2026-01-01', 0, 'open')",
                (case, *map(drawn.randbytes, (16, 153, 32, 32)), drawn.randrange(10**6)),
            )
            for stream in (1, 2):
                values = (case, stream, drawn.randbytes(119), drawn.randbytes(40 + 4096))
                database.execute("INSERT INTO entries VALUES (?, ?, 0, ?, ?, '2026-01-02')", values)
            database.execute("COMMIT")
        yield database


def size_and_pages(home: Path) -> tuple[int, int]:
    return (home / "kallskydd.db-wal").stat().st_size, pages_of_rows(home)


def test_a_page_that_splits_where_random_keys_fall_is_not_counted(tmp_path):
    seen = []
    for seed in range(12):
        with reports(tmp_path / str(seed), seed):
            seen.append(size_and_pages(tmp_path / str(seed)))

    sizes, pages = {size for size, _ in seen}, {count for _, count in seen}
    assert max(sizes) - min(sizes) == 2 * (24 + 4096)
    assert len(pages) == 1


@pytest.mark.parametrize(
    "more",
    [
        "INSERT INTO counters VALUES (randomblob(16), 1)",
        "UPDATE entries SET body = randomblob(40 + 4096) WHERE case_id = (SELECT min(case_id) FROM entries)",
    ],
)
def test_one_row_more_is_counted(tmp_path, more):
    with reports(tmp_path / "home", 1) as database:
        _, before = size_and_pages(tmp_path / "home")
        database.execute(more)

        assert size_and_pages(tmp_path / "home")[1] > before


def test_the_kernels_work_for_a_thread_that_takes_memory_is_left_out_and_its_waits_are_counted():
    with subprocess.Popen(
        [sys.executable, "-c", TAKES_MEMORY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "taken\n"
        place = Path(f"/proc/{process.pid}")
        (thread,) = (one for one in (place / "task").iterdir() if one.name != place.name)
        whole, taken = (int((one / "stat").read_text().rpartition(")")[2].split()[12]) for one in (place, thread))

        ticks, waits = work_of_the_system(place)
        process.stdin.close()

    assert taken > 0
    assert ticks == whole - taken
    assert waits > 0
