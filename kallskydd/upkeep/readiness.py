"""The one page before a service opens: each line checked from the home, or answered by the operator.

A line is ok, not yet, or must be answered. What no program can see (whether two people compared words by voice, where
the server stands) is asked, and the answer is kept with its day in `ready.toml` in the home: it says nothing of any
case. An answer older than a year is asked for again. docs/operating/before-you-open.md has the same lines.
"""

from __future__ import annotations

import os
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from cases.audit_chain import ChainBroken, read_records
from cases.home import Home
from cases.roster.chain import read_chain
from kallskydd.finding import Finding
from kallskydd.machine.hidden import processes_are_hidden
from kallskydd.machine.swap import harmful_swap
from kallskydd.upkeep.days import last_backup
from kallskydd.upkeep.disk import is_encrypted
from kallskydd.upkeep.file_system import copying_file_system
from kallskydd.upkeep.tried import is_tried
from kallskydd.upkeep.upgrading import COPY_FOLDER
from trusted.confine.landlock import landlock_abi

ANSWERS_NAME: Final = "ready.toml"
# So old a backup still has shares that desks open.
BACKUP_AT_MOST: Final = timedelta(days=7)
AUDIT_AT_MOST: Final = timedelta(days=2)
ANSWER_HOLDS: Final = timedelta(days=365)


CHECKED: Final = {
    "real": "The home is a real one and no trial.",
    "open": "The roster is in force with two readers at least, and every founding member has signed it.",
    "operator": "The operator has declared to be nobody on the roster.",
    "pages": "The pages name what `config.toml` can say, and somebody looked it through within a year.",
    "swap": "Nothing that a reporter types can be written to swap.",
    "file-system": "What is overwritten on the home's file system is gone.",
    "kernel": "The kernel has Landlock.",
    "processes": "On a host with tenants, accounts do not see each other's processes.",
    "backup": "A backup was made within seven days.",
    "audit": "The last daily audit is of today or yesterday and found nothing.",
    "alarm": "An alarm is configured, and was run where it has to work: by the timer's look.",
    "mirror": "A mirror that is configured has its certificate.",
    "upgrade": "No copy from before an upgrade lies in the home.",
}
ASKED: Final = {
    "disk": "The disk is encrypted, and its key is not on it.",
    "words": "Every member has compared the six words of the roster with another by voice.",
    "test-report": "A member has sent a test report the reporters' way, and it came (`kallskydd desk probe`).",
    "restore": "A restore was tried on another computer, with the answers of two members.",
    "alarm-came": "The alarm that was tried has reached you.",
    "outside": "Another computer looks from outside each hour, and its alarm has reached you.",
    "host": "The server stands outside the municipality's network, accounts and backups.",
    "copies": "Nobody copies the disk or the memory: no snapshots, no backup of the host, no live migration.",
    "records": "No firewall, switch or hoster of yours records who connects to whom.",
    "telephone": "Who answers the telephone knows what its exchange and its bills record.",
    "law": "A lawyer has read the page of the law, and an archivist what must be archived.",
    "counsel": "Two outside lawyers are members, or you have decided that one alone reads what may concern any of you.",
    "leave": "Two readers are there also in July and at Christmas.",
    "bad-day": "Operator and members have read what to do after a seizure or a break-in.",
}


def lines_of(home: Home, day: date) -> tuple[Finding, ...]:
    """Return the whole page."""
    answers = read_answers(home.path)
    checks = {
        "real": _if(not home.trial, "This is a trial, and stays one. Make a home with `kallskydd init`."),
        "open": _why_not_open(home, day),
        "operator": _if(home.config.operator_is_no_member, "Set `operator_is_no_member = true` in config.toml."),
        "pages": _what_pages_lack(home, day),
        "swap": _if(not harmful_swap(), "Swap is on and not encrypted. Switch it off: `swapoff -a`, and /etc/fstab."),
        "file-system": _if(
            copying_file_system(home.path) is None, "It is copy-on-write. Move the home to ext4 or XFS."
        ),
        "kernel": _if(landlock_abi() > 0, "Use Linux 5.13 or later with Landlock switched on."),
        "processes": _if(
            home.config.tor.publisher is None or processes_are_hidden(),
            "Start kallskydd-hidepid.service, or mount /proc with hidepid=invisible.",
        ),
        "backup": _why_no_backup(home, day),
        "audit": _why_no_audit(home, day),
        "alarm": _why_no_alarm(home),
        "mirror": _if(
            home.config.mirror is None or (home.path / "mirror" / "certificate.pem").is_file(),
            "See `kallskydd mirror status`.",
        ),
        "upgrade": _if(not (home.path / COPY_FOLDER).exists(), "Run `kallskydd upgrade --keep` when all is well."),
    }
    checked = [Finding(name, what, checks[name]) for name, what in CHECKED.items()]
    return (*checked, *(_asked(home, name, answers.get(name), day) for name in ASKED))


def standing(line: Finding) -> str:
    """Return what a line comes to, in words."""
    return "ok" if line.well else "you must answer" if line.what in ASKED else "not yet"


def read_answers(home: Path) -> dict[str, date]:
    """Return the answers that were given, by name; none when the file is missing or does not read."""
    try:
        read = tomllib.loads((home / ANSWERS_NAME).read_text("ascii"))
    except (OSError, ValueError):
        return {}
    return {name: day for name, day in read.items() if name in ASKED and isinstance(day, date)}


def keep_answers(home: Path, names: list[str], day: date) -> None:
    """Keep that these were answered with yes on this day. Raises OSError."""
    answers = read_answers(home) | dict.fromkeys(names, day)
    text = "".join(f"{name} = {given.isoformat()}\n" for name, given in sorted(answers.items()))
    descriptor = os.open(
        home / ANSWERS_NAME, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
    )
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)


def _asked(home: Home, name: str, answered: date | None, day: date) -> Finding:
    what = ASKED[name]
    if name == "disk" and is_encrypted(home.path):
        return Finding(name, f"{what} dm-crypt lies under the home.")
    if name == "counsel" and _has_two_counsel(home, day):
        return Finding(name, f"{what} There are two.")
    if answered is None:
        return Finding(name, what, f"If it is so: kallskydd ready --answer {name}")
    if day - answered > ANSWER_HOLDS:
        return Finding(name, what, f"Answered on {answered}, more than a year ago. Look again.")
    return Finding(name, f"{what} Answered on {answered}.")


def _if(well: bool, why_not: str) -> str | None:
    return None if well else why_not


def _why_not_open(home: Home, day: date) -> str | None:
    roster = read_chain(home.roster, day).current
    return _if(roster is not None and roster.is_open, "`kallskydd roster` says what is missing.")


def _has_two_counsel(home: Home, day: date) -> bool:
    roster = read_chain(home.roster, day).current
    return roster is not None and len(roster.counsel) > 1


def _what_pages_lack(home: Home, day: date) -> str | None:
    config = home.config
    given = {
        "contact": config.contact,
        "phone": config.phone,
        "phone_seen_by": config.phone_seen_by,
        "data_protection_contact": config.data_protection_contact,
        "complaint_privacy": config.complaint_privacy,
        "complaint_accessibility": config.complaint_accessibility,
        "updated": config.updated,
    }
    missing = [f"`{key}`" for key, value in given.items() if not value]
    if missing:
        return f"config.toml does not say {', '.join(missing)}."
    is_fresh = config.updated is not None and day - config.updated <= ANSWER_HOLDS
    return _if(is_fresh, "`updated` is more than a year ago. Look it through.")


def _why_no_backup(home: Home, day: date) -> str | None:
    last = last_backup(home.path)
    if last is None:
        return "None was made yet: kallskydd backup."
    return _if(day - last <= BACKUP_AT_MOST, f"The last is of {last}.")


def _why_no_alarm(home: Home) -> str | None:
    if home.config.alarm is None:
        return "None is configured: `[alarm]` in config.toml; docs/OPERATING.md, Being notified of trouble."
    unit = "kallskydd-status" if home.config.tor.publisher is None else f"kallskydd-status@{home.path.parent.name}"
    return _if(is_tried(home.path, home.config.alarm.command), f"Run `systemctl start {unit}` as root, which tries it.")


def _why_no_audit(home: Home, day: date) -> str | None:
    try:
        records = read_records(home.path)
    except (ChainBroken, OSError):
        return "audit.chain does not verify. Show it to an auditor."
    if not records:
        return "None was made yet: the first comes ten minutes after the start."
    last = records[-1]
    if last.findings:
        return f"It found something in {', '.join(last.findings)}. Run `kallskydd audit live`."
    return _if(day - last.day < AUDIT_AT_MOST, f"The last is of {last.day}.")
