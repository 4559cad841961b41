"""Settings of a computer that would have it write down or hand on something about visitors: each is seen by a row.

What `systemctl` says was taken from a real systemd, with the units that we ship: of 252 whole, without our remarks; of 257
those properties alone that the audit asked for when it was taken. tests/support/rehearsal/settings.py takes both again,
whole, and tries the like on a server that runs; files are laid out as on a Debian. Those that pass are named in docs/AUDITING_REFERENCE.md.
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

KEPT = {
    number: json.loads(Path(__file__).with_name(f"systemd-{number}.json").read_text("utf-8")) for number in (252, 257)
}
OF_UNITS = [(number, name) for number, kept in KEPT.items() for name in kept["cases"]]
ROWS = {"units": check_units, "accounting": check_accounting, "journal": check_journal, "syslog": check_syslog,
        "watchers": check_watchers}  # fmt: skip
# What a manager of its own is asked for, and where the unit is.
OF_MANAGER = {"all units count", "systemd tells all", "an environment for all units"}
SLICES = {"kallskydd@falun.service": "kallskydd.slice/kallskydd-tenants.slice"}
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
AGENTS = (
    "falcon-sensor",
    "osqueryd",
    "wazuh-agentd",
    "fluent-bit",
    "systemd-journal-upload",
    "prometheus-node-exporter",
)
HELD = ("anon_inode:[fanotify]", "anon_inode:[perf_event]", "anon_inode:bpf-prog")
# Named under "What passes" in the reference.
PASSES = {
    "an agent under another name": "kworker-helper",
    "what holds only at the next start": "etc/sysctl.d/99.conf",
    "a look at the home by the clock, by a script": "etc/cron.d/look",
    "a unit of a user's own manager": "root/.config/systemd/user/look.service",
    "a line of cron that names only a folder above the home": "etc/cron.d/above",
    "an edited status or backup unit": "etc/systemd/system/kallskydd-backup.service",
}


def process(root: Path, pid: int, name: str, group: str = "", holds: str = "/dev/null") -> Process:
    place = root / "proc" / str(pid)
    (place / "fd").mkdir(parents=True, exist_ok=True)
    # As the kernel cuts it.
    (place / "comm").write_text(f"{name[:15]}\n")
    (place / "cmdline").write_text(f"/usr/bin/{name}\0-x\0")
    (place / "cgroup").write_text(f"0::{group}\n")
    (place / "fd" / "1").unlink(missing_ok=True)
    (place / "fd" / "1").symlink_to(holds)
    return Process(pid)


def seen(row: str, root: Path, *, keeper: Process | None = None, copies: bool = True) -> Inspection:
    inspection = Inspection()
    home = root / "home"
    home.mkdir(exist_ok=True)
    tor = process(root, 8, "tor", "/system.slice/kallskydd-tor.service")
    service = Service(keeper or process(root, 7, "python3"), tors=(tor,))
    ROWS[row](inspection, Scene(home, service, root if copies else Path("/")))
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

    def says(number: int, name: str, unit: str = "kallskydd.service", **instead: str) -> Process:
        usual, case = KEPT[number]["as shipped"], KEPT[number]["cases"].get(name, {"unit": unit, "said": {}})
        for words, text in {**usual, **case["said"]}.items():
            whole = usual.get(words, "") + text[1:] if text.startswith("+") else text
            for old, new in instead.items():
                whole = whole.replace(f"{old}=no", f"{old}={new}")
            (tmp_path / words.replace("/", "_")).write_text(whole)
        program = tmp_path / "systemctl"
        program.write_text(f'#!/bin/sh\nfor last; do :; done\nexec cat "{tmp_path}/$2 $last"\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setattr(units, "_RUNS", tmp_path)
        return process(tmp_path, 9, "python3", f"/{SLICES.get(case['unit'], 'system.slice')}/{case['unit']}")

    return says


@pytest.mark.parametrize(
    ("number", "unit"), [(252, "kallskydd.service"), (257, "kallskydd.service"), (257, "kallskydd@falun.service")]
)
def test_the_units_that_we_ship_are_clean_as_systemd_says_them(tmp_path, systemd, number, unit):
    keeper = systemd(number, "as shipped", unit)

    assert findings(seen("units", tmp_path, keeper=keeper, copies=False)) == []
    assert findings(seen("accounting", tmp_path, keeper=keeper, copies=False)) == []


@pytest.mark.parametrize(("number", "name"), OF_UNITS)
def test_what_a_unit_was_made_to_tell_is_seen_wherever_it_was_set(tmp_path, systemd, number, name):
    keeper = systemd(number, name)
    row = "accounting" if name in OF_MANAGER else "units"

    found = findings(seen(row, tmp_path, keeper=keeper, copies=False))

    assert any(KEPT[number]["cases"][name]["words"] in text for text in found)


def test_files_that_systemd_has_not_read_again_are_not_taken_for_what_runs(tmp_path, systemd):
    keeper = systemd(257, "as shipped", NeedDaemonReload="yes")

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


def test_a_program_that_is_told_of_each_change_in_the_home_is_seen(tmp_path, monkeypatch):
    monkeypatch.setattr(Scene, "as_root", True)
    told, other = (process(tmp_path, pid, "helper", holds="anon_inode:inotify") for pid in (41, 42))
    state = (tmp_path / "home").mkdir() or (tmp_path / "home").stat()
    device = os.major(state.st_dev) << 20 | os.minor(state.st_dev)
    for one, inode in ((told, state.st_ino), (other, state.st_ino + 1)):
        (one.place("fdinfo")).mkdir()
        one.place("fdinfo/1").write_text(
            f"flags:\t00\ninotify wd:1 ino:{inode:x} sdev:{device:x} mask:2 ignored_mask:0\n"
        )

    assert findings(seen("watchers", tmp_path)) == ["helper 41 is notified of each change in the home"]


@pytest.mark.parametrize("unit", ["systemd-journal-gatewayd.socket", "sysstat-collect.timer", "auditbeat.service"])
def test_a_known_agent_that_waits_for_the_clock_or_for_somebody_is_seen(tmp_path, unit):
    (tmp_path / "etc/systemd/system/some.target.wants").mkdir(parents=True)
    (tmp_path / "etc/systemd/system/some.target.wants" / unit).symlink_to("/usr/lib/systemd/system/x")

    (found,) = findings(seen("watchers", tmp_path))

    assert found.endswith(unit.rpartition(".")[0])


def test_another_program_in_the_place_of_the_journals_is_seen(tmp_path):
    for name, text in {"systemd-journald.service": "ExecStart=/usr/lib/systemd/systemd-journald",
                       "systemd-journald.service.d/a.conf": "ExecStartPost=/usr/local/bin/copy"}.items():  # fmt: skip
        (tmp_path / "etc/systemd/system" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "etc/systemd/system" / name).write_text(f"[Service]\n{text}\n")

    (found,) = findings(seen("journal", tmp_path))

    assert found.startswith("systemd-journald.service has ExecStartPost=/usr/local/bin/copy")


BY_THE_CLOCK = {
    "a service of a timer": "etc/systemd/system/look.service",
    "a drop-in of another's": "run/systemd/system/apt-daily.service.d/a.conf",
    "what a generator makes": "run/systemd/generator/look.service",
    "a drop-in of one of our own": "etc/systemd/system/kallskydd-status.service.d/a.conf",
    "a table of cron": "etc/cron.d/look",
    "a script of cron": "etc/cron.hourly/look",
    "somebody's own table": "var/spool/cron/crontabs/root",
    "the oldest table": "etc/crontab",
}


@pytest.mark.parametrize("name", BY_THE_CLOCK)
def test_what_goes_to_the_home_by_the_clock_is_seen_where_it_names_it(tmp_path, name):
    path = tmp_path / BY_THE_CLOCK[name]
    path.parent.mkdir(parents=True)
    path.write_text(f"ls -l {tmp_path}/home >>/var/log/looked\n")

    assert findings(seen("watchers", tmp_path)) == [f"{path} names the home"]


def test_the_services_own_units_name_the_home_and_another_folder_is_not_it(tmp_path):
    keeper = process(tmp_path, 7, "python3", "/system.slice/web.service")
    for name, home in {"kallskydd-backup.service": "home", "web.service": "home", "other.service": "home-page"}.items():
        (tmp_path / "etc/systemd/system").mkdir(parents=True, exist_ok=True)
        (tmp_path / "etc/systemd/system" / name).write_text(f"[Service]\nExecStart=/bin/x {tmp_path}/{home}\n")

    assert findings(seen("watchers", tmp_path, keeper=keeper)) == []


@pytest.mark.parametrize("name", list(PASSES)[2:])
def test_what_is_said_to_pass_by_the_clock_passes(tmp_path, name):
    path = tmp_path / PASSES[name]
    path.parent.mkdir(parents=True)
    named = {"etc/cron.d/look": "/usr/local/bin/look", "etc/cron.d/above": f"ls -lR {tmp_path}"}
    path.write_text(f"{named.get(PASSES[name], f'ExecStartPost=/bin/ls -l {tmp_path}/home')}\n")

    assert findings(seen("watchers", tmp_path)) == []


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

    assert len(KEPT[257]["cases"]) + len(OF_FILES) + len(AGENTS) + len(HELD) >= 42
    assert len(PASSES) <= 6
    assert [name for name in PASSES if name not in reference.lower()] == []
