"""A member leaves: all cases are offered at once and signed together, and whatever breaks off, none becomes unreadable."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from desks.harness import RunningDesks, running_desks
from visitors.intake_harness import make_home

from desk.errors import DeskError, NotReachable
from desk.work import moves
from desk.work.case.casebook import Casebook
from desk.work.leaving import NotOffered, Planned, offer_all, plan
from trusted.case.entry import Handover, Note, Stream

CASES = 20
DIES_AT = 7
NOTE = "Låset byts utan Person 2, som slutar."
LEAD, LEAVER, COUNSEL = range(3)
OF_TWO = ("lead", "handler", "counsel")
# Members 0, 3 and 4 stay.
OF_FIVE = ("lead", "handler", "counsel", "handler", "handler")


def ids(desks: RunningDesks) -> list[str]:
    return [keys.id for keys in desks.made.keys]


async def twenty(desks: RunningDesks, concerns: Sequence[Sequence[int]] = ((),)) -> list[str]:
    """Twenty cases, of which each concerns the next of these."""
    filed = [await desks.file(f"Sak {n}.", concerns=concerns[n % len(concerns)], files=[b"f"]) for n in range(CASES)]
    await desks.release()
    return [one.keys.case_id.hex() for one in filed]


class Killed(BaseException):
    """Nothing catches it: what is on the disk is what is left."""


def dying(book: Casebook, verb: str, lost: str) -> None:
    """A desk that is killed at the seventh request of this kind: before it is sent, or before its answer comes."""
    whole, asked = book.client.ask, []

    async def ask(name, *given):
        if name != verb or not lost:
            return await whole(name, *given)
        asked.append(name)
        if len(asked) == DIES_AT and lost == "the answer":
            await whole(name, *given)
        if len(asked) >= DIES_AT:
            raise Killed
        return await whole(name, *given)

    book.client.ask = ask


async def offered_by(
    desks: RunningDesks, number: int, named: Sequence[int], second: int, lost: str = ""
) -> tuple[tuple[Planned, ...], tuple[NotOffered, ...]]:
    async with desks.desk(number) as book:
        await book.sync()
        dying(book, "offer-move", lost)
        members = ids(desks)
        planned = await plan(book, members[LEAVER], [members[one] for one in named], members[second])
        return planned, await offer_all(book, planned, "En till behövs.", NOTE)


async def signs_all(desks: RunningDesks, number: int, lost: str = "") -> int:
    async with desks.desk(number) as book:
        await book.sync()
        dying(book, "rekey", lost)
        waiting = await moves.waiting_offers(book)
        for one in waiting:
            await moves.sign_offer(book, await moves.read_offer(book, one))
        return len(waiting)


async def reads(desks: RunningDesks, number: int, names: Sequence[str]) -> set[str]:
    """Which of these cases a member opens, to the last byte of its file."""
    found = set()
    async with desks.desk(number) as book:
        await book.sync()
        for name in names:
            try:
                case = await book.open(book.state.find(name))
            except NotReachable:
                raise
            except DeskError:
                continue
            assert [b"".join(await book.attachment(case, one)) for one in case.attachments] == [b"f"]
            found.add(name)
    return found


async def test_of_two_readers_the_one_who_stays_and_the_lawyer_take_over_twenty_cases_without_her(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", OF_TWO)) as desks:
        names = await twenty(desks)
        unnamed, _failed = await offered_by(desks, LEAD, (), COUNSEL)

        planned, failed = await offered_by(desks, LEAD, [COUNSEL], COUNSEL)
        signed = await signs_all(desks, COUNSEL)
        at_once = await reads(desks, COUNSEL, names)
        await desks.release()
        later = [await reads(desks, number, names) for number in (LEAD, LEAVER, COUNSEL)]
        again, _failed = await offered_by(desks, LEAD, [COUNSEL], COUNSEL)
        case = await desks.opened(COUNSEL, names[0])

    assert {one.refused for one in unnamed} == {"leave.nobody_named"}
    assert (len(planned), failed, signed) == (CASES, (), CASES)
    assert at_once == set(names)
    assert later == [set(names), set(), set(names)]
    # Who has left has no key any more, and the plan is empty.
    assert again == ()
    assert [entry.body for entry in case.streams[Stream.NOTES]] == [Note(NOTE)]
    assert [entry.body for entry in case.streams[Stream.MEMBERS]] == [Handover(ids(desks)[COUNSEL], "En till behövs.")]


async def test_of_five_each_case_goes_to_who_may_read_it_and_is_signed_by_who_may(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", OF_FIVE)) as desks:
        # Readers are 0, 1, 3, 4; of every fourth case neither 3 nor 4, and counsel is asked.
        names = await twenty(desks, concerns=[(), (3,), (4,), (3, 4)])

        planned, failed = await offered_by(desks, LEAD, [COUNSEL], 3)
        signed = {number: await signs_all(desks, number) for number in (LEAVER, COUNSEL, 3, 4)}
        await desks.release()
        read = [await reads(desks, number, names) for number in range(5)]

    by = ids(desks)
    assert failed == ()
    assert [by.index(one.signer.id) for one in planned].count(3) == 10
    assert signed == {LEAVER: 0, COUNSEL: 5, 3: 10, 4: 5}
    assert read[LEAVER] == set()
    assert read[LEAD] == read[COUNSEL] == set(names)
    assert read[3] == {name for n, name in enumerate(names) if n % 4 in {0, 2}}
    assert read[4] == {name for n, name in enumerate(names) if n % 4 in {0, 1}}


@pytest.mark.parametrize("lost", ["the request", "the answer"])
async def test_a_desk_that_dies_half_way_leaves_every_case_readable_and_goes_on_from_there(tmp_path, lost):
    async with running_desks(tmp_path, make_home(tmp_path / "home", OF_TWO)) as desks:
        names = await twenty(desks)
        with pytest.raises(Killed):
            await offered_by(desks, LEAD, [COUNSEL], COUNSEL, lost)
        after_offering = [await reads(desks, number, names) for number in (LEAD, LEAVER)]
        await offered_by(desks, LEAD, [COUNSEL], COUNSEL)

        with pytest.raises(Killed):
            await signs_all(desks, COUNSEL, lost)
        await desks.release()
        half = [await reads(desks, number, names) for number in (LEAD, LEAVER)]
        # What waited is forgotten after a day, and is offered once more.
        again, _failed = await offered_by(desks, LEAD, [COUNSEL], COUNSEL)
        rest = await signs_all(desks, COUNSEL)
        await desks.release()
        whole = [await reads(desks, number, names) for number in (LEAD, LEAVER, COUNSEL)]
        handovers = [(await desks.opened(LEAD, name)).streams[Stream.MEMBERS] for name in names]

    made = DIES_AT if lost == "the answer" else DIES_AT - 1
    assert after_offering == [set(names), set(names)]
    assert half[0] == set(names)
    assert {len(half[1]), len(again), rest} == {CASES - made}
    assert whole == [set(names), set(), set(names)]
    # Nobody was let in twice.
    assert {len(entries) for entries in handovers} == {1}
