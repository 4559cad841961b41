"""Faults of this desk and lies of the server that must neither stop it silently nor hold it."""

from __future__ import annotations

from datetime import date

import pytest
from desks.case_pages import fetched
from desks.harness import lie, running_desks
from desks.pages import pages_of
from visitors.intake_harness import make_home

from cases.wire.messages import BoxAnswer, BoxBatch
from desk.errors import StrangeAnswer
from desk.keep.state import KnownCase, read_state
from desk.server import client
from desk.web.session import search
from desk.work import acts, syncing
from desk.work.erasing import erase
from intake.desk_api.filing import FILED_A_DAY, FilingQuota
from trusted.case.errors import NotAllowed

LEAD, HANDLER = range(2)
ABSURD = 2**62
SEED = bytes(range(32))


@pytest.fixture
async def desks(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        yield desks


async def test_a_batch_number_that_the_server_made_up_keeps_no_later_grant_away(desks):
    first = await desks.file("En sak.")
    await desks.release()
    async with desks.desk(LEAD) as book:
        ask = book.client.ask
        lie(book, "box", BoxAnswer((BoxBatch(ABSURD, ()),)))
        await book.sync()
        book.client.ask = ask
        pinned = book.state.case_list.last_batch
        await book.sync()
        after = book.state.case_list.last_batch
    second = await desks.file("En annan.")
    await desks.release()
    async with desks.desk(LEAD) as book:
        await book.sync()
        names = set(book.state.case_list.cases)

    assert pinned == ABSURD
    assert after < ABSURD
    assert names == {first.keys.case_id.hex(), second.keys.case_id.hex()}


async def test_an_erased_case_does_not_come_again_with_the_batch_that_is_read_once_more(desks):
    reporter = await desks.file("En sak.")
    await desks.release()
    name = reporter.keys.case_id.hex()
    for number in (LEAD, HANDLER):
        async with desks.desk(number) as book:
            await book.sync()
            if number == LEAD:
                await acts.do(book, "close", name, "Klart.")
                desks.clock.forward(days=31)
            await erase(book, name, "LK 1")

    async with desks.desk(HANDLER) as book:
        ask = book.client.ask
        await book.sync()
        again = dict(book.state.case_list.cases)
        lie(book, "box", BoxAnswer((BoxBatch(ABSURD, ()),)))
        await book.sync()
        book.client.ask = ask
        await book.sync()
        from_the_beginning = dict(book.state.case_list.cases)

    assert again == from_the_beginning == {}


async def test_a_fault_while_fetching_is_said_in_words_and_the_next_fetching_mends_it(desks, monkeypatch, capsys):
    await desks.file("En sak.")
    await desks.release()

    async def fault(*_given):
        raise RuntimeError("hemligt")

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        with monkeypatch.context() as broken:
            broken.setattr(syncing.Rounds, "take", fault)
            page = await reader.send("/fetch")
        again = await reader.send("/fetch")

    assert "Något gick fel på den här datorn när det nya hämtades." in page.words
    assert "Något gick fel" not in again.words
    assert "En sak." in again.words
    assert "hemligt" not in "".join(capsys.readouterr())


async def test_a_case_of_which_the_server_shows_less_now_is_shown_as_it_was_and_the_page_says_so(desks):
    reporter = await desks.file("En sak.")
    await desks.release()
    name = reporter.keys.case_id.hex()

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        right = await reader.go(f"/case/{name}")
        async with reader.services.desk.at_work() as book:
            older = await book.fetch_case(book.state.find(name))
            await acts.do(book, "acknowledge", name, "Tack.")
        async with reader.services.desk.at_work() as book:
            lie(book, "case", older)
        await fetched(reader)
        page = await reader.go(f"/case/{name}")

    assert "hämtades dessförinnan" not in right.words
    assert "En sak." in page.words
    assert "Servern visar mindre än datorn har sett förut. Det du läser här hämtades dessförinnan." in page.words
    assert page.words.index("hämtades dessförinnan") < page.words.index("Det som har skrivits")


async def test_after_everything_was_fetched_a_search_opens_no_case(desks, monkeypatch):
    for word in ("takfirma", "hemtjänst", "systerson"):
        await desks.file(f"En sak om {word}.")
    await desks.release()
    opened = []

    async with pages_of(desks, LEAD) as reader:
        await reader.unlock()
        await fetched(reader)
        kept = search.kept_case
        monkeypatch.setattr(search, "kept_case", lambda *given: opened.append(given) or kept(*given))
        page = await reader.send("/search", words="hemtjänst")

    assert "En sak om hemtjänst." in page.words
    assert "En sak om takfirma." not in page.words
    assert opened == []


async def test_an_answer_larger_than_its_kind_is_given_up(desks, monkeypatch):
    monkeypatch.setattr(client, "ANSWER_BYTES_MAX", 1_000)

    async with desks.desk(LEAD) as book:
        with pytest.raises(StrangeAnswer):
            await book.sync()

    assert client.LONG_BYTES_MAX == 32 * 2**20


def test_the_keys_of_an_earlier_list_are_overwritten_where_they_lay(tmp_path):
    state = read_state(tmp_path / "desk.toml", tmp_path / "cases.sealed", SEED)
    case = KnownCase(bytes(16), 1, bytes(32), bytes(32), 1)
    state.keep_case(case)
    state.write_unwritten()
    sealed = (tmp_path / "cases.sealed").read_bytes()

    # Opened before it is replaced: what the blocks hold that the name has left.
    with (tmp_path / "cases.sealed").open("rb") as before:
        state.keep_cases(state.case_list)
        left = before.read()

    assert len(left) == len(sealed)
    assert left != sealed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cases.sealed"]


def test_one_member_files_so_many_reports_a_day_and_no_more():
    quota, day = FilingQuota(), date(2026, 3, 3)

    for _ in range(FILED_A_DAY):
        quota.count("a", day)
    with pytest.raises(NotAllowed) as refused:
        quota.count("a", day)
    quota.count("b", day)
    quota.count("a", date(2026, 3, 4))

    assert refused.value.text_key == "filing.too_many"
