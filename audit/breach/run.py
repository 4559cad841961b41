"""`audit breach`: what a thief gets from each starting point, walked, and held against `audit.breach.gains`.

1. Find what there is (places.py): each tenant of a host, or one home, and a tor with a unit of its own.
2. Walk from each account (walk.py): root, each tenant's, the publisher's, tor's, and one that has no part in it; and
   read what a backup holds in the clear.
3. What was reached and is not expected is a finding, with the path that gave it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from audit.breach.accounts import ROOT, STRANGER, Accounts
from audit.breach.gains import Gain, Start, Target, expected
from audit.breach.places import HOST_FOLDER, OwnedPaths, in_clear, publisher_at, tenant_at, tor_at
from audit.breach.walk import ProbeAccount, Reached, walk

_PUBLISHER, _TOR = "kallskydd-publisher", "kallskydd-tor"


class NothingThere(Exception):
    """There is no home and no host with tenants, or this account may not see it."""


@dataclass(frozen=True, slots=True)
class BreachLine:
    """What one account reached of one place."""

    start: Start
    target: Target
    thief: str
    of: str
    reached: Reached
    unexpected: frozenset[Gain]


@dataclass(frozen=True, slots=True)
class Breach:
    """All lines. `alone`: one home that has its machine for itself."""

    lines: tuple[BreachLine, ...]
    alone: bool

    @property
    def findings(self) -> list[tuple[BreachLine, Gain]]:
        """Each gain that nobody expected."""
        return [(line, gain) for line in self.lines for gain in sorted(line.unexpected)]


def examine(root: Path, home: Path | None, backups: Sequence[Path] = ()) -> Breach:
    """Walk all of it, as root. `home`: one that is alone. Raises NothingThere, OSError, NoSuchAccount, WalkFailed."""
    accounts = Accounts(root)
    tenants = _tenants(root) if home is None else (tenant_at(home.name, home, root),)
    if not tenants:
        raise NothingThere
    services = {
        target: at(root, account.uid)
        for target, name, at in ((Target.TOR, _TOR, tor_at), (Target.PUBLISHER, _PUBLISHER, publisher_at))
        if (account := accounts.named(name)) is not None
    }
    places = [*((None, tenant) for tenant in tenants), *services.items()]
    lines: list[BreachLine] = []
    for start, account in _starts(accounts, tenants):
        found = walk(account, [place for _, place in places])
        for service, place in places:
            target = service or _target(start, account, place)
            reached = found[place.name]
            unexpected = reached.by.keys() - expected(start, target, alone=home is not None, trial=place.trial)
            lines.append(BreachLine(start, target, account.name, place.name, reached, frozenset(unexpected)))
    lines += [_backup(folder) for folder in backups]
    return Breach(tuple(lines), home is not None)


def _tenants(root: Path) -> tuple[OwnedPaths, ...]:
    folder = root / HOST_FOLDER
    names = sorted(one.name for one in folder.iterdir() if (one / "home").is_dir()) if folder.is_dir() else []
    return tuple(tenant_at(name, folder / name, root) for name in names)


def _starts(accounts: Accounts, tenants: Sequence[OwnedPaths]) -> Iterator[tuple[Start, ProbeAccount]]:
    yield Start.MACHINE, ROOT
    for tenant in tenants:
        if tenant.owner != 0:  # a home of root's has no account of its own: the line of the machine is its line
            yield Start.TENANT, accounts.numbered(tenant.owner)
    for start, name in ((Start.PUBLISHER, _PUBLISHER), (Start.TOR, _TOR)):
        if (account := accounts.named(name)) is not None:
            yield start, account
    yield Start.STRANGER, STRANGER


def _target(start: Start, account: ProbeAccount, place: OwnedPaths) -> Target:
    if start is not Start.TENANT:
        return Target.TENANT
    return Target.ITSELF if place.owner == account.uid else Target.OTHERS


def _backup(folder: Path) -> BreachLine:
    by: dict[Gain, str] = {Gain.EXISTS: str(folder)}
    size = tried = 0
    for path in (folder, *sorted(folder.rglob("*"))):
        if path.is_file() and not path.is_symlink():
            tried += 1
            size += path.stat().st_size
            by.setdefault(Gain.NAMES, str(path))
            by.setdefault(in_clear(path) or Gain.SETTINGS, str(path))
    wanted = expected(Start.BACKUP, Target.TENANT)
    reached = Reached(by, size, tried)
    return BreachLine(
        Start.BACKUP, Target.TENANT, os.fspath(folder), "its home", reached, frozenset(by.keys() - wanted)
    )
