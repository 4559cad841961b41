"""A drill of a restore: one command, the answers of two members, what would be lost, and nothing left."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from homes.upkeep import answered, backup, member_desk, real_home

SECONDS = 60.0
# As docs/operating/bad-day.md has it, among the backups.
MEET = "backup/drill"
NEWEST = "2026-12-01-10"


@pytest.fixture
def server(short_folder):
    """A home, four backups of it, three of one day, an empty place, and the desks of two members."""
    made = real_home(short_folder / "home")
    for name in ("2026-11-30-100", "2026-12-01", NEWEST, "2026-12-01-2"):
        backup(made, short_folder / "backup" / name, "--slots", short_folder / "slots" / name)
    # What else lies on a real disk, by name behind every day.
    for name in ("lost+found", "move"):
        (short_folder / "backup" / name).mkdir()
    (short_folder / "place").mkdir()
    return short_folder, [member_desk(short_folder / f"desk{number}", made, number) for number in (0, 1)]


@contextlib.contextmanager
def drill(folder: Path) -> Iterator[subprocess.Popen]:
    """A drill that runs; one that has not ended with the test is killed, or the test would wait for it for ever."""
    words = ["drill", "--from", "backup", "--slots", "slots", "--meet", MEET, "--place", "place", "--json"]
    command = [sys.executable, "-m", "kallskydd", *words]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def words_of(running: subprocess.Popen) -> tuple[str, str]:
    """What it says until it waits, and the six words."""
    said = ""
    while "Waiting" not in said:
        line = running.stderr.readline()
        assert line, said
        said += line
    return said, re.search(r"(?m)^  (\S+(?: \S+){5})$", said)[1]


@pytest.fixture(autouse=True)
def folders(short_folder):
    for name in ("backup", "slots"):
        (short_folder / name).mkdir()


def left(folder: Path) -> list[Path]:
    return [*(folder / "place").iterdir(), *folder.glob(f"{MEET}*")]


def test_two_members_answer_and_it_says_what_would_be_lost_and_leaves_nothing(server):
    folder, desks = server
    with drill(folder) as running:
        said, words = words_of(running)
        assert left(folder)
        for number, desk in enumerate(desks):
            # One that is being copied is no answer yet.
            (folder / MEET / "half.json").write_text("{")
            answered(desk, folder / MEET, words, folder / MEET / f"answer-{number}.json")
        out, err = running.communicate(timeout=SECONDS)

    assert running.returncode == 0, err
    assert f"Trying backup/{NEWEST}." in said
    assert json.loads(out)["without_share"] == 0
    assert "would be lost: days: 0." in err
    assert left(folder) == []


@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_that_is_stopped_leaves_nothing(server, ends):
    folder, _ = server
    with drill(folder) as running:
        words_of(running)
        running.send_signal(ends)
        running.communicate(timeout=SECONDS)

    assert running.returncode not in {0, -ends}
    assert left(folder) == []


def test_an_answer_to_another_question_opens_nothing(server):
    folder, desks = server
    with drill(folder) as first:
        _, words = words_of(first)
        for number, desk in enumerate(desks):
            answered(desk, folder / MEET, words, folder / f"kept-{number}.json")
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=SECONDS)
    with drill(folder) as second:
        words_of(second)
        for number in (0, 1):
            (folder / f"kept-{number}.json").rename(folder / MEET / f"kept-{number}.json")
        second.communicate(timeout=SECONDS)

    assert second.returncode == 3
    assert left(folder) == []


def test_a_folder_without_a_backup_is_said_to_hold_none(short_folder):
    (short_folder / "place").mkdir()
    with drill(short_folder) as running:
        _, err = running.communicate(timeout=SECONDS)

    assert running.returncode in {3, 4}
    assert "backup" in err
    assert left(short_folder) == []
