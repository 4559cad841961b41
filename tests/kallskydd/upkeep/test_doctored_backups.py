"""The restore drill: backups that somebody has had in hand are refused each time, in words, and nothing is restored."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from homes.restore_drill import NOT_WHOLE, Drill, altered_rows, nothing_is_half_restored, rewrite_manifest, second_go
from homes.upkeep import (
    answered,
    asked,
    both_answers,
    kallskydd,
    real_day,
)
from nacl.public import PrivateKey

from cases.backup import restoring, rows
from cases.backup.errors import BackupChanged
from cases.backup.files import Answer, SharesFile, encode, read_file, use_of_shares
from trusted.case.clock import utc_now
from trusted.crypto.any_two import Holder, hand_on, open_with_two, seal_to_any_two

CHANGED = "The backup was changed after it was made"


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


def shares_without_one(drill: Drill) -> None:
    """Seal the shares of all cases but one, to the same members: anyone who knows their public keys can."""
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
    sound = second_go(drill, drill.desks(), "--slots", drill.slots)
    shutil.rmtree(drill.new)
    answers = both_answers(drill.new, drill.out, drill.desks(), "--slots", drill.slots)
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
    answers = both_answers(drill.new, drill.out, drill.desks(), "--slots", drill.slots)
    again = ("restore", "--home", drill.new, "--from", drill.out, "--slots", drill.slots, *answers)

    refused = [kallskydd(*again, "--register", one, check=False) for one in (doctored, drill.folder / "bare.register")]
    left = nothing_is_half_restored(drill)
    done = kallskydd(*again, "--register", drill.folder / "before" / "erased.register", "--json")

    assert [one.returncode for one in refused] == [3, 3]
    assert all("A register of erased cases was changed" in one.stderr for one in refused)
    assert left
    assert json.loads(done.stdout)["cases"] == 2


def test_the_number_that_is_said_is_counted_in_the_restored_store(drill: Drill, monkeypatch):
    answers = both_answers(drill.new, drill.out, drill.desks(), "--slots", drill.slots)
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


@pytest.mark.parametrize("doctor", [delete_a_row, write_other_settings, name_a_living_case_in_the_register])
def test_what_changes_after_the_hashes_were_looked_at_is_not_restored_either(
    drill: Drill, doctor: Callable[[Drill], None]
):
    files = both_answers(drill.new, drill.out, drill.desks(), "--slots", drill.slots)[1::2]
    answers = tuple(read_file(Path(file), Answer) for file in files)
    source = restoring.read_backup(drill.out, real_day())

    doctor(drill)
    with pytest.raises(BackupChanged):
        restoring.restore(drill.new, restoring.Given(source, answers, drill.slots), utc_now)

    assert nothing_is_half_restored(drill)
