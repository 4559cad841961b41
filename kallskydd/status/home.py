"""The lines of `kallskydd status` that are read from the home and the program: nothing here asks tor or the network.

No sentence follows from a report, except where reports fill the disk: what is free and what waits for a release is
above a bound or below it, never a number of bytes. The slots are judged by their age and their shape, which a heartbeat
gives them with and without reports; what waits to be erased is asked after by the daily work as a whole, which is done
each day also when nothing waits; and a backup has the day that its timer chose.
"""

from __future__ import annotations

import os
import re
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from cases.audit_chain import ChainBroken, read_records
from cases.home import Home
from cases.roster.chain import read_chain
from kallskydd.finding import Finding
from kallskydd.hosting.machine import TENANTS
from kallskydd.say import count
from kallskydd.serve.notes import read_notes
from kallskydd.serve.why_not_open import why_not_open
from kallskydd.upkeep.days import last_backup
from trusted.case.clock import due_day, today
from trusted.case.errors import StoreFault
from trusted.store.db import SLOTS_NAME
from trusted.store.shred import SHARE_BYTES
from trusted.store.usage import disk_use_from_outside

OLDEST_PLAUSIBLE_YEAR: Final = 2026  # a clock before this program was written is wrong, and tor will not work with it
# A heartbeat of ten minutes (intake.daily), and what a filing that is being written may hold it up.
SLOTS_STALE: Final = timedelta(minutes=12)
# 06:00 and the time that a large release takes.
DAILY_PATIENCE: Final = timedelta(hours=1)
# The timer makes one each day: one may be missed, by a computer that was off or a disk that was away, and not two.
BACKUP_STALE: Final = timedelta(days=2)
# Where `systemctl enable` makes a link to kallskydd-backup.timer or to a tenant's, and the home that the unit of the
# first copies (deploy/systemd).
BACKUP_TIMERS: Final = Path("/etc/systemd/system/timers.target.wants")
TIMED_HOME: Final = Path("/var/lib/kallskydd/home")
# Libraries that read what strangers send have a fault to be mended every month or two.
LOCK_STALE: Final = timedelta(days=90)
_LOCK_NAME: Final = "requirements.lock"
_LOCK_DAY: Final = re.compile(r"# (\d{4}-\d\d-\d\d)\n")
_PUT_BACK: Final = "Stop the service and make the home again with `kallskydd restore`: docs/operating/bad-day.md."
_SHOW_AUDITOR: Final = "Keep the file audit.chain, and show it to an auditor."
_MAKE_ROOM: Final = "Make room on the disk of the home, or give it a larger one; files are then taken by themselves."
_WAIT_FOR_RELEASE: Final = (
    "Wait for 06:00: they are taken again after the release. If it goes on day after day, somebody sends them to fill"
    " the disk: docs/OPERATING.md, When somebody fills the disk."
)
_NO_TIMER: Final = "No timer makes it."
_BACK_UP: Final = "Look whether both disks of the backup are there and have room, and run `systemctl start {unit}`."


def disk(home: Home) -> Finding:
    """Whether files are taken, and why not: by the bounds that the intake goes by."""
    bounds = home.config.file_bounds
    try:
        use = disk_use_from_outside(home.path)
    except StoreFault:
        words = "The database of the home does not read, so nothing is known of what waits in it."
        return Finding("disk", words, "Look at the permissions of the home, and start the service.")
    if use.fullness(bounds) <= 0:
        words = f"Files are taken: {_size(2 * bounds.reserve)} or more are free, and of "
        return Finding("disk", f"{words}{_size(bounds.waiting)} that may wait less than half do.")
    is_refused = "No file is taken" if use.fullness(bounds) >= 1 else "Files are refused now and then"
    if use.free < 2 * bounds.reserve:
        least = bounds.reserve if use.free <= bounds.reserve else 2 * bounds.reserve
        words = f"{is_refused}: less than {_size(least)} are free, of which {_size(bounds.reserve)} are kept for text."
        return Finding("disk", words, _MAKE_ROOM)
    part = "all" if use.fullness(bounds) >= 1 else "half or more"
    words = f"{is_refused}: of {_size(bounds.waiting)} that may wait for a release {part} do. Text is taken."
    return Finding("disk", words, _WAIT_FOR_RELEASE)


def _size(amount: int) -> str:
    return f"{amount // 2**30} GiB" if amount % 2**30 == 0 else f"{amount // 2**20} MiB"


def clock(now: datetime) -> Finding:
    """Whether it can be the time that it says."""
    day = today(lambda: now)
    to_do = None if day.year >= OLDEST_PLAUSIBLE_YEAR else "Set the clock; tor reaches nothing with a wrong one."
    return Finding("clock", f"It is {day.isoformat()} in Stockholm.", to_do)


def slots(home: Home, now: datetime) -> Finding:
    """Whether the file of shares is whole, and was written by the last heartbeat."""
    try:
        state = (home.path / SLOTS_NAME).lstat()
    except OSError:
        return Finding("slots", "shred.slots is missing: no case can be read.", _PUT_BACK)
    if state.st_size == 0 or state.st_size % SHARE_BYTES:
        return Finding("slots", "shred.slots is not whole.", _PUT_BACK)
    if now - datetime.fromtimestamp(state.st_mtime, UTC) > SLOTS_STALE:
        words = "shred.slots was not written by the last heartbeat, which writes it every ten minutes."
        to_do = "Start the service, or look whether its disk can be written."
        return Finding("slots", words, to_do)
    return Finding("slots", "shred.slots is whole, and was written by the last heartbeat.")


def daily_work(home: Home, now: datetime) -> Finding:
    """Whether all that was due was released and erased, be it nothing."""
    done = read_notes(home.run).daily
    if done is not None and done >= due_day(now - DAILY_PATIENCE):
        return Finding("daily work", "All that was due to be released and erased is done.")
    words = "The daily work (release and erasing, if anything is due) was not done at the last 06:00."
    to_do = "Restart the service, which does it at once; if this stays, look at disk and slots."
    return Finding("daily work", words, to_do)


def roster(home: Home, now: datetime) -> Finding:
    """Whether the service is open, and by which version."""
    chain = read_chain(home.roster, today(lambda: now))
    if chain.current is None:
        words = "Not in force, so the service is not open."
        return Finding("roster", words, why_not_open(chain))
    if not chain.current.is_open:
        words = f"Version {chain.current.version}. The service is not open."
        return Finding("roster", words, why_not_open(chain))
    words = f"Version {chain.current.version}, {count(len(chain.current.readers), 'reader')}."
    return Finding("roster", words)


def audit(home: Home) -> Finding:
    """Return the last of the daily audits, and the head that the members' desks show."""
    try:
        records = read_records(home.path)
    except (ChainBroken, OSError):
        return Finding("audit", "The chain of daily audits was changed.", _SHOW_AUDITOR)
    if not records:
        return Finding("audit", "None yet: the first is made ten minutes after the start.")
    last = records[-1]
    if last.findings:
        words = f"{last.day}: something found in {', '.join(last.findings)}."
        return Finding("audit", words, "Run `kallskydd audit live`.")
    words = f"{last.day}: {last.clean} checks clean, {len(last.not_seen)} not seen, head {last.head.hex()[:16]}."
    return Finding("audit", words)


def backup(home: Home, now: datetime, *, is_timed: bool) -> Finding:
    """How old the last backup is. Where a timer makes one each day, an old one is not well."""
    last, day = last_backup(home.path), today(lambda: now)
    if last is None:
        words = "None was made yet."
    elif last > day:
        words = f"The last is of {last.isoformat()}, a day still to come."
    else:
        words = f"The last is of {last.isoformat()}, {count((day - last).days, 'day')} ago."
    if not is_timed:
        return Finding("backup", f"{words} {_NO_TIMER}")
    # One of a day to come is of a clock that was ahead, and must not hide that none is made.
    is_fresh = last is not None and timedelta(0) <= day - last <= BACKUP_STALE
    return Finding("backup", words, None if is_fresh else _BACK_UP.format(unit=_backup_unit(home)))


def is_backed_up_by_timer(home: Home) -> bool:
    """Whether the timer that makes a backup of this home each day is enabled on this computer."""
    is_placed = home.path == TIMED_HOME or _is_of_a_tenant(home)
    return is_placed and os.path.lexists(BACKUP_TIMERS / f"{_backup_unit(home)}.timer")


def _is_of_a_tenant(home: Home) -> bool:
    return home.path.parent.parent == TENANTS


def _backup_unit(home: Home) -> str:
    return f"kallskydd-backup@{home.path.parent.name}" if _is_of_a_tenant(home) else "kallskydd-backup"


def libraries(now: datetime, place: Path | None = None) -> Finding:
    """How old the list of libraries is that this program was made from."""
    made = lock_day(place)
    if made is None:
        words = "requirements.lock is not with this program, or does not say its day."
        return Finding("libraries", words, "Install again from the source with `make install`.")
    words = f"Chosen on {made.isoformat()}."
    if today(lambda: now) - made <= LOCK_STALE:
        return Finding("libraries", words)
    to_do = "Take a newer version of the program, or choose newer libraries with `make upgrade`, and install it."
    return Finding("libraries", f"{words} That is more than {LOCK_STALE.days} days ago.", to_do)


def lock_day(place: Path | None = None) -> date | None:
    """Return the day in the first line of the lock file: of the checkout, else of the installation."""
    places = (Path(__file__).parents[2], Path(sys.prefix) / "share") if place is None else (place,)
    for folder in places:
        try:
            with (folder / _LOCK_NAME).open(encoding="utf-8") as file:
                found = _LOCK_DAY.match(file.readline(100))
            return None if found is None else date.fromisoformat(found[1])
        except (OSError, ValueError):
            continue
    return None
