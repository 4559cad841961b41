"""The host as `kallskydd host` sees it: where things are, and the system's own programs that make them.

Accounts and folders are made by systemd's programs from two lines that stay on the computer, so that the next start of
it makes them again. With a `root` other than / everything goes below it and nothing is started, as with DESTDIR.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from onion.publisher.tenants import TENANT_NAME

TENANTS: Final = Path("/var/lib/kallskydd-host")
LISTENERS: Final = Path("/run/kallskydd-host")
SOCKETS: Final = Path("/run/kallskydd-publisher")
ALONE: Final = Path("/var/lib/kallskydd/home")
PUBLISHER_UNIT: Final = "kallskydd-publisher.service"
ALL_UNIT: Final = "kallskydd-tenants.service"
TOR_UNIT: Final = "kallskydd-tor.service"
HOST_LOOK: Final = "kallskydd-host-status.timer"
TOR_GROUP: Final = "kallskydd"
# A start waits until the intake is ready, and tenants are started side by side.
COMMAND_SECONDS: Final = 600


class HostFault(Exception):
    """The host cannot do what was asked: `happened` and `to_do` for the operator, and the exit code."""

    def __init__(self, happened: str, to_do: str, exit_code: int) -> None:
        super().__init__(happened)
        self.happened = happened
        self.to_do = to_do
        self.exit_code = exit_code

    def __str__(self) -> str:
        return f"{self.happened} {self.to_do}"


@dataclass(frozen=True, slots=True)
class TenantAccount:
    """A tenant's own."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Machine:
    """One computer, or a tree of files below `root`."""

    root: Path = Path("/")

    @property
    def runs(self) -> bool:
        """Whether this is the computer we are on."""
        return self.root == Path("/")

    def path(self, absolute: Path) -> Path:
        """Return where this path of the host is."""
        return self.root / absolute.relative_to("/")

    def tenants(self) -> list[str]:
        """Return the names of all tenants, in order."""
        try:
            return sorted(one.name for one in self.path(TENANTS).iterdir() if TENANT_NAME.fullmatch(one.name))
        except FileNotFoundError:
            return []

    def home(self, name: str) -> Path:
        """Return a tenant's home."""
        return self.path(TENANTS) / name / "home"

    def account(self, name: str) -> TenantAccount | None:
        """Return a tenant's account, from this host's own list; None if it has none."""
        wanted = account_name(name)
        for line in self.path(Path("/etc/passwd")).read_text("utf-8").splitlines():
            found, _, uid, gid, *_ = line.split(":")
            if found == wanted:
                return TenantAccount(wanted, int(uid), int(gid))
        return None

    def make_accounts(self, *files: Path) -> None:
        """Make the accounts that these files of sysusers.d describe."""
        self._command("systemd-sysusers", *self._below(), *map(str, files))

    def make_folders(self, *files: Path) -> None:
        """Make the folders that these files of tmpfiles.d describe, with their owners and modes."""
        self._command("systemd-tmpfiles", *self._below(), "--create", *map(str, files))

    def systemctl(self, *words: str, check: bool = True) -> str:
        """Run systemctl and return what it printed; on a tree of files do nothing."""
        return self._command("systemctl", *words, check=check) if self.runs else ""

    def as_account(self, account: TenantAccount, *words: str, quietly: bool = False) -> int:
        """Run one of our modules as a tenant, and return its exit code.

        What it says goes to the terminal; `quietly` only what it says beside its result.
        """
        return _run_as(account, words, subprocess.DEVNULL if quietly else None).returncode

    def told_by(self, account: TenantAccount, *words: str) -> str:
        """Run one of our modules as a tenant, and return what it prints on stdout, whatever its exit code."""
        return _run_as(account, words, subprocess.PIPE).stdout or ""

    def remove_account(self, name: str) -> None:
        """Remove a tenant's account and its group; nothing if it is gone."""
        self._command("userdel", *self._prefix(), account_name(name), check=False)
        self._command("groupdel", *self._prefix(), account_name(name), check=False)

    def _below(self) -> tuple[str, ...]:
        return () if self.runs else (f"--root={self.root}",)

    def _prefix(self) -> tuple[str, ...]:
        return () if self.runs else ("--prefix", str(self.root))

    @staticmethod
    def _command(*words: str, check: bool = True) -> str:
        try:
            done = subprocess.run(words, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired):
            raise HostFault(f"`{words[0]}` could not be run.", "A host with tenants needs systemd.", 4) from None
        if check and done.returncode != 0:
            said = done.stderr.strip().splitlines()
            raise HostFault(
                f"`{' '.join(words)}` failed: {said[-1] if said else 'no reason given'}.", "Mend that first.", 4
            )
        return done.stdout


def _run_as(account: TenantAccount, words: tuple[str, ...], stdout: int | None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-m", *words],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        umask=0o077,
        cwd=os.sep,
        env={"PATH": os.defpath, "LANG": "C.UTF-8"},
        stdout=stdout,
        stderr=subprocess.DEVNULL if stdout == subprocess.PIPE else None,
        text=True,
        check=False,
    )


def account_name(name: str) -> str:
    """Return the name of a tenant's account."""
    return f"kallskydd-{name}"


def unit_of(name: str) -> str:
    """Return the name of a tenant's unit."""
    return f"kallskydd@{name}.service"


def socket_of(name: str) -> str:
    """Return the name of the unit that listens for a tenant."""
    return f"kallskydd@{name}.socket"


def look_of(name: str) -> str:
    """Return the name of the timer of the hourly look at a tenant."""
    return f"kallskydd-status@{name}.timer"


def timers_of(name: str) -> tuple[str, ...]:
    """Return the names of both timers of a tenant; that of the backup is the operator's to switch on."""
    return look_of(name), f"kallskydd-backup@{name}.timer"
