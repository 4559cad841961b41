"""The whole channel's figures: an attacker with one key, who knows the rules and her cases and tries every world."""

from __future__ import annotations

import itertools
import shutil
from collections import defaultdict
from datetime import UTC, datetime
from types import SimpleNamespace

import msgspec
import pytest
from desks.harness import lie, running_desks
from hypothesis import given
from hypothesis import strategies as st
from visitors.intake_harness import SetClock, make_home

from cases.roster.chain import Organisation
from cases.roster.member import new_member_keys
from cases.wire.sums import SumLine, SumsAnswer, SumsRequest, make_line, sum_of, verify_sum_line
from desk.errors import StrangeAnswer
from desk.keep.cache import open_cache
from desk.keep.figures import CaseFigure, Channel, ChannelYear
from desk.keep.state import COUNTER_BLOCK, KeptTombstone
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
FEBRUARY = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


def roster_of(*ids, organisations=("x", "y")):
    named = tuple(Organisation(key, key) for key in organisations)
    return SimpleNamespace(members=tuple(SimpleNamespace(id=one) for one in ids), organisations=named)


ROSTER = roster_of(*MEMBERS)


def case(readers, organisation="x", year=2025, aside=""):
    speakers = tuple(sorted(set(readers) - set(aside)))
    return CaseFigure(year, organisation, "handled", "soon", "soon", "substantiated", tuple(sorted(readers)), speakers)


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
    "the first reader has stepped aside in some": (
        [case("ab"), case("ab", aside="a"), case("abc"), case("abc", aside="a"), case("ac", aside="a")], [5, 5, 5, 5, 5],
    ),
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


async def taken_part(desks, number, *, gone=0, forgotten=False):
    """What a desk has of the channel after it fetched; of so many cases the server said that they are gone."""
    async with desks.desk(number) as book:
        await book.sync()
        cases = list(book.state.case_list.cases.values())
        for known in cases[gone:]:
            await book.open(known)
        if forgotten:
            lie(book, "sums", SumsAnswer(()))
        await take_part(book, cases[:gone])
        return book.state.case_list.channel


def by_id(desks):
    """The members' numbers, the first speaker's first."""
    return sorted(range(len(desks.made.keys)), key=lambda number: desks.made.keys[number].id)


async def filed(desks, count, **more):
    names = [(await desks.file(f"Sak {number}.", **more)).keys.case_id.hex() for number in range(count)]
    await desks.release()
    return names


async def test_the_desks_make_the_sum_of_all_members_cases_once_everybody_has_added(desks):
    for number in range(12):
        await desks.file(f"Sak {number}.", concerns=[LEAD] if number < 5 else ())
    await desks.release()
    desks.clock.now = FEBRUARY
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
    desks.clock.now = FEBRUARY
    first = [await taken_part(desks, number) for number in (*members, *members)]
    await desks.file("Den femte.", concerns=[LEAD])
    await desks.release()
    desks.clock.now = FEBRUARY.replace(year=2027)

    second = [await taken_part(desks, number) for number in (*members, *members)]

    assert first[-1].published["2025"].total == 6
    assert first[LEAD].held == ()
    assert {year: one.total for year, one in second[-1].published.items()} == {"2025": 6, "2026": 5}


async def test_who_has_stepped_aside_adds_a_case_no_more_and_the_next_reader_does(desks):
    first, second, *_ = readers = [number for number in by_id(desks) if number in {LEAD, HANDLER}]
    for name in await filed(desks, 6):
        await desks.step_aside(first, name)
    desks.clock.now = FEBRUARY

    seen = [await taken_part(desks, number) for number in readers]

    assert [one.added["2025"].total for one in seen] == [0, 6]
    async with desks.desk(second) as book:
        figures = [known.figure for known in book.state.case_list.cases.values()]
    # She was given them all the same, and knows them.
    assert {(desks.made.keys[first].id in one.readers, one.speakers) for one in figures} == {
        (True, (desks.made.keys[second].id,))
    }


def test_a_case_from_which_everybody_stepped_aside_is_added_by_nobody():
    assert [spoken_for([case("ab", aside="ab")], member, ROSTER) for member in MEMBERS] == [[], [], []]


async def test_a_desk_that_could_not_open_a_case_adds_nothing_before_march_and_everything_once_it_can(desks):
    await filed(desks, 6)
    desks.clock.now = FEBRUARY

    early = [await taken_part(desks, number, gone=1) for number in (LEAD, HANDLER)]
    again = [await taken_part(desks, number) for number in (COUNSEL, LEAD, HANDLER)]

    assert all(not one.added for one in early)
    assert again[-1].published["2025"].total == 6


async def test_from_the_first_of_march_it_goes_with_what_it_has_opened(desks):
    await filed(desks, 6)
    seen = []
    for day in (datetime(2026, 2, 28, 12, 0, tzinfo=UTC), datetime(2026, 3, 1, 12, 0, tzinfo=UTC)):
        desks.clock.now = day
        seen += [await taken_part(desks, number, gone=1) for number in by_id(desks)]

    assert not any(one.published for one in seen[:3])
    # Five are left.
    assert (await taken_part(desks, LEAD)).published["2025"].total == 5


async def test_what_does_not_open_and_counts_for_another_year_or_was_left_keeps_nobody_waiting(desks):
    (left, other, *_) = await filed(desks, 6)
    first = by_id(desks)[0]
    first = first if first in {LEAD, HANDLER} else LEAD
    await desks.step_aside(first, left)
    desks.clock.now = FEBRUARY
    async with desks.desk(first) as book:
        book.cache = open_cache(desks.folder / "cache", b"s" * 32)
        await book.sync()
        opened = {name: await book.open(known) for name, known in list(book.state.case_list.cases.items())}
        older = msgspec.structs.replace(opened[other].known, figure=case("ab", year=2024))
        await take_part(book, [opened[left].known, older])

        assert set(book.state.case_list.channel.added) == {"2025"}


async def test_a_desk_home_put_back_from_a_copy_makes_no_second_line_and_forgets_what_it_held_back(desks):
    await filed(desks, 4, concerns=[LEAD])
    desks.clock.now = FEBRUARY
    number = next(one for one in by_id(desks) if one != LEAD)
    old = await taken_part(desks, number)
    home = desks.home(number).folder
    shutil.copytree(home, desks.folder / "copy")
    desks.clock.now = FEBRUARY.replace(year=2027)
    before = await taken_part(desks, number)
    async with desks.desk(number) as book:
        # So many requests that the copy's numbers are behind the server's.
        for _ in range(2 * COUNTER_BLOCK):
            book.state.next_counter()
        await book.sync()
    shutil.rmtree(home)
    shutil.copytree(desks.folder / "copy", home)

    after = [await taken_part(desks, number, forgotten=True) for _ in range(2)]

    own = desks.made.keys[number].id
    assert len(old.held) == len(before.held) == 4
    assert own in {one.member for one in before.lines}
    for channel in after:
        assert channel.added["2026"] is None
        assert channel.added["2025"] == old.added["2025"]
        assert channel.held == ()
        assert own not in {one.member for one in channel.lines}
    # It uses the line that it made before, if somebody brings it.
    assert own in {one.member for one in (await taken_part(desks, number)).lines}


async def test_a_desk_whose_list_was_damaged_makes_no_second_line_either(desks):
    await filed(desks, 6)
    desks.clock.now = FEBRUARY
    await taken_part(desks, HANDLER)
    desks.home(HANDLER).case_list.write_bytes(b"damaged")

    async with desks.desk(HANDLER):
        pass
    channel = await taken_part(desks, HANDLER, forgotten=True)

    assert channel.added == {"2025": None}
    assert channel.lines == ()


async def test_it_adds_again_in_the_next_year(desks):
    await filed(desks, 6)
    desks.clock.now = FEBRUARY
    desks.home(HANDLER).case_list.write_bytes(b"damaged")
    await taken_part(desks, HANDLER)
    desks.clock.now = FEBRUARY.replace(year=2027)

    channel = await taken_part(desks, HANDLER)

    assert channel.added == {"2025": None, "2026": ChannelYear()}


async def test_a_line_that_nobody_signed_is_a_strange_answer_and_changes_nothing(desks):
    desks.clock.now = FEBRUARY
    async with desks.desk(HANDLER) as book:
        await book.sync()
        lie(book, "sums", SumsAnswer((SumLine(desks.made.keys[LEAD].id, bytes(4), bytes(64)),)))

        with pytest.raises(StrangeAnswer):
            await take_part(book)

        assert book.state.case_list.channel == Channel()


async def test_a_case_that_is_erased_once_its_year_was_added_keeps_no_name(desks):
    names = await filed(desks, 6)
    desks.clock.now = FEBRUARY
    await taken_part(desks, HANDLER)
    async with desks.desk(HANDLER) as book:
        book.state.keep_tombstone(KeptTombstone(bytes.fromhex(names[0]), ()))
        kept = book.state.case_list

    assert [(one.year, one.readers, one.speakers) for one in kept.figures] == [(2025, (), ())]
    assert all(known.figure.readers for known in kept.cases.values())
