"""The operator's commands: the answer on stdout, what is said beside it on stderr, and never a key for a sentence."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from processes.service import Service, kallskydd, offline_network

from cases.home import read_home
from cases.roster.chain import add_signature, read_chain, sign_roster
from cases.roster.member import MemberKeys, make_join, new_member_keys
from cases.sentences.operator import SENTENCES
from onion.address import address_from_public
from trusted.case.clock import today, utc_now

KEYS = re.compile("|".join(re.escape(key) for key in SENTENCES))


@pytest.fixture
def anna() -> MemberKeys:
    return new_member_keys()


@pytest.fixture
def home(short_folder: Path, anna: MemberKeys) -> Path:
    """A real home with one reader, who has signed."""
    join = short_folder / "anna.toml"
    join.write_text(make_join(anna, "Anna", "handler", "Handläggare 1"))
    kallskydd("init", "--home", short_folder / "home", "--member", join)
    folder = short_folder / "home" / "roster"
    add_signature(folder, 1, sign_roster(read_chain(folder, today(utc_now)).proposal, anna), today(utc_now))
    return short_folder / "home"


def test_the_answer_of_roster_and_status_is_on_stdout(home):
    roster = kallskydd("roster", "--home", home, check=False)
    status = kallskydd("status", "--home", home, check=False)

    assert (roster.returncode, status.returncode) == (1, 1)
    assert "In force: version 1" in roster.stdout
    assert "The service is not open. It has 1 reader and needs 2" in roster.stdout
    assert "roster: Version 1. The service is not open." in status.stdout
    assert (roster.stderr, status.stderr) == ("", "")


def test_with_json_there_is_one_object_on_stdout_and_prose_on_stderr(home):
    for command in ("roster", "status"):
        done = kallskydd(command, "--home", home, "--json", check=False)

        assert isinstance(json.loads(done.stdout), dict)
        assert "not open" in done.stderr


def test_a_home_that_is_not_served_is_said_not_to_be_and_socks_is_not_spoken_of(home, short_folder):
    with Service(home, offline_network(short_folder / "net")):
        served = kallskydd("status", "--home", home, check=False)

    unserved = kallskydd("status", "--home", home, check=False)

    assert "not being served" not in served.stdout
    assert "The keeper's tor is not ready, or its network is switched off." in served.stdout
    assert "SOCKS" not in served.stdout
    assert "kallskydd serve" in unserved.stdout
    assert "SOCKS" not in unserved.stdout


@pytest.mark.parametrize("wrong", ["no join file at all", 'format = "kallskydd-join-1"\n', "twice", "changed", ""])
def test_a_join_file_that_cannot_be_used_is_refused_in_words(home, short_folder, anna, wrong):
    join = short_folder / "b.toml"
    texts = {
        "twice": make_join(new_member_keys(), "Bo", "handler", "handläggare 1"),
        "changed": make_join(anna, "Bo", "handler", "Bo").replace('"Bo"', '"Mallory"'),
    }
    join.write_text(texts.get(wrong, wrong))

    added = kallskydd("roster", "--home", home, "--add", join, check=False)
    made = kallskydd("init", "--home", short_folder / "other", "--member", join, "--member", join, check=False)

    # What is a join file and was changed, or would make two members of one label, is refused for safety.
    code = 3 if wrong in {"twice", "changed"} else 2
    for done in (added, made):
        assert done.returncode == code
        assert not KEYS.search(done.stderr)
        assert done.stderr.count(". ") >= 1
    assert not (short_folder / "other").exists()


def test_who_had_signed_a_founding_roster_that_is_written_anew_is_named_and_must_sign_again(short_folder):
    keys = [new_member_keys() for _ in range(3)]
    joins = []
    for number, one in enumerate(keys):
        joins.append(short_folder / f"{number}.toml")
        joins[-1].write_text(make_join(one, f"Person {number}", "handler", f"Handläggare {number}"))
    kallskydd("init", "--home", short_folder / "home", "--member", joins[0], "--member", joins[1])
    folder = short_folder / "home" / "roster"
    add_signature(folder, 1, sign_roster(read_chain(folder, today(utc_now)).proposal, keys[0]), today(utc_now))

    added = kallskydd("roster", "--home", short_folder / "home", "--add", joins[2], "--json", check=False)
    shown = kallskydd("roster", "--home", short_folder / "home", "--json", check=False)
    add_signature(folder, 1, sign_roster(read_chain(folder, today(utc_now)).proposal, keys[0]), today(utc_now))
    removed = kallskydd("roster", "--home", short_folder / "home", "--remove", keys[0].id, "--json", check=False)

    assert json.loads(removed.stdout)["must_sign_again"] == []
    assert json.loads(added.stdout)["must_sign_again"] == [keys[0].id]
    assert json.loads(shown.stdout)["must_sign_again"] == []
    assert json.loads(shown.stdout)["desks"] == address_from_public(read_home(short_folder / "home").server_key)
    assert "Handläggare 0 had signed" in added.stderr
    assert "They compare the new words and sign again" in added.stderr


def test_a_change_that_would_close_the_service_says_so(short_folder):
    home = short_folder / "home"
    keys = [new_member_keys() for _ in range(3)]
    joins = []
    for number, one in enumerate(keys):
        joins.append(short_folder / f"{number}.toml")
        joins[-1].write_text(make_join(one, f"Person {number}", "handler", f"Handläggare {number}"))
    kallskydd("init", "--home", home, "--member", joins[0], "--member", joins[1])
    for one in keys[:2]:
        add_signature(
            home / "roster", 1, sign_roster(read_chain(home / "roster", today(utc_now)).proposal, one), today(utc_now)
        )

    fewer = kallskydd("roster", "--home", home, "--remove", keys[0].id)
    more = kallskydd("roster", "--home", home, "--add", joins[2])

    assert "Too few are left in it who read: once it counts, the service takes no reports" in fewer.stderr
    assert "Too few" not in more.stderr


def test_a_join_file_that_is_not_there_is_named_wrongly(home, short_folder):
    for words in (("roster", "--home", home, "--add"), ("init", "--home", short_folder / "other", "--member")):
        done = kallskydd(*words, short_folder / "nowhere.toml", check=False)

        assert done.returncode == 2
        assert "cannot be read. Check" in done.stderr
    assert not (short_folder / "other").exists()


@pytest.mark.parametrize("command", ["status", "roster", "erase-due", "serve", "poster"])
def test_without_a_home_something_is_missing(short_folder, command):
    further = ["--out", short_folder / "posters"] if command == "poster" else []

    done = kallskydd(command, "--home", short_folder / "nowhere", *further, check=False)

    assert done.returncode == 4
    assert "There is no home in this folder" in done.stderr
    assert "kallskydd init" in done.stderr


@pytest.mark.parametrize("name", ["h" * 100, "a home", 'a"home'], ids=["long", "space", "quote"])
def test_a_home_whose_sockets_could_not_be_opened_is_not_made(short_folder, name):
    done = kallskydd("init", "--home", short_folder / name, "--trial", check=False)

    assert done.returncode == 2
    assert "path is too long for a socket inside it, or has characters" in done.stderr
    assert "Choose one of at most 90 plain characters" in done.stderr
    assert not (short_folder / name).exists()


def test_the_longest_path_that_is_taken_can_be_served(short_folder):
    home = short_folder / ("h" * (90 - len(str(short_folder)) - 1))
    kallskydd("init", "--home", home, "--trial")

    with Service(home, offline_network(short_folder / "net")):
        roster = kallskydd("roster", "--home", home)

    assert len(str(home)) == 90
    assert "The service is open" in roster.stdout


def test_a_home_that_cannot_be_made_is_not_blamed_on_a_file_that_was_named(short_folder):
    (short_folder / "file").write_text("in the way")

    done = kallskydd("init", "--home", short_folder / "file" / "home", "--trial", check=False)

    assert done.returncode == 4
    assert "The home cannot be made: Not a directory: " in done.stderr


@pytest.mark.parametrize(
    "text", [None, "no JSON", '{"files": [], "markers": ["m"]}', '{"files": ["gone.png"], "markers": ["m"]}']
)
def test_markers_that_cannot_be_used_are_said_before_anything_starts(short_folder, text):
    markers = short_folder / "markers.json"
    if text is not None:
        markers.write_text(text)

    done = kallskydd("demo", "--check", "--json", "--markers", markers, check=False)

    assert done.returncode == 2
    assert "the --markers file" in done.stderr
    assert "Tor network" not in done.stderr


def test_a_roster_that_is_not_signed_is_said_in_words(short_folder, anna):
    join = short_folder / "anna.toml"
    join.write_text(make_join(anna, "Anna", "handler", "Handläggare 1"))
    kallskydd("init", "--home", short_folder / "home", "--member", join)

    for command in ("roster", "status"):
        shown = kallskydd(command, "--home", short_folder / "home", check=False)

        assert "not signed by all its members" in shown.stdout
        assert not KEYS.search(shown.stdout + shown.stderr)


def test_it_says_its_version():
    shown = kallskydd("--version")

    assert re.fullmatch(r"kallskydd \d+\.\d+\S*\n", shown.stdout)
