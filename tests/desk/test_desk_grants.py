"""A grant has no sender: anybody who can put one into a post box can make one. None ends the key with which a case opens."""

from __future__ import annotations

import msgspec
import pytest
from desks.harness import Reporter, RunningDesks, lie, running_desks
from desks.moved_cases import HANDLER, LABELS, LEAD, ROLES, a_case, offered
from visitors.intake_harness import make_home

from cases.wire import messages
from desk.commands import show
from desk.errors import Erased, NotVerified, ServerRefused
from desk.work import acts, moves
from desk.work.case.casebook import Casebook
from desk.work.case.checks import WARN_OTHER_KEYS
from desk.work.erasing import erase
from trusted.crypto.case_keys import CaseKeys
from trusted.crypto.grants import make_grant
from trusted.crypto.seal import EMPTY_HEAD

RANDOM = bytes(range(32))


def made_up(desks: RunningDesks, case_id: bytes, epoch: int, key: bytes = RANDOM) -> bytes:
    """A grant as the server can make one: to the lead, of a key that nobody has used."""
    lead = desks.made.members[LEAD]
    return make_grant(CaseKeys(case_id, epoch, key, b""), lead.id_bytes, lead.box, 1)


async def put_in_box(book: Casebook, *items: bytes) -> None:
    """The server hands these out as the next batch."""
    number = book.state.case_list.last_batch + 1
    lie(book, "box", messages.BoxAnswer((messages.BoxBatch(number, items),)))
    await book.sync()


async def filed(desks: RunningDesks) -> tuple[str, Reporter]:
    reporter = await desks.file("En sak.")
    await desks.release()
    return reporter.keys.case_id.hex(), reporter


@pytest.mark.parametrize("was_open", [True, False], ids=["opened before", "never opened"])
async def test_a_later_key_that_the_server_made_up_takes_no_case_away_and_is_shown_in_red(tmp_path, was_open):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name, reporter = await filed(desks)
        async with desks.desk(LEAD) as book:
            await book.sync()
            before = (await book.open(book.state.find(name))).warnings if was_open else ()
            await put_in_box(
                book, made_up(desks, reporter.keys.case_id, 2), made_up(desks, reporter.keys.case_id, 2**32 - 1)
            )

        async with desks.desk(LEAD) as book:
            await book.sync()
            opened = [await book.open(book.state.find(name)) for _ in range(2)]
            answered = await acts.do(book, "reply", name, "Hej.")

    assert before == ()
    assert [case.known.key for case in opened] == [reporter.keys.key] * 2
    assert [case.warnings for case in opened] == [(WARN_OTHER_KEYS,)] * 2
    assert "A later key of the case came here" in show.list_prose([answered])


async def test_a_key_of_the_same_epoch_that_comes_before_the_real_one_does_not_keep_it_out(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        async with desks.desk(LEAD) as book:
            await put_in_box(book, made_up(desks, reporter.keys.case_id, 1))
        async with desks.desk(LEAD) as book:
            book.state.keep_cases(msgspec.structs.replace(book.state.case_list, last_batch=0))
        await desks.release()

        async with desks.desk(LEAD) as book:
            await book.sync()
            case = await book.open(book.state.find(reporter.keys.case_id.hex()))
            left = book.state.find(reporter.keys.case_id.hex())

    assert (case.known.key, case.warnings) == (reporter.keys.key, ())
    assert left.others == ()


async def test_a_case_that_the_server_shows_under_its_own_key_does_not_open_and_ends_nothing(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name, reporter = await filed(desks)
        own = CaseKeys(reporter.keys.case_id, 2, RANDOM, bytes(32))
        async with desks.desk(LEAD) as book:
            await book.sync()
            honest = await book.fetch_case((await book.open(book.state.find(name))).known)
            await put_in_box(book, made_up(desks, reporter.keys.case_id, 2))
            empty = messages.WireStream((), messages.WireHead(EMPTY_HEAD.count, EMPTY_HEAD.tag))
            for streams in (honest.streams, dict.fromkeys(honest.streams, empty)):
                shown = msgspec.structs.replace(
                    honest, epoch=2, commitment=own.commitment, share=own.share, streams=streams
                )
                lie(book, "case", shown)
                with pytest.raises(NotVerified):
                    await book.open(book.state.find(name))

        async with desks.desk(LEAD) as book:
            await book.sync()
            case = await book.open(book.state.find(name))

    assert case.known.key == reporter.keys.key


async def test_a_move_ends_the_key_before_it_at_a_desk_that_has_opened_the_case_with_the_new_one(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, reporter = await a_case(desks)
        async with desks.desk(HANDLER) as book:
            await book.sync()
            await book.open(book.state.find(name))
            read = await moves.read_offer(book, await offered(desks, name, readers=(LABELS[LEAD], LABELS[HANDLER])))
            signed = (await moves.sign_offer(book, read)).known
        await desks.release()

        async with desks.desk(LEAD) as book:
            await book.sync()
            both = book.state.find(name)
            moved = await book.open(both)
            # The old one comes again, from a server that was put back.
            lead = desks.made.members[LEAD]
            old = make_grant(reporter.keys, lead.id_bytes, lead.box, 1)
            await put_in_box(book, old)
            left = book.state.find(name)

    assert (signed.epoch, signed.others) == (2, ())
    assert (both.epoch, [one.epoch for one in both.others]) == (1, [2])
    assert (moved.known.epoch, moved.known.others, moved.warnings) == (2, (), ())
    assert (left.epoch, left.others) == (2, ())


async def test_who_was_moved_out_opens_nothing_with_a_made_up_key_either(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home", ROLES)) as desks:
        name, reporter = await a_case(desks)
        async with desks.desk(HANDLER) as book:
            await book.sync()
            await moves.sign_offer(book, await moves.read_offer(book, await offered(desks, name)))
        async with desks.desk(LEAD) as book:
            await put_in_box(book, made_up(desks, reporter.keys.case_id, 3))

            with pytest.raises(ServerRefused):
                await book.open(book.state.find(name))

            kept = book.state.find(name)

    assert kept.key == reporter.keys.key


async def test_the_tombstone_is_found_under_the_real_key_whatever_else_came(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        name, reporter = await filed(desks)
        for number in (LEAD, HANDLER):
            async with desks.desk(number) as book:
                await book.sync()
                await book.open(book.state.find(name))
        async with desks.desk(LEAD) as book:
            await acts_close(book, name)
            await put_in_box(book, made_up(desks, reporter.keys.case_id, 7))
        desks.clock.forward(days=31)
        for number in (HANDLER, LEAD):
            async with desks.desk(number) as book:
                await book.sync()
                last = await erase(book, name, "LK 1")
        async with desks.desk(HANDLER) as book:
            await book.sync()
            with pytest.raises(Erased):
                await book.open(book.state.find(name))

    assert last == "done"


async def acts_close(book: Casebook, name: str) -> None:
    await book.sync()
    await acts.do(book, "close", name, "Klart.")
