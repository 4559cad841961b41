"""What the journal and a syslog daemon would keep, or hand on, of what the service gives them: nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from audit.live.checks.system import program_names
from audit.observe.proc import NotSeen, Process
from audit.observe.scene import Host, Scene
from audit.observe.sockets import unix_peers, unix_table
from audit.observe.units import configured, entries, text_of, unit_settings
from audit.verdict import Inspection, listed

_YES: Final = {"1", "yes", "true", "on"}
_JOURNAL_SOCKETS: Final = ("/run/systemd/journal/", "/dev/log")
_SYSLOG: Final = {"rsyslogd", "syslog-ng", "syslogd", "metalog"}
# Where the journal hands lines on to beside a syslog daemon.
_HANDS_ON: Final = ("ForwardToKMsg", "ForwardToConsole", "ForwardToSocket", "Audit")
# These say how much is kept, and how.
_OF_THE_JOURNAL: Final = frozenset({
    "Compress", "ForwardToSyslog", "ForwardToWall", "LineMax", "MaxFileSec", "MaxLevelConsole", "MaxLevelKMsg",
    "MaxLevelSocket", "MaxLevelStore", "MaxLevelSyslog", "MaxLevelWall", "MaxRetentionSec", "RateLimitBurst",
    "RateLimitInterval", "RateLimitIntervalSec", "ReadKMsg", "RuntimeKeepFree", "RuntimeMaxFileSize", "RuntimeMaxFiles",
    "RuntimeMaxUse", "Seal", "SplitMode", "Storage", "SyncIntervalSec", "SystemKeepFree", "SystemMaxFileSize",
    "SystemMaxFiles", "SystemMaxUse", "TTYPath",
})  # fmt: skip
# Words of the kernel's command line by which the journal or systemd itself is set.
_BOOTED_WITH: Final = re.compile(r"systemd\.(journald\.|log_|setenv=|default_standard).*")
# What hands a line on to anything but a file, a terminal or nobody.
_FORWARDS: Final = {
    "/etc/rsyslog.conf": re.compile(r"@@|\s@|\bom(?!file\b|usrmsg\b|discard\b|it\b)[a-z]{2,}\b|\s\^/|\s\|\s*/"),
    "/etc/syslog-ng/syslog-ng.conf": re.compile(
        r"\b(network|tcp6?|udp6?|syslog|http|program|pipe|unix-dgram|unix-stream|mongodb|sql|amqp|smtp|redis)\s*\("
    ),
}  # fmt: skip
_TAKES_OVER: Final = re.compile(r"imjournal|systemd-journal\s*\(")
_INCLUDES: Final = re.compile(r"""^\$IncludeConfig\s+(\S+)|\binclude\(\s*file="([^"]+)"|^@include\s+"([^"]+)\"""")
_MOST_FILES: Final = 200


def check_journal(inspection: Inspection, scene: Scene) -> None:
    """Where the keeper's words go, and what the journal would keep of anything for how long, or hand on."""
    _keepers_words(inspection, scene)
    runs = scene.system("/run/systemd/journal").exists()
    inspection.saw("a journal is running: {runs}", runs=runs)
    settings = {name: (value, path) for name, value, path in configured(scene, "journald.conf", "Journal")}
    forward, stands_in = settings.get("ForwardToSyslog", ("no", Path("-")))
    # Debian ships this switched on. Without a syslog daemon it forwards to nobody; written in /etc it was meant.
    meant = scene.system("/etc") in stands_in.parents or bool(_syslog_daemons())
    inspection.require(forward.lower() not in _YES or not meant, "ForwardToSyslog={value} ({path}); used: {meant}",
                value=forward, path=stands_in, meant=meant)  # fmt: skip
    storage = settings.get("Storage", ("auto", Path("-")))[0].lower()
    on_disk = storage == "persistent" or (storage == "auto" and runs and scene.system("/var/log/journal").exists())
    inspection.require(not on_disk, "Storage={value}; kept on the disk: {on_disk}", value=storage, on_disk=on_disk)
    for name, (value, path) in settings.items():
        if name in _HANDS_ON:
            silent = not value or value.lower() in {"no", "false", "off", "0"}
            inspection.require(
                silent, "the journal hands on: {name}={value} ({path})", name=name, value=value, path=path
            )
        elif name not in _OF_THE_JOURNAL:
            inspection.found("the journal has {name}={value} ({path}), which is on no list", name=name, value=value,
                       path=path)  # fmt: skip
    for name, value, path in configured(scene, "journal-upload.conf", "Upload"):
        if name == "URL" and value:
            inspection.found("the journal hands on: {name}={value} ({path})", name=name, value=value, path=path)
    for name, value, path in unit_settings(scene, "systemd-journald.service"):
        # Another program in its place, or one that is told to say more; distributions set none of them by a drop-in.
        if path.parent.suffix == ".d" and name.startswith(("Exec", "Environment")):
            inspection.found("{unit} has {name}={value} ({file}), which is on no list", unit="systemd-journald.service",
                       name=name, value=value, file=path)  # fmt: skip
    words = [word for word in (scene.value("/proc/cmdline") or "").split() if _BOOTED_WITH.fullmatch(word)]
    inspection.require(not words, "the kernel was started with words for the journal: {words}",
                words=listed(words) or "0")  # fmt: skip


def check_syslog(inspection: Inspection, scene: Host) -> None:
    """Find a syslog daemon that takes the journal's lines, or sends lines to another program or computer."""
    inspection.saw("syslog daemons that run: {names}", names=listed(_syslog_daemons()) or "0")
    for top, forwards in _FORWARDS.items():
        for path in _with_all_that_it_reads(scene, top):
            try:
                lines = [line.split("#")[0].strip() for line in path.read_text(errors="replace").splitlines()]
            except FileNotFoundError:
                continue
            except OSError:
                inspection.missed("{path} cannot be read by this account", path=path)
                continue
            for line in lines:
                if _TAKES_OVER.search(line):
                    inspection.found("{path} takes over the journal: {line}", path=path, line=line)
                if forwards.search(line) and not line.startswith("$"):
                    inspection.found("{path} sends lines away: {line}", path=path, line=line)


def _with_all_that_it_reads(scene: Host, top: str) -> list[Path]:
    """Return the file, those of the folder that Debian has it read, and those that any of them names."""
    folder = Path(top).parent
    usual = "/etc/rsyslog.d" if folder == Path("/etc") else f"{folder}/conf.d"
    found = [scene.system(top), *entries(scene.system(usual), ".conf")]
    for path in found:  # which grows
        for names in (_INCLUDES.search(line.strip()) for line in text_of(path).splitlines()):
            name = next(filter(None, names.groups()), "") if names else ""
            if not name or len(found) > _MOST_FILES:
                continue
            place = scene.system(name) if name.startswith("/") else scene.system(str(folder)) / name
            found += [one for one in sorted(place.parent.glob(place.name)) if one.is_file() and one not in found]
    return found


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
