"""The processes as the kernel closes them, and what the computer itself would keep: connections, accounts."""

from __future__ import annotations

from audit.live.checks import process as processes
from audit.live.checks.system import check_connections, require_no_accounts
from audit.mirror.planted import Planted
from audit.mirror.scene import RELAY, MirrorScene
from audit.verdict import Inspection, listed

_KEEPS_NO_VISITOR = {"net.netfilter.nf_conntrack_acct": "0", "net.ipv4.tcp_no_metrics_save": "1"}
_COUNTING_MODULES = {
    "ipt_NETFLOW", "nfnetlink_acct", "xt_nfacct", "xt_LOG", "xt_NFLOG", "nfnetlink_log", "nf_log_syslog", "xt_recent",
    "ip_set_hash_ip",
}  # fmt: skip


def check_parts(inspection: Inspection, scene: MirrorScene) -> None:
    """Say what forwards here; require that each program is the file that it was started from."""
    for part in scene.parts:
        inspection.saw("{name}: process {pid}, with {count} more", name=part.kind, pid=part.main.pid,
                 count=len(part.processes) - 1)  # fmt: skip
        for process in part.processes:
            about = inspection.about(name=part.kind, pid=process.pid)
            with about.or_missed("the program of {name} {pid}"):
                processes.require_programs(inspection, {process.executable(): [process.pid]})
                processes.require_untraced(about, process)


def check_locks(inspection: Inspection, scene: MirrorScene) -> None:
    """Require a filter on every thread of the relay and no power, and no core dump of anything."""
    for part in scene.parts:
        for process in part.processes:
            about = inspection.about(name=part.kind, pid=process.pid)
            with about.or_missed("{name} {pid} has ended during the inspection"):
                processes.require_core_limit(about, process, hard=False)
                if part.kind == RELAY and process in part.workers:
                    processes.require_filter(about, process)
                    processes.require_no_powers(about, process)


def check_conntrack(inspection: Inspection, scene: MirrorScene, planted: Planted) -> None:
    """Require that the kernel keeps no visitor's address.

    It could in its table of connections, in logs and counters of these, and with the measures of each peer of TCP, for
    an hour after the visit (`ip tcp_metrics`).
    """
    check_connections(inspection, scene, _KEEPS_NO_VISITOR)
    tracked = scene.sysctl("net.netfilter.nf_conntrack_count") or "0"
    inspection.require(tracked == "0", "connections that the kernel tracks: {count}", count=tracked)
    table = scene.value("/proc/net/nf_conntrack")
    if table is not None:
        kept = [one for one in planted.sources if f"src={one} " in table]
        inspection.require(not kept, "the kernel's table of connections has {count} of the planted addresses",
                    count=len(kept))  # fmt: skip
    elif tracked != "0":
        inspection.missed("the kernel's table of connections: root sees it with `conntrack -L`")


def check_accounting(inspection: Inspection, scene: MirrorScene) -> None:
    """Require that no module counts or notes visitors, and that no accounts of processes are kept."""
    modules = scene.value("/proc/modules")
    if modules is None:
        inspection.missed("the kernel's modules")
    else:
        counting = sorted(_COUNTING_MODULES & {line.partition(" ")[0] for line in modules.splitlines()})
        inspection.require(not counting, "modules that count or note visitors: {names}", names=listed(counting) or "0")
    require_no_accounts(inspection, scene)
