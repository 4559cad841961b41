"""Programs beside the service that watch a computer or carry its logs away: by name, and by what they hold open.

A name shows that one is there. That none is there shows nothing, and the row says so.
"""

from __future__ import annotations

import os
import re
from typing import Final

from audit.live.checks.system import program_names
from audit.observe.proc import NotSeen, Process, everything
from audit.observe.scene import Scene
from audit.observe.units import texts_of_services, unit_of
from audit.verdict import Inspection, listed

# As the kernel has their names, which it cuts to fifteen bytes, or as they were started.
_AGENTS: Final = frozenset({
    "alloy", "atop", "atopacctd", "auditbeat", "bpftrace", "cbagentd", "cbdaemon", "cmk-agent-ctl", "collectd",
    "cyserver", "datadog-agent", "ds_agent", "elastic-agent", "elastic-endpoint", "falco", "falcon-sensor",
    "falcon-sensor-bpf", "filebeat", "fluent-bit", "fluentd", "grafana-agent", "hsflowd", "ir_agent", "journalbeat",
    "kesl", "kunai", "logstash", "mdatp", "metricbeat", "nessusd", "netdata", "newrelic-infra", "node_exporter",
    "nprobe", "nxlog", "osqueryd", "ossec-agentd", "otelcol", "packetbeat", "perf", "pmd", "process-agent",
    "process-exporter", "prometheus-node-exporter", "promtail", "qualys-cloud-agent", "s1-agent", "sadc", "savd",
    "sentinelone-agent", "splunkd", "suricata", "sysdig", "sysmon", "sysstat", "sysstat-collect", "system-probe",
    "systemd-journal-gatewayd", "systemd-journal-remote", "systemd-journal-upload", "td-agent", "telegraf", "tetragon",
    "tracee", "tshark", "vector", "velociraptor", "wazuh-agentd", "wdavdaemon", "xagt", "zabbix-agent", "zabbix-agent2",
    "zabbix_agent2", "zabbix_agentd", "zeek",
})  # fmt: skip
_KERNEL_NAME: Final = 15
# By these a program sees what others do: files that are opened, calls, packets.
_SEES: Final = ("anon_inode:[fanotify]", "anon_inode:[perf_event]", "anon_inode:bpf-prog", "anon_inode:bpf_link")
_NOTIFIES: Final = ("anon_inode:inotify", "anon_inode:[fanotify]")
_WATCHED: Final = re.compile(r"ino:([0-9a-f]+) sdev:([0-9a-f]+)")
_MANAGER: Final = ("systemd",)
_PROBES: Final = ("kprobe_events", "uprobe_events", "set_event")
_TRACING: Final = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")
# Units that we ship and that name the home.
_OURS: Final = ("kallskydd.service", "kallskydd-status.service", "kallskydd-backup.service")
_KEPT: Final = ("/var/log/sysstat", "/var/log/sa", "/var/log/atop")


def check_watchers(inspection: Inspection, scene: Scene) -> None:
    """Require that no known one runs, that nothing is traced, and that no program sees what others do."""
    # systemd-journald itself has a name that begins like three of them, cut.
    short = {name[:_KERNEL_NAME] for name in _AGENTS if not name.startswith("systemd-")}
    # Those that systemd starts at the next boot, by the clock, or once somebody asks.
    enabled = {path.stem for path in scene.system("/etc/systemd/system").glob("*.wants/*")}
    running = sorted((_AGENTS | short) & (program_names() | enabled))
    inspection.require(not running, "programs that are known to watch, or to carry logs away: {names}",
                names=listed(running) or "0")  # fmt: skip
    inspection.saw(
        "that none of {count} known names runs proves nothing: another, one under another name, and one below this"
        " computer are not seen", count=len(_AGENTS),
    )  # fmt: skip
    # By the clock a program goes to the home for moments, in which nobody sees it.
    served = unit_of(scene.service.keeper) or _OURS[0]
    for path, text in texts_of_services(scene):
        # Every setting of the intake's unit is another row's.
        theirs = path.name not in {*_OURS, served} and path.parent.name != f"{served}.d"
        if theirs and re.search(rf"{re.escape(str(scene.home))}(?![\w-])", text):
            inspection.found("{path} names the home", path=path)
    kept = [path for path in _KEPT if scene.system(path).is_dir() and any(scene.system(path).iterdir())]
    inspection.require(not kept, "measures of this computer by the minute are kept: {names}", names=listed(kept) or "0")
    probes = [f"{top}/{name}" for top in _TRACING for name in _PROBES if scene.value(f"{top}/{name}")]
    probes += [top for top in _TRACING if scene.value(f"{top}/current_tracer") not in {None, "nop"}]
    inspection.require(not probes, "the kernel traces what programs do: {names}", names=listed(probes) or "0")
    if not scene.as_root:
        inspection.missed("what other programs hold open: root alone sees it")
        return
    ours = _inodes(scene)
    for process in everything():
        try:
            name = process.name()
            descriptors = process.descriptors()
            held = sorted({one.target for one in descriptors if one.target.startswith(_SEES)})
            notified = [
                one for one in descriptors if one.target in _NOTIFIES and _watched_by(process, one.number) & ours
            ]
        except NotSeen:
            continue
        if held and not name.startswith(_MANAGER):
            inspection.found("{name} {pid} holds {held}, which shows it what other programs do", name=name,
                       pid=process.pid, held=listed(held))  # fmt: skip
        if notified:
            # Also systemd itself, for a unit of the kind .path.
            inspection.found("{name} {pid} is notified of each change in the home", name=name, pid=process.pid)


def _inodes(scene: Scene) -> set[tuple[int, int]]:
    """Return device and number of the home and all in it, as the kernel says them of what inotify watches."""
    states = [path.stat(follow_symlinks=False) for path in (scene.home, *scene.home.rglob("*"))]
    return {(os.major(one.st_dev) << 20 | os.minor(one.st_dev), one.st_ino) for one in states}


def _watched_by(process: Process, number: int) -> set[tuple[int, int]]:
    try:
        text = process.place(f"fdinfo/{number}").read_text()
    except OSError:  # closed since
        return set()
    return {(int(device, 16), int(inode, 16)) for inode, device in _WATCHED.findall(text)}
