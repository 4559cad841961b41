"""The bad days of a rehearsal: each makes its trouble, looks whether the page says truly what is seen, and follows it."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Final

from rehearsal.hands import ALARM_OUTSIDE, DESKS, HOME, send_join_files, stand_in_for_kernel, wait_until_reached
from rehearsal.outside import tor_ended, watch
from rehearsal.pages import PAGES, Box, section
from rehearsal.reporting import cut_while_filing, hold_nothing_lost
from rehearsal.server import CHECKOUT

from audit.report.certify import Outcome
from audit.report.words import words_in

if TYPE_CHECKING:
    from rehearsal.rehearse import Rehearsal

PAGE: Final = "bad-day.md"
AUDITING: Final = "AUDITING.md"
FAULT: Final = "access-log"
AS_SERVICE: Final = "runuser -u kallskydd -- kallskydd"


def first_day(at: Rehearsal) -> None:
    """From an empty Debian to `Ready to open.`"""
    at.follow("first-day.md")
    at.hold_well()
    at.hold_code()


def an_ordinary_day(at: Rehearsal) -> None:
    """A backup by hand, and a drill with it."""
    at.follow(PAGE, "A day like others")
    at.follow(PAGE, "A drill")


def certified(at: Rehearsal) -> None:
    """The auditor's page is made by the table of AUDITING. Of an hour of self-test one fault is planted, and the page says so."""
    table = (PAGES.parent / AUDITING).read_text()
    for line in re.findall(r"(?m)^\| \d\. [^|]*\| `(?:sudo )?(kallskydd audit [^`]+)`", table):
        words = line.replace("SOURCE", CHECKOUT).replace("HOME", HOME).replace(" --mirror mirror.json", "")
        if " selftest " in words:
            words += f" --only {FAULT}"
        makes = " all " in words
        seen = (words_in("en")[Outcome.REMARKS], "selftest") if makes else ()
        at.do(AUDITING, Box("What to run, in this order", "root", words, int(makes), seen))
    at.hold("the page is there", at.type("root", "test -s page.html")[0] == 0)


def power_cut(at: Rehearsal) -> None:
    """The power goes while the service runs; after the start the disk is locked and nothing of the home is there."""
    watch(at)
    cut_while_filing(at)
    at.server.boot()
    at.outside.must(f"rm -f {ALARM_OUTSIDE}")
    at.outside.tell("systemctl start kallskydd-outside")
    at.hold("the computer outside raises its alarm", at.outside.code(f"test -e {ALARM_OUTSIDE}") == 0)
    stand_in_for_kernel(at)
    at.hold("after the power cut the disk is locked", at.server.code(f"test -e {HOME}") != 0)
    state = at.server.tell("systemctl show -P ActiveState kallskydd").strip()
    at.hold("the service waits for its home", state == "inactive", state)
    at.follow("after-a-restart.md")
    wait_until_reached(at)
    said = at.server.tell("journalctl -b -o cat -u kallskydd")
    at.hold("the journal has the start", "Started kallskydd.service" in said, said)
    hold_nothing_lost(at)


def _fill(at: Rehearsal, folder: str) -> None:
    at.server.must(f"fallocate -l $(($(df --output=avail -B1 {folder} | tail -n 1) - 65536)) {folder}/other")


def full_disk(at: Rehearsal) -> None:
    """Something else fills the home's disk."""
    _fill(at, "/var/lib/kallskydd")
    said = at.server.tell(f"{AS_SERVICE} status --home {HOME}")
    at.hold("`status` says that the disk is full", "NOT disk" in " ".join(said.split()), said)
    at.follow(
        PAGE, "The disk is full", acts={"take away": lambda _: at.server.must("rm /var/lib/kallskydd/other; sync")}
    )


def full_backup_disk(at: Rehearsal) -> None:
    """A full backup disk is no damage of the home."""
    _fill(at, "/mnt/backup")
    said = at.server.tell(
        f'{AS_SERVICE} backup --home {HOME} --to "Lead 1" --to "Handler 2" --out /mnt/backup/full --slots /mnt/slots/full'
    )
    at.hold("the sentence names a full backup disk", "restore" not in said and "space" in said.lower(), said)
    at.server.must("rm -rf /mnt/backup/other /mnt/backup/full /mnt/slots/full; sync")


def missing_disk(at: Rehearsal) -> None:
    """The backup's disk is pulled out; a share of nine days lies on the other."""
    disk = at.server.disks["/dev/vdc"]
    at.server.unplug("/dev/vdc")
    at.server.must(
        "mkdir /mnt/slots/old; touch -d '9 days ago' /mnt/slots/old/share; chown -R kallskydd: /mnt/slots/old"
    )
    at.server.tell("systemctl start kallskydd-backup")
    state = at.server.tell("systemctl show -P ActiveState kallskydd-backup").strip()
    at.hold("without the backup's disk the unit is failed", state == "failed", state)
    at.hold("a share of nine days is gone", at.server.code("test -e /mnt/slots/old/share") != 0, "it is there")
    said = at.server.tell("journalctl -b -u kallskydd-backup")
    at.hold("the journal says so", "Failed with result 'exit-code'" in said, said)
    at.follow(PAGE, "A disk is missing", acts={"plug": lambda _: at.server.plug("/dev/vdc", disk)})


def damaged(at: Rehearsal) -> None:
    """A page of the database and the slots are overwritten; the home is made again from the backup."""
    at.server.must("systemctl stop kallskydd")
    for name, place in (("kallskydd.db", 2), ("shred.slots", 0)):
        at.server.must(f"dd if=/dev/urandom of={HOME}/{name} bs=4096 seek={place} count=4 conv=notrunc 2>&1")
    said = at.server.tell(f"timeout 60 {AS_SERVICE} serve --public --home {HOME}")
    at.hold("a damaged home says so", "does not read" in said or "missing or damaged" in said, said)
    at.hold("it names the one way that works", "kallskydd restore" in " ".join(said.split()), said)
    at.follow(PAGE, "Something is damaged")
    at.follow(PAGE, "The disk is lost")
    at.hold_open()
    wait_until_reached(at)
    # The backup was made after the last report.
    hold_nothing_lost(at)


def another_host(at: Rehearsal) -> None:
    """The home moves to a second server, to which the two disks are carried."""
    old, other = at.server, at.other
    if other is None:
        raise ValueError("there is no other server")
    at.server = other
    at.follow("first-day.md", until="4.", without="mkfs.ext4 -L")
    at.server = old
    at.places = {"root": old, "new host": other, "old host": old}

    def carry(_: Rehearsal) -> None:
        for name in ("/dev/vdc", "/dev/vdd"):
            old.must(f"umount {name}")
            disk = old.disks[name]
            old.unplug(name)
            other.plug(name, disk)
        other.must(f"mkdir -p {DESKS}")
        shutil.copytree(f"/proc/{old.leader}/root{DESKS}", f"/proc/{other.leader}/root{DESKS}", dirs_exist_ok=True)
        at.server = other

    at.follow(PAGE, "Another host", acts={"carry": carry})
    at.hold_open()
    wait_until_reached(at)
    hold_nothing_lost(at)
    at.follow(PAGE, "A host is retired")
    at.places = {}


def new_version(at: Rehearsal) -> None:
    """A home with a word of an earlier version is upgraded, rolled back, upgraded and kept."""
    at.server.must(f"sed -i 's/^\\[\\[other_contacts\\]\\]/[[ways]]/' {HOME}/config.toml")
    new, start, keep, back = section(PAGE, "A new version")
    at.places = dict.fromkeys(("new version", "roll back"), at.server)
    for box, without in ((new, "§"), (back, "§"), (new, "make -C"), (start, "§"), (keep, "§")):
        at.do(PAGE, box, without)
    at.hold_open()
    wait_until_reached(at)


def lost_key(at: Rehearsal) -> None:
    """A member's key is lost."""
    at.words["ID"] = at.words["ID3"]
    at.follow(PAGE, "A member's key is lost")
    at.hold_open()
    wait_until_reached(at)


def seized(at: Rehearsal) -> None:
    """The home is given up, and another one with other addresses is made."""
    at.places = {"new host": at.server}
    before = at.words["DESKS"]

    def another(_: Rehearsal) -> None:
        at.server.must(f"mv {HOME} {HOME}.seized")
        send_join_files(at)

    at.follow(PAGE, "Seized, or broken into", acts={"new host": another})
    said = at.server.tell(f"{AS_SERVICE} roster --home {HOME}")
    at.hold("the addresses are others", "Desks join at: " in said and before not in said, said)


def uninstall(at: Rehearsal) -> None:
    """Nothing of it is left on the server, and the disk's key is gone."""
    at.follow(PAGE, "It is over: uninstall")
    left = at.server.tell("find / -xdev -name '*kallskydd*' -not -path '/srv/*' -not -path '/proc/*'").strip()
    at.hold("nothing of it is left", not left, left)


DAYS: Final = (an_ordinary_day, tor_ended, power_cut, full_disk, full_backup_disk, missing_disk, damaged)
DAYS_WITH_ANOTHER: Final = (another_host, new_version, lost_key, seized, uninstall)
