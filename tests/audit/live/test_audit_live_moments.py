"""`audit live` at any moment: while the service starts, works, loses a part or ends, it is clean or not running.

The other side of each leniency is tried as well: what looks like something on its way and stays is found.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
import stem
from audits.harness import AS_ROOT, UNSEEN_HERE
from audits.installation import make_installation
from corpus.index import encoded, picture
from processes.service import Service, offline_network
from visitors.intake_harness import Browser, file_report

from audit.live import run as live
from audit.live.checks.database import check_storage
from audit.live.checks.descriptors import check_intake_descriptors
from audit.live.checks.files import check_permissions
from audit.live.checks.process import job_has_ended
from audit.live.run import NotRunning, inspect_home
from audit.observe.proc import Process, find_service
from audit.observe.proc import Service as Processes
from audit.observe.scene import Scene
from audit.verdict import Inspection, Verdict

AT_REST = 1.0


@pytest.fixture(scope="module")
def place():
    with tempfile.TemporaryDirectory(prefix="km-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def service(place):
    """A service that was just started, from an installation of its own."""
    command = [str(make_installation(place / "inst")), "-I", "-m", "kallskydd"]
    subprocess.run([*command, "init", "--home", place / "home", "--trial"], check=True, capture_output=True)
    long_ago = time.time() - 86_400
    for path in (place / "home").iterdir():
        os.utime(path, (long_ago, long_ago))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("processes.service.KALLSKYDD", command)
        running = Service(place / "home", offline_network(place / "net"))
        running.start(wait=False)
        try:
            yield running
        finally:
            running.stop()


def not_clean(home: Path) -> dict[str, str]:
    """What one look says against the service; what takes root to see is left out for others."""
    _, report = inspect_home(home, "2026-01-01")
    fine = {Verdict.CLEAN} if AS_ROOT else {Verdict.CLEAN, Verdict.NOT_SEEN}
    return {
        f"{check.id}, {one.verdict}": one.text()
        for check in report.checks
        for one in check.evidence
        if one.verdict not in fine and not (check.id in UNSEEN_HERE and one.verdict is Verdict.NOT_SEEN)
    }


def parts_of(service: Service, part: str) -> tuple[Process, ...]:
    found = find_service(service.home)
    return () if found is None else getattr(found, part)


def wait_until(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_is_clean_from_the_first_moment_on_in_a_home_that_was_made_long_ago(service):
    wait_until(lambda: find_service(service.home) is not None)

    assert not_clean(service.home) == {}


@pytest.mark.parametrize("part", ["intakes", "zygotes", "tors"])
def test_it_is_clean_right_after_a_part_was_lost(service, part):
    # A keeper whose first intake is lost before it was ready ends.
    service.wait_for("intake", code="ready", within=60)
    service.wait_for("tor-started", within=60)
    wait_until(lambda: parts_of(service, part))
    lost = parts_of(service, part)[0]
    os.kill(lost.pid, signal.SIGKILL)
    wait_until(lost.ended)

    assert not_clean(service.home) == {}
    assert lost not in parts_of(service, part)


def test_a_zygote_that_was_started_while_we_looked_belongs_to_the_service(service):
    service.wait_for("intake", code="ready", within=60)
    wait_until(lambda: parts_of(service, "zygotes"))
    before = find_service(service.home)
    os.kill(before.zygotes[0].pid, signal.SIGKILL)
    wait_until(lambda: set(parts_of(service, "zygotes")) - set(before.zygotes))
    wait_until(before.zygotes[0].ended)
    inspection = Inspection()

    check_intake_descriptors(inspection, Scene(service.home, before))

    assert [one.text() for one in inspection.evidence if one.verdict is Verdict.FINDING] == []


async def test_it_is_clean_while_reports_with_pictures_are_filed(service):
    service.wait_for("tor-started")
    said: list[dict[str, str]] = []
    filing = threading.Event()

    def inspection() -> None:
        while filing.is_set() or len(said) < 5:
            said.append(not_clean(service.home))

    filing.set()
    looking = threading.Thread(target=inspection)
    looking.start()
    for _ in range(8):
        browser = Browser(service.public_socket, f"{service.public_address}.onion")
        await file_report(browser, "With two pictures.", [encoded(picture(), "JPEG"), encoded(picture(), "PNG")])
    filing.clear()
    looking.join()

    assert [one for one in said if one] == []


def test_a_weakness_is_found_also_in_the_first_seconds(service):
    for process in find_service(service.home).intakes:
        os.kill(process.pid, signal.SIGKILL)
    log = service.home / "access.log"
    log.touch(0o600)
    try:
        found = not_clean(service.home)
    finally:
        log.unlink()

    assert set(found) == {"permissions, finding"}


def test_a_part_that_does_not_come_back_is_a_finding(service, monkeypatch):
    monkeypatch.setattr(live, "PATIENCE_SECONDS", AT_REST)
    scene, _ = inspect_home(service.home, "2026-01-01")
    without = Scene(scene.home, Processes(scene.service.keeper, zygotes=scene.service.zygotes))
    monkeypatch.setattr(live, "_scene", lambda *_: without)

    assert "processes, finding" in not_clean(service.home)


def test_a_row_that_loses_tor_on_the_way_is_not_seen(service, monkeypatch):
    def loses(*_: object) -> None:
        raise stem.SocketClosed

    monkeypatch.setattr(live, "PATIENCE_SECONDS", AT_REST)
    rows = (replace(row, check=loses) if row.id == "tor-files" else row for row in live.TABLE)
    monkeypatch.setattr(live, "TABLE", tuple(rows))

    assert not_clean(service.home) == {"tor-files, not seen": "the rest of this row (SocketClosed)"}


def test_a_service_that_ends_while_it_is_looked_at_is_clean_or_does_not_run(service):
    ending = threading.Thread(target=service.stop)
    ending.start()
    try:
        while True:
            found = not_clean(service.home)
            assert found == {} or not AS_ROOT
    except NotRunning:
        pass
    finally:
        ending.join()


# Single looks, at stand-ins


@contextlib.contextmanager
def child(code: str, *passed: int):
    """A Python process that runs this; it has given its standard output up."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, passed)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, pass_fds=passed,
    )  # fmt: skip
    try:
        assert process.stdout.read() == b""
        yield Process(process.pid)
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


START = "import os, socket, time\nos.dup2(0, 1)\n"


def found_open(home: Path, process: Process) -> list[str]:
    inspection = Inspection()
    check_intake_descriptors(inspection, Scene(home, Processes(Process(1), intakes=(process,))))
    return [one.text() for one in inspection.evidence if one.verdict is not Verdict.CLEAN]


def test_sockets_and_pipes_that_come_and_go_within_a_process_are_no_finding(tmp_path):
    code = (
        START
        + "while True:\n a, b = socket.socketpair(); time.sleep(0.002); a.close(); b.close()\n r, w = os.pipe(); time.sleep(0.002); os.close(r); os.close(w); time.sleep(0.02)"
    )
    with child(code) as process:
        assert [found_open(tmp_path, process) for _ in range(20)] == [[]] * 20


def test_an_end_that_waits_for_a_slow_receiver_is_no_finding(tmp_path):
    """A zygote that is being started on a busy computer takes what was sent to it half a second later."""
    code = START + (
        "x, y = socket.socketpair()\nwhile True:\n a, b = socket.socketpair(); socket.send_fds(x, [b'.'], [b.fileno()])"
        "; b.close(); time.sleep(0.5); os.close(socket.recv_fds(y, 1, 1)[1][0]); a.close()"
    )
    with child(code) as process:
        assert [found_open(tmp_path, process) for _ in range(5)] == [[]] * 5


@pytest.mark.parametrize("kind", ["pipe", "pair"])
def test_what_a_process_of_somebody_elses_has_the_other_end_of_is_found(tmp_path, kind):
    ours, theirs = os.pipe() if kind == "pipe" else [one.detach() for one in socket.socketpair()]
    with child(START + "time.sleep(60)", theirs) as process:
        os.close(theirs)
        found = found_open(tmp_path, process)
        os.close(ours)

    assert len(found) == 1
    assert f"open as {theirs}" in found[0]


@pytest.mark.parametrize(
    "sort", ["AF_INET, socket.SOCK_DGRAM", "AF_INET, socket.SOCK_STREAM", "AF_UNIX, socket.SOCK_DGRAM"]
)
def test_a_socket_that_is_no_unix_stream_and_stays_is_found(tmp_path, sort):
    with child(START + f"kept = socket.socket(socket.{sort}); time.sleep(60)") as process:
        time.sleep(0.2)

        assert len(found_open(tmp_path, process)) == 1


def test_what_was_new_when_a_slow_look_began_may_settle_and_what_was_old_may_not(monkeypatch):
    monkeypatch.setattr(live, "SETTLED_SECONDS", 0.5)
    with child(START + "time.sleep(60)") as process:
        # As if the look had begun in the moment in which the process did, however long its start took.
        began = time.monotonic() - process.age()
        time.sleep(0.8)

        assert live._was_new(process, began)
        assert not live._was_new(process, time.monotonic())


def test_a_child_of_the_keepers_that_has_ended_is_no_part_of_the_service(tmp_path):
    with (tmp_path / "x").open("w") as unused:
        fcntl.flock(unused, fcntl.LOCK_EX)
    folder = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    process = subprocess.Popen(["true"])
    wait_until(Process(process.pid).ended)

    service = find_service(tmp_path)
    os.close(folder)
    process.wait()

    assert service.keeper.pid == os.getpid()
    assert process.pid not in {one.pid for one in service.others}


@pytest.mark.parametrize(("seconds", "over"), [(0.1, True), (60, False)])
def test_a_job_that_is_just_ending_has_ended_and_one_that_goes_on_was_not_seen(tmp_path, monkeypatch, seconds, over):
    if over:  # however long a busy machine needs to end it
        monkeypatch.setattr("audit.live.checks.process._ENDING_SECONDS", 20.0)
    with child(START + f"time.sleep({seconds})") as process:
        inspection = Inspection()
        scene = Scene(tmp_path, Processes(Process(1), jobs=(process,)))

        assert job_has_ended(inspection, scene, process) == over
        assert len(inspection.evidence) == over


def home_of(folder: Path) -> Scene:
    (folder / "config.toml").write_text("trial = true\n")
    (folder / "config.toml").chmod(0o600)
    folder.chmod(0o700)
    return Scene(folder, Processes(Process(1)))


@pytest.mark.parametrize(
    ("name", "goes", "fine"),
    [
        ("roster/.0002.sig.new", True, True),
        ("roster/.0002.sig.new", False, False),
        ("roster/.access.log.new", True, False),
        ("trial-member/.desk.toml.0123456789abcdef", True, True),
        ("access.log", True, False),
    ],
)
def test_a_draft_that_is_put_in_its_place_is_no_unknown_file_and_one_that_stays_is(tmp_path, name, goes, fine):
    scene = home_of(tmp_path)
    (tmp_path / name).parent.mkdir(mode=0o700, exist_ok=True)
    (tmp_path / name).touch(0o600)
    inspection = Inspection()
    going = threading.Timer(0.1, (tmp_path / name).unlink)
    if goes:
        going.start()

    check_permissions(inspection, scene)

    assert (inspection.verdict is Verdict.CLEAN) == fine
    if goes:
        going.join()


def test_free_pages_are_read_again_while_the_log_is_folded_in(tmp_path, monkeypatch):
    path = tmp_path / "kallskydd.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(
            "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA secure_delete = OFF;"
            "PRAGMA user_version = 1; CREATE TABLE t (x BLOB);"
            "INSERT INTO t VALUES (randomblob(100000)); DELETE FROM t; PRAGMA wal_checkpoint(TRUNCATE)"
        )
    folded = sqlite3.connect(path, isolation_level=None)
    inspection, later = Inspection(), Inspection()

    check_storage(inspection, home_of(tmp_path))
    # Between the first reading and the second, as often as the check waits for it.
    fold = "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)"
    monkeypatch.setattr("audit.live.checks.database.time.sleep", lambda _seconds: folded.executescript(fold))
    check_storage(later, home_of(tmp_path))
    folded.close()

    assert inspection.verdict is Verdict.FINDING
    # No program runs here by which the rest of the row would be known.
    assert [one.text() for one in later.evidence if one.verdict is Verdict.FINDING] == []


@pytest.mark.parametrize(("secure_delete", "dirty"), [("ON", 0), ("OFF", 1)])
def test_a_block_that_was_freed_in_a_page_in_use_is_zeros_with_secure_delete_and_old_bytes_without(
    tmp_path, secure_delete, dirty
):
    with contextlib.closing(sqlite3.connect(tmp_path / "kallskydd.db", isolation_level=None)) as database:
        database.executescript(
            f"PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA secure_delete = {secure_delete};"
            "PRAGMA user_version = 1; CREATE TABLE t (x INTEGER PRIMARY KEY, y BLOB);"
            "INSERT INTO t VALUES (1, randomblob(300)), (2, randomblob(300)), (3, randomblob(300));"
            "DELETE FROM t WHERE x = 2; PRAGMA wal_checkpoint(TRUNCATE)"
        )
    inspection = Inspection()

    check_storage(inspection, home_of(tmp_path))

    said = [one.text() for one in inspection.evidence]
    assert f"secure_delete: {dirty} of 0 free pages and 1 freed blocks are not zeros" in said
    assert any(re.fullmatch(r"out of its reach: \d+ bytes of rows that SQLite .*", one) for one in said)


def test_a_start_is_told_right_by_who_has_to_wait_between_two_clocks(monkeypatch):
    started = Process(os.getpid()).started()
    real, waits = time.time, [0.5, 0.0, 0.0, 0.0, 0.0]

    def held_up() -> float:
        now = real()
        time.sleep(waits.pop(0))
        return now

    monkeypatch.setattr(time, "time", held_up)

    assert abs(Process(os.getpid()).started() - started) < 0.1
