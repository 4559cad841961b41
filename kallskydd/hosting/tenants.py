"""What `kallskydd host` does with a tenant: add, start, move away, remove.

Everything is done again without harm: an `add` that failed leaves nothing, a `remove` that broke off is taken up again.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cases.home import MOVED_MARK
from kallskydd.hosting.lines import host_lines, tenant_lines
from kallskydd.hosting.machine import (
    ALL_UNIT,
    ALONE,
    HOST_LOOK,
    LISTENERS,
    PUBLISHER_UNIT,
    SOCKETS,
    TENANTS,
    TOR_UNIT,
    HostFault,
    Machine,
    TenantAccount,
    look_of,
    socket_of,
    timers_of,
    unit_of,
)
from kallskydd.say import FINDINGS, MISSING, OK, REFUSED, USAGE, prose
from onion.publisher.tenants import TENANT_NAME

_FILES_OF_LINES: Final = 0o644
_NAMES: Final = "A name has at most 20 letters a to z, digits and hyphens, and begins with a letter."


@dataclass(frozen=True, slots=True)
class NewTenant:
    """What `host add` was asked for. Without a configuration only the account is made, for a home from a backup."""

    name: str
    config: Path | None
    members: tuple[Path, ...]
    init_words: tuple[str, ...]


def add(machine: Machine, new: NewTenant) -> int:
    """Make account, folders and home, and start the tenant; returns what `init` returned. Raises HostFault, OSError."""
    _require_name(new.name)
    if machine.path(ALONE).exists():
        raise HostFault("This computer serves a home of its own.", "Put tenants on another one.", REFUSED)
    if new.name in machine.tenants() or machine.account(new.name) is not None:
        raise HostFault(f"There is a tenant {new.name} already.", "Choose another name, or remove that one.", REFUSED)
    config = None if new.config is None else with_publisher(new.config.read_text("utf-8"), new.name)
    _prepare_host(machine)
    files = _written(machine, tenant_lines(new.name))
    machine.make_accounts(files[0])
    machine.make_folders(files[1])
    account = machine.account(new.name)
    if account is None:
        raise HostFault("The tenant's account was not made.", "Look at what systemd-sysusers says.", MISSING)
    if config is None:
        prose(f"Make its home as {account.name} in {machine.home(new.name)}, then: kallskydd host start {new.name}")
        return OK
    code = _init(machine, account, new, config)
    if code != OK:
        remove(machine, new.name, destroy=True)
        return code
    return FINDINGS if start(machine, [new.name]) else OK


def with_publisher(config: str, name: str) -> str:
    """Return a configuration with the tenant's folder at the publisher. Raises HostFault."""
    try:
        tables = tomllib.loads(config)
    except tomllib.TOMLDecodeError as fault:
        raise HostFault(
            f"The configuration file is not TOML: {fault}.", "Mend the line that is named.", USAGE
        ) from None
    if "tor" in tables:
        raise HostFault("The configuration has a table [tor].", "Take it out: a tenant's tor is the host's.", USAGE)
    return f'{config.rstrip()}\n\n[tor]\npublisher = "{SOCKETS / name}"\n'


def start(machine: Machine, names: list[str]) -> list[str]:
    """Start these tenants, or all that have a home that is open, with their hourly looks and that at the host.

    Returns those that did not start.

    As many at a time as there are processors: each takes one of them, and its zygotes' memory, until it is ready.
    """
    for name in names:
        require_tenant(machine, name)
    chosen = names or [name for name in machine.tenants() if is_open(machine, name)]
    if not machine.runs:
        return []
    machine.systemctl("enable", "--now", TOR_UNIT, PUBLISHER_UNIT)
    machine.systemctl("enable", ALL_UNIT)
    machine.systemctl("enable", "--now", HOST_LOOK)
    with ThreadPoolExecutor(os.cpu_count() or 1) as at_once:
        started = list(at_once.map(lambda name: _starts(machine, name), chosen))
    return [name for name, well in zip(chosen, started, strict=True) if not well]


def move(machine: Machine, name: str, words: list[str]) -> int:
    """Stop the tenant and close its home for good, with the words of `kallskydd move`; returns what that returned."""
    account = require_tenant(machine, name)
    machine.systemctl("disable", "--now", *timers_of(name))
    machine.systemctl("stop", socket_of(name), unit_of(name))
    return machine.as_account(account, "kallskydd", "move", "--home", str(machine.home(name)), *words)


def remove(machine: Machine, name: str, *, destroy: bool) -> None:
    """Take a tenant's account, home and lines away. Raises HostFault while its home is open, unless `destroy`."""
    _require_name(name)
    if is_open(machine, name) and not destroy:
        raise HostFault(
            f"The home of {name} is open, and may hold reports.",
            "Move it first, or destroy it with --destroy.",
            REFUSED,
        )
    machine.systemctl("disable", "--now", *timers_of(name), check=False)
    machine.systemctl("stop", socket_of(name), unit_of(name), check=False)
    account = machine.account(name)
    if account is not None and machine.home(name).exists():
        # As the tenant and not as root: its folder is its own, and may hold links.
        machine.as_account(account, "kallskydd.hosting.destroy", str(machine.home(name)))
    for folder in (TENANTS / name, LISTENERS / name, SOCKETS / name):
        if machine.path(folder).exists():
            shutil.rmtree(machine.path(folder))
    machine.remove_account(name)
    for path in tenant_lines(name):
        machine.path(path).unlink(missing_ok=True)


def is_open(machine: Machine, name: str) -> bool:
    """Whether the tenant has a home that was not moved away."""
    home = machine.home(name)
    return (home / "config.toml").exists() and not (home / MOVED_MARK).exists()


def _require_name(name: str) -> None:
    if TENANT_NAME.fullmatch(name) is None:
        raise HostFault(f"{name!r} cannot be a tenant's name.", _NAMES, USAGE)


def require_tenant(machine: Machine, name: str) -> TenantAccount:
    """Return the account of a tenant. Raises HostFault."""
    _require_name(name)
    account = machine.account(name)
    if account is None:
        raise HostFault(f"There is no tenant {name}.", "`kallskydd host list` shows those there are.", USAGE)
    return account


def _prepare_host(machine: Machine) -> None:
    files = _written(machine, host_lines())
    machine.make_accounts(files[0])
    machine.make_folders(files[1])


def _written(machine: Machine, lines: dict[Path, str]) -> list[Path]:
    """Write these files of accounts and folders, in that order."""
    paths = []
    for path, text in lines.items():
        there = machine.path(path)
        there.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        there.write_text(text, "utf-8")
        there.chmod(_FILES_OF_LINES)
        paths.append(there)
    return paths


def _init(machine: Machine, account: TenantAccount, new: NewTenant, config: str) -> int:
    # The tenant may not be able to read where root's files lie. None of these holds a secret.
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o711)
        given = {"config.toml": config}
        given |= {f"member-{number}.toml": one.read_text("utf-8") for number, one in enumerate(new.members)}
        for file_name, text in given.items():
            (folder / file_name).write_text(text, "utf-8")
            (folder / file_name).chmod(_FILES_OF_LINES)
        words = ["--config", str(folder / "config.toml")]
        for file_name in list(given)[1:]:
            words += ["--member", str(folder / file_name)]
        home = str(machine.home(new.name))
        return machine.as_account(account, "kallskydd", "init", "--home", home, *words, *new.init_words)


def _starts(machine: Machine, name: str) -> bool:
    try:
        machine.systemctl("start", unit_of(name))
        machine.systemctl("enable", "--now", look_of(name))
    except HostFault as fault:
        prose(str(fault))
        return False
    return True
