"""Post boxes: nobody can see that a case exists which they cannot open."""

import sqlite3
from collections import Counter

import pytest
from homes.store_harness import TUESDAY, WEDNESDAY, ids, new_filing, new_home, new_members, open_store, rows, stage

from trusted.case.errors import NotARecipient, NotThere
from trusted.crypto.grants import open_grant
from trusted.store.boxes import padded_count
from trusted.store.db import every
from trusted.store.store import CaseProof


def opened(batches, member):
    """Return the grants that a member finds by trying every item."""
    found = []
    for batch in batches:
        for item in batch.items:
            try:
                found.append(open_grant(item, member.id_bytes, member.box_private))
            except NotARecipient:
                continue
    return found


@pytest.fixture
def home(tmp_path):
    return new_home(tmp_path / "home")


@pytest.mark.parametrize(("count", "padded"), [(0, 4), (1, 4), (4, 4), (5, 8), (9, 16), (17, 32)])
def test_a_count_is_hidden_in_four_eight_sixteen(count, padded):
    assert padded_count(count) == padded


async def test_a_release_with_nothing_filed_gives_every_box_four_items_that_nobody_can_open(home):
    members = new_members(3)
    async with open_store(home) as store:
        number = await store.release(TUESDAY, ids(members))

        boxes = [await store.box(member.id_bytes, 0) for member in members]

    assert number == 1
    assert all([len(batch.items) for batch in box] == [4] for box in boxes)
    assert all(opened(box, member) == [] for box, member in zip(boxes, members, strict=True))


async def test_five_cases_give_every_box_eight_items_and_each_member_the_own_grants(home):
    members = new_members(3)
    async with open_store(home) as store:
        filed = [new_filing(members, (members[2],) if number < 4 else ()) for number in range(5)]
        for one in filed:
            await store.file_case(one.filing)
        await store.release(TUESDAY, ids(members))

        boxes = [await store.box(member.id_bytes, 0) for member in members]

    assert all([len(batch.items) for batch in box] == [8] for box in boxes)
    assert all(len(item) == 153 for box in boxes for batch in box for item in batch.items)
    assert {grant.case_id for grant in opened(boxes[0], members[0])} == {one.case_id for one in filed}
    assert [grant.case_id for grant in opened(boxes[2], members[2])] == [filed[4].case_id]


async def test_a_release_asks_for_the_items_of_the_cases_that_wait_and_of_no_older_one(home, monkeypatch):
    members = new_members(3)
    asked = []

    async def noted(connection, query, *values):
        if "FROM waiting_items WHERE case_id" in query:
            asked.append(values[0])
        return await every(connection, query, *values)

    async with open_store(home) as store:
        for _ in range(5):
            await store.file_case(new_filing(members).filing)
        await store.release(TUESDAY, ids(members))
        new = new_filing(members, release_on=WEDNESDAY)
        await store.file_case(new.filing)

        monkeypatch.setattr("trusted.store.boxes.every", noted)
        await store.release(WEDNESDAY, ids(members))

    assert asked == [new.case_id]


async def test_a_member_who_is_newer_than_the_case_gets_as_many_items_and_no_grant(home):
    members = new_members(2)
    (newcomer,) = new_members(1)
    async with open_store(home) as store:
        for _ in range(5):
            await store.file_case(new_filing(members).filing)

        await store.release(TUESDAY, [*ids(members), newcomer.id_bytes])

        boxes = [await store.box(member.id_bytes, 0) for member in (*members, newcomer)]
    assert [len(box[0].items) for box in boxes] == [8, 8, 8]
    assert opened(boxes[2], newcomer) == []


async def test_items_of_somebody_who_has_left_are_not_put_into_any_box(home):
    members = new_members(2)
    async with open_store(home) as store:
        await store.file_case(new_filing(members).filing)

        await store.release(TUESDAY, [members[0].id_bytes])

        assert await store.box(members[1].id_bytes, 0) == ()


async def test_a_box_gives_only_what_came_after_the_batch_that_was_seen(home):
    members = new_members(1)
    async with open_store(home) as store:
        first = await store.release(TUESDAY, ids(members))
        second = await store.release(WEDNESDAY, ids(members))

        batches = await store.box(members[0].id_bytes, first)

    assert [batch.number for batch in batches] == [second]


async def test_an_urgent_case_has_a_batch_of_its_own_of_the_smallest_size(home):
    members = new_members(3)
    async with open_store(home) as store:
        waiting, urgent = new_filing(members), new_filing(members, (members[2],), at_once=True)
        await store.file_case(waiting.filing)
        await store.file_case(urgent.filing)

        again = await store.release_now(urgent.case_id, ids(members))

        boxes = [await store.box(member.id_bytes, 0) for member in members]
    assert again == 0
    assert [[len(batch.items) for batch in box] for box in boxes] == [[4], [4], [4]]
    assert [grant.case_id for grant in opened(boxes[0], members[0])] == [urgent.case_id]
    assert opened(boxes[2], members[2]) == []


async def test_after_the_release_no_row_links_an_item_to_a_case(home):
    members = new_members(3)
    async with open_store(home) as store:
        await store.file_case(new_filing(members).filing)
        before = rows(home, "SELECT count(*) FROM waiting_items")

        await store.release(TUESDAY, ids(members))

    assert before == [(3,)]
    assert rows(home, "SELECT count(*) FROM waiting_items") == [(0,)]
    assert rows(home, "SELECT name FROM pragma_table_info('batch_items')") == [
        ("member_id",),
        ("batch",),
        ("position",),
        ("item",),
    ]


def shapes(home):
    """Return every row of every table with each blob as its length: what a seized disk shows, but for random bytes."""
    connection = sqlite3.connect(f"file:{home / 'kallskydd.db'}?mode=ro", uri=True)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    shown = {}
    for table in tables:
        found = connection.execute(f"SELECT * FROM {table}").fetchall()
        # Slots are random by design and are the one number that is.
        columns = [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]
        shown[table] = Counter(
            tuple(
                len(value) if isinstance(value, bytes) else ("a slot" if column == "slot" else value)
                for column, value in zip(columns, row, strict=True)
            )
            for row in found
        )
    connection.close()
    return shown


async def a_home_with_one_case(path, members, excluded):
    """Make a home where all of it happens: files, a filing, an addition, a release."""
    home = new_home(path)
    async with open_store(home) as store:
        filed = new_filing(members, excluded)
        file_id = await stage(store, filed.keys, b"x" * 300_000)
        filed = new_filing(members, excluded, keys=filed.keys, file_ids=(file_id,))
        await store.file_case(filed.filing)
        before = shapes(home)
        await store.append_reporter(filed.adds(1, "Mer.", release_on=WEDNESDAY))
        await store.release(TUESDAY, ids(members))
        boxes = {member.id: await store.box(member.id_bytes, 0) for member in members}
        with pytest.raises(NotThere):
            await store.released_case(CaseProof(filed.case_id, bytes(32), 1))
    return home, before, boxes


async def test_two_homes_that_differ_in_who_is_excluded_show_the_same_rows_and_give_her_the_same(tmp_path):
    members = new_members(4)
    anna, berit = members[0], members[1]

    without_anna = await a_home_with_one_case(tmp_path / "without_anna", members, (anna,))
    without_berit = await a_home_with_one_case(tmp_path / "without_berit", members, (berit,))

    assert without_anna[1] == without_berit[1]
    assert shapes(without_anna[0]) == shapes(without_berit[0])
    hers = [
        [len(item) for batch in boxes[anna.id] for item in batch.items] for _, _, boxes in (without_anna, without_berit)
    ]
    assert hers[0] == hers[1] == [153] * 4
    assert opened(without_anna[2][anna.id], anna) == []
    assert len(opened(without_berit[2][anna.id], anna)) == 1


async def test_a_home_with_a_case_that_excludes_her_gives_her_what_a_home_without_it_does(tmp_path):
    members = new_members(4)
    anna = members[0]
    with_case = await a_home_with_one_case(tmp_path / "with", members, (anna,))
    empty = new_home(tmp_path / "empty")

    async with open_store(empty) as store:
        await store.release(TUESDAY, ids(members))
        box = await store.box(anna.id_bytes, 0)

    assert [(batch.number, len(batch.items)) for batch in box] == [
        (batch.number, len(batch.items)) for batch in with_case[2][anna.id]
    ]
