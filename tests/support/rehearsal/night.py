"""Lets the nights pass until what waits in a stopped home is due: the service's own release, by a clock that is ahead.

python -I night.py HOME, inside the server and as the service's account
"""

import asyncio
import sqlite3
import sys
from datetime import UTC, datetime, time
from pathlib import Path

from cases.roster.chain import read_chain
from trusted.case.clock import due_day, today, utc_now
from trusted.store.db import DATABASE_NAME
from trusted.store.store import Store


async def release(home: Path, day: datetime) -> None:
    """Release at noon of a day."""
    roster = read_chain(home / "roster", today(utc_now)).current
    if roster is None:
        raise SystemExit("The roster is not in force.")
    store = await Store.open(home, lambda: day)
    await store.release(day.date(), [bytes.fromhex(one.id) for one in roster.members])
    await store.close()


home = Path(sys.argv[1])
with sqlite3.connect(home / DATABASE_NAME) as rows:
    ((latest,),) = rows.execute("SELECT max(release_on) FROM entries")
asyncio.run(release(home, datetime.combine(datetime.fromisoformat(latest), time(12), UTC)))
with sqlite3.connect(home / DATABASE_NAME) as rows:
    rows.execute("UPDATE home SET last_release = ?", (due_day(utc_now()).isoformat(),))
