"""`audit live`: clean on the service as it is, and never clean once any single thing is really weakened.

The weakenings are this file's own list. They are done to a real service in an installation of its own: files edited,
rows written, tor told otherwise over its control socket, copies of the system's files under --root. Rows that take root
to see are "not seen" for everybody else, and that is tested as such.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import resource
import shutil
import sqlite3
import subprocess
import tempfile
import warnings
from datetime import timedelta
from pathlib import Path

import pypdf
import pytest
from audits.harness import AS_ROOT, UNSEEN_HERE, Audited, audited, evidence, verdicts
from audits.installation import make_installation

from audit.language import in_language
from audit.live.run import inspect_home
from audit.live.table import TABLE
from audit.observe.proc import _starter, find_service
from audit.report.claims import LIVE
from audit.verdict import Verdict
from cases.audit_chain import read_records
from kallskydd.serve.announce import Announcer
from kallskydd.serve.daily_audit import audit_if_due, keep_audited
from trusted.case.clock import today, utc_now

ROWS_FOR_ROOT = {row.id for row in TABLE if row.root}
# What stands in a copy of the system's files, in order; each weakening changes one of them.
SYSTEM = {
    "proc/swaps": "Filename\tType\tSize\tUsed\tPriority\n",
    "proc/sys/kernel/core_pattern": "core\n",
    "proc/sys/fs/suid_dumpable": "0\n",
    "proc/sys/debug/exception-trace": "0\n",
    "proc/sys/kernel/seccomp/actions_logged": "log\n",
    "proc/sys/kernel/print-fatal-signals": "0\n",
    "proc/sys/kernel/dmesg_restrict": "1\n",
    "proc/sys/kernel/kptr_restrict": "2\n",
    "proc/sys/kernel/yama/ptrace_scope": "2\n",
    "proc/sys/net/netfilter/nf_conntrack_log_invalid": "0\n",
    "proc/sys/net/netfilter/nf_conntrack_timestamp": "0\n",
    "etc/systemd/journald.conf": "[Journal]\nStorage=volatile\n",
    "etc/systemd/system.conf": "[Manager]\n#DefaultIPAccounting=yes\n",
    "etc/systemd/system/kallskydd.service": "[Service]\nStandardOutput=null\nIPAccounting=no\n",
    "etc/rsyslog.conf": "# nothing\nauth.* /var/log/auth.log\n",
}


@pytest.fixture(scope="module")
def place():
    with tempfile.TemporaryDirectory(prefix="ka-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def python(place):
    return make_installation(place / "inst")


@pytest.fixture(scope="module")
def service(place, python):
    (place / "a").mkdir()
    with audited(place / "a", python) as running:
        yield running


@pytest.fixture
def system(tmp_path):
    for name, text in SYSTEM.items():
        path = tmp_path / "system" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "system"


def assert_weakened(service: Audited, row: str, words: str, **options: Path) -> None:
    """Not clean, and by this row. Looked at from this process, as an auditor does from an installation of the own."""
    _, report = inspect_home(service.home, "2026-01-01", **options)

    assert report.verdict is Verdict.FINDING
    found = report.as_object()
    assert verdicts(found)[row] == "finding", evidence(found, row, "clean")
    assert words in evidence(found, row)
    # A file that was changed and changed back stays changed since the start.
    # And a file of the packages is held against the manifest too.
    assert set(report.of(Verdict.FINDING)) <= {row, "own-files", "times", "loaded"}


def test_it_is_clean_on_the_service_as_it_is(service, system):
    code, report = service.live()

    findings = {name: evidence(report, name) for name in report["findings"]}
    assert findings == {}
    missed = {name for name, verdict in verdicts(report).items() if verdict == "not seen"}
    assert missed == UNSEEN_HERE if AS_ROOT else missed <= ROWS_FOR_ROOT
    assert code == (0 if AS_ROOT and not UNSEEN_HERE else 1)
    assert report["trial"] is True
    assert "the program, which own-files knows, reads all back at its opening" in evidence(report, "storage", "clean")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", report["day"])
    assert service.live("--root", system)[1]["findings"] == []


def test_a_home_that_nobody_serves_is_not_audited(service, tmp_path):
    done = service.audit("live", "--home", tmp_path)

    assert done.returncode == 4
    assert done.stdout == ""
    assert "Nobody serves this home" in done.stderr


def add_line(path: Path, line: str):
    @contextlib.contextmanager
    def done():
        before, times = path.read_bytes(), path.stat()
        with path.open("ab") as file:
            file.write(line.encode())
        try:
            yield
        finally:
            path.write_bytes(before)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))

    return done()


@contextlib.contextmanager
def mode(path: Path, wrong: int):
    before = path.stat().st_mode & 0o7777
    path.chmod(wrong)
    try:
        yield
    finally:
        path.chmod(before)


@contextlib.contextmanager
def sql(home: Path, wrong: str, right: str):
    for statements in (wrong, right):
        with contextlib.closing(sqlite3.connect(home / "kallskydd.db", isolation_level=None)) as database:
            database.executescript(statements + "; PRAGMA wal_checkpoint(TRUNCATE);")
        if statements is wrong:
            yield


@contextlib.contextmanager
def tor_told(home: Path, name: str, value: str):
    from onion.control import open_controller

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with open_controller(home / "run" / "control.sock") as tor:
            before = tor.get_conf(name, multiple=True)
            tor.set_conf(name, value)
            try:
                yield
            finally:
                tor.set_conf(name, before) if before else tor.reset_conf(name)


def test_a_file_that_others_may_read(service):
    with mode(service.home / "shred.slots", 0o640):
        assert_weakened(service, "permissions", "shred.slots -rw-r-----")


def test_a_socket_that_others_may_use(service):
    with mode(service.home / "run" / "desk.sock", 0o666):
        assert_weakened(service, "permissions", "run/desk.sock")


def test_a_folder_that_others_may_list(service):
    with mode(service.home / "onion", 0o755):
        assert_weakened(service, "permissions", "onion")


def test_a_file_in_the_home_that_nobody_knows(service):
    log = service.home / "access.log"
    log.touch(mode=0o600)
    try:
        assert_weakened(service, "permissions", "access.log")
    finally:
        log.unlink()


def test_a_column_more(service):
    with sql(service.home, "ALTER TABLE entries ADD COLUMN sent_at TEXT", "ALTER TABLE entries DROP COLUMN sent_at"):
        assert_weakened(service, "schema", "entries.sent_at is a text that need not be a day")


def test_a_table_and_a_trigger_more(service):
    with sql(service.home, "CREATE VIEW log AS SELECT release_day FROM cases", "DROP VIEW log"):
        assert_weakened(service, "schema", "there is a view log")


def test_a_time_in_the_disguise_of_a_number(service):
    wrong = "INSERT INTO counters VALUES (randomblob(16), 1774000000)"
    with sql(service.home, wrong, "DELETE FROM counters WHERE counter = 1774000000"):
        assert_weakened(service, "values", "counters.counter holds numbers that could be times")


def test_deleted_rows_that_were_not_overwritten(service):
    wrong = (
        "PRAGMA secure_delete = OFF; PRAGMA foreign_keys = OFF;"
        "INSERT INTO chunks VALUES (randomblob(16), 7777, randomblob(100000));"
        "DELETE FROM chunks WHERE position = 7777"
    )
    with sql(service.home, wrong, "PRAGMA secure_delete = ON; PRAGMA incremental_vacuum"):
        assert_weakened(service, "storage", "freed blocks are not zeros")


def test_a_deleted_row_that_lies_on_in_a_page_in_use(service):
    # Too little for a page of its own: no page becomes free.
    wrong = (
        "PRAGMA secure_delete = OFF; PRAGMA foreign_keys = OFF;"
        "INSERT INTO chunks VALUES (x'01', 7777, randomblob(300)), (x'02', 7777, randomblob(300)),"
        " (x'03', 7777, randomblob(300)); DELETE FROM chunks WHERE position = 7777 AND file_id = x'02'"
    )
    right = "PRAGMA secure_delete = ON; PRAGMA foreign_keys = OFF; DELETE FROM chunks WHERE position = 7777"
    with sql(service.home, wrong, right):
        assert_weakened(service, "storage", "secure_delete: 1 of 0 free pages and")


def test_pragmas_that_leave_no_mark_are_not_seen_when_the_program_is_not_known(service, tmp_path):
    manifest = tmp_path / "MANIFEST"
    manifest.write_text("")

    _, report = inspect_home(service.home, "2026-01-01", manifest=manifest)

    assert "cell_size_check: no mark outside" in evidence(report.as_object(), "storage", "not seen")


def test_another_auto_vacuum(service):
    with sql(service.home, "PRAGMA auto_vacuum = FULL", "PRAGMA auto_vacuum = INCREMENTAL"):
        assert_weakened(service, "storage", "auto_vacuum: another")


def test_a_member_whose_label_was_changed_after_the_signature(service):
    roster = service.home / "roster" / "0001.toml"
    with add_line(roster, "\n"):
        assert_weakened(service, "roster", "does not hold at 0001.sig")


def test_a_signature_that_is_missing_puts_no_roster_in_force(service):
    signatures = service.home / "roster" / "0001.sig"
    with add_line(signatures, f"{'0' * 32} {'0' * 128}\n"):
        assert_weakened(service, "roster", "does not hold at 0001.sig")


@pytest.mark.parametrize(
    "name", ["shred.slots", "kallskydd.db", "roster/0001.toml", "roster/0001.sig", "run/public.sock"]
)
def test_files_that_no_heartbeat_has_touched(service, name):
    path = service.home / name
    times = path.stat()
    os.utime(path, ns=(times.st_atime_ns - 3600 * 10**9, times.st_mtime_ns))
    try:
        assert_weakened(service, "times", f"{name}: ")
    finally:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_a_file_that_was_born_while_reports_came(service):
    slots = service.home / "shred.slots"
    kept = slots.rename(service.folder / "kept")
    shutil.copy2(kept, slots)
    try:
        _, report = inspect_home(service.home, "2026-01-01")
    finally:
        kept.replace(slots)

    assert "shred.slots was born before the intake started to take reports: no" in evidence(report.as_object(), "times")
    # The file that the intake has open is no longer one of the home.
    assert "kept open as" in evidence(report.as_object(), "intake-descriptors") or not AS_ROOT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SafeLogging", "relay"),
        ("SafeLogging", "0"),
        ("ConnectionPadding", "auto"),
        ("AvoidDiskWrites", "0"),
        ("LogTimeGranularity", "1"),
        ("EntryNodes", "{se}"),
        ("UseEntryGuards", "0"),
        ("TestSocks", "1"),
        ("ProtocolWarnings", "1"),
    ],
)
def test_a_setting_of_the_running_tor(service, name, value):
    with tor_told(service.home, name, value):
        assert_weakened(service, "torrc", f"{name} is {value}")


def test_a_file_that_python_runs_at_its_start(service):
    extra = service.packages / "zz.pth"
    extra.write_text("import sys\n")
    try:
        assert_weakened(service, "libraries", "zz.pth")
    finally:
        extra.unlink()


def test_a_library_of_another_version_than_the_locked_one(service):
    lock = service.python.parent.parent / "share" / "requirements.lock"
    text = lock.read_text()
    lock.write_text(re.sub(r"(?m)^aiohttp==\S+", "aiohttp==3.0.0", text))
    try:
        assert_weakened(service, "libraries", "aiohttp 3.14.5")
    finally:
        lock.write_text(text)


@pytest.mark.parametrize(
    ("file", "text", "row", "words"),
    [
        (
            "proc/sys/kernel/core_pattern",
            "|/usr/share/apport %p\n",
            "core-dumps",
            "kernel.core_pattern = |/usr/share/apport %p, wanted |/bin/false: what stands after | gets the memory",
        ),
        ("proc/sys/fs/suid_dumpable", "2\n", "core-dumps", "fs.suid_dumpable = 2"),
        (
            "etc/ld.so.preload",
            "/tmp/listens.so\n",
            "code",
            "/etc/ld.so.preload loads into every program: /tmp/listens.so",
        ),
        ("proc/sys/debug/exception-trace", "1\n", "kernel", "debug.exception-trace = 1"),
        ("proc/sys/kernel/seccomp/actions_logged", "kill_process log\n", "kernel", "actions_logged = kill_process log"),
        ("proc/sys/kernel/print-fatal-signals", "1\n", "kernel", "kernel.print-fatal-signals = 1"),
        ("proc/sys/kernel/dmesg_restrict", "0\n", "kernel", "kernel.dmesg_restrict = 0"),
        ("proc/sys/kernel/kptr_restrict", "0\n", "kernel", "kernel.kptr_restrict = 0"),
        ("proc/sys/kernel/yama/ptrace_scope", "1\n", "kernel", "kernel.yama.ptrace_scope = 1"),
        ("proc/sys/net/netfilter/nf_conntrack_log_invalid", "255\n", "conntrack", "nf_conntrack_log_invalid = 255"),
        ("proc/sys/net/netfilter/nf_conntrack_timestamp", "1\n", "conntrack", "nf_conntrack_timestamp = 1"),
        ("etc/systemd/journald.conf", "[Journal]\nStorage=persistent\n", "journal", "Storage=persistent"),
        ("etc/systemd/journald.conf", "[Journal]\nForwardToSyslog=yes\n", "journal", "ForwardToSyslog=yes"),
        ("etc/systemd/journald.conf.d/z.conf", "[Journal]\nStorage=persistent\n", "journal", "Storage=persistent"),
        ("etc/rsyslog.conf", 'module(load="imjournal")\n', "syslog", "takes over the journal"),
        ("etc/rsyslog.d/1.conf", "*.* @@logs.example:514\n", "syslog", "sends lines away"),
        ("etc/systemd/system.conf", "[Manager]\nDefaultIPAccounting=yes\n", "accounting", "DefaultIPAccounting=yes"),
        ("etc/systemd/system/kallskydd.service", "[Service]\nIPAccounting=yes\n", "units", "has IPAccounting=yes"),
        (
            "etc/systemd/system/kallskydd.service.d/a.conf",
            "[Service]\nStandardError=journal\n",
            "units",
            "=journal",
        ),
        ("var/log/account/pacct", "", "accounting", "pacct"),
    ],
)
def test_a_setting_of_the_system(service, system, file, text, row, words):  # noqa: PLR0917
    path = system / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)

    assert_weakened(service, row, words, root=system)


def test_the_page_that_an_auditor_takes_away_has_no_secret(service, tmp_path):
    done = service.audit("live", "--home", service.home, "--report", tmp_path / "page.html")

    page = (tmp_path / "page.html").read_bytes()
    assert done.returncode in {0, 1}
    assert f"HOMEDIR={service.home} ".encode() in page
    for secret in secrets_of(service.home):
        assert secret not in page
        assert secret.hex().encode() not in page


def secrets_of(home: Path) -> list[bytes]:
    """Every key in the home, and what stands in the database."""
    secrets = [path.read_bytes().strip() for path in (home / "onion").iterdir()]
    secrets += [(home / "trial-member" / name).read_bytes().strip() for name in ("member.key", "passphrase")]
    secrets += [(home / "tor" / "data" / "control_auth_cookie").read_bytes()]
    slots = (home / "shred.slots").read_bytes()
    secrets += [slots[start : start + 32] for start in range(0, len(slots), 32)]
    with contextlib.closing(sqlite3.connect(f"file:{home}/kallskydd.db?mode=ro", uri=True)) as database:
        secrets += list(database.execute("SELECT home_id, salt, substr(beat, 1, 32) FROM home").fetchone())
    return [secret for secret in secrets if len(secret) >= 16]


def test_a_manifest_is_taken_from_a_reviewed_source_and_compared(service, place, tmp_path):
    manifest = tmp_path / "MANIFEST"
    manifest.write_text(service.audit("manifest", service.packages).stdout)
    assert "own-files" not in service.live("--manifest", manifest)[1]["findings"]

    manifest.write_text(
        re.sub(r"(?m)^.*  trusted/web/silence.py\n", f"{'0' * 64}  trusted/web/silence.py\n", manifest.read_text())
    )

    assert_weakened(service, "own-files", "trusted/web/silence.py", manifest=manifest)


def test_the_printed_page_stands_alone_and_says_what_is_not_covered(service, tmp_path):
    for language in ("sv", "en"):
        page = tmp_path / f"{language}.html"
        pdf = page.with_suffix(".pdf")
        service.audit("live", "--home", service.home, "--report", page, "--pdf", pdf, "--lang", language)

        text = page.read_text("utf-8")

        assert f'<html lang="{language}">' in text
        for one in (LIVE.assertion, *LIVE.not_covered):
            assert in_language(one, language).replace("'", "&#x27;") in text
        assert not re.search(r"(src|href)=|url\(|<script|@import", text)
        assert all(row.id in text for row in TABLE)
        assert f"HOMEDIR={service.home} " in text
        assert ("file of the home" in text or "stream pair" in text) == (language == "en" and AS_ROOT)
        assert ("# or that of" in text) == (language == "en")
        to_sign = " ".join(pypdf.PdfReader(pdf).pages[0].extract_text().split())
        assert in_language(LIVE.assertion, language) in to_sign


class Heard(Announcer):
    """Keeps what the keeper would say."""

    def __init__(self) -> None:
        super().__init__(as_json=True, results=io.StringIO(), prose=io.StringIO())
        self.events: list[str] = []

    def event(self, event: str, **facts: object) -> None:
        self.events.append(event)


async def test_the_keeper_adds_one_line_a_day_and_status_shows_it(service):
    heard = Heard()
    keeping = asyncio.create_task(keep_audited(service.home, heard, timedelta(0)))
    while not heard.events:
        assert not keeping.done()
        await asyncio.sleep(0.05)
    keeping.cancel()

    (record,) = read_records(service.home)
    assert await audit_if_due(service.home) is None
    assert heard.events == ["audited"]
    assert record.day == today(utc_now)
    assert record.clean + len(record.findings) + len(record.not_seen) == len(TABLE)
    status = subprocess.run(
        [service.python, "-I", "-m", "kallskydd", "status", "--home", service.home],
        capture_output=True,
        text=True,
        check=False,
    )
    assert re.search(rf"audit: {record.day}: ", status.stdout)


def test_the_keeper_is_found_also_where_the_kernels_list_of_locks_is_hidden(service):
    found = find_service(service.home)

    assert found is not None
    assert _starter(service.home) == found.keeper
    assert found.keeper.pid == service.process.pid


def test_a_core_limit_that_was_lifted_while_it_runs(service):
    (intake,) = find_service(service.home).intakes
    try:
        resource.prlimit(intake.pid, resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except PermissionError:
        # Only an account with the power over limits can weaken this at all, and many roots do not have it.
        assert find_service(service.home).intakes[0].core_limits() == ("0", "0")
        return
    try:
        assert_weakened(service, "core-dumps", f"intake {intake.pid}: core limit unlimited and unlimited")
    finally:
        resource.prlimit(intake.pid, resource.RLIMIT_CORE, (0, 0))


def test_one_changed_line_of_our_own_program(service):
    """Last of those on this service: that a file was changed since the start stays true when it is changed back."""
    with add_line(service.packages / "trusted" / "web" / "silence.py", "# one line more\n"):
        assert_weakened(service, "own-files", "trusted/web/silence.py")
