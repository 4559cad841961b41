"""A day of the service in a short time, and 200 kills: is all there afterwards that was acknowledged, does memory grow?

    make soak                                     100,000 requests, 5,000 reports among them, and 200 kills
    make soak ARGS="--requests 5000 --reports 250 --kills 12"
    make soak ARGS="--out FILE"                   the JSON into a file

`kallskydd serve` runs as it is run, with a tor that never connects; requests go to the unix socket that tor would use
(tests/support/faults/day.py, kills.py). Memory and descriptors are flat if the median of the last quarter of the day's
slices is at most a tenth above that of the second quarter; the first is for what is filled once. Exit code 1 when a
report is lost or refused, something is half there or in plaintext, or memory or descriptors grow.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from faults.day import a_day
from faults.kills import kill_at_random


async def soak(requests: int, reports: int, kills: int, seed: int) -> dict[str, object]:
    """A day, and then submissions with a kill in each. Returns what is printed."""
    with tempfile.TemporaryDirectory(prefix="ks-") as folder:
        (Path(folder) / "day").mkdir()
        day = await a_day(Path(folder) / "day", requests, reports)
        print(day, file=sys.stderr)
        (Path(folder) / "kills").mkdir()
        outcome = await kill_at_random(Path(folder) / "kills", kills, seed)
        print(outcome, file=sys.stderr)
    fine = day.flat and not day.lost and not day.refused
    whole = not (outcome.lost or outcome.halves or outcome.plaintext)
    return {
        "day": asdict(day) | {"reports": len(day.reports), "flat": day.flat},
        "kills": {"kills": outcome.injected.total(), "acknowledged": len(outcome.acknowledged), "lost": outcome.lost,
                  "half there": outcome.halves, "plaintext": outcome.plaintext, "seconds": outcome.seconds},
        "fine": fine and whole,
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=100_000)
    parser.add_argument("--reports", type=int, default=5_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    found = asyncio.run(soak(args.requests, args.reports, args.kills, args.seed))
    text = json.dumps(found)
    if args.out is not None:
        args.out.write_text(text + "\n")
    else:
        print(text)
    return 0 if found["fine"] else 1


if __name__ == "__main__":
    sys.exit(main())
