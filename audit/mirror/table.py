"""The table of `audit mirror`: what is inspected, in which order, and how to see it without our code.

Remedies are for the mirror's host.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit.language import Language, with_remarks
from audit.live.checks.system import check_audit_subsystem, check_firewall, check_syslog
from audit.mirror.checks.computer import check_accounting, check_conntrack, check_locks, check_parts
from audit.mirror.checks.settings import check_command, check_configuration, check_torrc, check_units
from audit.mirror.checks.traces import check_descriptors, check_files, check_memory, check_requests
from audit.report.claims import Claim
from audit.row import Group, Row
from audit.verdict import Inspection

_M = Group.MIRROR

BY_HAND_FIRST = """\
NAME=mirror.example                      # the mirror's name
RELAY=$(pgrep -f -- '-I -m relay ')
PROXY=$(pgrep -o -x 'nginx|caddy')
ALL=$(for p in $RELAY $PROXY; do echo $p; pgrep -P $p; ps -o ppid= -p $p | grep -vw 1; done)
MARKER=audit-$(openssl rand -hex 12); SINCE=$(mktemp)
visit() { yes $MARKER | head -c 1048576 | curl -s -m 60 -o /dev/null -w '%{http_code}\\n' --interface 127.77.13.201 \\
  --connect-to ::127.0.0.1: -H 'Expect:' -A $MARKER --data-binary @- "$@" https://$NAME/$MARKER; }
"""


def _of(check: Callable[..., None], *names: str) -> Callable[[Inspection, Any], None]:
    """Return the check, called with these of what is audited."""
    return lambda inspection, audited: check(inspection, *(getattr(audited, name) for name in names))


def first_lines(_home: Path, language: Language) -> str:
    """Return the names that the lines use."""
    return with_remarks(BY_HAND_FIRST, language)


TABLE = (
    Row("parts", _M, _of(check_parts, "scene"), "What forwards on this host",
        "A program that nobody has reviewed could see the addresses of visitors.",
        "Stop what is named and does not belong to the mirror; start the units in `deploy/systemd` again.",
        "ps -o pid,ppid,user,args -p \"$(echo $ALL | tr ' ' ,)\"; ls -l $(printf '/proc/%s/exe ' $ALL)", root=True),
    Row("command", _M, _of(check_command, "scene"), "How each was started",
        "A word of the command line could switch on a log.",
        "Start by the unit: `systemctl restart kallskydd-relay`, or the proxy's with `deploy/proxy/*.service.conf`.",
        "for p in $ALL; do tr '\\0' ' ' < /proc/$p/cmdline; echo; tr '\\0' '\\n' < /proc/$p/environ"
        " | grep -E '^(LD_|PYTHON|SSLKEYLOGFILE)'; done", root=True),
    Row("configuration", _M, _of(check_configuration, "scene"), "The proxy's file, line by line",
        "The proxy could log, keep or pass on addresses.",
        "Make the file in /etc/kallskydd-proxy like that in `deploy/proxy`, and restart the proxy.",
        "diff /etc/kallskydd-proxy/nginx.conf deploy/proxy/nginx.conf; diff /etc/kallskydd-proxy/Caddyfile"
        " deploy/proxy/Caddyfile"),
    Row("torrc", _M, _of(check_torrc, "scene"), "The settings of the tor behind the relay",
        "The mirror's tor could log when visitors came.",
        "Make /etc/kallskydd-relay/torrc like `deploy/torrc-relay`; `systemctl restart kallskydd-relay-tor`.",
        "diff /etc/kallskydd-relay/torrc deploy/torrc-relay; ps -o args= -C tor"),
    Row("units", _M, _of(check_units, "scene"), "Units say nothing, count nothing and swap nothing",
        "What the programs say, or how much they forward, stays in the journal or in a file.",
        "Use the units in `deploy/systemd`, remove drop-ins, `systemctl daemon-reload` and restart.",
        "systemctl show -p StandardOutput -p StandardError -p LogLevelMax -p IPAccounting -p IOAccounting -p"
        " MemorySwapMax -p LimitCORE -p InaccessiblePaths kallskydd-relay kallskydd-relay-tor nginx caddy"),
    Row("locks", _M, _of(check_locks, "scene"), "The relay is closed, and nothing is dumped",
        "A taken-over relay could write down addresses, or a crash could.",
        "Start by the unit: `systemctl restart kallskydd-relay`; `kernel.core_pattern` as in `deploy/sysctl.d`.",
        "grep -H -E '^(Seccomp|NoNewPrivs|CapEff):' /proc/$RELAY/task/*/status; for p in $ALL; do"
        " grep core /proc/$p/limits; done"),
    Row("requests", _M, _of(check_requests, "planted"), "Each planted visit did what it should",
        "The planted visits did not go as they should, so that nothing was found shows nothing.",
        "Mend the mirror until its page opens in a browser; name --stop and --start, and run it again.",
        "visit; visit --max-time 1 --limit-rate 9k; curl -sk --connect-to ::127.0.0.1: https://other.example/;"
        " curl -s -A $MARKER -w '%{http_code} %{redirect_url}' --connect-to ::127.0.0.1: http://$NAME/$MARKER;"
        " systemctl stop kallskydd-relay-tor; visit; systemctl start kallskydd-relay-tor; visit"),
    Row("descriptors", _M, _of(check_descriptors, "planted", "watch"), "Nothing of a visit in what is open",
        "A visitor's address or report lies in a file that the mirror has open.",
        "Use the files in `deploy/proxy` and restart; nginx must not keep bodies in temporary files.",
        "visit --limit-rate 99k & sleep 3; for p in $ALL; do ls -l /proc/$p/fd; find /proc/$p/fd -type l -exec test -f"
        " {} ';' -exec grep -a -l -e $MARKER -e 127.77.13.201 {} +; done", root=True),
    Row("files", _M, _of(check_files, "planted", "watch"), "Nothing of a visit in logs and temporary files",
        "A visitor's address lies in a log or a temporary file.",
        "Delete the file that is named, and make the configuration like `deploy/proxy` so that it is not made again.",
        "find /var/log /run/log /tmp /var/tmp /var/lib/nginx /var/lib/caddy /run -type f '(' -newer $SINCE -o -name"
        " '*.journal' ')' -exec grep -a -l -e $MARKER -e 127.77.13.201 {} +", root=True),
    Row("memory", _M, _of(check_memory, "planted", "scene"), "The relay's memory holds nothing of a visit",
        "Who seizes the host while it runs finds visitors in the relay's memory.",
        "`systemctl restart kallskydd-relay`; if it stays, compare the program with the reviewed source.",
        "gcore -o /dev/shm/relay $RELAY; grep -a -c -e $MARKER -e 127.77.13.201 /dev/shm/relay.$RELAY; grep -a -c -P"
        " '\\x7f\\x4d\\x0d\\xc9' /dev/shm/relay.$RELAY; rm /dev/shm/relay.$RELAY", root=True),
    Row("syslog", _M, _of(check_syslog, "scene"), "No line is taken over or sent away",
        "Lines about visitors are copied to a file or to another computer.",
        "Remove the line that is named from /etc/rsyslog.conf or /etc/rsyslog.d; `systemctl restart rsyslog`.",
        "pgrep -l 'rsyslogd|syslog-ng|syslogd'; grep -r imjournal /etc/rsyslog*"),
    Row("firewall", _M, _of(check_firewall, "scene"), "No rule of the firewall logs",
        "The firewall writes down visitors' addresses.",
        "Remove rules with `log` from /etc/nftables.conf; `nft -f /etc/nftables.conf`.",
        "nft list ruleset | grep -n log; iptables-legacy-save | grep LOG; ip6tables-legacy-save | grep LOG", root=True),
    Row("conntrack", _M, _of(check_conntrack, "scene", "planted"), "The kernel keeps no connections",
        "The kernel keeps a list of visitors' addresses.",
        "Put `deploy/sysctl.d/60-kallskydd-relay.conf` into /etc/sysctl.d, `sysctl --system`; remove rules that track"
        " (`ct`) from /etc/nftables.conf, `modprobe -r nf_conntrack`.",
        "sysctl net.ipv4.tcp_no_metrics_save net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_acct"
        " net.netfilter.nf_conntrack_log_invalid net.netfilter.nf_conntrack_timestamp; conntrack -L | grep -c"
        " 127.77.13.201"),
    Row("audit-subsystem", _M, _of(check_audit_subsystem, "scene"), "The kernel writes down no process",
        "The kernel writes down moments at which visitors come.",
        "Run `auditctl -D`, remove the rules in /etc/audit/rules.d, and `systemctl disable --now auditd`.",
        "auditctl -s; auditctl -l", root=True),
    Row("accounting", _M, _of(check_accounting, "scene"), "Nothing counts visitors or processes",
        "A counter or a table of the kernel tells of visitors.",
        "Unload the module that is named with `modprobe -r MODULE`, and run `accton off`.",
        "lsmod | grep -E 'NETFLOW|nfacct|nfnetlink_(acct|log)|xt_(LOG|NFLOG|recent)|nf_log'; ls /var/log/account"),
)  # fmt: skip

MIRROR = Claim(
    first_lines,
    "Assertion 2 of the mirror. On the host audited, on the day named, the programs that forward wrote down nothing"
    " of a visit, and the relay kept neither an address nor what was sent, apart from what is marked “Finding”"
    " or “Not seen”.",
    (
        "The hoster, the hypervisor and those who watch the line: that an address came, when, and how much.",
        "A proxy that ends TLS can read every report, whatever it is set to.",
        "Logs that are compressed or encrypted, or were sent to another computer already.",
        "Tracing in the kernel (BPF, ftrace), and a program that behaves differently while it is audited.",
        "What happens at another time than the audit's, and the home behind: it is audited with audit live.",
    ),
)
