"""A member whom a case concerns and one helper erase it: the server cannot tell, and no other desk believes it."""

from __future__ import annotations

import pytest
from desks.harness import RunningDesks, running_desks
from visitors.intake_harness import make_home

from cases.wire import messages
from desk.commands import show
from desk.errors import Erased, NotNow, TombstoneBroken
from desk.work import acts
from desk.work.case.casebook import Casebook
from desk.work.erasing import erase
from desk.work.writing import write
from trusted.case.clock import today
from trusted.case.entry import Handover
from trusted.case.statements import Act, Unsigned, sign_statement

HELPER, HONEST, COUNSEL, SECOND_COUNSEL, ACCUSED = range(5)
ROLES = ("lead", "handler", "counsel", "counsel", "handler")


async def closed(desks: RunningDesks, *readers: int, **report) -> str:
    """A closed case whose inbox period is over, open at the desks of its readers."""
    reporter = await desks.file("En sak.", **report)
    await desks.release()
    name = reporter.keys.case_id.hex()
    for number in readers:
        async with desks.desk(number) as book:
            await book.sync()
            await book.open(book.state.find(name))
    async with desks.desk(readers[0]) as book:
        await book.sync()
        await acts.do(book, "close", name, "Klart.")
    desks.clock.forward(days=31)
    return name


async def seen_again(desks: RunningDesks, name: str, *readers: int) -> None:
    for number in readers:
        async with desks.desk(number) as book:
            await book.sync()
            await book.open(book.state.find(name))


async def erased_with_a_given_key(desks: RunningDesks, name: str, helper: int, accused: int) -> list[str]:
    """The helper gives the accused the case's key, and both sign."""
    async with desks.desk(helper) as book:
        await book.sync()
        case = await book.open(book.state.find(name))
        stated = [await sign(book, case, desks, helper)]
    async with desks.desk(accused) as book:
        await book.sync()
        stated.append(await sign(book, case, desks, accused))
    return stated


async def sign(book: Casebook, case, desks: RunningDesks, number: int, reference: str = "LK 1") -> str:
    signed = sign_statement(
        desks.made.keys[number],
        Unsigned(
            Act.ERASE, case.known.case_id, day=today(desks.clock), server=desks.roster.server_key, reference=reference
        ),
    )
    seal_key = case.keys.statement_key
    question = {"statement": signed, "seal_key": seal_key}
    return (
        await book.ask_case(case.known, "statement", messages.StatementRequest, messages.StateAnswer, **question)
    ).state


async def refused_at(desks: RunningDesks, name: str, number: int) -> tuple[str, bool]:
    async with desks.desk(number) as book:
        await book.sync()
        with pytest.raises(TombstoneBroken) as refused:
            await book.open(book.state.find(name))
        return refused.value.text_key, name in book.state.case_list.cases


async def test_an_erasure_by_the_accused_and_a_helper_is_believed_by_no_other_desk_and_the_key_is_kept(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name = await closed(desks, HELPER, HONEST, concerns=[ACCUSED])

        stated = await erased_with_a_given_key(desks, name, HELPER, ACCUSED)

        found = [await refused_at(desks, name, HONEST) for _ in range(2)]
        listed = await desks.command(HONEST, "list")

    assert stated == ["kept", "done"]
    assert found == [("desk.erased_by_others", True)] * 2
    assert listed.exit_code == 1
    assert [one["text_key"] for one in listed.found["problems"]] == ["desk.erased_by_others"]
    assert listed.found["erased"] == []


async def test_that_the_helper_wrote_that_she_gave_the_case_to_the_accused_makes_no_difference(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name = await closed(desks, HELPER, HONEST, concerns=[ACCUSED])
        async with desks.desk(HELPER) as book:
            await book.sync()
            case = await book.open(book.state.find(name))
            await write(book, case, None, Handover(desks.made.keys[ACCUSED].id, "Så."))
        await seen_again(desks, name, HONEST)

        await erased_with_a_given_key(desks, name, HELPER, ACCUSED)

        assert await refused_at(desks, name, HONEST) == ("desk.erased_by_others", True)


async def test_where_the_reporter_would_not_say_whom_it_concerns_only_those_count_to_whom_it_was_sealed(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name = await closed(desks, COUNSEL, SECOND_COUNSEL, unnamed=True)
        async with desks.desk(COUNSEL) as book:
            await book.sync()
            case = await book.open(book.state.find(name))
            await write(book, case, None, Handover(desks.made.keys[ACCUSED].id, "Så."))
        await seen_again(desks, name, SECOND_COUNSEL)

        stated = await erased_with_a_given_key(desks, name, COUNSEL, ACCUSED)

        assert stated[-1] == "done"
        assert await refused_at(desks, name, SECOND_COUNSEL) == ("desk.erased_by_others", True)


async def test_a_signature_that_does_not_count_is_shown_in_red_while_it_waits_and_completed_by_nobody(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name = await closed(desks, HELPER, HONEST, concerns=[ACCUSED])
        async with desks.desk(HELPER) as book:
            await book.sync()
            case = await book.open(book.state.find(name))
        async with desks.desk(ACCUSED) as book:
            await book.sync()
            await sign(book, case, desks, ACCUSED)

        async with desks.desk(HONEST) as book:
            await book.sync()
            seen = await book.open(book.state.find(name))
            with pytest.raises(NotNow) as refused:
                await erase(book, name, "LK 1")
            other = await erase(book, name, "LK 2")
        async with desks.desk(HELPER) as book:
            await book.sync()
            done = await erase(book, name, "LK 2")
        async with desks.desk(HONEST) as book:
            await book.sync()
            with pytest.raises(Erased):
                await book.open(book.state.find(name))

    assert "warning.erase_signer" in seen.warnings
    assert "Somebody has signed to erase the case who does not read it" in show.list_prose([seen])
    assert refused.value.text_key == "erase.by_another"
    assert (other, done) == ("kept", "done")


async def test_a_desk_that_never_opened_the_case_cannot_tell_and_says_so_in_red(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        reporter = await desks.file("En sak.", concerns=[ACCUSED])
        await desks.release()
        name = reporter.keys.case_id.hex()
        await desks.listed(HONEST)
        async with desks.desk(HELPER) as book:
            await book.sync()
            await acts.do(book, "close", name, "Klart.")
        desks.clock.forward(days=31)
        await erased_with_a_given_key(desks, name, HELPER, ACCUSED)

        first = await desks.command(HONEST, "list")
        again = await desks.command(HONEST, "list")

    for listed in (first, again):
        assert listed.exit_code == 1
        assert "warning.erased_unseen" in listed.found["warnings"]
        assert [(one["case"], one["unknown_signers"]) for one in listed.found["erased"]] == [(name, True)]


async def test_an_erasure_by_two_who_were_given_the_case_is_believed_and_nothing_is_red(tmp_path):
    async with running_desks(
        tmp_path, make_home(tmp_path / "home", ("lead", "handler", "handler", "counsel"))
    ) as desks:
        name = await closed(desks, 0, 1, 2)
        for number in (0, 1):
            async with desks.desk(number) as book:
                await book.sync()
                last = await erase(book, name, "LK 1")

        listed = await desks.command(2, "list")

    assert last == "done"
    assert (listed.exit_code, listed.found["warnings"], listed.found["problems"]) == (0, [], [])
    assert [(one["case"], one["unknown_signers"]) for one in listed.found["erased"]] == [(name, False)]
