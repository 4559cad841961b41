"""What one honest visitor gets while others attack: a table of waits, and of the memory that the intake takes.

    make flood                              the table on stderr, one JSON object on stdout
    make flood ARGS="--only pictures"       attacks whose name has this word
    make flood ARGS="--out FILE"            the JSON into a file

Each attack (benchmarks/flood_attacks.py) meets a service of its own: `kallskydd serve` as it is run, with a tor that
never connects; requests go to the unix sockets that tor would use. While the attack lasts, visitors ask for the first
page again and again, file reports with a picture, with a ZIP file and with an e-mail, and one has an inbox open since
before. A visit is lost when the queue of the socket is full, at which tor gives up, or a connection ends without an
answer; its visitor tries again, and the wait goes on. Who has no answer some time after the end has waited at least
that long, and counts with it.
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
import zipfile
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from files.messages import message
from flood_attacks import ATTACKS, ROOT, Attack
from networks.flood_lines import Visitor
from networks.mirror_harness import NAME, SETTINGS, Authority
from PIL import Image
from processes.service import Service, kallskydd, offline_network
from visitors.intake_harness import Page, words_asked

from cases.home import read_home
from cases.roster.chain import read_chain
from trusted.case.clock import today, utc_now

ATTACK_SECONDS = 35.0
# A visit that has begun may end after that, while the attack goes on.
PATIENCE_SECONDS = 10.0
# Nobody counts while the attack is not at its full strength.
BEFORE_SECONDS = 2.0
ALONE_SECONDS = 1.5
PAGE_EVERY, REPORT_EVERY, PACKED_EVERY, LOOK_EVERY = 0.5, 1.0, 3.0, 0.5
PICTURE_SIDE = 1200
FASTEST, SLOWEST = 50, 95


@dataclass
class Waits:
    """What one kind of visit took, in seconds."""

    whole: list[float] = field(default_factory=list)
    # Of the visit that had no answer yet at the end.
    unanswered: list[float] = field(default_factory=list)
    # Turned away at a full queue, or put out without an answer.
    lost: int = 0
    refused: list[str] = field(default_factory=list)

    def quantile(self, percent: int) -> float | None:
        waits = sorted(self.whole + self.unanswered)
        return round(waits[min(len(waits) - 1, len(waits) * percent // 100)], 3) if waits else None

    def told(self) -> dict[str, object]:
        return {
            "visits": len(self.whole),
            "lost": self.lost,
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


class NotDone(Exception):
    """The page that was answered is another one than the visit is for."""


def require(page: Page, done: bool) -> None:
    if not done:
        raise NotDone(f"{page.status} {page.plain[:200]}")


async def again_and_again(visit, waits: Waits, every: float, until: float) -> None:
    """One visit after the other; one that is lost or refused is tried again, and the wait goes on."""
    loop = asyncio.get_running_loop()
    while (began := loop.time()) < until:
        while True:
            try:
                async with asyncio.timeout_at(until + PATIENCE_SECONDS):
                    await visit()
            except TimeoutError:
                waits.unanswered.append(loop.time() - began)
                return
            except (OSError, IndexError):
                waits.lost += 1
                await asyncio.sleep(0.1)
            except (NotDone, KeyError, AssertionError) as refused:
                waits.refused.append(str(refused))
                await asyncio.sleep(1)
            else:
                waits.whole.append(loop.time() - began)
                break
        await asyncio.sleep(max(0.0, every - (loop.time() - began)))


def archive() -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.jpg", photograph())
        packed.writestr("b.txt", "Fakturan delades i tre.\n" * 200)
    return kept.getvalue()


def e_mail() -> bytes:
    sent = message("Fakturan delades i tre.")
    sent.add_attachment(photograph(), "image", "jpeg", filename="a.jpg")
    return sent.as_bytes()


def visits_to(visitor: Visitor) -> dict[str, tuple[object, float]]:
    """What honest visitors do, and how often."""

    async def page() -> None:
        answered = await visitor.get("/")
        require(answered, answered.status == HTTPStatus.OK)

    def report_with(content: bytes):
        async def report() -> None:
            form = await visitor.report_form()
            answered = await visitor.post("/report", form.with_(text="Honest report"), (content,))
            require(answered, 'class="code"' in answered.text)
            words = answered.form("/receipt/check").with_(word=words_asked(answered))
            files = await visitor.post("/receipt/check", words)
            require(files, "/inbox/file" in files.text)

        return report

    return {
        "page": (page, PAGE_EVERY),
        "report": (report_with(photograph()), REPORT_EVERY),
        "archive": (report_with(archive()), PACKED_EVERY),
        "e-mail": (report_with(e_mail()), PACKED_EVERY),
    }


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


def known_to(attack: Attack, service: Service, authority: Path | None) -> dict[str, object]:
    """What the attackers are told."""
    told = {
        "attack": attack.name,
        "public": str(service.public_socket),
        "public_host": f"{service.public_address}.onion",
        "desk": str(service.desk_socket),
        "desk_host": f"{service._address('desk.key')}.onion",  # noqa: SLF001 - a harness of ours
        "member": read_chain(read_home(service.home).roster, today(utc_now)).current.members[0].id,
    }
    if authority is not None:
        told |= {"public": str(service.home / "run" / "mirror.sock"), "public_host": NAME, "authority": str(authority)}
    return told


async def measure(attack: Attack, service: Service, seconds: float, authority: Path | None) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    told = known_to(attack, service, authority)
    visitor = Visitor(told["public"], told["public_host"], told.get("authority"), patient=False)
    visits = visits_to(visitor)
    alone, under = {kind: Waits() for kind in visits}, {kind: Waits() for kind in visits}
    for kind, (visit, _every) in visits.items():
        await again_and_again(visit, alone[kind], 0.1, loop.time() + ALONE_SECONDS)
    inbox = await open_inbox(visitor)
    pid, seen = service.intake_pid(), []
    before = memory_of(pid)
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
            *(again_and_again(visit, under[kind], every, until) for kind, (visit, every) in visits.items()),
            sample_memory(pid, seen, until),
        )
        goes_on = crowd.poll() is None
    finally:
        crowd.kill()
        crowd.wait()
        crowd.stdout.close()
    await asyncio.sleep(2)
    # Whether the session is still there, when the crowd has gone.
    shown = None
    with suppress(TimeoutError, OSError):
        async with asyncio.timeout(30):
            shown = await visitor.post("/inbox", inbox)
    return {
        "attack": attack.name,
        "item": attack.item,
        "connections": attack.connections,
        "went_on": goes_on,
        "alone": {kind: waits.told() for kind, waits in alone.items()},
        "under": {kind: waits.told() for kind, waits in under.items()},
        "memory_before": before,
        "memory": max(seen, default=0),
        "inbox_open": None if shown is None else "An inbox" in shown.plain,
        "load": os.getloadavg()[0],
    }


def one_attack(attack: Attack, seconds: float) -> dict[str, object]:
    # Unix sockets cap at 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="kf-"))
    try:
        kallskydd("init", "--home", folder / "home", "--trial")
        authority = certify(folder) if attack.at_mirror else None
        with Service(folder / "home", offline_network(folder / "net")) as service:
            if authority is not None:
                service.wait_for("intake", code="mirror-taken")
            return asyncio.run(measure(attack, service, seconds, authority))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def certify(folder: Path) -> Path:
    """Give the home a mirror with a certificate; return the folder of the authority that it is of."""
    home, authority = folder / "home", Authority.new(folder / "authority")
    config = home / "config.toml"
    config.write_text(f"{config.read_text()}\n{SETTINGS}")
    (home / "mirror").mkdir(mode=0o700)
    certificate = home / "mirror" / "certificate.pem"
    certificate.write_bytes(authority.pem())
    certificate.chmod(0o600)
    return authority.folder


COLUMNS = (
    *(("page", which) for which in ("p50", "p95", "longest")),
    *(("report", which) for which in ("p50", "p95", "longest")),
    ("archive", "longest"),
    ("e-mail", "longest"),
)
LINE = "{:<31}{:>6}" + "{:>9}" * len(COLUMNS) + "{:>10}{:>6}{:>7}"


def show(rows: list[dict]) -> None:
    say(
        "Seconds; > where a visit had no answer yet. Lost: of all visits, those turned away or ended without an answer."
    )
    say("MiB: the intake at its largest. Inbox: one that was open before.")
    say(LINE.format("", "", *(kind for kind, _which in COLUMNS), "", "", ""))
    say(LINE.format("attack", "conn.", *(which for _kind, which in COLUMNS), "lost", "MiB", "inbox"))
    for row in rows:
        under = row["under"]
        lost = f"{sum(one['lost'] for one in under.values())}/{sum(one['visits'] for one in under.values())}"
        inbox = {True: "open", False: "gone", None: "?"}[row["inbox_open"]]
        cells = [_cell(under[kind], which) for kind, which in COLUMNS]
        say(LINE.format(row["attack"], row["connections"], *cells, lost, row["memory"] // 2**20, inbox))
        for kind, waits in under.items():
            for said in sorted(set(waits["refused"])):
                say(f"    {kind} refused {waits['refused'].count(said)} times: {said}")
        if not row["went_on"]:
            say("    the attack ended before its time")
    for kind in rows[0]["alone"] if rows else ():
        alone = [row["alone"][kind]["p50"] for row in rows if row["alone"][kind]["p50"] is not None]
        say(f"Without an attack: {kind} {statistics.median(alone)}.")


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
