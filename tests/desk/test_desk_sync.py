"""The exchange by which a desk fetches what is new: one size in both directions, whatever it can open."""

from __future__ import annotations

import argparse
import secrets

import msgspec
import pytest
from desks.harness import RunningDesks, lie, running_desks
from desks.pages import pages_of
from visitors.intake_harness import make_home

from cases.wire import syncing as wire
from cases.wire.messages import BoxAnswer, BoxBatch, CaseAnswer
from desk.commands.result import CommandInput
from desk.commands.run import COMMANDS
from desk.errors import NotReachable, ServerRefused, StrangeAnswer
from desk.keep.cache import open_cache
from desk.work import acts, syncing
from desk.work.case.casebook import Casebook
from desk.work.erasing import erase
from desk.work.syncing import Rounds
from intake.desk_api import app as desk_api
from trusted.crypto.case_keys import CaseKeys
from trusted.crypto.grants import GRANT_BYTES, make_grant
from trusted.store import boxes

LEAD, HANDLER = range(2)


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


async def exchanged(book: Casebook) -> list[tuple[str, int, int]]:
    """Everything that goes over the line from here on: verb, bytes asked, bytes answered. Filled while it is used."""
    seen: list[tuple[str, int, int]] = []
    send, read = book.client._send, book.client._read_bounded

    async def sent(verb, question, limit):
        def noted(counter):
            made = question(counter)
            seen.append((verb, len(made if isinstance(made, bytes) else msgspec.json.encode(made)), 0))
            return made

        return await send(verb, noted, limit)

    async def answered(response, most, limit):
        content = await read(response, most, limit)
        seen[-1] = (*seen[-1][:2], len(content))
        return content

    book.client._send, book.client._read_bounded = sent, answered
    return seen


async def test_a_long_box_is_taken_whole_by_a_desk_that_begins(desks, monkeypatch):
    """A home that releases at once has a batch for each report: 5,000 of them are more than an ordinary answer holds."""
    monkeypatch.setattr(boxes, "decoy_grant", lambda: secrets.token_bytes(GRANT_BYTES))
    member = desks.roster.members[LEAD].id_bytes
    async with desks.store._parts.db.write() as connection:
        await boxes._fill_boxes(connection, 1, {member: []}, 24_000)

    async with desks.desk(LEAD) as book:
        await book.sync()

    assert book.state.case_list.last_batch == 1


async def fetch(book: Casebook) -> Rounds:
    """Everything, as the application does."""
    await book.sync()
    rounds = Rounds(list(book.state.case_list.cases))
    while not rounds.is_over:
        await rounds.take(book)
    return rounds


def with_cache(book: Casebook, folder) -> Casebook:
    book.cache = open_cache(folder, book.keys.sign_seed)
    return book


async def test_who_opens_three_cases_and_who_opens_none_exchange_the_same_bytes(desks, tmp_path):
    reporters = [await desks.file(f"Sak {number}.", concerns=[HANDLER]) for number in range(3)]
    await desks.release()

    seen = []
    for number in (LEAD, HANDLER):
        async with desks.desk(number) as book:
            line = await exchanged(with_cache(book, tmp_path / f"cache{number}"))
            await fetch(book)
            first = len(line)
            await fetch(book)
            seen.append((len(book.state.case_list.cases), line[:first], line[first:]))

    (own, opens, again), (none, opens_none, none_again) = seen
    assert (own, none) == (len(reporters), 0)
    assert opens == opens_none
    assert again == none_again
    assert [verb for verb, _, _ in opens] == ["roster", "box", "sync"]
    assert opens[2][2] == again[2][2] == wire.ROUND_BYTES


async def test_the_list_of_the_command_line_asks_no_more_with_three_cases_than_with_none(desks):
    for number in range(3):
        await desks.file(f"Sak {number}.", concerns=[HANDLER])
    await desks.release()

    seen, listed = [], []
    for number in (LEAD, HANDLER):
        async with desks.desk(number) as book:
            line = await exchanged(book)
            result = await COMMANDS["list"](book, CommandInput(argparse.Namespace(), "", None))
            listed.append((len(result.found["cases"]), result.found["problems"]))
            seen.append(line)

    assert listed == [(3, []), (0, [])]
    assert seen[0] == seen[1]
    assert [verb for verb, _, _ in seen[0]] == ["roster", "box", "sync"]


async def test_what_the_desk_has_is_not_sent_again_and_what_is_new_is(desks, tmp_path, monkeypatch):
    reporter, other, _third = [await desks.file(f"Sak {number}.") for number in range(3)]
    await desks.release()
    found = []

    async with desks.desk(LEAD) as book:
        ask = with_cache(book, tmp_path / "cache").client.ask

        async def noted(verb, question, kind):
            answer = await ask(verb, question, kind)
            if verb == "sync":
                found.append([one for one in answer.found if one != "gone"])
            return answer

        monkeypatch.setattr(book.client, "ask", noted)
        await fetch(book)
        await fetch(book)
        await acts.do(book, "reply", reporter.keys.case_id.hex(), "Hej.")
        book.cache.drop(other.keys.case_id)
        await fetch(book)
        kept = book.cache.case(other.keys.case_id)

    assert found[0] == ["new", "new", "new"]
    assert found[1] == ["same", "same", "same"]
    assert sorted(found[2]) == ["new", "new", "same"]
    assert isinstance(kept, CaseAnswer)


async def test_more_than_one_round_holds_comes_in_a_power_of_two(desks, monkeypatch):
    for number in range(3):
        await desks.file(f"Sak {number}: " + "ord " * 500)
    await desks.release()
    largest = 0
    async with desks.desk(LEAD) as book:
        await book.sync()
        for known in book.state.case_list.cases.values():
            largest = max(largest, len(msgspec.json.encode(await book.fetch_case(known))))
    monkeypatch.setattr(desk_api, "CASE_BYTES_MAX", largest + 2)

    async with desks.desk(LEAD) as book:
        line = await exchanged(book)
        rounds = await fetch(book)
        opened = [known for known in book.state.case_list.cases.values() if known.seen]

    assert rounds.made == 4
    assert [verb for verb, _, _ in line] == ["roster", "box", *["sync"] * 4]
    assert len({sizes for verb, *sizes_ in line if verb == "sync" for sizes in [tuple(sizes_)]}) == 1
    assert len(opened) == 3


async def test_a_case_that_no_round_has_room_for_is_asked_for_by_itself(desks, monkeypatch):
    await desks.file("En sak.")
    await desks.release()
    monkeypatch.setattr(desk_api, "CASE_BYTES_MAX", 10)

    async with desks.desk(LEAD) as book:
        line = await exchanged(book)
        await fetch(book)
        (known,) = book.state.case_list.cases.values()

    assert [verb for verb, _, _ in line] == ["roster", "box", "sync", "case"]
    assert known.seen


async def test_an_erased_case_is_found_gone_and_its_certificate_is_kept(desks):
    reporter = await desks.file("En sak.")
    await desks.release()
    name = reporter.keys.case_id.hex()
    async with desks.desk(LEAD, "second") as book:
        await fetch(book)
    for number in (LEAD, HANDLER):
        async with desks.desk(number) as book:
            await fetch(book)
            if number == LEAD:
                await acts.do(book, "close", name, "Klart.")
                desks.clock.forward(days=31)
            await erase(book, name, "LK 1")

    async with desks.desk(LEAD, "second") as book:
        await fetch(book)
        left, erased = book.state.case_list.cases, book.state.case_list.tombstones

    assert left == {}
    assert len(erased[name].statements) == 2


@pytest.mark.parametrize(
    "answer",
    [
        wire.SyncAnswer(("later",) * wire.ASKED, ()),
        wire.SyncAnswer(("new",) * wire.ASKED, ()),
    ],
    ids=["room for nothing, for ever", "cases that are not there"],
)
async def test_a_server_that_answers_oddly_ends_the_rounds(desks, answer):
    await desks.file("En sak.")
    await desks.release()

    async with desks.desk(LEAD) as book:
        await book.sync()
        rounds = Rounds(list(book.state.case_list.cases))
        lie(book, "sync", answer)

        with pytest.raises(StrangeAnswer):
            await rounds.take(book)


async def test_a_key_of_the_same_epoch_that_the_server_made_up_takes_no_case_away(desks):
    reporter = await desks.file("En sak.")
    await desks.release()
    name = reporter.keys.case_id.hex()
    lead = desks.made.members[LEAD]
    made_up = [
        make_grant(CaseKeys(reporter.keys.case_id, 1, bytes([number] * 32), b""), lead.id_bytes, lead.box, 1)
        for number in (1, 2)
    ]

    async with desks.desk(LEAD) as book:
        ask = book.client.ask
        lie(book, "box", BoxAnswer((BoxBatch(1, (made_up[0],)),)))
        await book.sync()
        book.client.ask = ask
        await book.sync()
        lie(book, "box", BoxAnswer((BoxBatch(2, (made_up[1],)),)))
        await book.sync()
        keys = len(book.state.find(name).candidates())
        book.client.ask = ask
        rounds = Rounds(list(book.state.case_list.cases))
        await rounds.take(book)
        known = book.state.find(name)

    assert keys == 3
    assert known.key == reporter.keys.key
    assert known.seen


async def test_a_question_that_asks_for_one_case_in_many_places_is_refused(desks):
    reporter = await desks.file("En sak.")
    await desks.release()

    async with desks.desk(LEAD) as book:
        await book.sync()
        known = book.state.find(reporter.keys.case_id.hex())
        with pytest.raises(ServerRefused) as refused:
            await book.client.ask(
                "sync", lambda counter: syncing._request([known] * wire.ASKED, {}, counter), wire.SyncAnswer
            )

    assert refused.value.text_key == "request.unreadable"


async def test_a_case_with_more_keys_than_a_round_has_places_is_asked_for_by_itself(desks, monkeypatch):
    await desks.file("En sak.")
    await desks.file("En annan.")
    await desks.release()

    async with desks.desk(LEAD) as book:
        await book.sync()
        first, *_ = book.state.case_list.cases
        keys = syncing._candidates
        monkeypatch.setattr(
            syncing, "_candidates", lambda book, name: keys(book, name) * (wire.ASKED + 1 if name == first else 1)
        )
        line = await exchanged(book)
        rounds = Rounds(list(book.state.case_list.cases))
        await rounds.take(book)

    assert [verb for verb, _, _ in line] == ["sync", "case"]
    assert rounds.is_over


async def test_the_application_fetches_with_as_few_questions_and_stops_when_the_server_does_not_answer(
    desks, monkeypatch
):
    reporter = await desks.file("En sak.")
    await desks.file("En annan.")
    await desks.release()

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        refresh = reader.services.refresh
        await refresh.wait()
        async with reader.services.desk.at_work() as book:
            line = await exchanged(book)
        await acts_elsewhere(desks, reporter)
        refresh.begin()
        await refresh.wait()
        page = await reader.go(f"/case/{reporter.keys.case_id.hex()}")
        asked = [verb for verb, _, _ in line]
        monkeypatch.setattr(book.client, "ask", unreached)
        refresh.begin()
        await refresh.wait()
        failed = refresh.failed

    assert asked[:3] == ["roster", "box", "sync"]
    assert "Från en kollega." in page.words
    assert isinstance(failed, NotReachable)


async def unreached(*_asked):
    raise NotReachable


async def acts_elsewhere(desks: RunningDesks, reporter) -> None:
    async with desks.desk(HANDLER) as book:
        await book.sync()
        await acts.do(book, "note", reporter.keys.case_id.hex(), "Från en kollega.")
