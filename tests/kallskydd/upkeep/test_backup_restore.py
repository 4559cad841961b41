"""A backup while cases change, a restore that two members declared, and what desks say of it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desks.harness import Reporter, RunningDesks, running_desks
from desks.pages import pages_of
from homes.upkeep import (
    LABELS,
    answered,
    as_made,
    asked,
    backup,
    kallskydd,
    member_desk,
    real_day,
    real_home,
    restored,
)
from visitors.intake_harness import MadeHome, SetClock

from cases.backup import restoring, rows
from cases.home import read_home
from desk.errors import CaseCut, DeskError, Erased, NotRestored
from desk.web.views.case_line import case_path
from desk.work import acts
from desk.work.case.opened import DeskCase
from desk.work.case.restores import WARN_ERASED_BACK, WARN_LOST, shown_restore
from trusted.case.clock import utc_now
from trusted.case.errors import SealBroken
from trusted.case.statements import Act, Unsigned, seal_statement, sign_statement
from trusted.store.db import Database

PROJECT = Path(__file__).parents[3]
ENOUGH = timedelta(days=3)


def now_clock() -> SetClock:
    return SetClock(utc_now())


async def release(desks: RunningDesks) -> None:
    await desks.store.release(real_day() + ENOUGH, [member.id_bytes for member in desks.roster.members])


async def open_all(desks: RunningDesks, number: int) -> dict[bytes, DeskCase | DeskError]:
    """What each case of a member's list is when it is opened: the case, or the error."""
    found: dict[bytes, DeskCase | DeskError] = {}
    async with desks.desk(number) as book:
        await book.sync()
        for known in list(book.state.case_list.cases.values()):
            try:
                found[known.case_id] = await book.open(known)
            except DeskError as error:
                found[known.case_id] = error
    return found


async def reply(desks: RunningDesks, number: int, reporter: Reporter, text: str) -> None:
    async with desks.desk(number) as book:
        await book.sync()
        await acts.do(book, "reply", reporter.keys.case_id.hex(), text)


async def erase(desks: RunningDesks, reporter: Reporter) -> None:
    """Erase a case with the statements of the first two members, as the desk API hands them to the store."""
    blobs = [
        sign_statement(
            keys,
            Unsigned(
                Act.ERASE, reporter.keys.case_id, day=real_day(), server=desks.made.home.server_key, reference="G 1"
            ),
        )
        for keys in desks.made.keys[:2]
    ]
    sealed = [seal_statement(reporter.keys.statement_key, reporter.keys.case_id, blob) for blob in blobs]
    await desks.store.erase(reporter.keys.case_id, sealed)


@dataclass
class Story:
    """A home with a backup, and what happened in it afterwards."""

    folder: Path
    made: MadeHome
    kept: Reporter
    erased: Reporter
    later: Reporter

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def slots(self) -> Path:
        return self.folder / "slots"

    def desks(self) -> list:
        return [member_desk(self.folder / f"desk{number}", self.made, number) for number in (0, 1)]


@pytest.fixture(scope="module")
def told() -> Iterator[Story]:
    """The story is told once, and each test gets a copy of it."""
    folder = Path(tempfile.mkdtemp(prefix="kt-", dir="/tmp"))
    yield asyncio.run(tell(folder))
    shutil.rmtree(folder)


@pytest.fixture
def story(told: Story, short_folder: Path) -> Story:
    for path in (one for one in told.folder.iterdir() if not one.is_socket()):
        copy = shutil.copytree if path.is_dir() else shutil.copy2
        copy(path, short_folder / path.name)
    home = read_home(short_folder / "home")
    return replace(told, folder=short_folder, made=replace(told.made, home=home))


async def tell(short_folder: Path) -> Story:
    """Two cases and a backup; then one gets an answer, one is erased, and a third is filed. Two desks saw it all."""
    made = real_home(short_folder / "home")
    for number in range(3):
        member_desk(short_folder / f"desk{number}", made, number)
    async with running_desks(short_folder, made, now_clock()) as desks:
        kept, erased = await desks.file("Fakturor utan arbete."), await desks.file("Gallras efter kopian.")
        await release(desks)
        await reply(desks, 0, kept, "Tack, vi läser.")
        backup(made, short_folder / "out", "--slots", short_folder / "slots")
        await reply(desks, 0, kept, "Efter kopian.")
        later = await desks.file("Kom efter kopian.")
        await release(desks)
        for number in (0, 1, 2):
            await open_all(desks, number)
        await erase(desks, erased)
        for number in (0, 1):
            await open_all(desks, number)
        backup(made, short_folder / "newer")
    return Story(short_folder, made, kept, erased, later)


async def test_a_restored_server_is_an_attack_until_two_members_have_declared_the_restore(story):
    restored(story.folder / "new", story.out, story.desks(), "--slots", story.slots)
    new = as_made(story.made, story.folder / "new")
    declaration = (new.home.path / "restored").read_bytes()

    (new.home.path / "restored").unlink()
    async with running_desks(story.folder, new, now_clock()) as desks:
        undeclared = await open_all(desks, 0)
    # One signature of the two is no declaration.
    (new.home.path / "restored").write_bytes(declaration.rsplit(b"\\n", 2)[0] + b'"}\n')
    async with running_desks(story.folder, new, now_clock()) as desks:
        half = await open_all(desks, 0)
    (new.home.path / "restored").write_bytes(declaration)
    async with running_desks(story.folder, new, now_clock()) as desks:
        declared = await open_all(desks, 0)

    assert isinstance(undeclared[story.kept.keys.case_id], CaseCut)
    assert isinstance(half[story.kept.keys.case_id], CaseCut)
    assert declared[story.kept.keys.case_id].warnings == (WARN_LOST,)


async def test_after_a_restore_desks_read_on_and_say_what_is_gone(story):
    said = restored(
        story.folder / "new", story.out, story.desks(), "--slots", story.slots,
        "--register", story.folder / "newer" / "erased.register",
    )  # fmt: skip
    new = as_made(story.made, story.folder / "new")

    async with running_desks(story.folder, new, now_clock()) as desks:
        found = [await open_all(desks, number) for number in (0, 1, 2)]
        again = await open_all(desks, 0)
        # Work goes on, and a case that is filed now reaches desks that had seen later batches.
        await reply(desks, 1, story.kept, "Vi börjar om härifrån.")
        fresh = await desks.file("Kom efter återställningen.")
        await release(desks)
        after = await open_all(desks, 0)
        async with desks.desk(0) as book:
            await book.sync()
            notice, changed = shown_restore(book.state, real_day()), book.audits.changed

    assert said == {"backup_day": str(real_day()), "cases": 1, "without_share": 0, "erased_again": 1}
    for member in found:
        assert member[story.kept.keys.case_id].warnings == (WARN_LOST,)
        assert isinstance(member[story.later.keys.case_id], NotRestored)
    # The third desk had not heard of the erasure: it gets the tombstone with both signatures. The others hold it.
    assert isinstance(found[2][story.erased.keys.case_id], Erased)
    assert story.erased.keys.case_id not in found[0]
    assert again[story.kept.keys.case_id].warnings == (WARN_LOST,)
    assert isinstance(after[fresh.keys.case_id], DeskCase)
    assert (notice.moved, notice.day, changed) == (False, real_day(), False)


async def test_an_erased_case_that_no_register_names_is_back_in_words_for_who_had_erased_it_too(story):
    restored(story.folder / "new", story.out, story.desks(), "--slots", story.slots)
    new = as_made(story.made, story.folder / "new")

    async with running_desks(story.folder, new, now_clock()) as desks:
        found = [await open_all(desks, number) for number in (0, 2)]
        # The two sign again; desks that had its tombstone take the new one.
        await erase(desks, story.erased)
        gone = await open_all(desks, 0)

    assert found[0][story.erased.keys.case_id].warnings == (WARN_ERASED_BACK,)
    assert isinstance(found[1][story.erased.keys.case_id], DeskCase)
    assert isinstance(gone[story.erased.keys.case_id], Erased)


@pytest.mark.parametrize(
    ("language", "restored_words", "lost_words", "gone_words"),
    [
        (
            "sv",
            "Tjänsten återställdes den",
            "är borta sedan tjänsten återställdes",
            "Ärendet finns inte längre i tjänsten",
        ),
        (
            "en",
            "The service was restored on",
            "is gone since the service was restored",
            "is not in the service any more",
        ),
    ],
)
async def test_the_application_says_it_in_the_members_language(story, language, restored_words, lost_words, gone_words):
    restored(story.folder / "new", story.out, story.desks(), "--slots", story.slots)
    new = as_made(story.made, story.folder / "new")

    async with running_desks(story.folder, new, now_clock()) as desks, pages_of(desks, 0, language=language) as reader:
        await reader.unlock()
        overview = await reader.go("/")
        case = await reader.go(case_path(story.kept.keys.case_id))

    assert restored_words in overview.words, overview.words
    assert gone_words in overview.words
    assert lost_words in case.words
    assert 'class="box bad"' not in overview.text


async def test_a_case_without_its_share_is_left_out_and_both_sides_say_so(story):
    said = kallskydd_restore_without_slots(story)
    new = as_made(story.made, story.folder / "new")

    async with running_desks(story.folder, new, now_clock()) as desks:
        found = await open_all(desks, 0)
        listed = await desks.command(0, "list")

    assert "2 cases had no share in what was given and cannot be read by anybody" in said
    assert isinstance(found[story.kept.keys.case_id], NotRestored)
    assert "it came after the backup, or could not be read from it" in listed.found["problems"][0]["text"]
    assert listed.found["restored"] == {"day": str(real_day()), "backup_day": str(real_day())}


def kallskydd_restore_without_slots(story: Story) -> str:
    home = story.folder / "new"
    words = asked(home, story.out)
    answers: list[str | Path] = []
    for number, desk in enumerate(story.desks()):
        answered(desk, home, words, story.folder / f"answer{number}")
        answers += ["--answer", story.folder / f"answer{number}"]
    return kallskydd("restore", "--home", home, "--from", story.out, *answers).stdout


async def test_a_backup_holds_no_secret_no_deleted_row_and_no_hour(story):
    home = story.made.home.path
    files = [path for path in (*story.out.rglob("*"), story.slots) if path.is_file()]
    content = b"".join(path.read_bytes() for path in files)
    with contextlib.closing(sqlite3.connect(home / "kallskydd.db")) as live:
        (salt,) = live.execute("SELECT salt FROM home").fetchone()
    with contextlib.closing(sqlite3.connect(story.folder / "newer" / "kallskydd.db")) as copy:
        columns = [row for table in ("cases", "entries", "files") for row in copy.execute(f"SELECT * FROM {table}")]
    secrets = [salt, *((home / "onion" / name).read_bytes()[32:] for name in ("public.key", "desk.key"))]
    shares = [reporter.keys.share for reporter in (story.kept, story.erased)]
    midnight = datetime(*real_day().timetuple()[:3], tzinfo=UTC).timestamp()

    assert [secret for secret in (*secrets, *shares) if secret in content] == []
    # The newer copy is of after the erasure: nothing of the case is in the file, in a row or beside one.
    newer = (story.folder / "newer" / "kallskydd.db").read_bytes()
    assert story.erased.keys.case_id in (story.out / "kallskydd.db").read_bytes()
    assert all(story.erased.keys.case_id not in row for row in columns)
    assert newer.count(story.erased.keys.case_id) == 3  # its tombstone, and the two statements that belong to it
    assert story.erased.entries[0].digest not in newer
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (story.out, story.out / "roster")} == {0o700}
    assert {path.stat().st_mtime for path in (*files, story.out, story.out / "roster")} == {midnight}


def test_a_restore_that_breaks_off_leaves_no_home_and_can_be_run_again(story, monkeypatch):
    home, words = story.folder / "new", asked(story.folder / "new", story.out, "--slots", story.slots)
    answers: list[str | Path] = []
    for number, desk in enumerate(story.desks()):
        answered(desk, home, words, story.folder / f"answer{number}")
        answers += ["--answer", story.folder / f"answer{number}"]
    again = ("restore", "--home", home, "--from", story.out, "--slots", story.slots, *answers)

    async def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(rows, "_finish_erasures", full)
        broken = kallskydd(*again, check=False)
    left = {path.name for path in home.iterdir()}
    done = kallskydd(*again, check=False)

    assert broken.returncode == 4
    assert left == {"restore.key", "ask.json"}
    assert done.returncode == 0, done.stderr
    assert not {"restore.key", "ask.json"} & {path.name for path in home.iterdir()}


def test_one_member_alone_opens_nothing_and_a_third_was_given_none(story):
    home = story.folder / "new"
    words = asked(home, story.out, "--slots", story.slots)
    outsider = member_desk(story.folder / "desk2", story.made, 2)
    third = answered(outsider, home, words, story.folder / "answer2", check=False)
    answered(story.desks()[0], home, words, story.folder / "answer0")
    alone = ["--answer", story.folder / "answer0"]

    done = kallskydd("restore", "--home", home, "--from", story.out, "--slots", story.slots, *alone, check=False)
    twice = kallskydd(
        "restore", "--home", home, "--from", story.out, "--slots", story.slots, *alone, *alone, check=False
    )

    assert third.returncode != 0
    assert "does not open with this" in third.stderr
    for one in (done, twice):
        assert one.returncode == 3
        assert "two members" in one.stderr
    assert not (home / "config.toml").exists()


def test_a_desk_opens_nothing_for_other_words_or_another_server(story):
    home = story.folder / "new"
    words = asked(home, story.out)
    stranger = real_home(story.folder / "other")
    elsewhere = member_desk(story.folder / "elsewhere", stranger, 0)

    wrong = answered(story.desks()[0], home, " ".join(reversed(words.split())), story.folder / "a", check=False)
    other = answered(elsewhere, home, words, story.folder / "b", check=False)

    assert "six words are not those of this question" in wrong.stderr
    assert "another server" in other.stderr
    assert [path for path in (story.folder / "a", story.folder / "b") if path.exists()] == []


def test_shares_older_than_seven_days_are_refused_by_the_server_and_by_desks(story, monkeypatch):
    from cases.backup import answering, files
    from cases.backup.errors import SharesTooOld

    late = real_day() + files.SHARES_KEPT + timedelta(days=1)
    source = restoring.read_backup(story.out, late)
    with pytest.raises(SharesTooOld):
        restoring.ask(story.folder / "late", source, story.slots, late)

    question = restoring.ask(story.folder / "new", source, story.slots, real_day() + files.SHARES_KEPT)
    with pytest.raises(SharesTooOld):
        answering.read_ask(files.encode(question), story.made.home.server_key, late)
    # A question that was given a later day: what was sealed names the day and does not open.
    forged = files.Ask(
        question.format,
        files.Restored(**{**_fields(question.restored), "backup_day": late, "day": late}),
        question.roster, question.public, question.keys, question.shares,
    )  # fmt: skip
    read, _ = answering.read_ask(files.encode(forged), story.made.home.server_key, late)
    with pytest.raises(restoring.AnswersMissing):
        answering.answer(read, story.made.keys[0])


def _fields(struct) -> dict:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def test_a_backup_in_which_one_byte_was_changed_is_not_restored(story):
    refused = []
    for path in sorted(path for path in story.out.rglob("*") if path.is_file()):
        whole = path.read_bytes()
        path.write_bytes(whole[:-2] + bytes([whole[-2] ^ 1]) + whole[-1:] if whole else b"more")
        refused.append(kallskydd("restore", "--home", story.folder / "new", "--from", story.out, check=False))
        path.write_bytes(whole)
    (story.out / "more").touch()
    refused.append(kallskydd("restore", "--home", story.folder / "new", "--from", story.out, check=False))

    assert len(refused) >= 9
    assert {one.returncode for one in refused} == {3}
    assert all("The backup is not whole" in one.stderr for one in refused)
    assert not (story.folder / "new").exists()


def test_a_folder_without_a_backup_is_said_to_hold_none(story):
    refused = [
        kallskydd("restore", "--home", story.folder / "new", "--from", source, check=False)
        for source in (story.folder / "nowhere", story.made.home.path)
    ]

    assert {one.returncode for one in refused} == {3}
    assert all("There is no backup in that folder." in one.stderr for one in refused)


def test_a_full_disk_of_the_backup_is_said_and_nothing_is_said_against_the_home(story):
    words = [sys.executable, "-m", "kallskydd", "backup", "--home", story.made.home.path, "--out", "/mnt/backup"]
    words += ["--to", LABELS[0], "--to", LABELS[1]]
    steps = 'mount -t tmpfs -o size=48k tmpfs /mnt; "$@"; code=$?; ls -A /mnt; exit $code'
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", steps, "sh", *map(str, words)],
        cwd=PROJECT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert "The backup cannot be written: No space left on device." in done.stderr
    assert (done.returncode, done.stdout) == (4, "")


def test_what_is_there_is_not_overwritten_and_a_backup_that_fails_leaves_nothing(story):
    again = backup(story.made, story.out, check=False)
    taken = backup(story.made, story.folder / "x", "--slots", story.slots, check=False)
    few = backup(story.made, story.folder / "y", "--to", "Lead 1", "--to", "nobody", check=False)
    alone = backup(story.made, story.folder / "z", "--to", "Lead 1", "--to", "Lead 1", check=False)
    over = kallskydd("restore", "--home", story.made.home.path, "--from", story.out, check=False)

    assert [one.returncode for one in (again, taken, few, alone, over)] == [3] * 5
    assert "one of them no counsel" in few.stderr
    assert [name for name in "xyz" if (story.folder / name).exists()] == []


def test_every_table_of_the_store_is_copied_or_named_as_left_out(tmp_path):
    from cases.backup.copying import BOXES, CHUNKS, COUNTERS, OF_CASES, OF_TOMBSTONES

    Database.create(tmp_path / "db")
    with contextlib.closing(sqlite3.connect(tmp_path / "db")) as made:
        names = {name for (name,) in made.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}

    assert {*OF_CASES, *OF_TOMBSTONES, BOXES, CHUNKS, COUNTERS} == names - {"home"}


def test_any_two_of_three_open_and_no_one_does():
    from nacl.public import PrivateKey

    from trusted.crypto.any_two import Holder, hand_on, open_with_two, seal_to_any_two

    privates = {bytes([number] * 16): PrivateKey.generate() for number in range(3)}
    holders = [Holder(one, bytes(key.public_key)) for one, key in privates.items()]
    sealed, asking = seal_to_any_two(b"plain", b"use", holders), PrivateKey.generate()
    handed = {
        one: hand_on(sealed.pairs, b"use", one, bytes(key), bytes(asking.public_key)) for one, key in privates.items()
    }
    names = list(privates)

    for left_out in names:
        pair = {one: handed[one] for one in names if one != left_out}
        assert open_with_two(sealed, b"use", pair, bytes(asking)) == b"plain"
    for one in names:
        with pytest.raises(SealBroken):
            open_with_two(sealed, b"use", {one: handed[one]}, bytes(asking))
    with pytest.raises(SealBroken):
        open_with_two(sealed, b"other use", handed, bytes(asking))
    with pytest.raises(SealBroken):
        seal_to_any_two(b"plain", b"use", holders[:1])
