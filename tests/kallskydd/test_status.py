"""The lines of `kallskydd status`: each well and not well, and none of them the word of a report."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from documents.pictures import ycck_jpeg
from processes.service import Service, kallskydd, offline_network
from visitors.intake_harness import SHOWN, Browser, file_report, two_words_back

from cases.config import TorConfig
from cases.home import Home, as_trial, create_home, read_home
from cases.upkeep import LINES, read_upkeep
from kallskydd.finding import Finding
from kallskydd.serve.notes import Notebook, read_notes
from kallskydd.status import home as inside
from kallskydd.status import outside
from kallskydd.upkeep.days import note_backup
from onion import tor_process
from onion.errors import OnionUnknown, OnionUnreachable, TorProgramMissing
from onion.probe import ProbeResult

PROJECT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.fixture
def home(short_folder: Path) -> Home:
    example = (PROJECT / "kallskydd/examples/ludvika.toml").read_text()
    create_home(short_folder / "home", as_trial(example), trial=True, server_key=bytes(32))
    return read_home(short_folder / "home")


def assert_trouble(found: Finding, words: str) -> None:
    assert not found.well
    assert words in found.words
    assert found.to_do.endswith((".", "`."))


@pytest.mark.parametrize(
    ("free", "waiting", "words"),
    [
        (4096, 4095, "Files are taken: 4 GiB or more are free, and of 8 GiB that may wait less than half do."),
        (4095, 0, "Files are refused now and then: less than 4 GiB are free, of which 2 GiB are kept for text."),
        (2048, 8192, "No file is taken: less than 2 GiB are free, of which 2 GiB are kept for text."),
        (
            4096,
            4097,
            "Files are refused now and then: of 8 GiB that may wait for a release half or more do. Text is taken.",
        ),
        (4096, 8192, "No file is taken: of 8 GiB that may wait for a release all do. Text is taken."),
    ],
)
def test_the_disk_is_said_to_have_room_or_not_and_never_how_much(home, monkeypatch, free, waiting, words):
    real = replace(home, config=msgspec.structs.replace(home.config, trial=False))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(2**41, 0, free * 2**20))
    with closing(sqlite3.connect(home.path / "kallskydd.db")) as database:
        row = (os.urandom(16), 1, 2, os.urandom(119), waiting * 2**20 + 1)
        database.execute(
            "INSERT INTO files (file_id, number, item_kind, header, sealed_size) VALUES (?, ?, ?, ?, ?)", row
        )
        database.commit()

    found = inside.disk(real)

    assert found.words == words
    assert found.well == words.startswith("Files are taken")
    if not found.well:
        assert found.to_do.endswith(".")


def test_a_look_at_the_disk_leaves_the_log_of_a_store_that_was_killed_as_it_was(home):
    command = "import os, sqlite3, sys; one = sqlite3.connect(sys.argv[1]); one.execute('UPDATE home SET batch = 7');"
    subprocess.run(
        [sys.executable, "-c", f"{command} one.commit(); os._exit(0)", home.path / "kallskydd.db"], check=True
    )
    before = {path.name: path.read_bytes() for path in home.path.glob("kallskydd.db*")}

    assert inside.disk(home).well

    assert len(before["kallskydd.db-wal"]) > 0
    assert {name: (home.path / name).read_bytes() for name in ("kallskydd.db", "kallskydd.db-wal")} == {
        name: before[name] for name in ("kallskydd.db", "kallskydd.db-wal")
    }


def test_a_clock_of_long_ago_is_not_well():
    assert inside.clock(NOW).well
    assert_trouble(inside.clock(NOW.replace(year=2001)), "2001")


def test_slots_are_well_when_they_are_whole_and_of_the_last_heartbeat(home):
    slots = home.path / "shred.slots"
    written = datetime.fromtimestamp(slots.stat().st_mtime, UTC)

    assert inside.slots(home, written + timedelta(minutes=11)).well
    assert_trouble(inside.slots(home, written + timedelta(minutes=13)), "not written by the last heartbeat")
    with slots.open("ab") as file:
        file.write(b"x")
    assert_trouble(inside.slots(home, written), "not whole")
    slots.unlink()
    assert_trouble(inside.slots(home, written), "missing")


@pytest.mark.parametrize(
    ("at", "done", "well"),
    [
        ("2026-11-27T12:00", "2026-11-27", True),
        ("2026-11-27T12:00", "2026-11-26", False),
        ("2026-11-27T05:30", "2026-11-26", True),  # an hour's patience after 05:00 UTC, six in Stockholm
        ("2026-11-27T06:30", "2026-11-26", False),
        ("2026-11-27T12:00", None, False),
    ],
)
def test_the_daily_work_is_asked_after_as_a_whole(home, at, done, well):
    home.run.mkdir(exist_ok=True)
    notes = {"daily": done, "tor": None, "descriptor": None}
    (home.run / "keeper.json").write_bytes(msgspec.json.encode(notes))

    found = inside.daily_work(home, datetime.fromisoformat(f"{at}+00:00"))

    assert found.well == well
    if not well:
        assert_trouble(found, "release and erasing, if anything is due")


def test_the_keepers_notes_are_coarser_than_what_they_come_from_and_written_when_they_change(tmp_path):
    now = [datetime(2026, 11, 27, 3, 59, 58, tzinfo=UTC)]
    notebook = Notebook(tmp_path, lambda: now[0])

    notebook.tor_runs("0.4.9.15")
    notebook.descriptor_was_taken()
    notebook.daily_work_is_done()
    state = (tmp_path / "keeper.json").stat()
    notebook.descriptor_was_taken()
    notebook.daily_work_is_done()

    notes = read_notes(tmp_path)
    assert (notes.tor, notes.daily) == ("0.4.9.15", date(2026, 11, 26))
    assert notes.descriptor == datetime(2026, 11, 27, 3, tzinfo=UTC)
    again = (tmp_path / "keeper.json").stat()
    assert (again.st_ino, again.st_mtime_ns) == (state.st_ino, state.st_mtime_ns)


def test_notes_that_do_not_read_are_as_none(home):
    home.run.mkdir(exist_ok=True)
    (home.run / "keeper.json").write_text("{")

    assert_trouble(outside.descriptor(home, NOW), "since the service started")


@pytest.mark.parametrize(
    ("last", "words", "well_with_timer"),
    [
        (None, "None was made yet.", False),
        (date(2026, 11, 27), "The last is of 2026-11-27, 0 days ago.", True),
        (date(2026, 11, 25), "The last is of 2026-11-25, 2 days ago.", True),
        (date(2026, 11, 24), "The last is of 2026-11-24, 3 days ago.", False),
        (date(2026, 11, 28), "The last is of 2026-11-28, a day still to come.", False),  # a clock that was ahead
    ],
)
def test_the_last_backup_has_an_age_and_an_old_one_is_not_well_where_a_timer_makes_it(
    home, last, words, well_with_timer
):
    if last is not None:
        note_backup(home.path, last)

    by_hand, timed = (inside.backup(home, NOW, is_timed=is_timed) for is_timed in (False, True))

    assert (by_hand.well, by_hand.words) == (True, f"{words} No timer makes it.")
    assert timed.words.startswith(words)
    assert timed.well == well_with_timer
    if not timed.well:
        assert_trouble(timed, words)
        assert "`systemctl start kallskydd-backup`" in timed.to_do


@pytest.mark.parametrize("unit", ["kallskydd-backup", "kallskydd-backup@falun"])
def test_the_timer_is_asked_after_where_systemd_enables_it_and_for_the_home_that_its_unit_copies(
    home, tmp_path, monkeypatch, unit
):
    units, tenant = PROJECT / "deploy/systemd", unit.partition("@")[2]
    moved = replace(home, path=tmp_path / tenant / "home")
    monkeypatch.setattr(inside, "BACKUP_TIMERS", tmp_path)
    found = [inside.is_backed_up_by_timer(moved)]
    monkeypatch.setattr(inside, *(("TENANTS", tmp_path) if tenant else ("TIMED_HOME", moved.path)))
    found.append(inside.is_backed_up_by_timer(moved))
    (tmp_path / f"{unit}.timer").symlink_to("/nowhere")
    found.append(inside.is_backed_up_by_timer(moved))
    monkeypatch.undo()

    assert found == [False, False, True]
    template, copied = unit.replace("falun", ""), inside.TENANTS / "%i/home" if tenant else inside.TIMED_HOME
    assert f"--home {copied} " in (units / f"{template}.service").read_text()
    assert (units / f"{template}.timer").read_text().endswith("[Install]\nWantedBy=timers.target\n")
    assert Path("/etc/systemd/system/timers.target.wants") == inside.BACKUP_TIMERS


@pytest.mark.parametrize(("hours", "well"), [(1, True), (3, True), (5, False)])
def test_a_descriptor_is_well_as_long_as_it_is_valid(home, hours, well):
    home.run.mkdir(exist_ok=True)
    Notebook(home.run, lambda: NOW - timedelta(hours=hours)).descriptor_was_taken()

    found = outside.descriptor(home, NOW)

    assert found.well == well
    if not well:
        assert_trouble(found, "more than three hours")


async def test_nobody_asks_for_the_address_before_a_directory_has_taken_it_since_the_start(home, monkeypatch):
    asked = []

    async def probe(*_: object, **__: object) -> ProbeResult:
        asked.append(1)
        return ProbeResult(reached=True, seconds=0.1, words="", error=None)

    monkeypatch.setattr(outside, "is_served", lambda _: True)
    monkeypatch.setattr(outside, "probe", probe)
    home.run.mkdir(exist_ok=True)
    Notebook(home.run).tor_runs("0.4.9.11")
    config = msgspec.structs.replace(home.config, tor=TorConfig(control_socket="/run/kallskydd-tor/control"))

    assert_trouble(
        await outside.onion(replace(home, config=config)), "No directory of the Tor network has taken the address"
    )
    assert asked == []


def test_a_tor_that_was_upgraded_and_still_runs_is_not_well(home, monkeypatch):
    home.run.mkdir(exist_ok=True)
    monkeypatch.setattr(outside, "is_served", lambda _: True)
    installed = tor_process.installed_version()

    Notebook(home.run).tor_runs(installed)
    same = outside.tor(home)
    Notebook(home.run).tor_runs("0.4.8.9")
    other = outside.tor(home)

    assert (same.well, same.words) == (True, f"Version {installed} runs and is installed.")
    assert_trouble(other, f"Version 0.4.8.9 runs, and {installed} is installed.")


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("Tor version 0.4.9.15.", "0.4.9.15"),
        ("Tor version 0.4.8.16 (git-0b1a7bd2d2a3c4c8).\nThis build", "0.4.8.16"),
        ("Tor version 0.5.0.1-alpha.", "0.5.0.1-alpha"),
    ],
)
def test_the_installed_version_is_read_off_tors_own_line(said, version, tmp_path, monkeypatch):
    program = tmp_path / "tor"
    program.write_text(f"#!/bin/sh\ncat <<'EOF'\n{said}\nEOF\n")
    program.chmod(0o755)
    monkeypatch.setattr(tor_process, "TOR", str(program))

    assert tor_process.installed_version() == version


def test_a_tor_that_is_not_there_has_no_version(tmp_path, monkeypatch):
    monkeypatch.setattr(tor_process, "TOR", str(tmp_path / "tor"))

    with pytest.raises(TorProgramMissing):
        tor_process.installed_version()


def test_what_tor_says_of_an_onion_is_said_in_words():
    def result(error: OnionUnknown | OnionUnreachable) -> ProbeResult:
        return ProbeResult(
            reached=False, seconds=1, status=None, words=str(error), text_key=error.text_key, error=error
        )

    said = [outside.why_not_reached(result(OnionUnreachable(reply))) for reply in (0xF1, 0xF2, 0xF3, 0xF7, 0x04)]
    unknown = outside.why_not_reached(result(OnionUnknown(0xF0)))

    assert len({*said, unknown}) == 6
    assert [number in sentence for number, sentence in zip(("0xF1", "0xF2", "0xF3", "0xF7"), said, strict=False)] == [
        True
    ] * 4
    assert "(0xF0)" in unknown
    assert said[4] == OnionUnreachable.happened


async def test_one_probe_of_three_has_to_get_through(monkeypatch):
    asked = []

    async def stalls(_socks, _address, *, isolate):
        asked.append(isolate)
        error = OnionUnreachable(0xF7)
        reached = len(asked) == 3
        return ProbeResult(
            reached=reached, seconds=1, status=None, words="", text_key="", error=None if reached else error
        )

    monkeypatch.setattr(outside, "probe", stalls)

    found = await outside._probed(Path("/nowhere"), "a" * 56)

    assert found.reached
    assert len(set(asked)) == 3


def test_the_lock_file_says_its_day_and_one_that_is_old_or_says_none_is_not_well(tmp_path):
    made = inside.lock_day(PROJECT)
    assert made is not None
    noon = datetime(made.year, made.month, made.day, 12, tzinfo=UTC)

    assert inside.libraries(noon + timedelta(days=90), PROJECT).well
    assert_trouble(inside.libraries(noon + timedelta(days=91), PROJECT), "more than 90 days ago")
    (tmp_path / "requirements.lock").write_text("acme==5.9.0\n")
    assert_trouble(inside.libraries(noon, tmp_path), "does not say its day")
    assert_trouble(inside.libraries(noon, tmp_path / "nowhere"), "not with this program")


async def test_no_output_and_no_alarm_tells_whether_a_report_came(short_folder):
    """All that `status` says and keeps, before a report with a photograph, after it, and after a log-in."""
    alarm, config = short_folder / "alarm", short_folder / "config.toml"
    alarm.write_text(f"#!/bin/sh\necho ran >>{short_folder}/ran\n")
    alarm.chmod(0o755)
    example = (PROJECT / "kallskydd/examples/ludvika.toml").read_text()
    config.write_text(f'{example}\n[alarm]\ncommand = ["{alarm}"]\n')
    home = short_folder / "home"
    kallskydd("init", "--home", home, "--trial", "--config", config)

    def all_it_says() -> tuple[object, ...]:
        loud = kallskydd("status", "--home", home, check=False)
        as_json = kallskydd("status", "--home", home, "--json", check=False)
        quiet = kallskydd("status", "--home", home, "--quiet", check=False)
        notes = home / "run" / "keeper.json"
        return (
            *((one.returncode, one.stdout, one.stderr) for one in (loud, as_json, quiet)),
            (home / "upkeep.seen").read_bytes(), (short_folder / "ran").read_bytes(),
            notes.read_bytes(), notes.stat().st_mtime_ns,
        )  # fmt: skip

    with Service(home, offline_network(short_folder / "net")) as service:
        while read_notes(home / "run").daily is None or read_notes(home / "run").tor is None:
            await asyncio.sleep(0.05)
        without = await asyncio.to_thread(all_it_says)
        browser = Browser(service.public_socket, f"{service.public_address}.onion")
        page = await two_words_back(browser, await file_report(browser, "En sak.", [ycck_jpeg((10, 20, 30, 0))]))
        with_report = await asyncio.to_thread(all_it_says)
        access = (home / "upkeep.seen").stat().st_atime_ns
        read_upkeep(home)

    assert page.status == SHOWN
    assert with_report == without
    assert "onion" in read_upkeep(home)[0].troubles
    assert (home / "upkeep.seen").stat().st_atime_ns == access
    # Every line was there: nothing was compared with nothing.
    lines = [name for name in LINES if not name.startswith("mirror")]
    assert [name for name in lines if f"  {name}: " not in without[0][1]] == []
    assert os.path.getsize(short_folder / "ran") == len("ran\n")
