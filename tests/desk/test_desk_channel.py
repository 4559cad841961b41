"""The whole channel's figures: an attacker with one key, who knows the rules and her cases and tries every world."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from desks.harness import running_desks
from hypothesis import given
from hypothesis import strategies as st
from visitors.intake_harness import SetClock, make_home

from cases.roster.chain import Organisation
from cases.roster.member import new_member_keys
from cases.wire.sums import SumsRequest, make_line, sum_of, verify_sum_line
from desk.keep.figures import CaseFigure
from desk.work.case.numbers import LEAST
from desk.work.channel import (
    NOBODY,
    added,
    as_numbers,
    cells,
    countable,
    from_numbers,
    spoken_for,
    tables,
    watchers,
)
from desk.work.sums import take_part
from intake.desk_api.sums import HeldSums
from trusted.case.errors import Conflict, SealBroken
from trusted.roster.text import Member

MEMBERS = ("a", "b", "c")
LEAD, HANDLER, COUNSEL = range(3)


def roster_of(*ids, organisations=("x", "y")):
    named = tuple(Organisation(key, key) for key in organisations)
    return SimpleNamespace(members=tuple(SimpleNamespace(id=one) for one in ids), organisations=named)


ROSTER = roster_of(*MEMBERS)


def case(readers, organisation="x", year=2025):
    return CaseFigure(year, organisation, "handled", "soon", "soon", "substantiated", tuple(sorted(readers)))


def published(cases):
    """What all desks together make of these cases: all that anybody is shown."""
    total = [0] * len(cells(ROSTER))
    for member in MEMBERS:
        own = spoken_for(cases, member, ROSTER)
        watching = watchers(own, MEMBERS)
        numbers = as_numbers(added(countable(own, watching), watching, ROSTER), ROSTER)
        total = [one + more for one, more in zip(total, numbers, strict=True)]
    return tuple(total)


def worlds(kinds, most):
    """Every number of cases of each kind."""
    for counts in itertools.product(*(range(one + 1) for one in most)):
        yield tuple(kind for kind, count in zip(kinds, counts, strict=True) for _ in range(count))


# Cases by their readers and organisations: of a, of b, of c excluded, of two of them, of none.
WORLDS = {
    "one is excluded, two organisations": (
        [case("ab", "x"), case("ab", "y"), case("abc", "x"), case("abc", "y")], [6, 6, 6, 6],
    ),
    "the first reader is excluded": ([case("bc", "x"), case("bc", "y"), case("abc", "x"), case("c", "x")], [6, 6, 5, 6]),
    "each by each": ([case("ab"), case("ac"), case("bc"), case("abc"), case("a")], [5, 5, 5, 5, 5]),
    "counsel alone": ([case("c", "x"), case("c", "y"), case("ab", "x"), case("ab", "y")], [6, 6, 6, 6]),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(WORLDS))
def test_who_has_one_key_and_tries_every_world_learns_no_number_under_five_of_what_is_not_hers(name):
    kinds, most = WORLDS[name]
    shown = {world: published(world) for world in worlds(kinds, most)}
    for member in (*MEMBERS, NOBODY):
        alike = defaultdict(list)
        for world, figures in shown.items():
            hers = tuple(one for one in world if member in one.readers)
            alike[hers, figures].append([one for one in world if member not in one.readers])
        for candidates in alike.values():
            for keys in ({"x"}, {"y"}, {"x", "y"}):
                possible = {sum(one.organisation in keys for one in others) for others in candidates}
                assert not possible <= set(range(1, LEAST)), (name, member, keys, possible)


@given(
    st.lists(st.sampled_from([case(r, o) for r in ("ab", "ac", "abc", "bc") for o in ("x", "y")]), max_size=40),
    st.lists(st.sampled_from([case(r, o) for r in ("a", "b", "ab") for o in ("x", "y")]), max_size=LEAST - 1),
)
def test_up_to_four_cases_that_exclude_a_member_change_nothing_that_is_shown(cases, hidden):
    without_c = [one for one in cases if "c" in one.readers]

    assert published([*without_c, *hidden]) == published(without_c)


@given(
    st.lists(
        st.sampled_from([case(r, o) for r in ("a", "ab", "ac", "abc", "bcd") for o in ("x", "y", "")]), max_size=60
    )
)
def test_what_is_added_is_five_or_none_for_everybody_and_every_row(cases):
    watching = watchers(cases, MEMBERS)
    chosen = countable(cases, watching)
    year = added(chosen, watching, ROSTER)

    for member in watching:
        unread = [one for one in chosen if member not in one.readers]
        assert len(unread) == 0 or len(unread) >= LEAST
        for row in year.rows:
            key_of = tables(ROSTER)[row.table][1]
            part = [one for one in unread if key_of(one) in row.keys]
            assert not unread or len(part) >= LEAST
    for name in tables(ROSTER):
        assert sum(row.count for row in year.rows if row.table == name) == year.total == len(chosen)
    if chosen:
        assert from_numbers(as_numbers(year, ROSTER), ROSTER) is not None


def test_who_left_counts_as_somebody_who_knows_her_cases():
    cases = [*[case("abd")] * 10, case("ab")]

    assert countable(cases, watchers(cases, MEMBERS)) == [case("abd")] * 10


def test_a_row_that_the_members_of_today_do_not_have_counts_for_its_whole_table():
    year = added([case("abc", "x")] * 6 + [case("abc", "y")] * 6, (NOBODY,), ROSTER)
    later = roster_of(*MEMBERS, organisations=("y", "z"))

    found = from_numbers(as_numbers(year, later), later)

    assert found is not None
    assert {(row.keys, row.count) for row in found.rows if row.table == "organisation"} == {(("y", "z", ""), 12)}


def real_roster(*keys, digest=b"r" * 32):
    members = tuple(Member(k.id, "N", "handler", "L", k.sign_public, k.box_public, k.onion_public) for k in keys)
    found = SimpleNamespace(members=members, digest=digest)
    found.member = lambda wanted: next((one for one in members if one.id == wanted), None)
    return found


def test_only_the_sum_of_all_lines_says_something_and_other_members_make_other_masks():
    keys = [new_member_keys() for _ in range(3)]
    roster, other = real_roster(*keys), real_roster(*keys, digest=b"s" * 32)
    lines = [make_line(one, roster, 2025, [7, 0, 5]) for one in keys]

    assert sum_of(lines, 3) == [21, 0, 15]
    assert make_line(keys[0], roster, 2025, [7, 0, 5]) == lines[0]
    # Any two are as random as the mask of each with the third.
    assert all(max(sum_of(two, 3)) > 10**5 for two in itertools.combinations(lines, 2))
    assert (
        len({make_line(keys[0], one, year, [7, 0, 5]).masked for one in (roster, other) for year in (2025, 2026)}) == 4
    )
    with pytest.raises(SealBroken):
        verify_sum_line(lines[0], roster, 2026)


def test_the_server_keeps_the_first_line_of_each_member_and_takes_none_of_another_year():
    keys = [new_member_keys() for _ in range(2)]
    roster, held = real_roster(*keys), HeldSums()
    first, second = (make_line(keys[0], roster, 2025, [count]) for count in (5, 6))

    held.take(SumsRequest(2025, roster.digest, (first,)), roster, 2025)

    assert held.take(SumsRequest(2025, roster.digest, (second,)), roster, 2025).lines == (first,)
    with pytest.raises(Conflict):
        held.take(SumsRequest(2024, roster.digest, ()), roster, 2025)
    with pytest.raises(SealBroken):
        held.take(SumsRequest(2025, roster.digest, (replaced_line(second, keys[1].id),)), roster, 2025)


def replaced_line(line, member):
    return type(line)(member, line.masked, line.signature)


@pytest.fixture
async def desks(tmp_path):
    clock = SetClock(datetime(2025, 1, 10, 12, 0, tzinfo=UTC))
    async with running_desks(tmp_path, make_home(tmp_path / "home"), clock) as desks:
        yield desks


async def taken_part(desks, number):
    async with desks.desk(number) as book:
        await book.sync()
        for known in list(book.state.case_list.cases.values()):
            await book.open(known)
        await take_part(book)
        return book.state.case_list.channel


async def test_the_desks_make_the_sum_of_all_members_cases_once_everybody_has_added(desks):
    for number in range(12):
        await desks.file(f"Sak {number}.", concerns=[LEAD] if number < 5 else ())
    await desks.release()
    desks.clock.now = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
    count = len(desks.roster.members)

    seen = [await taken_part(desks, number) for number in range(count)]
    again = [await taken_part(desks, number) for number in range(count)]

    assert all(not one.published for one in seen[:-1])
    assert [one.published["2025"].total for one in (seen[-1], *again)] == [12] * (count + 1)


async def test_four_cases_that_exclude_the_lead_wait_and_come_with_the_fifth_of_the_next_year(desks):
    for number in range(10):
        await desks.file(f"Sak {number}.", concerns=[LEAD] if number < 4 else ())
    await desks.release()
    members = range(len(desks.roster.members))
    desks.clock.now = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
    first = [await taken_part(desks, number) for number in (*members, *members)]
    await desks.file("Den femte.", concerns=[LEAD])
    await desks.release()
    desks.clock.now = datetime(2027, 2, 1, 12, 0, tzinfo=UTC)

    second = [await taken_part(desks, number) for number in (*members, *members)]

    assert first[-1].published["2025"].total == 6
    assert first[LEAD].held == ()
    assert {year: one.total for year, one in second[-1].published.items()} == {"2025": 6, "2026": 5}
