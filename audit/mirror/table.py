"""The table of `audit mirror`: what is inspected, in which order, and how to see it without our code."""

from __future__ import annotations

from pathlib import Path

from audit.live.table import Row, with_remarks
from audit.verdict import Language

BY_HAND_FIRST = """\
NAME=mirror.example                      # the mirror's name
RELAY=$(pgrep -f -- '-I -m relay ')
PROXY=$(pgrep -o -x 'nginx|caddy')
ALL=$(for p in $RELAY $PROXY; do echo $p; pgrep -P $p; ps -o ppid= -p $p | grep -vw 1; done)
MARKER=audit-$(openssl rand -hex 12); SINCE=$(mktemp)
visit() { yes $MARKER | head -c 1048576 | curl -s -m 60 -o /dev/null -w '%{http_code}\\n' --interface 127.77.13.201 \\
  --connect-to ::127.0.0.1: -H 'Expect:' -A $MARKER --data-binary @- "$@" https://$NAME/$MARKER; }
"""

TABLE = (
    Row("parts", "What forwards on this host", "Vad som skickar vidare på värden",
        "ps -o pid,ppid,user,args -p \"$(echo $ALL | tr ' ' ,)\"; ls -l $(printf '/proc/%s/exe ' $ALL)", root=True),
    Row("command", "How each was started", "Hur varje program startades",
        "for p in $ALL; do tr '\\0' ' ' < /proc/$p/cmdline; echo; tr '\\0' '\\n' < /proc/$p/environ"
        " | grep -E '^(LD_|PYTHON|SSLKEYLOGFILE)'; done", root=True),
    Row("configuration", "The proxy's file, line by line", "Proxyns fil, rad för rad",
        "diff /etc/kallskydd-proxy/nginx.conf deploy/proxy/nginx.conf; diff /etc/kallskydd-proxy/Caddyfile"
        " deploy/proxy/Caddyfile"),
    Row("torrc", "The settings of the tor behind the relay", "Inställningarna för tor bakom reläet",
        "diff /etc/kallskydd-relay/torrc deploy/torrc-relay; ps -o args= -C tor"),
    Row("units", "Units say nothing, count nothing and swap nothing", "Enheterna säger, räknar och växlar inget",
        "systemctl show -p StandardOutput -p StandardError -p LogLevelMax -p IPAccounting -p IOAccounting -p"
        " MemorySwapMax -p LimitCORE -p InaccessiblePaths kallskydd-relay kallskydd-relay-tor nginx caddy"),
    Row("locks", "The relay is closed, and nothing is dumped", "Reläet är stängt, och inget dumpas",
        "grep -H -E '^(Seccomp|NoNewPrivs|CapEff):' /proc/$RELAY/task/*/status; for p in $ALL; do"
        " grep core /proc/$p/limits; done"),
    Row("requests", "Each planted visit did what it should", "Varje utlagt besök gick som det skulle",
        "visit; visit --max-time 1 --limit-rate 9k; curl -sk --connect-to ::127.0.0.1: https://other.example/;"
        " curl -s -A $MARKER -w '%{http_code} %{redirect_url}' --connect-to ::127.0.0.1: http://$NAME/$MARKER;"
        " systemctl stop kallskydd-relay-tor; visit; systemctl start kallskydd-relay-tor; visit"),
    Row("descriptors", "Nothing of a visit in what is open", "Inget av ett besök i det som är öppet",
        "visit --limit-rate 99k & sleep 3; for p in $ALL; do ls -l /proc/$p/fd; find /proc/$p/fd -type l -exec test -f"
        " {} ';' -exec grep -a -l -e $MARKER -e 127.77.13.201 {} +; done", root=True),
    Row("files", "Nothing of a visit in logs and temporary files", "Inget av ett besök i loggar och tillfälliga filer",
        "find /var/log /run/log /tmp /var/tmp /var/lib/nginx /var/lib/caddy /run -type f '(' -newer $SINCE -o -name"
        " '*.journal' ')' -exec grep -a -l -e $MARKER -e 127.77.13.201 {} +", root=True),
    Row("memory", "The relay's memory holds nothing of a visit", "Reläets minne har inget kvar av ett besök",
        "gcore -o /dev/shm/relay $RELAY; grep -a -c -e $MARKER -e 127.77.13.201 /dev/shm/relay.$RELAY; grep -a -c -P"
        " '\\x7f\\x4d\\x0d\\xc9' /dev/shm/relay.$RELAY; rm /dev/shm/relay.$RELAY", root=True),
    Row("syslog", "No line is taken over or sent away", "Ingen rad tas över eller skickas iväg",
        "pgrep -l 'rsyslogd|syslog-ng|syslogd'; grep -r imjournal /etc/rsyslog*"),
    Row("firewall", "No rule of the firewall logs", "Ingen regel i brandväggen loggar",
        "nft list ruleset | grep -n log; iptables-legacy-save | grep LOG; ip6tables-legacy-save | grep LOG", root=True),
    Row("conntrack", "The kernel keeps no connections", "Kärnan för inga anslutningar",
        "sysctl net.ipv4.tcp_no_metrics_save net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_acct"
        " net.netfilter.nf_conntrack_log_invalid net.netfilter.nf_conntrack_timestamp; conntrack -L | grep -c"
        " 127.77.13.201"),
    Row("audit-subsystem", "The kernel writes down no process", "Kärnan antecknar inga processer",
        "auditctl -s; auditctl -l", root=True),
    Row("accounting", "Nothing counts visitors or processes", "Inget räknar besökare eller processer",
        "lsmod | grep -E 'NETFLOW|nfacct|nfnetlink_(acct|log)|xt_(LOG|NFLOG|recent)|nf_log'; ls /var/log/account"),
)  # fmt: skip

ASSERTION: dict[Language, str] = {
    "sv": (
        "Påstående 2 om spegeln. På den granskade värden, den angivna dagen, antecknade de program som skickar trafiken"
        " vidare inget om ett besök, och reläet behöll varken adress eller innehåll, utom det som är märkt ”Fynd”"
        " eller ”Inte sett”."
    ),
    "en": (
        "Assertion 2 of the mirror. On the host audited, on the day named, the programs that forward wrote down nothing"
        " of a visit, and the relay kept neither an address nor what was sent, apart from what is marked “Finding”"
        " or “Not seen”."
    ),
}
NOT_COVERED: dict[Language, tuple[str, ...]] = {
    "sv": (
        "Värdens leverantör, hypervisorn, och den som ser ledningen: att en adress kom, när och hur mycket.",
        "En proxy som avslutar TLS kan läsa varje anmälan, vilka inställningar den än har.",
        "Loggar som är komprimerade eller krypterade, eller som redan har skickats till en annan dator.",
        "Spårning i kärnan (BPF, ftrace), och ett program som byter beteende när det granskas.",
        "Det som händer vid en annan tid än granskningens, och hemmet bakom: det granskas med audit live.",
    ),
    "en": (
        "The hoster, the hypervisor and those who watch the line: that an address came, when, and how much.",
        "A proxy that ends TLS can read every report, whatever it is set to.",
        "Logs that are compressed or encrypted, or were sent to another computer already.",
        "Tracing in the kernel (BPF, ftrace), and a program that behaves differently while it is audited.",
        "What happens at another time than the audit's, and the home behind: it is audited with audit live.",
    ),
}


def first_lines(_home: Path, language: Language) -> str:
    """Return the names that the lines use."""
    return with_remarks(BY_HAND_FIRST, language)
