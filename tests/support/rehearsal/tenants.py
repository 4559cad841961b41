"""A host with tenants in a rehearsal: two are taken in, one is removed, by the lines of docs/HOSTING.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from rehearsal.server import CHECKOUT, PROJECT, wait_for

from cases.roster.member import make_join, new_member_keys

if TYPE_CHECKING:
    from rehearsal.rehearse import Rehearsal
    from rehearsal.server import Server

PAGE: Final = "HOSTING.md"
TENANTS: Final = ("falun", "malung")
ROLES: Final = ("lead", "handler")
SERVED_SECONDS: Final = 120.0


def tenant_removed(at: Rehearsal, host: Server) -> None:
    """Of two tenants one is removed: nothing of it is left, and the other is served as before."""
    at.internet.join(host)
    host.must("mkfs.ext4 -q /dev/vdb; mkdir -p /var/lib/kallskydd-host; mount /dev/vdb /var/lib/kallskydd-host")
    (line,) = re.findall(r"(?m)^kallskydd host add .*$", (PROJECT / "docs" / PAGE).read_text())
    host.must(f"make -C {CHECKOUT} install")
    settings = f"{CHECKOUT}/kallskydd/examples/ludvika.toml"
    for tenant in TENANTS:
        for role in ROLES:
            join = make_join(new_member_keys(), f"Person {role}", role, role.capitalize())
            host.must(f"cat >/srv/{role}.toml", typed=join)
        members = " --member ".join(f"/srv/{role}.toml" for role in ROLES)
        add = line.replace(TENANTS[0], tenant).replace("--config FILE", f"--config {settings}")
        host.must(add.replace("--member FILE", f"--member {members}"))
        wait_for(lambda t=tenant: _served(host, t), SERVED_SECONDS, f"{tenant} is not served")
    at.hold(f"{len(TENANTS)} tenants are taken in, and served", holds=True, page=PAGE)
    gone, stays = TENANTS
    said = host.tell(f"kallskydd host remove {gone}")
    at.hold("a tenant that was not moved is not removed", _served(host, gone), said, PAGE)
    at.hold(said.strip().splitlines()[-1][:100], "--destroy" in said, said, PAGE)
    host.must(f"kallskydd host remove {gone} --destroy")
    left = host.tell(
        f"find / -xdev -name '*{gone}*' -not -path '/srv/*' -not -path '/proc/*'; getent passwd kallskydd-{gone}; find /var/lib/kallskydd-host -name '*{gone}*'"
    )
    at.hold("nothing of it is left, nor its account", not left.strip(), left, PAGE)
    at.hold("the other is served", _served(host, stays), host.tell(f"systemctl status kallskydd@{stays}"), PAGE)


def _served(host: Server, tenant: str) -> bool:
    return host.code(f"systemctl --quiet is-active kallskydd@{tenant}.service") == 0
