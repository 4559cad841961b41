"""A newcomer whose list the others have not signed yet: her desk says that she waits for them, and raises no alarm."""

from __future__ import annotations

import pytest
from desks.harness import make_desk_home, member_row, running_desks
from desks.pages import pages_of
from visitors.intake_harness import NOON, make_home

from cases.roster.chain import parse_roster, propose, render
from cases.roster.member import new_member_keys
from desk.keep.keyfile import DeskHome

WAITS = "De andra har inte släppt in dig än."
REFUSED = "Servern tar inte emot det du skickar."


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


def newcomer(desks, *, is_proposed: bool) -> DeskHome:
    keys, before = new_member_keys(), desks.roster
    home = DeskHome(desks.folder / "new")
    make_desk_home(home, keys, desks.address)
    if is_proposed:
        text = render(
            version=before.version + 1,
            previous=before.digest,
            home=before.home,
            organisations=before.organisations,
            members=(*before.members, member_row(keys)),
            proposed=NOON.date(),
        )
        propose(desks.made.home.roster, parse_roster(text), NOON.date())
    return home


async def seen_by(desks, home: DeskHome) -> tuple[str, str]:
    """Her overview and her checks."""
    async with pages_of(desks, 0, home=home) as reader:
        await reader.unlock()
        await reader.services.refresh.wait()
        return (await reader.go("/")).words, (await reader.go("/checks")).words


async def test_a_newcomer_waits_for_two_signatures_and_nothing_is_called_wrong(desks):
    overview, checks = await seen_by(desks, newcomer(desks, is_proposed=True))

    assert WAITS in overview
    assert REFUSED not in overview
    assert WAITS in checks
    assert "inte kan stämma" not in checks
    assert "Stämmer inte, se ovan" not in checks


async def test_somebody_who_is_in_no_list_is_told_to_ask_the_operator(desks):
    overview, checks = await seen_by(desks, newcomer(desks, is_proposed=False))

    assert REFUSED in overview
    assert WAITS not in overview + checks
