"""Once a day the keeper has the running service examined, and adds the verdict to the home's chain.

The examination is `kallskydd audit live` in a process of its own, with the keeper's own rights: what takes root is then
"not seen", and the line says so. A finding is announced on the terminal; the service goes on, since the members and
the auditor decide what it means.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from cases.audit_chain import ChainBroken, Record, append_record, next_record, read_records
from kallskydd.serve.announce import Announcer
from trusted.case.clock import today, utc_now

# The first waits for the heartbeat and for tor; then each hour it checks whether the day has its line.
FIRST_CHECK = timedelta(minutes=10)
NEXT_LOOK = timedelta(hours=1)
AUDIT_SECONDS = 120.0  # it takes one; a slow disk gets its time


class AuditNotMade(Exception):
    """The examination did not come to a verdict."""


async def keep_audited(home: Path, announcer: Announcer, first_check: timedelta = FIRST_CHECK) -> None:
    """Run until cancelled."""
    pause = first_check
    while True:
        await asyncio.sleep(pause.total_seconds())
        pause = NEXT_LOOK
        try:
            record = await audit_if_due(home)
        except ChainBroken:
            announcer.say(
                "The chain of daily audits was changed. Keep the file audit.chain, and show it to an auditor."
            )
        except (AuditNotMade, OSError):
            announcer.say("Today's audit could not be made. Run `kallskydd audit live` by hand.")
        else:
            if record is not None:
                _announce(record, announcer)


async def audit_if_due(home: Path) -> Record | None:
    """Examine and add a line if today has none; returns it. Raises AuditNotMade, ChainBroken or OSError."""
    day = today(utc_now)
    records = read_records(home)
    if records and records[-1].day >= day:
        return None
    report = await _examine(home)
    clean = len(report["checks"]) - len(report["findings"]) - len(report["not_seen"])
    before = records[-1] if records else None
    record = next_record(before, date.fromisoformat(report["day"]), clean, report["findings"], report["not_seen"])
    append_record(home, record)
    return record


async def _examine(home: Path) -> dict[str, Any]:
    command = [sys.executable, "-I", "-m", "kallskydd", "audit", "live", "--home", str(home), "--json"]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        start_new_session=True,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), AUDIT_SECONDS)
        report: dict[str, Any] = json.loads(out)
    except (TimeoutError, ValueError) as fault:
        raise AuditNotMade from fault
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return report


def _announce(record: Record, announcer: Announcer) -> None:
    announcer.event("audited", findings=" ".join(record.findings), not_seen=" ".join(record.not_seen))
    if record.findings:
        announcer.say(f"Today's audit found something in: {', '.join(record.findings)}. Run `kallskydd audit live`.")
