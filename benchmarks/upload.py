"""How quickly a photograph goes from the socket to the sealed file, and what each part of that takes by itself.

The whole is one form with one photograph, posted to the intake on a unix socket. The parts, in turn with it: the form
read by aiohttp's multipart reader alone, the photograph scrubbed and verified in the jail, the clean copy sealed
(secretstream), and the sealed rows written to SQLite, synced.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

from aiohttp import MultipartReader
from aiohttp.base_protocol import BaseProtocol
from aiohttp.streams import StreamReader

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from files.scrub_harness import arrived
from reports import large_photograph
from visitors.intake_harness import SHOWN, file_report, multipart, running_intake, zygotes

from scrubbers.sniff import sniff
from trusted.crypto.seal import new_case_keys, seal_file
from trusted.jail.sandbox import scrub, verify

RUNS = 5
_PIECE = 2**16


async def parse(body: bytes) -> float:
    """Read a form as the library does, and let go of its bytes."""
    stream = StreamReader(mock.Mock(BaseProtocol, _reading_paused=False), 2**30, loop=asyncio.get_running_loop())
    for at in range(0, len(body), _PIECE):
        stream.feed_data(body[at : at + _PIECE])
    stream.feed_eof()
    began = time.perf_counter()
    reader = MultipartReader({"Content-Type": 'multipart/form-data; boundary="b"'}, stream)
    while (part := await reader.next()) is not None:
        while await part.read_chunk(_PIECE):
            pass
    return time.perf_counter() - began


async def measured() -> dict[str, object]:
    photograph = large_photograph()
    body = multipart("b", [("text", "With a photograph")], [photograph])
    taken: dict[str, list[float]] = {"whole": [], "parse": [], "scrub": [], "seal": [], "sqlite": []}
    with tempfile.TemporaryDirectory(prefix="kb-") as folder:
        async with (
            zygotes(both=True) as sandbox,
            running_intake(Path(folder), sandbox=sandbox, real_argon2=True) as intake,
        ):
            await sandbox.self_test()
            for _ in range(RUNS):
                began = time.perf_counter()
                page = await file_report(intake.browser(), "With a photograph", [photograph])
                taken["whole"].append(time.perf_counter() - began)
                assert page.status == SHOWN
                taken["parse"].append(await parse(body))
                began = time.perf_counter()
                verified = await verify(await scrub(sniff(arrived(photograph)), sandbox), sandbox)
                taken["scrub"].append(time.perf_counter() - began)
                with verified.clean, verified.preview:
                    began = time.perf_counter()
                    sealed = seal_file(verified, new_case_keys(), 0)
                    chunks = list(sealed.chunks)
                    taken["seal"].append(time.perf_counter() - began)
                began = time.perf_counter()
                await intake.services.store.add_file(
                    type(sealed)(sealed.file_id, 0, sealed.item_kind, sealed.header, iter(chunks), sealed.sealed_size)
                )
                taken["sqlite"].append(time.perf_counter() - began)
                await intake.services.store.drop_file(sealed.file_id)
    medians = {name: statistics.median(seconds) for name, seconds in taken.items()}
    found = {f"{name}_milliseconds": round(1000 * seconds, 1) for name, seconds in medians.items()}
    parts = sum(seconds for name, seconds in medians.items() if name != "whole")
    return found | {
        "megabytes_a_second": round(len(photograph) / 1e6 / medians["whole"], 2),
        "parts_of_whole": round(parts / medians["whole"], 2),
        "runs": RUNS,
    }


def uploads() -> dict[str, object]:
    """Measure the whole and its parts."""
    return asyncio.run(measured())


if __name__ == "__main__":
    print(uploads())
