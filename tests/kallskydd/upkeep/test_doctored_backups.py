"""The restore drill: backups that somebody has had in hand, and rosters of before. Each is refused, in words."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest
from desk_harness import running_desks
from intake_harness import MadeHome, SetClock
from nacl.public import PrivateKey
from upkeep_harness import (
    answered,
    as_made,
    asked,
    backup,
    kallskydd,
    member_desk,
    real_day,
    real_home,
    restored,
    version_without,
)

from cases.backup import restoring, rows
from cases.backup.errors import BackupChanged
from cases.backup.files import Answer, Ask, SharesFile, encode, hash_of, read_file, use_of_shares
from cases.clock import utc_now
from cases.crypto.any_two import Holder, hand_on, open_with_two, seal_to_any_two
from cases.home import read_home
from cases.roster.chain import add_signature, fingerprint_words, read_chain, sign_roster
from cases.roster.member import make_join, new_member_keys
from desk.keep.cache import cache_folder_of

CHANGED = "The backup was changed after it was made"
NOT_WHOLE = "The backup is not whole"
OLDER = "an older list of members than this computer has seen"
# What is in the folder of the new home once the question is made: no home.
QUESTION_ALONE = {"restore.key", "ask.json"}


@dataclass
class Drill:
    """A home with two cases, a backup of before Handler 3 was removed (`before`), and one of after (`out`)."""

    folder: Path
    made: MadeHome

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def slots(self) -> Path:
        return self.folder / "slots"

    @property
    def new(self) -> Path:
        return self.folder / "new"

    def desks(self, name: str = "desk") -> list:
        """The desks of the first two; by another name ones that never saw a roster."""
        return [member_desk(self.folder / f"{name}{number}", self.made, number) for number in (0, 1)]


@pytest.fixture(scope="module")
def prepared() -> Iterator[Drill]:
    folder = Path(tempfile.mkdtemp(prefix="kt-", dir="/tmp"))
    yield asyncio.run(prepare(folder))
    shutil.rmtree(folder)


@pytest.fixture
def drill(prepared: Drill, short_folder: Path) -> Drill:
    for path in (one for one in prepared.folder.iterdir() if not one.is_socket()):
        copy = shutil.copytree if path.is_dir() else shutil.copy2
        copy(path, short_folder / path.name)
    return Drill(short_folder, replace(prepared.made, home=read_home(short_folder / "home")))


async def prepare(folder: Path) -> Drill:
    made = real_home(folder / "home")
    drill = Drill(folder, made)
    drill.desks()
    async with running_desks(folder, made, SetClock(utc_now())) as desks:
        for text in ("Fakturor utan arbete.", "Körjournaler som inte stämmer."):
            await desks.file(text)
        backup(made, folder / "before", "--slots", folder / "before-slots")
        version_without(made, 2)
        for number in (0, 1):
            await desks.listed(number)
        backup(made, drill.out, "--slots", drill.slots)
    return drill


def rewrite_manifest(folder: Path, **changed: str) -> None:
    """Give the manifest the hashes of what lies there now: it takes no key, so whoever holds the copy can."""
    path = folder / "backup.json"
    manifest = json.loads(path.read_text()) | changed
    names = [one.relative_to(folder).as_posix() for one in folder.rglob("*") if one.is_file() and one != path]
    path.write_text(json.dumps(manifest | {"files": {name: hash_of(folder / name) for name in names}}))


def altered_rows(folder: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / "kallskydd.db")) as copy:
        copy.execute("PRAGMA foreign_keys = ON")
        for statement in statements:
            copy.execute(statement)
        copy.commit()


def delete_a_row(drill: Drill) -> None:
    altered_rows(drill.out, "DELETE FROM cases WHERE case_id = (SELECT min(case_id) FROM cases)")


def swap_two_rows(drill: Drill) -> None:
    """What two cases hold changes places: each reporter's code then finds the other's case."""
    altered_rows(
        drill.out,
        "CREATE TEMP TABLE pair AS SELECT case_id, lookup_id FROM cases",
        "UPDATE cases SET lookup_id = randomblob(16)",
        "UPDATE cases SET lookup_id = (SELECT lookup_id FROM pair WHERE pair.case_id <> cases.case_id)",
    )


def put_an_older_roster(drill: Drill) -> None:
    shutil.rmtree(drill.out / "roster")
    shutil.copytree(drill.folder / "before" / "roster", drill.out / "roster")


def name_a_living_case_in_the_register(drill: Drill) -> None:
    with contextlib.closing(sqlite3.connect(drill.out / "kallskydd.db")) as copy:
        (case_id,) = copy.execute("SELECT min(case_id) FROM cases").fetchone()
    line = {"case": case_id.hex(), "access_key": "A" * 43 + "=", "day": str(real_day()), "statements": []}
    with (drill.out / "erased.register").open("a") as register:
        register.write(json.dumps(line) + "\n")


def write_other_settings(drill: Drill) -> None:
    text = (drill.out / "config.toml").read_text()
    (drill.out / "config.toml").write_text(text + "\n# A line of somebody else's.\n")


def put_the_rows_of_another_backup(drill: Drill) -> None:
    shutil.copy(drill.folder / "before" / "kallskydd.db", drill.out / "kallskydd.db")


def leave_the_rows(drill: Drill) -> None:
    """Only what the manifest says of itself is other: of which kind it is."""


def second_go(drill: Drill, desks: list, *slots: str | Path) -> subprocess.CompletedProcess[str]:
    """The question, both answers, and what the restore then says."""
    words = asked(drill.new, drill.out, *slots)
    answers: list[str | Path] = []
    for number, desk in enumerate(desks):
        out = drill.folder / f"answer{number}"
        out.unlink(missing_ok=True)
        answered(desk, drill.new, words, out)
        answers += ["--answer", out]
    return kallskydd("restore", "--home", drill.new, "--from", drill.out, *slots, *answers, check=False)


def nothing_is_half_restored(drill: Drill) -> bool:
    return {path.name for path in drill.new.iterdir()} == QUESTION_ALONE


@pytest.mark.parametrize(
    ("doctor", "said_of_itself"),
    [
        (delete_a_row, {}),
        (swap_two_rows, {}),
        (put_the_rows_of_another_backup, {}),
        (put_an_older_roster, {}),
        (name_a_living_case_in_the_register, {}),
        (write_other_settings, {}),
        (leave_the_rows, {"kind": "move"}),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_doctored_backup_whose_manifest_was_rewritten_is_refused_each_time(
    drill: Drill, doctor: Callable[[Drill], None], said_of_itself: dict[str, str]
):
    doctor(drill)
    unwritten = kallskydd("restore", "--home", drill.folder / "no", "--from", drill.out, check=False)
    rewrite_manifest(drill.out, **said_of_itself)
    # Desks that never saw a roster, so that the older one gets as far.
    desks = drill.desks("bare")
    refused = [second_go(drill, desks, "--slots", drill.slots)]
    left = nothing_is_half_restored(drill)
    shutil.rmtree(drill.new)
    refused.append(second_go(drill, desks, "--slots", drill.slots))

    assert doctor is leave_the_rows or NOT_WHOLE in unwritten.stderr
    assert [one.returncode for one in refused] == [3, 3], [one.stdout for one in refused]
    assert all(CHANGED in one.stderr for one in refused), refused[0].stderr
    assert left
    assert nothing_is_half_restored(drill)


def test_the_commands_themselves_refuse_a_backup_with_a_row_deleted(drill: Drill):
    delete_a_row(drill)
    rewrite_manifest(drill.out)

    def command(*words: str | Path) -> subprocess.CompletedProcess[str]:
        whole = [sys.executable, "-m", "kallskydd", *map(str, words)]
        return subprocess.run(whole, capture_output=True, text=True, check=False, env={**os.environ}, timeout=60)

    source = ("--home", drill.new, "--from", drill.out, "--slots", drill.slots)
    question = command("restore", *source, "--json")
    words = json.loads(question.stdout)["words"]
    answers: list[str | Path] = []
    for number, desk in enumerate(drill.desks()):
        out = drill.folder / f"answer{number}"
        given = command(
            "desk", "open-backup", drill.new / "ask.json", "--out", out, "--words", words,
            "--desk-home", desk.folder, "--passphrase-file", desk.folder / "passphrase",
        )  # fmt: skip
        assert given.returncode == 0, given.stderr
        answers += ["--answer", out]
    done = command("restore", *source, *answers)

    assert (done.returncode, done.stdout) == (3, "")
    assert CHANGED in done.stderr
    assert "Nothing was restored" in done.stderr
    assert nothing_is_half_restored(drill)


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
    assert all("does not continue the one this desk has seen" in one.stderr for one in refused)
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


def shares_without_one(drill: Drill) -> None:
    """Seal the shares of all cases but one, to the same members: whoever knows their public keys can."""
    whole = read_file(drill.slots, SharesFile)
    use, asking = use_of_shares(whole.backup, whole.day), PrivateKey.generate()
    handed = {
        one.id_bytes: hand_on(whole.sealed.pairs, use, one.id_bytes, one.box_private, bytes(asking.public_key))
        for one in drill.made.keys[:2]
    }
    shares = json.loads(open_with_two(whole.sealed, use, handed, bytes(asking)))["shares"]
    shares.popitem()
    holders = [Holder(one.id_bytes, one.box) for one in drill.made.members[:2]]
    sealed = seal_to_any_two(json.dumps({"shares": shares}).encode(), use, holders)
    drill.slots.write_bytes(encode(msgspec.structs.replace(whole, sealed=sealed)))


def test_shares_that_are_missing_are_noticed(drill: Drill):
    whole = drill.slots.read_bytes()
    shares_without_one(drill)
    fewer = second_go(drill, drill.desks(), "--slots", drill.slots)
    left = nothing_is_half_restored(drill)
    shutil.rmtree(drill.new)
    drill.slots.write_bytes(whole)
    answers = ("--answer", drill.folder / "answer0", "--answer", drill.folder / "answer1")
    sound = second_go(drill, drill.desks(), "--slots", drill.slots)
    shutil.rmtree(drill.new)
    words = asked(drill.new, drill.out, "--slots", drill.slots)
    for number, desk in enumerate(drill.desks()):
        (drill.folder / f"answer{number}").unlink()
        answered(desk, drill.new, words, drill.folder / f"answer{number}")
    unnamed = kallskydd("restore", "--home", drill.new, "--from", drill.out, *answers, check=False)
    drill.slots.unlink()
    gone = kallskydd(
        "restore", "--home", drill.new, "--from", drill.out, "--slots", drill.slots, *answers, check=False
    )  # fmt: skip

    assert (fewer.returncode, unnamed.returncode, gone.returncode) == (3, 3, 3)
    assert CHANGED in fewer.stderr
    assert left
    assert sound.returncode == 0, sound.stderr
    assert "the shares of case keys and the command without them" in unnamed.stderr
    assert NOT_WHOLE in gone.stderr
    assert nothing_is_half_restored(drill)


def test_a_register_that_this_server_did_not_write_erases_nothing(drill: Drill):
    name_a_living_case_in_the_register(drill)
    doctored = drill.folder / "doctored.register"
    shutil.move(drill.out / "erased.register", doctored)
    shutil.copy(drill.folder / "before" / "erased.register", drill.out / "erased.register")
    first = doctored.read_text().splitlines()[1:]
    (drill.folder / "bare.register").write_text("\n".join(first) + "\n")
    words = asked(drill.new, drill.out, "--slots", drill.slots)
    answers: list[str | Path] = []
    for number, desk in enumerate(drill.desks()):
        answered(desk, drill.new, words, drill.folder / f"answer{number}")
        answers += ["--answer", drill.folder / f"answer{number}"]
    again = ("restore", "--home", drill.new, "--from", drill.out, "--slots", drill.slots, *answers)

    refused = [kallskydd(*again, "--register", one, check=False) for one in (doctored, drill.folder / "bare.register")]
    left = nothing_is_half_restored(drill)
    done = kallskydd(*again, "--register", drill.folder / "before" / "erased.register", "--json")

    assert [one.returncode for one in refused] == [3, 3]
    assert all("A register of erased cases was changed" in one.stderr for one in refused)
    assert left
    assert json.loads(done.stdout)["cases"] == 2


def test_the_number_that_is_said_is_counted_in_the_restored_store(drill: Drill, monkeypatch):
    words = asked(drill.new, drill.out, "--slots", drill.slots)
    answers: list[str | Path] = []
    for number, desk in enumerate(drill.desks()):
        answered(desk, drill.new, words, drill.folder / f"answer{number}")
        answers += ["--answer", drill.folder / f"answer{number}"]
    again = ("restore", "--home", drill.new, "--from", drill.out, "--slots", drill.slots, *answers)
    carried_out = rows.erase_registered

    def loses_a_row(home: Path, *more: object) -> int:
        with contextlib.closing(sqlite3.connect(home / "kallskydd.db", isolation_level=None)) as store:
            store.execute("DELETE FROM cases WHERE case_id = (SELECT min(case_id) FROM cases)")
        return carried_out(home, *more)

    with monkeypatch.context() as patched:
        patched.setattr(rows, "erase_registered", loses_a_row)
        lost = kallskydd(*again, check=False)
    left = nothing_is_half_restored(drill)
    done = kallskydd(*again, "--json")

    assert lost.returncode == 3
    assert NOT_WHOLE in lost.stderr
    assert left
    assert json.loads(done.stdout)["cases"] == 2
    assert "The restored store was counted" in done.stderr


def test_a_backup_and_a_question_of_the_earlier_form_are_refused_in_words(drill: Drill):
    asked(drill.new, drill.out)
    question = drill.new / "ask.json"
    question.write_text(json.dumps(json.loads(question.read_text()) | {"format": "kallskydd-restore-1"}))
    desk = answered(drill.desks()[0], drill.new, "", drill.folder / "no", check=False)
    rewrite_manifest(drill.out, format="kallskydd-backup-1")
    made = kallskydd("restore", "--home", drill.folder / "no", "--from", drill.out, check=False)

    for one in (desk, made):
        assert one.returncode == 3
        assert "has the form of an earlier version" in one.stderr
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


@pytest.mark.parametrize("doctor", [delete_a_row, write_other_settings, name_a_living_case_in_the_register])
def test_what_changes_after_the_hashes_were_looked_at_is_not_restored_either(
    drill: Drill, doctor: Callable[[Drill], None]
):
    words = asked(drill.new, drill.out, "--slots", drill.slots)
    for number, desk in enumerate(drill.desks()):
        answered(desk, drill.new, words, drill.folder / f"answer{number}")
    answers = tuple(read_file(drill.folder / f"answer{number}", Answer) for number in (0, 1))
    source = restoring.read_backup(drill.out, real_day())

    doctor(drill)
    with pytest.raises(BackupChanged):
        restoring.restore(drill.new, restoring.Given(source, answers, drill.slots), utc_now)

    assert nothing_is_half_restored(drill)


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
