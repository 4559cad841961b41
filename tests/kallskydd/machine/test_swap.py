"""What was typed must not reach a disk by way of swap: when that is harmless, and that a real home refuses otherwise."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from processes.service import KALLSKYDD, kallskydd, offline_network, trial_home

from audit.observe.proc import Process, Service
from audit.observe.scene import Scene
from audit.observe.swap import swap_places
from kallskydd.machine.swap import harmful_swap, readable_swap

HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
NAMESPACE = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]


def computer(folder: Path, swaps: str, files: dict[str, str]) -> Path:
    """Copies of what the kernel would show of a computer."""
    for name, text in {"proc/swaps": HEAD + swaps, "proc/self/cgroup": "0::/a/b\n", **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


HARMLESS = {
    "none": ("", {}),
    "zram": ("/dev/zram0 partition 1 0 100\n", {"sys/class/block/zram0/backing_dev": "none\n"}),
    "dm-crypt": ("/dev/dm-1 partition 1 0 -2\n", {"sys/class/block/dm-1/dm/uuid": "CRYPT-PLAIN-swap\n"}),
    "a volume on dm-crypt": (
        "/dev/dm-2 partition 1 0 -2\n",
        {"sys/class/block/dm-2/dm/uuid": "LVM-x\n", "sys/class/block/dm-2/slaves/dm-0/dm/uuid": "CRYPT-LUKS2-y\n"},
    ),
}
HARMFUL = {
    "a partition": ("/dev/sda2 partition 1 0 -2\n", {"sys/class/block/sda2/size": "1\n"}),
    "a file": ("/swapfile file 1 0 -2\n", {"swapfile": ""}),
    "zram that writes back": ("/dev/zram0 partition 1 0 100\n", {"sys/class/block/zram0/backing_dev": "/dev/sda3\n"}),
    "a plain volume": (
        "/dev/dm-2 partition 1 0 -2\n",
        {"sys/class/block/dm-2/dm/uuid": "LVM-x\n", "sys/class/block/dm-2/slaves/sda2/size": "1\n"},
    ),
    "one of two": (
        "/dev/zram0 partition 1 0 9\n/dev/sdb1 partition 1 0 -2\n",
        {"sys/class/block/zram0/backing_dev": "none\n"},
    ),
}


def seen_by_the_audit(root: Path) -> list[str]:
    scene = Scene(root, Service(Process(1)), root)
    return [place.name for place in swap_places(scene) if place.harmless is None]


@pytest.mark.parametrize("name", HARMLESS)
def test_swap_that_cannot_be_read_on_a_stolen_disk_is_harmless(tmp_path, name):
    root = computer(tmp_path, *HARMLESS[name])

    assert harmful_swap(root) == readable_swap(root) == ()
    assert seen_by_the_audit(root) == []


@pytest.mark.parametrize("name", HARMFUL)
def test_swap_that_could_be_read_is_named(tmp_path, name):
    root = computer(tmp_path, *HARMFUL[name])
    last = HARMFUL[name][0].split("\n")[-2].split()[0]

    assert harmful_swap(root) == (last,)
    assert readable_swap(root) == (last,)
    assert seen_by_the_audit(root) == [last]


def test_a_control_group_that_may_not_swap_makes_it_harmless(tmp_path):
    swaps, files = HARMFUL["a partition"]
    allowed = computer(tmp_path / "1", swaps, {**files, "sys/fs/cgroup/a/memory.swap.max": "max\n"})
    forbidden = computer(tmp_path / "2", swaps, {**files, "sys/fs/cgroup/a/memory.swap.max": "0\n"})

    assert harmful_swap(allowed) == ("/dev/sda2",)
    assert harmful_swap(forbidden) == ()


def serve_beside_swap(home: Path, network: Path, folder: Path) -> subprocess.CompletedProcess:
    """Run serve where the kernel's list of swap names a partition."""
    (folder / "swaps").write_text(HEAD + "/dev/sdz9 partition 1000 0 -2\n")
    steps = 'mount --bind "$1" /proc/swaps; shift; exec "$@"'
    command = [*NAMESPACE, "sh", "-c", steps, "-", str(folder / "swaps"), *KALLSKYDD]
    command += ["serve", "--home", str(home), "--tor-network", str(network), "--json", "--end-with-stdin"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


def test_a_real_home_does_not_open_beside_readable_swap_and_says_what_to_do(short_folder):
    kallskydd("init", "--home", short_folder / "trial", "--trial")
    joins = ["--member", str(short_folder / "trial" / "trial-member" / "join.toml")]
    kallskydd("init", "--home", short_folder / "real", *joins)

    done = serve_beside_swap(short_folder / "real", offline_network(short_folder / "net"), short_folder)

    assert done.returncode == 3
    assert done.stdout == ""
    assert "swap on /dev/sdz9 is not encrypted" in done.stderr
    assert "swapoff" in done.stderr


def test_a_trial_opens_beside_readable_swap_and_says_so(short_folder):
    trial_home(short_folder / "home")

    done = serve_beside_swap(short_folder / "home", offline_network(short_folder / "net"), short_folder)

    assert done.returncode == 0, done.stderr
    assert "swap on /dev/sdz9 is not encrypted" in done.stderr
    assert "This is a trial, so it goes on." in done.stderr
    assert "intake-started" in done.stdout
