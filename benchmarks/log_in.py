"""What a log-in with the case code takes, and how much of it is the derivation of keys, which is meant to be slow."""

from __future__ import annotations

import asyncio
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path

from nacl.pwhash import argon2id

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from visitors.intake_harness import file_report, log_in, running_intake

from trusted.receipt.keys import ARGON_BYTES, ARGON_OPS

RUNS = 15


def derive() -> float:
    """Bare Argon2id with the service's numbers."""
    began = time.perf_counter()
    argon2id.kdf(32, secrets.token_bytes(12), secrets.token_bytes(16), opslimit=ARGON_OPS, memlimit=ARGON_BYTES)
    return time.perf_counter() - began


async def measured() -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="kb-") as folder:
        async with running_intake(Path(folder), real_argon2=True) as intake:
            receipt = (await file_report(intake.browser(), "A report that is read again. " * 40)).receipt
            with_page, bare = [], []
            for _ in range(RUNS):
                began = time.perf_counter()
                page = await log_in(intake.browser(), receipt)
                with_page.append(time.perf_counter() - began)
                assert page.form("/inbox/leave")
                # In a thread, as the service does it.
                bare.append(await asyncio.to_thread(derive))
    return {
        "log_in_and_inbox_milliseconds": round(1000 * statistics.median(with_page), 1),
        "bare_argon2_milliseconds": round(1000 * statistics.median(bare), 1),
        "share_of_key_derivation": round(statistics.median(b / w for b, w in zip(bare, with_page, strict=True)), 3),
        "runs": RUNS,
    }


def log_ins() -> dict[str, object]:
    """Measure: the form, its answer, and the inbox page to which it leads; beside bare Argon2id."""
    return asyncio.run(measured())


if __name__ == "__main__":
    print(log_ins())
