"""`kallskydd host`, on a tree of files: accounts and folders by systemd's own programs, and homes by `init`."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from processes.passable import PASSABLE

from cases.home import MOVED_MARK, as_trial
from kallskydd.commands.init import example_config, make_home
from kallskydd.hosting import status, tenants
from kallskydd.hosting.machine import Machine, TenantAccount
from kallskydd.hosting.status import hidden_processes, walls
from kallskydd.hosting.tenants import with_publisher

EXAMPLE = Path(__file__).parents[3] / "kallskydd" / "examples" / "ludvika.toml"


def host(root: Path, *words: str | Path, within: float = 300) -> subprocess.CompletedProcess[str]:
    command = [*PASSABLE, sys.executable, "-m", "kallskydd", "host", "--root", str(root), *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=within, check=False)


def computer(folder: Path) -> Path:
    """A computer on which `make install` has been: the group of tor, and nothing of tenants."""
    folder.chmod(0o755)
    (folder / "etc").mkdir()
    (folder / "var/lib").mkdir(parents=True)
    (folder / "run").mkdir()
    (folder / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
    (folder / "etc/group").write_text("root:x:0:\nkallskydd:x:19990:\n")
    return folder


@pytest.fixture
def root(short_folder):
    return computer(short_folder)


@pytest.fixture(scope="module")
def one_tenant():
    with tempfile.TemporaryDirectory(prefix="kt-") as folder:
        added(computer(Path(folder)), "falun")
        yield Path(folder)


def added(root: Path, name: str) -> subprocess.CompletedProcess[str]:
    done = host(root, "add", name, "--config", EXAMPLE, "--trial", "--json")
    assert done.returncode == 0, done.stderr
    return done


def facts(path: Path) -> tuple[int, int, int]:
    state = path.stat()
    return state.st_uid, state.st_gid, stat.S_IMODE(state.st_mode)


def test_two_tenants_have_accounts_folders_and_homes_of_their_own(root):
    made = {name: json.loads(added(root, name).stdout) for name in ("ludvika", "falun")}
    machine = Machine(root)
    accounts = {name: machine.account(name) for name in made}

    assert len({account.uid for account in accounts.values()}) == 2
    for name, account in accounts.items():
        assert facts(root / f"var/lib/kallskydd-host/{name}") == (account.uid, account.gid, 0o700)
        assert facts(root / f"run/kallskydd-host/{name}") == (0, 19990, 0o710)
        folder = facts(root / f"run/kallskydd-publisher/{name}")
        assert (folder[1], folder[2]) == (account.gid, 0o710)
        assert folder[0] not in {0, account.uid}
        # Not one file of the home is another's, or can be reached by another account.
        for path in (machine.home(name), *machine.home(name).rglob("*")):
            assert path.lstat().st_uid == account.uid, path
            assert not stat.S_IMODE(path.lstat().st_mode) & 0o077, path
        config = (machine.home(name) / "config.toml").read_text()
        assert config.endswith(f'\n[tor]\npublisher = "/run/kallskydd-publisher/{name}"\n')
        assert walls(machine, name).well, walls(machine, name)
    assert len({one["public"] for one in made.values()}) == 2


def test_the_list_of_tenants_opens_no_file_of_theirs(root):
    made = {name: json.loads(added(root, name).stdout) for name in ("ludvika", "falun", "mora")}
    machine = Machine(root)
    hanging, linked = (machine.home(name) / "onion" / "public.key" for name in ("falun", "mora"))
    for path in (hanging, linked):
        path.unlink()
    os.mkfifo(hanging)
    linked.symlink_to(machine.home("ludvika") / "onion" / "public.key")
    (machine.home("mora") / MOVED_MARK).touch()

    listed, as_json = host(root, "list", within=30), host(root, "list", "--json", within=30)

    assert listed.stdout == "falun\nludvika\nmora  (not served)\n"
    assert json.loads(as_json.stdout) == {"tenants": {"falun": True, "ludvika": True, "mora": False}}
    assert made["ludvika"]["public"] not in listed.stdout + as_json.stdout


def test_what_speaks_against_a_tenant_is_said_and_leaves_nothing(root, tmp_path):
    with_tor = tmp_path / "with-tor.toml"
    with_tor.write_text(EXAMPLE.read_text() + '\n[tor]\ncontrol_socket = "/run/x"\n')
    broken = tmp_path / "broken.toml"
    broken.write_text("nonsense = 1\n")
    added(root, "falun")
    before = {path: path.read_text() for path in (root / "etc").rglob("*") if path.is_file()}

    refused = {
        "a name with a slash": host(root, "add", "../etc", "--config", EXAMPLE, "--trial"),
        "a name that is there": host(root, "add", "falun", "--config", EXAMPLE, "--trial"),
        "a tor of its own": host(root, "add", "mora", "--config", with_tor, "--trial"),
        "no such configuration": host(root, "add", "mora", "--config", tmp_path / "none", "--trial"),
        "a configuration that init refuses": host(root, "add", "mora", "--config", broken, "--trial"),
    }

    assert {why: done.returncode for why, done in refused.items()} == {
        "a name with a slash": 2,
        "a name that is there": 3,
        "a tor of its own": 2,
        "no such configuration": 4,
        "a configuration that init refuses": 3,
    }, {why: done.stderr for why, done in refused.items()}
    assert all(done.stderr.strip() for done in refused.values())
    assert not (root / "var/lib/kallskydd-host/mora").exists()
    after = {path: path.read_text() for path in (root / "etc").rglob("*") if path.is_file()}
    # The copies that tools of accounts leave have a hyphen at the end.
    assert {path: text for path, text in (before.items() ^ after.items()) if not path.name.endswith("-")} == {}


def test_a_computer_with_a_home_of_its_own_gets_no_tenant(root):
    (root / "var/lib/kallskydd/home").mkdir(parents=True)

    done = host(root, "add", "falun", "--config", EXAMPLE, "--trial")

    assert done.returncode == 3
    assert not (root / "etc/sysusers.d").exists()


def test_a_home_that_is_open_is_removed_only_when_told_to_destroy_it_and_its_keys_go_first(root):
    added(root, "falun")
    home = Machine(root).home("falun")
    kept = root / "kept"
    # A second name for the same bytes: what the removal leaves on the disk of the file that it takes away.
    os.link(home / "onion" / "public.key", kept)
    os.link(home / "shred.slots", root / "slots")
    before = kept.read_bytes(), (root / "slots").read_bytes()

    refused = host(root, "remove", "falun")
    assert refused.returncode == 3
    assert home.exists()
    done = host(root, "remove", "falun", "--destroy")

    assert done.returncode == 0, done.stderr
    assert kept.read_bytes()[32:] != before[0][32:]
    assert (root / "slots").read_bytes() != before[1]
    assert len((root / "slots").read_bytes()) == len(before[1])
    assert Machine(root).account("falun") is None
    assert not [path for path in root.rglob("*") if "falun" in path.name]
    assert host(root, "list").stdout == ""


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        ("var/lib/kallskydd-host", 0o755),
        ("var/lib/kallskydd-host/falun", 0o750),
        ("run/kallskydd-host/falun", 0o770),
        ("run/kallskydd-publisher/falun", 0o711),
    ],
)
def test_status_names_a_wall_that_is_open(one_tenant, path, mode):
    was = stat.S_IMODE((one_tenant / path).stat().st_mode)
    assert walls(Machine(one_tenant), "falun").well
    (one_tenant / path).chmod(mode)

    finding = walls(Machine(one_tenant), "falun")

    (one_tenant / path).chmod(was)
    assert not finding.well
    assert str(one_tenant / path) in finding.words


def test_status_names_an_account_in_tors_group(one_tenant):
    group = one_tenant / "etc/group"
    was = group.read_text()
    group.write_text(was.replace("kallskydd:x:19990:", "kallskydd:x:19990:kallskydd-falun"))

    finding = walls(Machine(one_tenant), "falun")

    group.write_text(was)

    assert not finding.well
    assert "kallskydd" in finding.words


def test_status_says_when_the_tenants_disk_has_no_room_for_files(one_tenant, monkeypatch):
    said = set()
    for free in (1, 4 * 2**30 - 1, 4 * 2**30, 2**40):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: shutil._ntuple_diskusage(2**41, 0, free))
        found = status.disk(Machine(one_tenant))
        said.add((found.well, found.words))

    assert sorted(said) == [
        (False, "Less than 4 GiB are free: tenants refuse files, now and then or all of them, and take text."),
        (True, "4 GiB or more are free."),
    ]


@pytest.mark.parametrize(
    ("mounts", "well"),
    [
        ("proc /proc proc rw,relatime 0 0\n", False),
        ("proc /proc proc rw,relatime,hidepid=invisible 0 0\n", True),
        ("proc /proc proc rw,hidepid=2 0 0\n", True),
        ("proc /proc proc rw,hidepid=noaccess 0 0\n", False),
        ("proc /proc proc rw,hidepid=invisible 0 0\nproc /proc proc rw 0 0\n", False),
        ("", False),
    ],
)
def test_status_says_whether_accounts_see_each_others_processes(tmp_path, mounts, well):
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/mounts").write_text(mounts)

    assert hidden_processes(Machine(tmp_path)).well is well


def test_a_tenant_that_starts_has_its_hourly_look_and_one_that_moves_has_no_timer(monkeypatch):
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(Machine, "systemctl", lambda _machine, *words, **_more: asked.append(words) or "")
    monkeypatch.setattr(Machine, "account", lambda _machine, name: TenantAccount(f"kallskydd-{name}", 20_001, 20_001))
    monkeypatch.setattr(Machine, "as_account", lambda *_words: 0)

    assert tenants.start(Machine(), ["falun"]) == []
    assert ("enable", "--now", "kallskydd-host-status.timer") in asked
    assert asked[-2:] == [
        ("start", "kallskydd@falun.service"),
        ("enable", "--now", "kallskydd-status@falun.timer"),
    ]
    tenants.move(Machine(), "falun", [])
    assert asked[-2:] == [
        ("disable", "--now", "kallskydd-status@falun.timer", "kallskydd-backup@falun.timer"),
        ("stop", "kallskydd@falun.socket", "kallskydd@falun.service"),
    ]


def test_a_tenant_that_was_made_and_does_not_start_is_a_finding(root, monkeypatch):
    monkeypatch.setattr(tenants, "start", lambda _machine, names: names)
    monkeypatch.setattr(Machine, "as_account", lambda *_words: 0)

    assert tenants.add(Machine(root), tenants.NewTenant("falun", EXAMPLE, (), ("--trial",))) == 1


def test_the_publishers_folder_is_added_to_a_configuration():
    assert with_publisher("a = 1\n", "falun").endswith('a = 1\n\n[tor]\npublisher = "/run/kallskydd-publisher/falun"\n')


def test_a_tenants_home_is_not_served_without_the_sockets_of_its_unit(short_folder):
    home = short_folder / "home"
    make_home(home, as_trial(with_publisher(example_config(trial=True), "falun")), [], trial=True)

    done = subprocess.run(
        [sys.executable, "-m", "kallskydd", "serve", "--public", "--home", str(home)],
        capture_output=True, text=True, timeout=60, check=False,
        # Of another process: a keeper takes no sockets that were not meant for it.
        env={**os.environ, "LISTEN_FDS": "3", "LISTEN_PID": "1"},
    )  # fmt: skip

    assert done.returncode == 3
    assert "its unit makes its sockets" in done.stderr
