"""What the computer itself writes down: kernel, journal, syslog, firewall, connections, audit subsystem, accounting.

The service gives none of them anything to write. What is checked is whether they would write about it all the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.observe.netlink import NotPermitted, audit_state, logging_rules
from audit.observe.proc import NotSeen, Process, everything
from audit.observe.scene import Host, Scene
from audit.observe.sockets import unix_peers, unix_table
from audit.observe.units import entries, pairs_in, text_of, unit_settings, units_named
from audit.verdict import Inspection, listed

# In the order in which systemd reads them; a later file of one name hides an earlier one, a later value an earlier one.
_CONFIGURATION = ("/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/etc/systemd")
_YES = {"1", "yes", "true", "on"}
_SYSLOG = {"rsyslogd", "syslog-ng", "syslogd", "metalog"}
COLLECTORS = {"ulogd", "conntrackd", "softflowd", "nfdump", "nfcapd", "pmacctd", "tcpdump", "dumpcap"}
_FORWARDS = ("omfwd", "omrelp", "@@", 'action(type="om')
_JOURNAL_SOCKETS = ("/run/systemd/journal/", "/dev/log")
PROCESS_ACCOUNTS = ("/var/log/account/pacct", "/var/account/pacct", "/var/log/pacct")
_ACCOUNTING = ("IPAccounting", "IOAccounting")


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


def check_journal(inspection: Inspection, scene: Scene) -> None:
    """Where the keeper's words go, and what the journal would keep of anything for how long."""
    _keepers_words(inspection, scene)
    runs = scene.system("/run/systemd/journal").exists()
    inspection.saw("a journal is running: {runs}", runs=runs)
    settings = {name: (value, path) for name, value, path in _settings(scene, "journald.conf", "Journal")}
    forward, stands_in = settings.get("ForwardToSyslog", ("no", Path("-")))
    # Debian ships this switched on. Without a syslog daemon it forwards to nobody; written in /etc it was meant.
    meant = scene.system("/etc") in stands_in.parents or bool(_syslog_daemons())
    inspection.require(forward.lower() not in _YES or not meant, "ForwardToSyslog={value} ({path}); used: {meant}",
                value=forward, path=stands_in, meant=meant)  # fmt: skip
    storage = settings.get("Storage", ("auto", Path("-")))[0].lower()
    on_disk = storage == "persistent" or (storage == "auto" and runs and scene.system("/var/log/journal").exists())
    inspection.require(not on_disk, "Storage={value}; kept on the disk: {on_disk}", value=storage, on_disk=on_disk)


def check_syslog(inspection: Inspection, scene: Host) -> None:
    """Find a syslog daemon that takes the journal's lines, or sends lines to another computer."""
    inspection.saw("syslog daemons that run: {names}", names=listed(_syslog_daemons()) or "0")
    for path in [scene.system("/etc/rsyslog.conf"), *entries(scene.system("/etc/rsyslog.d"), ".conf")]:
        try:
            lines = [line.split("#")[0].strip() for line in path.read_text(errors="replace").splitlines()]
        except FileNotFoundError:
            continue
        except OSError:
            inspection.missed("{path} cannot be read by this account", path=path)
            continue
        for line in lines:
            if "imjournal" in line:
                inspection.found("{path} takes over the journal: {line}", path=path, line=line)
            if any(word in line for word in _FORWARDS) or (" @" in line and not line.startswith("$")):
                inspection.found("{path} sends lines away: {line}", path=path, line=line)


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


def check_accounting(inspection: Inspection, scene: Scene) -> None:
    """Neither systemd nor the kernel counts the service's traffic or notes its processes."""
    manager = {name: value for name, value, _ in _settings(scene, "system.conf", "Manager")}
    for name in _ACCOUNTING:
        value = manager.get(f"Default{name}", "no")
        inspection.require(value.lower() not in _YES, "Default{name}={value}", name=name, value=value)
    units = units_named(scene, "kallskydd")
    for name, value, file in (setting for unit in units for setting in unit_settings(scene, unit)):
        # A unit's output is what its processes say: the keeper's events would get the journal's exact times.
        speaks = name in {"StandardOutput", "StandardError"} and value not in {"null", "inherit"}
        if speaks or (name in _ACCOUNTING and value.lower() in _YES):
            inspection.found("{unit} has {name}={value}", unit=file.name, name=name, value=value)
    for path in PROCESS_ACCOUNTS:
        there = scene.system(path).exists()
        if there:
            inspection.found("the kernel's process accounts are kept in {path}", path=path)
    inspection.saw("units of the service: {units}", units=listed(units) or "0")


def _keepers_words(inspection: Inspection, scene: Scene) -> None:
    """Require that the keeper's events, which come as they happen, end in no journal and no file with --json."""
    keeper = scene.service.keeper
    try:
        events = "--json" in keeper.command()
        targets = {one.number: one for one in keeper.descriptors() if one.number in {1, 2}}
    except NotSeen:
        inspection.missed("where the keeper's words go")
        return
    for number, one in sorted(targets.items()):
        inode = one.socket_inode
        journal = inode is not None and leads_to_journal(keeper, inode)
        kept = (
            events and number == 1 and (journal or (one.target.startswith("/") and not one.target.startswith("/dev/")))
        )
        inspection.require(
            not kept,
            "the keeper's descriptor {number} is {target}; journal: {journal}; events: {events}",
            number=number,
            target=one.target,
            journal=journal,
            events=events,
        )


def program_names() -> set[str]:
    """Return the names of all programs that run."""
    found = set()
    for process in everything():
        with contextlib.suppress(NotSeen):
            found.add(process.name())
    return found


def _syslog_daemons() -> list[str]:
    return sorted(_SYSLOG & program_names())


def leads_to_journal(process: Process, inode: int) -> bool:
    """Whether the other end of this socket is the journal's or the system log's."""
    try:
        table = unix_table(process)
    except NotSeen:
        return False
    other = table.get(unix_peers(process).get(inode, 0))
    return other is not None and other.path.startswith(_JOURNAL_SOCKETS)


def _settings(scene: Host, name: str, section: str) -> Iterator[tuple[str, str, Path]]:
    """Every value of one of systemd's configuration files, drop-ins last: the last one of a name holds."""
    for folder in _CONFIGURATION:
        path = scene.system(f"{folder}/{name}")
        yield from ((one, value, path) for one, value in pairs_in(text_of(path), section))
    drop_ins = {}
    for folder in _CONFIGURATION:
        drop_ins.update({path.name: path for path in entries(scene.system(f"{folder}/{name}.d"), ".conf")})
    for path in (drop_ins[one] for one in sorted(drop_ins)):
        yield from ((one, value, path) for one, value in pairs_in(text_of(path), section))
