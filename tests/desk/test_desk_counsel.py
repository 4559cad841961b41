"""A report that may concern any of the group is read by outside lawyers alone: two of them hand it on and erase it."""

from __future__ import annotations

import pytest
from desks.erased_pages import do
from desks.harness import running_desks
from visitors.intake_harness import make_home

from cases.wire import messages
from desk.errors import Erased, MoveRefused, NotNow, TombstoneBroken
from desk.work import moves
from trusted.case.statements import Act, Unsigned, sign_statement

LEAD, HANDLER, FIRST, SECOND = range(4)
ROLES = ("lead", "handler", "counsel", "counsel")


async def erased_by(desks, name: str, *numbers: int) -> list[str]:
    return [await desks.erase(number, name, "G 1") for number in numbers]


async def test_two_lawyers_close_and_erase_it_and_both_believe_the_certificate(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name = (await desks.file("Någon av er.", unnamed=True)).keys.case_id.hex()
        await desks.release()
        read = {number: len(await desks.listed(number)) for number in range(4)}
        await do(desks, FIRST, "close", name)
        await desks.opened(SECOND, name)
        desks.clock.forward(days=31)

        answers = await erased_by(desks, name, SECOND, FIRST)
        async with desks.desk(SECOND) as book:
            await book.sync()
            with pytest.raises(Erased):
                await book.open(book.state.find(name))
            kept = book.state.case_list.tombstones[name]

    assert read == {LEAD: 0, HANDLER: 0, FIRST: 1, SECOND: 1}
    assert answers == ["kept", "done"]
    assert len(kept.statements) == 2


async def test_one_lawyer_alone_hands_it_to_a_second_who_came_later_and_to_nobody_of_the_group(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        # As when the second was no member yet.
        filed = await desks.file("Någon av er.", unnamed=True, sealed_to=[FIRST], grants_to=[FIRST])
        await desks.release()
        name, ids = filed.keys.case_id.hex(), [keys.id for keys in desks.made.keys]
        async with desks.desk(FIRST) as book:
            await book.sync()
            case = await book.open(book.state.find(name))
            with pytest.raises(MoveRefused) as refused:
                moves.require_move(book, case, [ids[FIRST], ids[LEAD]], ids[LEAD])
            await moves.let_in(book, case, [ids[SECOND]], "En till behövs.")
            offer = await moves.offer(book, name, [ids[FIRST], ids[SECOND]], ids[SECOND], "En till behövs.")
        async with desks.desk(SECOND) as book:
            await book.sync()
            await moves.sign_offer(book, await moves.read_offer(book, offer))
        await desks.release()
        await do(desks, FIRST, "close", name)
        await desks.opened(SECOND, name)
        desks.clock.forward(days=31)
        answers = await erased_by(desks, name, FIRST, SECOND)

    assert refused.value.text_key == "move.concerned"
    assert answers == ["kept", "done"]


async def test_two_lawyers_do_not_erase_what_one_of_the_group_reads(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name = (await desks.file("En sak.", concerns=[HANDLER])).keys.case_id.hex()
        await desks.release()
        await do(desks, LEAD, "close", name)
        desks.clock.forward(days=31)

        first = await erased_by(desks, name, FIRST)
        with pytest.raises(NotNow) as refused:
            await erased_by(desks, name, SECOND)

    assert first == ["kept"]
    assert refused.value.text_key == "erase.two_counsel"


async def test_an_erasure_by_two_lawyers_of_a_case_of_the_group_is_believed_by_no_other_desk(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name = (await desks.file("En sak.", concerns=[HANDLER])).keys.case_id.hex()
        await desks.release()
        await do(desks, LEAD, "close", name)
        desks.clock.forward(days=31)
        for number in (FIRST, SECOND):
            async with desks.desk(number) as book:
                await book.sync()
                case = await book.open(book.state.find(name))
                stated = Unsigned(Act.ERASE, case.known.case_id, desks.clock().date(), book.server_key, "G 1")
                fields = {"statement": sign_statement(book.keys, stated), "seal_key": case.keys.statement_key}
                await book.ask_case(case.known, "statement", messages.StatementRequest, messages.StateAnswer, **fields)

        async with desks.desk(LEAD) as book:
            await book.sync()
            with pytest.raises(TombstoneBroken) as red:
                await book.open(book.state.find(name))
            kept = name in book.state.case_list.cases

    assert red.value.text_key == "desk.erased_by_others"
    assert kept
