"""
The leader is lost in each way that was asked for, while reports come: what was acknowledged, and who published meanwhile.

`unshare … python trial.py FOLDER NODES WAY…` (nodes.IN_A_WORLD) prints one JSON object. FOLDER must be new and its path
short. With --tor the keepers publish on a private Tor network, and a page is asked for through it as well.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from intake_harness import SHOWN, Browser, Page, file_report, log_in
from service import kallskydd, offline_network

from audit.canary.clock import interpreter_with_clock
from cases.receipt.keys import Receipt
from cluster.nodes import TENANT, Cluster, Machine, Watch
from onion.keys import read_onion_key

REQUEST_SECONDS = 20.0
LOOK_SECONDS = 2.0
AGAIN_SECONDS = 180.0
SHORT_PAUSE_SECONDS = 1.5  # shorter than Corosync's token
SLOW_FENCE_SECONDS = 8.0  # a device that takes its time, in which the paused leader wakes
FULL_SECONDS = 10.0
CLOCK_AHEAD_SECONDS = 5 * 86400 + 7 * 3600


class Reporters:
    """Sends one report after another, and beside that asks for a page: who got a code, and when a page came."""

    def __init__(self, home: Path) -> None:
        self.socket, self.host = home / "run/public.sock", f"{read_onion_key(home / 'onion/public.key').address}.onion"
        self.acknowledged: list[Receipt] = []
        self.refused = 0
        self.pages: list[float] = []
        self.last = 0.0

    def browser(self) -> Browser:
        return Browser(self.socket, self.host)

    async def report(self) -> None:
        while True:
            try:
                async with asyncio.timeout(REQUEST_SECONDS):
                    page = await file_report(self.browser(), f"Anmälan {len(self.acknowledged)}.")
                    if page.status == SHOWN and page.receipt:
                        self.acknowledged.append(page.receipt)
                        self.last = time.monotonic()
            except (OSError, TimeoutError, EOFError, AssertionError, ValueError, LookupError, AttributeError):
                self.refused += 1
            await asyncio.sleep(0.3)

    async def look(self) -> None:
        while True:
            with suppress(OSError, TimeoutError, EOFError, ValueError, LookupError):
                async with asyncio.timeout(LOOK_SECONDS):
                    if (await self.browser().get("/")).status == 200:
                        self.pages.append(time.monotonic())
            await asyncio.sleep(0.1)

    async def lost(self) -> list[str]:
        """The acknowledged reports that their code no longer opens."""
        lost = []
        for number, receipt in enumerate(self.acknowledged):
            page = await self.log_in(receipt)
            if f"Anmälan {number}." not in page.text:
                lost.append(f"{number}: {page.status} {page.plain[:200]}")
        return lost

    async def log_in(self, receipt: Receipt) -> Page:
        """The inbox, or what stands in its place, once the service is there."""
        return await self.patiently(lambda: log_in(self.browser(), receipt))

    async def patiently(self, ask: Callable[[], Awaitable[Page]]) -> Page:
        deadline = time.monotonic() + AGAIN_SECONDS
        while True:
            try:
                async with asyncio.timeout(REQUEST_SECONDS):
                    return await ask()
            except (OSError, TimeoutError, EOFError, ValueError, LookupError):
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.5)


async def stopped(_cluster: Cluster, leader: Machine) -> None:
    leader.shut_down()


async def killed(_cluster: Cluster, leader: Machine) -> None:
    leader.switch_off()


async def paused(_cluster: Cluster, leader: Machine) -> None:
    leader.pause()


async def cut_off(_cluster: Cluster, leader: Machine) -> None:
    leader.cut()


async def woken(cluster: Cluster, leader: Machine) -> None:
    """Woken when the others have given it up, and the fence device has not yet done its work."""
    cluster.fence_seconds = SLOW_FENCE_SECONDS
    leader.pause()
    await asyncio.sleep(SLOW_FENCE_SECONDS)
    leader.wake()


async def woken_soon(_cluster: Cluster, leader: Machine) -> None:
    leader.pause()
    await asyncio.sleep(SHORT_PAUSE_SECONDS)
    leader.wake()


async def disk_full(cluster: Cluster, _leader: Machine) -> None:
    ballast = cluster.disk / "ballast"
    with suppress(OSError), ballast.open("wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()
    await asyncio.sleep(FULL_SECONDS)
    ballast.unlink()


WAYS = {
    "stopped": stopped, "killed": killed, "paused": paused, "cut-off": cut_off, "woken": woken, "woken-soon": woken_soon,
    "disk-full": disk_full,
}  # fmt: skip


async def lose(cluster: Cluster, reporters: Reporters, way: str, *, then: bool) -> dict[str, object]:
    """Lose the leader once, and wait until a report is acknowledged again and, unless it is the last, all are back."""
    await wait(cluster.whole, "every node there")
    leader, began = cluster.leader(), time.monotonic()
    before, events = len(reporters.acknowledged), len(cluster.events.read_text().splitlines())
    await WAYS[way](cluster, leader)
    disturbed = time.monotonic()
    await wait(
        lambda: settled(cluster, way, leader, began) and (not cluster.fencing or reporters.last > disturbed + 1),
        f"{way}: a report acknowledged again",
    )
    await asyncio.sleep(1)
    ended = time.monotonic()
    after = cluster.leader()
    pages = [began, *(one for one in reporters.pages if began <= one <= ended), ended]
    gap = max(later - earlier for earlier, later in itertools.pairwise(pages))
    cluster.fence_seconds = 0.0
    for machine in cluster.machines.values():
        if machine.on:
            machine.join()
        else:
            machine.switch_on()
    if then:
        await wait(cluster.whole, "every node back")
    said = cluster.events.read_text().splitlines()[events:]
    return {
        "way": way, "from": leader.name, "to": after.name if after else "both", "seconds_without_a_page": round(gap, 1),
        "acknowledged": len(reporters.acknowledged) - before, "fenced": [line.split()[2] for line in said if " switch " in line],
    }  # fmt: skip


async def open_session(reporters: Reporters) -> Page:
    """The inbox of the first report, in a session that the loss will end."""
    return await reporters.log_in(reporters.acknowledged[0])


async def ended_in_words(reporters: Reporters, inbox: Page) -> bool:
    """Whether a message of a session that is over comes back with a sentence that says so, and with what was typed."""
    form = inbox.form("/inbox/write").with_(text="Skrivet före.")
    page = await reporters.patiently(lambda: reporters.browser().post("/inbox/write", form))
    return "Du är utloggad" in page.plain and dict(page.form("/return").fields)["text"] == "Skrivet före."


def settled(cluster: Cluster, way: str, leader: Machine, began: float) -> bool:
    """Whether what had to happen has: another leads, or, where the two raced each other, one of them was switched off."""
    if not cluster.fencing:
        return len(cluster.holders()) > 1
    now = cluster.leader()
    if way in {"woken-soon", "disk-full"}:
        return now is not None
    fenced = any(moment > began for moment, _ in cluster.off)
    return now is not None and (now.name != leader.name or (way in {"cut-off", "woken"} and fenced))


async def wait(true: object, what: str) -> None:
    await asyncio.to_thread(cluster_of_the_run[0].until, true, what, AGAIN_SECONDS)


def hours_ahead(folder: Path) -> Path:
    """An interpreter whose clock is ahead, for one node's service: the kernel's own is one for all nodes."""
    place = folder / "ahead"
    place.mkdir()
    return interpreter_with_clock(Path(sys.executable), place, CLOCK_AHEAD_SECONDS, os.urandom(32))


def sees_two(cluster: Cluster, watch: Watch) -> bool:
    """Whether the watch would have seen a second leader: the one that waits is given the disk and a program named tor."""
    leader = cluster.leader()
    other = next(machine for machine in cluster.machines.values() if machine.on and machine is not leader)
    other.command("mount", "--bind", cluster.disk, "/var/lib/kallskydd-host")
    other.command("cp", "/usr/bin/sleep", "/run/tor")
    other.command("timeout", "2", "/run/tor", "60", check=False)
    return {what for _, what, _ in watch.twice} == {"disk", "tor"}


cluster_of_the_run: list[Cluster] = []


async def trial(
    folder: Path, count: int, ways: list[str], *, leave: bool, fencing: bool, wrong_clock: str | None
) -> dict[str, object]:
    network = offline_network(folder / "net")
    pythons = {wrong_clock: hours_ahead(folder)} if wrong_clock else {}
    with Cluster(folder, count, network, pythons, fencing) as cluster:
        cluster_of_the_run[:] = [cluster]
        home = cluster.disk / TENANT / "home"
        home.parent.mkdir(0o711)
        kallskydd("init", "--home", home, "--trial")
        began = time.monotonic()
        cluster.load()
        await wait(cluster.whole, "a leader, and one that could")
        watch, reporters = Watch(cluster), Reporters(home)
        watch.start()
        tasks = [asyncio.create_task(reporters.report()), asyncio.create_task(reporters.look())]
        await wait(lambda: len(reporters.acknowledged) > 0, "a first report")
        up = time.monotonic() - began
        session = await open_session(reporters)
        losses = [
            await lose(cluster, reporters, way, then=not ((leave or not fencing) and number == len(ways)))
            for number, way in enumerate(ways, 1)
        ]
        for task in tasks:
            task.cancel()
        moved = fencing and any(loss["from"] != loss["to"] for loss in losses)
        ended = await ended_in_words(reporters, session) if moved else True
        twice = watch.twice[:5]
        sees = not cluster.fencing or await asyncio.to_thread(sees_two, cluster, watch)
        watch.over.set()
        watch.join()
        return {
            "nodes": count, "seconds_until_up": round(up, 1), "losses": losses, "acknowledged": len(reporters.acknowledged),
            "not_acknowledged": reporters.refused, "lost": await reporters.lost() if fencing else [], "looks": watch.looks,
            "two_at_once": twice, "would_have_been_seen": sees, "sessions_end_in_words": ended,
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("nodes", type=int)
    parser.add_argument("ways", nargs="*", metavar="WAY")
    parser.add_argument(
        "--leave-it", action="store_true", help="after the last loss do not wait for the node to return"
    )
    parser.add_argument("--unfenced", action="store_true", help="without fencing: two will lead")
    parser.add_argument("--wrong-clock", metavar="NODE", help="the service on this node reads a clock that is ahead")
    args = parser.parse_args()
    args.folder.mkdir(parents=True)
    found = trial(
        args.folder, args.nodes, args.ways, leave=args.leave_it, fencing=not args.unfenced, wrong_clock=args.wrong_clock
    )
    print(json.dumps(asyncio.run(found)))


if __name__ == "__main__":
    main()
