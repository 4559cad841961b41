"""A closed case is opened again, a case is held, a member steps aside: what desks, reporter and server make of it."""

from __future__ import annotations

from datetime import date

import pytest
from desks.harness import RunningDesks, lie, running_desks
from visitors.intake_harness import make_home

from cases.case.timeline import CaseAction
from cases.wire.messages import AppendAnswer
from desk.errors import DayTooSoon, NotNow, StrangeAnswer
from desk.work import acts, writing
from desk.work.case.casebook import Casebook
from desk.work.case.checks import check_stepping_aside
from desk.work.case.opened import DeskCase
from desk.work.erasing import erase
from trusted.case.entry import CompletionRequest, LegalHold, Recusal, Reopen, Stream
from trusted.crypto.seal import CaseKeys, fetch_mac
from trusted.store.store import CaseProof

LEAD, HANDLER = range(2)


async def filed(desks: RunningDesks, *, closed: bool) -> tuple[str, object]:
    reporter = await desks.file("En sak.")
    await desks.release()
    name = reporter.keys.case_id.hex()
    if closed:
        async with desks.desk(LEAD) as book:
            await book.sync()
            await acts.do(book, "close", name, "Klart.")
    return name, reporter


def warned(case: DeskCase) -> tuple[str, ...]:
    """What the page warns of before its member steps aside."""
    return check_stepping_aside(case.own_id, case.streams, case.chain.current)


async def test_a_closed_case_that_is_opened_again_can_be_worked_on_and_closed_with_a_new_outcome(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name, reporter = await filed(desks, closed=True)

        opened = await desks.act(HANDLER, "reopen", name, "Nya uppgifter har kommit.")
        with pytest.raises(NotNow) as twice:
            await desks.act(HANDLER, "reopen", name, "En gång till.")
        closed = await desks.act(LEAD, "close", name, "Klart på nytt.")

        seen = await desks.reporter_sees(reporter)
    assert (opened.state.state, closed.state.state) == ("investigation", "closed")
    assert twice.value.text_key == "reopen.not_closed"
    assert Reopen("Nya uppgifter har kommit.") in seen


async def test_a_held_case_is_not_erased_until_the_hold_is_released(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name, reporter = await filed(desks, closed=True)
        desks.clock.forward(days=40)
        async with desks.desk(LEAD) as book:
            await book.sync()
            await acts.do(book, "hold", name, "Rättsprocess.")
            with pytest.raises(NotNow) as held:
                await erase(book, name, "LK 1")
            with pytest.raises(NotNow) as again:
                await acts.do(book, "hold", name, "Rättsprocess.")
            seen = await desks.reporter_sees(reporter)
            await acts.do(book, "release-hold", name, "Processen är slut.")
            kept = await erase(book, name, "LK 1")
        async with desks.desk(HANDLER) as book:
            await book.sync()
            done = await erase(book, name, "LK 1")

    assert (held.value.text_key, again.value.text_key) == ("erase.hold", "hold.unchanged")
    assert LegalHold("Rättsprocess.", on=True) in seen
    assert (kept, done) == ("kept", "done")


@pytest.mark.parametrize("act", ["reopen", "hold"])
async def test_what_broke_off_between_entry_and_statement_is_made_good_by_the_same_command(tmp_path, act, monkeypatch):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name, _reporter = await filed(desks, closed=act == "reopen")

        async def broken(*_: object) -> None:
            raise ConnectionResetError

        async with desks.desk(LEAD) as book:
            await book.sync()
            with monkeypatch.context() as patched:
                patched.setattr(writing, "declare", broken)
                with pytest.raises(ConnectionResetError):
                    await acts.do(book, act, name, "Skäl.")
            half = await book.open(book.state.find(name))
            whole = await acts.do(book, act, name, "Skäl.")

        rows = await desks.store.released_case(proof(book, name))
    if act == "reopen":
        assert (half.server_state, whole.server_state) == ("closed", "open")
    else:
        assert half.state.on_hold
        assert rows.hold
    assert len(whole.streams[Stream.MEMBERS]) == len(half.streams[Stream.MEMBERS])


async def test_a_member_who_steps_aside_may_write_notes_and_nothing_else(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name, reporter = await filed(desks, closed=False)

        before = warned(await desks.opened(HANDLER, name))
        aside = await desks.step_aside(HANDLER, name)
        with pytest.raises(NotNow) as refused:
            await desks.act(HANDLER, "reply", name, "Hej.")
        case = await desks.act(LEAD, "reply", name, "Hej.")

        seen = await desks.reporter_sees(reporter)
    # Of two readers one is left, and with one signature nothing can be moved: it is still hers to sign.
    assert aside.state.allowed == {CaseAction.NOTE, CaseAction.CO_SIGN}
    assert before == ("warning.few_signers",)
    assert refused.value.text_key == "timing.not_now"
    assert case.streams[Stream.NOTES][0].body == Recusal(desks.made.keys[HANDLER].id, "Vi är släkt.")
    assert not any(isinstance(body, Recusal) for body in seen)


async def test_who_steps_aside_while_two_others_can_sign_is_not_warned(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ("lead", "handler", "handler"))) as desks:
        name, _reporter = await filed(desks, closed=False)

        before = warned(await desks.opened(HANDLER, name))
        first = await desks.step_aside(HANDLER, name)
        between = warned(await desks.opened(LEAD, name))
        second = await desks.step_aside(LEAD, name)

    assert (before, between) == ((), ("warning.few_signers",))
    assert first.state.allowed == {CaseAction.NOTE}
    assert second.state.allowed == {CaseAction.NOTE, CaseAction.CO_SIGN}


async def test_the_last_who_steps_aside_is_told_that_nobody_is_left_to_move_the_case(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name, _reporter = await filed(desks, closed=False)

        first = warned(await desks.opened(HANDLER, name))
        await desks.step_aside(HANDLER, name)
        last = warned(await desks.opened(LEAD, name))

    assert (first, last) == (("warning.few_signers",), ("warning.last_signer",))


@pytest.mark.parametrize("aside_first", [True, False])
async def test_of_two_readers_who_stepped_aside_signs_an_erasure(tmp_path, aside_first):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name, _reporter = await filed(desks, closed=True)
        await desks.step_aside(HANDLER, name)
        desks.clock.forward(days=40)

        states = [await desks.erase(one, name) for one in ((HANDLER, LEAD) if aside_first else (LEAD, HANDLER))]

    assert states == ["kept", "done"]


async def test_who_stepped_aside_signs_no_erasure_that_two_others_can_and_what_she_signed_before_counts(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ("lead", "handler", "handler"))) as desks:
        name, _reporter = await filed(desks, closed=True)
        desks.clock.forward(days=40)
        before = await desks.erase(HANDLER, name)
        await desks.step_aside(HANDLER, name)

        with pytest.raises(NotNow) as refused:
            await desks.erase(HANDLER, name)
        done = await desks.erase(LEAD, name)

    assert refused.value.text_key == "erase.aside"
    assert (before, done) == ("kept", "done")


async def test_two_who_stepped_aside_do_not_erase_without_the_one_who_is_left(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ("lead", "handler", "handler"))) as desks:
        name, _reporter = await filed(desks, closed=True)
        for number in (LEAD, HANDLER):
            await desks.step_aside(number, name)
        desks.clock.forward(days=40)
        first = await desks.erase(LEAD, name)

        with pytest.raises(NotNow) as refused:
            await desks.erase(HANDLER, name)
        done = await desks.erase(HANDLER + 1, name)

    assert refused.value.text_key == "erase.two_aside"
    assert (first, done) == ("kept", "done")


async def test_a_day_too_near_for_an_answer_is_a_wrong_day_and_nothing_is_asked(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name, reporter = await filed(desks, closed=False)

        with pytest.raises(DayTooSoon) as asked:
            await desks.act(HANDLER, "ask", name, "Vad hände sedan?", acts.ActChoices(by=date(2026, 1, 1)))

        seen = await desks.reporter_sees(reporter)
    assert asked.value.text_key == "timing.completion_too_soon"
    assert not any(isinstance(body, CompletionRequest) for body in seen)


def proof(book: Casebook, name: str) -> CaseProof:
    known = book.state.find(name)
    access_key = CaseKeys(known.case_id, known.epoch, known.key, b"").access_key
    return CaseProof(known.case_id, fetch_mac(access_key, "case", known.case_id, 999), 999)


@pytest.mark.parametrize(
    ("act", "verbs"),
    [
        ("reply", ["case", "append"]),
        ("note", ["case", "append"]),
        ("close", ["case", "append", "append", "statement", "case"]),
        ("hold", ["case", "append", "statement", "case"]),
    ],
)
async def test_an_act_takes_no_request_more_than_it_needs_and_the_next_command_sees_what_it_wrote(tmp_path, act, verbs):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name, _reporter = await filed(desks, closed=False)
        async with desks.desk(LEAD) as book:
            await book.sync()
            ask, asked = book.client.ask, []

            async def counted(verb, question, answer):
                asked.append(verb)
                return await ask(verb, question, answer)

            book.client.ask = counted
            done = await acts.do(book, act, name, "Text.")
            book.client.ask = ask
            shown = await book.open(book.state.find(name))

    assert asked == verbs
    assert (done.streams, done.state, done.warnings) == (shown.streams, shown.state, shown.warnings)
    assert done.known == shown.known


async def test_an_answer_that_counts_other_entries_than_were_written_is_no_answer(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name, _reporter = await filed(desks, closed=False)
        async with desks.desk(LEAD) as book:
            await book.sync()
            lie(book, "append", AppendAnswer(2))

            with pytest.raises(StrangeAnswer):
                await acts.do(book, "reply", name, "Hej.")
