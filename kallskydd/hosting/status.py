"""The lines of `kallskydd host status` but that of its alarm: the walls of the host, and whether each tenant is served.

No line follows from a report, except where reports fill the disk: what a tenant takes of memory or processor is not
among them.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cases.config import REAL_RESERVE_MIB
from kallskydd.finding import Finding
from kallskydd.hosting.machine import (
    LISTENERS,
    PUBLISHER_UNIT,
    SOCKETS,
    TENANTS,
    TOR_GROUP,
    TOR_UNIT,
    HostFault,
    Machine,
    TenantAccount,
    account_name,
    unit_of,
)
from kallskydd.hosting.tenants import is_open
from kallskydd.machine.hidden import processes_are_hidden
from onion.publisher.messages import ASK_SOCKET, SOCKS_SOCKET

_START: Final = "kallskydd host start"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Owner, group and mode of one folder."""

    path: Path
    owner: int
    group: int
    mode: int


def look(machine: Machine) -> list[Finding]:
    """Return every line of this host. Raises HostFault, OSError."""
    found = [hidden_processes(machine)]
    if machine.runs:
        found += [_unit(machine, "tor", TOR_UNIT), _unit(machine, "publisher", PUBLISHER_UNIT)]
    tenants = machine.tenants()
    if tenants:
        found.append(disk(machine))
    for name in tenants:
        found.append(walls(machine, name))
        if machine.runs:
            found.append(_unit(machine, name, unit_of(name)) if is_open(machine, name) else _closed(name))
    return found


def hidden_processes(machine: Machine) -> Finding:
    """Whether accounts see each other's processes: when a zygote started would tell when a file came."""
    if processes_are_hidden(machine.root):
        return Finding("processes", "Accounts do not see each other's processes.")
    return Finding(
        "processes",
        "Every account sees when the processes of every other started, and so when a tenant got a file.",
        "Start kallskydd-hidepid.service, or mount /proc with hidepid=invisible.",
    )


def disk(machine: Machine) -> Finding:
    """Whether the one disk of all tenants has room for their files; each has a reserve for text of its own."""
    least = 2 * REAL_RESERVE_MIB // 1024
    if shutil.disk_usage(machine.path(TENANTS)).free >= least * 2**30:
        return Finding("disk", f"{least} GiB or more are free.")
    words = f"Less than {least} GiB are free: tenants refuse files, now and then or all of them, and take text."
    return Finding("disk", words, "Make room on the tenants' disk, or give them a larger one.")


def walls(machine: Machine, name: str) -> Finding:
    """Whether the folders of a tenant have the owners and modes by which it is kept apart, and its account no group."""
    what = f"{name}, walls"
    account = machine.account(name)
    if account is None:
        return Finding(what, f"It has no account {account_name(name)}.", "Add it again.")
    strays = groups_of(machine, account)
    if strays:
        to_do = f"Take {account.name} out of them: its own group is the only one it may be in."
        return Finding(what, f"Its account is in other groups: {', '.join(strays)}.", to_do)
    wrong = [str(one.path) for one in _folders(machine, name, account) if not _is_as_wanted(one)]
    if wrong:
        to_do = f"Run `systemd-tmpfiles --create /etc/tmpfiles.d/{account.name}.conf`, and find out who changed it."
        return Finding(what, f"Owner or mode is not as it should be: {', '.join(wrong)}.", to_do)
    if machine.runs and not _publisher_answers(name):
        return Finding(what, "The publisher has no sockets for it.", f"Run `{_START}`.")
    return Finding(what, "Its account, folders and sockets are its own.")


def groups_of(machine: Machine, account: TenantAccount) -> list[str]:
    """Return the groups besides its own that have this account among their members."""
    lines = machine.path(Path("/etc/group")).read_text("utf-8").splitlines()
    members = {line.split(":")[0]: line.rstrip().split(":")[3].split(",") for line in lines if line.count(":") == 3}  # noqa: PLR2004 - group(5) has four fields
    return sorted(group for group, names in members.items() if account.name in names)


def _folders(machine: Machine, name: str, account: TenantAccount) -> list[_Wanted]:
    tor, publisher = _group(machine, TOR_GROUP), _user(machine, "kallskydd-publisher")
    return [
        _Wanted(machine.path(TENANTS), 0, tor, 0o751),
        _Wanted(machine.path(TENANTS) / name, account.uid, account.gid, 0o700),
        _Wanted(machine.path(LISTENERS), 0, tor, 0o710),
        _Wanted(machine.path(LISTENERS) / name, 0, tor, 0o710),
        _Wanted(machine.path(SOCKETS), publisher, tor, 0o711),
        _Wanted(machine.path(SOCKETS) / name, publisher, account.gid, 0o710),
    ]


def _is_as_wanted(wanted: _Wanted) -> bool:
    try:
        state = wanted.path.lstat()
    except OSError:
        return False
    found = (state.st_uid, state.st_gid, stat.S_IMODE(state.st_mode))
    return stat.S_ISDIR(state.st_mode) and found == (wanted.owner, wanted.group, wanted.mode)


def _publisher_answers(name: str) -> bool:
    """Whether both sockets of a tenant are listened on; root is let in by the folder and ended by the publisher."""
    for kind in (ASK_SOCKET, SOCKS_SOCKET):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probing:
            try:
                probing.connect(os.fspath(SOCKETS / name / kind))
            except OSError:
                return False
    return True


def _unit(machine: Machine, what: str, unit: str) -> Finding:
    with suppress(HostFault):
        state = machine.systemctl("is-active", unit, check=False).strip()
        if state == "active":
            return Finding(what, "Its unit runs.")
    return Finding(what, f"{unit} does not run.", f"Run `systemctl start {unit}`.")


def _closed(name: str) -> Finding:
    return Finding(name, "Its home was moved away, or is not made yet: it is not served here.")


def _group(machine: Machine, name: str) -> int:
    return _number(machine.path(Path("/etc/group")), name)


def _user(machine: Machine, name: str) -> int:
    return _number(machine.path(Path("/etc/passwd")), name)


def _number(file: Path, name: str) -> int:
    """Return the third field of a line of passwd or group. Raises HostFault."""
    for line in file.read_text("utf-8").splitlines():
        fields = line.split(":")
        if fields[0] == name:
            return int(fields[2])
    raise HostFault(f"There is no {name} in {file}.", "Run `make install`, and add a tenant.", 4)
