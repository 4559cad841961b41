"""What the computer itself writes down: kernel, firewall, connections, audit subsystem, accounting.

The service gives none of them anything to write. What is checked is whether they would write about it all the same.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass

from audit.observe.netlink import NotPermitted, audit_state, logging_rules
from audit.observe.proc import NotSeen, everything
from audit.observe.scene import Host, Scene
from audit.observe.units import configured, shown
from audit.verdict import Inspection, listed

COLLECTORS = {"ulogd", "conntrackd", "softflowd", "nfdump", "nfcapd", "pmacctd", "tcpdump", "dumpcap"}
PROCESS_ACCOUNTS = ("/var/log/account/pacct", "/var/account/pacct", "/var/log/pacct")
_NO = re.compile(r"no|false|off|0", re.IGNORECASE)
# Of systemd itself, with what holds where no file says anything.
_MANAGER = {
    "DefaultIPAccounting": (_NO, "no"),
    "DefaultIOAccounting": (_NO, "no"),
    # At "debug" it tells of every start of a process and every message of a unit.
    "LogLevel": (re.compile("emerg|alert|crit|err|warning|notice|info|[0-6]"), "info"),
    "DefaultEnvironment": (re.compile(r"(?!.*\b(PYTHON|LD_|GCONV|OPENSSL)).*"), ""),
    "ManagerEnvironment": (re.compile(r"(?!.*\b(PYTHON|LD_|GCONV|OPENSSL)).*"), ""),
    # As `systemctl show` calls both, and what `systemctl set-environment` adds.
    "Environment": (re.compile(r"(?!.*\b(PYTHON|LD_|GCONV|OPENSSL)).*"), ""),
}


@dataclass(frozen=True, slots=True)
class _Kernel:
    """A setting of the kernel: what it has to be, what we set first, and what it is where nobody has set anything."""

    name: str
    wanted: tuple[str, ...]
    comes: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return "/proc/sys/" + self.name.replace(".", "/")


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
        value = scene.value(setting.path)
        if value is None and "yama" in setting.path and scene.system("/proc/sys/kernel").exists():
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
    try:
        count, logging = logging_rules()
    except NotPermitted:
        inspection.missed("the firewall's rules: root alone sees them")
        return
    inspection.require(
        not logging, "rules of nf_tables: {count}; those that log: {rules}", count=count, rules=listed(logging) or "0"
    )
    for family in ("ip", "ip6"):
        tables = scene.value(f"/proc/self/net/{family}_tables_names")
        if tables:
            # The older tables have no list that a program may read in plain form.
            inspection.missed("the older tables are in use ({tables}); look with iptables-legacy-save", tables=tables)


def check_conntrack(inspection: Inspection, scene: Scene) -> None:
    """Tracked connections are not written down; the kernel's table itself names tor's guards and never a visitor."""
    for name in ("nf_conntrack_log_invalid", "nf_conntrack_timestamp"):
        value = scene.value(f"/proc/sys/net/netfilter/{name}")
        if not scene.system("/proc/sys").exists():
            inspection.missed("{name}", name=name)
            continue
        inspection.require(value in {"0", None}, "{name} = {value}", name=name, value=value or "-")
    collectors = sorted(COLLECTORS & program_names())
    inspection.require(not collectors, "programs that collect connections: {names}", names=listed(collectors) or "0")


def check_audit_subsystem(inspection: Inspection, _scene: Host) -> None:
    """No rule makes the kernel write down what processes do."""
    try:
        state = audit_state()
    except NotPermitted:
        inspection.missed("the rules of the audit subsystem: root alone sees them, and nobody in a container")
        return
    if state is None:
        inspection.saw("this kernel has no audit subsystem")
        return
    inspection.require(state.rules == 0, "audit subsystem: on {enabled}, daemon {daemon}, rules {rules}",
                enabled=state.enabled, daemon=state.daemon, rules=state.rules)  # fmt: skip


def check_accounting(inspection: Inspection, scene: Host) -> None:
    """Neither systemd nor the kernel counts or notes what units do, and systemd tells no more of it than it has to."""
    held = shown(scene)
    written = {name: value for name, value, _ in configured(scene, "system.conf", "Manager")}
    for name, (wanted, default) in _MANAGER.items():
        value = held.get(name, written.get(name, default))
        inspection.require(wanted.fullmatch(value) is not None, "{name}={value}", name=name, value=value)
    for path in PROCESS_ACCOUNTS:
        there = scene.system(path).exists()
        if there:
            inspection.found("the kernel's process accounts are kept in {path}", path=path)


def program_names() -> set[str]:
    """Return the names of all programs that run: as the kernel has them, cut, and as they were started."""
    found = set()
    for process in everything():
        with contextlib.suppress(NotSeen):
            found |= {process.name(), process.command()[0].rpartition("/")[2]}
    return found
