"""What a restore reads may be no file at all, or far too large; where it writes may be another's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from homes.restore_drill import NOT_WHOLE, Drill
from homes.upkeep import kallskydd


def as_command(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """A process of its own: what waits for ever ends with the test."""
    whole = [sys.executable, "-m", "kallskydd", *map(str, words)]
    return subprocess.run(whole, capture_output=True, text=True, check=False, timeout=10)


@pytest.mark.parametrize("name", ["backup.json", "config.toml", "roster/9.toml"])
def test_a_fifo_in_a_backup_is_refused_and_not_waited_for(drill: Drill, name: str):
    (drill.out / name).unlink(missing_ok=True)
    os.mkfifo(drill.out / name)

    refused = as_command("restore", "--home", drill.new, "--from", drill.out)

    assert refused.returncode == 3
    assert NOT_WHOLE in refused.stderr


def test_a_file_of_a_tebibyte_is_refused_and_not_read_to_its_end(drill: Drill):
    os.truncate(drill.out / "config.toml", 2**40)

    refused = as_command("restore", "--home", drill.new, "--from", drill.out)

    assert refused.returncode == 3
    assert NOT_WHOLE in refused.stderr


def test_a_folder_that_others_can_reach_is_refused(drill: Drill):
    drill.new.mkdir()
    drill.new.chmod(0o777)

    refused = kallskydd("restore", "--home", drill.new, "--from", drill.out, check=False)

    assert refused.returncode == 3
    assert "can be reached by others" in refused.stderr
    assert list(drill.new.iterdir()) == []


def test_a_folder_of_another_account_is_refused(drill: Drill, monkeypatch):
    drill.new.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(drill.new, 65534, 65534)
    else:
        # Nobody else can give a folder away: another account asks for the own one.
        monkeypatch.setattr(os, "geteuid", lambda: drill.new.stat().st_uid + 1)

    refused = kallskydd("restore", "--home", drill.new, "--from", drill.out, check=False)

    assert refused.returncode == 3
    assert "belongs to somebody else" in refused.stderr
    assert list(drill.new.iterdir()) == []
