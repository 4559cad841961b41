"""A member who is alone changes the roster: every desk counts its fourteen days from when it saw the change."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from desks.harness import RunningDesks, running_desks
from processes.service import kallskydd
from visitors.intake_harness import SetClock, make_home

from cases.roster.chain import Member, add_signature, parse_roster, propose, render, sign_roster
from cases.roster.member import make_join, new_member_keys
from trusted.case.clock import today

LEAD, HANDLER, COUNSEL = range(3)


def change_alone(desks: RunningDesks, proposed: date, members: Sequence[Member] | None = None) -> None:
    """The lead removes the handler, signs alone, and dates it back: in the text, and in the server's own day of it."""
    before = desks.roster
    chosen = [before.members[LEAD], before.members[COUNSEL]] if members is None else members
    text = render(
        version=before.version + 1,
        previous=before.digest,
        home=before.home,
        organisations=before.organisations,
        members=chosen,
        proposed=proposed,
    )
    folder, roster = desks.made.home.roster, parse_roster(text)
    propose(folder, roster, today(desks.clock))
    (folder / f"{roster.version:04}.seen").write_text(f"{proposed.isoformat()} {roster.digest.hex()}\n")
    add_signature(folder, roster.version, sign_roster(roster, desks.made.keys[LEAD]), today(desks.clock))
    desks.roster_source.forget()


async def seen(desks: RunningDesks, number: int) -> tuple[int, int | None, list[str]]:
    """The version that a desk works with, the one it does not take yet, and whom it has pinned."""
    async with desks.desk(number) as book:
        await book.sync()
        assert book.state.pin.version == book.chain.current.version
        not_taken = None if book.unripe is None else book.unripe.roster.version
        return book.chain.current.version, not_taken, [member.id for member in book.chain.current.members]


async def test_a_change_that_was_dated_back_is_taken_fourteen_days_after_the_desk_saw_it_and_not_before(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        await desks.listed(COUNSEL)
        change_alone(desks, today(desks.clock) - timedelta(days=40))

        at_the_server = desks.roster.version
        first = await seen(desks, COUNSEL)
        desks.clock.forward(days=13)
        still = await seen(desks, COUNSEL)
        desks.clock.forward(days=1)
        after = await seen(desks, COUNSEL)

    assert at_the_server == 2
    assert first == still
    assert first[:2] == (1, 2)
    assert desks.made.keys[HANDLER].id in first[2]
    assert after[:2] == (2, None)
    assert desks.made.keys[HANDLER].id not in after[2]


async def test_several_changes_by_one_member_wait_fourteen_days_each_and_not_all_the_same_fourteen(tmp_path):
    long_ago = {"proposed": SetClock().now.date() - timedelta(days=40)}
    puppet = new_member_keys().public("Ny", "handler", "Ny handläggare").member
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        await desks.listed(COUNSEL)
        change_alone(desks, **long_ago)
        change_alone(desks, **long_ago, members=[*desks.roster.members, puppet])

        at_the_server = desks.roster.version
        found = [await seen(desks, COUNSEL)]
        for days in (14, 13, 1):
            desks.clock.forward(days=days)
            found.append(await seen(desks, COUNSEL))

    assert at_the_server == 3
    assert [one[:2] for one in found] == [(1, 2), (2, 3), (2, 3), (3, None)]
    assert [puppet.id in one[2] for one in found] == [False, False, False, True]


async def test_a_change_that_a_desk_has_seen_proposed_counts_from_that_day(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        await desks.listed(COUNSEL)
        change_alone(desks, today(desks.clock))
        proposed = await seen(desks, COUNSEL)
        desks.clock.forward(days=14)
        desks.roster_source.forget()

        after = await seen(desks, COUNSEL)

    assert (proposed[:2], after[:2]) == ((1, None), (2, None))


async def test_a_desk_that_has_seen_no_roster_takes_the_chain_as_it_is(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        change_alone(desks, today(desks.clock) - timedelta(days=40))

        first = await seen(desks, COUNSEL)

    assert first[:2] == (2, None)


@pytest.mark.parametrize("verb", ["roster", "list"])
async def test_both_commands_say_in_red_that_one_member_alone_has_changed_the_roster(tmp_path, verb):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        # The command looks at the clock of the computer, so everything here is of today.
        await desks.command(COUNSEL, "roster")
        change_alone(desks, today(desks.clock) - timedelta(days=40))

        found = await desks.command(COUNSEL, verb)

    assert found.exit_code == 1
    assert found.found["warnings"] == ["warning.unripe"]


async def test_a_home_whose_only_reader_signed_first_takes_in_the_second_at_once(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ("handler",))) as desks:
        await desks.command(0, "roster")
        second = tmp_path / "second.toml"
        second.write_text(make_join(new_member_keys(), "Bo", "handler", "Bo"))
        before = desks.roster.is_open

        await asyncio.to_thread(kallskydd, "roster", "--home", tmp_path / "home", "--add", second, check=False)
        words = " ".join((await desks.command(0, "roster")).found["proposal"]["words"])
        signed = await desks.command(0, "sign-roster", "--words", words)

        after = await desks.command(0, "list")
        is_open = desks.roster.is_open
    assert (before, is_open) == (False, True)
    assert signed.found["state"] == "done"
    assert (after.exit_code, after.found["warnings"]) == (0, [])
