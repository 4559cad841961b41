"""200 photographs through `kallskydd scrub`, over one core and over two, in turn."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from samples import SIZES, encoded, photograph

PHOTOGRAPHS, DIFFERENT, ROUNDS = 200, 8, 1


def seconds(sources: list[Path], cores: set[int]) -> float:
    """Return the seconds from the start of the command to its end."""
    with tempfile.TemporaryDirectory() as out:
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "kallskydd", "scrub", *map(str, sources), "--out", out, "--json"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            preexec_fn=lambda: os.sched_setaffinity(0, cores),
        )
        return time.perf_counter() - started


def photographs(rounds: int = ROUNDS) -> dict[str, object] | None:
    """Return medians and their ratio; None on a computer with one core."""
    available = sorted(os.sched_getaffinity(0))
    if len(available) == 1:
        return None
    with tempfile.TemporaryDirectory() as folder:
        contents = [encoded(photograph(SIZES["3 MP"], seed), "JPEG", quality=90) for seed in range(DIFFERENT)]
        sources = [Path(folder) / f"{number:03}.jpg" for number in range(PHOTOGRAPHS)]
        for number, source in enumerate(sources):
            source.write_bytes(contents[number % DIFFERENT])
        one, two = [], []
        for _ in range(rounds):
            one.append(seconds(sources, {available[0]}))
            two.append(seconds(sources, set(available[:2])))
    return {
        "photographs": PHOTOGRAPHS,
        "one_core_seconds": round(statistics.median(one), 2),
        "two_cores_seconds": round(statistics.median(two), 2),
        "ratio": round(statistics.median(one) / statistics.median(two), 2),
        "runs": rounds,
    }
