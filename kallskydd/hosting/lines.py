"""The lines of system configuration of a host with tenants, and what each of them opens to whom (docs/HOSTING.md).

`sysusers.d` makes the accounts, `tmpfiles.d` the folders, both again at each start of the computer. A file of a tenant
is named after it, so that `kallskydd host remove` takes away that one and no other.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kallskydd.hosting.machine import LISTENERS, SOCKETS, TENANTS, TOR_GROUP, account_name

_ACCOUNTS: Final = Path("/etc/sysusers.d")
_FOLDERS: Final = Path("/etc/tmpfiles.d")


def host_lines() -> dict[Path, str]:
    """Return the files of the host itself, by their paths: the publisher's account, and three folders."""
    accounts = (
        "# Of a host with tenants: the publisher, in tor's group. A tenant's account is in no group but its own.\n"
        f'u kallskydd-publisher -:{TOR_GROUP} "Källskydd publisher" / /usr/sbin/nologin\n'
    )
    folders = (
        "# Of a host with tenants, who pass through the first and the last and list neither.\n"
        f"d {TENANTS} 0751 root {TOR_GROUP} -\n"
        f"d {LISTENERS} 0710 root {TOR_GROUP} -\n"
        f"d {SOCKETS} 0711 kallskydd-publisher {TOR_GROUP} -\n"
    )
    return {_ACCOUNTS / "kallskydd-host.conf": accounts, _FOLDERS / "kallskydd-host.conf": folders}


def tenant_lines(name: str) -> dict[Path, str]:
    """Return the two files of a tenant, by their paths."""
    account, folder = account_name(name), TENANTS / name
    accounts = f'u {account} - "Källskydd tenant {name}" {folder} /usr/sbin/nologin\n'
    folders = (
        f"d {folder} 0700 {account} {account} -\n"
        f"d {LISTENERS / name} 0710 root {TOR_GROUP} -\n"
        f"d {SOCKETS / name} 0710 kallskydd-publisher {account} -\n"
    )
    return {_ACCOUNTS / f"{account}.conf": accounts, _FOLDERS / f"{account}.conf": folders}
