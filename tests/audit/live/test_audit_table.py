"""The table of `audit live`: each row has its check, its words in two languages and its line of shell."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import sqlite3
import struct
import subprocess
from pathlib import Path

import pytest
from audits.harness import ROOT
from visitors.intake_harness import make_home

from audit.canary.table import TABLE as CANARY_TABLE
from audit.language import swedish
from audit.live.checks import process
from audit.live.checks.database import SCHEMA_DIGEST, schema_digest
from audit.live.checks.roster import check_roster
from audit.live.checks.system import check_kernel
from audit.live.subject import Subject
from audit.live.table import TABLE
from audit.mirror.table import BY_HAND_FIRST as MIRROR_FIRST
from audit.observe import proc
from audit.observe.netlink import logs_packets
from audit.observe.proc import Process, Service
from audit.observe.scene import Scene
from audit.observe.served import served_by
from audit.report.certify import Examined
from audit.report.claims import BY_HAND_FIRST, LIVE, first_lines
from audit.report.html import as_html
from audit.served import Served
from audit.verdict import AuditReport, Inspection
from onion.torrc import LEFT_OUT, NOT_PLAIN, ONCE, RULES

FOLDER = ROOT / "audit" / "live" / "checks"
# Which argument of each is a sentence.
TEMPLATE_IN = {"saw": 0, "found": 0, "missed": 0, "or_missed": 0, "require": 1, "looking_at": 3}
(ROSTER,) = (row for row in TABLE if row.id == "roster")


def test_a_kernel_without_landlock_is_said_with_what_still_holds(monkeypatch):
    inspection = Inspection()
    monkeypatch.setattr(process, "_landlock_version", lambda: -1)
    process.check_landlock(inspection, Scene(ROOT, Service(Process(1), (Process(os.getpid()),))))

    assert [str(one.verdict) for one in inspection.evidence] == ["finding", "clean"]
    assert "no Landlock" in inspection.evidence[0].text()
    assert "what still holds" in inspection.evidence[1].text()


@pytest.mark.parametrize(
    ("trial", "settings", "verdict", "said"),
    [
        (False, "operator_is_no_member = true", "clean", "uppgivet i config.toml"),
        (False, "", "finding", "ingen har uppgett"),
        (False, "operator_is_no_member = false", "finding", "ingen har uppgett"),
        (True, "", "clean", "provdrift: det krävs inte"),
    ],
)
def test_the_report_says_whether_the_operator_has_declared_to_be_no_member(tmp_path, trial, settings, verdict, said):
    made = make_home(tmp_path / "home", ("lead", "handler"), trial=trial, settings=settings)
    inspection = Inspection()

    check_roster(inspection, Scene(made.home.path, Service(Process(1), ())))

    assert (str(inspection.verdict), str(inspection.evidence[0].verdict)) == (verdict, verdict)
    report = AuditReport("2026-11-27", trial, True, (inspection.of(ROSTER),), tmp_path)
    assert said in page(report)


def page(report: AuditReport) -> str:
    return as_html(Examined("2026-11-27", Subject("host", "Debian", "root"), {"live": report}), "sv", {"live": LIVE})


AS_THE_KERNEL_COMES = {
    "debug/exception-trace": "1", "kernel/seccomp/actions_logged": "kill_process kill_thread trap errno trace log",
    "kernel/print-fatal-signals": "0", "kernel/dmesg_restrict": "0", "kernel/kptr_restrict": "0",
}  # fmt: skip


def kernel_row(home: Path, root: Path, **weakened: str) -> Inspection:
    """The row `kernel` on a kernel as it comes, looked at as if it were that of this computer."""
    for name, value in {**AS_THE_KERNEL_COMES, **weakened}.items():
        path = root / "proc/sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value + "\n")
    inspection = Inspection()

    class Here(Scene):
        """A scene whose copies of the system's files are this computer's own."""

        @property
        def copies(self) -> bool:
            return False

    check_kernel(inspection, Here(home, Service(Process(1)), root))
    return inspection


def test_a_kernel_as_it_comes_is_a_finding_for_a_real_home_and_said_for_a_trial(tmp_path):
    trial, real = tmp_path / "trial", tmp_path / "real"
    trial.mkdir()
    (trial / "TRIAL").touch()

    of_the_trial, of_the_real = kernel_row(trial, tmp_path), kernel_row(real, tmp_path)

    assert str(of_the_trial.verdict) == "clean"
    assert "debug.exception-trace = 1, as the kernel comes: enough for a trial" in of_the_trial.evidence[0].text()
    assert str(of_the_real.verdict) == "finding"
    assert [str(one.verdict) for one in of_the_real.evidence].count("finding") == 4


def test_a_kernel_that_was_made_to_tell_more_is_a_finding_for_a_trial_too(tmp_path):
    (tmp_path / "TRIAL").touch()

    assert str(kernel_row(tmp_path, tmp_path, **{"kernel/print-fatal-signals": "1"}).verdict) == "finding"


def test_a_setting_of_the_kernel_that_is_not_there_is_not_seen(tmp_path):
    (tmp_path / "proc/sys/kernel").mkdir(parents=True)
    inspection = Inspection()

    check_kernel(inspection, Scene(tmp_path, Service(Process(1)), tmp_path))

    assert str(inspection.verdict) == "not seen"


def test_the_audit_reads_every_setting_of_the_kernel_that_we_ship():
    shipped = (ROOT / "deploy" / "sysctl.d" / "60-kallskydd.conf").read_text()
    names = re.findall(r"(?m)^([a-z][^=#]*)=", shipped)
    read = (FOLDER / "system.py").read_text() + (FOLDER / "process.py").read_text()

    assert len(names) == 7
    assert [name for name in names if name not in read] == []


def test_every_row_has_a_check_a_title_in_two_languages_and_a_line_by_hand():
    assert all(row.check and row.title in swedish() and row.by_hand for row in TABLE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_the_line_by_hand_is_shell(row):
    done = subprocess.run(["bash", "-n", "-c", row.by_hand], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_every_sentence_of_a_check_is_in_swedish_with_the_same_values():
    templates = set()
    for path in [*(ROOT / "audit" / "live").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or isinstance(node.func, ast.Call):
                continue
            called = ast.unparse(node.func).rpartition(".")
            if called[0] in {"inspection", "about", ""} and called[2] in TEMPLATE_IN:
                one = node.args[TEMPLATE_IN[called[2]]]
                # `looking_at` itself is handed the sentence.
                templates |= set() if ast.unparse(one) == "template" else {ast.literal_eval(one)}

    assert len(templates) > 120
    assert sorted(templates - swedish().keys()) == []
    fields = re.compile(r"\{(\w+)\}")
    assert [
        one for one, other in swedish().items() if sorted(fields.findall(one)) != sorted(fields.findall(other))
    ] == []


def test_the_schema_that_the_audit_knows_is_the_one_that_is_shipped():
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.executescript((ROOT / "trusted" / "store" / "schema.sql").read_text())
        rows = database.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()

    assert schema_digest([sql for (sql,) in rows]) == SCHEMA_DIGEST, "the schema changed: look, then set SCHEMA_DIGEST"


def test_a_row_that_saw_nothing_is_never_clean():
    inspection = Inspection()

    assert str(inspection.verdict) == "not seen"
    assert AuditReport("2026-01-01", True, True, (inspection.of(ROSTER),), ROOT).of(inspection.verdict) == ["roster"]
    assert "Inte sett" in page(AuditReport("2026-01-01", True, True, (inspection.of(ROSTER),), ROOT))


def test_every_word_by_which_open_files_are_counted_has_its_own_in_swedish():
    tree = ast.parse((FOLDER / "descriptors.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "_Found"]
    (plain,) = [node for node in ast.walk(tree) if getattr(node, "name", "") == "_plain_kind"]
    named = [node.args[0] for node in calls] + [node.value for node in ast.walk(plain) if isinstance(node, ast.Return)]
    words = {
        part.value
        for one in named
        for part in ast.walk(one)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value != "anon_inode:[pidfd]"
    }

    assert len(words) > 8
    assert words - swedish().keys() == set()


def test_what_a_setting_of_tors_should_be_has_its_own_words_in_swedish():
    wanted = {rule.wanted for rule in RULES if " " in rule.wanted} | {LEFT_OUT, ONCE, NOT_PLAIN}

    assert wanted - swedish().keys() == set()


def test_that_landlock_is_in_use_is_claimed_and_not_seen_where_the_program_is_not_known(monkeypatch):
    monkeypatch.setattr(process, "_landlock_version", lambda: 7)
    said = {}
    for known in (True, False):
        inspection = Inspection()
        monkeypatch.setattr(process, "program_is_known", lambda _scene, known=known: known)
        process.check_landlock(inspection, Scene(ROOT, Service(Process(1), (Process(os.getpid()),))))
        said[str(inspection.verdict)] = [one.text() for one in inspection.evidence]

    assert set(said) == {"clean", "not seen"}
    assert said["clean"][0] == "seen: the kernel offers Landlock 7"
    assert said["clean"][1].startswith("clean, though no kernel shows")


def test_the_line_by_hand_for_landlock_says_the_version_without_any_file_of_the_kernels():
    (row,) = [row for row in TABLE if row.id == "landlock"]
    done = subprocess.run(["bash", "-c", row.by_hand], capture_output=True, text=True, check=True)

    assert int(done.stdout) == process._landlock_version()


def test_every_remark_in_a_line_of_shell_has_its_own_in_swedish():
    lines = [*(row.by_hand for row in TABLE), *(row.by_hand for row in CANARY_TABLE)]
    remarks = {one for line in lines for one in re.findall(r"(?m)(?<=  )# .+$", line)}

    first = BY_HAND_FIRST + MIRROR_FIRST
    remarks |= set(re.findall(r"(?m)(?<=  )# .+$", first))
    assert remarks == {one for one in swedish() if one.startswith("# ")}


def test_the_first_lines_name_the_home_that_is_audited_and_are_shell():
    lines = first_lines(Path("/srv/a home"), "sv")

    assert lines.startswith("HOMEDIR='/srv/a home'")
    assert "/var/lib/kallskydd" not in lines
    subprocess.run(["bash", "-n", "-c", lines], check=True)


def attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value.ljust((len(value) + 3) & ~3, b"\0")


def expressions(*names: tuple[bytes, bytes]) -> bytes:
    """As nf_tables lists the steps of a rule."""
    return b"".join(attribute(1, attribute(1, name + b"\0") + attribute(2, data)) for name, data in names)


@pytest.mark.parametrize(
    ("steps", "logs"),
    [
        (expressions((b"meta", b""), (b"log", b"")), True),
        (expressions((b"target", attribute(1, b"NFLOG\0"))), True),
        (expressions((b"target", attribute(1, b"LOG\0"))), True),
        (expressions((b"target", attribute(1, b"REJECT\0"))), False),
        (expressions((b"counter", b""), (b"immediate", b"log")), False),
        (b"", False),
    ],
)
def test_a_firewall_rule_that_writes_down_packets_is_known_by_its_steps(steps, logs):
    assert logs_packets(steps) is logs


@pytest.mark.parametrize(
    ("group", "own_tor", "served"),
    [
        ("0::/system.slice/kallskydd.service\n", True, Served(("kallskydd",), ("kallskydd",), "/srv/torrc", own_tor=True)),
        ("0::/user.slice/user@0.service/app.slice/shell.scope\n", True, Served((), (), "/srv/torrc", own_tor=True)),
        ("0::/system.slice/system-tor.slice/tor@default.service\n", False,
         Served(("tor@default",), ("tor@default",), "/srv/torrc")),
    ],
)  # fmt: skip
def test_the_units_of_a_service_are_seen_by_its_control_groups_and_tors_file_by_its_words(
    tmp_path, monkeypatch, group, own_tor, served
):
    monkeypatch.setattr(proc, "PROC", tmp_path / "proc")
    for pid in (7, 8):
        (tmp_path / f"proc/{pid}").mkdir(parents=True)
        (tmp_path / f"proc/{pid}/cgroup").write_text(group)
    (tmp_path / "proc/8/cmdline").write_text("tor\0-f\0/srv/torrc\0--defaults-torrc\0/dev/null\0")
    (tmp_path / "config.toml").write_text("" if own_tor else '[tor]\ncontrol_socket = "/run/tor/control"\n')

    assert served_by(Scene(tmp_path, Service(Process(7), (), tors=(Process(8),)))) == served
