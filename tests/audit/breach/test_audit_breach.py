"""`audit breach` on two tenants with accounts of their own below a folder, and on walls that were taken down."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from visitors.intake_harness import make_home

from audit.breach.gains import EXPECTED, Gain, Start, Target, expected

PROJECT = Path(__file__).parents[3]
TENANTS = {"ludvika": 61001, "smedjebacken": 61002}
PUBLISHER, TOR, GROUP = 61003, 61004, 61005
# The system's own /proc as the unit kallskydd-hidepid mounts it, and as it comes.
HIDDEN = ("unshare", "--mount", "sh", "-c", 'mount -t proc -o hidepid=invisible proc /proc && exec "$@"', "-")
# Closed to its own account, as keeper, intake and zygotes are (PR_SET_DUMPABLE).
CLOSED = "import ctypes, time; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0); time.sleep(300)"
SYSUSERS = "".join(
    f'g kallskydd-{name} {uid}\nu kallskydd-{name} {uid}:{uid} "tenant" /nonexistent /usr/sbin/nologin\n'
    for name, uid in TENANTS.items()
)


def own(path: Path, uid: int, gid: int, mode: int) -> None:
    os.chown(path, uid, gid)
    path.chmod(mode)


def listen(path: Path, uid: int, gid: int, mode: int) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    listener.listen()
    own(path, uid, gid, mode)
    return listener


def add_tenant(root: Path, name: str, uid: int) -> list[socket.socket]:
    """A real home with the modes of docs/HOSTING.md, its sockets and its folder at the publisher's."""
    tenant = root / "var/lib/kallskydd-host" / name
    tenant.mkdir()
    home = make_home(tenant / "home").home.path
    for path in (tenant, home, *home.rglob("*")):
        os.chown(path, uid, uid)
    tenant.chmod(0o700)
    (home / "onion" / "public.key").write_bytes(b"== ed25519v1-secret: type0 ==\0\0\0" + bytes(64))
    own(home / "onion" / "public.key", uid, uid, 0o600)
    visitors = root / "run/kallskydd-host" / name
    visitors.mkdir()
    own(visitors, 0, GROUP, 0o710)
    at_publisher = root / "run/kallskydd-publisher" / name
    at_publisher.mkdir()
    own(at_publisher, PUBLISHER, uid, 0o710)
    return [
        listen(visitors / "public.sock", 0, GROUP, 0o660),
        listen(visitors / "desk.sock", 0, GROUP, 0o660),
        listen(at_publisher / "ask", PUBLISHER, uid, 0o660),
    ]


@pytest.fixture
def host():
    """Accounts, folders, sockets and a process of each tenant below a folder of the test."""
    root = Path(tempfile.mkdtemp(prefix="kb-"))
    root.chmod(0o755)
    for name in (
        "etc/sysusers.d",
        "var/lib/kallskydd-host",
        "run/kallskydd-host",
        "run/kallskydd-publisher",
        "run/kallskydd-tor",
    ):
        (root / name).mkdir(parents=True)
    for name in ("var", "var/lib", "run", "etc"):
        (root / name).chmod(0o755)
    (root / "etc/sysusers.d/test.conf").write_text(
        f"g kallskydd {GROUP}\n{SYSUSERS}u kallskydd-publisher {PUBLISHER}:{GROUP} publisher /nonexistent\n"
        f"u kallskydd-tor {TOR}:{GROUP} tor /nonexistent\n"
    )
    subprocess.run(["systemd-sysusers", f"--root={root}"], check=True, capture_output=True)
    own(root / "var/lib/kallskydd-host", 0, GROUP, 0o751)
    own(root / "run/kallskydd-host", 0, GROUP, 0o710)
    own(root / "run/kallskydd-publisher", PUBLISHER, GROUP, 0o711)
    held = [one for name, uid in TENANTS.items() for one in add_tenant(root, name, uid)]
    held.append(listen(root / "run/kallskydd-tor/control", TOR, GROUP, 0o660))
    (root / "run/kallskydd-tor/cookie").write_bytes(bytes(32))
    own(root / "run/kallskydd-tor/cookie", TOR, GROUP, 0o640)
    own(root / "run/kallskydd-tor", TOR, GROUP, 0o750)
    sleepers = [
        subprocess.Popen(
            ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "/usr/bin/python3", "-ISc", CLOSED]
        )
        for uid in (*TENANTS.values(), PUBLISHER)
    ]
    yield root
    for sleeper in sleepers:
        sleeper.kill()
        sleeper.wait()
    for listener in held:
        listener.close()
    shutil.rmtree(root)


def breach(root: Path, *words: object, before: tuple[str, ...] = HIDDEN) -> tuple[int, dict]:
    command = [*before, sys.executable, "-m", "kallskydd", "audit", "breach", "--root", root, "--json", *words]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120, check=False, cwd=PROJECT)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def walked(found: dict, start: Start, target: Target) -> list[dict]:
    return [walk for walk in found["walks"] if (walk["from"], walk["target"]) == (start, target)]


def said_of(text: str) -> set[tuple[str, str, str]]:
    """Who gets what of whom, by the sentences for a person."""
    return {(thief, of, gain) for thief, gain, of in re.findall(r"FINDING   (\S+) gets (.+) of (\S+), by /", text)}


def unexpected(found: dict) -> set[tuple[str, str, str]]:
    return {(walk["account"], walk["of"], gain) for walk in found["walks"] for gain in walk["unexpected"]}


def test_code_in_one_tenant_reads_no_byte_of_another_and_everybody_gets_what_is_expected(host):
    code, found = breach(host)

    across = walked(found, Start.TENANT, Target.OTHERS)
    itself = walked(found, Start.TENANT, Target.ITSELF)
    assert unexpected(found) == set()
    assert code == 0
    assert len(across) == len(itself) == 2
    assert [(walk["bytes"], walk["reads"], walk["acts as"], walk["learns"]) for walk in across] == [
        (0, [], [], [Gain.EXISTS])
    ] * 2
    # What it tried is there, and opens for its owner: the walk can see.
    assert all(walk["bytes"] > 20_000 and walk["tried"] > 10 for walk in itself)
    assert all({Gain.CASES, Gain.SHARES, Gain.ADDRESS_KEYS} <= set(walk["reads"]) for walk in itself)
    assert all(Gain.PUBLISH in walk["acts as"] for walk in itself)
    # Root gets all but a member's key; tor and the publisher get to the doors alone.
    (machine, *_) = walked(found, Start.MACHINE, Target.TENANT)
    at_tor, at_publisher = walked(found, Start.TOR, Target.TENANT), walked(found, Start.PUBLISHER, Target.TENANT)
    assert Gain.MEMBER_KEYS not in machine["reads"]
    assert {Gain.CASES, Gain.SHARES, Gain.ADDRESS_KEYS, Gain.SETTINGS} <= set(machine["reads"])
    assert [(walk["bytes"], walk["acts as"]) for walk in at_tor] == [(0, [Gain.PAGES, Gain.DESK_DOOR])] * 2
    assert [(walk["bytes"], walk["acts as"]) for walk in at_publisher] == [
        (0, [Gain.PAGES, Gain.DESK_DOOR, Gain.PUBLISH])
    ] * 2
    assert all(walk["learns"] == [Gain.EXISTS] for walk in walked(found, Start.STRANGER, Target.TENANT))
    (publisher,) = walked(found, Start.PUBLISHER, Target.TOR)
    assert publisher["acts as"] == [Gain.STEER_TOR]


def group_may_read(root: Path) -> None:
    home = root / "var/lib/kallskydd-host/ludvika/home"
    for folder in (home.parent, home):
        own(folder, TENANTS["ludvika"], GROUP, 0o710)
    own(home / "kallskydd.db", TENANTS["ludvika"], GROUP, 0o640)


def anybody_steers_tor(root: Path) -> None:
    (root / "run/kallskydd-tor").chmod(0o755)
    (root / "run/kallskydd-tor/control").chmod(0o666)


def anybody_asks_the_publisher(root: Path) -> None:
    (root / "run/kallskydd-publisher/ludvika").chmod(0o711)
    (root / "run/kallskydd-publisher/ludvika/ask").chmod(0o666)


def a_tenant_is_in_the_group(root: Path) -> None:
    group = root / "etc/group"
    group.write_text(group.read_text().replace(f"kallskydd:x:{GROUP}:", f"kallskydd:x:{GROUP}:kallskydd-smedjebacken"))


def a_members_key_is_there(root: Path) -> None:
    place = root / "var/lib/kallskydd-host/ludvika/home/trial-member"
    place.mkdir(mode=0o700)
    (place / "member.key").write_text('{"format":"kallskydd-member-1"}')
    os.chown(place, TENANTS["ludvika"], TENANTS["ludvika"])


def test_each_wall_that_was_taken_down_is_found_with_who_gets_what(host):
    for plant in (
        group_may_read,
        anybody_steers_tor,
        anybody_asks_the_publisher,
        a_tenant_is_in_the_group,
        a_members_key_is_there,
    ):
        plant(host)

    command = [*HIDDEN, sys.executable, "-m", "kallskydd", "audit", "breach", "--root", str(host)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=PROJECT)

    found = said_of(done.stdout)
    assert {
        ("kallskydd-tor", "ludvika", Gain.CASES),
        ("kallskydd-publisher", "ludvika", Gain.CASES),
        ("kallskydd-ludvika", "tor", Gain.STEER_TOR),
        ("stranger", "tor", Gain.STEER_TOR),
        ("kallskydd-smedjebacken", "ludvika", Gain.PUBLISH),
        ("kallskydd-smedjebacken", "ludvika", Gain.PAGES),
        ("root", "ludvika", Gain.MEMBER_KEYS),
    } <= found
    # The other tenant's walls stand.
    assert {gain for _, of, gain in found if of == "smedjebacken"} == set()
    assert done.returncode == 1
    assert "one tenant's account -> another tenant   (2 walked," in done.stdout
    assert f"FINDING   stranger gets {Gain.STEER_TOR} of tor, by {host}/run/kallskydd-tor/control." in done.stdout
    assert done.stdout.splitlines()[-1].startswith("To do: take the rights away")


def test_a_proc_that_shows_other_accounts_processes_is_found(host):
    _, found = breach(host, before=())

    assert ("kallskydd-smedjebacken", "ludvika", Gain.PROCESSES) in unexpected(found)


def test_a_backup_with_a_key_in_the_clear_is_found_and_a_home_alone_is_walked(host):
    home = host / "var/lib/kallskydd-host/ludvika/home"
    sound, leaking = host / "sound", host / "leaking"
    for backup in (sound, leaking):
        backup.mkdir()
        shutil.copy(home / "kallskydd.db", backup)
        (backup / "keys.sealed").write_text('{"sealed":""}')
    shutil.copy(home / "onion" / "public.key", leaking / "notes.txt")
    shutil.copy(home / "shred.slots", leaking)

    code, found = breach(host, "--of", home, "--backup", sound, "--backup", leaking, before=())

    assert unexpected(found) == {(str(leaking), "its home", gain) for gain in (Gain.ADDRESS_KEYS, Gain.SHARES)}
    assert code == 1
    assert len([walk for walk in found["walks"] if walk["from"] == Start.BACKUP]) == 2


def test_every_start_has_an_expectation_and_none_but_a_trial_has_a_members_key():
    assert {start for start, _ in EXPECTED} == set(Start)
    assert not any(Gain.MEMBER_KEYS in gains for gains in EXPECTED.values())
    assert Gain.MEMBER_KEYS in expected(Start.MACHINE, Target.TENANT, trial=True)
    assert Gain.MEMBER_KEYS not in expected(Start.TENANT, Target.OTHERS, trial=True)
