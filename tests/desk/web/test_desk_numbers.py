"""Numbers: none under five, nor one that can be computed from what is shown; what outlives an erased case."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from desks.harness import running_desks
from desks.pages import pages_of
from hypothesis import given
from hypothesis import strategies as st
from visitors.intake_harness import SetClock, make_home

from desk.keep.figures import CaseFigure
from desk.web.session.link import Link, LinkState
from desk.web.views.group.figures import as_csv
from desk.web.views.pages import Pages
from desk.work import acts
from desk.work.case.numbers import LEAST, TEST_NOTE, Row, Table, decisions, figure_of, merge_small, periods, times
from desk.work.erasing import erase
from trusted.case.entry import Access, Report, Stream

LEAD, HANDLER, COUNSEL = range(3)
OUTCOMES, TIMES = ("handled", "dismissed", "open"), ("soon", "in time", "late")
JANUARY = datetime(2025, 1, 10, 12, 0, tzinfo=UTC)
AFTER = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


def counts_of(total: int, cells: int) -> Iterator[tuple[int, ...]]:
    """Every way in which so many cases fall into so many cells."""
    for cuts in itertools.combinations(range(total + cells - 1), cells - 1):
        edges = (-1, *cuts, total + cells - 1)
        yield tuple(after - before - 1 for before, after in itertools.pairwise(edges))


def published(counts: tuple[int, ...], *, may_be_none: bool) -> Table:
    last = len(counts) - 1
    return merge_small([Row(str(n), count, may_be_none and n == last) for n, count in enumerate(counts)])


@pytest.mark.parametrize("may_be_none", [False, True])
@pytest.mark.parametrize("cells", [2, 3, 4, 5, 6])
def test_who_knows_the_rules_and_tries_every_table_pins_no_cell_that_was_merged(cells, may_be_none):
    for total in range(LEAST, 15):
        possible: dict[Table, list[tuple[int, ...]]] = defaultdict(list)
        for counts in counts_of(total, cells):
            possible[published(counts, may_be_none=may_be_none)].append(counts)
        for table, candidates in possible.items():
            assert all(row.count >= LEAST for row in table.rows)
            assert sum(row.count for row in table.rows) == total
            for row in table.rows:
                for key in row.keys if len(row.keys) > 1 else ():
                    assert len({counts[int(key)] for counts in candidates}) > 1, (table, key)


def test_nor_who_also_knows_that_what_is_open_has_mostly_had_no_feedback():
    for total in range(LEAST, 13):
        possible: dict[tuple[Table, Table], list[tuple[int, ...]]] = defaultdict(list)
        for outcomes, feedback in itertools.product(counts_of(total, 3), repeat=2):
            if outcomes[OUTCOMES.index("open")] <= feedback[TIMES.index("late")]:
                possible[decisions(*outcomes), times(*feedback)].append((*outcomes, *feedback))
        for tables, candidates in possible.items():
            assert all(row.count >= LEAST for table in tables for row in table.rows)
            for first, names, table in zip((0, 3), (OUTCOMES, TIMES), tables, strict=True):
                for key in (key for row in table.rows if len(row.keys) > 1 for key in row.keys):
                    assert len({counts[first + names.index(key)] for counts in candidates}) > 1, (tables, key)


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.booleans())
def test_published_rows_are_five_or_more_keep_their_order_and_lose_no_case(counts, may_be_none):
    table = published(tuple(counts), may_be_none=may_be_none)

    if sum(counts) < LEAST:
        assert table == Table(())
        return
    shown = [key for row in table.rows for key in row.keys]
    assert [*shown, *table.none] == [str(n) for n in range(len(counts))]
    assert all(row.count >= LEAST for row in table.rows)
    assert all(row.count == sum(counts[int(key)] for key in row.keys) for row in table.rows)
    # Nothing is merged that could stand alone beside others that can.
    assert all(counts[int(key)] == 0 for key in table.none)


@given(st.lists(st.tuples(st.integers(2015, 2025), st.sampled_from(["", "a", "b"])), max_size=60))
def test_no_later_year_changes_what_was_published_of_the_years_before(cases):
    figures = [CaseFigure(year, key, "handled", "soon", "soon") for year, key in cases]

    before: tuple = ()
    for year in range(2016, 2028):
        now = periods(figures, ["a", "b"], date(year, 2, 1))
        assert now[: len(before)] == before
        assert all(one.total >= LEAST for one in now)
        before = now


def test_a_year_is_not_shown_before_the_first_of_february():
    figures = [CaseFigure(2025, "a", "handled", "soon", "soon")] * 6

    assert periods(figures, ["a"], date(2026, 1, 31)) == ()
    assert periods(figures, ["a"], date(2026, 2, 1))[0].total == 6


def test_years_under_five_are_shown_together_with_the_next_and_never_with_one_before():
    def of(year, count):
        return [CaseFigure(year, "a", "handled", "soon", "soon")] * count

    shown = periods([*of(2022, 7), *of(2023, 2), *of(2024, 3), *of(2025, 1)], ["a"], date(2026, 3, 1))

    assert [(one.years, one.total) for one in shown] == [((2022,), 7), ((2023, 2024), 5)]


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home"), SetClock(JANUARY)) as desks:
        yield desks


async def filed(desks, count: int, **more) -> list[str]:
    names = [(await desks.file(f"Sak {number}.", **more)).keys.case_id.hex() for number in range(count)]
    await desks.release()
    return names


async def handled(desks, names, *acts_done: str) -> None:
    async with desks.desk(LEAD) as book:
        await book.sync()
        for name in names:
            for act in acts_done:
                await acts.do(book, act, name, "Text.")


async def numbers_of(desks, member: int = LEAD, path: str = "/numbers"):
    async with pages_of(desks, member) as reader:
        await reader.unlock()
        page = await reader.go(path)
        file = await reader.send("/numbers/csv") if 'action="/numbers/csv"' in page.text else None
    return page, file


def numbers_in(text: str) -> list[int]:
    return [int(one) for one in re.findall(r'<td class="n">(\d+)</td>', text)]


async def test_a_year_of_cases_is_counted_from_their_signed_entries(desks):
    names = await filed(desks, 6)
    await handled(desks, names, "acknowledge", "close")
    desks.clock.now = AFTER

    page, file = await numbers_of(desks)

    assert "Året 2025" in page.words
    assert "6 anmälningar. Alla bekräftades inom 7 dagar. Alla fick återkoppling inom tre månader." in page.words
    assert "Talen räknar bara ärenden som du själv kan öppna" in page.words
    assert set(numbers_in(page.text)) == {6}
    assert 'style="' not in page.text
    rows = list(csv.reader(io.StringIO(file.body.decode("utf-8-sig")), delimiter=";"))
    assert rows[1] == ["2025", "Anmälningar", "Alla", "6"]
    assert all(int(row[3]) >= LEAST for row in rows[1:])


async def test_what_is_under_five_is_merged_on_the_page_and_nothing_is_said_of_it_alone(desks):
    names = await filed(desks, 8)
    await handled(desks, names[:6], "acknowledge", "close")
    desks.clock.now = AFTER

    page, file = await numbers_of(desks)

    assert set(numbers_in(page.text)) <= {6, 8}
    # Two were never acknowledged: how many were in time cannot be told.
    assert "bekräftades inom 7 dagar" not in page.words
    assert not re.search(r";[0-4]\r\n", file.text)


async def test_fewer_than_five_show_no_number_at_all(desks):
    await filed(desks, 4)
    desks.clock.now = AFTER

    page, file = await numbers_of(desks)

    assert "Det finns inget år att visa än." in page.words
    assert numbers_in(page.text) == []
    assert file is None


async def test_a_member_counts_no_case_that_she_cannot_open(desks):
    await filed(desks, 5)
    await filed(desks, 3, concerns=[LEAD])
    desks.clock.now = AFTER

    hers, _ = await numbers_of(desks, LEAD)
    all_of_them, _ = await numbers_of(desks, HANDLER)

    assert set(numbers_in(hers.text)) == {5}
    assert 8 in numbers_in(all_of_them.text)


async def test_an_erased_case_still_counts_and_leaves_no_id(desks):
    names = await filed(desks, 6)
    await handled(desks, names, "acknowledge", "close")
    desks.clock.forward(days=40)
    for member in (LEAD, HANDLER):
        async with desks.desk(member) as book:
            await book.sync()
            for name in names[:2]:
                await book.open(book.state.find(name))
                await erase(book, name, "Gallringsbeslut 12")
    desks.clock.now = AFTER

    for member in (LEAD, HANDLER):
        page, _ = await numbers_of(desks, member)
        assert set(numbers_in(page.text)) == {6}
    async with desks.desk(HANDLER) as book:
        kept = book.state.case_list
        assert len(kept.figures) == 2
        text = msgspec.json.encode(kept.figures).decode()
    assert not any(name in text for name in names)
    assert set(msgspec.json.decode(text)[0]) == {
        "year", "organisation", "decision", "acknowledged", "feedback", "kind", "readers", "speakers",
    }  # fmt: skip


async def test_what_happens_after_the_last_of_january_changes_nothing(desks):
    desks.clock.now = datetime(2025, 12, 26, 12, 0, tzinfo=UTC)
    names = await filed(desks, 6)
    await handled(desks, names, "acknowledge")
    desks.clock.now = AFTER
    before, _ = await numbers_of(desks)
    desks.clock.forward(days=1)
    # In time, and still after the day on which the year was counted.
    await handled(desks, names, "close")

    after, _ = await numbers_of(desks)

    assert numbers_in(after.text) == numbers_in(before.text)
    assert "6 anmälningar. Alla bekräftades inom 7 dagar." in after.words
    assert "fick återkoppling" not in after.words.split("Talen räknar")[0]


async def test_a_test_report_counts_as_none(desks):
    names = await filed(desks, 6)
    async with desks.desk(LEAD) as book:
        await book.sync()
        await acts.do(book, "note", names[0], TEST_NOTE)
    desks.clock.now = AFTER

    page, _ = await numbers_of(desks, HANDLER)

    assert set(numbers_in(page.text)) == {5}


async def test_the_bars_are_a_table_whose_widths_are_attributes_and_a_year_can_be_chosen(desks):
    await filed(desks, 10)
    desks.clock.now = AFTER - timedelta(days=20)
    await filed(desks, 5)
    desks.clock.now = AFTER.replace(year=2027)

    page, _ = await numbers_of(desks, path="/numbers?year=2025")

    assert "Året 2025" in page.words
    assert re.findall(r'<rect width="(\d+)%" height="100%"/>', page.text) == ["100", "50"]
    assert numbers_in(page.text)[:2] == [10, 5]


def test_organisations_keep_the_order_of_the_roster_and_a_formula_is_none_in_a_spreadsheet():

    counted = [CaseFigure(2025, key, "handled", "soon", "soon") for key in ["x"] * 5 + ["y"] * 6]
    shown = periods(counted, ["x", "y"], date(2026, 2, 1))

    text = as_csv(shown, {"x": "=HYPERLINK(1)", "y": "Y"}, Pages().language("sv")).decode("utf-8-sig")

    assert [row.keys for row in shown[0].organisations.rows] == [("x",), ("y", "")]
    assert ";'=HYPERLINK(1);5" in text


def test_the_report_in_a_figure_is_its_organisation_alone():
    assert set(CaseFigure.__struct_fields__) & set(Report.__struct_fields__) == {"organisation"}


async def test_a_case_that_is_called_a_test_after_january_still_counts(desks):
    names = await filed(desks, 6)
    desks.clock.now = AFTER
    before, _ = await numbers_of(desks)
    async with desks.desk(HANDLER) as book:
        await book.sync()
        await acts.do(book, "note", names[0], TEST_NOTE)

    async with desks.desk(LEAD) as book:
        await book.sync()
        await book.open(book.state.find(names[0]))
    after, _ = await numbers_of(desks)

    assert numbers_in(before.text) == numbers_in(after.text) != []


async def test_a_case_that_was_given_to_a_member_after_january_changes_no_print_of_hers(desks):
    (name,) = await filed(desks, 1)
    async with desks.desk(LEAD) as book:
        await book.sync()
        case = await book.open(book.state.find(name))
    newcomer, until = "ab" * 16, date(2026, 1, 31)
    given = replace(case.streams[Stream.REPORTER][0], stream=Stream.MEMBERS, body=Access(newcomer, "Ny."))

    def counts(day: date) -> bool:
        streams = {**case.streams, Stream.MEMBERS: (replace(given, day=day),)}
        return figure_of(streams, case.release_day, newcomer) is not None

    assert case.release_day.year == until.year - 1
    assert counts(until)
    assert not counts(until + timedelta(days=1))


async def test_without_the_server_no_number_is_shown_that_the_next_fetching_would_change(desks):
    names = await filed(desks, 6)
    async with desks.desk(LEAD) as book:
        await book.sync()
        for name in names[:5]:
            await book.open(book.state.find(name))
    desks.clock.now = AFTER

    async with pages_of(desks, LEAD) as reader:
        reader.services.desk.on_unlock = lambda: None
        await reader.unlock()
        with pytest.MonkeyPatch.context() as away:
            away.setattr(Link, "state", LinkState.DOWN)
            offline = await reader.go("/numbers")
            await reader.go("/")
            file = await reader.send("/numbers/csv")
        page = await reader.go("/numbers")

    assert numbers_in(offline.text) == []
    assert file.status == 422
    assert "Content-Disposition" not in file.headers
    assert set(numbers_in(page.text)) == {6}


async def test_the_page_says_that_two_members_numbers_side_by_side_tell_of_a_case(desks):
    await filed(desks, 5)
    desks.clock.now = AFTER

    page, _ = await numbers_of(desks)

    assert "hur många ärenden en av dem inte kan öppna" in page.words
