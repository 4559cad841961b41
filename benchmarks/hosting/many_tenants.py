"""Many tenants on this computer, each real: an account, a keeper, an intake, a home; one publisher and one tor for all.

    python benchmarks/hosting/many_tenants.py --tenants 50        as root; some minutes; one JSON object on stdout

Measured: what each takes of memory while nobody comes (proportional set size of its processes), how long it is until
all addresses are published when the publisher is started again, and how long visitors of others wait while one is
attacked.
There is no systemd here: equal shares of the processor come from control groups that this makes (CPUWeight= of the
units), and no limit of memory is put on. The Tor network is a private one on loopback.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))
sys.path.insert(0, str(ROOT / "benchmarks"))

from conftest_tor import KeeperTor  # noqa: E402 - the folder of the tests is no package
from flood_lines import Visitor  # noqa: E402
from host_harness import Tenant, make_host, started_publisher  # noqa: E402
from passable import PASSABLE  # noqa: E402

from cases.clock import today, utc_now  # noqa: E402
from cases.roster.chain import read_chain  # noqa: E402
from onion.errors import PrivateNetworkFailed  # noqa: E402
from onion.keys import read_onion_key  # noqa: E402
from onion.private_network import PrivateNetwork  # noqa: E402

FIRST_UID = 21_000
CPU = Path("/sys/fs/cgroup/cpu")
ALL_SHARES = 64 * 1024
ATTACKS = ("connections that say nothing", "come and go, 1,000 a second", "long texts", "pictures of 80 megapixels")
NETWORK_TRIES = 6
OTHERS = 5  # tenants whose visitors are timed
PAGE_EVERY = 0.25


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


def pss(pid: int) -> float:
    """In MiB; 0 for a process that is gone."""
    with suppress(OSError):
        return int(re.search(r"(?m)^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text())[1]) / 1024
    return 0.0


def spread(values: list[float]) -> dict[str, float]:
    return {
        "least": round(min(values), 1),
        "median": round(statistics.median(values), 1),
        "most": round(max(values), 1),
    }


def p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * 95 // 100)]


class Shares:
    """A control group for each tenant, with equal weight, inside one for all; without rights to make them, none."""

    def __init__(self) -> None:
        self.root = CPU / f"kallskydd-{os.getpid()}"
        self.works = False
        with suppress(OSError):
            self.root.mkdir()
            # A host serves tenants alone: what else runs on this computer gets little while they have work.
            (self.root / "cpu.shares").write_text(str(ALL_SHARES))
            self.works = True

    def put(self, name: str, *pids: int) -> None:
        if self.works:
            folder = self.root / name
            folder.mkdir(exist_ok=True)
            for pid in pids:
                with suppress(OSError):
                    (folder / "cgroup.procs").write_text(str(pid))

    def close(self) -> None:
        if self.works:
            for folder in self.root.iterdir():
                if folder.is_dir():
                    with suppress(OSError):
                        folder.rmdir()
            with suppress(OSError):
                self.root.rmdir()


def start_all(tenants: list[Tenant], shares: Shares) -> dict[str, float]:
    """Start all, as many at a time as there are processors, as `kallskydd host start` does."""

    def one(tenant: Tenant) -> float:
        began = time.monotonic()
        tenant.start()
        shares.put(tenant.name, *tenant.processes())
        tenant.wait_for("intake", code="ready", within=300)
        return time.monotonic() - began

    with ThreadPoolExecutor(os.cpu_count() or 1) as at_once:
        return spread(list(at_once.map(one, tenants)))


def memory(tenants: list[Tenant], publisher: int, tor: int) -> dict[str, object]:
    by_tenant, keepers, intakes = [], [], []
    for tenant in tenants:
        sizes = [pss(pid) for pid in tenant.processes()]
        by_tenant.append(sum(sizes))
        keepers.append(sizes[0])
        intakes.append(sizes[1] if len(sizes) > 1 else 0.0)
    return {
        "tenant": spread(by_tenant),
        "keeper": spread(keepers),
        "intake": spread(intakes),
        "publisher": round(pss(publisher), 1),
        "tor": round(pss(tor), 1),
        "all": round(sum(by_tenant) + pss(publisher) + pss(tor)),
        "processes_of_a_tenant": sorted({len(tenant.processes()) for tenant in tenants}),
    }


async def visits(tenant: Tenant, until: float, waits: list[float]) -> None:
    """One visitor after the other asks for the first page and the form."""
    loop = asyncio.get_running_loop()
    visitor = Visitor(str(tenant.public_socket), f"{tenant.address}.onion")
    while loop.time() < until:
        for path in ("/", "/report"):
            began = loop.time()
            with suppress(OSError):
                await visitor.get(path)
                waits.append(loop.time() - began)
        await asyncio.sleep(PAGE_EVERY)


async def timed(others: list[Tenant], seconds: float) -> dict[str, float]:
    waits: list[float] = []
    until = asyncio.get_running_loop().time() + seconds
    await asyncio.gather(*(visits(one, until, waits) for one in others))
    return {"visits": len(waits), "p50": round(statistics.median(waits), 4), "p95": round(p95(waits), 4)}


def flood(attacked: Tenant, others: list[Tenant], attack: str, seconds: float, shares: Shares) -> dict[str, object]:
    told = {
        "attack": attack,
        "public": str(attacked.public_socket),
        "public_host": f"{attacked.address}.onion",
        "desk": str(attacked.public_socket.with_name("desk.sock")),
        "desk_host": f"{read_onion_key(attacked.home / 'onion' / 'desk.key').address}.onion",
        "member": read_chain(attacked.home / "roster", today(utc_now)).current.members[0].id,
    }
    before = asyncio.run(timed(others, seconds))
    crowd = subprocess.Popen(
        [sys.executable, str(ROOT / "benchmarks" / "flood_attacks.py"), json.dumps(told)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        # The crowd is on other computers: here it gets the share of one tenant, together with the attacked.
        shares.put(attacked.name, crowd.pid)
        crowd.stdout.readline()
        time.sleep(2)
        under = asyncio.run(timed(others, seconds))
    finally:
        crowd.kill()
        crowd.wait()
        crowd.stdout.close()
    after = asyncio.run(timed(others, seconds))
    calm = statistics.mean([before["p95"], after["p95"]])
    return {"attack": attack, "before": before, "under": under, "after": after, "ratio": round(under["p95"] / calm, 2)}


@contextmanager
def started_network(folder: Path) -> Iterator[PrivateNetwork]:
    """A private network; on a busy computer a first try may not come up."""
    for number in range(NETWORK_TRIES):
        network = PrivateNetwork(folder / f"net{number}")
        try:
            network.start()
            break
        except PrivateNetworkFailed:
            say("The private network did not come up; it is tried again.")
    else:
        raise PrivateNetworkFailed
    try:
        yield network
    finally:
        network.stop()


def measure(folder: Path, count: int, seconds: float) -> dict[str, object]:
    found: dict[str, object] = {}
    shares = Shares()
    names = {f"t{number:03}": FIRST_UID + number for number in range(count)}
    with started_network(folder) as network:
        (folder / "tor").mkdir(mode=0o700)
        tor = KeeperTor(folder / "tor", network.network_lines)
        tenants, publisher = [], None
        try:
            # Its own share, for the visitors that are timed.
            shares.put("visitors", os.getpid())
            tor.start()
            shares.put("tor", tor.process.pid)
            (folder / "host").mkdir()
            places = make_host(folder / "host", tor.control, names)
            tenants = [Tenant(places, name, uid) for name, uid in names.items()]
            for tenant in tenants:
                tenant.make()
            publisher = started_publisher(places)
            say(f"{count} homes are made; they are started …")
            began = time.monotonic()
            found["seconds_to_start_one"] = start_all(tenants, shares)
            for tenant in tenants:
                tenant.wait_for("published", within=300)
            found["seconds_to_start_all"] = round(time.monotonic() - began)
            time.sleep(10)
            found["memory_mib"] = memory(tenants, publisher.pid, tor.process.pid)
            say(json.dumps(found))
            publisher.terminate()
            publisher.wait(60)
            again = time.monotonic()
            publisher = started_publisher(places)
            times = [tenant.wait_for("republished", within=300, after=again)["at"] - again for tenant in tenants]
            found["seconds_to_publish_all"] = round(max(times), 1)
            found["publisher_after"] = round(pss(publisher.pid), 1)
            found["tor_after"] = round(pss(tor.process.pid), 1)
            say(json.dumps(found["seconds_to_publish_all"]))
            others = tenants[1 : OTHERS + 1]
            found["shares_of_the_processor"] = shares.works
            found["flood"] = []
            for attack in ATTACKS:
                row = flood(tenants[0], others, attack, seconds, shares)
                found["flood"].append(row)
                say(json.dumps(row))
        finally:
            with ThreadPoolExecutor(8) as at_once:
                list(at_once.map(Tenant.stop, tenants))
            if publisher is not None:
                publisher.terminate()
                publisher.wait(60)
            tor.process.stop()
            shares.close()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenants", type=int, default=50)
    parser.add_argument(
        "--seconds", type=float, default=15, help="how long visitors are timed, before, under and after"
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if not args.inside:
        # Accounts of tenants start Python too, and the folder it lies in may be closed to them.
        os.execvp(PASSABLE[0], [*PASSABLE, sys.executable, __file__, *sys.argv[1:], "--inside"])  # noqa: S606 - in its place
    os.environ["KALLSKYDD_NO_PUBLIC_TOR"] = "1"
    folder = Path(tempfile.mkdtemp(prefix="km-"))
    folder.chmod(0o711)
    try:
        found = measure(folder, args.tenants, args.seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found["machine"] = {"cores": len(os.sched_getaffinity(0)), "kernel": platform.release(), "load": os.getloadavg()[0]}
    print(json.dumps({"tenants": args.tenants, **found}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
