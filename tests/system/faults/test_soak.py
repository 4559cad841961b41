"""A two-hundredth of the day that `make soak` lets pass; the kills of it are in test_kills.py."""

from __future__ import annotations

from faults.day import GROWTH, a_day, growth

REQUESTS, REPORTS = 500, 25


async def test_a_part_of_a_day_loses_no_report_and_leaves_memory_and_descriptors_flat(short_folder):
    day = await a_day(short_folder, REQUESTS, REPORTS)

    print(day)
    assert day.requests >= REQUESTS * 0.9
    assert len(day.reports) == REPORTS
    assert day.lost == []
    assert growth(day.memory) <= GROWTH
    assert growth(day.descriptors) <= GROWTH


def test_what_grows_by_a_fifth_from_the_second_quarter_to_the_last_is_not_flat():
    assert growth([100] * 10 + [120] * 10) > GROWTH
    assert growth([50] * 5 + [100] * 15) <= GROWTH
