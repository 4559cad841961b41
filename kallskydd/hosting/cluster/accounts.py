"""The numbers of the accounts that own files on the mirror: a file carries its owner's number, the same on all nodes.

A node on which they differ leads and opens nothing: a keeper refuses a home that belongs to another number than its
own.
"""

from __future__ import annotations

import grp
import pwd
from collections.abc import Sequence
from typing import Final

from kallskydd.hosting.cluster.plan import PlanRefused
from kallskydd.hosting.machine import TOR_GROUP, account_name

_SERVICES: Final = ("kallskydd-tor", "kallskydd-publisher")


def accounts_conf(tenants: Sequence[str]) -> str:
    """Return a file of sysusers.d with the numbers that this computer has. Raises PlanRefused for one that lacks."""
    lines = [
        "# Written by `kallskydd host cluster`, for /etc/sysusers.d of the other nodes, before anything else there."
    ]
    try:
        lines.append(f"g {TOR_GROUP} {grp.getgrnam(TOR_GROUP).gr_gid}")
        for name in (*_SERVICES, *map(account_name, tenants)):
            entry = pwd.getpwnam(name)
            group = grp.getgrgid(entry.pw_gid).gr_name
            if group != TOR_GROUP:
                lines.append(f"g {group} {entry.pw_gid}")
            lines.append(f'u {name} {entry.pw_uid}:{entry.pw_gid} "{entry.pw_gecos}" {entry.pw_dir} /usr/sbin/nologin')
    except KeyError:
        raise PlanRefused(
            "An account of the host or of a tenant is not on this computer.",
            "Run this on the node where `make install` and `kallskydd host add` were run for all of them.",
        ) from None
    return "\n".join(lines) + "\n"
