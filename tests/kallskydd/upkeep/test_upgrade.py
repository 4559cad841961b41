"""A home made by the first version's own code: refused as it is, upgraded, read by its member, and rolled back.

It was made once, by the code of commit d05a431 with that version's example as its configuration; two members have
signed. Its cases: a report with a file, with an answer; one that waits for its release; and one that was erased.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from desks.harness import running_desks
from homes.upkeep import kallskydd
from visitors.intake_harness import MadeHome, SetClock

from cases.config import ConfigFault
from cases.home import read_home
from cases.roster.chain import read_chain
from cases.roster.member import MemberKeys
from kallskydd.upkeep import upgrading

FIRST = Path(__file__).parents[2] / "support" / "first_home"
FACTS = json.loads((FIRST / "members.json").read_text())
# A week after it was made.
THEN = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def home(short_folder: Path) -> Path:
    with tarfile.open(FIRST / "home.tar.xz") as archive:
        archive.extractall(short_folder, filter="data")
    # The safe filter of the library gives folders its own mode.
    for folder in ("", "onion", "roster", "run", "tor"):
        (short_folder / "home" / folder).chmod(0o700)
    return short_folder / "home"


def content(home: Path) -> dict[str, bytes]:
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


async def test_a_home_of_the_first_version_is_upgraded_and_its_case_opens(home, short_folder):
    with pytest.raises(ConfigFault, match="kallskydd upgrade"):
        read_home(home)

    done = kallskydd("upgrade", "--home", home)
    again = kallskydd("upgrade", "--home", home)

    keys = tuple(
        MemberKeys(bytes.fromhex(one["sign"]), bytes.fromhex(one["box"]), one["onion"]) for one in FACTS["members"]
    )
    roster = read_chain(home / "roster", THEN.date()).current
    made = MadeHome(read_home(home), roster.home_id, roster.members, keys)
    async with running_desks(short_folder, made, SetClock(THEN)) as desks, desks.desk(1) as book:
        await book.sync()
        case = await book.open(book.state.find(FACTS["case"]))
        _stream, attachment = case.files_shown[0]
        clean = b"".join(await book.attachment(case, attachment))
    texts = [entry.body.text for stream in case.streams.values() for entry in stream if hasattr(entry.body, "text")]
    assert texts == [FACTS["report"], FACTS["reply"]]
    assert clean.startswith(b"\xff\xd8\xff clean")
    assert [one.name for one in made.home.config.authorities][:2] == ["Arbetsmiljöverket", "Konkurrensverket"]
    assert made.home.config.authorities[1].about.shown("sv").text == "offentlig upphandling och konkurrens"
    assert "the table `ended_inboxes` now" in done.stdout
    assert "Checked" in done.stdout
    assert "Nothing to change" in again.stdout


def test_a_roll_back_puts_every_byte_back_and_only_while_nothing_has_come_in(home):
    before = content(home)
    kallskydd("upgrade", "--home", home)
    kallskydd("upgrade", "--home", home, "--roll-back")

    after = content(home)
    kallskydd("upgrade", "--home", home)
    with contextlib.closing(sqlite3.connect(home / "kallskydd.db", isolation_level=None)) as connection:
        connection.execute("UPDATE cases SET hold = 1")
    late = kallskydd("upgrade", "--home", home, "--roll-back", check=False)
    kept = kallskydd("upgrade", "--home", home, "--keep")

    assert after.keys() == before.keys()
    assert {name for name in before if before[name] != after[name]} <= {"kallskydd.db"}
    assert rows(before["kallskydd.db"], home) == rows(after["kallskydd.db"], home)
    assert late.returncode == 3
    assert "has not got it. Nothing was put back" in late.stderr
    assert "destroyed" in kept.stdout
    assert not (home / "before-upgrade").exists()


def rows(database: bytes, folder: Path) -> list[str]:
    """The content of a database as text; a copy by pages differs in its header's counters alone."""
    path = folder.parent / "compared.db"
    path.write_bytes(database)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        found = list(connection.iterdump())
    path.unlink()
    return found


def test_an_upgrade_whose_check_fails_puts_everything_back(home, monkeypatch):
    before = content(home)
    open_store = upgrading._open_store

    async def loses_a_row(path: Path) -> None:
        await open_store(path)
        with contextlib.closing(sqlite3.connect(path / "kallskydd.db", isolation_level=None)) as connection:
            connection.execute("DELETE FROM heads")

    monkeypatch.setattr(upgrading, "_open_store", loses_a_row)
    done = kallskydd("upgrade", "--home", home, check=False)

    assert done.returncode == 3
    assert "everything was put back" in done.stderr
    assert content(home)["config.toml"] == before["config.toml"]
    assert rows(content(home)["kallskydd.db"], home) == rows(before["kallskydd.db"], home)


def test_a_home_that_is_served_or_newer_is_not_upgraded(home):
    from cases.home import lock_home

    with lock_home(home):
        held = kallskydd("upgrade", "--home", home, check=False)
    with contextlib.closing(sqlite3.connect(home / "kallskydd.db")) as connection:
        connection.execute("PRAGMA user_version = 2")
    before = content(home)
    newer = kallskydd("upgrade", "--home", home, check=False)

    assert "Another keeper" in held.stderr
    assert newer.returncode == 3
    assert content(home)["config.toml"] == before["config.toml"]


@pytest.mark.parametrize(
    ("earlier", "expected"),
    [
        ('mirror = "anmal.example"\n[tor]\n', {"mirror": {"name": "anmal.example"}}),
        ('[[ways]]\nname.sv = "Felanmälan"\n', {"other_contacts": [{"name": {"sv": "Felanmälan"}}]}),
        ('authorities = ["A: b", "C"]\n', {"authorities": [
            {"name": "A", "about": {"sv": "b"}}, {"name": "C", "about": {"sv": "C"}}]}),
    ],
)  # fmt: skip
def test_each_earlier_shape_of_the_configuration_is_brought_up_and_comments_stay(earlier, expected):
    import tomllib

    from kallskydd.upkeep.migrations import migrated_config

    text, said = migrated_config(f'# mine\nowner = "Ludvika"\n{earlier}')

    read = tomllib.loads(text)
    assert text.startswith("# mine\nowner")
    assert {key: read[key] for key in expected} == expected
    assert len(said) == 1
    assert migrated_config(text) == (text, ())
