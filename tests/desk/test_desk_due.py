"""The list is true: whatever is due is listed, whatever is listed can be done, and no row makes another impossible."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest
from desks.moved_pages import OTHER
from desks.walks import LATER, READERS, walking
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from desk.errors import HeldBack, ServerRefused
from desk.work.due import Task
from desk.work.workdays import is_working_day, last_working_day, working_days_between

ACTS = ("acknowledge", "assess", "feedback", "ask", "note", "close", "reopen", "hold", "release-hold", "recuse", "take")
OFFERS = ("offer", "offer-new", "leaves")
ERASING = ("erase", "refuse-erasure", "withdraw")
STEPS = st.one_of(
    # Nine of ten walk on by what is listed, or the walk would stay where nothing is allowed.
    st.tuples(st.just("listed"), st.sampled_from(READERS), st.integers(0, 3)),
    st.tuples(st.just("listed"), st.sampled_from(READERS), st.integers(0, 3)),
    st.tuples(st.just("no"), st.sampled_from(READERS), st.integers(0, 3)),
    st.tuples(st.just("joiner"), st.just(0), st.sampled_from((0, 1))),
    st.tuples(st.just("days"), st.sampled_from((1, 1, 2, 3, 5, 7, 14, 31, 70, 200, 690)), st.just(0)),
    st.tuples(st.just("try"), st.sampled_from(READERS), st.sampled_from((*ACTS, *OFFERS, "refuse", *ERASING))),
    st.tuples(st.just("reporter"), st.just(0), st.just(0)),
)
# Where a walk begins: at the report; with a signature under an erasure, which one or both of the others refuse; with a
# move to somebody who is new to the case, or without one who leaves, which is refused or not.
SIGNED = (("try", 0, "close"), ("days", 31, 0), ("try", 0, "erase"))
ALONE = (("try", 1, "recuse"), ("try", 3, "recuse"), ("days", 1, 0), ("try", 0, "offer-new"))
LEAVES = (("try", 0, "leaves"),)
BOTH_SAY_NO = (*SIGNED, ("no", 1, 0), ("no", 3, 0))
NEW_SAYS_NO, READER_SAYS_NO = (*ALONE, ("joiner", 0, 0)), (*LEAVES, ("no", 3, 0))
BEGINNINGS = ((), SIGNED, BOTH_SAY_NO[:-1], BOTH_SAY_NO, ALONE, NEW_SAYS_NO, LEAVES, READER_SAYS_NO)
REFUSABLE = (Task.SIGN_MOVE, Task.SIGN_ERASURE)
WALKED: Counter[str] = Counter()


@settings(max_examples=settings.default.max_examples // 10, phases=(Phase.explicit, Phase.generate))
@example(False, BOTH_SAY_NO, [("listed", 0, 0)])
@example(False, NEW_SAYS_NO, [])
@example(False, READER_SAYS_NO, [])
@given(st.booleans(), st.sampled_from(BEGINNINGS), st.lists(STEPS, min_size=5, max_size=14))
def test_whatever_is_due_is_listed_and_whatever_is_listed_can_be_done(is_concerned, beginning, steps):
    asyncio.run(walk((OTHER,) if is_concerned else (), (*beginning, *steps)))


async def walk(concerns, steps) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with walking(Path(folder) / "walk", concerns=concerns) as walked:
            await walked.fetch()
            await walked.check()
            for step in steps:
                await take(walked, *step)
                await walked.fetch()
                if walked.name not in walked.readers[0].services.desk.reading().state.case_list.cases:
                    walked.counts["erased"] += 1
                    break
                await walked.check()
            WALKED.update(walked.counts, cases=1)


async def take(walked, kind, who, what) -> None:
    if kind == "days":
        await walked.days(who)
    elif kind == "reporter":
        await walked.reporter_writes()
    elif kind == "joiner":
        await walked.join(signs=what == 1)
    elif who in walked.readers and kind == "no":
        for due in [one for one in walked.listed(who) if one.task in REFUSABLE]:
            await walked.say_no(who, due)
    elif who in walked.readers and kind == "try":
        await walked.try_anything(who, what)
    elif who in walked.readers:
        rows = walked.listed(who)
        if rows:
            due = rows[what % len(rows)]
            try:
                await walked.do(who, due)
            except ServerRefused as refused:
                if (due.task, refused.text_key) != (Task.SIGN_MOVE, LATER):
                    raise
            except HeldBack:
                # The server names a move to who writes, and to nobody before: she is told then, and the row is gone.
                walked.counts["held back by a move elsewhere"] += 1
                assert walked.waits_elsewhere(who), due
                assert due.task not in {one.task for one in walked.listed(who)}


@pytest.mark.parametrize(
    ("day", "is_free"),
    [
        (date(2026, 4, 3), True),  # Good Friday
        (date(2026, 5, 14), True),  # Ascension Day
        (date(2026, 6, 19), True),  # Midsummer Eve
        (date(2026, 12, 24), True),
        (date(2027, 1, 6), True),
        (date(2026, 12, 23), False),
        (date(2026, 12, 5), True),  # a Saturday
    ],
)
def test_a_day_on_which_nobody_is_at_work_is_no_working_day(day, is_free):
    assert is_working_day(day) is not is_free


@given(st.dates(date(2000, 1, 1), date(2099, 12, 1)), st.integers(0, 40))
def test_the_last_working_day_is_none_later_than_the_limit_and_none_lies_between(day, days):
    by = day + timedelta(days=days)
    last = last_working_day(by)

    assert is_working_day(last)
    assert last <= by
    assert working_days_between(last, by) == 0
    assert (working_days_between(day, by) == 0) == (last <= day)
