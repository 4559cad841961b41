"""A real home is not made where what is overwritten stays, unless the operator names that cost."""

from __future__ import annotations

import os
import struct

import pytest
from homes.upkeep import kallskydd
from processes.service import EXAMPLE

from cases.roster.member import make_join, new_member_keys
from kallskydd.machine import file_system
from kallskydd.upkeep.file_system import CONSENT


@pytest.mark.parametrize(("kind", "name"), file_system.COPYING.items())
def test_the_kernels_number_of_each_is_told_apart_from_ext4_xfs_and_tmpfs(kind, name):
    in_place = (0xEF53, 0x58465342, 0x01021994)

    assert file_system.COPYING.get(file_system.kind_in(struct.pack("=q", kind) + bytes(112))) == name
    assert [
        one for one in in_place if file_system.kind_in(struct.pack("=q", one) + bytes(112)) in file_system.COPYING
    ] == []


def test_the_kernel_is_asked_of_the_folder_itself(tmp_path):
    assert file_system.file_system_of(tmp_path) is None
    with pytest.raises(FileNotFoundError):
        file_system.file_system_of(tmp_path / "none")


def test_root_makes_no_home_in_the_folder_of_the_services_account(short_folder, monkeypatch):
    folder = short_folder / "other"
    folder.mkdir()
    owner = os.geteuid() or 65534
    os.chown(folder, owner, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    refused = kallskydd("init", "--trial", "--home", folder / "home", check=False)

    assert refused.returncode == 3
    assert f"Run it as that account, with the same words: runuser -u $(id -un {owner}) --" in refused.stderr
    assert not (folder / "home").exists()


def test_init_refuses_a_copy_on_write_file_system_for_a_real_home_alone(short_folder, monkeypatch):
    # No such file system can be mounted where tests run: the kernel's answer for this one is given its name.
    real = file_system.kind_in
    monkeypatch.setattr(file_system, "kind_in", lambda answer: 0x9123683E if real(answer) else 0)
    join = short_folder / "a.toml"
    join.write_text(make_join(new_member_keys(), "Anna", "handler", "Anna"))
    words = ("init", "--member", join, "--operator-is-no-member", "--config", EXAMPLE)

    refused = kallskydd(*words, "--home", short_folder / "one", check=False)
    agreed = kallskydd(*words, "--home", short_folder / "two", CONSENT, check=False)
    trial = kallskydd("init", "--trial", "--home", short_folder / "three", check=False)

    assert refused.returncode == 3
    assert "Btrfs" in refused.stderr
    assert CONSENT in refused.stderr
    assert not (short_folder / "one").exists()
    assert (agreed.returncode, trial.returncode) == (0, 0)
    assert CONSENT == "--erased-reports-may-stay-on-this-disk"
