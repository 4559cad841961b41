"""Write the files of a cluster into a new folder, each for root alone, and what to do with them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from kallskydd.hosting.cluster.accounts import accounts_conf
from kallskydd.hosting.cluster.cib import cib
from kallskydd.hosting.cluster.corosync_conf import corosync_conf
from kallskydd.hosting.cluster.mirror_conf import mirror_conf
from kallskydd.hosting.cluster.plan import ClusterPlan
from kallskydd.hosting.cluster.refresh import SERVICE_TEXT, TIMER_TEXT, UNIT

CIB_NAME: Final = "cib.xml"
COROSYNC_NAME: Final = "corosync.conf"
MIRROR_NAME: Final = "kallskydd.res"
ACCOUNTS_NAME: Final = "00-kallskydd-accounts.conf"
NEXT: Final = (
    f"On the other nodes: {ACCOUNTS_NAME} to /etc/sysusers.d, then systemd-sysusers, before `make install`.",
    "On the other nodes: kallskydd-*.conf of this one's /etc/sysusers.d and /etc/tmpfiles.d.",
    f"On every node: {COROSYNC_NAME} and the same authkey to /etc/corosync, {MIRROR_NAME} to /etc/drbd.d.",
    "On every node: systemctl disable --now kallskydd-tenants kallskydd-publisher kallskydd-tor: Pacemaker starts all.",
    f"On every node: {UNIT}.service and {UNIT}.timer to /etc/systemd/system; systemctl enable --now {UNIT}.timer.",
    "On both that can lead: an alarm in /etc/kallskydd/host.toml; systemctl enable --now kallskydd-host-status.timer.",
    f"On one node, once all are there: cibadmin --replace --scope configuration --xml-file {CIB_NAME}",
    "Then: kallskydd host status, and the rehearsal of docs/CLUSTER.md before a report can come.",
)


def write_cluster(plan: ClusterPlan, folder: Path) -> None:
    """Write them. Raises PlanRefused, or OSError where the folder is there or cannot be made."""
    texts = {
        CIB_NAME: cib(plan),
        COROSYNC_NAME: corosync_conf(plan),
        MIRROR_NAME: mirror_conf(plan),
        ACCOUNTS_NAME: accounts_conf(plan.tenants),
        f"{UNIT}.service": SERVICE_TEXT,
        f"{UNIT}.timer": TIMER_TEXT,
    }
    folder.mkdir(mode=0o700)
    for name, text in texts.items():
        # cib.xml may hold the password of a fence device.
        descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
