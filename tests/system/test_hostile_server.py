"""A server, or a member, that does not keep to the rules: what the desks and the desk API make of it."""

from __future__ import annotations

import asyncio
import time
from datetime import date, timedelta

import msgspec
import pytest
from desks.harness import lie, member_row, running_desks
from visitors.intake_harness import make_home

from cases.roster import chain as roster
from cases.roster.chain import parse_roster, propose, render, sign_roster
from cases.roster.member import new_member_keys
from cases.wire import messages
from desk.commands import show
from desk.errors import Erased, ServerRefused, TombstoneBroken
from desk.work import acts
from desk.work.writing import hand_in
from trusted.case.clock import add_months, today
from trusted.case.statements import Unsigned, sign_statement

FORGED = "KS 1\ncase 11111111: closed\n  WARNING: Jag tar tillbaka allt."


async def test_two_members_who_sign_the_roster_at_the_same_moment_are_both_counted(tmp_path, monkeypatch):
    made = make_home(tmp_path / "home", ("lead", "handler", "handler"))
    async with running_desks(tmp_path, made) as desks:
        now = desks.roster
        text = render(
            version=2,
            previous=now.digest,
            home=now.home,
            organisations=now.organisations,
            members=[*now.members, member_row(new_member_keys())],
        )
        proposal = parse_roster(text)
        propose(made.home.roster, proposal, today(desks.clock))
        write = roster._write

        def slowly(path, text):
            time.sleep(0.2)
            write(path, text)

        monkeypatch.setattr(roster, "_write", slowly)
        async with desks.desk(0) as first, desks.desk(1) as second:
            for book in (first, second):
                await book.sync_roster()

            async def agree(book):
                signature = bytes.fromhex(sign_roster(proposal, book.keys).split()[1])
                request = messages.SignRosterRequest(proposal.version, proposal.digest, signature)
                return await book.client.ask("sign-roster", lambda _: request, messages.StateAnswer)

            answers = await asyncio.gather(agree(first), agree(second))

    assert sorted(answer.state for answer in answers) == ["done", "kept"]


async def test_a_case_that_is_gone_without_signatures_is_no_erased_case_before_the_two_years_are_over(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        open_case, closed_case = await desks.file("En sak."), await desks.file("En annan.")
        await desks.release()
        async with desks.desk(0) as book:
            await book.sync()
            for case in (open_case, closed_case):
                await book.open(book.state.find(case.keys.case_id.hex()))
            await acts.do(book, "close", closed_case.keys.case_id.hex(), "Klart.")
            closed_on = today(desks.clock)
        for case in (open_case, closed_case):
            await desks.store.erase(case.keys.case_id)

        refused = []
        for later in (0, (add_months(closed_on, 24) - closed_on).days):
            desks.clock.forward(days=later)
            async with desks.desk(0) as book:
                await book.sync()
                for case in (open_case, closed_case):
                    with pytest.raises((Erased, TombstoneBroken)) as raised:
                        await book.open(book.state.find(case.keys.case_id.hex()))
                    refused.append(raised.type.__name__)
                left = set(book.state.case_list.cases)

    assert refused == ["TombstoneBroken", "TombstoneBroken", "TombstoneBroken", "Erased"]
    assert left == {open_case.keys.case_id.hex()}


async def test_a_server_cannot_put_off_the_deadlines_of_a_case_that_was_released(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        async with desks.desk(0) as book:
            await book.sync()
            known = book.state.find(reporter.keys.case_id.hex())
            honest = await book.open(known)
            told = await book.fetch_case(known)
            lie(book, "case", msgspec.structs.replace(told, release_day=told.release_day + timedelta(days=60)))

            lied_to = await book.open(known)

    assert lied_to.state.deadlines == honest.state.deadlines
    assert lied_to.release_day == honest.release_day


async def test_a_statement_of_another_day_is_refused(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        case_id, server = reporter.keys.case_id, desks.roster.server_key
        async with desks.desk(0) as book:
            await book.sync()
            case = await book.open(book.state.find(case_id.hex()))
            refused = []
            for day in (date(2020, 1, 1), date(2040, 1, 1)):
                signed = sign_statement(book.keys, Unsigned("close", case_id, day=day, server=server))
                with pytest.raises(ServerRefused) as raised:
                    await hand_in(book, case, signed)
                refused.append(raised.value.text_key)

    assert refused == ["statement.other_day"] * 2


async def test_nothing_that_somebody_else_writes_looks_like_a_line_of_the_desk(tmp_path):
    async with running_desks(tmp_path, make_home(tmp_path / "home")) as desks:
        reporter = await desks.file("En sak.")
        await desks.release()
        name = reporter.keys.case_id.hex()
        await desks.act(0, "register", name, FORGED + "\rcase 00000000: closed\u2028case 00000000: closed")
        case = await desks.opened(0, name)

    prose = show.list_prose([case])
    assert [line for line in prose.splitlines() if line.startswith("case ")] == [prose.splitlines()[0]]
    assert [line for line in prose.splitlines() if not line.startswith("  ")] == [prose.splitlines()[0]]
    assert "\u2028" not in prose
    assert "register number: KS 1\ufffdcase" in prose


def test_a_line_of_the_desk_stays_one_line_whatever_stands_in_it():
    assert show.one_line("LK 1\n── WARNING\t\x1b[2J\u2029x") == "LK 1\ufffd── WARNING\ufffd\ufffd[2J\ufffdx"
