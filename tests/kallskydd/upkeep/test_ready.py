"""The page before a service opens: checked from a real home, answered by the operator, the same in the document."""

from __future__ import annotations

import json
import os
import re
from datetime import timedelta
from pathlib import Path

import pytest
from homes import upkeep
from homes.upkeep import backup, kallskydd, real_day, real_home

from cases.audit_chain import append_record, next_record
from cases.home import read_home
from kallskydd.hosting.tenants import with_publisher
from kallskydd.upkeep import readiness
from kallskydd.upkeep.disk import is_encrypted
from kallskydd.upkeep.readiness import ASKED, CHECKED, lines_of, standing

DOCUMENT = Path(__file__).parents[3] / "docs" / "operating" / "before-you-open.md"


def standings(home: Path) -> dict[str, str]:
    return {line.what: standing(line) for line in lines_of(read_home(home), real_day())}


@pytest.fixture
def home(short_folder: Path, monkeypatch) -> Path:
    # Of the computer that runs the tests, and not of the home.
    monkeypatch.setattr(readiness, "harmful_swap", lambda: ())
    monkeypatch.setattr(readiness, "landlock_abi", lambda: 1)
    monkeypatch.setattr(readiness, "is_encrypted", lambda _home: None)
    return real_home(short_folder / "home").home.path


def test_a_new_home_is_not_ready_and_one_with_every_line_done_is(home, short_folder):
    config = home / "config.toml"
    looked = re.sub(r"(?m)^#?\s*updated\s*=.*$", "", config.read_text())
    first = kallskydd("ready", "--home", home, check=False)

    config.write_text(f"updated = {real_day()}\n{looked}\n[alarm]\ncommand = ['/bin/true']\n")
    untried = standings(home)["alarm"]
    kallskydd("status", "--quiet", "--home", home, check=False)
    backup(read_made(home), short_folder / "out")
    append_record(home, next_record(None, real_day(), 30, (), ()))
    answers = [word for name in ASKED for word in ("--answer", name)]
    last = kallskydd("ready", "--home", home, *answers, check=False)

    assert first.returncode == 1
    assert untried == "not yet"
    assert "you must answer  words:" in first.stdout
    assert "not yet          alarm: " in first.stdout
    assert "not yet          backup: A backup was made within seven days. None was made yet" in first.stdout
    assert last.stdout.splitlines()[-1] == "Ready to open.", last.stdout
    assert last.returncode == 0
    assert (home / "ready.toml").stat().st_mode & 0o777 == 0o600


def read_made(home: Path):
    return type("Made", (), {"home": read_home(home)})


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("open", lambda home: (home / "roster" / "0001.sig").write_text("")),
        ("operator", lambda home: _config(home, "operator_is_no_member = true", "operator_is_no_member = false")),
        ("backup", lambda home: (home / "backup.day").write_text(f"{real_day() - timedelta(days=8)}\n")),
        ("audit", lambda home: append_record(home, next_record(None, real_day(), 30, ("files",), ()))),
        ("upgrade", lambda home: (home / "before-upgrade").mkdir()),
    ],
)
def test_each_line_is_taken_from_the_home(home, name, spoil):
    (home / "backup.day").write_text(f"{real_day()}\n")
    if name != "audit":
        append_record(home, next_record(None, real_day(), 30, (), ()))
        assert standings(home)[name] == "ok"

    spoil(home)

    assert standings(home)[name] == "not yet"


@pytest.mark.parametrize(
    ("of_a_tenant", "hidden", "expected"),
    [
        (True, False, "not yet"),
        (True, True, "ok"),
        (False, False, "ok"),
    ],
)
def test_the_home_of_a_tenant_is_not_ready_while_accounts_see_its_processes(
    home, monkeypatch, of_a_tenant, hidden, expected
):
    monkeypatch.setattr(readiness, "processes_are_hidden", lambda: hidden)
    config = home / "config.toml"
    if of_a_tenant:
        config.write_text(with_publisher(config.read_text(), "falun"))

    assert standings(home)["processes"] == expected


def _config(home: Path, before: str, after: str) -> None:
    text = (home / "config.toml").read_text()
    assert before in text
    (home / "config.toml").write_text(text.replace(before, after))


def test_an_answer_is_asked_for_again_after_a_year(home):
    readiness.keep_answers(home, ["law"], real_day() - timedelta(days=366))
    readiness.keep_answers(home, ["host"], real_day())

    assert standings(home)["law"] == "you must answer"
    assert standings(home)["host"] == "ok"


def test_encryption_is_seen_also_below_a_logical_volume(tmp_path):
    number = tmp_path.stat().st_dev
    volume = tmp_path / "block" / f"{os.major(number)}:{os.minor(number)}"
    (volume / "slaves").mkdir(parents=True)
    assert is_encrypted(tmp_path, tmp_path / "block") is None
    (tmp_path / "crypt" / "dm").mkdir(parents=True)
    (tmp_path / "crypt" / "dm" / "uuid").write_text("CRYPT-LUKS2-0a")
    (volume / "slaves" / "dm-0").symlink_to(tmp_path / "crypt")

    assert is_encrypted(tmp_path, tmp_path / "block") is True
    assert is_encrypted(tmp_path, tmp_path / "none") is None


def test_the_document_has_the_same_lines():
    row = r"(?m)^\| `([a-z-]+)` \| (.+?) \|"
    rows = dict(re.findall(row, DOCUMENT.read_text("utf-8")))
    swedish = re.findall(row, DOCUMENT.with_name("innan-du-oppnar.md").read_text("utf-8"))

    assert rows == {**CHECKED, **ASKED}
    assert [name for name, _words in swedish] == list(rows)


def test_with_json_the_page_is_one_object(home):
    done = kallskydd("ready", "--home", home, "--json", check=False)

    assert set(json.loads(done.stdout)) == {*CHECKED, *ASKED}


@pytest.mark.parametrize(("counsel", "said"), [(1, "you must answer"), (2, "ok")])
def test_two_outside_lawyers_answer_the_line_about_them(short_folder, monkeypatch, counsel, said):
    monkeypatch.setattr(readiness, "is_encrypted", lambda _home: None)
    roles = ("lead", "handler", *["counsel"] * counsel)
    monkeypatch.setattr(upkeep, "ROLES", roles)
    monkeypatch.setattr(upkeep, "LABELS", [f"Person {number}" for number in range(len(roles))])

    assert standings(real_home(short_folder / "home").home.path)["counsel"] == said
