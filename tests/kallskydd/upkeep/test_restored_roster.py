"""With which roster a restored home starts: the one that two members signed, and none older than a desk has seen."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from desks.harness import running_desks
from homes.restore_drill import Drill
from homes.upkeep import (
    answered,
    as_made,
    asked,
    kallskydd,
    real_day,
    restored,
    version_without,
)
from visitors.intake_harness import SetClock

from cases.backup.files import Ask, read_file
from cases.home import read_home
from cases.roster.chain import (
    add_signature,
    fingerprint_words,
    parse_roster,
    propose,
    read_chain,
    render,
    sign_roster,
)
from cases.roster.member import make_join, new_member_keys
from desk.keep.cache import cache_folder_of
from trusted.case.clock import utc_now

OLDER = "an older list of members than this computer has seen"


def test_a_backup_of_before_a_member_was_removed_brings_nobody_back(drill: Drill):
    before, shares = drill.folder / "before", drill.folder / "before-slots"
    older = asked(drill.new, before, "--slots", shares)
    refused = [answered(desk, drill.new, older, drill.folder / "no", check=False) for desk in drill.desks()]
    shutil.rmtree(drill.new)

    # The newer roster, of a later backup: with it the same backup is restored.
    words = asked(drill.new, before, "--slots", shares, "--roster", drill.out / "roster")
    answers: list[str | Path] = []
    for number, desk in enumerate(drill.desks()):
        shown = answered(desk, drill.new, words, drill.folder / f"answer{number}").stdout
        answers += ["--answer", drill.folder / f"answer{number}"]
    done = kallskydd("restore", "--home", drill.new, "--from", before, "--slots", shares, *answers)
    roster = read_chain(drill.new / "roster", real_day()).current
    declared = json.loads(json.loads((drill.new / "restored").read_text())["text"])

    assert [one.returncode for one in refused] == [3, 3]
    assert all(OLDER in one.stderr and "Tell the operator to ask again" in one.stderr for one in refused)
    assert not (drill.folder / "no").exists()
    assert "version 2: Lead 1 (Lead 1), Handler 2 (Handler 2)." in shown
    assert "Restored from the backup of" in done.stdout
    assert [one.label for one in roster.members] == ["Lead 1", "Handler 2"]
    assert (declared["roster_version"], declared["roster"]) == (2, roster.digest.hex())


async def test_a_declaration_counts_for_a_server_with_the_roster_that_was_signed(drill: Drill):
    restored(drill.new, drill.out, drill.desks(), "--slots", drill.slots)
    new = as_made(drill.made, drill.new)
    # Somebody puts the older roster in the home afterwards; this desk had not seen the newer one.
    shutil.rmtree(drill.new / "roster")
    shutil.copytree(drill.folder / "before" / "roster", drill.new / "roster")
    async with running_desks(drill.folder, new, SetClock(utc_now())) as desks, desks.desk(1, "unpinned") as book:
        await book.sync()
        older = dict(book.state.case_list.restores)
    shutil.rmtree(drill.new / "roster")
    shutil.copytree(drill.out / "roster", drill.new / "roster")
    async with running_desks(drill.folder, new, SetClock(utc_now())) as desks, desks.desk(1, "unpinned") as book:
        await book.sync()
        signed = dict(book.state.case_list.restores)

    assert (len(older), len(signed)) == (0, 1)


def test_a_roster_that_does_not_go_on_from_what_is_known_is_refused_on_both_sides(drill: Drill):
    # The one who was removed had a second member's help: another second version, and a third after it.
    fork = real_fork(drill)
    given = kallskydd(
        "restore", "--home", drill.new, "--from", drill.out, "--roster", fork, check=False
    )  # fmt: skip
    words = asked(drill.new, drill.folder / "before", "--roster", fork)
    refused = [answered(desk, drill.new, words, drill.folder / "no", check=False) for desk in drill.desks()]

    assert given.returncode == 3
    assert "does not go on from the one in the backup" in given.stderr
    assert [one.returncode for one in refused] == [3, 3]
    assert all("does not continue the one that this computer has seen" in one.stderr for one in refused)
    assert not (drill.folder / "no").exists()


def real_fork(drill: Drill) -> Path:
    """A chain of three versions that begins as the home's and goes on without Lead 1."""
    home = drill.folder / "fork"
    shutil.copytree(drill.folder / "home", home)
    shutil.rmtree(home / "roster")
    shutil.copytree(drill.folder / "before" / "roster", home / "roster")
    made = replace(drill.made, home=read_home(home))
    version_without(made, 0)
    newcomer = new_member_keys()
    (drill.folder / "join.toml").write_text(make_join(newcomer, "Ny", "handler", "Handler 4"))
    kallskydd("roster", "--home", home, "--add", drill.folder / "join.toml")
    proposal = read_chain(home / "roster", real_day()).proposal
    for one in drill.made.keys[1:]:
        add_signature(home / "roster", 3, sign_roster(proposal, one), real_day())
    assert read_chain(home / "roster", real_day()).current.version == 3
    return home / "roster"


def test_a_question_that_shows_one_roster_and_has_another_signed_is_refused(drill: Drill):
    asked(drill.new, drill.folder / "before")
    older = json.loads((drill.new / "ask.json").read_text())["restored"]
    shutil.rmtree(drill.new)
    asked(drill.new, drill.out)
    question = json.loads((drill.new / "ask.json").read_text())
    question["restored"] |= {name: older[name] for name in ("roster", "roster_version")}
    (drill.new / "ask.json").write_text(json.dumps(question))
    words = " ".join(fingerprint_words(read_file(drill.new / "ask.json", Ask).digest))

    refused = answered(drill.desks()[0], drill.new, words, drill.folder / "no", check=False)

    assert refused.returncode == 3
    assert "The list of members does not verify" in refused.stderr
    assert not (drill.folder / "no").exists()


async def test_a_desk_saves_the_roster_it_has_kept_for_a_restore_from_an_older_backup(drill: Drill, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(drill.folder / "cache"))
    desk = drill.desks()[0]
    options = ("--desk-home", desk.folder, "--passphrase-file", desk.folder / "passphrase")
    saved = ("desk", "save-roster", "--out", drill.folder / "saved", *options)
    nothing = kallskydd(*saved, check=False)
    # As the application does it: the folder is there, and the roster is kept when it is fetched.
    cache_folder_of(desk).mkdir(parents=True, mode=0o700)
    async with running_desks(drill.folder, drill.made, SetClock(utc_now())) as desks:
        await desks.listed(0)

    kallskydd(*saved)
    again = kallskydd(*saved, check=False)
    words = asked(drill.new, drill.folder / "before", "--roster", drill.folder / "saved")
    answered(desk, drill.new, words, drill.folder / "answer")

    assert (nothing.returncode, again.returncode) == (3, 2)
    assert "has kept no list of members" in nothing.stderr
    assert read_chain(drill.folder / "saved", real_day()).current.version == 2


def test_a_change_by_one_member_that_the_operator_dated_back_is_counted_by_the_desk_itself(drill: Drill):
    alone, long_ago = drill.folder / "alone", real_day() - timedelta(days=40)
    shutil.copytree(drill.out / "roster", alone)
    before = read_chain(alone, real_day()).current
    text = render(
        version=3, previous=before.digest, home=before.home, organisations=before.organisations,
        members=before.members[:1], proposed=long_ago,
    )  # fmt: skip
    roster = parse_roster(text)
    propose(alone, roster, real_day())
    (alone / "0003.seen").write_text(f"{long_ago.isoformat()} {roster.digest.hex()}\n")
    add_signature(alone, 3, sign_roster(roster, drill.made.keys[0]), real_day())
    words = asked(drill.new, drill.out, "--roster", alone)
    desk = drill.desks()[0]

    early = answered(desk, drill.new, words, drill.folder / "no", check=False)
    # What the desk would have noted, had it been shown the change fourteen days ago.
    noted = f'"{roster.digest.hex()}" = {real_day() - timedelta(days=14)}\n'
    desk.settings.write_text(desk.settings.read_text() + noted)
    ripe = answered(desk, drill.new, words, drill.folder / "answer", check=False)

    assert early.returncode == 3
    assert "its fourteen days are not over here" in early.stderr
    assert not (drill.folder / "no").exists()
    assert ripe.returncode == 0, ripe.stderr
