"""Two tenants of a host as they are served: accounts of their own, one publisher, zygotes with the first file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from documents.pictures import ycck_jpeg
from homes.host import TENANTS, OfflineTor, Tenant, make_host, started_publisher
from processes.passable import PASSABLE
from visitors.intake_harness import SHOWN, Browser, file_report, two_words_back

# Reads whatever it can of another tenant, in that account's place: files, sockets, memory.
THIEF = """
import json, os, socket, sys
from pathlib import Path
uid, places, pids = int(sys.argv[1]), [Path(one) for one in json.loads(sys.argv[2])], json.loads(sys.argv[3])
os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
read = 0
for place in places:
    for path in (place, *(Path(folder, name) for folder, *names in os.walk(place) for name in sum(names, []))):
        try:
            read += len(path.read_bytes()) if path.is_file() else len(os.listdir(path))
        except OSError:
            pass
        try:
            with socket.socket(socket.AF_UNIX) as one:
                one.connect(str(path)); read += 1
        except OSError:
            pass
for pid in pids:
    for name in ("mem", "environ", "maps", "fd"):
        try:
            path = f"/proc/{pid}/{name}"
            read += len(os.listdir(path)) if name == "fd" else len(open(path, "rb").read(1))
        except OSError:
            pass
print(read)
"""


@pytest.fixture(scope="module")
def tenants():
    """Both served, with a publisher and a tor that has no network."""
    folder = Path(f"/tmp/kt-{os.getpid()}-tenants")
    folder.mkdir()
    # Beside the other two, as below /run.
    tor = OfflineTor(folder / "kallskydd-tor")
    tor.start()
    places = make_host(folder, tor.control)
    publisher = started_publisher(places)
    both = {name: Tenant(places, name, uid) for name, uid in TENANTS.items()}
    try:
        for tenant in both.values():
            tenant.make()
            tenant.start(before=PASSABLE)
        for tenant in both.values():
            tenant.wait_for("intake", code="ready")
        yield both
    finally:
        for tenant in both.values():
            tenant.stop()
        publisher.terminate()
        publisher.wait(30)
        tor.process.stop()
        subprocess.run(["rm", "-r", str(folder)], check=True)


def kinds(tenant: Tenant) -> list[str]:
    """What runs for a tenant besides its keeper, by the modules that it started."""
    found = []
    for pid in tenant.processes()[1:]:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        found += [words[words.index("-m") + 1]] if "-m" in words else []
    return sorted(found)


def until(condition, within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_idle_tenant_has_no_zygote_and_no_stem_and_each_its_own_account(tenants):
    for tenant in tenants.values():
        until(lambda tenant=tenant: kinds(tenant) == ["intake"])
        status = [Path(f"/proc/{pid}/status").read_text() for pid in tenant.processes()]
        mapped = Path(f"/proc/{tenant.processes()[0]}/maps").read_text()

        assert all(f"Uid:\t{tenant.uid}\t{tenant.uid}" in text for text in status)
        assert all("Groups:\t \n" in text for text in status)
        # The libraries that a keeper of a tenant leaves to the publisher and to children of seconds.
        assert not [line for line in mapped.splitlines() if "cryptography" in line or "_rust" in line]


async def test_a_picture_brings_the_zygote_for_pictures_alone_and_the_report_is_shown(tenants):
    tenant = tenants["nora"]
    until(lambda: kinds(tenant) == ["intake"])
    browser = Browser(tenant.public_socket, f"{tenant.address}.onion")

    page = await two_words_back(browser, await file_report(browser, "En sak.", [ycck_jpeg((10, 20, 30, 0))]))

    assert page.status == SHOWN
    assert "rensning" in page.plain.lower()
    started = [name for name in kinds(tenant) if name != "intake"]
    assert set(started) == {"scrubbers.jailed.zygote"}
    commands = [Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0") for pid in tenant.processes()]
    assert {b"pictures", b"documents"} & {word for words in commands for word in words} == {b"pictures"}
    assert kinds(tenants["ludvika"]) == ["intake"]


def test_the_audit_of_a_tenant_knows_the_hosts_sockets_its_publisher_and_that_zygotes_come_and_go(tenants):
    done = subprocess.run(
        [sys.executable, "-m", "kallskydd", "audit", "live", "--home", str(tenants["ludvika"].home), "--json"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    verdicts = {check["id"]: check["verdict"] for check in json.loads(done.stdout)["checks"]}

    expected = ("processes", "intake-descriptors", "zygote-descriptors", "tor-listeners", "permissions", "times")
    assert {name: verdicts[name] for name in expected if verdicts[name] == "finding"} == {}, done.stderr
    assert verdicts["intake-descriptors"] == verdicts["processes"] == verdicts["tor-listeners"] == "clean"


def test_code_of_one_tenant_reads_nothing_of_another(tenants):
    nora, ludvika = tenants["nora"], tenants["ludvika"]
    owned = [ludvika.places.tenants, *(getattr(ludvika.places, kind) / "ludvika" for kind in ("listeners", "sockets"))]
    command = [sys.executable, "-I", "-c", THIEF]

    def thief(uid: int, places: list[Path], pids: list[int]) -> int:
        words = [str(uid), json.dumps([str(one) for one in places]), json.dumps(pids)]
        return int(subprocess.run([*command, *words], capture_output=True, text=True, check=True, timeout=60).stdout)

    assert (
        thief(nora.uid, [one if one.name == "ludvika" else one / "ludvika" for one in owned], ludvika.processes()) == 0
    )
    # The thief does find what it may read: its own.
    assert thief(ludvika.uid, [ludvika.places.tenants / "ludvika"], []) > 10_000
