"""The processes as the kernel closes them, and what the computer itself would keep: connections, accounts."""

from __future__ import annotations

from audit.live.checks.system import COLLECTORS, PROCESS_ACCOUNTS, program_names
from audit.mirror.planted import Planted
from audit.mirror.scene import RELAY, MirrorScene
from audit.observe.proc import NotSeen
from audit.verdict import Inspection, listed

_KEEPS_NO_VISITOR = {
    "net.netfilter.nf_conntrack_log_invalid": "0",
    "net.netfilter.nf_conntrack_timestamp": "0",
    "net.netfilter.nf_conntrack_acct": "0",
    "net.ipv4.tcp_no_metrics_save": "1",
}
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
            try:
                program = process.executable()
            except NotSeen:
                inspection.missed("the program of {name} {pid}", name=part.kind, pid=process.pid)
                continue
            inspection.require(
                not program.endswith(" (deleted)"), "{program} runs as {pids}", program=program, pids=process.pid
            )
            tracer = process.status().get("TracerPid", "0")
            if tracer != "0":
                inspection.found(
                    "{name} {pid} is traced by process {tracer}", name=part.kind, pid=process.pid, tracer=tracer
                )


def check_locks(inspection: Inspection, scene: MirrorScene) -> None:
    """Require a filter on every thread of the relay and no power, and no core dump of anything."""
    for part in scene.parts:
        for process in part.processes:
            try:
                soft, hard = process.core_limits()
                inspection.require(soft == "0", "{name} {pid}: core limit {soft} and {hard}", name=part.kind,
                            pid=process.pid, soft=soft, hard=hard)  # fmt: skip
                if part.kind != RELAY or process not in part.workers:
                    continue
                threads = [process.status(task) for task in process.tasks()]
            except NotSeen:
                inspection.missed("{name} {pid} has ended during the inspection", name=part.kind, pid=process.pid)
                continue
            modes = sorted({thread.get("Seccomp", "?") for thread in threads})
            privileges = sorted({thread.get("NoNewPrivs", "?") for thread in threads})
            inspection.require(
                modes == ["2"] and privileges == ["1"],
                "{name} {pid}, threads {count}: Seccomp {modes}, NoNewPrivs {privileges}",
                name=part.kind, pid=process.pid, count=len(threads), modes=",".join(modes),
                privileges=",".join(privileges),
            )  # fmt: skip
            powers = int(threads[0].get("CapEff", "0"), 16) | int(threads[0].get("CapPrm", "0"), 16)
            owner = threads[0].get("Uid", "?").split()[0]
            inspection.require(powers == 0, "{name} {pid}: account {owner}, capabilities {powers}", name=part.kind,
                        pid=process.pid, owner=owner, powers=f"{powers:#x}")  # fmt: skip


def check_conntrack(inspection: Inspection, scene: MirrorScene, planted: Planted) -> None:
    """Require that the kernel keeps no visitor's address.

    It could in its table of connections, in logs and counters of these, and with the measures of each peer of TCP, for
    an hour after the visit (`ip tcp_metrics`).
    """
    if not scene.system("/proc/sys").exists():
        inspection.missed("/proc/sys")
        return
    for name, wanted in _KEEPS_NO_VISITOR.items():
        value = scene.value(f"/proc/sys/{name.replace('.', '/')}")
        if value is None:
            inspection.saw("the kernel has no {name}", name=name)
        else:
            inspection.require(value == wanted, "{name} = {value}", name=name, value=value)
    tracked = scene.value("/proc/sys/net/netfilter/nf_conntrack_count")
    inspection.require(tracked in {"0", None}, "connections that the kernel tracks: {count}", count=tracked or "0")
    table = scene.value("/proc/net/nf_conntrack")
    if table is not None:
        kept = [one for one in planted.sources if f"src={one} " in table]
        inspection.require(not kept, "the kernel's table of connections has {count} of the planted addresses",
                    count=len(kept))  # fmt: skip
    elif tracked not in {"0", None}:
        inspection.missed("the kernel's table of connections: root sees it with `conntrack -L`")
    collectors = sorted(COLLECTORS & program_names())
    inspection.require(not collectors, "programs that collect connections: {names}", names=listed(collectors) or "0")


def check_accounting(inspection: Inspection, scene: MirrorScene) -> None:
    """Require that no module counts or notes visitors, and that no accounts of processes are kept."""
    modules = scene.value("/proc/modules")
    if modules is None:
        inspection.missed("the kernel's modules")
    else:
        counting = sorted(_COUNTING_MODULES & {line.partition(" ")[0] for line in modules.splitlines()})
        inspection.require(not counting, "modules that count or note visitors: {names}", names=listed(counting) or "0")
    kept = [path for path in PROCESS_ACCOUNTS if scene.system(path).exists()]
    inspection.require(not kept, "accounts of processes: {names}", names=listed(kept) or "0")
