"""`audit live`: clean on the service as it is, and never clean once any single thing is really weakened.

The weakenings are this file's own list. They are done to a real service in an installation of its own: files edited,
rows written, tor told otherwise over its control socket, copies of the system's files under --root. Rows that take root
to see are "not seen" for everybody else, and that is tested as such.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import dataclasses
import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from audit_installation import make_installation
from service import offline_network

from audit.checks_database import SCHEMA_DIGEST, schema_digest
from audit.checks_tor import check_tor_files, check_torrc, system_tor
from audit.html_report import as_html
from audit.live import CHECKS, Report, look_at
from audit.proc import Process, Service, _starter, find_service
from audit.report_words import ASSERTION, NOT_COVERED
from audit.scene import Scene
from audit.swedish import SWEDISH
from audit.table import TABLE
from audit.verdict import Check, Look, Verdict
from cases.audit_chain import read_records
from cases.clock import today, utc_now
from kallskydd.announce import Announcer
from kallskydd.daily_audit import audit_if_due, keep_audited
from onion.tor_process import TorProcess
from onion.torrc import render

ROOT = Path(__file__).parent.parent
AS_ROOT = os.geteuid() == 0
ROWS_FOR_ROOT = {row.id for row in TABLE if row.root}
# What stands in a copy of the system's files, in order; each weakening changes one of them.
SYSTEM = {
    "proc/swaps": "Filename\tType\tSize\tUsed\tPriority\n",
    "proc/sys/kernel/core_pattern": "core\n",
    "proc/sys/fs/suid_dumpable": "0\n",
    "proc/sys/net/netfilter/nf_conntrack_log_invalid": "0\n",
    "proc/sys/net/netfilter/nf_conntrack_timestamp": "0\n",
    "etc/systemd/journald.conf": "[Journal]\nStorage=volatile\n",
    "etc/systemd/system.conf": "[Manager]\n#DefaultIPAccounting=yes\n",
    "etc/systemd/system/kallskydd.service": "[Service]\nStandardOutput=null\nIPAccounting=no\n",
    "etc/rsyslog.conf": "# nothing\nauth.* /var/log/auth.log\n",
}


@dataclass
class Audited:
    """A running service and the installation it runs from."""

    python: Path
    folder: Path
    process: subprocess.Popen

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def packages(self) -> Path:
        return next(self.python.parent.parent.glob("lib/python3*/site-packages"))

    def audit(self, *words: object) -> subprocess.CompletedProcess[str]:
        command = [self.python, "-I", "-m", "kallskydd", "audit", *words]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False)

    def live(self, *words: object) -> tuple[int, dict]:
        done = self.audit("live", "--home", self.home, "--json", *words)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)


@contextlib.contextmanager
def audited(folder: Path, python: Path, *prefix: str):
    """Serve a new trial home with this interpreter until the block ends."""
    network = offline_network(folder / "net")
    start = [*prefix, str(python), "-I", "-m", "kallskydd"]
    if prefix:
        for path in (folder, network, network / "network.torrc"):
            os.chown(path, 12345, 12345)
    subprocess.run(
        [*start, "init", "--home", str(folder / "home"), "--trial"], check=True, capture_output=True, cwd="/"
    )
    command = [*start, "serve", "--home", str(folder / "home"), "--tor-network", str(network), "--json"]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True, cwd="/", start_new_session=True)  # fmt: skip
    try:
        for line in process.stdout:
            if json.loads(line)["event"] == "tor-started":
                break
        else:
            pytest.fail("the service did not start")
        wait_for(folder / "home" / "run" / "control.sock", folder / "home" / "tor" / "data" / "control_auth_cookie")
        yield Audited(python, folder, process)
    finally:
        process.terminate()
        process.stdout.read()
        process.stdout.close()
        process.wait(30)


def wait_for(*paths: Path) -> None:
    deadline = time.monotonic() + 30
    while not all(path.exists() for path in paths):
        assert time.monotonic() < deadline, paths
        time.sleep(0.05)
    time.sleep(0.5)  # and published: the keeper has told tor of both onions


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


def verdicts(report: dict) -> dict[str, str]:
    return {check["id"]: check["verdict"] for check in report["checks"]}


def evidence(report: dict, name: str, verdict: str = "finding") -> str:
    (check,) = [check for check in report["checks"] if check["id"] == name]
    return "\n".join(one["text"] for one in check["evidence"] if one["verdict"] == verdict)


def assert_weakened(service: Audited, row: str, words: str, **options: Path) -> None:
    """Not clean, and by this row. Looked at from this process, as an auditor does from an installation of the own."""
    _, report = look_at(service.home, "2026-01-01", **options)

    assert report.verdict is Verdict.FINDING
    found = report.as_object()
    assert verdicts(found)[row] == "finding", evidence(found, row, "clean")
    assert words in evidence(found, row)
    # A file that was changed and changed back stays changed since the start.
    assert set(report.of(Verdict.FINDING)) <= {row, "own-files", "times"}


def test_it_is_clean_on_the_service_as_it_is_in_under_two_seconds(service, system):
    started = time.monotonic()
    code, report = service.live()
    seconds = time.monotonic() - started

    findings = {name: evidence(report, name) for name in report["findings"]}
    assert findings == {}
    missed = {name for name, verdict in verdicts(report).items() if verdict == "not seen"}
    assert missed == set() if AS_ROOT else missed <= ROWS_FOR_ROOT
    assert code == (0 if AS_ROOT else 1)
    assert seconds < 2 * (1 + os.getloadavg()[0] / os.cpu_count())
    assert report["trial"] is True
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
        assert_weakened(service, "storage", "free pages hold old bytes")


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


def test_files_that_no_heartbeat_has_touched(service):
    long_ago = time.time() - 3600
    slots = service.home / "shred.slots"
    times = slots.stat()
    os.utime(slots, (long_ago, long_ago))
    try:
        assert_weakened(service, "times", "shred.slots: read, written and changed")
    finally:
        os.utime(slots, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_a_file_that_was_born_while_reports_came(service):
    slots = service.home / "shred.slots"
    kept = slots.rename(service.folder / "kept")
    shutil.copy2(kept, slots)
    try:
        _, report = look_at(service.home, "2026-01-01")
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


# What a sandboxed tor does not let itself be told while it runs: a tor of its own, from a file that tor calls valid.
TRAPS = {
    "SocksPort 0\nHiddenServiceSingleHopMode 1\nHiddenServiceNonAnonymousMode 1": (
        "HiddenServiceSingleHopMode is 1",
        "HiddenServiceNonAnonymousMode is 1",
    ),
    "ControlPort auto": ("ControlPort is auto",),
    "Log info file LOG": ("Log is info file",),
    "Sandbox 0": ("Sandbox is 0",),
    "HiddenServiceDir DIR/hs\nHiddenServicePort 80 unix:relative": ("HiddenServicePort is 80 unix:relative",),
    "HiddenServiceDir DIR/hs\nHiddenServicePort 80 unix:DIR/x\nHiddenServiceExportCircuitID haproxy": (
        "HiddenServiceExportCircuitID is haproxy",
    ),
    "MetricsPort 127.0.0.1:9199\nMetricsPortPolicy accept 127.0.0.1": ("MetricsPort is 127.0.0.1:9199",),
}


@pytest.mark.parametrize("lines", TRAPS, ids=lambda lines: lines.split()[-2])
def test_a_line_in_the_torrc_that_tor_itself_calls_valid(short_folder, lines):
    home, told = short_folder, lines.replace("DIR", str(short_folder)).replace("LOG", str(short_folder / "log"))
    (home / "run").mkdir(mode=0o700)
    (home / "config.toml").write_text("trial = true\n")
    torrc = home / "torrc"
    common = {"data_directory": home / "d", "control_socket": home / "run" / "control.sock"}
    good = render(**common, socks_socket=home / "socks", network_lines=["DisableNetwork 1"])
    named = {line.split()[0] for line in told.splitlines()}
    torrc.write_text("".join(f"{line}\n" for line in good.splitlines() if line.split()[0] not in named) + told + "\n")
    tor = TorProcess(torrc, control_socket=common["control_socket"])
    tor.start()
    try:
        wait_for(common["control_socket"], home / "d" / "control_auth_cookie")
        look = Look()
        check_torrc(look, Scene(home, Service(Process(1))))
    finally:
        tor.stop()

    found = "\n".join(one.text() for one in look.said if one.verdict is Verdict.FINDING)
    assert look.verdict is Verdict.FINDING, tor.last_words()
    for words in TRAPS[lines]:
        assert words in found


def test_a_tor_of_the_systems_is_found_by_its_own_word_and_judged_by_the_same_table(short_folder):
    folder = short_folder / "system"
    folder.mkdir(mode=0o700)
    control = folder / "control"
    torrc = folder / "torrc"
    torrc.write_text(render(data_directory=folder / "d", control_socket=control, socks_socket=folder / "socks",
                            network_lines=["DisableNetwork 1"]).replace("SafeLogging 1", "SafeLogging relay"))  # fmt: skip
    home = short_folder / "home"
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(f'[tor]\ncontrol_socket = "{control}"\n')
    tor = TorProcess(torrc, control_socket=control)
    tor.start()
    try:
        wait_for(control, folder / "d" / "control_auth_cookie")
        scene = Scene(home, Service(Process(1)))
        found = system_tor(scene)
        torrc_look, files_look = Look(), Look()
        check_torrc(torrc_look, scene)
        check_tor_files(files_look, dataclasses.replace(scene, service=Service(Process(1), tors=found)))
        pid = tor.pid
    finally:
        tor.stop()

    assert [process.pid for process in found] == [pid]
    assert "SafeLogging is relay" in "\n".join(one.text() for one in torrc_look.said)
    assert str(files_look.verdict) == "clean"


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
        ("proc/sys/kernel/core_pattern", "|/usr/share/apport %p\n", "core-dumps", "kernel.core_pattern = |/usr/share"),
        ("proc/sys/fs/suid_dumpable", "2\n", "core-dumps", "fs.suid_dumpable = 2"),
        ("proc/sys/net/netfilter/nf_conntrack_log_invalid", "255\n", "conntrack", "nf_conntrack_log_invalid = 255"),
        ("proc/sys/net/netfilter/nf_conntrack_timestamp", "1\n", "conntrack", "nf_conntrack_timestamp = 1"),
        ("etc/systemd/journald.conf", "[Journal]\nStorage=persistent\n", "journal", "Storage=persistent"),
        ("etc/systemd/journald.conf", "[Journal]\nForwardToSyslog=yes\n", "journal", "ForwardToSyslog=yes"),
        ("etc/systemd/journald.conf.d/z.conf", "[Journal]\nStorage=persistent\n", "journal", "Storage=persistent"),
        ("etc/rsyslog.conf", 'module(load="imjournal")\n', "syslog", "takes over the journal"),
        ("etc/rsyslog.d/1.conf", "*.* @@logs.example:514\n", "syslog", "sends lines away"),
        ("etc/systemd/system.conf", "[Manager]\nDefaultIPAccounting=yes\n", "accounting", "DefaultIPAccounting=yes"),
        ("etc/systemd/system/kallskydd.service", "[Service]\nIPAccounting=yes\n", "accounting", "has IPAccounting=yes"),
        (
            "etc/systemd/system/kallskydd.service.d/a.conf",
            "[Service]\nStandardError=journal\n",
            "accounting",
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


def test_what_an_auditor_takes_away_has_everything_and_no_secret(service, tmp_path):
    done = service.audit("pack", "--home", service.home, tmp_path / "pack")

    names = {path.name for path in (tmp_path / "pack").iterdir()}
    assert names >= {
        "report.html", "report.json", "by-hand.sh", "torrc-as-tor-reports-it", "requirements.lock", "MANIFEST",
        "SHA256SUMS", "audit.chain",
    }  # fmt: skip
    assert done.returncode in {0, 1}
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=tmp_path / "pack", check=True)
    packed = b"".join(path.read_bytes() for path in (tmp_path / "pack").iterdir())
    for secret in secrets_of(service.home):
        assert secret not in packed
        assert secret.hex().encode() not in packed
    assert service.audit("pack", "--home", service.home, tmp_path / "pack").returncode == 2


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
        re.sub(r"(?m)^.*  intake/silence.py\n", f"{'0' * 64}  intake/silence.py\n", manifest.read_text())
    )

    assert_weakened(service, "own-files", "intake/silence.py", manifest=manifest)


def test_the_printed_page_stands_alone_and_says_what_is_not_covered(service, tmp_path):
    for language in ("sv", "en"):
        page = tmp_path / f"{language}.html"
        service.audit("live", "--home", service.home, "--report", page, "--lang", language)

        text = page.read_text("utf-8")

        assert f'<html lang="{language}">' in text
        assert ASSERTION[language].replace("'", "&#x27;") in text
        assert all(one.replace("'", "&#x27;") in text for one in NOT_COVERED[language])
        assert not re.search(r"(src|href)=|url\(|<script|@import", text)
        assert all(row.id in text for row in TABLE)


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


def test_one_changed_line_of_our_own_program(service):
    """Last of those on this service: that a file was changed since the start stays true when it is changed back."""
    with add_line(service.packages / "intake" / "silence.py", "# one line more\n"):
        assert_weakened(service, "own-files", "intake/silence.py")


# What a careless or a bought programmer could have left in the intake, in one file of its own installation.
UNLOCKED = """
import os, socket, sys, threading, time
from pathlib import Path
def confine_intake(home):
    os.open("/etc/hostname", os.O_RDONLY)
    open(home / "kallskydd.db").close()
    datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); datagram.detach()
    listener = socket.socket(); listener.bind(("127.0.0.1", 0)); listener.listen(); listener.detach()
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); [one.detach() for one in pair]
    noise = os.open(home.parent / "noise", os.O_WRONLY | os.O_CREAT, 0o600); os.dup2(noise, 2)
    import mmap; os.ftruncate(noise, 4096)
    shared = os.open(home.parent / "noise", os.O_RDWR); sys.kept = mmap.mmap(shared, 4096)
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
    import subprocess; sys.child = subprocess.Popen(["sleep", "20"])
    class Locks: complete = True
    return Locks()
"""


@pytest.fixture(scope="module")
def unlocked(place):
    """A service whose intake puts on no lock at all and holds what it must not hold."""
    python = make_installation(place / "weak")
    packages = next(python.parent.parent.glob("lib/python3*/site-packages"))
    main = packages / "intake" / "__main__.py"
    main.write_text(main.read_text().replace("from confine import confine_intake\n", UNLOCKED))
    (place / "b").mkdir()
    with audited(place / "b", python) as running:
        yield running.live()


def test_an_intake_without_any_lock_is_found_by_what_everybody_sees(unlocked):
    code, report = unlocked

    assert code == 1
    assert "Seccomp 0, NoNewPrivs 0" in evidence(report, "filter")
    assert "the intake has started process" in evidence(report, "processes")
    assert "intake/__main__.py" in evidence(report, "own-files")
    if AS_ROOT:
        assert "capabilities 0x" in evidence(report, "privileges")
        assert "whether intake" in evidence(report, "core-dumps", "not seen")
    else:
        assert "/proc/PID belongs to account" in evidence(report, "core-dumps")


def test_what_an_intake_holds_open_is_found_one_by_one(unlocked):
    _, report = unlocked
    # An intake that is not undumpable can be looked into by its own account too.
    found = evidence(report, "intake-descriptors")

    assert "/etc/hostname open as" in found
    assert len(re.findall(r"socket:\[\d+\] open as", found)) == 4  # two of the internet, a pair of datagrams
    assert "noise" in evidence(report, "streams")
    assert "noise" in evidence(report, "mappings")


@pytest.fixture(scope="module")
def ordinary(place):
    """The same service, seen by the account it runs as, which is not root."""
    if not AS_ROOT:
        yield None
        return
    place.chmod(0o711)
    (place / "c").mkdir()
    python = make_installation(place / "open", own_interpreter=True)
    account = ("setpriv", "--reuid=12345", "--regid=12345", "--clear-groups")
    libraries = ("env", f"LD_LIBRARY_PATH={place / 'open' / 'base' / 'lib'}")
    with audited(place / "c", python, *libraries, *account) as running:
        command = [
            *libraries,
            *account,
            str(python),
            "-I",
            "-m",
            "kallskydd",
            "audit",
            "live",
            "--home",
            str(running.home),
        ]
        done = subprocess.run([*command, "--json"], capture_output=True, text=True, timeout=60, check=False, cwd="/")
        yield done.returncode, json.loads(done.stdout), running.live()


def test_the_services_own_account_sees_all_but_the_rows_of_root(service, ordinary):
    code, report = service.live() if ordinary is None else ordinary[:2]

    assert code == 1
    assert set(report["findings"]) <= {"own-files"} if ordinary is None else report["findings"] == []
    assert set(report["not_seen"]) <= ROWS_FOR_ROOT
    assert {"firewall", "intake-descriptors"} <= set(report["not_seen"])
    assert len(report["checks"]) - len(report["not_seen"]) >= 15


def test_root_sees_the_service_of_another_account_whole(service, ordinary):
    code, report = service.live() if ordinary is None else ordinary[2]

    assert report["findings"] == [] if ordinary is not None else True
    assert code == (0 if AS_ROOT else 1)


def test_a_kernel_without_landlock_is_said_with_what_still_holds(monkeypatch):
    from audit import checks_process

    look = Look()
    monkeypatch.setattr(checks_process, "_landlock_version", lambda: -1)
    checks_process.check_landlock(look, Scene(ROOT, Service(Process(1), (Process(os.getpid()),))))

    assert [str(one.verdict) for one in look.said] == ["finding", "clean"]
    assert "no Landlock" in look.said[0].text()
    assert "what still holds" in look.said[1].text()


def test_every_row_has_a_check_a_title_in_two_languages_and_a_line_by_hand():
    assert [row.id for row in TABLE] == list(CHECKS)
    assert all(row.title and row.titel and row.by_hand for row in TABLE)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.id)
def test_the_line_by_hand_is_shell(row):
    done = subprocess.run(["bash", "-n", "-c", row.by_hand], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_every_sentence_of_a_check_is_in_swedish_with_the_same_values():
    templates = set()
    for path in [*(ROOT / "audit").glob("checks_*.py"), ROOT / "audit" / "live.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in {"look.saw", "look.found", "look.missed"}:
                templates.add(ast.literal_eval(node.args[0]))
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "look.demand":
                templates.add(ast.literal_eval(node.args[1]))

    assert len(templates) > 90
    assert sorted(templates - SWEDISH.keys()) == []
    fields = re.compile(r"\{(\w+)\}")
    assert [one for one, other in SWEDISH.items() if sorted(fields.findall(one)) != sorted(fields.findall(other))] == []


def test_the_schema_that_the_audit_knows_is_the_one_that_is_shipped():
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.executescript((ROOT / "cases" / "schema.sql").read_text())
        rows = database.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()

    assert schema_digest([sql for (sql,) in rows]) == SCHEMA_DIGEST, "the schema changed: look, then set SCHEMA_DIGEST"


def test_a_row_that_saw_nothing_is_never_clean():
    look = Look()

    assert str(look.verdict) == "not seen"
    assert Report("2026-01-01", True, True, (Check("a", "b", look.verdict, (), "c"),)).of(look.verdict) == ["a"]
    assert "Inte sett" in as_html(Report("2026-01-01", True, True, (Check("a", "b", look.verdict, (), "c"),)), "sv")
    assert shutil.which("sha256sum")
