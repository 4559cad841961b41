"""What the timer of the daily backup runs, also a second time on one day; and a file that is missing is named."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from homes.upkeep import real_day, real_home
from processes.service import kallskydd, offline_network, trial_home
from processes.unit_filter import settings

UNITS = Path(__file__).parents[3] / "deploy" / "systemd"


@pytest.mark.parametrize(
    ("unit", "home"),
    [
        ("kallskydd-backup.service", "/var/lib/kallskydd/home"),
        ("kallskydd-backup@.service", "/var/lib/kallskydd-host/falun/home"),
    ],
)
def test_the_unit_makes_a_second_backup_on_one_day(short_folder, unit, home):
    made = real_home(short_folder / "home")
    (line,) = settings(UNITS / unit)["ExecStart"]
    words = shlex.split(line.replace("%i", "falun").replace("$$", "$").replace("%%", "%"))
    places = {
        home: str(short_folder / "home"),
        "/mnt": str(short_folder),
        "/opt/kallskydd/bin/kallskydd": sys.executable + " -m kallskydd",
    }
    for path, here in places.items():
        words = [word.replace(path, here) for word in words]
    folders = [short_folder / top / ("falun" if "@" in unit else "") for top in ("backup", "slots")]
    for folder in folders:
        folder.mkdir(parents=True)
    # The folders bear the day of the computer's own zone: here the municipality's, so that the test holds before midnight.
    given = {
        **os.environ,
        "MEMBERS": " ".join(member.id for member in made.members[:2]),
        "TZ": "CET-1CEST,M3.5.0,M10.5.0/3",
    }

    done = [subprocess.run(words, env=given, capture_output=True, text=True, check=False) for _ in range(3)]

    assert [one.returncode for one in done] == [0, 0, 0], done[-1].stderr
    day = real_day().isoformat()
    # The newest is the last by name, as the lines of a restore look for it.
    for folder in folders:
        assert sorted(one.name for one in folder.iterdir()) == [day, f"{day}-2", f"{day}-3"]


def test_a_key_that_is_missing_is_named(short_folder):
    served, copied = trial_home(short_folder / "trial"), real_home(short_folder / "home")
    to = [word for member in copied.members[:2] for word in ("--to", member.id)]
    network = offline_network(short_folder / "net")

    for home, words in (
        (served, ("serve", "--tor-network", network)),
        (copied.home.path, ("backup", "--out", short_folder / "out", *to)),
    ):
        key = home / "onion" / "public.key"
        key.unlink()
        done = kallskydd(*words, "--home", home, check=False)
        assert done.returncode == 4
        assert f"No such file or directory: {key}" in done.stderr
