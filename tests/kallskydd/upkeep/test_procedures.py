"""The bad days of docs/operating, their lines run as they stand there: by a shell, the operator's and two members'.

Of the lines only the places are others here. `runuser` runs what follows, and `systemctl` is a script that starts and stops the real service on
this computer, with tor kept off the network, and runs the lines of the timers' units under their filters
(oneshot.py); members reach the service by its socket, since no onion is up.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from desks.harness import PASSPHRASE
from homes.upkeep import (
    member_desk,
    real_day,
    real_home,
)
from processes.service import offline_network
from processes.terminal import typed
from rehearsal.pages import Box, section, steps

from cases.backup.files import MANIFEST_NAME, Manifest, read_file
from cases.home import read_home
from cases.roster.chain import read_chain
from cases.roster.member import make_join
from onion.keys import read_onion_key

PAGE = "bad-day.md"
TYPED = {"Passphrase: ": PASSPHRASE, "The same again: ": PASSPHRASE, "yes/no\r\n": "yes"}
# With real systemd, disks and accounts by `make rehearsal`; of a tenant's, tests/kallskydd/hosting tries the commands.
REHEARSED = {
    "A drill", "A look from outside", "An alarm from outside", "The disk is full", "A disk is missing", "Something is damaged", "A tenant leaves",
    "It is over: uninstall",
}  # fmt: skip
SHELL = """#!/bin/sh
case "$2" in enrol|open-backup) ;; *) set -- "$@" $REACH ;; esac
exec {python} -m kallskydd "$@"
"""
NOTHING = "#!/bin/sh\n"  # as root, by `make rehearsal`
RUNUSER = """#!/bin/sh
shift 3
exec "$@"
"""
UNITS = Path(__file__).parents[3] / "deploy" / "systemd"
ONESHOT = Path(__file__).parents[2] / "support" / "processes" / "oneshot.py"
# Of the document and the units, and the folder of the test that stands for each.
PLACES = {
    "/var/lib/kallskydd/home": "h",
    "/var/lib/kallskydd/posters": "posters",
    "/mnt/backup": "b",
    "/mnt/slots": "s",
    "/etc/kallskydd": "e",
}
SYSTEMCTL = """#!/bin/sh
case "$*" in
  start*-backup) exec {python} {oneshot} {units}/kallskydd-backup.service {places} ;;
  *start*|*enable*)
    [ -f {folder}/pid ] && exit 0
    setsid {python} -m kallskydd serve --home {home} --tor-network {network} --json > {folder}/log 2>&1 < /dev/null &
    echo $! > {folder}/pid
    for _ in $(seq 300); do grep -q '"code": "ready"' {folder}/log && exit 0; sleep 0.2; done
    cat {folder}/log; exit 1 ;;
  *stop*|*disable*)
    [ -f {folder}/pid ] || exit 0
    kill "$(cat {folder}/pid)" 2> /dev/null
    while kill -0 "$(cat {folder}/pid)" 2> /dev/null; do sleep 0.1; done
    rm {folder}/pid ;;
esac
"""


@dataclass
class Computers:
    """The operator's and the members' computers, as folders; the three places of the document among them."""

    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "h"

    def make(self) -> None:
        programs = self.folder / "bin"
        programs.mkdir()
        network = offline_network(self.folder / "net")
        for name, text in (
            ("kallskydd", SHELL),
            ("systemctl", SYSTEMCTL),
            ("runuser", RUNUSER),
            ("mount", NOTHING),
            ("chown", NOTHING),
        ):
            here = {"python": sys.executable, "home": self.home, "network": network, "folder": self.folder}
            moved = [f"{place}={self.folder / name}" for place, name in PLACES.items()]
            moved.append(f"/opt/kallskydd/bin={programs}")
            here |= {"oneshot": ONESHOT, "units": UNITS, "places": " ".join(moved)}
            (programs / name).write_text(text.format(**here))
            (programs / name).chmod(0o755)
        for name in ("b", "s", "e", "w"):
            (self.folder / name).mkdir()

    def run(self, who: str, lines: str, **words: str) -> tuple[int, str]:
        """Run a box in a terminal of its own; the passphrase and yes are typed when asked for."""
        for place, here in PLACES.items():
            lines = lines.replace(place, str(self.folder / here))
        for word, value in words.items():
            lines = re.sub(rf"\b{word}\b", value, lines)
        member = who.removeprefix("member ") if who.startswith("member ") else None
        environment = {
            **os.environ,
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "HOME": str(self.folder / "w"),
            "XDG_DATA_HOME": str(self.folder / (member or "nobody").replace(" ", "-")),
            "REACH": "" if member is None else f"--socket {self.home / 'run' / 'desk.sock'}",
        }
        done = typed(["bash", "-euc", lines], environment, self.folder / "w", TYPED)
        # Files go from one computer to the other.
        for answer in (self.folder / "w").glob("*.json"):
            shutil.copy(answer, self.folder / "b")
        if (join := self.folder / "w" / "new-key" / "join.toml").exists():
            shutil.copy(join, self.folder / "e" / "new.toml")
        return done

    def follow(self, heading: str, **words: str) -> str:
        """Run every box of a section; each must end well."""
        said = ""
        found = section(PAGE, heading)
        assert found, heading
        for box in found:
            code, output = self.run(box.who, box.lines, **words)
            assert code == box.code, f"{heading}: {box.lines}\n{output}"
            said += output
        return said

    def stop(self) -> None:
        pid = self.folder / "pid"
        if pid.exists():
            number = int(pid.read_text())
            os.kill(number, signal.SIGTERM)
            for _ in range(100):
                if not Path(f"/proc/{number}").exists():
                    return
                time.sleep(0.1)


@pytest.fixture
def computers(short_folder: Path) -> Iterator[Computers]:
    made = Computers(short_folder)
    made.make()
    yield made
    made.stop()


def test_every_box_of_the_page_belongs_to_a_procedure_that_is_run_here_or_in_the_rehearsal():
    run_here = {
        "A day like others", "The disk is lost", "Another host", "A host is retired", "A new version", "A member's key is lost",
        "Seized, or broken into",
    }  # fmt: skip

    assert {step.section for step in steps(PAGE) if isinstance(step, Box)} == run_here | REHEARSED


def test_the_procedures_are_run_as_they_are_written_one_after_the_other(computers):
    made = real_home(computers.home)
    for number, label in enumerate(("Lead-1", "Handler-2")):
        (computers.folder / label).mkdir()
        member_desk(computers.folder / label / "kallskydd-desk", made, number)
        join = make_join(made.keys[number], label, ("lead", "handler")[number], label.replace("-", " "))
        (computers.folder / "e" / f"{label.lower()}.toml").write_text(join)
    addresses = _addresses(computers.home)

    # A day with a backup, and the day on which the disk is gone.
    old = computers.folder / "s" / "2026-01-01"
    old.write_text("shares of a day long past")
    os.utime(old, (0, 0))
    (computers.folder / "e" / "backup").write_text(f'MEMBERS="{made.keys[0].id} {made.keys[1].id}"\n')
    assert computers.run("root", "systemctl start kallskydd-backup")[0] == 0
    computers.follow("A day like others")
    made_here = sorted((computers.folder / "b").iterdir())
    # By this computer's clock, which may be of another day than Stockholm's.
    assert [path.name for path in made_here] == [time.strftime("%F"), time.strftime("%F-2")]
    assert sorted(path.name for path in (computers.folder / "s").iterdir()) == [path.name for path in made_here]
    newest = read_file(made_here[-1] / MANIFEST_NAME, Manifest).id
    shutil.rmtree(computers.home)
    restored = computers.follow("The disk is lost")
    assert f"Restored from the backup of {real_day()}, same addresses." in restored
    assert newest in (computers.home / "restored").read_text()
    assert _addresses(computers.home) == addresses

    # The restored service runs: its roster changes, signed at two desks.
    computers.follow("A member's key is lost", ID=made.keys[2].id)
    roster = read_chain(computers.home / "roster", real_day()).current
    assert (roster.version, [one.label for one in roster.members]) == (3, ["Lead 1", "Handler 2", "Handler 4"])

    # The move: the new host's home lies where the old one was, which is kept for its own procedure.
    said = ""
    for box in section(PAGE, "Another host"):
        if box.who == "new host" and not (computers.folder / "old").exists():
            computers.home.rename(computers.folder / "old")
        code, output = computers.run(box.who, box.lines)
        assert code == 0, output
        said += output
    assert "This home is closed for good" in said
    assert "Restored from the package of" in said
    assert _addresses(computers.home) == addresses

    computers.home.rename(computers.folder / "new")
    (computers.folder / "old").rename(computers.home)
    computers.follow("A host is retired")
    assert [path for path in computers.home.rglob("*") if path.is_file()] == []
    shutil.rmtree(computers.home)
    (computers.folder / "new").rename(computers.home)

    # Seized: what was there is left, and another home is made with other addresses.
    for box in section(PAGE, "Seized, or broken into"):
        if box.who == "new host":
            computers.home.rename(computers.folder / "seized")
        code, output = computers.run(box.who, box.lines)
        assert code == 0, output
    assert not set(_addresses(computers.home)) & set(addresses)
    assert list((computers.folder / "posters").iterdir())


def test_an_upgrade_from_the_first_version_and_back(computers):
    with tarfile.open(Path(__file__).parents[2] / "support" / "first_home" / "home.tar.xz") as archive:
        archive.extractall(computers.folder, filter="data")
    (computers.folder / "home").rename(computers.home)
    for folder in ("", "onion", "roster", "run", "tor"):
        (computers.home / folder).chmod(0o700)
    before = (computers.home / "config.toml").read_bytes()
    boxes: dict[str, str] = {}
    for box in section(PAGE, "A new version"):
        boxes[box.who] = boxes.get(box.who, "") + box.lines.replace("make -C /srv/kallskydd install\n", "")

    upgraded = computers.run("root", boxes["root"])
    back = computers.run("root", boxes["roll back"])
    is_back = (computers.home / "config.toml").read_bytes() == before
    again = computers.run("root", boxes["root"])
    started = computers.run("root", boxes["new version"])

    assert [code for code, _ in (upgraded, back, again, started)] == [0, 0, 0, 0], (upgraded, back, again, started)
    assert "Checked: the database is whole" in upgraded[1]
    assert is_back
    assert "The copy from before is destroyed" in started[1]
    assert read_home(computers.home).config.authorities


def test_the_page_before_opening_is_run_as_written(computers):
    real_home(computers.home)
    (box,) = (step for step in steps("before-you-open.md") if isinstance(step, Box))

    code, output = computers.run(box.who, box.lines)

    # A new home has lines left.
    assert code == 1
    assert "you must answer" in output


def _addresses(home: Path) -> list[str]:
    return [read_onion_key(home / "onion" / name).address for name in ("public.key", "desk.key")]
