"""
The leader is lost in each way that was asked for, while reports come: what was acknowledged, and who published meanwhile.

`unshare … python trial.py FOLDER NODES WAY…` (nodes.IN_A_WORLD) prints one JSON object. FOLDER must be new and its path
short. The tenant's onion is published on a private Tor network, and all reporters come through that.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from visitors.intake_harness import SHOWN, Browser, Page, file_report, log_in

from audit.canary.clock import interpreter_with_clock
from cases.home import as_trial
from cluster.from_outside import OnionBrowser, Onions, new_identity, put_up
from cluster.nodes import TENANT, TENANT_UID, Cluster, Machine, Watch
from kallskydd.commands.init import example_config, make_home
from kallskydd.hosting.tenants import with_publisher
from onion.client import ClientTor
from onion.errors import OnionError
from onion.keys import OnionKey, read_onion_key
from onion.private_network import PrivateNetwork
from trusted.receipt.keys import Receipt

REQUEST_SECONDS = 20.0
LOOK_SECONDS = 15.0
BETWEEN_LOOKS_SECONDS = 0.5
NEW_IDENTITY_SECONDS = 10.0  # tor takes no more of them
REPORTERS = 3  # at a time, so that there is always one whose report is under way
AGAIN_SECONDS = 180.0
SEEN_SECONDS = 900.0  # until two are seen where two are: the same on a calm computer takes half a minute
SHORT_PAUSE_SECONDS = 1.5  # shorter than Corosync's token
SLOW_FENCE_SECONDS = 15.0  # a device that takes its time, in which the paused leader wakes
FULL_SECONDS = 10.0
CLOCK_AHEAD_SECONDS = 5 * 86400 + 7 * 3600


class Reporters:
    """Sends one report after another, and beside that asks for a page: who got a code, and when a page came."""

    def __init__(self, client: ClientTor, address: str) -> None:
        self.client, self.host = client, f"{address}.onion"
        # In the order of their codes: what each report says, and its code.
        self.acknowledged: list[tuple[str, Receipt]] = []
        self.refused = 0
        self.texts = (f"Anmälan {number}." for number in itertools.count())
        self.pages: list[float] = []
        self.last = 0.0

    def browser(self) -> Browser:
        return OnionBrowser(self.client.socks, self.host)

    async def report(self) -> None:
        while True:
            try:
                async with asyncio.timeout(REQUEST_SECONDS):
                    text = next(self.texts)
                    page = await file_report(self.browser(), text)
                    if page.status == SHOWN and page.receipt:
                        self.acknowledged.append((text, page.receipt))
                        self.last = time.monotonic()
            except (
                OSError,
                TimeoutError,
                EOFError,
                AssertionError,
                ValueError,
                LookupError,
                AttributeError,
                OnionError,
            ):
                self.refused += 1
            await asyncio.sleep(0.3)

    async def look(self) -> None:
        """Ask for the first page again and again; one that hangs holds up no other.

        While none comes, take a new identity every ten seconds. A tor that found only the old descriptor asks the same
        directory again after fifteen minutes at the earliest.
        """
        new = time.monotonic()
        async with asyncio.TaskGroup() as looks:
            while True:
                looks.create_task(self._page())
                await asyncio.sleep(BETWEEN_LOOKS_SECONDS)
                if time.monotonic() - max((new, *self.pages[-1:])) > NEW_IDENTITY_SECONDS:
                    new = time.monotonic()
                    await asyncio.to_thread(new_identity, self.client)

    async def _page(self) -> None:
        with suppress(OSError, TimeoutError, EOFError, ValueError, LookupError, OnionError):
            async with asyncio.timeout(LOOK_SECONDS):
                if (await self.browser().get("/")).status == 200:
                    self.pages.append(time.monotonic())

    async def lost(self) -> dict[int, str]:
        """The acknowledged reports that their code no longer opens, by their place in the order, and what was shown."""
        pages = [await self.log_in(receipt) for _, receipt in self.acknowledged]
        return {
            place: f"{pages[place].status} {pages[place].plain[:200]}"
            for place, (text, _) in enumerate(self.acknowledged)
            if text not in pages[place].text
        }

    async def log_in(self, receipt: Receipt) -> Page:
        """The inbox, or what stands in its place, once the service is there."""
        return await self.patiently(lambda: log_in(self.browser(), receipt))

    async def patiently(self, ask: Callable[[], Awaitable[Page]]) -> Page:
        deadline = time.monotonic() + AGAIN_SECONDS
        while True:
            try:
                async with asyncio.timeout(REQUEST_SECONDS):
                    return await ask()
            except (OSError, TimeoutError, EOFError, ValueError, LookupError, OnionError):
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
    await wait(lambda: leader.name not in (cluster.online() or {leader.name}), "the leader given up")
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
    """Lose the leader once, and wait until a report is acknowledged again and, if `then`, until all are back."""
    await wait(cluster.whole, "every node there")
    leader, began = cluster.leader(), time.monotonic()
    first, events = len(reporters.acknowledged), len(cluster.events.read_text().splitlines())
    await WAYS[way](cluster, leader)
    disturbed = time.monotonic()
    await wait(
        lambda: settled(cluster, way, leader, began) and (not cluster.fencing or reporters.last > disturbed + 1),
        f"{way}: a report acknowledged again",
    )
    await asyncio.sleep(1)
    ended = time.monotonic()
    after = cluster.leader()
    pages = [began, *(one for one in sorted(reporters.pages) if began <= one <= ended), ended]
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
        "acknowledged": [first, len(reporters.acknowledged)], "fenced": [line.split()[2] for line in said if " switch " in line],
    }  # fmt: skip


async def open_session(reporters: Reporters) -> Page:
    """The inbox of the first report, in a session that the loss will end."""
    return await reporters.log_in(reporters.acknowledged[0][1])


async def ended_in_words(reporters: Reporters, inbox: Page) -> bool:
    """Whether a message of a session that is over comes back with a sentence that says so, and with what was typed."""
    form = inbox.form("/inbox/write").with_(text="Skrivet före.")
    page = await reporters.patiently(lambda: reporters.browser().post("/inbox/write", form))
    return "Du är utloggad" in page.plain and dict(page.form("/return").fields)["text"] == "Skrivet före."


def settled(cluster: Cluster, way: str, leader: Machine, began: float) -> bool:
    """Whether what had to happen has: another leads, or, where the two raced each other, one of them was switched off."""
    if not cluster.fencing:
        return len(cluster.holders()) > 1 and len(cluster.publishers()) > 1
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


def sees_two(cluster: Cluster, watch: Watch, onions: Onions, key: OnionKey) -> bool:
    """Whether it would have been seen: the one that waits is given the disk, a tor and the onion.

    Pacemaker looks away meanwhile. On a node that has just returned it asks what runs there, and ends a second tor.
    """
    leader = cluster.leader()
    leader.command("crm_attribute", "--name", "maintenance-mode", "--update", "true")
    other = next(machine for machine in cluster.machines.values() if machine.on and machine is not leader)
    other.command("mount", "--bind", cluster.disk, "/var/lib/kallskydd-host")
    other.command("/usr/lib/ocf/resource.d/units/kallskydd-tor", "start")
    held: list[socket.socket] = []

    def two() -> bool:
        if not held:
            with suppress(OSError):
                held.append(put_up(other, key))
        return seen(watch, onions) == {"disk", "tor", "onion"}

    try:
        cluster.until(two, "two that have the disk, a tor and the onion", SEEN_SECONDS)
    except AssertionError as late:
        print(late, file=sys.stderr)
        return False
    return True


def seen(watch: Watch, onions: Onions) -> set[str]:
    return {what for _, what, _ in (*watch.twice, *onions.twice)}


cluster_of_the_run: list[Cluster] = []


@contextmanager
def ending(network: PrivateNetwork) -> Iterator[None]:
    """End the network, and the client that is on it."""
    try:
        yield
    finally:
        network.stop()


def made_home(cluster: Cluster) -> Path:
    """The tenant's home on the disk, as `kallskydd host add` makes it."""
    cluster.disk.chmod(0o751)
    home = cluster.disk / TENANT / "home"
    home.parent.mkdir(0o700)
    make_home(home, as_trial(with_publisher(example_config(trial=True), TENANT)), [], trial=True)
    for path in (home.parent, home, *home.rglob("*")):
        os.chown(path, TENANT_UID, TENANT_UID)
    return home


async def trial(
    folder: Path, count: int, ways: list[str], *, fencing: bool, wrong_clock: str | None
) -> dict[str, object]:
    network = PrivateNetwork(folder / "net")
    pythons = {wrong_clock: hours_ahead(folder)} if wrong_clock else {}
    with Cluster(folder, count, network.root, pythons, fencing) as cluster, ending(network):
        cluster_of_the_run[:] = [cluster]
        up_soon = asyncio.create_task(asyncio.to_thread(network.start))
        home = made_home(cluster)
        began = time.monotonic()
        await asyncio.to_thread(cluster.load)
        await wait(cluster.whole, "a leader, and one that could")
        await up_soon
        client = network.client()
        await asyncio.to_thread(client.start)
        key = read_onion_key(home / "onion/public.key")
        watch, onions, reporters = Watch(cluster), Onions(cluster, key.address), Reporters(client, key.address)
        watch.start()
        onions.start()
        tasks = [
            asyncio.create_task(one) for one in (reporters.look(), *(reporters.report() for _ in range(REPORTERS)))
        ]
        await wait(lambda: len(reporters.acknowledged) > 0, "a first report")
        up = time.monotonic() - began
        session = await open_session(reporters)
        losses = [
            await lose(cluster, reporters, way, then=fencing or number < len(ways))
            for number, way in enumerate(ways, 1)
        ]
        for task in tasks:
            task.cancel()
        moved = fencing and any(loss["from"] != loss["to"] for loss in losses)
        ended = await ended_in_words(reporters, session) if moved else True
        lost = await reporters.lost() if fencing else {}
        # The first of each kind.
        twice = list({one[1]: one for one in reversed([*watch.twice, *onions.twice])}.values())
        published_by = [nodes for _, nodes in onions.changes]
        sees = not cluster.fencing or await asyncio.to_thread(sees_two, cluster, watch, onions, key)
        for looks in (watch, onions):
            looks.over.set()
            looks.join()
        for loss in losses:
            begins, ends = loss["acknowledged"]
            loss |= {"acknowledged": ends - begins, "lost": sum(begins <= place < ends for place in lost)}
        return {
            "nodes": count, "seconds_until_up": round(up, 1), "losses": losses, "acknowledged": len(reporters.acknowledged),
            "not_acknowledged": reporters.refused, "lost": lost, "looks": watch.looks,
            "looks_at_onions": onions.looks, "published_by": published_by,
            "two_at_once": twice, "would_have_been_seen": sees, "sessions_end_in_words": ended,
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("nodes", type=int)
    parser.add_argument("ways", nargs="*", metavar="WAY")
    parser.add_argument("--unfenced", action="store_true", help="without fencing: two will lead")
    parser.add_argument("--wrong-clock", metavar="NODE", help="the service on this node reads a clock that is ahead")
    args = parser.parse_args()
    args.folder.mkdir(parents=True)
    found = trial(args.folder, args.nodes, args.ways, fencing=not args.unfenced, wrong_clock=args.wrong_clock)
    print(json.dumps(asyncio.run(found)))


if __name__ == "__main__":
    main()
