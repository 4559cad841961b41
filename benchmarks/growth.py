"""How the store's verbs slow down as it grows: with 1,000 cases and with 100,000.

Cases are copied in the database, row by row with ids of their own, since sealing so many would take an hour. Each verb
is then asked by its own function, as the service does: the look-up by a receipt, the look-up of a receipt that never
was, a new report, a daily release of one case, and the erasure of one. At last `kallskydd backup`, as a process of its
own, while the store goes on with its heartbeats: how long it takes, and the slowest heartbeat meanwhile.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from homes.store_harness import TUESDAY, SetClock, copy_cases, ids, new_filing, new_home, new_members, open_store
from homes.upkeep import LABELS, real_home
from processes.service import KALLSKYDD

from trusted.case.errors import Busy

FEW, MANY = 1_000, 100_000
LOOK_UPS, WRITES = 300, 5
# In service one in ten minutes; here as many as the backup leaves time for.
PAUSE_SECONDS = 0.1


async def timed(runs: int, verb: Callable[[int], Awaitable[object]]) -> float:
    taken = []
    for number in range(runs):
        began = time.perf_counter()
        await verb(number)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


async def prepared(folder: Path, cases: int) -> Path:
    """Return a home with one real case, released, and copies of it."""
    home = new_home(folder)
    members = new_members(3)
    async with open_store(home) as store:
        await store.file_case(new_filing(members).filing)
        await store.release(TUESDAY, ids(members))
    copy_cases(home, cases)
    return home


async def measured() -> dict[str, object]:
    taken: dict[tuple[int, str], list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="kb-") as name:
        homes = {cases: await prepared(Path(name) / str(cases), cases) for cases in (FEW, MANY)}
        for _ in range(2):  # turn by turn, so that the machine disturbs both alike
            for cases, home in homes.items():
                for verb, seconds in (await verbs(home)).items():
                    taken.setdefault((cases, verb), []).append(seconds)
        size = (homes[MANY] / "kallskydd.db").stat().st_size
        backups = {}
        for cases in (FEW, MANY):
            with tempfile.TemporaryDirectory(prefix="kb-") as place:
                backups[cases] = await backed_up(Path(place), cases)
    medians = {key: statistics.median(seconds) for key, seconds in taken.items()}
    found: dict[str, object] = {"cases": MANY, "database_megabytes": round(size / 1e6)}
    for verb in dict.fromkeys(verb for _, verb in medians):
        found[f"{verb}_milliseconds"] = round(1000 * medians[MANY, verb], 3)
        found[f"{verb}_times_that_of_{FEW}"] = round(medians[MANY, verb] / medians[FEW, verb], 2)
    return found | backups[MANY] | {f"backup_seconds_of_{FEW}": backups[FEW]["backup_seconds"]}


async def backed_up(folder: Path, cases: int) -> dict[str, float]:
    """Return the seconds of `kallskydd backup` of a home with so many cases, and what heartbeats met meanwhile."""
    made = real_home(folder / "home")
    day = SetClock().now.date()
    async with open_store(made.home.path) as store:
        await store.file_case(new_filing(made.keys, release_on=day).filing)
        await store.release(day, ids(made.keys))
    await asyncio.to_thread(copy_cases, made.home.path, cases)
    to = [word for label in LABELS[:2] for word in ("--to", label)]
    places = ["--home", made.home.path, "--out", folder / "out", "--slots", folder / "slots"]
    command = [*KALLSKYDD, "backup", *places, *to]
    meanwhile, uncut = [], 0
    async with open_store(made.home.path) as store:
        alone = [await timed(1, lambda _: store.heartbeat()) for _ in range(WRITES)]
        began = time.perf_counter()
        silent = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*map(str, command), stdout=silent, stderr=silent)
        ending = asyncio.ensure_future(process.wait())
        while not ending.done():
            beat = time.perf_counter()
            try:
                await store.heartbeat()
            except Busy:
                uncut += 1
            meanwhile.append(time.perf_counter() - beat)
            await asyncio.wait([ending], timeout=PAUSE_SECONDS)
        seconds = time.perf_counter() - began
    assert process.returncode == 0
    return {
        "backup_seconds": round(seconds, 2),
        "heartbeats_meanwhile": len(meanwhile),
        "of_these_could_not_cut_the_log": uncut,
        "slowest_heartbeat_meanwhile_milliseconds": round(1000 * max(meanwhile), 1),
        "slowest_heartbeat_alone_milliseconds": round(1000 * max(alone), 1),
    }


async def verbs(home: Path) -> dict[str, float]:
    """Return the median seconds of each verb."""
    members = new_members(3)
    clock = SetClock(TUESDAY + timedelta(days=1))
    with closing(sqlite3.connect(home / "kallskydd.db")) as connection:
        order = "SELECT lookup_id FROM cases ORDER BY lookup_id LIMIT ?"
        known = [row[0] for row in connection.execute(order, (LOOK_UPS,))]
    async with open_store(home, clock) as store:
        await timed(50, lambda _: store.find_by_lookup(secrets.token_bytes(16)))
        found = {
            "look_up": await timed(len(known), lambda number: store.find_by_lookup(known[number])),
            "look_up_of_none": await timed(LOOK_UPS, lambda _: store.find_by_lookup(secrets.token_bytes(16))),
        }
        new = [new_filing(members, release_on=clock().date()) for _ in range(WRITES)]
        found["new_report"] = await timed(WRITES, lambda number: store.file_case(new[number].filing))
        day = clock().date()
        found["release"] = await timed(WRITES, lambda number: store.release(day + timedelta(days=number), ids(members)))
        found["erase"] = await timed(WRITES, lambda number: store.erase(new[number].case_id))
    return found


def growth() -> dict[str, object]:
    """Measure the verbs in both stores."""
    return asyncio.run(measured())


if __name__ == "__main__":
    print(growth())
