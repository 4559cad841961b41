"""A move to another host: the old home is closed for good before the package is made, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

from desks.harness import running_desks
from homes.upkeep import as_made, backup, kallskydd, member_desk, real_home, restored
from visitors.intake_harness import SetClock

from cases.home import lock_home
from desk.work.case.opened import DeskCase
from desk.work.case.restores import shown_restore
from onion.keys import read_onion_key
from trusted.case.clock import utc_now


async def test_a_moved_service_has_its_addresses_and_cases_and_the_old_home_is_served_no_more(short_folder: Path):
    made = real_home(short_folder / "old")
    desks_of = [member_desk(short_folder / f"desk{number}", made, number) for number in (0, 1)]
    async with running_desks(short_folder, made, SetClock(utc_now())) as desks:
        filed = await desks.file("Fakturor utan arbete.")
        await desks.release()
        await desks.listed(0)
    moved = backup(made, short_folder / "out", "--slots", short_folder / "slots", verb="move")

    refused = kallskydd("serve", "--home", made.home.path, "--public", check=False)
    others = [kallskydd(verb, "--home", made.home.path, check=False) for verb in ("status", "roster", "erase-due")]
    again = backup(made, short_folder / "again", "--slots", short_folder / "slots2", verb="move")
    restored(short_folder / "new", short_folder / "out", desks_of, "--slots", short_folder / "slots")
    new = as_made(made, short_folder / "new")
    async with running_desks(short_folder, new, SetClock(utc_now())) as desks, desks.desk(0) as book:
        await book.sync()
        case = await book.open(book.state.find(filed.keys.case_id.hex()))
        notice, set_back = shown_restore(book.state, SetClock(utc_now())().date()), case.known.is_set_back

    assert "closed for good" in moved.stdout
    assert refused.returncode == 3
    assert "moved from this home to another host" in refused.stderr
    assert {one.returncode for one in others} == {3}
    assert again.returncode == 0
    for name in ("public.key", "desk.key"):
        old = read_onion_key(made.home.path / "onion" / name)
        assert read_onion_key(new.home.path / "onion" / name).address == old.address
    assert isinstance(case, DeskCase)
    # A move gives no server leave to show less: what was seen still counts.
    assert (notice.moved, set_back, case.warnings) == (True, False, ())


def test_a_home_that_is_served_is_not_moved_and_not_marked(short_folder: Path):
    made = real_home(short_folder / "old")

    with lock_home(made.home.path):
        held = backup(made, short_folder / "out", "--slots", short_folder / "slots", verb="move", check=False)
    without = backup(made, short_folder / "out", verb="move", check=False)
    nobody = backup(
        made, short_folder / "out", "--slots", short_folder / "slots", "--to", "Lead 1", "--to", "Nobody",
        verb="move", check=False,
    )  # fmt: skip

    assert (held.returncode, without.returncode, nobody.returncode) == (3, 2, 3)
    assert "Another keeper" in held.stderr
    assert not (made.home.path / "MOVED").exists()
    assert not (short_folder / "out").exists()


def test_what_a_backup_says_is_one_object_with_json(short_folder: Path):
    made = real_home(short_folder / "old")

    done = backup(made, short_folder / "out", "--json")

    assert json.loads(done.stdout)["erased"] == 0
    assert "No shares of case keys were kept" in done.stderr
