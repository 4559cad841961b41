"""Settings that would have a computer write down or hand on something about visitors: each made, and looked for.

    .venv/bin/python tests/support/rehearsal/settings.py try       42 on a booted Debian 13 that serves: which `audit live` sees
    .venv/bin/python tests/support/rehearsal/settings.py record    what `systemctl` says of units, for tests/audit/live

As root. Each is made alone, and taken back. `record` boots each release in `.cache/rehearsal`, and needs nothing of this project
but the units. At most four may pass; they stand in docs/AUDITING_REFERENCE.md.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from rehearsal.server import CACHE, CHECKOUT, PROJECT, RELEASES, Server, bring_checkout, make_tree, wait_for

HOME: Final = "/var/lib/kallskydd/home"
UNITS: Final = "/etc/systemd/system"
TENANT: Final = "kallskydd@falun.service"
OURS: Final = f"{UNITS}/kallskydd.service.d"
JOURNAL: Final = "/etc/systemd/journald.conf.d"
RELOAD: Final = "systemctl daemon-reload"
AGAIN: Final = "systemctl daemon-reload; systemctl restart kallskydd"
MOST_UNSEEN: Final = 4
KEPT: Final = PROJECT / "tests" / "audit" / "live"
SETTLED_SECONDS: Final = 60.0
_ALWAYS: Final = ("kallskydd.service", "kallskydd-tor.service", "kallskydd-relay.service", "system.slice", "-.slice")
_OF_MANAGER: Final = "LogLevel,Environment,DefaultIOAccounting,DefaultIPAccounting"
_ASKED: Final = (
    "StandardOutput,StandardError,StandardInput,LogNamespace,LogLevelMax,IPAccounting,IOAccounting,CPUAccounting,MemoryAccounting,LimitCORE,"
    "MemorySwapMax,MemoryZSwapMax,ProtectSystem,PrivateTmp,NoNewPrivileges,OnFailure,OnSuccess,Environment,LoadState,"
    "FragmentPath,DropInPaths,NeedDaemonReload"
)


@dataclass(frozen=True)
class Setting:
    """One of them: what makes it, what takes it back, and words of the finding. `unit`: of which `systemctl` is asked."""

    name: str
    make: str
    back: str
    words: str
    unit: str = ""


def _file(name: str, path: str, text: str, words: str, *, then: str = "true", unit: str = "") -> Setting:
    lines = text.replace("\n", "\\n")
    return Setting(
        name, f"mkdir -p {Path(path).parent}; printf '{lines}\\n' >{path}; {then}", f"rm -f {path}; {then}", words, unit
    )


def _drop(
    name: str, folder: str, line: str, words: str, *, then: str = RELOAD, unit: str = "kallskydd.service"
) -> Setting:
    return _file(
        name, f"{folder}/10-more.conf", f"[{unit.rpartition('.')[2].capitalize()}]\n{line}", words, then=then, unit=unit
    )


def _runs(name: str, program: str, words: str) -> Setting:
    at = f"/usr/local/bin/{program.split(maxsplit=1)[0]}"
    make = f"cp /usr/bin/sleep {at}; systemd-run --quiet --unit=beside {at} 1000"
    return Setting(name, make, f"systemctl stop beside; rm {at}", words)


def _beside(name: str, code: str, words: str) -> Setting:
    """A Python program of a name that says nothing."""
    at = "/usr/local/bin/helper"
    # Not of systemd's, to which the container refuses fanotify.
    make = f"cp $(readlink -f /usr/bin/python3) {at}; {at} -c '{code}' >/dev/null 2>&1 & echo $! >/run/beside; sleep 1"
    return Setting(name, make, f"kill $(cat /run/beside); rm {at}", words)


def _other_unit(name: str, start: str, words: str) -> Setting:
    back = f"systemctl stop web; systemctl reset-failed web; rm -f {UNITS}/web.service; {RELOAD}; systemctl start kallskydd"
    return Setting(name, f"systemctl stop kallskydd; {start}", back, words, "web.service")


_C = "import ctypes,time;c=ctypes.CDLL(None);"
_SERVE = f"/opt/kallskydd/bin/kallskydd serve --public --home {HOME}"
_LOOK = f"/bin/ls -l --time-style=full-iso {HOME} >>/var/log/looked"

# Of units, and so recorded too.
OF_UNITS: Final = (
    _drop("a drop-in for every service", f"{UNITS}/service.d", "StandardOutput=journal", "StandardOutput is journal"),
    _drop("a drop-in for every service, in /run", "/run/systemd/system/service.d", "StandardError=kmsg", "StandardError is kmsg"),
    _drop("a drop-in by the beginning of a name", f"{UNITS}/kallskydd-.service.d", "StandardOutput=journal", "StandardOutput=journal",
          unit="kallskydd-tor.service"),
    Setting("set-property until the next start", "systemctl set-property --runtime kallskydd IPAccounting=yes",
            "systemctl revert kallskydd", "kallskydd.service: IPAccounting is yes", "kallskydd.service"),
    Setting("set-property for good", "systemctl set-property kallskydd IOAccounting=yes",
            "rm -rf /etc/systemd/system.control; systemctl daemon-reload", "kallskydd.service: IOAccounting is yes", "kallskydd.service"),
    Setting("a slice that counts", "systemctl set-property --runtime system.slice IPAccounting=yes", "systemctl revert system.slice",
            "system.slice has IPAccounting=yes", "system.slice"),
    _drop("the root slice counts", f"{UNITS}/-.slice.d", "IOAccounting=yes", "-.slice has IOAccounting=yes", unit="-.slice"),
    _drop("a namespace of the journal", OURS, "LogNamespace=kallskydd", "LogNamespace is kallskydd"),
    _drop("core dumps", OURS, "LimitCORE=infinity", "LimitCORE is infinity"),
    _drop("Python's faulthandler", OURS, "Environment=PYTHONFAULTHANDLER=1", "PYTHONFAULTHANDLER=1", then=AGAIN),
    _drop("a file of environment", OURS, "EnvironmentFile=-/etc/default/kallskydd", "has EnvironmentFile=-/etc/default/kallskydd"),
    Setting("the manager's environment passed on", f"mkdir -p {OURS}; printf '[Service]\\nPassEnvironment=PYTHONTRACEMALLOC\\n' "
            f">{OURS}/10-more.conf; systemctl set-environment PYTHONTRACEMALLOC=1; {RELOAD}",
            f"rm {OURS}/10-more.conf; systemctl unset-environment PYTHONTRACEMALLOC; {RELOAD}", "PYTHONTRACEMALLOC",
            "kallskydd.service"),
    _drop("a program beside it", OURS, "ExecStartPost=/usr/local/bin/watch $MAINPID", "has ExecStartPost="),
    _drop("a program around it", OURS, f"ExecStart=\nExecStart=/usr/bin/strace -f -o /var/log/calls {_SERVE}",
          "has ExecStart=/usr/bin/strace"),
    _drop("a log of system calls", OURS, "SystemCallLog=@network-io", "has SystemCallLog=@network-io"),
    _drop("swap", OURS, "MemorySwapMax=infinity", "MemorySwapMax is infinity"),
    _file("a unit that starts when it ends", f"{OURS}/10-more.conf", "[Unit]\nOnFailure=told.service", "OnFailure is told.service",
          then=RELOAD, unit="kallskydd.service"),
    _other_unit("a transient unit of another name", f"systemd-run --quiet --unit=web --uid=kallskydd --gid=kallskydd {_SERVE}",
                "web.service: StandardOutput is journal"),
    _other_unit("a unit of another name", "sed s/^StandardOutput=null/StandardOutput=append:.dev.shm.web/ "
                f"{UNITS}/kallskydd.service | sed 's,.dev.shm.web,/dev/shm/web,' >{UNITS}/web.service; {RELOAD}; systemctl start web",
                "web.service: StandardOutput is append"),
)  # fmt: skip
RECORDED: Final = (
    _drop("a drop-in for all tenants", f"{UNITS}/kallskydd@.service.d", "IPAccounting=yes", "IPAccounting is yes", unit=TENANT),
    _drop("a drop-in of one tenant", f"{UNITS}/{TENANT}.d", "StandardOutput=append:/var/log/falun", "StandardOutput is append", unit=TENANT),
    _drop("processor time counted", OURS, "CPUAccounting=yes", "CPUAccounting is yes"),
    _drop("standard output to a terminal", OURS, "StandardOutput=tty\nTTYPath=/dev/ttyS0", "has TTYPath=/dev/ttyS0"),
)  # fmt: skip
# Of the manager, the journal, syslog, and of programs beside the service.
OTHERS: Final = (
    _file("all units count", "/etc/systemd/system.conf.d/more.conf", "[Manager]\nDefaultIOAccounting=yes", "DefaultIOAccounting=yes",
          then="systemctl daemon-reexec"),
    _file("an environment for all units", "/etc/systemd/system.conf.d/more.conf", "[Manager]\nDefaultEnvironment=PYTHONDEVMODE=1",
          "PYTHONDEVMODE=1", then="systemctl daemon-reexec"),
    Setting("systemd tells all", "systemctl log-level debug", "systemctl log-level info", "LogLevel=debug"),
    _file("a socket for the journal", f"{JOURNAL}/zz.conf", "[Journal]\nForwardToSocket=vsock:2:5000", "ForwardToSocket=vsock"),
    _file("the kernel's log for the journal", f"{JOURNAL}/zz.conf", "[Journal]\nForwardToKMsg=yes", "ForwardToKMsg=yes"),
    _file("a console for the journal", f"{JOURNAL}/zz.conf", "[Journal]\nForwardToConsole=1", "ForwardToConsole=1"),
    _file("the journal carried away", "/etc/systemd/journal-upload.conf", "[Upload]\nURL=https://logs.example", "URL=https://logs.example"),
    _file("the same by a drop-in", "/run/systemd/journal-upload.conf.d/u.conf", "[Upload]\nURL=http://10.0.0.7", "URL=http://10.0.0.7"),
    Setting("the journal set at the boot", "echo ro systemd.journald.forward_to_console=1 >/run/line; mount --bind /run/line /proc/cmdline",
            "umount /proc/cmdline", "forward_to_console=1"),
    _drop("another program for the journal", f"{UNITS}/systemd-journald.service.d", "ExecStartPost=/usr/local/bin/copy",
          "systemd-journald.service has ExecStartPost", unit="systemd-journald.service"),
    Setting("the journal over HTTP", f"mkdir -p {UNITS}/sockets.target.wants; ln -s /usr/lib/systemd/system/systemd-journal-gatewayd.socket "
            f"{UNITS}/sockets.target.wants", f"rm {UNITS}/sockets.target.wants/systemd-journal-gatewayd.socket", "systemd-journal-gatewayd"),
    _file("a file that rsyslog brings in, as of old", "/etc/rsyslog.conf", "$IncludeConfig /etc/more/*.conf", "@logs.example",
          then='mkdir -p /etc/more; echo "*.* @logs.example:514" >/etc/more/a.conf'),
    _file("a file that rsyslog brings in", "/etc/rsyslog.d/1.conf", 'include(file="/etc/more/a.conf" mode="optional")', "@logs.example"),
    _runs("an agent by its whole name", "falcon-sensor", "falcon-sensor"),
    _runs("an agent by its name, cut", "prometheus-node-exporter", "prometheus-node"),
    Setting("measures every ten minutes", f"mkdir -p {UNITS}/timers.target.wants; ln -s /dev/null {UNITS}/timers.target.wants/sysstat-collect.timer",
            f"rm {UNITS}/timers.target.wants/sysstat-collect.timer", "sysstat-collect"),
    Setting("a unit that watches the home", f"printf '[Path]\\nPathModified={HOME}\\n' >{UNITS}/beside.path; printf '[Service]\\nExecStart=/bin/true\\n' "
            f">{UNITS}/beside.service; {RELOAD}; systemctl start beside.path", f"systemctl stop beside.path; rm {UNITS}/beside.*; {RELOAD}",
            "is notified of each change in the home"),
    _beside("a program that watches the home", f'{_C}f=c.inotify_init();c.inotify_add_watch(f,b"{HOME}",2);time.sleep(1000)',
            "is notified of each change in the home"),
    _beside("a program that sees what is opened", f"{_C}f=c.fanotify_init(0,0);time.sleep(1000)", "fanotify"),
    Setting("a tracer on tor", "strace -qq -o /dev/null $(grep -lx tor /proc/[0-9]*/comm | tr -dc '0-9\\n' | sed 's/^/-p /') >/run/traced 2>&1 & "
            "echo $! >/run/tracer; sleep 2; cat /run/traced", "kill $(cat /run/tracer)", "is traced by process"),
    Setting("a library for every program", "cp /usr/lib/*/libm.so.6 /usr/local/lib/more.so; echo /usr/local/lib/more.so >/etc/ld.so.preload",
            "rm /etc/ld.so.preload", "/etc/ld.so.preload"),
    Setting("a look each minute, by a timer", f"printf '[Timer]\\nOnUnitActiveSec=60\\n' >{UNITS}/look.timer; printf \"[Service]\\nExecStart=/bin/sh "
            f"-c '{_LOOK}'\\n\" >{UNITS}/look.service; {RELOAD}", f"rm {UNITS}/look.*; {RELOAD}", "look.service names the home"),
    _file("a look each minute, by cron", "/etc/cron.d/look", f"* * * * * root {_LOOK}", "cron.d/look names the home"),
)  # fmt: skip


def serve(server: Server, root: Path) -> None:
    """Install this checkout, and serve a trial by the units that it installs, with a tor that has no network."""
    bring_checkout(root / CHECKOUT.lstrip("/"))
    server.must(f"cd {CHECKOUT} && scripts/install.sh && printf 'DisableNetwork 1\\n' >>/etc/kallskydd/torrc")
    server.must(f"runuser -u kallskydd -- kallskydd init --home {HOME} --trial; systemctl start kallskydd")


def findings(server: Server) -> set[str]:
    """Return every finding of `audit live`, as root, with its row."""
    said = server.tell(f"kallskydd audit live --home {HOME} --json 2>/dev/null")
    checks = json.loads(said)["checks"]
    return {
        f"{one['id']}: {told['text']}" for one in checks for told in one["evidence"] if told["verdict"] == "finding"
    }


def settled(server: Server) -> bool:
    """Whether an intake serves."""
    said = server.tell("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    return "-m intake " in said and "jailed.zygote" in said


def try_all(server: Server, *only: str) -> int:
    """Make each, or only those, and say what of it `audit live` found; return how many passed."""
    passed = []
    wait_for(lambda: settled(server), SETTLED_SECONDS, "nothing serves")
    time.sleep(12)
    before = findings(server)
    print(f"without any: {sorted(before)}", flush=True)
    for number, one in enumerate((*OF_UNITS, *OTHERS), 1):
        if only and one.name not in only:
            continue
        said = server.tell(one.make)
        wait_for(lambda: settled(server), SETTLED_SECONDS, f"{one.name}: {said}")
        new = sorted(text for text in findings(server) - before if one.words in text)
        server.tell(one.back)
        wait_for(lambda: settled(server), SETTLED_SECONDS, one.name)
        print(
            f"{number:>2} {'seen' if new else 'NOT ':4} {one.name}: {new[0][:160] if new else said[-200:]}", flush=True
        )
        passed += [] if new else [one.name]
    left = findings(server) - before
    print(f"{len(OF_UNITS) + len(OTHERS)} settings, unseen: {passed}; left behind: {sorted(left)}", flush=True)
    return len(passed)


def ask(server: Server, *units: str) -> dict[str, str]:
    """Return what systemctl says of units without our remarks in them, by the words that it is asked with."""
    said = {"show --all": server.tell(f"systemctl show --all -p {_OF_MANAGER}")}
    for name in (*_ALWAYS, *units):
        said[f"show {name}"] = server.tell(f"systemctl show --all -p {_ASKED} -- {name}")
        text = server.tell(f"systemctl --no-pager cat -- {name} 2>/dev/null")
        said[f"cat {name}"] = re.sub(r"(?m)^#(?! /).*\n|^\n", "", text)
    return said


def _more(text: str, usual: str) -> str:
    """Return what stands in it beside what is usual, after a plus, where all of that stands in it or counts no more."""
    if text.startswith(usual):
        return f"+{text.removeprefix(usual)}"
    lines = usual.splitlines()
    same = len(lines) == len(text.splitlines()) and "=" in lines[0]
    return "+" + "".join(f"{line}\n" for line in text.splitlines() if line not in lines) if same else text


def record(server: Server, root: Path) -> dict[str, object]:
    """Return what systemctl says of the units that we ship, and what else with each setting of units."""
    for unit in (PROJECT / "deploy" / "systemd").glob("**/kallskydd*.s*"):
        (root / UNITS.lstrip("/") / unit.name).write_text(unit.read_text("utf-8"), "utf-8")
    server.must(RELOAD)
    usual = ask(server, TENANT, "kallskydd.slice", "kallskydd-tenants.slice")
    cases = {}
    for one in (*OF_UNITS, *RECORDED, *OTHERS[:3]):
        server.tell(one.make)
        said = ask(server, *([one.unit] * bool(one.unit)))
        server.tell(one.back)
        more = {words: _more(text, usual.get(words, "-")) for words, text in said.items() if usual.get(words) != text}
        unit = one.unit if one.unit in {"web.service", TENANT} else "kallskydd.service"
        cases[one.name] = {"unit": unit, "words": one.words, "said": more}
    return {"as shipped": usual, "cases": cases}


def main(what: str, *trees: str) -> int:
    """Do what is asked. `trees` are folders of releases that were made already, and names of settings to try alone."""
    CACHE.mkdir(parents=True, exist_ok=True)
    for release in RELEASES if what == "record" else ["trixie"]:
        tree = next((Path(one) for one in trees if Path(one).name == release), None) or make_tree(release)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder, Server(tree, Path(folder)) as server:
            root = Path(f"/proc/{server.leader}/root")
            if what == "try":
                serve(server, root)
                return int(try_all(server, *(one for one in trees if "/" not in one)) > MOST_UNSEEN)
            version = server.must("systemctl --version").split()[1]
            kept = json.dumps(record(server, root), ensure_ascii=False, indent=1)
            (KEPT / f"systemd-{version}.json").write_text(f"{kept}\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
