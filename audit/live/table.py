"""The table of `audit live`: what is inspected, in which order, and how to see it without our code.

`docs/AUDITING_REFERENCE.md` explains each row; scripts/auditing_tables.py writes the rows there. The shell lines use
what `BY_HAND_FIRST` sets.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from audit.swedish_words import SWEDISH_REMARKS
from audit.verdict import Language

_USUAL_HOME = "HOMEDIR=/var/lib/kallskydd/home "
_REMARK = re.compile(r"(?<=  )# [^\n]+$", re.MULTILINE)

BY_HAND_FIRST = """\
HOMEDIR=/var/lib/kallskydd/home          # the home, as an absolute path
INTAKE=$(pgrep -f -- "-m intake --home $HOMEDIR ")
KEEPER=$(ps -o ppid= -p $INTAKE | tr -d ' ')
ZYGOTES=$(pgrep -P $KEEPER -f scrubbers.jailed.zygote); JOBS=$(for z in $ZYGOTES; do pgrep -P $z; done)
TOR=$(pgrep -P $KEEPER -x tor)           # or that of the system's tor
PYTHON=$(tr '\\0' '\\n' < /proc/$INTAKE/cmdline | head -1)
COOKIE=$(xxd -p -c64 $HOMEDIR/tor/data/control_auth_cookie)
asktor() { printf 'AUTHENTICATE %s\\r\\n%s\\r\\nQUIT\\r\\n' $COOKIE "$1" | socat - unix:$HOMEDIR/run/control.sock; }
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One check: its name, its title in two languages, a line of shell, and whether it takes root to see it whole."""

    id: str
    title: str
    titel: str
    by_hand: str
    root: bool = False


def first_lines(home: Path, language: Language) -> str:
    """`BY_HAND_FIRST` for the home that is audited, as an absolute path."""
    named = f"HOMEDIR={shlex.quote(str(home))} "
    return with_remarks(BY_HAND_FIRST.replace(_USUAL_HOME, named), language)


def with_remarks(lines: str, language: Language) -> str:
    """Lines of shell with what is remarked in them in this language."""
    if language == "en":
        return lines
    return _REMARK.sub(lambda remark: SWEDISH_REMARKS.get(remark[0], remark[0]), lines)


TABLE = (
    Row("processes", "Which processes serve this home", "Vilka processer som sköter tjänsten",
        "ps -o pid,ppid,user,args -p $KEEPER --ppid $KEEPER; for p in $KEEPER $INTAKE $ZYGOTES $JOBS $TOR; do"
        " ls -l /proc/$p/exe; grep TracerPid /proc/$p/status; done; pgrep -P $INTAKE", root=True),
    Row("filter", "A filter of system calls on every thread", "Filter för systemanrop på varje tråd",
        "grep -H -E '^(Seccomp|NoNewPrivs):' /proc/$INTAKE/task/*/status; for p in $ZYGOTES $JOBS $TOR; do"
        " grep -H -E '^(Seccomp|NoNewPrivs):' /proc/$p/task/*/status; done"),
    Row("landlock", "The second layer over files", "Det andra skyddet, över filer",
        "python3 -I -c 'import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))'"
        "   # the kernel's version; that the intake puts it on, audit canary sees"),
    Row("privileges", "No power that the service does not need", "Inga behörigheter som tjänsten inte behöver",
        "for p in $INTAKE $ZYGOTES $JOBS; do grep -E '^(Uid|Cap)' /proc/$p/status; done"),
    Row("core-dumps", "No memory is dumped or read by neighbours", "Inget minne dumpas eller läses av andra program",
        "for p in $KEEPER $INTAKE $ZYGOTES $JOBS $TOR; do grep core /proc/$p/limits; stat -c %u /proc/$p/stat; done;"
        " setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace readlink /proc/$INTAKE/exe;"
        " sysctl kernel.core_pattern fs.suid_dumpable"),
    Row("memory", "No memory reaches a disk by swap", "Inget minne når en disk genom växling",
        "cat /proc/swaps; lsblk -o NAME,TYPE,MOUNTPOINT; for p in $INTAKE $ZYGOTES $JOBS; do"
        " grep -E '^(VmLck|VmSwap)' /proc/$p/status; done;"
        " cat /sys/fs/cgroup$(sed -n s/^0:://p /proc/$INTAKE/cgroup)/memory.swap.max"),
    Row("intake-descriptors", "What the intake has open", "Vad mottagningen har öppet",
        "ls -l /proc/$INTAKE/fd; ss -xpe | grep pid=$INTAKE,", root=True),
    Row("zygote-descriptors", "What the scrubbers have open", "Vad rensarna har öppet",
        "for p in $ZYGOTES $JOBS; do ls -l /proc/$p/fd; done", root=True),
    Row("streams", "Standard output and errors lead nowhere", "Utdata och felutdata leder ingenstans",
        "for p in $INTAKE $ZYGOTES $JOBS; do readlink /proc/$p/fd/{0,1,2}; done", root=True),
    Row("mappings", "What is mapped and shared", "Vad som är inläst och delat",
        "for p in $INTAKE $ZYGOTES $JOBS; do grep -H ' ...s ' /proc/$p/maps; done", root=True),
    Row("code", "Code is the installation's and the system's", "Koden är installationens och systemets",
        "cat /etc/ld.so.preload; for p in $KEEPER $INTAKE $ZYGOTES $JOBS $TOR; do awk '$2 ~ /x/ {print $2, $6, $7}'"
        " /proc/$p/maps; tr '\\0' '\\n' < /proc/$p/environ | grep -E '^(LD_|PYTHON)'; done | sort | uniq -c",
        root=True),
    Row("torrc", "tor's settings as tor itself reports them", "Tors inställningar, som tor själv uppger dem",
        "asktor 'GETINFO config-text'; asktor 'GETCONF SafeLogging DisableDebuggerAttachment __ControlPort __SocksPort"
        " __HashedControlSessionPassword'; tr '\\0' ' ' < /proc/$TOR/cmdline; cat $HOMEDIR/tor/torrc"),
    Row("tor-listeners", "Where tor listens, who steers it, and which onions it has",
        "Var tor lyssnar, vem som styr det, och vilka adresser det har",
        'for k in control socks or dir extor trans natd dns httptunnel metrics; do asktor "GETINFO net/listeners/$k";'
        " done; asktor 'GETINFO onions/detached'; ss -lnxtup | grep pid=$TOR,; ss -xp | grep control.sock", root=True),
    Row("tor-files", "What tor has open", "Vad tor har öppet", "ls -l /proc/$TOR/fd", root=True),
    Row("permissions", "Who may reach the home's files", "Vilka som når filerna i hemmet",
        "find $HOMEDIR -path $HOMEDIR/tor -prune -o -perm /077 -print; find $HOMEDIR -type l; ls -lR $HOMEDIR"),
    Row("times", "No time of a file is that of a report", "Ingen fils tid är en anmälans",
        "stat $HOMEDIR/{kallskydd.db*,shred.slots,roster/*,config.toml,server.pub,onion/*,run/*.sock}; date;"
        " ps -o lstart= -p $INTAKE"),
    Row("schema", "The database's tables are the known ones", "Databasens tabeller är de kända",
        'sqlite3 "file:$HOMEDIR/kallskydd.db?mode=ro" .schema | diff - cases/store/schema.sql'),
    Row("values", "No value in the database is finer than a day", "Inget värde i databasen är finare än en dag",
        "sqlite3 -readonly $HOMEDIR/kallskydd.db \"SELECT format('SELECT ''%s.%s'', max(%s), max(length(%s)) FROM %s;',"
        " m.name, p.name, p.name, p.name, m.name) FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.type ="
        " 'table' AND p.type <> 'BLOB'\" | sqlite3 -readonly $HOMEDIR/kallskydd.db   # files.number is random"),
    Row("storage", "How the database is kept; what is deleted is overwritten",
        "Hur databasen förvaras; det raderade skrivs över",
        "xxd -s 16 -l 84 $HOMEDIR/kallskydd.db; sqlite3 -readonly $HOMEDIR/kallskydd.db"
        " 'PRAGMA journal_mode; PRAGMA auto_vacuum; PRAGMA freelist_count';"
        " ls -l /proc/$INTAKE/fd | grep -E 'kallskydd.db$|deleted'; grep kallskydd.db /proc/$INTAKE/maps"
        "   # that free pages are zeros, audit live alone reads",
        root=True),
    Row("disk", "What lies under the home keeps nothing that was erased",
        "Det som ligger under hemmet behåller inget raderat",
        "stat -f -c %T $HOMEDIR; lsblk -s -o NAME,TYPE,FSTYPE $(df --output=source $HOMEDIR | tail -1);"
        " pgrep -l litestream; crm_mon --one-shot"),
    Row("roster", "Who may read, by the chain of signatures", "Vilka som får läsa, enligt underskrifterna",
        "grep operator_is_no_member $HOMEDIR/config.toml;"
        " cat $HOMEDIR/roster/*; sed -n '/^## 7/,/^## 8/p' docs/FORMATS.md"),
    Row("libraries", "Libraries of the locked versions, unchanged",
        "Biblioteken har låsta versioner och är oförändrade",
        "$PYTHON -m pip freeze --all   # against requirements.lock; the files against RECORD in each *.dist-info"),
    Row("own-files", "Our own program is the reviewed one", "Programmet är det granskade",
        "git status --short; git rev-parse HEAD; sha256sum -c MANIFEST"
        "   # git: in the source; sha256sum: in the program's folder"),
    Row("loaded", "What runs is the build, byte for byte", "Det som körs är bygget, byte för byte",
        "(cd $(dirname $PYTHON)/../lib/python3*/site-packages && sha256sum --quiet -c ../../../share/MANIFEST);"
        " awk '$2 ~ /x/ {print $6}' /proc/{$KEEPER,$INTAKE,$TOR}/maps | sort -u | xargs dpkg -S; dpkg --verify",
        root=True),
    Row("kernel", "The kernel's log tells of no job, and nobody reads along",
        "Kärnans logg nämner inget jobb, och ingen läser med",
        "sysctl debug.exception-trace kernel.seccomp.actions_logged kernel.print-fatal-signals kernel.dmesg_restrict"
        " kernel.kptr_restrict kernel.yama.ptrace_scope"),
    Row("journal", "What the journal could keep", "Vad systemloggen skulle kunna behålla",
        "readlink /proc/$KEEPER/fd/{1,2}; systemd-analyze cat-config systemd/journald.conf | grep -E '^(Storage|Forw)';"
        " journalctl -b | grep -i kallskydd", root=True),
    Row("syslog", "What a syslog daemon could keep or send", "Vad en syslog-tjänst skulle kunna behålla eller skicka",
        "pgrep -l 'syslog'; grep -rn -E 'imjournal|omfwd|@' /etc/rsyslog.conf /etc/rsyslog.d"),
    Row("firewall", "No firewall rule writes down packets", "Ingen brandväggsregel skriver upp paket",
        "nft list ruleset | grep -w log; iptables-save | grep -i LOG; ip6tables-save | grep -i LOG", root=True),
    Row("conntrack", "Tracked connections are not written down", "Spårade anslutningar skrivs inte upp",
        "sysctl -a -r 'nf_conntrack_(log_invalid|timestamp)'; pgrep -l 'ulogd|conntrackd|tcpdump'"),
    Row("audit-subsystem", "The kernel writes down no process", "Kärnan skriver inte upp några processer",
        "auditctl -s; auditctl -l", root=True),
    Row("accounting", "Neither systemd nor the kernel counts", "Varken systemd eller kärnan räknar",
        "systemctl show -p DefaultIPAccounting -p DefaultIOAccounting; systemctl show -p IPAccounting -p IOAccounting"
        " -p StandardOutput -p StandardError 'kallskydd*'; ls /var/log/account /var/account /var/log/pacct"),
)  # fmt: skip
