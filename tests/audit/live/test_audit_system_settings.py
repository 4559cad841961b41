"""Settings of a computer that would have it write down or hand on something about visitors: each is seen by a row.

What `systemctl` says was taken from a real systemd 257 in a container, with the unit that we ship; files are laid out
as on a Debian 12 or 13. Those that pass are named in docs/AUDITING_REFERENCE.md.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from audit.live.checks import watchers
from audit.live.checks.logs import check_journal, check_syslog
from audit.live.checks.system import check_accounting
from audit.live.checks.units import check_units
from audit.live.checks.watchers import check_watchers
from audit.observe import proc, units
from audit.observe.proc import Process, Service
from audit.observe.scene import Scene
from audit.verdict import Inspection

KEPT = json.loads(Path(__file__).with_name("systemd-257.json").read_text("utf-8"))
ROWS = {"units": check_units, "accounting": check_accounting, "journal": check_journal, "syslog": check_syslog,
        "watchers": check_watchers}  # fmt: skip
# Of the units: what was set, in which row it shows, and by which words.
OF_UNITS = {
    "a drop-in for every service": "kallskydd.service: StandardOutput is journal",
    "a drop-in for every service, in /run": "kallskydd.service: StandardError is kmsg",
    "a drop-in for all tenants": "kallskydd@falun.service: IPAccounting is yes",
    "a drop-in of one tenant": "kallskydd@falun.service: StandardOutput is append",
    "a drop-in by the beginning of a name": "kallskydd-copy.service: StandardOutput is journal",
    "set-property until the next start": "kallskydd.service: IPAccounting is yes",
    "set-property for good": "kallskydd.service: IOAccounting is yes",
    "a transient unit of another name": "report.service: StandardOutput is journal",
    "a unit of another name": "web.service: IPAccounting is yes",
    "a namespace of the journal": "LogNamespace is kallskydd",
    "core dumps": "LimitCORE is infinity",
    "Python's faulthandler": "has Environment=PYTHONFAULTHANDLER=1",
    "a file of environment": "has EnvironmentFile=-/etc/default/kallskydd",
    "the manager's environment passed on": "has PassEnvironment=PYTHONTRACEMALLOC",
    "a program beside it": "has ExecStartPost=/usr/local/bin/watch $MAINPID",
    "a program around it": "has ExecStart=/usr/bin/strace -f",
    "a log of system calls": "has SystemCallLog=@network-io",
    "swap": "has MemorySwapMax=infinity",
    "processor time counted": "CPUAccounting is yes",
    "standard output over a credential of a terminal": "has TTYPath=/dev/ttyS0",
    "a slice that counts": "system.slice has IPAccounting=yes",
    "the root slice counts": "-.slice has IOAccounting=yes",
    "all units count": "DefaultIOAccounting=yes",
    "systemd tells all": "LogLevel=debug",
    "systemd's environment": "PYTHONDEVMODE=1",
}
JOURNALD = "etc/systemd/journald.conf.d/10-more.conf"
UPLOAD = "etc/systemd/journal-upload.conf"
# Of files: which, what stands in it, in which row it shows, and by which words.
OF_FILES = {
    "a socket for the journal": (JOURNALD, "[Journal]\nForwardToSocket=vsock:2:5000", "journal", "ForwardToSocket=vsock"),
    "the kernel's log for the journal": (JOURNALD, "[Journal]\nForwardToKMsg=yes", "journal", "ForwardToKMsg=yes"),
    "a console for the journal": (JOURNALD, "[Journal]\nForwardToConsole=1", "journal", "ForwardToConsole=1"),
    "the kernel's audit in the journal": (JOURNALD, "[Journal]\nAudit=yes", "journal", "Audit=yes"),
    "a journal kept, by a drop-in in /run": ("run/systemd/journald.conf.d/z.conf", "[Journal]\nStorage=persistent", "journal",
                                             "Storage=persistent"),
    "what no list has of the journal": (JOURNALD, "[Journal]\nForwardToSky=yes", "journal", "ForwardToSky=yes"),
    "the journal carried away": (UPLOAD, "[Upload]\nURL=https://logs.example", "journal", "URL=https://logs.example"),
    "the same by a drop-in": (f"{UPLOAD}.d/u.conf", "[Upload]\nURL=http://10.0.0.7", "journal", "URL=http://10.0.0.7"),
    "the journal set at the boot": ("proc/cmdline", "quiet systemd.journald.forward_to_kmsg=1", "journal", "forward_to_kmsg=1"),
    "systemd told to say all at the boot": ("proc/cmdline", "ro systemd.log_level=debug", "journal", "log_level=debug"),
    "a file that rsyslog brings in, as of old": ("etc/rsyslog.conf", "$IncludeConfig /etc/more/*.conf", "syslog", "@logs.example"),
    "a file that rsyslog brings in": ("etc/rsyslog.conf", 'include(file="/etc/more/a.conf" mode="optional")', "syslog",
                                      "@logs.example"),
    "rsyslog to a database": ("etc/rsyslog.d/1.conf", "*.* :ommysql:localhost,Syslog,u,p", "syslog", "ommysql"),
    "rsyslog to a program": ("etc/rsyslog.d/1.conf", 'action(type="omprog"', "syslog", "omprog"),
    "syslog-ng to another computer": ("etc/syslog-ng/syslog-ng.conf", 'destination d { network("logs.example"); };', "syslog",
                                      "logs.example"),
    "a file that syslog-ng brings in": ("etc/syslog-ng/syslog-ng.conf", '@include "/etc/more/ng.conf"', "syslog", "tcp("),
    "measures by the minute": ("var/log/sysstat/sa02", "", "watchers", "/var/log/sysstat"),
    "a probe in the kernel": ("sys/kernel/tracing/kprobe_events", "p:x do_sys_open", "watchers", "kprobe_events"),
}  # fmt: skip
AGENTS = ("falcon-sensor", "osqueryd", "wazuh-agentd", "fluent-bit", "systemd-journal-upload", "prometheus-node-exporter")
HELD = ("anon_inode:[fanotify]", "anon_inode:[perf_event]", "anon_inode:bpf-prog")
# Named under "What passes" in the reference.
PASSES = {
    "an agent under another name": "kworker-helper",
    "what holds only at the next start": "etc/sysctl.d/99.conf",
    "a unit that starts when this one ends": "OnFailure",
}


def process(root: Path, pid: int, name: str, group: str = "", holds: str = "/dev/null") -> Process:
    place = root / "proc" / str(pid)
    (place / "fd").mkdir(parents=True)
    # As the kernel cuts it.
    (place / "comm").write_text(f"{name[:15]}\n")
    (place / "cmdline").write_text(f"/usr/bin/{name}\0-x\0")
    (place / "cgroup").write_text(f"0::{group}\n")
    (place / "fd" / "1").symlink_to(holds)
    return Process(pid)


def seen(row: str, root: Path, *, keeper: Process | None = None, copies: bool = True) -> Inspection:
    inspection = Inspection()
    home = root / "home"
    home.mkdir(exist_ok=True)
    ROWS[row](inspection, Scene(home, Service(keeper or process(root, 7, "python3")), root if copies else Path("/")))
    return inspection


def findings(inspection: Inspection) -> list[str]:
    return [one.text() for one in inspection.evidence if one.verdict == "finding"]


@pytest.fixture(autouse=True)
def processes(tmp_path, monkeypatch):
    monkeypatch.setattr(proc, "PROC", tmp_path / "proc")
    (tmp_path / "proc").mkdir()


@pytest.fixture
def systemd(tmp_path, monkeypatch):
    """A `systemctl` that says what a real one said; gives the unit's process."""

    def says(name: str, **instead: str) -> Process:
        case = KEPT["cases"][name]
        for words, text in {**KEPT["as shipped"], **case.get("said", {})}.items():
            whole = KEPT["as shipped"].get(words, "") + text[1:] if text.startswith("+") else text
            for old, new in instead.items():
                whole = whole.replace(f"{old}=no", f"{old}={new}")
            (tmp_path / words.replace("/", "_")).write_text(whole)
        program = tmp_path / "systemctl"
        program.write_text(f'#!/bin/sh\nfor last; do :; done\nexec cat "{tmp_path}/$2 $last"\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setattr(units, "_RUNS", tmp_path)
        return process(tmp_path, 9, "python3", f"/{'/'.join(case['slices'])}/{case['unit']}")

    return says


@pytest.mark.parametrize("name", ["as shipped", "a tenant as shipped"])
def test_the_units_that_we_ship_are_clean_as_systemd_says_them(tmp_path, systemd, name):
    keeper = systemd(name)

    assert findings(seen("units", tmp_path, keeper=keeper, copies=False)) == []
    assert findings(seen("accounting", tmp_path, keeper=keeper, copies=False)) == []


@pytest.mark.parametrize("name", OF_UNITS)
def test_what_a_unit_was_made_to_tell_is_seen_wherever_it_was_set(tmp_path, systemd, name):
    keeper = systemd(name)
    row = "accounting" if name in {"all units count", "systemd tells all", "systemd's environment"} else "units"

    assert any(OF_UNITS[name] in text for text in findings(seen(row, tmp_path, keeper=keeper, copies=False)))


def test_files_that_systemd_has_not_read_again_are_not_taken_for_what_runs(tmp_path, systemd):
    keeper = systemd("as shipped", NeedDaemonReload="yes")

    inspection = seen("units", tmp_path, keeper=keeper, copies=False)

    assert inspection.verdict == "not seen"
    assert "changed after systemd read them" in "".join(one.text() for one in inspection.evidence)


@pytest.mark.parametrize("name", ["nothing", *OF_FILES])
def test_a_file_by_which_something_is_kept_or_handed_on_is_seen(tmp_path, name):
    usual = {
        "usr/lib/systemd/journald.conf.d/syslog.conf": "[Journal]\nForwardToSyslog=yes",
        "etc/rsyslog.conf": 'module(load="imuxsock")\nauth.* /var/log/auth.log\n*.emerg :omusrmsg:*',
        "etc/rsyslog.d/50.conf": 'mail.* action(type="omfile" file="/var/log/mail")',
        "etc/more/a.conf": "*.* @logs.example:514",
        "etc/more/ng.conf": 'destination d { tcp("logs.example"); };',
        "proc/cmdline": "BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet",
        "sys/kernel/tracing/current_tracer": "nop",
    }
    file, text, row, words = OF_FILES.get(name, ("etc/hostname", "a", "", ""))
    for place, content in {**usual, file: text}.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(f"{content}\n")
    keeper = process(tmp_path, 7, "python3")

    found = {row: findings(seen(row, tmp_path, keeper=keeper)) for row in ("journal", "syslog", "watchers")}

    assert {one for one, texts in found.items() if texts} == ({row} if row else set())
    assert any(words in text for texts in found.values() for text in texts) or not row


@pytest.mark.parametrize("name", AGENTS)
def test_a_known_agent_is_seen_by_its_name_whole_or_cut(tmp_path, name):
    process(tmp_path, 41, name)
    process(tmp_path, 1, "systemd", holds="anon_inode:bpf-prog")
    # Its name is cut to that of three programs which carry the journal away.
    process(tmp_path, 2, "systemd-journald")

    (found,) = findings(seen("watchers", tmp_path))

    assert name[:15] in found


@pytest.mark.parametrize("held", HELD)
def test_a_program_of_any_name_is_seen_by_what_shows_it_others_doings(tmp_path, monkeypatch, held):
    monkeypatch.setattr(Scene, "as_root", True)
    process(tmp_path, 41, "helper", holds=held)

    assert findings(seen("watchers", tmp_path)) == [f"helper 41 holds {held}, which shows it what other programs do"]


def test_that_no_known_agent_runs_is_said_to_prove_nothing(tmp_path, monkeypatch):
    process(tmp_path, 41, PASSES["an agent under another name"])
    monkeypatch.setattr(Scene, "as_root", False)

    inspection = seen("watchers", tmp_path)

    assert inspection.verdict == "not seen"
    said = [one.text() for one in inspection.evidence]
    assert any(f"none of {len(watchers._AGENTS)} known names runs proves nothing" in text for text in said)
    assert "what other programs hold open: root alone sees it" in said


def test_of_all_these_settings_those_that_pass_are_few_and_stand_in_the_reference():
    reference = (Path(__file__).parents[3] / "docs" / "AUDITING_REFERENCE.md").read_text("utf-8")

    assert len(OF_UNITS) + len(OF_FILES) + len(AGENTS) + len(HELD) >= 42
    assert len(PASSES) <= 4
    assert [name for name in PASSES if name not in reference.lower()] == []
