"""The two disks of the backups, as systemd-tmpfiles makes their folders: on a host each tenant reaches its own, alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

TMPFILES = Path(__file__).parents[2] / "deploy" / "tmpfiles.d" / "kallskydd.conf"
HOMES, TENANTS = 61_001, 61_002


@pytest.fixture
def disk(tmp_path):
    """A disk with a folder of a tenant, once systemd-tmpfiles has been there; as another account than root only its mode."""
    place = tmp_path / "mnt" / "backup" / "falun"
    place.mkdir(mode=0o700, parents=True)
    (tmp_path / "etc").mkdir()
    number = HOMES if os.geteuid() == 0 else os.geteuid()
    (tmp_path / "etc" / "passwd").write_text(f"kallskydd:x:{number}:{number}::/:/bin/false\n")
    (tmp_path / "etc" / "group").write_text(f"kallskydd:x:{number}:\n")
    if os.geteuid() == 0:
        os.chown(place, TENANTS, TENANTS)
        for folder in (tmp_path, *tmp_path.parents):
            folder.chmod(folder.stat().st_mode | 0o111)
    words = ["systemd-tmpfiles", "--create", "--prefix=/mnt", f"--root={tmp_path}", TMPFILES]
    subprocess.run(words, check=True, capture_output=True)
    return place.parent


def code_of(account: int, *words: str | Path) -> int:
    before = ["setpriv", f"--reuid={account}", f"--regid={account}", "--clear-groups"] if os.geteuid() == 0 else []
    return subprocess.run([*before, *words], check=False, capture_output=True, cwd="/").returncode


def test_the_account_of_a_home_alone_writes_its_backups_there(disk):
    assert code_of(HOMES, "mkdir", disk / "2026-12-01") == 0


def test_a_tenant_passes_through_to_its_own_folder_and_cannot_list_the_others(disk):
    assert disk.stat().st_mode & 0o777 == 0o711
    if os.geteuid() == 0:
        assert code_of(TENANTS, "mkdir", disk / "falun" / "2026-12-01") == 0
        assert code_of(TENANTS, "ls", disk) != 0
        assert code_of(HOMES, "ls", disk / "falun") != 0
