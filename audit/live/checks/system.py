"""What the computer itself writes down: kernel, firewall, connections, audit subsystem, accounting.

The service gives none of them anything to write. What is checked is whether they would write about it all the same.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from audit.observe.netlink import NotPermitted, audit_state, logging_rules
from audit.observe.proc import NotSeen, everything
from audit.observe.scene import Host, Scene
from audit.observe.units import NO, configured, shown
from audit.verdict import Inspection, listed

_COLLECTORS = {"ulogd", "conntrackd", "softflowd", "nfdump", "nfcapd", "pmacctd", "tcpdump", "dumpcap"}
_PROCESS_ACCOUNTS = ("/var/log/account/pacct", "/var/account/pacct", "/var/log/pacct")
_UNTOLD = {"net.netfilter.nf_conntrack_log_invalid": "0", "net.netfilter.nf_conntrack_timestamp": "0"}
# What a program would take from its environment to say what it does.
_ENVIRONMENT = (r"(?!.*\b(PYTHON|LD_|GCONV|OPENSSL)).*", "")
# Of systemd itself, with what holds where no file says anything.
_MANAGER = {
    **dict.fromkeys(("DefaultIPAccounting", "DefaultIOAccounting"), (NO, "no")),
    # At "debug" it tells of every start of a process and every message of a unit.
    "LogLevel": ("emerg|alert|crit|err|warning|notice|info|[0-6]", "info"),
    # The last is what `systemctl show` calls both, and what `systemctl set-environment` adds.
    **dict.fromkeys(("DefaultEnvironment", "ManagerEnvironment", "Environment"), _ENVIRONMENT),
}


@dataclass(frozen=True, slots=True)
class _Kernel:
    """A setting of the kernel: what it has to be, what we set first, and what it is where nobody has set anything."""

    name: str
    wanted: tuple[str, ...]
    comes: tuple[str, ...] = ()


# Those of deploy/sysctl.d that no other row checks, and one that only somebody who wants to know switches on.
_KERNEL = (
    _Kernel("debug.exception-trace", ("0",), ("1",)),
    _Kernel("kernel.seccomp.actions_logged", ("log", ""),
            ("kill_process kill_thread trap errno user_notif trace log",
             "kill_process kill_thread trap errno trace log")),
    _Kernel("kernel.print-fatal-signals", ("0",)),
    _Kernel("kernel.dmesg_restrict", ("1",), ("0",)),
    _Kernel("kernel.kptr_restrict", ("2",), ("0", "1")),
    _Kernel("kernel.yama.ptrace_scope", ("2", "3"), ("0", "1")),
)  # fmt: skip


def check_kernel(inspection: Inspection, scene: Scene) -> None:
    """Require that the kernel logs no job that is ended and hides its log and processes from other accounts.

    A trial, on whose computer nobody has set anything, says so. Copies of a server's files are judged as a server's.
    """
    may_be_as_it_comes = scene.trial and not scene.copies
    for setting in _KERNEL:
        value = scene.sysctl(setting.name)
        if value is None and "yama" in setting.name and scene.system("/proc/sys/kernel").exists():
            inspection.saw(
                "this kernel has no {name}; that processes are closed to others by themselves, core-dumps shows",
                name=setting.name,
            )
        elif value is None:
            inspection.missed("{name}", name=setting.name)
        elif value in setting.comes and may_be_as_it_comes:
            inspection.saw("{name} = {value}, as the kernel comes: enough for a trial; a real home needs {wanted}",
                     name=setting.name, value=value, wanted=setting.wanted[0])  # fmt: skip
        else:
            inspection.require(value in setting.wanted, "{name} = {value}", name=setting.name, value=value)


def check_firewall(inspection: Inspection, scene: Host) -> None:
    """No rule of the firewall writes down packets."""
    with inspection.or_missed("the firewall's rules: root alone sees them", NotPermitted):
        count, logging = logging_rules()
        inspection.require(not logging, "rules of nf_tables: {count}; those that log: {rules}", count=count,
                    rules=listed(logging) or "0")  # fmt: skip
    for family in ("ip", "ip6"):
        tables = scene.value(f"/proc/self/net/{family}_tables_names")
        if tables:
            # The older tables have no list that a program may read in plain form.
            inspection.missed("the older tables are in use ({tables}); look with iptables-legacy-save", tables=tables)


def check_connections(inspection: Inspection, scene: Host, more: Mapping[str, str] | None = None) -> None:
    """Require that tracked connections are not written down, and `more` of the kernel.

    The kernel's table itself names tor's guards and never a visitor.
    """
    if not scene.system("/proc/sys").exists():
        inspection.missed("/proc/sys")
        return
    for name, wanted in {**_UNTOLD, **(more or {})}.items():
        value = scene.sysctl(name)
        if value is None:
            inspection.saw("the kernel has no {name}", name=name)
        else:
            inspection.require(value == wanted, "{name} = {value}", name=name, value=value)
    collectors = sorted(_COLLECTORS & program_names())
    inspection.require(not collectors, "programs that collect connections: {names}", names=listed(collectors) or "0")


def check_audit_subsystem(inspection: Inspection, _scene: Host) -> None:
    """No rule makes the kernel write down what processes do."""
    with inspection.or_missed(
        "the rules of the audit subsystem: root alone sees them, and nobody in a container", NotPermitted
    ):
        state = audit_state()
        if state is None:
            inspection.saw("this kernel has no audit subsystem")
        else:
            inspection.require(state.rules == 0, "audit subsystem: on {enabled}, daemon {daemon}, rules {rules}",
                        enabled=state.enabled, daemon=state.daemon, rules=state.rules)  # fmt: skip


def check_accounting(inspection: Inspection, scene: Host) -> None:
    """Neither systemd nor the kernel counts or notes what units do, and systemd tells no more of it than it has to."""
    held = {name: value for name, value, _ in configured(scene, "system.conf", "Manager")} | shown(scene)
    for name, (wanted, default) in _MANAGER.items():
        value = held.get(name, default)
        inspection.require(re.fullmatch(wanted, value) is not None, "{name}={value}", name=name, value=value)
    require_no_accounts(inspection, scene)


def require_no_accounts(inspection: Inspection, scene: Host) -> None:
    """Require that the kernel keeps no accounts of processes."""
    kept = [path for path in _PROCESS_ACCOUNTS if scene.system(path).exists()]
    inspection.require(not kept, "accounts of processes: {names}", names=listed(kept) or "0")


def program_names() -> set[str]:
    """Return the names of all programs that run: as the kernel has them, cut, and as they were started."""
    found = set()
    for process in everything():
        with contextlib.suppress(NotSeen):
            found |= {process.name(), process.command()[0].rpartition("/")[2]}
    return found
