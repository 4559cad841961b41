"""What one honest visitor gets while others attack: a table of waits, and of the memory that the intake takes.

    make flood                              the table on stderr, one JSON object on stdout
    make flood ARGS="--only pictures"       attacks whose name has this word
    make flood ARGS="--out FILE"            the JSON into a file

Each attack (benchmarks/flood_attacks.py) meets a service of its own: `kallskydd serve` as it is run, with a tor that
never connects; requests go to the unix sockets that tor would use. While the attack lasts, one visitor asks for the
first page again and again, another files reports with a picture, and a third has an inbox open since before. Who has no
answer some time after the end has waited at least that long, and counts with it.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from flood_attacks import ATTACKS, ROOT, Attack, Visitor
from intake_harness import words_asked
from PIL import Image
from service import Service, kallskydd, offline_network

from cases.clock import today, utc_now
from cases.home import read_home
from cases.roster.chain import read_chain

ATTACK_SECONDS = 35.0
# A visit that has begun may end after that, while the attack goes on.
PATIENCE_SECONDS = 10.0
# Nobody counts while the attack is not at its full strength.
BEFORE_SECONDS = 2.0
PAGE_EVERY, REPORT_EVERY, LOOK_EVERY = 0.5, 1.0, 0.5
PICTURE_SIDE = 1200
FASTEST, SLOWEST = 50, 95


@dataclass
class Waits:
    """What one kind of visit took, in seconds."""

    whole: list[float] = field(default_factory=list)
    # Of the visit that had no answer yet at the end.
    unanswered: list[float] = field(default_factory=list)
    refused: int = 0

    def quantile(self, percent: int) -> float | None:
        waits = sorted(self.whole + self.unanswered)
        return round(waits[min(len(waits) - 1, len(waits) * percent // 100)], 3) if waits else None

    def told(self) -> dict[str, object]:
        return {
            "visits": len(self.whole),
            "refused": self.refused,
            "unanswered": len(self.unanswered),
            "p50": self.quantile(FASTEST),
            "p95": self.quantile(SLOWEST),
            "longest": self.quantile(100),
        }


def photograph() -> bytes:
    noise = Image.frombytes("RGB", (300, 300), random.Random(1).randbytes(270_000))
    kept = io.BytesIO()
    noise.resize((PICTURE_SIDE, PICTURE_SIDE)).save(kept, "JPEG", quality=85)
    return kept.getvalue()


async def again_and_again(visit, waits: Waits, every: float, until: float) -> None:
    """One visit after the other; a connection that is put out or refused is tried again, and the wait goes on."""
    loop = asyncio.get_running_loop()
    while (began := loop.time()) < until:
        while True:
            try:
                async with asyncio.timeout_at(until + PATIENCE_SECONDS):
                    answered = await visit()
            except TimeoutError:
                waits.unanswered.append(loop.time() - began)
                return
            except (OSError, KeyError, IndexError, AssertionError):
                await asyncio.sleep(0.1)
                continue
            if answered:
                waits.whole.append(loop.time() - began)
                break
            waits.refused += 1
            await asyncio.sleep(1)
        await asyncio.sleep(max(0.0, every - (loop.time() - began)))


def visits_to(visitor: Visitor):
    picture = photograph()

    async def page() -> bool:
        return (await visitor.get("/")).status == HTTPStatus.OK

    async def report() -> bool:
        form = await visitor.report_form()
        text = form.with_(text="Honest report")
        answered = await visitor.post("/report", text, (picture,))
        if 'class="code"' not in answered.text:
            return False
        words = answered.form("/receipt/check").with_(word=words_asked(answered))
        return "/inbox/file" in (await visitor.post("/receipt/check", words)).text

    return page, report


def memory_of(pid: int) -> int:
    """What the intake holds, in bytes, shared pages by their share."""
    match = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    return int(match[1]) * 1024


async def sample_memory(pid: int, seen: list[int], until: float) -> None:
    while asyncio.get_running_loop().time() < until:
        with suppress(OSError):
            seen.append(memory_of(pid))
        await asyncio.sleep(LOOK_EVERY)


async def open_inbox(visitor: Visitor):
    """A report, and its inbox opened with the words; what asks for that inbox once more."""
    page = await visitor.post("/report", (await visitor.report_form()).with_(text="An inbox"))
    form = (await visitor.get("/return")).form("/return")
    inbox = await visitor.post("/return", form.with_(code=" ".join(page.receipt.words)))
    return inbox.form("/inbox").fields


async def measure(attack: Attack, service: Service, seconds: float) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    visitor = Visitor(str(service.public_socket), f"{service.public_address}.onion")
    page, report = visits_to(visitor)
    alone, alone_report = Waits(), Waits()
    await again_and_again(page, alone, 0.1, loop.time() + 1)
    await again_and_again(report, alone_report, 0.1, loop.time() + 2)
    inbox = await open_inbox(visitor)
    pid, seen, under, reports = service.intake_pid(), [], Waits(), Waits()
    before = memory_of(pid)
    told = {
        "attack": attack.name,
        "public": str(service.public_socket),
        "public_host": f"{service.public_address}.onion",
        "desk": str(service.desk_socket),
        "desk_host": f"{service._address('desk.key')}.onion",  # noqa: SLF001 - a harness of ours
        "member": read_chain(read_home(service.home).roster, today(utc_now)).current.members[0].id,
    }
    crowd = subprocess.Popen(  # noqa: ASYNC220 - it starts at once, and what it prints is read in a thread
        [sys.executable, str(ROOT / "benchmarks" / "flood_attacks.py"), json.dumps(told)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if await asyncio.to_thread(crowd.stdout.readline) != "begun\n":
            raise SystemExit(f"The attack did not begin: {attack.name}")
        await asyncio.sleep(BEFORE_SECONDS)
        until = loop.time() + seconds
        await asyncio.gather(
            again_and_again(page, under, PAGE_EVERY, until),
            again_and_again(report, reports, REPORT_EVERY, until),
            sample_memory(pid, seen, until),
        )
        goes_on = crowd.poll() is None
    finally:
        crowd.kill()
        crowd.wait()
        crowd.stdout.close()
    await asyncio.sleep(2)
    # Whether the session is still there, when the crowd has gone.
    with suppress(TimeoutError):
        async with asyncio.timeout(30):
            shown = await visitor.post("/inbox", inbox)
    return {
        "attack": attack.name,
        "item": attack.item,
        "connections": attack.connections,
        "went_on": goes_on,
        "page_alone": alone.told(),
        "report_alone": alone_report.told(),
        "page": under.told(),
        "report": reports.told(),
        "memory_before": before,
        "memory": max(seen, default=0),
        "inbox_open": "An inbox" in shown.plain if "shown" in locals() else None,
    }


def one_attack(attack: Attack, seconds: float) -> dict[str, object]:
    # Unix sockets cap at 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="kf-"))
    try:
        kallskydd("init", "--home", folder / "home", "--trial")
        with Service(folder / "home", offline_network(folder / "net")) as service:
            return asyncio.run(measure(attack, service, seconds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


LINE = "{:<30}{:>6}{:>9}{:>9}{:>9}{:>10}{:>10}{:>10}{:>9}{:>7}"


def show(rows: list[dict]) -> None:
    say("Seconds; > where a visit had no answer yet. MiB: the intake at its largest. Inbox: one that was open before.")
    say(LINE.format("attack", "conn.", "page p50", "p95", "longest", "report p50", "p95", "longest", "MiB", "inbox"))
    for row in rows:
        cells = [_cell(row[kind], which) for kind in ("page", "report") for which in ("p50", "p95", "longest")]
        inbox = {True: "open", False: "gone", None: "?"}[row["inbox_open"]]
        say(LINE.format(row["attack"], row["connections"], *cells, row["memory"] // 2**20, inbox))
    alone = [row[kind]["p50"] for kind in ("page_alone", "report_alone") for row in rows if row[kind]["p50"]]
    if alone:
        half = len(alone) // 2
        say(f"Without an attack: page {statistics.median(alone[:half])}, report {statistics.median(alone[half:])}.")


def _cell(waits: dict, which: str) -> str:
    if waits[which] is None:
        return "-"
    more = ">" if waits["unanswered"] and waits[which] == waits["longest"] else ""
    return f"{more}{waits[which]:.2f}"


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, metavar="FILE", help="the JSON into this file")
    parser.add_argument("--only", default="", metavar="WORD", help="only attacks whose name has this word")
    parser.add_argument("--seconds", type=float, default=ATTACK_SECONDS, help="how long each attack is measured")
    args = parser.parse_args()
    # onion.tor_process refuses to start a tor that could reach the public network while this is set.
    os.environ["KALLSKYDD_NO_PUBLIC_TOR"] = "1"
    started = time.monotonic()
    rows = []
    for attack in ATTACKS:
        if args.only in attack.name:
            say(f"measuring {attack.name} …")
            rows.append(one_attack(attack, args.seconds))
    show(rows)
    found = {
        "rows": rows,
        "machine": {"cores": len(os.sched_getaffinity(0)), "kernel": platform.release(), "load": os.getloadavg()[0]},
        "seconds": round(time.monotonic() - started),
    }
    if args.out:
        args.out.write_text(json.dumps(found, indent=1) + "\n")
    else:
        print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
