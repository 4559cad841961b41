"""The row `disk` of `audit live`: what lies under a home, on copies of the kernel's tables and with the answers of programs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from audit.live.checks import disk
from audit.observe.proc import Process, Service
from audit.observe.scene import Scene
from audit.verdict import Inspection


def device(root: Path, name: str, *, dm: str = "", uuid: str = "", below: tuple[str, ...] = ()) -> Path:
    place = root / "sys/devices" / name
    (place / "slaves").mkdir(parents=True)
    if dm:
        (place / "dm").mkdir()
        (place / "dm/name").write_text(dm)
        (place / "dm/uuid").write_text(uuid)
    for one in below:
        (place / "slaves" / one).symlink_to(root / "sys/devices" / one)
    return place


def examined(tmp_path: Path, top: Path | None, **settings: str) -> Inspection:
    home, root = tmp_path / "home", tmp_path / "root"
    home.mkdir(exist_ok=True)
    (root / "sys/dev/block").mkdir(parents=True, exist_ok=True)
    for path, content in settings.items():
        (root / "etc").mkdir(exist_ok=True)
        (root / "etc" / path.replace("_", ".")).write_text(content)
    if top is not None:
        number = home.stat().st_dev
        (root / f"sys/dev/block/{os.major(number)}:{os.minor(number)}").symlink_to(top)
    inspection = Inspection()
    disk.check_disk(inspection, Scene(home, Service(Process(1)), root))
    return inspection


def found(inspection: Inspection) -> str:
    return "\n".join(one.text() for one in inspection.evidence if str(one.verdict) == "finding")


def test_a_plain_file_system_on_an_encrypted_mirror_is_clean_and_its_devices_are_named(tmp_path):
    root = tmp_path / "root"
    device(root, "vda")
    device(root, "drbd0", below=("vda",))
    top = device(root, "dm-0", dm="kallskydd", uuid="CRYPT-LUKS2-x", below=("drbd0",))

    inspection = examined(tmp_path, top)

    assert found(inspection) == ""
    assert str(inspection.verdict) == "clean"
    assert "under the home: dm-0, drbd0, vda" in [one.text() for one in inspection.evidence]


def test_a_mirror_with_its_encryption_below_it_carries_reports_in_the_clear(tmp_path):
    root = tmp_path / "root"
    device(root, "vda")
    device(root, "dm-0", dm="disk", uuid="CRYPT-LUKS2-x", below=("vda",))
    top = device(root, "drbd0", below=("dm-0",))

    assert "drbd0 leads to another machine; what it carries is encrypted above it: no" in found(examined(tmp_path, top))


@pytest.mark.parametrize(
    ("name", "dm", "said"),
    [
        ("dm-1", "vg-home-real", "vg-home-real is part of a snapshot"),
        ("dm-1", "vg-snap-cow", "vg-snap-cow is part of a snapshot"),
        ("dm-1", "vg-pool-tpool", "or of a pool that shares blocks"),
        ("zd16", "", "zd16 is a volume of ZFS"),
        ("nbd0", "", "nbd0 leads to another machine"),
    ],
)
def test_a_snapshot_a_shared_pool_and_a_volume_of_zfs_are_found(tmp_path, name, dm, said):
    root = tmp_path / "root"
    device(root, name, dm=dm, uuid="LVM-x")
    top = device(root, "dm-9", dm="vg-home", uuid="LVM-y", below=(name,))

    assert said in found(examined(tmp_path, top))


@pytest.mark.parametrize("number", sorted(disk._COPYING))
def test_a_file_system_that_keeps_what_is_overwritten_is_found(tmp_path, monkeypatch, number):
    monkeypatch.setattr(disk, "_kind_of", lambda _home: number)

    assert f"the home lies on {disk._COPYING[number]}, which keeps" in found(examined(tmp_path, None))


def test_litestream_is_found_by_its_process_its_folder_and_its_configuration(tmp_path, monkeypatch):
    told = examined(tmp_path, None, litestream_yml=f"dbs:\n  - path: {tmp_path}/home/kallskydd.db\n")
    (tmp_path / "root/etc/litestream.yml").unlink()
    (tmp_path / "home" / ".kallskydd.db-litestream").mkdir()
    left = examined(tmp_path, None)
    monkeypatch.setattr(disk, "program_names", lambda: {"litestream", "sshd"})
    runs = examined(tmp_path, None)

    assert "keep what was erased: /etc/litestream.yml" in found(told)
    assert "keep what was erased: .kallskydd.db-litestream" in found(left)
    assert "keep what was erased: litestream, .kallskydd.db-litestream" in found(runs)


def test_devices_that_cannot_be_seen_are_not_seen_and_enough_for_a_trial(tmp_path):
    real = examined(tmp_path, None)
    (tmp_path / "home" / "TRIAL").touch()
    trial = examined(tmp_path, None)

    assert str(real.verdict) == "not seen"
    assert str(trial.verdict) == "clean"
