"""The table of `audit live`: what is inspected, in which order, and how to see it without our code.

The shell lines use what `audit.report.claims.BY_HAND_FIRST` sets.
"""

from __future__ import annotations

from audit.live.checks import (
    code,
    database,
    descriptors,
    disk,
    files,
    loaded,
    logs,
    packages,
    process,
    roster,
    system,
    tor,
    units,
    watchers,
)
from audit.row import Group, Row

_P, _T, _S, _C, _H = Group.PROCESSES, Group.TOR, Group.STORAGE, Group.PROGRAM, Group.SYSTEM

TABLE = (
    Row("processes", _P, process.check_processes, "Which processes serve this home",
        "A process beside the service could read or pass on what reporters send.",
        "Look with `ps -fp PID` what the process that is named is, end it, {restart}, and look again.",
        "ps -o pid,ppid,user,args -p $KEEPER --ppid $KEEPER; for p in $KEEPER $INTAKE $ZYGOTES $JOBS $TOR; do"
        " ls -l /proc/$p/exe; grep TracerPid /proc/$p/status; done; pgrep -P $INTAKE", root=True),
    Row("filter", _P, process.check_filter, "A filter of system calls on every thread",
        "A taken-over process could reach the network or start programs.",
        "To start again: {restart_both}; the kernel must allow seccomp filters.",
        "grep -H -E '^(Seccomp|NoNewPrivs):' /proc/$INTAKE/task/*/status; for p in $ZYGOTES $JOBS $TOR; do"
        " grep -H -E '^(Seccomp|NoNewPrivs):' /proc/$p/task/*/status; done"),
    Row("landlock", _P, process.check_landlock, "The second layer over files",
        "A taken-over intake could write to all files of the home.",
        "Use a kernel with Landlock (Debian 12 or later); where `own-files` is not clean, mend that first.",
        "python3 -I -c 'import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))'"
        "   # the kernel's version; that the intake puts it on, audit canary sees"),
    Row("privileges", _P, process.check_privileges, "No power that the service does not need",
        "A taken-over process would have power over the whole computer.",
        "Run the service as an ordinary account, by its unit `deploy/systemd/kallskydd.service`; then {restart}.",
        "for p in $INTAKE $ZYGOTES $JOBS; do grep -E '^(Uid|Cap)' /proc/$p/status; done"),
    Row("core-dumps", _P, process.check_core_dumps, "No memory is dumped or read by neighbours",
        "A crash would write reports to the disk in plain text, or another program could read them.",
        "Put `deploy/sysctl.d/60-kallskydd.conf` (`kernel.core_pattern=|/bin/false`, `fs.suid_dumpable=0`) into"
        " /etc/sysctl.d, run `sysctl --system`; for the limit: {restart}.",
        "for p in $KEEPER $INTAKE $ZYGOTES $JOBS $TOR; do grep core /proc/$p/limits; stat -c %u /proc/$p/stat; done;"
        " setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace readlink /proc/$INTAKE/exe;"
        " sysctl kernel.core_pattern fs.suid_dumpable"),
    Row("memory", _P, process.check_memory, "No memory reaches a disk by swap",
        "What a reporter is typing could be written to the disk and read from a seized computer.",
        "Run `swapoff -a` and remove its line in /etc/fstab, or encrypt the swap.",
        "cat /proc/swaps; lsblk -o NAME,TYPE,MOUNTPOINT; for p in $INTAKE $ZYGOTES $JOBS; do"
        " grep -E '^(VmLck|VmSwap)' /proc/$p/status; done;"
        " cat /sys/fs/cgroup$(sed -n s/^0:://p /proc/$INTAKE/cgroup)/memory.swap.max"),
    Row("intake-descriptors", _P, descriptors.check_intake_descriptors, "What the intake has open",
        "The intake could write or send something about a visitor through what it has open.",
        "To start again: {restart}; if it stays, do not sign, and compare `own-files`.",
        "ls -l /proc/$INTAKE/fd; ss -xpe | grep pid=$INTAKE,", root=True),
    Row("zygote-descriptors", _P, descriptors.check_zygote_descriptors, "What the scrubbers have open",
        "A hostile attachment could write or send something through what the jail has open.",
        "To start again: {restart}; if it stays, do not sign, and compare `own-files`.",
        "for p in $ZYGOTES $JOBS; do ls -l /proc/$p/fd; done", root=True),
    Row("streams", _P, descriptors.check_streams, "Standard output and errors lead nowhere",
        "An error message could carry a visitor's data into a log.",
        "Start the service by its unit: `deploy/systemd/kallskydd.service`.",
        "for p in $INTAKE $ZYGOTES $JOBS; do readlink /proc/$p/fd/{0,1,2}; done", root=True),
    Row("mappings", _P, descriptors.check_mappings, "What is mapped and shared",
        "Something could be written into a shared file without any system call that shows it.",
        "To start again: {restart}; if it stays, do not sign, and compare `own-files`.",
        "for p in $INTAKE $ZYGOTES $JOBS; do grep -H ' ...s ' /proc/$p/maps; done", root=True),
    Row("code", _C, code.check_code, "Code is the installation's and the system's",
        "Foreign code in a process of the service can do anything that the process can.",
        "Empty /etc/ld.so.preload, remove the file that is named, reinstall with `make install`; {restart}.",
        "cat /etc/ld.so.preload; for p in $KEEPER $INTAKE $ZYGOTES $JOBS $TOR; do awk '$2 ~ /x/ {print $2, $6, $7}'"
        " /proc/$p/maps; tr '\\0' '\\n' < /proc/$p/environ | grep -E '^(LD_|PYTHON)'; done | sort | uniq -c",
        root=True),
    Row("torrc", _T, tor.check_torrc, "tor's settings as tor itself reports them",
        "tor could log, open itself to others, or go ways that somebody else has chosen.",
        "{mend_torrc}",
        "asktor 'GETINFO config-text'; asktor 'GETCONF SafeLogging DisableDebuggerAttachment __ControlPort __SocksPort"
        " __HashedControlSessionPassword'; tr '\\0' ' ' < /proc/$TOR/cmdline; cat $HOMEDIR/tor/torrc"),
    Row("tor-listeners", _T, tor.check_tor_listeners, "Where tor listens, who steers it, and which onions it has",
        "Somebody else could steer tor, or reach the service by another way.",
        "Look with `ps -fp PID` what the program that is named is, and end it; then {restart_both}.",
        'for k in control socks or dir extor trans natd dns httptunnel metrics; do asktor "GETINFO net/listeners/$k";'
        " done; asktor 'GETINFO onions/detached'; ss -lnxtup | grep pid=$TOR,; ss -xp | grep control.sock", root=True),
    Row("tor-files", _T, tor.check_tor_files, "What tor has open",
        "tor could keep a log of moments at which visitors came.",
        "Remove every line `Log` to a file from `{torrc}`; {restart_tor}.",
        "ls -l /proc/$TOR/fd", root=True),
    Row("permissions", _S, files.check_permissions, "Who may reach the home's files",
        "Another account of the computer could read or change the home's files.",
        "`chmod go= FILE` for the file that is named; find out what a file that nobody knows is, and remove it.",
        "find $HOMEDIR -path $HOMEDIR/tor -prune -o -perm /077 -print; find $HOMEDIR -type l; ls -lR $HOMEDIR"),
    Row("times", _S, files.check_times, "No time of a file is that of a report",
        "The time of a file could tell when somebody reported.",
        "Find out who changed the file and why; then {restart}, wait ten minutes for the heartbeat, and look again.",
        "stat $HOMEDIR/{kallskydd.db*,shred.slots,roster/*,config.toml,server.pub,onion/*,run/*.sock}; date;"
        " ps -o lstart= -p $INTAKE"),
    Row("schema", _S, database.check_schema, "The database's tables are the known ones",
        "The database has room for something that should not be kept, such as a moment.",
        "Do not sign. Compare with `trusted/store/schema.sql`, and ask the operator who changed the database.",
        'sqlite3 "file:$HOMEDIR/kallskydd.db?mode=ro" .schema | diff - trusted/store/schema.sql'),
    Row("values", _S, database.check_values, "No value in the database is finer than a day",
        "The database tells more exactly than by the day when somebody reported.",
        "Do not sign. Ask the operator which program wrote the value; the column is named.",
        "sqlite3 -readonly $HOMEDIR/kallskydd.db \"SELECT format('SELECT ''%s.%s'', max(%s), max(length(%s)) FROM %s;',"
        " m.name, p.name, p.name, p.name, m.name) FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type ="
        " 'table' AND p.type <> 'BLOB'\" | sqlite3 -readonly $HOMEDIR/kallskydd.db   # files.number is random"),
    Row("storage", _S, database.check_storage, "How the database is kept; what is deleted is overwritten",
        "What was deleted could be read again from the disk.",
        "To start again: {restart}; if it stays, compare `own-files` and do not sign.",
        "xxd -s 16 -l 84 $HOMEDIR/kallskydd.db; sqlite3 -readonly $HOMEDIR/kallskydd.db"
        " 'PRAGMA journal_mode; PRAGMA auto_vacuum; PRAGMA freelist_count';"
        " ls -l /proc/$INTAKE/fd | grep -E 'kallskydd.db$|deleted'; grep kallskydd.db /proc/$INTAKE/maps"
        "   # that free pages are zeros, audit live alone reads", root=True),
    Row("disk", _S, disk.check_disk, "What lies under the home keeps nothing that was erased",
        "What was erased stays readable below the file system, or on another machine.",
        "Move the home to ext4 or XFS on LUKS (docs/operating/before-you-open.md); stop the program that is named.",
        "stat -f -c %T $HOMEDIR; lsblk -s -o NAME,TYPE,FSTYPE $(df --output=source $HOMEDIR | tail -1);"
        " pgrep -l litestream"),
    Row("roster", _S, roster.check_roster, "Who may read, by the chain of signatures",
        "Somebody whom the members have not agreed on could read reports.",
        "Run `kallskydd roster` with two members and compare the six words; `operator_is_no_member` in config.toml.",
        "grep operator_is_no_member $HOMEDIR/config.toml;"
        " cat $HOMEDIR/roster/*; sed -n '/^## 7/,/^## 8/p' docs/FORMATS.md"),
    Row("libraries", _C, packages.check_libraries, "Libraries of the locked versions, unchanged",
        "A library that was swapped or added could do anything that the service can.",
        "Find out why first; move a file that nobody installed out of its folder; then `make install`, {restart}.",
        "$PYTHON -m pip freeze --all   # against requirements.lock; the files against RECORD in each *.dist-info"),
    Row("own-files", _C, packages.check_own_files, "Our own program is the reviewed one",
        "The program that runs is not the one that was reviewed, and all else rests on it.",
        "Reinstall from the reviewed source with `make install`; make a list with `kallskydd audit manifest SOURCE`.",
        "git status --short; git rev-parse HEAD; sha256sum -c MANIFEST"
        "   # git: in the source; sha256sum: in the program's folder"),
    Row("loaded", _C, loaded.check_loaded, "What runs is the build, byte for byte",
        "A changed or added file of the program, of a library or of tor could do anything that the service can.",
        "Find out why first; move an added file away; then install again: `apt-get install --reinstall` or"
        " `make install`.",
        "(cd $(dirname $PYTHON)/../lib/python3*/site-packages && sha256sum --quiet -c ../../../share/MANIFEST);"
        " awk '$2 ~ /x/ {print $6}' /proc/{$KEEPER,$INTAKE,$TOR}/maps | sort -u | xargs dpkg -S; dpkg --verify",
        root=True),
    Row("kernel", _H, system.check_kernel, "The kernel's log tells of no job, and nobody reads along",
        "The kernel's log could tell the moment at which a file was cleaned.",
        "Put `deploy/sysctl.d/60-kallskydd.conf` into /etc/sysctl.d and run `sysctl --system`.",
        "sysctl debug.exception-trace kernel.seccomp.actions_logged kernel.print-fatal-signals kernel.dmesg_restrict"
        " kernel.kptr_restrict kernel.yama.ptrace_scope"),
    Row("journal", _H, logs.check_journal, "What the journal could keep",
        "Lines with moments stay on the disk or go to another computer.",
        "Put `deploy/journald.conf.d/kallskydd.conf` into /etc/systemd/journald.conf.d;"
        " `systemctl restart systemd-journald`.",
        "readlink /proc/$KEEPER/fd/{1,2}; systemd-analyze cat-config systemd/journald.conf | grep -E '^(Storage|Forw)';"
        " journalctl -b | grep -i kallskydd", root=True),
    Row("syslog", _H, logs.check_syslog, "What a syslog daemon could keep or send",
        "Lines with moments are copied to a file or to another computer.",
        "Remove the line that is named from /etc/rsyslog.conf or /etc/rsyslog.d; `systemctl restart rsyslog`.",
        "pgrep -l 'syslog'; grep -rn -E 'imjournal|omfwd|@' /etc/rsyslog.conf /etc/rsyslog.d"),
    Row("firewall", _H, system.check_firewall, "No firewall rule writes down packets",
        "Each connection's moment is written down, and with it tor's guard.",
        "Remove rules with `log` from /etc/nftables.conf; `nft -f /etc/nftables.conf`.",
        "nft list ruleset | grep -w log; iptables-save | grep -i LOG; ip6tables-save | grep -i LOG", root=True),
    Row("conntrack", _H, system.check_connections, "Tracked connections are not written down",
        "A collector could keep when and how much was sent.",
        "`sysctl -w net.netfilter.nf_conntrack_log_invalid=0 net.netfilter.nf_conntrack_timestamp=0`; stop the"
        " program that is named.",
        "sysctl -a -r 'nf_conntrack_(log_invalid|timestamp)'; pgrep -l 'ulogd|conntrackd|tcpdump'"),
    Row("audit-subsystem", _H, system.check_audit_subsystem, "The kernel writes down no process",
        "The kernel writes down moments at which processes start or open files.",
        "Run `auditctl -D`, remove the rules in /etc/audit/rules.d, and `systemctl disable --now auditd`.",
        "auditctl -s; auditctl -l", root=True),
    Row("accounting", _H, system.check_accounting, "Neither systemd nor the kernel counts",
        "Amounts of traffic and work, which follow reports, stay in the journal or in a file.",
        "Remove the line that is named from /etc/systemd/system.conf, `systemctl daemon-reexec`; `accton off`.",
        "systemctl show -p DefaultIPAccounting -p DefaultIOAccounting -p LogLevel -p Environment;"
        " ls /var/log/account /var/account /var/log/pacct"),
    Row("units", _H, units.check_units, "What systemd does with the units of the service",
        "What the service says or does is written to the journal, to a file or to a counter.",
        "Use the units in `deploy/systemd`; remove the file that is named (`systemctl revert UNIT`); `systemctl"
        " daemon-reload`; {restart}.",
        "UNIT=$(sed -E 's,.*/([^/]+[.]service).*,\\1,' /proc/$INTAKE/cgroup); systemctl cat $UNIT; systemctl show $UNIT"
        " -p StandardOutput -p StandardError -p LogNamespace -p LimitCORE -p IPAccounting -p IOAccounting"
        " -p DropInPaths -p NeedDaemonReload; systemctl show -p IPAccounting -p IOAccounting -- -.slice system.slice"),
    Row("watchers", _H, watchers.check_watchers, "No program that is known to watch or to carry logs away",
        "A program beside the service could keep when it works, what it opens and how much it sends.",
        "Ask the operator what the program is for; remove it from this computer, or do not sign.",
        "ps -eo comm,args; ls -l /proc/[0-9]*/fd | grep -E 'fanotify|perf_event|bpf'; grep -l '^inotify'"
        " /proc/[0-9]*/fdinfo/*; ls -i $HOMEDIR; ls /etc/systemd/system/*.wants; grep -rl $HOMEDIR /etc/systemd"
        " /run/systemd /etc/cron* /var/spool/cron; cat"
        " /sys/kernel/tracing/{kprobe_events,uprobe_events,set_event,current_tracer}", root=True),
)  # fmt: skip
