"""Figures as ratios in one run: a picture through the jail against a bare re-encode in process.

    make bench                prints a table, and JSON with ARGS=--json

Every row compares two ways of doing the same work, taken in turn in the same run, so that a noisy machine disturbs
both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import statistics
import sys
import time

from PIL import Image

from scrubbers.memory_file import MemoryFile
from scrubbers.protocol import Role
from scrubbers.sandbox import Sandbox
from scrubbers.sniff import sniff
from scrubbers.spawn import spawn_zygote

RUNS = 7
PICTURES = {"tiny": (16, 16), "0.3 MP": (640, 480), "3 MP": (2000, 1500), "8 MP": (3264, 2448), "12 MP": (4000, 3000)}


def photograph(size: tuple[int, int]) -> bytes:
    """A JPEG that compresses about as a photograph does."""
    made = io.BytesIO()
    noise = Image.effect_noise((max(1, size[0] // 4), max(1, size[1] // 4)), 60).resize(size, Image.Resampling.BICUBIC)
    noise.convert("RGB").save(made, "JPEG", quality=90)
    return made.getvalue()


def bare(content: bytes) -> None:
    """Decode and encode in this process, with the same settings and no protection."""
    Image.open(io.BytesIO(content), formats=["JPEG"]).convert("RGB").save(io.BytesIO(), "JPEG", quality=90)


async def jailed(content: bytes, sandbox: Sandbox) -> None:
    """The whole way of an attachment: sniffed, scrubbed in one job, verified in another."""
    verified = await sandbox.verify(await sandbox.scrub(sniff(MemoryFile.sealed(content))))
    verified.clean.close()
    verified.preview.close()


async def rows() -> list[dict[str, object]]:
    """One row for each picture."""
    zygotes = [spawn_zygote(role) for role in Role]
    sandbox = Sandbox([channel for _, channel in zygotes])
    await sandbox.self_test()
    found = []
    for name, size in PICTURES.items():
        content = photograph(size)
        await jailed(content, sandbox)
        bare_seconds, jailed_seconds = [], []
        for _ in range(RUNS):
            started = time.perf_counter()
            bare(content)
            bare_seconds.append(time.perf_counter() - started)
            started = time.perf_counter()
            await jailed(content, sandbox)
            jailed_seconds.append(time.perf_counter() - started)
        ratios = [with_jail / without for with_jail, without in zip(jailed_seconds, bare_seconds, strict=True)]
        found.append(
            {
                "picture": name,
                "bytes": len(content),
                "bare_ms": round(1000 * statistics.median(bare_seconds), 2),
                "jailed_ms": round(1000 * statistics.median(jailed_seconds), 2),
                "ratio": round(statistics.median(ratios), 2),
            }
        )
    sandbox.close()
    for process, _ in zygotes:
        process.wait(10)
    return found


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    found = asyncio.run(rows())
    if args.json:
        print(json.dumps({"runs": RUNS, "scrub": found}))
    print(f"{'picture':>8} {'bare ms':>9} {'jailed ms':>9} {'ratio':>6}   (medians of {RUNS})", file=sys.stderr)
    for row in found:
        print(f"{row['picture']:>8} {row['bare_ms']:>9} {row['jailed_ms']:>9} {row['ratio']:>6}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
